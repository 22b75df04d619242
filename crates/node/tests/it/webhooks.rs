//! Webhooks: signed, tried again until they arrive, for as long as the grant stands, and never into the city's own network.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use flow::hooks::{Hook, HookName, Hooks};
use model::{Seq, Span};
use node::{Allowed, Webhooks};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::city::World;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A message as it came.
#[derive(Debug, Clone)]
struct Came {
    head: String,
    body: Value,
}

impl Came {
    fn header(&self, name: &str) -> String {
        let line = self.head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")));
        line.unwrap_or_default().split_once(':').unwrap_or_default().1.trim().to_owned()
    }
}

/// A recipient's own server: answers as it is told to, and keeps what came.
struct Recipient {
    address: String,
    came: Arc<Mutex<Vec<Came>>>,
    status: Arc<Mutex<u16>>,
    server: JoinHandle<()>,
}

impl Recipient {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/in", listener.local_addr().unwrap());
        let (came, status) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(204)));
        let (kept, answered) = (Arc::clone(&came), Arc::clone(&status));
        let server = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut read = Vec::new();
                let (head, body) = loop {
                    let mut piece = [0; 4096];
                    let count = stream.read(&mut piece).await.unwrap();
                    read.extend_from_slice(&piece[..count]);
                    let text = String::from_utf8_lossy(&read).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let length = head
                        .lines()
                        .find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
                    if body.len() >= length.unwrap_or(0) {
                        break (head.to_owned(), body.to_owned());
                    }
                };
                kept.lock().unwrap().push(Came { head, body: serde_json::from_str(&body).unwrap() });
                let status = *answered.lock().unwrap();
                let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { address, came, status, server }
    }

    fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }

    async fn until(&self, enough: impl Fn(&[Came]) -> bool) -> Vec<Came> {
        for _ in 0..400 {
            let came = self.came();
            if enough(&came) {
                return came;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("it did not come: {:?}", self.came());
    }
}

impl Drop for Recipient {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn hooked(world: &World, address: &str) -> (Hooks, HookName) {
    let hooks = Hooks::of(world.city.root());
    let hook = Hook {
        name: "counts".parse().unwrap(),
        recipient: "mobility".parse().unwrap(),
        purpose: "traffic-management".parse().unwrap(),
        stream: "wifi-counts".parse().unwrap(),
        view: None,
        address: address.to_owned(),
        secret: SECRET.to_owned(),
    };
    hooks.add(&hook).unwrap();
    (hooks, hook.name)
}

fn running(world: &World, allowed: &[&str]) -> JoinHandle<()> {
    let allowed: Vec<Allowed> = allowed.iter().map(|text| text.parse().unwrap()).collect();
    let webhooks = Webhooks::new(Arc::clone(&world.city), allowed).with_patience(Duration::from_millis(50));
    tokio::spawn(webhooks.run())
}

/// Waits until a hook has come as far as wanted.
async fn until(
    hooks: &Hooks,
    name: &HookName,
    enough: impl Fn(&flow::hooks::Progress) -> bool,
) -> flow::hooks::Progress {
    for _ in 0..400 {
        let progress = hooks.progress(name).unwrap();
        if enough(&progress) {
            return progress;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{:?}", hooks.progress(name));
}

/// So many phones in a quarter of an hour, and the quarter released.
async fn quarter(world: &World, phones: u32) {
    let now = world.now();
    let lines: String =
        (0..phones).map(|phone| format!("{{\"time\":\"{now}\",\"mac\":\"a4:11:3c:00:00:{phone:02x}\"}}\n")).collect();
    assert_eq!(world.post("token-of-wifi-1", "/api/v1/observations", "application/x-ndjson", lines).await.status, 200);
    world.clock.advance(Span::minutes(15));
}

async fn released(world: &World) {
    world.clock.advance(Span::minutes(2));
    world.tick().await;
}

#[tokio::test]
async fn each_window_is_sent_signed_until_it_arrives_and_after_a_restart_none_is_missed() {
    let world = World::new();
    let recipient = Recipient::new().await;
    let (hooks, name) = hooked(&world, &recipient.address);
    let node = running(&world, &["127.0.0.1"]);
    until(&hooks, &name, |progress| progress.through.is_some()).await;
    *recipient.status.lock().unwrap() = 500;
    quarter(&world, 12).await;
    released(&world).await;
    let came = recipient.until(|came| came.len() >= 3).await;
    let progress = until(&hooks, &name, |progress| progress.failing.is_some()).await;
    let failing = progress.failing.unwrap();
    assert_eq!((failing.why.as_str(), progress.arrived), ("the recipient answered 500", 0));
    assert!(
        came.iter().all(|one| one.header("webhook-id") == came[0].header("webhook-id") && one.body == came[0].body)
    );
    assert_eq!(
        world.city.register().disclosure_records(Seq(0), 10).unwrap().len(),
        1,
        "a further try is no further disclosure"
    );
    assert_eq!((&came[0].body["type"], &came[0].body["data"]["rows"][0]["value"]), (&"released".into(), &12.into()));
    assert_eq!(came[0].header("content-type"), "application/json");
    let seconds: i64 = came[0].header("webhook-timestamp").parse().unwrap();
    assert!((world.now().millis() / 1_000 - seconds).abs() < 3_600);
    assert!(came[0].header("webhook-signature").starts_with("v1,"));
    *recipient.status.lock().unwrap() = 204;
    until(&hooks, &name, |progress| progress.arrived == 1 && progress.failing.is_none()).await;
    // The node ends; two more windows are released; another one goes on.
    node.abort();
    quarter(&world, 9).await;
    quarter(&world, 14).await;
    released(&world).await;
    let before = recipient.came().len();
    let node = running(&world, &["127.0.0.1"]);
    until(&hooks, &name, |progress| progress.arrived >= 3).await;
    let after = recipient.came().split_off(before);
    let rows: Vec<usize> = after.iter().map(|one| one.body["data"]["rows"].as_array().unwrap().len()).collect();
    assert!(rows.starts_with(&[0, 1]), "what is withheld is not sent: {rows:?}");
    let ids: std::collections::BTreeSet<String> = recipient.came().iter().map(|one| one.header("webhook-id")).collect();
    assert_eq!(ids.len(), 3, "each window has an id of its own");
    node.abort();
}

#[tokio::test]
async fn a_withdrawn_grant_ends_it_also_for_what_is_under_way() {
    let world = World::new();
    let recipient = Recipient::new().await;
    let (hooks, name) = hooked(&world, &recipient.address);
    let node = running(&world, &["127.0.0.1"]);
    until(&hooks, &name, |progress| progress.through.is_some()).await;
    *recipient.status.lock().unwrap() = 503;
    quarter(&world, 12).await;
    released(&world).await;
    recipient.until(|came| !came.is_empty()).await;
    let withdraw = json!({ "do": "withdraw-grant", "with": { "grant": "own" } });
    world.submit(json!({ "by": "mobility", "reason": "it ended", "command": withdraw })).unwrap();
    *recipient.status.lock().unwrap() = 204;
    until(&hooks, &name, |progress| progress.failing.as_ref().is_some_and(|failing| !failing.why.contains("503")))
        .await;
    let came = recipient.came().len();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(recipient.came().len() <= came + 1, "one may have been under way that moment");
    assert_eq!(hooks.progress(&name).unwrap().arrived, 0);
    // A hook that is removed is looked after no more.
    hooks.remove(&name).unwrap();
    node.abort();
}

#[tokio::test]
async fn nobody_reaches_into_the_citys_network_by_a_webhook() {
    let world = World::new();
    let recipient = Recipient::new().await;
    let (hooks, name) = hooked(&world, &recipient.address);
    let node = running(&world, &["10.0.0.0/8"]);
    until(&hooks, &name, |progress| progress.through.is_some()).await;
    quarter(&world, 12).await;
    released(&world).await;
    let progress = until(&hooks, &name, |progress| progress.failing.is_some()).await;
    assert!(progress.failing.unwrap().why.contains("--webhooks-allow"));
    assert_eq!(recipient.came().len(), 0);
    node.abort();
}
