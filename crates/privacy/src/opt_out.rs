//! Identifiers of people who asked not to be counted, as keyed tags: their observations are gone before anything is stored.
//!
//! The list holds no identifier. It is kept with its key, because every batch is compared with it: whoever has both can try
//! all addresses, as with an order's list (there are 2^48, and far fewer plates), so that the file is as secret as an epoch's
//! key. What is listed is treated as everything else is, up to the last step, and answered and counted as everything else
//! is; then it is dropped. No counter tells how many were dropped: one that moves when one person walks by says who walked by.
//!
//! What it does not stop: whoever holds a sensor's token and sends one observation at a time can tell by the time of the
//! answer whether something was stored, for an empty batch waits for no disk. A phone that makes up a new address is not on
//! the list (the CNIL asks for an opt-out that works, and does not take switching Wi-Fi off for one). What was stored before
//! somebody asked stays until its retention ends.

use std::collections::HashSet;
use std::fmt;

use model::PropertyName;
use zeroize::{Zeroize, Zeroizing};

use crate::hotlist::{TAG_BYTES, hex, parse, tag};
use crate::keys::{IDENTIFIER_BYTES_MAX, Last, canonical};
use crate::recipe::{Action, Canon, Recipe, Slot};

/// The most entries of one list.
pub const OPT_OUTS_MAX: usize = 1_000_000;
/// Digits of a list's key.
const KEY_DIGITS: usize = 64;
/// Hexadecimal digits of a MAC address.
const ADDRESS_DIGITS: usize = 12;

/// A text that is not a list of people who opted out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a list of those who opted out")]
pub struct NotAnOptOut;

/// Why an identifier cannot be put on a list. Never says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotListed {
    /// It is not what the property holds.
    #[error("it is no {0}")]
    Form(&'static str),
    /// The list is full.
    #[error("the list has {OPT_OUTS_MAX} entries already")]
    Full,
}

/// The list of one stream.
pub struct OptOut {
    key: [u8; 32],
    tags: HashSet<[u8; TAG_BYTES]>,
}

impl fmt::Debug for OptOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OptOut(secret)")
    }
}

impl Drop for OptOut {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl OptOut {
    /// A list of nobody, under 32 random bytes.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { key, tags: HashSet::new() }
    }

    /// How many entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tags.len()
    }
    /// Whether nobody is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// What is kept in a secret file: the key, then the tags in their own order, one a line.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut tags: Vec<_> = self.tags.iter().collect();
        // Nobody can tell who was first.
        tags.sort_unstable();
        let mut text = Zeroizing::new(String::with_capacity(KEY_DIGITS + tags.len() * (2 * TAG_BYTES + 1)));
        text.push_str(&Zeroizing::new(hex(&self.key)));
        for tag in tags {
            text.push('\n');
            text.push_str(&hex(tag));
        }
        text
    }

    /// Reads what [`OptOut::to_text`] wrote.
    ///
    /// # Errors
    /// It is not such a list.
    pub fn from_text(text: &str) -> Result<Self, NotAnOptOut> {
        let mut lines = text.split('\n');
        let key = lines.next().filter(|line| line.len() == KEY_DIGITS && line.is_ascii()).ok_or(NotAnOptOut)?;
        let (first, second) = key.split_at(KEY_DIGITS / 2);
        let mut list = Self::new([0; 32]);
        for (half, digits) in list.key.chunks_exact_mut(TAG_BYTES).zip([first, second]) {
            half.copy_from_slice(&parse(digits).map_err(|_| NotAnOptOut)?);
        }
        for line in lines.by_ref().take(OPT_OUTS_MAX) {
            list.tags.insert(parse(line).map_err(|_| NotAnOptOut)?);
        }
        // One that is too long is refused and not cut.
        if lines.next().is_some() { Err(NotAnOptOut) } else { Ok(list) }
    }

    /// Puts an identifier of a property on the list; false if it is there already.
    ///
    /// # Errors
    /// It is no identifier of the property, or the list is full.
    pub fn add(&mut self, slot: &Slot, value: &str) -> Result<bool, NotListed> {
        let tag = self.tag_of(slot, value)?;
        if !self.tags.contains(&tag) && self.tags.len() >= OPT_OUTS_MAX {
            return Err(NotListed::Full);
        }
        Ok(self.tags.insert(tag))
    }

    /// Takes an identifier of a property from the list; false if it was not there.
    ///
    /// # Errors
    /// It is no identifier of the property.
    pub fn remove(&mut self, slot: &Slot, value: &str) -> Result<bool, NotListed> {
        Ok(self.tags.remove(&self.tag_of(slot, value)?))
    }

    fn tag_of(&self, slot: &Slot, value: &str) -> Result<[u8; TAG_BYTES], NotListed> {
        let mut buffer = Zeroizing::new([0; IDENTIFIER_BYTES_MAX]);
        let canonical = canonical(slot.canon, value, &mut buffer).unwrap_or_default();
        // What could never be seen would be listed in vain, and somebody would believe to be left out.
        let (fit, form) = match slot.canon {
            Canon::Address => (
                canonical.len() == ADDRESS_DIGITS && canonical.iter().all(u8::is_ascii_hexdigit),
                "address of 12 hexadecimal digits",
            ),
            Canon::Plate => (canonical.len() > 1, "number plate"),
            Canon::Text => (!canonical.is_empty(), "text of 1 to 256 bytes"),
        };
        if fit { Ok(tag(&self.subkey(&slot.name), canonical)) } else { Err(NotListed::Form(form)) }
    }

    fn subkey(&self, property: &PropertyName) -> Zeroizing<[u8; 32]> {
        let mut hasher = blake3::Hasher::new_derive_key("ordinance 2026 opt-out list v1");
        hasher.update(&self.key);
        hasher.update(property.as_str().as_bytes());
        Zeroizing::new(*hasher.finalize().as_bytes())
    }

    /// What compares the values of one property; its subkey is derived here, once for the whole batch.
    pub(crate) fn of(&self, slot: &Slot) -> Leaving<'_> {
        Leaving { key: self.subkey(&slot.name), tags: &self.tags, canon: slot.canon, last: Last::default() }
    }
}

/// The properties of a stream whose identifiers can be listed.
pub fn can_opt_out(recipe: &Recipe) -> impl Iterator<Item = &Slot> {
    recipe.slots().iter().filter(|slot| matches!(slot.action, Action::Tag(_) | Action::Sight))
}

/// Compares the values of one property with the list.
pub(crate) struct Leaving<'a> {
    key: Zeroizing<[u8; 32]>,
    tags: &'a HashSet<[u8; TAG_BYTES]>,
    canon: Canon,
    last: Last,
}

impl Leaving<'_> {
    /// Whether somebody asked that this be left out.
    pub(crate) fn lists(&mut self, text: &str) -> bool {
        if let Some(known) = self.last.of(0, text) {
            return known == 1;
        }
        let mut buffer = [0; IDENTIFIER_BYTES_MAX];
        let Some(canonical) = canonical(self.canon, text, &mut buffer) else { return false };
        let listed = self.tags.contains(&tag(&self.key, canonical));
        self.last.remember(0, text, u64::from(listed));
        listed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        let tag = r#"{"do":"pseudonymise","epoch":"24h"}"#;
        let json = format!(
            r#"{{"id":"s","time":{{"do":"keep"}},"retention":"1h","properties":{{
            "mac":{{"category":"mac-address","value":"text","treatment":{tag}}},
            "plate":{{"category":"number-plate","value":"text","treatment":{tag}}},
            "ssid":{{"category":"network-name","value":"text","treatment":{{"do":"drop"}}}}}}}}"#
        );
        Recipe::compile(&serde_json::from_str(&json).unwrap(), &|_| None).unwrap()
    }

    #[test]
    fn a_list_knows_an_identifier_in_any_spelling_and_holds_none() {
        let recipe = recipe();
        let slots: Vec<&Slot> = can_opt_out(&recipe).collect();
        assert_eq!(slots.iter().map(|slot| slot.name.as_str()).collect::<Vec<_>>(), ["mac", "plate"]);
        let mut list = OptOut::new([9; 32]);
        assert_eq!(list.add(slots[0], "88:78:73:8D:98:75"), Ok(true));
        assert_eq!(list.add(slots[0], "88-78-73-8d-98-75"), Ok(false), "twice is once");
        assert_eq!(list.add(slots[1], "4b7 1234"), Ok(true));
        let text = list.to_text();
        for secret in ["8878738d9875", "4b71234", "4B71234"] {
            assert!(!text.contains(secret));
        }
        let mut list = OptOut::from_text(&text).unwrap();
        assert_eq!((list.len(), list.to_text()), (2, text));
        assert!(list.of(slots[0]).lists("8878738d9875") && list.of(slots[1]).lists("4B7-1234"));
        let mut addresses = list.of(slots[0]);
        assert!(!addresses.lists("8878738d9876") && addresses.lists("8878738d9875") && addresses.lists("8878738d9875"));
        assert!(!list.of(slots[1]).lists("8878738d9875"), "an address is no plate");
        assert_eq!(list.remove(slots[0], "8878738D9875"), Ok(true));
        assert_eq!(list.remove(slots[0], "8878738D9875"), Ok(false));
        assert_eq!((list.len(), list.is_empty()), (1, false));
        assert_eq!(format!("{list:?}"), "OptOut(secret)");
    }

    #[test]
    fn what_is_no_identifier_is_refused_and_not_said() {
        let recipe = recipe();
        let (mac, plate) = (&recipe.slots()[0], &recipe.slots()[1]);
        let mut list = OptOut::new([9; 32]);
        for wrong in ["", "88:78:73:8d:98", "88:78:73:8d:98:7g", "88:78:73:8d:98:75:11", &"8".repeat(400)] {
            let error = list.add(mac, wrong).unwrap_err();
            assert_eq!(error.to_string(), "it is no address of 12 hexadecimal digits");
        }
        assert!(list.add(plate, "-").is_err() && list.add(plate, "").is_err());
        assert!(list.is_empty());
    }

    #[test]
    fn an_altered_list_is_none_or_one_of_whole_tags() {
        let (recipe, random) = (recipe(), testkit::SeededBytes::new(15));
        let mut list = OptOut::new([9; 32]);
        for number in 0..5 {
            list.add(&recipe.slots()[0], &format!("88787300000{number}")).unwrap();
        }
        let text = list.to_text();
        let (mut lists, mut refused) = (0, 0);
        for _ in 0..4_000 {
            let Ok(altered) = String::from_utf8(testkit::altered(text.as_bytes(), &random)) else { continue };
            match OptOut::from_text(&altered) {
                Ok(list) => {
                    assert!(list.len() <= altered.split('\n').count());
                    lists += 1;
                }
                Err(NotAnOptOut) => refused += 1,
            }
        }
        assert!(lists > 100 && refused > 100, "{lists} lists, {refused} refused");
        assert!(OptOut::from_text("").is_err());
    }
}
