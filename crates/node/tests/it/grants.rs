//! The page of an agreement with everybody: drawn from released rows, with a table, and counted like any disclosure.

use axum::body::Body;
use axum::http::Request;
use model::{Seq, Span};
use serde_json::json;

use crate::city::World;
use crate::html::check;

/// A city whose air is open as quarters of an hour too, measured at two times of day on three days.
async fn measured() -> World {
    let world = World::new();
    let view = json!({ "id": "quarters", "version": 1, "stream": "air", "title": "The mean of each quarter",
        "exposure": { "as": "windows", "bin": "15m", "space": { "by": "sensor" }, "measure": { "of": "mean", "property": "no2" } },
        "identifiers": "none", "minimum": 0, "bound": 1, "noise": "none", "delay": "0s", "depth": "3650d" });
    let grant = json!({ "id": "air-quarters", "recipient": "public", "stream": "air", "view": "quarters",
        "purpose": "public-information", "until": "2027-05-01T00:00:00Z", "duties": ["no-reidentification"] });
    for command in [json!({ "do": "declare-view", "with": view }), json!({ "do": "agree-grant", "with": grant })] {
        world.submit(json!({ "by": "environment", "command": command })).unwrap();
    }
    for (at, no2) in [
        ("2026-11-24T08:00:00Z", 20),
        ("2026-11-25T08:00:00Z", 30),
        ("2026-11-26T08:00:00Z", 40),
        ("2026-11-26T08:16:00Z", 44),
    ] {
        world.clock.set(at.parse().unwrap());
        let line = format!("{{\"time\":\"{at}\",\"no2\":{no2}}}\n");
        assert_eq!(
            world.post("token-of-air-1", "/api/v1/observations", "application/x-ndjson", line).await.status,
            200
        );
    }
    world.clock.advance(Span::minutes(20));
    world.tick().await;
    world
}

#[tokio::test]
async fn numbers_of_now_stand_against_the_usual_ones_in_a_drawing_and_in_a_table() {
    let world = measured().await;
    let answer = world.browse("/grants/air-quarters").await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"));
    let text = answer.text();
    check(text);
    for part in [
        "role=\"img\" aria-labelledby=\"chart-title chart-words\"",
        "<title id=\"chart-title\">",
        "<desc id=\"chart-words\">",
        "<th scope=\"row\">26 November 2026, 08:15 UTC</th><td>44</td><td>none</td>",
        "<th scope=\"row\">26 November 2026, 08:00 UTC</th><td>40</td><td>25</td>",
        "/open/air/quarters.csv",
        "handed to you as disclosure 0",
        "mean over all places",
        // By place: the one sensor, now and as usual there.
        "role=\"img\" aria-labelledby=\"map-title map-words\"",
        "<circle class=\"shade-4\"",
        "<th scope=\"row\">air-1</th><td>44</td><td>none</td>",
        // By day: the whole ones alone.
        "role=\"img\" aria-labelledby=\"days-title days-words\"",
        "<th scope=\"row\">24 November 2026</th><td>20</td>",
        "On 25 November 2026, the newest whole day, it was 30",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let record = &world.city.register().disclosure_records(Seq(0), 10).unwrap()[0];
    assert_eq!((record.recipient.as_str(), record.grant.as_str()), ("public", "air-quarters"));
    assert!(world.browse("/deployments/pollution").await.text().contains("href=\"/grants/air-quarters\""));
}

#[tokio::test]
async fn records_are_listed_and_nobody_sees_what_is_not_everybodys() {
    let world = measured().await;
    let answer = world.browse("/grants/air-open").await;
    check(answer.text());
    assert!(answer.text().contains("<td>air-1</td><td>no2 44</td>"), "{}", answer.text());
    let head = world.ask(Request::head("/grants/air-open").body(Body::empty()).unwrap()).await;
    assert_eq!((head.status.as_u16(), head.text()), (200, ""));
    for none in ["/grants/own", "/grants/none", "/grants/..%2F"] {
        assert_eq!(world.get(none).await.status, 404, "{none}");
    }
    assert_eq!(world.city.register().disclosure_records(Seq(0), 10).unwrap().len(), 1);
    let withdraw = json!({ "do": "withdraw-grant", "with": { "grant": "air-open" } });
    world.submit(json!({ "by": "environment", "reason": "it ended", "command": withdraw })).unwrap();
    world.get("/grants/air-open").await.problem(404);
}
