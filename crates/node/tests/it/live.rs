//! What leaves live: events with a record each, for as long as the grant stands, and nobody waits for a slow reader.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use futures::StreamExt;
use model::{Seq, Span};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::city::World;

const WATCH: &str = "/api/v1/released/live?stream=wifi-counts&purpose=traffic-management";

/// One event.
#[derive(Debug, PartialEq)]
struct Event {
    name: String,
    id: String,
    data: Value,
}

/// A connection that watches.
struct Watching {
    body: axum::body::BodyDataStream,
    read: String,
}

impl Watching {
    async fn begin(world: &World, token: Option<&str>, path: &str, last: Option<&str>) -> Self {
        let mut request = Request::get(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = world.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        Self { body: response.into_body().into_data_stream(), read: String::new() }
    }

    /// The next event; none when the stream ended.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| {
                    let lines = event.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                    lines.collect::<Vec<_>>().join("\n")
                };
                let (name, id, data) = (field("event"), field("id"), field("data"));
                self.read = rest.to_owned();
                if name.is_empty() {
                    continue;
                }
                return Some(Event { name, id, data: serde_json::from_str(&data).unwrap() });
            }
            let piece =
                tokio::time::timeout(Duration::from_secs(20), self.body.next()).await.expect("an event in time")?;
            self.read.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
        }
    }

    async fn named(&mut self, name: &str) -> Event {
        let event = self.next().await.unwrap();
        assert_eq!(event.name, name, "{event:?}");
        event
    }
}

/// So many phones near the receiver, and their quarter of an hour over.
async fn quarter(world: &World, phones: u32) {
    let now = world.now();
    let lines: String =
        (0..phones).map(|phone| format!("{{\"time\":\"{now}\",\"mac\":\"a4:11:3c:00:00:{phone:02x}\"}}\n")).collect();
    let taken = world.post("token-of-wifi-1", "/api/v1/observations", "application/x-ndjson", lines).await;
    assert_eq!(taken.status, 200, "{}", taken.text());
    world.clock.advance(Span::minutes(15));
}

async fn released(world: &World) {
    world.clock.advance(Span::minutes(2));
    world.tick().await;
}

fn values(event: &Event) -> Vec<i64> {
    event.data["rows"].as_array().unwrap().iter().map(|row| row["value"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn each_window_is_an_event_with_a_record_and_whoever_comes_back_misses_nothing() {
    let world = World::new();
    let mut watching = Watching::begin(&world, Some("token-of-mobility"), WATCH, None).await;
    let begun = watching.named("watching").await;
    assert_eq!((begun.id.as_str(), begun.data["view"].as_str()), ("2026-11-24T08:00:00Z", Some("counts")));
    quarter(&world, 12).await;
    quarter(&world, 9).await;
    released(&world).await;
    let first = watching.named("released").await;
    assert_eq!((first.id.as_str(), values(&first)), ("2026-11-24T08:15:00Z", vec![12]));
    assert!(first.data["receipt"].as_str().unwrap().contains("ordinance/disclosure-receipt/v1"));
    let second = watching.named("released").await;
    assert_eq!((second.id.as_str(), values(&second)), ("2026-11-24T08:30:00Z", vec![]), "nine are withheld");
    assert_eq!(second.data["withheld"], 1);
    let records = world.city.register().disclosure_records(Seq(0), 10).unwrap();
    assert_eq!(records.len(), 2);
    for (event, record) in [&first, &second].into_iter().zip(&records) {
        assert_eq!(event.data["record"], serde_json::to_value(record).unwrap());
        assert_eq!(record.recipient.as_str(), "mobility");
    }
    // The connection breaks; more is released; the browser comes back with the last id that it read.
    drop(watching);
    quarter(&world, 14).await;
    released(&world).await;
    let mut back = Watching::begin(&world, Some("token-of-mobility"), WATCH, Some(&first.id)).await;
    assert_eq!(back.named("watching").await.id, first.id);
    let again = [back.named("released").await, back.named("released").await];
    assert_eq!(again.each_ref().map(|event| event.id.as_str()), ["2026-11-24T08:30:00Z", "2026-11-24T08:45:00Z"]);
    assert_eq!((values(&again[0]), values(&again[1])), (vec![], vec![14]));
    let metrics = world.get("/metrics").await.text().to_owned();
    assert!(metrics.contains("ordinance_live_connections 1\n"), "{metrics}");
}

#[tokio::test]
async fn a_lapse_closes_a_live_stream_and_says_why() {
    let world = World::new();
    let mut watching = Watching::begin(&world, Some("token-of-mobility"), WATCH, None).await;
    watching.named("watching").await;
    // The grant ends in May 2027: the clock alone ends what was allowed.
    world.clock.set("2027-05-02T00:00:00Z".parse().unwrap());
    let closed = watching.named("closed").await;
    assert_eq!(
        (closed.data["status"].as_u64(), closed.data["type"].as_str()),
        (Some(403), Some("/problems/forbidden"))
    );
    assert!(!closed.data["detail"].as_str().unwrap().is_empty(), "{closed:?}");
    assert_eq!(watching.next().await, None);
    assert_eq!(world.city.register().disclosure_records(Seq(0), 10).unwrap(), []);
}

#[tokio::test]
async fn a_withdrawn_grant_and_another_token_close_it() {
    let world = World::new();
    let mut watching = Watching::begin(&world, Some("token-of-mobility"), WATCH, None).await;
    watching.named("watching").await;
    let mut open = "/api/v1/released/live?stream=air&purpose=air-quality".to_owned();
    let mut public = Watching::begin(&world, None, &open, None).await;
    public.named("watching").await;
    let withdraw = json!({ "do": "withdraw-grant", "with": { "grant": "air-open" } });
    world.submit(json!({ "by": "environment", "reason": "it ended", "command": withdraw })).unwrap();
    assert_eq!(public.named("closed").await.data["status"], 403);
    assert_eq!(public.next().await, None);
    let credential = flow::city::credential("another-token");
    let renew = json!({ "do": "issue-party-credential", "with": { "party": "mobility", "credential": credential } });
    world.submit(json!({ "by": "mobility", "command": renew })).unwrap();
    assert_eq!(watching.named("closed").await.data["status"], 401);
    // What is not granted is a problem at once, and no stream.
    open.push_str("&view=measurements");
    assert_eq!(world.get(&open).await.problem(403)["type"], "/problems/forbidden");
    assert_eq!(world.get(WATCH).await.problem(403)["status"], 403, "everybody has no grant for the phones");
    world.get_as("token-of-nobody", WATCH).await.problem(401);
    let bad = format!("{WATCH}&after=yesterday");
    world.get_as("another-token", &bad).await.problem(400);
}

#[tokio::test]
async fn an_open_view_is_watched_without_a_token_and_head_discloses_nothing() {
    let world = World::new();
    let open = "/api/v1/released/live?stream=air&purpose=air-quality&after=2026-11-24T08:00:00Z";
    let line = "{\"time\":\"2026-11-24T08:00:10Z\",\"no2\":41.5}\n";
    world.clock.advance(Span::seconds(30));
    assert_eq!(world.post("token-of-air-1", "/api/v1/observations", "application/x-ndjson", line).await.status, 200);
    world.clock.advance(Span::minutes(3));
    let head = world.ask(Request::head(open).body(Body::empty()).unwrap()).await;
    assert_eq!((head.status, head.header("content-type"), head.text()), (StatusCode::OK, "text/event-stream", ""));
    assert_eq!(world.city.register().disclosure_records(Seq(0), 10).unwrap().len(), 0);
    let mut watching = Watching::begin(&world, None, open, None).await;
    watching.named("watching").await;
    let event = watching.named("released").await;
    assert_eq!(event.data["rows"][0]["fields"]["no2"], 41.5);
    assert_eq!(
        (event.data["record"]["recipient"].as_str(), event.id.as_str()),
        (Some("public"), "2026-11-24T08:02:00Z")
    );
    let page = world.get("/metrics").await;
    assert!(page.text().contains("ordinance_live_connections 1\n"));
    drop(watching);
    for _ in 0..100 {
        if world.get("/metrics").await.text().contains("ordinance_live_connections 0\n") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a connection that broke keeps its place");
}

#[tokio::test]
async fn a_slow_reader_keeps_neither_ticks_nor_others_waiting_and_nothing_is_disclosed_ahead_of_it() {
    let world = World::new();
    // As many as one party may have; none reads a byte while twenty windows are released.
    let mut slow = Vec::new();
    for _ in 0..16 {
        slow.push(Watching::begin(&world, Some("token-of-mobility"), WATCH, None).await);
    }
    assert_eq!(world.get_as("token-of-mobility", WATCH).await.problem(429)["status"], 429);
    for _ in 0..20 {
        quarter(&world, 12).await;
    }
    released(&world).await;
    // Long enough for every one of them to be looked after.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let made = world.city.register().disclosure_records(Seq(0), 1_000).unwrap().len();
    assert!((1..=16).contains(&made), "one event waits for each, and no more was disclosed: {made}");
    assert_eq!(world.get("/healthz").await.status, 200);
    let path = "/api/v1/released?stream=wifi-counts&purpose=traffic-management";
    assert_eq!(world.get_as("token-of-mobility", path).await.status, 200);
    released(&world).await;
    // Whoever reads after all gets every window, in order.
    let mut patient = slow.pop().unwrap();
    patient.named("watching").await;
    for window in 1..=20_u32 {
        let expected = "2026-11-24T08:00:00Z".parse::<model::Timestamp>().unwrap() + Span::minutes(15 * window);
        assert_eq!(patient.named("released").await.id, expected.to_string());
    }
}

#[tokio::test]
async fn a_node_that_stops_tells_those_who_watch() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(node::serve(world.city.clone(), None, listener, stopped));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let open = "/api/v1/released/live?stream=air&purpose=air-quality";
    stream.write_all(format!("GET {open} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).await.unwrap();
    let mut begun = vec![0; 4096];
    let mut read = String::new();
    while !read.contains("event: watching") {
        let count = stream.read(&mut begun).await.unwrap();
        read.push_str(&String::from_utf8_lossy(&begun[..count]));
    }
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(5), served).await;
    assert!(matches!(ended, Ok(Ok(Ok(())))), "it does not wait for whoever watches");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.contains("event: closed") && rest.contains("the node stops"), "{rest}");
}
