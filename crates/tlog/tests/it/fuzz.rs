//! Arbitrary bytes against every parser. Each `fuzz_*` function takes bytes, must not panic, and checks that what was
//! accepted has one spelling; the properties below drive them, a coverage-guided fuzzer can too.

use proptest::prelude::*;
use tlog::tile::{BundleCoords, decode_bundle, decode_tile, encode_bundle, encode_tile};
use tlog::{Checkpoint, Hash, Note, Receipt, RightEdge, SigningKey, TileCoords, TilePath, Vkey, checkpoint, leaf_hash};

fn fuzz_note(data: &[u8]) {
    let Ok(note) = Note::from_bytes(data) else {
        return;
    };
    assert_eq!(note.to_string().as_bytes(), data);
    let stranger = SigningKey::generate([1; 32], "stranger").unwrap().vkey();
    assert!(note.verify(&[stranger]).is_err());
}

fn fuzz_checkpoint(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(checkpoint) = Checkpoint::parse_text(text) {
        assert_eq!(checkpoint.to_text(), text);
    }
    let stranger = SigningKey::generate([1; 32], "stranger").unwrap().vkey();
    assert!(checkpoint::verify(text, &stranger).is_err());
}

fn fuzz_receipt(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(receipt) = Receipt::parse(text) {
        assert_eq!(receipt.encode(), text);
    }
}

fn fuzz_tile_path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(path) = TilePath::parse(text) {
        assert_eq!(path.to_string(), text);
    }
}

fn fuzz_bundle(data: &[u8], width: u16) {
    let Ok(entries) = decode_bundle(data, width) else {
        return;
    };
    let entries: Vec<&[u8]> = entries.iter().map(|entry| entry.bytes).collect();
    assert_eq!(encode_bundle(&entries).unwrap(), data);
}

fn fuzz_tile(data: &[u8], width: u16) {
    let Ok(hashes) = decode_tile(data, width) else {
        return;
    };
    assert_eq!(encode_tile(&hashes), data);
}

fn fuzz_keys(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(key) = Vkey::parse(text) {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(key) = SigningKey::parse(text) {
        assert_eq!(*key.to_text(), text);
    }
    let _ = Hash::from_hex(text).map(|hash| assert_eq!(hash.to_hex(), text));
    let _ = Hash::from_base64(text).map(|hash| assert_eq!(hash.to_string(), text));
}

fn fuzz_all(data: &[u8]) {
    fuzz_note(data);
    fuzz_checkpoint(data);
    fuzz_receipt(data);
    fuzz_tile_path(data);
    fuzz_keys(data);
    for width in [0, 1, 2, 256, 257, u16::MAX] {
        fuzz_bundle(data, width);
        fuzz_tile(data, width);
    }
}

/// A valid receipt, which holds a checkpoint and a note, to alter.
fn seed() -> Vec<u8> {
    let key = SigningKey::generate([7; 32], "example.city/log").unwrap();
    let note = checkpoint::sign(&key, "example.city/log", 3, &leaf_hash(b"root")).unwrap();
    let receipt = Receipt::new(1, vec![leaf_hash(b"a"), leaf_hash(b"b")], &note).unwrap();
    receipt.with_extra(b"extra").unwrap().encode().into_bytes()
}

/// Text from the pieces the formats are made of.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "\n",
        "\n\n",
        "\u{2014} ",
        "name",
        " ",
        "+",
        "0",
        "17",
        "AAAA",
        "AQ==",
        "tile/",
        "entries/",
        "x001/",
        "067",
        ".p/",
        "index ",
        "extra ",
        "c2sp.org/tlog-proof@v1\n",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "PRIVATE+KEY+",
        "530d903a",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(data in prop::collection::vec(any::<u8>(), 0..2048)) {
        fuzz_all(&data);
    }

    #[test]
    fn format_like_text_never_panics(data in pieces()) {
        fuzz_all(&data);
    }

    #[test]
    fn altered_receipts_never_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut data = seed();
        for (at, byte) in edits {
            let at = at.index(data.len());
            data[at] = byte;
        }
        fuzz_all(&data);
        data.truncate(cut.index(data.len()));
        fuzz_all(&data);
        let start = data.windows(2).position(|pair| pair == b"\n\n").unwrap_or(0);
        fuzz_all(&data[start..]);
    }

    #[test]
    fn bundles_round_trip(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..=256)) {
        let bytes = encode_bundle(&entries).unwrap();
        let decoded = decode_bundle(&bytes, u16::try_from(entries.len()).unwrap()).unwrap();
        prop_assert!(decoded.iter().map(|entry| entry.bytes).eq(entries.iter().map(Vec::as_slice)));
    }

    #[test]
    fn paths_round_trip(level in 0..=63_u8, index in any::<u64>(), width in 1..=256_u16) {
        let tile = TilePath::from(TileCoords::new(level, index, width).unwrap());
        prop_assert_eq!(tile.to_string().parse::<TilePath>().unwrap(), tile);
        let bundle = TilePath::from(BundleCoords::new(index, width).unwrap());
        prop_assert_eq!(bundle.to_string().parse::<TilePath>().unwrap(), bundle);
    }

    #[test]
    fn keys_and_notes_round_trip(seed in any::<[u8; 32]>(), name in "[a-z./0-9\u{e8}]{1,40}", text in "([ -~\u{e8}]*\n){1,6}") {
        let key = SigningKey::generate(seed, &name).unwrap();
        let vkey: Vkey = key.vkey().to_string().parse().unwrap();
        prop_assert_eq!(&vkey, &SigningKey::parse(&key.to_text()).unwrap().vkey());
        let note = Note::sign(&text, &[&key]).unwrap();
        let parsed = Note::parse(&note.to_string()).unwrap();
        prop_assert_eq!(&parsed, &note);
        let keys = [vkey];
        prop_assert_eq!(parsed.verify(&keys).unwrap().len(), 1);
    }

    #[test]
    fn checkpoints_round_trip(origin in "[ -~]{1,60}", size in 1..=u64::MAX, root in any::<[u8; 32]>()) {
        let checkpoint = Checkpoint::new(&origin, size, root.into()).unwrap();
        prop_assert_eq!(Checkpoint::parse_text(&checkpoint.to_text()).unwrap(), checkpoint);
    }

    #[test]
    fn edges_restore_at_any_size(size in 0..600_u64, more in 0..40_u64) {
        let leaf = |n: u64| leaf_hash(&n.to_be_bytes());
        let mut edge = RightEdge::new();
        edge.extend((0..size).map(leaf));
        let mut restored = RightEdge::from_parts(size, edge.subtrees().to_vec()).unwrap();
        edge.extend((size..size + more).map(leaf));
        restored.extend((size..size + more).map(leaf));
        prop_assert_eq!(restored.root(), edge.root());
    }
}
