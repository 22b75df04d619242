//! The check that no identifier was written: everything that was sent, looked for in every byte of every file of the city,
//! and in every value that the files of observations give when they are decoded.
//!
//! It says what it looked at. What it cannot see: an identifier of fewer than five characters inside a longer text, and
//! one that was encrypted or hashed. It never tells an identifier, only where one was found.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::Context;
use flow::City;
use model::{Timestamp, Window};
use privacy::{Column, Columns};

/// A shorter identifier is found by chance in any file, so it is looked for among decoded values only.
const BYTES_MIN: usize = 5;
/// A spelling shorter than this is found by chance in the digits of a hash: a plate of seven hexadecimal digits, among
/// thousands of plates, in one log of a few days out of three.
const CHANCE_LENGTH_MAX: usize = 12;
/// An unbroken run of letters and digits from this length on is a hash, key or signature: no text of a device is as long.
const DIGEST_LENGTH_MIN: usize = 32;
/// The size of the filter that most places fail at once, in bits.
const FILTER_BITS: u32 = 20;

/// What was looked at, and where something was found.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// Identifiers looked for.
    pub(super) identifiers: usize,
    /// Files read byte by byte.
    pub(super) files: u64,
    /// Their bytes.
    pub(super) bytes: u64,
    /// Values decoded from observations.
    pub(super) values: u64,
    /// Files and streams that hold an identifier.
    pub(super) found: Vec<String>,
}

/// Looks through a city's folder, and through every observation that it still has.
pub(super) fn look(city: &City, identifying: &HashSet<String>) -> anyhow::Result<Looked> {
    let sought = Sought::new(identifying);
    let mut looked = Looked { identifiers: identifying.len(), ..Looked::default() };
    in_files(city.root(), &sought, &mut looked)?;
    let state = city.register().state();
    let always = Window { start: Timestamp::UNIX_EPOCH, end: Timestamp::MAX };
    for stream in state.deployments.values().flat_map(|record| &record.deployment.streams) {
        let decoded = city.lake().scan(&stream.id, always)?;
        if decoded.iter().map(|columns| in_columns(columns, &sought, &mut looked)).fold(false, |any, held| any | held) {
            looked.found.push(format!("stream {}", stream.id));
        }
    }
    Ok(looked)
}

fn in_files(folder: &Path, sought: &Sought, looked: &mut Looked) -> anyhow::Result<()> {
    let named = || format!("looking through `{}`", folder.display());
    for entry in fs::read_dir(folder).with_context(named)? {
        let path = entry.with_context(named)?.path();
        if path.is_dir() {
            in_files(&path, sought, looked)?;
            continue;
        }
        let bytes = fs::read(&path).with_context(named)?;
        looked.files += 1;
        looked.bytes += bytes.len() as u64;
        if sought.are_in(&bytes) {
            looked.found.push(path.display().to_string());
        }
    }
    Ok(())
}

/// Whether decoded observations hold an identifier: as text, within text, or as a number.
fn in_columns(columns: &Columns, sought: &Sought, looked: &mut Looked) -> bool {
    let mut held = columns.devices().iter().any(|device| sought.are_text(device.as_str()));
    for (_, column) in columns.properties() {
        looked.values += columns.len() as u64;
        held |= match column {
            Column::Text(texts) => texts.iter().flatten().any(|text| sought.are_text(text)),
            Column::Integer(values) => values.iter().flatten().any(|value| sought.are_number(value.cast_unsigned())),
            Column::Tag(values) | Column::Cell(values) => {
                values.iter().flatten().any(|value| sought.are_number(*value))
            }
            Column::Number(_) | Column::Boolean(_) | Column::Entry(_) => false,
        };
    }
    held
}

/// Identifiers in every spelling that devices use.
struct Sought {
    needles: HashSet<Vec<u8>>,
    lengths: Vec<usize>,
    /// One bit for what a needle begins with.
    filter: Vec<bool>,
    /// Whole values, without separators and in capitals.
    wholes: HashSet<String>,
    /// Addresses as numbers.
    numbers: HashSet<u64>,
}

impl Sought {
    fn new(identifying: &HashSet<String>) -> Self {
        let (mut needles, mut wholes, mut numbers) = (HashSet::new(), HashSet::new(), HashSet::new());
        for identifier in identifying {
            let bare = bare(identifier);
            for spelling in [identifier.clone(), identifier.to_uppercase(), bare.to_lowercase(), bare.clone()] {
                needles.insert(spelling.into_bytes());
            }
            if let Some(octets) = octets(identifier) {
                needles.insert(octets.to_vec());
                numbers.insert(octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)));
            }
            wholes.insert(bare);
        }
        needles.retain(|needle| needle.len() >= BYTES_MIN);
        let lengths: HashSet<usize> = needles.iter().map(Vec::len).collect();
        let mut filter = vec![false; 1 << FILTER_BITS];
        for needle in &needles {
            if let Some(bit) = filter.get_mut(slot(needle)) {
                *bit = true;
            }
        }
        Self { needles, lengths: lengths.into_iter().collect(), filter, wholes, numbers }
    }

    fn are_in(&self, bytes: &[u8]) -> bool {
        let begins =
            bytes.windows(BYTES_MIN).enumerate().filter(|(_, window)| self.filter.get(slot(window)) == Some(&true));
        begins.into_iter().any(|(at, _)| {
            let mut whole = self.lengths.iter().filter_map(|length| bytes.get(at..at + length));
            whole.any(|window| self.needles.contains(window) && !is_chance(bytes, at, window))
        })
    }

    fn are_text(&self, text: &str) -> bool {
        self.wholes.contains(&bare(text)) || self.are_in(text.as_bytes())
    }

    fn are_number(&self, number: u64) -> bool {
        self.numbers.contains(&number)
    }
}

/// Letters and digits alone, in capitals; of other writing, everything.
fn bare(identifier: &str) -> String {
    let bare: String = identifier.chars().filter(char::is_ascii_alphanumeric).collect();
    if bare.is_empty() { identifier.to_owned() } else { bare.to_ascii_uppercase() }
}

/// The six bytes of an address.
fn octets(identifier: &str) -> Option<[u8; 6]> {
    let octets: Option<Vec<u8>> = identifier.split([':', '-']).map(|two| u8::from_str_radix(two, 16).ok()).collect();
    octets?.try_into().ok()
}

/// Where in the filter a beginning stands.
fn slot(begins: &[u8]) -> usize {
    let number = begins.iter().take(BYTES_MIN).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    usize::try_from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - FILTER_BITS)).unwrap_or(0)
}

/// Whether a short spelling stands inside what can only be a digest.
fn is_chance(bytes: &[u8], at: usize, found: &[u8]) -> bool {
    let in_run = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    if found.len() >= CHANCE_LENGTH_MAX || !found.iter().all(|byte| in_run(&byte)) {
        return false;
    }
    let (before, rest) = bytes.split_at(at);
    let run = before.iter().rev().take_while(in_run).count() + rest.iter().take_while(in_run).count();
    run >= DIGEST_LENGTH_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent() -> HashSet<String> {
        ["88:78:73:8d:98:75", "4B7 1234", "AB1"].map(str::to_owned).into()
    }

    #[test]
    fn an_identifier_is_found_in_every_spelling() {
        let folder = tempfile::tempdir().unwrap();
        let sought = Sought::new(&sent());
        let file = folder.path().join("deep").join("file");
        fs::create_dir(folder.path().join("deep")).unwrap();
        let found = |content: &[u8]| {
            fs::write(&file, content).unwrap();
            let mut looked = Looked::default();
            in_files(folder.path(), &sought, &mut looked).unwrap();
            assert_eq!((looked.files, looked.bytes), (1, content.len() as u64));
            looked.found.len()
        };
        for leak in
            [b"x88:78:73:8d:98:75".as_slice(), b"8878738D9875", b"\x00\x88\x78\x73\x8d\x98\x75", b"plate=4B71234;"]
        {
            assert_eq!(found(leak), 1, "{leak:?}");
        }
        for harmless in [
            b"nothing of the kind".as_slice(),
            b"root=ceffb269372f4e70b29b09416e978c54b71234498c0a315f0a6a7ccc",
            b"AB1",
        ] {
            assert_eq!(found(harmless), 0, "{harmless:?}");
        }
        // An address is long enough to be itself wherever it stands.
        assert_eq!(found(b"root=ceffb269372f4e70b29b09416e978878738d9875498c0a315f0a6a7ccc"), 1);
    }

    #[test]
    fn a_decoded_value_is_looked_at_as_text_and_as_number() {
        let sought = Sought::new(&sent());
        let held = |column: Column| {
            let properties = vec![("x".parse().unwrap(), column)];
            let columns = Columns::from_parts(vec!["s-1".parse().unwrap()], vec![0], vec![0], vec![1], properties);
            in_columns(&columns.unwrap(), &sought, &mut Looked::default())
        };
        let text = |text: &str| held(Column::Text([Some(text)].into_iter().collect()));
        assert!(text("ab1") && text("on 4B7 1234 at noon") && text("4b7-1234") && !text("AB12") && !text(""));
        assert!(held(Column::Tag(vec![Some(0x8878_738d_9875)])) && !held(Column::Tag(vec![Some(0x8878_738d_9876)])));
        assert!(held(Column::Integer(vec![Some(0x8878_738d_9875)])) && !held(Column::Number(vec![Some(1.5)])));
    }
}
