//! Durable acts, sealed payloads, disclosure records and the tree head, in one transaction.
//!
//! The journal knows bytes, not acts. Its COMMIT is the only commit point of a city: entries, payloads and the head move
//! together, and the head moves only by compare-and-swap, so that two writers can never make two logs out of one.

pub mod accounts;
pub mod files;
mod memory;
pub mod sheet;
pub mod shelf;
mod sqlite;

use std::fmt;
use std::io;

use tlog::Hash;

pub use memory::MemoryJournal;
pub use sqlite::{SqliteJournal, SqliteReader};

/// The largest entry, in bytes (C2SP tlog-tiles).
pub const ENTRY_BYTES_MAX: usize = 65_535;
/// The largest sealed payload, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 1 << 20;
/// The most entries or records of one commit.
pub const BATCH_MAX: usize = 2_000;

/// Size and root of the log: what a commit moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many entries.
    pub size: u64,
    /// RFC 6962 root over their bytes.
    pub root: Hash,
}

/// An entry to be appended.
#[derive(Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// The bytes that are hashed and published.
    pub bytes: Vec<u8>,
    /// What is kept beside it and can be erased.
    pub payload: Option<Vec<u8>>,
}

impl fmt::Debug for NewEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewEntry({} bytes, payload: {})", self.bytes.len(), self.payload.is_some())
    }
}

/// An entry as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the log.
    pub index: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What hangs beside an entry.
#[derive(Clone, PartialEq, Eq)]
pub enum Payload {
    /// Nothing ever did.
    None,
    /// The sealed bytes.
    Present(Vec<u8>),
    /// It was destroyed.
    Erased,
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Present(_) => "Present(sealed)",
            Self::Erased => "Erased",
        })
    }
}

/// Why the journal did not do something. Unless it says otherwise, nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Somebody else moved the head.
    #[error("another writer moved the head to {} entries; read on from there and decide again", actual.size)]
    Conflict {
        /// Where the head is.
        actual: Head,
    },
    /// The journal is not what it was.
    #[error(
        "the journal is damaged: {0}; nothing more is written to it. Restore it from a backup that is not older than the published checkpoint"
    )]
    Corrupt(String),
    /// The disk is full.
    #[error("the disk is full; nothing was written. Make room and try again")]
    Full,
    /// A commit failed at its very end.
    #[error("a commit failed at its end, so that it is open whether it was written: {0}")]
    Unsure(Box<JournalError>),
    /// Something is too large.
    #[error("the journal refuses it: {0}")]
    Refused(String),
    /// The database failed.
    #[error("the journal's database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// A file failed.
    #[error("the journal's file failed: {0}")]
    Io(#[from] io::Error),
}

/// The acts of one city. One writer.
pub trait Journal: Send {
    /// Where the log stood when this writer last looked.
    fn head(&self) -> Head;

    /// Where the log stands. After a conflict or a commit of unknown outcome the truth is read again first, and all of it
    /// is checked as at the start.
    ///
    /// # Errors
    /// It could not be read, or is damaged; nothing may be written then.
    fn settle(&mut self) -> Result<Head, JournalError>;

    /// Appends entries in one transaction, if the head still is the expected one.
    ///
    /// # Errors
    /// [`JournalError::Conflict`] if it is not; nothing was written in any case.
    fn append(&mut self, expected: &Head, batch: &[NewEntry]) -> Result<Head, JournalError>;

    /// Entries from an index on.
    ///
    /// # Errors
    /// They could not be read.
    fn read(&self, from: u64, limit: usize) -> Result<Vec<Entry>, JournalError>;

    /// What hangs beside an entry.
    ///
    /// # Errors
    /// It could not be read.
    fn payload(&self, index: u64) -> Result<Payload, JournalError>;

    /// Destroys what hangs beside an entry, down to the bytes on the disk. The entry stays.
    ///
    /// # Errors
    /// It could not be destroyed for good; ask again.
    fn erase(&mut self, index: u64) -> Result<(), JournalError>;
}

/// The disclosure records of one city, numbered without a gap.
pub trait DisclosureLedger: Send {
    /// The number that the next record gets.
    fn next_seq(&self) -> u64;

    /// Appends records in one transaction, if the next number still is the expected one. Gives the next number.
    ///
    /// # Errors
    /// Another writer was faster, or nothing could be written.
    fn record(&mut self, expected: u64, records: &[Vec<u8>]) -> Result<u64, JournalError>;

    /// Records from a number on.
    ///
    /// # Errors
    /// They could not be read.
    fn records(&self, from: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, JournalError>;
}

/// Holds a batch against the limits.
fn check(batch: &[NewEntry]) -> Result<(), JournalError> {
    let refused = |what: String| Err(JournalError::Refused(what));
    if batch.len() > BATCH_MAX {
        return refused(format!("a batch of {} entries, the limit is {BATCH_MAX}", batch.len()));
    }
    for entry in batch {
        if entry.bytes.len() > ENTRY_BYTES_MAX {
            return refused(format!("an entry of {} bytes, the limit is {ENTRY_BYTES_MAX}", entry.bytes.len()));
        }
        if entry.payload.as_ref().is_some_and(|payload| payload.len() > PAYLOAD_BYTES_MAX) {
            return refused(format!("a payload of more than {PAYLOAD_BYTES_MAX} bytes"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
