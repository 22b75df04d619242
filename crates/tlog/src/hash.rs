//! SHA-256 hashes of the Merkle tree of [RFC 6962, section 2.1](https://www.rfc-editor.org/rfc/rfc6962.html#section-2.1).
//!
//! It exists to keep leaf and node hashing apart by their prefix bytes. It never hashes an entry without the leaf
//! prefix, nor a pair without the node prefix, so no node can pass for an entry.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::text;

/// Length of a hash in bytes.
pub const HASH_LEN: usize = 32;

/// Prefix byte of a leaf, [RFC 6962, section 2.1](https://www.rfc-editor.org/rfc/rfc6962.html#section-2.1).
const LEAF_PREFIX: [u8; 1] = [0x00];
/// Prefix byte of an inner node.
const NODE_PREFIX: [u8; 1] = [0x01];

/// A SHA-256 value. `Display` is base64 as in checkpoints and proofs, `Debug` is hex as in test vectors.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; HASH_LEN]);

/// Text or bytes which are not one hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Bytes of another length than 32.
    #[error("a hash has 32 bytes, got {0}")]
    Length(usize),
    /// Text which is not 64 lower-case hexadecimal digits.
    #[error("not 64 lower-case hexadecimal digits")]
    Hex,
    /// Text which is not canonical base64.
    #[error("not canonical base64")]
    Base64,
}

impl Hash {
    /// Wraps 32 bytes which are already a hash.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; HASH_LEN]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; HASH_LEN] {
        &self.0
    }

    /// The 32 bytes, by value.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; HASH_LEN] {
        self.0
    }

    /// Takes exactly 32 bytes.
    ///
    /// # Errors
    /// [`HashError::Length`] for any other length.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, HashError> {
        bytes.try_into().map(Self).map_err(|_| HashError::Length(bytes.len()))
    }

    /// Parses 64 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// [`HashError::Hex`] for anything else.
    pub fn from_hex(hex: &str) -> Result<Self, HashError> {
        let digits = hex.as_bytes();
        if digits.len() != 2 * HASH_LEN {
            return Err(HashError::Hex);
        }
        let mut out = [0; HASH_LEN];
        for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = pair else {
                return Err(HashError::Hex);
            };
            *byte = (hex_digit(*high)? << 4) | hex_digit(*low)?;
        }
        Ok(Self(out))
    }

    /// Sixty-four lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        format!("{self:?}")
    }

    /// Parses canonical standard base64 of 32 bytes, the form used by checkpoints and proofs.
    ///
    /// # Errors
    /// [`HashError::Base64`] or [`HashError::Length`].
    pub fn from_base64(text: &str) -> Result<Self, HashError> {
        Self::from_slice(&text::parse_base64(text).ok_or(HashError::Base64)?)
    }
}

fn hex_digit(digit: u8) -> Result<u8, HashError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(HashError::Hex),
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::to_base64(&self.0))
    }
}

impl FromStr for Hash {
    type Err = HashError;

    /// Parses what `Display` writes: base64.
    fn from_str(text: &str) -> Result<Self, HashError> {
        Self::from_base64(text)
    }
}

impl From<[u8; HASH_LEN]> for Hash {
    fn from(bytes: [u8; HASH_LEN]) -> Self {
        Self(bytes)
    }
}

impl From<Hash> for [u8; HASH_LEN] {
    fn from(hash: Hash) -> Self {
        hash.0
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// The hash of an entry: SHA-256 of `0x00 || entry`.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    sha256(&[&LEAF_PREFIX, entry])
}

/// The hash of an inner node: SHA-256 of `0x01 || left || right`.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&NODE_PREFIX, &left.0, &right.0])
}

/// The root of the tree without entries: SHA-256 of the empty string.
#[must_use]
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// SHA-256 over the concatenation of `parts`.
pub(crate) fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Hash(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_leaf_and_node_vectors() {
        assert_eq!(empty_root().to_hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(leaf_hash(b"").to_hex(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(
            node_hash(&leaf_hash(b""), &leaf_hash(&[0])).to_hex(),
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
        );
    }

    #[test]
    fn hex_and_base64_round_trip_and_are_strict() {
        let hash = leaf_hash(b"city");
        assert_eq!(Hash::from_hex(&hash.to_hex()).unwrap(), hash);
        assert_eq!(hash.to_string().parse::<Hash>().unwrap(), hash);
        assert_eq!(Hash::from_slice(hash.as_ref()).unwrap(), hash);
        assert_eq!(Hash::from_hex(&hash.to_hex().to_uppercase()), Err(HashError::Hex));
        assert_eq!(Hash::from_hex("00"), Err(HashError::Hex));
        assert_eq!(Hash::from_base64("AQ=="), Err(HashError::Length(1)));
        assert_eq!(Hash::from_base64("!"), Err(HashError::Base64));
    }
}
