//! Whole logs, honest and altered. An audit of an altered log must fail and name the altered file.

use std::cell::RefCell;
use std::collections::BTreeMap;

use tlog::audit::{SourceTiles, read_entry};
use tlog::checkpoint::CHECKPOINT_PATH;
use tlog::tile::{BundleCoords, Tile, encode_bundle};
use tlog::{
    AuditError, AuditReport, Auditor, LogSource, Note, Receipt, SigningKey, SourceError, TileEdge, TileHashes,
    TilePath, checkpoint, leaf_hash,
};

const ORIGIN: &str = "example.city/log";

/// The files of a log.
#[derive(Default, Clone)]
struct Files {
    files: BTreeMap<String, Vec<u8>>,
    read: RefCell<Vec<String>>,
}

impl LogSource for Files {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.read.borrow_mut().push(path.to_owned());
        self.files.get(path).cloned().ok_or_else(|| SourceError::NotFound(path.to_owned()))
    }
}

impl Files {
    fn checkpoint(&self) -> String {
        String::from_utf8(self.files[CHECKPOINT_PATH].clone()).unwrap()
    }

    fn altered(&self, path: &str, alter: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut files = self.clone();
        alter(files.files.get_mut(path).unwrap());
        files
    }
}

fn key() -> SigningKey {
    SigningKey::generate([3; 32], ORIGIN).unwrap()
}

fn entry(n: u64) -> Vec<u8> {
    format!("entry {n}").into_bytes()
}

/// Writes the log of these entries as a publisher would.
fn publish(entries: &[Vec<u8>]) -> Files {
    let mut files = Files::default();
    let mut edge = TileEdge::new();
    let keep = |files: &mut Files, tile: &Tile| files.files.insert(tile.coords.to_string(), tile.bytes());
    for entry in entries {
        edge.push(leaf_hash(entry)).iter().for_each(|tile| drop(keep(&mut files, tile)));
    }
    edge.partials().iter().for_each(|tile| drop(keep(&mut files, tile)));
    for (bundle, entries) in BundleCoords::added(0, edge.size()).zip(entries.chunks(256)) {
        files.files.insert(bundle.to_string(), encode_bundle(entries).unwrap());
    }
    let note = checkpoint::sign(&key(), ORIGIN, edge.size(), &edge.root()).unwrap();
    files.files.insert(CHECKPOINT_PATH.to_owned(), note.into_bytes());
    files
}

fn log(size: u64) -> Files {
    publish(&(0..size).map(entry).collect::<Vec<_>>())
}

fn audit(files: &Files) -> Result<AuditReport, AuditError> {
    Auditor::new(key().vkey()).run(files, |_, _| ())
}

/// The path an error names, `None` when it names none.
fn blamed(error: &AuditError) -> Option<&str> {
    match error {
        AuditError::Checkpoint { path, .. } => Some(path),
        AuditError::Malformed { path, .. } | AuditError::Entry { path, .. } | AuditError::Tile { path, .. } => {
            Some(path)
        }
        AuditError::Source(SourceError::NotFound(path) | SourceError::TooLarge { path, .. }) => Some(path),
        _ => None,
    }
}

#[test]
fn honest_logs_pass_and_are_read_completely() {
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 513, 1_000] {
        let files = log(size);
        let mut seen = Vec::new();
        let report = Auditor::new(key().vkey())
            .run(&files, |index, bytes| {
                assert_eq!(bytes, entry(index));
                seen.push(index);
            })
            .unwrap();
        assert_eq!(seen, (0..size).collect::<Vec<_>>());
        assert_eq!((report.origin.as_str(), report.size, report.entries), (ORIGIN, size, size));
        assert_eq!(report.bundles, size.div_ceil(256));
        assert_eq!(report.tiles + report.bundles + 1, files.files.len() as u64, "size {size}");
        assert_eq!(report.bytes, files.files.values().map(|file| file.len() as u64).sum::<u64>());
        let mut read = files.read.borrow().clone();
        read.sort_unstable();
        assert_eq!(read, files.files.keys().cloned().collect::<Vec<_>>(), "every file once, nothing else");
    }
}

#[test]
fn a_flipped_byte_anywhere_fails_and_names_the_file() {
    for size in [1, 5, 256, 300, 700] {
        let files = log(size);
        for (path, bytes) in &files.files {
            let step = if bytes.len() < 400 { 1 } else { 61 };
            for offset in (0..bytes.len()).step_by(step).chain([bytes.len() - 1]) {
                for bit in [0x01, 0x80] {
                    let error = audit(&files.altered(path, |bytes| bytes[offset] ^= bit)).unwrap_err();
                    let context = format!("size {size}, {path}, offset {offset}: {error}");
                    assert_eq!(blamed(&error), Some(path.as_str()), "{context}");
                    assert!(error.to_string().contains(path), "{context}");
                    if let AuditError::Tile { offset: named, .. } = error {
                        assert_eq!(named, offset, "{context}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_flipped_byte_in_an_entry_names_the_entry() {
    let files = log(300);
    let path = "tile/entries/001.p/44";
    let error = audit(&files.altered(path, |bytes| *bytes.last_mut().unwrap() ^= 1)).unwrap_err();
    assert!(matches!(error, AuditError::Entry { index: 299, .. }), "{error}");
}

#[test]
fn longer_shorter_and_missing_files_fail_and_are_named() {
    let files = log(700);
    for path in files.files.keys() {
        let longer = audit(&files.altered(path, |bytes| bytes.push(0))).unwrap_err();
        assert_eq!(blamed(&longer), Some(path.as_str()), "{longer}");
        let shorter = audit(&files.altered(path, |bytes| bytes.truncate(bytes.len() - 1))).unwrap_err();
        assert_eq!(blamed(&shorter), Some(path.as_str()), "{shorter}");
        let empty = audit(&files.altered(path, Vec::clear)).unwrap_err();
        assert_eq!(blamed(&empty), Some(path.as_str()), "{empty}");
        let huge = audit(&files.altered(path, |bytes| bytes.resize(17_000_000, 0))).unwrap_err();
        assert!(matches!(huge, AuditError::Source(SourceError::TooLarge { .. })), "{huge}");
        let mut without = files.clone();
        without.files.remove(path);
        let error = audit(&without).unwrap_err();
        assert_eq!(blamed(&error), Some(path.as_str()), "{error}");
    }
}

#[test]
fn a_full_tile_may_stand_in_for_a_partial_one() {
    // The files of 600 entries under the checkpoint of 300: partial files of 300 are gone, full ones are there.
    let (older, newer) = (log(300), log(600));
    let mut files = newer.clone();
    files.files.insert(CHECKPOINT_PATH.to_owned(), older.checkpoint().into_bytes());
    files.files.insert("tile/1/000.p/1".to_owned(), older.files["tile/1/000.p/1"].clone());
    assert_eq!(audit(&files).unwrap().entries, 300);
}

#[test]
fn rewritten_history_fails_even_when_it_agrees_with_itself() {
    let files = log(700);
    let mut entries: Vec<Vec<u8>> = (0..700).map(entry).collect();
    entries[100] = b"another".to_vec();
    let mut forged = publish(&entries);
    forged.files.insert(CHECKPOINT_PATH.to_owned(), files.files[CHECKPOINT_PATH].clone());
    assert!(matches!(audit(&forged), Err(AuditError::Root { size: 700, .. })));
    // One bundle and its tile rewritten, the rest honest: the tile above differs.
    let mut half = files.clone();
    for path in ["tile/entries/000", "tile/0/000"] {
        half.files.insert(path.to_owned(), forged.files[path].clone());
    }
    let error = audit(&half).unwrap_err();
    assert!(matches!(&error, AuditError::Tile { path, .. } if path == "tile/1/000.p/2"), "{error}");
}

#[test]
fn an_older_checkpoint_must_be_continued() {
    let files = log(700);
    for old in [0, 1, 255, 256, 257, 512, 699, 700] {
        let auditor = Auditor::new(key().vkey()).continuing(log(old).checkpoint());
        assert_eq!(auditor.run(&files, |_, _| ()).unwrap().continues, Some(old));
        if old > 0 {
            let mut entries: Vec<Vec<u8>> = (0..old).map(entry).collect();
            entries[0] = b"another".to_vec();
            let auditor = Auditor::new(key().vkey()).continuing(publish(&entries).checkpoint());
            let error = auditor.run(&files, |_, _| ()).unwrap_err();
            assert!(matches!(error, AuditError::Forked { old: at, .. } if at == old), "{error}");
        }
    }
    let auditor = Auditor::new(key().vkey()).continuing(log(701).checkpoint());
    assert_eq!(auditor.run(&files, |_, _| ()), Err(AuditError::RolledBack { old: 701, new: 700 }));
    let auditor = Auditor::new(key().vkey()).continuing("not a checkpoint");
    let error = auditor.run(&files, |_, _| ()).unwrap_err();
    assert_eq!(blamed(&error), Some("older checkpoint"));
}

#[test]
fn another_key_or_log_is_refused() {
    let files = log(5);
    for other in [SigningKey::generate([4; 32], ORIGIN), SigningKey::generate([3; 32], "example.city/other")] {
        let error = Auditor::new(other.unwrap().vkey()).run(&files, |_, _| ()).unwrap_err();
        assert_eq!(blamed(&error), Some(CHECKPOINT_PATH));
    }
}

#[test]
fn receipts_come_from_the_published_files() {
    let files = log(700);
    let checkpoint = checkpoint::verify(&files.checkpoint(), &key().vkey()).unwrap();
    let hashes = TileHashes::new(SourceTiles(&files), checkpoint.size, checkpoint.root);
    for index in [0, 255, 256, 699] {
        let entry = read_entry(&files, index, checkpoint.size).unwrap();
        let proof = hashes.inclusion(&leaf_hash(&entry), index).unwrap();
        let receipt = Receipt::new(index, proof, &files.checkpoint()).unwrap();
        let text = receipt.encode();
        assert_eq!(Receipt::parse(&text).unwrap().verify(&entry, &key().vkey()).unwrap(), checkpoint);
    }
    assert_eq!(read_entry(&files, 700, 700), Err(SourceError::NotFound("entry 700".to_owned())));
}

#[test]
fn witness_lines_do_not_disturb_an_audit() {
    let files = log(5);
    let witness = SigningKey::generate([9; 32], "witness.example").unwrap();
    let note = Note::parse(&files.checkpoint()).unwrap();
    let line = Note::sign(note.text(), &[&witness]).unwrap().signatures()[0].to_string();
    let cosigned = note.with_signature_line(&line).unwrap().to_string();
    let files = files.altered(CHECKPOINT_PATH, |bytes| *bytes = cosigned.into_bytes());
    assert!(audit(&files).is_ok());
}

#[test]
fn every_published_path_parses() {
    for path in log(70_000).files.keys().filter(|path| *path != CHECKPOINT_PATH) {
        assert_eq!(TilePath::parse(path).unwrap().to_string(), *path);
    }
}
