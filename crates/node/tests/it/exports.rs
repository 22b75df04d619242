//! Files on a schedule, fetched by whom they are for, and by nobody else and no longer.

use axum::body::Body;
use axum::http::{Request, header};
use flow::Format;
use model::Span;
use serde_json::json;

use crate::city::World;

const LIST: &str = "/api/v1/exports";

/// So many phones in an hour, the hour released, and its file made.
async fn made(world: &World, format: Format) -> String {
    world.schedules(format);
    let lines: String = (0..12)
        .map(|phone| format!("{{\"time\":\"{}\",\"mac\":\"a4:11:3c:00:00:{phone:02x}\"}}\n", world.now()))
        .collect();
    assert_eq!(world.post("token-of-wifi-1", "/api/v1/observations", "application/x-ndjson", lines).await.status, 200);
    world.clock.advance(Span::minutes(62));
    world.tick().await;
    let list = world.get_as("token-of-mobility", LIST).await.json();
    list[0]["exports"][0]["address"].as_str().unwrap_or_else(|| panic!("{list}")).to_owned()
}

#[tokio::test]
async fn a_file_is_for_its_recipient_and_whoever_else_asks_hears_of_no_file() {
    let world = World::new();
    let address = made(&world, Format::Csv).await;
    let file = world.get_as("token-of-mobility", &address).await;
    assert_eq!((file.status.as_u16(), file.header("content-type")), (200, "text/csv; charset=utf-8; header=present"));
    assert_eq!((file.header("cache-control"), file.header("ordinance-disclosure")), ("no-store", "0"));
    assert_eq!(file.header("content-length"), file.bytes.len().to_string());
    assert_eq!((file.text().lines().count(), file.text().contains(",12")), (2, true), "{}", file.text());
    let about = world.get_as("token-of-mobility", &format!("{address}.about.json")).await.json();
    assert!(about["receipt"].as_str().unwrap().contains("ordinance/disclosure-receipt/v1"), "{about}");
    let head = Request::head(&address).header(header::AUTHORIZATION, "Bearer token-of-mobility");
    let head = world.ask(head.body(Body::empty()).unwrap()).await;
    assert_eq!(
        (head.status.as_u16(), head.bytes.len(), head.header("content-length")),
        (200, 0, file.header("content-length"))
    );
    world.get(&address).await.problem(401);
    world.get(LIST).await.problem(401);
    // Somebody else's, one that never was, and one of another name: word for word the same.
    let none = world.get_as("token-of-mobility", &format!("{LIST}/hourly/none.csv")).await.problem(404);
    for (token, address) in [
        ("token-of-police", address.as_str()),
        ("token-of-city", &address),
        ("token-of-mobility", "/api/v1/exports/daily/none.csv"),
        ("token-of-mobility", "/api/v1/exports/hourly/manifest.json"),
        ("token-of-mobility", "/api/v1/exports/hourly/..%2Fhourly%2Fmanifest.json"),
    ] {
        assert_eq!(world.get_as(token, address).await.problem(404), none, "{token} {address}");
    }
    assert_eq!(world.get_as("token-of-police", LIST).await.json(), json!([]));
    // Fetching is recorded nowhere: the record was made with the file.
    assert_eq!(world.city.register().disclosure_records(model::Seq(0), 10).unwrap().len(), 1);
}

#[tokio::test]
async fn with_the_grant_the_address_ends_before_any_tick() {
    let world = World::new();
    let address = made(&world, Format::Parquet).await;
    assert!(world.get_as("token-of-mobility", &address).await.bytes.starts_with(b"PAR1"));
    let withdraw = json!({ "do": "withdraw-grant", "with": { "grant": "own" } });
    world.submit(json!({ "by": "mobility", "reason": "it ended", "command": withdraw })).unwrap();
    for address in [address.clone(), format!("{address}.about.json")] {
        world.get_as("token-of-mobility", &address).await.problem(404);
    }
    let list = world.get_as("token-of-mobility", LIST).await.json();
    let export = &list[0]["exports"][0];
    assert!(export["gone"]["why"].is_string() && export["address"].is_null(), "{export}");
    world.tick().await;
    let after = world.get_as("token-of-mobility", LIST).await.json();
    assert_eq!(
        (&after[0]["exports"][0]["gone"]["why"], &after[0]["exports"][0]["sha256"]),
        (&export["gone"]["why"], &export["sha256"])
    );
}
