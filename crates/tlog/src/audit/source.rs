//! Where an audit reads from. It exists so that a folder and a web address audit alike. It never hands on more bytes
//! than the limit of the file it asked for.

use crate::checkpoint::CHECKPOINT_PATH;
use crate::hash::Hash;
use crate::note::MAX_NOTE_LEN;
use crate::proof::{ReadError, TileReader};
use crate::tile::{
    BundleCoords, MAX_BUNDLE_LEN, TILE_LEN, TILE_WIDTH, TileCoords, TileError, TilePath, decode_bundle, decode_tile,
};

/// Why a file of a log could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// There is no such file.
    #[error("{0}: not found")]
    NotFound(String),
    /// The file is larger than its kind may be.
    #[error("{path}: larger than {limit} bytes")]
    TooLarge {
        /// Path of the file.
        path: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// Anything else.
    #[error("{path}: {message}")]
    Failed {
        /// Path of the file.
        path: String,
        /// What the storage said.
        message: String,
    },
}

/// The files of one log, by their paths below its prefix, such as `checkpoint` or `tile/0/000.p/5`.
pub trait LogSource {
    /// Reads a whole file.
    ///
    /// # Errors
    /// [`SourceError::NotFound`] when there is none, which may lead to a second try with the full tile.
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError>;

    /// Reads a whole file of at most `limit` bytes. A source which can stop early should override this.
    ///
    /// # Errors
    /// As [`LogSource::get`], and [`SourceError::TooLarge`].
    fn get_limited(&self, path: &str, limit: usize) -> Result<Vec<u8>, SourceError> {
        let bytes = self.get(path)?;
        if bytes.len() <= limit {
            return Ok(bytes);
        }
        Err(SourceError::TooLarge { path: path.to_owned(), limit })
    }
}

impl<S: LogSource + ?Sized> LogSource for &S {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        (**self).get(path)
    }

    fn get_limited(&self, path: &str, limit: usize) -> Result<Vec<u8>, SourceError> {
        (**self).get_limited(path, limit)
    }
}

/// A file as read, with the path and width it was found under.
pub(super) struct Found {
    pub(super) path: String,
    pub(super) width: u16,
    pub(super) bytes: Vec<u8>,
}

pub(super) fn read_checkpoint(source: &impl LogSource) -> Result<Vec<u8>, SourceError> {
    source.get_limited(CHECKPOINT_PATH, MAX_NOTE_LEN)
}

/// Reads a tile; the full one when the partial one is gone, which a log may delete then.
pub(super) fn read_tile(source: &impl LogSource, tile: TileCoords) -> Result<Found, SourceError> {
    read_either(source, tile.into(), tile.width(), tile.full().into(), TILE_LEN)
}

/// Reads a bundle; the full one when the partial one is gone.
pub(super) fn read_bundle(source: &impl LogSource, bundle: BundleCoords) -> Result<Found, SourceError> {
    read_either(source, bundle.into(), bundle.width(), bundle.full().into(), MAX_BUNDLE_LEN)
}

fn read_either(
    source: &impl LogSource,
    wanted: TilePath,
    width: u16,
    full: TilePath,
    limit: usize,
) -> Result<Found, SourceError> {
    let path = wanted.to_string();
    match source.get_limited(&path, limit) {
        Ok(bytes) => Ok(Found { path, width, bytes }),
        Err(SourceError::NotFound(_)) if width < TILE_WIDTH => {
            let full = full.to_string();
            // The partial file is the one to report when there is neither.
            let bytes = source.get_limited(&full, limit).map_err(|error| match error {
                SourceError::NotFound(_) => SourceError::NotFound(path),
                other => other,
            })?;
            Ok(Found { path: full, width: TILE_WIDTH, bytes })
        }
        Err(error) => Err(error),
    }
}

/// Reads one entry of a log of `size` entries. It is a claim until its inclusion is checked, for example with
/// [`crate::proof::TileHashes::inclusion`].
///
/// # Errors
/// [`SourceError::NotFound`] outside the log; [`SourceError::Failed`] when the bundle is malformed.
pub fn read_entry(source: &impl LogSource, index: u64, size: u64) -> Result<Vec<u8>, SourceError> {
    let (bundle, position) = (index / u64::from(TILE_WIDTH), index % u64::from(TILE_WIDTH));
    let coords = BundleCoords::in_tree(bundle, size).filter(|_| index < size);
    let coords = coords.ok_or_else(|| SourceError::NotFound(format!("entry {index}")))?;
    let found = read_bundle(source, coords)?;
    let failed = |error: TileError| SourceError::Failed { path: found.path.clone(), message: error.to_string() };
    let entries = decode_bundle(&found.bytes, found.width).map_err(failed)?;
    let entry = usize::try_from(position).ok().and_then(|position| entries.get(position));
    entry.map(|entry| entry.bytes.to_vec()).ok_or_else(|| SourceError::NotFound(format!("entry {index}")))
}

/// Reads the entries from an index on to the end of their bundle in a log of `size` entries. They are claims until their
/// hashes lead to a signed root.
///
/// # Errors
/// [`SourceError::NotFound`] outside the log; [`SourceError::Failed`] when the bundle is malformed.
pub fn read_entries(source: &impl LogSource, from: u64, size: u64) -> Result<Vec<Vec<u8>>, SourceError> {
    let width = u64::from(TILE_WIDTH);
    let coords = BundleCoords::in_tree(from / width, size).filter(|_| from < size);
    let coords = coords.ok_or_else(|| SourceError::NotFound(format!("entry {from}")))?;
    let found = read_bundle(source, coords)?;
    let failed = |error: TileError| SourceError::Failed { path: found.path.clone(), message: error.to_string() };
    let entries = decode_bundle(&found.bytes, found.width).map_err(failed)?;
    let wanted = entries.iter().take(usize::from(coords.width())).skip(usize::try_from(from % width).unwrap_or(0));
    Ok(wanted.map(|entry| entry.bytes.to_vec()).collect())
}

/// The tiles of a [`LogSource`] as a [`TileReader`], for proofs.
#[derive(Debug, Clone, Copy)]
pub struct SourceTiles<S>(pub S);

impl<S: LogSource> TileReader for SourceTiles<S> {
    fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<Hash>, ReadError> {
        let storage = |path: String, message: String| ReadError::Storage { path, message };
        let coords = TileCoords::new(level, index, width)
            .map_err(|error| storage(format!("tile {level}/{index}"), error.to_string()))?;
        let found = read_tile(&self.0, coords).map_err(|error| storage(coords.to_string(), error.to_string()))?;
        let mut hashes =
            decode_tile(&found.bytes, found.width).map_err(|error| storage(found.path.clone(), error.to_string()))?;
        hashes.truncate(usize::from(width));
        Ok(hashes)
    }
}
