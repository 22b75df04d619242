//! Public reference tables: what stands in every city's public register, and the calendar.

use analytics::{Column, Days, REFERENCE, Table, TableName, calendar};
use model::{Geometry, Point, Timestamp};
use register::State;

/// Tables made from the register.
const PLACES: &str = "places";
const SENSORS: &str = "sensors";
const CALENDAR: &str = "calendar";
/// How many years before this one the calendar begins; views reach back no further than ten.
const YEARS_BACK: i32 = 10;

/// Whether a table is made from the register.
pub(crate) fn of_register(name: &TableName) -> bool {
    name.is_reference() && [PLACES, SENSORS].contains(&&*name.table)
}

/// The names that public tables of the city have.
pub(crate) const NAMES: [&str; 3] = [PLACES, SENSORS, CALENDAR];

/// A public table of the city; none if there is no such.
pub(crate) fn table(name: &TableName, state: Option<&State>, now: Timestamp) -> Option<Table> {
    match (name.table.as_str(), state) {
        (PLACES, Some(state)) => Some(places(state)),
        (SENSORS, Some(state)) => Some(sensors(state)),
        (CALENDAR, _) => Some(calendar(days(now))),
        _ => None,
    }
}

fn days(now: Timestamp) -> Days {
    let today = now.date();
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
