//! Views by form: what they would show, what is refused at which field, and what is offered instead.

use serde_json::json;

use super::{done, look, looked, office, refused};
use crate::city::World;

const NEW: &str = "/office/views/new";
const HOURS: [(&str, &str); 12] = [
    ("stream", "wifi-counts"),
    ("name", "hours"),
    ("title", "How many phones in an hour"),
    ("shape", "distinct"),
    ("bin", "15m"),
    ("space", "sensor"),
    ("unit", "mac"),
    ("identifiers", "none"),
    ("minimum", "20"),
    ("bound", "4"),
    ("delay", "0s"),
    ("depth", "400d"),
];

fn with<'f>(name: &'f str, value: &'f str) -> Vec<(&'f str, &'f str)> {
    HOURS.into_iter().map(|(known, same)| (known, if known == name { value } else { same })).collect()
}

#[tokio::test]
async fn a_refused_view_comes_with_those_that_tell_less_and_would_be_allowed() {
    let world = World::new();
    let mut environment = office(&world, "environment").await;
    let mut mobility = office(&world, "mobility").await;
    let text = refused(&world, &mut mobility, NEW, &with("minimum", "3"), 403).await;
    for part in [
        "id=\"wrong-minimum\">A number about people stands for at least ten of them.",
        "Allowed would be the same with one of these:",
        "minimum of 10 instead of 3",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let text = refused(&world, &mut mobility, NEW, &with("bin", "5m"), 422).await;
    assert!(text.contains("id=\"wrong-shape\">The view `hours` cannot stand beside the view `counts`"), "{text}");
    let finer: Vec<_> = with("bin", "5m")
        .into_iter()
        .map(|(name, value)| (name, if name == "name" { "counts" } else { value }))
        .collect();
    let text = refused(&world, &mut mobility, NEW, &finer, 403).await;
    assert!(text.contains("id=\"wrong-bin\">Numbers about people are for a quarter of an hour or longer."), "{text}");
    for (field, value) in [("minimum", "few"), ("noise", "loud"), ("delay", "soon"), ("name", "No Name"), ("depth", "")]
    {
        let mut fields = with(field, value);
        if field == "noise" {
            fields.push((field, value));
        }
        let text = refused(&world, &mut mobility, NEW, &fields, 422).await;
        assert!(text.contains(&format!("id=\"wrong-{field}\"")), "{field}: {text}");
    }
    assert_eq!(look(&mut environment, NEW, &HOURS).await.status, 403, "it is not theirs to declare");
    let mut council = office(&world, "council").await;
    assert_eq!(look(&mut council, NEW, &HOURS).await.status, 403);
}

#[tokio::test]
async fn a_view_is_declared_with_a_look_at_what_it_would_show_and_again_as_a_next_version() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let answer = look(&mut mobility, NEW, &HOURS).await;
    looked(&answer);
    assert!(answer.text().contains("<td>wifi-1</td><td>23</td>"), "{}", answer.text());
    let page = done(&world, &mut mobility, NEW, &HOURS).await;
    assert!(page.text().contains("Version 1 of the view “How many phones in an hour” was declared"), "{}", page.text());
    done(&world, &mut mobility, NEW, &with("minimum", "30")).await;
    let state = world.city.register().state();
    let view = &state.views[&("wifi-counts".parse().unwrap(), "hours".parse().unwrap())];
    assert_eq!((view.version.0, view.minimum.0), (2, 30));
}

#[tokio::test]
async fn numbers_about_nobody_are_shown_as_they_would_be_released() {
    let world = World::new();
    let mut environment = office(&world, "environment").await;
    let mean = [
        ("stream", "air"),
        ("name", "mean"),
        ("title", "The mean of an hour"),
        ("shape", "mean"),
        ("bin", "1h"),
        ("space", "cell-8"),
        ("number", "no2"),
        ("identifiers", "none"),
        ("minimum", "0"),
        ("bound", "1"),
        ("delay", "0s"),
        ("depth", "400d"),
    ];
    let answer = look(&mut environment, NEW, &mean).await;
    looked(&answer);
    // Four invented readings: 20, 21, 22 and 23.
    assert!(
        answer.text().contains("<td>21.500</td>") && answer.text().contains("<th scope=\"col\">cell</th>"),
        "{}",
        answer.text()
    );
    let classes: Vec<(&str, &str)> =
        mean.iter().map(|(name, value)| (*name, if *name == "shape" { "histogram" } else { value })).collect();
    let answer = look(&mut environment, NEW, &[&classes[..], &[("edges", "21 23")]].concat()).await;
    looked(&answer);
    assert!(answer.text().contains("<th scope=\"col\">class</th>"), "{}", answer.text());
    let text = refused(&world, &mut environment, NEW, &classes, 422).await;
    assert!(text.contains("id=\"wrong-shape\""), "a class needs edges: {text}");
}

#[tokio::test]
async fn numbers_with_noise_are_shown_with_noise_and_what_cannot_be_invented_is_said() {
    let world = World::new();
    let declared = |id: &str, time: &str, treatment: serde_json::Value, budget: Option<&str>| {
        let mut stream = json!({ "id": format!("{id}-counts"), "retention": "24h", "time": { "do": "bin", "bin": time }, "properties": {
            "mac": { "category": "mac-address", "value": "text", "treatment": treatment } } });
        if let Some(budget) = budget {
            stream["budget"] = budget.into();
        }
        let deployment = json!({ "id": id, "title": id, "description": "Counts phones.", "accountable": "mobility", "place": "centre",
            "technology": "wifi-counter", "purposes": ["traffic-management"], "legal_basis": "public-task",
            "privacy_statement": "https://teststadt.example/privacy", "starts": "2026-11-01T00:00:00Z", "ends": "2027-11-01T00:00:00Z",
            "streams": [stream] });
        world.submit(json!({ "by": "mobility", "command": { "do": "propose", "with": deployment } })).unwrap();
        let device = json!({ "id": format!("{id}-1"), "stream": format!("{id}-counts"), "deployment": id, "position": [16.6, 49.2] });
        world.submit(json!({ "by": "mobility", "command": { "do": "register-device", "with": device } })).unwrap();
    };
    declared("noisy", "1m", json!({ "do": "pseudonymise", "epoch": "24h" }), Some("10"));
    declared("tallied", "15m", json!({ "do": "tally" }), None);
    let mut mobility = office(&world, "mobility").await;
    let noisy: Vec<(&str, &str)> = with("stream", "noisy-counts")
        .into_iter()
        .map(|(name, value)| (name, if name == "bound" { "1" } else { value }))
        .collect();
    let answer = look(&mut mobility, NEW, &[&noisy[..], &[("noise", "0.05")]].concat()).await;
    looked(&answer);
    let shown =
        answer.text().contains("<td>noisy-1</td><td>") || answer.text().contains("everything would be held back");
    assert!(shown, "{}", answer.text());
    let tallied = with("stream", "tallied-counts");
    let answer = look(&mut mobility, NEW, &tallied).await;
    // What it would show is told whatever the register says to it.
    assert!(answer.text().contains("a few invented rows would not show them"), "{}", answer.text());
}
