//! Incidents: what the log says of them, which clocks they start, and that what is confidential stays beside the log.

use model::incident::INCIDENT_FOLLOWS;
use model::{Fields, Sealed, Span, Subject};
use serde_json::{Value, json};

use super::clocks::with;
use super::{City, replayed};
use crate::Submission;

/// A word that must be in no public byte.
const SECRET: &str = "the default password was still set";

fn report(change: &Value) -> Submission {
    let mut incident = json!({ "statement": { "id": "leak", "about": { "what": "deployment", "id": "congestion" }, "kind": "breach",
        "on": "2026-05-31T22:00:00Z", "signed_by": "city", "summary": "Somebody read tags." },
        "happened": "2026-05-30T00:00:00Z", "severity": "serious", "devices": ["s1"], "data": ["mac-address"] });
    for (path, value) in change.as_object().unwrap() {
        *incident.pointer_mut(path).unwrap() = value.clone();
    }
    let command =
        json!({ "do": "report-incident", "with": { "incident": incident, "details": { "details": SECRET } } });
    City::submission("city", None, &command.to_string())
}

#[test]
fn an_incident_is_a_statement_in_the_log_and_its_details_are_beside_it_until_they_are_erased() {
    let city = City::declared();
    let receipt = city.register.submit(report(&json!({}))).unwrap();
    assert_eq!(receipt.entries.len(), 1);
    assert!(city.register.submit(report(&json!({}))).unwrap().entries.is_empty(), "reported once");
    let (state, id) = (city.register.state(), "leak".parse().unwrap());
    assert_eq!(state.evidence[&id].evidence.summary, "Somebody read tags.");
    assert_eq!(state.incidents[&id].incident.devices.len(), 1);
    let act = city.register.entries(state.size - 1, 1).unwrap().remove(0);
    assert!(!String::from_utf8(act.bytes).unwrap().contains("password"), "no word of the details");
    assert!(!format!("{:?}", report(&json!({}))).contains("password"));
    let Some(Sealed::Present(Fields(fields))) = city.register.incident_details(&id).unwrap() else { panic!("kept") };
    assert_eq!(fields["details"].as_deref(), Some(SECRET));
    assert_eq!(city.register.incident_details(&"none".parse().unwrap()).unwrap(), None);
    assert_eq!(replayed(&city.register), *state);
    assert!(
        crate::circumstances::of_deployment(&state, &state.deployments[&"congestion".parse().unwrap()], city.start)
            .evidence
            .contains(&"breach".parse().unwrap())
    );
    let roads = r#"{"do":"register-party","with":{"party":{"id":"roads","name":"Roads","kind":"city-department"}}}"#;
    city.register.submit(City::submission("city", None, roads)).unwrap();
    let erase = format!(r#"{{"do":"erase-payload","with":{{"entry":{}}}}}"#, state.incidents[&id].entry);
    let refused = city.register.submit(City::submission("roads", Some("tidy"), &erase)).unwrap_err();
    assert!(refused.to_string().contains("by an officer or the founder"), "{refused}");
    city.register.submit(City::submission("council", Some("it is mended"), &erase)).unwrap();
    assert_eq!(city.register.incident_details(&id).unwrap(), Some(Sealed::Erased));
    assert_eq!(replayed(&city.register), *city.register.state());
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_written() {
    let city = City::declared();
    let size = city.register.state().size;
    for (change, words) in [
        (json!({ "/statement/kind": "hearing" }), "`breach` or `incident`"),
        (json!({ "/statement/about": { "what": "device", "id": "s1" } }), "about the city or a deployment"),
        (json!({ "/statement/about": { "what": "city" } }), "about one deployment"),
        (json!({ "/statement/about": { "what": "deployment", "id": "none" } }), "no deployment `none`"),
        (json!({ "/statement/on": "2027-01-01T00:00:00Z" }), "2027-01-01"),
        (json!({ "/happened": "2026-06-01T00:00:00Z" }), "before it was noticed"),
        (json!({ "/devices": ["s2"] }), "no device `s2`"),
        (json!({ "/statement/signed_by": "council" }), "council"),
    ] {
        let refused = city.register.submit(report(&change)).unwrap_err().to_string();
        assert!(refused.contains(words), "{words}: {refused}");
    }
    city.register.submit(report(&json!({}))).unwrap();
    let refused = city.register.submit(report(&json!({ "/severity": "severe" }))).unwrap_err();
    assert!(refused.to_string().contains("exists already"), "{refused}");
    assert_eq!(city.register.state().size, size + 1);
}

#[test]
fn the_clock_of_the_duty_in_force_runs_from_the_report_and_stops_when_it_was_told() {
    let duty =
        "from = \"evidence/breach\"\nwithin = \"3d\"\ndone_by = \"evidence/breach-notified\"\nsilence = \"escalate\"";
    let city = with(&[("breach-notice", duty)]);
    city.register.submit(report(&json!({}))).unwrap();
    let about = Subject::Deployment { id: "congestion".parse().unwrap() };
    let waiting = city.register.rules().unwrap().clocks.waiting(&city.register.state(), &about, city.register.now());
    let [(_, run)] = &waiting[..] else { panic!("{waiting:?}") };
    assert_eq!((run.due, run.key.trigger.clone()), (city.start + Span::days(3), Some("leak".parse().unwrap())));
    city.clock.advance(Span::days(4));
    city.register.tick().unwrap();
    assert_eq!(city.register.state().open_lapses(&about).count(), 1);
}

#[test]
fn what_follows_an_incident_is_said_by_those_whom_it_concerns_and_its_report_is_withdrawn_by_an_officer_alone() {
    let city = City::declared();
    for id in ["roads", "rails"] {
        let party =
            json!({ "do": "register-party", "with": { "party": { "id": id, "name": id, "kind": "city-department" } } });
        city.register.submit(City::submission("city", None, &party.to_string())).unwrap();
    }
    let mut by_roads = report(&json!({ "/statement/signed_by": "roads" }));
    by_roads.by = "roads".parse().unwrap();
    city.register.submit(by_roads).unwrap();
    let follow = |by: &str, id: &str, kind: &str, about: Value, answers: Option<&str>| {
        let statement = json!({ "do": "file-evidence", "with": { "id": id, "about": about, "kind": kind, "signed_by": by,
            "on": "2026-05-31T23:00:00Z", "summary": "Told.", "answers": answers } });
        city.register.submit(City::submission(by, None, &statement.to_string())).map_err(|why| why.to_string())
    };
    let here = || json!({ "what": "deployment", "id": "congestion" });
    for kind in INCIDENT_FOLLOWS {
        let refused = follow("rails", "told", kind, here(), Some("leak")).unwrap_err();
        assert!(refused.contains("the incident `leak` is stated by whoever reported it"), "{kind}: {refused}");
        // Unnamed it would stop the oldest clock, whoever says it.
        for by in ["rails", "council"] {
            let refused = follow(by, "told", kind, here(), None).unwrap_err();
            assert!(refused.contains("say in `answers` which of them"), "{kind}: {refused}");
        }
    }
    let refused = follow("rails", "told", "hearing", here(), Some("leak")).unwrap_err();
    assert!(refused.contains("whoever reported it"), "of whatever kind: {refused}");
    let refused = follow("council", "told", "breach-notified", json!({ "what": "city" }), Some("leak")).unwrap_err();
    assert!(refused.contains("about something else"), "{refused}");
    assert_eq!(follow("rails", "note", "hearing", here(), None).unwrap().entries.len(), 1, "what follows nothing");
    assert_eq!(follow("roads", "told", "breach-notified", here(), Some("leak")).unwrap().entries.len(), 1);
    assert_eq!(follow("council", "closed", "incident-closed", here(), Some("leak")).unwrap().entries.len(), 1);

    let withdraw = r#"{"do":"withdraw-evidence","with":{"evidence":"leak"}}"#;
    let by = |party: &str| city.register.submit(City::submission(party, Some("it was none"), withdraw));
    assert!(by("roads").unwrap_err().to_string().contains("by an officer or the founder alone"));
    // The founder may, whose report it is not.
    assert_eq!(by("city").unwrap().entries.len(), 1);
    // The clock of what was withdrawn is nobody's to stop unnamed, either.
    assert!(follow("rails", "late", "breach-notified", here(), None).is_err());
    assert_eq!(replayed(&city.register), *city.register.state());
}

#[test]
fn a_plain_statement_of_an_incident_does_not_end_by_itself_and_its_sensor_has_somebody_who_answers_for_it() {
    let city = City::declared();
    let state = |more: &Value| {
        let mut statement = json!({ "id": "i", "about": { "what": "device", "id": "s1" }, "kind": "incident", "signed_by": "council",
            "on": "2026-05-31T23:00:00Z", "summary": "Opened by force." });
        statement.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let by = statement["signed_by"].as_str().unwrap().to_owned();
        let command = json!({ "do": "file-evidence", "with": statement }).to_string();
        city.register.submit(City::submission(&by, None, &command)).map_err(|why| why.to_string())
    };
    let refused = state(&json!({ "until": "2026-06-02T00:00:00Z" })).unwrap_err();
    assert!(refused.contains("has no end"), "{refused}");
    state(&json!({})).unwrap();
    // Whoever answers for the deployment answers for its sensors.
    let accountable = city.register.state().deployments[&"congestion".parse().unwrap()].deployment.accountable.clone();
    let follows = json!({ "id": "closed", "kind": "incident-closed", "answers": "i", "signed_by": accountable });
    assert_eq!(state(&follows).unwrap().entries.len(), 1);
}
