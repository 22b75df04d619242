//! Positive controls: an identifier planted in each kind of place is found, so that finding none means something.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use journal::{Journal, NewEntry, SqliteJournal};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde_json::json;

use super::{Identifiers, Looked, look};
use crate::tool::{City, Node, now};

const MAC: &str = "88:78:73:8d:98:75";
const PLATE: &str = "4QX 4017";
const SSID: &str = "Café Růžová";
const SHORT: &str = "ABc";

fn identifiers() -> Identifiers {
    Identifiers::of([MAC, PLATE, SSID, SHORT])
}

/// Writes one file and looks at it.
fn planted(name: &str, content: &[u8]) -> Looked {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), content).unwrap();
    look(folder.path(), &identifiers())
}

#[test]
fn the_scan_finds_what_is_planted_in_a_text_file_in_any_encoding() {
    let base64 = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let leaks: [Vec<u8>; 17] = [
        format!("x {MAC} y").into(),
        b"seen 88-78-73-8D-98-75".to_vec(),
        b"8878738D9875".to_vec(),
        b"8878738d9875".to_vec(),
        b"\x00\x88\x78\x73\x8d\x98\x75\x00".to_vec(),
        b"\x75\x98\x8d\x73\x78\x88".to_vec(),
        b"mac=88%3A78%3a73%3A8d%3A98%3A75".map(|byte| byte.to_ascii_lowercase()).to_vec(),
        b"plate=4qx4017&x".to_vec(),
        b"plate=4QX%204017".to_vec(),
        b"345158203430 3137".iter().copied().filter(|byte| *byte != b' ').collect(),
        base64(&format!("a{MAC}")).into(),
        base64(&format!("ab{MAC}b")).into(),
        base64(MAC).into(),
        utf16(PLATE),
        b"4\0Q\0X\0 \x004\x000\x001\x007\0".to_vec(),
        format!("\"{SSID}\"").into(),
        b"Caf\\u00e9 R\\u016f\\u017eov\\u00e1".to_vec(),
    ];
    for leak in &leaks {
        assert_eq!(planted("file.txt", leak).found.len(), 1, "{:?}", String::from_utf8_lossy(leak));
    }
    for harmless in ["88:78:73:8d:98:76", "4QX 4018", "Cafe Ruzova", "ABc in a sentence"] {
        assert_eq!(planted("file.txt", harmless.as_bytes()).found, Vec::<String>::new());
    }
    // Short ones are found where they are a value of their own.
    let whole = planted("file.json", b"{\"ssid\":\"abC\"}");
    assert_eq!((whole.found.len(), whole.texts), (1, 1));
    assert_eq!(planted("file.json", b"{\"ssid\":\"abcd\"}").found.len(), 0);
    assert_eq!(planted("file.json", format!("{{\"n\":{}}}", 0x8878_738d_9875_u64).as_bytes()).found.len(), 1);
}

#[test]
fn the_scan_finds_what_is_planted_in_a_compressed_parquet_file() {
    let write = |column: ArrayRef| {
        let zstd = Compression::ZSTD(ZstdLevel::try_new(9).unwrap());
        let properties = WriterProperties::builder().set_compression(zstd).build();
        let batch = RecordBatch::try_from_iter([("x", column)]).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    };
    // Many values alike but one, so that it is neither the smallest nor the largest, and lies deep in a compressed page.
    let texts = |one: &str| -> ArrayRef {
        let value =
            |row: usize| if row == 3_000 { one.to_owned() } else { format!("{}-88:78:73:8d:98:x{row}", row % 10) };
        Arc::new((0..5_000).map(value).map(Some).collect::<StringArray>())
    };
    for (one, found) in [(MAC, true), (PLATE, true), (SHORT, true), ("5-harmless", false)] {
        let looked = planted("deep.parquet", &write(texts(one)));
        assert_eq!(looked.found.is_empty(), !found, "{one}: {looked:?}");
        assert!(looked.pages >= 2 && looked.parquet_values == 5_000);
        let raw = looked.found.iter().filter(|place| place.ends_with("deep.parquet")).count();
        assert_eq!(raw, 0, "the bytes of the file alone do not tell: {looked:?}");
    }
    let number = |one: i64| -> ArrayRef { Arc::new(Int64Array::from(vec![7, one, 9])) };
    assert!(!planted("n.parquet", &write(number(0x8878_738d_9875))).found.is_empty());
    assert!(planted("n.parquet", &write(number(0x8878_738d_9876))).found.is_empty());
}

#[test]
fn the_scan_finds_what_is_planted_in_the_database() {
    for (content, found) in [
        (format!("{{\"who\":\"{PLATE}\"}}"), true),
        (format!("{{\"who\":\"{SHORT}\"}}"), true),
        ("{}".to_owned(), false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let mut store = SqliteJournal::open(&path).unwrap();
        // Long enough that it lies across pages of the database.
        let entry =
            json!({ "filled": "x".repeat(9_000), "end": serde_json::from_str::<serde_json::Value>(&content).unwrap() });
        let head = store.head();
        let bytes = entry.to_string().into_bytes();
        store.append(&head, &[NewEntry { bytes: b"{}".to_vec(), payload: Some(bytes) }]).unwrap();
        let mut looked = Looked::default();
        super::decoded::database(&path, &identifiers(), &mut looked);
        assert_eq!((looked.found.len(), looked.stored), (usize::from(found), 2), "{looked:?}");
    }
}

/// A device that writes what it should not into a property that is kept: the one way in that no treatment closes.
#[test]
fn the_scan_finds_what_a_city_really_stored_in_segments_and_in_parquet() {
    let city = City::new();
    let mut node = Node::start(&city);
    let note = |note: &str| json!({ "time": now(), "no2": 1, "note": note }).to_string();
    assert_eq!(node.lines(&city.air, &note("nothing special")).0, 200);
    look(&city.dir(), &identifiers()).clean();
    assert_eq!(node.lines(&city.air, &note(PLATE)).0, 200);
    let segment = look(&city.dir(), &identifiers());
    assert!(segment.segment_rows == 2 && segment.found.iter().any(|place| place == "stream air"), "{segment:?}");
    node.kill();
    flush(&city);
    let parquet = look(&city.dir(), &identifiers());
    assert!(parquet.segment_rows == 0 && parquet.pages > 0, "{parquet:?}");
    assert!(parquet.found.iter().any(|place| place.contains(".parquet: .note")), "{parquet:?}");
}

/// Sends one line to a node that turns every segment into Parquet: everything that waits goes with it.
pub(crate) fn flush(city: &City) {
    let node = Node::try_start_with(city, &["--segment-bytes", "1"]).unwrap();
    assert_eq!(node.lines(&city.air, &json!({ "time": now(), "no2": 1 }).to_string()).0, 200);
}
