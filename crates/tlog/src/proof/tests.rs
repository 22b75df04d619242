//! Proofs over many sizes, published vectors, and the forged tile of CVE-2026-56865.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;
use crate::hash::leaf_hash;
use crate::tile::{Tile, TileCoords, TileEdge};

fn leaf(n: u64) -> Hash {
    leaf_hash(&n.to_be_bytes())
}

fn log(size: u64) -> LeafHashes {
    (0..size).map(leaf).collect()
}

/// The shared reference tree of eight leaves.
fn reference() -> LeafHashes {
    let leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let bytes = |hex: &str| -> Vec<u8> {
        let pair = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(pair).collect()
    };
    leaves.iter().map(|hex| leaf_hash(&bytes(hex))).collect()
}

fn hex(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(Hash::to_hex).collect()
}

#[test]
fn published_inclusion_proofs() {
    let tree = reference();
    let proof = prove_inclusion(0, 8, &tree).unwrap();
    let expected = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ];
    assert_eq!(hex(&proof), expected);
    let proof = prove_inclusion(5, 8, &tree).unwrap();
    let expected = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(hex(&proof), expected);
    let proof = prove_inclusion(2, 3, &tree).unwrap();
    assert_eq!(hex(&proof), ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]);
}

#[test]
fn published_consistency_proofs() {
    let tree = reference();
    assert_eq!(prove_consistency(1, 1, &tree).unwrap(), []);
    let proof = prove_consistency(6, 8, &tree).unwrap();
    let expected = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(hex(&proof), expected);
    let proof = prove_consistency(2, 5, &tree).unwrap();
    let expected = [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ];
    assert_eq!(hex(&proof), expected);
}

#[test]
fn inclusion_holds_for_its_leaf_index_size_and_root_only() {
    let tree = log(40);
    for size in 1..=40 {
        let root = claimed_root(size, &tree).unwrap();
        for index in 0..size {
            let proof = prove_inclusion(index, size, &tree).unwrap();
            verify_inclusion(&leaf(index), index, size, &proof, &root).unwrap();
            assert!(verify_inclusion(&leaf(99), index, size, &proof, &root).is_err());
            assert!(verify_inclusion(&leaf(index), index, size, &proof, &leaf(0)).is_err() || size == 1);
            if size > 1 {
                let other = (index + 1) % size;
                assert!(verify_inclusion(&leaf(index), other, size, &proof, &root).is_err());
                assert!(verify_inclusion(&leaf(index), index, size, &proof[1..], &root).is_err());
            }
            let longer = [&proof[..], &[root]].concat();
            assert!(verify_inclusion(&leaf(index), index, size, &longer, &root).is_err());
            for position in 0..proof.len() {
                let mut flipped = proof.clone();
                flipped[position] = leaf(77);
                assert!(verify_inclusion(&leaf(index), index, size, &flipped, &root).is_err());
            }
        }
    }
}

#[test]
fn consistency_holds_between_its_roots_only() {
    let tree = log(40);
    for new in 0..=40 {
        let new_root = claimed_root(new, &tree).unwrap();
        for old in 0..=new {
            let old_root = claimed_root(old, &tree).unwrap();
            let proof = prove_consistency(old, new, &tree).unwrap();
            verify_consistency(old, &old_root, new, &new_root, &proof).unwrap();
            assert!(verify_consistency(old, &leaf(99), new, &new_root, &proof).is_err());
            assert!(old == 0 || verify_consistency(old, &old_root, new, &leaf(99), &proof).is_err());
            let longer = [&proof[..], &[new_root]].concat();
            assert!(verify_consistency(old, &old_root, new, &new_root, &longer).is_err());
            for position in 0..proof.len() {
                let mut flipped = proof.clone();
                flipped[position] = leaf(77);
                assert!(verify_consistency(old, &old_root, new, &new_root, &flipped).is_err());
                let shorter = &proof[..position];
                assert!(verify_consistency(old, &old_root, new, &new_root, shorter).is_err());
            }
        }
    }
    let root = claimed_root(5, &tree).unwrap();
    assert_eq!(verify_consistency(5, &root, 4, &root, &[]), Err(ProofError::Shrinks { old: 5, new: 4 }));
    assert_eq!(prove_consistency(5, 4, &tree), Err(ProofError::Shrinks { old: 5, new: 4 }));
}

#[test]
fn extreme_sizes_neither_panic_nor_pass() {
    let hash = leaf(0);
    for size in [1 << 63, (1 << 63) + 1, u64::MAX - 1, u64::MAX] {
        for index in [0, 1, size / 2, size - 2, size - 1, size] {
            for len in 0..=66 {
                let proof = vec![hash; len];
                assert!(verify_inclusion(&hash, index, size, &proof, &hash).is_err());
                if index > 0 && index < size {
                    assert!(verify_consistency(index, &hash, size, &hash, &proof).is_err());
                }
            }
        }
    }
}

#[test]
fn extreme_sizes_can_be_proven() {
    /// A tree whose nodes of one level are all equal: every complete subtree has the same leaves.
    struct Uniform;
    impl HashReader for Uniform {
        fn hash(&self, level: u32, _: u64) -> Result<Hash, ReadError> {
            Ok((0..level).fold(leaf(0), |hash, _| crate::hash::node_hash(&hash, &hash)))
        }
    }
    for size in [1 << 63, (1 << 63) + 1, u64::MAX - 1, u64::MAX] {
        let root = claimed_root(size, &Uniform).unwrap();
        for index in [0, 1, size / 2, size / 2 + 1, size - 2, size - 1] {
            let proof = prove_inclusion(index, size, &Uniform).unwrap();
            assert!(proof.len() <= MAX_PROOF_LEN);
            verify_inclusion(&leaf(0), index, size, &proof, &root).unwrap();
            let old_root = claimed_root(index, &Uniform).unwrap();
            let proof = prove_consistency(index, size, &Uniform).unwrap();
            assert!(proof.len() <= MAX_PROOF_LEN);
            verify_consistency(index, &old_root, size, &root, &proof).unwrap();
        }
    }
}

/// Tiles in memory, as a log publishes them.
#[derive(Default)]
struct Tiles {
    tiles: BTreeMap<(u8, u64), Vec<Hash>>,
    reads: RefCell<u64>,
}

impl Tiles {
    fn of(size: u64) -> (Self, Hash) {
        let mut edge = TileEdge::new();
        let mut tiles = Self::default();
        let keep = |tiles: &mut Self, tile: Tile| {
            tiles.tiles.insert((tile.coords.level(), tile.coords.index()), tile.hashes);
        };
        for n in 0..size {
            edge.push(leaf(n)).into_iter().for_each(|tile| keep(&mut tiles, tile));
        }
        edge.partials().into_iter().for_each(|tile| keep(&mut tiles, tile));
        (tiles, edge.root())
    }

    /// Flips one byte of the tile as served.
    fn flip(&mut self, level: u8, index: u64, offset: usize) {
        let hash = &mut self.tiles.get_mut(&(level, index)).unwrap()[offset / 32];
        let mut bytes = hash.to_bytes();
        bytes[offset % 32] ^= 1;
        *hash = Hash::from_bytes(bytes);
    }
}

impl TileReader for Tiles {
    fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<Hash>, ReadError> {
        *self.reads.borrow_mut() += 1;
        let missing = ReadError::Missing { level: level.into(), index };
        let tile = self.tiles.get(&(level, index)).and_then(|tile| tile.get(..width.into()));
        tile.map(<[Hash]>::to_vec).ok_or(missing)
    }
}

#[test]
fn a_tile_with_a_flipped_byte_is_never_believed() {
    const SIZE: u64 = 70_000;
    let (mut tiles, root) = Tiles::of(SIZE);
    let honest = TileHashes::new(&tiles, SIZE, root);
    assert_eq!(honest.leaf(12_802).unwrap().0, leaf(12_802));
    assert!(*tiles.reads.borrow() <= 6, "a proof reads each tile once");

    // Offset 64 of tile/0/050 is the hash of leaf 50 * 256 + 2.
    tiles.flip(0, 50, 64);
    let forged = TileHashes::new(&tiles, SIZE, root);
    assert_ne!(forged.hash(0, 12_802).unwrap(), leaf(12_802), "the raw read is a claim, and a forged one here");
    assert!(matches!(forged.leaf(12_802), Err(ProofError::Root { .. })));
    // The honest leaf still proves: its own hash is not part of its proof.
    assert!(forged.inclusion(&leaf(12_802), 12_802).is_ok());
    // Its neighbours need the forged hash.
    assert!(matches!(forged.leaf(12_803), Err(ProofError::Root { .. })));
    // The right edge never touches this tile.
    assert!(forged.check_root().is_ok());
    assert!(forged.leaf(69_999).is_ok());
}

#[test]
fn every_level_of_tiles_is_checked() {
    const SIZE: u64 = 70_000;
    let (mut tiles, root) = Tiles::of(SIZE);
    for (level, index, offset) in [(0, 273, 0), (1, 0, 0), (1, 1, 16 * 32), (2, 0, 5)] {
        tiles.flip(level, index, offset);
        let forged = TileHashes::new(&tiles, SIZE, root);
        let noticed = [0, 12_802, 65_536, 69_888, 69_889, 69_999].map(|index| forged.leaf(index).is_err());
        assert!(noticed.contains(&true), "level {level} index {index}");
        tiles.flip(level, index, offset);
    }
}

#[test]
fn tiles_prove_what_leaves_prove() {
    let leaves = log(700);
    for size in [1, 2, 255, 256, 257, 511, 512, 513, 700] {
        let (tiles, root) = Tiles::of(size);
        assert_eq!(root, claimed_root(size, &leaves).unwrap());
        let hashes = TileHashes::new(&tiles, size, root);
        hashes.check_root().unwrap();
        for index in (0..size).step_by(37).chain([size - 1]) {
            assert_eq!(hashes.leaf(index).unwrap().1, prove_inclusion(index, size, &leaves).unwrap());
            let old_root = claimed_root(index, &leaves).unwrap();
            let proof = hashes.consistency(index, &old_root).unwrap();
            assert_eq!(proof, prove_consistency(index, size, &leaves).unwrap());
            assert!(index == 0 || hashes.consistency(index, &leaf(9999)).is_err());
        }
        assert_eq!(hashes.leaf(size), Err(ProofError::OutOfRange { index: size, size }));
    }
}

#[test]
fn an_edge_restores_from_tiles() {
    for size in [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 70_000] {
        let (tiles, root) = Tiles::of(size);
        let mut edge = TileEdge::read(size, &tiles).unwrap();
        assert_eq!((edge.size(), edge.root()), (size, root));
        edge.push(leaf(size));
        assert_eq!(edge.root(), Tiles::of(size + 1).1);
        let restored: Vec<TileCoords> = edge.partials().iter().map(|tile| tile.coords).collect();
        let listed: Vec<TileCoords> = TileCoords::all(size + 1).filter(TileCoords::is_partial).collect();
        assert_eq!(restored, listed);
    }
}
