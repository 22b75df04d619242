//! Months: what came and was refused is in the log soon after a month's end, once, and nothing of it tells of people.

use std::collections::BTreeMap;

use model::{Act, Month, ObservationsCounted, RefusedFor, Span, What};
use register::Command;

use super::World;

/// What the log says of months.
fn told(world: &World) -> Vec<ObservationsCounted> {
    let entries = world.city.register().entries(0, 10_000).unwrap();
    let acts = entries.iter().map(|entry| Act::from_bytes(&entry.bytes).unwrap());
    acts.filter_map(|act| match act.what {
        What::ObservationsCounted(told) => Some(told),
        _ => None,
    })
    .collect()
}

fn june() -> Month {
    "2026-06".parse().unwrap()
}

/// So many lines of the air station, now.
fn air(world: &World, lines: usize) {
    let line = format!("{{\"time\":\"{}\",\"no2\":1.5}}\n", world.now());
    world.city.ingest_lines("a1", line.repeat(lines).as_bytes()).unwrap();
}

/// Half an hour after the end of June, and an hour and a half after it.
fn until_july(world: &World, minutes: u32) {
    let end = june().next().start() + Span::minutes(minutes);
    let left = end.since(world.now());
    world.clock.advance(left);
}

#[test]
fn what_came_and_was_refused_is_told_once_after_the_months_end_and_nothing_of_people() {
    let world = World::new();
    air(&world, 3);
    world.probes("s1", 0..12).unwrap();
    for (token, body) in [("a1", "no line"), ("a1", "{\"time\":\"2026-06-01T12:00:00Z\",\"so2\":1}"), ("s1", "no line")]
    {
        world.city.ingest_lines(token, body.as_bytes()).unwrap_err();
    }
    let suspend = Command::Suspend { deployment: "pollution".parse().unwrap() };
    world.submit("city", Some("It is being mended."), suspend);
    let line = format!("{{\"time\":\"{}\",\"no2\":1.5}}\n", world.now());
    world.city.ingest_lines("a1", line.as_bytes()).unwrap_err();
    until_july(&world, 30);
    world.city.tick().unwrap();
    assert_eq!(told(&world), [], "a request may be under way");
    until_july(&world, 90);
    world.city.tick().unwrap();
    world.city.tick().unwrap();
    let refused = [(RefusedFor::Norms, 1), (RefusedFor::Unreadable, 1), (RefusedFor::Unfit, 1)];
    let [only] = told(&world).try_into().unwrap();
    assert_eq!(only.month, june());
    let streams: Vec<_> =
        only.streams.iter().map(|one| (one.stream.as_str(), one.admitted, one.refused.clone())).collect();
    assert_eq!(streams, [("air", 3, BTreeMap::from(refused))]);
    let state = world.city.register().state();
    let came = state.monthly[&june()].came.as_ref().unwrap();
    assert_eq!((came.streams, came.admitted, came.refused_in_all()), (1, 3, 3));
}

#[test]
fn numbers_outlive_the_process_and_a_crash_between_saying_and_forgetting_says_nothing_twice() {
    let world = World::new();
    air(&world, 2);
    let world = world.reopened();
    air(&world, 5);
    world.clock.advance(Span::minutes(2));
    world.city.tick().unwrap();
    let kept = world.folder.path().join("months.json");
    let before = std::fs::read(&kept).unwrap();
    assert!(String::from_utf8_lossy(&before).contains("\"admitted\":7"), "a tick keeps what was counted");
    until_july(&world, 90);
    world.city.tick().unwrap();
    assert_eq!(told(&world).iter().map(|told| told.streams[0].admitted).collect::<Vec<_>>(), [7]);
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "[]");
    // As if the process had ended between the act and the file.
    let World { city, clock, folder } = world;
    drop(city);
    std::fs::write(&kept, before).unwrap();
    let city = crate::City::open(
        folder.path(),
        std::sync::Arc::clone(&clock) as _,
        std::sync::Arc::new(testkit::SeededBytes::new(3)),
    );
    let world = World { city: city.unwrap(), clock, folder };
    world.city.tick().unwrap();
    assert_eq!(told(&world).len(), 1);
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "[]");
}

#[test]
fn a_damaged_file_of_months_is_told_of_and_the_city_opens_without_it() {
    let world = World::new();
    let World { city, clock, folder } = world;
    drop(city);
    let kept = folder.path().join("months.json");
    std::fs::write(&kept, "[{\"month\":\"2026-13\"").unwrap();
    let open = || {
        let entropy = std::sync::Arc::new(testkit::SeededBytes::new(3));
        crate::City::open(folder.path(), std::sync::Arc::clone(&clock) as _, entropy)
    };
    let error = open().err().unwrap().to_string();
    assert!(error.contains("months.json") && error.contains("take it away"), "{error}");
    std::fs::remove_file(&kept).unwrap();
    open().unwrap();
}

#[test]
fn a_month_in_which_nothing_came_makes_no_act() {
    let world = World::new();
    until_july(&world, 90);
    world.city.tick().unwrap();
    assert_eq!(told(&world), []);
}

#[test]
fn while_the_clock_is_not_believed_no_month_takes_anything() {
    let world = World::new();
    air(&world, 2);
    let now = world.now();
    world.clock.advance(Span::days(201));
    // Whether it is taken or not is another matter; a month that nobody knows to have come counts nothing of it.
    let line = format!("{{\"time\":\"{}\",\"no2\":1.5}}\n", world.now());
    let _taken_or_not = world.city.ingest_lines("a1", line.as_bytes());
    world.clock.set(now);
    air(&world, 3);
    let world = world.reopened();
    let kept = std::fs::read_to_string(world.folder.path().join("months.json")).unwrap();
    assert!(kept.contains("\"month\":\"2026-06\"") && kept.matches("\"month\"").count() == 1, "{kept}");
    until_july(&world, 90);
    world.city.tick().unwrap();
    assert_eq!(told(&world).iter().map(|told| told.streams[0].admitted).collect::<Vec<_>>(), [5]);
}

#[test]
fn refused_rows_of_a_file_are_counted_by_reason_whatever_becomes_of_the_others() {
    let world = World::new();
    let row = |no2: &str| format!("{{\"time\":\"{}\",\"device\":\"a1\",\"no2\":{no2}}}\n", world.now());
    let file = [row("1.5"), row("\"much\""), "no line\n".to_owned(), row("2"), row("\"more\"")].concat();
    let stream = "air".parse().unwrap();
    let file = std::io::Cursor::new(file.into_bytes());
    let taken = world.city.ingest_file(&stream, &crate::FileFormat::Ndjson, None, file, &mut |_| ()).unwrap();
    let refused: u64 = taken.refused.values().map(|refused| refused.rows).sum();
    until_july(&world, 90);
    world.city.tick().unwrap();
    let [only] = told(&world).try_into().unwrap();
    assert_eq!((only.streams[0].admitted, only.streams[0].refused.values().sum::<u64>()), (taken.admitted, refused));
    assert_eq!(taken.admitted + refused, 5);
}
