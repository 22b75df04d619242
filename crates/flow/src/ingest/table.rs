//! CSV with a declared mapping from columns to properties.

use std::borrow::Cow;
use std::collections::BTreeMap;

use model::{Point, PropertyName, ValueKind};
use privacy::{RawValue, Recipe};
use serde::{Deserialize, Serialize};

use super::fault::Fault;

/// How a table's columns become observations. Columns that are not named here are not read at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// What separates columns, one ASCII character.
    #[serde(default = "comma")]
    pub separator: char,
    /// The column with the time (RFC 3339, or `2023-11-20 00:12:49.578498` in UTC).
    pub time: String,
    /// The column with the device id; none if the whole file comes from one device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Property → column. A point is two columns, `longitude latitude`, separated by a space.
    pub properties: BTreeMap<PropertyName, String>,
}

const fn comma() -> char {
    ','
}

/// Why a mapping does not fit a table or a stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// The separator is not one ASCII character.
    #[error("the separator `{0}` is not one ASCII character")]
    Separator(char),
    /// The table has no such column.
    #[error("the table has no column `{0}`")]
    NoColumn(String),
    /// The stream has no such property.
    #[error("the stream declares no property `{0}`")]
    NoProperty(PropertyName),
}

/// A mapping bound to one table's header and one stream's slots.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(super) time: usize,
    pub(super) device: Option<usize>,
    columns: Vec<(usize, ValueKind, Vec<usize>)>,
}

impl Mapping {
    /// The separator as a byte.
    pub(super) fn separator(&self) -> Result<u8, MappingError> {
        u8::try_from(self.separator).ok().filter(u8::is_ascii).ok_or(MappingError::Separator(self.separator))
    }

    /// Looks every column and property up once.
    pub(super) fn bind(&self, header: &csv::StringRecord, recipe: &Recipe) -> Result<Bound, MappingError> {
        let column = |name: &str| {
            header
                .iter()
                .position(|column| column.trim() == name)
                .ok_or_else(|| MappingError::NoColumn(name.to_owned()))
        };
        let mut columns = Vec::new();
        for (property, names) in &self.properties {
            let slot = recipe.slot(property.as_str()).ok_or_else(|| MappingError::NoProperty(property.clone()))?;
            let kind = recipe.slots().get(slot).map_or(ValueKind::Text, |slot| slot.kind);
            let names: Vec<&str> = if kind == ValueKind::Point { names.split(' ').collect() } else { vec![names] };
            columns.push((slot, kind, names.into_iter().map(column).collect::<Result<_, _>>()?));
        }
        let device = self.device.as_deref().map(column).transpose()?;
        Ok(Bound { time: column(&self.time)?, device, columns })
    }
}

impl Bound {
    /// Reads one row's values; an empty cell is absent.
    pub(super) fn values<'r>(
        &self,
        recipe: &Recipe,
        row: &'r csv::StringRecord,
        values: &mut Vec<RawValue<'r>>,
    ) -> Result<(), Fault> {
        values.clear();
        values.resize_with(recipe.slots().len(), || RawValue::Absent);
        for (slot, kind, columns) in &self.columns {
            let cell = |at: usize| columns.get(at).and_then(|&column| row.get(column)).map_or("", str::trim);
            let read = read(*kind, cell(0), cell(1));
            let (Some(place), Some(slot)) = (values.get_mut(*slot), recipe.slots().get(*slot)) else { continue };
            *place = read.map_err(|problem| Fault::Property { property: slot.name.clone(), problem })?;
        }
        Ok(())
    }
}

fn read<'r>(kind: ValueKind, cell: &'r str, second: &'r str) -> Result<RawValue<'r>, &'static str> {
    if cell.is_empty() {
        return Ok(RawValue::Absent);
    }
    match kind {
        ValueKind::Text => Ok(RawValue::Text(Cow::Borrowed(cell))),
        ValueKind::Integer => cell.parse().map(RawValue::Integer).map_err(|_| "expected a whole number"),
        ValueKind::Number => cell.parse().map(RawValue::Number).map_err(|_| "expected a number"),
        ValueKind::Boolean => match cell {
            "true" | "1" => Ok(RawValue::Boolean(true)),
            "false" | "0" => Ok(RawValue::Boolean(false)),
            _ => Err("expected true or false"),
        },
        ValueKind::Point => {
            let position = cell.parse().ok().zip(second.parse().ok());
            let point = position.and_then(|(longitude, latitude)| Point::new(longitude, latitude).ok());
            point.map(RawValue::Point).ok_or("expected a longitude and a latitude")
        }
    }
}
