//! What a recipient gets by the binary besides answers: files, and what is released as it is released.

use std::path::{Path, PathBuf};
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::tool::{City, Node, Running, json, now, ordinance, run, wait};

const AIR: [&str; 6] = ["--as", "public", "--purpose", "air-quality", "--stream", "air"];

fn beside(city: &City, name: &str) -> PathBuf {
    city.dir().with_file_name(name)
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Three measurements, the last with words in it that a table has to quote.
fn measured(node: &Node, city: &City) {
    let now = now();
    let lines = format!(
        "{{\"time\":\"{now}\",\"no2\":1.5,\"run\":1}}\n{{\"time\":\"{now}\",\"no2\":2,\"run\":2}}\n\
         {{\"time\":\"{now}\",\"run\":3,\"note\":\"a \\\"quoted\\\", ö\"}}\n"
    );
    assert_eq!(node.lines(&city.air, &lines).1["admitted"], 3);
}

#[test]
fn released_rows_become_files_with_the_proof_of_their_disclosure() {
    let city = City::new();
    let node = Node::start(&city);
    measured(&node, &city);
    let export = |at: &str, format: &str, file: &Path, more: &[&str]| {
        let file = text(file);
        run(&[&["export", at], AIR.as_slice(), &["--format", format, "--out", &file, "--json"], more].concat())
    };
    let csv = beside(&city, "air.csv");
    let done = export(&node.address, "csv", &csv, &[]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let table = std::fs::read_to_string(&csv).unwrap();
    let lines: Vec<&str> = table.split("\r\n").collect();
    assert_eq!(lines[0], "time,sensor,longitude,latitude,count,no2,note,run");
    assert_eq!((lines.len(), table.matches("\"a \"\"quoted\"\", ö\"").count()), (5, 1), "{table}");
    let about: Value = serde_json::from_slice(&std::fs::read(beside(&city, "air.csv.about.json")).unwrap()).unwrap();
    assert_eq!(
        (&about["rows"], &about["recipient"], &about["file"]["name"]),
        (&3.into(), &"public".into(), &"air.csv".into())
    );
    assert!(about["receipt"].as_str().unwrap().contains("ordinance/disclosure-receipt/v1"), "{about}");
    // Nothing is asked, and so nothing is recorded, for a file that cannot be put there.
    let before = about["disclosure"].as_u64().unwrap();
    for file in [csv.clone(), city.dir(), beside(&city, "no/such/folder.csv")] {
        let failed = export(&node.address, "csv", &file, &[]);
        assert_eq!(failed.status.code(), Some(64), "{}: {}", file.display(), String::from_utf8_lossy(&failed.stderr));
    }
    assert_eq!(std::fs::read_to_string(&csv).unwrap(), table);
    let again = export(&node.address, "csv", &csv, &["--force"]);
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(again["disclosure"], before + 1);
    drop(node);
    // The same from the folder, in the other forms.
    let map = beside(&city, "air.geojson");
    assert!(export(&city.arg(), "geojson", &map, &[]).status.success());
    let map: Value = serde_json::from_slice(&std::fs::read(map).unwrap()).unwrap();
    assert_eq!(map["features"].as_array().unwrap().len(), 3);
    assert_eq!(map["features"][0]["geometry"]["coordinates"], serde_json::json!([16.6, 49.2]));
    let columns = beside(&city, "air.parquet");
    assert!(export(&city.arg(), "parquet", &columns, &[]).status.success());
    let file = std::fs::File::open(columns).unwrap();
    let batch = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().next().unwrap().unwrap();
    let no2: Vec<Option<f64>> = batch.column_by_name("no2").unwrap().as_primitive::<Float64Type>().iter().collect();
    assert_eq!(no2.iter().filter(|value| value.is_some()).count(), 2, "{no2:?}");
    // A refusal keeps its status and its words, and leaves no file.
    let file = text(&beside(&city, "phones.csv"));
    let asks =
        ["--as", "advertiser", "--purpose", "advertising", "--stream", "wifi", "--format", "csv", "--out", &file];
    let refused = run(&[&["export", &city.arg()], asks.as_slice()].concat());
    assert_eq!(refused.status.code(), Some(3), "{}", String::from_utf8_lossy(&refused.stderr));
    assert!(!Path::new(&file).exists());
    let left: Vec<String> = std::fs::read_dir(city.dir().parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".new"))
        .collect();
    assert_eq!(left, [""; 0], "nothing half written is left");
    assert_eq!(json(&["verify", &city.arg()])["disclosures"], 4);
}

/// Waits until somebody watches a node.
fn watched(node: &Node) {
    let watches = || String::from_utf8(node.page("/metrics")).unwrap().contains("ordinance_live_connections 1\n");
    for _ in 0..120 {
        if watches() {
            return;
        }
        wait(Duration::from_millis(250));
    }
    panic!("nobody came back");
}

#[test]
fn whoever_watches_misses_nothing_when_the_node_is_killed() {
    let city = City::new();
    let mut node = Node::start(&city);
    let listen = node.address.trim_start_matches("http://").to_owned();
    let mut watch = ordinance();
    watch.args(["watch", &node.address]).args(AIR).args(["--events", "1", "--json"]);
    let mut watch = Running::start(&mut watch);
    watched(&node);
    let line = format!("{{\"time\":\"{}\",\"no2\":1,\"run\":7}}\n", now());
    assert_eq!(node.lines(&city.air, &line).1["admitted"], 1);
    node.kill();
    let node = Node::try_start_at(&city, &listen, &[]).unwrap_or_else(|error| panic!("{error}"));
    watched(&node);
    // Who may not is told at once, in the norm's words, and a folder has nothing to watch.
    let refused = run(&["watch", &node.address, "--as", "public", "--purpose", "advertising", "--stream", "air"]);
    assert_eq!(refused.status.code(), Some(3), "{}", String::from_utf8_lossy(&refused.stderr));
    let folder = run(&[&["watch", &city.arg()], AIR.as_slice()].concat());
    assert!(String::from_utf8_lossy(&folder.stderr).contains("only a node can be watched"));
    // Records wait a minute for what comes late, and go by whole minutes.
    assert!(watch.end(), "{}", watch.stderr.text());
    assert!(watch.stderr.text().contains("coming back"), "{}", watch.stderr.text());
    let event: Value = serde_json::from_str(watch.stdout.text().trim()).unwrap();
    assert_eq!((event["rows"].as_array().unwrap().len(), &event["rows"][0]["fields"]["run"]), (1, &7.into()));
    assert_eq!(event["record"]["recipient"], "public");
}

#[test]
fn a_webhook_is_added_to_a_running_node_listed_and_removed_and_its_address_is_told_nobody() {
    let city = City::new();
    let node = Node::start(&city);
    let to = "http://127.0.0.1:9/in/a-secret-path";
    let asks = ["--name", "open-air", "--as", "public", "--purpose", "air-quality", "--stream", "air"];
    let add = |to: &str| run(&[&["webhook", "add", &city.arg(), "--json", "--to", to], asks.as_slice()].concat());
    let added: Value = serde_json::from_slice(&add(to).stdout).unwrap();
    assert!(added["secret"].as_str().unwrap().starts_with("whsec_"), "{added}");
    assert_eq!(added["to"], "http://127.0.0.1:9");
    for (to, code) in [(to, 64), ("ftp://127.0.0.1/", 64)] {
        assert_eq!(add(to).status.code(), Some(code));
    }
    // The node finds it, and begins from now.
    let listed = || json(&["webhook", "list", &city.arg()]);
    for _ in 0..120 {
        if listed()[0]["progress"]["through"].is_string() {
            break;
        }
        wait(Duration::from_millis(250));
    }
    let told = listed();
    assert!(told[0]["progress"]["through"].is_string(), "{told}");
    assert!(!told.to_string().contains("a-secret-path") && !told.to_string().contains("whsec_"), "{told}");
    let log = String::from_utf8(run(&["log", "show", &city.arg(), "--json"]).stdout).unwrap();
    assert!(!log.contains("a-secret-path"));
    drop(node);
    assert!(run(&["webhook", "remove", &city.arg(), "--name", "open-air"]).status.success());
    assert_eq!(listed(), Value::Array(Vec::new()));
    assert_eq!(run(&["webhook", "remove", &city.arg(), "--name", "open-air"]).status.code(), Some(64));
    assert_eq!(run(&["webhook", "list", "/nowhere"]).status.code(), Some(64));
}
