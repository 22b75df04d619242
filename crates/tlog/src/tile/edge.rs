//! Tile contents, and the growing right edge of a log in tiles.
//!
//! It exists so that a log can append with one unfinished tile per level in hand: full tiles fall out when they are
//! complete, partial ones are read off at any size. It never holds more than eight unfinished tiles.

use super::{TILE_HEIGHT, TILE_WIDTH, TileCoords, TileError};
use crate::hash::{HASH_LEN, Hash};
use crate::proof::{ReadError, TileReader};
use crate::tree::{RightEdge, merkle_root};

/// A tile with its place and hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Where it belongs.
    pub coords: TileCoords,
    /// Its hashes, `coords.width()` of them.
    pub hashes: Vec<Hash>,
}

impl Tile {
    /// The tile as served.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        encode_tile(&self.hashes)
    }
}

/// The bytes of a tile with these hashes.
#[must_use]
pub fn encode_tile(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// The hashes of a tile of exactly `width` hashes.
///
/// # Errors
/// [`TileError::Length`] for any other length.
pub fn decode_tile(bytes: &[u8], width: u16) -> Result<Vec<Hash>, TileError> {
    let expected = usize::from(width) * HASH_LEN;
    if bytes.len() != expected {
        return Err(TileError::Length { width, expected, actual: bytes.len() });
    }
    let chunks = bytes.chunks_exact(HASH_LEN);
    Ok(chunks.filter_map(|chunk| Hash::from_slice(chunk).ok()).collect())
}

/// The unfinished tile of every level of a growing log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TileEdge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

impl TileEdge {
    /// The edge of the empty log.
    #[must_use]
    pub const fn new() -> Self {
        Self { size: 0, levels: Vec::new() }
    }

    /// Restores the edge of a log of `size` leaves from its partial tiles. Compare [`TileEdge::root`] with the signed
    /// root before building on it.
    ///
    /// # Errors
    /// When a tile cannot be read or has another width than `size` demands.
    pub fn read(size: u64, tiles: &impl TileReader) -> Result<Self, ReadError> {
        let mut edge = Self { size, levels: Vec::new() };
        for level in 0_u8..8 {
            let hashes = size >> (u32::from(level) * TILE_HEIGHT);
            if hashes == 0 {
                break;
            }
            let last = TileCoords::in_tree(level, hashes / u64::from(TILE_WIDTH), size);
            edge.levels.push(last.map(|coords| read_exact(tiles, coords)).transpose()?.unwrap_or_default());
        }
        Ok(edge)
    }

    /// Appends a leaf hash. Returns the tiles this leaf completed, lowest level first: none for 255 of 256 leaves.
    pub fn push(&mut self, leaf: Hash) -> Vec<Tile> {
        self.size += 1;
        let mut completed = Vec::new();
        let mut hash = leaf;
        for level in 0_u8..8 {
            let slot = usize::from(level);
            if self.levels.len() == slot {
                self.levels.push(Vec::with_capacity(usize::from(TILE_WIDTH)));
            }
            let Some(tile) = self.levels.get_mut(slot) else {
                break;
            };
            tile.push(hash);
            if tile.len() < usize::from(TILE_WIDTH) {
                break;
            }
            let hashes = std::mem::take(tile);
            hash = merkle_root(hashes.iter().copied());
            let covered = (u32::from(level) + 1) * TILE_HEIGHT;
            let index = self.size.checked_shr(covered).unwrap_or(1) - 1;
            completed.push(Tile { coords: TileCoords { level, index, width: TILE_WIDTH }, hashes });
        }
        completed
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The partial tiles of this size, lowest level first; empty tiles are left out.
    #[must_use]
    pub fn partials(&self) -> Vec<Tile> {
        let numbered = (0_u8..).zip(&self.levels);
        let partial = |(level, hashes): (u8, &Vec<Hash>)| {
            let index = (self.size >> (u32::from(level) * TILE_HEIGHT)) / u64::from(TILE_WIDTH);
            let coords = TileCoords::in_tree(level, index, self.size)?;
            Some(Tile { coords, hashes: hashes.clone() })
        };
        numbered.filter_map(partial).collect()
    }

    /// The right edge as complete subtrees.
    #[must_use]
    pub fn right_edge(&self) -> RightEdge {
        let mut subtrees = Vec::new();
        for hashes in self.levels.iter().rev() {
            let mut within = RightEdge::new();
            within.extend(hashes.iter().copied());
            subtrees.extend_from_slice(within.subtrees());
        }
        RightEdge::from_parts(self.size, subtrees).unwrap_or_default()
    }

    /// The Merkle tree hash of all leaves so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.right_edge().root()
    }
}

fn read_exact(tiles: &impl TileReader, coords: TileCoords) -> Result<Vec<Hash>, ReadError> {
    let hashes = tiles.tile(coords.level(), coords.index(), coords.width())?;
    let expected = usize::from(coords.width());
    if hashes.len() == expected {
        return Ok(hashes);
    }
    Err(ReadError::Width { path: coords.to_string(), expected, actual: hashes.len() })
}
