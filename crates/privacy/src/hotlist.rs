//! The list of an order, as keyed tags: what match-or-drop compares with.
//!
//! The values sought are tagged when the list is made and then forgotten. A stolen list without its key tells nothing;
//! with its key it can be tried against all plates (there are few), which is why the key dies with the order. What the
//! comparison does not stop: whoever chose the list learns of its hits. That is its purpose, and what the order is for.

use std::collections::HashMap;
use std::fmt;

use model::OrderId;
use zeroize::Zeroize;

use crate::keys::{IDENTIFIER_BYTES_MAX, canonical};
use crate::recipe::Canon;

/// The most entries of one list.
pub const ENTRIES_MAX: usize = 10_000;
/// Bytes of one tag.
pub(crate) const TAG_BYTES: usize = 16;

/// The 32 random bytes of one order's list; wiped when dropped.
#[derive(Zeroize)]
#[zeroize(drop)]
pub struct HotListKey([u8; 32]);

impl HotListKey {
    /// Takes 32 random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    fn for_order(&self, order: &OrderId) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("ordinance 2026 order list v1");
        hasher.update(&self.0);
        hasher.update(order.as_str().as_bytes());
        *hasher.finalize().as_bytes()
    }
}

impl fmt::Debug for HotListKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HotListKey(secret)")
    }
}

/// A text that is not a list of tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a list of tags")]
pub struct NotAList;

/// An order's list, ready to compare.
pub struct HotList {
    key: [u8; 32],
    tags: Vec<[u8; TAG_BYTES]>,
    entries: HashMap<[u8; TAG_BYTES], u32>,
}

impl fmt::Debug for HotList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HotList({} entries)", self.tags.len())
    }
}

impl Drop for HotList {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl HotList {
    /// Tags the values sought, in their order. A value that is too long or holds no letter or digit keeps its place and
    /// matches nothing.
    #[must_use]
    pub fn build(key: &HotListKey, order: &OrderId, values: &[String]) -> Self {
        let key = key.for_order(order);
        let tags = (0_u32..).zip(values).map(|(number, value)| {
            let mut buffer = [0; IDENTIFIER_BYTES_MAX];
            match canonical(Canon::Plate, value, &mut buffer) {
                Some(canonical) if !canonical.is_empty() => tag(&key, canonical),
                _ => unmatchable(&key, number),
            }
        });
        Self::of(key, tags.collect())
    }

    fn of(key: [u8; 32], tags: Vec<[u8; TAG_BYTES]>) -> Self {
        let mut entries = HashMap::with_capacity(tags.len());
        // A value that is listed twice is its first entry.
        for (number, tag) in (0_u32..).zip(&tags) {
            entries.entry(*tag).or_insert(number);
        }
        Self { key, tags, entries }
    }

    /// The tags as text, one a line: what is sealed.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.tags.iter().map(|tag| hex(tag)).collect::<Vec<_>>().join("\n")
    }

    /// Reads what [`HotList::to_text`] wrote.
    ///
    /// # Errors
    /// It is not a list.
    #[expect(clippy::needless_pass_by_value, reason = "the key is to be wiped here")]
    pub fn from_text(key: HotListKey, order: &OrderId, text: &str) -> Result<Self, NotAList> {
        let tags: Vec<_> = text.lines().take(ENTRIES_MAX + 1).map(parse).collect::<Result<_, _>>()?;
        if tags.len() > ENTRIES_MAX { Err(NotAList) } else { Ok(Self::of(key.for_order(order), tags)) }
    }

    /// How many tags a text lists: what [`HotList::to_text`] writes, told from anything else without a key.
    ///
    /// # Errors
    /// It is not a list, but for instance the values themselves.
    pub fn count(text: &str) -> Result<usize, NotAList> {
        let digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
        let is_tag = |line: &str| line.len() == 2 * TAG_BYTES && line.as_bytes().iter().all(digit);
        if text.is_empty() {
            return Ok(0);
        }
        // By `\n` alone: `lines` would take a `\r` for its part of the end.
        let count = text.split('\n').take(ENTRIES_MAX + 1).try_fold(0, |count, line| is_tag(line).then_some(count + 1));
        count.filter(|count| *count <= ENTRIES_MAX).ok_or(NotAList)
    }

    /// The entry that a value in its canonical form matches, from 0.
    pub(crate) fn entry(&self, canonical: &[u8]) -> Option<u32> {
        self.entries.get(&tag(&self.key, canonical)).copied()
    }
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

/// The tag of an identifier in its canonical form.
pub(crate) fn tag(key: &[u8; 32], canonical: &[u8]) -> [u8; TAG_BYTES] {
    let hash = blake3::keyed_hash(key, canonical);
    let mut tag = [0; TAG_BYTES];
    tag.copy_from_slice(hash.as_bytes().split_at(TAG_BYTES).0);
    tag
}

/// A tag that no identifier has: what is tagged is UTF-8, which has no byte 0xff.
fn unmatchable(key: &[u8; 32], number: u32) -> [u8; TAG_BYTES] {
    let [a, b, c, d] = number.to_le_bytes();
    tag(key, &[0xff, a, b, c, d])
}

/// The bytes of a tag in hexadecimal.
pub(crate) fn parse(line: &str) -> Result<[u8; TAG_BYTES], NotAList> {
    let mut tag = [0; TAG_BYTES];
    // `from_str_radix` would take a sign for a digit.
    if line.len() != 2 * TAG_BYTES || !line.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(NotAList);
    }
    for (place, at) in tag.iter_mut().zip((0..line.len()).step_by(2)) {
        let digits = line.get(at..at + 2).ok_or(NotAList)?;
        *place = u8::from_str_radix(digits, 16).map_err(|_| NotAList)?;
    }
    Ok(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_matches_its_values_in_any_spelling_and_holds_none_of_them() {
        let order: OrderId = "order-1".parse().unwrap();
        let values = ["4B7 1234".to_owned(), "1AA 0001".to_owned()];
        let list = HotList::build(&HotListKey::new([3; 32]), &order, &values);
        let text = list.to_text();
        assert!(!text.contains("4B7") && !text.contains("1234"), "no value in the sealed text");
        let list = HotList::from_text(HotListKey::new([3; 32]), &order, &text).unwrap();
        assert_eq!(list.entry(b"1AA0001"), Some(1));
        assert_eq!(list.entry(b"4B71234"), Some(0));
        assert_eq!(list.entry(b"4B71235"), None);
        let other = HotList::from_text(HotListKey::new([4; 32]), &order, &text).unwrap();
        assert_eq!(other.entry(b"1AA0001"), None, "another key matches nothing");
        assert!(HotList::from_text(HotListKey::new([3; 32]), &order, "zz").is_err());
        assert_eq!(format!("{list:?}"), "HotList(2 entries)");
    }

    #[test]
    fn a_useless_value_keeps_its_place_and_matches_nothing() {
        let order: OrderId = "order-1".parse().unwrap();
        let values = ["", "--", "1AA 0001", &"X".repeat(300), "1aa0001", "2BB"].map(str::to_owned);
        let list = HotList::build(&HotListKey::new([3; 32]), &order, &values);
        assert_eq!(list.to_text().lines().count(), values.len());
        assert_eq!((list.entry(b"1AA0001"), list.entry(b"2BB")), (Some(2), Some(5)));
        assert_eq!(list.entry(b""), None, "a camera that read nothing is not on the list");
    }

    #[test]
    fn a_list_is_told_from_values_without_its_key() {
        let order: OrderId = "order-1".parse().unwrap();
        let values = ["4B7 1234".to_owned(), String::new(), "1AA 0001".to_owned()];
        let text = HotList::build(&HotListKey::new([3; 32]), &order, &values).to_text();
        assert_eq!((HotList::count(&text), HotList::count("")), (Ok(3), Ok(0)));
        let tag = "0123456789abcdef0123456789abcdef";
        assert_eq!(HotList::count(tag), Ok(1));
        for other in ["4B7 1234", "1AA0001\n4B71234", "\n", &format!("{tag}\n"), &format!("{tag}\n4B7 1234")] {
            assert_eq!(HotList::count(other), Err(NotAList), "{other:?}");
        }
        for other in [tag.to_uppercase(), tag.replace("01", "+1"), format!("{tag}\r\n{tag}"), format!("{tag}0")] {
            assert_eq!(HotList::count(&other), Err(NotAList), "{other:?}");
        }
        assert_eq!(HotList::count(&vec![tag; ENTRIES_MAX].join("\n")), Ok(ENTRIES_MAX));
        assert_eq!(HotList::count(&vec![tag; ENTRIES_MAX + 1].join("\n")), Err(NotAList));
    }

    #[test]
    fn an_altered_list_is_none_or_one_of_whole_tags() {
        let (order, random): (OrderId, _) = ("order-1".parse().unwrap(), testkit::SeededBytes::new(14));
        let values = ["4B7 1234", "1AA 0001", "2BB"].map(str::to_owned);
        let text = HotList::build(&HotListKey::new([3; 32]), &order, &values).to_text();
        let (mut lists, mut refused) = (0, 0);
        for round in 0..4_000 {
            let bytes =
                if round % 8 == 0 { testkit::noise(200, &random) } else { testkit::altered(text.as_bytes(), &random) };
            let Ok(altered) = String::from_utf8(bytes) else { continue };
            match HotList::from_text(HotListKey::new([3; 32]), &order, &altered) {
                Ok(list) => {
                    let whole = altered.lines().map(str::to_lowercase).collect::<Vec<_>>().join("\n");
                    assert_eq!(list.to_text(), whole, "nothing is added, nothing is left out");
                    lists += 1;
                }
                Err(error) => {
                    assert_eq!(error.to_string(), "this is not a list of tags");
                    refused += 1;
                }
            }
        }
        assert!(lists > 100 && refused > 100, "{lists} lists, {refused} refused");
    }

    #[test]
    fn a_list_that_is_too_long_is_refused_and_not_cut() {
        let order: OrderId = "order-1".parse().unwrap();
        let line = format!("{}\n", "ab".repeat(TAG_BYTES));
        let read = |lines: usize| HotList::from_text(HotListKey::new([3; 32]), &order, &line.repeat(lines));
        assert!(read(ENTRIES_MAX).is_ok() && read(ENTRIES_MAX + 1).is_err());
    }
}
