//! Gathering rows: released tables for windowed views, records for views of single records.

use std::collections::{BTreeMap, BTreeSet};

use lake::LakeError;
use model::{CellId, DeviceId, Digest, Exposure, PlaceId, PropertyName, Span, TimeBin, Timestamp, View, Window};
use privacy::ReleaseError;
use privacy::columns::Scalar;

use privacy::release::{CellKey, ReleasedRow, ReleasedTable, Sensor, placed, places};
use register::State;
use serde::{Deserialize, Deserializer, Serialize};

use super::{DiscloseError, ROWS_MAX};
use crate::city::City;

/// How many windows are looked for one by one at most.
const ONE_BY_ONE_MAX: i64 = 100;

/// Where a row's number belongs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// The whole stream.
    Stream,
    /// An H3 cell.
    Cell(CellId),
    /// A district, or `outside`.
    District(PlaceId),
    /// A sensor.
    Sensor(DeviceId),
    /// A way from one sensor to another.
    Pair {
        /// Where it began.
        from: DeviceId,
        /// Where it ended.
        to: DeviceId,
    },
}

impl From<CellKey> for Cell {
    fn from(key: CellKey) -> Self {
        match key {
            CellKey::Stream => Self::Stream,
            CellKey::Cell(cell) => Self::Cell(cell),
            CellKey::District(place) => Self::District(place),
            CellKey::Sensor(sensor) => Self::Sensor(sensor),
            CellKey::Pair { from, to } => Self::Pair { from, to },
        }
    }
}

/// One row of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Row {
    /// A cell of a released window.
    Released {
        /// When the window began.
        from: Timestamp,
        /// When it ended.
        to: Timestamp,
        /// Where.
        cell: Cell,
        /// In which class of the view's edges, counted from the lowest.
        #[serde(skip_serializing_if = "Option::is_none")]
        class: Option<u8>,
        /// The measure; a mean is in thousandths.
        value: i64,
    },
    /// One treated record.
    Record {
        /// When.
        time: Timestamp,
        /// By which sensor.
        sensor: DeviceId,
        /// How many observations it stands for.
        count: u32,
        /// The view's fields that the record has.
        #[serde(deserialize_with = "fields")]
        fields: BTreeMap<PropertyName, Scalar>,
    },
}

/// Values as JSON has them, wherever an answer came from: a cell is its text there, an order's entry its number.
fn fields<'de, D: Deserializer<'de>>(json: D) -> Result<BTreeMap<PropertyName, Scalar>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Value {
        Boolean(bool),
        Integer(i64),
        Number(f64),
        Text(String),
    }
    let values = BTreeMap::<PropertyName, Value>::deserialize(json)?;
    let scalar = |value| match value {
        Value::Boolean(truth) => Scalar::Boolean(truth),
        Value::Integer(number) => Scalar::Integer(number),
        Value::Number(number) => Scalar::Number(number),
        Value::Text(text) => Scalar::Text(text),
    };
    Ok(values.into_iter().map(|(name, value)| (name, scalar(value))).collect())
}

/// SHA-256 over the rows' JSON, as handed over.
pub(super) fn digest(rows: &[Row]) -> Digest {
    use sha2::Digest as _;
    // Rows hold only numbers, ids and short texts; they always serialise.
    let bytes = serde_json::to_vec(rows).unwrap_or_default();
    Digest::new(sha2::Sha256::digest(&bytes).into())
}

pub(crate) struct Gathered {
    pub(crate) rows: Vec<Row>,
    pub(crate) withheld: u64,
}

impl City {
    /// Gathers what a view shows of a stretch of time.
    pub(crate) fn gather(
        &self,
        state: &State,
        view: &View,
        window: Window,
        now: Timestamp,
    ) -> Result<Gathered, DiscloseError> {
        let unknown = || DiscloseError::Unknown { kind: "stream", id: view.stream.to_string() };
        let (record, stream) = state.stream(&view.stream).ok_or_else(unknown)?;
        match &view.exposure {
            Exposure::Windows { bin, space, measure } => {
                let start = bin.first_whole(window.start.max(record.deployment.starts));
                let aligned = Window { start, end: self.closed(view, bin.window(window.end).start)? };
                let windows = (aligned.end.millis() - aligned.start.millis()).max(0) / bin.span().millis();
                let rows: Vec<Row> =
                    self.tables(view, *bin, aligned, windows)?.into_iter().flat_map(released_rows).collect();
                limit(rows.len())?;
                let numbers = places(space, &sensors(state, view)?) * measure.numbers();
                let cells = numbers as u64 * u64::try_from(windows).unwrap_or(0);
                Ok(Gathered { withheld: cells.saturating_sub(rows.len() as u64), rows })
            }
            Exposure::Records { fields } => {
                // Files go by the hour; nothing older than the retention is shown meanwhile.
                let start = window.start.max(now - stream.retention.0);
                let rows = self.records(view, fields, Window { start, end: window.end }, now)?;
                Ok(Gathered { rows, withheld: 0 })
            }
        }
    }

    /// The released tables of some whole windows. A few are looked for one by one, so that what one window costs does not
    /// grow with how many there ever were.
    fn tables(
        &self,
        view: &View,
        bin: TimeBin,
        aligned: Window,
        windows: i64,
    ) -> Result<Vec<ReleasedTable>, LakeError> {
        let (stream, id, version) = (&view.stream, &view.id, view.version);
        if windows > ONE_BY_ONE_MAX {
            return self.lake.releases(stream, id, version, aligned);
        }
        let starts = (0..windows).map(|at| Timestamp::from_millis(aligned.start.millis() + at * bin.span().millis()));
        starts.filter_map(|start| self.lake.release(stream, id, version, bin.window(start)).transpose()).collect()
    }

    /// Up to when a view's windows are released, within what was asked.
    fn closed(&self, view: &View, end: Timestamp) -> Result<Timestamp, DiscloseError> {
        let through = self.lake.released_through(&view.stream, &view.id, view.version)?;
        Ok(through.map_or(Timestamp::UNIX_EPOCH, |through| through.min(end)))
    }

    /// The records of a view that releases each at once: nothing personal, or under a named order.
    fn records(
        &self,
        view: &View,
        fields: &BTreeSet<PropertyName>,
        window: Window,
        now: Timestamp,
    ) -> Result<Vec<Row>, DiscloseError> {
        let mut rows = Vec::new();
        // What was observed this very instant belongs to it, so that an undelayed view is undelayed.
        let end = if window.end == now { now + Span::seconds(1) } else { window.end };
        for columns in self.lake.scan(&view.stream, Window { start: window.start, end })? {
            limit(rows.len() + columns.len())?;
            for row in 0..columns.len() {
                let Some(sensor) = columns.device(row).cloned() else { continue };
                let values = fields.iter().filter_map(|name| Some((name.clone(), columns.scalar(name, row)?)));
                rows.push(Row::Record {
                    time: columns.time(row),
                    sensor,
                    count: columns.count(row),
                    fields: values.collect(),
                });
            }
        }
        rows.sort_by_key(|row| match row {
            Row::Record { time, sensor, .. } => (*time, Some(sensor.clone())),
            Row::Released { from, .. } => (*from, None),
        });
        Ok(rows)
    }
}

/// The registered sensors of a view's stream: the public keys of its tables, in the districts of the register as it is.
pub(crate) fn sensors(state: &State, view: &View) -> Result<Vec<Sensor>, ReleaseError> {
    let sensors = state.devices_of(&view.stream).map(|device| Sensor::at(device.id.clone(), device.position)).collect();
    let outline = |id: &PlaceId| state.places.get(id).map(|place| place.geometry.clone());
    placed(view, sensors, &outline)
}

fn released_rows(table: ReleasedTable) -> impl Iterator<Item = Row> {
    let Window { start: from, end: to } = table.window;
    let released = move |row: ReleasedRow| {
        let ReleasedRow { cell, class, value } = row;
        Row::Released { from, to, cell: cell.into(), class, value }
    };
    table.rows.into_iter().map(released)
}

fn limit(rows: usize) -> Result<(), DiscloseError> {
    if rows > ROWS_MAX {
        return Err(DiscloseError::Window(format!("the answer has more than {ROWS_MAX} rows; ask for less time")));
    }
    Ok(())
}
