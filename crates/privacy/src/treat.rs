//! The hot path: one observation after the other through its stream's recipe, into columns.
//!
//! No allocation for each record but what a kept text needs; subkeys are derived once a batch. What is dropped is read
//! and forgotten here; what is matched and not listed leaves nothing at all.

use std::collections::HashMap;

use model::{DeviceId, PropertyName, TimeTreatment, Timestamp};

use crate::cell::cell;
use crate::columns::{Column, Columns};
use crate::hotlist::HotList;
use crate::keys::{EpochKeys, IDENTIFIER_BYTES_MAX, Subkeys, canonical};
use crate::raw::{RawObservation, RawValue};
use crate::recipe::{Action, Recipe, Slot};

/// The longest text that is stored, in bytes.
pub const TEXT_BYTES_MAX: usize = 256;

/// What became of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Something of it is in the batch.
    Kept,
    /// It matched no entry of the order's list: nothing of it is left.
    NoTrace,
}

/// Why an observation cannot be treated. Names the property, never the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreatError {
    /// The value is of another kind than declared.
    #[error("property `{0}` has a value of another kind than declared")]
    Kind(PropertyName),
    /// A text is too long.
    #[error("property `{0}` has more than {TEXT_BYTES_MAX} bytes")]
    TooLong(PropertyName),
    /// A number is not finite.
    #[error("property `{0}` is not a finite number")]
    NotFinite(PropertyName),
    /// There is no key for its epoch.
    #[error("property `{0}` cannot be pseudonymised: there is no key for the epoch in which it was observed")]
    NoKey(PropertyName),
    /// There is no list to compare with.
    #[error("property `{0}` cannot be compared: there is no list")]
    NoList(PropertyName),
    /// It names a device that the batch does not have.
    #[error("the batch has no such device")]
    Device,
}

/// A batch whose every value went through its treatment. Only [`Treating::finish`] makes one:
///
/// ```compile_fail
/// let forged = privacy::Treated(privacy::Columns::default());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Treated<T>(T);

impl<T> Treated<T> {
    /// What may be stored.
    pub const fn get(&self) -> &T {
        &self.0
    }
}

/// What one slot writes: nothing, or a column, with the keys it needs.
struct Lane<'a> {
    slot: &'a Slot,
    column: Option<usize>,
    subkeys: Option<Subkeys>,
}

/// A value on its way into its column.
enum Value {
    Text(Option<Box<str>>),
    Integer(Option<i64>),
    Number(Option<f64>),
    Boolean(Option<bool>),
    Tag(Option<u64>),
    Cell(Option<u64>),
    Entry(Option<u32>),
}

/// A batch being treated.
pub struct Treating<'a> {
    recipe: &'a Recipe,
    list: Option<&'a HotList>,
    lanes: Vec<Lane<'a>>,
    columns: Columns,
    /// The values of the observation at hand, one for each column.
    row: Vec<Value>,
}

impl<'a> Treating<'a> {
    /// Begins a batch.
    #[must_use]
    pub fn new(recipe: &'a Recipe, keys: &EpochKeys, list: Option<&'a HotList>, devices: Vec<DeviceId>) -> Self {
        let (mut lanes, mut properties) = (Vec::new(), Vec::new());
        for slot in recipe.slots() {
            let column = empty(slot).map(|column| {
                properties.push((slot.name.clone(), column));
                properties.len() - 1
            });
            let subkeys = matches!(slot.action, Action::Tag(_)).then(|| keys.subkeys(&slot.name));
            lanes.push(Lane { slot, column, subkeys });
        }
        let columns = Columns { devices, properties, ..Columns::default() };
        Self { recipe, list, lanes, columns, row: Vec::new() }
    }

    /// Treats one observation. An error leaves the batch as it was.
    ///
    /// # Errors
    /// A value does not fit, or a key is missing.
    pub fn push(&mut self, raw: &RawObservation<'_>) -> Result<Fate, TreatError> {
        if raw.device as usize >= self.columns.devices.len() {
            return Err(TreatError::Device);
        }
        self.row.clear();
        for (number, lane) in self.lanes.iter().enumerate() {
            let value = raw.values.get(number).unwrap_or(&RawValue::Absent);
            match treat(lane, value, raw.at, self.list)? {
                Some(Value::Entry(None)) => return Ok(Fate::NoTrace),
                Some(value) => self.row.push(value),
                None => {}
            }
        }
        let time = match self.recipe.time {
            TimeTreatment::Keep => raw.at,
            TimeTreatment::Bin { bin } => bin.window(raw.at).start,
        };
        self.columns.times.push(time.millis());
        self.columns.device.push(raw.device);
        self.columns.counts.push(1);
        for ((_, column), value) in self.columns.properties.iter_mut().zip(self.row.drain(..)) {
            match (column, value) {
                (Column::Text(values), Value::Text(value)) => values.push(value),
                (Column::Integer(values), Value::Integer(value)) => values.push(value),
                (Column::Number(values), Value::Number(value)) => values.push(value),
                (Column::Boolean(values), Value::Boolean(value)) => values.push(value),
                (Column::Tag(values), Value::Tag(value)) | (Column::Cell(values), Value::Cell(value)) => {
                    values.push(value)
                }
                (Column::Entry(values), Value::Entry(value)) => values.push(value),
                // `empty` and `treat` agree for each slot, so no value meets a column of another kind.
                _ => {}
            }
        }
        Ok(Fate::Kept)
    }

    /// The treated batch.
    #[must_use]
    pub fn finish(self) -> Treated<Columns> {
        if self.recipe.merges { Treated(merged(&self.columns)) } else { Treated(self.columns) }
    }
}

/// The column that a slot writes, empty; none if nothing of it is stored.
fn empty(slot: &Slot) -> Option<Column> {
    use model::ValueKind::{Boolean, Integer, Number, Point, Text};
    match (&slot.action, slot.kind) {
        (Action::Forget, _) | (Action::Keep, Point) => None,
        (Action::Tag(_), _) => Some(Column::Tag(Vec::new())),
        (Action::Cell(_), _) => Some(Column::Cell(Vec::new())),
        (Action::Match, _) => Some(Column::Entry(Vec::new())),
        (Action::Keep, Text) => Some(Column::Text(Vec::new())),
        (Action::Keep, Boolean) => Some(Column::Boolean(Vec::new())),
        (Action::Keep | Action::Band(_), Number) => Some(Column::Number(Vec::new())),
        (Action::Keep | Action::Band(_), Integer) => Some(Column::Integer(Vec::new())),
        (Action::Band(_), _) => None,
    }
}

/// One value through its treatment: `None` if nothing of it is stored.
fn treat(
    lane: &Lane<'_>,
    value: &RawValue<'_>,
    at: Timestamp,
    list: Option<&HotList>,
) -> Result<Option<Value>, TreatError> {
    let Slot { name, action, canon, .. } = lane.slot;
    if lane.column.is_none() {
        return Ok(None);
    }
    let kind = || TreatError::Kind(name.clone());
    let mut buffer = [0; IDENTIFIER_BYTES_MAX];
    Ok(Some(match (action, value) {
        (Action::Tag(_), RawValue::Absent) => Value::Tag(None),
        (Action::Tag(length), RawValue::Text(text)) => {
            let subkey = lane.subkeys.as_ref().and_then(|subkeys| subkeys.at(at, *length));
            let subkey = subkey.ok_or_else(|| TreatError::NoKey(name.clone()))?;
            let canonical = canonical(*canon, text, &mut buffer).ok_or_else(|| TreatError::TooLong(name.clone()))?;
            Value::Tag(Some(subkey.tag(canonical)))
        }
        (Action::Match, RawValue::Absent) => Value::Entry(None),
        (Action::Match, RawValue::Text(text)) => {
            let list = list.ok_or_else(|| TreatError::NoList(name.clone()))?;
            let canonical = canonical(*canon, text, &mut buffer).ok_or_else(|| TreatError::TooLong(name.clone()))?;
            Value::Entry(list.entry(canonical))
        }
        (Action::Cell(_), RawValue::Absent) => Value::Cell(None),
        (Action::Cell(resolution), RawValue::Point(point)) => {
            Value::Cell(Some(cell(*point, *resolution).ok_or_else(kind)?.0))
        }
        (Action::Keep | Action::Band(_), value) => kept(lane.slot, value)?,
        _ => return Err(kind()),
    }))
}

/// A value that is stored as it came, or as the lower edge of its class.
fn kept(slot: &Slot, value: &RawValue<'_>) -> Result<Value, TreatError> {
    use model::ValueKind::{Boolean, Integer, Number, Text};
    let width = match slot.action {
        Action::Band(width) => Some(i64::from(width)),
        _ => None,
    };
    Ok(match (slot.kind, value) {
        (Text, RawValue::Absent) => Value::Text(None),
        (Text, RawValue::Text(text)) if text.len() > TEXT_BYTES_MAX => {
            return Err(TreatError::TooLong(slot.name.clone()));
        }
        (Text, RawValue::Text(text)) => Value::Text(Some(text.as_ref().into())),
        (Boolean, RawValue::Absent) => Value::Boolean(None),
        (Boolean, RawValue::Boolean(truth)) => Value::Boolean(Some(*truth)),
        (Integer, RawValue::Absent) => Value::Integer(None),
        (Integer, RawValue::Integer(number)) => {
            Value::Integer(Some(width.map_or(*number, |width| number.saturating_sub(number.rem_euclid(width)))))
        }
        (Number, RawValue::Absent) => Value::Number(None),
        (Number, RawValue::Number(number)) if !number.is_finite() => {
            return Err(TreatError::NotFinite(slot.name.clone()));
        }
        (Number, RawValue::Number(number)) => Value::Number(Some(width.map_or(*number, |width| {
            #[expect(clippy::cast_precision_loss, reason = "a width is below 2^32 and exact")]
            let width = width as f64;
            (number / width).floor() * width
        }))),
        _ => return Err(TreatError::Kind(slot.name.clone())),
    })
}

/// Makes rows that are equal but for their count into one.
fn merged(columns: &Columns) -> Columns {
    let mut first: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut counts = columns.counts.clone();
    let mut keep = vec![true; columns.len()];
    for row in 0..columns.len() {
        let mut key = Vec::new();
        key.extend_from_slice(&columns.time(row).millis().to_le_bytes());
        key.extend_from_slice(&columns.device.get(row).copied().unwrap_or(0).to_le_bytes());
        columns.properties.iter().for_each(|(_, column)| column.value_bytes(row, &mut key));
        match first.get(&key) {
            Some(&original) => {
                let more = columns.count(row);
                if let (Some(count), Some(kept)) = (counts.get_mut(original), keep.get_mut(row)) {
                    *count = count.saturating_add(more);
                    *kept = false;
                }
            }
            None => drop(first.insert(key, row)),
        }
    }
    let summed = Columns { counts, ..columns.clone() };
    summed.filtered(|row| keep.get(row).copied().unwrap_or(false))
}
