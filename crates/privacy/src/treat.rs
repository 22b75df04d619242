//! The hot path: one observation after the other through its stream's recipe, into columns.
//!
//! Nothing is allocated for each record but room in the columns; subkeys are derived once a batch. What each treatment
//! resists and what it does not:
//!
//! - *keep* resists nothing; [`crate::recipe`] refuses it for identifiers.
//! - *drop* resists everything: the value is read and forgotten, and no column says whether there was one.
//! - *pseudonymise* resists whoever lacks the epoch's key; see [`crate::keys`].
//! - *cell* resists pointing at a door, not recognising a trip; see [`crate::cell`].
//! - *band* hides differences smaller than its width. It does not hide a value that is rare by itself, and the edges of
//!   bands tell when a value crosses one.
//! - *match* leaves nothing of what is not listed. Whoever chose the list learns of its hits; see [`crate::hotlist`].
//! - *count* merges what is otherwise equal within a batch, so that the store tells how many and not which. A batch of
//!   one is still one: few and rare observations stay few, which is what a view's minimum is for. Counts alone have
//!   given trajectories back (Xu 2017), so fewer properties and wider bins count more than this treatment.
//! - *bin* of the time hides the order and rhythm within a bin. Four places and hours single out most people (de
//!   Montjoye 2013), so it is no protection of a tag that lives long.

use std::collections::HashMap;

use model::{DeviceId, PropertyName, TimeTreatment, Timestamp, ValueKind};

use crate::cell::cell;
use crate::columns::{Column, Columns, Texts};
use crate::hotlist::HotList;
use crate::keys::{EpochKeys, IDENTIFIER_BYTES_MAX, NoTag, Tagger, canonical};
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

/// A slot that is stored: its column, and what it needs to fill it.
struct Lane<'a> {
    slot: &'a Slot,
    /// Its place among the values of an observation.
    place: usize,
    column: Column,
    /// Of a pseudonymised slot.
    tagger: Option<Tagger>,
}

/// A batch being treated.
pub struct Treating<'a> {
    time: TimeTreatment,
    merges: bool,
    list: Option<&'a HotList>,
    /// Those that are matched come first, so that nothing of an observation without a match is ever written.
    lanes: Vec<Lane<'a>>,
    columns: Columns,
}

impl<'a> Treating<'a> {
    /// Begins a batch.
    #[must_use]
    pub fn new(recipe: &'a Recipe, keys: &EpochKeys, list: Option<&'a HotList>, devices: Vec<DeviceId>) -> Self {
        let mut lanes = Vec::with_capacity(recipe.slots().len());
        for (place, slot) in recipe.slots().iter().enumerate() {
            let Some(column) = empty(slot) else { continue };
            let tagger = match slot.action {
                Action::Tag(length) => Some(keys.tagger(&slot.name, length, slot.canon)),
                _ => None,
            };
            lanes.push(Lane { slot, place, column, tagger });
        }
        lanes.sort_by_key(|lane| lane.slot.action != Action::Match);
        Self {
            time: recipe.time,
            merges: recipe.merges,
            list,
            lanes,
            columns: Columns { devices, ..Columns::default() },
        }
    }

    /// Adds keys of further epochs, for observations that come later than their epoch.
    pub fn add_keys(&mut self, keys: &EpochKeys) {
        for lane in &mut self.lanes {
            if let (Some(tagger), Action::Tag(length)) = (&mut lane.tagger, &lane.slot.action) {
                tagger.extend(keys.tagger(&lane.slot.name, *length, lane.slot.canon));
            }
        }
    }

    /// Treats one observation. An error leaves the batch as it was.
    ///
    /// # Errors
    /// A value does not fit, or a key is missing.
    pub fn push(&mut self, raw: &RawObservation<'_>) -> Result<Fate, TreatError> {
        if raw.device as usize >= self.columns.devices.len() {
            return Err(TreatError::Device);
        }
        for number in 0..self.lanes.len() {
            let Some(lane) = self.lanes.get_mut(number) else { continue };
            let fate = lane.push(raw.values.get(lane.place).unwrap_or(&RawValue::Absent), raw.at, self.list);
            if fate != Ok(Fate::Kept) {
                let rows = self.columns.len();
                self.lanes.iter_mut().take(number).for_each(|lane| lane.column.truncate(rows));
                return fate;
            }
        }
        let time = match self.time {
            TimeTreatment::Keep => raw.at,
            TimeTreatment::Bin { bin } => bin.window(raw.at).start,
        };
        self.columns.times.push(time.millis());
        self.columns.device.push(raw.device);
        self.columns.counts.push(1);
        Ok(Fate::Kept)
    }

    /// The treated batch.
    #[must_use]
    pub fn finish(self) -> Treated<Columns> {
        let mut columns = self.columns;
        columns.properties = self.lanes.into_iter().map(|lane| (lane.slot.name.clone(), lane.column)).collect();
        columns.properties.sort_by(|a, b| a.0.cmp(&b.0));
        Treated(if self.merges { merged(columns) } else { columns })
    }
}

/// The column that a slot writes, empty; none if nothing of it is stored.
fn empty(slot: &Slot) -> Option<Column> {
    match (&slot.action, slot.kind) {
        (Action::Tag(_), _) => Some(Column::Tag(Vec::new())),
        (Action::Cell(_), _) => Some(Column::Cell(Vec::new())),
        (Action::Match, _) => Some(Column::Entry(Vec::new())),
        (Action::Keep, ValueKind::Text) => Some(Column::Text(Texts::default())),
        (Action::Keep, ValueKind::Boolean) => Some(Column::Boolean(Vec::new())),
        (Action::Keep | Action::Band(_), ValueKind::Number) => Some(Column::Number(Vec::new())),
        (Action::Keep | Action::Band(_), ValueKind::Integer) => Some(Column::Integer(Vec::new())),
        // The recipe lets no other pair through.
        (Action::Forget, _) | (Action::Keep, ValueKind::Point) | (Action::Band(_), _) => None,
    }
}

impl Lane<'_> {
    /// One value through its treatment into its column; what is not kept has added nothing.
    fn push(&mut self, value: &RawValue<'_>, at: Timestamp, list: Option<&HotList>) -> Result<Fate, TreatError> {
        let Slot { name, action, canon, .. } = self.slot;
        match (&mut self.column, value) {
            // What was not sent matches nothing.
            (Column::Entry(_), RawValue::Absent) => return Ok(Fate::NoTrace),
            (Column::Entry(entries), RawValue::Text(text)) => {
                let list = list.ok_or_else(|| TreatError::NoList(name.clone()))?;
                let mut buffer = [0; IDENTIFIER_BYTES_MAX];
                let canonical =
                    canonical(*canon, text, &mut buffer).ok_or_else(|| TreatError::TooLong(name.clone()))?;
                let Some(entry) = list.entry(canonical) else { return Ok(Fate::NoTrace) };
                entries.push(Some(entry));
            }
            (Column::Tag(tags), RawValue::Text(text)) => {
                let tag = self.tagger.as_mut().ok_or(NoTag::Key).and_then(|tagger| tagger.tag(at, text));
                tags.push(Some(tag.map_err(|why| match why {
                    NoTag::Key => TreatError::NoKey(name.clone()),
                    NoTag::TooLong => TreatError::TooLong(name.clone()),
                })?));
            }
            (Column::Cell(cells), RawValue::Point(point)) => {
                let Action::Cell(resolution) = action else { return Err(TreatError::Kind(name.clone())) };
                cells.push(Some(cell(*point, *resolution).ok_or_else(|| TreatError::Kind(name.clone()))?.0));
            }
            (Column::Text(_), RawValue::Text(text)) if text.len() > TEXT_BYTES_MAX => {
                return Err(TreatError::TooLong(name.clone()));
            }
            (Column::Text(texts), RawValue::Text(text)) => texts.push(Some(text)),
            (Column::Boolean(truths), RawValue::Boolean(truth)) => truths.push(Some(*truth)),
            (Column::Integer(numbers), RawValue::Integer(number)) => numbers.push(Some(match action {
                Action::Band(width) => number.saturating_sub(number.rem_euclid(i64::from(*width))),
                _ => *number,
            })),
            (Column::Number(_), RawValue::Number(number)) if !number.is_finite() => {
                return Err(TreatError::NotFinite(name.clone()));
            }
            (Column::Number(numbers), RawValue::Number(number)) => numbers.push(Some(match action {
                Action::Band(width) => (number / f64::from(*width)).floor() * f64::from(*width),
                _ => *number,
            })),
            (column, RawValue::Absent) => column.push_nothing(),
            _ => return Err(TreatError::Kind(name.clone())),
        }
        Ok(Fate::Kept)
    }
}

/// Makes rows that are equal but for their count into one.
fn merged(mut columns: Columns) -> Columns {
    let mut first: HashMap<Vec<u8>, usize> = HashMap::new();
    let (mut kept, mut key) = (Vec::new(), Vec::new());
    for row in 0..columns.len() {
        key.clear();
        key.extend_from_slice(&columns.time(row).millis().to_le_bytes());
        key.extend_from_slice(&columns.device.get(row).copied().unwrap_or(0).to_le_bytes());
        columns.properties.iter().for_each(|(_, column)| column.value_bytes(row, &mut key));
        let more = columns.count(row);
        if let Some(count) = first.get(&key).and_then(|&original| columns.counts.get_mut(original)) {
            *count = count.saturating_add(more);
        } else {
            first.insert(key.clone(), row);
            kept.push(row);
        }
    }
    columns.select(&kept)
}

#[cfg(test)]
mod tests;
