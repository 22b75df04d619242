//! The streets under a drawing: as many of them as can be seen at its size, as few bytes as they need. It decides nothing and
//! names nothing.

use std::fmt::Write;

use flow::basemap::{BaseMap, Corner, Feature, OPEN_STREET_MAP};
use model::Point;

use super::Frame;

/// The most bytes of all paths together; packed they are less than half of it.
const BYTES_MAX: usize = 36_000;
/// What is drawn first if not everything fits, and how much of the world may be seen, in metres, so that it is.
const FIRST: [(Feature, f64); 8] = [
    (Feature::Water, f64::INFINITY),
    (Feature::MainRoad, f64::INFINITY),
    (Feature::Stream, 20_000.0),
    (Feature::Street, 12_000.0),
    (Feature::Green, 12_000.0),
    (Feature::Lane, 5_000.0),
    (Feature::Path, 2_000.0),
    (Feature::Building, 1_200.0),
];

/// Everything of one feature.
pub(in crate::pages) struct Path {
    pub(in crate::pages) class: &'static str,
    pub(in crate::pages) d: String,
}

/// The streets.
pub(in crate::pages) struct Streets {
    pub(in crate::pages) paths: Vec<Path>,
    pub(in crate::pages) attribution: String,
    /// Whether that is OpenStreetMap, whose page on rights is known.
    pub(in crate::pages) open_street_map: bool,
}

impl Streets {
    /// What of a base map lies within a drawing; none if nothing does.
    pub(super) fn of(base: &BaseMap, frame: &Frame) -> Option<Self> {
        let bounds = frame.bounds()?;
        let (mut left, mut drawn) = (BYTES_MAX, Vec::new());
        for (feature, most) in FIRST {
            if frame.across() > most {
                continue;
            }
            let mut d = String::new();
            for shape in base.within(feature, bounds) {
                let Some(cut) = bounds.clip(shape.clone()) else { continue };
                cut.lines.iter().for_each(|line| draw(&mut d, frame, line, feature.is_area()));
            }
            // A feature is drawn whole or not at all: half of the streets would be a lie.
            if d.len() > left {
                break;
            }
            left -= d.len();
            drawn.push((feature, d));
        }
        drawn.retain(|(_, d)| !d.is_empty());
        drawn.sort_by_key(|(feature, _)| Feature::ALL.iter().position(|other| other == feature));
        let paths: Vec<Path> = drawn.into_iter().map(|(feature, d)| Path { class: class(feature), d }).collect();
        let attribution = base.attribution().to_owned();
        let open_street_map = attribution == OPEN_STREET_MAP;
        (!paths.is_empty()).then_some(Self { paths, attribution, open_street_map })
    }
}

const fn class(feature: Feature) -> &'static str {
    match feature {
        Feature::Water => "water",
        Feature::Green => "green",
        Feature::Building => "building",
        Feature::Stream => "stream",
        Feature::MainRoad => "main-road",
        Feature::Street => "street",
        Feature::Lane => "lane",
        Feature::Path => "path",
    }
}

/// A line in whole units of the drawing, each corner as its distance from the one before. What is smaller than a unit is left out.
fn draw(d: &mut String, frame: &Frame, line: &[Corner], closed: bool) {
    let units: Vec<(i64, i64)> = line.iter().filter_map(|corner| unit(frame, *corner)).collect();
    let mut way: Vec<(i64, i64)> = Vec::new();
    for (at, unit) in units.iter().enumerate() {
        let near = way.last().is_some_and(|last| (last.0 - unit.0).abs() + (last.1 - unit.1).abs() < 2);
        if !near || (at + 1 == units.len() && !closed && way.last() != Some(unit)) {
            way.push(*unit);
        }
    }
    let fewest = if closed { 3 } else { 2 };
    if way.len() < fewest {
        return;
    }
    let mut before: Option<(i64, i64)> = None;
    for (x, y) in way {
        // Writing to a string cannot fail. A minus needs no space before it.
        let _ = match before {
            None => write!(d, "M{x} {y}l"),
            Some((from_x, from_y)) => {
                let (x, y) = (x - from_x, y - from_y);
                let space = if x < 0 || d.ends_with('l') { "" } else { " " };
                write!(d, "{space}{x}{}{y}", if y < 0 { "" } else { " " })
            }
        };
        before = Some((x, y));
    }
    if closed {
        d.push('z');
    }
}

fn unit(frame: &Frame, (east, north): Corner) -> Option<(i64, i64)> {
    let at = Point::new(f64::from(east) / 1e6, f64::from(north) / 1e6).ok()?;
    let (x, y) = frame.place(at);
    Some((x.round() as i64, y.round() as i64))
}

#[cfg(test)]
mod tests {
    use flow::basemap::{Reading, from_geojson};

    use super::*;

    fn base(features: &str) -> BaseMap {
        let text = format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#);
        let reading = Reading { bounds: None, buildings: true, attribution: Some("City surveyors".to_owned()) };
        from_geojson(text.as_bytes(), &reading).unwrap()
    }

    fn frame(half: f64) -> Frame {
        let at = |sign: f64| Point::new(sign * half + 16.6, sign * half + 49.2).unwrap();
        Frame::around(at(0.0), [at(-1.0), at(1.0)].into_iter())
    }

    fn line(class: &str, north: f64) -> String {
        format!(
            r#"{{"type":"Feature","properties":{{"highway":"{class}"}},"geometry":{{"type":"LineString","coordinates":[[16.5,{north}],[16.599,{north}],[16.601,49.2],[16.7,49.2]]}}}}"#
        )
    }

    #[test]
    fn the_more_of_the_world_is_seen_the_fewer_roads_are_drawn() {
        let base = base(&["primary", "secondary", "residential", "footway"].map(|class| line(class, 49.201)).join(","));
        let classes = |half| -> Vec<&str> {
            Streets::of(&base, &frame(half)).unwrap().paths.iter().map(|path| path.class).collect()
        };
        assert_eq!(classes(0.005), ["path", "lane", "street", "main-road"]);
        assert_eq!(classes(0.02), ["lane", "street", "main-road"]);
        assert_eq!(classes(0.2), ["main-road"]);
    }

    #[test]
    fn nothing_is_drawn_of_what_is_elsewhere_and_never_more_than_may_be() {
        assert!(
            Streets::of(
                &base(&line("primary", 49.201)),
                &Frame::around(Point::new(10.0, 10.0).unwrap(), [Point::new(10.0, 10.0).unwrap()].into_iter())
            )
            .is_none()
        );
        let many: Vec<String> = (0..4_000).map(|at| line("residential", 49.195 + f64::from(at) * 2.5e-6)).collect();
        let drawn =
            Streets::of(&base(&format!("{},{}", line("primary", 49.2), many.join(","))), &frame(0.005)).unwrap();
        assert!(drawn.paths.iter().map(|path| path.d.len()).sum::<usize>() <= BYTES_MAX);
        assert_eq!(
            drawn.paths.iter().map(|path| path.class).collect::<Vec<_>>(),
            ["main-road"],
            "lanes would be too much"
        );
    }
}
