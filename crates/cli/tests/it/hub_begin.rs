//! A city that begins under what a hub released and adopts nothing else never runs anything else, and anybody can hold it to that; what
//! does not verify, or stands no longer, begins no city and leaves nothing behind.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::hub::{Served, adopted, altered, release, with_core};
use crate::hub_adopt::{foreign, profile, stderr, unpacked, written};
use crate::hub_upgrade::{consolidated, sealed};
use crate::tool::{City, Node, json as run_json, ordinance, run, wait};

/// How often a node is listened to until it says something, a second each.
const LISTENS_MAX: usize = 60;

fn address(hub: &Served, entry: u64) -> String {
    format!("{}/versions/{entry}/release.json", hub.address)
}

/// What the city's log says of an adoption: its act.
fn act(city: &str, entry: u64) -> Value {
    let shown = run_json(&["log", "show", city, "--from", &entry.to_string(), "--limit", "1"]);
    let text = shown.to_string();
    let found = find(&shown, &|value| value.get("sources").is_some());
    found.unwrap_or_else(|| panic!("{text}")).clone()
}

/// The first object in a document that is what is looked for.
fn find<'v>(value: &'v Value, is_it: &impl Fn(&Value) -> bool) -> Option<&'v Value> {
    if is_it(value) {
        return Some(value);
    }
    match value {
        Value::Array(all) => all.iter().find_map(|value| find(value, is_it)),
        Value::Object(all) => all.values().find_map(|value| find(value, is_it)),
        _ => None,
    }
}

/// Holds a city to what hubs released, and gives what it says where it holds.
#[track_caller]
fn holds(city: &str, keys: &[&str]) -> Value {
    let keys: Vec<&str> = keys.iter().flat_map(|key| ["--hub-key", key]).collect();
    let held = run_json(&[&["verify", city, "--released-only"], &keys[..]].concat());
    assert_eq!(held["holds"], true);
    held["released_only"].clone()
}

/// The same where it does not: which layer of which entry, and what is said of it; in words and as data.
#[track_caller]
fn fails(city: &str, more: &[&str]) -> (u64, String, Value, String) {
    let asked = |last: &[&str]| run(&[&["verify", city, "--released-only"], more, last].concat());
    let (words, data) = (asked(&[]), asked(&["--json"]));
    assert_eq!((words.status.code(), data.status.code()), (Some(1), Some(1)), "{words:?}");
    let data: Value = serde_json::from_slice(&data.stdout).unwrap();
    let stray = &data["details"]["released_only"];
    let (entry, layer) = (stray["entry"].as_u64().unwrap(), stray["layer"].as_str().unwrap().to_owned());
    let said = stderr(&words);
    assert!(said.contains(&format!("entry {entry} puts the layer `{layer}` in force")), "{said}");
    (entry, layer, stray["source"].clone(), said)
}

#[test]
fn a_city_that_begins_under_a_release_runs_nothing_else_and_anybody_holds_it_to_that() {
    let (hub, editor, member) = with_core();
    consolidated(&hub, &editor, &member, "0.2.0", 9);
    let released = sealed(&hub);
    let first: u64 = released.rsplit('/').nth(1).unwrap().parse().unwrap();
    // A whole city with deployments that collect, each proposed and approved under what the hub released.
    let city = City::under(&["--release", &released, "--hub-key", &hub.key]);
    let dir = city.arg();
    let adoption = act(&dir, 1);
    let source = &adoption["sources"]["global-core"];
    assert_eq!(adoption["sources"].as_object().unwrap().len(), 1, "{source}");
    assert_eq!((&source["from"], &source["origin"]), (&json!("released"), &json!("hub.example/log")));
    assert_eq!((&source["key"], &source["entry"]), (&json!(hub.key), &json!(first)));
    assert!(source["digest"].as_str().is_some_and(|digest| digest.len() == 64), "{source}");
    let told = String::from_utf8(run(&["log", "show", &dir, "--from", "1", "--limit", "1"]).stdout).unwrap();
    assert!(told.contains(&format!("released by entry {first} of `hub.example/log`")), "{told}");
    // The proof is kept as an adoption keeps it, and is all that is needed afterwards.
    assert_eq!(adopted(&city.dir()), 1);
    let check = run_json(&["adopt", &dir, "--check"]);
    assert_eq!((&check[0]["standing"], &check[0]["in_force"]), (&json!("released"), &json!(true)));
    let held = run_json(&["verify", &dir, "--hub-key", &hub.key]);
    assert_eq!((&held["layers"][0]["source"], &held["layers"][0]["shown"]), (&json!("released"), &json!(true)));

    // At its folder, at its address, and with the hub's key or without.
    let ran = |adoptions: u64, by: &str, own: &[&str]| json!({ "adoptions": adoptions, "hubs": [{ "origin": "hub.example/log", "key": hub.key, "by": by }], "own": own });
    assert_eq!(holds(&dir, &[&hub.key]), ran(1, "given", &[]));
    assert_eq!(holds(&dir, &[]), ran(1, "named", &[]));
    let node = Node::start(&city);
    assert_eq!(holds(&node.address, &[&hub.key]), ran(1, "given", &[]));
    let words = run(&["verify", &node.address, "--released-only"]);
    let words = String::from_utf8(words.stdout).unwrap();
    assert!(words.contains("by its one adoption nothing ever ran but what hubs released"), "{words}");
    assert!(words.contains("give --hub-key to check whose it is"), "{words}");
    assert!(!run_json(&["verify", &node.address]).to_string().contains("released_only"), "nobody asked");
    drop(node);
    // Whoever trusts another hub alone is told what this city ran; and a hub itself runs nothing.
    let other = tlog::SigningKey::generate([9; 32], "other.example/log").unwrap().vkey().to_string();
    let (entry, layer, source, said) = fails(&dir, &["--hub-key", &other]);
    assert_eq!((entry, layer.as_str(), &source["from"]), (1, "global-core", &json!("released")));
    assert!(said.contains(&hub.key) && said.contains("not given"), "{said}");
    assert_eq!(run(&["verify", &hub.dir(), "--released-only"]).status.code(), Some(64));

    // The next version and a layer of the city's own change nothing about it.
    consolidated(&hub, &editor, &member, "0.3.0", 10);
    run_json(&["adopt", &dir, &sealed(&hub), "--by", "city"]);
    let (own, _) = written(&hub, "own", "city");
    let trusted = ["--by", "city", "--trust", &hub.key];
    run_json(&[&["adopt", &dir, &own, "--reason", "the council"], &trusted[..]].concat());
    assert_eq!(holds(&dir, &[&hub.key]), ran(3, "given", &["own"]));
    // What nobody released does, for good, whatever comes after it.
    let (shire, _) = foreign(&hub);
    let gives_way = ["--drop", "own", "--reason", "The region asks for the same."];
    let done =
        run_json(&[&["adopt", &dir, &shire, "--unreleased", "The region's <law>."], &gives_way[..], &trusted].concat());
    let at = done["entries"][0].as_u64().unwrap();
    let reason = json!({ "from": "unreleased", "reason": "The region's <law>." });
    run_json(&["adopt", &dir, "global-core", "--by", "city", "--drop", "shire", "--reason", "It is repealed."]);
    for city in [&dir, &Node::start(&city).address] {
        let (entry, layer, source, said) = fails(city, &["--hub-key", &hub.key]);
        assert_eq!((entry, layer.as_str(), &source), (at, "shire", &reason));
        assert!(said.contains("no hub released it, and why: The region's <law>."), "{said}");
    }
    run_json(&["verify", &dir]);
}

#[test]
fn a_city_that_began_otherwise_fails_at_its_first_adoption_and_one_that_a_hub_took_back_hears_of_it() {
    let (hub, editor, member) = with_core();
    let first = release(&hub, &editor, &member, "0.2.0", 365);
    let [plain, under] = ["plain", "under"].map(|name| hub.path(name).to_str().unwrap().to_owned());
    let begun = run_json(&["init", &plain, "--name", "City A", "--origin", "city-a.example/log"]);
    assert_eq!(begun["under"][0]["source"]["from"], "built-in", "{begun}");
    let release = ["--release", &address(&hub, first), "--hub-key", &hub.key];
    let begun =
        run_json(&[&["init", &under, "--name", "City B", "--origin", "city-b.example/log"], &release[..]].concat());
    assert_eq!((&begun["standing"], &begun["under"][0]["source"]["entry"]), (&json!("released"), &json!(first)));
    assert_eq!(begun["pack"], "urn:ordinance:standard:global-core@0.2.0");
    // Adopting a release afterwards takes nothing back.
    run_json(&["adopt", &plain, &address(&hub, first), "--by", "city", "--hub-key", &hub.key]);
    let (entry, layer, source, said) = fails(&plain, &["--hub-key", &hub.key]);
    assert_eq!((entry, layer.as_str(), &source["from"]), (1, "global-core", &json!("built-in")));
    assert!(said.contains("it says that it is built in: the pack urn:ordinance:standard:global-core@"), "{said}");

    // What is taken back is heard of by a node that asks, as where it was adopted later.
    hub.act(&hub.token, &json!({"do": "withdraw-version", "version": first, "reasons": "It forgot nights."}));
    let node = Node::try_start_as(ordinance(), &under, "127.0.0.1:0", &["--ask-hubs-every", "1m"]).unwrap();
    let told = || node.running.stderr.text().contains("is in force here and was withdrawn");
    assert!((0..LISTENS_MAX).any(|_| told() || {
        wait(Duration::from_secs(1));
        false
    }));
    // It ran nothing else all the same.
    assert_eq!(holds(&node.address, &[&hub.key])["adoptions"], 1);
}

#[test]
fn what_does_not_verify_or_stands_no_longer_begins_no_city_and_leaves_nothing() {
    let (hub, editor, member) = with_core();
    let first = release(&hub, &editor, &member, "0.2.0", 365);
    let file = hub
        .file("first.release.json", &String::from_utf8(hub.get(&format!("/versions/{first}/release.json"))).unwrap());
    let dir = hub.path("city");
    let arg = dir.to_str().unwrap();
    let init = |release: &str, more: &[&str]| {
        run(&[&["init", arg, "--name", "City A", "--origin", "city-a.example/log", "--release", release], more]
            .concat())
    };
    let key = ["--hub-key", &hub.key];
    #[track_caller]
    fn is_refused(dir: &Path, output: &std::process::Output, why: &str) {
        assert!(!output.status.success() && stderr(output).contains(why), "{why}: {output:?}");
        assert!(!dir.exists(), "{why}: {:?}", std::fs::read_dir(dir).map(Iterator::collect::<Vec<_>>));
    }
    for altered in altered(&hub, first) {
        is_refused(&dir, &init(&altered, &key), "nothing was written");
    }
    let other = tlog::SigningKey::generate([9; 32], "hub.example/log").unwrap().vkey().to_string();
    is_refused(&dir, &init(&file, &["--hub-key", &other]), "nothing was written");
    is_refused(&dir, &init(&file, &[]), "--hub-key");
    is_refused(&dir, &init("global-core", &key), "is no release");
    is_refused(&dir, &init(&hub.path("none.release.json").display().to_string(), &key), "none.release.json");
    is_refused(
        &dir,
        &init(&file, &["--hub-key", &hub.key, "--hub", "http://127.0.0.1:9", "--patience", "5"]),
        "was not had",
    );
    is_refused(&dir, &init(&file, &["--hub-key", &hub.key, "--origin", "no origin"]), "cannot be used multiple times");
    let misplaced = run(&["init", arg, "--hub-key", &hub.key]);
    is_refused(&dir, &misplaced, "--release");
    let bad = ["init", arg, "--origin", "no origin", "--release", &file, "--hub-key", &hub.key];
    is_refused(&dir, &run(&bad), "origin");

    // What a hub took back begins nothing, however it comes.
    let second = release(&hub, &editor, &member, "0.3.0", 180);
    let third = release(&hub, &editor, &member, "0.4.0", 90);
    let correct = json!({"do": "correct-version", "version": first, "by": second, "reasons": "A year is too long."});
    hub.act(&hub.token, &correct);
    hub.act(&hub.token, &json!({"do": "withdraw-version", "version": third, "reasons": "Three months are too short."}));
    is_refused(&dir, &init(&address(&hub, first), &key), "A year is too long.");
    is_refused(&dir, &init(&file, &["--hub-key", &hub.key, "--hub", &hub.address]), "was corrected by entry");
    is_refused(&dir, &init(&address(&hub, third), &key), "Three months are too short.");

    // Where there is something, it stays as it is, and nothing of it is believed; an empty folder is taken.
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("notes"), "mine").unwrap();
    let refused = init(&address(&hub, second), &key);
    assert!(refused.status.code() == Some(64) && stderr(&refused).contains("is not empty"), "{refused:?}");
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 1);
    std::fs::remove_file(dir.join("notes")).unwrap();
    assert!(!init(&address(&hub, third), &key).status.success());
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0, "the folder itself was there before");
    // The same command once more, with what stands: a city.
    let begun = init(&address(&hub, second), &key);
    assert!(begun.status.success(), "{begun:?}");
    assert_eq!(holds(arg, &[&hub.key])["adoptions"], 1);
    let again = init(&address(&hub, second), &key);
    assert!(!again.status.success() && stderr(&again).contains("holds a city already"), "{again:?}");
    assert_eq!((holds(arg, &[&hub.key])["adoptions"].clone(), adopted(&dir)), (json!(1), 1));
    // From a file alone nobody is asked whether it stands, and that is said.
    let unasked = hub.path("unasked").to_str().unwrap().to_owned();
    let told = run(&["init", &unasked, "--release", &file, "--hub-key", &hub.key]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("was not checked") && told.contains("released by entry"), "{told}");
    let check = run(&["adopt", &unasked, "--check", "--hub", &hub.address]);
    assert!(!check.status.success() && stderr(&check).contains("was corrected"), "{check:?}");
}

#[test]
fn a_profile_begins_a_city_with_what_it_stands_on_said_to_be_what_it_is_and_not_without() {
    let (hub, editor, member) = with_core();
    let carried = standards::built_in().unwrap().find("global-core").unwrap().manifest.reference.to_string();
    let core = release(&hub, &editor, &member, "0.2.0", 365);
    let folder = |name: &str| hub.path(name).to_str().unwrap().to_owned();
    let init = |name: &str, release: &str, more: &[&str]| {
        let dir = folder(name);
        run(&[&["init", &dir, "--origin", "c.example/log", "--release", release, "--hub-key", &hub.key], more].concat())
    };
    // On what its hub released: the city begins under that, and adopts the profile; not the other way round.
    let river = profile(&hub, &editor, &member, "urn:ordinance:standard:global-core@0.2.0");
    let refused = init("a", &river, &[]);
    let said = stderr(&refused);
    assert!(
        refused.status.code() == Some(64) && said.contains("stands on `urn:ordinance:standard:global-core@0.2.0`"),
        "{said}"
    );
    assert!(said.contains("begin the city under it") && !hub.path("a").exists(), "{said}");
    assert!(init("a", &address(&hub, core), &[]).status.success());
    run_json(&["adopt", &folder("a"), &river, "--by", "city"]);
    assert_eq!(holds(&folder("a"), &[&hub.key])["adoptions"], 2);
    // A copy of the base at hand is nobody's release, and stands only for a reason.
    let file =
        hub.file("core.release.json", &String::from_utf8(hub.get(&format!("/versions/{core}/release.json"))).unwrap());
    let copy = unpacked(&hub, &file);
    let refused = init("b", &river, &["--library", &copy]);
    assert!(
        !refused.status.success() && stderr(&refused).contains("`global-core` was released by a hub"),
        "{refused:?}"
    );
    assert!(!hub.path("b").exists());
    let begun = init("b", &river, &["--library", &copy, "--unreleased", "Copied by hand."]);
    assert!(begun.status.success(), "{begun:?}");
    let (entry, layer, source, _) = fails(&folder("b"), &["--hub-key", &hub.key]);
    assert_eq!((entry, layer.as_str(), &source["reason"]), (1, "global-core", &json!("Copied by hand.")));
    let sources = act(&folder("b"), 1)["sources"].clone();
    assert_eq!(sources["river"]["from"], "released", "{sources}");

    // On what this software carries: the base is built in, and says so.
    let (hub, editor, member) = with_core();
    let river = profile(&hub, &editor, &member, &carried);
    let dir = hub.path("city").to_str().unwrap().to_owned();
    let begun = run_json(&["init", &dir, "--origin", "c.example/log", "--release", &river, "--hub-key", &hub.key]);
    let from = |name: &str| {
        let mut layers = begun["under"].as_array().unwrap().iter();
        layers.find(|layer| layer["layer"] == name).unwrap()["source"].clone()
    };
    assert_eq!(from("global-core"), json!({ "from": "built-in", "pack": carried }));
    assert_eq!(from("river")["from"], "released");
    run_json(&["verify", &dir, "--hub-key", &hub.key]);
    let (entry, layer, source, _) = fails(&dir, &[]);
    assert_eq!((entry, layer.as_str(), source), (1, "global-core", from("global-core")));
}
