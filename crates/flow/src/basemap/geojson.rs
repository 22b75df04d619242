//! Maps in GeoJSON (RFC 7946), as tools export them from OpenStreetMap: its tags are the properties of a feature.
//!
//! Other features, and points, are passed by. Of the properties only those are looked at that say what something is.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::clip::corner;
use super::{BaseMapError, Corner, Feature, Shape};

#[derive(Deserialize)]
struct Collection {
    #[serde(rename = "type")]
    kind: String,
    features: Vec<Item>,
    attribution: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    properties: Option<Map<String, Value>>,
    geometry: Option<Form>,
}

#[derive(Deserialize)]
struct Form {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    coordinates: Value,
}

/// A position may have a height, which is not looked at.
type Position = Vec<f64>;
type Lines = Vec<Vec<Position>>;

/// Everything that is drawn, and whom the file names.
pub(super) fn shapes(bytes: &[u8], buildings: bool) -> Result<(Vec<Shape>, Option<String>), BaseMapError> {
    let wrong = |error: serde_json::Error| BaseMapError::NotGeoJson(error.to_string());
    let collection: Collection = serde_json::from_slice(bytes).map_err(wrong)?;
    if collection.kind != "FeatureCollection" {
        return Err(BaseMapError::NotGeoJson("it is no FeatureCollection".to_owned()));
    }
    let mut shapes = Vec::new();
    for Item { properties, geometry } in collection.features {
        let (Some(properties), Some(form)) = (properties, geometry) else { continue };
        let Some(feature) = Feature::of(|key| properties.get(key)?.as_str(), buildings) else { continue };
        for lines in lines(form).map_err(wrong)? {
            let lines = lines.iter().map(|line| placed(line, feature.is_area())).collect::<Option<Vec<_>>>();
            let lines = lines.ok_or_else(|| BaseMapError::NotGeoJson("a position is not on Earth".to_owned()))?;
            shapes.push(Shape { feature, lines });
        }
    }
    Ok((shapes, collection.attribution))
}

/// The lines of each part of a form.
fn lines(form: Form) -> Result<Vec<Lines>, serde_json::Error> {
    Ok(match form.kind.as_str() {
        "LineString" => vec![vec![serde_json::from_value(form.coordinates)?]],
        "MultiLineString" | "Polygon" => vec![serde_json::from_value(form.coordinates)?],
        "MultiPolygon" => serde_json::from_value(form.coordinates)?,
        _ => Vec::new(),
    })
}

/// The corners of a line; that of an area does not repeat its first.
fn placed(line: &[Position], area: bool) -> Option<Vec<Corner>> {
    let corners = line.iter().map(|position| match position.as_slice() {
        [longitude, latitude, ..] if longitude.abs() <= 180.0 && latitude.abs() <= 90.0 => {
            Some(corner(*longitude, *latitude))
        }
        _ => None,
    });
    let mut corners: Vec<Corner> = corners.collect::<Option<_>>()?;
    if area && corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    Some(corners)
}
