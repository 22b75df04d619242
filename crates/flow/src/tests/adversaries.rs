//! Adversaries against a whole city, each with a control that shows what it would have without the defence: who asks for
//! parts of windows, who sends late, who turns the clock, who looks at what is not there, who sends for other sensors.

use std::collections::BTreeSet;

use model::{MinimumUnits, Span, Timestamp, View, Window};
use privacy::release::{Sensor, release};

use super::CLOSED;
use super::world::World;
use crate::{Answer, Asked, Format, Row};

fn phones() -> Asked {
    World::asked("city", "traffic-management", "wifi")
}

fn view(world: &World) -> View {
    world.city.register().state().views_of(&"wifi".parse().unwrap()).next().unwrap().clone()
}

/// How many phones were at a receiver in a stretch of time, counted from what is stored, without minimum and as often as one
/// likes: what no recipient can have.
fn counted(world: &World, window: Window, minimum: u32) -> Vec<i64> {
    let state = world.city.register().state();
    let (_, stream) = state.stream(&"wifi".parse().unwrap()).unwrap();
    let sensors: Vec<Sensor> =
        state.devices_of(&stream.id).map(|device| Sensor::at(device.id.clone(), device.position)).collect();
    let view = View { minimum: MinimumUnits(minimum), ..view(world) };
    let table = release(&view, stream, window, &sensors, &world.stored("wifi"), None).unwrap();
    table.get().rows.iter().map(|row| row.value).collect()
}

fn answered(world: &World, asked: &Asked) -> Answer {
    world.city.disclose(asked).unwrap().get().clone()
}

#[test]
fn a_tracker_finds_no_question_whose_edges_cut_a_window() {
    let world = World::new();
    let start = world.now();
    world.clock.advance(Span::minutes(15));
    for minute in 0..15 {
        let at = start + Span::minutes(minute);
        world.probes_at("s1", minute * 20..minute * 20 + 20, at).unwrap();
    }
    // One person alone, in one known minute; the adversary knows everybody else.
    world.probes_at("s1", 900..901, start + Span::minutes(7)).unwrap();
    world.clock.advance(Span::minutes(2));
    world.city.tick().unwrap();
    let whole: BTreeSet<String> = answered(&world, &phones()).rows.iter().map(|row| format!("{row:?}")).collect();
    assert_eq!(whole.len(), 1);
    let mut seen = BTreeSet::new();
    for from in 0..=30 {
        for to in from + 1..=32 {
            let edges = [from, to].map(|half| Timestamp::from_millis(start.millis() + half * 30_000));
            let asked = Asked { from: Some(edges[0]), to: Some(edges[1]), ..phones() };
            let answer = answered(&world, &asked);
            assert!(answer.rows.is_empty() || (from == 0 && to >= 30), "{from} {to}");
            seen.extend(answer.rows.iter().map(|row| format!("{row:?}")));
        }
    }
    assert_eq!(seen, whole, "however the edges lie, what comes is the one number");
    // Were parts of windows answered, two questions would tell of the person: the minute has one more than is known.
    let until = |minutes| Window { start, end: start + Span::minutes(minutes) };
    let (before, after) = (counted(&world, until(7), 10), counted(&world, until(8), 10));
    assert_eq!(after[0] - before[0], 21, "the attack works on what is stored");
}

#[test]
fn whoever_sends_late_gets_no_second_number_of_a_window() {
    let world = World::new();
    let start = world.now();
    world.probes("s1", 0..12).unwrap();
    world.clock.advance(CLOSED);
    world.city.tick().unwrap();
    let first = answered(&world, &phones());
    let table = world.folder.path().join(format!("lake/released/wifi/counts/v1/{}.json", start.millis()));
    let written = std::fs::read(&table).unwrap();
    // The adversary holds the batch with one person back until the window was released, and asks again.
    world.probes_at("s1", 50..51, start).unwrap();
    let mut world = world;
    for _ in 0..3 {
        world.clock.advance(Span::minutes(15));
        world.city.tick().unwrap();
        let asked = Asked { from: Some(start), to: Some(start + Span::minutes(15)), ..phones() };
        assert_eq!(answered(&world, &asked).rows, first.rows);
        assert_eq!(std::fs::read(&table).unwrap(), written);
        world = world.reopened();
    }
    let window = Window { start, end: start + Span::minutes(15) };
    assert_eq!(counted(&world, window, 10), [13], "a second release would have shown the person");
}

#[test]
fn whoever_turns_the_clock_back_opens_no_window_again() {
    let world = World::noisy("0.5", "0.005");
    let start = world.now();
    world.probes("s1", 0..60).unwrap();
    world.clock.advance(CLOSED);
    world.city.tick().unwrap();
    let stream = "wifi".parse().unwrap();
    let spent =
        |world: &World| -> u64 { world.city.lake().ledger(&stream).unwrap().epochs().map(|(_, spent)| spent).sum() };
    let (before, counts, now) = (spent(&world), world.counts(), world.now());
    // By an hour, by minutes and by seconds: while the window would still be open, and at its very edge.
    for back in [3_600, 900, 120, 62, 4] {
        world.clock.set(now - Span::seconds(back));
        // What it does with one more person's probe is its own matter; no number may come of it.
        drop(world.probes_at("s1", 900..901, start));
        drop(world.city.tick());
        assert_eq!(spent(&world), before, "{back} s: nothing is charged, so nothing is drawn");
    }
    world.clock.set(now);
    world.city.tick().unwrap();
    assert_eq!((spent(&world), world.counts()), (before, counts));
    // Set back and opened anew, so that no process remembers what time it was.
    world.clock.set(now - Span::hours(1));
    let (clock, folder) = (world.clock.clone(), world.folder);
    drop(world.city);
    let opened =
        crate::City::open(folder.path(), clock.clone() as _, std::sync::Arc::new(testkit::SeededBytes::new(3)));
    if let Ok(city) = &opened {
        assert!(city.tick().is_err(), "a clock behind the last act is not believed");
    }
    clock.set(now);
    // The control: a window that was never released is charged, so that the sums above could have changed.
    let city = opened.unwrap_or_else(|_| {
        crate::City::open(folder.path(), clock.clone() as _, std::sync::Arc::new(testkit::SeededBytes::new(3))).unwrap()
    });
    clock.advance(CLOSED);
    city.tick().unwrap();
    assert!(city.lake().ledger(&stream).unwrap().epochs().map(|(_, spent)| spent).sum::<u64>() > before);
}

/// A city in which so many phones were at the second receiver, and twelve at the first.
fn beside(second: u32) -> World {
    let world = World::new();
    world.probes("s1", 0..12).unwrap();
    if second > 0 {
        world.probes("s2", 100..100 + second).unwrap();
    }
    world.clock.advance(CLOSED);
    world.city.tick().unwrap();
    world
}

/// Every form in which an answer leaves, with all that is said about it.
fn forms(world: &World, asked: &Asked) -> Vec<Vec<u8>> {
    let answer = answered(world, asked);
    let sheet = world.city.sheet(&answer).unwrap();
    let files =
        [Format::Csv, Format::GeoJson, Format::Parquet, Format::Sqlite].map(|format| sheet.write(format).unwrap());
    files.into_iter().chain([serde_json::to_vec(&answer).unwrap(), sheet.about().to_string().into_bytes()]).collect()
}

#[test]
fn no_byte_of_an_answer_or_a_file_or_its_statistics_tells_nobody_from_nine() {
    // The same city three times: nobody, one person and nine were at the second receiver, which is withheld.
    let [nobody, one, nine] = [0, 1, 9].map(beside);
    let asked = phones();
    let without = forms(&nobody, &asked);
    assert_eq!((forms(&one, &asked), forms(&nine, &asked)), (without.clone(), without.clone()));
    // Whoever compares Parquet's statistics, receipts or sums finds no difference; whoever has one more phone there does.
    let ten = forms(&beside(10), &asked);
    assert!(ten.iter().zip(&without).all(|(ten, without)| ten != without), "each form can tell what is shown");
    let rows = |answer: &Answer| -> Vec<Row> { answer.rows.clone() };
    assert_eq!(rows(&answered(&nine, &asked)).len(), 1);
    let window = Window { start: nine.now() - CLOSED, end: nine.now() - CLOSED + Span::minutes(15) };
    assert_eq!(counted(&nine, window, 0), [12, 9], "without a minimum the nine are told");
    assert_eq!(counted(&nobody, window, 0), [12], "and nobody is");
}

#[test]
fn a_window_that_is_empty_and_one_that_is_withheld_are_one_answer() {
    let quiet = |phones: u32| {
        let world = World::new();
        world.probes("s1", 0..12).unwrap();
        world.clock.advance(Span::minutes(15));
        if phones > 0 {
            world.probes("s1", 0..phones).unwrap();
        }
        world.clock.advance(CLOSED);
        world.city.tick().unwrap();
        world
    };
    let asked = phones();
    let [empty, withheld] = [0, 9].map(quiet);
    assert_eq!(forms(&empty, &asked), forms(&withheld, &asked));
    assert_ne!(forms(&empty, &asked), forms(&quiet(10), &asked), "ten are shown");
}

#[test]
fn whoever_holds_no_token_of_a_sensor_lifts_no_number_of_it() {
    let world = World::new();
    let start = world.now();
    world.probes("s1", 0..9).unwrap();
    // Without a token, with one that was made up, and with that of another kind of device.
    for token in ["", "s9", "a1", "c1"] {
        assert!(world.probes(token, 500..600).is_err(), "{token}");
    }
    // With the token of the sensor beside it: its phones count there and nowhere else, whatever sensor the lines name.
    let line =
        |phone: u32| format!("{{\"time\":\"{start}\",\"sensor\":\"s1\",\"mac\":\"a4:11:3c:00:03:{phone:02x}\"}}\n");
    let named: String = (0..40).map(line).collect();
    assert!(world.city.ingest_lines("s2", named.as_bytes()).is_err(), "a line that names a sensor is refused");
    world.probes("s2", 500..540).unwrap();
    world.clock.advance(CLOSED);
    world.city.tick().unwrap();
    let shown: Vec<(String, i64)> = world.counts().into_iter().map(|(_, sensor, value)| (sensor, value)).collect();
    assert_eq!(shown, [("s2".to_owned(), 40)], "the nine stay withheld");
    // Whoever holds the sensor's own token lifts it: a minimum counts what the sensor says. Noise is what stands against it.
    let held = World::new();
    held.probes("s1", 0..9).unwrap();
    held.probes("s1", 500..501).unwrap();
    held.clock.advance(CLOSED);
    held.city.tick().unwrap();
    assert_eq!(held.counts().iter().map(|row| row.2).collect::<Vec<_>>(), [10]);
}
