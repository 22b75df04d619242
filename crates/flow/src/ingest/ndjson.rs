//! One observation a line: `{"time": …, "device": …, "<property>": …}`.
//!
//! A key that the stream does not declare is refused: an undeclared field is how personal data enters unnoticed.

use std::borrow::Cow;
use std::fmt;

use model::Timestamp;
use privacy::{RawValue, Recipe};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::instant::instant;
use super::value::ValueSeed;

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
) -> Result<Line<'de>, serde_json::Error> {
    values.clear();
    values.resize_with(recipe.slots().len(), || RawValue::Absent);
    let mut deserializer = serde_json::Deserializer::from_slice(line);
    let parsed = LineSeed { recipe, values }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(parsed)
}

struct LineSeed<'s, 'de> {
    recipe: &'s Recipe,
    values: &'s mut Vec<RawValue<'de>>,
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
        f.write_str("an object with `time`, `device` and the stream's properties")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line<'de>, A::Error> {
        let (mut at, mut device) = (None, None);
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            if let Some(slot) = self.recipe.slot(&key) {
                let kind = self.recipe.slots().get(slot).map(|slot| slot.kind);
                let (Some(kind), Some(place)) = (kind, self.values.get_mut(slot)) else {
                    return Err(A::Error::custom("a slot is missing"));
                };
                *place = map
                    .next_value_seed(ValueSeed(kind))
                    .map_err(|error| A::Error::custom(format_args!("property `{key}`: {error}")))?;
                continue;
            }
            match key.as_ref() {
                "time" => {
                    let Key(text) = map.next_value()?;
                    at = Some(instant(&text).ok_or_else(|| A::Error::custom("`time` is not an RFC 3339 time"))?);
                }
                "device" => {
                    let Key(text) = map.next_value()?;
                    device = Some(text);
                }
                _ => return Err(A::Error::custom(undeclared(&key))),
            }
        }
        let at = at.ok_or_else(|| A::Error::custom("`time` is missing"))?;
        Ok(Line { at, device })
    }
}

/// What is said of a name that the stream does not declare. The name is a device's own word for a property, not a
/// value; it is cut and made printable all the same.
pub(super) fn undeclared(name: &str) -> String {
    let name: String = name.escape_debug().take(64).collect();
    format!("the property `{name}` is not declared for this stream; declare it in the deployment or do not send it")
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
