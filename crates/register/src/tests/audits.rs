//! What was altered is found, and the audit says where: every file of a log, and the journal behind it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use journal::{DisclosureLedger, Journal, NewEntry, Payload, SqliteJournal, SqliteReader};
use model::{Digest, DisclosureRecord, PolicyHash, ViewVersion, Window};
use tlog::audit::{LogSource, SourceError};

use super::City;
use crate::audit::{AuditFailure, FolderSource, audit};

/// A log's files in memory.
#[derive(Clone, Default)]
struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    fn of(folder: &Path) -> Self {
        let (mut files, mut folders) = (Self::default(), vec![folder.to_owned()]);
        while let Some(at) = folders.pop() {
            for entry in fs::read_dir(at).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                    files.0.insert(name, fs::read(path).unwrap());
                }
            }
        }
        files
    }

    /// The files with one of them altered.
    fn with(&self, path: &str, alter: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut files = self.clone();
        alter(files.0.get_mut(path).unwrap());
        files
    }
}

impl LogSource for Files {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.0.get(path).cloned().ok_or_else(|| SourceError::NotFound(path.to_owned()))
    }
}

/// A city whose log has so many places more, and its files.
fn published(places: usize) -> (City, Files) {
    let city = City::declared();
    for number in 0..places {
        let place = format!(
            r#"{{"do":"register-place","with":{{"id":"p{number}","name":"x","geometry":{{"type":"Point","coordinates":[1,2]}}}}}}"#
        );
        city.register.submit(City::submission("city", None, &place)).unwrap();
    }
    city.register.publish().unwrap();
    let files = Files::of(city.register.log_folder());
    (city, files)
}

/// Flips a bit at every position that `tried` chooses, and holds the audit to finding it in that file.
fn flips(files: &Files, wanted: Option<&str>, tried: impl Fn(&str, usize) -> bool) -> usize {
    let mut count = 0;
    for (path, bytes) in &files.0 {
        for position in (0..bytes.len()).filter(|position| tried(path, *position)) {
            // Another bit at each place, repeatably.
            let bit = 1_u8 << (position.wrapping_mul(0x9e37_79b9) >> 7 & 7);
            let altered = files.with(path, |bytes| bytes[position] ^= bit);
            match audit(&altered, wanted, None) {
                Ok(_) => panic!("{path}: bit {bit:#x} of byte {position} was flipped and nobody noticed"),
                Err(failure) => {
                    let told = failure.to_string();
                    assert!(told.contains(path.as_str()), "{path}: byte {position}, bit {bit:#x}: {told}");
                }
            }
            count += 1;
        }
    }
    count
}

#[test]
fn a_flipped_bit_is_found_in_whichever_file_it_is() {
    let (city, files) = published(0);
    audit(&files, None, None).unwrap();
    let paths: Vec<&str> = files.0.keys().map(String::as_str).collect();
    assert_eq!(paths, ["checkpoint", "tile/0/000.p/13", "tile/entries/000.p/13"]);
    // Every byte of the checkpoint, the tile and the founding; every seventh of the rest.
    let founding = city.register.entries(0, 1).unwrap().remove(0).bytes.len() + 2;
    let tried =
        |path: &str, position: usize| !path.contains("entries") || position < founding || position.is_multiple_of(7);
    assert!(flips(&files, None, tried) > 2_000);
    let key = city.register.state().city.as_ref().unwrap().log_key.clone();
    let tried = |path: &str, position: usize| tried(path, position) && position.is_multiple_of(5);
    assert!(flips(&files, Some(&key), tried) > 400);
}

#[test]
fn a_flipped_bit_is_found_in_a_log_of_several_tiles() {
    let (_city, files) = published(600);
    audit(&files, None, None).unwrap();
    let paths: Vec<&str> = files.0.keys().map(String::as_str).filter(|path| path.starts_with("tile/")).collect();
    let expected = ["tile/0/000", "tile/0/001", "tile/0/002.p/101", "tile/1/000.p/2", "tile/entries/000"];
    assert_eq!(paths[..5], expected);
    let tried =
        |path: &str, position: usize| position.is_multiple_of(if path.starts_with("tile/1") { 1 } else { 1_009 });
    assert!(flips(&files, None, tried) > 200);
}

#[test]
fn what_is_missing_cut_or_too_much_is_found_too() {
    let (_city, files) = published(0);
    for path in files.0.keys() {
        let mut missing = files.clone();
        missing.0.remove(path);
        let told = audit(&missing, None, None).unwrap_err().to_string();
        assert!(told.contains(path.as_str()), "without {path}: {told}");
        for cut in [0, 1, files.0[path].len() - 1] {
            let told = audit(&files.with(path, |bytes| bytes.truncate(cut)), None, None).unwrap_err().to_string();
            assert!(told.contains(path.as_str()), "{path} cut to {cut}: {told}");
        }
        let told = audit(&files.with(path, |bytes| bytes.push(b'x')), None, None).unwrap_err().to_string();
        assert!(told.contains(path.as_str()), "{path} and a byte more: {told}");
    }
}

#[test]
fn a_log_of_another_key_is_told_from_a_damaged_one() {
    let (city, files) = published(0);
    let key = city.register.state().city.as_ref().unwrap().log_key.clone();
    assert!(audit(&files, Some(&key), None).is_ok());
    let stranger = tlog::SigningKey::generate([9; 32], "test.example/log").unwrap().vkey().to_string();
    for wanted in [stranger.as_str(), "other+00000000+AAAA"] {
        assert!(matches!(audit(&files, Some(wanted), None), Err(AuditFailure::OtherKey { .. })), "{wanted}");
    }
}

/// A copy of a journal, with its parts altered on the way.
fn altered(
    from: &SqliteJournal,
    to: &Path,
    entry: impl Fn(u64, &mut Vec<u8>),
    payload: impl Fn(u64, &mut Vec<u8>),
    record: impl Fn(u64, &mut Vec<u8>),
) -> SqliteReader {
    let mut copy = SqliteJournal::open(to).unwrap();
    let batch = from.read(0, 1_000).unwrap().into_iter().map(|mut stored| {
        entry(stored.index, &mut stored.bytes);
        let kept = match from.payload(stored.index).unwrap() {
            Payload::Present(mut bytes) => {
                payload(stored.index, &mut bytes);
                Some(bytes)
            }
            _ => None,
        };
        NewEntry { bytes: stored.bytes, payload: kept }
    });
    let (head, batch) = (copy.head(), batch.collect::<Vec<_>>());
    copy.append(&head, &batch).unwrap();
    let records = from.records(0, 1_000).unwrap().into_iter().map(|(seq, mut bytes)| {
        record(seq, &mut bytes);
        bytes
    });
    copy.record(0, &records.collect::<Vec<_>>()).unwrap();
    SqliteReader::open(to).unwrap()
}

#[test]
fn what_was_altered_in_the_journal_is_named() {
    let city = City::declared();
    for _ in 0..3 {
        let make = |seq, salt| DisclosureRecord {
            seq,
            at: city.start,
            recipient: "city".parse().unwrap(),
            purpose: "traffic-management".parse().unwrap(),
            grant: "g".parse().unwrap(),
            stream: "wifi".parse().unwrap(),
            view: "counts".parse().unwrap(),
            version: ViewVersion(1),
            window: Window { start: city.start, end: city.start },
            rows: 1,
            withheld: 0,
            content: Digest::new([1; 32]),
            because: Vec::new(),
            under: PolicyHash(Digest::new([2; 32])),
            salt,
            authorised_by: None,
        };
        city.register.record_disclosure(make).unwrap();
    }
    city.register.batch_disclosures().unwrap();
    city.register.publish().unwrap();
    let source = FolderSource::new(city.register.log_folder());
    let journal = SqliteJournal::open(&city.journal_path()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut copies, nothing) = (0, |_: u64, _: &mut Vec<u8>| {});
    let mut copy = || {
        copies += 1;
        folder.path().join(format!("{copies}.db"))
    };
    let inside = |reader: &SqliteReader| audit(&source, None, None).unwrap().inside(reader, &source);
    inside(&altered(&journal, &copy(), nothing, nothing, nothing)).unwrap();
    for index in 0..journal.head().size {
        let flip = |at: u64, bytes: &mut Vec<u8>| {
            if at == index {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
            }
        };
        let told = inside(&altered(&journal, &copy(), flip, nothing, nothing)).unwrap_err();
        assert!(matches!(told, AuditFailure::JournalDiffers(entry) if entry == index), "{index}: {told}");
        assert!(told.to_string().contains(&format!("entry {index} of the journal")), "{told}");
        let told = inside(&altered(&journal, &copy(), nothing, flip, nothing));
        match journal.payload(index).unwrap() {
            Payload::Present(_) => {
                let told = told.unwrap_err().to_string();
                assert!(told.contains(&format!("payload of entry {index}")), "{told}");
            }
            _ => drop(told.unwrap()),
        }
    }
    for seq in 0..3 {
        let flip = |at: u64, bytes: &mut Vec<u8>| {
            if at == seq {
                *bytes = String::from_utf8_lossy(bytes).replace("\"rows\":1", "\"rows\":2").into_bytes();
            }
        };
        let told = inside(&altered(&journal, &copy(), nothing, nothing, flip)).unwrap_err();
        assert!(matches!(told, AuditFailure::Disclosures { first: 0, last: 2 }), "{told}");
    }
}

#[test]
fn entries_that_are_not_published_yet_are_counted_apart() {
    let (city, _) = published(0);
    let source = FolderSource::new(city.register.log_folder());
    let place =
        r#"{"do":"register-place","with":{"id":"x","name":"x","geometry":{"type":"Point","coordinates":[1,2]}}}"#;
    city.register.submit(City::submission("city", None, place)).unwrap();
    let reader = SqliteReader::open(&city.journal_path()).unwrap();
    let inner = audit(&source, None, None).unwrap().inside(&reader, &source).unwrap().inner.unwrap();
    assert_eq!((inner.entries, inner.unpublished), (13, 1));
}

/// A copy of a log that went on after somebody had read its checkpoint: what only that one needs is gone, and nobody cuts
/// it from what took its place.
struct GoesOn {
    old: Vec<u8>,
    now: std::path::PathBuf,
    missed: std::cell::Cell<bool>,
    stops: bool,
}

impl LogSource for GoesOn {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        if path == "checkpoint" && (self.stops || !self.missed.get()) {
            return Ok(self.old.clone());
        }
        fs::read(self.now.join(path)).map_err(|_| {
            self.missed.set(true);
            SourceError::NotFound(path.to_owned())
        })
    }
}

#[test]
fn a_log_that_goes_on_while_it_is_read_is_read_anew_and_one_that_does_not_is_incomplete() {
    let city = City::declared();
    city.register.publish().unwrap();
    let folder = city.register.log_folder().to_owned();
    let old = fs::read(folder.join("checkpoint")).unwrap();
    let place =
        r#"{"do":"register-place","with":{"id":"x","name":"x","geometry":{"type":"Point","coordinates":[1,2]}}}"#;
    city.register.submit(City::submission("city", None, place)).unwrap();
    city.register.publish().unwrap();
    let source = |stops| GoesOn { old: old.clone(), now: folder.clone(), missed: false.into(), stops };
    let audited = audit(&source(false), None, None).unwrap();
    assert_eq!(audited.log.size, city.register.state().size);
    let failure = audit(&source(true), None, None).unwrap_err();
    assert!(failure.to_string().contains(".p/"), "the file that is missing is named: {failure}");
}

/// The files of a log, and a checkpoint that somebody read before.
struct Older(Vec<u8>, FolderSource);

impl LogSource for Older {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        if path == "checkpoint" { Ok(self.0.clone()) } else { self.1.get(path) }
    }
}

#[test]
fn an_older_checkpoint_is_read_from_the_files_of_a_newer_one() {
    let city = City::declared();
    city.register.publish().unwrap();
    let size = city.register.state().size;
    let folder = city.register.log_folder().to_owned();
    let source = Older(fs::read(folder.join("checkpoint")).unwrap(), FolderSource::new(&folder));
    let place =
        r#"{"do":"register-place","with":{"id":"x","name":"x","geometry":{"type":"Point","coordinates":[1,2]}}}"#;
    city.register.submit(City::submission("city", None, place)).unwrap();
    city.register.publish().unwrap();
    assert_eq!(audit(&source, None, None).unwrap().log.size, size);
}
