//! Publication: tiles, entry bundles and the signed checkpoint, derived from the journal.
//!
//! Everything here can be done again from the journal after a crash, and gives the same bytes. The checkpoint is
//! written last, so that a reader never sees one before its tiles. The published checkpoint is also the guard: at the
//! next start it must be a prefix of the journal, or the city writes nothing more.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tlog::checkpoint::{self, CHECKPOINT_PATH};
use tlog::tile::{BundleCoords, Tile, TilePath, encode_bundle};
use tlog::{Checkpoint, SigningKey, TileEdge, leaf_hash};

/// Entries in a full bundle, hashes in a full tile.
const TILE_WIDTH: u64 = 256;

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
}

/// Writes one log's public files into a folder.
pub struct Publisher {
    folder: PathBuf,
    origin: String,
    key: SigningKey,
    edge: TileEdge,
    /// Entries of the last, unfinished bundle.
    open_bundle: Vec<Vec<u8>>,
    /// Partial files of the last checkpoint; removed once the next one stands.
    stale: Vec<String>,
}

impl Publisher {
    /// A publisher of an empty log; push the journal's entries, then publish.
    #[must_use]
    pub fn new(folder: &Path, origin: &str, key: SigningKey) -> Self {
        let (folder, origin) = (folder.to_owned(), origin.to_owned());
        Self { folder, origin, key, edge: TileEdge::new(), open_bundle: Vec::new(), stale: Vec::new() }
    }

    /// The checkpoint that was published last, verified under this log's key; none for a new log.
    ///
    /// # Errors
    /// It is there and cannot be read or verified.
    pub fn published(&self) -> Result<Option<Checkpoint>, PublishError> {
        match fs::read_to_string(self.folder.join(CHECKPOINT_PATH)) {
            Ok(note) => Ok(Some(checkpoint::verify_origin(&note, &self.key.vkey(), &self.origin)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(PublishError::File { path: CHECKPOINT_PATH.to_owned(), error }),
        }
    }

    /// Takes entries in, in order, and writes every tile and bundle they fill. With `write` off it only counts
    /// along: for entries that an earlier run has published.
    ///
    /// # Errors
    /// A file could not be written.
    pub fn push(&mut self, entries: &[Vec<u8>], write: bool) -> Result<(), PublishError> {
        for entry in entries {
            let full = self.edge.push(leaf_hash(entry));
            self.open_bundle.push(entry.clone());
            if write {
                full.iter().try_for_each(|tile| self.write_tile(tile))?;
            }
            if self.open_bundle.len() as u64 == TILE_WIDTH {
                if write {
                    self.write_bundle()?;
                }
                self.open_bundle.clear();
            }
        }
        Ok(())
    }

    /// Writes the unfinished tiles and bundle, then the checkpoint, and gives the checkpoint's text.
    ///
    /// # Errors
    /// A file could not be written; what was published before still stands.
    pub fn publish(&mut self) -> Result<String, PublishError> {
        let mut partial = Vec::new();
        for tile in self.edge.partials() {
            self.write_tile(&tile)?;
            partial.push(TilePath::from(tile.coords).to_string());
        }
        if !self.open_bundle.is_empty() {
            partial.push(self.write_bundle()?);
        }
        let text = checkpoint::sign(&self.key, &self.origin, self.edge.size(), &self.edge.root())?;
        write_durably(&self.folder, CHECKPOINT_PATH, text.as_bytes())?;
        let stale = std::mem::replace(&mut self.stale, partial);
        for path in stale.iter().filter(|path| !self.stale.contains(path)) {
            // Only tidiness: a leftover partial file harms nobody, so a failure to remove it may pass.
            let _ = fs::remove_file(self.folder.join(path));
        }
        Ok(text)
    }

    /// Signs another text than a checkpoint.
    pub(crate) fn sign(&self, text: &str) -> Result<String, tlog::NoteError> {
        Ok(tlog::Note::sign(text, &[&self.key])?.to_string())
    }

    fn write_tile(&self, tile: &Tile) -> Result<(), PublishError> {
        write_durably(&self.folder, &TilePath::from(tile.coords).to_string(), &tile.bytes())
    }

    fn write_bundle(&self) -> Result<String, PublishError> {
        let index = (self.edge.size() - 1) / TILE_WIDTH;
        let width = u16::try_from(self.open_bundle.len()).unwrap_or(u16::MAX);
        let path = TilePath::from(BundleCoords::new(index, width)?).to_string();
        write_durably(&self.folder, &path, &encode_bundle(&self.open_bundle)?)?;
        Ok(path)
    }
}

/// Writes a file so that after a crash it is there whole, or as it was.
fn write_durably(folder: &Path, path: &str, bytes: &[u8]) -> Result<(), PublishError> {
    let fail = |error| PublishError::File { path: path.to_owned(), error };
    let target = folder.join(path);
    let parent = target.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(fail)?;
    let temporary = target.with_extension("tmp");
    let mut file = fs::File::create(&temporary).map_err(fail)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fail)?;
    fs::rename(&temporary, &target).map_err(fail)?;
    fs::File::open(parent).and_then(|parent| parent.sync_all()).map_err(fail)
}
