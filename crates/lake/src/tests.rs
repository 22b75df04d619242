//! Every path a row can take; cuts, flips and crashes stand in [`crash`].

mod crash;
mod ledgers;

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{DeviceId, Epoch, Stream};
use privacy::{EpochKey, EpochKeys, RawObservation, RawValue, Recipe, Treating};
use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3_600_000;

fn stream() -> StreamId {
    "air".parse().unwrap()
}

/// A treated batch with one row for each (time, value), through the real treatment.
fn treated(rows: &[(i64, i64)]) -> Treated<Columns> {
    let json = r#"{"id":"air","time":{"do":"keep"},"retention":"1d","properties":{
        "mac":{"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"24h"}},
        "value":{"category":"air-quality","value":"integer","treatment":{"do":"keep"}}}}"#;
    let stream: Stream = serde_json::from_str(json).unwrap();
    let recipe = Recipe::compile(&stream, &|_| None).unwrap();
    let mut keys = EpochKeys::new(&stream.id);
    let length = stream.longest_epoch().unwrap();
    for day in 0..30 {
        keys.insert(Epoch(length.window(Timestamp::from_millis(day * 24 * HOUR))), Arc::new(EpochKey::new([7; 32])));
    }
    let device = DeviceId::new("air-1").unwrap();
    let mut treating = Treating::new(&recipe, &keys, None, vec![device]);
    for &(time, value) in rows {
        let values = [RawValue::Text("88:78:73:8d:98:75".into()), RawValue::Integer(value)];
        treating.push(&RawObservation { at: Timestamp::from_millis(time), device: 0, values: &values }).unwrap();
    }
    treating.finish()
}

fn always() -> Window {
    Window { start: Timestamp::UNIX_EPOCH, end: Timestamp::MAX }
}

/// The values that a scan finds; fails if one is there twice.
fn values(lake: &Lake) -> BTreeSet<i64> {
    let name = "value".parse().unwrap();
    let mut found = BTreeSet::new();
    for columns in lake.scan(&stream(), always()).unwrap() {
        for row in 0..columns.len() {
            let Some(privacy::Scalar::Integer(value)) = columns.scalar(&name, row) else { unreachable!() };
            assert!(found.insert(value), "{value} is there twice");
        }
    }
    found
}

fn open(root: &Path) -> Lake {
    Lake::open(root, Options::default()).unwrap().0
}

#[test]
fn rows_survive_flushes_and_restarts_each_exactly_once() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path());
    lake.append(&stream(), &treated(&[(1, 1), (HOUR, 2)])).unwrap();
    lake.flush().unwrap();
    lake.append(&stream(), &treated(&[(2, 3), (2 * HOUR, 4)])).unwrap();
    assert_eq!(values(&lake), [1, 2, 3, 4].into());
    drop(lake);
    let lake = open(folder.path());
    assert_eq!(values(&lake), [1, 2, 3, 4].into());
    lake.flush().unwrap();
    lake.flush().unwrap();
    assert_eq!(values(&lake), [1, 2, 3, 4].into());
    let window = Window { start: Timestamp::from_millis(HOUR), end: Timestamp::from_millis(2 * HOUR) };
    assert_eq!(lake.scan(&stream(), window).unwrap().iter().map(Columns::len).sum::<usize>(), 1);
}

#[test]
fn a_crash_between_files_and_segment_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path());
    lake.append(&stream(), &treated(&[(1, 1), (2, 2)])).unwrap();
    let segment = folder.path().join("wal").join(format!("{:012}.wal", 1));
    let saved = std::fs::read(&segment).unwrap();
    lake.flush().unwrap();
    lake.append(&stream(), &treated(&[(3, 3)])).unwrap();
    drop(lake);
    // As if the process had ended before it removed the old segment.
    std::fs::write(&segment, &saved).unwrap();
    let lake = open(folder.path());
    assert_eq!(values(&lake), [1, 2, 3].into());
    assert!(!segment.exists());
    drop(lake);
    // And before it began the new one: the files are there, and the segment that they came from is the live one.
    std::fs::remove_file(folder.path().join("wal").join(format!("{:012}.wal", 2))).unwrap();
    std::fs::write(&segment, &saved).unwrap();
    assert_eq!(values(&open(folder.path())), [1, 2].into());
}

#[test]
fn retention_removes_whole_hours_from_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path());
    lake.append(&stream(), &treated(&[(1, 1), (HOUR, 2), (2 * HOUR, 3)])).unwrap();
    let before = Timestamp::from_millis(2 * HOUR);
    let deleted = lake.delete_before(&stream(), before).unwrap();
    assert_eq!((deleted, values(&lake)), (Deleted { before: Some(before), files: 2, rows: 2 }, [3].into()));
    lake.deletion_told(&stream()).unwrap();
    assert_eq!(lake.delete_before(&stream(), before).unwrap(), Deleted::default());
}

#[test]
fn a_deletion_is_reported_until_it_was_told_whatever_crashes() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path());
    lake.append(&stream(), &treated(&[(1, 1), (HOUR, 2), (2 * HOUR, 3)])).unwrap();
    let (first, second) = (Timestamp::from_millis(HOUR), Timestamp::from_millis(2 * HOUR));
    assert_eq!(lake.delete_before(&stream(), first).unwrap().files, 1);
    drop(lake);
    let lake = open(folder.path());
    assert_eq!(lake.check().unwrap(), Vec::new());
    assert_eq!(lake.delete_before(&stream(), first).unwrap(), Deleted { before: Some(first), files: 1, rows: 0 });
    assert_eq!(lake.delete_before(&stream(), second).unwrap(), Deleted { before: Some(second), files: 2, rows: 1 });
    lake.deletion_told(&stream()).unwrap();
    lake.deletion_told(&stream()).unwrap();
    assert_eq!(lake.delete_before(&stream(), second).unwrap(), Deleted::default());
    // A note that nobody can read holds nothing up, and still tells that there was something.
    std::fs::write(folder.path().join("observations/air/deleting"), [0xff, 0xfe]).unwrap();
    assert_eq!(lake.check().unwrap().len(), 1);
    let third = Timestamp::from_millis(3 * HOUR);
    assert_eq!(lake.delete_before(&stream(), third).unwrap(), Deleted { before: Some(third), files: 1, rows: 1 });
}

#[test]
fn what_came_late_is_counted_across_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path());
    assert_eq!(lake.late(), BTreeMap::new());
    lake.keep_late(&stream(), 7).unwrap();
    lake.keep_late(&stream(), 9).unwrap();
    drop(lake);
    let lake = open(folder.path());
    assert_eq!(lake.late(), [(stream(), 9)].into());
    assert_eq!(lake.check().unwrap(), Vec::new());
    std::fs::write(folder.path().join("observations/air/late"), "many").unwrap();
    assert_eq!(lake.check().unwrap().len(), 1);
    assert!(matches!(Lake::open(folder.path(), Options::default()), Err(LakeError::BadFile { .. })));
}

#[test]
fn an_hour_that_retention_cuts_is_hidden_at_once_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path());
    lake.append(&stream(), &treated(&[(HOUR, 1), (HOUR + 10, 2)])).unwrap();
    lake.flush().unwrap();
    assert_eq!(lake.delete_before(&stream(), Timestamp::from_millis(HOUR + 5)).unwrap(), Deleted::default());
    assert_eq!(values(&lake), [2].into());
    drop(lake);
    assert_eq!(values(&open(folder.path())), [2].into());
}

#[test]
fn readers_and_flushes_at_once_see_every_row_once() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path(), Options { segment_bytes_max: 3_000 }).unwrap().0;
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = 0;
            while !done.load(std::sync::atomic::Ordering::Acquire) {
                let found = values(&lake);
                // Batches become readable in the order in which they came.
                assert_eq!(found, (0..found.len() as i64).collect());
                assert!(found.len() >= seen);
                seen = found.len();
            }
        });
        (0..120).for_each(|n| lake.append(&stream(), &treated(&[(n % 7 * HOUR, n)])).unwrap());
        done.store(true, std::sync::atomic::Ordering::Release);
        reader.join().unwrap();
    });
    assert_eq!(values(&lake).len(), 120);
    let stats = lake.stats().unwrap();
    assert_eq!(stats.streams.values().map(|stream| stream.rows).sum::<u64>(), 120);
    assert_eq!(stats.flush_failure, None);
}

#[test]
fn a_look_at_every_file_finds_the_damaged_and_the_foreign_ones() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path());
    lake.append(&stream(), &treated(&[(1, 1)])).unwrap();
    lake.flush().unwrap();
    lake.append(&stream(), &treated(&[(2, 2)])).unwrap();
    assert_eq!(lake.check().unwrap(), Vec::new());
    let hour = folder.path().join("observations").join("air").join("19700101T00");
    let file = hour.join("000000000001.parquet");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    std::fs::write(hour.join("notes.txt"), "x").unwrap();
    let wrong_hour = hour.with_file_name("19700101T05");
    std::fs::create_dir(&wrong_hour).unwrap();
    std::fs::write(wrong_hour.join("000000000001.parquet"), &bytes).unwrap();
    let found: BTreeSet<PathBuf> = lake.check().unwrap().into_iter().map(|finding| finding.path).collect();
    assert_eq!(found, [file, hour.join("notes.txt"), wrong_hour.join("000000000001.parquet")].into());
}

#[test]
fn an_unknown_file_among_the_segments_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    std::fs::write(folder.path().join("wal").join("notes.txt"), "x").unwrap();
    assert!(matches!(Lake::open(folder.path(), Options::default()), Err(LakeError::BadFile { .. })));
}

#[test]
fn appenders_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path(), Options { segment_bytes_max: 2_000 }).unwrap().0;
    std::thread::scope(|scope| {
        for thread in 0..4_i64 {
            let lake = &lake;
            scope.spawn(move || {
                (0..25).for_each(|n| lake.append(&stream(), &treated(&[(n * HOUR / 5, thread * 100 + n)])).unwrap())
            });
        }
    });
    assert_eq!(values(&lake).len(), 100);
    drop(lake);
    assert_eq!(values(&open(folder.path())).len(), 100);
}

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<i64>),
    Flush,
    Reopen,
    Delete(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => proptest::collection::vec(0_i64..20 * HOUR, 1..6).prop_map(Step::Append),
        1 => Just(Step::Flush),
        1 => Just(Step::Reopen),
        1 => (0_i64..20).prop_map(Step::Delete),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_row_is_there_once_until_it_is_deleted_and_never_again(steps in proptest::collection::vec(step(), 1..20)) {
        let folder = tempfile::tempdir().unwrap();
        let mut lake = open(folder.path());
        let (mut kept, mut gone, mut next) = (BTreeMap::new(), BTreeSet::new(), 0);
        let mut latest_cut = 0;
        for step in steps {
            match step {
                Step::Append(times) => {
                    let rows: Vec<(i64, i64)> = times.into_iter().zip(next..).collect();
                    next += 100;
                    lake.append(&stream(), &treated(&rows)).unwrap();
                    kept.extend(rows.iter().map(|&(time, value)| (value, time)));
                }
                Step::Flush => assert!(lake.flush().is_ok()),
                Step::Reopen => {
                    drop(lake);
                    lake = open(folder.path());
                }
                Step::Delete(hour) => {
                    latest_cut = latest_cut.max(hour * HOUR);
                    lake.delete_before(&stream(), Timestamp::from_millis(hour * HOUR)).unwrap();
                    gone.extend(kept.extract_if(.., |_, time| *time < hour * HOUR).map(|(value, _)| value));
                }
            }
            let found = values(&lake);
            prop_assert!(found.is_disjoint(&gone), "deleted rows are back");
            // What comes late, from before the latest cut, may be hidden at once.
            let (late, due): (Vec<_>, Vec<_>) = kept.iter().partition(|(_, time)| **time < latest_cut);
            prop_assert!(due.iter().all(|(value, _)| found.contains(value)), "rows are missing");
            let known: BTreeSet<i64> = late.iter().chain(&due).map(|(value, _)| **value).collect();
            prop_assert!(found.is_subset(&known), "rows from nowhere");
            prop_assert_eq!(lake.check().unwrap(), Vec::new());
        }
    }
}
