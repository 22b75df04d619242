//! NGSI-LD entities, normalized or concise, as `entityOperations/upsert` takes them (ETSI GS CIM 009, 5.6.8).
//!
//! An entity is one observation of the device whose token came with the request. Its time is `observedAt` of its
//! attributes, which must agree, or a `dateObserved` property. `id`, `type` and `@context` are accepted and not kept;
//! a context is never fetched. Relationships, language maps and multi-attributes are refused: this is no broker.

use std::borrow::Cow;
use std::fmt;

use model::{Timestamp, ValueKind};
use privacy::{RawValue, Recipe};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue as RawJson;

use super::instant::instant;
use super::ndjson::{Key, undeclared};
use super::value::ValueSeed;

/// Splits a body into entities without reading into them: an array, or a single one.
pub(crate) fn entities(body: &[u8]) -> Result<Vec<&RawJson>, serde_json::Error> {
    let array = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    if array { serde_json::from_slice(body) } else { serde_json::from_slice(body).map(|entity| vec![entity]) }
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
) -> Result<Entity<'de>, serde_json::Error> {
    values.clear();
    values.resize_with(recipe.slots().len(), || RawValue::Absent);
    let mut deserializer = serde_json::Deserializer::from_str(entity.get());
    EntitySeed { recipe, values }.deserialize(&mut deserializer)
}

struct EntitySeed<'s, 'de> {
    recipe: &'s Recipe,
    values: &'s mut Vec<RawValue<'de>>,
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
        f.write_str("an NGSI-LD entity")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entity<'de>, A::Error> {
        let (mut id, mut has_type, mut at) = (None, false, None);
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            if let Some(slot) = self.recipe.slot(&key) {
                let kind = self.recipe.slots().get(slot).map(|slot| slot.kind);
                let (Some(kind), Some(place)) = (kind, self.values.get_mut(slot)) else {
                    return Err(A::Error::custom("a slot is missing"));
                };
                let attribute = map
                    .next_value_seed(AttributeSeed(kind))
                    .map_err(|error| A::Error::custom(format_args!("property `{key}`: {error}")))?;
                *place = attribute.value;
                agree(&mut at, attribute.observed_at)?;
                continue;
            }
            match key.as_ref() {
                "id" => id = Some(map.next_value::<Key<'de>>()?.0),
                "type" => {
                    map.next_value::<Key<'de>>()?;
                    has_type = true;
                }
                "@context" => drop(map.next_value::<IgnoredAny>()?),
                "dateObserved" => {
                    let date = map.next_value_seed(AttributeSeed(ValueKind::Text))?;
                    let RawValue::Text(text) = &date.value else {
                        return Err(A::Error::custom("`dateObserved` is not a time"));
                    };
                    let read =
                        instant(text).ok_or_else(|| A::Error::custom("`dateObserved` is not an RFC 3339 time"))?;
                    agree(&mut at, Some(read))?;
                }
                _ => return Err(A::Error::custom(undeclared(&key))),
            }
        }
        let id = id.filter(|id| id.len() <= 512 && id.contains(':'));
        let id = id.ok_or_else(|| A::Error::custom("`id` must be a URI"))?;
        if !has_type {
            return Err(A::Error::custom("`type` is missing"));
        }
        let at = at.ok_or_else(|| A::Error::custom("no attribute has `observedAt`, and there is no `dateObserved`"))?;
        Ok(Entity { id, at })
    }
}

fn agree<E: Error>(at: &mut Option<Timestamp>, observed: Option<Timestamp>) -> Result<(), E> {
    match (*at, observed) {
        (Some(known), Some(other)) if known != other => {
            Err(E::custom("the attributes were observed at different times; send an entity for each"))
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
struct AttributeSeed(ValueKind);

impl<'de> DeserializeSeed<'de> for AttributeSeed {
    type Value = Attribute<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Attribute<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AttributeSeed {
    type Value = Attribute<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ValueSeed(self.0).expecting(f)
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Attribute<'de>, E> {
        ValueSeed(self.0).visit_bool(value).map(bare)
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Attribute<'de>, E> {
        ValueSeed(self.0).integer(value).map(bare)
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Attribute<'de>, E> {
        ValueSeed(self.0).visit_u64(value).map(bare)
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Attribute<'de>, E> {
        ValueSeed(self.0).visit_f64(value).map(bare)
    }
    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Attribute<'de>, E> {
        ValueSeed(self.0).visit_borrowed_str(value).map(bare)
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<Attribute<'de>, E> {
        ValueSeed(self.0).visit_str(value).map(bare)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attribute<'de>, A::Error> {
        let wanted = if self.0 == ValueKind::Point { "GeoProperty" } else { "Property" };
        let (mut value, mut observed_at) = (None, None);
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            match key.as_ref() {
                "value" => value = Some(map.next_value_seed(ValueSeed(self.0))?),
                // A bare GeoJSON point in the concise form: its own members, not an attribute's.
                "coordinates" if self.0 == ValueKind::Point => {
                    let position: [f64; 2] = map.next_value()?;
                    let point =
                        model::Point::try_from(position).map_err(|_| A::Error::custom("not a position on Earth"))?;
                    value = Some(RawValue::Point(point));
                }
                "type" => {
                    let Key(kind) = map.next_value()?;
                    if kind != wanted && !(kind == "Point" && self.0 == ValueKind::Point) {
                        return Err(A::Error::custom(format_args!(
                            "expected a {wanted}; other kinds of attribute are not taken"
                        )));
                    }
                }
                "observedAt" => {
                    let Key(text) = map.next_value()?;
                    let read =
                        instant(&text).ok_or_else(|| A::Error::custom("`observedAt` is not an RFC 3339 time"))?;
                    observed_at = Some(read);
                }
                "unitCode" => drop(map.next_value::<Key<'de>>()?),
                _ => {
                    return Err(A::Error::custom(
                        "an attribute has only `type`, `value`, `observedAt` and `unitCode` here",
                    ));
                }
            }
        }
        let value = value.ok_or_else(|| A::Error::custom("the attribute has no `value`"))?;
        Ok(Attribute { value, observed_at })
    }
}

const fn bare(value: RawValue<'_>) -> Attribute<'_> {
    Attribute { value, observed_at: None }
}
