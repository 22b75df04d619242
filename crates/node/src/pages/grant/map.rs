//! Where it is how much: sensors as circles, cells as areas, drawn from positions of the public register, with a table beside.
//!
//! Only what was handed over is drawn; a sensor without a number is a ring.

use std::collections::BTreeMap;
use std::fmt::Write;

use flow::sheet::outline;
use flow::{Cell, Row};
use model::{CellId, DeviceId, Point, Timestamp};

use super::chart::{Combined, numbers, usual};
use crate::lang::Lang;
use crate::pages::draw::{Label, WIDTH, told};

/// The tallest map, and the room around what is on it, in its own units.
const HEIGHT_MAX: f64 = 520.0;
const MARGIN: f64 = 48.0;
/// The smallest and the largest circle, by their radius.
const RADIUS: (f64, f64) = (7.0, 24.0);
/// The most places that are drawn with their numbers; all are in the table.
const NUMBERED_MAX: usize = 30;
/// The most places that are drawn and listed.
const PLACES_MAX: usize = 500;
/// How many shades there are.
const SHADES: f64 = 4.0;
/// The narrowest stretch that fills a map, in degrees: about a hundred metres.
const DEGREES_MIN: f64 = 0.001;

/// A map, ready to be drawn.
#[derive(Debug)]
pub(super) struct Map {
    pub(super) height: String,
    pub(super) areas: Vec<Area>,
    pub(super) circles: Vec<Circle>,
    pub(super) labels: Vec<Label>,
    /// The table.
    pub(super) lines: Vec<Line>,
}

/// A cell.
#[derive(Debug)]
pub(super) struct Area {
    pub(super) path: String,
    pub(super) shade: u8,
}

/// A sensor.
#[derive(Debug)]
pub(super) struct Circle {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) radius: String,
    pub(super) shade: u8,
}

/// A line of the table.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    pub(super) place: String,
    pub(super) now: String,
    pub(super) usual: String,
}

/// A place with its numbers.
struct Place {
    name: String,
    /// Where its number stands.
    at: Point,
    /// Its corners, if it is a cell.
    corners: Vec<[f64; 2]>,
    now: Option<f64>,
    usual: Option<f64>,
}

impl Map {
    /// The newest window of some rows, by place; none where numbers are for all places together.
    pub(super) fn of(
        lang: Lang,
        rows: &[Row],
        combined: Combined,
        sensors: &BTreeMap<DeviceId, Point>,
    ) -> Option<Self> {
        let newest = *numbers(rows, combined).last_key_value()?.0;
        let places = places(rows, newest, combined, sensors);
        if places.is_empty() {
            return None;
        }
        let frame = Frame::around(&places)?;
        let top = places.iter().filter_map(|place| place.now).fold(0.0, f64::max);
        let part = |place: &Place| place.now.map(|now| if top > 0.0 { (now / top).clamp(0.0, 1.0) } else { 0.0 });
        let (cells, spots): (Vec<&Place>, Vec<&Place>) = places.iter().partition(|place| !place.corners.is_empty());
        let areas = cells.iter().map(|place| Area { path: frame.path(&place.corners), shade: shade(part(place)) });
        let circles = spots.iter().map(|place| {
            let (x, y) = frame.spot(place.at.longitude(), place.at.latitude());
            let radius = RADIUS.0 + (RADIUS.1 - RADIUS.0) * part(place).unwrap_or(0.0).sqrt();
            Circle {
                x: format!("{x:.1}"),
                y: format!("{y:.1}"),
                radius: format!("{radius:.1}"),
                shade: shade(part(place)),
            }
        });
        let numbered = if places.len() <= NUMBERED_MAX { places.as_slice() } else { &[] };
        let labels = numbered.iter().map(|place| {
            let (x, y) = frame.spot(place.at.longitude(), place.at.latitude());
            let below = if place.corners.is_empty() { RADIUS.1 + 14.0 } else { 4.0 };
            Label { x: format!("{x:.1}"), y: format!("{:.1}", y + below), text: told(lang, place.now) }
        });
        let lines = places.iter().map(|place| Line {
            place: place.name.clone(),
            now: told(lang, place.now),
            usual: told(lang, place.usual),
        });
        Some(Self {
            height: format!("{:.0}", frame.height),
            areas: areas.collect(),
            circles: circles.collect(),
            labels: labels.collect(),
            lines: lines.collect(),
        })
    }
}

/// The places that have numbers, and every sensor of a view by sensor.
fn places(rows: &[Row], newest: Timestamp, combined: Combined, sensors: &BTreeMap<DeviceId, Point>) -> Vec<Place> {
    let (mut by_sensor, mut by_cell) = (BTreeMap::<&DeviceId, Vec<&Row>>::new(), BTreeMap::<CellId, Vec<&Row>>::new());
    for row in rows {
        match row {
            Row::Released { cell: Cell::Sensor(sensor), .. } => by_sensor.entry(sensor).or_default().push(row),
            Row::Released { cell: Cell::Cell(cell), .. } => by_cell.entry(*cell).or_default().push(row),
            _ => {}
        }
    }
    let both = |rows: Option<&Vec<&Row>>| {
        let numbers = numbers(rows.into_iter().flatten().copied(), combined);
        (numbers.get(&newest).copied(), usual(&numbers, newest))
    };
    let cells = by_cell.iter().filter_map(|(cell, rows)| {
        let (corners, (now, usual)) = (outline(*cell)?, both(Some(rows)));
        Some(Place { name: String::from(*cell), at: middle(&corners)?, corners, now, usual })
    });
    let all = if by_sensor.is_empty() { None } else { Some(sensors) };
    let spots = all.into_iter().flatten().map(|(sensor, at)| {
        let (now, usual) = both(by_sensor.get(sensor));
        Place { name: sensor.to_string(), at: *at, corners: Vec::new(), now, usual }
    });
    cells.chain(spots).take(PLACES_MAX).collect()
}

/// The middle of a cell's corners, of which the first is there twice.
fn middle(corners: &[[f64; 2]]) -> Option<Point> {
    let corners = corners.split_last()?.1;
    #[expect(clippy::cast_precision_loss, reason = "a cell has six corners")]
    let count = corners.len() as f64;
    let of = |part: fn(&[f64; 2]) -> f64| corners.iter().map(part).sum::<f64>() / count;
    Point::new(of(|[longitude, _]| *longitude), of(|[_, latitude]| *latitude)).ok()
}

/// From nothing (0) to the most (4).
fn shade(part: Option<f64>) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies between 1 and 4")]
    part.map_or(0, |part| (part * SHADES).ceil().clamp(1.0, SHADES) as u8)
}

/// What lies on the map, and how large it is drawn.
struct Frame {
    west: f64,
    north: f64,
    /// Units for a degree of longitude, and of latitude.
    scale: (f64, f64),
    height: f64,
}

impl Frame {
    fn around(places: &[Place]) -> Option<Self> {
        let own = |place: &Place| {
            let point = [place.at.longitude(), place.at.latitude()];
            if place.corners.is_empty() { vec![point] } else { place.corners.clone() }
        };
        let points: Vec<[f64; 2]> = places.iter().flat_map(own).collect();
        let range = |at: usize| {
            let values = points.iter().filter_map(|point| point.get(at).copied());
            values.fold(None, |range: Option<(f64, f64)>, value| {
                Some(range.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
            })
        };
        let ((west, east), (south, north)) = (wide(range(0)?), wide(range(1)?));
        // A degree of longitude is shorter than one of latitude, but at the equator.
        let narrow = f64::midpoint(south, north).to_radians().cos().max(0.01);
        let across = (WIDTH - 2.0 * MARGIN) / ((east - west) * narrow);
        let down = (HEIGHT_MAX - 2.0 * MARGIN) / (north - south);
        let unit = across.min(down);
        let used = (east - west) * narrow * unit;
        let left = (WIDTH - used) / 2.0;
        let scale = (unit * narrow, unit);
        let height = (north - south) * unit + 2.0 * MARGIN;
        Some(Self { west: west - left / scale.0, north: north + MARGIN / unit, scale, height })
    }

    fn spot(&self, longitude: f64, latitude: f64) -> (f64, f64) {
        ((longitude - self.west) * self.scale.0, (self.north - latitude) * self.scale.1)
    }

    fn path(&self, corners: &[[f64; 2]]) -> String {
        let mut path = String::new();
        for (at, [longitude, latitude]) in corners.iter().enumerate() {
            let (x, y) = self.spot(*longitude, *latitude);
            // Writing into a text does not fail.
            let _ = write!(path, "{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
        }
        path + "Z"
    }
}

/// A range that is not too narrow to be drawn.
fn wide((low, high): (f64, f64)) -> (f64, f64) {
    let lacks = (DEGREES_MIN - (high - low)).max(0.0) / 2.0;
    (low - lacks, high + lacks)
}

#[cfg(test)]
mod tests {
    use model::Span;

    use super::*;

    fn sensors(all: &[(&str, f64, f64)]) -> BTreeMap<DeviceId, Point> {
        all.iter().map(|(id, x, y)| (id.parse().unwrap(), Point::new(*x, *y).unwrap())).collect()
    }

    fn row(from: Timestamp, cell: Cell, value: i64) -> Row {
        Row::Released { from, to: from + Span::minutes(15), cell, class: None, value }
    }

    #[test]
    fn each_sensor_stands_where_it_is_with_now_and_usual() {
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        let at = |id: &str| Cell::Sensor(id.parse().unwrap());
        let rows = [row(now - Span::days(1), at("west"), 30), row(now, at("west"), 40), row(now, at("east"), 10)];
        let sensors = sensors(&[("west", 16.60, 49.19), ("east", 16.62, 49.20), ("new", 16.61, 49.21)]);
        let map = Map::of(Lang::En, &rows, Combined::Sum, &sensors).unwrap();
        let line = |place: &str, now: &str, usual: &str| Line {
            place: place.to_owned(),
            now: now.to_owned(),
            usual: usual.to_owned(),
        };
        assert_eq!(map.lines, [line("east", "10", "none"), line("new", "none", "none"), line("west", "40", "30")]);
        let shades: Vec<u8> = map.circles.iter().map(|circle| circle.shade).collect();
        assert_eq!(shades, [1, 0, 4]);
        let place = |at: usize| (map.circles[at].x.parse::<f64>().unwrap(), map.circles[at].y.parse::<f64>().unwrap());
        let (east, new, west) = (place(0), place(1), place(2));
        assert!(west.0 < new.0 && new.0 < east.0 && new.1 < east.1 && east.1 < west.1, "{east:?} {new:?} {west:?}");
        let height: f64 = map.height.parse().unwrap();
        for (x, y) in [east, new, west] {
            assert!((20.0..700.0).contains(&x) && (20.0..height - 20.0).contains(&y));
        }
    }

    #[test]
    fn cells_are_areas_one_place_fills_no_page_and_numbers_for_all_have_no_map() {
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        let resolution = model::H3Resolution::try_from(9).unwrap();
        let cell = privacy::cell::cell(Point::new(16.6068, 49.1951).unwrap(), resolution).unwrap();
        let map = Map::of(Lang::En, &[row(now, Cell::Cell(cell), 12)], Combined::Sum, &BTreeMap::new()).unwrap();
        assert_eq!((map.areas.len(), map.circles.len(), map.areas[0].shade), (1, 0, 4));
        assert!(map.areas[0].path.starts_with('M') && map.areas[0].path.ends_with('Z'));
        assert!(map.height.parse::<f64>().unwrap() <= HEIGHT_MAX);
        let one = Map::of(
            Lang::En,
            &[row(now, Cell::Sensor("a".parse().unwrap()), 0)],
            Combined::Sum,
            &sensors(&[("a", 16.6, 49.2)]),
        )
        .unwrap();
        assert!(!one.circles[0].x.contains("NaN") && one.circles[0].shade == 1, "{one:?}");
        assert!(
            Map::of(Lang::En, &[row(now, Cell::Stream, 5)], Combined::Sum, &sensors(&[("a", 16.6, 49.2)])).is_none()
        );
        assert!(Map::of(Lang::En, &[], Combined::Sum, &BTreeMap::new()).is_none());
    }
}
