//! A standard through its making in a real browser, without scripts: a draft is opened, amended, argued about, decided and released by
//! the people whose turn it is, with workshops, moderation and cases beside it, until versions are replaced and withdrawn; then the hub's
//! log is verified, and another process that reads it draws the same pages.

use serde_json::{Value, json};

use super::Walker;
use super::affairs::{held, says, sent};
use super::alliance::Alliance;
use super::life::{named, step};
use crate::tool::{self, skipped};

/// What is read before and after.
const PAGES: [&str; 9] = [
    "/drafts/core",
    "/drafts/core/clauses/core-04",
    "/drafts/core/statements",
    "/decisions",
    "/versions",
    "/members",
    "/workshops",
    "/moderation",
    "/cases",
];
const TEXT: &str = "Approvals end after a year.";

/// What each person does.
fn steps() -> Vec<Value> {
    let opened =
        [("draft", "core"), ("title", "The core"), ("pack", "global-core"), ("reasons", "The assembly asked for it.")];
    let amended = [("text", TEXT), ("why", "It is clearer.")];
    let brought = [
        ("title", "Gauges are calibrated"),
        ("kind", "attest"),
        ("on_failure", "flag"),
        ("source", "our own rule"),
        ("text", "Gauges are calibrated each year."),
        ("text_only", "No software sees a gauge."),
        ("why", "They drift."),
    ];
    vec![
        step("editor", "/drafts", &opened, &["Open it"]),
        named("amendment", step("expert", "/drafts/core/clauses/core-04/propose", &amended, &["look", "propose"])),
        step("editor", "{amendment}", &[("stance", "against"), ("words", "A year is long.")], &["Argue"]),
        step("expert", "{amendment}", &[], &["Endorse it for yourself"]),
        step("expert", "{amendment}", &[], &["Endorse it for your organisation"]),
        step("expert", "/drafts/core/statements", &[("words", "Approvals should end.")], &["Make it"]),
        step("editor", "/drafts/core/statements", &[], &["agree"]),
        step("editor", "/drafts/core", &[("reasons", "Everybody was heard.")], &["Freeze the draft"]),
        step("editor", "{amendment}", &[("outcome", "accepted"), ("reasons", "It is clearer indeed.")], &["Decide"]),
        step(
            "editor",
            "/drafts/core",
            &[("version", "9.0.0"), ("reasons", "One amendment.")],
            &["Make it of what was accepted"],
        ),
        step("secretariat", "/drafts/core", &[("reasons", "The assembly voted.")], &["Sign and release it"]),
        named(
            "brought",
            step("expert", &format!("/drafts/core/clauses/{}/propose", next_clause()), &brought, &["look", "propose"]),
        ),
        step("editor", "/drafts/core/pilots", &[("reasons", "To know what it would mean.")], &["Consent"]),
        step("editor", "/drafts/core/pilots", &[("reasons", "We know now.")], &["End the consent"]),
    ]
}

/// Workshops, moderation, a draft that begins with nothing, and a case.
fn beside() -> Vec<Value> {
    let workshop = [
        ("#workshop-title", "What a sign says"),
        ("#place", "Town hall, room 3"),
        ("#begins", "2026-12-01T08:00"),
        ("#ends", "2026-12-01T09:30"),
    ];
    let hide = [("#entry", "{week.id}"), ("#how", "hide"), ("#moderate-reasons", "Rule 1: be kind.")];
    let begun = [
        ("#new-draft", "flood"),
        ("#new-title", "Flood sensing"),
        ("#layer", "city"),
        ("#jurisdiction", "Brookhaven"),
        ("#new-reasons", "The river rises."),
    ];
    let case = [
        ("title", "Counting phones"),
        ("problem", "Nobody knew who counted."),
        ("standard", "urn:ordinance:standard:global-core"),
        ("version", "9.0.0"),
        ("outcome", "running"),
        ("what", "Two streams would have stopped."),
        ("contact", "The privacy office"),
        ("milestones", "2026-12-01 Hear the departments"),
        ("indicators", "streams-stopped 0"),
    ];
    let week = [("text", "Approvals end after a week."), ("why", "Rules are for fools.")];
    vec![
        sent("editor", "/drafts/core", &workshop, "Announce it", &[]),
        sent(
            "editor",
            "/workshops",
            &[("minutes", "We talked about signs.")],
            "File them",
            &["We talked about signs."],
        ),
        says(
            step("nobody", "/workshops", &[], &[]),
            &["What a sign says", "Town hall, room 3", "We talked about signs."],
        ),
        sent(
            "secretariat",
            "/moderation",
            &[("#text", "Be kind."), ("#policy-reasons", "The assembly voted.")],
            "Publish them",
            &["Be kind."],
        ),
        named("week", step("expert", "/drafts/core/clauses/core-04/propose", &week, &["look", "propose"])),
        sent("secretariat", "{week}", &hide, "Do it", &[]),
        says(step("nobody", "/moderation", &[], &[]), &["Rule 1: be kind."]),
        sent("expert", "{week}", &[], "Take it back", &[]),
        sent("editor", "/drafts", &begun, "Begin it", &["Flood sensing"]),
        named("case", sent("editor", "/cases/new", &case, "File it", &["Counting phones", "Hear the departments"])),
        sent(
            "editor",
            "{case}",
            &[("outcome", "adopted"), ("words", "It is in force.")],
            "Say it",
            &["It is in force."],
        ),
        sent(
            "editor",
            "{case}",
            &[("#reasons", "It was another city's.")],
            "Take the case back",
            &["It was another city's."],
        ),
    ]
}

/// A second version takes the place of the first, and is withdrawn.
fn replaced() -> Vec<Value> {
    let shorter = [("text", "Approvals end after half a year."), ("why", "A year is long.")];
    let decided = |amendment: &str, outcome: &str| {
        let fill = [("outcome", outcome), ("#reasons", "The workshop said so.")];
        sent("editor", amendment, &fill, "Decide", &["The workshop said so."])
    };
    let made = [("version", "9.1.0"), ("reasons", "Half a year.")];
    vec![
        named("shorter", step("expert", "/drafts/core/clauses/core-04/propose", &shorter, &["look", "propose"])),
        sent("editor", "/drafts/core", &[("reasons", "Everybody was heard.")], "Freeze the draft", &["Frozen"]),
        decided("{shorter}", "accepted"),
        decided("{brought}", "rejected"),
        sent("editor", "/drafts/core", &made, "Make it of what was accepted", &["9.1.0"]),
        sent("secretariat", "/drafts/core", &[("reasons", "The assembly voted.")], "Sign and release it", &[]),
        named("first", step("secretariat", "/versions", &[], &["> 9.0.0"])),
        sent(
            "secretariat",
            "{first}",
            &[("#correct-reasons", "A year is too long.")],
            "Correct it",
            &["corrected by a later version", "A year is too long."],
        ),
        named("second", step("secretariat", "/versions", &[], &["> 9.1.0"])),
        sent(
            "secretariat",
            "{second}",
            &[("#withdraw-reasons", "It forgot nights.")],
            "Withdraw it",
            &["It forgot nights."],
        ),
        says(step("nobody", "/versions", &[], &[]), &["withdrawn"]),
    ]
}

/// The id that a new clause of the core gets.
fn next_clause() -> String {
    let library = standards::built_in().unwrap();
    let core = library.find("global-core").unwrap();
    let number = |id: &model::RequirementId| id.0.strip_prefix("core-")?.parse::<u32>().ok();
    format!("core-{:02}", core.requirements.keys().filter_map(number).max().unwrap() + 1)
}

fn read(address: &str) -> Vec<String> {
    let page = |path: &&str| {
        let text = ureq::get(format!("{address}{path}")).call().unwrap().body_mut().read_to_string().unwrap();
        text.replace(address, "http://hub")
    };
    PAGES.iter().map(page).collect()
}

#[test]
fn a_standard_is_made_in_a_browser_by_those_whose_turn_it_is_and_the_log_says_the_same() {
    let Some(walker) = Walker::found() else {
        skipped("a standard's making in a real browser: Chromium or its checkers are not installed");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let alliance = Alliance::founded(folder.path());
    let tokens = json!({
        "editor": alliance.token("editor"), "expert": alliance.token("expert"), "secretariat": alliance.secretariat,
    });
    alliance.names_a_log();
    let (running, address) = alliance.serve();
    let steps = [steps(), beside(), replaced()].concat();
    let job = json!({ "address": address, "tokens": tokens, "landing": "**/people/*", "steps": steps });
    let walked = walker.run("life.mjs", job);
    held(&steps, walked["told"].as_array().unwrap());
    let told: Vec<&str> = walked["told"].as_array().unwrap().iter().map(|one| one["said"].as_str().unwrap()).collect();
    for (step, said) in [
        (0, "Open for amendments"),
        (1, "Only words change"),
        (2, "A year is long."),
        (4, "Acme"),
        (5, "Approvals should end."),
        (7, "Frozen: amendments are being decided"),
        (8, "It is clearer indeed."),
        (9, "9.0.0"),
        (10, "9.0.0"),
        (11, "Gauges are calibrated"),
        (11, "a new clause"),
        (12, "not yet: with the next look at its log"),
        (13, "No city has consented yet."),
    ] {
        assert!(told[step].contains(said), "step {step} does not say {said}: {}", told[step]);
    }
    let before = read(&address);
    assert!(before[1].contains("half a year") && before[3].contains("It is clearer indeed."), "{before:?}");
    drop(running);
    let verified = tool::run(&["verify", &alliance.dir]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let (running, address) = alliance.serve();
    assert_eq!(read(&address), before, "read anew, every page is the same");
    drop(running);
}
