//! Two cities that differ in what they withhold and in nothing else: no question tells one from the other, by its answer, its
//! error, or what is put into the engine.
//!
//! Times are compared where the two could differ in them: while rows are handed over (flow: `timing`). The engine hears the
//! question and the tables alone, and both cities are shown to hand over the same bytes (`content`, the hash in each record).

#![cfg(feature = "sql")]

use std::sync::Arc;

use flow::{City, Created};
use model::policy::PolicyText;
use model::{Party, PartyKind, Span, Timestamp};
use register::{Adopting, Founding, Submission};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{FakeClock, SeededBytes};

use crate::tool::{instant, run};

/// A city in which twelve phones were at the first receiver, and as many as said at the second, where fewer than ten are withheld.
/// It was built an hour ago, and its clock is the machine's from then on.
fn city(at_the_second: u32) -> TempDir {
    city_with(at_the_second, |_| {})
}

/// The same, but for what of its declaration is altered.
pub(crate) fn city_with(at_the_second: u32, alter: impl Fn(&mut Value)) -> TempDir {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let quarter = Span::minutes(15).millis();
    let now = instant().millis();
    let begin = Timestamp::from_millis(now - now.rem_euclid(quarter) - 8 * quarter);
    let clock = Arc::new(FakeClock::at(begin - Span::hours(1)));
    let founder = Party { id: "city".parse().unwrap(), name: "Twin".to_owned(), kind: PartyKind::CityDepartment };
    let policies = PolicyText {
        layers: vec![testkit::core()],
        permits: norms::city_permits_default().to_owned(),
        permits_owner: founder.id.clone(),
    };
    let created = Created {
        founding: Founding {
            name: "Twin".to_owned(),
            founder,
            adopting: Adopting::unreleased(policies, "for tests".to_owned()),
            reason: None,
        },
        origin: "twin.example/log".to_owned(),
    };
    let city =
        City::create(&folder.path().join("city"), created, Arc::clone(&clock) as _, Arc::new(SeededBytes::new(7)))
            .unwrap();
    for mut submission in declared(begin) {
        alter(&mut submission);
        let words = submission.to_string();
        let submission: Submission = serde_json::from_value(submission).unwrap();
        city.register().submit(submission).unwrap_or_else(|error| panic!("{error}: {words}"));
    }
    for (receiver, phones) in [("one", 12), ("two", at_the_second)] {
        clock.set(begin + Span::minutes(1));
        let line = |phone: u32| {
            format!("{{\"time\":\"{}\",\"mac\":\"5c:aa:1b:90:e7:{phone:02x}\"}}\n", begin + Span::minutes(1))
        };
        let lines: String = (0..phones).map(line).collect();
        if phones > 0 {
            assert_eq!(
                city.ingest_lines(&format!("token-of-{receiver}"), lines.as_bytes()).unwrap().admitted,
                u64::from(phones)
            );
        }
    }
    clock.set(begin + Span::minutes(40));
    city.tick().unwrap();
    folder
}

fn declared(begin: Timestamp) -> Vec<Value> {
    let at = |span: Span| (begin + span).to_string();
    let starts = (begin - Span::minutes(30)).to_string();
    let by = |by: &str, command: Value| json!({ "by": by, "command": command });
    let mut all: Vec<Value> =
        [("privacy-office", "officer"), ("council", "officer"), ("public", "public"), ("other", "company")]
            .map(|(id, kind)| {
                by(
                    "city",
                    json!({ "do": "register-party", "with": { "party": { "id": id, "name": id, "kind": kind } } }),
                )
            })
            .into();
    let position = json!([16.6, 49.2]);
    let place = json!({ "id": "centre", "name": "Centre", "geometry": { "type": "Point", "coordinates": position } });
    let deployment = json!({ "id": "busy", "title": "Busy?", "description": "Counts.", "accountable": "city",
        "place": "centre", "technology": "wifi-counter", "purposes": ["traffic-management"], "legal_basis": "public-task",
        "privacy_statement": "https://twin.example/privacy", "starts": starts, "ends": at(Span::days(300)),
        "streams": [{ "id": "wifi", "retention": "24h", "time": { "do": "bin", "bin": "1m" }, "properties": {
            "mac": { "category": "mac-address", "value": "text", "treatment": { "do": "pseudonymise", "epoch": "24h" } } } }] });
    let assessment = json!({ "id": "pia", "deployment": "busy", "instrument": "privacy-impact-1", "outcome": "acceptable",
        "summary": "Small.", "signed_by": "privacy-office", "document": "11".repeat(32), "review_by": at(Span::days(200)) });
    all.extend([
        by("city", json!({ "do": "register-place", "with": place })),
        by("city", json!({ "do": "propose", "with": deployment })),
        by("privacy-office", json!({ "do": "sign-assessment", "with": assessment })),
        json!({ "by": "council", "reason": "It is useful.",
            "command": { "do": "approve", "with": { "deployment": "busy", "until": at(Span::days(100)) } } }),
        by("city", json!({ "do": "publish", "with": { "deployment": "busy" } })),
        by("city", json!({ "do": "activate", "with": { "deployment": "busy" } })),
    ]);
    for receiver in ["one", "two"] {
        let device = json!({ "id": receiver, "stream": "wifi", "deployment": "busy", "position": position });
        let credential = flow::city::credential(&format!("token-of-{receiver}"));
        all.push(by("city", json!({ "do": "register-device", "with": device })));
        let keyed = json!({ "device": receiver, "credential": credential });
        all.push(by("city", json!({ "do": "set-device-credential", "with": keyed })));
    }
    let view = json!({ "id": "counts", "version": 1, "stream": "wifi", "title": "How many",
        "exposure": { "as": "windows", "bin": "15m", "space": { "by": "sensor" }, "measure": { "of": "distinct", "property": "mac" } },
        "identifiers": "none", "minimum": 10, "bound": 4, "noise": "none", "delay": "0s", "depth": "400d" });
    let grant = json!({ "id": "own", "recipient": "city", "stream": "wifi", "view": "counts", "purpose": "traffic-management",
        "until": at(Span::days(90)), "duties": ["no-reidentification"], "judged": { "personal": true, "argument": "Its own." } });
    let token = json!({ "party": "city", "credential": flow::city::credential("token-of-city") });
    all.push(by("city", json!({ "do": "issue-party-credential", "with": token })));
    all.push(by("city", json!({ "do": "declare-view", "with": view })));
    all.push(by("city", json!({ "do": "agree-grant", "with": grant })));
    all
}

/// What a question gives: its status, its words, its rows, and of what was disclosed for it the numbers and the hash.
fn told(folder: &TempDir, question: &str) -> (Option<i32>, String, Value) {
    let city = folder.path().join("city");
    let asks = ["--as", "city", "--purpose", "traffic-management", "--json"];
    let output = run(&[&["sql", city.to_str().unwrap(), question], asks.as_slice()].concat());
    let mut document: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    for disclosure in document["disclosures"].as_array_mut().into_iter().flatten() {
        let of = |name: &str| disclosure["record"][name].clone();
        *disclosure = json!({ "seq": disclosure["seq"], "rows": disclosure["rows"], "withheld": disclosure["withheld"],
            "content": of("content"), "because": of("because"), "under": of("under") });
    }
    let words = String::from_utf8(output.stderr).unwrap().replace(city.to_str().unwrap(), "CITY");
    (output.status.code(), words, document)
}

/// What each of some cities gives, all of them within one minute: a window that is released in between, which falls due with a whole minute,
/// would be withheld in some alone.
fn within_a_minute<const N: usize>(cities: [&TempDir; N], question: &str) -> [(Option<i32>, String, Value); N] {
    let minute = || instant().millis().div_euclid(Span::minutes(1).millis());
    loop {
        let before = minute();
        let told = cities.map(|city| told(city, question));
        if minute() == before {
            return told;
        }
    }
}

#[test]
fn no_question_in_sql_tells_apart_two_cities_that_differ_in_what_is_withheld() {
    let (nobody, one, nine) = (city(0), city(1), city(9));
    // A city in which the second receiver counted enough is told apart: the comparison sees differences.
    let enough = city(10);
    let questions = [
        "SELECT * FROM wifi.counts ORDER BY sensor",
        "SELECT count(*), sum(value), min(value), max(sensor) FROM wifi.counts",
        // Errors and limits that would depend on a row that is there.
        "SELECT 1 / (value - 9) FROM wifi.counts",
        "SELECT 1 / (value - 1) FROM wifi.counts WHERE sensor = 'two'",
        "SELECT CAST(sensor AS INT) FROM wifi.counts WHERE sensor <> 'one'",
        "SELECT CASE WHEN sensor = 'two' THEN 1 / 0 ELSE 1 END FROM wifi.counts",
        "SELECT (SELECT sensor FROM wifi.counts WHERE sensor = 'two')",
        "SELECT repeat('x', CAST(value AS INT) * 1000) FROM wifi.counts WHERE value < 10",
        "SELECT r.sensor, c.value FROM reference.sensors r LEFT JOIN wifi.counts c USING (sensor) ORDER BY 1",
        "SELECT a.value FROM wifi.counts a, generate_series(1, 2000) b WHERE a.value < 10",
        "SELECT nothing FROM wifi.counts",
    ];
    for question in questions {
        let [first, second, third] = within_a_minute([&nobody, &one, &nine], question);
        assert_eq!(first, second, "{question}");
        assert_eq!(first, third, "{question}");
    }
    let all = questions[0];
    let (seen, other) = (told(&nobody, all), told(&enough, all));
    assert_eq!(seen.2["rows"].as_array().unwrap().len(), 1, "{seen:?}");
    assert_eq!(other.2["rows"].as_array().unwrap().len(), 2, "{other:?}");
    assert_ne!(seen.2["disclosures"][0]["content"], other.2["disclosures"][0]["content"]);
    assert!(seen.2["disclosures"][0]["withheld"].as_u64().unwrap() > 0);
}
