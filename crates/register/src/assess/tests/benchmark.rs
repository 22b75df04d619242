//! The Alliance's questions, asked of small towns.

use model::Span;
use serde_json::json;

use super::super::benchmark::{Answer, Measure, answers};
use super::town::Town;

fn answer(town: &Town, id: &str) -> Answer {
    answers(&town.state, town.now).into_iter().find(|answer| answer.id == id).unwrap()
}

#[track_caller]
fn share(town: &Town, id: &str) -> (u64, u64) {
    match answer(town, id).measure {
        Measure::Share { numerator, denominator, .. } => (numerator, denominator),
        other => panic!("{other:?}"),
    }
}

fn days(town: &Town, id: &str) -> Option<u64> {
    match answer(town, id).measure {
        Measure::Days { days, .. } => days,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_assessment_counts_as_before_only_if_another_party_signed_it_and_it_was_approved() {
    let mut town = Town::founded();
    assert!(matches!(answer(&town, "pia-before").measure, Measure::Share { share: None, .. }), "nothing to count");
    town.counter("congestion", "office");
    assert_eq!(share(&town, "pia-before"), (1, 1));
    town.counter("station", "city");
    assert_eq!(share(&town, "pia-before"), (1, 2), "the city's own word about its own counter does not count");
    town.propose("park");
    assert_eq!(share(&town, "pia-before"), (1, 2), "what never collected is not counted");
    town.act("city", "deployment-ended/1", json!({"deployment": "congestion"}));
    assert_eq!(share(&town, "pia-before"), (1, 2), "what has ended did collect");
}

#[test]
fn days_are_the_median_over_what_was_decided() {
    let mut town = Town::founded();
    assert_eq!(days(&town, "pia-days"), None);
    for (id, waits) in [("a", 10), ("b", 30), ("c", 70)] {
        town.propose(id);
        town.assess(id, "office");
        town.now = town.now + Span::days(waits);
        town.act("council", "deployment-approved/1", json!({"deployment": id, "until": town.now + Span::days(9)}));
    }
    assert_eq!(days(&town, "pia-days"), Some(30));
    assert_eq!(share(&town, "pia-review"), (0, 3));
    town.now = town.now + Span::days(215);
    assert_eq!(share(&town, "pia-review"), (2, 3), "two of the reviews are past");
}

#[test]
fn policies_officers_reports_and_devices_are_counted_while_they_stand() {
    let mut town = Town::counting();
    for (id, kind) in [
        ("acc-policy", "accessible-procurement-policy"),
        ("cyb-officer", "cyber-officer-named"),
        ("dig-policy", "dig-once-policy"),
        ("odp-licence", "open-licence"),
        ("odp-catalogue", "open-data-catalogue"),
        ("odp-assessed", "open-data-assessment"),
    ] {
        assert_eq!(share(&town, id), (0, 1), "{id}");
        let entry = town.file(kind, "", "city", Some(town.now + Span::days(400)));
        assert_eq!(share(&town, id), (1, 1), "{id}");
        assert_eq!(answer(&town, id).entries, [entry]);
    }
    assert_eq!(share(&town, "acc-applied"), (0, 1));
    town.file("accessibility-report", "deployment/congestion", "maker", None);
    assert_eq!(share(&town, "acc-applied"), (1, 1));
    assert_eq!(share(&town, "cyb-supported"), (0, 1), "nobody stated until when the device is supported");
    assert_eq!(days(&town, "cyb-review"), None);
    town.file("cyber-plan-review", "", "city", None);
    town.now = town.now + Span::days(366);
    assert_eq!(days(&town, "cyb-review"), Some(366));
    assert_eq!((share(&town, "odp-assessed"), share(&town, "odp-licence")), ((0, 1), (1, 1)), "a year is over");
    town.now = town.now + Span::days(40);
    assert_eq!(share(&town, "odp-licence"), (0, 1), "it stood for 400 days");
}

#[test]
fn a_notice_of_street_works_is_answered_by_what_names_it_and_in_time() {
    let mut town = Town::founded();
    let notices: Vec<u64> = (0..3).map(|_| town.file("street-works-notice", "", "city", None)).collect();
    let answers = |town: &mut Town, notice: u64| {
        let id = format!("a{}", town.state.size);
        let evidence = json!({"id": id, "about": {"what": "city"}, "kind": "conduit-answer", "on": town.now,
            "signed_by": "maker", "summary": "Two conduits.", "answers": format!("e{notice}")});
        town.act("maker", "evidence-filed/1", evidence);
    };
    answers(&mut town, notices[0]);
    assert_eq!(share(&town, "dig-answered"), (1, 3));
    town.now = town.now + Span::days(31);
    answers(&mut town, notices[1]);
    assert_eq!(share(&town, "dig-answered"), (1, 3), "too late");
}

#[test]
fn an_open_view_is_integrated_once_the_store_has_answered_from_it() {
    let mut town = Town::counting();
    town.grant("congestion", 10);
    assert_eq!(share(&town, "odp-integrated"), (0, 0), "a department is not everybody");
    let grant = json!({"id": "open", "recipient": "public", "stream": "congestion-wifi", "view": "counts",
        "purpose": "traffic-management", "until": town.now + Span::days(90)});
    town.act("city", "grant-agreed/1", grant);
    assert_eq!(share(&town, "odp-integrated"), (0, 1));
    let total = json!({"recipient": "public", "purpose": "traffic-management", "stream": "congestion-wifi",
        "view": "counts", "version": 1, "disclosures": 1, "rows": 4, "withheld": 0});
    let batch = json!({"first": 0, "last": 0, "window": {"start": town.now, "end": town.now + Span::days(1)}, "root": "33".repeat(32), "totals": [total]});
    town.act("city", "disclosures-batched/1", batch);
    assert_eq!(share(&town, "odp-integrated"), (1, 1));
}
