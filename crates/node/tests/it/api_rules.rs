//! The rules of the API that hold everywhere: lists in pages, tags, requests that come again, and the description of it all.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::city::{Answer, World};

/// Every item of a list, page by page, by following `Link`.
async fn all(world: &World, start: &str, items: &str) -> (usize, Vec<Value>) {
    let (mut path, mut pages, mut found) = (Some(start.to_owned()), 0, Vec::new());
    while let Some(at) = path {
        let page = world.get(&at).await;
        assert_eq!((page.status.as_u16(), page.header("access-control-allow-origin")), (200, "*"), "{}", page.text());
        found.extend(page.json()[items].as_array().unwrap().iter().cloned());
        let link = page.headers.get(header::LINK).map(|link| link.to_str().unwrap().to_owned());
        assert_eq!(link.is_some(), page.json().get("next").is_some());
        path = link.map(|link| link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned());
        pages += 1;
    }
    (pages, found)
}

#[tokio::test]
async fn long_lists_come_in_pages_that_lead_to_the_next() {
    let world = World::new();
    let (pages, deployments) = all(&world, "/api/v1/deployments?limit=3", "deployments").await;
    let ids: Vec<&str> = deployments.iter().map(|record| record["deployment"]["id"].as_str().unwrap()).collect();
    assert_eq!((pages, ids.as_slice()), (2, ["plates", "pollution", "station-wifi", "wifi"].as_slice()));
    world.city.register().publish().unwrap();
    let (pages, acts) = all(&world, "/api/v1/acts?limit=7", "acts").await;
    let size = world.city.register().state().size;
    assert_eq!((acts.len() as u64, pages as u64), (size, size.div_ceil(7)));
    assert!(
        acts.iter().enumerate().all(|(at, entry)| entry["index"] == at && entry["act"]["what"]["kind"].is_string())
    );
    assert_eq!(acts[0]["act"]["what"]["kind"], "city-founded/1");
    for bad in
        ["/api/v1/acts?limit=0", "/api/v1/acts?limit=201", "/api/v1/acts?after=x", "/api/v1/deployments?after=%3Cb%3E"]
    {
        world.get(bad).await.problem(400);
    }
    // What comes after the end is an empty page, not an error.
    assert_eq!(world.get("/api/v1/acts?after=18446744073709551615").await.json()["acts"], json!([]));
    assert_eq!(world.get("/api/v1/deployments?after=zzz").await.json()["deployments"], json!([]));
}

async fn command(world: &World, headers: &[(&str, &str)], body: &Value) -> Answer {
    let mut request = Request::post("/api/v1/commands")
        .header(header::AUTHORIZATION, "Bearer token-of-mobility")
        .header(header::CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.ask(request.body(Body::from(body.to_string())).unwrap()).await
}

fn suspend(deployment: &str) -> Value {
    json!({ "by": "mobility", "reason": "A test.", "command": { "do": "suspend", "with": { "deployment": deployment } } })
}

fn sensor(id: &str) -> Value {
    let device = json!({ "id": id, "stream": "wifi-counts", "deployment": "wifi", "position": [16.6, 49.2] });
    json!({ "by": "mobility", "command": { "do": "register-device", "with": device } })
}

#[tokio::test]
async fn what_has_changed_since_somebody_looked_is_not_changed_by_them() {
    let world = World::new();
    let seen = world.get("/api/v1/deployments/wifi").await;
    let tag = seen.header("etag").to_owned();
    assert_eq!(tag, world.get("/api/v1/register").await.header("etag"), "both are drawn from one size of the log");
    let request = Request::get("/api/v1/deployments/wifi").header(header::IF_NONE_MATCH, &tag);
    assert_eq!(world.ask(request.body(Body::empty()).unwrap()).await.status, 304);
    // Something else changes, and then the deployment itself.
    let party = json!({ "by": "city", "command": { "do": "register-party", "with": {
        "party": { "id": "newcomer", "name": "Newcomer", "kind": "company" } } } });
    assert_eq!(
        world.post("token-of-city", "/api/v1/commands", "application/json", party.to_string()).await.status,
        200
    );
    let done = command(&world, &[("if-match", &tag)], &sensor("wifi-9")).await;
    assert_eq!(done.status, 200, "another party is no change of this deployment: {}", done.text());
    let refused = command(&world, &[("if-match", &tag)], &suspend("wifi")).await.problem(412);
    assert_eq!(refused["type"], "/problems/changed");
    assert!(refused["detail"].as_str().unwrap().contains("has changed since, by entry"), "{refused}");
    let again = world.get("/api/v1/deployments/wifi").await.header("etag").to_owned();
    assert_eq!(command(&world, &[("if-match", &again)], &suspend("wifi")).await.status, 200);
    // Tags that are none of ours, and several submissions, are no condition that could be held.
    for (tag, body) in [
        ("*", suspend("wifi")),
        ("\"1-0\"", suspend("wifi")),
        (again.as_str(), json!([suspend("wifi"), suspend("wifi")])),
    ] {
        command(&world, &[("if-match", tag)], &body).await.problem(400);
    }
}

#[tokio::test]
async fn whoever_has_a_deployment_hears_that_it_ran_out_though_nobody_acted() {
    let world = World::new();
    let read = async |tag: &str| {
        let request = Request::get("/api/v1/deployments/wifi").header(header::IF_NONE_MATCH, tag);
        world.ask(request.body(Body::empty()).unwrap()).await
    };
    let seen = world.get("/api/v1/deployments/wifi").await;
    let tag = seen.header("etag").to_owned();
    assert_eq!((seen.json()["in_force"].as_bool(), read(&tag).await.status.as_u16()), (Some(true), 304));
    // Its approval ends, and no act says so yet.
    world.clock.set("2027-06-01T00:00:00Z".parse().unwrap());
    let lapsed = read(&tag).await;
    let (later, now) = (lapsed.header("etag").to_owned(), lapsed.json());
    assert_eq!((lapsed.status.as_u16(), &now["in_force"]), (200, &json!(false)));
    assert_eq!((&now["basis"], read(&later).await.status.as_u16()), (&seen.json()["basis"], 304));
    // It is a condition that can be held: what is done later writes the lapse down first, and that is a change.
    let refused = command(&world, &[("if-match", &later)], &sensor("wifi-9")).await.problem(412);
    assert_eq!(refused["type"], "/problems/changed");
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_done_once() {
    let world = World::new();
    let line = "{\"time\":\"2026-11-24T07:58:00Z\",\"no2\":12}\n";
    let send = async |key: &str, line: &str| {
        let request = Request::post("/api/v1/observations")
            .header(header::AUTHORIZATION, "Bearer token-of-air-1")
            .header(header::CONTENT_TYPE, "application/x-ndjson")
            .header("idempotency-key", key);
        world.ask(request.body(Body::from(line.to_owned())).unwrap()).await
    };
    let rows = async || {
        let answer = world.get("/api/v1/released?stream=air&purpose=air-quality").await.json();
        answer["rows"].as_array().unwrap().len()
    };
    let (first, second) = (send("batch-1", line).await, send("batch-1", line).await);
    assert_eq!((first.status.as_u16(), first.json()), (200, second.json()));
    assert!(first.headers.get("idempotency-replayed").is_none());
    assert_eq!((second.header("idempotency-replayed"), second.header("content-type")), ("true", "application/json"));
    assert_eq!(rows().await, 1, "taken once");
    send("batch-1", &line.replace("12", "13")).await.problem(422);
    assert_eq!(send("batch-2", line).await.status, 200);
    assert_eq!(rows().await, 2, "another key is another batch");
    // The same address and key of another sender is another request, and is not answered with this one's answer.
    let other = Request::post("/api/v1/observations")
        .header(header::AUTHORIZATION, "Bearer token-of-wifi-1")
        .header(header::CONTENT_TYPE, "application/x-ndjson")
        .header("idempotency-key", "batch-1");
    let other = world.ask(other.body(Body::from(line)).unwrap()).await;
    assert!(other.headers.get("idempotency-replayed").is_none() && other.status != 200, "{}", other.text());
    // A sender that gives up has it done all the same, and once.
    let cut = Request::post("/api/v1/observations")
        .header(header::AUTHORIZATION, "Bearer token-of-air-1")
        .header(header::CONTENT_TYPE, "application/x-ndjson")
        .header("idempotency-key", "cut");
    let cut = world.ask(cut.body(Body::from(line)).unwrap());
    drop(tokio::time::timeout(std::time::Duration::ZERO, cut).await);
    let again = async || loop {
        let again = send("cut", line).await;
        if again.status != 409 {
            return again;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    assert_eq!(again().await.status, 200);
    assert_eq!(rows().await, 3, "once, whether or not the first was begun");
    // A key is its sender's own, and what is refused is decided anew.
    let by_other = command(&world, &[("idempotency-key", "batch-1")], &sensor("wifi-8")).await;
    assert!(by_other.status == 200 && by_other.headers.get("idempotency-replayed").is_none(), "{}", by_other.text());
    send("bad", "{").await.problem(422);
    let refused = send("bad", "{").await;
    assert_eq!((refused.status.as_u16(), refused.header("content-type")), (422, "application/problem+json"));
    send(&"k".repeat(256), line).await.problem(400);
}

#[tokio::test]
async fn a_refusal_links_to_the_norms_that_refused() {
    let world = World::new();
    let renewal = json!({ "by": "mobility", "reason": "Still useful.", "command": { "do": "approve", "with": { "deployment": "wifi", "until": "2027-06-02T00:00:00Z" } } });
    let refused = command(&world, &[], &renewal).await.problem(403);
    let policies = world.browse("/policies").await.text().to_owned();
    for ground in refused["grounds"].as_array().unwrap() {
        let anchor = ground["address"].as_str().unwrap().strip_prefix("/policies#").unwrap();
        assert!(policies.contains(&format!("id=\"{anchor}\"")), "{ground}");
    }
    assert!(!refused["grounds"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn every_address_that_is_described_is_there_and_answers_as_described() {
    let world = World::new();
    world.city.register().publish().unwrap();
    let description = world.get("/api/v1/openapi.json").await.json();
    let mut tried = 0;
    for (path, methods) in description["paths"].as_object().unwrap() {
        let known =
            [("{stream}", "air"), ("{view}", "measurements"), ("{id}", "wifi"), ("{index}", "0"), ("{name}", "none")];
        let file = if path.contains("{view}") { "2026-11-24.csv" } else { "measurements.csv" };
        let path = known.iter().fold(path.replace("{file}", file), |path, (name, value)| path.replace(name, value));
        for (method, operation) in methods.as_object().unwrap() {
            let body = if method == "post" { Body::from("{}") } else { Body::empty() };
            let request = Request::builder().method(method.to_uppercase().as_str()).uri(&path).body(body).unwrap();
            let answer = world.ask(request).await;
            let status = answer.status.as_u16().to_string();
            let described = operation["responses"].get(&status);
            assert!(described.is_some(), "{method} {path} answers {status}: {}", answer.text());
            let kinds: Vec<&String> =
                described.unwrap()["content"].as_object().into_iter().flat_map(|kinds| kinds.keys()).collect();
            let kind = answer.header("content-type").split(';').next().unwrap().to_owned();
            assert!(kinds.iter().any(|known| **known == kind), "{method} {path}: {kind} is none of {kinds:?}");
            tried += 1;
        }
    }
    assert!(tried >= 20, "{tried}");
}
