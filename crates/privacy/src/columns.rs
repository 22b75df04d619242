//! Treated observations of one stream, in columns: what the lake stores and what a release reads.
//!
//! A column never holds a raw identifier: that is decided before, in [`crate::recipe`].

mod codec;
mod texts;

use std::collections::HashMap;
use std::fmt;
use std::mem::discriminant;

use model::{CellId, DeviceId, PropertyName, Timestamp, Window};
use serde::Serialize;

pub use codec::DecodeError;
pub use texts::Texts;

/// The values of one property, one for each row; `None` where nothing was sent. `Debug` shows how many, never which: a
/// tag is personal data until its epoch is over.
#[derive(Clone, PartialEq)]
pub enum Column {
    /// Text that identifies nobody.
    Text(Texts),
    /// Whole numbers.
    Integer(Vec<Option<i64>>),
    /// Numbers.
    Number(Vec<Option<f64>>),
    /// True or false.
    Boolean(Vec<Option<bool>>),
    /// Tags under an epoch's key.
    Tag(Vec<Option<u64>>),
    /// H3 cells.
    Cell(Vec<Option<u64>>),
    /// Numbers of entries of an order's list, from 0.
    Entry(Vec<Option<u32>>),
}

/// Calls one expression on whatever vector a column holds.
macro_rules! on_values {
    ($column:expr, $values:ident => $body:expr) => {
        match $column {
            Column::Text($values) => $body,
            Column::Integer($values) => $body,
            Column::Number($values) => $body,
            Column::Boolean($values) => $body,
            Column::Tag($values) => $body,
            Column::Cell($values) => $body,
            Column::Entry($values) => $body,
        }
    };
}

/// One value of a treated record, as it is handed over.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// An H3 cell.
    Cell(CellId),
    /// An entry of an order's list, from 0.
    Entry(u32),
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => number.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Boolean(truth) => truth.fmt(f),
            Self::Cell(cell) => f.write_str(&String::from(*cell)),
            Self::Entry(entry) => write!(f, "entry {entry}"),
        }
    }
}

impl Column {
    fn len(&self) -> usize {
        on_values!(self, values => values.len())
    }

    /// What kind of values it holds, in a word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Integer(_) => "integer",
            Self::Number(_) => "number",
            Self::Boolean(_) => "boolean",
            Self::Tag(_) => "tag",
            Self::Cell(_) => "cell",
            Self::Entry(_) => "entry",
        }
    }

    /// The values of some rows; every row must be there.
    fn select(&self, rows: &[usize]) -> Self {
        fn pick<T: Copy>(values: &[Option<T>], rows: &[usize]) -> Vec<Option<T>> {
            rows.iter().map(|&row| values.get(row).copied().flatten()).collect()
        }
        match self {
            Self::Text(texts) => Self::Text(rows.iter().map(|&row| texts.get(row)).collect()),
            Self::Integer(values) => Self::Integer(pick(values, rows)),
            Self::Number(values) => Self::Number(pick(values, rows)),
            Self::Boolean(values) => Self::Boolean(pick(values, rows)),
            Self::Tag(values) => Self::Tag(pick(values, rows)),
            Self::Cell(values) => Self::Cell(pick(values, rows)),
            Self::Entry(values) => Self::Entry(pick(values, rows)),
        }
    }

    /// Forgets the rows from a number on.
    pub(crate) fn truncate(&mut self, rows: usize) {
        match self {
            Self::Text(texts) => texts.truncate(rows),
            Self::Integer(values) => values.truncate(rows),
            Self::Number(values) => values.truncate(rows),
            Self::Boolean(values) => values.truncate(rows),
            Self::Tag(values) | Self::Cell(values) => values.truncate(rows),
            Self::Entry(values) => values.truncate(rows),
        }
    }

    /// Adds a row for which nothing was sent.
    pub(crate) fn push_nothing(&mut self) {
        match self {
            Self::Text(texts) => texts.push(None),
            Self::Integer(values) => values.push(None),
            Self::Number(values) => values.push(None),
            Self::Boolean(values) => values.push(None),
            Self::Tag(values) | Self::Cell(values) => values.push(None),
            Self::Entry(values) => values.push(None),
        }
    }

    /// Puts another column behind this one; one of another kind adds nothing, which the caller has ruled out.
    fn extend(&mut self, other: &Self) {
        match (self, other) {
            (Self::Text(to), Self::Text(from)) => to.extend(from),
            (Self::Integer(to), Self::Integer(from)) => to.extend_from_slice(from),
            (Self::Number(to), Self::Number(from)) => to.extend_from_slice(from),
            (Self::Boolean(to), Self::Boolean(from)) => to.extend_from_slice(from),
            (Self::Tag(to), Self::Tag(from)) | (Self::Cell(to), Self::Cell(from)) => to.extend_from_slice(from),
            (Self::Entry(to), Self::Entry(from)) => to.extend_from_slice(from),
            _ => {}
        }
    }

    /// The bytes of one value, so that equal values and only those give equal bytes within a column.
    pub(crate) fn value_bytes(&self, row: usize, out: &mut Vec<u8>) {
        let mut put = |bytes: Option<&[u8]>| match bytes {
            Some(bytes) => {
                out.extend_from_slice(&(bytes.len() as u64 + 1).to_le_bytes());
                out.extend_from_slice(bytes);
            }
            None => out.extend_from_slice(&0_u64.to_le_bytes()),
        };
        fn bytes<T: Copy, const N: usize>(values: &[Option<T>], row: usize, of: fn(T) -> [u8; N]) -> Option<[u8; N]> {
            values.get(row).copied().flatten().map(of)
        }
        match self {
            Self::Text(texts) => put(texts.get(row).map(str::as_bytes)),
            Self::Integer(values) => put(bytes(values, row, i64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice)),
            Self::Number(values) => put(bytes(values, row, f64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice)),
            Self::Boolean(values) => {
                put(bytes(values, row, |truth| [u8::from(truth)]).as_ref().map(<[u8; 1]>::as_slice))
            }
            Self::Tag(values) | Self::Cell(values) => {
                put(bytes(values, row, u64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice))
            }
            Self::Entry(values) => put(bytes(values, row, u32::to_le_bytes).as_ref().map(<[u8; 4]>::as_slice)),
        }
    }

    fn scalar(&self, row: usize) -> Option<Scalar> {
        match self {
            Self::Text(texts) => texts.get(row).map(|text| Scalar::Text(text.to_owned())),
            Self::Integer(values) => (*values.get(row)?).map(Scalar::Integer),
            Self::Number(values) => (*values.get(row)?).map(Scalar::Number),
            Self::Boolean(values) => (*values.get(row)?).map(Scalar::Boolean),
            // A tag is for counting inside; it is never handed over as a value.
            Self::Tag(_) => None,
            Self::Cell(values) => values.get(row)?.map(|cell| Scalar::Cell(CellId(cell))),
            Self::Entry(values) => (*values.get(row)?).map(Scalar::Entry),
        }
    }
}

impl fmt::Debug for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {}", self.len(), self.kind())
    }
}

/// Treated observations of one stream. Two are equal if their rows are, whatever the numbers of their devices.
#[derive(Clone, Default)]
pub struct Columns {
    pub(crate) devices: Vec<DeviceId>,
    pub(crate) times: Vec<i64>,
    pub(crate) device: Vec<u32>,
    pub(crate) counts: Vec<u32>,
    pub(crate) properties: Vec<(PropertyName, Column)>,
}

/// Parts that do not make columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// Columns of different lengths.
    #[error("the columns have different lengths")]
    Ragged,
    /// A row names a device that is not in the list.
    #[error("a row names a device that is not listed")]
    Device,
    /// Two sets of columns of different properties.
    #[error("the columns are of different properties")]
    Schema,
}

impl PartialEq for Columns {
    fn eq(&self, other: &Self) -> bool {
        let same_devices = || (0..self.len()).all(|row| self.device(row) == other.device(row));
        self.times == other.times
            && self.counts == other.counts
            && self.properties == other.properties
            && if self.devices == other.devices { self.device == other.device } else { same_devices() }
    }
}

impl fmt::Debug for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Columns({} rows", self.len())?;
        self.properties.iter().try_for_each(|(name, column)| write!(f, ", {name}: {}", column.kind()))?;
        f.write_str(")")
    }
}

impl Columns {
    /// Columns read back from a disk.
    ///
    /// # Errors
    /// The parts do not fit together.
    pub fn from_parts(
        devices: Vec<DeviceId>,
        times: Vec<i64>,
        device: Vec<u32>,
        counts: Vec<u32>,
        properties: Vec<(PropertyName, Column)>,
    ) -> Result<Self, ColumnsError> {
        let rows = times.len();
        if device.len() != rows || counts.len() != rows || properties.iter().any(|(_, column)| column.len() != rows) {
            return Err(ColumnsError::Ragged);
        }
        if device.iter().any(|&device| device as usize >= devices.len()) {
            return Err(ColumnsError::Device);
        }
        Ok(Self { devices, times, device, counts, properties })
    }

    /// How many rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.times.len()
    }
    /// Whether there is no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.times.is_empty()
    }
    /// The devices that rows refer to.
    #[must_use]
    pub fn devices(&self) -> &[DeviceId] {
        &self.devices
    }
    /// For each row, the number of its device.
    #[must_use]
    pub fn device_numbers(&self) -> &[u32] {
        &self.device
    }
    /// For each row, milliseconds since 1970.
    #[must_use]
    pub fn times(&self) -> &[i64] {
        &self.times
    }
    /// For each row, how many observations it stands for.
    #[must_use]
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }
    /// The stored properties, by name.
    #[must_use]
    pub fn properties(&self) -> &[(PropertyName, Column)] {
        &self.properties
    }
    /// One stored property.
    #[must_use]
    pub fn column(&self, name: &PropertyName) -> Option<&Column> {
        self.properties.iter().find(|(known, _)| known == name).map(|(_, column)| column)
    }
    /// When a row was observed; 1970 for a row that is not there.
    #[must_use]
    pub fn time(&self, row: usize) -> Timestamp {
        Timestamp::from_millis(self.times.get(row).copied().unwrap_or(0))
    }
    /// The device of a row.
    #[must_use]
    pub fn device(&self, row: usize) -> Option<&DeviceId> {
        self.devices.get(*self.device.get(row)? as usize)
    }
    /// How many observations a row stands for.
    #[must_use]
    pub fn count(&self, row: usize) -> u32 {
        self.counts.get(row).copied().unwrap_or(0)
    }
    /// One value, as it may be handed over; `None` for a tag.
    #[must_use]
    pub fn scalar(&self, name: &PropertyName, row: usize) -> Option<Scalar> {
        self.column(name)?.scalar(row)
    }

    /// The rows observed within a window.
    #[must_use]
    pub fn within(&self, window: Window) -> Self {
        let range = window.start.millis()..window.end.millis();
        self.filtered(|row| self.times.get(row).is_some_and(|time| range.contains(time)))
    }

    /// The rows that a predicate keeps, by row number.
    #[must_use]
    pub fn filtered(&self, predicate: impl Fn(usize) -> bool) -> Self {
        let rows: Vec<usize> = (0..self.len()).filter(|&row| predicate(row)).collect();
        if rows.len() == self.len() { self.clone() } else { self.select(&rows) }
    }

    /// Some rows, in the order asked for; a number that is no row's is passed over.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let there: Vec<usize>;
        let rows = if rows.iter().all(|&row| row < self.len()) {
            rows
        } else {
            there = rows.iter().copied().filter(|&row| row < self.len()).collect();
            &there
        };
        let pick = |values: &[u32]| rows.iter().filter_map(|&row| values.get(row).copied()).collect();
        let properties = self.properties.iter().map(|(name, column)| (name.clone(), column.select(rows)));
        Self {
            devices: self.devices.clone(),
            times: rows.iter().filter_map(|&row| self.times.get(row).copied()).collect(),
            device: pick(&self.device),
            counts: pick(&self.counts),
            properties: properties.collect(),
        }
    }

    /// Whether both have the same properties, in the same form, so that one can stand behind the other.
    #[must_use]
    pub fn fits(&self, other: &Self) -> bool {
        let same = |(a, b): (&(PropertyName, Column), &(PropertyName, Column))| {
            a.0 == b.0 && discriminant(&a.1) == discriminant(&b.1)
        };
        self.properties.len() == other.properties.len() && self.properties.iter().zip(&other.properties).all(same)
    }

    /// Puts the rows of others of the same properties behind these.
    ///
    /// # Errors
    /// The properties differ; nothing was added.
    pub fn append(&mut self, other: &Self) -> Result<(), ColumnsError> {
        if self.is_empty() && self.properties.is_empty() {
            *self = other.clone();
            return Ok(());
        }
        if !self.fits(other) {
            return Err(ColumnsError::Schema);
        }
        if self.devices == other.devices {
            self.device.extend_from_slice(&other.device);
        } else {
            let numbers = self.numbers_of(&other.devices)?;
            self.device.extend(other.device.iter().filter_map(|&device| numbers.get(device as usize)));
        }
        for (to, from) in self.properties.iter_mut().zip(&other.properties) {
            to.1.extend(&from.1);
        }
        self.times.extend_from_slice(&other.times);
        self.counts.extend_from_slice(&other.counts);
        Ok(())
    }

    /// The numbers of devices in this list, which takes in those it does not have yet.
    fn numbers_of(&mut self, devices: &[DeviceId]) -> Result<Vec<u32>, ColumnsError> {
        let known = (0_u32..).zip(&self.devices).map(|(number, device)| (device.clone(), number));
        let mut known: HashMap<DeviceId, u32> = known.collect();
        let mut numbers = Vec::with_capacity(devices.len());
        for device in devices {
            let next = u32::try_from(self.devices.len()).map_err(|_| ColumnsError::Device)?;
            numbers.push(*known.entry(device.clone()).or_insert_with(|| {
                self.devices.push(device.clone());
                next
            }));
        }
        Ok(numbers)
    }
}
