//! Every byte of a city's life, looked through while it lives: in the middle of its days, after each of them, after a
//! crash, and what its processes say.

use std::time::Duration;

use serde_json::json;

use crate::fixture;
use crate::scan::controls::flush;
use crate::scan::{Identifiers, look};
use crate::tool::{City, Node, Running, now, ordinance, run, wait};

/// How often the demo is stopped and looked through while it plays.
const PAUSES: usize = 12;

#[test]
fn nothing_that_was_sent_is_written_at_any_hour_of_two_days() {
    let folder = tempfile::tempdir().unwrap();
    let days = [fixture::midnight(3), fixture::midnight(2)];
    let files = days.map(|day| fixture::probes(folder.path(), day));
    let (plates_file, plates) = fixture::plates(folder.path(), &days);
    let probes: String = files.iter().flatten().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let cells = probes.lines().filter(|line| !line.starts_with("datetime")).flat_map(|line| {
        let cells: Vec<&str> = line.split(';').collect();
        [cells[2], cells[10]]
    });
    let identifiers = Identifiers::of(cells.chain(plates.iter().map(String::as_str)));
    assert!(identifiers.len() > 100);

    let dir = folder.path().join("demo");
    let mut demo = ordinance();
    demo.args(["demo", "--once", "--listen", "127.0.0.1:0", "--dir"]).arg(&dir).arg("--anpr-csv").arg(&plates_file);
    let mut demo = Running::start(demo.arg("--wifi-csv").args(files.iter().flatten()));
    // Once something is there, whenever it may be, and once when the first day was told.
    let first_day = format!("{}, in all so far", days[0].date());
    assert!(demo.says(|said| String::from_utf8_lossy(said).contains("The node listens")));
    let (mut paused, mut in_segments) = (0, 0);
    while demo.runs() && paused < PAUSES {
        if paused == PAUSES / 2 {
            demo.says(|said| String::from_utf8_lossy(said).contains(&first_day));
        }
        demo.signal("-STOP");
        let looked = look(&dir, &identifiers);
        looked.clean();
        in_segments += looked.segment_rows;
        demo.signal("-CONT");
        paused += 1;
        wait(Duration::from_millis(150));
    }
    assert!(demo.end(), "{}", demo.stdout.text());
    assert!(paused >= 3 && in_segments > 0, "{paused} pauses, {in_segments} rows in segments");
    let looked = look(&dir, &identifiers);
    looked.clean();
    assert!(looked.pages > 0 && looked.parquet_values > 100, "{looked:?}");
    assert!(!identifiers.are_in(&demo.stdout.bytes()) && !identifiers.are_in(&demo.stderr.bytes()));
    assert!(demo.stdout.text().contains("held    only plates on the list left a trace"), "{}", demo.stdout.text());
}

#[test]
fn nothing_that_a_node_took_or_refused_is_written_or_said() {
    let sent = [
        "88:78:73:8d:98:75",
        "5E-AA-1B-90-E7-01",
        "Home of the Nováks",
        "x1",
        "4QX 4017",
        "5QW 0002",
        "6QV 7711",
        "7QU-8822",
    ];
    let identifiers = Identifiers::of(sent);
    let city = City::new();
    look(&city.dir(), &identifiers).clean();
    let mut node = Node::start(&city);
    let probe = |mac: &str, ssid: &str| json!({ "time": now(), "mac": mac, "ssid": ssid }).to_string();
    let plate = |plate: &str| json!({ "time": now(), "plate": plate }).to_string();
    for (token, line, status) in [
        (&city.wifi, probe(sent[0], sent[2]), 200),
        (&city.wifi, probe(sent[1], sent[3]), 200),
        (&city.plates, plate(sent[4]), 200),
        (&city.plates, plate(sent[6]), 200),
        (&city.plates, plate(sent[7]), 200),
        // Refused, each in another way: what is refused is not written or said either.
        (&city.wifi, plate(sent[6]), 422),
        (&city.air, probe(sent[0], sent[2]), 422),
        (&city.plates, format!("{}x", plate(sent[6])), 422),
        (&city.air, json!({ "time": now(), "no2": sent[4] }).to_string(), 422),
        (&city.air, json!({ "time": sent[5], "no2": 1 }).to_string(), 422),
        (&city.air, json!({ "time": now(), "no2": 1, "device": sent[0] }).to_string(), 422),
    ] {
        let (got, answer) = node.lines(token, &line);
        assert_eq!(got, status, "{answer}");
        assert!(!identifiers.are_in(answer.to_string().as_bytes()), "{answer}");
    }
    let hits = "/api/v1/released?stream=plates&purpose=crime-investigation";
    let (_, answer) = node.try_get_as(Some(&city.police), hits).unwrap();
    assert_eq!(answer["rows"].as_array().unwrap().len(), 1, "one plate was on the list: {answer}");
    assert!(!identifiers.are_in(answer.to_string().as_bytes()), "not even the police get the plate back: {answer}");
    let segment = look(&city.dir(), &identifiers);
    segment.clean();
    assert_eq!(segment.segment_rows, 3, "two phones and one hit");
    for page in ["/", "/deployments/congestion", "/deployments/plate-search", "/log/entries", "/metrics"] {
        let body = node.page(page);
        assert!(!body.is_empty() && !identifiers.are_in(&body), "{page}");
    }
    node.kill();
    look(&city.dir(), &identifiers).clean();
    flush(&city);
    let parquet = look(&city.dir(), &identifiers);
    parquet.clean();
    assert!(parquet.segment_rows == 0 && parquet.pages > 0, "{parquet:?}");
    let said = [node.running.stdout.bytes(), node.running.stderr.bytes()].concat();
    let verify = run(&["verify", &city.arg()]);
    let asked =
        run(&["query", &city.arg(), "--as", "police", "--purpose", "crime-investigation", "--stream", "plates"]);
    for words in [said, verify.stdout, verify.stderr, asked.stdout, asked.stderr] {
        assert!(!identifiers.are_in(&words), "{}", String::from_utf8_lossy(&words));
    }
}
