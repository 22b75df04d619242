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
//! - *clamp* (top and bottom coding) hides how far beyond its ends a value lies, so that the rarest values are no
//!   singletons; with a width it is a *band* as well. It hides nothing of what lies between, and an end that few reach
//!   still singles those few out: where that is so is for whoever declares it to know. Means of what is clamped are biased.
//! - *district* resists pointing at a door; see [`crate::district`].
//! - *tally*, *journey* and *dwell* store numbers and never a record; see [`crate::memory`].
//! - *match* leaves nothing of what is not listed. Whoever chose the list learns of its hits; see [`crate::hotlist`].
//! - *count* merges what is otherwise equal within a batch, so that the store tells how many and not which. A batch of
//!   one is still one: few and rare observations stay few, which is what a view's minimum is for. Counts alone have
//!   given trajectories back (Xu 2017), so fewer properties and wider bins count more than this treatment.
//! - *bin* of the time hides the order and rhythm within a bin. Four places and hours single out most people (de
//!   Montjoye 2013), so it is no protection of a tag that lives long.
//!
//! Who opted out is left out of everything that is tagged; see [`crate::opt_out`].

use std::collections::HashMap;

use model::{DeviceId, PropertyName, TimeTreatment, Timestamp, ValueKind};

use crate::cell::cell;
use crate::columns::{Column, Columns, Texts};
use crate::hotlist::HotList;
use crate::keys::{EpochKeys, IDENTIFIER_BYTES_MAX, NoTag, Tagger, canonical};
use crate::memory::{MemoryKeys, Sighting, Sightings};
use crate::opt_out::{Leaving, OptOut};
use crate::raw::{RawObservation, RawValue};
use crate::recipe::{Action, Recipe, Slot};

/// The longest text that is stored, in bytes.
pub const TEXT_BYTES_MAX: usize = 256;

/// What became of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Something of it is in the batch.
    Kept,
    /// It matched no entry of the order's list, or is of somebody who opted out: nothing of it is left.
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

/// A batch whose every value went through its treatment. Only [`Treating::finish`] and [`crate::Memory::ready`] make one:
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

    /// Numbers that were worked out of tags in memory.
    pub(crate) const fn of_numbers(numbers: T) -> Self {
        Self(numbers)
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
    /// Of a pseudonymised slot, if anybody opted out.
    leaving: Option<Leaving<'a>>,
}

/// The slot whose values are worked out in memory.
struct Sight<'a> {
    slot: &'a Slot,
    place: usize,
    tagger: Option<Tagger>,
    leaving: Option<Leaving<'a>>,
    seen: Vec<Sighting>,
    late: u64,
}

/// A batch being treated.
pub struct Treating<'a> {
    time: TimeTreatment,
    merges: bool,
    list: Option<&'a HotList>,
    /// Those that are matched come first, so that nothing of an observation without a match is ever written.
    lanes: Vec<Lane<'a>>,
    /// Then nothing is stored of a single observation, and there are no lanes.
    sight: Option<Sight<'a>>,
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
            lanes.push(Lane { slot, place, column, tagger, leaving: None });
        }
        lanes.sort_by_key(|lane| lane.slot.action != Action::Match);
        let mut slots = recipe.slots().iter().enumerate();
        let sight = slots.find(|(_, slot)| slot.action == Action::Sight).map(|(place, slot)| Sight {
            slot,
            place,
            tagger: None,
            leaving: None,
            seen: Vec::new(),
            late: 0,
        });
        Self {
            time: recipe.time,
            merges: recipe.merges,
            list,
            lanes,
            sight,
            columns: Columns { devices, ..Columns::default() },
        }
    }

    /// Leaves out whoever opted out.
    #[must_use]
    pub fn leaving_out(mut self, list: Option<&'a OptOut>) -> Self {
        for lane in self.lanes.iter_mut().filter(|lane| lane.tagger.is_some()) {
            lane.leaving = list.map(|list| list.of(lane.slot));
        }
        if let Some(sight) = &mut self.sight {
            sight.leaving = list.map(|list| list.of(sight.slot));
        }
        self
    }

    /// Tags for a memory, under its keys.
    #[must_use]
    pub fn for_memory(mut self, keys: MemoryKeys) -> Self {
        if let Some(sight) = &mut self.sight {
            sight.tagger = Some(keys.tagger(sight.slot.canon));
        }
        self
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
        if let Some(sight) = &mut self.sight {
            return sight.push(raw);
        }
        let mut leaves = false;
        for number in 0..self.lanes.len() {
            let Some(lane) = self.lanes.get_mut(number) else { continue };
            let value = raw.values.get(lane.place).unwrap_or(&RawValue::Absent);
            let fate = lane.push(value, raw.at, self.list);
            if let (Some(leaving), RawValue::Text(text)) = (&mut lane.leaving, value) {
                leaves |= leaving.lists(text);
            }
            if fate != Ok(Fate::Kept) {
                let rows = self.columns.len();
                self.lanes.iter_mut().take(number).for_each(|lane| lane.column.truncate(rows));
                return fate;
            }
        }
        // Only now, so that what is wrong with an observation is said whoever it is of.
        if leaves {
            let rows = self.columns.len();
            self.lanes.iter_mut().for_each(|lane| lane.column.truncate(rows));
            return Ok(Fate::NoTrace);
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

impl Treating<'_> {
    /// The sightings of a batch whose values are worked out in memory; of any other there are none.
    #[must_use]
    pub fn sightings(self) -> Sightings {
        let (seen, late) = self.sight.map_or((Vec::new(), 0), |sight| (sight.seen, sight.late));
        Sightings { devices: self.columns.devices, seen, late }
    }
}

impl Sight<'_> {
    fn push(&mut self, raw: &RawObservation<'_>) -> Result<Fate, TreatError> {
        let name = || self.slot.name.clone();
        let text = match raw.values.get(self.place).unwrap_or(&RawValue::Absent) {
            RawValue::Text(text) => text,
            RawValue::Absent => return Ok(Fate::NoTrace),
            _ => return Err(TreatError::Kind(name())),
        };
        let tagger = self.tagger.as_mut().ok_or_else(|| TreatError::NoKey(name()))?;
        let tag = tagger.tag(raw.at, text);
        let leaves = self.leaving.as_mut().is_some_and(|leaving| leaving.lists(text));
        match tag {
            Err(NoTag::TooLong) => return Err(TreatError::TooLong(name())),
            Err(NoTag::Key) => self.late += 1,
            Ok(tag) => self.seen.push(Sighting { at: raw.at, sensor: raw.device, tag: (!leaves).then_some(tag) }),
        }
        Ok(Fate::NoTrace)
    }
}

/// The column that a slot writes, empty; none if nothing of it is stored.
fn empty(slot: &Slot) -> Option<Column> {
    match (&slot.action, slot.kind) {
        (Action::Tag(_), _) => Some(Column::Tag(Vec::new())),
        (Action::Cell(_), _) => Some(Column::Cell(Vec::new())),
        (Action::Match, _) => Some(Column::Entry(Vec::new())),
        (Action::Keep, ValueKind::Text) | (Action::District(_), _) => Some(Column::Text(Texts::default())),
        (Action::Keep, ValueKind::Boolean) => Some(Column::Boolean(Vec::new())),
        (Action::Keep | Action::Band(_) | Action::Clamp(_), ValueKind::Number) => Some(Column::Number(Vec::new())),
        (Action::Keep | Action::Band(_) | Action::Clamp(_), ValueKind::Integer) => Some(Column::Integer(Vec::new())),
        // The recipe lets no other pair through.
        (Action::Forget | Action::Sight | Action::Band(_) | Action::Clamp(_), _) | (Action::Keep, ValueKind::Point) => {
            None
        }
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
            (Column::Text(texts), RawValue::Point(point)) => {
                let Action::District(areas) = action else { return Err(TreatError::Kind(name.clone())) };
                texts.push(Some(areas.name(point)));
            }
            (Column::Text(_), RawValue::Text(_)) if matches!(action, Action::District(_)) => {
                return Err(TreatError::Kind(name.clone()));
            }
            (Column::Text(_), RawValue::Text(text)) if text.len() > TEXT_BYTES_MAX => {
                return Err(TreatError::TooLong(name.clone()));
            }
            (Column::Text(texts), RawValue::Text(text)) => texts.push(Some(text)),
            (Column::Boolean(truths), RawValue::Boolean(truth)) => truths.push(Some(*truth)),
            (Column::Integer(numbers), RawValue::Integer(number)) => numbers.push(Some(match action {
                Action::Band(width) => number.saturating_sub(number.rem_euclid(i64::from(*width))),
                Action::Clamp(clamp) => clamp.integer(*number),
                _ => *number,
            })),
            (Column::Number(_), RawValue::Number(number)) if !number.is_finite() => {
                return Err(TreatError::NotFinite(name.clone()));
            }
            (Column::Number(numbers), RawValue::Number(number)) => numbers.push(Some(match action {
                Action::Band(width) => (number / f64::from(*width)).floor() * f64::from(*width),
                Action::Clamp(clamp) => clamp.number(*number),
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
