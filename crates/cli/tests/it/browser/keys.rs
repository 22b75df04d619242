//! Whole journeys with the keyboard alone and without scripts: a resident's from a place to the answer, an officer's from the list of
//! tasks to what was done.

use serde_json::{Value, json};

use super::Walker;
use super::life::day;
use crate::tool::{City, Node, skipped};

/// Where the office answers what the resident asked.
const ANSWER: &str = "You can switch it off there. Nobody is counted twice.";

/// A page on which the focus is not seen: no frame, a pale one, one that stays, something that lies over it.
const CONTROL: &str = "<!doctype html><title>Control</title><body style=\"background:#fff\"><a href=\"/a\" style=\"outline:none\">none</a> \
    <a href=\"/b\" style=\"outline:3px solid #eee\">pale</a> <a href=\"/c\" style=\"outline:3px solid #000\">stays</a> <div \
    style=\"position:relative\"><a href=\"/d\">covered</a><div style=\"position:absolute;inset:0;background:#fff\"></div></div>";

fn journey(name: &str, steps: &[&[&str]]) -> Value {
    json!({ "name": name, "steps": steps })
}

/// From a place to a deployment, its sign, and a question.
fn asks() -> Value {
    journey(
        "somebody asks about what is near",
        &[
            &["open", "/"],
            &["go", "/near"],
            &["choose", "place", "centre"],
            &["press", "Show what is near"],
            &["reads", "Nearest first"],
            &["go", "/deployments/congestion"],
            &["go", "/deployments/congestion/sign.svg"],
            &["back"],
            &["go", "/ask?about=congestion*"],
            &["take", "kind", "question"],
            &["type", "words", "Am I counted when I walk by twice?"],
            &["press", "Send"],
            &["keep", "asked"],
            &["reads", "keep the address of this page"],
        ],
    )
}

fn looks() -> Value {
    journey(
        "somebody searches, and reads on in German",
        &[
            &["open", "/"],
            &["go", "/search"],
            &["type", "q", "phones"],
            &["press", "Search", "Space"],
            &["go", "/deployments/congestion"],
            &["lang", "en"],
            &["go", "/de/deployments/congestion"],
            &["lang", "de"],
            &["go", "/de/search"],
            &["type", "q", "kamera"],
            &["press", "Suchen"],
            &["lang", "de"],
        ],
    )
}

/// The proposal from its first question to its submission.
fn proposes(begins: &str, ends: &str) -> Value {
    journey(
        "an officer proposes a deployment",
        &[
            &["open", "/sign-in"],
            &["type", "token", "{city}"],
            &["press", "Sign in"],
            &["go", "/office"],
            &["reads", "What waits"],
            &["go", "/office/propose"],
            &["go", "/office/propose/new"],
            &["type", "title", "Air at the square"],
            &["type", "deployment", "square-air"],
            &["type", "description", "Measures what we breathe on the square."],
            &["choose", "accountable", "city"],
            &["choose", "place", "centre"],
            &["choose", "technology", "air-quality-station"],
            &["press", "keep", "Space"],
            &["keep", "draft"],
            &["go", "{draft}/purposes"],
            &["tick", "purpose", "air-quality"],
            &["choose", "legal-basis", "not-personal"],
            &["press", "keep"],
            &["go", "{draft}/stream-1"],
            &["type", "stream", "square-no2"],
            &["choose", "time", "keep"],
            &["type", "retention", "30d"],
            &["press", "keep"],
            &["go", "{draft}/stream-1-1"],
            &["type", "property", "no2"],
            &["choose", "category", "air-quality"],
            &["choose", "value", "number"],
            &["choose", "treatment", "keep"],
            &["press", "keep"],
            &["go", "{draft}/dates"],
            &["date", "starts", begins],
            &["date", "ends", ends],
            &["press", "keep"],
            &["press", "look"],
            &["reads", "What this would do"],
            &["press", "do", "Space"],
            &["reads", "Done."],
        ],
    )
}

/// Papers by one officer, approval by another.
fn approves(until: &str) -> [Value; 2] {
    let document = "2222222222222222222222222222222222222222222222222222222222222222";
    let assessed = journey(
        "the privacy officer signs an assessment",
        &[
            &["open", "/sign-in"],
            &["type", "token", "{privacy-office}"],
            &["press", "Sign in"],
            &["go", "/office"],
            &["go", "/office/deployments/square-air"],
            &["go", "/office/deployments/square-air/assess"],
            &["choose", "outcome", "acceptable"],
            &["type", "summary", "No data about people."],
            &["type", "document", document],
            &["date", "review-by", until],
            &["press", "look"],
            &["press", "do"],
            &["reads", "Done."],
        ],
    );
    let approved = journey(
        "the council approves from its list of tasks",
        &[
            &["open", "/sign-in"],
            &["type", "token", "{council}"],
            &["press", "Sign in", "Space"],
            &["go", "/office"],
            &["go", "/office/deployments/square-air"],
            &["go", "/office/deployments/square-air/approve"],
            &["date", "until", until],
            &["type", "reason", "The council voted."],
            &["press", "look"],
            &["press", "do"],
            &["reads", "Done."],
        ],
    );
    [assessed, approved]
}

/// A journey of the founder's that begins by signing in.
fn signed_in(name: &str, steps: &[&[&str]]) -> Value {
    let mut journey = journey(name, &[&["open", "/sign-in"], &["type", "token", "{city}"], &["press", "Sign in"]]);
    journey["steps"].as_array_mut().unwrap().extend(steps.iter().map(|step| json!(step)));
    journey
}

/// An agreement with a look at what would be seen, an answer to the resident, and an incident.
fn decides(until: &str) -> [Value; 3] {
    let agreed: &[&[&str]] = &[
        &["go", "/office"],
        &["go", "/office/grants/new"],
        &["choose", "view", "air/measurements"],
        &["choose", "recipient", "police"],
        &["choose", "purpose", "air-quality"],
        &["date", "until", until],
        &["tick", "duty", "no-reidentification"],
        &["press", "look"],
        &["reads", "What this would do"],
        &["press", "change", "Space"],
        &["press", "look"],
        &["press", "do"],
        &["reads", "Done."],
    ];
    let answered: &[&[&str]] = &[
        &["go", "/desk/inbox"],
        &["go", "/desk/inbox/*"],
        &["reads", "Am I counted when I walk by twice?"],
        &["type", "text", ANSWER],
        &["press", "Answer in public"],
        &["reads", ANSWER],
    ];
    let reported: &[&[&str]] = &[
        &["go", "/office"],
        &["go", "/office/incidents/new"],
        &["choose", "about", "of/congestion"],
        &["choose", "kind", "incident"],
        &["choose", "severity", "minor"],
        &["date", "on", &day(0)],
        &["type", "summary", "The receiver fell down."],
        &["press", "look"],
        &["press", "do"],
        &["reads", "Done."],
    ];
    [
        signed_in("an officer agrees that somebody may see something", agreed),
        signed_in("an officer answers a resident", answered),
        signed_in("an officer reports an incident", reported),
    ]
}

fn reads() -> Value {
    let asked: &[&[&str]] =
        &[&["open", "{asked}"], &["reads", ANSWER], &["go", "/incidents"], &["reads", "The receiver fell down."]];
    journey("the resident reads the answer, and what went wrong", asked)
}

#[test]
fn residents_and_officers_go_their_whole_ways_with_the_keyboard_alone() {
    let Some(walker) = Walker::found() else {
        skipped("journeys by keyboard in a real browser: Chromium or its checkers are not installed");
        return;
    };
    let city = City::new();
    let tokens = super::life::tokens(&city, &["privacy-office", "council"]);
    let node = Node::start(&city);
    let (begins, ends, spring) = (day(1), day(300), day(150));
    let mut journeys = vec![asks(), looks(), proposes(&begins, &ends)];
    journeys.extend(approves(&spring));
    journeys.extend(decides(&spring));
    journeys.push(reads());
    let job =
        json!({ "address": node.address, "typed": tokens, "journeys": journeys, "width": 1280, "control": CONTROL });
    let walked = walker.run("keys.mjs", job);
    for fault in ["has no frame", "stands out by 1.", "looks the same without the focus", "is covered"] {
        let found = walked["control"].to_string();
        assert!(found.contains(fault), "{fault} is not found: {found}");
    }
    let faults = walked["faults"].as_array().unwrap();
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(walked["stops"].as_u64().unwrap() > 2_000 && walked["pages"].as_u64().unwrap() > 25, "{walked}");
    assert_eq!(walked["ended"].as_object().unwrap().len(), journeys.len());
}
