//! A view that is refused, and what is offered in its place.

use model::View;
use privacy::Degree;

use super::city::City;
use crate::decide::{Offer, Refusal};
use crate::{Command, Submission, SubmitError};

/// The declared view with some of its JSON replaced.
fn altered(id: &str, changes: &[(&str, &str)]) -> View {
    let text = changes.iter().fold(City::VIEW.replace("\"counts\"", &format!("\"{id}\"")), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    match serde_json::from_str(&text).unwrap() {
        Command::DeclareView(view) => view,
        other => panic!("{other:?}"),
    }
}

fn no_more_than(a: &View, b: &View) -> bool {
    Degree::of(a).no_more_than(&Degree::of(b))
}

fn declare(city: &City, by: &str, view: View) -> Result<(), Refusal> {
    let submission = Submission { by: by.parse().unwrap(), reason: None, command: Command::DeclareView(view) };
    match city.register.submit(submission) {
        Ok(_) => Ok(()),
        Err(SubmitError::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("{other}"),
    }
}

fn offered(city: &City, view: &View) -> Vec<Offer> {
    match declare(city, "city", view.clone()) {
        Err(Refusal::View { offers, .. }) => offers,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refused_view_is_answered_with_what_would_be_allowed() {
    let city = City::declared();
    // Beside the declared view only its own grid is safe, and the norms want ten units.
    let wanted = altered("finer", &[(r#""bin":"15m""#, r#""bin":"5m""#), (r#""minimum":10"#, r#""minimum":3"#)]);
    let offers = offered(&city, &wanted);
    let same_grid = altered("finer", &[]);
    assert_eq!(offers.iter().map(|offer| &offer.view).collect::<Vec<_>>(), [&same_grid]);
    let refusal = declare(&city, "city", wanted).unwrap_err().to_string();
    let words =
        "Allowed would be the same with windows of 15 minutes instead of 5 minutes, a minimum of 10 instead of 3";
    assert!(refusal.contains(words), "{refusal}");
    declare(&city, "city", same_grid).expect("what is offered can be declared");
}

#[test]
fn whatever_is_wanted_what_is_offered_tells_less_can_be_declared_and_cannot_tell_more() {
    for (number, (bin, minimum, depth, identifiers)) in
        [("5m", 1, "900d", "none"), ("15m", 1, "30d", "raw"), ("15m", 12, "30d", "rotating"), ("1m", 0, "30d", "none")]
            .into_iter()
            .enumerate()
    {
        let wanted = altered(
            &format!("view-{number}"),
            &[
                (r#""bin":"15m""#, &format!(r#""bin":"{bin}""#)),
                (r#""minimum":10"#, &format!(r#""minimum":{minimum}"#)),
                (r#""depth":"30d""#, &format!(r#""depth":"{depth}""#)),
                (r#""identifiers":"none""#, &format!(r#""identifiers":"{identifiers}""#)),
            ],
        );
        let offers = offered(&City::declared(), &wanted);
        assert!(!offers.is_empty());
        for offer in &offers {
            assert!(no_more_than(&offer.view, &wanted) && !offer.instead.is_empty());
            declare(&City::declared(), "city", offer.view.clone()).unwrap();
        }
        for (at, one) in offers.iter().enumerate() {
            assert!(offers.iter().enumerate().all(|(other, two)| at == other || !no_more_than(&one.view, &two.view)));
        }
    }
}

#[test]
fn where_nothing_helps_nothing_is_offered() {
    let city = City::declared();
    // Whoever does not answer for the stream declares no view of it, however little it tells.
    assert!(matches!(declare(&city, "office", altered("theirs", &[])), Err(Refusal::Norm(_))));
    // No grid that is made of windows of twenty minutes is the grid of the quarters that are counted already.
    let twenty = altered("twenty", &[(r#""bin":"15m""#, r#""bin":"20m""#)]);
    assert!(matches!(declare(&city, "city", twenty), Err(Refusal::Misfit(_))));
    // Rows that are about people are shown one by one to nobody, and no coarser record is another kind of view.
    let shape = (
        r#"{"as":"windows","bin":"15m","space":{"by":"sensor"},"measure":{"of":"distinct","property":"mac"}}"#,
        r#"{"as":"records","fields":["rssi"]}"#,
    );
    assert!(matches!(declare(&city, "city", altered("records", &[shape])), Err(Refusal::Norm(_))));
}

#[test]
fn a_refused_agreement_names_views_over_which_it_would_be_allowed() {
    let city = City::declared();
    let norm = r#"@id("hundred") @requirement("own-01") @reason("A hundred at least for anybody new.")
        forbid (principal, action == Action::"agree-grant", resource) unless { resource.minimum >= 100 };"#;
    let own = serde_json::json!({ "kind": "city", "name": "own", "owner": "City", "cedar": norm });
    let text = serde_json::json!({ "do": "adopt-policy", "with": { "layers": [testkit::core(), own],
        "permits": norms::city_permits_default(), "permits_owner": "city" } });
    city.register.submit(City::submission("city", Some("The council of May."), &text.to_string())).unwrap();
    let grant = r#"{"do":"agree-grant","with":{"id":"g2","recipient":"city","stream":"wifi","view":"counts","purpose":"traffic-management",
        "until":"2026-08-30T00:00:00Z","duties":["no-reidentification"]}}"#;
    let refused = city.register.submit(City::submission("city", None, grant)).unwrap_err();
    let SubmitError::Refused(Refusal::View { why, offers }) = &refused else { panic!("{refused}") };
    assert!(why.to_string().contains("A hundred at least"), "{why}");
    let wanted = altered("counts", &[]);
    for offer in offers {
        assert!(no_more_than(&offer.view, &wanted) && offer.view.minimum.0 >= 100, "{offer:?}");
    }
    assert!(!offers.is_empty() && refused.to_string().contains("Allowed would be the same with"), "{refused}");
    // Where no view would help, none is named.
    let advertising = grant.replace("traffic-management", "advertising");
    let refused = city.register.submit(City::submission("city", None, &advertising)).unwrap_err();
    assert!(matches!(refused, SubmitError::Refused(Refusal::Norm(_))), "{refused}");
}
