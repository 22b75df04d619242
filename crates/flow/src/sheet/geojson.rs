//! A sheet as GeoJSON: each row a feature with the place that it belongs to.

use h3o::{CellIndex, LatLng};
use model::CellId;
use serde_json::{Map, Value, json};

use super::{ABOUT, Sheet, Spot, value};

/// Positions are written to a centimetre.
const DIGITS: f64 = 1e7;
/// What the geometry says already.
const ELSEWHERE: [&str; 2] = ["longitude", "latitude"];

/// The feature collection, with what must be known about it beside.
pub(super) fn written(sheet: &Sheet) -> serde_json::Result<Vec<u8>> {
    let features: Vec<Value> = sheet.spots.iter().enumerate().map(|(row, spot)| feature(sheet, row, spot)).collect();
    serde_json::to_vec(&json!({ "type": "FeatureCollection", ABOUT: sheet.about, "features": features }))
}

fn feature(sheet: &Sheet, row: usize, spot: &Spot) -> Value {
    let columns = sheet.columns.iter().filter(|(name, _)| !ELSEWHERE.contains(&name.as_str()));
    let properties: Map<String, Value> = columns.map(|(name, series)| (name.clone(), value(series, row))).collect();
    json!({ "type": "Feature", "geometry": geometry(spot), "properties": properties })
}

fn geometry(spot: &Spot) -> Value {
    match spot {
        Spot::Nowhere => Value::Null,
        Spot::At(point) => json!({ "type": "Point", "coordinates": [point.longitude(), point.latitude()] }),
        Spot::Way(from, to) => {
            let ends = [[from.longitude(), from.latitude()], [to.longitude(), to.latitude()]];
            json!({ "type": "LineString", "coordinates": ends })
        }
        Spot::Cell(cell) => {
            outline(*cell).map_or(Value::Null, |ring| json!({ "type": "Polygon", "coordinates": [ring] }))
        }
    }
}

/// The outline of a cell, longitudes and latitudes, counter-clockwise and closed; none if it is no cell.
#[must_use]
pub fn outline(cell: CellId) -> Option<Vec<[f64; 2]>> {
    let boundary = CellIndex::try_from(cell.0).ok()?.boundary();
    let rounded = |degrees: f64| (degrees * DIGITS).round() / DIGITS;
    let mut ring: Vec<[f64; 2]> =
        boundary.iter().map(|corner: &LatLng| [rounded(corner.lng()), rounded(corner.lat())]).collect();
    ring.push(*ring.first()?);
    Some(ring)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_a_closed_ring_counter_clockwise_around_it() {
        let resolution = model::H3Resolution::try_from(9).unwrap();
        let at = model::Point::new(16.6068, 49.1951).unwrap();
        let ring = outline(privacy::cell::cell(at, resolution).unwrap()).unwrap();
        assert_eq!((ring.len(), ring.first()), (7, ring.last()));
        let doubled: f64 = ring.windows(2).map(|pair| pair[0][0] * pair[1][1] - pair[1][0] * pair[0][1]).sum();
        assert!(doubled > 0.0, "the right-hand rule of RFC 7946");
        let spans = |part: usize, value: f64| {
            let parts = || ring.iter().map(|corner| corner[part]);
            parts().any(|corner| corner < value) && parts().any(|corner| corner > value)
        };
        assert!(spans(0, 16.6068) && spans(1, 49.1951));
        assert_eq!(outline(CellId(17)), None, "what is no cell has no outline");
    }
}
