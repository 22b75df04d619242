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

use model::{Digest, Epoch, EpochLength, PropertyName, StreamId, Timestamp, Window};
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

    /// The same key once more.
    pub(crate) const fn again(&self) -> Self {
        Self(self.0)
    }

    /// The key that follows, from which this one cannot be had back.
    pub(crate) fn next(&self) -> Self {
        Self(blake3::derive_key("ordinance 2026 next key v1", &self.0))
    }

    pub(crate) fn subkey(&self, stream: &StreamId, property: &PropertyName) -> Subkey {
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

    /// What tags one property; its subkeys are derived here, once for the whole batch.
    pub(crate) fn tagger(&self, property: &PropertyName, length: EpochLength, canon: Canon) -> Tagger {
        let on_grid = |(epoch, _): &&(Epoch, Arc<EpochKey>)| epoch.0 == length.window(epoch.0.start);
        let subkey = |(epoch, key): &(Epoch, Arc<EpochKey>)| (epoch.0, key.subkey(&self.stream, property));
        let subkeys = self.keys.iter().filter(on_grid).map(subkey).collect();
        Tagger::under(canon, subkeys)
    }
}

/// Why an identifier got no tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoTag {
    /// There is no key for its epoch.
    Key,
    /// It is too long.
    TooLong,
}

/// Tags the identifiers of one property.
pub(crate) struct Tagger {
    canon: Canon,
    subkeys: Vec<(Window, Subkey)>,
    last: Last,
}

/// The identifier that was tagged last, as it came. A sensor hears most devices several times in a row, and a comparison
/// is far cheaper than a hash. Wiped when dropped.
#[derive(Zeroize)]
#[zeroize(drop)]
pub(crate) struct Last {
    text: [u8; IDENTIFIER_BYTES_MAX],
    length: usize,
    /// Number of its epoch's subkey.
    subkey: usize,
    tag: Option<u64>,
}

impl Default for Last {
    fn default() -> Self {
        Self { text: [0; IDENTIFIER_BYTES_MAX], length: 0, subkey: 0, tag: None }
    }
}

impl Last {
    /// Its tag, if it was this text under this subkey.
    pub(crate) fn of(&self, subkey: usize, text: &str) -> Option<u64> {
        let same = self.subkey == subkey && self.text.get(..self.length) == Some(text.as_bytes());
        self.tag.filter(|_| same)
    }

    /// Remembers the tag of a text; one that is too long is not remembered.
    pub(crate) fn remember(&mut self, subkey: usize, text: &str, tag: u64) {
        if let Some(room) = self.text.get_mut(..text.len()) {
            room.copy_from_slice(text.as_bytes());
            (self.length, self.subkey, self.tag) = (text.len(), subkey, Some(tag));
        }
    }
}

impl Tagger {
    /// One that tags under these subkeys.
    pub(crate) fn under(canon: Canon, subkeys: Vec<(Window, Subkey)>) -> Self {
        Self { canon, subkeys, last: Last::default() }
    }

    /// Adds the keys of another one of the same property.
    pub(crate) fn extend(&mut self, other: Self) {
        // Behind those that are there, so that what is remembered keeps its number.
        self.subkeys.extend(other.subkeys);
    }

    /// The tag of an identifier that was observed at an instant, under the key of that instant's epoch.
    pub(crate) fn tag(&mut self, at: Timestamp, text: &str) -> Result<u64, NoTag> {
        let number = self.subkeys.iter().position(|(window, _)| window.contains(at)).ok_or(NoTag::Key)?;
        if let Some(tag) = self.last.of(number, text) {
            return Ok(tag);
        }
        let (_, subkey) = self.subkeys.get(number).ok_or(NoTag::Key)?;
        let mut buffer = [0; IDENTIFIER_BYTES_MAX];
        let tag = subkey.tag(canonical(self.canon, text, &mut buffer).ok_or(NoTag::TooLong)?);
        self.last.remember(number, text, tag);
        Ok(tag)
    }
}

/// Brings an identifier to its one canonical form, in a buffer on the stack. `None` if it is too long.
pub(crate) fn canonical<'b>(canon: Canon, text: &str, buffer: &'b mut [u8; IDENTIFIER_BYTES_MAX]) -> Option<&'b [u8]> {
    let text = text.trim();
    let mut length = 0;
    let mut put = |byte: u8| {
        *buffer.get_mut(length)? = byte;
        length += 1;
        Some(())
    };
    match canon {
        Canon::Address => {
            let mut digits = text.bytes().filter(|byte| !matches!(byte, b':' | b'-' | b'.'));
            digits.try_for_each(|byte| put(byte.to_ascii_lowercase()))?;
        }
        Canon::Plate if text.is_ascii() => {
            let mut signs = text.bytes().filter(u8::is_ascii_alphanumeric);
            signs.try_for_each(|byte| put(byte.to_ascii_uppercase()))?;
        }
        Canon::Plate => {
            let signs = text.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_uppercase).map(latin);
            let mut utf8 = [0; 4];
            for sign in signs {
                sign.encode_utf8(&mut utf8).bytes().try_for_each(&mut put)?;
            }
        }
        Canon::Text => text.bytes().try_for_each(put)?,
    }
    buffer.get(..length)
}

/// The Latin letter that looks like a Greek or Cyrillic capital: plates use only such letters, so that everybody can read
/// them (GOST R 50577; the Vienna Convention on Road Traffic, annex 2), and cameras give them in either alphabet.
const fn latin(sign: char) -> char {
    match sign {
        'Α' | 'А' => 'A',
        'Β' | 'В' => 'B',
        'Ε' | 'Е' => 'E',
        'Ζ' => 'Z',
        'Η' | 'Н' => 'H',
        'Ι' | 'І' => 'I',
        'Κ' | 'К' => 'K',
        'Μ' | 'М' => 'M',
        'Ν' => 'N',
        'Ο' | 'О' => 'O',
        'Ρ' | 'Р' => 'P',
        'С' => 'C',
        'Τ' | 'Т' => 'T',
        'Υ' | 'У' => 'Y',
        'Χ' | 'Х' => 'X',
        other => other,
    }
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
        let mut tagger = keys.tagger(&"mac".parse().unwrap(), length, Canon::Address);
        let tag = tagger.tag(at, "88:78:73:8d:98:75").unwrap();
        assert_eq!(tagger.tag(at, "88:78:73:8d:98:75"), Ok(tag), "remembered");
        assert_ne!(tagger.tag(at, "88:78:73:8d:98:76"), Ok(tag));
        assert_eq!(tagger.tag(at, "8878738D9875"), Ok(tag), "and in another spelling");
        assert_eq!(
            tagger.tag(at + Span::hours(24), "8878738D9875"),
            Err(NoTag::Key),
            "remembered, but of another epoch"
        );
        let shorter = EpochLength::new(Span::hours(1)).unwrap();
        let mut tagger = keys.tagger(&"mac".parse().unwrap(), shorter, Canon::Address);
        assert_eq!(tagger.tag(at, "8878738D9875"), Err(NoTag::Key), "a day's key is none for an hour");
        assert_eq!(format!("{:?}", EpochKey::new([0xab; 32])), "EpochKey(secret)");
    }

    #[test]
    fn plates_lose_their_spelling() {
        let mut buffer = [0; IDENTIFIER_BYTES_MAX];
        assert_eq!(canonical(Canon::Plate, " 4b7 12-34 ", &mut buffer), Some(b"4B71234".as_slice()));
        for (one, other) in
            [("а 123 вс 77", "A123BC77"), ("ΙΖΗ-1234", "izh 1234"), ("gö ab 1", "GÖ-AB1"), ("x３", "X３")]
        {
            let mut second = [0; IDENTIFIER_BYTES_MAX];
            assert_eq!(canonical(Canon::Plate, one, &mut buffer), canonical(Canon::Plate, other, &mut second));
        }
        let goettingen = canonical(Canon::Plate, "GÖ-AB 1", &mut buffer).unwrap().to_vec();
        assert_ne!(
            Some(goettingen.as_slice()),
            canonical(Canon::Plate, "G-AB 1", &mut buffer),
            "a letter is never lost"
        );
        for canon in [Canon::Address, Canon::Plate, Canon::Text] {
            assert_eq!(canonical(canon, &"x".repeat(257), &mut buffer), None);
            assert!(canonical(canon, &"x".repeat(256), &mut buffer).is_some());
        }
        assert_eq!(canonical(Canon::Plate, &"ß".repeat(129), &mut buffer), None, "one becomes two");
    }
}
