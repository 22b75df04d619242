//! Months: what came and was refused is in the log soon after a month's end, once, and of people only its order of magnitude.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use model::entropy::{Entropy, NoEntropy};
use model::{Act, Month, ObservationsCounted, ObservationsEstimated, RefusedFor, Span, What};
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

/// What it says of them in orders of magnitude: stream, exponents of admitted and refused.
fn roughly(world: &World) -> Vec<(String, u8, u8)> {
    let entries = world.city.register().entries(0, 10_000).unwrap();
    let acts = entries.iter().map(|entry| Act::from_bytes(&entry.bytes).unwrap());
    let acts: Vec<ObservationsEstimated> = acts
        .filter_map(|act| match act.what {
            What::ObservationsEstimated(told) => Some(told),
            _ => None,
        })
        .collect();
    assert!(acts.iter().all(|told| told.month == june()));
    let streams = acts.into_iter().flat_map(|told| told.streams);
    streams.map(|one| (one.stream.to_string(), one.admitted.exponent(), one.refused.exponent())).collect()
}

/// Bits that are all one: every coin falls, and each observation raises its counter.
struct Falling;
impl Entropy for Falling {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
        buffer.fill(u8::MAX);
        Ok(())
    }
}

/// The same city, opened again with other random bytes, and what became of its file meanwhile.
fn opened(world: World, entropy: impl Entropy + 'static, meanwhile: impl FnOnce(&Path)) -> World {
    let World { city, clock, folder } = world;
    drop(city);
    meanwhile(&folder.path().join("months.json"));
    let city = crate::City::open(folder.path(), Arc::clone(&clock) as _, Arc::new(entropy)).unwrap();
    World { city, clock, folder }
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
    assert!(!std::fs::read_to_string(&kept).unwrap().contains("2026-06"));
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
    assert_eq!((told(&world).len(), roughly(&world).len()), (1, 2));
    assert!(!std::fs::read_to_string(&kept).unwrap().contains("2026-06"));
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
fn a_month_in_which_nothing_came_makes_no_act_with_numbers() {
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

#[test]
fn of_people_nobody_and_hundreds_read_the_same_and_a_stream_that_may_not_collect_is_not_told_of() {
    let silent = World::new();
    let busy = World::new();
    let suspended = World::new();
    busy.probes("s1", 0..300).unwrap();
    for _ in 0..20 {
        busy.city.ingest_lines("s2", b"no line").unwrap_err();
    }
    let suspend = Command::Suspend { deployment: "congestion".parse().unwrap() };
    suspended.submit("city", Some("It is being mended."), suspend);
    for world in [&silent, &busy, &suspended] {
        world.city.tick().unwrap();
        until_july(world, 30);
        world.city.tick().unwrap();
        assert_eq!(roughly(world), [], "a request may be under way");
        until_july(world, 90);
        world.city.tick().unwrap();
        world.city.tick().unwrap();
    }
    let at_the_floor = |stream: &str| (stream.to_owned(), 13, 13);
    assert_eq!(roughly(&silent), [at_the_floor("plates"), at_the_floor("wifi")]);
    assert_eq!(roughly(&busy), roughly(&silent));
    assert_eq!(roughly(&suspended), [at_the_floor("plates")]);
    let about = busy.city.register().state().monthly[&june()].about.unwrap();
    assert_eq!((about.streams, about.admitted, about.refused), (2, 0, 0));
    assert_eq!(told(&busy), [], "and nothing in numbers");
}

#[test]
fn every_observation_of_people_has_its_coins_once_whatever_the_batch_the_door_or_the_restart() {
    let world = opened(World::new(), Falling, |_| ());
    world.probes("s1", 0..3).unwrap();
    world.probes("s2", 0..1).unwrap();
    world.city.ingest_lines("s1", b"no line").unwrap_err();
    let row = |mac: &str| format!("{{\"time\":\"{}\",\"device\":\"s1\",\"mac\":{mac}}}\n", world.now());
    let file = [row("\"a4:11:3c:00:00:01\""), row("7"), "no line\n".to_owned(), row("\"a4:11:3c:00:00:02\"")].concat();
    let file = std::io::Cursor::new(file.into_bytes());
    let taken =
        world.city.ingest_file(&"wifi".parse().unwrap(), &crate::FileFormat::Ndjson, None, file, &mut |_| ()).unwrap();
    assert_eq!((taken.admitted, taken.refused.values().map(|refused| refused.rows).sum::<u64>()), (2, 2));
    let world = opened(world, Falling, |_| ());
    world.probes("s1", 0..1).unwrap();
    until_july(&world, 90);
    world.city.tick().unwrap();
    assert_eq!(roughly(&world), [("wifi".to_owned(), 13 + 3 + 1 + 2 + 1, 13 + 1 + 2)]);
}

#[test]
fn a_crash_loses_of_an_order_of_magnitude_what_was_raised_since_it_was_last_written_and_nothing_else() {
    let world = opened(World::new(), Falling, |_| ());
    world.probes("s1", 0..3).unwrap();
    world.clock.advance(Span::minutes(2));
    world.city.tick().unwrap();
    let written = std::fs::read(world.folder.path().join("months.json")).unwrap();
    assert!(String::from_utf8_lossy(&written).contains("{\"stream\":\"wifi\",\"admitted\":16,\"refused\":13}"));
    world.probes("s1", 0..2).unwrap();
    let world = opened(world, Falling, |path| std::fs::write(path, &written).unwrap());
    until_july(&world, 90);
    world.city.tick().unwrap();
    assert_eq!(roughly(&world), [("plates".to_owned(), 13, 13), ("wifi".to_owned(), 16, 13)]);
    // As if the process had ended between the act and the file: nothing is said twice.
    let world = opened(world, Falling, |path| std::fs::write(path, &written).unwrap());
    world.city.tick().unwrap();
    assert_eq!(roughly(&world).len(), 2);
}

#[test]
fn while_the_clock_is_not_believed_no_order_of_magnitude_is_raised() {
    let world = opened(World::new(), Falling, |_| ());
    world.probes("s1", 0..2).unwrap();
    let now = world.now();
    world.clock.advance(Span::days(201));
    let _taken_or_not = world.probes("s1", 0..9);
    world.clock.set(now);
    world.probes("s1", 0..1).unwrap();
    until_july(&world, 90);
    world.city.tick().unwrap();
    assert_eq!(roughly(&world), [("wifi".to_owned(), 16, 13)]);
}

#[test]
fn a_file_of_months_from_before_is_read_and_one_with_an_exponent_that_is_none_is_damaged() {
    let before = r#"[{"month":"2026-06","streams":[{"stream":"air","admitted":7,"refused":{"unfit":2}}]}]"#;
    let world = opened(World::new(), testkit::SeededBytes::new(3), |path| std::fs::write(path, before).unwrap());
    air(&world, 1);
    until_july(&world, 90);
    world.city.tick().unwrap();
    assert_eq!(told(&world).iter().map(|told| told.streams[0].admitted).collect::<Vec<_>>(), [8]);
    let World { city, clock, folder } = world;
    drop(city);
    for exponent in ["12", "64", "13.5"] {
        let damaged = format!(
            "[{{\"month\":\"2026-07\",\"streams\":[],\"estimated\":[{{\"stream\":\"wifi\",\"admitted\":{exponent},\"refused\":13}}]}}]"
        );
        std::fs::write(folder.path().join("months.json"), damaged).unwrap();
        let open = crate::City::open(folder.path(), Arc::clone(&clock) as _, Arc::new(testkit::SeededBytes::new(3)));
        assert!(open.err().unwrap().to_string().contains("take it away"), "{exponent}");
    }
}

/// The files of a folder in which a number stands, as digits between others or as bytes of a whole number.
fn holding(folder: &Path, number: u64) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, number));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let digits = number.to_string();
        let words = bytes.split(|byte| !byte.is_ascii_alphanumeric());
        let short = u32::try_from(number).unwrap();
        let wholes = [number.to_le_bytes().to_vec(), number.to_be_bytes().to_vec(), short.to_le_bytes().to_vec()];
        let has = |whole: &Vec<u8>| bytes.windows(whole.len()).any(|window| window == whole.as_slice());
        if words.into_iter().any(|word| word == digits.as_bytes()) || wholes.iter().any(has) {
            found.push(path.strip_prefix(folder).unwrap().display().to_string());
        }
    }
    found
}

#[test]
fn no_file_but_the_observations_themselves_holds_how_many_people_were_observed() {
    let (phones, of_the_air) = (61_003_u32, 12_347);
    let world = World::new();
    world.city.tick().unwrap();
    for from in (0..phones).step_by(5_000) {
        world.probes("s1", from..(from + 5_000).min(phones)).unwrap();
    }
    for _ in 0..4 {
        air(&world, of_the_air / 4);
    }
    air(&world, of_the_air % 4);
    let wifi = &world.city.counters().snapshot()[&"wifi".parse().unwrap()];
    assert_eq!((wifi.admitted, wifi.refused), (0, 0), "not even the process has it");
    world.clock.advance(Span::minutes(2));
    world.city.tick().unwrap();
    let looked = |world: &World| {
        let mut files = Vec::new();
        for (of, number) in [("phones", u64::from(phones)), ("air", of_the_air as u64)] {
            let found = holding(world.folder.path(), number).into_iter();
            files.extend(found.map(|file| format!("{of}: {file}")));
        }
        files
    };
    let kept = looked(&world);
    assert!(kept.iter().any(|file| file.starts_with("air: ")), "what is told exactly is found: {kept:?}");
    assert!(!kept.iter().any(|file| file.starts_with("phones: ")), "{kept:?}");
    until_july(&world, 90);
    world.city.tick().unwrap();
    let world = world.reopened();
    let logged = looked(&world);
    assert!(logged.iter().any(|file| file.starts_with("air: ")), "{logged:?}");
    assert!(!logged.iter().any(|file| file.starts_with("phones: ")), "{logged:?}");
    let [_, (stream, admitted, refused)] = roughly(&world).try_into().unwrap();
    assert_eq!((stream.as_str(), refused), ("wifi", 13));
    // About 60,000 is 2^16, give or take a factor of four.
    assert!((14..=18).contains(&admitted), "{admitted}");
    assert_eq!(told(&world)[0].streams[0].admitted, of_the_air as u64);
}
