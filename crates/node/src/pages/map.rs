//! A drawing of where things are: outlines of places and sensors, made here, so that no map server learns who looks.
//!
//! Under it lie the streets of the city's base map, if it has one. Everything else that it shows stands in words beside it, too.

mod streets;

use std::collections::BTreeSet;
use std::fmt::Write;

use flow::basemap::{BaseMap, Bounds};
use model::{DeploymentRecord, Device, Geometry, PlaceId, Point};
use register::State;

use super::near::distance::{self, flat, middle};
use crate::lang::Lang;

use streets::Streets;

/// The drawing's size, in its own units, and the space at its edge.
const SIZE: f64 = 720.0;
const EDGE: f64 = 24.0;
/// The most corners of all outlines together; longer ones are drawn with fewer.
const CORNERS_MAX: usize = 4_000;
/// The most sensors drawn.
const SENSORS_MAX: usize = 1_000;
/// How much of the world is drawn at least, in metres, so that one sensor does not fill all of it.
const WIDTH_MIN_METRES: f64 = 200.0;

/// A drawing.
pub(super) struct Map {
    /// What it shows, for whoever does not see it.
    pub(super) words: String,
    /// Outlines of areas, as SVG paths.
    pub(super) areas: Vec<String>,
    /// Places that are points.
    pub(super) points: Vec<Spot>,
    pub(super) sensors: Vec<Spot>,
    /// Where distances are measured from.
    pub(super) here: Option<Spot>,
    /// How long the line at the bottom is: in the drawing, and in words.
    pub(super) scale: (String, String),
    /// How many sensors are not drawn.
    pub(super) more: usize,
    /// What lies under it.
    pub(super) streets: Option<Streets>,
}

/// A spot in the drawing.
pub(super) struct Spot {
    pub(super) x: String,
    pub(super) y: String,
}

/// From the world into the drawing.
struct Frame {
    origin: Point,
    west: f64,
    north: f64,
    /// Units of the drawing for one metre.
    scale: f64,
}

impl Frame {
    /// The frame around positions.
    fn around(origin: Point, all: impl Iterator<Item = Point>) -> Self {
        let start = (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
        let (west, south, east, north) = all
            .map(|point| flat(origin, point))
            .fold(start, |bounds, (x, y)| (bounds.0.min(x), bounds.1.min(y), bounds.2.max(x), bounds.3.max(y)));
        let across = (east - west).max(north - south).max(WIDTH_MIN_METRES);
        Self {
            origin,
            west: f64::midpoint(west, east) - across / 2.0,
            north: f64::midpoint(south, north) + across / 2.0,
            scale: (SIZE - 2.0 * EDGE) / across,
        }
    }

    fn place(&self, point: Point) -> (f64, f64) {
        let (x, y) = flat(self.origin, point);
        ((x - self.west).mul_add(self.scale, EDGE), (self.north - y).mul_add(self.scale, EDGE))
    }

    /// How much of the world it shows from side to side, in metres.
    fn across(&self) -> f64 {
        SIZE / self.scale
    }

    /// What of the world it shows.
    fn bounds(&self) -> Option<Bounds> {
        let (edge, far) = (EDGE / self.scale, (SIZE - EDGE) / self.scale);
        let corners = [(self.west - edge, self.north + edge), (self.west + far, self.north - far)];
        let corners = corners.map(|(east, north)| distance::back(self.origin, east, north));
        Bounds::around(corners, 0.0)
    }

    fn spot(&self, point: Point) -> Spot {
        let (x, y) = self.place(point);
        Spot { x: format!("{x:.1}"), y: format!("{y:.1}") }
    }

    /// A length that is easily said and fits: in the drawing, and in words.
    fn rule(&self, lang: Lang) -> (String, String) {
        let most = SIZE / 4.0 / self.scale;
        let mut metres = 1.0;
        for step in [2.0, 2.5, 2.0].into_iter().cycle().take(24) {
            if metres * step > most {
                break;
            }
            metres *= step;
        }
        let (length, unit) = if metres >= 1_000.0 { (metres / 1_000.0, "km") } else { (metres, "m") };
        let told = format!("{} {unit}", lang.decimal(&length.to_string()));
        (format!("{:.1}", metres.mul_add(self.scale, EDGE)), told)
    }
}

impl Map {
    /// Draws what is listed, and where somebody stands, over the streets; none if nothing of it is anywhere.
    pub(super) fn of(
        lang: Lang,
        state: &State,
        base: Option<&BaseMap>,
        from: Option<Point>,
        listed: &[&DeploymentRecord],
    ) -> Option<Self> {
        let places: BTreeSet<&PlaceId> = listed.iter().map(|record| &record.deployment.place).collect();
        let shapes: Vec<&Geometry> =
            places.iter().filter_map(|id| state.places.get(*id)).map(|place| &place.geometry).collect();
        let sensors = positions(state, listed);
        let origin = from.or_else(|| sensors.first().copied()).or_else(|| middle(shapes.first()?))?;
        let corners = shapes.iter().flat_map(|shape| corners(shape));
        let frame = Frame::around(origin, from.into_iter().chain(sensors.iter().copied()).chain(corners));
        let total = shapes.iter().map(|shape| corners_of(shape)).sum::<usize>();
        let every = total.div_ceil(CORNERS_MAX).max(1);
        Some(Self {
            words: told(lang, shapes.len(), sensors.len(), from.is_some()),
            areas: shapes.iter().filter_map(|shape| outline(&frame, shape, every)).collect(),
            points: shapes.iter().filter_map(|shape| point(shape)).map(|point| frame.spot(point)).collect(),
            sensors: sensors.iter().take(SENSORS_MAX).map(|sensor| frame.spot(*sensor)).collect(),
            here: from.map(|from| frame.spot(from)),
            scale: frame.rule(lang),
            more: sensors.len().saturating_sub(SENSORS_MAX),
            streets: base.and_then(|base| Streets::of(base, &frame)),
        })
    }
}

/// Where the sensors of some deployments are, by their names.
fn positions(state: &State, listed: &[&DeploymentRecord]) -> Vec<Point> {
    let streams = listed.iter().flat_map(|record| &record.deployment.streams);
    let mut devices: Vec<&Device> = streams.flat_map(|stream| state.devices_of(&stream.id)).collect();
    devices.sort_unstable_by_key(|device| &device.id);
    devices.into_iter().map(|device| device.position).collect()
}

fn told(lang: Lang, places: usize, sensors: usize, from: bool) -> String {
    let places = lang.count(places as u64, ("place", "places"), ("Ort", "Orte"));
    let sensors = lang.count(sensors as u64, ("sensor", "sensors"), ("Sensor", "Sensoren"));
    match lang {
        Lang::En => format!(
            "A drawing of {places} and {sensors}{}. North is up.",
            if from { ", with a cross where the distances are measured from" } else { "" }
        ),
        Lang::De => format!(
            "Die Zeichnung zeigt: {places}, {sensors}{}. Norden ist oben.",
            if from { " und ein Kreuz, von dem aus die Entfernungen gemessen sind" } else { "" }
        ),
    }
}

fn corners(shape: &Geometry) -> Vec<Point> {
    match shape {
        Geometry::Point(point) => vec![*point],
        Geometry::Polygon(rings) => rings.rings().first().cloned().unwrap_or_default(),
    }
}

fn corners_of(shape: &Geometry) -> usize {
    match shape {
        Geometry::Point(_) => 1,
        Geometry::Polygon(rings) => rings.rings().iter().map(Vec::len).sum(),
    }
}

const fn point(shape: &Geometry) -> Option<Point> {
    match shape {
        Geometry::Point(point) => Some(*point),
        Geometry::Polygon(_) => None,
    }
}

/// The path of an area, its holes included, with one of so many corners.
fn outline(frame: &Frame, shape: &Geometry, every: usize) -> Option<String> {
    let Geometry::Polygon(rings) = shape else { return None };
    let mut path = String::new();
    for ring in rings.rings() {
        // Three corners are the fewest that an area has.
        let every = every.min(ring.len() / 4).max(1);
        for (at, corner) in ring.iter().step_by(every).enumerate() {
            let (x, y) = frame.place(*corner);
            // Writing to a string cannot fail.
            let _ = write!(path, "{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
        }
        path.push('Z');
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_holds_everything_north_up_and_says_how_long_a_line_is() {
        let at = |longitude, latitude| Point::new(longitude, latitude).unwrap();
        let (south_west, north_east) = (at(16.60, 49.19), at(16.62, 49.21));
        let frame = Frame::around(south_west, [south_west, north_east].into_iter());
        let ((left, bottom), (right, top)) = (frame.place(south_west), frame.place(north_east));
        assert!(left < right && top < bottom);
        assert!([left, bottom, right, top].iter().all(|one| (EDGE - 0.1..=SIZE - EDGE + 0.1).contains(one)));
        assert_eq!(frame.rule(Lang::En).1, "500 m");
    }

    #[test]
    fn a_long_outline_is_drawn_with_fewer_corners_and_stays_closed() {
        let ring: Vec<String> = (0..=1_000)
            .map(|at| f64::from(at % 1_000) / 1_000.0 * std::f64::consts::TAU)
            .map(|angle| format!("[{},{}]", angle.cos(), angle.sin()))
            .collect();
        let shape: Geometry =
            serde_json::from_str(&format!(r#"{{"type":"Polygon","coordinates":[[{}]]}}"#, ring.join(","))).unwrap();
        let frame = Frame::around(Point::new(0.0, 0.0).unwrap(), corners(&shape).into_iter());
        let path = outline(&frame, &shape, 10).unwrap();
        assert_eq!((path.matches('L').count(), path.ends_with('Z')), (100, true));
    }
}
