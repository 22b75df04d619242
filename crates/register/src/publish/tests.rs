//! Publication over a folder that fails: whatever fails, and however often, what is signed is the journal.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use journal::{MemoryJournal, NewEntry};
use tlog::audit::{Auditor, LogSource, SourceError};

use super::*;

/// Files in memory, of which the write with a number fails.
#[derive(Clone, Default)]
struct Failing(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    files: BTreeMap<String, Vec<u8>>,
    /// How many writes still succeed; none set means all.
    left: Option<usize>,
}

impl Failing {
    fn fail_after(&self, writes: Option<usize>) {
        self.0.lock().unwrap().left = writes;
    }
}

impl Files for Failing {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0.lock().unwrap().files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let mut inner = self.0.lock().unwrap();
        match &mut inner.left {
            Some(0) => return Err(io::ErrorKind::StorageFull.into()),
            Some(left) => *left -= 1,
            None => {}
        }
        inner.files.insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn remove(&self, path: &str) {
        self.0.lock().unwrap().files.remove(path);
    }
}

impl LogSource for Failing {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.read(path).map_err(|_| SourceError::NotFound(path.to_owned()))
    }
}

fn key() -> SigningKey {
    SigningKey::generate([1; 32], "test.example/log").unwrap()
}

fn append(journal: &mut MemoryJournal, count: u64) {
    let head = journal.head();
    let entry = |number| NewEntry { bytes: format!("entry {number}").into_bytes(), payload: None };
    let batch: Vec<NewEntry> = (head.size..head.size + count).map(entry).collect();
    journal.append(&head, &batch).unwrap();
}

/// The log stands as signed, whole, and is the journal's.
fn holds(files: &Failing, journal: &MemoryJournal) {
    let mut entries = Vec::new();
    let report = Auditor::new(key().vkey()).run(files, |_, bytes| entries.push(bytes.to_vec())).unwrap();
    let stored: Vec<Vec<u8>> = journal.read(0, 10_000).unwrap().into_iter().map(|entry| entry.bytes).collect();
    assert_eq!((report.size, report.root), (journal.head().size, journal.head().root));
    assert_eq!(entries, stored);
}

#[test]
fn whichever_write_fails_the_next_try_signs_the_journal_and_nothing_else() {
    for (first, second) in [(3, 2), (3, 300), (250, 600), (256, 1), (600, 256)] {
        for fails_at in 0..30 {
            let (files, mut journal) = (Failing::default(), MemoryJournal::new());
            let mut publisher = Publisher::over(Box::new(files.clone()), "test.example/log", key());
            append(&mut journal, first);
            publisher.publish(&journal).unwrap();
            let before = journal.head();
            append(&mut journal, second);
            files.fail_after(Some(fails_at));
            let failed = publisher.publish(&journal);
            files.fail_after(None);
            if failed.is_ok() {
                assert!(fails_at >= 3, "a checkpoint needs its tiles and bundle");
                break;
            }
            // What was signed before still stands.
            let signed = publisher.published().unwrap().unwrap();
            assert_eq!((signed.size, signed.root), (before.size, before.root));
            // Nothing new need come for the next try to do it.
            if fails_at % 2 == 1 {
                append(&mut journal, 1);
            }
            publisher.publish(&journal).unwrap();
            holds(&files, &journal);
        }
    }
}

#[test]
fn a_log_that_fails_again_and_again_leaves_no_litter_and_catches_up() {
    let (files, mut journal) = (Failing::default(), MemoryJournal::new());
    let mut publisher = Publisher::over(Box::new(files.clone()), "test.example/log", key());
    for round in 0..40_u64 {
        append(&mut journal, round * 7 % 31 + 1);
        files.fail_after(Some(usize::try_from(round % 4).unwrap()));
        drop(publisher.publish(&journal));
    }
    files.fail_after(None);
    publisher.publish(&journal).unwrap();
    holds(&files, &journal);
    let partial = |path: &&String| path.contains(".p/");
    let partials = files.0.lock().unwrap().files.keys().filter(partial).count();
    assert_eq!(partials, 3, "two levels of tiles and one bundle");
}

#[test]
fn nothing_is_signed_over_a_journal_that_does_not_continue_what_was() {
    let (files, mut journal, mut other) = (Failing::default(), MemoryJournal::new(), MemoryJournal::new());
    append(&mut journal, 5);
    let mut publisher = Publisher::over(Box::new(files.clone()), "test.example/log", key());
    publisher.publish(&journal).unwrap();
    let head = other.head();
    other.append(&head, &[NewEntry { bytes: b"another past".to_vec(), payload: None }]).unwrap();
    append(&mut other, 9);
    assert!(matches!(publisher.publish(&other), Err(PublishError::Differs { size: 10 })));
    holds(&files, &journal);
    // Counted along wrongly, but the journal is the one that was signed: it is derived anew from its first entry.
    let mut astray = Publisher::over(Box::new(files.clone()), "test.example/log", key());
    astray.resume(&other, 5).unwrap();
    append(&mut journal, 300);
    astray.publish(&journal).unwrap();
    holds(&files, &journal);
}
