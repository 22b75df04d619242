//! Salted commitments to the fields of a record.
//!
//! They exist so that a public, undeletable log can bind a city to confidential values without publishing them: once
//! salt and value are destroyed, the commitment says nothing. It never derives a salt from public data, and an absent
//! value commits too, so that presence does not show.
//!
//! The format is ours and fixed. Lengths are 64-bit big-endian:
//!
//! ```text
//! commitment = SHA-256( len(tag) tag  len(name) name  salt  0x00 )                   absent value
//!            = SHA-256( len(tag) tag  len(name) name  salt  0x01  len(value) value ) present value
//! salt       = HMAC-SHA-256( record key, len(tag) tag  len(name) name )
//! ```
//!
//! with the tags `ordinance/field/v1` and `ordinance/salt/v1`. HMAC is that of
//! [RFC 2104](https://www.rfc-editor.org/rfc/rfc2104.html).

use zeroize::Zeroizing;

use crate::hash::{Hash, sha256};

/// Domain tag of a field commitment.
pub const FIELD_TAG: &str = "ordinance/field/v1";
/// Domain tag of a salt.
pub const SALT_TAG: &str = "ordinance/salt/v1";

/// Bytes of one SHA-256 block.
const BLOCK_LEN: usize = 64;

/// Commits to one field. `None` is an absent value, and differs from every present one, the empty one included.
///
/// The value is in its canonical encoding, which is the caller's matter.
#[must_use]
pub fn field_commitment(name: &str, salt: &[u8; 32], value: Option<&[u8]>) -> Hash {
    let (tag_len, name_len) = (len_prefix(FIELD_TAG.as_bytes()), len_prefix(name.as_bytes()));
    let head: [&[u8]; 5] = [&tag_len, FIELD_TAG.as_bytes(), &name_len, name.as_bytes(), salt];
    match value {
        None => sha256(&[&head[..], &[&[0]]].concat()),
        Some(value) => sha256(&[&head[..], &[&[1], &len_prefix(value), value]].concat()),
    }
}

/// Whether `commitment` opens to this name, salt and value.
#[must_use]
pub fn opens(commitment: &Hash, name: &str, salt: &[u8; 32], value: Option<&[u8]>) -> bool {
    field_commitment(name, salt, value) == *commitment
}

/// The salt of one field of one record. `record_key` is 32 secret random bytes; destroying it destroys every salt.
#[must_use]
pub fn salt_for(record_key: &[u8; 32], name: &str) -> [u8; 32] {
    let (tag_len, name_len) = (len_prefix(SALT_TAG.as_bytes()), len_prefix(name.as_bytes()));
    hmac_sha256(record_key, &[&tag_len, SALT_TAG.as_bytes(), &name_len, name.as_bytes()])
}

fn len_prefix(bytes: &[u8]) -> [u8; 8] {
    (bytes.len() as u64).to_be_bytes()
}

/// HMAC for keys no longer than one block, which ours are by type.
fn hmac_sha256(key: &[u8; 32], message: &[&[u8]]) -> [u8; 32] {
    let pad = |fill: u8| {
        let mut block = Zeroizing::new([fill; BLOCK_LEN]);
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let (inner_pad, outer_pad) = (pad(0x36), pad(0x5c));
    let inner = sha256(&[&[&inner_pad[..]], message].concat());
    sha256(&[&outer_pad[..], inner.as_bytes()]).to_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Hash;

    #[test]
    fn hmac_matches_published_vectors() {
        // RFC 4231, test cases 1 and 2; a shorter key is padded with zeros, so 32 bytes can hold it.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let mac = Hash::from_bytes(hmac_sha256(&key, &[b"Hi There"]));
        assert_eq!(mac.to_hex(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let mac = Hash::from_bytes(hmac_sha256(&key, &[b"what do ya want ", b"for nothing?"]));
        assert_eq!(mac.to_hex(), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn absent_empty_and_other_values_differ() {
        let salt = salt_for(&[1; 32], "plate");
        let absent = field_commitment("plate", &salt, None);
        let empty = field_commitment("plate", &salt, Some(b""));
        let zero = field_commitment("plate", &salt, Some(&[0; 8]));
        assert_ne!(absent, empty);
        assert_ne!(empty, zero);
        assert!(opens(&absent, "plate", &salt, None));
        assert!(!opens(&absent, "plate", &salt, Some(b"")));
    }

    #[test]
    fn name_salt_and_key_matter() {
        let salt = salt_for(&[1; 32], "plate");
        assert_ne!(salt, salt_for(&[1; 32], "speed"));
        assert_ne!(salt, salt_for(&[2; 32], "plate"));
        let commitment = field_commitment("plate", &salt, Some(b"x"));
        assert_ne!(commitment, field_commitment("speed", &salt, Some(b"x")));
        assert_ne!(commitment, field_commitment("plate", &[0; 32], Some(b"x")));
    }

    #[test]
    fn the_format_is_the_documented_one() {
        let salt = [9; 32];
        let mut bytes = vec![0, 0, 0, 0, 0, 0, 0, 18];
        bytes.extend_from_slice(b"ordinance/field/v1");
        bytes.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1, b'n']);
        bytes.extend_from_slice(&salt);
        bytes.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0, 2, b'o', b'k']);
        assert_eq!(field_commitment("n", &salt, Some(b"ok")), sha256(&[&bytes]));
    }
}
