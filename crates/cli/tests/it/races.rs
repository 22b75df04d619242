//! Races for a stream's budget over many connections: views that are declared at once, and rows that are asked for while they are
//! released.

#![cfg(feature = "sql")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::tool::{Node, instant, wait};
use crate::twins::city_with;

const TOKEN: Option<&str> = Some("token-of-city");
const ASKED: &str = "/api/v1/released?stream=wifi&view=counts&purpose=traffic-management";

/// A view of a quarter of an hour each, of which a day costs 96 times the loss.
fn view(id: &str, rho: &str) -> Value {
    json!({ "id": id, "version": 1, "stream": "wifi", "title": "How many",
        "exposure": { "as": "windows", "bin": "15m", "space": { "by": "sensor" }, "measure": { "of": "distinct", "property": "mac" } },
        "identifiers": "none", "minimum": 10, "bound": 1, "noise": { "gaussian": { "rho": rho } }, "delay": "0s", "depth": "400d" })
}

/// How many of so many views, each declared over a connection of its own at the same moment, were taken.
fn taken(node: &Node, name: &str, many: usize, rho: &str) -> usize {
    let declare = |at: usize| {
        let command = json!({ "do": "declare-view", "with": view(&format!("{name}-{at}"), rho) });
        let body = json!({ "by": "city", "command": command }).to_string();
        let (status, answer) = node.post("/api/v1/commands", "application/json", TOKEN, body.as_bytes());
        assert!(status == 200 || answer["detail"].as_str().unwrap().contains("budget"), "{answer}");
        status == 200
    };
    thread::scope(|scope| {
        let declared: Vec<_> = (0..many).map(|at| scope.spawn(move || declare(at))).collect();
        declared.into_iter().map(|one| one.join().unwrap()).filter(|taken| *taken).count()
    })
}

/// Every number that a connection was given, by window and sensor, until it is told to stop.
fn asking(node: &Node, stop: &AtomicBool) -> BTreeMap<(String, String), i64> {
    let mut seen = BTreeMap::new();
    while !stop.load(Ordering::Relaxed) {
        let (status, answer) = node.try_get_as(TOKEN, ASKED).unwrap();
        assert_eq!(status, 200, "{answer}");
        for row in answer["rows"].as_array().unwrap() {
            let key = (row["from"].to_string(), row["cell"].to_string());
            let value = row["value"].as_i64().unwrap();
            assert_eq!(*seen.entry(key).or_insert(value), value, "drawn anew: {row}");
        }
    }
    seen
}

#[test]
fn many_connections_at_once_promise_no_more_than_the_budget_and_draw_nothing_twice() {
    let folder = city_with(60, |submission| match submission["command"]["do"].as_str() {
        Some("propose") => submission["command"]["with"]["streams"][0]["budget"] = json!("1"),
        Some("declare-view") => submission["command"]["with"] = view("counts", "0.001"),
        _ => {}
    });
    let dir = folder.path().join("city");
    let node = Node::try_start_in(dir.to_str().unwrap(), "127.0.0.1:0", &[]).unwrap();
    let stop = AtomicBool::new(false);
    let (large, small, seen) = thread::scope(|scope| {
        let askers: Vec<_> = (0..8).map(|_| scope.spawn(|| asking(&node, &stop))).collect();
        // The first view costs 0.096 of 1 a day. One of 0.576 fits beside it and two do not; then three of 0.096.
        let large = taken(&node, "large", 16, "0.006");
        let small = taken(&node, "small", 10, "0.001");
        wait(Duration::from_secs(4));
        stop.store(true, Ordering::Relaxed);
        (large, small, askers.into_iter().map(|asker| asker.join().unwrap()).collect::<Vec<_>>())
    });
    assert_eq!((large, small), (1, 3));
    let all = seen.iter().fold(BTreeMap::new(), |mut all, one| {
        for (key, value) in one {
            assert_eq!(*all.entry(key).or_insert(value), value, "two connections were told different numbers");
        }
        all
    });
    assert!(!all.is_empty(), "nothing was released while it was asked for");
    drop(node);
    let clock = std::sync::Arc::new(testkit::FakeClock::at(instant()));
    let city = flow::City::open(&dir, clock as _, std::sync::Arc::new(testkit::SeededBytes::new(1))).unwrap();
    let spent: Vec<u64> =
        city.lake().ledger(&"wifi".parse().unwrap()).unwrap().epochs().map(|(_, spent)| spent).collect();
    assert!(spent.iter().all(|spent| *spent <= 1_000_000) && spent.iter().any(|spent| *spent > 0), "{spent:?}");
}
