//! Assessing: each status where it belongs, by the entries that show it; and what never changes an assessment.

mod benchmark;
mod properties;
mod tiers;
mod town;

use model::{Span, Subject};
use serde_json::json;

use super::{CASES_MAX, ENTRIES_MAX, Status};
use town::{Town, cases, core, own, pack, status};

#[test]
fn what_was_proposed_as_it_should_be_is_met_and_shown_by_its_entry() {
    let town = Town::counting();
    let proposed = town.state.marks.steps[&"congestion".parse().unwrap()].proposed.entry;
    assert_eq!(town.status("core-10"), Status::Met { entries: vec![proposed] });
    assert!(matches!(town.status("core-17"), Status::Met { .. }), "it is active, approved and within its dates");
}

#[test]
fn what_is_missing_is_named_and_heals_when_it_is_filed() {
    let mut town = Town::counting();
    let activated = town.state.marks.steps[&"congestion".parse().unwrap()].activated[0].entry;
    let missing = town.status("core-84");
    let case = &cases(&missing)[0];
    assert_eq!(case.subject, Subject::Deployment { id: "congestion".parse().unwrap() });
    assert!(case.why.contains("signs stand on the spot"), "the norm's own words: {}", case.why);
    assert_eq!(case.entries, [activated]);
    let until = town.now + Span::days(30);
    let filed = town.file("sign-installed", "deployment/congestion", "city", Some(until));
    let attested = Status::AttestedUntil { until: Some(until), entries: vec![activated, filed] };
    assert_eq!(town.status("core-84"), attested);
    // A longer word about the same thing replaces the shorter; when all are over, it is missing again.
    town.file("sign-installed", "deployment/congestion", "city", Some(until + Span::days(1)));
    assert!(
        matches!(town.status("core-84"), Status::AttestedUntil { until: Some(end), .. } if end == until + Span::days(1))
    );
    town.now = until + Span::days(1);
    assert_eq!(cases(&town.status("core-84")).len(), 1);
}

#[test]
fn attested_until_is_the_earliest_end_over_all_that_are_concerned() {
    let mut town = Town::counting();
    town.counter("station", "office");
    let (soon, later) = (town.now + Span::days(10), town.now + Span::days(20));
    town.file("sign-installed", "deployment/congestion", "city", Some(later));
    assert_eq!(cases(&town.status("core-84")).len(), 1, "one of two");
    town.file("sign-installed", "deployment/station", "city", Some(soon));
    assert!(matches!(town.status("core-84"), Status::AttestedUntil { until: Some(end), .. } if end == soon));
    let mut lasting = Town::counting();
    lasting.file("sign-installed", "deployment/congestion", "city", None);
    assert!(matches!(lasting.status("core-84"), Status::AttestedUntil { until: None, .. }));
}

#[test]
fn what_concerns_nothing_or_binds_nobody_is_not_applicable_and_says_why() {
    let why = |status: Status| match status {
        Status::NotApplicable { why } => why,
        other => panic!("{other:?}"),
    };
    let town = Town::counting();
    assert!(why(town.status("core-66")).contains("of the tier full"), "{}", why(town.status("core-66")));
    assert!(why(town.status("core-101")).contains("evidence of the kind `comment`"));
    let empty = Town::founded();
    assert!(why(empty.status("core-10")).contains("no deployment"));
    let mut proposed = Town::founded();
    proposed.propose("station");
    assert!(why(proposed.status("core-17")).contains("active"), "what is only proposed does not collect");
    assert!(why(proposed.status("core-84")).contains("active"));
    let norm =
        "@id(\"a\")\n@requirement(\"own-01\")\nforbid (principal, action == Action::\"stand\", resource is City);";
    let binding = |status: &str, more: &str| {
        own(&format!("kind = \"register\"\nstatus = \"{status}\"\n{more}\n[applies]\nabout = \"city\""), norm, "")
    };
    let found = |resolved: &standards::Resolved| status(&empty.against(resolved), "own-01");
    assert_eq!(cases(&found(&binding("in-force", ""))).len(), 1);
    assert!(why(found(&binding("in-force", "applies_from = \"2026-06-02\""))).contains("from 2026-06-02"));
    assert!(why(found(&binding("in-force", "applies_to = \"2026-06-01\""))).contains("until 2026-06-01"));
    assert!(why(found(&binding("proposal", ""))).contains("a proposal"));
    assert!(why(found(&binding("overturned", ""))).contains("overturned"));
}

#[test]
fn what_nothing_executes_is_text_only() {
    assert!(matches!(Town::counting().status("core-45"), Status::TextOnly { why } if why.contains("summary")));
}

#[test]
fn a_clock_that_is_overdue_is_not_met_until_it_is_done() {
    let mut town = Town::founded();
    assert!(matches!(town.status("core-86"), Status::Met { .. }), "there is still time");
    town.now = town.now + Span::days(190);
    let overdue = town.status("core-86");
    assert!(
        cases(&overdue)[0].why.contains("`inventory`: evidence of the kind `inventory` was due by 2026-12-01"),
        "{overdue:?}"
    );
    assert_eq!(cases(&overdue)[0].subject, Subject::City);
    let filed = town.file("inventory", "", "city", None);
    assert_eq!(town.status("core-86"), Status::Met { entries: vec![filed] });
    let withdrawn = json!({"evidence": format!("e{filed}")});
    let act = json!({"at": town.now, "by": "city", "reason": "it was wrong", "what": {"kind": "evidence-withdrawn/1", "body": withdrawn}});
    town.state.apply(&serde_json::from_value(act).unwrap()).unwrap();
    assert_eq!(cases(&town.status("core-86")).len(), 1, "what was withdrawn never counted");
}

#[test]
fn a_clock_of_what_has_ended_stays_owed_and_nothing_else_is_asked_of_it() {
    let mut town = Town::counting();
    town.file("breach", "deployment/congestion", "city", None);
    town.act("city", "deployment-ended/1", json!({"deployment": "congestion"}));
    assert!(matches!(town.status("core-84"), Status::NotApplicable { .. }));
    town.now = town.now + Span::days(4);
    assert!(cases(&town.status("core-50"))[0].why.contains("breach-notice"));
}

#[test]
fn an_act_is_asked_about_as_of_its_own_instant() {
    let mut town = Town::counting();
    let until = town.now + Span::days(365);
    town.now = until + Span::days(1);
    // The approval has run out and no clock has ticked: it was in the future when it was given, and collects no more.
    assert!(matches!(town.status("core-05"), Status::Met { .. }));
    assert!(matches!(town.status("core-09"), Status::Met { .. }), "it was activated from publication");
    assert_eq!(cases(&town.status("core-17")).len(), 1);
    let mut long = Town::founded();
    long.propose("congestion");
    long.assess("congestion", "office");
    long.act(
        "council",
        "deployment-approved/1",
        json!({"deployment": "congestion", "until": long.now + Span::days(2_000)}),
    );
    long.now = long.now + Span::days(1_000);
    assert!(
        cases(&long.status("core-04"))[0].why.contains("An approval lasts at most"),
        "by its whole length, not by what is left"
    );
}

#[test]
fn whoever_may_not_decide_is_found_by_the_entry() {
    let mut town = Town::founded();
    town.counter("congestion", "city");
    for requirement in ["core-01", "core-03"] {
        assert_eq!(cases(&town.status(requirement)).len(), 1, "the city assessed its own counter");
    }
    let officer = json!({"id": "friend", "name": "x", "kind": "officer"});
    let entry = town.act("maker", "party-registered/1", json!({"party": officer, "contact": {}}));
    let found = town.status("core-37");
    assert!(cases(&found)[0].why.starts_with("party `friend`: "), "{found:?}");
    assert!(cases(&found)[0].entries.contains(&entry));
    town.act("maker", "party-credential-issued/1", json!({"party": "council", "credential": "22".repeat(32)}));
    assert!(cases(&town.status("core-36"))[0].why.starts_with("party `council`: "));
}

#[test]
fn a_grant_is_asked_when_it_was_agreed_and_what_leaves_under_it_now() {
    let mut town = Town::counting();
    town.grant("congestion", 10);
    assert!(matches!(town.status("core-21"), Status::Met { .. }));
    assert!(matches!(town.status("core-27"), Status::Met { .. }));
    let mut few = Town::counting();
    few.grant("congestion", 9);
    let found = few.status("core-21");
    let [case] = cases(&found) else { panic!("{found:?}") };
    assert!(
        case.why.contains("view `counts`") && case.why.contains("grant `g` to `city`"),
        "each part once: {}",
        case.why
    );
    // That nothing leaves of what is stopped is the norm at work and no breach.
    town.act("city", "deployment-suspended/1", json!({"deployment": "congestion"}));
    for requirement in ["core-17", "core-35"] {
        assert!(matches!(town.status(requirement), Status::NotApplicable { .. }), "{requirement}");
    }
}

#[test]
fn a_device_is_assessed_by_itself() {
    let mut town = Town::counting();
    assert_eq!(cases(&town.status("core-87"))[0].subject, Subject::Device { id: "congestion-1".parse().unwrap() });
    town.file("unique-credentials", "device/congestion-1", "maker", None);
    assert!(matches!(town.status("core-87"), Status::AttestedUntil { until: None, .. }));
    assert!(matches!(town.status("core-83"), Status::Met { .. }), "it stands in its place");
}

#[test]
fn a_norm_that_errs_counts_as_no_and_says_so() {
    let norm = "@id(\"a\")\n@requirement(\"own-01\")\nforbid (principal, action == Action::\"stand\", resource is City)\n\
                unless { context.now + 9223372036854775807 > 0 };";
    let resolved = own("kind = \"register\"\nstatus = \"in-force\"\n[applies]\nabout = \"city\"", norm, "");
    let found = status(&Town::founded().against(&resolved), "own-01");
    assert!(cases(&found)[0].why.contains("could not be evaluated"), "{found:?}");
}

#[test]
fn a_norm_that_no_question_reaches_makes_nothing_met() {
    let norm =
        "@id(\"a\")\n@requirement(\"own-01\")\nforbid (principal, action == Action::\"erase-payload\", resource);";
    let resolved = own("kind = \"register\"\nstatus = \"in-force\"\n[applies]\nabout = \"city\"", norm, "");
    let found = status(&Town::founded().against(&resolved), "own-01");
    assert!(
        matches!(&found, Status::NotApplicable { why } if why.contains("`erase-payload` is not looked at")),
        "{found:?}"
    );
}

#[test]
fn many_cases_are_counted_and_few_are_listed() {
    let mut town = Town::founded();
    for number in 0..CASES_MAX + 5 {
        town.counter(&format!("counter-{number:02}"), "office");
    }
    let found = town.status("core-84");
    assert!(matches!(&found, Status::NotMet { total, .. } if *total == CASES_MAX as u64 + 5));
    assert_eq!(cases(&found).len(), CASES_MAX);
    let Status::Met { entries } = town.status("core-10") else { panic!() };
    assert_eq!(entries.len(), ENTRIES_MAX);
    assert!(entries.is_sorted() && entries.iter().all(|entry| *entry > 80), "the newest: {entries:?}");
}

#[test]
fn every_requirement_of_every_standard_has_one_finding() {
    let mut town = Town::counting();
    town.grant("congestion", 10);
    for name in ["global-core", "amsterdam", "france", "germany", "united-kingdom", "us-surveillance-ordinance"] {
        let resolved = pack(name);
        let assessment = town.against(&resolved);
        let ids: Vec<_> = assessment.findings.iter().map(|finding| &finding.requirement).collect();
        assert_eq!(ids, resolved.requirements.keys().collect::<Vec<_>>(), "{name}");
        assert!(assessment.against.contains(name), "{}", assessment.against);
        let json = serde_json::to_value(&assessment).unwrap();
        assert!(json["findings"][0]["status"].is_string(), "{json}");
    }
    let core = town.against(&core());
    let counted: usize = core.by_policy().values().flat_map(|statuses| statuses.values()).sum();
    assert_eq!(counted, core.findings.len());
}
