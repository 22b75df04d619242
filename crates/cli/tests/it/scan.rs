//! Looking for identifiers in everything that was written: every byte of every file, every page and value of every Parquet
//! file decoded, every row of the write-ahead segments decoded, every entry, payload and record of the database, in
//! every encoding that occurs.
//!
//! What it cannot see is said: an identifier that was encrypted or hashed, and one of fewer than five bytes within a
//! longer text that is not a value of its own.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

pub(crate) mod controls;
mod decoded;

/// Shorter identifiers are found by chance in any file, so they are looked for as whole values only.
const BYTES_MIN: usize = 5;
/// A piece of base64 must be so long not to be found by chance.
const BASE64_MIN: usize = 8;
/// A spelling of letters and digits shorter than this is found by chance within a hash.
const CHANCE_MAX: usize = 12;
/// An unbroken run of letters and digits of this length is a hash, key or signature.
const DIGEST_MIN: usize = 32;

/// Identifiers in all their spellings.
pub(crate) struct Identifiers {
    needles: HashSet<Vec<u8>>,
    lengths: Vec<usize>,
    /// One bit for each beginning of a needle, so that most places are passed over at once.
    filter: Vec<bool>,
    wholes: HashSet<String>,
    numbers: HashSet<u64>,
}

impl Identifiers {
    pub(crate) fn of<'i>(identifiers: impl IntoIterator<Item = &'i str>) -> Self {
        let identifiers: HashSet<&str> = identifiers.into_iter().filter(|identifier| !identifier.is_empty()).collect();
        let (mut needles, mut wholes, mut numbers) = (HashSet::new(), HashSet::new(), HashSet::new());
        for identifier in identifiers {
            wholes.insert(whole(identifier));
            for spelling in spellings(identifier) {
                needles.extend(encodings(&spelling));
            }
            if let Some(octets) = octets(identifier) {
                needles.insert(octets.to_vec());
                needles.insert(octets.iter().rev().copied().collect());
                let number =
                    |octets: &mut dyn Iterator<Item = &u8>| octets.fold(0, |all, octet| all << 8 | u64::from(*octet));
                numbers.insert(number(&mut octets.iter()));
                numbers.insert(number(&mut octets.iter().rev()));
            }
        }
        needles.retain(|needle| needle.len() >= BYTES_MIN);
        let lengths: HashSet<usize> = needles.iter().map(Vec::len).collect();
        let mut filter = vec![false; 1 << 24];
        needles.iter().for_each(|needle| filter[slot(needle)] = true);
        Self { needles, lengths: lengths.into_iter().collect(), filter, wholes, numbers }
    }

    pub(crate) fn len(&self) -> usize {
        self.wholes.len()
    }

    /// Whether one of them stands anywhere in these bytes.
    pub(crate) fn are_in(&self, bytes: &[u8]) -> bool {
        let begins = bytes.windows(BYTES_MIN).enumerate().filter(|(_, window)| self.filter[slot(window)]);
        begins.into_iter().any(|(at, _)| {
            let mut whole = self.lengths.iter().filter_map(|length| bytes.get(at..at + length));
            whole.any(|window| self.needles.contains(window) && !is_chance(bytes, at, window))
        })
    }

    /// Whether a value is one of them, whatever its length, or holds one.
    pub(crate) fn are_value(&self, text: &str) -> bool {
        self.wholes.contains(&whole(text)) || self.are_in(text.as_bytes())
    }

    /// Whether a number is one of them: an address is 48 bits.
    pub(crate) fn are_number(&self, number: u64) -> bool {
        self.numbers.contains(&number)
    }
}

/// What is compared of a whole value.
fn whole(text: &str) -> String {
    let bare: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    if bare.is_empty() { text.to_owned() } else { bare.to_lowercase() }
}

/// With and without separators, in both cases, in an address of the web and escaped in JSON.
fn spellings(identifier: &str) -> HashSet<String> {
    let bare: String = identifier.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut spellings: HashSet<String> = [identifier.to_owned(), identifier.replace(':', "-"), bare].into();
    let cases: Vec<String> = spellings.iter().flat_map(|text| [text.to_lowercase(), text.to_uppercase()]).collect();
    spellings.extend(cases);
    let percent = |text: &str, keep: fn(&u8) -> bool| {
        text.bytes()
            .map(|byte| if keep(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect::<String>()
    };
    let escaped: Vec<String> = spellings
        .iter()
        .flat_map(|text| {
            let url = percent(text, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(byte));
            let json: String = text
                .encode_utf16()
                .map(|unit| match u8::try_from(unit) {
                    Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
                    _ => format!("\\u{unit:04x}"),
                })
                .collect();
            [url.to_lowercase(), url, json]
        })
        .collect();
    spellings.extend(escaped);
    spellings
}

/// As UTF-8, UTF-16, hexadecimal and base64, at each place that base64 can begin.
fn encodings(text: &str) -> Vec<Vec<u8>> {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut encodings = vec![
        text.as_bytes().to_vec(),
        text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        hex.clone().into_bytes(),
        hex.to_uppercase().into_bytes(),
    ];
    for offset in 0..3 {
        let padded = [&[0; 2][..offset], text.as_bytes()].concat();
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let all = engine.encode(&padded);
            // Only the letters that nothing but the text decides.
            let sure = all.as_bytes()[(offset * 8).div_ceil(6)..padded.len() * 8 / 6].to_vec();
            encodings.extend((sure.len() >= BASE64_MIN).then_some(sure));
        }
    }
    // Of a short text even its hexadecimal digits are short: it is looked for as a whole value only.
    if text.len() < BYTES_MIN { Vec::new() } else { encodings }
}

/// The six bytes of an address.
fn octets(identifier: &str) -> Option<[u8; 6]> {
    let octets: Option<Vec<u8>> = identifier.split([':', '-']).map(|two| u8::from_str_radix(two, 16).ok()).collect();
    octets?.try_into().ok()
}

fn slot(begins: &[u8]) -> usize {
    let number = begins.iter().take(BYTES_MIN).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    usize::try_from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40).unwrap()
}

/// Whether a short spelling stands inside what can only be a digest.
fn is_chance(bytes: &[u8], at: usize, found: &[u8]) -> bool {
    let in_run = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    if found.len() >= CHANCE_MAX || !found.iter().all(|byte| in_run(&byte)) {
        return false;
    }
    let run = bytes[..at].iter().rev().take_while(in_run).count() + bytes[at..].iter().take_while(in_run).count();
    run >= DIGEST_MIN
}

/// What was looked at, and where an identifier was found.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    pub(crate) files: usize,
    pub(crate) bytes: usize,
    /// Pages of Parquet files, decompressed.
    pub(crate) pages: usize,
    /// Values of Parquet files, decoded.
    pub(crate) parquet_values: usize,
    /// Rows that were in write-ahead segments only, decoded.
    pub(crate) segment_rows: u64,
    /// Entries, payloads and disclosure records of the database.
    pub(crate) stored: usize,
    /// Strings of JSON files, each as a whole.
    pub(crate) texts: usize,
    pub(crate) found: Vec<String>,
}

impl Looked {
    fn note(&mut self, holds: bool, place: impl Into<String>) {
        if holds {
            self.found.push(place.into());
        }
    }

    /// Asserts that nothing was found in what a city wrote, and that there was something to look at.
    #[track_caller]
    pub(crate) fn clean(&self) {
        assert_eq!(self.found, Vec::<String>::new(), "identifiers were written: {self:?}");
        assert!(self.files > 5 && self.stored > 0, "there was little to look at: {self:?}");
    }
}

/// Looks through a folder: a city, or any other.
pub(crate) fn look(folder: &Path, identifiers: &Identifiers) -> Looked {
    let mut looked = Looked::default();
    for path in files(folder) {
        let bytes = std::fs::read(&path).unwrap();
        looked.files += 1;
        looked.bytes += bytes.len();
        looked.note(identifiers.are_in(&bytes), path.display().to_string());
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("parquet") => decoded::parquet(&path, identifiers, &mut looked),
            Some("json") => decoded::json(&path, &bytes, identifiers, &mut looked),
            _ => {}
        }
    }
    if folder.join("journal.db").exists() {
        decoded::city(folder, identifiers, &mut looked);
    }
    looked
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}
