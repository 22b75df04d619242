//! Looking for identifiers in every byte that was written, Parquet pages decoded, in every encoding that occurs.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use arrow_array::{Array, cast::AsArray};
use base64::Engine as _;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Identifiers in all their spellings.
#[derive(Default)]
pub(crate) struct Identifiers {
    needles: HashSet<Vec<u8>>,
    lengths: HashSet<usize>,
}

impl Identifiers {
    /// Adds identifiers: text in both cases, with and without separators, hex, base64, UTF-16, and an address's bytes.
    pub(crate) fn add(&mut self, identifiers: &[&str]) {
        for identifier in identifiers.iter().filter(|identifier| identifier.len() >= 5) {
            let bare: String = identifier.chars().filter(char::is_ascii_alphanumeric).collect();
            let texts = [
                (*identifier).to_owned(),
                identifier.to_uppercase(),
                identifier.replace(':', "-"),
                bare.clone(),
                bare.to_uppercase(),
            ];
            for text in texts {
                self.needle(text.clone().into_bytes());
                self.needle(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
                let hex = text.bytes().fold(String::new(), |mut hex, byte| {
                    let _ = write!(hex, "{byte:02x}");
                    hex
                });
                self.needle(hex.into_bytes());
                self.needle(base64::engine::general_purpose::STANDARD_NO_PAD.encode(&text).into_bytes());
            }
            let octets: Option<Vec<u8>> =
                identifier.split(':').map(|octet| u8::from_str_radix(octet, 16).ok()).collect();
            if let Some(mut octets) = octets.filter(|octets| octets.len() == 6) {
                self.needle(octets.clone());
                octets.reverse();
                self.needle(octets);
            }
        }
    }

    fn needle(&mut self, needle: Vec<u8>) {
        self.lengths.insert(needle.len());
        self.needles.insert(needle);
    }

    pub(crate) fn len(&self) -> usize {
        self.needles.len()
    }

    pub(crate) fn are_in(&self, bytes: &[u8]) -> bool {
        self.lengths.iter().any(|&length| bytes.windows(length).any(|window| self.needles.contains(window)))
    }
}

/// Every file below a folder that holds one of the identifiers, as bytes or, in Parquet, as values.
pub(crate) fn files_that_hold(folder: &Path, identifiers: &Identifiers) -> Vec<PathBuf> {
    let (mut found, mut folders, mut parquets) = (Vec::new(), vec![folder.to_owned()], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let decoded = path.extension().is_some_and(|extension| extension == "parquet").then(|| values(&path));
            parquets += usize::from(decoded.is_some());
            let raw = std::fs::read(&path).unwrap();
            if identifiers.are_in(&raw) || decoded.is_some_and(|decoded| identifiers.are_in(&decoded)) {
                found.push(path);
            }
        }
    }
    assert!(parquets > 0, "there are Parquet files to look into");
    found
}

/// Every value of a Parquet file, decompressed, one behind the other.
fn values(path: &Path) -> Vec<u8> {
    let file = std::fs::File::open(path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut bytes = Vec::new();
    for batch in reader {
        for column in batch.unwrap().columns() {
            if let Some(texts) = column.as_string_opt::<i32>() {
                texts.iter().flatten().for_each(|text| bytes.extend_from_slice(text.as_bytes()));
            } else {
                column.to_data().buffers().iter().for_each(|buffer| bytes.extend_from_slice(buffer.as_slice()));
            }
        }
    }
    bytes
}

#[test]
fn the_scan_finds_what_is_planted_in_any_encoding() {
    let mut identifiers = Identifiers::default();
    identifiers.add(&["88:78:73:8d:98:75", "SSID_97792324"]);
    for planted in [
        b"x 88:78:73:8d:98:75 y".as_slice(),
        b"8878738D9875",
        b"\x88\x78\x73\x8d\x98\x75",
        b"\x75\x98\x8d\x73\x78\x88",
        b"535349445f3937373932333234",
        b"S\0S\0I\0D\0_\x009\x007\x007\x009\x002\x003\x002\x004\0",
    ] {
        assert!(identifiers.are_in(planted), "{planted:?}");
    }
    assert!(!identifiers.are_in(b"88:78:73:8d:98:76 and SSID_97792325"));
}
