//! The audit of a whole log, by anybody, from its files.
//!
//! It exists to say in one sentence that every entry, every tile and the signed root belong together, or where they do
//! not. It never holds more than one bundle and one tile per level in memory, never reads more than the limits here,
//! and never takes a hash from a tile: every hash is recomputed from the entries.

mod source;
mod walk;

pub use source::{LogSource, SourceError, SourceTiles, read_entries, read_entry};
pub use walk::Auditor;

use crate::checkpoint::CheckpointError;
use crate::hash::Hash;
use crate::tile::TileError;

/// What a complete audit found. It is returned only when everything held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditReport {
    /// Identity of the log.
    pub origin: String,
    /// Size in the signed checkpoint.
    pub size: u64,
    /// Root in the signed checkpoint, equal to the recomputed one.
    pub root: Hash,
    /// Entries read and hashed; equal to `size`.
    pub entries: u64,
    /// Entry bundles read.
    pub bundles: u64,
    /// Tiles read and compared.
    pub tiles: u64,
    /// Bytes read in all, the checkpoint included.
    pub bytes: u64,
    /// Size of the older checkpoint this log was shown to continue, if one was given; of several, of the largest.
    pub continues: Option<u64>,
    /// The signed checkpoint itself.
    pub note: String,
}

/// Where an audit failed. Every variant names the path, and the offset or entry where there is one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// A file could not be read, or was larger than it may be.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The checkpoint is refused.
    #[error("{path}: {error}")]
    Checkpoint {
        /// `checkpoint`, or `older checkpoint` for the one given by the caller.
        path: &'static str,
        /// Why.
        error: CheckpointError,
    },
    /// A tile or bundle is not well formed.
    #[error("{path}: {error}")]
    Malformed {
        /// Path of the file.
        path: String,
        /// Why, with the offset.
        error: TileError,
    },
    /// An entry is not the one the signed root covers.
    #[error("{path}: entry {index}, at offset {offset}, is not the entry which was logged")]
    Entry {
        /// Path of the bundle.
        path: String,
        /// Index of the entry in the log.
        index: u64,
        /// Byte offset of the entry in the bundle.
        offset: usize,
    },
    /// A tile holds another hash than the entries give.
    #[error("{path}: the hash at offset {offset} is not the one its entries give")]
    Tile {
        /// Path of the tile.
        path: String,
        /// Byte offset of the first wrong byte.
        offset: usize,
    },
    /// An entry and its hash differ, and neither belongs to the signed root.
    #[error("{bundle}: entry {index} and its hash in {tile} differ, and neither leads to the signed root")]
    EntryAndTile {
        /// Path of the bundle.
        bundle: String,
        /// Path of the tile.
        tile: String,
        /// Index of the entry in the log.
        index: u64,
    },
    /// Entries and tiles agree with each other, but not with the signed root.
    #[error("checkpoint: signed root {signed} is not the root {computed} of the {size} entries")]
    Root {
        /// Size in the checkpoint.
        size: u64,
        /// Root in the checkpoint.
        signed: Hash,
        /// Root of the entries.
        computed: Hash,
    },
    /// The log is shorter than an older checkpoint it signed.
    #[error("the log has {new} entries, but an older checkpoint has {old}")]
    RolledBack {
        /// Size in the older checkpoint.
        old: u64,
        /// Size in the checkpoint.
        new: u64,
    },
    /// The log does not continue the older checkpoint: it was rewritten or forked.
    #[error("the first {old} entries have root {computed}, but an older checkpoint signed {signed}")]
    Forked {
        /// Size in the older checkpoint.
        old: u64,
        /// Root in the older checkpoint.
        signed: Hash,
        /// Root of the first `old` entries.
        computed: Hash,
    },
}
