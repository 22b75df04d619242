//! Tiles and their paths, <https://c2sp.org/tlog-tiles>.
//!
//! It exists because tiles are how anybody reads the log: static files, cacheable for ever. It never writes a file,
//! and never accepts two spellings of one path.

mod bundle;
mod edge;

pub use bundle::{BundleEntry, MAX_BUNDLE_LEN, MAX_ENTRY_LEN, append_entry, decode_bundle, encode_bundle};
pub use edge::{Tile, TileEdge, decode_tile, encode_tile};

use std::fmt;
use std::str::FromStr;

use crate::hash::HASH_LEN;
use crate::text::parse_decimal;

/// Tree levels in one tile.
pub const TILE_HEIGHT: u32 = 8;
/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;
/// Bytes of a full tile.
pub const TILE_LEN: usize = TILE_WIDTH as usize * HASH_LEN;
/// The largest tile level a path may name.
pub const MAX_LEVEL: u8 = 63;

/// Why a path, a tile or a bundle is not well formed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// Not the one spelling of a tile or bundle path.
    #[error("{0:?} is not a tile path")]
    Path(String),
    /// A level above 63.
    #[error("tile level {0} is above 63")]
    Level(u8),
    /// A width which is not 1 to 256.
    #[error("tile width {0} is not between 1 and 256")]
    Width(u16),
    /// A tile of another length than its width demands.
    #[error("a tile of width {width} has {expected} bytes, got {actual}")]
    Length {
        /// Hashes in the tile.
        width: u16,
        /// Bytes it must have.
        expected: usize,
        /// Bytes it has.
        actual: usize,
    },
    /// An entry longer than its length prefix can say.
    #[error("an entry has at most 65535 bytes, got {0}")]
    EntryTooLong(usize),
    /// A bundle which ends inside an entry.
    #[error("bundle ends inside entry {entry}, which starts at offset {offset}")]
    Truncated {
        /// Position of the entry in the bundle.
        entry: u16,
        /// Byte offset of its length prefix.
        offset: usize,
    },
    /// A bundle which goes on after its last entry.
    #[error("bundle goes on after its last entry, at offset {offset}")]
    Trailing {
        /// Byte offset of the first surplus byte.
        offset: usize,
    },
}

/// The place of one tile of hashes: level, index in the level, and width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileCoords {
    level: u8,
    index: u64,
    width: u16,
}

impl TileCoords {
    /// A tile; `width` is 256 for a full one.
    ///
    /// # Errors
    /// [`TileError::Level`] above 63, [`TileError::Width`] outside 1 to 256.
    pub const fn new(level: u8, index: u64, width: u16) -> Result<Self, TileError> {
        if level > MAX_LEVEL {
            return Err(TileError::Level(level));
        }
        if width == 0 || width > TILE_WIDTH {
            return Err(TileError::Width(width));
        }
        Ok(Self { level, index, width })
    }

    /// Tile `index` of `level` as it is in a tree of `size` leaves; `None` when that tree has no such tile.
    #[must_use]
    pub fn in_tree(level: u8, index: u64, size: u64) -> Option<Self> {
        let hashes = size.checked_shr(u32::from(level) * TILE_HEIGHT)?;
        let before = index.checked_mul(u64::from(TILE_WIDTH))?;
        let width = hashes.checked_sub(before)?.min(u64::from(TILE_WIDTH));
        let width = u16::try_from(width).ok().filter(|width| *width > 0)?;
        Some(Self { level, index, width })
    }

    /// All tiles which a tree of `new` leaves has and a tree of `old` leaves has not, level by level.
    pub fn added(old: u64, new: u64) -> impl Iterator<Item = Self> {
        (0_u8..8).flat_map(move |level| {
            let full_before = (old >> (u32::from(level) * TILE_HEIGHT)) / u64::from(TILE_WIDTH);
            (full_before..)
                .map_while(move |index| Self::in_tree(level, index, new))
                .filter(move |tile| Self::in_tree(level, tile.index, old) != Some(*tile))
        })
    }

    /// All tiles of a tree of `size` leaves, level by level.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        Self::added(0, size)
    }

    /// Level of the tile; 0 holds leaf hashes.
    #[must_use]
    pub const fn level(&self) -> u8 {
        self.level
    }

    /// Index within the level.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Number of hashes, 1 to 256.
    #[must_use]
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Whether the tile has fewer than 256 hashes.
    #[must_use]
    pub const fn is_partial(&self) -> bool {
        self.width < TILE_WIDTH
    }

    /// The full tile at this place, which a log may serve instead of the partial one.
    #[must_use]
    pub const fn full(self) -> Self {
        Self { width: TILE_WIDTH, ..self }
    }

    /// Length of the tile in bytes.
    #[must_use]
    pub const fn byte_len(&self) -> usize {
        self.width as usize * HASH_LEN
    }
}

/// The place of one bundle of entries: index and width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BundleCoords {
    index: u64,
    width: u16,
}

impl BundleCoords {
    /// A bundle; `width` is 256 for a full one.
    ///
    /// # Errors
    /// [`TileError::Width`] outside 1 to 256.
    pub const fn new(index: u64, width: u16) -> Result<Self, TileError> {
        if width == 0 || width > TILE_WIDTH {
            return Err(TileError::Width(width));
        }
        Ok(Self { index, width })
    }

    /// Bundle `index` as it is in a tree of `size` leaves; `None` when that tree has no such bundle.
    #[must_use]
    pub fn in_tree(index: u64, size: u64) -> Option<Self> {
        TileCoords::in_tree(0, index, size).map(Self::beside)
    }

    /// The bundle whose entries hash to this level 0 tile.
    #[must_use]
    pub const fn beside(tile: TileCoords) -> Self {
        Self { index: tile.index, width: tile.width }
    }

    /// All bundles which a tree of `new` leaves has and a tree of `old` leaves has not.
    pub fn added(old: u64, new: u64) -> impl Iterator<Item = Self> {
        TileCoords::added(old, new).take_while(|tile| tile.level == 0).map(Self::beside)
    }

    /// Index of the bundle.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Number of entries, 1 to 256.
    #[must_use]
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Whether the bundle has fewer than 256 entries.
    #[must_use]
    pub const fn is_partial(&self) -> bool {
        self.width < TILE_WIDTH
    }

    /// The full bundle at this place, which a log may serve instead of the partial one.
    #[must_use]
    pub const fn full(self) -> Self {
        Self { width: TILE_WIDTH, ..self }
    }

    /// Index in the log of the first entry.
    #[must_use]
    pub const fn first_entry(&self) -> u64 {
        self.index.saturating_mul(TILE_WIDTH as u64)
    }
}

/// A path below the prefix of a log: `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`.
///
/// `Display` and [`TilePath::parse`] are inverse to each other. See <https://c2sp.org/tlog-tiles#merkle-tree>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TilePath {
    /// A tile of hashes.
    Hashes(TileCoords),
    /// A bundle of entries.
    Entries(BundleCoords),
}

impl TilePath {
    /// Parses a path without leading slash.
    ///
    /// # Errors
    /// [`TileError::Path`] unless it is the one spelling of a path.
    pub fn parse(path: &str) -> Result<Self, TileError> {
        let refused = || TileError::Path(path.chars().take(80).collect());
        let parsed = parse_path(path).ok_or_else(refused)?;
        // Padding such as `x000/001` parses, but is not how the index is written.
        if parsed.to_string() == path { Ok(parsed) } else { Err(refused()) }
    }
}

fn parse_path(path: &str) -> Option<TilePath> {
    let (kind, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let (groups, width) = match rest.split_once(".p/") {
        Some((groups, width)) => (groups, u16::try_from(parse_decimal(width)?).ok()?),
        None => (rest, TILE_WIDTH),
    };
    let index = parse_index(groups)?;
    if kind == "entries" {
        return BundleCoords::new(index, width).ok().map(TilePath::Entries);
    }
    let level = u8::try_from(parse_decimal(kind)?).ok()?;
    TileCoords::new(level, index, width).ok().map(TilePath::Hashes)
}

fn parse_index(groups: &str) -> Option<u64> {
    let (leading, last) = groups.rsplit_once('/').map_or((None, groups), |(leading, last)| (Some(leading), last));
    let leading = leading.map(|leading| leading.split('/').map(|group| group.strip_prefix('x')));
    let mut index = 0_u64;
    for group in leading.into_iter().flatten().chain([Some(last)]) {
        let group = group.filter(|group| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit()))?;
        index = index.checked_mul(1000)?.checked_add(group.parse().ok()?)?;
    }
    Some(index)
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hashes(tile) => tile.fmt(f),
            Self::Entries(bundle) => bundle.fmt(f),
        }
    }
}

impl fmt::Display for TileCoords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.level)?;
        write_index(f, self.index, self.width)
    }
}

impl fmt::Display for BundleCoords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tile/entries/")?;
        write_index(f, self.index, self.width)
    }
}

fn write_index(f: &mut fmt::Formatter<'_>, index: u64, width: u16) -> fmt::Result {
    let mut divisor = 1_u64;
    while index / divisor >= 1000 {
        divisor *= 1000;
    }
    while divisor > 1 {
        write!(f, "x{:03}/", index / divisor % 1000)?;
        divisor /= 1000;
    }
    write!(f, "{:03}", index % 1000)?;
    if width < TILE_WIDTH { write!(f, ".p/{width}") } else { Ok(()) }
}

impl FromStr for TilePath {
    type Err = TileError;

    fn from_str(path: &str) -> Result<Self, TileError> {
        Self::parse(path)
    }
}

impl From<TileCoords> for TilePath {
    fn from(tile: TileCoords) -> Self {
        Self::Hashes(tile)
    }
}

impl From<BundleCoords> for TilePath {
    fn from(bundle: BundleCoords) -> Self {
        Self::Entries(bundle)
    }
}

#[cfg(test)]
mod tests;
