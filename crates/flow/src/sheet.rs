//! An answer as a sheet: named columns, for files that other programs read.
//!
//! A sheet is made of an answer that was handed over and shows what it shows, no row more. Where a sensor stands is added
//! from the public register. What was withheld is in no sheet; how many cells that were, and everything else about the
//! answer, goes along as [`about`].

mod columns;
mod geojson;

use std::collections::BTreeMap;

use journal::sheet::{Kind, Value as Stored};
use lake::sheet::Series;
use model::{CellId, DeviceId, Point, Stream, Timestamp, View};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::city::City;
use crate::disclose::Answer;

pub use geojson::outline;

/// The name under which [`about`] stands in the metadata of a file.
const ABOUT: &str = "ordinance";

/// Where a row belongs on a map.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Spot {
    /// Nowhere: the whole stream, or a sensor that is not in the register any more.
    Nowhere,
    /// A sensor's position.
    At(Point),
    /// An H3 cell.
    Cell(CellId),
    /// A way from one sensor's position to another's.
    Way(Point, Point),
}

/// What a file is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Comma-separated values after RFC 4180, in UTF-8.
    Csv,
    /// A GeoJSON feature collection (RFC 7946): cells as polygons, sensors as points, ways as lines.
    GeoJson,
    /// Apache Parquet.
    Parquet,
    /// An SQLite database: the table `rows`, and what must be known about them in the table `about`.
    Sqlite,
}

impl Format {
    /// How the name of a file ends.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::GeoJson => "geojson",
            Self::Parquet => "parquet",
            Self::Sqlite => "sqlite",
        }
    }

    /// The media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::GeoJson => "application/geo+json",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Sqlite => "application/vnd.sqlite3",
        }
    }
}

/// Why a sheet cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The rows are not such as the view gives.
    #[error("the rows are not those of the view `{0}`; the answer and the register do not belong together")]
    OtherView(String),
    /// The file could not be made.
    #[error("the {0} file could not be made: {1}")]
    Format(&'static str, String),
}

/// An answer as named columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    columns: Vec<(String, Series)>,
    spots: Vec<Spot>,
    about: Value,
}

impl Sheet {
    /// Draws an answer up, under the view and stream that it is of, with the positions of the stream's sensors.
    ///
    /// # Errors
    /// The rows are not such as the view gives.
    pub fn of(
        answer: &Answer,
        view: &View,
        stream: &Stream,
        sensors: &BTreeMap<DeviceId, Point>,
    ) -> Result<Self, SheetError> {
        let (columns, spots) = columns::drawn(answer, view, stream, sensors)?;
        Ok(Self { columns, spots, about: about(answer) })
    }

    /// The columns, in their order.
    #[must_use]
    pub fn columns(&self) -> &[(String, Series)] {
        &self.columns
    }

    /// What the file should be read with.
    #[must_use]
    pub const fn about(&self) -> &Value {
        &self.about
    }

    /// The sheet as a file.
    ///
    /// # Errors
    /// It could not be made.
    pub fn write(&self, format: Format) -> Result<Vec<u8>, SheetError> {
        match format {
            Format::Csv => self.csv().map_err(|error| SheetError::Format("CSV", error.to_string())),
            Format::GeoJson => geojson::written(self).map_err(|error| SheetError::Format("GeoJSON", error.to_string())),
            Format::Parquet => {
                let about = [(ABOUT.to_owned(), self.about.to_string())];
                lake::sheet::parquet(&self.columns, &about).map_err(|error| SheetError::Format("Parquet", error))
            }
            Format::Sqlite => self.sqlite().map_err(|error| SheetError::Format("SQLite", error)),
        }
    }

    fn sqlite(&self) -> Result<Vec<u8>, String> {
        let kind = |series: &Series| match series {
            Series::Time(_) | Series::Text(_) => Kind::Text,
            Series::Integer(_) | Series::Boolean(_) => Kind::Integer,
            Series::Number(_) => Kind::Number,
        };
        let columns: Vec<(&str, Kind)> =
            self.columns.iter().map(|(name, series)| (name.as_str(), kind(series))).collect();
        let row = |row: usize| self.columns.iter().map(|(_, series)| database_value(series, row)).collect();
        let about = [(ABOUT.to_owned(), self.about.to_string())];
        journal::sheet::sqlite(&columns, (0..self.spots.len()).map(row), &about)
    }

    fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(self.columns.iter().map(|(name, _)| name))?;
        for row in 0..self.spots.len() {
            writer.write_record(self.columns.iter().map(|(_, series)| text(series, row)))?;
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    }
}

impl City {
    /// Draws up an answer that this city gave.
    ///
    /// # Errors
    /// The register does not have its view any more.
    pub fn sheet(&self, answer: &Answer) -> Result<Sheet, SheetError> {
        let (state, record) = (self.register.state(), &answer.record);
        let view = state.views.get(&(record.stream.clone(), record.view.clone()));
        let (Some(view), Some((_, stream))) = (view, state.stream(&record.stream)) else {
            return Err(SheetError::OtherView(record.view.to_string()));
        };
        let sensors = state.devices_of(&record.stream).map(|device| (device.id.clone(), device.position)).collect();
        Sheet::of(answer, view, stream, &sensors)
    }
}

/// A value as text; nothing where there is none.
fn text(series: &Series, row: usize) -> String {
    fn told<T: ToString>(values: &[Option<T>], row: usize) -> String {
        values.get(row).and_then(Option::as_ref).map(ToString::to_string).unwrap_or_default()
    }
    match series {
        Series::Time(values) => values.get(row).map(|at| Timestamp::from_millis(*at).to_string()).unwrap_or_default(),
        Series::Text(values) => told(values, row),
        Series::Integer(values) => told(values, row),
        Series::Number(values) => told(values, row),
        Series::Boolean(values) => told(values, row),
    }
}

/// A value as JSON.
fn value(series: &Series, row: usize) -> Value {
    match series {
        Series::Time(_) => text(series, row).into(),
        Series::Text(values) => values.get(row).cloned().flatten().into(),
        Series::Integer(values) => values.get(row).copied().flatten().into(),
        Series::Number(values) => values.get(row).copied().flatten().into(),
        Series::Boolean(values) => values.get(row).copied().flatten().into(),
    }
}

/// A value as SQLite has it: an instant as its text, which the date functions read, and a truth as 1 or 0.
fn database_value(series: &Series, row: usize) -> Stored {
    fn told<T: Clone>(values: &[Option<T>], row: usize, stored: fn(T) -> Stored) -> Stored {
        values.get(row).cloned().flatten().map_or(Stored::Nothing, stored)
    }
    match series {
        Series::Time(_) => Stored::Text(text(series, row)),
        Series::Text(values) => told(values, row, Stored::Text),
        Series::Integer(values) => told(values, row, Stored::Integer),
        Series::Number(values) => told(values, row, Stored::Number),
        Series::Boolean(values) => told(values, row, |truth| Stored::Integer(i64::from(truth))),
    }
}

/// What has to be known about an answer's rows: whose and what for, how many were withheld and why, how far off the numbers
/// are, and the proof that the handing over was recorded.
#[must_use]
pub fn about(answer: &Answer) -> Value {
    let record = &answer.record;
    let withheld = match (answer.minimum, answer.withheld) {
        (0 | 1, 0) => "Nothing was withheld.".to_owned(),
        (minimum, cells) => format!(
            "{cells} cells were withheld: fewer than {} units, none, or a time of which nothing was released. A cell that is missing \
             is not a cell with nobody.",
            minimum.max(1)
        ),
    };
    let noise = answer.within.map(|within| format!("Nineteen of twenty numbers are at most {within} off."));
    let threshold = answer.threshold.map(|least| {
        format!("A way is shown from {least} on, noise included, so that none is there because of one device alone, but for a chance of one in a million.")
    });
    let in_words: Vec<String> = [Some(withheld), noise, threshold].into_iter().flatten().collect();
    json!({
        "title": answer.view_title,
        "stream": record.stream,
        "view": record.view,
        "version": record.version,
        "recipient": record.recipient,
        "purpose": record.purpose,
        "grant": record.grant,
        "window": record.window,
        "rows": record.rows,
        "withheld": answer.withheld,
        "minimum": answer.minimum,
        "noise": answer.noise,
        "within": answer.within,
        "threshold": answer.threshold,
        "in_words": in_words,
        "disclosure": record.seq,
        "record": record,
        "receipt": answer.receipt,
    })
}
