//! What was acknowledged, held against what is on the disk after a crash, before anything has repaired it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use journal::SqliteReader;
use lake::{Lake, Options};
use model::{Timestamp, Window};
use privacy::Column;
use privacy::columns::Scalar;
use register::audit::{FolderSource, audit};
use serde_json::Value;

use super::hammer::PHONES;
use crate::scan::files;
use crate::tool::City;

const DAY_MILLIS: i64 = 86_400_000;

/// What the city has acknowledged, and what was seen of it before.
#[derive(Default)]
pub(super) struct Books {
    /// Numbers of air observations.
    pub(super) runs: BTreeSet<i64>,
    /// Day and phone of each probe.
    pub(super) phones: Vec<(i64, u64)>,
    /// Entries of the log, and what must stand in them.
    pub(super) entries: BTreeMap<u64, String>,
    /// Disclosures and the digests of their rows.
    pub(super) disclosures: Vec<(u64, String)>,
    /// The newest checkpoint that was published.
    checkpoint: Option<String>,
    /// How many entries the log had when it was last looked at.
    size: u64,
    /// Released tables: made once, never changed.
    released: HashMap<PathBuf, Vec<u8>>,
    /// Up to where windows were released.
    marks: HashMap<PathBuf, Timestamp>,
    /// How often there was a Parquet file of each stream when the lake was looked at.
    flushed: u64,
}

impl Books {
    pub(super) fn open(city: &City) -> Self {
        let mut books = Self::default();
        books.check_log(city);
        books
    }

    /// The published log, the journal beside it, the disclosure records, and the released tables.
    pub(super) fn check_log(&mut self, city: &City) {
        let source = FolderSource::new(&city.dir().join("log"));
        let journal = SqliteReader::open(&city.dir().join("journal.db")).unwrap();
        let whole = audit(&source, None, self.checkpoint.take()).unwrap().inside(&journal, &source).unwrap();
        self.checkpoint = Some(std::fs::read_to_string(city.dir().join("log/checkpoint")).unwrap());
        let size = journal.head().size;
        assert!(size >= self.size && size >= whole.log.size, "the log became shorter");
        self.size = size;
        let keys = whole.acts.get("key-created/1").copied().unwrap_or(0);
        assert_eq!(keys, whole.state.keys.len() as u64, "no epoch has two keys");

        let stored = journal.read(0, usize::try_from(size).unwrap()).unwrap();
        for (entry, mark) in &self.entries {
            let text =
                stored.get(usize::try_from(*entry).unwrap()).map(|stored| String::from_utf8_lossy(&stored.bytes));
            assert!(text.is_some_and(|text| text.contains(mark)), "the acknowledged act {entry} is gone");
        }
        let count = journal.next_seq();
        let records = journal.records(0, usize::try_from(count).unwrap()).unwrap();
        assert!(records.iter().map(|(seq, _)| *seq).eq(0..count), "the disclosures have a gap");
        let mut given = BTreeSet::new();
        for (seq, content) in &self.disclosures {
            assert!(given.insert(seq), "number {seq} was given twice");
            let (_, bytes) = records
                .get(usize::try_from(*seq).unwrap())
                .unwrap_or_else(|| panic!("an acknowledged disclosure is gone"));
            let record: Value = serde_json::from_slice(bytes).unwrap();
            assert_eq!((record["seq"].as_u64(), record["content"].as_str()), (Some(*seq), Some(content.as_str())));
        }
        self.check_releases(city);
    }

    fn check_releases(&mut self, city: &City) {
        let folder = city.dir().join("lake/released");
        if !folder.exists() {
            assert!(self.released.is_empty());
            return;
        }
        for path in files(&folder) {
            let bytes = std::fs::read(&path).unwrap();
            if path.ends_with("through") {
                let mark: Timestamp = String::from_utf8(bytes).unwrap().trim().parse().unwrap();
                let before = self.marks.insert(path, mark);
                assert!(before.is_none_or(|before| before <= mark), "the mark of released windows went back");
                continue;
            }
            let known = self.released.entry(path).or_insert_with(|| bytes.clone());
            assert!(*known == bytes, "a released table changed");
        }
        assert!(self.released.keys().all(|path| path.exists()), "a released table is gone");
    }

    /// Every observation that was acknowledged is there, none is there twice, and every file can be read.
    pub(super) fn check_lake(&mut self, city: &City) {
        let (lake, _) = Lake::open(&city.dir().join("lake"), Options::default()).unwrap();
        assert_eq!(lake.check().unwrap(), Vec::new(), "a file is torn, or does not belong there");
        let always = Window { start: Timestamp::UNIX_EPOCH, end: Timestamp::MAX };
        let mut runs = Vec::new();
        for columns in lake.scan(&"air".parse().unwrap(), always).unwrap() {
            for row in 0..columns.len() {
                let Some(Scalar::Integer(run)) = columns.scalar(&"run".parse().unwrap(), row) else { continue };
                runs.push(run);
            }
        }
        let unique: BTreeSet<i64> = runs.iter().copied().collect();
        assert_eq!(unique.len(), runs.len(), "an observation is there twice");
        assert!(unique.is_superset(&self.runs), "an acknowledged observation is gone");
        // Three came in one batch: all of them are there, or none.
        let whole = unique.iter().filter(|run| unique.contains(&(**run + 1)) && unique.contains(&(**run + 2))).count();
        assert!(whole * 3 >= unique.len(), "a batch was taken in part");

        let mut tags: BTreeMap<i64, BTreeSet<u64>> = BTreeMap::new();
        let mut rows: BTreeMap<i64, usize> = BTreeMap::new();
        for columns in lake.scan(&"wifi".parse().unwrap(), always).unwrap() {
            let Some(Column::Tag(macs)) = columns.column(&"mac".parse().unwrap()) else { panic!("{columns:?}") };
            for (row, tag) in macs.iter().enumerate() {
                let day = columns.time(row).millis().div_euclid(DAY_MILLIS);
                tags.entry(day).or_default().insert(tag.unwrap());
                *rows.entry(day).or_default() += usize::try_from(columns.count(row)).unwrap();
            }
        }
        for (day, tags) in &tags {
            let acknowledged: Vec<u64> =
                self.phones.iter().filter(|(of, _)| of == day).map(|(_, phone)| *phone).collect();
            let phones: BTreeSet<u64> = acknowledged.iter().copied().collect();
            assert!(rows[day] >= acknowledged.len(), "an acknowledged probe is gone");
            assert!(
                (phones.len()..=usize::try_from(PHONES).unwrap()).contains(&tags.len()),
                "one phone, one tag: {}",
                tags.len()
            );
        }
        self.flushed += u64::from(lake.stats().unwrap().streams.values().filter(|stats| stats.files > 0).count() >= 2);
    }

    /// Observations, probes, entries, disclosures and released tables.
    pub(super) fn counts(&self) -> [usize; 5] {
        [self.runs.len(), self.phones.len(), self.entries.len(), self.disclosures.len(), self.released.len()]
    }

    /// Enough was acknowledged and released to show anything.
    pub(super) fn are_full(&self) -> bool {
        self.counts().iter().all(|&count| count > 100)
    }

    /// Every phone was acknowledged, enough was written out, and enough starts were interrupted.
    pub(super) fn were_counted(&self, while_starting: u64) {
        let phones: BTreeSet<u64> = self.phones.iter().map(|(_, phone)| *phone).collect();
        assert_eq!(phones.len() as u64, PHONES, "every phone was acknowledged, so that its tags can be counted");
        assert!(self.flushed > 5 && while_starting > 40, "{} {while_starting}", self.flushed);
    }
}
