//! `ordinance basemap`: streets under the drawings of a city, from a file that it has.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use flow::basemap::{BaseMap as Kept, BaseMaps, Bounds, Feature, Reading, keep, read};
use indicatif::ProgressBar;
use model::Geometry;
use register::State;

use super::public_log;
use crate::args::basemap::{BaseMap, Import};
use crate::output::{Output, Status};

/// How far around its places and sensors a city's map reaches, in metres.
const AROUND_METRES: f64 = 2_000.0;
/// How often the sign that something is read turns.
const TURN: Duration = Duration::from_millis(120);

pub(crate) fn run(basemap: &BaseMap, output: &Output) -> anyhow::Result<()> {
    match basemap {
        BaseMap::Import(import) => imported(import, output),
        BaseMap::Show { dir } => shown(dir, output),
    }
}

fn imported(args: &Import, output: &Output) -> anyhow::Result<()> {
    // The public log says where the city's places are, whether or not a node is running.
    let state = public_log(&args.dir.display().to_string(), None)?.state;
    let bounds = args.bbox.or_else(|| Bounds::around(positions(&state), AROUND_METRES));
    let reading = Reading { bounds, buildings: args.buildings, attribution: args.attribution.clone() };
    let turning = turning(output, &args.file);
    let map = read(&args.file, &reading);
    turning.finish_and_clear();
    let map = map.map_err(|error| Status::bad_input(error.to_string()))?;
    let bytes = keep(&args.dir, &map)?;
    told(&map, Some(bytes), output)
}

fn shown(dir: &Path, output: &Output) -> anyhow::Result<()> {
    match BaseMaps::of(dir).current()? {
        Some(map) => told(&map, None, output),
        None => bail!("`{}` has no base map; import one with `ordinance basemap import`", dir.display()),
    }
}

/// Where the city's places and sensors are, in degrees.
fn positions(state: &State) -> Vec<(f64, f64)> {
    let places = state.places.values().flat_map(|place| match &place.geometry {
        Geometry::Point(point) => vec![*point],
        Geometry::Polygon(rings) => rings.rings().first().cloned().unwrap_or_default(),
    });
    let sensors = state.devices.values().map(|device| device.position);
    places.chain(sensors).map(|point| (point.longitude(), point.latitude())).collect()
}

fn turning(output: &Output, file: &Path) -> ProgressBar {
    if output.json() || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let turning = ProgressBar::new_spinner().with_message(format!("reading {}", file.display()));
    turning.enable_steady_tick(TURN);
    turning
}

fn told(map: &Kept, bytes: Option<u64>, output: &Output) -> anyhow::Result<()> {
    let counts: BTreeMap<&str, usize> = Feature::ALL
        .into_iter()
        .map(|feature| (name(feature), map.count(feature)))
        .filter(|(_, count)| *count > 0)
        .collect();
    let list: Vec<String> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    let size =
        bytes.map_or_else(String::new, |bytes| format!(" It takes {} kB in the city's folder.", bytes.div_ceil(1_000)));
    output.result(
        &serde_json::json!({ "attribution": map.attribution(), "shapes": counts, "bytes": bytes }),
        &format!("The base map has {}.{size}\nEach drawing names: {}", list.join(", "), map.attribution()),
    )
}

const fn name(feature: Feature) -> &'static str {
    match feature {
        Feature::Water => "waters",
        Feature::Green => "parks and woods",
        Feature::Building => "buildings",
        Feature::Stream => "rivers and shores",
        Feature::MainRoad => "main roads",
        Feature::Street => "streets",
        Feature::Lane => "lanes",
        Feature::Path => "paths",
    }
}
