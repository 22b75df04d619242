//! A base map by the real binary: read from a file, kept small, drawn under what senses, and named after its source.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::tool::{City, Node, json, run, skipped};

/// The most that a drawing may weigh, compressed, in bytes.
const DRAWING_BYTES_MAX: usize = 18_000;

/// The streets of a made-up town around a corner, as tools export them: a grid of lanes, a main road, a river, a park.
pub(crate) fn town(east: f64, north: f64, lanes: u32) -> String {
    let feature = |tag: &str, kind: &str, coordinates: String| {
        format!(
            r#"{{"type":"Feature","properties":{{{tag},"name":"Nobody reads this"}},"geometry":{{"type":"{kind}","coordinates":{coordinates}}}}}"#
        )
    };
    let line = |tag: &str, from: (f64, f64), to: (f64, f64)| {
        feature(tag, "LineString", format!("[[{},{}],[{},{}]]", from.0, from.1, to.0, to.1))
    };
    let mut all = vec![
        line(r#""highway":"primary""#, (east - 0.02, north - 0.01), (east + 0.02, north + 0.01)),
        line(r#""waterway":"river""#, (east - 0.02, north), (east + 0.02, north - 0.004)),
        feature(
            r#""leisure":"park""#,
            "Polygon",
            format!(
                "[[[{e},{n}],[{f},{n}],[{f},{m}],[{e},{m}],[{e},{n}]]]",
                e = east,
                n = north,
                f = east + 0.002,
                m = north + 0.002
            ),
        ),
    ];
    for lane in 0..lanes {
        let off = f64::from(lane) / f64::from(lanes) * 0.03 - 0.015;
        all.push(line(r#""highway":"residential""#, (east + off, north - 0.015), (east + off, north + 0.015)));
    }
    format!(
        r#"{{"type":"FeatureCollection","attribution":"© OpenStreetMap contributors","features":[{}]}}"#,
        all.join(",")
    )
}

fn drawing(page: &[u8]) -> (String, usize) {
    let text = String::from_utf8(page.to_vec()).unwrap();
    let (_, rest) = text.split_once("<svg class=\"map\"").unwrap();
    let drawn = rest.split_once("</figure>").unwrap().0.to_owned();
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(drawn.as_bytes()).unwrap();
    let size = packed.finish().unwrap().len();
    (drawn, size)
}

#[test]
fn streets_are_under_the_drawings_of_a_running_node_and_their_source_is_named() {
    let city = City::new();
    let file = city.dir().with_file_name("town.geojson");
    std::fs::write(&file, town(16.6, 49.2, 60)).unwrap();
    let node = Node::start(&city);
    let (before, _) = drawing(&node.page("/near"));
    assert!(!before.contains("class=\"base\""));
    let none = run(&["basemap", "show", &city.arg()]);
    assert!(String::from_utf8_lossy(&none.stderr).contains("has no base map"));
    let done = json(&["basemap", "import", &city.arg(), file.to_str().unwrap()]);
    assert_eq!(
        (&done["shapes"]["lanes"], &done["shapes"]["main roads"]),
        (&Value::from(60), &Value::from(1)),
        "{done}"
    );
    for page in ["/near?place=centre", "/deployments/pollution"] {
        let (drawn, size) = drawing(&node.page(page));
        for part in ["class=\"main-road\" d=\"M", "class=\"green\"", "class=\"stream\"", "contributors</a>"] {
            assert!(drawn.contains(part), "{page} has no {part}: {drawn}");
        }
        assert!(drawn.find("class=\"base\"") < drawn.find("class=\"sensor\""), "sensors are drawn over it");
        assert!(size <= DRAWING_BYTES_MAX && !drawn.contains("Nobody reads this"), "{page}: {size} bytes");
    }
    assert_eq!(json(&["basemap", "show", &city.arg()])["attribution"], "© OpenStreetMap contributors");
    // A damaged one takes nothing away but the streets.
    std::fs::write(city.dir().join("basemap"), b"x").unwrap();
    assert!(!drawing(&node.page("/near")).0.contains("class=\"base\""));
    assert!(String::from_utf8_lossy(&run(&["basemap", "show", &city.arg()]).stderr).contains("import it anew"));
}

#[test]
fn what_is_no_map_is_told_and_changes_nothing() {
    let city = City::new();
    let file = |name: &str, content: &str| -> String {
        let path: PathBuf = city.dir().with_file_name(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let good = file("town.geojson", &town(16.6, 49.2, 4));
    json(&["basemap", "import", &city.arg(), &good]);
    let kept = std::fs::read(city.dir().join("basemap")).unwrap();
    for (path, words) in [
        (file("a.shp", "x"), "ends in .osm.pbf or .geojson"),
        (file("a.osm.pbf", "no map at all"), "OpenStreetMap's form PBF"),
        (file("a.geojson", "{"), "is no GeoJSON"),
        (file("b.geojson", &town(24.9, 60.2, 4)), "nothing of the map lies where the city's places"),
        (file("c.geojson", &town(16.6, 49.2, 4).replace("\"attribution\"", "\"by\"")), "give `--attribution`"),
        (city.dir().join("nothing.geojson").to_str().unwrap().to_owned(), "nothing.geojson"),
    ] {
        let failed = run(&["basemap", "import", &city.arg(), &path]);
        let said = String::from_utf8_lossy(&failed.stderr).into_owned();
        assert!(failed.status.code() == Some(64) && said.contains(words), "{path}: {said}");
    }
    assert_eq!(std::fs::read(city.dir().join("basemap")).unwrap(), kept);
}

#[test]
fn a_city_of_openstreetmap_is_read_and_drawn_in_few_bytes() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/helsinki/Helsinki.osm.pbf");
    if !file.exists() {
        skipped(
            "a real base map: ../shared/data/helsinki is not there; small maps made by the tests are read the same way",
        );
        return;
    }
    let city = City::at("[24.94, 60.17]");
    let (dir, file) = (city.arg(), file.to_str().unwrap().to_owned());
    let bounds = "--bbox=24.9,60.15,24.98,60.19";
    let done = json(&["basemap", "import", &dir, &file, "--buildings", bounds]);
    for (what, fewest) in [("lanes", 50), ("streets", 50), ("paths", 500), ("buildings", 200)] {
        assert!(done["shapes"][what].as_u64().unwrap_or(0) >= fewest, "{what}: {done}");
    }
    assert!(done["bytes"].as_u64().unwrap() < 500_000, "{done}");
    // From close by to the whole of the inner city, in either language.
    let node = Node::start(&city);
    let close = ["class=\"base\"", "class=\"building\"", "© OpenStreetMap contributors</a>"];
    let wide = ["class=\"base\"", "class=\"street\" d=\"M", "class=\"water\" d=\"M", "class=\"sensor\""];
    for (from, parts) in
        [("lat=60.1705&lon=24.9405", &close[..]), ("lat=60.16&lon=24.955", &wide), ("lat=60.185&lon=24.97", &wide)]
    {
        for root in ["", "/de"] {
            let (drawn, size) = drawing(&node.page(&format!("{root}/near?{from}")));
            for part in parts {
                assert!(drawn.contains(part), "{root} {from} has no {part}: {drawn}");
            }
            assert!(size <= DRAWING_BYTES_MAX && size > 1_000, "{root} {from}: {size} bytes");
        }
    }
}
