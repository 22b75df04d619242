//! A hub with the keys alone and without scripts: somebody signs in, opens a draft, amends, argues, endorses, says what they think of others'
//! statements; an editor decides with reasons and makes a version; the secretariat releases it. No mouse, no address but the first.

use std::time::Duration;

use serde_json::{Value, json};

use super::Walker;
use super::alliance::Alliance;
use crate::tool::{self, skipped, wait};

const TEXT: &str = "Approvals end after a year.";

/// What the expert of a member does: they amend, argue, endorse, and say what they think.
fn expert() -> Value {
    json!([
        ["link", "Drafts"],
        ["link", "The core"],
        ["link", "core-04"],
        ["link", "Propose an amendment"],
        ["fill", "text", TEXT],
        ["fill", "why", "It is clearer."],
        ["press", "Look at what it would do"],
        ["press", "Propose it"],
        ["choose", "stance", "for"],
        ["fill", "words", "Everybody knows when a year is over."],
        ["press", "Argue"],
        ["press", "Endorse it for yourself"],
        ["press", "Endorse it for your organisation"],
        ["link", "The core"],
        ["link", "and where groups agree"],
        ["fill", "words", "Approvals should end."],
        ["press", "Make it"],
        ["press", "Disagree"],
        ["press", "Pass"],
        ["press", "Sign out"],
    ])
}

/// What an editor does first, and after everybody was heard.
fn opens() -> Value {
    json!([
        ["link", "Drafts"],
        ["fill", "draft", "core"],
        ["fill", "title", "The core"],
        ["choose", "pack", "Global core for data"],
        ["fill", "reasons", "The assembly asked for it."],
        ["press", "Open it"],
    ])
}

fn decides(amendment: &str) -> Value {
    json!([
        ["link", "Drafts"],
        ["link", "The core"],
        ["link", "and where groups agree"],
        ["press", "Agree"],
        ["link", "The core"],
        ["fill", "reasons", "Everybody was heard."],
        ["press", "Freeze the draft"],
        ["link", amendment],
        ["choose", "outcome", "accepted"],
        ["fill", "reasons", "It is clearer indeed."],
        ["press", "Decide"],
        ["link", "The core"],
        ["fill", "version", "9.0.0"],
        ["fill", "reasons", "One amendment."],
        ["press", "Make it of what was accepted"],
    ])
}

fn releases() -> Value {
    json!([
        ["link", "Drafts"],
        ["link", "The core"],
        ["fill", "reasons", "The assembly voted."],
        ["press", "Sign and release it"],
    ])
}

#[test]
fn a_standard_is_made_with_the_keyboard_alone_from_the_sign_in_to_the_release() {
    let Some(walker) = Walker::found() else {
        skipped("a hub by keyboard in a real browser: Chromium or its checkers are not installed");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let alliance = Alliance::founded(folder.path());
    let (editor, expert_token) = (alliance.token("editor"), alliance.token("expert"));
    let (running, address) = alliance.serve();
    let walk = |people: Value| walker.run("keyboard.mjs", json!({ "address": address, "people": people }));
    let first = walk(json!([
        { "token": editor, "steps": opens() },
        { "token": expert_token, "steps": expert() },
    ]));
    let told = |walked: &Value| -> Vec<(String, String, String)> {
        let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
        let each = walked["told"].as_array().unwrap().iter();
        each.map(|one| (text(one, "pressed"), text(one, "ended"), text(one, "said"))).collect()
    };
    let first_told = told(&first);
    let after = |told: &[(String, String, String)], pressed: &str| -> (String, String) {
        let found = told.iter().find(|(what, ..)| what == pressed).unwrap_or_else(|| panic!("{pressed}: {told:?}"));
        (found.1.clone(), found.2.clone())
    };
    for (pressed, said) in [
        ("Open it", "Open for amendments"),
        ("Look at what it would do", "Only words change"),
        ("Propose it", "Only words change"),
        ("Argue", "Everybody knows when a year is over."),
        ("Endorse it for yourself", "Endorse it no longer for yourself"),
        ("Endorse it for your organisation", "Acme"),
        ("Make it", "Approvals should end."),
    ] {
        let (_, page) = after(&first_told, pressed);
        assert!(page.contains(said), "after “{pressed}”, {said} is not said: {page}");
    }
    let (amendment, _) = after(&first_told, "Propose it");
    let entry = amendment.strip_prefix("/amendments/").unwrap().to_owned();
    let second = walk(json!([
        { "token": editor, "steps": decides(&format!("Amendment {entry} to core-04")) },
        { "token": alliance.secretariat, "steps": releases() },
    ]));
    let second_told = told(&second);
    for (pressed, said) in [
        ("Freeze the draft", "Frozen: amendments are being decided"),
        ("Decide", "It is clearer indeed."),
        ("Make it of what was accepted", "9.0.0"),
        ("Sign and release it", "9.0.0"),
    ] {
        let (_, page) = after(&second_told, pressed);
        assert!(page.contains(said), "after “{pressed}”, {said} is not said: {page}");
    }
    let keys = [&first, &second].iter().map(|walked| walked["keys"].as_u64().unwrap()).sum::<u64>();
    assert!(keys > 500, "{keys}");
    let statements = ureq::get(format!("{address}/drafts/core/statements")).call().unwrap().body_mut().read_to_string();
    assert!(statements.unwrap().contains("Approvals should end."));
    is_in_the_log(&address);
    drop(running);
}

/// What was done by keys stands in the log as anything else does: three answers of one statement, the newest of each person counts.
fn is_in_the_log(address: &str) {
    let mut acts = Value::Null;
    // The last act is published by the next tick.
    for _ in 0..40 {
        acts = tool::json(&["verify", address])["acts"].clone();
        if !acts["version-released/1"].is_null() {
            break;
        }
        wait(Duration::from_millis(250));
    }
    for (kind, times) in [
        ("draft-opened/1", 1),
        ("amendment-proposed/2", 1),
        ("argument-made/1", 1),
        ("endorsement-set/1", 2),
        ("statement-made/1", 1),
        ("statement-answered/1", 3),
        ("amendment-decided/1", 1),
        ("draft-consolidated/1", 1),
        ("version-released/1", 1),
    ] {
        assert_eq!(acts[kind], times, "{kind}: {acts}");
    }
}
