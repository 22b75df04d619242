//! One full example of each instrument of the core, and what it comes to.

use model::{Outcome, Tier};
use serde_json::{Value, json};

use super::{answers, facts, facts_of, grant, shipped, told, wifi};
use crate::instrument::{Answers, Evaluation, Facts, Instrument, QuestionKind, evaluate};

const WORDS: &str = "Words that are long enough to answer any question of this instrument in full, as somebody would.";

/// Evaluates answers that must be complete.
fn complete(instrument: &Instrument, facts: &Facts, all: Value) -> (Answers, Evaluation) {
    let all = answers(instrument, facts, all);
    let found = evaluate(instrument, &all, facts).unwrap();
    assert_eq!(told(&found.missing), Vec::<String>::new());
    assert_eq!((&*found.invalid, &*found.ignored), (&[][..], &[][..]));
    assert!(found.complete, "{found:?}");
    (all, found)
}

/// The criteria that make a conclusion what it is.
fn because(found: &Evaluation, outcome: &str) -> Vec<String> {
    let concluded = found.outcomes.iter().find(|concluded| concluded.id.as_str() == outcome).unwrap();
    concluded
        .because
        .iter()
        .map(|reason| reason.criterion.as_ref().map_or("otherwise", |id| id.as_str()).to_owned())
        .collect()
}

/// The same with a few answers changed.
fn with(all: &Value, changes: Value) -> Value {
    let mut all = all.clone();
    for (id, answer) in changes.as_object().unwrap() {
        all[id] = answer.clone();
    }
    all
}

fn scan() -> Value {
    json!({
        "change": "new", "everyone": "yes", "monitoring": "no", "large-scale": "yes", "sensitive": "no", "vulnerable": "no",
        "rating": "no", "automatic": "no", "denies": "no", "untried": "no", "recognition": "no", "unequal": "no",
        "understood": "yes",
    })
}

#[test]
fn the_pre_scan_of_a_wifi_counter_asks_for_a_privacy_assessment_only() {
    let scanned = shipped("pre-scan");
    let (_, found) = complete(&scanned, &facts(), scan());
    assert_eq!(found.result("privacy-impact"), Some("needed"));
    assert_eq!(because(&found, "privacy-impact"), ["directly"]);
    assert_eq!(found.result("surveillance-impact"), Some("not-needed"));
    assert_eq!(found.result("social-accessibility"), Some("advised"));
    assert_eq!(found.result("fundamental-rights"), Some("nothing"));
    assert_eq!(told(&found.requires.iter().collect::<Vec<_>>()), ["privacy-impact"]);
    assert_eq!(found.scores["risk"].value, 1);
    assert_eq!((found.tier, because(&found, "tier")), (Some(Tier::Light), vec!["people".to_owned()]));
}

#[test]
fn the_pre_scan_finds_the_tier_by_each_of_its_criteria_and_what_is_not_known_needs_all_care() {
    let scanned = shipped("pre-scan");
    for (changes, tier, reasons) in [
        (json!({}), Tier::Light, &["people"][..]),
        (json!({ "monitoring": "yes" }), Tier::Full, &["public-monitoring", "two-signs"]),
        (json!({ "monitoring": "yes", "everyone": "no", "large-scale": "no" }), Tier::Light, &["people"]),
        (
            json!({ "monitoring": "unknown", "everyone": "unknown", "large-scale": "no" }),
            Tier::Full,
            &["public-monitoring"],
        ),
        (json!({ "matching": "yes", "large-scale": "no" }), Tier::Full, &["recognised"]),
        (json!({ "recognition": "yes", "large-scale": "no" }), Tier::Full, &["recognised", "two-signs"]),
        (json!({ "vulnerable": "yes" }), Tier::Full, &["two-signs"]),
        (json!({ "police": "yes" }), Tier::Full, &["police-share"]),
        (json!({ "unequal": "yes", "understood": "no" }), Tier::Light, &["people"]),
    ] {
        let (_, found) = complete(&scanned, &facts(), with(&scan(), changes.clone()));
        assert_eq!(
            (found.tier, &*because(&found, "tier")),
            (Some(tier), &*reasons.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>()),
            "{changes}"
        );
    }
    // Who says that a counter of phones is about nobody is asked no more, and finds what is declared all the same.
    let nobody = answers(&scanned, &facts(), json!({ "observed": "no", "change": "new", "everyone": "yes" }));
    let found = evaluate(&scanned, &nobody, &facts()).unwrap();
    assert_eq!((found.complete, found.tier), (true, Some(Tier::Light)));
    let asked = scanned.all_questions().filter(|one| matches!(one.kind, QuestionKind::YesNo { .. }));
    let unknown: serde_json::Map<String, Value> = asked.map(|one| (one.id.to_string(), json!("unknown"))).collect();
    let (_, found) = complete(&scanned, &facts(), with(&json!({ "change": "new" }), Value::Object(unknown)));
    assert_eq!(found.tier, Some(Tier::Full), "“I don't know” is an answer, and the one that needs most care");
}

#[test]
fn the_pre_scan_asks_for_more_the_more_there_is_to_fear() {
    let scanned = shipped("pre-scan");
    for (changes, surveillance, social, rights) in [
        (json!({ "monitoring": "yes" }), "needed", "advised", "nothing"),
        (json!({ "monitoring": "unknown" }), "needed", "advised", "nothing"),
        (json!({ "police": "yes" }), "needed", "advised", "nothing"),
        (json!({ "matching": "yes" }), "needed", "advised", "nothing"),
        (json!({ "vulnerable": "yes" }), "not-needed", "needed", "nothing"),
        (json!({ "understood": "unknown" }), "not-needed", "needed", "nothing"),
        (json!({ "unequal": "yes" }), "not-needed", "needed", "nothing"),
        (json!({ "recognition": "yes" }), "needed", "advised", "ask"),
        (json!({ "automatic": "yes" }), "not-needed", "advised", "ask"),
    ] {
        let (_, found) = complete(&scanned, &facts(), with(&scan(), changes.clone()));
        let results =
            ["surveillance-impact", "social-accessibility", "fundamental-rights"].map(|id| found.result(id).unwrap());
        assert_eq!(results, [surveillance, social, rights], "{changes}");
        assert_eq!(found.result("privacy-impact"), Some("needed"), "{changes}");
    }
}

#[test]
fn the_pre_scan_lets_a_river_gauge_go_on() {
    let mut gauge = wifi();
    gauge.streams.remove(0);
    gauge.technology = "river-gauge".parse().unwrap();
    let (_, found) =
        complete(&shipped("pre-scan"), &facts_of(&gauge, &[]), json!({ "change": "new", "everyone": "yes" }));
    for (outcome, result) in [
        ("privacy-impact", "not-needed"),
        ("surveillance-impact", "not-needed"),
        ("social-accessibility", "not-needed"),
    ] {
        assert_eq!((found.result(outcome), because(&found, outcome)), (Some(result), vec!["otherwise".to_owned()]));
    }
    assert!(found.requires.is_empty());
    assert_eq!((found.tier, because(&found, "tier")), (Some(Tier::FileAndGo), vec!["otherwise".to_owned()]));
    assert_eq!(told(&found.visible).len(), 6, "who measures water answers six questions");
}

#[test]
fn with_nothing_known_the_pre_scan_asks_for_everything_and_concludes_nothing() {
    let scanned = shipped("pre-scan");
    let found = evaluate(&scanned, &Answers::begin(&scanned, &Facts::default()), &Facts::default()).unwrap();
    assert!(!found.complete && !found.unknown_facts.is_empty());
    let all: Vec<String> = found.requires.iter().map(ToString::to_string).collect();
    assert_eq!(all, ["privacy-impact", "social-accessibility", "surveillance-impact"]);
    assert_eq!((found.conclusion(), found.tier), (None, Some(Tier::Full)));
}

fn risk(likelihood_after: &str, severity_after: &str) -> Value {
    json!([{ "row": "recognised", "answers": {
        "risk-what": WORDS, "risk-source": "joining", "likelihood": "likely", "severity": "serious", "measures": WORDS,
        "likelihood-after": likelihood_after, "severity-after": severity_after,
    } }])
}

fn privacy() -> Value {
    json!({
        "description": WORDS, "whom": "Everybody who passes the square.", "how-many": "up-to-10000", "vulnerable": "no",
        "streams": [
            { "row": "phones", "answers": { "stream-why": WORDS, "stream-kept-why": WORDS } },
        ],
        "recipients": [{ "row": "buses", "answers": { "recipient-why": WORDS } }],
        "supplier": "no", "abroad": "no", "legal-basis-text": WORDS, "success": WORDS, "alternatives": WORDS,
        "less-intrusive": "no", "minimised": "yes", "drift": "no", "benefit": WORDS, "notice": "yes", "notice-more": WORDS,
        "requests": "yes", "objection": "before", "rights-how": WORDS, "risk": risk("rare", "serious"), "security": WORDS,
        "views-sought": "yes", "views-said": WORDS, "advice": WORDS, "advice-followed": "yes", "review": "2027-12-01",
    })
}

#[test]
fn a_privacy_assessment_weighs_what_remains_after_measures() {
    let assessment = shipped("privacy-impact");
    let (_, found) = complete(&assessment, &facts(), privacy());
    assert_eq!(found.conclusion(), Some(Outcome::Acceptable));
    assert_eq!(because(&found, "conclusion"), ["otherwise"]);
    assert_eq!(found.result("open-points"), Some("none"));
    assert_eq!(found.scores["risks"].value, 6, "likely and serious before measures");
    for (changes, outcome, reasons) in [
        (json!({ "risk": risk("likely", "serious") }), Outcome::ResidualHigh, vec!["serious-likely"]),
        (json!({ "risk": risk("possible", "grave") }), Outcome::ResidualHigh, vec!["serious-likely"]),
        (json!({ "risk": risk("possible", "serious") }), Outcome::Acceptable, vec!["otherwise"]),
        (json!({ "risk": risk("likely", "grave") }), Outcome::Unacceptable, vec!["grave"]),
        (json!({ "less-intrusive": "unknown" }), Outcome::Unacceptable, vec!["other-way"]),
        (json!({ "minimised": "no", "notice": "unknown" }), Outcome::Unacceptable, vec!["too-much", "unannounced"]),
        (json!({ "legal-basis": "not-personal" }), Outcome::Unacceptable, vec!["no-ground"]),
        (json!({ "supplier": "yes", "supplier-contract": "no" }), Outcome::Unacceptable, vec!["unbound"]),
        (json!({ "drift": "yes" }), Outcome::ResidualHigh, vec!["purpose-drift"]),
        (json!({ "objection": "none", "vulnerable": "yes" }), Outcome::ResidualHigh, vec!["no-objection"]),
    ] {
        let (_, found) = complete(&assessment, &facts(), with(&privacy(), changes.clone()));
        assert_eq!(found.conclusion(), Some(outcome), "{changes}");
        assert_eq!(because(&found, "conclusion"), reasons, "{changes}");
    }
}

#[test]
fn a_privacy_assessment_asks_for_an_order_where_police_receives_data() {
    let assessment = shipped("privacy-impact");
    let known = facts_of(&wifi(), &[grant("g1", "police", "phones")]);
    let rows = json!([{ "row": "police", "answers": { "recipient-why": WORDS } }]);
    let (_, found) = complete(&assessment, &known, with(&privacy(), json!({ "recipients": rows })));
    assert!(told(&found.visible).contains(&"recipients/police/recipient-order".to_owned()));
    assert_eq!(because(&found, "conclusion"), ["police-without-order"], "the grant names no order");
}

#[test]
fn open_points_are_named_and_do_not_change_the_conclusion() {
    let changes =
        json!({ "views-sought": "no", "views-why-not": WORDS, "advice-followed": "no", "advice-why-not": WORDS });
    let mut all = with(&privacy(), changes);
    all.as_object_mut().unwrap().remove("views-said");
    let (_, found) = complete(&shipped("privacy-impact"), &facts(), all);
    assert_eq!(found.conclusion(), Some(Outcome::Acceptable));
    assert_eq!(because(&found, "open-points"), ["unheard", "advice-left"]);
}

fn surveillance() -> Value {
    let district = |row: &str, share: &str| json!({ "row": row, "answers": { "district-name": row, "district-why": WORDS, "district-share": share } });
    json!({
        "description": WORDS, "maker": "Example, version 2", "use": WORDS, "forbidden-uses": WORDS, "districts": 2, "meetings": 2,
        "district-list": [district("north", "more"), district("south", "less")], "access": WORDS,
        "recipients": [{ "row": "buses", "answers": { "recipient-standard": "request" } }], "police": "no", "safeguards": WORDS,
        "cost-first": 120_000, "cost-yearly": 15_000, "funding": WORDS, "alternatives": WORDS, "evidence": WORDS, "groups": WORDS,
        "error-groups": "no", "heard": WORDS, "opposed": "divided", "answered": "yes", "worth-it": "yes", "rights-safe": "yes",
        "no-lesser-way": "yes", "fair": "yes", "report-due": "2028-01-01",
    })
}

#[test]
fn a_surveillance_report_needs_all_four_findings() {
    let report = shipped("surveillance-impact");
    let (_, found) = complete(&report, &facts(), surveillance());
    assert_eq!(found.conclusion(), Some(Outcome::Acceptable));
    for (finding, reason) in
        [("worth-it", "not-worth-it"), ("rights-safe", "rights"), ("no-lesser-way", "lesser-way"), ("fair", "unfair")]
    {
        for answer in ["no", "unknown"] {
            let (_, found) = complete(&report, &facts(), with(&surveillance(), json!({ finding: answer })));
            assert_eq!(
                (found.conclusion(), because(&found, "conclusion")),
                (Some(Outcome::Unacceptable), vec![reason.to_owned()])
            );
        }
    }
    for (changes, outcome, reason) in [
        (json!({ "meetings": 1 }), Outcome::Unacceptable, "meetings-missing"),
        (json!({ "error-groups": "unknown" }), Outcome::ResidualHigh, "errors"),
        (json!({ "opposed": "against" }), Outcome::ResidualHigh, "against"),
        (json!({ "answered": "no" }), Outcome::ResidualHigh, "against"),
    ] {
        let (_, found) = complete(&report, &facts(), with(&surveillance(), changes.clone()));
        assert_eq!(
            (found.conclusion(), because(&found, "conclusion")),
            (Some(outcome), vec![reason.to_owned()]),
            "{changes}"
        );
    }
    let mut much = surveillance();
    much["district-list"][0]["answers"]["district-share"] = json!("much-more");
    assert_eq!(because(&complete(&report, &facts(), much).1, "conclusion"), ["concentrated"]);
}

#[test]
fn a_surveillance_report_stops_what_flows_to_the_police_by_itself() {
    let report = shipped("surveillance-impact");
    let known = facts_of(&wifi(), &[grant("g1", "police", "phones")]);
    for (standard, outcome) in
        [("warrant", Outcome::Acceptable), ("order", Outcome::Acceptable), ("request", Outcome::Unacceptable)]
    {
        let rows = json!([{ "row": "police", "answers": { "recipient-standard": standard } }]);
        let (_, found) = complete(&report, &known, with(&surveillance(), json!({ "recipients": rows })));
        assert_eq!(found.conclusion(), Some(outcome), "{standard}");
    }
}

fn social() -> Value {
    json!({
        "place": WORDS, "groups": ["older", "newcomers"], "unequal": "no", "avoidable": "yes", "tested-with": "yes",
        "languages-spoken": 3, "languages-written": 3, "plain": "yes", "sign-reach": ["standing", "sitting", "low-vision", "no-phone"],
        "page-standard": "aa", "no-internet": "yes", "procurement": "yes", "who-gains": WORDS, "consequences": "no",
        "asked": "yes", "asked-what": WORDS, "results-shared": "yes", "review": "2027-12-01",
    })
}

#[test]
fn a_social_check_names_who_is_left_out() {
    let check = shipped("social-accessibility");
    let (_, found) = complete(&check, &facts(), social());
    assert_eq!(
        (found.conclusion(), because(&found, "conclusion")),
        (Some(Outcome::Acceptable), vec!["otherwise".to_owned()])
    );
    for (changes, outcome, reason) in [
        (json!({ "languages-written": 2 }), Outcome::ResidualHigh, "unread"),
        (json!({ "plain": "unknown" }), Outcome::ResidualHigh, "not-plain"),
        (json!({ "sign-reach": ["standing"] }), Outcome::ResidualHigh, "sign-leaves-out"),
        (json!({ "groups": ["disabled"] }), Outcome::ResidualHigh, "sign-leaves-out"),
        (json!({ "page-standard": "untested" }), Outcome::ResidualHigh, "page-leaves-out"),
        (json!({ "tested-with": "no" }), Outcome::ResidualHigh, "untested"),
        (json!({ "procurement": "no" }), Outcome::ResidualHigh, "bought-without"),
        (json!({ "avoidable": "no", "no-internet": "no" }), Outcome::Unacceptable, "trapped"),
    ] {
        let (_, found) = complete(&check, &facts(), with(&social(), changes.clone()));
        assert_eq!(
            (found.conclusion(), because(&found, "conclusion")),
            (Some(outcome), vec![reason.to_owned()]),
            "{changes}"
        );
    }
    let mut unheard = with(
        &social(),
        json!({ "unequal": "yes", "unequal-how": WORDS, "consequences": "unknown", "consequences-how": WORDS, "asked": "no" }),
    );
    unheard.as_object_mut().unwrap().remove("asked-what");
    assert_eq!(because(&complete(&check, &facts(), unheard).1, "conclusion"), ["unheard-consequences"]);
}
