//! Feeds: an entry for each decision, with an id that stays.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

use crate::city::World;
use crate::xml;

/// A feed's entries, checked.
fn entries(text: &str) -> Vec<&str> {
    xml::check(text);
    text.split("<entry>").skip(1).map(|entry| entry.split("</entry>").next().unwrap()).collect()
}

#[tokio::test]
async fn each_decision_is_an_entry_with_an_id_that_stays() {
    let world = World::new();
    let answer = world.get("/feed.atom").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/atom+xml; charset=utf-8"));
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let all = entries(answer.text());
    // Proposals, the ways to activation, sensors, views, grants, an order.
    assert_eq!(all.len(), 4 + 12 + 3 + 2 + 2 + 1);
    let feed = answer.text().split("<entry>").next().unwrap();
    for part in [
        "<id>tag:teststadt.example,2026-11-24:feed.atom</id>",
        "<updated>2026-11-24T08:00:00Z</updated>",
        "<author><name>Teststadt</name></author>",
        "rel=\"self\" type=\"application/atom+xml\" href=\"https://teststadt.example/feed.atom\"",
    ] {
        assert!(feed.contains(part), "{part}: {feed}");
    }
    let ids: BTreeSet<String> = all.iter().map(|entry| xml::first(entry, "id").to_owned()).collect();
    assert_eq!(ids.len(), all.len());
    for entry in &all {
        assert!(xml::first(entry, "id").starts_with("tag:teststadt.example,2026-11-24:log/entries/"));
        assert!(!xml::first(entry, "title").is_empty() && !xml::first(entry, "name").is_empty());
        assert!(xml::first(entry, "updated").ends_with('Z'));
        assert!(
            entry.contains("<link rel=\"alternate\" type=\"text/html\" href=\"https://teststadt.example/log/entries/")
        );
        assert!(
            entry.contains("<link rel=\"related\" type=\"text/html\" href=\"https://teststadt.example/deployments/")
        );
    }
    // Asked at another address and after more acts, what was there keeps its id.
    let suspend = json!({ "do": "suspend", "with": { "deployment": "wifi" } });
    world.submit(json!({ "by": "mobility", "reason": "road<works>", "command": suspend })).unwrap();
    world.city.register().publish().unwrap();
    let request = Request::get("/feed.atom").header(header::HOST, "127.0.0.1:8080").body(Body::empty()).unwrap();
    let later = world.ask(request).await;
    let more = entries(later.text());
    assert_eq!(more.len(), all.len() + 1);
    assert!(more[0].contains("Ended") && more[0].contains("road&#60;works&#62;"), "{}", more[0]);
    let kept: BTreeSet<String> = more.iter().skip(1).map(|entry| xml::first(entry, "id").to_owned()).collect();
    assert_eq!(kept, ids);
}

#[tokio::test]
async fn a_place_has_a_feed_of_what_is_in_it() {
    let world = World::new();
    let centre = world.get("/places/centre/feed.atom").await;
    let text = centre.text();
    assert!(
        entries(text)
            .iter()
            .all(|entry| entry.contains("/deployments/wifi\"") || entry.contains("/deployments/station-wifi\""))
    );
    assert!(text.contains("<title>Public register of sensors: Old town</title>"), "{text}");
    let station = world.get("/places/station/feed.atom").await;
    assert_eq!(entries(station.text()).len(), 2);
    world.get("/places/nowhere/feed.atom").await.problem(404);
}

#[tokio::test]
async fn whoever_has_a_feed_already_is_told_so() {
    let world = World::new();
    let tag = world.get("/feed.atom").await.header("etag").to_owned();
    let ask = |tag: String| {
        let request = Request::get("/feed.atom").header(header::IF_NONE_MATCH, tag).body(Body::empty()).unwrap();
        world.ask(request)
    };
    let again = ask(tag.clone()).await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
    let suspend = json!({ "do": "suspend", "with": { "deployment": "wifi" } });
    world.submit(json!({ "by": "mobility", "reason": "roadworks", "command": suspend })).unwrap();
    world.city.register().publish().unwrap();
    assert_eq!(ask(tag).await.status, 200);
}

#[tokio::test]
async fn an_empty_city_has_an_empty_feed_and_pages_link_to_theirs() {
    let empty = World::founded();
    empty.city.register().publish().unwrap();
    let answer = empty.get("/feed.atom").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(entries(answer.text()).is_empty());
    let world = World::new();
    let link = "<link rel=\"alternate\" type=\"application/atom+xml\"";
    assert_eq!(world.browse("/").await.text().matches(link).count(), 1);
    for page in ["/places/centre", "/deployments/wifi"] {
        let text = world.browse(page).await.text().to_owned();
        assert!(text.matches(link).count() == 2 && text.contains("href=\"/places/centre/feed.atom\""), "{page}");
    }
}

#[tokio::test]
async fn a_sign_that_no_page_can_hold_makes_no_page_and_no_feed_unreadable() {
    let world = World::new();
    let suspend = json!({ "do": "suspend", "with": { "deployment": "wifi" } });
    world.submit(json!({ "by": "mobility", "reason": "road\0works\u{1}\u{9b}\u{ffff}", "command": suspend })).unwrap();
    world.city.register().publish().unwrap();
    let shown = "road\u{fffd}works\u{fffd}\u{fffd}\u{fffd}";
    let page = world.browse("/deployments/wifi").await;
    assert!(page.text().chars().all(|sign| !sign.is_control() || sign == '\n'));
    assert!(page.text().contains(shown), "{}", page.text());
    let feed = world.get("/feed.atom").await;
    assert!(entries(feed.text())[0].contains("roadworks"), "{}", feed.text());
}
