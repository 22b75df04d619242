//! NGSI-LD entities, normalized or concise, as `entityOperations/upsert` takes them (ETSI GS CIM 009, 5.6.8).
//!
//! An entity is one observation of the device whose token came with the request. Its time is `observedAt` of its
//! attributes, which must agree, or a `dateObserved` property. `id`, `type` and `@context` are accepted and not kept;
//! a context is never fetched. Relationships, language maps and multi-attributes are refused: this is no broker.

use std::borrow::Cow;
use std::fmt;

use model::{PropertyName, Timestamp, ValueKind};
use privacy::{RawValue, Recipe};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue as RawJson;

use super::fault::{Fault, Notes, Unreadable};
use super::instant::instant;
use super::ndjson::Key;
use super::value::{ValueSeed, expected};

/// What an entity is.
const EXPECTED: &str = "an NGSI-LD entity";
/// The longest id of an entity, in bytes.
const ENTITY_ID_BYTES_MAX: usize = 512;

/// Splits a body into entities without reading into them: an array, or a single one.
pub(crate) fn entities(body: &[u8]) -> Result<Vec<&RawJson>, Unreadable> {
    let array = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let read = if array { serde_json::from_slice(body) } else { serde_json::from_slice(body).map(|one| vec![one]) };
    read.map_err(|error| Notes::default().told(&error, "a list of NGSI-LD entities"))
}

/// What an entity held besides its values.
pub(crate) struct Entity<'de> {
    pub(crate) id: Cow<'de, str>,
    pub(crate) at: Timestamp,
}

/// Reads an entity into `values`, which has one place for each slot of the recipe.
pub(crate) fn parse<'de>(
    recipe: &Recipe,
    entity: &'de RawJson,
    values: &mut Vec<RawValue<'de>>,
) -> Result<Entity<'de>, Unreadable> {
    values.clear();
    values.resize_with(recipe.slots().len(), || RawValue::Absent);
    let mut deserializer = serde_json::Deserializer::from_str(entity.get());
    let mut notes = Notes::default();
    let parsed = EntitySeed { recipe, values, notes: &mut notes }.deserialize(&mut deserializer);
    parsed.map_err(|error| notes.told(&error, EXPECTED))
}

struct EntitySeed<'s, 'de> {
    recipe: &'s Recipe,
    values: &'s mut Vec<RawValue<'de>>,
    notes: &'s mut Notes,
}

impl<'de> DeserializeSeed<'de> for EntitySeed<'_, 'de> {
    type Value = Entity<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Entity<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for EntitySeed<'_, 'de> {
    type Value = Entity<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entity<'de>, A::Error> {
        let Self { recipe, values, notes } = self;
        let (mut id, mut has_type, mut at) = (None, false, None);
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            notes.member();
            if let Some((slot, place)) = recipe.slot(&key).and_then(|at| recipe.slots().get(at).zip(values.get_mut(at)))
            {
                let attribute = attribute(&mut map, notes, Some(&slot.name), slot.kind)?;
                *place = attribute.value;
                agree(&mut at, attribute.observed_at, notes)?;
                continue;
            }
            match key.as_ref() {
                "id" => id = Some(text(&mut map, notes, "`id` must be a URI")?),
                "type" => {
                    text(&mut map, notes, "`type` must be a text")?;
                    has_type = true;
                }
                "@context" => drop(map.next_value::<IgnoredAny>()?),
                "dateObserved" => {
                    let date = attribute(&mut map, notes, None, ValueKind::Text)?;
                    let read = match &date.value {
                        RawValue::Text(text) => instant(text),
                        _ => None,
                    };
                    let wrong = Fault::Envelope("`dateObserved` is not an RFC 3339 time");
                    agree(&mut at, Some(read.ok_or_else(|| notes.fault::<A::Error>(wrong))?), notes)?;
                }
                _ => return Err(notes.fault(Fault::undeclared(recipe))),
            }
        }
        let mut wrong = |what| notes.fault::<A::Error>(Fault::Envelope(what));
        let id = id.filter(|id: &Cow<'de, str>| id.len() <= ENTITY_ID_BYTES_MAX && id.contains(':'));
        let id = id.ok_or_else(|| wrong("`id` must be a URI"))?;
        if !has_type {
            return Err(wrong("`type` is missing"));
        }
        let at = at.ok_or_else(|| wrong("no attribute has `observedAt`, and there is no `dateObserved`"))?;
        Ok(Entity { id, at })
    }
}

/// A member that must be a text.
fn text<'de, A: MapAccess<'de>>(
    map: &mut A,
    notes: &mut Notes,
    wrong: &'static str,
) -> Result<Cow<'de, str>, A::Error> {
    map.next_value::<Key<'de>>().map(|key| key.0).map_err(|_| notes.fault(Fault::Envelope(wrong)))
}

/// The attribute of a property, or of `dateObserved`.
fn attribute<'de, A: MapAccess<'de>>(
    map: &mut A,
    notes: &mut Notes,
    property: Option<&PropertyName>,
    kind: ValueKind,
) -> Result<Attribute<'de>, A::Error> {
    map.next_value_seed(AttributeSeed { kind, notes }).map_err(|_| match property {
        Some(property) => notes.property(property, expected(kind)),
        None => notes.fault(Fault::Envelope("`dateObserved` is not a time")),
    })
}

fn agree<E: Error>(at: &mut Option<Timestamp>, observed: Option<Timestamp>, notes: &mut Notes) -> Result<(), E> {
    match (*at, observed) {
        (Some(known), Some(other)) if known != other => {
            let wrong = "the attributes were observed at different times; send an entity for each";
            Err(notes.fault(Fault::Envelope(wrong)))
        }
        (_, Some(other)) => {
            *at = Some(other);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// An attribute's value and time.
struct Attribute<'de> {
    value: RawValue<'de>,
    observed_at: Option<Timestamp>,
}

/// Reads an attribute: concise (`"rssi": -70`, `{"value": …}`) or normalized (`{"type": "Property", "value": …}`).
struct AttributeSeed<'s> {
    kind: ValueKind,
    notes: &'s mut Notes,
}

impl<'de> DeserializeSeed<'de> for AttributeSeed<'_> {
    type Value = Attribute<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Attribute<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AttributeSeed<'_> {
    type Value = Attribute<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(expected(self.kind))
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Attribute<'de>, E> {
        ValueSeed(self.kind).visit_bool(value).map(bare)
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Attribute<'de>, E> {
        ValueSeed(self.kind).integer(value).map(bare)
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Attribute<'de>, E> {
        ValueSeed(self.kind).visit_u64(value).map(bare)
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Attribute<'de>, E> {
        ValueSeed(self.kind).visit_f64(value).map(bare)
    }
    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Attribute<'de>, E> {
        ValueSeed(self.kind).visit_borrowed_str(value).map(bare)
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<Attribute<'de>, E> {
        ValueSeed(self.kind).visit_str(value).map(bare)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attribute<'de>, A::Error> {
        let Self { kind: expected, notes } = self;
        let point = expected == ValueKind::Point;
        let (mut value, mut observed_at) = (None, None);
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            match key.as_ref() {
                "value" => value = Some(map.next_value_seed(ValueSeed(expected))?),
                // A bare GeoJSON point in the concise form: its own members, not an attribute's.
                "coordinates" if point => {
                    let position: [f64; 2] = map.next_value()?;
                    let read = model::Point::try_from(position);
                    value =
                        Some(RawValue::Point(read.map_err(|_| notes.problem::<A::Error>("not a position on Earth"))?));
                }
                "type" => {
                    let Key(kind) = map.next_value()?;
                    let fits = if point { kind == "GeoProperty" || kind == "Point" } else { kind == "Property" };
                    if !fits {
                        let wanted = if point { "expected a GeoProperty" } else { "expected a Property" };
                        return Err(notes.problem(wanted));
                    }
                }
                "observedAt" => {
                    let Key(text) = map.next_value()?;
                    let read = instant(&text);
                    let wrong = "`observedAt` is not an RFC 3339 time";
                    observed_at = Some(read.ok_or_else(|| notes.problem::<A::Error>(wrong))?);
                }
                "unitCode" => drop(map.next_value::<Key<'de>>()?),
                _ => {
                    return Err(
                        notes.problem("an attribute has only `type`, `value`, `observedAt` and `unitCode` here")
                    );
                }
            }
        }
        let value = value.ok_or_else(|| notes.problem::<A::Error>("the attribute has no `value`"))?;
        Ok(Attribute { value, observed_at })
    }
}

const fn bare(value: RawValue<'_>) -> Attribute<'_> {
    Attribute { value, observed_at: None }
}
