//! Reading the log's public files for those who ask over HTTP: what is damaged or missing is a problem in words.
//!
//! What pages tell of acts is read from bundles of entries. Those never change once they are published, so that the ones that were
//! read lately are kept in memory; whoever goes through a whole log reads it past them.

use std::sync::Arc;

use flow::City;
use model::Act;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use register::audit::FolderSource;
use tlog::Hash;
use tlog::audit::LogSource;
use tlog::checkpoint::{CHECKPOINT_PATH, Checkpoint, parse_unverified};
use tlog::proof::{ReadError, TileReader};
use tlog::tile::{BundleCoords, TILE_WIDTH, TileCoords, TilePath, decode_bundle, decode_tile};

use super::not_published;
use crate::problem::{Kind, Problem};

/// How many bytes of bundles are kept: a hundred thousand acts and more, or two hundred of the largest bundles.
const KEPT_BYTES_MAX: u64 = 48 << 20;
/// How many bundles that may be: as many of the size that is usual.
const KEPT_BUNDLES: usize = 512;

/// Bundles that were read, by their place and width.
type Bundles = Cache<BundleCoords, Arc<[u8]>, Bytes>;

/// A bundle weighs what it holds.
#[derive(Debug, Clone)]
struct Bytes;

impl Weighter<BundleCoords, Arc<[u8]>> for Bytes {
    fn weight(&self, _: &BundleCoords, bundle: &Arc<[u8]>) -> u64 {
        bundle.len() as u64
    }
}

/// The folder of a log's public files.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    folder: FolderSource,
    /// The bundles that are kept; none for whoever goes through the whole log.
    kept: Option<Arc<Bundles>>,
}

impl Log {
    /// A city's log, to go through once.
    pub(crate) fn of(city: &City) -> Self {
        Self { folder: FolderSource::new(city.register().log_folder()), kept: None }
    }

    /// A city's log, of which what was read lately is kept.
    pub(crate) fn keeping(city: &City) -> Self {
        Self { kept: Some(Arc::new(Cache::with_weighter(KEPT_BUNDLES, KEPT_BYTES_MAX, Bytes))), ..Self::of(city) }
    }

    /// The checkpoint's text.
    ///
    /// # Errors
    /// There is none that can be read.
    pub(crate) fn checkpoint(&self) -> Result<String, Problem> {
        let unreadable = || Problem::new(Kind::Unavailable).detail("the log’s checkpoint cannot be read");
        let text = self.folder.get(CHECKPOINT_PATH).map_err(|_| unreadable())?;
        String::from_utf8(text).map_err(|_| unreadable())
    }

    /// The checkpoint's text and what it says. Its signature was made by this city; whoever does not trust the city
    /// checks it.
    ///
    /// # Errors
    /// There is none that can be read.
    pub(crate) fn head(&self) -> Result<(String, Checkpoint), Problem> {
        let text = self.checkpoint()?;
        let unreadable = |_| Problem::new(Kind::Unavailable).detail("the log’s checkpoint cannot be read");
        let checkpoint = parse_unverified(&text).map_err(unreadable)?;
        Ok((text, checkpoint))
    }

    /// The bytes of a tile or bundle of precisely the width asked for; none if the log has none that wide.
    ///
    /// # Errors
    /// A file is there and cannot be read, or is damaged.
    pub(crate) fn tile(&self, path: TilePath) -> Result<Option<Vec<u8>>, Problem> {
        let broken = || Problem::new(Kind::Unavailable).detail(format!("`{path}` cannot be read"));
        self.folder.tile(path).map_err(|_| broken())
    }

    /// The bytes of a bundle, from memory if they are kept; none if the log has none that wide.
    fn bundle(&self, coords: BundleCoords) -> Result<Option<Arc<[u8]>>, Problem> {
        if let Some(bytes) = self.kept.as_ref().and_then(|kept| kept.get(&coords)) {
            return Ok(Some(bytes));
        }
        let read: Option<Arc<[u8]>> = self.tile(TilePath::Entries(coords))?.map(Arc::from);
        if let (Some(kept), Some(bytes)) = (&self.kept, &read) {
            kept.insert(coords, Arc::clone(bytes));
        }
        Ok(read)
    }

    /// An act of a log of a size, as published.
    ///
    /// # Errors
    /// It is not published, or the files are damaged.
    pub(crate) fn act(&self, index: u64, size: u64) -> Result<Act, Problem> {
        self.acts(&[index], size)?.pop().ok_or_else(|| not_published(index, size))
    }

    /// Several acts of a log of a size, in the order asked for; each bundle is read once for neighbours in that order.
    ///
    /// # Errors
    /// One is not published, or the files are damaged.
    pub(crate) fn acts(&self, indexes: &[u64], size: u64) -> Result<Vec<Act>, Problem> {
        let width = u64::from(TILE_WIDTH);
        let mut acts = Vec::with_capacity(indexes.len());
        for neighbours in indexes.chunk_by(|one, other| one / width == other / width) {
            let Some(&first) = neighbours.first() else { continue };
            if let Some(&index) = neighbours.iter().find(|index| **index >= size) {
                return Err(not_published(index, size));
            }
            let coords = BundleCoords::in_tree(first / width, size).ok_or_else(|| not_published(first, size))?;
            let bytes = self.bundle(coords)?.ok_or_else(|| not_published(first, size))?;
            let entries = decode_bundle(&bytes, coords.width()).map_err(|_| damaged(first))?;
            for &index in neighbours {
                let at = usize::try_from(index - coords.first_entry()).ok().and_then(|at| entries.get(at));
                let act = at.and_then(|entry| Act::from_bytes(entry.bytes).ok());
                acts.push(act.ok_or_else(|| damaged(index))?);
            }
        }
        Ok(acts)
    }
}

fn damaged(index: u64) -> Problem {
    Problem::new(Kind::Unavailable).detail(format!("entry {index} of the log cannot be read"))
}

impl TileReader for Log {
    fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<Hash>, ReadError> {
        let failed = |path: String, message: &str| ReadError::Storage { path, message: message.to_owned() };
        let coords = TileCoords::new(level, index, width)
            .map_err(|error| failed(format!("level {level}"), &error.to_string()))?;
        let bytes =
            Self::tile(self, coords.into()).map_err(|problem| failed(coords.to_string(), problem.detail_text()))?;
        let bytes = bytes.ok_or_else(|| failed(coords.to_string(), "not there"))?;
        decode_tile(&bytes, width).map_err(|error| failed(coords.to_string(), &error.to_string()))
    }
}
