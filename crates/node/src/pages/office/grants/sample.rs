//! What a view would show, over invented observations: the real release, and nothing that was measured.
//!
//! The observations are made up from the view and the stream alone. Where a table cannot be made from some invented rows, as of
//! running totals, its columns are named and why there are no rows is said.

use std::collections::BTreeSet;

use flow::City;
use model::{
    Exposure, Measure, PlaceId, PropertyName, Space, Stream, StreamId, Timestamp, Treatment, ValueKind, View, ViewId,
    Window,
};
use privacy::release::{CellKey, ReleasedTable, Sensor, placed, release};
use privacy::{Column, Columns, Ledger};
use register::State as Register;

use crate::lang::Lang;
use crate::words;

/// The most sensors of the invented rows.
const SENSORS: usize = 3;
/// How many observations a sensor has in a window about nobody.
const READINGS: usize = 4;
/// A begin for invented tags, so that no two sensors share one.
const TAGS_APART: u64 = 1_000_000;
/// The most devices that are invented at one sensor.
const UNITS_MAX: usize = 2_000;

/// What a view would show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages::office) struct Sample {
    /// The view in words.
    pub(in crate::pages::office) words: Vec<String>,
    pub(in crate::pages::office) columns: Vec<String>,
    pub(in crate::pages::office) rows: Vec<Vec<String>>,
    /// What else there is to say about the rows.
    pub(in crate::pages::office) note: String,
    /// Why there are no rows.
    pub(in crate::pages::office) why_none: Option<&'static str>,
}

impl Sample {
    /// What a view that is declared would show; none if there is no such view.
    pub(in crate::pages::office) fn of(
        city: &City,
        state: &Register,
        stream: &StreamId,
        view: &ViewId,
        now: Timestamp,
    ) -> Option<Self> {
        Self::of_view(city, state, state.views.get(&(stream.clone(), view.clone()))?, now)
    }

    /// What a view would show, declared or not; none if there is no such stream.
    pub(in crate::pages::office) fn of_view(
        city: &City,
        state: &Register,
        view: &View,
        now: Timestamp,
    ) -> Option<Self> {
        let (_, stream) = state.stream(&view.stream)?;
        let mut sample = Self {
            words: words::view(Lang::En, view, stream),
            columns: columns(view),
            rows: Vec::new(),
            note: String::new(),
            why_none: None,
        };
        let sensors = sensors(state, view, stream);
        if sensors.is_empty() {
            sample.why_none = Some("No sensor is registered yet, so there is no place that a row could be of.");
        } else if stream.works_in_memory()
            || matches!(view.exposure, Exposure::Windows { measure: Measure::Running { .. }, .. })
        {
            sample.why_none = Some(
                "Its numbers are worked out in memory or over many windows, so a few invented rows would not show them.",
            );
        } else {
            fill(&mut sample, city, view, stream, &sensors, now);
        }
        Some(sample)
    }
}

fn fill(sample: &mut Sample, city: &City, view: &View, stream: &Stream, sensors: &[Sensor], now: Timestamp) {
    let window = match view.bin() {
        Some(bin) => bin.window(now),
        None => Window { start: now, end: now },
    };
    let Some(observed) = invented(view, stream, sensors, window) else { return };
    match &view.exposure {
        Exposure::Records { fields } => {
            let row = |row: usize| {
                let sensor = observed.device(row).map(ToString::to_string).unwrap_or_default();
                let value = |name: &PropertyName| {
                    observed.scalar(name, row).map_or_else(|| "–".to_owned(), |value| value.to_string())
                };
                [words::instant(observed.time(row)), sensor].into_iter().chain(fields.iter().map(value)).collect()
            };
            sample.rows = (0..observed.len().min(SENSORS)).map(row).collect();
        }
        Exposure::Windows { measure, .. } => {
            let mut ledger = Ledger::default();
            let charged = ledger.charge(view, stream, window).ok();
            let paid = charged.map(|charged| (charged, city.register().entropy()));
            let Ok(released) = release(view, stream, window, sensors, &[observed], paid) else { return };
            let table = released.get();
            sample.rows = table.rows.iter().map(|row| shown(table, measure, row)).collect();
            sample.note = match (table.withheld, view.minimum.0) {
                (0, _) => String::new(),
                (withheld, minimum) => format!(
                    "{} held back, because fewer than {minimum} are behind it or nothing was there.",
                    words::capital(&words::count(withheld, "number is", "numbers are"))
                ),
            };
            if sample.rows.is_empty() {
                sample.why_none = Some("Of the invented observations everything would be held back.");
            }
        }
    }
}

/// A released row in text.
fn shown(table: &ReleasedTable, measure: &Measure, row: &privacy::release::ReleasedRow) -> Vec<String> {
    let place = match &row.cell {
        CellKey::Stream => "all sensors together".to_owned(),
        CellKey::Cell(cell) => String::from(*cell),
        CellKey::District(place) => place.to_string(),
        CellKey::Sensor(sensor) => sensor.to_string(),
        CellKey::Pair { from, to } => format!("{from} → {to}"),
    };
    let mut cells = vec![words::instant(table.window.start), words::instant(table.window.end), place];
    cells.extend(row.class.map(|class| class.to_string()));
    let is_mean = matches!(measure, Measure::Mean { .. } | Measure::ClampedMean { .. });
    let thousandths = |value: i64| format!("{}.{:03}", value / 1_000, (value % 1_000).abs());
    cells.push(if is_mean { thousandths(row.value) } else { row.value.to_string() });
    cells
}

/// The columns of a view's rows.
fn columns(view: &View) -> Vec<String> {
    let plain = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    match &view.exposure {
        Exposure::Records { fields } => {
            plain(&["time", "sensor"]).into_iter().chain(fields.iter().map(ToString::to_string)).collect()
        }
        Exposure::Windows { space, measure, .. } => {
            let place = match space {
                Space::Stream => "where",
                Space::Cell { .. } => "cell",
                Space::District { .. } => "district",
                Space::Sensor => "sensor",
                Space::Pair => "way",
            };
            let mut names = plain(&["from", "to", place]);
            names.extend(matches!(measure, Measure::Histogram { .. }).then(|| "class".to_owned()));
            names.push("value".to_owned());
            names
        }
    }
}

/// The registered sensors of a stream, a few of them, in the districts of a view; none where a place has no area.
fn sensors(state: &Register, view: &View, stream: &Stream) -> Vec<Sensor> {
    let devices = state.devices_of(&stream.id).take(SENSORS);
    let sensors = devices.map(|device| Sensor::at(device.id.clone(), device.position)).collect();
    let outline = |id: &PlaceId| state.places.get(id).map(|place| place.geometry.clone());
    placed(view, sensors, &outline).unwrap_or_default()
}

/// Invented observations of a window: more at each sensor than at the one before.
fn invented(view: &View, stream: &Stream, sensors: &[Sensor], window: Window) -> Option<Columns> {
    let mut devices: Vec<u32> = Vec::new();
    for (at, number) in (0_u32..).zip(sensors).map(|(at, _)| (at, units(view, at))) {
        devices.extend(std::iter::repeat_n(at, number));
    }
    let rows = devices.len();
    let properties = stream.properties.iter().filter(|(_, property)| property.treatment.leaves_a_trace());
    let asked: BTreeSet<&PropertyName> = match &view.exposure {
        Exposure::Records { fields } => fields.iter().collect(),
        Exposure::Windows { measure, .. } => measure.unit().into_iter().chain(measure.number()).collect(),
    };
    let properties = properties.filter(|(name, _)| asked.contains(name));
    let properties =
        properties.map(|(name, property)| Some((name.clone(), column(&property.treatment, property.value, rows)?)));
    let times = vec![window.start.millis(); rows];
    let ids = sensors.iter().map(|sensor| sensor.id.clone()).collect();
    Columns::from_parts(ids, times, devices, vec![1; rows], properties.collect::<Option<_>>()?).ok()
}

/// How many are at a sensor: above the minimum, but for the last of several, where there are too few.
fn units(view: &View, at: u32) -> usize {
    let minimum = usize::try_from(view.minimum.0).unwrap_or(UNITS_MAX);
    let at = at as usize;
    match minimum {
        0 | 1 => READINGS + at,
        _ if at + 1 == SENSORS => minimum / 2,
        _ => (minimum + 3 + at * 9).min(UNITS_MAX),
    }
}

#[expect(clippy::cast_precision_loss, reason = "invented numbers are small")]
fn column(treatment: &Treatment, kind: ValueKind, rows: usize) -> Option<Column> {
    let numbers = 0..rows;
    Some(match (treatment, kind) {
        (Treatment::Pseudonymise { .. }, _) => {
            Column::Tag((0..rows as u64).map(|row| Some(TAGS_APART + row)).collect())
        }
        (Treatment::Match { .. }, _) => Column::Entry(numbers.map(|_| Some(0)).collect()),
        (Treatment::Keep | Treatment::Band { .. } | Treatment::Clamp { .. }, ValueKind::Number) => {
            Column::Number(numbers.map(|row| Some(20.0 + (row % 7) as f64)).collect())
        }
        (Treatment::Keep | Treatment::Band { .. } | Treatment::Clamp { .. }, ValueKind::Integer) => {
            Column::Integer(numbers.map(|row| i64::try_from(20 + row % 7).ok()).collect())
        }
        (Treatment::Keep, ValueKind::Boolean) => Column::Boolean(numbers.map(|row| Some(row % 2 == 0)).collect()),
        (Treatment::Keep | Treatment::District { .. }, _) => Column::Text(numbers.map(|_| Some("invented")).collect()),
        // What else is stored has no form that could be invented without its sensor.
        _ => return None,
    })
}
