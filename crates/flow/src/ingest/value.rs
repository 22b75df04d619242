//! Reading one value of a declared kind from JSON, borrowed where it can be.

use std::borrow::Cow;
use std::fmt;

use model::{Point, ValueKind};
use privacy::RawValue;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Reads a value of one kind. Its errors are only asked whether there was one: those of the JSON reader quote values.
pub(super) struct ValueSeed(pub(super) ValueKind);

/// What a value of a kind is, in words.
pub(super) const fn expected(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Text => "expected a text",
        ValueKind::Integer => "expected a whole number",
        ValueKind::Number => "expected a number",
        ValueKind::Boolean => "expected true or false",
        ValueKind::Point => "expected a GeoJSON point on Earth, with `type` and `coordinates` alone",
    }
}

impl ValueSeed {
    fn wrong<E: Error>(&self) -> E {
        E::custom(expected(self.0))
    }

    /// What a whole number becomes.
    pub(super) fn integer<'de, E: Error>(&self, value: i64) -> Result<RawValue<'de>, E> {
        match self.0 {
            ValueKind::Integer => Ok(RawValue::Integer(value)),
            #[expect(clippy::cast_precision_loss, reason = "a declared number is a float; beyond 2^53 it is rounded")]
            ValueKind::Number => Ok(RawValue::Number(value as f64)),
            _ => Err(self.wrong()),
        }
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = RawValue<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawValue<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = RawValue<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(expected(self.0))
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<RawValue<'de>, E> {
        if self.0 == ValueKind::Boolean { Ok(RawValue::Boolean(value)) } else { Err(self.wrong()) }
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<RawValue<'de>, E> {
        self.integer(value)
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<RawValue<'de>, E> {
        let value = i64::try_from(value).map_err(|_| self.wrong())?;
        self.integer(value)
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<RawValue<'de>, E> {
        if self.0 == ValueKind::Number { Ok(RawValue::Number(value)) } else { Err(self.wrong()) }
    }
    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<RawValue<'de>, E> {
        if self.0 == ValueKind::Text { Ok(RawValue::Text(Cow::Borrowed(value))) } else { Err(self.wrong()) }
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<RawValue<'de>, E> {
        if self.0 == ValueKind::Text { Ok(RawValue::Text(Cow::Owned(value.to_owned()))) } else { Err(self.wrong()) }
    }
    fn visit_unit<E: Error>(self) -> Result<RawValue<'de>, E> {
        Ok(RawValue::Absent)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<RawValue<'de>, A::Error> {
        Err(self.wrong())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawValue<'de>, A::Error> {
        if self.0 != ValueKind::Point {
            return Err(self.wrong());
        }
        let mut position: Option<[f64; 2]> = None;
        let mut is_point = false;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match key.as_ref() {
                "type" => is_point = map.next_value::<Cow<'de, str>>()? == "Point",
                "coordinates" => position = Some(map.next_value()?),
                _ => return Err(self.wrong()),
            }
        }
        let point = position.filter(|_| is_point).and_then(|position| Point::try_from(position).ok());
        point.map(RawValue::Point).ok_or_else(|| self.wrong())
    }
}
