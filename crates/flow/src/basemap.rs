//! The streets under a city's drawings: read once from a file that the city has, kept small in its folder, and drawn by the node.
//!
//! No map server is asked, so that none learns who looks at what. A base map decides nothing: where there is none, or it cannot be
//! read, drawings have no streets and say so. Nothing of it is about people, and no name of a map is kept.

mod clip;
mod geojson;
mod kept;
mod pbf;
mod wire;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::folder::{FolderError, write_secret};

pub use clip::Bounds;
pub use kept::BaseMap;

/// The largest file that is read, in bytes. The map of a large city has a tenth of it.
pub const FILE_BYTES_MAX: u64 = 256 << 20;
/// The most corners that are kept.
pub const CORNERS_MAX: usize = 2_000_000;
/// The longest attribution, in characters.
pub const ATTRIBUTION_CHARS_MAX: usize = 200;
/// What OpenStreetMap asks to be said of it.
pub const OPEN_STREET_MAP: &str = "© OpenStreetMap contributors";
/// Where it lies in a city's folder.
const FILE: &str = "basemap";

/// Why a base map cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BaseMapError {
    /// Neither of the two forms.
    #[error("`{0}` is no map that is read here; give a file that ends in .osm.pbf or .geojson")]
    Form(PathBuf),
    /// The file ends too early, or is something else.
    #[error("the file is no map in OpenStreetMap's form PBF, or it is damaged: {0}")]
    NotPbf(&'static str),
    /// It needs what is not read here.
    #[error("the map needs `{0}` of whoever reads it, which is not known here; export it without")]
    Unsupported(String),
    /// It is no GeoJSON.
    #[error("the file is no GeoJSON: {0}")]
    NotGeoJson(String),
    /// Nobody said whose it is.
    #[error("the map does not say whom to name beside it; give `--attribution`, as its licence asks")]
    NoAttribution,
    /// What it is to say is too long.
    #[error("an attribution has 1 to {ATTRIBUTION_CHARS_MAX} characters and no line breaks")]
    Attribution,
    /// There is too much of something.
    #[error("the map has more than {most} {what}; cut it smaller with `--bbox`, or before")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// How many are read.
        most: u64,
    },
    /// Nothing of it is where the city is.
    #[error(
        "nothing of the map lies where the city's places and sensors are; enter them first, or say where with `--bbox`"
    )]
    Nothing,
    /// What is kept cannot be read. What stands in it is not repeated.
    #[error("the base map that is kept is damaged; import it anew")]
    Damaged,
    /// A file could not be read.
    #[error("`{path}`: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The city's folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// What a shape is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// Sea, lake, river with two banks.
    Water,
    /// A park, a wood, a cemetery.
    Green,
    /// A house.
    Building,
    /// A river that is a line, and the shore of the sea.
    Stream,
    /// Through the city and out of it.
    MainRoad,
    /// From one district to the next.
    Street,
    /// Where people live.
    Lane,
    /// For feet and bicycles.
    Path,
}

impl Feature {
    /// Every feature, in the order in which they are drawn.
    pub const ALL: [Self; 8] =
        [Self::Water, Self::Green, Self::Building, Self::Stream, Self::Path, Self::Lane, Self::Street, Self::MainRoad];

    /// Whether it is an area.
    #[must_use]
    pub const fn is_area(self) -> bool {
        matches!(self, Self::Water | Self::Green | Self::Building)
    }

    const fn code(self) -> u8 {
        self as u8
    }

    fn of_code(code: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|feature| u64::from(feature.code()) == code)
    }

    /// What something with such tags of OpenStreetMap is; none if it is not drawn.
    fn of<'t>(tag: impl Fn(&str) -> Option<&'t str>, buildings: bool) -> Option<Self> {
        if let Some(class) = tag("highway") {
            return road(class);
        }
        let is = |key: &str, values: &[&str]| tag(key).is_some_and(|value| values.contains(&value));
        if is("natural", &["water", "bay"])
            || is("waterway", &["riverbank", "dock"])
            || is("landuse", &["reservoir", "basin"])
        {
            Some(Self::Water)
        } else if is("waterway", &["river", "canal"]) || is("natural", &["coastline"]) {
            Some(Self::Stream)
        } else if is("leisure", &["park", "garden", "nature_reserve", "pitch"])
            || is("landuse", &["grass", "forest", "meadow", "recreation_ground", "cemetery", "village_green"])
            || is("natural", &["wood", "scrub", "heath"])
        {
            Some(Self::Green)
        } else {
            (buildings && tag("building").is_some_and(|kind| kind != "no")).then_some(Self::Building)
        }
    }
}

fn road(class: &str) -> Option<Feature> {
    Some(match class.strip_suffix("_link").unwrap_or(class) {
        "motorway" | "trunk" | "primary" => Feature::MainRoad,
        "secondary" | "tertiary" => Feature::Street,
        "residential" | "unclassified" | "living_street" | "road" | "busway" => Feature::Lane,
        "pedestrian" | "footway" | "cycleway" | "path" | "steps" | "track" | "bridleway" => Feature::Path,
        _ => return None,
    })
}

/// A corner: millionths of a degree to the east and to the north.
pub type Corner = (i32, i32);

/// Something that is drawn: one line, or an area with its holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// What it is.
    pub feature: Feature,
    /// Its lines. Those of an area are closed without repeating the first corner.
    pub lines: Vec<Vec<Corner>>,
}

/// How a map is read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What is kept of it; none for all.
    pub bounds: Option<Bounds>,
    /// Whether houses are kept.
    pub buildings: bool,
    /// Whom to name, where the file does not say.
    pub attribution: Option<String>,
}

/// Reads a map from a file, whichever of the two forms it has.
///
/// # Errors
/// The file cannot be read, is no map, is too large, or has nothing where the city is.
pub fn read(path: &Path, reading: &Reading) -> Result<BaseMap, BaseMapError> {
    let fail = |error| BaseMapError::File { path: path.to_owned(), error };
    let name = path.to_string_lossy().to_ascii_lowercase();
    let length = fs::metadata(path).map_err(fail)?.len();
    if length > FILE_BYTES_MAX {
        return Err(BaseMapError::TooMuch { what: "bytes", most: FILE_BYTES_MAX });
    }
    let read = || fs::read(path).map_err(fail);
    if name.ends_with(".pbf") {
        from_pbf(&read()?, reading)
    } else if name.ends_with(".geojson") || name.ends_with(".json") {
        from_geojson(&read()?, reading)
    } else {
        Err(BaseMapError::Form(path.to_owned()))
    }
}

/// Reads a map of OpenStreetMap in its form PBF.
///
/// # Errors
/// It is damaged, too large, or has nothing where the city is.
pub fn from_pbf(bytes: &[u8], reading: &Reading) -> Result<BaseMap, BaseMapError> {
    let shapes = pbf::shapes(bytes, reading.buildings)?;
    let attribution = reading.attribution.clone().unwrap_or_else(|| OPEN_STREET_MAP.to_owned());
    made(shapes, reading, attribution)
}

/// Reads a map in GeoJSON, with OpenStreetMap's tags as properties.
///
/// # Errors
/// It is no GeoJSON, too large, names nobody, or has nothing where the city is.
pub fn from_geojson(bytes: &[u8], reading: &Reading) -> Result<BaseMap, BaseMapError> {
    let (shapes, said) = geojson::shapes(bytes, reading.buildings)?;
    let attribution = reading.attribution.clone().or(said).ok_or(BaseMapError::NoAttribution)?;
    made(shapes, reading, attribution)
}

fn made(shapes: Vec<Shape>, reading: &Reading, attribution: String) -> Result<BaseMap, BaseMapError> {
    let attribution = attribution.trim().to_owned();
    let characters = attribution.chars().count();
    if characters == 0 || characters > ATTRIBUTION_CHARS_MAX || attribution.chars().any(char::is_control) {
        return Err(BaseMapError::Attribution);
    }
    let shapes: Vec<Shape> = match &reading.bounds {
        Some(bounds) => shapes.into_iter().filter_map(|shape| bounds.clip(shape)).collect(),
        None => shapes,
    };
    let shapes: Vec<Shape> = shapes.into_iter().filter_map(clip::simplified).collect();
    let corners: usize = shapes.iter().flat_map(|shape| &shape.lines).map(Vec::len).sum();
    if corners > CORNERS_MAX {
        return Err(BaseMapError::TooMuch { what: "corners", most: CORNERS_MAX as u64 });
    }
    BaseMap::new(attribution, shapes).ok_or(BaseMapError::Nothing)
}

/// Keeps a base map in a city's folder, whole or not at all, in the place of the one before. Gives its size in bytes.
///
/// # Errors
/// It cannot be written.
pub fn keep(root: &Path, map: &BaseMap) -> Result<u64, BaseMapError> {
    let bytes = map.to_bytes();
    write_secret(&root.join(FILE), &bytes)?;
    Ok(bytes.len() as u64)
}

/// The base map of a city's folder, read again only when it changed.
#[derive(Debug)]
pub struct BaseMaps {
    path: PathBuf,
    read: Mutex<Option<(Stamp, Arc<BaseMap>)>>,
}

/// By what a file is known to be the same.
type Stamp = (SystemTime, u64);

impl BaseMaps {
    /// That of a city's folder.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        Self { path: root.join(FILE), read: Mutex::default() }
    }

    /// The base map; none where the city has none. Reads a disk.
    ///
    /// # Errors
    /// It cannot be read, or is damaged.
    pub fn current(&self) -> Result<Option<Arc<BaseMap>>, BaseMapError> {
        let fail = |error| BaseMapError::File { path: self.path.clone(), error };
        let found = match fs::metadata(&self.path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail(error)),
        };
        let stamp = (found.modified().map_err(fail)?, found.len());
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((before, map)) = read.as_ref()
            && *before == stamp
        {
            return Ok(Some(Arc::clone(map)));
        }
        let map = Arc::new(BaseMap::from_bytes(&fs::read(&self.path).map_err(fail)?)?);
        *read = Some((stamp, Arc::clone(&map)));
        Ok(Some(map))
    }
}

#[cfg(test)]
mod tests;
