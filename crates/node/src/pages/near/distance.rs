//! How far something is from where somebody stands. Metres on a sphere: wrong by half a hundredth at most, which is less than
//! anybody notices on foot. It knows no deployment and keeps no position.

use model::{Geometry, Point};

use crate::lang::Lang;

/// The mean radius of the Earth, in metres.
const EARTH_METRES: f64 = 6_371_008.8;

/// A position on a sphere of radius 1 around the middle of the Earth. Of two pairs of positions the nearer is the one with the shorter
/// straight line between them, and that takes no trigonometry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::pages) struct OnSphere([f64; 3]);

impl OnSphere {
    pub(in crate::pages) fn of(point: Point) -> Self {
        let ((north, east), (up, round)) =
            (point.longitude().to_radians().sin_cos(), point.latitude().to_radians().sin_cos());
        Self([round * east, round * north, up])
    }

    /// The square of the straight line to another position.
    pub(in crate::pages) fn apart(self, other: Self) -> f64 {
        let [x, y, z] = self.0;
        let [to_x, to_y, to_z] = other.0;
        [x - to_x, y - to_y, z - to_z].into_iter().map(|along| along * along).sum()
    }
}

/// The square of the straight line between positions that are so many metres from each other.
pub(in crate::pages) fn apart(metres: f64) -> f64 {
    let half = metres / (2.0 * EARTH_METRES);
    (2.0 * half.min(std::f64::consts::FRAC_PI_2).sin()).powi(2)
}

/// The distance between two positions, in metres.
pub(in crate::pages) fn between(one: Point, other: Point) -> f64 {
    let (north, east) =
        ((other.latitude() - one.latitude()).to_radians(), turn(other.longitude() - one.longitude()).to_radians());
    let across = one.latitude().to_radians().cos() * other.latitude().to_radians().cos();
    let chord = (north / 2.0).sin().powi(2) + across * (east / 2.0).sin().powi(2);
    2.0 * EARTH_METRES * chord.clamp(0.0, 1.0).sqrt().asin()
}

/// The distance from a position to a shape, in metres: 0 within it.
pub(in crate::pages) fn to_shape(from: Point, shape: &Geometry) -> f64 {
    let rings = match shape {
        Geometry::Point(point) => return between(from, *point),
        Geometry::Polygon(_) if shape.covers(&from) => return 0.0,
        Geometry::Polygon(rings) => rings.rings(),
    };
    let edges = rings.iter().flat_map(|ring| ring.iter().zip(ring.iter().skip(1)));
    edges.map(|(start, end)| to_edge(from, *start, *end)).fold(f64::INFINITY, f64::min)
}

/// The distance to an edge, on a plane that touches the Earth where somebody stands.
fn to_edge(from: Point, start: Point, end: Point) -> f64 {
    let ((x, y), (to_x, to_y)) = (flat(from, start), flat(from, end));
    let (along_x, along_y) = (to_x - x, to_y - y);
    let squared = along_x.mul_add(along_x, along_y * along_y);
    let share = if squared > 0.0 { (-(x * along_x + y * along_y) / squared).clamp(0.0, 1.0) } else { 0.0 };
    (share.mul_add(along_x, x)).hypot(share.mul_add(along_y, y))
}

/// Metres to the east and to the north of a position.
pub(in crate::pages) fn flat(from: Point, point: Point) -> (f64, f64) {
    let east = turn(point.longitude() - from.longitude()).to_radians() * from.latitude().to_radians().cos();
    let north = (point.latitude() - from.latitude()).to_radians();
    (east * EARTH_METRES, north * EARTH_METRES)
}

/// The other way round: degrees to the east and to the north of what lies so many metres from a position.
pub(in crate::pages) fn back(from: Point, east: f64, north: f64) -> (f64, f64) {
    let wide = EARTH_METRES * from.latitude().to_radians().cos().max(0.01);
    (from.longitude() + (east / wide).to_degrees(), from.latitude() + (north / EARTH_METRES).to_degrees())
}

/// A difference of longitudes the short way round, so that the 180th meridian is no wall.
fn turn(degrees: f64) -> f64 {
    (degrees + 540.0).rem_euclid(360.0) - 180.0
}

/// The middle of a shape: of a point itself, of an area the mean of its outline's corners.
pub(in crate::pages) fn middle(shape: &Geometry) -> Option<Point> {
    let ring = match shape {
        Geometry::Point(point) => return Some(*point),
        Geometry::Polygon(rings) => rings.rings().first()?,
    };
    // The last corner is the first one again.
    let (first, corners) = (*ring.first()?, ring.get(1..)?);
    let count = u32::try_from(corners.len()).ok().filter(|count| *count > 0)?;
    let (east, north) = corners.iter().fold((0.0, 0.0), |(east, north), corner| {
        (east + turn(corner.longitude() - first.longitude()), north + corner.latitude())
    });
    let longitude = turn(first.longitude() + east / f64::from(count));
    Point::new(longitude, north / f64::from(count)).ok()
}

/// A distance in words, no finer than it is known: `about 350 m`, `about 2.4 km`.
pub(in crate::pages) fn words(lang: Lang, metres: f64) -> String {
    let (number, unit) = if metres < 10.0 {
        return lang.of("Right here", "Gleich hier").to_owned();
    } else if metres < 995.0 {
        (format!("{:.0}", (metres / 10.0).round() * 10.0), "m")
    } else if metres < 9_950.0 {
        (format!("{:.1}", metres / 1_000.0), "km")
    } else {
        (format!("{:.0}", metres / 1_000.0), "km")
    };
    match lang {
        Lang::En => format!("About {number} {unit} away"),
        Lang::De => format!("Etwa {} {unit} entfernt", lang.decimal(&number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(longitude: f64, latitude: f64) -> Point {
        Point::new(longitude, latitude).unwrap()
    }

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() <= other.abs() * 0.005
    }

    #[test]
    fn known_distances_are_met() {
        // Brno to Vienna, as the crow flies, and a degree of latitude.
        assert!(close(between(at(16.6068, 49.1951), at(16.3738, 48.2082)), 111_070.0));
        assert!(close(between(at(0.0, 50.0), at(0.0, 51.0)), 111_195.0));
        assert!(between(at(179.9999, 0.0), at(-179.9999, 0.0)) < 30.0);
        assert!(between(at(1.0, 2.0), at(1.0, 2.0)) < 1e-6);
    }

    #[test]
    fn an_area_is_near_by_its_outline_and_not_by_its_corners() {
        let area: Geometry =
            serde_json::from_str(r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}"#).unwrap();
        assert!(to_shape(at(0.5, 0.5), &area).abs() < 1e-9);
        // A hundredth of a degree south of the middle of its southern edge.
        assert!(close(to_shape(at(0.5, -0.01), &area), 1_112.0));
        let middle = middle(&area).unwrap();
        assert!((middle.longitude() - 0.5).abs() < 1e-9 && (middle.latitude() - 0.5).abs() < 1e-9);
    }

    #[test]
    fn distances_are_told_no_finer_than_they_are_known() {
        let told = [3.0, 14.0, 349.0, 996.0, 2_449.0, 12_300.0].map(|metres| words(Lang::En, metres));
        assert_eq!(
            told,
            [
                "Right here",
                "About 10 m away",
                "About 350 m away",
                "About 1.0 km away",
                "About 2.4 km away",
                "About 12 km away"
            ]
        );
    }

    #[test]
    fn german_distances_have_their_own_comma() {
        let told = [3.0, 14.0, 2_449.0].map(|metres| words(Lang::De, metres));
        assert_eq!(told, ["Gleich hier", "Etwa 10 m entfernt", "Etwa 2,4 km entfernt"]);
    }
}
