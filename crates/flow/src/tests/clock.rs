//! Ticks that fail in part, and crashes between what is done and what is said of it.

use model::act::ObservationsDeleted;
use model::{Act, Span, StreamId, Timestamp, What};
use register::Command;
use register::left::Left;

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

#[test]
fn what_a_deployment_observed_goes_after_its_end_and_the_log_says_when_all_of_it_is_gone() {
    let world = World::new();
    world.probes("s1", 0..12).unwrap();
    let line = format!("{{\"time\":\"{}\",\"no2\":1.5}}", world.now());
    world.city.ingest_lines("a1", line.as_bytes()).unwrap();
    world.clock.advance(Span::hours(2));
    for (by, deployment) in [("city", "congestion"), ("city", "pollution")] {
        world.submit(by, Some("The square is rebuilt"), Command::End { deployment: deployment.parse().unwrap() });
    }
    let left = |world: &World, id: &str| {
        let state = world.city.register().state();
        Left::of(&state, &state.deployments[&id.parse().unwrap()]).unwrap()
    };
    world.city.tick().unwrap();
    let wifi_left = left(&world, "congestion");
    assert!(wifi_left.collected() && !wifi_left.gone() && wifi_left.streams[0].deleted.is_none(), "{wifi_left:?}");
    assert_eq!((wifi_left.streams[0].keys_made, wifi_left.streams[0].keys_destroyed), (1, 0));
    // It ended at two in the afternoon of the first of June: a day after the next midnight, of people whole days are told.
    assert_eq!(wifi_left.gone_by().unwrap().to_string(), "2026-06-03T00:00:00Z");
    assert_eq!(left(&world, "pollution").gone_by().unwrap().to_string(), "2027-06-01T15:00:00Z");
    // The last hour of the time that it is kept for: nothing is said to be gone before it is.
    world.clock.set("2026-06-02T23:00:00Z".parse().unwrap());
    world.city.tick().unwrap();
    assert!(!left(&world, "congestion").gone());
    world.clock.set("2026-06-03T00:00:00Z".parse().unwrap());
    world.city.tick().unwrap();
    let wifi_left = left(&world, "congestion");
    assert!(wifi_left.gone() && world.stored("wifi").is_empty(), "{wifi_left:?}");
    let (_, mark) = wifi_left.streams[0].deleted.clone().unwrap();
    let entry = &world.city.register().entries(mark.entry, 1).unwrap()[0];
    assert!(
        matches!(Act::from_bytes(&entry.bytes).unwrap().what, What::ObservationsDeleted(told) if told.stream == wifi())
    );
    assert!(wifi_left.streams[0].last_key.is_some(), "and its key");
    // The other one is about nobody and kept for a year: its last file goes by the hour, and the last word comes when all is gone.
    for (now, gone) in [
        ("2026-12-01T00:00:00Z", false),
        ("2027-06-01T14:00:00Z", false),
        ("2027-06-01T15:00:00Z", true),
        ("2027-06-02T15:00:00Z", true),
    ] {
        world.clock.set(now.parse().unwrap());
        world.city.tick().unwrap();
        assert_eq!(left(&world, "pollution").gone(), gone, "{now}");
    }
    assert!(world.stored("air").is_empty());
    let air = |act: &ObservationsDeleted| act.stream.as_str() == "air";
    assert_eq!(deletions(&world).into_iter().filter(air).map(|act| act.files).collect::<Vec<_>>(), [Some(1), Some(0)]);
}
