//! Publication: tiles, entry bundles and the signed checkpoint, derived from the journal.
//!
//! Everything here can be done again from the journal after a crash, and gives the same bytes. The checkpoint is written
//! last, so that a reader never sees one before its tiles, and only over a tree that is the journal's own: what was derived
//! is held against the journal's head, and thrown away if anything failed on the way. The published checkpoint is also the
//! guard: at the next start it must be a prefix of the journal, or the city writes nothing more.

mod files;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use journal::{Head, Journal, JournalError};
use tlog::checkpoint::{self, CHECKPOINT_PATH};
use tlog::tile::{BundleCoords, Tile, TilePath, encode_bundle};
use tlog::{Checkpoint, SigningKey, TileEdge, leaf_hash};

use files::{Files, Folder};

/// Entries in a full bundle, hashes in a full tile.
const TILE_WIDTH: u64 = 256;
/// How many entries are read at a time.
const READ_ENTRIES: usize = 1_000;

/// Why the log could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A file could not be written or read.
    #[error("the log's file `{path}` could not be written: {error}")]
    File {
        /// Relative to the log's folder.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// The checkpoint could not be signed or read back.
    #[error("the log's checkpoint: {0}")]
    Checkpoint(#[from] checkpoint::CheckpointError),
    /// An entry is too large for a bundle.
    #[error("the log's bundle: {0}")]
    Bundle(#[from] tlog::TileError),
    /// The journal could not be read.
    #[error("the log is not published: {0}")]
    Journal(#[from] JournalError),
    /// The journal's entries are not those of its head, or not those that were signed before.
    #[error(
        "the journal's {size} entries do not give its head, or do not continue the published checkpoint; nothing is signed. \
         Stop the city and run `ordinance verify` at its folder"
    )]
    Differs {
        /// How many entries the head counts.
        size: u64,
    },
    /// The register does not follow the journal any more.
    #[error("the log is not published: {0}")]
    Behind(String),
}

/// How far a log was derived: its tree, and the entries of the last, unfinished bundle.
#[derive(Clone, Default)]
struct Progress {
    edge: TileEdge,
    open_bundle: Vec<Vec<u8>>,
}

impl Progress {
    fn stands_at(&self, head: &Head) -> bool {
        self.edge.size() == head.size && self.edge.root() == head.root
    }
}

/// A file that is full and will not change.
enum Full<'a> {
    Tile(&'a Tile),
    Bundle(&'a Progress),
}

/// Writes one log's public files into a folder.
pub struct Publisher {
    files: Box<dyn Files>,
    origin: String,
    key: SigningKey,
    /// What stands in the files, as far as this process has published or counted along. Never moved by a failure.
    progress: Progress,
    /// The checkpoint over it, once this process has written one.
    checkpoint: Option<String>,
    /// Partial files that are or may be there; removed once a checkpoint stands that needs others.
    partials: BTreeSet<String>,
}

impl Publisher {
    /// A publisher of a log in a folder.
    #[must_use]
    pub fn new(folder: &Path, origin: &str, key: SigningKey) -> Self {
        Self::over(Box::new(Folder::new(folder)), origin, key)
    }

    fn over(files: Box<dyn Files>, origin: &str, key: SigningKey) -> Self {
        let (progress, origin) = (Progress::default(), origin.to_owned());
        Self { files, origin, key, progress, checkpoint: None, partials: BTreeSet::new() }
    }

    /// The checkpoint that was published last, verified under this log's key; none for a new log.
    ///
    /// # Errors
    /// It is there and cannot be read or verified.
    pub fn published(&self) -> Result<Option<Checkpoint>, PublishError> {
        let fail = |error| PublishError::File { path: CHECKPOINT_PATH.to_owned(), error };
        match self.files.read(CHECKPOINT_PATH) {
            Ok(note) => {
                let note = String::from_utf8(note).map_err(|error| fail(io::Error::other(error)))?;
                Ok(Some(checkpoint::verify_origin(&note, &self.key.vkey(), &self.origin)?))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(fail(error)),
        }
    }

    /// Counts along the entries that an earlier run has published, without writing them again.
    ///
    /// # Errors
    /// The journal could not be read.
    pub fn resume<J: Journal + ?Sized>(&mut self, journal: &J, size: u64) -> Result<(), PublishError> {
        let mut progress = Progress::default();
        extend(&mut progress, journal, size, |_| Ok(()))?;
        self.progress = progress;
        Ok(())
    }

    /// Writes whatever of the journal is not published yet, then the checkpoint over all of it, and gives its text. If
    /// nothing is new since the last time, it only gives the text.
    ///
    /// # Errors
    /// A file could not be written or the journal does not agree with itself; what was published before still stands, and
    /// the next call does all of it again.
    pub fn publish<J: Journal + ?Sized>(&mut self, journal: &J) -> Result<String, PublishError> {
        let head = journal.head();
        if let Some(text) = self.checkpoint.as_ref().filter(|_| self.progress.stands_at(&head)) {
            return Ok(text.clone());
        }
        let mut next = self.progress.clone();
        extend(&mut next, journal, head.size, |full| self.write(&full))?;
        if !next.stands_at(&head) {
            next = self.rebuilt(journal, &head)?;
        }
        let wanted = self.write_partials(&next)?;
        let text = checkpoint::sign(&self.key, &self.origin, next.edge.size(), &next.edge.root())?;
        self.put(CHECKPOINT_PATH, text.as_bytes())?;
        (self.progress, self.checkpoint) = (next, Some(text.clone()));
        for path in std::mem::replace(&mut self.partials, wanted) {
            // Only tidiness: a leftover partial file harms nobody, so a failure to remove it may pass.
            if !self.partials.contains(&path) {
                self.files.remove(&path);
            }
        }
        Ok(text)
    }

    /// The whole tree from the journal's first entry, if it is the one of its head and continues what was signed. Its
    /// files are written again only then.
    fn rebuilt<J: Journal + ?Sized>(&self, journal: &J, head: &Head) -> Result<Progress, PublishError> {
        let differs = || PublishError::Differs { size: head.size };
        let signed = self.published()?;
        let signed = signed.map(|checkpoint| Head { size: checkpoint.size, root: checkpoint.root });
        let mut trial = Progress::default();
        if let Some(signed) = &signed {
            extend(&mut trial, journal, signed.size, |_| Ok(()))?;
            if !trial.stands_at(signed) {
                return Err(differs());
            }
        }
        extend(&mut trial, journal, head.size, |_| Ok(()))?;
        if !trial.stands_at(head) {
            return Err(differs());
        }
        let mut progress = Progress::default();
        extend(&mut progress, journal, head.size, |full| self.write(&full))?;
        if progress.stands_at(head) { Ok(progress) } else { Err(differs()) }
    }

    /// Signs another text than a checkpoint.
    pub(crate) fn sign(&self, text: &str) -> Result<String, tlog::NoteError> {
        Ok(tlog::Note::sign(text, &[&self.key])?.to_string())
    }

    fn write(&self, full: &Full<'_>) -> Result<(), PublishError> {
        match full {
            Full::Tile(tile) => self.put(&TilePath::from(tile.coords).to_string(), &tile.bytes()),
            Full::Bundle(progress) => self.put(&bundle_path(progress)?, &encode_bundle(&progress.open_bundle)?),
        }
    }

    /// Writes the unfinished tiles and bundle, and gives their paths.
    fn write_partials(&mut self, progress: &Progress) -> Result<BTreeSet<String>, PublishError> {
        let mut wanted = BTreeSet::new();
        for tile in progress.edge.partials() {
            let path = TilePath::from(tile.coords).to_string();
            self.partials.insert(path.clone());
            self.put(&path, &tile.bytes())?;
            wanted.insert(path);
        }
        if !progress.open_bundle.is_empty() {
            let path = bundle_path(progress)?;
            self.partials.insert(path.clone());
            self.put(&path, &encode_bundle(&progress.open_bundle)?)?;
            wanted.insert(path);
        }
        Ok(wanted)
    }

    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), PublishError> {
        self.files.write(path, bytes).map_err(|error| PublishError::File { path: path.to_owned(), error })
    }
}

/// The path of the bundle that a tree ends in.
fn bundle_path(progress: &Progress) -> Result<String, PublishError> {
    let index = progress.edge.size().saturating_sub(1) / TILE_WIDTH;
    let width = u16::try_from(progress.open_bundle.len()).unwrap_or(u16::MAX);
    Ok(TilePath::from(BundleCoords::new(index, width)?).to_string())
}

/// Takes the journal's entries in up to a size, and hands on every file that they fill. If the journal ends before, so
/// does this: whoever signs compares with the head.
fn extend<J: Journal + ?Sized>(
    progress: &mut Progress,
    journal: &J,
    size: u64,
    mut full: impl FnMut(Full<'_>) -> Result<(), PublishError>,
) -> Result<(), PublishError> {
    while progress.edge.size() < size {
        let wanted = size - progress.edge.size();
        let read =
            journal.read(progress.edge.size(), READ_ENTRIES.min(usize::try_from(wanted).unwrap_or(READ_ENTRIES)))?;
        if read.is_empty() {
            return Ok(());
        }
        for entry in read {
            let tiles = progress.edge.push(leaf_hash(&entry.bytes));
            progress.open_bundle.push(entry.bytes);
            tiles.iter().try_for_each(|tile| full(Full::Tile(tile)))?;
            if progress.open_bundle.len() as u64 == TILE_WIDTH {
                full(Full::Bundle(progress))?;
                progress.open_bundle.clear();
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
