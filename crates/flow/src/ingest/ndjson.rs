//! One observation a line: `{"time": …, "device": …, "<property>": …}`.
//!
//! A key that the stream does not declare is refused: an undeclared field is how personal data enters unnoticed.

use std::borrow::Cow;
use std::fmt;

use model::Timestamp;
use privacy::{RawValue, Recipe};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::fault::{Fault, Notes, Unreadable};
use super::instant::instant;
use super::value::{ValueSeed, expected};

/// What a line is.
const EXPECTED: &str = "an object with `time`, `device` and the stream's properties";

/// What a line held besides its values.
pub(crate) struct Line<'de> {
    pub(crate) at: Timestamp,
    pub(crate) device: Option<Cow<'de, str>>,
}

/// Reads a line into `values`, which has one place for each slot of the recipe.
pub(crate) fn parse<'de>(
    recipe: &Recipe,
    line: &'de [u8],
    values: &mut Vec<RawValue<'de>>,
) -> Result<Line<'de>, Unreadable> {
    values.clear();
    values.resize_with(recipe.slots().len(), || RawValue::Absent);
    let mut deserializer = serde_json::Deserializer::from_slice(line);
    let mut notes = Notes::default();
    let parsed = LineSeed { recipe, values, notes: &mut notes }.deserialize(&mut deserializer);
    let ended = parsed.and_then(|parsed| deserializer.end().map(|()| parsed));
    ended.map_err(|error| notes.told(&error, EXPECTED))
}

struct LineSeed<'s, 'de> {
    recipe: &'s Recipe,
    values: &'s mut Vec<RawValue<'de>>,
    notes: &'s mut Notes,
}

impl<'de> DeserializeSeed<'de> for LineSeed<'_, 'de> {
    type Value = Line<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Line<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for LineSeed<'_, 'de> {
    type Value = Line<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line<'de>, A::Error> {
        let Self { recipe, values, notes } = self;
        let (mut at, mut device) = (None, None);
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            notes.member();
            if let Some((slot, place)) = recipe.slot(&key).and_then(|at| recipe.slots().get(at).zip(values.get_mut(at)))
            {
                let value = map.next_value_seed(ValueSeed(slot.kind));
                *place = value.map_err(|_| notes.property(&slot.name, expected(slot.kind)))?;
                continue;
            }
            match key.as_ref() {
                "time" => {
                    let wrong = || Fault::Envelope("`time` is not an RFC 3339 time");
                    let text = map.next_value::<Key<'de>>().map_err(|_| notes.fault::<A::Error>(wrong()))?;
                    at = Some(instant(&text.0).ok_or_else(|| notes.fault::<A::Error>(wrong()))?);
                }
                "device" => {
                    let name = map.next_value::<Key<'de>>();
                    let wrong = Fault::Envelope("`device` is not a text");
                    device = Some(name.map_err(|_| notes.fault::<A::Error>(wrong))?.0);
                }
                _ => return Err(notes.fault(Fault::undeclared(recipe))),
            }
        }
        let at = at.ok_or_else(|| notes.fault::<A::Error>(Fault::Envelope("`time` is missing")))?;
        Ok(Line { at, device })
    }
}

/// A text borrowed from the input wherever it has no escape.
pub(super) struct Key<'de>(pub(super) Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}
