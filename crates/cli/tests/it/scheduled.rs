//! Files on a schedule by the binary: a node that is killed again and again makes one for each period and version, and when
//! the grant ends nobody has them any more.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::tool::{City, Node, Running, json as told, now, ordinance, run, wait};

/// How often the node is killed while files are due.
const KILLS: u64 = 12;
/// A period of the schedule and a window that closes a minute after its end.
const PATIENCE: Duration = Duration::from_secs(5);
const TRIES: usize = 60;

fn submit(node: &Node, city: &City, what: &str, with: &Value, reason: Option<&str>) {
    let submission = json!({ "by": "city", "command": { "do": what, "with": with }, "reason": reason }).to_string();
    let done = node.post("/api/v1/commands", "application/json", Some(&city.officer), submission.as_bytes());
    assert_eq!(done.0, 200, "{}", done.1);
}

/// A view of windows of 20 s, of a version.
fn view(version: u64) -> Value {
    json!({ "id": "thirds", "version": version, "stream": "air", "title": "The mean of each twenty seconds",
        "exposure": { "as": "windows", "bin": "20s", "space": { "by": "sensor" }, "measure": { "of": "mean", "property": "no2" } },
        "identifiers": "none", "minimum": 0, "bound": 1, "noise": "none", "delay": "0s", "depth": "3650d" })
}

fn granted(node: &Node, city: &City) {
    submit(node, city, "declare-view", &view(1), None);
    let grant = json!({ "id": "police-air", "recipient": "police", "stream": "air", "view": "thirds", "purpose": "air-quality",
        "until": "2030-01-01T00:00:00Z", "duties": ["no-reidentification", "delete-on-expiry"] });
    submit(node, city, "agree-grant", &grant, None);
}

fn schedule(city: &City) {
    let dir = city.arg();
    let asks = ["--as", "police", "--purpose", "air-quality", "--stream", "air", "--view", "thirds"];
    let how = ["--name", "minutes", "--format", "csv", "--every", "1m", "--keep", "60"];
    let added = told(&[&["schedule", "add", &dir], asks.as_slice(), &how].concat());
    assert_eq!(added["schedule"]["recipient"], "police");
    let again = run(&[&["schedule", "add", &dir], asks.as_slice(), &how].concat());
    assert_eq!(again.status.code(), Some(64), "a name is given once");
}

/// What the schedule has made, as its owner sees it.
fn manifest(city: &City) -> Value {
    told(&["schedule", "list", &city.arg()])[0]["manifest"].clone()
}

fn exports(of: &Value) -> Vec<Value> {
    of["exports"].as_array().cloned().unwrap_or_default()
}

/// Looks again and again until something is so.
fn until(what: &str, so: impl Fn() -> bool) {
    for _ in 0..TRIES {
        if so() {
            return;
        }
        wait(PATIENCE);
    }
    panic!("it did not come to this: {what}");
}

/// Starts a node and kills it while it ticks.
fn killed(city: &City, after: Duration) {
    let mut serve = ordinance();
    let mut node = Running::start(serve.args(["serve", &city.arg(), "--listen", "127.0.0.1:0", "--tick", "1"]));
    wait(after);
    node.signal("-9");
    node.end();
}

/// One file for one period and version; each of a disclosure that no other has; what is told of it is so.
fn check(city: &City) {
    let manifest = manifest(city);
    let folder = city.dir().join("exports/minutes");
    let (mut periods, mut numbers) = (BTreeMap::new(), BTreeMap::new());
    for export in exports(&manifest) {
        let file = export["file"].as_str().unwrap().to_owned();
        let key = (export["period"].to_string(), export["version"].as_u64().unwrap());
        assert_eq!(periods.insert(key, file.clone()), None, "{manifest:#}");
        assert_eq!(numbers.insert(export["disclosure"].as_u64().unwrap(), file.clone()), None, "{manifest:#}");
        let about: Value =
            serde_json::from_slice(&std::fs::read(folder.join(format!("{file}.about.json"))).unwrap()).unwrap();
        assert_eq!((&about["export"]["sha256"], &about["disclosure"]), (&export["sha256"], &export["disclosure"]));
        let bytes = std::fs::read(folder.join(&file)).unwrap();
        assert_eq!(export["bytes"], bytes.len() as u64, "{file} is not whole");
    }
    for unused in manifest["unused"].as_array().into_iter().flatten() {
        let none =
            unused["disclosures"].as_array().unwrap().iter().all(|seq| !numbers.contains_key(&seq.as_u64().unwrap()));
        assert!(none, "a record that came to nothing is not used later: {manifest:#}");
    }
}

#[test]
fn a_killed_node_makes_one_file_for_a_period_and_a_version_and_they_go_with_the_grant() {
    let city = City::new();
    let node = Node::start(&city);
    granted(&node, &city);
    schedule(&city);
    let line = format!("{{\"time\":\"{}\",\"no2\":1.5,\"run\":1}}\n", now());
    assert_eq!(node.lines(&city.air, &line).1["admitted"], 1);
    until("a first file", || !exports(&manifest(&city)).is_empty());
    // Under a new version every period is due anew; the node is killed meanwhile, at any instant of it.
    let mut node = node;
    for kill in 0..KILLS {
        submit(&node, &city, "declare-view", &view(kill + 2), None);
        if kill % 2 == 0 {
            wait(Duration::from_millis(400 + 90 * kill));
        }
        node.kill();
        killed(&city, Duration::from_millis(20 + 23 * kill));
        node = Node::start(&city);
        check(&city);
    }
    until("every version has a file", || {
        let versions: Vec<u64> =
            exports(&manifest(&city)).iter().filter_map(|export| export["version"].as_u64()).collect();
        versions.contains(&(KILLS + 1))
    });
    check(&city);
    // Whom they are for fetches them; others hear of none.
    let list = node.try_get_as(Some(&city.police), "/api/v1/exports").unwrap().1;
    let export = &list[0]["exports"].as_array().unwrap().last().unwrap().clone();
    let address = export["address"].as_str().unwrap();
    assert_eq!(node.try_get_as(Some(&city.police), address).unwrap().0, 200);
    assert_eq!(
        node.try_get_as(Some(&city.police), &format!("{address}.about.json")).unwrap().1["export"]["file"],
        export["file"]
    );
    let (status, problem) = node.try_get_as(Some(&city.officer), address).unwrap();
    assert_eq!((status, problem.to_string().contains(&city.officer)), (404, false));
    assert_eq!(node.try_get_as(None, address).unwrap().0, 401);
    // With the grant they are gone at once, and from the disk at the next tick.
    submit(&node, &city, "withdraw-grant", &json!({ "grant": "police-air" }), Some("it is over"));
    assert_eq!(node.try_get_as(Some(&city.police), address).unwrap().0, 404);
    let folder = city.dir().join("exports/minutes");
    until("the files are gone", || !files(&folder).iter().any(|name| name.ends_with(".csv")));
    let after = manifest(&city);
    assert!(exports(&after).iter().all(|export| export["gone"]["why"].is_string()), "{after:#}");
    assert!(files(&folder).iter().filter(|name| name.ends_with(".about.json")).count() >= exports(&after).len());
    drop(node);
    // The numbers have no gap, and the log says as much.
    let verified = told(&["verify", &city.arg()]);
    assert!(verified["disclosures"].as_u64().unwrap() >= exports(&after).len() as u64, "{verified}");
    // A schedule that is removed is removed.
    assert!(run(&["schedule", "remove", &city.arg(), "--name", "minutes"]).status.success());
    assert_eq!(run(&["schedule", "remove", &city.arg(), "--name", "minutes"]).status.code(), Some(64));
}

fn files(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
