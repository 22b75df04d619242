//! Mirrors: what is kept is what was signed, however it comes, and whatever happens meanwhile.

use hub::mirror::{City, Looked, Mirror, MirrorError, Profile, Reach, STAGE_ENTRIES_MAX, Standing, refresh};
use hub::simulate::{Generated, GeneratedLog};
use journal::shelf::{Change, Row, Shelf};
use model::PartyId;
use proptest::prelude::*;
use register::State;
use register::audit::{FolderSource, audit};
use testkit::FakeClock;
use tlog::audit::LogSource;

use crate::logs::{at, generated, key, mirror, name, plain};

fn kept(mirror: &Mirror) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    mirror.entries(&name(), |_, entry| entries.push(entry.to_vec())).unwrap();
    entries
}

#[test]
fn a_log_is_kept_as_it_grows_and_what_is_kept_is_what_was_signed() {
    let (_folder, mut mirror) = mirror();
    let mut before = 0;
    for size in [1, 2, 40, 255, 256, 257, 600, 600, 1_500] {
        let log = plain(size, u64::MAX);
        let looked = mirror.look(&name(), &log, at(1)).unwrap();
        let grown = size - before;
        let expected = if grown == 0 { Looked::Unchanged } else { Looked::Grown { entries: grown, more: false } };
        assert_eq!(looked, expected, "{size}");
        assert_eq!(kept(&mirror), log.entries());
        assert_eq!(mirror.city(&name()).unwrap().kept.note.as_deref(), Some(log.checkpoint()));
        before = size;
    }
}

#[test]
fn a_log_that_is_too_long_for_one_look_is_kept_in_several_and_each_is_checked() {
    let (_folder, mut mirror) = mirror();
    let size = STAGE_ENTRIES_MAX + 300;
    let log = plain(size, u64::MAX);
    let first = mirror.look(&name(), &log, at(1)).unwrap();
    assert_eq!(first, Looked::Grown { entries: STAGE_ENTRIES_MAX, more: true });
    // Meanwhile it grows; then it is another one.
    let longer = plain(size + 5, u64::MAX);
    let forked = plain(size + 5, size - 1);
    assert!(matches!(mirror.look(&name(), &forked, at(2)).unwrap(), Looked::Contradicts(_)));
    mirror.thaw(&name()).unwrap();
    assert_eq!(mirror.look(&name(), &longer, at(2)).unwrap(), Looked::Grown { entries: 305, more: false });
    assert_eq!(kept(&mirror), longer.entries());
}

#[test]
fn a_crash_anywhere_leaves_what_was_kept_or_what_became_of_it() {
    let (folder, mut mirror) = mirror();
    mirror.look(&name(), &plain(300, u64::MAX), at(1)).unwrap();
    let before = mirror.city(&name()).unwrap();
    // A copy of the files at any moment is what a crash leaves: taken while a writer is in the middle of its work.
    let (whole, copies) = (plain(9_000, u64::MAX), folder.path().join("copies"));
    let writing = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for size in (400..9_000).step_by(430) {
                mirror.look(&name(), &plain(size, u64::MAX), at(2)).unwrap();
            }
        });
        let mut taken = 0;
        while !writer.is_finished() && taken < 200 {
            let copy = copies.join(taken.to_string());
            std::fs::create_dir_all(copy.join("evidence")).unwrap();
            // The write-ahead file last: what it adds to the database is then older or of the same moment.
            for file in ["mirror.db", "mirror.db-wal"] {
                if let Ok(bytes) = std::fs::read(folder.path().join(file)) {
                    std::fs::write(copy.join(file), bytes).unwrap();
                }
            }
            taken += 1;
        }
        writer.join().unwrap();
        taken
    });
    let mut looked_at = 0;
    for taken in 0..writing {
        let Ok(copy) = Mirror::open(&copies.join(taken.to_string())) else { continue };
        let mut entries = Vec::new();
        match copy.entries(&name(), |_, entry| entries.push(entry.to_vec())) {
            Ok(kept) => {
                assert!(kept.size >= before.kept.size && kept.size as usize == entries.len());
                assert_eq!(entries, whole.entries()[..entries.len()]);
                looked_at += 1;
            }
            // A copy of two files is not one moment; then it is told, and never read as something else.
            Err(MirrorError::Damaged { .. } | MirrorError::Shelf(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert!(looked_at > 0);
}

#[test]
fn many_cities_are_looked_at_side_by_side_and_every_log_folds_to_a_register() {
    let folder = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(folder.path()).unwrap();
    let cities: Vec<_> = (0..60).map(|number| Generated::entry(number).unwrap()).collect();
    mirror.add_all(&cities).unwrap();
    let ways = generated(300);
    let first = refresh(folder.path(), &ways, 3, &FakeClock::at(ways.now())).unwrap();
    assert_eq!((first.cities, first.grown, first.failed, first.frozen), (60, 60, 0, 0));
    let later = ways.later(30);
    let second = refresh(folder.path(), &later, 3, &FakeClock::at(later.now())).unwrap();
    assert_eq!((second.cities, second.failed), (60, 0));
    assert_eq!(refresh(folder.path(), &later, 2, &FakeClock::at(later.now())).unwrap().entries, 0);
    for number in [0, 1, 9, 59] {
        let name: PartyId = format!("city-{number:06}").parse().unwrap();
        let (mut state, mut entries) = (State::default(), Vec::new());
        mirror
            .entries(&name, |_, entry| {
                state.apply(&model::Act::from_bytes(entry).unwrap()).unwrap();
                entries.push(entry.to_vec());
            })
            .unwrap();
        assert_eq!(entries, later.log(number).unwrap().entries());
        let city = mirror.city(&name).unwrap();
        assert_eq!((city.sheet.size, city.sheet.stopped.clone()), (state.size, None));
        assert_eq!((city.kept.standing, city.kept.size), (Standing::Sound, state.size));
    }
}

/// A city that enters statements with long names until its sheet has more bytes than the shelf keeps of anybody.
fn endless() -> GeneratedLog {
    let mut entries = vec![generated(1).log(0).unwrap().entries()[0].clone()];
    for number in 0..60_000 {
        let id = format!("e{number:0>60}");
        let act = format!(
            r#"{{"at":"2026-02-01T00:00:00Z","by":"city","what":{{"kind":"evidence-filed/1","body":{{"id":"{id}","about":{{"what":"city"}},"kind":"note","on":"2026-02-01T00:00:00Z","signed_by":"city","summary":"x"}}}}}}"#
        );
        entries.push(act.into_bytes());
    }
    GeneratedLog::new(entries, &key()).unwrap()
}

/// Generated cities, and what is done or served in place of some.
struct Ways<'a> {
    generated: Generated,
    large: Option<GeneratedLog>,
    /// What somebody else does to a city while it is looked at.
    meanwhile: &'a (dyn Fn(&PartyId) + Sync),
}

impl Reach for Ways<'_> {
    fn reach(&self, city: &City) -> Box<dyn LogSource> {
        (self.meanwhile)(&city.name);
        let large = self.large.as_ref().filter(|_| city.name == name());
        large.map_or_else(|| self.generated.reach(city), |log| Box::new(log.clone()))
    }
}

#[test]
fn a_city_whose_sheet_is_too_large_stops_its_own_sheet_and_no_other_city() {
    let folder = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(folder.path()).unwrap();
    mirror.add_all(&(0..4).map(|number| Generated::entry(number).unwrap()).collect::<Vec<_>>()).unwrap();
    mirror.add(&name(), &key().vkey().to_string(), "http://city.example", Profile::default()).unwrap();
    let ways = Ways { generated: generated(90), large: Some(endless()), meanwhile: &|_| {} };
    let found = refresh(folder.path(), &ways, 2, &FakeClock::at(at(90))).unwrap();
    assert_eq!((found.cities, found.grown, found.failed), (5, 5, 0));
    let city = mirror.city(&name()).unwrap();
    assert_eq!((city.kept.size, city.kept.standing), (60_001, Standing::Sound));
    let stopped = city.sheet.stopped.unwrap();
    assert!(stopped.why.contains("bytes") && stopped.entry < 60_000, "{stopped:?}");
    assert!(mirror.cities(None, 9).unwrap().into_iter().skip(1).all(|(_, city)| city.unwrap().sheet.stopped.is_none()));
}

#[test]
fn a_city_that_somebody_else_changes_meanwhile_fails_alone_and_is_taken_by_the_next_look() {
    let folder = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(folder.path()).unwrap();
    mirror.add_all(&(0..6).map(|number| Generated::entry(number).unwrap()).collect::<Vec<_>>()).unwrap();
    let changed: PartyId = "city-000002".parse().unwrap();
    let somebody = |name: &PartyId| {
        if *name == changed {
            Mirror::open(folder.path()).unwrap().thaw(name).unwrap();
        }
    };
    let ways = Ways { generated: generated(90), large: None, meanwhile: &somebody };
    let found = refresh(folder.path(), &ways, 2, &FakeClock::at(at(90))).unwrap();
    assert_eq!((found.cities, found.grown, found.failed), (6, 5, 1));
    for (_, city) in mirror.cities(None, 9).unwrap() {
        let city = city.unwrap();
        assert_eq!(city.kept.size == 0, city.name == changed, "{}", city.name);
    }
    assert_eq!(refresh(folder.path(), &generated(90), 2, &FakeClock::at(at(90))).unwrap().grown, 1);
}

#[test]
fn one_row_that_cannot_be_read_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(folder.path()).unwrap();
    let (city, key, address, profile) = Generated::entry(0).unwrap();
    mirror.add(&city, &key, &address, profile).unwrap();
    let row = Row { name: "a-damaged-row".to_owned(), revision: 0, head: b"{".to_vec(), fold: b"{}".to_vec() };
    let mut shelf = Shelf::open(&folder.path().join("mirror.db")).unwrap();
    shelf.put(&[Change { row, pieces: Vec::new() }]).unwrap();
    let found = refresh(folder.path(), &generated(30), 2, &FakeClock::at(at(30))).unwrap();
    assert_eq!((found.cities, found.grown, found.failed), (2, 1, 1));
    let rows = mirror.cities(None, 9).unwrap();
    let read: Vec<bool> = rows.iter().map(|(name, row)| row.is_ok() && *name == city.to_string()).collect();
    assert_eq!(read.iter().filter(|read| **read).count(), 1);
    assert_eq!(rows.len(), 2);
}

#[test]
fn what_is_kept_is_verified_by_whoever_has_it_after_its_city_has_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(folder.path()).unwrap();
    let (city, key, address, profile) = Generated::entry(0).unwrap();
    mirror.add(&city, &key, &address, profile).unwrap();
    for days in [40, 300] {
        let (log, out) = (generated(days).log(0).unwrap(), folder.path().join(days.to_string()));
        mirror.look(&city, &log, at(days.into())).unwrap();
        assert_eq!(mirror.export(&city, &out).unwrap(), log.entries().len() as u64);
        let audited = audit(&FolderSource::new(&out), Some(&key), None).unwrap();
        assert_eq!(audited.log.size, log.entries().len() as u64);
        // Nothing is written over.
        assert!(matches!(mirror.export(&city, &out), Err(MirrorError::Io(_))));
    }
    let (_folder, mut half) = crate::logs::mirror();
    half.look(&name(), &plain(STAGE_ENTRIES_MAX + 1, u64::MAX), at(1)).unwrap();
    assert!(matches!(half.export(&name(), &folder.path().join("half")), Err(MirrorError::Unfinished(_))));
}

#[test]
fn a_city_is_added_once_and_by_a_key() {
    let (_folder, mut mirror) = mirror();
    let (name, key, address, profile) = Generated::entry(1).unwrap();
    assert!(matches!(mirror.add(&name, "nonsense", &address, profile.clone()), Err(MirrorError::Key(_))));
    mirror.add(&name, &key, &address, profile.clone()).unwrap();
    assert!(matches!(mirror.add(&name, &key, &address, profile), Err(MirrorError::Known(_))));
    assert!(matches!(mirror.city(&"nobody".parse().unwrap()), Err(MirrorError::Unknown(_))));
    assert_eq!(mirror.count().unwrap(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn in_whatever_steps_a_log_is_looked_at_the_same_is_kept(sizes in proptest::collection::btree_set(1_u64..900, 1..8)) {
        let (_folder, mut mirror) = mirror();
        let mut last = 0;
        for size in &sizes {
            let looked = mirror.look(&name(), &plain(*size, u64::MAX), at(1)).unwrap();
            prop_assert_eq!(looked, Looked::Grown { entries: size - last, more: false });
            last = *size;
        }
        let whole = plain(last, u64::MAX);
        prop_assert_eq!(kept(&mirror), whole.entries());
    }
}
