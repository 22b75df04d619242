//! Paths, tiles and bundles against the examples of the specification.

use super::*;
use crate::hash::{Hash, leaf_hash};

#[test]
fn published_path_examples() {
    let cases = [
        (0, 1_234_067, 256, "tile/0/x001/x234/067"),
        (0, 0, 256, "tile/0/000"),
        (0, 999, 256, "tile/0/999"),
        (1, 1000, 5, "tile/1/x001/000.p/5"),
        (63, 5, 255, "tile/63/005.p/255"),
        (7, u64::MAX, 1, "tile/7/x018/x446/x744/x073/x709/x551/615.p/1"),
    ];
    for (level, index, width, path) in cases {
        let coords = TileCoords::new(level, index, width).unwrap();
        assert_eq!(coords.to_string(), path);
        assert_eq!(TilePath::parse(path), Ok(TilePath::Hashes(coords)));
    }
    let bundle = BundleCoords::new(1_234_067, 17).unwrap();
    assert_eq!(bundle.to_string(), "tile/entries/x001/x234/067.p/17");
    assert_eq!(TilePath::parse("tile/entries/x001/x234/067.p/17"), Ok(TilePath::Entries(bundle)));
}

#[test]
fn other_spellings_are_refused() {
    let cases = [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/256/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/x001",
        "tile/0/001/002",
        "tile/0/x001/x002",
        "tile/0/X001/002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000.p/1/",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/../000",
        "tile/data/000",
        "tile/entries/",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/x018/x446/x744/x073/x709/x551/x615/000",
        "tile/0/\u{0660}\u{0660}\u{0660}",
    ];
    for path in cases {
        assert!(matches!(TilePath::parse(path), Err(TileError::Path(_))), "{path:?}");
    }
}

#[test]
fn impossible_coordinates_are_refused() {
    assert_eq!(TileCoords::new(64, 0, 1), Err(TileError::Level(64)));
    assert_eq!(TileCoords::new(0, 0, 0), Err(TileError::Width(0)));
    assert_eq!(TileCoords::new(0, 0, 257), Err(TileError::Width(257)));
    assert_eq!(BundleCoords::new(0, 0), Err(TileError::Width(0)));
    assert_eq!(TileCoords::in_tree(0, u64::MAX, u64::MAX), None);
    assert_eq!(TileCoords::in_tree(8, 0, u64::MAX), None);
}

/// Counts full and partial tiles per level.
fn census(tiles: impl Iterator<Item = TileCoords>) -> Vec<(u8, usize, Vec<u16>)> {
    let mut levels: Vec<(u8, usize, Vec<u16>)> = Vec::new();
    for tile in tiles {
        if levels.last().is_none_or(|level| level.0 != tile.level()) {
            levels.push((tile.level(), 0, Vec::new()));
        }
        let level = levels.last_mut().unwrap();
        if tile.is_partial() { level.2.push(tile.width()) } else { level.1 += 1 }
    }
    levels
}

#[test]
fn published_census_of_a_tree() {
    assert_eq!(
        census(TileCoords::all(70_000)),
        [(0, 273, vec![112]), (1, 1, vec![17]), (2, 0, vec![1])],
        "the example of the specification"
    );
    assert_eq!(census(TileCoords::all(256)), [(0, 1, vec![]), (1, 0, vec![1])]);
    assert_eq!(TileCoords::all(0).count(), 0);
}

#[test]
fn added_tiles_are_the_difference() {
    let sizes = [0, 1, 2, 255, 256, 257, 512, 600, 65_535, 65_536, 65_537, 66_000];
    for old in sizes {
        let before: Vec<TileCoords> = TileCoords::all(old).collect();
        for new in sizes.into_iter().filter(|new| *new >= old) {
            let expected: Vec<TileCoords> = TileCoords::all(new).filter(|tile| !before.contains(tile)).collect();
            assert_eq!(TileCoords::added(old, new).collect::<Vec<_>>(), expected, "{old} to {new}");
            let bundles = BundleCoords::added(old, new).count();
            assert_eq!(bundles, expected.iter().filter(|tile| tile.level() == 0).count());
        }
    }
}

#[test]
fn pushed_tiles_are_those_of_the_tree() {
    let mut edge = TileEdge::new();
    let mut full = Vec::new();
    for n in 0..66_000_u64 {
        full.extend(edge.push(leaf_hash(&n.to_be_bytes())).into_iter().map(|tile| tile.coords));
    }
    full.extend(edge.partials().into_iter().map(|tile| tile.coords));
    full.sort_unstable();
    assert_eq!(full, TileCoords::all(66_000).collect::<Vec<_>>());
}

#[test]
fn tiles_encode_and_decode() {
    let hashes: Vec<Hash> = (0..5_u8).map(|n| leaf_hash(&[n])).collect();
    let bytes = encode_tile(&hashes);
    assert_eq!(bytes.len(), 160);
    assert_eq!(decode_tile(&bytes, 5), Ok(hashes));
    let error = TileError::Length { width: 6, expected: 192, actual: 160 };
    assert_eq!(decode_tile(&bytes, 6), Err(error));
}

#[test]
fn bundles_encode_and_decode() {
    let long = vec![7; MAX_ENTRY_LEN];
    let entries: [&[u8]; 4] = [b"", b"a", &long, b"end"];
    let bytes = encode_bundle(&entries).unwrap();
    assert_eq!(&bytes[..5], [0, 0, 0, 1, b'a']);
    let decoded = decode_bundle(&bytes, 4).unwrap();
    assert_eq!(decoded.iter().map(|entry| entry.bytes).collect::<Vec<_>>(), entries);
    assert_eq!(decoded.iter().map(|entry| entry.offset).collect::<Vec<_>>(), [0, 2, 5, 65_542]);
    assert_eq!(decode_bundle(&bytes, 3), Err(TileError::Trailing { offset: 65_542 }));
    assert_eq!(decode_bundle(&bytes, 5), Err(TileError::Truncated { entry: 4, offset: bytes.len() }));
    let cut = &bytes[..bytes.len() - 1];
    assert_eq!(decode_bundle(cut, 4), Err(TileError::Truncated { entry: 3, offset: 65_542 }));
}

#[test]
fn impossible_bundles_are_refused() {
    assert_eq!(encode_bundle::<&[u8]>(&[]), Err(TileError::Width(0)));
    assert_eq!(encode_bundle(&vec![b"x"; 257]), Err(TileError::Width(257)));
    let mut bundle = vec![1];
    assert_eq!(append_entry(&mut bundle, &vec![0; 65_536]), Err(TileError::EntryTooLong(65_536)));
    assert_eq!(bundle, [1], "a refused entry leaves no trace");
    assert_eq!(decode_bundle(&[], 0), Err(TileError::Width(0)));
    assert_eq!(decode_bundle(&[], 257), Err(TileError::Width(257)));
}
