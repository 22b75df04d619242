//! The policies in force read, and the city's permits changed: what is wrong at its line, what would be otherwise before it is so.

use serde_json::json;

use super::{done, escaped, hidden, look, looked, office, refused, size};
use crate::city::{HOSTILE, World};

const PERMITS: &str = "/office/policies/permits";
const REASON: (&str, &str) = ("reason", "The council of 3 March");

/// The permits in force with something in the place of something else, and on which policies that was written.
fn edited(world: &World, old: &str, new: &str) -> (String, String) {
    let policy = world.city.register().state().policy.clone().unwrap();
    assert!(policy.text.permits.contains(old), "{old}");
    (policy.text.permits.replace(old, new), policy.hash.to_string())
}

#[tokio::test]
async fn every_party_reads_each_layer_in_words_and_in_cedar_and_begins_with_what_is_in_force() {
    let world = World::new();
    for party in ["council", "mobility", "advertiser"] {
        let mut browser = office(&world, party).await;
        let page = browser.get("/office/policies").await;
        for part in [
            "For every city of the alliance",
            "What this city allows",
            "Requirement core-",
            "Departments and officers of the city keep the register",
            "permit (principal, action == Action::&#34;propose&#34;, resource)",
            "<code>test-core/minimum-count</code>",
        ] {
            assert!(page.text().contains(part), "{part}\n{}", page.text());
        }
        let form = browser.get(PERMITS).await;
        assert!(form.text().contains("@id(&#34;registrars&#34;)"), "{}", form.text());
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_with_its_line_and_column_and_nothing_is_adopted() {
    let world = World::new();
    let mut council = office(&world, "council").await;
    for (old, new, told) in [
        ("when { resource.granted };", "when { resource.granted", "Line "),
        ("resource.granted", "resource.given", "Line 66, column 8: "),
        ("@id(\"witnesses\")\n", "", "this policy has no"),
        ("@id(\"witnesses\")", "@id(\"erasers\")", "another policy is called `erasers` already"),
        ("permit (principal, action == Action::\"propose\"", "permit (principal, action", "this permits any action"),
        ("permit (principal, action == Action::\"propose\"", "forbid (principal, action", "this forbids"),
    ] {
        let (permits, basis) = edited(&world, old, new);
        let text =
            refused(&world, &mut council, PERMITS, &[("permits", &permits), ("basis", &basis), REASON], 422).await;
        assert!(text.contains("id=\"wrong-permits\"") && text.contains(told), "{told}: {text}");
    }
    let (permits, basis) = edited(&world, "Whoever was granted", "Whoever is granted");
    let text = refused(&world, &mut council, PERMITS, &[("permits", &permits), ("basis", &basis)], 422).await;
    assert!(text.contains("id=\"wrong-reason\""), "it needs a reason: {text}");
    let deep = "(".repeat(30_000);
    refused(&world, &mut council, PERMITS, &[("permits", &deep), ("basis", &basis), REASON], 422).await;
}

#[tokio::test]
async fn before_it_is_adopted_it_says_what_stops_who_decides_and_which_words_differ() {
    let world = World::new();
    let assessment = json!({ "id": "pia", "deployment": "station-wifi", "instrument": "privacy-impact-1", "outcome": "acceptable",
        "summary": "Small.", "signed_by": "privacy-office", "document": "11".repeat(32), "review_by": "2027-10-01T00:00:00Z" });
    let signed = json!({ "by": "privacy-office", "command": { "do": "sign-assessment", "with": assessment } });
    world.submit(signed).unwrap();
    let mut council = office(&world, "council").await;
    let (permits, basis) =
        edited(&world, "when { resource.granted }", "when { resource.granted && resource.minimum > 11 }");
    let permits = permits.replace("Action::\"approve\", ", "");
    let fields = [("permits", permits.as_str()), ("basis", basis.as_str()), REASON];
    let answer = look(&mut council, PERMITS, &fields).await;
    looked(&answer);
    for part in [
        "New policies came into force",
        "Would stop",
        " has under the agreement “",
        "Others would decide",
        "then nobody.",
        "<ins>&#38;&#38; resource.minimum &#62; 11 </ins>",
        "<del>approve&#34;, Action::&#34;</del>",
        "Prove it first",
    ] {
        assert!(answer.text().contains(part), "{part}\n{}", answer.text());
    }
    let page = done(&world, &mut council, PERMITS, &fields).await;
    assert!(page.text().contains("resource.minimum &#62; 11"), "it is in force: {}", page.text());
    assert_eq!(world.city.register().state().policy.as_ref().unwrap().text.permits, permits);
}

#[tokio::test]
async fn the_same_rules_in_other_words_change_nothing_but_the_words() {
    let world = World::new();
    let mut council = office(&world, "council").await;
    let (permits, basis) = edited(&world, "Whoever was granted a view may have it.", HOSTILE_REASON);
    let answer = look(&mut council, PERMITS, &[("permits", &permits), ("basis", &basis), REASON]).await;
    looked(&answer);
    assert!(answer.text().contains("No flow would stop or start"), "{}", answer.text());
    assert!(!answer.text().contains("<script>") && answer.text().contains(&escaped("<script>alert(1)</script>")));
}

/// A reason that would run in a page that did not escape.
const HOSTILE_REASON: &str = "<script>alert(1)</script>";

#[tokio::test]
async fn only_those_whom_the_norms_let_adopt_do_and_others_read_why_not() {
    let world = World::new();
    let (permits, basis) = edited(&world, "Whoever was granted", "Whoever is granted");
    let fields = [("permits", permits.as_str()), ("basis", basis.as_str()), REASON];
    for party in ["mobility", "police", "advertiser"] {
        let mut browser = office(&world, party).await;
        let text = refused(&world, &mut browser, PERMITS, &fields, 403).await;
        assert!(text.contains("The policies in force do not allow it.") && text.contains("core-38"), "{party}: {text}");
    }
    for party in ["city", "council"] {
        let mut browser = office(&world, party).await;
        looked(&look(&mut browser, PERMITS, &fields).await);
    }
}

#[tokio::test]
async fn policies_adopted_in_between_are_seen_and_never_overwritten_unseen() {
    let world = World::new();
    let (mut council, mut city) = (office(&world, "council").await, office(&world, "city").await);
    let (first, basis) = edited(&world, "Whoever was granted", "Whoever is granted");
    let (second, _) = edited(&world, "Police enter the orders", "The police enter the orders");
    let looked_at = look(&mut council, PERMITS, &[("permits", &second), ("basis", &basis), REASON]).await;
    looked(&looked_at);
    done(&world, &mut city, PERMITS, &[("permits", &first), ("basis", &basis), REASON]).await;
    let before = size(&world);
    let mut sent = hidden(looked_at.text());
    sent.push(("go".to_owned(), "do".to_owned()));
    let sent: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = council.send(axum::http::Method::POST, PERMITS, Some(&sent), Some("same-origin")).await;
    assert!(answer.status == 422 && answer.text().contains("Other policies were adopted"), "{}", answer.text());
    assert_eq!(size(&world), before);
    // The page that says so stands on what is in force now, and shows both differences.
    let fresh = world.city.register().state().policy.as_ref().unwrap().hash.to_string();
    assert!(answer.text().contains(&fresh) && answer.text().contains("The police enter"), "{}", answer.text());
    let again = look(&mut council, PERMITS, &[("permits", &second), ("basis", &fresh), REASON]).await;
    looked(&again);
    assert!(again.text().contains("<del>is</del><ins>was</ins> granted"), "{}", again.text());
}

#[tokio::test]
async fn a_solver_says_what_is_newly_allowed_and_that_the_layers_hold_all_the_same() {
    let world = World::new();
    let mut council = office(&world, "council").await;
    let (permits, basis) = edited(
        &world,
        "permit (principal, action == Action::\"issue-order\", resource)\nwhen { principal.kind == \"law-enforcement\" }",
        "permit (principal, action == Action::\"issue-order\", resource)",
    );
    let all = [("permits", permits.as_str()), ("basis", basis.as_str()), REASON, ("go", "prove")];
    let before = size(&world);
    let answer = council.post("/office", PERMITS, &all).await;
    looked(&answer);
    for part in ["Proved: whatever is asked", "Newly allowed", "<code>issue-order</code>"] {
        assert!(answer.text().contains(part), "{part}\n{}", answer.text());
    }
    assert!(!answer.text().contains("Newly refused") && !answer.text().contains("Prove it first"), "{}", answer.text());
    assert_eq!(size(&world), before, "a proof changes nothing");
    let mut mobility = office(&world, "mobility").await;
    let refused = mobility.post("/office", PERMITS, &all).await;
    assert!(refused.status == 403 && !refused.text().contains("Proved:"), "{}", refused.text());
    assert!(!answer.text().contains(HOSTILE));
    // What is in force already needs no proof, and whoever may not adopt has no solver by asking for it.
    let same = world.city.register().state().policy.as_ref().unwrap().text.permits.clone();
    let all = [("permits", same.as_str()), ("basis", basis.as_str()), REASON, ("go", "prove")];
    for browser in [&mut council, &mut mobility] {
        let answer = browser.post("/office", PERMITS, &all).await;
        looked(&answer);
        assert!(answer.text().contains("it is so already"), "{}", answer.text());
        assert!(
            !answer.text().contains("Proved:") && !answer.text().contains("Nothing was proved"),
            "{}",
            answer.text()
        );
    }
}
