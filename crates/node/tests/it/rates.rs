//! Quotas of the API: for each token, for each address, and for nobody whom nothing tells apart.

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use model::Span;
use node::RateLimits;
use serde_json::json;
use web::Peer;

use crate::city::{Answer, World};

const STRANGER: &str = "192.0.2.7";

fn limited(token: u32, address: u32) -> World {
    let mut world = World::new();
    let limits = RateLimits { token: NonZeroU32::new(token).unwrap(), address: NonZeroU32::new(address).unwrap() };
    world.router = node::router_within(Arc::clone(&world.city), None, limits);
    world
}

async fn ask(world: &World, from: &str, path: &str, token: Option<&str>) -> Answer {
    let mut request = Request::get(path).extension(Peer(from.parse().unwrap()));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    world.ask(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn an_address_that_has_asked_its_share_waits_and_nobody_else_does() {
    let world = limited(100, 3);
    for left in ["2", "1", "0"] {
        let answer = ask(&world, STRANGER, "/api/v1/deployments", None).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), "\"address\";q=3;w=60");
        assert!(
            answer.header("ratelimit").starts_with(&format!("\"address\";r={left};t=")),
            "{}",
            answer.header("ratelimit")
        );
    }
    let refused = ask(&world, STRANGER, "/register.csv", None).await;
    let problem = refused.problem(429);
    assert_eq!(
        (problem["type"].as_str(), &problem["violated-policies"][0]),
        (Some("/problems/quota-exceeded"), &"address".into())
    );
    assert_eq!((refused.header("retry-after"), refused.header("ratelimit")), ("20", "\"address\";r=0;t=60"));
    for other in ["192.0.2.8", "2001:db8::1"] {
        assert_eq!(ask(&world, other, "/register.csv", None).await.status, 200);
    }
    // Of IPv6 a whole subnet is one address.
    assert_eq!(ask(&world, "2001:db8::ffff", "/register.csv", None).await.header("ratelimit"), "\"address\";r=1;t=40");
    assert_eq!(ask(&world, STRANGER, "/api/v1/deployments", Some("token-of-mobility")).await.status, 200);
    // Pages, and the log that mirrors read, have no quota.
    for path in ["/", "/numbers", "/log/checkpoint", "/healthz"] {
        let answer = ask(&world, STRANGER, path, None).await;
        assert_eq!((answer.status.as_u16(), answer.header("ratelimit")), (200, ""), "{path}");
    }
    world.clock.advance(Span::seconds(20));
    assert_eq!(ask(&world, STRANGER, "/register.csv", None).await.status, 200);
    assert_eq!(ask(&world, STRANGER, "/register.csv", None).await.status, 429);
}

#[tokio::test]
async fn a_token_has_a_quota_of_its_own_wherever_it_comes_from() {
    let world = limited(2, 50);
    let asked = |from: &'static str, token: &'static str| ask(&world, from, "/api/v1/deployments", Some(token));
    assert_eq!(asked(STRANGER, "token-of-mobility").await.header("ratelimit-policy"), "\"token\";q=2;w=60");
    assert_eq!(asked("192.0.2.8", "token-of-mobility").await.header("ratelimit"), "\"token\";r=0;t=60");
    let refused = asked("192.0.2.9", "token-of-mobility").await;
    assert_eq!(
        (refused.problem(429)["violated-policies"][0].as_str(), refused.header("retry-after")),
        (Some("token"), "30")
    );
    assert!(!refused.text().contains("token-of"), "no word repeats a token");
    assert_eq!(asked(STRANGER, "token-of-police").await.status, 200, "another's quota is another's");
    // A sensor's token has one too, before its body is read.
    for status in [200, 200, 429] {
        let line = "{\"time\":\"2026-11-24T07:59:00Z\",\"no2\":1}\n";
        let sent = world.post("token-of-air-1", "/api/v1/observations", "application/x-ndjson", line).await;
        assert_eq!(sent.status, status, "{}", sent.text());
    }
    assert_eq!(world.city.counters().snapshot()[&"air".parse().unwrap()].admitted, 2);
}

#[tokio::test]
async fn made_up_tokens_are_strangers_and_make_up_no_quota() {
    let world = limited(100, 4);
    for number in 0..4 {
        let token = format!("made-up-{number}");
        let answer = ask(&world, STRANGER, "/api/v1/exports", Some(&token)).await;
        assert_eq!((answer.status.as_u16(), answer.header("ratelimit-policy")), (401, "\"address\";q=4;w=60"));
    }
    assert_eq!(ask(&world, STRANGER, "/api/v1/exports", Some("made-up-5")).await.status, 429);
}

#[tokio::test]
async fn a_token_that_was_taken_back_is_as_good_as_none_at_once() {
    let world = limited(100, 2);
    let asked = async |token: &str| {
        ask(&world, STRANGER, "/api/v1/deployments", Some(token)).await.header("ratelimit-policy").to_owned()
    };
    assert_eq!(asked("token-of-air-1").await, "\"token\";q=100;w=60");
    let locked = json!({ "device": "air-1", "credential": null });
    world.submit(json!({ "by": "environment", "reason": "It was stolen.", "command": { "do": "set-device-credential", "with": locked } })).unwrap();
    assert_eq!(asked("token-of-air-1").await, "\"address\";q=2;w=60");
}

#[tokio::test]
async fn behind_a_web_server_on_this_machine_strangers_do_not_lock_each_other_out() {
    let world = limited(100, 2);
    for from in ["127.0.0.1", "::1"] {
        for _ in 0..5 {
            let answer = ask(&world, from, "/api/v1/deployments", None).await;
            assert_eq!((answer.status.as_u16(), answer.header("ratelimit")), (200, ""));
        }
    }
    assert_eq!(
        ask(&world, "127.0.0.1", "/api/v1/deployments", Some("token-of-city")).await.header("ratelimit-policy"),
        "\"token\";q=100;w=60"
    );
}

#[tokio::test]
async fn the_description_names_quotas_and_their_page_is_there() {
    let world = World::founded();
    let document = world.get("/api/v1/openapi.json").await.json();
    let mut told = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            let counts = ["/api/", "/ngsi-ld/", "/open/", "/register.", "/numbers.csv"]
                .iter()
                .any(|start| path.starts_with(start));
            assert_eq!(operation["responses"]["429"]["headers"]["RateLimit"].is_object(), counts, "{path}");
            told += usize::from(counts);
        }
    }
    assert!(told >= 15, "{told}");
    for page in ["/problems/quota-exceeded", "/de/problems/quota-exceeded"] {
        assert!(world.browse(page).await.text().contains("RateLimit-Policy"));
    }
}
