//! Incidents: what the log says of them, which clocks they start, and that what is confidential stays beside the log.

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
