//! Treated observations and released tables on disk: write-ahead segments, then Parquet, until their retention ends.
//!
//! Nothing comes in but what `privacy` treated or released: the types say so. A row is acknowledged when it is on the
//! disk, is read exactly once wherever it lies, and goes when its time is over. Appending, reading and turning segments
//! into Parquet do not wait for each other.

mod check;
mod deletion;
mod durable;
mod late;
mod ledgers;
mod memory;
mod parquet_file;
mod releases;
mod retention;
mod segment;
pub mod sheet;
mod tables;
mod wal;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use model::{StreamId, Timestamp, Window};
use privacy::columns::ColumnsError;
use privacy::{Columns, Treated};

use crate::deletion::Note;
use crate::durable::{Desk, Disk, Gate, Open};
use crate::late::Late;
use crate::ledgers::Ledgers;
use crate::releases::Releases;
use crate::retention::Retention;
use crate::tables::{Place, Tables};
use crate::wal::Wal;

pub use check::Finding;
pub use releases::Put;

/// Why the lake did not do something. What was acknowledged before stays.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The disk is full.
    #[error("the disk is full; nothing of this batch was taken. Make room and send it again")]
    Full {
        /// What was being written.
        path: PathBuf,
    },
    /// A file failed.
    #[error("`{path}`: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A batch is larger than a segment's frame may be.
    #[error("a batch takes more than {} MiB; send it in parts", segment::FRAME_BYTES_MAX >> 20)]
    TooLarge,
    /// The disk failed before, and nobody knows what it holds.
    #[error("`{path}` takes nothing more after the disk failed; start again, so that it is read anew")]
    Stopped {
        /// Which.
        path: PathBuf,
    },
    /// A segment is damaged before its end: not the torn tail of a crash.
    #[error(
        "`{path}` is damaged at byte {offset}; nothing is read past it. Restore it, or move it away to go on without its rows"
    )]
    Damaged {
        /// Which.
        path: PathBuf,
        /// Where.
        offset: u64,
    },
    /// A Parquet or release file is damaged.
    #[error("`{path}` is damaged: {reason}")]
    BadFile {
        /// Which.
        path: String,
        /// How.
        reason: String,
    },
    /// Columns that do not fit together.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    /// The mark of released windows would go back.
    #[error("windows are released up to {through} already; the mark does not go back to {asked}")]
    Backwards {
        /// Where it is.
        through: Timestamp,
        /// Where it should have gone.
        asked: Timestamp,
    },
    /// A ledger is older than what was released under it.
    #[error(
        "`{path}` does not have what was released already, so that nobody knows what is left of the budget; nothing more of \
         this stream is released. Restore the newest copy of it"
    )]
    Ledger {
        /// Which.
        path: PathBuf,
    },
}

impl LakeError {
    pub(crate) fn file(path: &Path, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path: path.to_owned() },
            _ => Self::File { path: path.to_owned(), error },
        }
    }

    pub(crate) fn bad(path: &Path, reason: &dyn std::fmt::Display) -> Self {
        Self::BadFile { path: path.display().to_string(), reason: reason.to_string() }
    }
}

/// How a lake behaves.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// A segment larger than this becomes Parquet, in bytes.
    pub segment_bytes_max: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes_max: 64 << 20 }
    }
}

/// What an opening found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Rows that were in segments only.
    pub rows: u64,
    /// Bytes of a frame that a crash had torn, cut off.
    pub torn_bytes: u64,
}

/// What a flush did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flushed {
    /// Parquet files written.
    pub files: u64,
    /// Rows in them.
    pub rows: u64,
}

/// What a deletion did, with what earlier ones did that nobody was told of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Whole hours before this instant are gone; none if no file had to go.
    pub before: Option<Timestamp>,
    /// Files removed.
    pub files: u64,
    /// Rows in those that went now.
    pub rows: u64,
}

/// How much of one stream there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StreamStats {
    /// Rows, wherever they lie.
    pub rows: u64,
    /// Bytes of its Parquet files.
    pub bytes: u64,
    /// Its Parquet files.
    pub files: u64,
}

/// The lake in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// By stream.
    pub streams: BTreeMap<StreamId, StreamStats>,
    /// Bytes of the segment that is appended to.
    pub segment_bytes: u64,
    /// Why the last flush that an append began did not succeed; none if it did. What was appended is safe in its segment.
    pub flush_failure: Option<String>,
}

/// How many times its limit a segment may grow while an older one is being written out; then appending waits.
const SEGMENT_OVERDRAFT: u64 = 4;

/// A city's observations and released tables. One process at a time may open it; the city's folder has the lock.
pub struct Lake {
    root: PathBuf,
    options: Options,
    wal: Wal,
    tables: Tables,
    retention: Retention,
    releases: Releases,
    ledgers: Ledgers,
    late: Late,
    desk: Arc<Desk>,
    /// Held by whoever turns segments into Parquet or deletes.
    flushing: Mutex<()>,
    flush_failure: Mutex<Option<String>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing under these locks is ever half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lake {
    /// Opens a lake, or begins one: replays its segments and cuts off what a crash tore.
    ///
    /// # Errors
    /// A segment is damaged before its end, or the disk fails. A full disk opens: what is there can be read.
    pub fn open(root: &Path, options: Options) -> Result<(Self, Recovered), LakeError> {
        Self::open_through(root, options, Arc::new(Open))
    }

    /// Opens a lake whose every change of the disk passes a gate.
    fn open_through(root: &Path, options: Options, gate: Arc<dyn Gate>) -> Result<(Self, Recovered), LakeError> {
        let disk = Disk::new(gate);
        let root = std::path::absolute(root).map_err(|error| LakeError::file(root, error))?;
        disk.folder(&root).map_err(|error| LakeError::file(&root, error))?;
        let desk = Arc::new(Desk::open(&root, disk.clone())?);
        let tables = Tables::open(&root, Arc::clone(&desk))?;
        let retention = Retention::open(&root.join(tables::FOLDER), Arc::clone(&desk))?;
        let late = Late::open(&root, Arc::clone(&desk))?;
        let (wal, recovered) = Wal::open(&root, &disk)?;
        let releases = Releases::new(root.clone(), Arc::clone(&desk));
        let ledgers = Ledgers::new(root.clone(), Arc::clone(&desk));
        let (flushing, flush_failure) = (Mutex::default(), Mutex::default());
        let lake =
            Self { root, options, wal, tables, retention, releases, ledgers, late, desk, flushing, flush_failure };
        // Older segments were on their way to Parquet when the process ended, and go there now.
        match lake.store_sealed() {
            Err(LakeError::Full { .. }) => {}
            stored => drop(stored?),
        }
        Ok((lake, recovered))
    }

    /// Takes a treated batch; answers when it is on the disk. If its segment is full then, and nobody else is at it, turns
    /// it into Parquet before answering; should that fail, the batch is taken all the same and it is tried again later.
    ///
    /// # Errors
    /// The disk failed; nothing of the batch is kept.
    pub fn append(&self, stream: &StreamId, batch: &Treated<Columns>) -> Result<(), LakeError> {
        if batch.get().is_empty() {
            return Ok(());
        }
        self.append_also_nothing(stream, batch)
    }

    /// The same, and a batch without rows is written, too: where a disk that fails must not tell whether there were any.
    ///
    /// # Errors
    /// The disk failed.
    pub fn append_also_nothing(&self, stream: &StreamId, batch: &Treated<Columns>) -> Result<(), LakeError> {
        self.wal.append(stream, batch.get())?;
        let limit = self.options.segment_bytes_max;
        if self.wal.bytes() > limit {
            let turn = match self.flushing.try_lock() {
                Ok(turn) => Some(turn),
                Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if self.wal.bytes() > limit.saturating_mul(SEGMENT_OVERDRAFT) => {
                    Some(held(&self.flushing))
                }
                Err(TryLockError::WouldBlock) => None,
            };
            // Somebody may have done it while this one waited.
            if let Some(_turn) = turn.filter(|_| self.wal.bytes() > limit) {
                *held(&self.flush_failure) = self.flush_in_turn().err().map(|error| error.to_string());
            }
        }
        Ok(())
    }

    /// Turns what lies in segments into Parquet. Appending and reading go on meanwhile. Done again after a crash it gives
    /// the same rows.
    ///
    /// # Errors
    /// The disk failed; the segments stay and nothing is lost.
    pub fn flush(&self) -> Result<Flushed, LakeError> {
        let _turn = held(&self.flushing);
        self.flush_in_turn()
    }

    fn flush_in_turn(&self) -> Result<Flushed, LakeError> {
        // What an earlier failure left comes first: segments become Parquet in their order.
        let left = self.store_sealed()?;
        self.wal.rotate()?;
        let rotated = self.store_sealed()?;
        Ok(Flushed { files: left.files + rotated.files, rows: left.rows + rotated.rows })
    }

    /// Writes out the segments that take no more rows, oldest first.
    fn store_sealed(&self) -> Result<Flushed, LakeError> {
        let mut flushed = Flushed::default();
        loop {
            let Some((number, rows)) = self.wal.memory().oldest_sealed() else { return Ok(flushed) };
            let (files, count) = self.tables.store(number, &rows)?;
            self.wal.remove(number)?;
            flushed.files += files;
            flushed.rows += count;
        }
    }

    /// Every row of a stream within a window, each exactly once.
    ///
    /// # Errors
    /// A file is damaged or cannot be read.
    pub fn scan(&self, stream: &StreamId, window: Window) -> Result<Vec<Columns>, LakeError> {
        let start = window.start.max(self.retention.of(stream));
        if start >= window.end {
            return Ok(Vec::new());
        }
        let window = Window { start, end: window.end };
        // Taken together: what is in memory now is not looked for in files, whatever a flush does meanwhile.
        let (below, batches) = {
            let memory = self.wal.memory();
            (memory.floor(), memory.of(stream).cloned().collect::<Vec<_>>())
        };
        let mut found = self.tables.scan(stream, window, below, || self.retention.of(stream))?;
        let fresh = batches.iter().map(|columns| columns.within(window));
        found.extend(fresh.filter(|columns| !columns.is_empty()));
        Ok(found)
    }

    /// Removes the rows of a stream observed before an instant: at once from every answer, and from the disk by whole
    /// hours, so that the hour which the instant cuts goes when it is over. What went is reported again, after a crash too,
    /// until [`Lake::deletion_told`] says that it was told.
    ///
    /// # Errors
    /// A file could not be removed; ask again.
    pub fn delete_before(&self, stream: &StreamId, before: Timestamp) -> Result<Deleted, LakeError> {
        let _turn = held(&self.flushing);
        let hidden = self.wal.memory().has_before(stream, before) || self.tables.has_before(stream, before)?;
        // Before anything goes, so that whoever misses a file knows why.
        self.retention.raise(stream, &self.tables.folder(stream), before, hidden)?;
        let whole_hours = Timestamp::from_millis(tables::hour_start(before.millis()));
        if self.wal.memory().has_before(stream, whole_hours) {
            self.flush_in_turn()?;
        }
        let (due, folder) = (self.tables.due(stream, before)?, self.tables.folder(stream));
        let Some(note) = self.note_deletion(&folder, before, &due)? else { return Ok(Deleted::default()) };
        let rows = self.tables.remove(stream, &due)?;
        Ok(Deleted { before: Some(note.before), files: note.files.len() as u64, rows })
    }

    /// Notes which files are about to go, with those of which nobody was told yet; nothing if there are none.
    fn note_deletion(&self, folder: &Path, before: Timestamp, due: &[Place]) -> Result<Option<Note>, LakeError> {
        let untold = Note::read(folder, before)?;
        if due.is_empty() {
            return Ok(untold);
        }
        let mut note = untold.unwrap_or(Note { before, files: BTreeSet::new() });
        note.before = note.before.max(before);
        note.files.extend(due.iter().map(Place::name));
        note.keep(folder, &self.desk)?;
        Ok(Some(note))
    }

    /// Up to when a deletion began of which nobody was told yet; none if there was none.
    ///
    /// # Errors
    /// The note of it cannot be read.
    pub fn deletion_untold(&self, stream: &StreamId) -> Result<Option<Timestamp>, LakeError> {
        Ok(Note::read(&self.tables.folder(stream), Timestamp::MAX)?.map(|note| note.before))
    }

    /// What [`Lake::delete_before`] last reported of a stream is told, durably, by whoever asked: it is not reported again.
    ///
    /// # Errors
    /// The disk failed; it is reported again.
    pub fn deletion_told(&self, stream: &StreamId) -> Result<(), LakeError> {
        self.desk.remove(&self.tables.folder(stream).join(deletion::NOTE))
    }

    /// How much there is.
    ///
    /// # Errors
    /// A folder or a new file's footer cannot be read.
    pub fn stats(&self) -> Result<Stats, LakeError> {
        let (below, counts) = {
            let memory = self.wal.memory();
            (memory.floor(), memory.counts())
        };
        let mut streams = self.tables.stats(below)?;
        for (stream, rows) in counts {
            streams.entry(stream).or_default().rows += rows;
        }
        let flush_failure = held(&self.flush_failure).clone();
        Ok(Stats { streams, segment_bytes: self.wal.bytes(), flush_failure })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) const fn late_numbers(&self) -> &Late {
        &self.late
    }

    pub(crate) const fn ledgers(&self) -> &Ledgers {
        &self.ledgers
    }

    pub(crate) const fn released(&self) -> &Releases {
        &self.releases
    }
}

#[cfg(test)]
mod tests;
