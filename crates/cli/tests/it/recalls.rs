//! A city that is served hears by itself that a hub took back what is in force there: its office shows it, also while the hub is gone,
//! and until something else is in force.

use std::time::Duration;

use serde_json::json;

use crate::hub::{Served, release, with_core};
use crate::signed::Browser;
use crate::tool::{Node, json as run_json, ordinance, run, wait};

/// How often the office is looked at until it says something, a second each.
const LOOKS_MAX: usize = 60;

/// Where a hub has a release.
fn released(hub: &Served, entry: u64) -> String {
    format!("{}/versions/{entry}/release.json", hub.address)
}

/// What waits in the office of the city's founder.
fn office(node: &Node, token: &str) -> String {
    let (status, page) = Browser::signed_in(node, token).get("/office");
    assert_eq!(status, 200, "{page}");
    page
}

/// The same, once it says something.
fn office_that_says(node: &Node, token: &str, words: &str) -> String {
    let mut page = String::new();
    for _ in 0..LOOKS_MAX {
        page = office(node, token);
        if page.contains(words) {
            return page;
        }
        wait(Duration::from_secs(1));
    }
    panic!("it never says {words}: {page}")
}

#[test]
fn a_served_city_hears_by_itself_what_was_replaced_or_withdrawn_and_knows_it_while_the_hub_is_gone() {
    let (mut hub, editor, member) = with_core();
    let first = release(&hub, &editor, &member, "0.2.0", 365);
    let city = hub.path("city").to_str().unwrap().to_owned();
    let begun = run_json(&["init", &city, "--name", "City A", "--origin", "city-a.example/log"]);
    let token = begun["token"].as_str().unwrap().to_owned();
    run_json(&["adopt", &city, &released(&hub, first), "--by", "city", "--hub-key", &hub.key]);
    let serve = |more: &[&str]| Node::try_start_as(ordinance(), &city, "127.0.0.1:0", more).unwrap();
    let replaced = "is in force here and was replaced by the hub “hub.example/log”";

    // While it stands nothing is said, and it was asked about.
    let node = serve(&[]);
    let noted = hub.path("city").join("hubs/recalls.json");
    for _ in 0..LOOKS_MAX {
        if noted.exists() {
            break;
        }
        wait(Duration::from_secs(1));
    }
    assert!(noted.exists() && !office(&node, &token).contains("is in force here and was"));
    drop(node);
    let second = release(&hub, &editor, &member, "0.3.0", 180);
    let reasons = "A year is <too> long.";
    hub.act(&hub.token, &json!({"do": "correct-version", "version": first, "by": second, "reasons": reasons}));
    // Whoever does not want that asks nobody, although it is time.
    std::fs::remove_file(&noted).unwrap();
    let node = serve(&["--ask-hubs-every", "never"]);
    wait(Duration::from_secs(3));
    assert!(!noted.exists() && !office(&node, &token).contains(replaced));
    drop(node);
    let node = serve(&["--ask-hubs-every", "1m"]);
    let page = office_that_says(&node, &token, replaced);
    assert!(page.contains("A year is &#60;too&#62; long.") && page.contains(&released(&hub, second)), "{page}");
    drop(node);

    // The hub is gone: what was known stays known, by whoever asks.
    hub.running = None;
    let checked = run(&["adopt", &city, "--check"]);
    assert_eq!(checked.status.code(), Some(1), "{checked:?}");
    assert!(String::from_utf8_lossy(&checked.stdout).contains("in force here: unknown"), "{checked:?}");
    let node = serve(&["--ask-hubs-every", "1m"]);
    assert!(office(&node, &token).contains(replaced));
    drop(node);

    // Under other policies it is said no more.
    hub.serve();
    run_json(&["adopt", &city, &released(&hub, second), "--by", "city"]);
    let node = serve(&[]);
    assert!(!office(&node, &token).contains(replaced));
}

#[test]
fn what_was_heard_and_cannot_be_noted_is_told_all_the_same() {
    let (hub, editor, member) = with_core();
    let first = release(&hub, &editor, &member, "0.2.0", 365);
    let city = hub.path("city").to_str().unwrap().to_owned();
    run_json(&["init", &city, "--name", "City A", "--origin", "city-a.example/log"]);
    run_json(&["adopt", &city, &released(&hub, first), "--by", "city", "--hub-key", &hub.key]);
    hub.act(&hub.token, &json!({"do": "withdraw-version", "version": first, "reasons": "It forgot nights."}));
    // A file lies where the folder should be.
    std::fs::write(hub.path("city").join("hubs"), "").unwrap();
    let checked = run(&["adopt", &city, "--check"]);
    let [said, failed] = [&checked.stdout, &checked.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert_eq!(checked.status.code(), Some(1), "{failed}");
    assert!(said.contains("withdrawn by entry") && said.contains("It forgot nights."), "{said}");
    assert!(failed.contains("cannot be noted") && failed.contains("is in force here and was withdrawn"), "{failed}");
    // A node says so, too, and serves.
    let node = Node::try_start_as(ordinance(), &city, "127.0.0.1:0", &[]).unwrap();
    let told = || node.running.stderr.text().contains("is in force here and was withdrawn");
    assert!((0..LOOKS_MAX).any(|_| {
        wait(Duration::from_secs(1));
        told()
    }));
    assert!(!node.page("/").is_empty());
}
