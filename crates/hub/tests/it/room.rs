//! The room that all mirrors share, and the time that logs in trouble share: none of them takes another's.

use std::sync::{Arc, Mutex};

use hub::mirror::{City, Limits, Looked, Mirror, Profile, Reach, Standing, Trouble, refresh};
use hub::simulate::{Generated, GeneratedLog};
use hub::watch::{Proves, Said};
use model::{Clock, PartyId, Span};
use register::audit::FolderSource;
use testkit::FakeClock;
use tlog::audit::{Auditor, LogSource, SourceError};

use crate::logs::{at, generated, key, mirror, name, plain};

/// A log that nobody answers for, after a while.
struct Silent(Arc<FakeClock>, Span);

impl LogSource for Silent {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.0.advance(self.1);
        Err(SourceError::Failed { path: path.to_owned(), message: "no answer in time".to_owned() })
    }
}

/// Ways to generated cities, each of which takes a while, and some of which do not answer then. Keeps who was asked.
struct Slow {
    honest: Generated,
    silent: fn(&str) -> bool,
    takes: Span,
    clock: Arc<FakeClock>,
    asked: Mutex<Vec<String>>,
}

impl Slow {
    fn new(clock: &Arc<FakeClock>, days: u32, takes: Span, silent: fn(&str) -> bool) -> Self {
        Self { honest: generated(20).later(days), silent, takes, clock: Arc::clone(clock), asked: Mutex::default() }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Reach for Slow {
    fn reach(&self, city: &City) -> Box<dyn LogSource> {
        self.asked.lock().unwrap().push(city.name.to_string());
        if (self.silent)(city.name.as_str()) {
            return Box::new(Silent(Arc::clone(&self.clock), self.takes));
        }
        self.clock.advance(self.takes);
        self.honest.reach(city)
    }
}

fn cities(count: u64) -> (tempfile::TempDir, Mirror, Arc<FakeClock>) {
    let folder = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(folder.path()).unwrap();
    mirror.add_all(&(0..count).map(|number| Generated::entry(number).unwrap()).collect::<Vec<_>>()).unwrap();
    (folder, mirror, Arc::new(FakeClock::at(generated(20).now())))
}

#[test]
fn however_long_the_others_take_logs_in_trouble_get_their_six_hours_after_them() {
    let (folder, _mirror, clock) = cities(10);
    // Seven answer, each in an hour; three do not.
    let ways = || Slow::new(&clock, 0, Span::hours(1), |city| city < "city-000003");
    assert_eq!(refresh(folder.path(), &ways(), 1, clock.as_ref()).unwrap().failed, 3);
    let again = ways();
    let found = refresh(folder.path(), &again, 1, clock.as_ref()).unwrap();
    assert_eq!((found.cities, found.failed, found.waiting), (10, 3, 0), "{:?}", again.asked());
    assert_eq!(again.asked()[7..], ["city-000000", "city-000001", "city-000002"]);
    // And so do they after one that is new.
    let mut mirror = Mirror::open(folder.path()).unwrap();
    mirror.add_all(&[Generated::entry(10).unwrap()]).unwrap();
    let again = Slow { takes: Span::hours(7), ..ways() };
    refresh(folder.path(), &again, 1, clock.as_ref()).unwrap();
    assert_eq!(again.asked()[7..], ["city-000010", "city-000000"], "one that takes seven hours is the last");
}

#[test]
fn of_logs_in_trouble_as_many_as_there_are_threads_are_begun_with_in_any_case() {
    let (folder, _mirror, clock) = cities(3);
    let ways = || Slow::new(&clock, 0, Span::hours(7), |_| true);
    assert_eq!(refresh(folder.path(), &ways(), 2, clock.as_ref()).unwrap().cities, 3);
    // Whichever thread comes first, and whether or not the clock went on before the other one asks.
    for _ in 0..6 {
        let found = refresh(folder.path(), &ways(), 2, clock.as_ref()).unwrap();
        assert_eq!((found.cities, found.waiting), (2, 1));
    }
}

#[test]
fn a_log_for_which_there_is_no_room_waits_with_none_in_trouble_and_says_since_when_it_is_behind() {
    let (folder, mirror, clock) = cities(6);
    let silent: fn(&str) -> bool = |city| city == "city-000000";
    let limits = Limits { threads: 1, bytes_max: 1 };
    refresh(folder.path(), &Slow::new(&clock, 0, Span::seconds(1), silent), 1, clock.as_ref()).unwrap();
    clock.set(generated(20).later(30).now());
    let began = clock.now();
    let full =
        |days| refresh(folder.path(), &Slow::new(&clock, days, Span::seconds(1), silent), limits, clock.as_ref());
    assert_eq!(full(30).unwrap().failed, 6);
    let behind = |city: &str| mirror.city(&city.parse().unwrap()).unwrap().kept;
    let Standing::Behind { since, why } = behind("city-000003").standing else { panic!() };
    assert!(since >= began && why.contains("until there is room"), "{since} {why}");
    assert_eq!(behind("city-000003").tried, None, "it is in no trouble");
    // Each takes two hours: all are looked at, and the silent one after them.
    clock.set(generated(20).later(40).now());
    let slow = Slow::new(&clock, 40, Span::hours(2), silent);
    let found = refresh(folder.path(), &slow, limits, clock.as_ref()).unwrap();
    assert_eq!((found.cities, found.waiting), (6, 0));
    assert_eq!(slow.asked().last().map(String::as_str), Some("city-000000"), "{:?}", slow.asked());
    let kept = behind("city-000003");
    assert!(matches!(&kept.standing, Standing::Behind { since: still, .. } if *still == since), "since the first time");
    assert!(kept.checked > Some(since) && kept.signed().unwrap().size > kept.size, "its newest head is known");
    // With room it is whole again.
    refresh(folder.path(), &Slow::new(&clock, 40, Span::seconds(1), silent), 1, clock.as_ref()).unwrap();
    let kept = mirror.entries(&"city-000003".parse().unwrap(), |_, _| ()).unwrap();
    assert_eq!((kept.signed().unwrap().size, kept.standing), (kept.size, Standing::Sound));
}

/// A log that counts how often one of its bundles is asked for.
struct Counted<'a>(&'a GeneratedLog, Mutex<usize>);

impl LogSource for Counted<'_> {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        *self.1.lock().unwrap() += usize::from(path.contains("entries"));
        self.0.get(path)
    }
}

/// A look at a log for whose entries there is no room; none is asked for.
fn no_room(mirror: &mut Mirror, log: &GeneratedLog, day: i64) {
    let counted = Counted(log, Mutex::default());
    let looked = mirror.look(&name(), &counted, at(day)).unwrap();
    assert!(matches!(looked, Looked::Failed(Trouble::NoRoom { .. })), "{looked:?}");
    assert_eq!(*counted.1.lock().unwrap(), 0, "what is not kept is not fetched");
}

#[test]
fn a_fork_is_found_while_there_is_no_room_for_either_of_its_histories() {
    // Nothing or something was kept before; then there is no room for anything.
    for kept in [0, 300] {
        for (size, fork) in [(450, 350), (400, 350), (70_000, 399)] {
            let (_folder, mut all) = mirror();
            if kept > 0 {
                all.look(&name(), &plain(kept, u64::MAX), at(1)).unwrap();
            }
            let mut mirror = all.within(1);
            no_room(&mut mirror, &plain(400, u64::MAX), 2);
            let city = mirror.city(&name()).unwrap().kept;
            assert_eq!((city.size, city.signed().unwrap().size), (kept, 400));
            assert_eq!(city.covered().map(|(_, size)| size), (kept > 0).then_some(kept));
            let Looked::Contradicts(evidence) = mirror.look(&name(), &plain(size, fork), at(3)).unwrap() else {
                panic!("{kept}, {size}, {fork}: not found");
            };
            assert_eq!(evidence.check(None), Ok(Proves::TwoHistories));
            assert!(matches!(mirror.city(&name()).unwrap().kept.standing, Standing::Frozen { .. }));
        }
    }
}

#[test]
fn smaller_heads_are_noted_without_room_and_are_a_fork_where_what_is_kept_shows_it() {
    let (_folder, mut all) = mirror();
    all.look(&name(), &plain(300, u64::MAX), at(1)).unwrap();
    let mut mirror = all.within(1);
    no_room(&mut mirror, &plain(400, u64::MAX), 2);
    // One of the same log, and one beyond what is kept, of which nobody can tell here.
    for (day, other) in [(3, plain(250, u64::MAX)), (4, plain(350, 320))] {
        let Looked::RolledBack(noted) = mirror.look(&name(), &other, at(day)).unwrap() else { panic!("{day}") };
        assert_eq!(noted.check(None), Ok(Proves::OnlyTheHeads));
    }
    no_room(&mut mirror, &plain(500, u64::MAX), 5);
    // Whoever grew honestly is kept whole again as soon as there is room.
    let mut roomy = mirror.within(u64::MAX);
    assert_eq!(roomy.look(&name(), &plain(600, u64::MAX), at(6)).unwrap(), Looked::Grown { entries: 300, more: false });
    let mut mirror = roomy.within(1);
    no_room(&mut mirror, &plain(700, u64::MAX), 7);
    let Looked::Contradicts(evidence) = mirror.look(&name(), &plain(500, 400), at(8)).unwrap() else { panic!() };
    assert!(matches!(evidence.said, Said::RolledBack { .. }), "the two heads alone");
}

#[test]
fn what_is_kept_in_part_is_verified_by_anybody_under_the_last_head_that_it_covers() {
    let (folder, mut all) = mirror();
    all.look(&name(), &plain(100, u64::MAX), at(1)).unwrap();
    let kept = all.city(&name()).unwrap().kept.bytes;
    // Room for some forty more.
    let bytes_max = 2 * (kept + 3_000);
    assert!(all.bytes().unwrap() >= bytes_max / 2, "half is taken");
    let mut mirror = all.within(bytes_max);
    let looked = mirror.look(&name(), &plain(2_000, u64::MAX), at(2)).unwrap();
    assert!(matches!(looked, Looked::Grown { entries: 30..=45, more: true }), "{looked:?}");
    for (day, size) in [(3, 2_100), (4, 2_200)] {
        let looked = mirror.look(&name(), &plain(size, u64::MAX), at(day)).unwrap();
        assert!(matches!(looked, Looked::Failed(Trouble::NoRoom { .. })), "{looked:?}");
    }
    let kept = mirror.entries(&name(), |_, _| ()).unwrap();
    assert_eq!((kept.size > 100, kept.signed().unwrap().size, kept.covered().unwrap().1), (true, 2_200, 100));
    assert_eq!(mirror.checkpoint(&name()).unwrap(), kept.covered().unwrap().0);
    let out = folder.path().join("out");
    assert_eq!(mirror.export(&name(), &out).unwrap(), 100);
    let audited = Auditor::new(key().vkey()).run(&FolderSource::new(&out), |_, _| ()).unwrap();
    assert_eq!(audited.size, 100);
    // Whole again, the newest head is the one.
    let mut roomy = mirror.within(u64::MAX);
    roomy.look(&name(), &plain(2_200, u64::MAX), at(5)).unwrap();
    assert_eq!(roomy.city(&name()).unwrap().kept.covered().unwrap().1, 2_200);
}

/// A log of so many entries of a kilobyte that no packing makes smaller.
fn large(size: u64) -> GeneratedLog {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut byte = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed.to_le_bytes()[3]
    };
    GeneratedLog::new((0..size).map(|_| (0..1024).map(|_| byte()).collect()).collect(), &key()).unwrap()
}

#[test]
fn logs_that_grow_without_end_leave_every_other_city_its_equal_part_and_all_keep_within_the_most() {
    const MOST: u64 = 8 << 20;
    let folder = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(folder.path()).unwrap().within(MOST);
    let of = |name: &str| -> PartyId { name.parse().unwrap() };
    let (greedy, honest) = (["large-1", "large-2", "large-3"].map(of), of("small"));
    for city in greedy.iter().chain([&honest]) {
        mirror.add(city, &key().vkey().to_string(), "http://127.0.0.1:9", Profile::default()).unwrap();
    }
    let (first, later) = (large(4_500), large(6_000));
    let share = MOST / 2 / 4;
    for (day, log) in [(1, &first), (2, &later), (3, &later)] {
        let looked = greedy.each_ref().map(|city| mirror.look(city, log, at(day)).unwrap());
        // The first of them fills the half that is for whoever needs it.
        let whole = matches!(looked[0], Looked::Grown { more: false, .. });
        assert!(whole == (day == 1) && !matches!(looked[1], Looked::Grown { more: false, .. }), "{looked:?}");
        let size = u64::try_from(day).unwrap() * 100;
        assert_eq!(
            mirror.look(&honest, &plain(size, u64::MAX), at(day)).unwrap(),
            Looked::Grown { entries: 100, more: false },
            "day {day}"
        );
    }
    for city in &greedy[1..] {
        let kept = mirror.entries(city, |_, _| ()).unwrap();
        assert!(kept.bytes <= share && kept.bytes > share - 2 * 1_088, "{} of {share}", kept.bytes);
        assert!(matches!(kept.standing, Standing::Behind { since, .. } if since == at(2)), "{:?}", kept.standing);
    }
    assert!(mirror.bytes().unwrap() <= MOST, "{}", mirror.bytes().unwrap());
}
