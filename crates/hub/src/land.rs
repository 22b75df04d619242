//! Land under the map of the world: outlines that whoever runs a hub imports from a file, kept as small as the drawing needs.
//!
//! None are shipped: whose outlines are right is for no software to say, and each has a licence that asks to be named. It is land and
//! water alone, without a border between countries. A map decides nothing: where no land is kept, or what is kept cannot be read, the
//! drawing has none and says so.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use journal::files::{self, Readers};
use serde::{Deserialize, Serialize};

/// The largest file that is read, in bytes. Outlines of the world at 1:10,000,000 have 10 MB.
pub const FILE_BYTES_MAX: u64 = 16 << 20;
/// The most corners that are kept: the drawing has half a degree to a unit, and every page with a map carries them.
pub const CORNERS_MAX: usize = 12_000;
/// The longest attribution, in characters.
pub const ATTRIBUTION_CHARS_MAX: usize = 200;
/// Units of the drawing, from west to east.
const WIDTH: i32 = 720;
/// Units of the drawing, from north to south.
const HEIGHT: i32 = 360;

/// Why land cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LandError {
    /// It is no GeoJSON (RFC 7946).
    #[error("the file is no GeoJSON: {0}")]
    NotGeoJson(String),
    /// A position lies outside of the world.
    #[error("the file has a position that is not on Earth: {0} {1}")]
    NotOnEarth(f64, f64),
    /// It has no areas, or none that is large enough to be drawn.
    #[error("the file has no area that is large enough to be drawn; give outlines of land as polygons, not as lines")]
    Nothing,
    /// It is too detailed.
    #[error("the outlines have more than {CORNERS_MAX} corners at half a degree; give some that are less detailed")]
    TooMuch,
    /// It is too large.
    #[error("the file has more than {} MiB; give outlines that are less detailed", FILE_BYTES_MAX >> 20)]
    TooLarge,
    /// What it is to say is too long.
    #[error("an attribution has 1 to {ATTRIBUTION_CHARS_MAX} characters and no line breaks")]
    Attribution,
    /// What is kept cannot be read.
    #[error("the land that is kept is damaged; import it anew")]
    Damaged,
    /// A file could not be read or written.
    #[error("`{path}`: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// A corner, in units of the drawing from its upper left. What goes on beyond the 180th meridian may lie a world away at most.
type Corner = (i32, i32);

/// Outlines of land, and whom to name beside them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Land {
    attribution: String,
    /// The outlines and the lakes in them; what lies in an even number of them is water.
    rings: Vec<Vec<Corner>>,
}

/// What is looked at in a file; everything else of it is passed by.
#[derive(Deserialize)]
#[serde(tag = "type")]
enum Form {
    FeatureCollection {
        features: Vec<Form>,
    },
    Feature {
        geometry: Option<Box<Form>>,
    },
    GeometryCollection {
        geometries: Vec<Form>,
    },
    Polygon {
        coordinates: Rings,
    },
    MultiPolygon {
        coordinates: Vec<Rings>,
    },
    #[serde(other)]
    Other,
}

/// A position may have a height, which is not looked at.
type Rings = Vec<Vec<Vec<f64>>>;

impl Land {
    /// Reads outlines in GeoJSON.
    ///
    /// # Errors
    /// It is none, has no areas, or too many corners.
    pub fn read(bytes: &[u8], attribution: &str) -> Result<Self, LandError> {
        let chars = attribution.trim().chars();
        if chars.clone().count() == 0
            || chars.clone().count() > ATTRIBUTION_CHARS_MAX
            || chars.clone().any(char::is_control)
        {
            return Err(LandError::Attribution);
        }
        let form: Form = serde_json::from_slice(bytes).map_err(|error| LandError::NotGeoJson(error.to_string()))?;
        let mut read = Vec::new();
        areas(form, &mut read);
        let mut rings = Vec::new();
        for ring in read {
            let corners: Vec<Corner> = ring.iter().map(|position| placed(position)).collect::<Result<_, _>>()?;
            rings.extend(coarse(&corners).into_iter().flat_map(onward));
        }
        let land = Self { attribution: attribution.trim().to_owned(), rings };
        match land.corners() {
            0 => Err(LandError::Nothing),
            corners if corners > CORNERS_MAX => Err(LandError::TooMuch),
            _ => Ok(land),
        }
    }

    /// Reads a file of outlines.
    ///
    /// # Errors
    /// As [`read`](Self::read); and it cannot be opened, or is too large.
    pub fn from_file(path: &Path, attribution: &str) -> Result<Self, LandError> {
        let fail = |error| LandError::File { path: path.to_owned(), error };
        if fs::metadata(path).map_err(fail)?.len() > FILE_BYTES_MAX {
            return Err(LandError::TooLarge);
        }
        Self::read(&fs::read(path).map_err(fail)?, attribution)
    }

    /// Keeps it in a hub's folder, in the place of what was there. A hub that runs draws it from its next look on.
    ///
    /// # Errors
    /// The folder holds no hub, or cannot be written.
    pub fn keep(&self, root: &Path) -> Result<u64, LandError> {
        let path = place(root);
        let fail = |error| LandError::File { path: path.clone(), error };
        let bytes = serde_json::to_vec(self).map_err(|error| fail(error.into()))?;
        files::put(&path, &bytes, Readers::Everybody).map_err(fail)?;
        Ok(bytes.len() as u64)
    }

    /// What a hub's folder keeps.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn kept(root: &Path) -> Result<Option<Self>, LandError> {
        let path = place(root);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LandError::File { path, error }),
        };
        let land: Self = serde_json::from_slice(&bytes).map_err(|_| LandError::Damaged)?;
        let inside =
            land.rings.iter().flatten().all(|(x, y)| (-WIDTH..=2 * WIDTH).contains(x) && (0..=HEIGHT).contains(y));
        if inside && land.corners() <= CORNERS_MAX { Ok(Some(land)) } else { Err(LandError::Damaged) }
    }

    /// Whom to name beside each drawing.
    #[must_use]
    pub fn attribution(&self) -> &str {
        &self.attribution
    }

    /// How many corners are drawn.
    #[must_use]
    pub fn corners(&self) -> usize {
        self.rings.iter().map(Vec::len).sum()
    }

    /// The outlines as a path of SVG, in whole units from corner to corner.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = String::new();
        for ring in &self.rings {
            let mut last: Option<Corner> = None;
            for &(x, y) in ring {
                path += &match last {
                    None => format!("M{x} {y}l"),
                    Some((from_x, from_y)) => {
                        format!("{} {} ", x - from_x, y - from_y)
                    }
                };
                last = Some((x, y));
            }
            path.truncate(path.trim_end().len());
            path.push('z');
        }
        path
    }
}

fn place(root: &Path) -> PathBuf {
    root.join("land.json")
}

fn areas(form: Form, found: &mut Rings) {
    match form {
        Form::FeatureCollection { features: parts } | Form::GeometryCollection { geometries: parts } => {
            parts.into_iter().for_each(|part| areas(part, found));
        }
        Form::Feature { geometry } => {
            if let Some(form) = geometry {
                areas(*form, found);
            }
        }
        Form::Polygon { coordinates } => found.extend(coordinates),
        Form::MultiPolygon { coordinates } => found.extend(coordinates.into_iter().flatten()),
        Form::Other => {}
    }
}

/// Where a position is drawn, to the nearest unit.
fn placed(position: &[f64]) -> Result<Corner, LandError> {
    let [longitude, latitude, ..] = *position else {
        return Err(LandError::NotGeoJson("a position has two numbers at least".to_owned()));
    };
    if longitude.abs() > 180.0 || latitude.abs() > 90.0 {
        return Err(LandError::NotOnEarth(longitude, latitude));
    }
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and 720, as was looked at")]
    let unit = |degrees: f64| (degrees * 2.0).round() as i32;
    Ok((unit(longitude + 180.0), unit(90.0 - latitude)))
}

/// A ring without corners that nobody would see; none where nothing is left of it.
fn coarse(corners: &[Corner]) -> Option<Vec<Corner>> {
    let mut ring: Vec<Corner> = Vec::new();
    for &corner in corners {
        if let [.., before, last] = ring[..]
            && is_between(before, last, corner)
        {
            ring.pop();
        }
        if ring.last() != Some(&corner) {
            ring.push(corner);
        }
    }
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    (ring.len() > 2).then_some(ring)
}

/// A ring over the 180th meridian goes on beyond the drawing's edge, and comes in again at the other: once for each edge. Others stay
/// as they are, those that were cut there and run along the edge (RFC 7946 section 3.1.9), too.
fn onward(ring: Vec<Corner>) -> Vec<Vec<Corner>> {
    let (mut shift, mut before) = (0, ring[0].0);
    let mut gone: Vec<Corner> = Vec::with_capacity(ring.len());
    for &(x, y) in &ring {
        let step = x - before;
        // Along a pole, from edge to edge, is how outlines that were cut come back.
        if step.abs() > WIDTH / 2 && !(step.abs() == WIDTH && (y == 0 || y == HEIGHT)) {
            shift -= step.signum() * WIDTH;
        }
        before = x;
        gone.push((x + shift, y));
    }
    let west = gone.iter().any(|(x, _)| *x < 0);
    // Around a pole it never comes back to where it began, and over both edges it has no place on one world.
    let closes = (gone[0].0 - gone[gone.len() - 1].0).abs() <= WIDTH / 2;
    let fits = gone.iter().all(|(x, _)| if west { (-WIDTH..=WIDTH).contains(x) } else { (0..=2 * WIDTH).contains(x) });
    if gone == ring || !closes || !fits {
        return vec![ring];
    }
    let other = if west { WIDTH } else { -WIDTH };
    let moved = gone.iter().map(|(x, y)| (x + other, *y)).collect();
    vec![gone, moved]
}

/// Whether a corner lies on the straight line between its neighbours.
fn is_between(before: Corner, corner: Corner, after: Corner) -> bool {
    let way = |from: Corner, to: Corner| (to.0 - from.0, to.1 - from.1);
    let ((ax, ay), (bx, by)) = (way(before, corner), way(corner, after));
    ax * by == ay * bx && ax * bx + ay * by > 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn polygon(ring: &[[f64; 2]]) -> Vec<u8> {
        json!({"type": "Polygon", "coordinates": [ring]}).to_string().into_bytes()
    }

    #[test]
    fn areas_are_drawn_on_the_grid_and_everything_else_is_passed_by() {
        let square = json!([[[-10.0, 10.0], [0.0, 10.0], [10.0, 10.0], [10.0, 0.0], [-10.0, 0.0], [-10.0, 10.0]]]);
        let collection = json!({"type": "FeatureCollection", "name": "land", "features": [
            {"type": "Feature", "properties": {"a": 1}, "geometry": {"type": "MultiPolygon", "coordinates": [square]}},
            {"type": "Feature", "properties": null, "geometry": null},
            {"type": "Feature", "properties": null, "geometry": {"type": "Point", "coordinates": [1.0, 2.0]}},
            // Too small to be seen.
            {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[[5.0, 5.0], [5.01, 5.0], [5.0, 5.01], [5.0, 5.0]]]}},
        ]});
        let land = Land::read(collection.to_string().as_bytes(), " Surveyors ").unwrap();
        assert_eq!((land.path().as_str(), land.corners()), ("M340 160l40 0 0 20 -40 0z", 4));
        assert_eq!(land.attribution(), "Surveyors");
    }

    #[test]
    fn land_over_the_180th_meridian_is_drawn_at_both_edges_and_no_line_goes_around_the_world() {
        let island = polygon(&[[170.0, 10.0], [-170.0, 10.0], [-170.0, 0.0], [170.0, 0.0], [170.0, 10.0]]);
        let land = Land::read(&island, "x").unwrap();
        assert_eq!(land.path(), "M700 160l40 0 0 20 -40 0zM-20 160l40 0 0 20 -40 0z");
        let at_the_edge =
            polygon(&[[170.0, 10.0], [180.0, 10.0], [-180.0, 10.0], [-180.0, 0.0], [180.0, 0.0], [170.0, 0.0]]);
        assert!(Land::read(&at_the_edge, "x").unwrap().rings[0].iter().all(|(x, _)| *x >= 700));
        // Cut at the edge, as it should be, it stays as it is.
        let polar = polygon(&[[-180.0, -80.0], [180.0, -80.0], [180.0, -90.0], [-180.0, -90.0], [-180.0, -80.0]]);
        assert_eq!(Land::read(&polar, "x").unwrap().path(), "M0 340l720 0 0 20 -720 0z");
        // Around a pole without a cut: nothing can be drawn on beyond an edge.
        let around = polygon(&[[-120.0, 80.0], [0.0, 80.0], [120.0, 80.0], [-120.0, 80.0]]);
        assert!(matches!(Land::read(&around, "x"), Err(LandError::Nothing)), "it is a line, here");
    }

    #[test]
    fn what_is_no_land_is_refused_in_words() {
        let square = polygon(&[[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 0.0]]);
        assert!(matches!(Land::read(&square, " "), Err(LandError::Attribution)));
        assert!(matches!(Land::read(&square, "a\nb"), Err(LandError::Attribution)));
        assert!(matches!(Land::read(&square, &"a".repeat(201)), Err(LandError::Attribution)));
        let read = |bytes: &[u8]| Land::read(bytes, "x").unwrap_err();
        assert!(matches!(read(b"{"), LandError::NotGeoJson(_)));
        assert!(matches!(read(&polygon(&[[0.0, 0.0], [200.0, 0.0], [1.0, 1.0]])), LandError::NotOnEarth(..)));
        assert!(matches!(read(br#"{"type":"Polygon","coordinates":[[[1]]]}"#), LandError::NotGeoJson(_)));
        assert!(matches!(read(br#"{"type":"LineString","coordinates":[[0,0],[9,9]]}"#), LandError::Nothing));
        let zigzag: Vec<[f64; 2]> = (0..20_000)
            .map(|at| [f64::from(at % 300) - 150.0, f64::from(at / 300) + if at % 2 == 0 { 0.0 } else { 0.5 }])
            .collect();
        assert!(matches!(read(&polygon(&zigzag)), LandError::TooMuch));
        let deep = format!("{}{}", r#"{"type":"GeometryCollection","geometries":["#.repeat(5_000), "]}".repeat(5_000));
        assert!(matches!(read(deep.as_bytes()), LandError::NotGeoJson(_)), "and the stack holds");
    }

    #[test]
    fn what_is_kept_is_read_again_and_what_is_damaged_is_not_drawn() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Land::kept(folder.path()).unwrap(), None);
        let land = Land::read(&polygon(&[[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 0.0]]), "x").unwrap();
        assert!(land.keep(folder.path()).unwrap() > 20);
        assert_eq!(Land::kept(folder.path()).unwrap(), Some(land));
        for text in ["{", r#"{"attribution":"x","rings":[[[1441,0],[0,0],[9,9]]]}"#] {
            fs::write(place(folder.path()), text).unwrap();
            assert!(matches!(Land::kept(folder.path()), Err(LandError::Damaged)), "{text}");
        }
    }

    proptest! {
        /// Whatever the outline: nothing but a path comes out, on the drawing, and leaving out corners moves no line.
        #[test]
        fn a_path_has_numbers_alone(ring in prop::collection::vec((-180.0..=180.0_f64, -90.0..=90.0_f64), 0..40)) {
            let ring: Vec<[f64; 2]> = ring.into_iter().map(|(x, y)| [x, y]).collect();
            let Ok(land) = Land::read(&polygon(&ring), "x") else { return Ok(()) };
            let path = land.path();
            prop_assert!(path.chars().all(|sign| "Mlz -0123456789".contains(sign)), "{}", path);
            let corners: Vec<Corner> = ring.iter().map(|position| placed(position).unwrap()).collect();
            let world = |(x, y): &Corner| [-WIDTH, 0, WIDTH].iter().any(|by| corners.contains(&(x + by, *y)));
            prop_assert!(land.rings.iter().flatten().all(world), "each is a corner of the outline, or lies a world beside one");
            let folder = tempfile::tempdir().unwrap();
            land.keep(folder.path()).unwrap();
            prop_assert_eq!(Land::kept(folder.path()).unwrap(), Some(land));
        }
    }
}
