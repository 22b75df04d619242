//! Readers of tree hashes: leaves in memory, and tiles. They exist so that proving does not know storage. They never
//! vouch for what they read; the checked functions of [`TileHashes`] compare with a signed root before they answer.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::{HashReader, ProofError, ReadError, claimed_root, prove_consistency, prove_inclusion};
use super::{verify_consistency, verify_inclusion};
use crate::hash::Hash;
use crate::tile::{TILE_HEIGHT, TILE_WIDTH, TileCoords};
use crate::tree::merkle_root;

/// Tiles kept by one [`TileHashes`]; a proof touches at most 16.
const MAX_CACHED_TILES: usize = 64;

/// All leaf hashes in memory: for batches, small trees and tests. Every read costs time linear in the subtree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeafHashes(pub Vec<Hash>);

impl HashReader for LeafHashes {
    fn hash(&self, level: u32, index: u64) -> Result<Hash, ReadError> {
        let missing = ReadError::Missing { level, index };
        let range = || {
            let width = 1_usize.checked_shl(level)?;
            let start = usize::try_from(index).ok()?.checked_mul(width)?;
            self.0.get(start..start.checked_add(width)?)
        };
        range().map(|leaves| merkle_root(leaves.iter().copied())).ok_or(missing)
    }
}

impl FromIterator<Hash> for LeafHashes {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        Self(leaves.into_iter().collect())
    }
}

/// Where tiles come from.
///
/// [`LeafHashes`] aside, this is the only thing a log must implement to prove anything about itself. See
/// <https://c2sp.org/tlog-tiles#merkle-tree>.
pub trait TileReader {
    /// The first `width` hashes of tile `index` at tile level `level`; `width` is 1 to 256.
    ///
    /// An implementation may read a wider tile and cut it, since a partial tile is a prefix of its successors.
    ///
    /// # Errors
    /// When the tile is missing or its storage fails.
    fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<Hash>, ReadError>;
}

impl<T: TileReader + ?Sized> TileReader for &T {
    fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<Hash>, ReadError> {
        (**self).tile(level, index, width)
    }
}

/// The hashes of a log of one size, read from tiles, with the few tiles of one proof kept in memory.
///
/// As a [`HashReader`] it hands out claims. [`TileHashes::leaf`], [`TileHashes::inclusion`] and
/// [`TileHashes::consistency`] check theirs against the root given to [`TileHashes::new`], to the last step: the
/// shortcut of trusting tiles which seem to belong to the root is what CVE-2026-56865 was.
#[derive(Debug)]
pub struct TileHashes<R> {
    tiles: R,
    size: u64,
    root: Hash,
    cache: RefCell<BTreeMap<(u8, u64), Vec<Hash>>>,
}

impl<R: TileReader> TileHashes<R> {
    /// A view of the log whose signed checkpoint has this size and root.
    pub const fn new(tiles: R, size: u64, root: Hash) -> Self {
        Self { tiles, size, root, cache: RefCell::new(BTreeMap::new()) }
    }

    /// The hash of leaf `index` with its inclusion proof, both checked against the root.
    ///
    /// # Errors
    /// Any [`ProofError`]; [`ProofError::Root`] when a tile on the way was altered.
    pub fn leaf(&self, index: u64) -> Result<(Hash, Vec<Hash>), ProofError> {
        if index >= self.size {
            return Err(ProofError::OutOfRange { index, size: self.size });
        }
        let leaf = self.hash(0, index)?;
        Ok((leaf, self.inclusion(&leaf, index)?))
    }

    /// An inclusion proof which shows that leaf `index` has hash `leaf`, checked against the root.
    ///
    /// # Errors
    /// Any [`ProofError`]; [`ProofError::Root`] when the leaf is another one or a tile was altered.
    pub fn inclusion(&self, leaf: &Hash, index: u64) -> Result<Vec<Hash>, ProofError> {
        let proof = prove_inclusion(index, self.size, self)?;
        verify_inclusion(leaf, index, self.size, &proof, &self.root)?;
        Ok(proof)
    }

    /// A proof that this log continues the older tree, checked against both roots.
    ///
    /// # Errors
    /// Any [`ProofError`]; [`ProofError::OldRoot`] when the older tree is a fork or a tile was altered.
    pub fn consistency(&self, old_size: u64, old_root: &Hash) -> Result<Vec<Hash>, ProofError> {
        let proof = prove_consistency(old_size, self.size, self)?;
        verify_consistency(old_size, old_root, self.size, &self.root, &proof)?;
        Ok(proof)
    }

    /// Checks that the tiles of the right edge lead to the root.
    ///
    /// # Errors
    /// [`ProofError::Root`] when they do not, [`ProofError::Read`] when they cannot be read.
    pub fn check_root(&self) -> Result<(), ProofError> {
        let actual = claimed_root(self.size, self)?;
        if actual == self.root { Ok(()) } else { Err(ProofError::Root { expected: self.root, actual }) }
    }

    fn with_tile<T>(&self, coords: TileCoords, use_it: impl FnOnce(&[Hash]) -> T) -> Result<T, ReadError> {
        let key = (coords.level(), coords.index());
        if let Some(tile) = self.cache.borrow().get(&key) {
            return Ok(use_it(tile));
        }
        let tile = self.tiles.tile(coords.level(), coords.index(), coords.width())?;
        let expected = usize::from(coords.width());
        if tile.len() != expected {
            return Err(ReadError::Width { path: coords.to_string(), expected, actual: tile.len() });
        }
        let used = use_it(&tile);
        let mut cache = self.cache.borrow_mut();
        if cache.len() >= MAX_CACHED_TILES {
            cache.clear();
        }
        cache.insert(key, tile);
        Ok(used)
    }
}

impl<R: TileReader> HashReader for TileHashes<R> {
    fn hash(&self, level: u32, index: u64) -> Result<Hash, ReadError> {
        let missing = || ReadError::Missing { level, index };
        // Node `index` at `level` spans 2^within hashes of one tile.
        let tile_level = u8::try_from(level / TILE_HEIGHT).map_err(|_| missing())?;
        let within = level % TILE_HEIGHT;
        let first = index.checked_mul(1 << within).ok_or_else(missing)?;
        let tile_width = u64::from(TILE_WIDTH);
        let coords = TileCoords::in_tree(tile_level, first / tile_width, self.size).ok_or_else(missing)?;
        let offset = usize::try_from(first % tile_width).map_err(|_| missing())?;
        let node = |tile: &[Hash]| {
            let hashes = tile.get(offset..offset + (1 << within))?;
            Some(merkle_root(hashes.iter().copied()))
        };
        self.with_tile(coords, node)?.ok_or_else(missing)
    }
}
