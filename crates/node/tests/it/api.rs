//! The API: ingest, released rows, commands and the register as JSON.

use serde_json::{Value, json};

use crate::city::World;

const UPSERT: &str = "/ngsi-ld/v1/entityOperations/upsert";
const LINES: &str = "/api/v1/observations";
const NDJSON: &str = "application/x-ndjson";

fn entity(no2: Value) -> String {
    json!([{ "id": "urn:ngsi-ld:AirQualityObserved:1", "type": "AirQualityObserved",
        "no2": { "type": "Property", "value": no2, "observedAt": "2026-11-24T07:59:00Z" } }])
    .to_string()
}

#[tokio::test]
async fn a_device_sends_entities_and_everybody_reads_what_is_released() {
    let world = World::new();
    let sent = world.post("token-of-air-1", UPSERT, "application/ld+json; charset=utf-8", entity(json!(17.5))).await;
    assert_eq!(sent.status, 201, "{}", sent.text());
    assert_eq!(sent.json(), json!(["urn:ngsi-ld:AirQualityObserved:1"]));
    assert_eq!(sent.header("ordinance-late"), "0");
    let released = world.get("/api/v1/released?stream=air&purpose=air-quality").await;
    assert_eq!(released.status, 200, "{}", released.text());
    assert_eq!(released.header("cache-control"), "no-store");
    let answer = released.json();
    assert_eq!(answer["rows"][0]["fields"]["no2"], 17.5, "{answer}");
    assert_eq!(answer["record"]["recipient"], "public");
    assert_eq!(answer["record"]["seq"], 0);
}

#[tokio::test]
async fn a_device_sends_lines() {
    let world = World::new();
    let lines = "{\"time\":\"2026-11-24T07:58:00Z\",\"no2\":12}\n{\"time\":\"2026-11-24T07:59:00Z\",\"no2\":13}\n";
    let sent = world.post("token-of-air-1", LINES, NDJSON, lines).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    assert_eq!(sent.json(), json!({ "stream": "air", "admitted": 2, "late": 0 }));
}

#[tokio::test]
async fn what_cannot_be_taken_is_told_without_its_values() {
    let world = World::new();
    world.post("token-of-nobody", UPSERT, "application/json", entity(json!(1))).await.problem(401);
    let request =
        axum::http::Request::post(UPSERT).header("content-type", "application/json").body(entity(json!(1)).into());
    let unknown = world.ask(request.unwrap()).await;
    assert_eq!(
        (unknown.problem(401)["type"].as_str(), unknown.header("www-authenticate")),
        (Some("/problems/unauthorized"), "Bearer")
    );
    world.post("token-of-air-1", UPSERT, "text/plain", entity(json!(1))).await.problem(415);
    world.post("token-of-air-1", LINES, "application/json", "{}").await.problem(415);
    world.post("token-of-air-1", UPSERT, "application/json", "[{").await.problem(400);
    let bad = world.post("token-of-air-1", UPSERT, "application/json", entity(json!("SECRET-VALUE"))).await;
    let problem = bad.problem(422);
    assert!(!problem.to_string().contains("SECRET-VALUE"), "{problem}");
    let large = vec![b' '; (4 << 20) + 1];
    let too_large = world.post("token-of-air-1", UPSERT, "application/json", large).await.problem(413);
    assert!(too_large["detail"].as_str().unwrap().contains("4194304"));
    // A stream of a deployment that nobody approved takes nothing, and the norms say why.
    let line = "{\"time\":\"2026-11-24T07:58:00Z\",\"mac\":\"aa:bb:cc:dd:ee:ff\"}\n";
    let refused = world.post("token-of-wifi-2", LINES, NDJSON, line).await.problem(403);
    assert!(!refused["grounds"].as_array().unwrap().is_empty(), "{refused}");
    assert!(!refused.to_string().contains("aa:bb"), "{refused}");
}

#[tokio::test]
async fn a_question_is_answered_for_the_party_of_the_token() {
    let world = World::new();
    let path = "/api/v1/released?stream=wifi-counts&purpose=traffic-management";
    // A windowed view has nothing before its first window is released.
    let own = world.get_as("token-of-mobility", path).await;
    assert_eq!(own.status, 200, "{}", own.text());
    assert_eq!(own.json()["record"]["recipient"], "mobility");
    let refused = world
        .get_as("token-of-advertiser", "/api/v1/released?stream=wifi-counts&purpose=advertising")
        .await
        .problem(403);
    let grounds = refused["grounds"].to_string();
    assert!(
        grounds.contains("not-for-advertising") && grounds.contains("reason") && grounds.contains("requirement"),
        "{refused}"
    );
    world.get(path).await.problem(403);
    world.get_as("token-of-nobody", path).await.problem(401);
    world.get("/api/v1/released?stream=air").await.problem(400);
    world.get("/api/v1/released?stream=air&purpose=safety").await.problem(400);
    world.get("/api/v1/released?stream=Air&purpose=air-quality").await.problem(400);
    world.get("/api/v1/released?stream=nothing&purpose=air-quality").await.problem(404);
    world.get("/api/v1/released?stream=air&purpose=air-quality&from=yesterday").await.problem(400);
    world.get("/api/v1/released?stream=air&purpose=air-quality&more=1").await.problem(400);
}

#[tokio::test]
async fn whoever_authorises_a_question_says_so_with_a_token_of_its_own() {
    let world = World::new();
    let path = "/api/v1/released?stream=wifi-counts&purpose=traffic-management";
    let ask = async |authorising: &str| {
        let request = axum::http::Request::get(path).header("authorization", "Bearer token-of-mobility");
        let request = request.header("ordinance-authorised-by", authorising).body(axum::body::Body::empty());
        world.ask(request.unwrap()).await
    };
    let answer = ask("Bearer token-of-police").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["record"]["authorised_by"], "police");
    ask("Bearer token-of-nobody").await.problem(401);
    ask("police").await.problem(401);
    for other in ["advertiser", "city", "mobility"] {
        let refused = ask(&format!("Bearer token-of-{other}")).await.problem(403);
        assert!(refused["detail"].as_str().unwrap().contains("cannot authorise this"), "{other}: {refused}");
    }
    // The asker's own word for it is worth nothing any more.
    world.get_as("token-of-mobility", &format!("{path}&senior-authorisation=true")).await.problem(400);
    assert!(world.get_as("token-of-mobility", path).await.json()["record"].get("authorised_by").is_none());
}

#[tokio::test]
async fn a_party_commands_for_itself_only() {
    let world = World::new();
    let suspend = |by: &str, reason: Value| {
        json!({ "by": by, "reason": reason, "command": { "do": "suspend", "with": { "deployment": "wifi" } } })
            .to_string()
    };
    let path = "/api/v1/commands";
    let json_type = "application/json";
    world.post("token-of-police", path, json_type, suspend("mobility", "now".into())).await.problem(403);
    let nothing_done =
        world.post("token-of-mobility", path, json_type, suspend("mobility", Value::Null)).await.problem(422);
    assert_eq!(nothing_done["grounds"], json!([]));
    let size = world.city.register().state().size;
    let dry = world
        .post("token-of-mobility", "/api/v1/commands?dry-run=true", json_type, suspend("mobility", "works".into()))
        .await;
    assert_eq!(dry.json(), json!([{ "acts": ["deployment-suspended/1"] }]));
    assert_eq!(world.city.register().state().size, size);
    let done = world.post("token-of-mobility", path, json_type, suspend("mobility", "works".into())).await;
    assert_eq!(done.json(), json!([{ "entries": [size], "basis": size + 1 }]));
    // What was done is published at once.
    assert_eq!(world.get(&format!("/log/proof/{size}")).await.status, 200);
    // Asking again makes no act.
    let again = world.post("token-of-mobility", path, json_type, suspend("mobility", "works".into())).await;
    assert_eq!(again.json(), json!([{ "entries": [], "basis": size + 1 }]));
}

#[tokio::test]
async fn several_commands_are_done_up_to_the_first_that_fails() {
    let world = World::new();
    let step = |what: &str, deployment: &str| json!({ "by": "mobility", "reason": "works", "command": { "do": what, "with": { "deployment": deployment } } });
    let body = json!([step("suspend", "wifi"), step("activate", "station-wifi"), step("end", "wifi")]).to_string();
    let problem =
        world.post("token-of-mobility", "/api/v1/commands", "application/json", body.clone()).await.problem(409);
    assert_eq!(problem["failed"], 1);
    assert_eq!(problem["done"].as_array().unwrap().len(), 1);
    assert_eq!(
        world.city.register().state().deployments[&"wifi".parse().unwrap()].standing.state,
        model::State::Suspended
    );
    world
        .post("token-of-mobility", "/api/v1/commands?dry-run=perhaps", "application/json", body.clone())
        .await
        .problem(400);
    world.post("token-of-mobility", "/api/v1/commands", "text/plain", body).await.problem(415);
    world.post("token-of-mobility", "/api/v1/commands", "application/json", "{}").await.problem(422);
    world.get("/api/v1/commands").await.problem(405);
}

#[tokio::test]
async fn the_register_is_open_data_without_a_secret() {
    let world = World::new();
    let answer = world.get("/api/v1/register").await;
    let register = answer.json();
    assert_eq!(register["basis"], world.city.register().state().size);
    assert_eq!(register["deployments"].as_array().unwrap().len(), 4);
    assert_eq!(register["city"]["origin"], "teststadt.example/log");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    for secret in ["credential", "contact", "AB12CDE", "token-of"] {
        assert!(!answer.text().contains(secret), "{secret}");
    }
    let request = axum::http::Request::get("/api/v1/register").header("if-none-match", answer.header("etag"));
    let again = world.ask(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
    let one = world.get("/api/v1/deployments/wifi").await.json();
    assert_eq!((&one["in_force"], &one["deployment"]["id"]), (&json!(true), &json!("wifi")));
    assert!(one["history"].as_array().unwrap().len() > 4 && one["views"].as_array().unwrap().len() == 1);
    assert!(!one.to_string().contains("credential"));
}
