//! SQL through the real binary: at a folder and at an address, what is disclosed for it, and what ends it.

#![cfg(feature = "sql")]

use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::tool::{City, Node, json, now, ordinance, run, wait};

const BUSY: &str = "SELECT sensor, count(*) AS n, max(no2) AS most FROM air.measurements GROUP BY sensor";
const PUBLIC: [&str; 4] = ["--as", "public", "--purpose", "air-quality"];

/// A city with three measurements of the air.
fn city() -> City {
    let city = City::new();
    let lines: String =
        [12.5, 40.0, 7.0].iter().map(|no2| format!("{{\"time\":\"{}\",\"no2\":{no2}}}\n", now())).collect();
    let file = beside(&city, "air.ndjson", &lines);
    let taken = json(&["ingest", &city.arg(), "--stream", "air", "--device", "air-1", &file]);
    assert_eq!(taken["admitted"], 3, "{taken}");
    city
}

fn beside(city: &City, name: &str, content: &str) -> String {
    let path = city.dir().with_file_name(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

fn sql(city: &str, question: &str, more: &[&str]) -> Output {
    run(&[&["sql", city, question], more].concat())
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// How many records of disclosures the city has, in its log and waiting.
fn disclosures(city: &City) -> u64 {
    let answer = json(&[&["query", &city.arg(), "--stream", "air"], PUBLIC.as_slice()].concat());
    answer["record"]["seq"].as_u64().unwrap()
}

#[test]
fn each_table_that_a_question_names_is_disclosed_and_nothing_else_is_answered() {
    let city = city();
    let folder = city.arg();
    let before = disclosures(&city);
    let answer = json(&[&["sql", &folder, BUSY], PUBLIC.as_slice()].concat());
    assert_eq!(answer["rows"], serde_json::json!([["air-1", 3, 40.0]]), "{answer}");
    assert_eq!(answer["columns"], serde_json::json!(["sensor", "n", "most"]));
    let disclosed = answer["disclosures"].as_array().unwrap();
    assert!(disclosed.len() == 1 && disclosed[0]["seq"].as_u64() == Some(before + 1), "{answer}");
    assert!(disclosed[0]["rows"] == 3 && disclosed[0]["receipt"].as_str().unwrap().contains("test.example/log"));
    // Public tables are joined without a disclosure, and what the asker brings along stays with the asker.
    let zones = beside(&city, "zones.csv", "sensor,zone\nair-1,north\n");
    let joined = "SELECT z.zone, r.place, count(*) FROM air.measurements m JOIN reference.sensors r ON r.sensor = m.sensor \
        JOIN reference.places p ON p.place = r.place JOIN reference.zones z ON z.sensor = m.sensor \
        JOIN reference.calendar c ON c.day = CAST(m.time AS DATE) GROUP BY 1, 2";
    let zones = format!("zones={zones}");
    let answer = json(&[&["sql", &folder, joined, "--reference", &zones], PUBLIC.as_slice()].concat());
    assert_eq!(answer["rows"], serde_json::json!([["north", "centre", 3]]), "{answer}");
    assert_eq!(answer["disclosures"].as_array().unwrap().len(), 1, "{answer}");
    let nothing =
        json(&[&["sql", &folder, "SELECT sensor FROM reference.sensors ORDER BY 1"], PUBLIC.as_slice()].concat());
    assert_eq!(nothing["disclosures"], serde_json::json!([]));
    assert_eq!(nothing["rows"], serde_json::json!([["air-1"], ["anpr-1"], ["sniffer-1"]]));
    // People read a table, machines CSV, each with what was disclosed.
    let table = sql(&folder, BUSY, &PUBLIC);
    let text = String::from_utf8(table.stdout).unwrap();
    assert!(text.starts_with("sensor  n  most\nair-1   3  40.0\n1 rows.\nDisclosure "), "{text}");
    assert!(text.contains("under grant `air-open`") && text.contains("test.example/log"), "{text}");
    let csv = sql(&folder, BUSY, &[PUBLIC.as_slice(), &["--csv"]].concat());
    assert_eq!(String::from_utf8_lossy(&csv.stdout), "sensor,n,most\nair-1,3,40.0\n");
    assert!(words(&csv).contains("Disclosure "), "{csv:?}");
    let windows = ["--as", "public", "--purpose", "public-information"];
    let empty = json(&[&["sql", &folder, "SELECT sum(value) FROM air.quarters"], windows.as_slice()].concat());
    assert_eq!(empty["rows"], serde_json::json!([[null]]), "no window is over, and the columns are there");
    assert!(json(&["verify", &folder])["size"].as_u64().unwrap() > 0);
}

#[test]
fn what_a_norm_refuses_is_refused_in_sql_and_what_is_no_question_discloses_nothing() {
    let city = city();
    let folder = city.arg();
    let before = disclosures(&city);
    let refusals = [
        (BUSY, ["--as", "public", "--purpose", "advertising"]),
        (BUSY, ["--as", "advertiser", "--purpose", "advertising"]),
        ("SELECT * FROM wifi.counts", ["--as", "public", "--purpose", "traffic-management"]),
        ("SELECT * FROM plates.hits", ["--as", "city", "--purpose", "crime-investigation"]),
        ("SELECT * FROM wifi.counts, reference.places", ["--as", "police", "--purpose", "crime-investigation"]),
    ];
    for (question, who) in refusals {
        let refused = sql(&folder, question, &who);
        assert!(refused.status.code() == Some(3) && refused.stdout.is_empty(), "{question} {who:?}: {refused:?}");
        let refused = sql(&folder, question, &[who.as_slice(), &["--json"]].concat());
        let document: Value = serde_json::from_slice(&refused.stdout).unwrap();
        assert!(refused.status.code() == Some(3) && document["refused"].is_object(), "{document}");
    }
    let failures = [
        ("COPY air.measurements TO '/tmp/x'", "only questions are answered"),
        ("SELECT 1; SELECT 2", "one question at a time"),
        ("SELECT * FROM read_csv('/etc/passwd')", "is not answered here"),
        ("SELECT * FROM '/etc/passwd'", "does not fit its tables"),
        ("SELECT * FROM information_schema.tables", "is no id"),
        ("SELECT * FROM reference.secrets", "reference.calendar"),
        ("SELECT * FROM a.b.c", "is no table"),
        ("SELECT * FROM air.nothing", "there is no view `nothing`"),
        ("SELECT * FROM nothing.at_all", "is no id"),
        ("SELECT * FROM air", "does not fit its tables"),
    ];
    for (question, said) in failures {
        let failed = sql(&folder, question, &PUBLIC);
        assert!(failed.status.code() == Some(1) && words(&failed).contains(said), "{question}: {}", words(&failed));
    }
    assert_eq!(disclosures(&city), before + 1, "none of these was a disclosure");
    for bad in ["zones", "Zones=x.csv", "=x.csv", "places=x.csv"] {
        let failed = sql(&folder, "SELECT 1", &[PUBLIC.as_slice(), &["--reference", bad]].concat());
        assert!(!failed.status.success() && !words(&failed).is_empty(), "{bad}");
    }
}

#[test]
fn the_same_is_asked_at_an_address_with_a_token() {
    let city = city();
    let token = beside(&city, "police.token", &format!("{}\n", city.police));
    let node = Node::start(&city);
    let address = node.address.as_str();
    let plate = format!("{{\"time\":\"{}\",\"plate\":\"4QX 4017\"}}", now());
    assert_eq!(node.lines(&city.plates, &plate).0, 200);
    let answer = json(&[&["sql", address, BUSY], PUBLIC.as_slice()].concat());
    assert_eq!(answer["rows"], serde_json::json!([["air-1", 3, 40.0]]), "{answer}");
    assert!(answer["disclosures"][0]["receipt"].as_str().unwrap().contains("test.example/log"), "{answer}");
    let police = ["--as", "police", "--purpose", "crime-investigation"];
    let hits = "SELECT h.plate, r.longitude FROM plates.hits h JOIN reference.sensors r USING (sensor)";
    let answer = json(&[&["sql", address, hits, "--token", &token], police.as_slice()].concat());
    assert_eq!(answer["rows"], serde_json::json!([[0, 16.6]]), "the number of the list's entry: {answer}");
    for who in [&police[..], &["--as", "city", "--purpose", "crime-investigation", "--token", &token]] {
        let failed = sql(address, hits, who);
        assert!(failed.status.code() == Some(1) && failed.stdout.is_empty(), "{failed:?}");
    }
    let refused = sql(address, BUSY, &["--as", "public", "--purpose", "advertising"]);
    assert!(refused.status.code() == Some(3) && refused.stdout.is_empty(), "{refused:?}");
    let failed = sql(address, "DROP TABLE air.measurements", &PUBLIC);
    assert!(failed.status.code() == Some(1) && words(&failed).contains("only questions"), "{failed:?}");
}

#[test]
fn a_question_that_would_take_the_machine_ends_with_its_own_process() {
    let cases = [
        ("SELECT length(repeat('x', 1500000000))", ["--memory", "16"], "MiB of memory"),
        ("SELECT cardinality(array_repeat(1, 2000000000))", ["--memory", "16"], "MiB of memory"),
        ("SELECT v FROM generate_series(1, 90000000) AS s(v) ORDER BY v % 7", ["--memory", "16"], "16 MiB of memory"),
        (
            "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b",
            ["--timeout", "1"],
            "longer than 1 s",
        ),
        (
            "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i FROM n) SELECT count(*) FROM n",
            ["--timeout", "1"],
            "longer than 1 s",
        ),
        ("SELECT * FROM generate_series(1, 11)", ["--rows", "10"], "more than 10 rows"),
    ];
    // What names no table asks nothing of a city, and an address that nobody listens at is not spoken to.
    let nowhere = "http://127.0.0.1:9";
    for (question, limit, said) in cases {
        let failed = sql(nowhere, question, &[PUBLIC.as_slice(), &limit].concat());
        let words = words(&failed);
        assert!(
            failed.status.code() == Some(1) && words.contains(said) && failed.stdout.is_empty(),
            "{question}: {words}"
        );
    }
    assert!(sql(nowhere, "SELECT 1", &PUBLIC).status.success());
}

#[test]
fn the_process_that_answers_can_open_no_file() {
    let mut desk = ordinance().arg("sql-desk").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let limits = format!("/proc/{}/limits", desk.id());
    let confined = (0..200).any(|_| {
        wait(Duration::from_millis(20));
        let text = std::fs::read_to_string(&limits).unwrap_or_default();
        let zero = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
            line[name.len().min(line.len())..].split_whitespace().take(2).eq(["0", "0"])
        };
        zero("Max open files") && zero("Max file size") && zero("Max core file size")
    });
    drop(desk.stdin.take());
    desk.wait().unwrap();
    assert!(confined, "it is confined before it hears the question");
}
