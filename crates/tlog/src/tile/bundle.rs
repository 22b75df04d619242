//! Entry bundles, <https://c2sp.org/tlog-tiles#log-entries>: entries with a 16-bit length before each.
//!
//! It exists to find every entry, and the byte where a bundle goes wrong. It never interprets an entry.

use super::{TILE_WIDTH, TileError};

/// Bytes of the longest entry.
pub const MAX_ENTRY_LEN: usize = u16::MAX as usize;
/// Bytes of the length prefix.
const PREFIX_LEN: usize = 2;
/// Bytes of the largest full bundle.
pub const MAX_BUNDLE_LEN: usize = TILE_WIDTH as usize * (PREFIX_LEN + MAX_ENTRY_LEN);

/// One entry of a bundle, with the byte offset of its length prefix for error messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BundleEntry<'a> {
    /// Byte offset of the length prefix in the bundle.
    pub offset: usize,
    /// The entry.
    pub bytes: &'a [u8],
}

/// Appends one entry to the bytes of a bundle.
///
/// # Errors
/// [`TileError::EntryTooLong`] above 65,535 bytes; the bundle is then unchanged.
pub fn append_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), TileError> {
    let len = u16::try_from(entry.len()).map_err(|_| TileError::EntryTooLong(entry.len()))?;
    bundle.extend_from_slice(&len.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// Encodes a bundle of 1 to 256 entries.
///
/// # Errors
/// [`TileError::EntryTooLong`], or [`TileError::Width`] for another number of entries.
pub fn encode_bundle<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, TileError> {
    let width = u16::try_from(entries.len()).unwrap_or(u16::MAX);
    if width == 0 || width > TILE_WIDTH {
        return Err(TileError::Width(width));
    }
    let mut bundle = Vec::new();
    for entry in entries {
        append_entry(&mut bundle, entry.as_ref())?;
    }
    Ok(bundle)
}

/// Decodes a bundle which holds exactly `width` entries.
///
/// # Errors
/// [`TileError::Truncated`], [`TileError::Trailing`], or [`TileError::Width`] for an impossible width.
pub fn decode_bundle(bundle: &[u8], width: u16) -> Result<Vec<BundleEntry<'_>>, TileError> {
    if width == 0 || width > TILE_WIDTH {
        return Err(TileError::Width(width));
    }
    let mut entries = Vec::with_capacity(usize::from(width));
    let (mut offset, mut rest) = (0, bundle);
    for entry in 0..width {
        let (bytes, after) = split_entry(rest).ok_or(TileError::Truncated { entry, offset })?;
        entries.push(BundleEntry { offset, bytes });
        offset += PREFIX_LEN + bytes.len();
        rest = after;
    }
    if rest.is_empty() { Ok(entries) } else { Err(TileError::Trailing { offset }) }
}

fn split_entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (prefix, rest) = bytes.split_first_chunk::<PREFIX_LEN>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*prefix)))
}
