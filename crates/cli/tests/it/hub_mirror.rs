//! A hub and a city as processes of their own: what anybody can do with a public log.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::tool::{City, Node, Running, json as run_json, now, ordinance, run, wait};

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The city logs one more act.
fn place(city: &City, node: &Node, id: &str) {
    let place = json!({"id": id, "name": id, "geometry": {"type": "Point", "coordinates": [1.0, 2.0]}});
    let body = json!([{"by": "city", "command": {"do": "register-place", "with": place}}]).to_string();
    let (status, answer) = node.post("/api/v1/commands", "application/json", Some(&city.officer), body.as_bytes());
    assert_eq!(status, 200, "{answer}");
}

/// What a look at every city says, once the log has been published as far as the node has decided.
fn look(hub: &str) -> (Option<i32>, Value) {
    let looked = run(&["hub", "look", hub, "--allow", "127.0.0.1", "--threads", "2", "--json"]);
    (looked.status.code(), serde_json::from_slice(&looked.stdout).unwrap())
}

#[test]
fn a_hub_mirrors_a_city_counts_the_same_as_anybody_and_catches_a_fork() {
    let city = City::new();
    let parent = city.dir().parent().unwrap().to_owned();
    let (hub, twin) = (parent.join("hub"), parent.join("twin"));
    let hub = hub.to_str().unwrap();
    // A start publishes what is not published yet.
    drop(Node::start(&city));
    copy(&city.dir(), &twin);
    let node = Node::start(&city);
    let key = run_json(&["verify", &node.address])["key"].as_str().unwrap().to_owned();
    let add =
        ["hub", "mirror", hub, "--city", "brookhaven", "--key", &key, "--address", &node.address, "--country", "CZ"];
    run_json(&add);
    assert!(!run(&add).status.success());
    // Nobody's own network is asked but with leave.
    assert_eq!(run_json(&["hub", "look", hub])["failed"], 1);
    let (code, looked) = look(hub);
    assert_eq!((code, &looked["grown"], &looked["failed"]), (Some(0), &json!(1), &json!(0)), "{looked}");
    the_same_numbers(hub, &node.address);
    forked(&city, node, &twin, hub);
    checked(hub, &key);
    // What was kept is verified without the city and without the hub.
    let kept = parent.join("kept");
    let kept = kept.to_str().unwrap();
    run_json(&["hub", "history", hub, "--city", "brookhaven", kept]);
    assert_eq!(run_json(&["verify", kept, "--key", &key])["holds"], true);
    assert!(!run(&["verify", kept, "--key", "test.example/log+00000000+AAAA"]).status.success());
}

/// Each benchmark, from the mirror and from the log itself.
fn the_same_numbers(hub: &str, address: &str) {
    let (at, mut numbers) = (now(), 0);
    let listed = String::from_utf8(run(&["hub", "definitions", "--json"]).stdout).unwrap();
    for line in listed.lines() {
        let definition: Value = serde_json::from_str(line).unwrap();
        let id = definition["definition"]["id"].as_str().unwrap();
        let from = |more: &[&str]| run_json(&[more, &["--definition", id, "--at", &at]].concat());
        let mirrored = from(&["hub", "benchmark", hub, "--city", "brookhaven"]);
        let own = from(&["hub", "benchmark", "--log", address]);
        assert_eq!(mirrored, own, "{id}");
        assert_eq!(own["digest"], definition["digest"]);
        numbers += u64::from(!own["figure"]["number"].is_null());
        let table = from(&["hub", "benchmark", hub]);
        assert_eq!(table["cities"].as_array().unwrap().len(), 1, "{table}");
        let text = String::from_utf8(run(&["hub", "definitions", "--show", id]).stdout).unwrap();
        assert!(text.contains(&format!("\"id\": \"{id}\"")));
    }
    assert!(numbers >= 3, "{numbers} numbers");
}

/// The city goes on, is mirrored, and then goes on otherwise from an older copy of itself.
fn forked(city: &City, node: Node, twin: &Path, hub: &str) {
    let listen = node.address.trim_start_matches("http://").to_owned();
    place(city, &node, "first");
    drop(node);
    let node = Node::try_start_at(city, &listen, &[]).unwrap();
    let (code, looked) = look(hub);
    assert_eq!((code, &looked["grown"]), (Some(0), &json!(1)), "{looked}");
    drop(node);
    let twin = twin.to_str().unwrap();
    let other = Node::try_start_in(twin, &listen, &[]).unwrap();
    place(city, &other, "second");
    place(city, &other, "third");
    drop(other);
    let other = Node::try_start_in(twin, &listen, &[]).unwrap();
    let (code, looked) = look(hub);
    assert_eq!((code, &looked["contradict"]), (Some(1), &json!(["brookhaven"])), "{looked}");
    // It is looked at no more, until somebody says so; then it is caught again.
    assert_eq!(look(hub).1["frozen"], 1);
    run_json(&["hub", "resume", hub, "--city", "brookhaven"]);
    assert_eq!(look(hub).0, Some(1));
    drop(other);
}

/// Anybody checks the evidence, and nobody can make it say something else.
fn checked(hub: &str, key: &str) {
    let listed = String::from_utf8(run(&["hub", "evidence", "list", hub, "--json"]).stdout).unwrap();
    let first: Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    let file = format!("{hub}/mirror/evidence/{}.json", first["digest"].as_str().unwrap());
    assert_eq!(run_json(&["hub", "evidence", "check", &file, "--key", key])["proves"], "two-histories");
    let text = fs::read_to_string(&file).unwrap();
    let altered = format!("{hub}/altered.json");
    fs::write(&altered, text.replacen("not-a-prefix/1", "rolled-back/1", 1)).unwrap();
    assert_eq!(run(&["hub", "evidence", "check", &altered]).status.code(), Some(1));
    let cities = String::from_utf8(run(&["hub", "cities", hub]).stdout).unwrap();
    assert!(cities.contains("frozen since"), "{cities}");
}

/// A page of a hub that is served.
fn page(address: &str, path: &str) -> String {
    ureq::get(format!("{address}{path}")).call().unwrap().body_mut().read_to_string().unwrap()
}

/// Serves a hub that may look at this machine.
fn served(hub: &str, more: &[&str]) -> (Running, String) {
    let mut command = ordinance();
    command.args(["hub", "serve", hub, "--listen", "127.0.0.1:0", "--json", "--allow", "127.0.0.1"]).args(more);
    let running = Running::start(&mut command);
    assert!(running.says(|said| serde_json::from_slice::<Value>(said).is_ok()), "{}", running.stderr.text());
    let document: Value = serde_json::from_slice(&running.stdout.bytes()).unwrap();
    (running, document["address"].as_str().unwrap().trim_end_matches('/').to_owned())
}

#[test]
fn a_hub_that_is_served_looks_by_itself_tells_what_failed_and_hands_out_what_it_keeps() {
    let city = City::new();
    let node = Node::start(&city);
    let hub = city.dir().parent().unwrap().join("alliance");
    let hub = hub.to_str().unwrap();
    run_json(&["hub", "init", hub]);
    let key = run_json(&["verify", &node.address])["key"].as_str().unwrap().to_owned();
    for (name, address) in [("brookhaven", node.address.as_str()), ("silent", "http://127.0.0.1:1")] {
        run_json(&["hub", "mirror", hub, "--city", name, "--key", &key, "--address", address]);
    }
    // Who does not want it, is not made to.
    let (running, address) = served(hub, &["--look-every", "never"]);
    assert!(page(&address, "/mirrors").contains("Nobody has looked at all of them yet."));
    drop(running);
    let (running, address) = served(hub, &["--look-every", "1h"]);
    let told = "2 cities were looked at: 1 had";
    for _ in 0..300 {
        if running.stderr.text().contains(told) {
            break;
        }
        wait(Duration::from_millis(100));
    }
    let said = running.stderr.text();
    assert!(said.contains(told) && said.contains("1 could not be read"), "{said}");
    assert!(page(&address, "/mirrors").contains(told));
    // It looks no second time before an hour is over, and holds up nobody who looks by hand in the same folder.
    let (code, looked) = look(hub);
    assert_eq!((code, &looked["cities"], &looked["failed"]), (Some(0), &json!(2), &json!(1)), "{looked}");
    assert_eq!(running.stderr.text().matches(told).count(), 1);
    assert!(page(&address, "/mirrors/brookhaven").contains("Its log holds"));
    // What it keeps is verified from it as from the city, and counted.
    drop(node);
    let kept = format!("{address}/mirrors/brookhaven");
    assert_eq!(run_json(&["verify", &kept, "--key", &key])["holds"], true);
    let at = now();
    let counted = |from: &[&str]| {
        run_json(&[&["hub", "benchmark"], from, &["--definition", "days-to-decision", "--at", &at]].concat())
    };
    assert_eq!(counted(&["--log", &kept]), counted(&[hub, "--city", "brookhaven"]));
    // From the hub's address anybody counts all of it again.
    let again = counted(&["--hub", &address]);
    assert_eq!(again, counted(&[hub]), "the same table, from what anybody is given");
    assert_eq!(again["cities"].as_array().unwrap().len(), 2, "{again}");
    let list = page(&address, "/mirrors.csv");
    assert!(list.contains(&format!("brookhaven,{key},")) && list.contains("silent,"), "{list}");
    assert!(list.lines().nth(1).unwrap().ends_with(",sound") && list.contains(",unreachable"), "{list}");
    assert!(page(&address, "/mirrors.csv?after=silent").lines().count() == 1);
    for wrong in ["1s", "soon", "-1"] {
        assert_eq!(run(&["hub", "serve", hub, "--look-every", wrong]).status.code(), Some(2), "{wrong}");
    }
}
