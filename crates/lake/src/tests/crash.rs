//! Cuts of a segment at every byte, flips of every byte, and a disk that fails at every step.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// The bytes of a segment of a few frames of different kinds, and where each frame ends.
fn segment_of_frames() -> (Vec<u8>, Vec<usize>) {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path());
    let path = folder.path().join("wal").join(format!("{:012}.wal", 1));
    let mut ends = vec![usize::try_from(std::fs::metadata(&path).unwrap().len()).unwrap()];
    for rows in [&[(1, 1)][..], &[(2, 2), (HOUR, 3)], &[(3, 4)]] {
        lake.append(&stream(), &treated(rows)).unwrap();
        ends.push(usize::try_from(std::fs::metadata(&path).unwrap().len()).unwrap());
    }
    (std::fs::read(&path).unwrap(), ends)
}

/// The values of the first so many frames.
fn values_of(frames: usize) -> BTreeSet<i64> {
    [&[1][..], &[2, 3], &[4]].iter().take(frames).flat_map(|values| values.iter().copied()).collect()
}

/// A lake whose live segment has some bytes.
fn with_segment(bytes: &[u8]) -> (tempfile::TempDir, Result<(Lake, Recovered), LakeError>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("wal")).unwrap();
    std::fs::write(folder.path().join("wal").join(format!("{:012}.wal", 1)), bytes).unwrap();
    let opened = Lake::open(folder.path(), Options::default());
    (folder, opened)
}

#[test]
fn cut_anywhere_a_segment_gives_the_whole_frames_before_the_cut() {
    let (content, ends) = segment_of_frames();
    assert_eq!(*ends.last().unwrap(), content.len());
    for cut in 0..=content.len() {
        let (folder, opened) = with_segment(&content[..cut]);
        let (lake, recovered) = opened.unwrap();
        let whole = ends.iter().skip(1).filter(|end| **end <= cut).count();
        assert_eq!(values(&lake), values_of(whole), "cut at {cut}");
        assert_eq!(recovered.rows, values_of(whole).len() as u64);
        // Fewer bytes than begin a segment were never one.
        let torn = if cut < ends[0] { 0 } else { cut - ends[whole] };
        assert_eq!(recovered.torn_bytes, torn as u64, "cut at {cut}");
        lake.append(&stream(), &treated(&[(5, 99)])).unwrap();
        drop(lake);
        let mut expected = values_of(whole);
        expected.insert(99);
        assert_eq!(values(&open(folder.path())), expected, "what comes next stands where the torn frame was");
    }
}

#[test]
fn a_flip_of_any_byte_is_damage_or_a_torn_end_and_never_other_rows() {
    let (content, ends) = segment_of_frames();
    let last = ends[ends.len() - 2];
    for at in 0..content.len() {
        for bit in [0x01, 0x10, 0x80] {
            let mut flipped = content.clone();
            flipped[at] ^= bit;
            let (_folder, opened) = with_segment(&flipped);
            match opened {
                Err(LakeError::Damaged { offset, .. }) => {
                    let frame = ends.iter().rev().find(|end| **end <= at).copied().unwrap_or(0);
                    assert!(at < last && offset == frame as u64, "byte {at}: reported at {offset}");
                }
                Ok((lake, recovered)) => {
                    assert!(at >= last, "byte {at} of an acknowledged frame went unnoticed");
                    assert_eq!(values(&lake), values_of(2));
                    assert!(recovered.torn_bytes > 0);
                }
                Err(other) => panic!("byte {at}: {other}"),
            }
        }
    }
}

/// Lets so many steps pass, and none after them: what a crash does to a disk.
struct Crash {
    steps: AtomicUsize,
    passed: usize,
}

impl Crash {
    fn after(passed: usize) -> Arc<Self> {
        Arc::new(Self { steps: AtomicUsize::new(0), passed })
    }

    fn happened(&self) -> bool {
        self.steps.load(Ordering::SeqCst) > self.passed
    }
}

impl Gate for Crash {
    fn pass(&self) -> io::Result<()> {
        let step = self.steps.fetch_add(1, Ordering::SeqCst);
        if step < self.passed { Ok(()) } else { Err(io::Error::other("the process was killed")) }
    }
}

/// What a run acknowledged, tried and deleted before its disk went.
#[derive(Default)]
struct Run {
    acknowledged: BTreeMap<i64, i64>,
    tried: BTreeSet<i64>,
    /// Up to when deletion was asked for.
    cut: i64,
    reported: bool,
}

/// A life of a lake in short, as far as its disk goes.
fn live(root: &Path, crash: &Arc<Crash>) -> Run {
    let mut run = Run::default();
    let Ok((lake, _)) = Lake::open_through(root, Options::default(), Arc::clone(crash) as _) else { return run };
    let append = |run: &mut Run, rows: &[(i64, i64)]| {
        run.tried.extend(rows.iter().map(|row| row.1));
        if lake.append(&stream(), &treated(rows)).is_ok() {
            run.acknowledged.extend(rows.iter().map(|&(time, value)| (value, time)));
        }
    };
    append(&mut run, &[(1, 1), (HOUR, 2)]);
    append(&mut run, &[(2, 3)]);
    drop(lake.flush());
    append(&mut run, &[(3, 4), (2 * HOUR, 5)]);
    run.cut = HOUR;
    run.reported = lake.delete_before(&stream(), Timestamp::from_millis(HOUR)).is_ok();
    if run.reported {
        drop(lake.deletion_told(&stream()));
    }
    append(&mut run, &[(2 * HOUR + 1, 6)]);
    drop(lake.flush());
    run
}

#[test]
fn killed_at_any_step_nothing_acknowledged_is_lost_and_nothing_is_there_twice() {
    let mut steps = 0;
    loop {
        let (folder, crash) = (tempfile::tempdir().unwrap(), Crash::after(steps));
        let run = live(folder.path(), &crash);
        let lake = open(folder.path());
        // Fails by itself if a value is there twice.
        let found = values(&lake);
        assert!(found.is_subset(&run.tried), "killed at step {steps}: rows from nowhere");
        for (value, time) in &run.acknowledged {
            assert!(found.contains(value) || *time < run.cut, "killed at step {steps}: {value} is lost");
        }
        assert_eq!(lake.check().unwrap(), Vec::new(), "killed at step {steps}");
        // Deletion goes on where it stopped, and tells of everything that it did not tell.
        let before = Timestamp::from_millis(HOUR);
        let deleted = lake.delete_before(&stream(), before).unwrap();
        let old = run.acknowledged.values().any(|time| *time < HOUR);
        assert!(run.reported || !old || deleted.before == Some(before), "killed at step {steps}: gone without a word");
        assert!(values(&lake).iter().all(|value| ![1, 3, 4].contains(value)));
        lake.append(&stream(), &treated(&[(4 * HOUR, 100)])).unwrap();
        lake.flush().unwrap();
        drop(lake);
        assert!(values(&open(folder.path())).contains(&100));
        if !crash.happened() {
            assert!(run.acknowledged.len() == 6 && steps > 40, "the whole life took {steps} steps");
            return;
        }
        steps += 1;
    }
}

#[test]
fn killed_while_it_opens_a_lake_loses_nothing() {
    let saved = tempfile::tempdir().unwrap();
    let lake = open(saved.path());
    lake.append(&stream(), &treated(&[(1, 1), (HOUR, 2)])).unwrap();
    lake.flush().unwrap();
    lake.append(&stream(), &treated(&[(2, 3)])).unwrap();
    drop(lake);
    let wal = saved.path().join("wal");
    let live = wal.join(format!("{:012}.wal", 2));
    let bytes = std::fs::read(&live).unwrap();
    for steps in 0.. {
        // Two segments: the older one is on its way to Parquet, the newer one has a torn end.
        std::fs::write(&live, &bytes).unwrap();
        std::fs::write(wal.join(format!("{:012}.wal", 3)), &bytes[..bytes.len() - 1]).unwrap();
        let crash = Crash::after(steps);
        drop(Lake::open_through(saved.path(), Options::default(), Arc::clone(&crash) as _));
        assert_eq!(values(&open(saved.path())), [1, 2, 3].into(), "killed at step {steps}");
        if !crash.happened() {
            assert!(steps > 5);
            return;
        }
    }
}

#[test]
fn an_altered_segment_is_damage_or_a_run_of_its_frames() {
    let (content, _) = segment_of_frames();
    let random = testkit::SeededBytes::new(11);
    let (mut opened, mut damaged) = (0, 0);
    for round in 0..1_500 {
        let bytes = if round % 10 == 0 { testkit::noise(200, &random) } else { testkit::altered(&content, &random) };
        match with_segment(&bytes) {
            (_folder, Ok((lake, _))) => {
                let found = values(&lake);
                assert!((0..=3).any(|frames| found == values_of(frames)), "{found:?}");
                opened += 1;
            }
            (_folder, Err(LakeError::Damaged { offset, .. })) => {
                assert!(offset <= bytes.len() as u64);
                damaged += 1;
            }
            (_folder, Err(other)) => panic!("{other}"),
        }
    }
    assert!(opened > 100 && damaged > 100, "{opened} opened, {damaged} damaged");
}
