//! From a position to the registered place that holds it.
//!
//! Resists pointing at a door, and following somebody within a district. It does not resist recognising a trip from the
//! districts that it crossed (four points single out most people, de Montjoye 2013), nor a district in which one person
//! lives. Two lists of districts over one stream are two grids, whose difference is a third one with smaller pieces.
//! The outlines are the register's, fixed when the plan is compiled, and never chosen by the data.

use model::geo::OUTSIDE;
use model::{Districts, Geometry, PlaceId, Point};

/// One place: its id, the box around it, its outline.
#[derive(Debug, Clone, PartialEq)]
struct Area {
    id: PlaceId,
    /// West, south, east, north.
    bounds: [f64; 4],
    geometry: Geometry,
}

impl Area {
    fn new(id: &PlaceId, geometry: Geometry) -> Option<Self> {
        let Geometry::Polygon(rings) = &geometry else { return None };
        let mut bounds = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
        for point in rings.rings().first()? {
            let [west, south, east, north] = bounds;
            bounds = [
                west.min(point.longitude()),
                south.min(point.latitude()),
                east.max(point.longitude()),
                north.max(point.latitude()),
            ];
        }
        Some(Self { id: id.clone(), bounds, geometry })
    }

    fn covers(&self, point: &Point) -> bool {
        let [west, south, east, north] = self.bounds;
        // The cheap question first: most places are elsewhere.
        (west..=east).contains(&point.longitude())
            && (south..=north).contains(&point.latitude())
            && self.geometry.covers(point)
    }
}

/// The places of one property, ready to look into.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Areas(Vec<Area>);

impl Areas {
    /// The places of a treatment; the id of the first that is not registered, or is no area.
    pub(crate) fn of(districts: &Districts, places: &dyn Fn(&PlaceId) -> Option<Geometry>) -> Result<Self, PlaceId> {
        let area = |id: &PlaceId| places(id).and_then(|geometry| Area::new(id, geometry)).ok_or_else(|| id.clone());
        districts.ids().iter().map(area).collect::<Result<_, _>>().map(Self)
    }

    /// The first place that holds a position.
    pub(crate) fn name(&self, point: &Point) -> &str {
        self.0.iter().find(|area| area.covers(point)).map_or(OUTSIDE, |area| area.id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn polygon(ring: &[(f64, f64)]) -> Geometry {
        let mut ring: Vec<[f64; 2]> = ring.iter().map(|&(longitude, latitude)| [longitude, latitude]).collect();
        ring.push(ring[0]);
        serde_json::from_value(serde_json::json!({ "type": "Polygon", "coordinates": [ring] })).unwrap()
    }

    fn areas(places: &[(&str, Geometry)]) -> Areas {
        let ids: Vec<PlaceId> = places.iter().map(|(id, _)| id.parse().unwrap()).collect();
        let find = |id: &PlaceId| places.iter().find(|(name, _)| *name == id.as_str()).map(|(_, shape)| shape.clone());
        Areas::of(&ids.try_into().unwrap(), &find).unwrap()
    }

    fn at(longitude: f64, latitude: f64) -> Point {
        Point::new(longitude, latitude).unwrap()
    }

    #[test]
    fn a_position_is_in_the_first_district_that_holds_it_or_outside() {
        let square = |low: f64, high: f64| polygon(&[(low, low), (high, low), (high, high), (low, high)]);
        let areas = areas(&[("inner", square(1.0, 2.0)), ("outer", square(0.0, 4.0))]);
        assert_eq!(areas.name(&at(1.5, 1.5)), "inner");
        assert_eq!(areas.name(&at(3.0, 1.5)), "outer");
        assert_eq!(areas.name(&at(5.0, 1.5)), OUTSIDE);
    }

    #[test]
    fn a_place_that_is_unknown_or_a_point_is_no_district() {
        let of: Districts = serde_json::from_str(r#"["here"]"#).unwrap();
        assert_eq!(Areas::of(&of, &|_| None), Err("here".parse().unwrap()));
        assert_eq!(Areas::of(&of, &|_| Some(Geometry::Point(at(1.0, 1.0)))), Err("here".parse().unwrap()));
    }

    /// A grid of corners that are moved about, each cell a district of its own: a city without gaps.
    fn city(shifts: &[(f64, f64)]) -> Vec<(String, Geometry)> {
        let corner = |column: usize, row: usize| {
            let (east, north) = shifts[row * 5 + column];
            (16.0 + 0.01 * column as f64 + east, 49.0 + 0.01 * row as f64 + north)
        };
        let mut city = Vec::new();
        for (column, row) in (0..4).flat_map(|column| (0..4).map(move |row| (column, row))) {
            let mut ring = vec![
                corner(column, row),
                corner(column + 1, row),
                corner(column + 1, row + 1),
                corner(column, row + 1),
            ];
            // Outlines of neighbours do not run the same way round everywhere.
            if (column + row) % 3 == 0 {
                ring.reverse();
            }
            city.push((format!("d{column}{row}"), polygon(&ring)));
        }
        city
    }

    proptest! {
        #[test]
        fn in_a_city_without_gaps_every_position_is_in_exactly_one_district_edges_and_corners_included(
            shifts in prop::collection::vec((-0.003_f64..0.003, -0.003_f64..0.003), 25),
            (column, row, along) in (1..4_usize, 1..4_usize, 0.0_f64..1.0),
            (east, north) in (0.004_f64..0.036, 0.004_f64..0.036),
        ) {
            let city = city(&shifts);
            let corner = |column: usize, row: usize| {
                let (east, north) = shifts[row * 5 + column];
                (16.0 + 0.01 * column as f64 + east, 49.0 + 0.01 * row as f64 + north)
            };
            let ((a, b), (c, d)) = (corner(column, row), corner(column, row - 1));
            let on_edge = at(a + along * (c - a), b + along * (d - b));
            for point in [at(a, b), on_edge, at(16.0 + east, 49.0 + north)] {
                let holding = city.iter().filter(|(_, shape)| shape.covers(&point)).count();
                prop_assert_eq!(holding, 1);
                let named: Vec<(&str, Geometry)> = city.iter().map(|(id, shape)| (id.as_str(), shape.clone())).collect();
                let areas = areas(&named);
                let held = city.iter().find(|(_, shape)| shape.covers(&point)).unwrap();
                prop_assert_eq!(areas.name(&point), held.0.as_str(), "the box leaves out nothing that the outline holds");
            }
        }
    }
}
