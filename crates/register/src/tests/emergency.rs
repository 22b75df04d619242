//! Emergencies: who states one, for how long, that no approval outlasts it, and that silence afterwards stops what runs.

use model::{Span, State as Stage, Timestamp};

use super::city::City;
use super::{clocks, replayed};

const REVIEW: (&str, &str) = (
    "emergency-review",
    "from = \"evidence/emergency\"\nwithin = \"10d\"\ndone_by = \"evidence/emergency-review\"\nsilence = \"cease\"",
);

/// What filing a statement about the declared deployment comes to: nothing, or why it is refused.
fn file(city: &City, by: &str, id: &str, kind: &str, more: &str) -> Result<(), String> {
    let command = format!(
        r#"{{"do":"file-evidence","with":{{"id":"{id}","about":{{"what":"deployment","id":"congestion"}},"kind":"{kind}",
        "on":"{}","signed_by":"{by}","summary":"The river rises."{more}}}}}"#,
        city.start
    );
    city.register.submit(City::submission(by, None, &command)).map(drop).map_err(|why| why.to_string())
}

fn until(at: Timestamp) -> String {
    format!(r#","until":"{at}""#)
}

fn approve(city: &City, until: Timestamp) -> Result<(), String> {
    let command = format!(r#"{{"do":"approve","with":{{"deployment":"congestion","until":"{until}"}}}}"#);
    let submission = City::submission("council", Some("Until the water falls."), &command);
    city.register.submit(submission).map(drop).map_err(|why| why.to_string())
}

#[test]
fn an_emergency_is_stated_by_an_officer_for_three_days_at_most_and_one_at_a_time() {
    let city = City::declared();
    let (now, third) = (city.register.now(), city.register.now() + Span::hours(72));
    for (by, kind, more, says) in [
        ("city", "emergency", until(third), "an officer that does not answer"),
        ("council", "emergency", String::new(), "at most 72 hours"),
        ("council", "emergency", until(third + Span::seconds(1)), "at most 72 hours"),
        ("council", "emergency", until(now), "over before it begins"),
        ("council", "emergency-review", String::new(), "which emergency"),
    ] {
        let refused = file(&city, by, "e", kind, &more).unwrap_err();
        assert!(refused.contains(says), "{by} {kind}: {refused}");
    }
    file(&city, "council", "e", "emergency", &until(third)).unwrap();
    let refused = file(&city, "office", "e-2", "emergency", &until(third)).unwrap_err();
    assert!(refused.contains("`e` stated an emergency") && refused.contains("nobody has reviewed it"), "{refused}");
    let refused = file(&city, "office", "r", "emergency-review", r#","answers":"e""#).unwrap_err();
    assert!(refused.contains("once it is over"), "{refused}");
    city.clock.set(third);
    let refused = file(&city, "council", "r", "emergency-review", r#","answers":"e""#).unwrap_err();
    assert!(refused.contains("by another than stated it"), "{refused}");
    file(&city, "office", "r", "emergency-review", r#","answers":"e""#).unwrap();
    file(&city, "office", "e-2", "emergency", &until(third + Span::hours(1))).unwrap();
    assert_eq!(replayed(&city.register), *city.register.state());
}

#[test]
fn no_approval_that_is_given_in_an_emergency_outlasts_it() {
    let city = City::declared();
    let ends = city.register.now() + Span::hours(30);
    file(&city, "council", "e", "emergency", &until(ends)).unwrap();
    let refused = approve(&city, ends + Span::seconds(1)).unwrap_err();
    assert!(refused.contains("ends with it at the latest"), "{refused}");
    approve(&city, ends).unwrap();
    city.clock.set(ends);
    city.register.tick().unwrap();
    let state = city.register.state();
    assert_eq!(state.deployments[&"congestion".parse().unwrap()].standing.state, Stage::Suspended, "it lapsed with it");
    approve(&city, ends + Span::days(60)).unwrap();
}

#[test]
fn what_nobody_reviews_stops_and_begins_again_only_once_it_is_reviewed() {
    let city = clocks::with(&[REVIEW]);
    file(&city, "council", "e", "emergency", &until(city.register.now() + Span::hours(1))).unwrap();
    let stage = || city.register.state().deployments[&"congestion".parse().unwrap()].standing.state;
    let stated = city.register.now();
    city.clock.set(stated + Span::days(10));
    city.register.tick().unwrap();
    assert_eq!(stage(), Stage::Active, "the last day counts");
    city.clock.set(stated + Span::days(11));
    city.register.tick().unwrap();
    assert_eq!(stage(), Stage::Suspended);
    let begin = || {
        city.register.submit(City::submission("city", None, r#"{"do":"activate","with":{"deployment":"congestion"}}"#))
    };
    assert!(begin().unwrap_err().to_string().contains("`emergency-review`"));
    file(&city, "office", "r", "emergency-review", r#","answers":"e""#).unwrap();
    begin().unwrap();
    assert_eq!(stage(), Stage::Active);
}
