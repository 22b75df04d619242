//! Pseudonym keys of one epoch, and the tags they give.
//!
//! A tag is 64 bits of a keyed BLAKE3 over the canonical identifier, under a subkey for one stream and property, so
//! that tags of two streams, two properties or two epochs cannot be joined (the pseudonymisation domain of EDPB
//! 01/2025). It resists brute force for as long as the key is secret, and for ever once it is destroyed. Within an
//! epoch it still singles a device out: treated data is personal data until its retention ends. What it does not stop:
//! whoever holds the key can tag a known address and look for it. Published breaks of the alternatives: unkeyed hashes
//! of addresses are reversed in seconds, and truncating them does not help (CNIL v JCDecaux, 2017).

use std::fmt;
use std::sync::Arc;

use model::{Digest, Epoch, PropertyName, StreamId, Timestamp};
use zeroize::Zeroize;

use crate::recipe::Canon;

/// The longest identifier, in bytes.
pub const IDENTIFIER_BYTES_MAX: usize = 256;

/// The 32 random bytes of one stream and epoch; wiped when dropped.
#[derive(Zeroize)]
#[zeroize(drop)]
pub struct EpochKey([u8; 32]);

impl EpochKey {
    /// Takes 32 random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash that the log may hold: it names the key and tells nothing of it.
    #[must_use]
    pub fn commitment(&self) -> Digest {
        Digest::new(blake3::derive_key("ordinance 2026 epoch key commitment v1", &self.0))
    }

    fn subkey(&self, stream: &StreamId, property: &PropertyName) -> Subkey {
        let mut hasher = blake3::Hasher::new_derive_key("ordinance 2026 pseudonym v1");
        for part in [self.0.as_slice(), stream.as_str().as_bytes(), property.as_str().as_bytes()] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Subkey(*hasher.finalize().as_bytes())
    }
}

impl fmt::Debug for EpochKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EpochKey(secret)")
    }
}

/// The key of one stream, property and epoch; wiped when dropped.
#[derive(Zeroize)]
#[zeroize(drop)]
pub(crate) struct Subkey([u8; 32]);

impl Subkey {
    /// The tag of an identifier in its canonical form.
    pub(crate) fn tag(&self, canonical: &[u8]) -> u64 {
        let hash = blake3::keyed_hash(&self.0, canonical);
        let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

/// The keys that one batch of a stream may need.
pub struct EpochKeys {
    stream: StreamId,
    keys: Vec<(Epoch, Arc<EpochKey>)>,
}

impl EpochKeys {
    /// No keys yet.
    #[must_use]
    pub fn new(stream: &StreamId) -> Self {
        Self { stream: stream.clone(), keys: Vec::new() }
    }

    /// Adds the key of an epoch.
    pub fn insert(&mut self, epoch: Epoch, key: Arc<EpochKey>) {
        self.keys.push((epoch, key));
    }

    /// The subkeys of one property, derived once for the whole batch.
    pub(crate) fn subkeys(&self, property: &PropertyName) -> Subkeys {
        Subkeys(self.keys.iter().map(|(epoch, key)| (*epoch, key.subkey(&self.stream, property))).collect())
    }
}

/// The subkeys of one property in each epoch at hand.
pub(crate) struct Subkeys(Vec<(Epoch, Subkey)>);

impl Subkeys {
    /// The subkey of the epoch of this length that holds an instant. Without one nothing is tagged.
    pub(crate) fn at(&self, at: Timestamp, length: model::EpochLength) -> Option<&Subkey> {
        let wanted = Epoch(length.window(at));
        self.0.iter().find(|(epoch, _)| *epoch == wanted).map(|(_, subkey)| subkey)
    }
}

/// Brings an identifier to its one canonical form, in a buffer on the stack. `None` if it is too long.
pub(crate) fn canonical<'b>(canon: Canon, text: &str, buffer: &'b mut [u8; IDENTIFIER_BYTES_MAX]) -> Option<&'b [u8]> {
    let text = text.trim();
    if text.len() > buffer.len() {
        return None;
    }
    let mut length = 0;
    let mut put = |byte: u8| {
        if let Some(place) = buffer.get_mut(length) {
            *place = byte;
            length += 1;
        }
    };
    match canon {
        Canon::Address => text
            .bytes()
            .filter(|byte| !matches!(byte, b':' | b'-' | b'.'))
            .for_each(|byte| put(byte.to_ascii_lowercase())),
        Canon::Plate => text.bytes().filter(u8::is_ascii_alphanumeric).for_each(|byte| put(byte.to_ascii_uppercase())),
        Canon::Text => text.bytes().for_each(put),
    }
    buffer.get(..length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{EpochLength, Span};

    fn tag(key: u8, stream: &str, property: &str, text: &str) -> u64 {
        let subkey = EpochKey::new([key; 32]).subkey(&stream.parse().unwrap(), &property.parse().unwrap());
        let mut buffer = [0; IDENTIFIER_BYTES_MAX];
        subkey.tag(canonical(Canon::Address, text, &mut buffer).unwrap())
    }

    #[test]
    fn one_address_has_one_tag_whatever_its_spelling_and_another_elsewhere() {
        let first = tag(1, "wifi", "mac", "88:78:73:8d:98:75");
        for spelling in ["88-78-73-8D-98-75", "8878738d9875", " 88:78:73:8D:98:75 "] {
            assert_eq!(tag(1, "wifi", "mac", spelling), first);
        }
        for other in [
            tag(2, "wifi", "mac", "88:78:73:8d:98:75"),
            tag(1, "station", "mac", "88:78:73:8d:98:75"),
            tag(1, "wifi", "bssid", "88:78:73:8d:98:75"),
            tag(1, "wifi", "mac", "88:78:73:8d:98:76"),
        ] {
            assert_ne!(other, first);
        }
    }

    #[test]
    fn a_tag_never_changes_by_accident() {
        // Golden: a change here would count one device as two across an upgrade within an epoch.
        let golden = tag(7, "wifi-centre", "mac", "88:78:73:8d:98:75");
        assert_eq!(golden, tag(7, "wifi-centre", "mac", "8878738D9875"));
        assert_eq!(format!("{golden:016x}"), GOLDEN_TAG);
    }

    const GOLDEN_TAG: &str = "b1de2cca9ed9d62d";

    #[test]
    fn without_the_epochs_key_there_is_no_subkey_and_debug_shows_no_key() {
        let length = EpochLength::new(Span::hours(24)).unwrap();
        let at: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let mut keys = EpochKeys::new(&"wifi".parse().unwrap());
        keys.insert(Epoch(length.window(at)), Arc::new(EpochKey::new([0xab; 32])));
        let subkeys = keys.subkeys(&"mac".parse().unwrap());
        assert!(subkeys.at(at, length).is_some());
        assert!(subkeys.at(at + Span::hours(24), length).is_none());
        assert_eq!(format!("{:?}", EpochKey::new([0xab; 32])), "EpochKey(secret)");
    }

    #[test]
    fn plates_lose_their_spelling() {
        let mut buffer = [0; IDENTIFIER_BYTES_MAX];
        assert_eq!(canonical(Canon::Plate, " 4b7 12-34 ", &mut buffer), Some(b"4B71234".as_slice()));
        assert_eq!(canonical(Canon::Text, &"x".repeat(257), &mut buffer), None);
    }
}
