//! Views of what is worked out in memory, as recipients get them: ways between cameras, tallies, and gaps that stay gaps.

use model::{Span, Timestamp};
use register::{Command, Submission};
use serde_json::{Value, json};

use super::World;
use super::memories::{ADDRESS, PLATE, phones, send, stream};
use crate::{Answer, Cell, Format, Row};

const JOURNEY: &str = r#"{ "do": "journey", "within": "10m", "classes": ["2m", "5m"], "most": 4 }"#;

fn declare(world: &World, id: &str, space: &str, measure: &Value, noise: &Value, bound: &Value) -> Result<(), String> {
    let view = json!({ "id": id, "version": 1, "stream": "quiet-stream", "title": "v",
        "exposure": { "as": "windows", "bin": "15m", "space": { "by": space }, "measure": measure },
        "identifiers": "none", "minimum": 10, "bound": bound, "noise": noise, "delay": "0s", "depth": "7d" });
    let grant = json!({ "id": format!("quiet-{id}"), "recipient": "city", "stream": "quiet-stream", "view": id,
        "purpose": "traffic-management", "until": "2026-08-01T00:00:00Z", "duties": ["no-reidentification"] });
    let commands = [
        Command::DeclareView(serde_json::from_value(view).unwrap()),
        Command::AgreeGrant(serde_json::from_value(grant).unwrap()),
    ];
    commands.into_iter().try_for_each(|command| {
        let submission = Submission { by: "city".parse().unwrap(), reason: None, command };
        world.city.register().submit(submission).map(drop).map_err(|error| error.to_string())
    })
}

fn answer(world: &World, view: &str) -> Answer {
    let mut asked = World::asked("city", "traffic-management", "quiet-stream");
    asked.view = Some(view.parse().unwrap());
    asked.from = Some(world.now() - Span::days(1));
    world.city.disclose(&asked).unwrap().get().clone()
}

/// Rows as (minutes after an instant, where, class, value).
fn shown(answer: &Answer, since: Timestamp) -> Vec<(i64, String, Option<u8>, i64)> {
    let row = |row: &Row| match row {
        Row::Released { from, cell, class, value, .. } => {
            let place = match cell {
                Cell::Pair { from, to } => format!("{from}>{to}"),
                Cell::Sensor(sensor) => sensor.to_string(),
                other => panic!("{other:?}"),
            };
            ((from.millis() - since.millis()) / 60_000, place, *class, *value)
        }
        Row::Record { .. } => panic!("no record is shown"),
    };
    answer.rows.iter().map(row).collect()
}

fn plates(at: Timestamp, plates: std::ops::Range<u32>) -> Vec<(Timestamp, String)> {
    plates.map(|plate| (at, format!("4B{plate} 99{plate:02}"))).collect()
}

/// Sixteen cars go from the first camera to the second; nine of them go back, and there again.
fn drive(world: &World) -> Timestamp {
    let start = world.now() + Span::minutes(15);
    let at = |minutes: u32| start + Span::minutes(minutes);
    for (device, minute, seen) in [("q1", 0, 0..16), ("q2", 3, 0..16), ("q1", 4, 0..9), ("q2", 5, 0..12)] {
        world.clock.set(at(minute));
        send(world, device, "plate", &plates(at(minute), seen)).unwrap();
    }
    world.clock.set(at(17));
    world.city.tick().unwrap();
    start
}

#[test]
fn ways_between_cameras_are_shown_by_vehicles_and_not_by_journeys() {
    let world = World::new();
    world.declare_quiet(&stream(PLATE, &serde_json::from_str(JOURNEY).unwrap()));
    let measure = json!({ "of": "distinct", "property": "plate" });
    declare(&world, "ways", "pair", &measure, &json!("none"), &json!(4)).unwrap();
    let start = drive(&world);
    let answer = answer(&world, "ways");
    // Journeys there were 25; nine that came back are too few.
    assert_eq!(shown(&answer, start), [(0, "q1>q2".to_owned(), None, 16)]);
    assert!(answer.withheld % 2 == 1 && answer.threshold.is_none(), "of two ways in each window");
    let sheet = world.city.sheet(&answer).unwrap();
    let csv = String::from_utf8(sheet.write(Format::Csv).unwrap()).unwrap();
    assert!(csv.starts_with("from,to,origin,destination,distinct\r\n"), "{csv}");
    assert!(csv.contains(",q1,q2,16\r\n"), "{csv}");
    let map: Value = serde_json::from_slice(&sheet.write(Format::GeoJson).unwrap()).unwrap();
    let geometry = &map["features"][0]["geometry"];
    assert_eq!((&geometry["type"], geometry["coordinates"].as_array().map(Vec::len)), (&json!("LineString"), Some(2)));
}

#[test]
fn how_long_ways_took_is_shown_in_classes_each_above_the_minimum() {
    let world = World::new();
    world.declare_quiet(&stream(PLATE, &serde_json::from_str(JOURNEY).unwrap()));
    let measure = json!({ "of": "histogram", "property": "plate", "number": "duration", "edges": [120] });
    declare(&world, "times", "pair", &measure, &json!("none"), &json!(4)).unwrap();
    let start = drive(&world);
    // Of each car the first journey counts: three minutes.
    assert_eq!(shown(&answer(&world, "times"), start), [(0, "q1>q2".to_owned(), Some(1), 16)]);
    let other = json!({ "of": "distinct", "property": "plate" });
    let refused = declare(&world, "ways", "pair", &other, &json!("none"), &json!(4)).unwrap_err();
    assert!(refused.contains("12 in the only class that is shown"), "one subtracted from the other: {refused}");
}

#[test]
fn what_does_not_add_up_is_refused_with_what_would_be_right() {
    let world = World::new();
    world.declare_quiet(&stream(ADDRESS, &json!({ "do": "tally" })));
    let phones = json!({ "of": "distinct", "property": "mac" });
    for (space, measure, bound, why) in [
        ("sensor", json!({ "of": "observations" }), json!(null), "how many distinct ones"),
        ("sensor", json!({ "of": "mean", "property": "mac" }), json!(null), "how many distinct ones"),
        ("sensor", phones.clone(), json!(3), "the same bound"),
        ("stream", phones.clone(), json!(null), "Show them by sensor"),
        ("pair", phones.clone(), json!(null), "Show them by sensor"),
    ] {
        let refused = declare(&world, "v", space, &measure, &json!("none"), &bound).unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
    declare(&world, "v", "sensor", &phones, &json!("none"), &json!(null)).unwrap();
}

#[test]
fn a_tally_with_noise_has_a_number_for_every_bin_that_was_heard_and_none_for_a_gap() {
    let world = World::new();
    let mut declared = stream(ADDRESS, &json!({ "do": "tally", "most": 1 }));
    declared["budget"] = json!("10");
    world.declare_quiet(&declared);
    let measure = json!({ "of": "distinct", "property": "mac" });
    declare(&world, "counts", "sensor", &measure, &json!({ "gaussian": { "rho": "0.1" } }), &json!(1)).unwrap();
    let start = world.now();
    let windows = |world: &World| -> Vec<i64> {
        let stream = "quiet-stream".parse().unwrap();
        let always = model::Window { start, end: start + Span::days(1) };
        let tables = world.city.lake.releases(&stream, &"counts".parse().unwrap(), model::ViewVersion(1), always);
        tables.unwrap().iter().map(|table| (table.window.start.millis() - start.millis()) / 60_000).collect()
    };
    let spent = |world: &World| {
        let ledger = world.city.lake.ledger(&"quiet-stream".parse().unwrap()).unwrap();
        ledger.epochs().map(|(_, spent)| spent).sum::<u64>()
    };
    // Sixty phones at the first sensor, in a first and in a third bin; in the second nobody sends anything.
    send(&world, "q1", "mac", &phones(start, 0..60)).unwrap();
    world.clock.set(start + Span::minutes(30));
    send(&world, "q1", "mac", &phones(world.now(), 0..60)).unwrap();
    world.clock.set(start + Span::minutes(32));
    world.city.tick().unwrap();
    assert_eq!((windows(&world), spent(&world)), (vec![0], 200_000), "the second cost as much, and nobody was there");
    // A crash in the third: it was not heard whole, and is never shown.
    let world = world.reopened();
    world.city.tick().unwrap();
    world.clock.set(start + Span::minutes(45));
    send(&world, "q1", "mac", &phones(world.now(), 0..60)).unwrap();
    // A tick that has nothing but the gap.
    world.clock.set(start + Span::minutes(47));
    world.city.tick().unwrap();
    assert_eq!((windows(&world), spent(&world)), (vec![0], 200_000));
    let world = world.reopened();
    world.clock.set(start + Span::minutes(60));
    send(&world, "q1", "mac", &phones(world.now(), 0..60)).unwrap();
    world.clock.set(start + Span::minutes(77));
    world.city.tick().unwrap();
    assert_eq!((windows(&world), spent(&world)), (vec![0, 60], 300_000), "gaps cost nothing, and stop nothing");
    let answer = answer(&world, "counts");
    assert!(shown(&answer, start).iter().all(|(_, sensor, _, value)| sensor == "q1" && (45..75).contains(value)));
}

#[test]
fn numbers_that_the_disk_did_not_take_are_not_passed_over() {
    let world = World::new();
    world.declare_quiet(&stream(ADDRESS, &json!({ "do": "tally" })));
    let measure = json!({ "of": "distinct", "property": "mac" });
    declare(&world, "counts", "sensor", &measure, &json!("none"), &json!(null)).unwrap();
    let start = world.now();
    send(&world, "q1", "mac", &phones(start, 0..12)).unwrap();
    world.clock.advance(Span::minutes(17));
    // The disk is full when the bin is over: nothing is stored, and nothing released of it.
    let state = world.city.register().state();
    let view = state.views_of(&"quiet-stream".parse().unwrap()).next().unwrap().clone();
    world.city.memories.advance_all(world.now());
    assert_eq!(world.city.release_view(&state, &view, world.now()).unwrap(), 0);
    assert_eq!(world.city.lake.released_through(&view.stream, &view.id, view.version).unwrap(), None);
    world.city.tick().unwrap();
    assert_eq!(shown(&answer(&world, "counts"), start), [(0, "q1".to_owned(), None, 12)]);
}
