//! Ticks that fail in part, and crashes between what is done and what is said of it.

use model::act::ObservationsDeleted;
use model::{Act, Span, StreamId, Timestamp, What};

use super::{CLOSED, World};
use crate::Step;

/// What the log says of deletions.
fn deletions(world: &World) -> Vec<ObservationsDeleted> {
    let entries = world.city.register().entries(0, 1_000).unwrap();
    let acts = entries.iter().map(|entry| Act::from_bytes(&entry.bytes).unwrap());
    acts.filter_map(|act| match act.what {
        What::ObservationsDeleted(deleted) => Some(deleted),
        _ => None,
    })
    .collect()
}

fn wifi() -> StreamId {
    "wifi".parse().unwrap()
}

#[test]
fn a_damaged_file_keeps_no_key_alive_and_nothing_past_its_retention() {
    let world = World::new();
    world.probes("s1", 0..12).unwrap();
    // The mark of the releases is damaged, so that no window can be released.
    let released = world.folder.path().join("lake/released/wifi/counts/v1");
    std::fs::create_dir_all(&released).unwrap();
    std::fs::write(released.join("through"), "never").unwrap();
    world.clock.advance(Span::hours(50));
    let failed = world.city.tick().unwrap_err();
    let steps: Vec<Step> = failed.failures.iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, [Step::Releases]);
    assert_eq!((failed.done.keys, failed.done.deleted), (1, 1), "{failed}");
    assert!(std::error::Error::source(&failed).is_some());
    assert_eq!(deletions(&world).len(), 1);
    assert!(world.city.register().state().keys.values().all(|key| key.destroyed.is_some()));
    let ticks = world.city.ticks();
    assert_eq!((ticks.failed, ticks.failing, ticks.steps[&Step::Releases]), (1, 1, 1));
    world.city.tick().unwrap_err();
    assert_eq!(world.city.ticks().failing, 2);
    std::fs::remove_file(released.join("through")).unwrap();
    world.city.tick().unwrap();
    let ticks = world.city.ticks();
    assert_eq!((ticks.done, ticks.failed, ticks.failing), (1, 2, 0));
}

#[test]
fn what_was_deleted_before_a_crash_is_in_the_log_after_the_next_tick_and_once() {
    let world = World::new();
    world.probes("s1", 0..12).unwrap();
    world.clock.advance(Span::hours(50));
    let before = world.now() - Span::hours(24);
    // As if the process had ended between the files and the act.
    assert_eq!(world.city.lake().delete_before(&wifi(), before).unwrap().files, 1);
    let world = world.reopened();
    assert_eq!(world.city.tick().unwrap().deleted, 1);
    let told = deletions(&world);
    let day: Timestamp = "2026-06-02T00:00:00Z".parse().unwrap();
    assert_eq!(
        told.iter().map(|act| (act.before, act.files)).collect::<Vec<_>>(),
        [(day, None)],
        "of people the day alone, and no files"
    );
    world.city.tick().unwrap();
    assert_eq!(deletions(&world), told);
    // And as if it had ended between the act and the end of its note.
    let note = world.folder.path().join("lake/observations/wifi/deleting");
    assert!(!note.exists());
    std::fs::write(&note, format!("{before}\n20260601T12/000000000001.parquet\n")).unwrap();
    let world = world.reopened();
    world.city.tick().unwrap();
    assert!(!note.exists());
    assert_eq!(deletions(&world), told);
}

#[test]
fn a_window_that_retention_has_cut_is_not_released() {
    let world = World::new();
    let start: Timestamp = world.now();
    world.probes("s1", 0..12).unwrap();
    world.probes_at("s1", 12..24, start + Span::minutes(4)).unwrap();
    world.probes_at("s1", 0..15, start + Span::minutes(5)).unwrap();
    // No tick comes for a day and some minutes: twelve of the phones are past their retention.
    world.clock.advance(Span::seconds(86_400 + 60));
    world.city.tick().unwrap();
    assert_eq!(world.counts(), [], "no number is made of half a window");
    world.probes("s1", 0..12).unwrap();
    world.clock.advance(CLOSED);
    world.city.tick().unwrap();
    assert_eq!(world.counts().iter().map(|row| row.2).collect::<Vec<_>>(), [12]);
}
