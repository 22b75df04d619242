//! Treated observations and released tables on disk: write-ahead segments, then Parquet, until their retention ends.
//!
//! Nothing comes in but what `privacy` treated or released: the types say so. A row is acknowledged when it is on the
//! disk, is read exactly once wherever it lies, and goes when its time is over.

mod parquet_file;
mod releases;
mod segment;
mod tables;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{StreamId, Timestamp, Window};
use privacy::columns::ColumnsError;
use privacy::{Columns, Treated};

use crate::segment::Segment;
use crate::tables::Tables;

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
}

impl LakeError {
    pub(crate) fn file(path: &Path, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path: path.to_owned() },
            _ => Self::File { path: path.to_owned(), error },
        }
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

/// What a deletion did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Files removed.
    pub files: u64,
}

/// Rows of one live segment, by stream.
type Live = BTreeMap<StreamId, Vec<Columns>>;

struct Inner {
    segment: Segment,
    live: Live,
}

/// A city's observations and released tables.
pub struct Lake {
    root: PathBuf,
    options: Options,
    inner: Mutex<Inner>,
    tables: Tables,
}

impl Lake {
    /// Opens a lake, or begins one: replays its segments and cuts off what a crash tore.
    ///
    /// # Errors
    /// A segment is damaged before its end, or the disk fails.
    pub fn open(root: &Path, options: Options) -> Result<(Self, Recovered), LakeError> {
        let tables = Tables::open(root)?;
        let mut recovered = Recovered::default();
        let mut live = Live::new();
        // The newest segment goes on; older ones were on their way to Parquet when the process ended, and go there now.
        let (newest, older) = segment::existing(&root.join("wal"))?;
        for number in older {
            let (segment, rows, torn) = Segment::open(root, number)?;
            recovered.torn_bytes += torn;
            recovered.rows += count(&rows);
            tables.store(number, &rows)?;
            segment.remove()?;
        }
        let (segment, rows, torn) = Segment::open(root, newest)?;
        recovered.torn_bytes += torn;
        recovered.rows += count(&rows);
        live.extend(rows);
        let inner = Mutex::new(Inner { segment, live });
        Ok((Self { root: root.to_owned(), options, inner, tables }, recovered))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Every change of the inner state happens after the disk has it, so a panic leaves nothing half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a treated batch; answers when it is on the disk.
    ///
    /// # Errors
    /// The disk failed; nothing of the batch is kept.
    pub fn append(&self, stream: &StreamId, batch: &Treated<Columns>) -> Result<(), LakeError> {
        let columns = batch.get();
        if columns.is_empty() {
            return Ok(());
        }
        let frame = segment::frame(stream, columns);
        let mut inner = self.inner();
        inner.segment.append(&frame)?;
        inner.live.entry(stream.clone()).or_default().push(columns.clone());
        let full = inner.segment.bytes() > self.options.segment_bytes_max;
        drop(inner);
        if full { self.flush() } else { Ok(()) }
    }

    /// Turns what lies in the segment into Parquet and begins a new segment. Done again after a crash it gives the same
    /// files.
    ///
    /// # Errors
    /// The disk failed; the segment stays and nothing is lost.
    pub fn flush(&self) -> Result<(), LakeError> {
        let mut inner = self.inner();
        if inner.live.is_empty() {
            return Ok(());
        }
        let number = inner.segment.number();
        self.tables.store(number, &inner.live)?;
        let (next, ..) = Segment::open(&self.root, number + 1)?;
        let old = std::mem::replace(&mut inner.segment, next);
        inner.live.clear();
        old.remove()
    }

    /// Every row of a stream within a window, each exactly once.
    ///
    /// # Errors
    /// A file is damaged or cannot be read.
    pub fn scan(&self, stream: &StreamId, window: Window) -> Result<Vec<Columns>, LakeError> {
        // Held while files are listed and read, so that a flush cannot move rows from one place to the other meanwhile.
        let inner = self.inner();
        let mut found = self.tables.scan(stream, window, inner.segment.number())?;
        let live = inner.live.get(stream).into_iter().flatten().map(|columns| columns.within(window));
        found.extend(live.filter(|columns| !columns.is_empty()));
        Ok(found)
    }

    /// Removes the rows of a stream observed in whole hours before an instant, as files. The hour that the instant cuts
    /// goes when it is over: who reads must not look past the retention meanwhile.
    ///
    /// # Errors
    /// A file could not be removed; ask again.
    pub fn delete_before(&self, stream: &StreamId, before: Timestamp) -> Result<Deleted, LakeError> {
        let old = {
            let inner = self.inner();
            let live = inner.live.get(stream);
            live.into_iter().flatten().any(|columns| columns.times().iter().any(|&time| time < before.millis()))
        };
        if old {
            self.flush()?;
        }
        let inner = self.inner();
        let files = self.tables.delete_before(stream, before)?;
        drop(inner);
        Ok(Deleted { files })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }
}

fn count(rows: &Live) -> u64 {
    rows.values().flatten().map(|columns| columns.len() as u64).sum()
}

#[cfg(test)]
mod tests;
