//! `kill -9` at random instants of ingest, acts and disclosure: nothing acknowledged is lost, nothing torn is read, the log
//! only grows, the disclosures have no gap.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::tool::{City, Node, json as run_json, now, wait};

/// How often the node is killed.
const KILLS: u64 = 200;

/// What the node has acknowledged.
#[derive(Default)]
struct Acknowledged {
    runs: BTreeSet<i64>,
    places: BTreeSet<String>,
    disclosures: Vec<u64>,
}

/// Numbers of a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 31)) % limit
    }
}

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let city = City::new();
    let mut random = Random(42);
    let mut acknowledged = Acknowledged::default();
    let next = AtomicU64::new(0);
    let checkpoint = city.dir().parent().unwrap().join("checkpoint");
    for kill in 0..KILLS {
        let mut node = Node::start(&city);
        let patience = Duration::from_micros(1_000 + random.below(120_000));
        hammer(&city, &mut node, &next, patience, &mut acknowledged);
        if kill % 20 == 0 {
            audit(&city, &checkpoint);
        }
    }
    let counts = [acknowledged.runs.len(), acknowledged.places.len(), acknowledged.disclosures.len()];
    assert!(counts.iter().all(|&count| count > 50), "too little was acknowledged to show anything: {counts:?}");
    audit(&city, &checkpoint);
    let node = Node::start(&city);
    let (_, air) = node.try_get("/api/v1/released?stream=air&purpose=air-quality").unwrap();
    let rows = air["rows"].as_array().unwrap();
    let runs: Vec<i64> = rows.iter().map(|row| row["fields"]["run"].as_i64().unwrap()).collect();
    let unique: BTreeSet<i64> = runs.iter().copied().collect();
    assert_eq!(unique.len(), runs.len(), "no observation is there twice");
    assert!(unique.is_superset(&acknowledged.runs), "an acknowledged observation is gone");
    let (_, register) = node.try_get("/api/v1/register").unwrap();
    let places: BTreeSet<String> =
        register["places"].as_array().unwrap().iter().map(|place| place["id"].as_str().unwrap().to_owned()).collect();
    assert!(places.is_superset(&acknowledged.places), "an acknowledged act is gone");
    let numbers: BTreeSet<u64> = acknowledged.disclosures.iter().copied().collect();
    assert_eq!(numbers.len(), acknowledged.disclosures.len(), "no number is given twice");
    let seq = air["record"]["seq"].as_u64().unwrap();
    assert!(numbers.iter().all(|number| *number < seq), "an acknowledged disclosure is gone");
}

/// Sends, submits and asks at once until the node dies.
fn hammer(city: &City, node: &mut Node, next: &AtomicU64, patience: Duration, acknowledged: &mut Acknowledged) {
    let dead = AtomicBool::new(false);
    let pid = node.running.child.id();
    let number = || next.fetch_add(1, Ordering::SeqCst);
    let alive = || !dead.load(Ordering::SeqCst);
    let shared = &*node;
    let (runs, places, disclosures) = std::thread::scope(|scope| {
        let runs = scope.spawn(|| {
            let mut taken = Vec::new();
            while alive() {
                let run = i64::try_from(number()).unwrap();
                let line = format!("{{\"time\":\"{}\",\"no2\":1,\"run\":{run}}}", now());
                let path = "/api/v1/observations";
                match shared.try_post(path, "application/x-ndjson", Some(&city.air), line.as_bytes()) {
                    Ok((200, _)) => taken.push(run),
                    Ok((status, answer)) if status < 500 => panic!("{status}: {answer}"),
                    _ => break,
                }
            }
            taken
        });
        let places = scope.spawn(|| {
            let mut taken = Vec::new();
            while alive() {
                let id = format!("place-{}", number());
                let place = json!({"id": id, "name": id, "geometry": {"type": "Point", "coordinates": [1.0, 2.0]}});
                let command = json!({"by": "city", "command": {"do": "register-place", "with": place}});
                let path = "/api/v1/commands";
                match shared.try_post(path, "application/json", Some(&city.officer), command.to_string().as_bytes()) {
                    Ok((200, _)) => taken.push(id),
                    Ok((status, answer)) if status < 500 => panic!("{status}: {answer}"),
                    _ => break,
                }
            }
            taken
        });
        let disclosures = scope.spawn(|| {
            let mut taken = Vec::new();
            while alive() {
                match shared.try_get("/api/v1/released?stream=air&purpose=air-quality") {
                    Ok((200, Value::Object(answer))) => taken.extend(answer["record"]["seq"].as_u64()),
                    // The answer was cut: its record may be there, but it was not received.
                    Ok((200, _)) | Err(_) => break,
                    Ok((status, answer)) => panic!("{status}: {answer}"),
                }
            }
            taken
        });
        wait(patience);
        kill_9(pid);
        dead.store(true, Ordering::SeqCst);
        (runs.join().unwrap(), places.join().unwrap(), disclosures.join().unwrap())
    });
    node.kill();
    acknowledged.runs.extend(runs);
    acknowledged.places.extend(places);
    acknowledged.disclosures.extend(disclosures);
}

fn kill_9(pid: u32) {
    assert!(std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}

/// The whole log holds, continues what it said before, and agrees with what lies beside it.
fn audit(city: &City, checkpoint: &std::path::Path) {
    // A start publishes what a crash kept from being published.
    drop(Node::start(city));
    let mut args = vec!["verify".to_owned(), city.arg()];
    if checkpoint.exists() {
        args.extend(["--continues".to_owned(), checkpoint.to_str().unwrap().to_owned()]);
    }
    let audit = run_json(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(audit["holds"], true);
    std::fs::copy(city.dir().join("log/checkpoint"), checkpoint).unwrap();
}
