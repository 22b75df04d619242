//! Hostile logs: nothing that a server sends, or does not send, stalls the hub, fills it, or changes what it keeps.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use hub::mirror::{
    City, Doors, JUMP_ENTRIES_MAX, LOOK_BYTES_MAX, Limits, Looked, Mirror, NOTE_BYTES_MAX, Reach, STAGE_ENTRIES_MAX,
    Standing, Trouble, refresh,
};
use hub::simulate::{Generated, GeneratedLog};
use model::{Clock, Span};
use proptest::prelude::*;
use testkit::FakeClock;
use tlog::audit::{LogSource, SourceError};
use tlog::checkpoint::sign;
use tlog::{SigningKey, leaf_hash};
use web::Allowed;

use crate::logs::{at, generated, key, mirror, name, plain};

/// A file of which few fit into one look.
const LARGE: &[u8] = &[b'x'; 5 << 20];

/// What a server does with a request.
#[derive(Clone)]
pub(crate) enum Does {
    /// Answers with these bytes, and closes.
    Says(Vec<u8>),
    /// Says nothing, and keeps the connection.
    Hangs,
    /// Says one byte after the other, for ever.
    Drips,
    /// Begins an answer and never ends it.
    NeverEnds,
}

/// A server that is asked for files of a log.
pub(crate) struct Server {
    pub(crate) address: String,
    asked: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Server {
    pub(crate) fn new(does: impl Fn(&str) -> Does + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (asked, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counts, ends, does) = (Arc::clone(&asked), Arc::clone(&over), Arc::new(does));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                counts.fetch_add(1, Ordering::SeqCst);
                let (does, ends) = (Arc::clone(&does), Arc::clone(&ends));
                std::thread::spawn(move || answer(stream.unwrap(), &*does, &ends));
            }
        });
        Self { address, asked, over }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address.trim_start_matches("http://")));
    }
}

/// Answers one request. What cannot be written goes to somebody who has left.
fn answer(mut stream: TcpStream, does: &dyn Fn(&str) -> Does, over: &AtomicBool) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else { return };
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let path = first.split(' ').nth(1).unwrap_or_default().trim_start_matches("/log/").to_owned();
    let head = b"HTTP/1.1 200 OK\r\n\r\n";
    match does(&path) {
        Does::Says(bytes) => drop(stream.write_all(&bytes)),
        Does::Hangs => {
            while !over.load(Ordering::SeqCst) {
                std::thread::park_timeout(Duration::from_millis(20));
            }
        }
        Does::Drips => {
            drop(stream.write_all(head));
            while !over.load(Ordering::SeqCst) && stream.write_all(b"x").is_ok() {
                std::thread::park_timeout(Duration::from_millis(20));
            }
        }
        Does::NeverEnds => {
            drop(stream.write_all(head));
            while !over.load(Ordering::SeqCst) && stream.write_all(&[b'x'; 4096]).is_ok() {}
        }
    }
}

fn ok(body: &[u8]) -> Does {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    Does::Says([head.as_bytes(), body].concat())
}

/// A log over HTTP, of which one file is done otherwise.
fn log_but(log: GeneratedLog, part: &'static str, does: Does) -> Server {
    Server::new(move |path| match log.get(path) {
        _ if path.starts_with(part) => does.clone(),
        Ok(bytes) => ok(&bytes),
        Err(_) => Does::Says(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec()),
    })
}

fn doors(allowed: &[&str]) -> Doors {
    patient(allowed, Duration::from_millis(400))
}

/// The same with another longest wait: where an answer is expected, a busy machine gets the time for it.
fn patient(allowed: &[&str], patience: Duration) -> Doors {
    let allowed: Vec<Allowed> = allowed.iter().map(|text| text.parse().unwrap()).collect();
    Doors::with_patience(allowed, Arc::new(FakeClock::at(at(0))), patience)
}

/// Looks at a hostile log after an honest one was kept; gives what became of it, and holds that nothing of what was kept is
/// another, and that an honest log is taken afterwards.
fn looked(hostile: &dyn LogSource) -> Looked {
    let (_folder, mut mirror) = mirror();
    mirror.look(&name(), &plain(300, u64::MAX), at(1)).unwrap();
    let looked = mirror.look(&name(), hostile, at(2)).unwrap();
    let mut entries = Vec::new();
    let kept = mirror.entries(&name(), |_, entry| entries.push(entry.to_vec())).unwrap();
    assert_eq!(entries, plain(300, u64::MAX).entries());
    assert!(matches!(kept.standing, Standing::Unreachable { .. } | Standing::Unproven { .. }), "{:?}", kept.standing);
    assert_eq!(mirror.look(&name(), &plain(301, u64::MAX), at(3)).unwrap(), Looked::Grown { entries: 1, more: false });
    looked
}

fn over_http(server: &Server) -> Trouble {
    match looked(&doors(&["127.0.0.1"]).to(&server.address)) {
        Looked::Failed(trouble) => trouble,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_honest_log_over_http_is_kept() {
    let server = log_but(plain(600, u64::MAX), "nothing", Does::Hangs);
    let (_folder, mut mirror) = mirror();
    let door = patient(&["127.0.0.1"], Duration::from_secs(60)).to(&server.address);
    assert_eq!(mirror.look(&name(), &door, at(1)).unwrap(), Looked::Grown { entries: 600, more: false });
}

#[test]
fn nobody_reaches_into_the_hubs_network_by_an_address_of_a_member() {
    let server = log_but(plain(600, u64::MAX), "nothing", Does::Hangs);
    let port = server.address.rsplit(':').next().unwrap().to_owned();
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1", "2130706433"] {
        let Looked::Failed(Trouble::Unreachable(why)) = looked(&doors(&[]).to(&format!("http://{host}:{port}"))) else {
            panic!("{host}")
        };
        assert!(!why.to_string().contains("127.0.0.1"), "{why}");
    }
    assert_eq!(server.asked.load(Ordering::SeqCst), 0);
    // Another range that is allowed allows no more than itself.
    assert!(matches!(looked(&doors(&["10.0.0.0/8"]).to(&server.address)), Looked::Failed(Trouble::Unreachable(_))));
    for nonsense in ["file:///etc/passwd", "gopher://127.0.0.1", "http://", "nonsense", "http://a b/"] {
        assert!(matches!(looked(&doors(&["0.0.0.0/0"]).to(nonsense)), Looked::Failed(_)), "{nonsense}");
    }
}

#[test]
fn no_redirect_is_followed() {
    let inside = log_but(plain(600, u64::MAX), "nothing", Does::Hangs);
    let target =
        format!("HTTP/1.1 302 Found\r\nlocation: {}/log/checkpoint\r\ncontent-length: 0\r\n\r\n", inside.address);
    let server = log_but(plain(600, u64::MAX), "checkpoint", Does::Says(target.into_bytes()));
    assert!(matches!(over_http(&server), Trouble::Unreachable(_)));
    assert_eq!(inside.asked.load(Ordering::SeqCst), 0);
}

#[test]
fn a_slow_server_is_left_and_one_that_never_ends_too() {
    for does in [Does::Hangs, Does::Drips, Does::NeverEnds] {
        for part in ["checkpoint", "tile/entries"] {
            let server = log_but(plain(600, u64::MAX), part, does.clone());
            assert!(matches!(over_http(&server), Trouble::Unreachable(_) | Trouble::Malformed(_)));
        }
    }
}

#[test]
fn a_file_that_is_too_large_too_short_or_packed_to_explode_is_not_taken() {
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![b'a'; 64 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
    let large = [b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".as_slice(), &vec![b'a'; NOTE_BYTES_MAX * 2]]
        .concat();
    let answers = [
        ("too large", large),
        ("packed", [head.as_bytes(), &bomb].concat()),
        ("too short", b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nshort".to_vec()),
        ("headers", [b"HTTP/1.1 200 OK\r\n".to_vec(), b"a: b\r\n".repeat(100_000)].concat()),
        ("not HTTP", vec![0; 9_000]),
        ("nothing", Vec::new()),
        ("an error", b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n".to_vec()),
    ];
    for (what, bytes) in answers {
        for part in ["checkpoint", "tile/entries"] {
            let server = log_but(plain(600, u64::MAX), part, Does::Says(bytes.clone()));
            let trouble = over_http(&server);
            assert!(matches!(trouble, Trouble::Unreachable(_) | Trouble::Malformed(_)), "{what} {part}: {trouble:?}");
        }
    }
}

#[test]
fn a_look_that_takes_too_long_or_asks_for_too_much_ends_however_quick_each_file_comes() {
    let clock = Arc::new(FakeClock::at(at(0)));
    let allowed = vec!["127.0.0.1".parse().unwrap()];
    let doors = Doors::with_patience(allowed, Arc::clone(&clock) as _, Duration::from_secs(20));
    // Each file comes within its time, and all of them together do not.
    let (log, late) = (plain(600, u64::MAX), Arc::clone(&clock));
    let server = Server::new(move |path| {
        late.advance(Span::seconds(61));
        log.get(path).map_or(Does::Hangs, |bytes| ok(&bytes))
    });
    let Looked::Failed(Trouble::Unreachable(why)) = looked(&doors.to(&server.address)) else { panic!() };
    assert!(why.to_string().contains("took too long"), "{why}");
    // However many there are, and however many bytes.
    let server = Server::new(|path| ok(if path.starts_with("large") { LARGE } else { b"x".as_slice() }));
    let door = doors.to(&server.address);
    let small = (0..5_000).find_map(|number| door.get(&format!("small/{number}")).err()).unwrap();
    assert!(small.to_string().contains("too many files"), "{small}");
    assert!(server.asked.load(Ordering::SeqCst) < 5_000);
    let door = doors.to(&server.address);
    let read = (0..200).take_while(|number| door.get(&format!("large/{number}")).is_ok()).count();
    assert_eq!(read as u64, LOOK_BYTES_MAX / LARGE.len() as u64);
    assert!(matches!(door.get("large/again"), Err(SourceError::TooLarge { .. })));
}

/// Ways to honest logs and to one city that says nothing until all the others were kept.
struct Stalled {
    honest: Generated,
    waiting: AtomicUsize,
    done: (Mutex<Sender<()>>, Mutex<Receiver<()>>),
}

impl Reach for Stalled {
    fn reach(&self, city: &City) -> Box<dyn LogSource> {
        if city.name.as_str() == "city-000003" {
            let heard = self.done.1.lock().unwrap().recv_timeout(Duration::from_secs(60));
            assert!(heard.is_ok(), "the others wait for it");
            return Box::new(But(plain(1, u64::MAX), vec![("checkpoint", Vec::new())]));
        }
        if self.waiting.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.done.0.lock().unwrap().send(()).unwrap();
        }
        self.honest.reach(city)
    }
}

#[test]
fn a_city_that_says_nothing_keeps_no_other_from_being_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(folder.path()).unwrap();
    mirror.add_all(&(0..40).map(|number| Generated::entry(number).unwrap()).collect::<Vec<_>>()).unwrap();
    let (sender, receiver) = channel();
    let done = (Mutex::new(sender), Mutex::new(receiver));
    let ways = Stalled { honest: generated(20), waiting: AtomicUsize::new(39), done };
    let found = refresh(folder.path(), &ways, 2, &FakeClock::at(ways.honest.now())).unwrap();
    assert_eq!((found.cities, found.grown, found.failed), (40, 39, 1));
    assert_eq!(ways.waiting.load(Ordering::SeqCst), 0);
    let stalled = mirror.city(&"city-000003".parse().unwrap()).unwrap().kept;
    assert!(matches!(stalled.standing, Standing::Unproven { .. }), "{:?}", stalled.standing);
    assert_eq!((stalled.size, stalled.note), (0, None));
}

/// Ways to generated cities of which some never answer: each of those costs the clock a minute and a half. Keeps in which order they
/// were asked.
struct Order {
    honest: Generated,
    stalled: fn(&City) -> bool,
    clock: Arc<FakeClock>,
    asked: Mutex<Vec<(String, bool)>>,
}

impl Reach for Order {
    fn reach(&self, city: &City) -> Box<dyn LogSource> {
        let stalls = (self.stalled)(city);
        self.asked.lock().unwrap().push((city.name.to_string(), stalls));
        if stalls { Box::new(Late(Arc::clone(&self.clock), Span::seconds(90))) } else { self.honest.reach(city) }
    }
}

struct Late(Arc<FakeClock>, Span);

impl LogSource for Late {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.0.advance(self.1);
        Err(SourceError::Failed { path: path.to_owned(), message: "no answer in time".to_owned() })
    }
}

#[test]
fn however_many_cities_stall_all_that_answered_the_last_time_are_looked_at_before_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(folder.path()).unwrap();
    mirror.add_all(&(0..40).map(|number| Generated::entry(number).unwrap()).collect::<Vec<_>>()).unwrap();
    // Twelve of forty, the first by name, and two threads.
    let stalls: fn(&City) -> bool = |city| city.name.as_str() < "city-000012";
    let clock = Arc::new(FakeClock::at(generated(20).now()));
    let look = |days: u32| {
        let honest = generated(20).later(days);
        let ways = Order { honest, stalled: stalls, clock: Arc::clone(&clock), asked: Mutex::default() };
        let found = refresh(folder.path(), &ways, 2, clock.as_ref()).unwrap();
        (found, ways.asked.into_inner().unwrap())
    };
    let (found, _) = look(0);
    assert_eq!((found.cities, found.grown, found.failed), (40, 28, 12));
    // Later they are known, and somebody new is taken up meanwhile.
    mirror.add_all(&[Generated::entry(40).unwrap()]).unwrap();
    clock.set(generated(20).later(30).now());
    let begun = clock.now();
    let (found, asked) = look(30);
    assert_eq!((found.cities, found.failed), (41, 12));
    assert_eq!(asked.len(), 41, "each once: {asked:?}");
    let (first_stalled, last) =
        (asked.iter().position(|(_, stalls)| *stalls), asked.iter().rposition(|(_, stalls)| !stalls));
    // Of two threads one may take the first that stalls while the other is on its way to the last that does not.
    assert!(first_stalled >= Some(28) && last <= Some(29), "{asked:?}");
    let new = asked.iter().position(|(name, _)| name == "city-000040");
    assert!(new >= Some(27), "who is new comes after those who are known to answer: {asked:?}");
    // One of them may be on its way in the one thread while the other thread is held up again and again.
    let cities = mirror.cities(None, 64).unwrap().into_iter().map(|(_, city)| city.unwrap());
    let checked = cities.filter(|city| !stalls(city)).map(|city| (city.name.to_string(), city.kept.checked.unwrap()));
    let late: Vec<_> = checked.filter(|(_, at)| *at > begun + Span::minutes(2)).collect();
    assert!(late.len() <= 1, "{late:?}");
    // Who answers again comes in their turn from the next look on.
    let ways = Order {
        honest: generated(20).later(30),
        stalled: |_| false,
        clock: Arc::clone(&clock),
        asked: Mutex::default(),
    };
    assert_eq!(refresh(folder.path(), &ways, 1, clock.as_ref()).unwrap().failed, 0);
    let again = Order { asked: Mutex::default(), ..ways };
    refresh(folder.path(), &again, 1, clock.as_ref()).unwrap();
    assert_eq!(again.asked.into_inner().unwrap()[0].0, "city-000000");
}

/// A log that brings a mistake in the software to light.
struct Unforeseen;

impl LogSource for Unforeseen {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        panic!("`{path}` is what nobody thought of")
    }
}

/// Ways to generated cities, with one such log among them.
struct One(Generated);

impl Reach for One {
    fn reach(&self, city: &City) -> Box<dyn LogSource> {
        if city.name.as_str() == "city-000003" { Box::new(Unforeseen) } else { self.0.reach(city) }
    }
}

#[test]
fn a_log_that_brings_a_mistake_in_the_software_to_light_stops_no_look_at_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(folder.path()).unwrap();
    mirror.add_all(&(0..12).map(|number| Generated::entry(number).unwrap()).collect::<Vec<_>>()).unwrap();
    let clock = FakeClock::at(generated(20).now());
    // Once as somebody new, and once as somebody who was in trouble.
    for grown in [11, 0] {
        let found = refresh(folder.path(), &One(generated(20)), 2, &clock).unwrap();
        assert_eq!((found.cities, found.grown, found.failed), (12, grown, 1));
        let standing = mirror.city(&"city-000003".parse().unwrap()).unwrap().kept.standing;
        assert!(matches!(&standing, Standing::Unproven { why, .. } if why.contains("mistake in the software")));
    }
    let found = refresh(folder.path(), &generated(20), 2, &clock).unwrap();
    assert_eq!((found.grown, found.failed), (1, 0), "and it is taken up when it can be read");
}

/// Ways to logs none of which ever answers: each costs the clock an hour. Keeps who was asked.
struct Nobody(Arc<FakeClock>, Mutex<Vec<String>>);

impl Reach for Nobody {
    fn reach(&self, city: &City) -> Box<dyn LogSource> {
        self.1.lock().unwrap().push(city.name.to_string());
        Box::new(Late(Arc::clone(&self.0), Span::hours(1)))
    }
}

#[test]
fn logs_that_never_answer_share_the_time_there_is_for_them_and_each_gets_its_turn() {
    let folder = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(folder.path()).unwrap();
    mirror.add_all(&(0..20).map(|number| Generated::entry(number).unwrap()).collect::<Vec<_>>()).unwrap();
    let clock = Arc::new(FakeClock::at(generated(20).now()));
    let look = || {
        let ways = Nobody(Arc::clone(&clock), Mutex::default());
        let found = refresh(folder.path(), &ways, 1, clock.as_ref()).unwrap();
        let asked = ways.1.into_inner().unwrap();
        assert_eq!((found.cities, found.failed, found.waiting), (asked.len() as u64, found.cities, 20 - found.cities));
        asked
    };
    // Everybody is tried once as somebody new, in order.
    let first = look();
    assert_eq!(first.len(), 20);
    // Then there is time for seven: one may begin in the last moment of six hours. Who waited the longest comes first.
    let rounds: Vec<String> = (0..6).flat_map(|_| look()).collect();
    assert_eq!(rounds.len(), 6 * 7);
    let turns: Vec<&String> = first.iter().cycle().take(rounds.len()).collect();
    assert_eq!(rounds.iter().collect::<Vec<_>>(), turns, "round after round, in the same order");
    // However long that goes on, an honest city is looked at in the first moment.
    mirror.add_all(&[Generated::entry(20).unwrap()]).unwrap();
    let stalls: fn(&City) -> bool = |city| city.name.as_str() != "city-000020";
    let ways = Order { honest: generated(20), stalled: stalls, clock: Arc::clone(&clock), asked: Mutex::default() };
    refresh(folder.path(), &ways, 1, clock.as_ref()).unwrap();
    assert_eq!(ways.asked.into_inner().unwrap()[0], ("city-000020".to_owned(), false));
}

#[test]
fn all_mirrors_together_have_a_most_that_is_told_and_what_is_kept_stays_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(folder.path()).unwrap();
    mirror.add_all(&(0..20).map(|number| Generated::entry(number).unwrap()).collect::<Vec<_>>()).unwrap();
    let clock = FakeClock::at(generated(20).now());
    assert_eq!(refresh(folder.path(), &generated(20), 2, &clock).unwrap().grown, 20);
    let entries = |mirror: &Mirror| -> Vec<u64> {
        let cities = mirror.cities(None, 64).unwrap();
        cities.into_iter().map(|(_, city)| mirror.entries(&city.unwrap().name, |_, _| ()).unwrap().size).collect()
    };
    let before = entries(&mirror);
    // No room for anything new: it is told of each, and no entry that is kept changes.
    let bytes_max = mirror.bytes().unwrap();
    let later = generated(20).later(30);
    clock.set(later.now());
    let found = refresh(folder.path(), &later, Limits { threads: 2, bytes_max }, &clock).unwrap();
    assert_eq!((found.cities, found.grown, found.failed, found.entries), (20, 0, 20, 0));
    assert_eq!(entries(&mirror), before);
    let standing = mirror.city(&"city-000007".parse().unwrap()).unwrap().kept.standing;
    assert!(matches!(&standing, Standing::Behind { why, .. } if why.contains("until there is room")), "{standing:?}");
    // With room, all of it is taken up again.
    let found = refresh(folder.path(), &later, 2, &clock).unwrap();
    assert_eq!((found.grown, found.failed), (20, 0));
    assert!(entries(&mirror).iter().zip(&before).all(|(now, then)| now > then));
}

#[test]
fn a_log_with_much_to_read_stops_at_the_stage_at_which_there_is_no_room_for_the_next() {
    struct Way(GeneratedLog);
    impl Reach for Way {
        fn reach(&self, _: &City) -> Box<dyn LogSource> {
            Box::new(self.0.clone())
        }
    }
    let (folder, mirror) = mirror();
    let way = Way(plain(200_000, u64::MAX));
    let clock = FakeClock::at(at(1));
    // Half of it has room for one stage more, and one is more than the other half.
    let limits = Limits { threads: 1, bytes_max: 2 * (mirror.bytes().unwrap() + 1) };
    let found = refresh(folder.path(), &way, limits, &clock).unwrap();
    assert_eq!((found.cities, found.failed, found.entries), (1, 1, STAGE_ENTRIES_MAX));
    assert_eq!(mirror.entries(&name(), |_, _| ()).unwrap().size, STAGE_ENTRIES_MAX, "what was kept is whole");
    let found = refresh(folder.path(), &way, 1, &clock).unwrap();
    assert_eq!((found.failed, found.entries), (0, 200_000 - STAGE_ENTRIES_MAX));
}

#[test]
fn a_city_with_much_to_read_has_one_door_for_a_whole_refresh_and_goes_on_with_the_next() {
    struct Once(GeneratedLog, AtomicUsize, Arc<FakeClock>);
    struct Slow(GeneratedLog, Arc<FakeClock>);
    impl Reach for Once {
        fn reach(&self, _: &City) -> Box<dyn LogSource> {
            self.1.fetch_add(1, Ordering::SeqCst);
            Box::new(Slow(self.0.clone(), Arc::clone(&self.2)))
        }
    }
    impl LogSource for Slow {
        fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
            // A head every half minute.
            if path == "checkpoint" {
                self.1.advance(Span::seconds(30));
            }
            self.0.get(path)
        }
    }
    let (folder, _) = mirror();
    let clock = Arc::new(FakeClock::at(at(1)));
    let ways = Once(plain(262_400, u64::MAX), AtomicUsize::new(0), Arc::clone(&clock));
    // Three stages of 65,536 entries end a minute after the first began; what is left waits for the next refresh.
    let found = refresh(folder.path(), &ways, 2, clock.as_ref()).unwrap();
    assert_eq!((found.cities, found.grown, found.failed, found.entries), (1, 1, 0, 3 * 65_536));
    assert_eq!(ways.1.load(Ordering::SeqCst), 1, "one door");
    let found = refresh(folder.path(), &ways, 2, clock.as_ref()).unwrap();
    assert_eq!((found.entries, ways.1.load(Ordering::SeqCst)), (262_400 - 3 * 65_536, 2));
}

/// A log of which some files are replaced.
struct But(GeneratedLog, Vec<(&'static str, Vec<u8>)>);

impl LogSource for But {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        let other = self.1.iter().find(|(part, _)| path.starts_with(part));
        other.map_or_else(|| self.0.get(path), |(_, bytes)| Ok(bytes.clone()))
    }
}

fn with(part: &'static str, bytes: Vec<u8>) -> Trouble {
    match looked(&But(plain(600, u64::MAX), vec![(part, bytes)])) {
        Looked::Failed(trouble) => trouble,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_head_that_is_malformed_unsigned_or_anothers_is_refused() {
    let honest = plain(600, u64::MAX);
    let note = honest.checkpoint();
    let stranger = SigningKey::generate([9; 32], "city.example/log").unwrap();
    let elsewhere = SigningKey::generate([7; 32], "other.example/log").unwrap();
    let root = leaf_hash(b"x");
    let signature = note.lines().last().unwrap();
    for (what, head) in [
        ("nothing", String::new()),
        ("no signature", note.replace(signature, "")),
        ("a cut", note[..note.len() - 4].to_owned()),
        ("another size under the same signature", note.replacen("\n600\n", "\n601\n", 1)),
        ("a stranger's", sign(&stranger, "city.example/log", 600, &root).unwrap()),
        ("another log's", sign(&elsewhere, "other.example/log", 600, &root).unwrap()),
        ("the right key for another origin", sign(&key(), "other.example/log", 600, &root).unwrap()),
        ("too many signatures", format!("{note}{}", format!("{signature}\n").repeat(80))),
        ("control characters", note.replacen("city", "ci\u{7}ty", 1)),
        ("a size with a zero before it", note.replacen("\n600\n", "\n0600\n", 1)),
        ("a minus", note.replacen("\n600\n", "\n-600\n", 1)),
        ("a size that no number holds", note.replacen("\n600\n", "\n99999999999999999999999\n", 1)),
    ] {
        assert!(matches!(with("checkpoint", head.into_bytes()), Trouble::Head(_)), "{what}");
    }
    assert!(matches!(with("checkpoint", vec![b'a'; NOTE_BYTES_MAX + 1]), Trouble::Malformed(_)));
    assert!(matches!(with("checkpoint", vec![0xff; 400]), Trouble::Head(_)));
}

#[test]
fn a_signature_that_is_there_twice_and_those_of_others_change_nothing() {
    let honest = plain(600, u64::MAX);
    let signature = honest.checkpoint().lines().last().unwrap().to_owned();
    let witness = format!("\u{2014} witness.example {}", signature.rsplit(' ').next().unwrap());
    let note = format!("{}{signature}\n{witness}\n", honest.checkpoint());
    let (_folder, mut mirror) = mirror();
    let log = But(honest, vec![("checkpoint", note.clone().into_bytes())]);
    assert_eq!(mirror.look(&name(), &log, at(1)).unwrap(), Looked::Grown { entries: 600, more: false });
    // Lines of witnesses are kept with the head.
    assert_eq!(mirror.city(&name()).unwrap().kept.note, Some(note));
    assert_eq!(mirror.look(&name(), &plain(600, u64::MAX), at(2)).unwrap(), Looked::Unchanged);
}

#[test]
fn a_size_that_jumps_is_refused_before_anything_is_read() {
    for size in [300 + JUMP_ENTRIES_MAX + 1, 1 << 60, u64::MAX] {
        let note = sign(&key(), "city.example/log", size, &leaf_hash(b"x")).unwrap();
        let trouble = with("checkpoint", note.into_bytes());
        assert_eq!(trouble, Trouble::Jump { promised: size - 300 });
    }
}

#[test]
fn bundles_of_another_length_or_with_other_entries_are_not_taken() {
    let mut entries = plain(600, u64::MAX).get("tile/entries/001").unwrap();
    assert!(matches!(with("tile/entries/001", entries[..100].to_vec()), Trouble::Malformed(_)));
    assert!(matches!(with("tile/entries/001", Vec::new()), Trouble::Malformed(_)));
    assert!(matches!(with("tile/entries/001", [entries.as_slice(), &[0, 0]].concat()), Trouble::Malformed(_)));
    let last = entries.len() - 1;
    entries[last] ^= 1;
    assert!(matches!(with("tile/entries/001", entries), Trouble::Unproven { .. }));
    let lying = [0xff, 0xff].repeat(256);
    assert!(matches!(with("tile/entries/001", lying), Trouble::Malformed(_)));
}

#[test]
fn what_is_said_of_a_trouble_is_since_its_first_moment() {
    let (_folder, mut mirror) = mirror();
    let gone = But(plain(1, u64::MAX), vec![("checkpoint", Vec::new())]);
    mirror.look(&name(), &gone, at(4)).unwrap();
    mirror.look(&name(), &gone, at(6)).unwrap();
    let Standing::Unproven { since, .. } = mirror.city(&name()).unwrap().kept.standing else { panic!() };
    assert_eq!(since, at(4));
}

#[test]
fn a_log_whose_entries_are_no_acts_is_kept_and_counts_as_missing() {
    let (_folder, mut mirror) = mirror();
    mirror.look(&name(), &plain(40, u64::MAX), at(1)).unwrap();
    let city = mirror.city(&name()).unwrap();
    assert_eq!((city.kept.size, city.sheet.size), (40, 0));
    assert!(city.sheet.stopped.is_some_and(|stopped| stopped.entry == 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn whatever_bytes_are_served_in_place_of_a_file_nothing_panics_and_nothing_is_taken_but_the_truth(
        seed in any::<u64>(), part in 0_usize..4,
    ) {
        let random = testkit::SeededBytes::new(seed);
        let path = ["checkpoint", "tile/entries/000", "tile/entries/001", "tile/0"][part];
        let honest = plain(300, u64::MAX);
        let file = match path {
            "checkpoint" => honest.get(path),
            "tile/entries/000" => honest.get(path),
            "tile/entries/001" => honest.get("tile/entries/001.p/44"),
            _ => honest.get("tile/0/000"),
        };
        let altered = testkit::altered(&file.unwrap(), &random);
        let (_folder, mut mirror) = mirror();
        mirror.look(&name(), &plain(20, u64::MAX), at(1)).unwrap();
        let looked = mirror.look(&name(), &But(honest.clone(), vec![(path, altered)]), at(2)).unwrap();
        prop_assert!(!matches!(looked, Looked::Contradicts(_)), "{:?}", looked);
        let mut entries = Vec::new();
        mirror.entries(&name(), |_, entry| entries.push(entry.to_vec())).unwrap();
        prop_assert!(entries == honest.entries() || entries == honest.entries()[..20]);
    }
}
