//! The arguments of `ordinance basemap`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use flow::basemap::Bounds;

/// Put streets, water and parks under the drawings of places and sensors.
///
/// The map is read from a file that you have, and kept small in the city's folder: pages are drawn from it, and no map server
/// learns who looks at what. A running node takes a new one at once. Nothing of it is about people: no name and no number of a
/// house is kept.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  ordinance basemap import ./brookhaven brookhaven.osm.pbf\n  ordinance basemap show \
./brookhaven"
)]
pub(crate) enum BaseMap {
    Import(Import),
    /// Say what is kept, and whom it names.
    #[command(after_help = "Example:\n  ordinance basemap show ./brookhaven --json")]
    Show {
        /// The city's folder.
        dir: PathBuf,
    },
}

/// Read a map and keep it in the place of the one before.
///
/// It keeps roads by class, water and parks where the city's places and sensors are. Maps of OpenStreetMap are given under its
/// Open Database License (ODbL): each drawing names whom it is from.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance basemap import ./brookhaven brookhaven.osm.pbf --buildings\n  ordinance basemap import \
./brookhaven streets.geojson --attribution 'Surveyors of Brookhaven' --bbox 16.55,49.16,16.65,49.22"
)]
pub(crate) struct Import {
    /// The city's folder. Its node may run meanwhile.
    pub(crate) dir: PathBuf,
    /// The map: OpenStreetMap's .osm.pbf, or .geojson with OpenStreetMap's tags as properties.
    pub(crate) file: PathBuf,
    /// Keep houses, too. They are drawn where little of the world is seen.
    #[arg(long)]
    pub(crate) buildings: bool,
    /// What to keep of it, in degrees. If not said, what lies within two kilometres of the city's places and sensors.
    #[arg(long, value_name = "WEST,SOUTH,EAST,NORTH", allow_hyphen_values = true)]
    pub(crate) bbox: Option<Bounds>,
    /// Whom to name beside each drawing. If not said, what the file says, and of .osm.pbf OpenStreetMap.
    #[arg(long, value_name = "TEXT")]
    pub(crate) attribution: Option<String>,
}
