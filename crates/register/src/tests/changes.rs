//! What other policies would change: flows by name, and who decides what is open.

use std::sync::Arc;

use model::policy::PolicyText;
use model::{Span, Step};
use norms::Bundle;

use super::City;
use crate::changes::{Changes, Flowing, changes};

/// The policies in force with something put in the place of something else in the city's permits.
fn edited(city: &City, old: &str, new: &str) -> Arc<Bundle> {
    let text = city.register.state().policy.as_ref().unwrap().text.clone();
    assert!(text.permits.contains(old), "{old}");
    Arc::new(Bundle::assemble(&PolicyText { permits: text.permits.replace(old, new), ..text }).unwrap())
}

fn of(city: &City, old: &str, new: &str) -> Changes {
    let before = city.register.rules().unwrap().bundle.clone();
    changes(&city.register.state(), city.register.now(), Some(&before), &edited(city, old, new))
}

#[test]
fn the_same_policies_change_nothing() {
    let city = City::declared();
    assert!(of(&city, "An active deployment", "A deployment that is active").is_empty(), "other words, same rules");
}

#[test]
fn flows_that_would_stop_or_start_are_named_with_what_stands_against_them() {
    let city = City::declared();
    let told = of(&city, r#"when { resource.state == "active" }"#, r#"when { resource.state == "suspended" }"#);
    assert_eq!(told.stops.len(), 1, "{told:?}");
    assert_eq!(told.stops[0].what, Flowing::Stream("wifi".parse().unwrap()));
    assert!(!told.stops[0].why.is_empty() && told.starts.is_empty());
    let told = of(&city, "when { resource.granted }", "when { resource.granted && context.seniorAuthorisation }");
    let grant = Flowing::Grant { grant: "g".parse().unwrap(), recipient: "city".parse().unwrap() };
    assert_eq!(told.stops.iter().map(|flow| &flow.what).collect::<Vec<_>>(), [&grant], "it needs a word more");
    // Seen from the other side, what stopped starts; and where nothing was in force, everything does.
    let (state, now) = (city.register.state(), city.register.now());
    let after = city.register.rules().unwrap().bundle.clone();
    let before = edited(&city, "when { resource.granted }", "when { resource.granted && resource.minimum > 10 }");
    assert_eq!(changes(&state, now, Some(&before), &after).starts[0].what, grant);
    let all = changes(&state, now, None, &after);
    assert_eq!((all.starts.len(), all.stops.len()), (2, 0), "{all:?}");
}

#[test]
fn old_rows_alone_can_stop_and_what_flows_no_more_is_not_told_again() {
    let city = City::declared();
    let old = "when { resource.granted }";
    let told = of(&city, old, "when { resource.granted && context.oldestSeconds < 86400 }");
    assert_eq!(told.stops.len(), 1, "the view reaches back thirty days: {told:?}");
    assert!(of(&city, old, "when { resource.granted && context.oldestSeconds < 864000000 }").is_empty());
    city.clock.advance(Span::days(100));
    city.register.tick().unwrap();
    assert!(of(&city, old, "when { false }").is_empty(), "its approval and its grant are over");
}

#[test]
fn open_proposals_that_others_would_decide_are_named_with_both_sides() {
    let city = City::declared();
    let proposed = r#"{"do":"propose","with":{"id":"air","title":"Air","description":"Measures.","accountable":"city",
        "place":"centre","technology":"air-quality-station","purposes":["air-quality"],"legal_basis":"not-personal",
        "starts":"2026-06-01T00:00:00Z","ends":"2028-06-01T00:00:00Z","streams":[
        {"id":"air","time":{"do":"keep"},"retention":"24h","properties":{
            "no2":{"category":"air-quality","value":"number","treatment":{"do":"keep"}}}}]}}"#;
    let signed = r#"{"do":"sign-assessment","with":{"id":"air-pia","deployment":"air","instrument":"i","outcome":"acceptable",
        "summary":"Fine.","signed_by":"office","document":"1111111111111111111111111111111111111111111111111111111111111111",
        "review_by":"2027-06-01T00:00:00Z"}}"#;
    for (by, command) in [("city", proposed), ("office", signed)] {
        city.register.submit(City::submission(by, None, command)).unwrap();
    }
    let nobody = of(&city, r#"Action::"approve", "#, "");
    let [decided] = &nobody.decided[..] else { panic!("{nobody:?}") };
    assert_eq!((decided.deployment.as_str(), decided.step), ("air", Step::Approve));
    assert!(!decided.now.is_empty() && decided.then.is_empty() && !decided.why.is_empty(), "{decided:?}");
    assert!(nobody.stops.is_empty() && nobody.starts.is_empty(), "what was approved stays so");
}
