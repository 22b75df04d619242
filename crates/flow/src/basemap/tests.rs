//! Maps made byte by byte here, read, cut, kept and broken.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use proptest::prelude::*;

use super::wire::{folded, put};
use super::*;

/// A message of Protocol buffers, field by field.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn number(mut self, field: u64, number: u64) -> Self {
        put(&mut self.0, field << 3);
        put(&mut self.0, number);
        self
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        put(&mut self.0, field << 3 | 2);
        put(&mut self.0, bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    fn numbers(self, field: u64, numbers: &[u64]) -> Self {
        let mut packed = Vec::new();
        numbers.iter().for_each(|number| put(&mut packed, *number));
        self.bytes(field, &packed)
    }

    /// Each as its difference from the one before.
    fn deltas(self, field: u64, numbers: &[i64]) -> Self {
        let mut before = 0;
        let folded = numbers.iter().map(|number| folded(number - std::mem::replace(&mut before, *number)));
        self.numbers(field, &folded.collect::<Vec<_>>())
    }
}

fn block(kind: &str, content: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(content).unwrap();
    let blob = Message::default().number(2, content.len() as u64).bytes(3, &packed.finish().unwrap()).0;
    let head = Message::default().bytes(1, kind.as_bytes()).number(3, blob.len() as u64).0;
    [&u32::try_from(head.len()).unwrap().to_be_bytes()[..], &head, &blob].concat()
}

/// The corners of the small map: a street, a lake with an island of two lines each, and a house; ten-millionths of a degree.
const CORNERS: [(i64, i64); 14] = [
    (166_000_000, 492_000_000),
    (166_050_000, 492_000_000),
    (166_100_000, 492_010_000),
    (166_000_000, 492_100_000),
    (166_100_000, 492_100_000),
    (166_100_000, 492_200_000),
    (166_000_000, 492_200_000),
    (166_040_000, 492_140_000),
    (166_060_000, 492_140_000),
    (166_060_000, 492_160_000),
    (166_040_000, 492_160_000),
    (166_010_000, 492_020_000),
    (166_012_000, 492_020_000),
    (166_012_000, 492_022_000),
];

const TEXTS: [&str; 9] = ["", "highway", "residential", "type", "multipolygon", "natural", "water", "building", "yes"];

/// A small map: its ways come before the relation that names them, as in every file.
fn small() -> Vec<u8> {
    let texts = TEXTS.iter().fold(Message::default(), |texts, text| texts.bytes(1, text.as_bytes()));
    let ids: Vec<i64> = (1..=14).collect();
    let (east, north): (Vec<i64>, Vec<i64>) = CORNERS.iter().copied().unzip();
    let dense = Message::default().deltas(1, &ids).deltas(8, &north).deltas(9, &east);
    let way = |id: u64, tags: &[(u64, u64)], nodes: &[i64]| {
        let (keys, values): (Vec<u64>, Vec<u64>) = tags.iter().copied().unzip();
        Message::default().number(1, id).numbers(2, &keys).numbers(3, &values).deltas(8, nodes).0
    };
    let ways = [
        way(1, &[(1, 2)], &[1, 2, 3]),
        way(2, &[], &[4, 5, 6]),
        // The other half runs against it.
        way(3, &[], &[4, 7, 6]),
        way(4, &[], &[8, 9, 10, 11, 8]),
        way(5, &[(7, 8)], &[12, 13, 14, 12]),
    ];
    let lake = Message::default().number(1, 1).numbers(2, &[3, 5]).numbers(3, &[4, 6]).numbers(8, &[0, 0, 0]);
    let lake = lake.deltas(9, &[2, 3, 4]).numbers(10, &[1, 1, 1]);
    let first = Message::default().bytes(1, &texts.0).bytes(2, &Message::default().bytes(2, &dense.0).0).0;
    let group = ways.iter().fold(Message::default(), |group, way| group.bytes(3, way)).bytes(4, &lake.0);
    let second = Message::default().bytes(1, &texts.0).bytes(2, &group.0).0;
    let header = Message::default().bytes(4, b"OsmSchema-V0.6").bytes(4, b"DenseNodes").0;
    [block("OSMHeader", &header), block("OSMData", &first), block("SomethingElse", b"x"), block("OSMData", &second)]
        .concat()
}

fn all(buildings: bool) -> Reading {
    Reading { bounds: None, buildings, attribution: None }
}

#[test]
fn roads_lakes_with_islands_and_houses_are_read_and_the_source_is_named() {
    let map = from_pbf(&small(), &all(true)).unwrap();
    assert_eq!(map.attribution(), OPEN_STREET_MAP);
    assert_eq!((map.count(Feature::Lane), map.count(Feature::Water), map.count(Feature::Building)), (1, 1, 1));
    let water = map.shapes().iter().find(|shape| shape.feature == Feature::Water).unwrap();
    assert_eq!(water.lines.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4], "the lake and its island, both closed");
    let lane = map.shapes().iter().find(|shape| shape.feature == Feature::Lane).unwrap();
    assert_eq!(lane.lines, [[(16_600_000, 49_200_000), (16_605_000, 49_200_000), (16_610_000, 49_201_000)]]);
    assert_eq!(from_pbf(&small(), &all(false)).unwrap().count(Feature::Building), 0);
}

#[test]
fn what_lies_outside_is_cut_off_and_nothing_left_is_said() {
    let bounds: Bounds = "16.599,49.199,16.6035,49.225".parse().unwrap();
    let map = from_pbf(&small(), &Reading { bounds: Some(bounds), ..all(true) }).unwrap();
    let water = map.shapes().iter().find(|shape| shape.feature == Feature::Water).unwrap();
    let east = water.lines.iter().flatten().map(|corner| corner.0).max().unwrap();
    assert_eq!((east, water.lines.len()), (16_603_500, 1), "the lake ends at the edge and its island is beyond");
    let elsewhere = Some("24.9,60.1,25,60.2".parse().unwrap());
    assert!(matches!(from_pbf(&small(), &Reading { bounds: elsewhere, ..all(true) }), Err(BaseMapError::Nothing)));
    for wrong in ["", "1,2,3", "16.6,49.2,16.5,49.3", "1,2,300,4", "a,b,c,d", "NaN,1,2,3"] {
        assert!(wrong.parse::<Bounds>().is_err(), "{wrong}");
    }
}

#[test]
fn corners_on_a_straight_way_are_left_out_and_bends_stay() {
    let line = vec![(0, 0), (500, 3), (1_000, 0), (1_000, 500)];
    let shape = clip::simplified(Shape { feature: Feature::Lane, lines: vec![line] }).unwrap();
    assert_eq!(shape.lines, [[(0, 0), (1_000, 0), (1_000, 500)]]);
}

#[test]
fn the_same_map_is_read_from_geojson_which_has_to_say_whom_to_name() {
    let text = |attribution: &str| {
        format!(
            r#"{{"type":"FeatureCollection"{attribution},"features":[
            {{"type":"Feature","properties":{{"highway":"residential","name":"Street of a person"}},"geometry":{{"type":"LineString","coordinates":[[16.6,49.2],[16.605,49.2,210.5],[16.61,49.201]]}}}},
            {{"type":"Feature","properties":{{"natural":"water"}},"geometry":{{"type":"MultiPolygon","coordinates":[[[[16.6,49.21],[16.61,49.21],[16.61,49.22],[16.6,49.22],[16.6,49.21]],[[16.604,49.214],[16.606,49.214],[16.606,49.216],[16.604,49.216],[16.604,49.214]]]]}}}},
            {{"type":"Feature","properties":{{"building":"yes"}},"geometry":{{"type":"Polygon","coordinates":[[[16.601,49.202],[16.6012,49.202],[16.6012,49.2022],[16.601,49.202]]]}}}},
            {{"type":"Feature","properties":{{"amenity":"bench"}},"geometry":{{"type":"Point","coordinates":[16.6,49.2]}}}},
            {{"type":"Feature","properties":null,"geometry":null}}]}}"#
        )
    };
    let named = text(r#","attribution":"© OpenStreetMap contributors""#);
    let map = from_geojson(named.as_bytes(), &all(true)).unwrap();
    let from_pbf = from_pbf(&small(), &all(true)).unwrap();
    let corners = |map: &BaseMap| {
        let mut corners: Vec<(Feature, Corner)> = Vec::new();
        for shape in map.shapes() {
            corners.extend(shape.lines.iter().flatten().map(|corner| (shape.feature, *corner)));
        }
        corners.sort_unstable();
        corners
    };
    assert_eq!((map.attribution(), corners(&map)), (from_pbf.attribution(), corners(&from_pbf)));
    assert!(matches!(from_geojson(text("").as_bytes(), &all(true)), Err(BaseMapError::NoAttribution)));
    let given = Reading { attribution: Some("City surveyors\n".to_owned()), ..all(true) };
    assert_eq!(from_geojson(text("").as_bytes(), &given).unwrap().attribution(), "City surveyors");
    for (bad, words) in [("{}", "missing field"), (r#"{"type":"Feature","features":[]}"#, "no FeatureCollection")] {
        let error = from_geojson(bad.as_bytes(), &given).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn what_is_kept_is_what_was_read_and_is_read_anew_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let maps = BaseMaps::of(folder.path());
    assert!(maps.current().unwrap().is_none());
    let map = from_pbf(&small(), &all(true)).unwrap();
    keep(folder.path(), &map).unwrap();
    let first = maps.current().unwrap().unwrap();
    assert_eq!(*first, map);
    assert!(Arc::ptr_eq(&first, &maps.current().unwrap().unwrap()), "read once");
    let less = from_pbf(&small(), &all(false)).unwrap();
    keep(folder.path(), &less).unwrap();
    assert_eq!(*maps.current().unwrap().unwrap(), less);
    fs::write(folder.path().join(FILE), b"something else").unwrap();
    assert!(matches!(maps.current(), Err(BaseMapError::Damaged)));
}

#[test]
fn what_a_file_asks_that_is_not_known_is_refused_by_name() {
    let header = Message::default().bytes(4, b"HistoricalInformation").0;
    let error = from_pbf(&block("OSMHeader", &header), &all(true)).unwrap_err().to_string();
    assert!(error.contains("`HistoricalInformation`"), "{error}");
    let bomb = block("OSMData", &vec![0; 33 << 20]);
    assert!(matches!(from_pbf(&bomb, &all(true)), Err(BaseMapError::NotPbf(_))), "it is not unpacked to its end");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = from_pbf(&bytes, &all(true));
        let _ = from_pbf(&block("OSMData", &bytes), &all(true));
        let _ = from_pbf(&[block("OSMHeader", &bytes), small()].concat(), &all(true));
        let _ = from_geojson(&bytes, &all(true));
        let _ = BaseMap::from_bytes(&bytes);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&[b"ordinance base map 1\n", bytes.as_slice()].concat()).unwrap();
        let _ = BaseMap::from_bytes(&packed.finish().unwrap());
    }

    #[test]
    fn a_damaged_map_is_read_without_a_panic_and_a_kept_one_whole_or_not_at_all(at in 0_usize..600, bit in 0_u8..8, cut in any::<bool>()) {
        let mut bytes = small();
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
        let _ = from_pbf(&bytes, &all(true));
        let map = from_pbf(&small(), &all(true)).unwrap();
        let mut kept = map.to_bytes();
        let at = at % kept.len();
        if cut { kept.truncate(at) } else { kept[at] ^= 1 << bit }
        // Some bits of a packing mean nothing. What is read is the map that was kept, or nothing.
        if let Ok(read) = BaseMap::from_bytes(&kept) {
            prop_assert_eq!(read, map);
        }
    }

    #[test]
    fn a_cut_area_stays_within(corners in prop::collection::vec((-2_000_i32..2_000, -2_000_i32..2_000), 3..30)) {
        let bounds = Bounds { south_west: (-1_000, -1_000), north_east: (1_000, 1_000) };
        if let Some(shape) = bounds.clip(Shape { feature: Feature::Water, lines: vec![corners] }) {
            for (x, y) in shape.lines.into_iter().flatten() {
                prop_assert!(x.abs() <= 1_000 && y.abs() <= 1_000);
            }
        }
    }
}
