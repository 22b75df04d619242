//! The life of pseudonym keys and of orders' lists: how long they live, and that nothing outlives them.

use std::collections::BTreeSet;

use model::{Span, Timestamp};
use register::Command;

use super::World;
use super::world::SOUGHT;
use crate::IngestError;
use crate::admit::Refused;
use crate::ingest::RowError;
use crate::keys::{KeyError, destroyed_at};

/// When each stored phone was seen, and its tag.
fn tags(world: &World) -> Vec<(Timestamp, u64)> {
    let always = model::Window { start: Timestamp::UNIX_EPOCH, end: Timestamp::MAX };
    let scanned = world.city.lake().scan(&"wifi".parse().unwrap(), always).unwrap();
    let rows = scanned.iter().flat_map(|columns| match columns.column(&"mac".parse().unwrap()) {
        Some(privacy::Column::Tag(tags)) => {
            tags.iter().enumerate().map(|(row, tag)| (columns.time(row), tag.unwrap())).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    });
    rows.collect()
}

#[test]
fn a_key_lives_one_epoch_and_is_never_made_twice() {
    let world = World::new();
    world.probes("s1", 0..3).unwrap();
    let keys = world.folder.path().join("keys/epochs");
    let count = || std::fs::read_dir(&keys).unwrap().count();
    assert_eq!(count(), 1);
    let yesterday = world.now();
    world.clock.set("2026-06-02T00:04:59Z".parse().unwrap());
    assert_eq!((world.city.tick().unwrap().keys, count()), (0, 1), "kept for stragglers");
    world.clock.set("2026-06-02T00:05:00Z".parse().unwrap());
    assert_eq!((world.city.tick().unwrap().keys, count()), (1, 0));
    assert_eq!(world.city.tick().unwrap().keys, 0, "once");
    let state = world.city.register().state();
    assert!(state.keys.values().all(|key| key.destroyed.is_some()));
    let late = world.probes_at("s1", 0..3, yesterday).unwrap_err();
    assert!(matches!(late, IngestError::Row { error: RowError::Treatment(_), .. }), "{late}");
    world.probes("s1", 0..3).unwrap();
    // The same phone has another tag under another key.
    let tags: BTreeSet<u64> = tags(&world).into_iter().map(|(_, tag)| tag).collect();
    assert_eq!(tags.len(), 6);
    std::fs::read_dir(&keys).unwrap().for_each(|file| std::fs::remove_file(file.unwrap().path()).unwrap());
    let world = world.reopened();
    assert!(matches!(world.probes("s1", 0..3), Err(IngestError::Key(KeyError::Missing { .. }))));
}

#[test]
fn what_was_seen_before_midnight_and_arrives_after_it_is_tagged_with_the_key_of_its_own_day() {
    let world = World::new();
    let (evening, morning): (Timestamp, Timestamp) =
        ("2026-06-01T23:59:50Z".parse().unwrap(), "2026-06-02T00:00:10Z".parse().unwrap());
    world.clock.set(evening);
    world.probes("s1", 0..1).unwrap();
    world.clock.set(morning);
    // One batch with both days in it, of the same phone.
    let line = |at: Timestamp| format!("{{\"time\":\"{at}\",\"mac\":\"a4:11:3c:00:00:00\"}}\n");
    let body = line(evening + Span::seconds(5)) + &line(morning);
    assert_eq!(world.city.ingest_lines("s1", body.as_bytes()).unwrap().admitted, 2);
    let tags = tags(&world);
    let of = |at: Timestamp| tags.iter().find(|row| row.0 == at).unwrap().1;
    assert_eq!(of(evening), of(evening + Span::seconds(5)), "one phone of one day");
    assert_ne!(of(evening), of(morning), "and another of the next");
    // Up to the end of the grace, and not after it, whether or not a tick came.
    world.clock.set("2026-06-02T00:04:59Z".parse().unwrap());
    assert!(world.probes_at("s1", 0..3, evening).is_ok());
    world.clock.set("2026-06-02T00:05:00Z".parse().unwrap());
    assert!(matches!(world.probes_at("s1", 0..3, evening), Err(IngestError::Row { .. })));
    assert_eq!(world.city.tick().unwrap().keys, 1);
    let state = world.city.register().state();
    let ((_, epoch), key) = state.keys.first_key_value().unwrap();
    assert_eq!(key.destroyed, Some(destroyed_at(*epoch)), "on time, and the log says so");
}

#[test]
fn the_first_observation_of_a_day_may_arrive_after_it() {
    let world = World::new();
    world.clock.set("2026-06-02T00:01:00Z".parse().unwrap());
    let evening = "2026-06-01T23:59:50Z".parse().unwrap();
    assert_eq!(world.probes_at("s1", 0..3, evening).unwrap().admitted, 3);
    let state = world.city.register().state();
    assert_eq!(state.keys.len(), 2);
    world.clock.set("2026-06-02T00:05:00Z".parse().unwrap());
    assert_eq!(world.city.tick().unwrap().keys, 1);
    // Its file lost, nothing of that epoch is taken, and it may be sent again when the file is back.
    world.clock.set("2026-06-02T23:59:59Z".parse().unwrap());
    let keys = world.folder.path().join("keys/epochs");
    std::fs::read_dir(&keys).unwrap().for_each(|file| std::fs::remove_file(file.unwrap().path()).unwrap());
    let world = world.reopened();
    world.clock.set("2026-06-03T00:00:10Z".parse().unwrap());
    let lost = world.probes_at("s1", 0..3, "2026-06-02T23:59:59Z".parse().unwrap());
    assert!(matches!(lost, Err(IngestError::Key(KeyError::Missing { .. }))));
    assert!(world.probes("s1", 0..3).is_ok(), "the new day goes on");
}

#[test]
fn a_short_epoch_is_not_made_long_by_its_grace() {
    let start: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
    for (epoch, life) in [(Span::hours(24), Span::seconds(86_400 + 300)), (Span::minutes(1), Span::minutes(2))] {
        let length = model::EpochLength::new(epoch).unwrap();
        let window = length.window(start);
        assert_eq!(destroyed_at(model::Epoch(window)), window.start + life);
    }
}

#[test]
fn a_key_that_cannot_be_destroyed_keeps_no_other_and_is_told_of() {
    let world = World::new();
    world.probes("s1", 0..3).unwrap();
    let keys = world.folder.path().join("keys/epochs");
    let file = std::fs::read_dir(&keys).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(&file).unwrap();
    // A folder in its place cannot be overwritten.
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    // A key that was written before a crash and never announced; and one that a crash left half written.
    let orphan = keys.join("wifi.1780000000000-1780000060000.key");
    std::fs::write(&orphan, [7; 32]).unwrap();
    std::fs::write(keys.join("wifi.1-2.tmp"), [7; 16]).unwrap();
    world.clock.set("2026-06-02T00:05:00Z".parse().unwrap());
    assert_eq!(world.city.overdue_keys().unwrap(), 1, "the orphan has long been due");
    let failed = world.city.tick().unwrap_err();
    assert_eq!(failed.done.keys, 1);
    assert!(failed.failures.len() == 1 && failed.to_string().starts_with("keys: "), "{failed}");
    assert!(!orphan.exists());
    assert_eq!(world.city.overdue_keys().unwrap(), 0, "not yet");
    world.clock.set("2026-06-02T00:10:00Z".parse().unwrap());
    assert_eq!(world.city.overdue_keys().unwrap(), 1);
    assert_eq!((world.city.ticks().failing, world.city.ticks().steps[&crate::Step::Keys]), (1, 1));
    std::fs::remove_dir(&file).unwrap();
    std::fs::write(&file, bytes).unwrap();
    let world = world.reopened();
    assert_eq!(world.city.tick().unwrap().keys, 1);
    assert_eq!(std::fs::read_dir(&keys).unwrap().count(), 0);
    assert_eq!(world.city.overdue_keys().unwrap(), 0);
}

/// What a camera hears when it sends a plate.
fn camera(world: &World) -> Result<u64, String> {
    let line = format!("{{\"time\":\"{}\",\"plate\":\"{SOUGHT}\"}}\n", world.now());
    match world.city.ingest_lines("c1", line.as_bytes()) {
        Ok(ingested) => Ok(ingested.admitted),
        Err(IngestError::Refused(Refused::List { reason, .. })) => Err(reason),
        Err(other) => panic!("{other}"),
    }
}

/// Whether the list is in memory.
fn listed(world: &World) -> bool {
    let plans = world.city.planner.current(world.city.register(), &world.city.orders);
    matches!(plans.stream(&"plates".parse().unwrap()).unwrap().list, Some(Ok(_)))
}

#[test]
fn a_list_does_not_outlive_its_key_file() {
    let world = World::new();
    assert_eq!((camera(&world), listed(&world)), (Ok(1), true));
    let key = world.folder.path().join("keys/orders/order-1.key");
    let bytes = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    assert!(camera(&world).unwrap_err().contains("the key file of order `order-1` is missing"));
    world.city.tick().unwrap();
    assert!(!listed(&world), "nothing of it is in memory");
    std::fs::write(&key, bytes).unwrap();
    world.city.tick().unwrap();
    assert_eq!((camera(&world), listed(&world)), (Ok(1), true));
}

#[test]
fn a_list_does_not_outlive_its_payload() {
    let world = World::new();
    assert_eq!(camera(&world), Ok(1));
    let entry = world.city.register().state().orders[&"order-1".parse().unwrap()].entry;
    world.submit("city", Some("the judge withdrew it"), Command::ErasePayload { entry });
    assert!(camera(&world).unwrap_err().contains("was erased"));
    assert!(!listed(&world));
}

#[test]
fn a_list_does_not_outlive_its_order() {
    let world = World::new();
    assert_eq!((camera(&world), listed(&world)), (Ok(1), true));
    world.clock.advance(Span::days(20));
    // Nothing is sent any more; the clock alone drops it.
    world.city.tick().unwrap();
    assert!(!listed(&world));
}
