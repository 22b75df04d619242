//! Treated observations of one stream, in columns: what the lake stores and what a release reads.
//!
//! A column never holds a raw identifier: that is decided before, in [`crate::recipe`].

mod codec;

use std::fmt;

use model::{CellId, DeviceId, PropertyName, Timestamp, Window};
use serde::Serialize;

pub use codec::DecodeError;

/// The values of one property, one for each row; `None` where nothing was sent.
#[derive(Clone, PartialEq, Debug)]
pub enum Column {
    /// Text that identifies nobody.
    Text(Vec<Option<Box<str>>>),
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

    fn retain(&mut self, keep: &[bool]) {
        fn filter<T>(values: &mut Vec<T>, keep: &[bool]) {
            let mut kept = keep.iter();
            values.retain(|_| kept.next().copied().unwrap_or(false));
        }
        on_values!(self, values => filter(values, keep));
    }

    /// Puts another column of the same kind behind this one; false if the kinds differ.
    fn append(&mut self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(to), Self::Text(from)) => to.extend_from_slice(from),
            (Self::Integer(to), Self::Integer(from)) => to.extend_from_slice(from),
            (Self::Number(to), Self::Number(from)) => to.extend_from_slice(from),
            (Self::Boolean(to), Self::Boolean(from)) => to.extend_from_slice(from),
            (Self::Tag(to), Self::Tag(from)) | (Self::Cell(to), Self::Cell(from)) => to.extend_from_slice(from),
            (Self::Entry(to), Self::Entry(from)) => to.extend_from_slice(from),
            _ => return false,
        }
        true
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
        match self {
            Self::Text(values) => put(values.get(row).and_then(Option::as_deref).map(str::as_bytes)),
            Self::Integer(values) => {
                put(values.get(row).copied().flatten().map(i64::to_le_bytes).as_ref().map(AsRef::as_ref))
            }
            Self::Number(values) => {
                put(values.get(row).copied().flatten().map(f64::to_le_bytes).as_ref().map(AsRef::as_ref))
            }
            Self::Boolean(values) => {
                put(values.get(row).copied().flatten().map(|truth| [u8::from(truth)]).as_ref().map(AsRef::as_ref))
            }
            Self::Tag(values) | Self::Cell(values) => {
                put(values.get(row).copied().flatten().map(u64::to_le_bytes).as_ref().map(AsRef::as_ref));
            }
            Self::Entry(values) => {
                put(values.get(row).copied().flatten().map(u32::to_le_bytes).as_ref().map(AsRef::as_ref))
            }
        }
    }

    fn scalar(&self, row: usize) -> Option<Scalar> {
        match self {
            Self::Text(values) => values.get(row)?.as_deref().map(|text| Scalar::Text(text.to_owned())),
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

/// Treated observations of one stream.
#[derive(Clone, PartialEq, Debug, Default)]
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
        let keep: Vec<bool> = (0..self.len()).map(predicate).collect();
        if keep.iter().all(|&kept| kept) {
            return self.clone();
        }
        let pick =
            |values: &[u32]| values.iter().zip(&keep).filter(|(_, kept)| **kept).map(|(value, _)| *value).collect();
        let mut properties = self.properties.clone();
        properties.iter_mut().for_each(|(_, column)| column.retain(&keep));
        Self {
            devices: self.devices.clone(),
            times: self.times.iter().zip(&keep).filter(|(_, kept)| **kept).map(|(time, _)| *time).collect(),
            device: pick(&self.device),
            counts: pick(&self.counts),
            properties,
        }
    }

    /// Puts the rows of others of the same properties behind these.
    ///
    /// # Errors
    /// The properties differ.
    pub fn append(&mut self, other: &Self) -> Result<(), ColumnsError> {
        if self.is_empty() && self.properties.is_empty() {
            *self = other.clone();
            return Ok(());
        }
        let names = |columns: &Self| columns.properties.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        if names(self) != names(other) {
            return Err(ColumnsError::Schema);
        }
        let mut numbers = Vec::with_capacity(other.devices.len());
        for device in &other.devices {
            let known = self.devices.iter().position(|known| known == device);
            let number = known.unwrap_or_else(|| {
                self.devices.push(device.clone());
                self.devices.len() - 1
            });
            numbers.push(u32::try_from(number).map_err(|_| ColumnsError::Device)?);
        }
        for (to, from) in self.properties.iter_mut().zip(&other.properties) {
            if !to.1.append(&from.1) {
                return Err(ColumnsError::Schema);
            }
        }
        self.times.extend_from_slice(&other.times);
        self.counts.extend_from_slice(&other.counts);
        self.device.extend(other.device.iter().filter_map(|&device| numbers.get(device as usize)));
        Ok(())
    }
}
