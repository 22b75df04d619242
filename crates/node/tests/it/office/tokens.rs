//! Sensors and tokens by form: shown once, kept nowhere, and known from that moment on.

use axum::http::Method;

use super::{done, hidden, look, looked, office, refused, size};
use crate::browser::Browser;
use crate::city::{Answer, World};

/// Issues a token by form; gives the page that shows it.
async fn issued(world: &World, browser: &mut Browser<'_>, address: &str) -> Answer {
    let answer = look(browser, address, &[("reason", "The old one was lost")]).await;
    looked(&answer);
    assert!(!answer.text().contains("ordinance_"), "a look shows no token");
    let before = size(world);
    let mut hidden = hidden(answer.text());
    hidden.push(("go".to_owned(), "do".to_owned()));
    let sent: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = browser.send(Method::POST, address, Some(&sent), Some("same-origin")).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"), "{}", answer.text());
    assert_eq!(size(world), before + 1);
    answer
}

/// The token on a page: there once.
fn token(answer: &Answer) -> String {
    assert_eq!(answer.text().matches("ordinance_").count(), 1, "{}", answer.text());
    let (_, rest) = answer.text().split_once("<code id=\"token\">").unwrap();
    rest.split('<').next().unwrap().to_owned()
}

/// Whether some bytes are in a file of the city's folder.
fn written(world: &World, needle: &[u8]) -> bool {
    let mut folders = vec![world.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle) {
                return true;
            }
        }
    }
    false
}

#[tokio::test]
async fn a_sensor_is_entered_gets_a_token_another_and_is_locked_out() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let fields = [("device", "wifi-9"), ("stream", "wifi-counts"), ("longitude", "16.6"), ("latitude", "49.2")];
    let page = done(&world, &mut mobility, "/office/tokens/devices/new", &fields).await;
    assert!(page.text().contains("<strong>wifi-9</strong>"), "{}", page.text());
    let send = |token: String| {
        let world = &world;
        async move {
            let line = "{\"time\":\"2026-11-24T08:00:00Z\",\"mac\":\"aa:bb\"}\n";
            world.post(&token, "/api/v1/observations", "application/x-ndjson", line).await.status.as_u16()
        }
    };
    let address = "/office/tokens/devices/wifi-9/token";
    let first = token(&issued(&world, &mut mobility, address).await);
    assert_eq!(send(first.clone()).await, 200);
    let second = token(&issued(&world, &mut mobility, address).await);
    assert_ne!(first, second);
    assert_eq!((send(first.clone()).await, send(second.clone()).await), (401, 200));
    for one in [&first, &second] {
        assert!(!written(&world, one.as_bytes()), "a token is kept nowhere");
        assert!(!mobility.get("/office/tokens").await.text().contains(one.as_str()), "and shown once");
    }
    assert!(written(&world, flow::city::credential(&second).to_string().as_bytes()), "a control: its hash is there");
    done(&world, &mut mobility, "/office/tokens/devices/wifi-9/lock", &[("reason", "It was stolen")]).await;
    assert_eq!(send(second).await, 401);
}

#[tokio::test]
async fn whoever_answers_and_the_founder_issue_tokens_and_others_do_not() {
    let world = World::new();
    for (party, status) in
        [("mobility", 200), ("city", 200), ("council", 409), ("environment", 404), ("police", 404), ("advertiser", 404)]
    {
        let mut browser = office(&world, party).await;
        let expected = if party == "council" { 403 } else { status };
        for what in ["token", "lock"] {
            let answer = look(&mut browser, &format!("/office/tokens/devices/wifi-1/{what}"), &[]).await;
            assert_eq!(answer.status, expected, "{party} {what}: {}", answer.text());
        }
        let own = look(&mut browser, &format!("/office/tokens/parties/{party}"), &[]).await;
        assert_eq!(own.status, 200, "{party} renews its own");
        let other = if party == "mobility" { "council" } else { "mobility" };
        let answer = look(&mut browser, &format!("/office/tokens/parties/{other}"), &[]).await;
        assert_eq!(answer.status, if party == "city" { 200 } else { 404 }, "{party}");
    }
    let mut mobility = office(&world, "mobility").await;
    assert_eq!(mobility.get("/office/tokens/devices/wifi-1/nonsense").await.status, 404);
}

#[tokio::test]
async fn a_party_that_renews_its_token_signs_in_with_the_new_one() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let page = issued(&world, &mut mobility, "/office/tokens/parties/mobility").await;
    assert!(!written(&world, token(&page).as_bytes()));
    assert_eq!(mobility.get("/office").await.header("location"), "/sign-in", "the old token’s session is over");
    let mut again = Browser::signed_in(&world, &token(&page)).await;
    assert_eq!(again.get("/office").await.status, 200);
}

#[tokio::test]
async fn a_sensor_that_does_not_fit_is_refused_at_its_field() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let fields = [("device", "wifi-9"), ("stream", "wifi-counts"), ("longitude", "16.6"), ("latitude", "49.2")];
    for (field, value) in [("device", "No Id"), ("longitude", "east"), ("longitude", "999"), ("latitude", "NaN")] {
        let fields: Vec<_> =
            fields.iter().map(|(name, same)| (*name, if *name == field { value } else { *same })).collect();
        let text = refused(&world, &mut mobility, "/office/tokens/devices/new", &fields, 422).await;
        let at = if value == "NaN" { "longitude" } else { field };
        assert!(text.contains(&format!("id=\"wrong-{at}\"")), "{field} {value}: {text}");
    }
    let taken = [("device", "wifi-1"), ("stream", "station-wifi-counts"), ("longitude", "1"), ("latitude", "2")];
    refused(&world, &mut mobility, "/office/tokens/devices/new", &taken, 409).await;
}
