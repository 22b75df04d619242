//! A hub that answers slowly or without end: whoever adopts from it waits no longer and reads no more than is said, and adopts nothing.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hub::release::RELEASE_BYTES_MAX;
use model::Span;
use register::audit::FolderSource;
use tlog::audit::{LogSource, SourceError, read_entry};
use tlog::checkpoint::{CHECKPOINT_PATH, parse_unverified, sign};
use tlog::tile::{encode_bundle, encode_tile};
use tlog::tree::merkle_root;
use tlog::{Hash, SigningKey, TilePath, leaf_hash};

use crate::hub::{adopted, size};
use crate::hub_adopt::{released, stderr};
use crate::tool::{instant, json as run_json, run};

/// The key of some hub.
const KEY: &str = "hub.example/log+00000000+AdfpPpRl5GjRzyBPO9ZxFqYZ5y7bTcs0ZzDLl3Yg8qPX";
/// What may be on its way between two processes while nobody reads it, in bytes.
const ON_THE_WAY_MAX: u64 = 16 << 20;
/// The longest that any of this may take. The waits here are of a few seconds; a busy machine gets the rest.
const LONGEST: Span = Span::seconds(40);

/// What a server does with a request.
#[derive(Clone)]
pub(crate) enum Does {
    /// Answers with a file.
    Says(Vec<u8>),
    /// Has no such file.
    Lacks,
    /// Says nothing, and keeps the connection.
    Hangs,
    /// Says one byte after the other, for ever.
    Drips,
    /// Sends as fast as it can, for ever.
    NeverEnds,
    /// Leads on to another address.
    Leads(String),
    /// Fails, with a document.
    Fails(Vec<u8>),
}

/// A server of a few requests, which counts what it could send of bodies.
pub(crate) struct Server {
    pub(crate) address: String,
    sent: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Server {
    pub(crate) fn new(does: impl Fn(&str) -> Does + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (sent, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (counts, ends, does) = (Arc::clone(&sent), Arc::clone(&over), Arc::new(does));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let (does, counts, ends) = (Arc::clone(&does), Arc::clone(&counts), Arc::clone(&ends));
                std::thread::spawn(move || answer(stream.unwrap(), &*does, &counts, &ends));
            }
        });
        Self { address, sent, over }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address.trim_start_matches("http://")));
    }
}

/// Answers one request. What cannot be written goes to somebody who has left.
fn answer(mut stream: TcpStream, does: &dyn Fn(&str) -> Does, sent: &AtomicU64, over: &AtomicBool) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else { return };
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let endless = |stream: &mut TcpStream, piece: &[u8], pause: Duration| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n"));
        while !over.load(Ordering::SeqCst) && stream.write_all(piece).is_ok() {
            sent.fetch_add(piece.len() as u64, Ordering::SeqCst);
            if !pause.is_zero() {
                std::thread::park_timeout(pause);
            }
        }
    };
    let head = |status: &str, bytes: usize| {
        format!("HTTP/1.1 {status}\r\ncontent-length: {bytes}\r\nconnection: close\r\n\r\n").into_bytes()
    };
    match does(first.split(' ').nth(1).unwrap_or_default()) {
        Does::Says(body) => drop(stream.write_all(&[head("200 OK", body.len()), body].concat())),
        Does::Lacks => drop(stream.write_all(&head("404 Not Found", 0))),
        Does::Fails(body) => {
            drop(stream.write_all(&[head("500 Internal Server Error", body.len()), body].concat()));
        }
        Does::Hangs => {
            while !over.load(Ordering::SeqCst) {
                std::thread::park_timeout(Duration::from_millis(20));
            }
        }
        Does::Drips => endless(&mut stream, b" ", Duration::from_millis(20)),
        Does::Leads(to) => {
            let head =
                format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            drop(stream.write_all(head.as_bytes()));
        }
        Does::NeverEnds => endless(&mut stream, &[b' '; 1 << 16], Duration::ZERO),
    }
}

/// Runs something that has to end by itself in time.
fn in_time(args: &[&str]) -> Output {
    let begun = instant();
    let output = run(args);
    let took = instant().since(begun);
    assert!(took <= LONGEST, "{took}: {output:?}");
    output
}

#[test]
fn a_release_that_hangs_drips_or_never_ends_is_left_in_time_and_nothing_is_adopted() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let city = folder.path().join("city").to_str().unwrap().to_owned();
    run_json(&["init", &city, "--name", "City A", "--origin", "city-a.example/log"]);
    let before = size(&city);
    let too_large = format!("is larger than {RELEASE_BYTES_MAX} bytes");
    // Whoever is led on could be led to what only this machine reaches.
    let inside = Server::new(|_| Does::NeverEnds);
    for (does, why) in [
        (Does::Leads(format!("{}/secrets", inside.address)), "answered 302"),
        (Does::Hangs, "no answer from"),
        (Does::Drips, "did not come to its end"),
        // A byte at a time is left for its time, and as much as somebody can send for its size.
        (Does::NeverEnds, too_large.as_str()),
    ] {
        let server = Server::new(move |_| does.clone());
        let address = format!("{}/versions/7/release.json", server.address);
        let adopt = ["adopt", &city, &address, "--by", "city", "--hub-key", KEY, "--patience"];
        // What comes as fast as it can has the time that it needs to become too large.
        let patience = if why == too_large { "30" } else { "5" };
        let refused = in_time(&[&adopt[..], &[patience]].concat());
        assert_eq!(refused.status.code(), Some(1), "{why}: {refused:?}");
        let said = stderr(&refused);
        assert!(said.contains(why) && said.contains(&server.address), "{why}: {said}");
        let sent = server.sent.load(Ordering::SeqCst);
        assert!(sent <= RELEASE_BYTES_MAX as u64 + ON_THE_WAY_MAX, "{why}: {sent} bytes were taken");
        assert_eq!((size(&city), adopted(Path::new(&city))), (before, 0), "{why}");
    }
    assert_eq!(inside.sent.load(Ordering::SeqCst), 0, "nobody was led there");
    // No wait is without an end.
    for patience in ["0", "3601", "soon"] {
        let refused = run(&["adopt", &city, "global-core", "--by", "city", "--patience", patience]);
        assert!(!refused.status.success() && stderr(&refused).contains("--patience"), "{patience}: {refused:?}");
    }
}

/// A log under a hub's own key that begins as the hub's does and then goes on without end, each file of it sound.
struct Endless {
    first: Vec<Vec<u8>>,
    checkpoint: String,
}

impl Endless {
    fn after(log: &FolderSource, key: &SigningKey) -> Self {
        let note = String::from_utf8(log.get(CHECKPOINT_PATH).unwrap()).unwrap();
        let size = parse_unverified(&note).unwrap().size;
        assert!(size < 256, "one bundle holds all of it");
        let mut first: Vec<Vec<u8>> = (0..size).map(|index| read_entry(log, index, size).unwrap()).collect();
        first.resize(256, Self::MORE.to_vec());
        // Nobody comes to the end of it, where its root would be asked for.
        let checkpoint = sign(key, key.name(), 1 << 40, &Hash::from([7; 32])).unwrap();
        Self { first, checkpoint }
    }

    /// Every entry that is made up.
    const MORE: &'static [u8] = b"more";

    /// The hashes of a level: the first, and every other one.
    fn hashes(&self, level: u8) -> (Hash, Hash) {
        if level == 0 {
            return (leaf_hash(&self.first[0]), leaf_hash(Self::MORE));
        }
        let (first, other) = self.hashes(level - 1);
        let row = |first: Hash| merkle_root(std::iter::once(first).chain(std::iter::repeat_n(other, 255)));
        let begins = if level == 1 { merkle_root(self.first.iter().map(|entry| leaf_hash(entry))) } else { row(first) };
        (begins, row(other))
    }

    fn file(&self, path: &str) -> Does {
        if path == CHECKPOINT_PATH {
            return Does::Says(self.checkpoint.clone().into_bytes());
        }
        match TilePath::parse(path) {
            Ok(TilePath::Entries(bundle)) => {
                let more = vec![Self::MORE.to_vec(); bundle.width().into()];
                let entries = if bundle.index() == 0 { &self.first } else { &more };
                Does::Says(encode_bundle(entries).unwrap())
            }
            Ok(TilePath::Hashes(tile)) => {
                let (first, other) = self.hashes(tile.level());
                let mut hashes = vec![other; tile.width().into()];
                if tile.index() == 0 && tile.level() == 0 {
                    hashes = self.first.iter().map(|entry| leaf_hash(entry)).collect();
                } else if tile.index() == 0 {
                    hashes[0] = first;
                }
                Does::Says(encode_tile(&hashes))
            }
            Err(_) => Does::Lacks,
        }
    }
}

#[test]
fn a_hub_whose_log_drips_or_goes_on_without_end_is_left_in_time_and_one_that_answers_is_adopted_from() {
    let (hub, _, file, city) = released();
    let (log, key) = (Path::new(&hub.dir()).join("log"), Path::new(&hub.dir()).join("keys").join("log.key"));
    let endless = Endless::after(&FolderSource::new(&log), &journal::files::signing_key(&key).unwrap());
    let but = |part: &'static str, does: Does| {
        let log = FolderSource::new(&log);
        Server::new(move |path| match path.strip_prefix("/log/").unwrap_or_default() {
            path if path.starts_with(part) => does.clone(),
            path => match log.get(path) {
                Ok(bytes) => Does::Says(bytes),
                Err(SourceError::NotFound(_)) => Does::Lacks,
                Err(error) => panic!("{error}"),
            },
        })
    };
    let before = size(&city);
    let (dripping, bundles) = (but("checkpoint", Does::Drips), but("tile/entries", Does::Drips));
    let large = but("checkpoint", Does::NeverEnds);
    let without_end = Server::new(move |path| endless.file(path.strip_prefix("/log/").unwrap_or_default()));
    for (server, patience, why) in [
        (&dripping, "3", "checkpoint"),
        (&bundles, "3", "tile/entries"),
        // What a checkpoint may have is read of it, and no byte more.
        (&large, "3", "checkpoint: larger than"),
        // Each of its files comes at once, and there are four thousand million.
        (&without_end, "1", "the log was not had whole in the time that there was for it"),
    ] {
        let adopt = ["adopt", &city, &file, "--by", "city", "--hub-key", &hub.key, "--hub", &server.address];
        let refused = in_time(&[&adopt[..], &["--patience", patience]].concat());
        assert_eq!(refused.status.code(), Some(64), "{why}: {refused:?}");
        let said = stderr(&refused);
        // One of so many files may be late on a busy machine.
        let is_late = patience == "1" && said.contains("timeout");
        assert!(said.contains("nothing was written") && (is_late || said.contains(why)), "{why}: {said}");
        assert!(server.sent.load(Ordering::SeqCst) <= ON_THE_WAY_MAX, "{why}");
        assert_eq!((size(&city), adopted(Path::new(&city))), (before, 0), "{why}");
    }
    // The same hub where it answers, with all the time of the world.
    let done = run(&["adopt", &city, &file, "--by", "city", "--hub-key", &hub.key, "--hub", &hub.address]);
    assert!(done.status.success(), "{done:?}");
    // What is in force is looked after in the same time, and what could not be asked is said to be unknown.
    let check = in_time(&["adopt", &city, "--check", "--hub", &dripping.address, "--patience", "1"]);
    assert_eq!(check.status.code(), Some(1), "{check:?}");
    assert!(String::from_utf8_lossy(&check.stdout).contains("unknown"), "{check:?}");
}
