//! A deployment and an agreement through their whole lives in a real browser, under the whole global core; then the log is verified,
//! and another process that reads it draws the same pages.

use std::time::Duration;

use model::Span;
use serde_json::{Value, json};

use super::Walker;
use crate::tool::{self, City, Node, instant, skipped, wait};

const DOCUMENT: &str = "2222222222222222222222222222222222222222222222222222222222222222";
/// What is read before and after.
const PAGES: [&str; 5] =
    ["/deployments/square-air", "/deployments/pollution", "/organisations/city", "/log/entries", "/api/v1/register"];

pub(super) fn day(days: u32) -> String {
    (instant() + Span::days(days)).to_string().chars().take(10).collect()
}

pub(super) fn step(party: &str, open: &str, fill: &[(&str, &str)], press: &[&str]) -> Value {
    json!({ "as": party, "open": open, "fill": fill, "press": press })
}

/// A step that names where it led to.
pub(super) fn named(name: &str, mut step: Value) -> Value {
    step["name"] = json!(name);
    step
}

/// A form that is looked at and then done.
pub(super) fn done(party: &str, open: &str, fill: &[(&str, &str)]) -> Value {
    step(party, open, fill, &["look", "do"])
}

/// The proposal of air gauges at the square, page by page.
pub(super) fn proposal() -> Vec<Value> {
    // Not tomorrow, which may have come before the last page is sent.
    let (soon, autumn) = (day(2), day(300));
    let about = [
        ("title", "Air at the square"),
        ("deployment", "square-air"),
        ("description", "Measures what we breathe on the square."),
        ("accountable", "city"),
        ("place", "centre"),
        ("technology", "air-quality-station"),
    ];
    let property = [("property", "no2"), ("category", "air-quality"), ("value", "number"), ("treatment", "keep")];
    vec![
        named("draft", step("city", "/office/propose/new", &about, &["keep"])),
        step("city", "{draft}/purposes", &[("purpose", "air-quality"), ("legal-basis", "not-personal")], &["keep"]),
        step(
            "city",
            "{draft}/stream-1",
            &[("stream", "square-no2"), ("time", "keep"), ("retention", "3650d")],
            &["keep"],
        ),
        step("city", "{draft}/stream-1-1", &property, &["keep"]),
        step("city", "{draft}/dates", &[("starts", &soon), ("ends", &autumn)], &["keep"]),
        done("city", "{draft}", &[]),
    ]
}

/// The proposal, and what becomes of it.
fn deployment() -> Vec<Value> {
    let (spring, autumn) = (day(150), day(300));
    let square = "/office/deployments/square-air";
    let assessed = [
        ("outcome", "acceptable"),
        ("summary", "No data about people."),
        ("document", DOCUMENT),
        ("review-by", autumn.as_str()),
    ];
    let reason = |words| [("reason", words)];
    let mut steps = proposal();
    steps.extend([
        done("privacy-office", &format!("{square}/assess"), &assessed),
        done("council", &format!("{square}/approve"), &[("until", &spring), ("reason", "The council voted.")]),
        done("city", &format!("{square}/publish"), &[]),
        done("city", &format!("{square}/activate"), &[]),
        done("council", &format!("{square}/suspend"), &reason("A complaint.")),
        done("city", &format!("{square}/activate"), &[]),
        done("council", &format!("{square}/end"), &reason("The square is rebuilt.")),
    ]);
    steps
}

/// What is filled in for an agreement until a day.
pub(super) const fn agreed(until: &str) -> [(&str, &str); 5] {
    [
        ("view", "air/measurements"),
        ("recipient", "police"),
        ("purpose", "air-quality"),
        ("until", until),
        ("duty", "no-reidentification"),
    ]
}

fn agreement() -> Vec<Value> {
    vec![
        done("city", "/office/grants/new", &agreed(&day(100))),
        done("city", "/office/grants/police-measurements/withdraw", &[("reason", "No longer needed.")]),
    ]
}

/// The founder's token, and a new one for each of some parties.
pub(super) fn tokens(city: &City, parties: &[&str]) -> Value {
    let mut tokens = json!({ "city": city.officer });
    for party in parties {
        tokens[*party] = tool::json(&["token", &city.arg(), "--party", party, "--by", "city"])["token"].clone();
    }
    tokens
}

pub(super) fn text(node: &Node, page: &str) -> String {
    String::from_utf8(node.page(page)).unwrap()
}

/// The pages, wherever the node happens to listen.
pub(super) fn read(node: &Node, pages: &[&str]) -> Vec<String> {
    pages.iter().map(|page| text(node, page).replace(&node.address, "http://node")).collect()
}

/// What stands there once the ticks that follow a change have written what they had to.
pub(super) fn settled(node: &Node, pages: &[&str]) -> Vec<String> {
    let mut before = read(node, pages);
    for _ in 0..40 {
        wait(Duration::from_millis(2_500));
        let now = read(node, pages);
        if now == before {
            return now;
        }
        before = now;
    }
    panic!("the pages go on changing")
}

#[test]
fn a_deployment_and_an_agreement_live_in_a_browser_and_the_log_says_the_same() {
    let Some(walker) = Walker::found() else {
        skipped("a deployment's life in a real browser: Chromium or its checkers are not installed");
        return;
    };
    let city = City::new();
    let tokens = tokens(&city, &["privacy-office", "council"]);
    let node = Node::start(&city);
    let steps = [deployment(), agreement()].concat();
    let job = json!({ "address": node.address, "tokens": tokens, "steps": steps });
    let walked = walker.run("life.mjs", job);
    for (step, told) in steps.iter().zip(walked["told"].as_array().unwrap()) {
        let said = told["said"].as_str().unwrap();
        let is_done = step["press"][1] != "do" || said.contains("Done.");
        assert!(is_done && !said.contains("It is refused"), "{step}\n{said}");
    }
    let seen = text(&node, "/deployments/square-air");
    assert!(seen.contains("Collects nothing: ended") && seen.contains("The square is rebuilt."), "{seen}");
    let before = settled(&node, &PAGES);
    drop(node);
    let verified = tool::run(&["verify", &city.arg()]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let again = Node::start(&city);
    assert_eq!(read(&again, &PAGES), before, "read anew, every page is the same");
}
