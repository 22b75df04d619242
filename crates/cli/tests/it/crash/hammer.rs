//! Everything that a city is asked at once, until it dies: observations of three streams, acts, questions.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use model::Timestamp;
use serde_json::{Value, json};

use super::books::Books;
use crate::tool::{City, Node, instant, wait};

/// How many phones there are.
pub(super) const PHONES: u64 = 40;
const DAY_MILLIS: i64 = 86_400_000;

/// What does not change from one node to the next.
pub(super) struct Hammer<'c> {
    city: &'c City,
    /// Every observation and every place has a number of its own.
    next: AtomicU64,
}

impl<'c> Hammer<'c> {
    pub(super) const fn new(city: &'c City) -> Self {
        Self { city, next: AtomicU64::new(0) }
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::SeqCst)
    }
}

/// What the node did with a request.
enum Outcome {
    Taken(Value),
    /// It died, or could not; whether it is there is open.
    Open,
}

/// An answer that was not refused: everything sent here is right.
fn outcome(result: Result<(u16, Value), ureq::Error>) -> Outcome {
    match result {
        // A body that was cut is no answer.
        Ok((200, Value::Null)) | Err(_) => Outcome::Open,
        Ok((200, answer)) => Outcome::Taken(answer),
        Ok((status, answer)) => panic!("{status}: {answer}"),
    }
}

/// Sends, submits and asks at once until the node dies; what it acknowledged is written into the books.
pub(super) fn hammer(work: &Hammer<'_>, node: &mut Node, patience: Duration, books: &mut Books, kill: u64) {
    let dead = AtomicBool::new(false);
    let shared = &*node;
    // Everybody goes on until they get no answer.
    let until_dead = |one: &mut dyn FnMut() -> bool| {
        while !dead.load(Ordering::SeqCst) && one() {
            std::hint::spin_loop()
        }
    };
    let (runs, phones, entries, disclosures) = std::thread::scope(|scope| {
        let runs = scope.spawn(|| {
            let mut taken = Vec::new();
            until_dead(&mut || air(work, shared, &mut taken));
            taken
        });
        let phones = scope.spawn(|| {
            let mut taken = Vec::new();
            until_dead(&mut || wifi(work, shared, &mut taken));
            taken
        });
        let entries = scope.spawn(|| {
            let mut taken = Vec::new();
            // A new version of a view is released anew from its first window on: at the next tick, or the next start.
            if view(work, shared, kill + 2, &mut taken) {
                until_dead(&mut || place(work, shared, &mut taken));
            }
            taken
        });
        let disclosures = scope.spawn(|| {
            let mut taken = Vec::new();
            until_dead(&mut || ask(work, shared, &mut taken));
            taken
        });
        wait(patience);
        shared.running.signal("-9");
        dead.store(true, Ordering::SeqCst);
        (runs.join().unwrap(), phones.join().unwrap(), entries.join().unwrap(), disclosures.join().unwrap())
    });
    node.kill();
    books.runs.extend(runs);
    books.phones.extend(phones);
    books.entries.extend(entries);
    books.disclosures.extend(disclosures);
}

/// At any time since the city began, so that several windows hold some, and of today.
fn earlier(work: &Hammer<'_>, number: u64) -> Timestamp {
    let now = instant().millis();
    let since = (now - work.city.starts.millis()).max(1).unsigned_abs();
    let back = i64::try_from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % since).unwrap();
    Timestamp::from_millis((now - back).max(now - now.rem_euclid(DAY_MILLIS)))
}

fn air(work: &Hammer<'_>, node: &Node, taken: &mut Vec<i64>) -> bool {
    // Three lines in one batch: all of them, or none.
    let first = work.next.fetch_add(3, Ordering::SeqCst);
    let runs: Vec<i64> = (first..first + 3).map(|run| i64::try_from(run).unwrap()).collect();
    let line = |run: &i64| json!({ "time": earlier(work, run.unsigned_abs()), "no2": 1, "run": run }).to_string();
    let lines: Vec<String> = runs.iter().map(line).collect();
    let sent = node.try_post(
        "/api/v1/observations",
        "application/x-ndjson",
        Some(&work.city.air),
        lines.join("\n").as_bytes(),
    );
    let Outcome::Taken(answer) = outcome(sent) else { return false };
    assert_eq!(answer["admitted"], 3);
    taken.extend(runs);
    true
}

/// The address of a phone.
fn phone(number: u64) -> String {
    format!("5c:aa:1b:90:e7:{number:02x}")
}

fn wifi(work: &Hammer<'_>, node: &Node, taken: &mut Vec<(i64, u64)>) -> bool {
    let number = work.number();
    let (phone_number, at) = (number % PHONES, earlier(work, number));
    let line = json!({ "time": at, "mac": phone(phone_number) }).to_string();
    let sent = node.try_post("/api/v1/observations", "application/x-ndjson", Some(&work.city.wifi), line.as_bytes());
    let today = |at: Timestamp| at.millis().div_euclid(DAY_MILLIS);
    if today(at) != today(instant()) {
        // Midnight passed meanwhile: the key of the day is gone, and to be refused is right.
        return sent.is_ok();
    }
    let Outcome::Taken(_) = outcome(sent) else { return false };
    taken.push((today(at), phone_number));
    true
}

/// Submits a command; gives the entry it made and its mark.
fn submit(work: &Hammer<'_>, node: &Node, command: &Value, mark: &str, taken: &mut Vec<(u64, String)>) -> bool {
    let submission = json!({ "by": "city", "command": command }).to_string();
    let sent = node.try_post("/api/v1/commands", "application/json", Some(&work.city.officer), submission.as_bytes());
    let Outcome::Taken(answer) = outcome(sent) else { return false };
    let entry = answer[0]["entries"][0].as_u64().unwrap();
    taken.push((entry, mark.to_owned()));
    true
}

fn place(work: &Hammer<'_>, node: &Node, taken: &mut Vec<(u64, String)>) -> bool {
    let id = format!("place-{}", work.number());
    let place = json!({"id": id, "name": id, "geometry": {"type": "Point", "coordinates": [1.0, 2.0]}});
    submit(work, node, &json!({"do": "register-place", "with": place}), &format!("\"{id}\""), taken)
}

fn view(work: &Hammer<'_>, node: &Node, version: u64, taken: &mut Vec<(u64, String)>) -> bool {
    let view = json!({
        "id": "quarters", "version": version, "stream": "air", "title": "The mean of each twenty seconds",
        "exposure": {
            "as": "windows", "bin": "20s", "space": {"by": "sensor"}, "measure": {"of": "mean", "property": "no2"}
        },
        "identifiers": "none", "minimum": 0, "bound": 1, "noise": "none", "delay": "0s", "depth": "3650d"
    });
    submit(work, node, &json!({"do": "declare-view", "with": view}), &format!("\"version\":{version}"), taken)
}

/// Asks for records, for released numbers, and for numbers about phones.
fn ask(work: &Hammer<'_>, node: &Node, taken: &mut Vec<(u64, String)>) -> bool {
    let recent = Timestamp::from_millis(instant().millis() - 5_000);
    let (token, question) = match work.number() % 3 {
        0 => (None, format!("stream=air&purpose=air-quality&from={recent}")),
        1 => (None, "stream=air&purpose=public-information".to_owned()),
        _ => (Some(work.city.officer.as_str()), "stream=wifi&purpose=traffic-management".to_owned()),
    };
    let asked = node.try_get_as(token, &format!("/api/v1/released?{question}"));
    let Outcome::Taken(answer) = outcome(asked) else { return false };
    let record = &answer["record"];
    taken.push((record["seq"].as_u64().unwrap(), record["content"].as_str().unwrap().to_owned()));
    true
}
