//! Public reference tables: what stands in every city's public register, the calendar, and what the asker brings along.

use std::io::Read as _;

use analytics::{CSV_BYTES_MAX, Column, Days, REFERENCE, Table, TableName, calendar, import};
use anyhow::{Context, bail};
use model::{Clock, Geometry, Point};
use register::State;

use crate::args::sql::Sql;
use crate::system::SystemClock;

/// Tables made from the register.
const PLACES: &str = "places";
const SENSORS: &str = "sensors";
const CALENDAR: &str = "calendar";
/// How many years before this one the calendar begins; views reach back no further than ten.
const YEARS_BACK: i32 = 10;

/// Reads the files that the asker brings along.
pub(super) fn imported(args: &Sql) -> anyhow::Result<Vec<Table>> {
    let mut tables: Vec<Table> = Vec::new();
    for (name, path) in &args.reference {
        let taken =
            [PLACES, SENSORS, CALENDAR].contains(&&**name) || tables.iter().any(|table| table.name.table == *name);
        if taken {
            bail!("there is a table `{REFERENCE}.{name}` already; give the file another name");
        }
        let failed = || format!("cannot read `{}`", path.display());
        let mut bytes = Vec::new();
        // One byte more than may be, so that too much is seen.
        let file = std::fs::File::open(path).with_context(failed)?;
        file.take(CSV_BYTES_MAX + 1).read_to_end(&mut bytes).with_context(failed)?;
        tables.push(import(name, &bytes)?);
    }
    Ok(tables)
}

/// Whether a table is made from the register.
pub(super) fn of_register(name: &TableName) -> bool {
    name.is_reference() && [PLACES, SENSORS].contains(&&*name.table)
}

/// A public table of the city; none if there is no such.
pub(super) fn table(name: &TableName, state: Option<&State>) -> Option<Table> {
    match (name.table.as_str(), state) {
        (PLACES, Some(state)) => Some(places(state)),
        (SENSORS, Some(state)) => Some(sensors(state)),
        (CALENDAR, _) => Some(calendar(days())),
        _ => None,
    }
}

fn days() -> Days {
    let today = SystemClock.now().date();
    let year = today.split('-').next().and_then(|year| year.parse().ok()).unwrap_or(1970);
    Days { from_year: year - YEARS_BACK, to_year: year + 1 }
}

fn named(name: &str, columns: Vec<(&str, Column)>) -> Table {
    let columns = columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect();
    Table { name: TableName::new(REFERENCE, name), columns }
}

fn texts<T>(things: &[T], text: impl Fn(&T) -> Option<String>) -> Column {
    Column::Text(things.iter().map(text).collect())
}

/// Longitudes and latitudes.
fn positions<T>(things: &[T], point: impl Fn(&T) -> Option<Point>) -> [(&'static str, Column); 2] {
    let points: Vec<Option<Point>> = things.iter().map(point).collect();
    let degrees = |of: fn(Point) -> f64| Column::Number(points.iter().map(|point| point.map(of)).collect());
    [("longitude", degrees(Point::longitude)), ("latitude", degrees(Point::latitude))]
}

fn places(state: &State) -> Table {
    let places: Vec<_> = state.places.values().collect();
    let point = |place: &&std::sync::Arc<model::Place>| match &place.geometry {
        Geometry::Point(point) => Some(*point),
        Geometry::Polygon(_) => None,
    };
    let mut columns = vec![
        ("place", texts(&places, |place| Some(place.id.to_string()))),
        ("name", texts(&places, |place| Some(place.name.clone()))),
        ("within", texts(&places, |place| place.within.as_ref().map(ToString::to_string))),
    ];
    columns.extend(positions(&places, point));
    columns.push(("geojson", texts(&places, |place| serde_json::to_string(&place.geometry).ok())));
    named(PLACES, columns)
}

fn sensors(state: &State) -> Table {
    let devices: Vec<_> = state.devices.values().collect();
    let place = |device: &&std::sync::Arc<model::Device>| {
        state.deployments.get(&device.deployment).map(|record| record.deployment.place.to_string())
    };
    let mut columns = vec![
        ("sensor", texts(&devices, |device| Some(device.id.to_string()))),
        ("stream", texts(&devices, |device| Some(device.stream.to_string()))),
        ("deployment", texts(&devices, |device| Some(device.deployment.to_string()))),
        ("place", texts(&devices, place)),
    ];
    columns.extend(positions(&devices, |device| Some(device.position)));
    named(SENSORS, columns)
}
