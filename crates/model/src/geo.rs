//! Where things are: points, places and H3 cells.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::PlaceId;

/// The most positions one place's outline may have.
pub const POSITIONS_MAX: usize = 10_000;
/// The most districts that positions of one property may fall into.
pub const DISTRICTS_MAX: usize = 256;
/// What a position becomes that lies in no district.
pub const OUTSIDE: &str = "outside";

/// What is wrong with a position, a shape or a cell.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GeoError {
    /// Outside the world, or not a number.
    #[error("longitude {0}, latitude {1} is not a position on Earth")]
    Position(f64, f64),
    /// The outline is empty, open or too long.
    #[error("a polygon's ring needs 4 to {POSITIONS_MAX} positions, the last equal to the first")]
    Ring,
    /// H3 has resolutions 0 to 15.
    #[error("H3 resolution {0} does not exist; the resolutions are 0 to 15")]
    Resolution(u8),
    /// No district, too many, the same one twice, or one with a name that means none.
    #[error("there must be 1 to {DISTRICTS_MAX} districts, none of them twice and none called `{OUTSIDE}`")]
    Districts,
    /// Not an H3 cell in hexadecimal.
    #[error("a cell is an H3 index in hexadecimal")]
    Cell,
}

/// A position in WGS 84 degrees; in serde `[longitude, latitude]` as in GeoJSON (RFC 7946).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f64; 2]", into = "[f64; 2]")]
pub struct Point {
    longitude: f64,
    latitude: f64,
}

impl Point {
    /// Checks a position in degrees.
    ///
    /// # Errors
    /// The position is not on Earth.
    pub fn new(longitude: f64, latitude: f64) -> Result<Self, GeoError> {
        if (-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude) {
            Ok(Self { longitude, latitude })
        } else {
            Err(GeoError::Position(longitude, latitude))
        }
    }
    /// Degrees east.
    #[must_use]
    pub const fn longitude(self) -> f64 {
        self.longitude
    }
    /// Degrees north.
    #[must_use]
    pub const fn latitude(self) -> f64 {
        self.latitude
    }
}

impl TryFrom<[f64; 2]> for Point {
    type Error = GeoError;
    fn try_from([longitude, latitude]: [f64; 2]) -> Result<Self, GeoError> {
        Self::new(longitude, latitude)
    }
}
impl From<Point> for [f64; 2] {
    fn from(point: Point) -> Self {
        [point.longitude, point.latitude]
    }
}

/// The shapes of GeoJSON that a place may have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "coordinates", deny_unknown_fields)]
pub enum Geometry {
    /// One position.
    Point(Point),
    /// An area: the outer ring, then holes.
    Polygon(Rings),
}

impl Geometry {
    /// Whether a position lies within it: at a point itself, or inside a polygon's outer ring and in none of its holes.
    /// Counted by crossings of a half-open edge that is looked at from its lower end whichever way its ring runs, so that a
    /// position on an edge that two areas share, point for point, belongs to exactly one of them.
    #[must_use]
    pub fn covers(&self, position: &Point) -> bool {
        match self {
            Self::Point(point) => point == position,
            Self::Polygon(rings) => match rings.rings().split_first() {
                Some((outer, holes)) => {
                    is_inside(outer, position) && !holes.iter().any(|hole| is_inside(hole, position))
                }
                None => false,
            },
        }
    }
}

/// Whether a ray to the east crosses a ring an odd number of times.
fn is_inside(ring: &[Point], position: &Point) -> bool {
    let crosses = |one: &Point, other: &Point| {
        if (one.latitude > position.latitude) == (other.latitude > position.latitude) {
            return false;
        }
        // The same numbers for both neighbours of an edge, or their roundings would differ.
        let (from, to) = if one.latitude <= other.latitude { (one, other) } else { (other, one) };
        let share = (position.latitude - from.latitude) / (to.latitude - from.latitude);
        position.longitude < from.longitude + share * (to.longitude - from.longitude)
    };
    ring.iter().zip(ring.iter().skip(1)).filter(|(from, to)| crosses(from, to)).count() % 2 == 1
}

/// Registered places that positions fall into, by id. Where they overlap the first one counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<PlaceId>", into = "Vec<PlaceId>")]
pub struct Districts(Vec<PlaceId>);

impl Districts {
    /// Their ids, the one that counts first first.
    #[must_use]
    pub fn ids(&self) -> &[PlaceId] {
        &self.0
    }
}

impl TryFrom<Vec<PlaceId>> for Districts {
    type Error = GeoError;
    fn try_from(ids: Vec<PlaceId>) -> Result<Self, GeoError> {
        let distinct: BTreeSet<&PlaceId> = ids.iter().collect();
        let fit = (1..=DISTRICTS_MAX).contains(&ids.len()) && distinct.len() == ids.len();
        if fit && ids.iter().all(|id| id.as_str() != OUTSIDE) { Ok(Self(ids)) } else { Err(GeoError::Districts) }
    }
}
impl From<Districts> for Vec<PlaceId> {
    fn from(districts: Districts) -> Self {
        districts.0
    }
}

/// The rings of a polygon, each closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Vec<Point>>", into = "Vec<Vec<Point>>")]
pub struct Rings(Vec<Vec<Point>>);

impl Rings {
    /// Outer ring first.
    #[must_use]
    pub fn rings(&self) -> &[Vec<Point>] {
        &self.0
    }
}

impl TryFrom<Vec<Vec<Point>>> for Rings {
    type Error = GeoError;
    fn try_from(rings: Vec<Vec<Point>>) -> Result<Self, GeoError> {
        let closed = |ring: &Vec<Point>| ring.len() >= 4 && ring.first() == ring.last();
        let positions: usize = rings.iter().map(Vec::len).sum();
        if rings.is_empty() || positions > POSITIONS_MAX || !rings.iter().all(closed) {
            return Err(GeoError::Ring);
        }
        Ok(Self(rings))
    }
}
impl From<Rings> for Vec<Vec<Point>> {
    fn from(rings: Rings) -> Self {
        rings.0
    }
}

/// An area or point of the city; places nest: city, district, site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Its id.
    pub id: PlaceId,
    /// Its name, as residents know it.
    pub name: String,
    /// The place that holds this one; none for the city itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<PlaceId>,
    /// Its shape.
    pub geometry: Geometry,
}

/// How fine an H3 cell is: 0 (4 million km²) to 15 (0.9 m²); 9 is about 0.105 km².
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct H3Resolution(u8);

impl H3Resolution {
    /// The resolution as a number, 0 to 15.
    #[must_use]
    pub const fn level(self) -> u8 {
        self.0
    }
}
impl TryFrom<u8> for H3Resolution {
    type Error = GeoError;
    fn try_from(level: u8) -> Result<Self, GeoError> {
        if level <= 15 { Ok(Self(level)) } else { Err(GeoError::Resolution(level)) }
    }
}
impl From<H3Resolution> for u8 {
    fn from(resolution: H3Resolution) -> u8 {
        resolution.0
    }
}

/// An H3 cell's index; in serde 15 hexadecimal digits, as H3 writes it. Made by `privacy`, which checks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CellId(pub u64);

impl TryFrom<String> for CellId {
    type Error = GeoError;
    fn try_from(text: String) -> Result<Self, GeoError> {
        u64::from_str_radix(&text, 16).map(Self).map_err(|_| GeoError::Cell)
    }
}
impl From<CellId> for String {
    fn from(cell: CellId) -> String {
        format!("{:x}", cell.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_covers_what_lies_inside_it_and_not_in_its_holes() {
        let area =
            r#"{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[4,4],[6,4],[6,6],[4,6],[4,4]]]}"#;
        let area: Geometry = serde_json::from_str(area).unwrap();
        let at = |longitude, latitude| Point::new(longitude, latitude).unwrap();
        assert!(area.covers(&at(1.0, 1.0)) && area.covers(&at(9.0, 5.0)));
        assert!(!area.covers(&at(5.0, 5.0)) && !area.covers(&at(11.0, 5.0)) && !area.covers(&at(5.0, -1.0)));
        assert!(
            Geometry::Point(at(1.0, 2.0)).covers(&at(1.0, 2.0)) && !Geometry::Point(at(1.0, 2.0)).covers(&at(2.0, 1.0))
        );
    }

    #[test]
    fn districts_are_some_and_each_once() {
        for (json, fit) in [
            (r#"["old-town","harbour"]"#, true),
            ("[]", false),
            (r#"["a","a"]"#, false),
            (r#"["outside"]"#, false),
            (r#"["A"]"#, false),
        ] {
            assert_eq!(serde_json::from_str::<Districts>(json).is_ok(), fit, "{json}");
        }
        let many: Vec<PlaceId> = (0..=DISTRICTS_MAX).map(|number| format!("d{number}").parse().unwrap()).collect();
        assert!(Districts::try_from(many.clone()).is_err());
        assert!(Districts::try_from(many[1..].to_vec()).is_ok());
    }

    #[test]
    fn a_place_reads_geojson_and_refuses_nonsense() {
        let ok: Result<Geometry, _> = serde_json::from_str(r#"{"type":"Point","coordinates":[16.6,49.2]}"#);
        assert!(ok.is_ok());
        for bad in [
            r#"{"type":"Point","coordinates":[190,0]}"#,
            r#"{"type":"Point","coordinates":[1,2],"extra":1}"#,
            r#"{"type":"Polygon","coordinates":[]}"#,
            r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}"#,
        ] {
            assert!(serde_json::from_str::<Geometry>(bad).is_err(), "{bad}");
        }
    }
}
