//! Entries as they are kept: some in a row, packed together. They were checked before, and are checked again when they are read.
//!
//! Short rows are joined with what follows, so that a city which logs a little every day does not become a row a day.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use journal::shelf::Piece;
use model::act::ACT_BYTES_MAX;

/// A row with fewer entries than this is joined with what follows.
const JOINED_BELOW: u64 = 32;
/// The most entries in a row.
const ENTRIES_MAX: usize = 256;

/// The pieces that come into being when entries follow what is kept of a log; the last piece may be replaced by a longer one.
///
/// # Errors
/// The last piece is damaged.
pub(super) fn appended(last: Option<Piece>, size: u64, entries: &[Vec<u8>]) -> Result<Vec<Piece>, String> {
    let joined = match last.filter(|last| last.count < JOINED_BELOW) {
        Some(last) if last.first + last.count != size => return Err(format!("entry {size} does not follow")),
        Some(last) => Some((last.first, unpacked(&last)?)),
        None => None,
    };
    let (first, before) = joined.unwrap_or((size, Vec::new()));
    let all: Vec<&Vec<u8>> = before.iter().chain(entries).collect();
    let firsts = (first..).step_by(ENTRIES_MAX);
    all.chunks(ENTRIES_MAX).zip(firsts).map(|(entries, first)| packed(first, entries)).collect()
}

fn packed(first: u64, entries: &[&Vec<u8>]) -> Result<Piece, String> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    let failed = |error: std::io::Error| error.to_string();
    for entry in entries {
        let length = u16::try_from(entry.len()).map_err(|_| "an entry is too long".to_owned())?;
        encoder.write_all(&length.to_be_bytes()).map_err(failed)?;
        encoder.write_all(entry).map_err(failed)?;
    }
    Ok(Piece { first, count: entries.len() as u64, bytes: encoder.finish().map_err(failed)? })
}

/// The entries of a piece.
///
/// # Errors
/// It is damaged.
pub(super) fn unpacked(piece: &Piece) -> Result<Vec<Vec<u8>>, String> {
    let damaged = || format!("the piece that begins with entry {} cannot be unpacked", piece.first);
    let count = usize::try_from(piece.count).ok().filter(|count| *count <= ENTRIES_MAX).ok_or_else(damaged)?;
    let most = count * (ACT_BYTES_MAX + 2);
    let mut decoder = DeflateDecoder::new(piece.bytes.as_slice()).take(most as u64 + 1);
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let mut length = [0; 2];
        decoder.read_exact(&mut length).map_err(|_| damaged())?;
        let mut entry = vec![0; usize::from(u16::from_be_bytes(length))];
        decoder.read_exact(&mut entry).map_err(|_| damaged())?;
        entries.push(entry);
    }
    match decoder.read(&mut [0]) {
        Ok(0) => Ok(entries),
        _ => Err(damaged()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_in_whatever_portions_is_unpacked_in_order(
            portions in proptest::collection::vec(proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..90), 0..9),
        ) {
            let mut pieces: Vec<Piece> = Vec::new();
            let mut all: Vec<Vec<u8>> = Vec::new();
            for portion in portions {
                for piece in appended(pieces.last().cloned(), all.len() as u64, &portion).unwrap() {
                    pieces.retain(|other| other.first != piece.first);
                    pieces.push(piece);
                }
                all.extend(portion);
            }
            let unpacked: Vec<Vec<u8>> = pieces.iter().flat_map(|piece| unpacked(piece).unwrap()).collect();
            prop_assert_eq!(unpacked, all);
            // Few of them are short.
            let short = pieces.iter().rev().skip(1).filter(|piece| piece.count < JOINED_BELOW).count();
            prop_assert_eq!(short, 0);
        }

        #[test]
        fn no_bytes_panic_and_no_damage_gives_more_than_was_promised(
            bytes in proptest::collection::vec(any::<u8>(), 0..200), count in 0_u64..300,
        ) {
            if let Ok(entries) = unpacked(&Piece { first: 0, count, bytes }) {
                prop_assert_eq!(entries.len() as u64, count);
            }
        }
    }

    #[test]
    fn what_does_not_follow_is_not_appended() {
        let last = appended(None, 0, &[vec![1], vec![2]]).unwrap().pop();
        assert!(appended(last.clone(), 3, &[vec![3]]).is_err());
        assert_eq!(appended(last, 2, &[vec![3]]).unwrap()[0].count, 3);
    }
}
