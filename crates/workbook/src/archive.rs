//! Packed files (ZIP, APPNOTE 6.3): reading those that spreadsheets are, part by part and never beyond a limit; writing plain ones.
//!
//! What an archive says of its sizes is not believed: what is unpacked is counted as it comes, for all parts together.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::ops::Range;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use crate::{FileError, Part, UNPACKED_BYTES_MAX};

/// The most parts.
const PARTS_MAX: u16 = 1_000;
/// How long the end of an archive may be, in bytes: its record and the longest comment.
const END_BYTES_MAX: usize = 22 + 65_535;
const END: &[u8] = b"PK\x05\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// An archive, opened: which parts it has, and how much may still be unpacked.
pub(crate) struct Archive<'b> {
    bytes: &'b [u8],
    parts: BTreeMap<String, Packed>,
    left: usize,
}

/// A part as it lies in the archive.
#[derive(Debug, Clone)]
struct Packed {
    method: u16,
    local: usize,
    bytes: usize,
}

fn wrong(what: &'static str) -> FileError {
    FileError::NotXlsx(Part::Archive(what))
}

/// Some bytes at a place; none where the archive is shorter.
fn at(bytes: &[u8], from: usize, count: usize) -> Option<&[u8]> {
    bytes.get(from..from.checked_add(count)?)
}

fn short(bytes: &[u8], from: usize) -> Option<u16> {
    Some(u16::from_le_bytes(at(bytes, from, 2)?.try_into().ok()?))
}

fn long(bytes: &[u8], from: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(at(bytes, from, 4)?.try_into().ok()?)).ok()
}

impl<'b> Archive<'b> {
    /// Reads the list of parts.
    pub(crate) fn open(bytes: &'b [u8]) -> Result<Self, FileError> {
        let cut = || wrong("the archive is cut off or damaged");
        let from = bytes.len().saturating_sub(END_BYTES_MAX);
        let tail = bytes.get(from..).unwrap_or_default();
        let end = from + tail.windows(END.len()).rposition(|window| window == END).ok_or_else(cut)?;
        at(bytes, end, 22).ok_or_else(cut)?;
        let count = short(bytes, end + 10).ok_or_else(cut)?;
        let mut entry = long(bytes, end + 16).ok_or_else(cut)?;
        if count > PARTS_MAX {
            return Err(wrong("the archive has too many parts"));
        }
        let mut parts = BTreeMap::new();
        for _ in 0..count {
            let (name, packed, next) = listed(bytes, entry).ok_or_else(cut)??;
            parts.insert(name, packed);
            entry = next;
        }
        Ok(Self { bytes, parts, left: UNPACKED_BYTES_MAX })
    }

    /// Unpacks a part; none if there is none of this name.
    pub(crate) fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, FileError> {
        let Some(packed) = self.parts.get(name).cloned() else { return Ok(None) };
        let bytes = body(self.bytes, &packed).and_then(|range| self.bytes.get(range));
        let bytes = bytes.ok_or_else(|| wrong("the archive is cut off or damaged"))?;
        let mut unpacked = Vec::new();
        let most = self.left as u64 + 1;
        let read = match packed.method {
            STORED => bytes.take(most).read_to_end(&mut unpacked),
            DEFLATED => DeflateDecoder::new(bytes).take(most).read_to_end(&mut unpacked),
            _ => return Err(wrong("the archive is packed in a way that spreadsheets are not")),
        };
        read.map_err(|_| wrong("the archive is cut off or damaged"))?;
        self.left = self.left.checked_sub(unpacked.len()).ok_or(FileError::TooLargeUnpacked)?;
        Ok(Some(unpacked))
    }
}

/// An entry of the list, and where the next one begins; none where the list is cut off.
fn listed(bytes: &[u8], from: usize) -> Option<Result<(String, Packed, usize), FileError>> {
    if at(bytes, from, 4)? != ENTRY {
        return None;
    }
    // The first flag says that it is encrypted.
    if short(bytes, from + 8)? & 1 == 1 {
        return Some(Err(FileError::OldOrLocked));
    }
    let (name, extra, comment) = (short(bytes, from + 28)?, short(bytes, from + 30)?, short(bytes, from + 32)?);
    let text = at(bytes, from + 46, usize::from(name))?;
    let packed =
        Packed { method: short(bytes, from + 10)?, bytes: long(bytes, from + 20)?, local: long(bytes, from + 42)? };
    let next = from + 46 + usize::from(name) + usize::from(extra) + usize::from(comment);
    // Some programs write names with the wrong slash.
    Some(Ok((String::from_utf8_lossy(text).replace('\\', "/"), packed, next)))
}

/// Where the bytes of a part lie.
fn body(bytes: &[u8], packed: &Packed) -> Option<Range<usize>> {
    if at(bytes, packed.local, 4)? != LOCAL {
        return None;
    }
    let (name, extra) = (short(bytes, packed.local + 26)?, short(bytes, packed.local + 28)?);
    let from = packed.local.checked_add(30 + usize::from(name) + usize::from(extra))?;
    Some(from..from.checked_add(packed.bytes)?)
}

/// Packs parts into an archive: the same parts are the same bytes, whenever they are packed.
pub(crate) fn packed(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut all, mut list, mut count) = (Vec::new(), Vec::new(), 0_u16);
    for (name, bytes) in parts {
        let body = deflated(bytes);
        let mut head = Vec::new();
        // Version, UTF-8 names, deflated, midnight of 1 January 1980.
        for word in [20, 0x800, DEFLATED, 0, 0x21] {
            head.extend(u16::to_le_bytes(word));
        }
        for size in [crc32fast::hash(bytes), size(body.len()), size(bytes.len())] {
            head.extend(size.to_le_bytes());
        }
        head.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes());
        head.extend([0, 0]);
        list.extend(ENTRY.iter().chain(&[20, 0]).chain(&head));
        // No comment, one disk, nothing said of the part.
        list.extend([0; 10]);
        list.extend(size(all.len()).to_le_bytes());
        list.extend(name.as_bytes());
        all.extend(LOCAL.iter().chain(&head).chain(name.as_bytes()).chain(&body));
        count = count.saturating_add(1);
    }
    let (from, length) = (size(all.len()), size(list.len()));
    all.append(&mut list);
    all.extend(END.iter().chain(&[0; 4]));
    all.extend(count.to_le_bytes().into_iter().chain(count.to_le_bytes()));
    all.extend(length.to_le_bytes().into_iter().chain(from.to_le_bytes()));
    all.extend([0, 0]);
    all
}

/// A size in an archive. Ours stay far below the limit.
fn size(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // Memory takes everything.
    drop(encoder.write_all(bytes));
    encoder.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_unpacked_and_a_bomb_is_counted_as_it_comes() {
        let parts = [("a.xml".to_owned(), b"<a/>".to_vec()), ("b/c".to_owned(), vec![7; 100_000])];
        let bytes = packed(&parts);
        let mut archive = Archive::open(&bytes).unwrap_or_else(|error| unreachable!("{error}"));
        for (name, content) in &parts {
            assert_eq!(archive.part(name), Ok(Some(content.clone())));
        }
        assert_eq!(archive.part("none"), Ok(None));
        let bomb = packed(&[("bomb".to_owned(), vec![0; UNPACKED_BYTES_MAX + 1])]);
        assert!(bomb.len() < 100_000, "it is small: {}", bomb.len());
        let mut archive = Archive::open(&bomb).unwrap_or_else(|error| unreachable!("{error}"));
        assert_eq!(archive.part("bomb"), Err(FileError::TooLargeUnpacked));
        // Half of it, twice.
        let twice = packed(&[("one".to_owned(), vec![0; UNPACKED_BYTES_MAX - 9]), ("two".to_owned(), vec![0; 10])]);
        let mut archive = Archive::open(&twice).unwrap_or_else(|error| unreachable!("{error}"));
        assert!(archive.part("one").is_ok_and(|part| part.is_some()));
        assert_eq!(archive.part("two"), Err(FileError::TooLargeUnpacked));
    }

    #[test]
    fn an_archive_that_is_cut_off_is_an_error_wherever_it_is_cut() {
        let bytes = packed(&[("a.xml".to_owned(), b"<a/>".to_vec())]);
        for end in 0..bytes.len() {
            let cut = bytes.get(..end).unwrap_or_default();
            assert!(Archive::open(cut).is_err(), "{end}");
        }
    }
}
