//! One conformance suite for every implementation, and what only a file can go through.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use super::*;
use tlog::merkle_root;

/// A store as the register needs it.
trait Both: Journal + DisclosureLedger {}
impl<T: Journal + DisclosureLedger> Both for T {}

fn entry(text: &str, payload: Option<&str>) -> NewEntry {
    NewEntry { bytes: text.as_bytes().to_vec(), payload: payload.map(|payload| payload.as_bytes().to_vec()) }
}

/// What every journal must do.
fn conforms(journal: &mut dyn Both) {
    let empty = journal.head();
    assert_eq!((empty.size, empty.root), (0, tlog::empty_root()));
    let head = journal.append(&empty, &[entry("a", None), entry("b", Some("secret"))]).unwrap();
    let root = merkle_root(["a", "b"].iter().map(|text| tlog::leaf_hash(text.as_bytes())));
    assert_eq!(head, Head { size: 2, root });
    assert_eq!(journal.head(), head);
    assert!(
        matches!(journal.append(&empty, &[entry("c", None)]), Err(JournalError::Conflict { actual }) if actual == head)
    );
    assert_eq!(journal.head(), head, "a conflict writes nothing");
    assert_eq!(journal.settle().unwrap(), head);
    assert_eq!(journal.read(1, 10).unwrap(), [Entry { index: 1, bytes: b"b".to_vec() }]);
    assert_eq!(journal.read(0, 1).unwrap().len(), 1);
    assert_eq!(journal.payload(0).unwrap(), Payload::None);
    assert_eq!(journal.payload(1).unwrap(), Payload::Present(b"secret".to_vec()));
    journal.erase(1).unwrap();
    journal.erase(1).unwrap();
    journal.erase(0).unwrap();
    assert_eq!((journal.payload(0).unwrap(), journal.payload(1).unwrap()), (Payload::None, Payload::Erased));
    assert_eq!(journal.head(), head, "erasing moves no head");
    let large = NewEntry { bytes: vec![0; ENTRY_BYTES_MAX + 1], payload: None };
    assert!(matches!(journal.append(&head, &[large]), Err(JournalError::Refused(_))));
    assert_eq!(journal.next_seq(), 0);
    assert_eq!(journal.record(0, &[b"x".to_vec(), b"y".to_vec()]).unwrap(), 2);
    assert!(matches!(journal.record(1, &[b"z".to_vec()]), Err(JournalError::Conflict { .. })));
    assert_eq!(journal.records(1, 9).unwrap(), [(1, b"y".to_vec())]);
    assert_eq!(journal.append(&head, &[entry("c", None)]).unwrap().size, 3);
}

#[test]
fn the_journal_in_memory_conforms() {
    conforms(&mut MemoryJournal::new());
}

#[test]
fn the_journal_in_sqlite_conforms_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut journal = SqliteJournal::open(&path).unwrap();
    conforms(&mut journal);
    let head = journal.head();
    drop(journal);
    let journal = SqliteJournal::open(&path).unwrap();
    assert_eq!((journal.head(), journal.next_seq()), (head, 2));
    let reader = SqliteReader::open(&path).unwrap();
    assert_eq!((reader.head(), reader.next_seq()), (head, 2));
}

#[test]
fn a_second_writer_cannot_fork_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let (mut one, mut two) = (SqliteJournal::open(&path).unwrap(), SqliteJournal::open(&path).unwrap());
    let empty = one.head();
    let head = one.append(&empty, &[entry("one", None)]).unwrap();
    assert!(
        matches!(two.append(&empty, &[entry("two", None)]), Err(JournalError::Conflict { actual }) if actual == head)
    );
    assert_eq!(two.settle().unwrap(), head, "the truth is read again");
    // Having read the truth, the second writer may go on from it.
    assert!(matches!(two.append(&empty, &[]), Err(JournalError::Conflict { .. })));
    assert_eq!(two.append(&head, &[entry("two", None)]).unwrap().size, 2);
    assert_eq!(one.record(0, &[b"r".to_vec()]).unwrap(), 1);
    assert!(matches!(two.record(0, &[b"r".to_vec()]), Err(JournalError::Conflict { .. })));
    assert_eq!(two.record(1, &[b"r".to_vec()]).unwrap(), 2);
}

#[test]
fn an_altered_entry_is_noticed_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut journal = SqliteJournal::open(&path).unwrap();
    let empty = journal.head();
    journal.append(&empty, &[entry("the truth", None), entry("more", None)]).unwrap();
    drop(journal);
    for sql in
        ["UPDATE entry SET bytes = x'00' WHERE idx = 0", "DELETE FROM entry WHERE idx = 0", "UPDATE head SET size = 1"]
    {
        let copy = folder.path().join("copy.db");
        fs::copy(&path, &copy).unwrap();
        rusqlite::Connection::open(&copy).unwrap().execute_batch(sql).unwrap();
        assert!(matches!(SqliteJournal::open(&copy), Err(JournalError::Corrupt(_))), "{sql}");
        fs::remove_file(&copy).unwrap();
    }
    fs::write(folder.path().join("other.db"), "not a database, and long enough to be looked at").unwrap();
    assert!(SqliteJournal::open(&folder.path().join("other.db")).is_err());
}

#[test]
fn an_erased_payload_is_nowhere_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut journal = SqliteJournal::open(&path).unwrap();
    let secret = "a payload that must be gone ".repeat(400);
    let head = journal.head();
    journal.append(&head, &[entry("public", Some(&secret))]).unwrap();
    let found = |folder: &Path| {
        let needle = b"must be gone";
        let files = fs::read_dir(folder).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
        files.into_iter().any(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
    };
    assert!(found(folder.path()), "the search finds what is there");
    journal.erase(0).unwrap();
    assert!(!found(folder.path()));
}

/// The child of the crash test: appends and says what is acknowledged, until it is killed.
#[test]
#[expect(clippy::print_stdout, reason = "the parent listens there")]
fn child_that_appends_until_it_is_killed() {
    let Some(path) = std::env::var_os("ORDINANCE_JOURNAL_CHILD") else { return };
    let mut journal = SqliteJournal::open(Path::new(&path)).unwrap();
    loop {
        let head = journal.head();
        let batch: Vec<NewEntry> = (0..5).map(|n| entry(&format!("{}+{n}", head.size), Some("payload"))).collect();
        let head = journal.append(&head, &batch).unwrap();
        let next = journal.record(journal.next_seq(), &[format!("{}", head.size).into_bytes()]).unwrap();
        println!("acknowledged {} {next}", head.size);
    }
}

#[test]
fn nothing_acknowledged_is_lost_by_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut highest = (0, 0);
    for round in 0..20_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::child_that_appends_until_it_is_killed", "--nocapture"])
            .env("ORDINANCE_JOURNAL_CHILD", &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acknowledged = highest;
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut told = 0;
        for line in lines {
            let Some(numbers) = line.rsplit_once("acknowledged ").map(|(_, numbers)| numbers) else { continue };
            let (size, next) = numbers.split_once(' ').unwrap();
            acknowledged = (size.parse::<u64>().unwrap(), next.parse::<u64>().unwrap());
            told += 1;
            if told == round % 7 + 1 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let journal = SqliteJournal::open(&path).unwrap();
        assert!(journal.head().size >= acknowledged.0 && journal.next_seq() >= acknowledged.1);
        assert!(journal.head().size.is_multiple_of(5), "a batch is there whole or not at all");
        highest = (journal.head().size, journal.next_seq());
    }
    assert!(highest.0 > 0);
}
