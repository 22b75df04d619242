//! What senses near somebody: the list first, nearest first, then a drawing of the same.
//!
//! Where somebody stands is read from the query, answered and forgotten: it is in no log line, counter or error of this room.

pub(super) mod distance;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use flow::basemap::BaseMap;
use model::{DeploymentId, DeploymentRecord, PlaceId, Point, Timestamp};
use register::State as Register;
use serde::Deserialize;

use super::card::{Card, cards};
use super::map::Map;
use super::{Site, page};
use crate::jobs::Lane;
use crate::lang::{Here, Lang};
use crate::problem::Problem;
use crate::router::Node;

/// The most deployments on the page.
const SHOWN_MAX: usize = 50;
/// The longest text of a field that is shown again, in characters.
const FIELD_CHARS_MAX: usize = 40;

#[derive(Template)]
#[template(path = "near.html")]
struct Near {
    site: Site,
    places: Vec<Choice>,
    lat: Field,
    lon: Field,
    place_error: Option<&'static str>,
    /// Where distances are measured from, in words; none if nobody said.
    from: Option<String>,
    cards: Vec<Card>,
    more: usize,
    map: Option<Map>,
}

/// A place to choose.
struct Choice {
    id: String,
    name: String,
    chosen: bool,
}

/// A field as it was filled in, and what is wrong with it.
#[derive(Default)]
struct Field {
    text: String,
    error: Option<&'static str>,
}

/// What was asked.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    #[serde(default)]
    place: String,
    #[serde(default)]
    lat: String,
    #[serde(default)]
    lon: String,
}

/// Where somebody stands.
struct From {
    at: Point,
    words: String,
}

/// `GET /near?place=…` or `GET /near?lat=…&lon=…`. A position counts before a place.
pub(crate) async fn near(
    State(node): State<Node>,
    here: Here,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let asked = asked?.0;
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let drawn = node
        .jobs
        .run(Lane::Open, {
            let maps = Arc::clone(&node.maps);
            // A base map that cannot be read is no reason to say nothing.
            move || drawn(&state, &here, maps.current().ok().flatten().as_deref(), now, &asked)
        })
        .await?;
    let bad = drawn.lat.error.is_some() || drawn.lon.error.is_some() || drawn.place_error.is_some();
    let mut response = page(&drawn)?;
    if bad {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(response)
}

fn drawn(state: &Arc<Register>, here: &Here, base: Option<&BaseMap>, now: Timestamp, asked: &Asked) -> Near {
    let lang = here.lang;
    let (lat, lon, position) = fields(lang, asked);
    let (place, place_error) = chosen(lang, state, asked);
    let from = position.or_else(|| place.and_then(|id| middle_of(lang, state, &id)));
    let found = nearest(state, from.as_ref().map(|from| from.at));
    let shown: Vec<&Found<'_>> = found.iter().take(SHOWN_MAX).collect();
    Near {
        site: Site::at(state, here),
        places: choices(state, &asked.place),
        lat,
        lon,
        place_error,
        map: Map::of(
            lang,
            state,
            base,
            from.as_ref().map(|from| from.at),
            &shown.iter().map(|one| one.record).collect::<Vec<_>>(),
        ),
        cards: shown_cards(lang, state, now, &shown),
        more: found.len().saturating_sub(SHOWN_MAX),
        from: from.map(|from| from.words),
    }
}

/// The two numbers, what is wrong with them, and the position if nothing is.
fn fields(lang: Lang, asked: &Asked) -> (Field, Field, Option<From>) {
    let field = |text: &str| Field { text: text.trim().chars().take(FIELD_CHARS_MAX).collect(), error: None };
    let (mut lat, mut lon) = (field(&asked.lat), field(&asked.lon));
    if lat.text.is_empty() && lon.text.is_empty() {
        return (lat, lon, None);
    }
    let north = number(&asked.lat, 90.0);
    let east = number(&asked.lon, 180.0);
    if north.is_none() {
        lat.error = Some(if lat.text.is_empty() {
            lang.of(
                "The latitude is missing. A position needs both numbers.",
                "Die Breite fehlt. Eine Position braucht beide Zahlen.",
            )
        } else {
            lang.of(
                "This is not a latitude. Write a number from -90 to 90, such as 49.2; the north is positive.",
                "Das ist keine Breite. Schreiben Sie eine Zahl von -90 bis 90, zum Beispiel 49,2. Norden ist positiv.",
            )
        });
    }
    if east.is_none() {
        lon.error = Some(if lon.text.is_empty() {
            lang.of(
                "The longitude is missing. A position needs both numbers.",
                "Die Länge fehlt. Eine Position braucht beide Zahlen.",
            )
        } else {
            lang.of(
                "This is not a longitude. Write a number from -180 to 180, such as 16.6; the east is positive.",
                "Das ist keine Länge. Schreiben Sie eine Zahl von -180 bis 180, zum Beispiel 16,6. Osten ist positiv.",
            )
        });
    }
    let at = north.zip(east).and_then(|(north, east)| Point::new(east, north).ok());
    let words = lang.of("the position that you gave", "der Position, die Sie angegeben haben");
    (lat, lon, at.map(|at| From { at, words: words.to_owned() }))
}

/// A number of degrees, with a point or a comma as people write it.
fn number(text: &str, most: f64) -> Option<f64> {
    let text = text.trim();
    let plain = text.len() <= FIELD_CHARS_MAX
        && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'-' | b'+'));
    let degrees: f64 = plain.then(|| text.replace(',', ".").parse().ok())??;
    (degrees.abs() <= most).then_some(degrees)
}

/// The place that was chosen.
fn chosen(lang: Lang, state: &Register, asked: &Asked) -> (Option<PlaceId>, Option<&'static str>) {
    if asked.place.is_empty() {
        return (None, None);
    }
    let known = asked.place.parse::<PlaceId>().ok().filter(|id| state.places.contains_key(id));
    let error = known.is_none().then_some(lang.of(
        "There is no such place in the register. Choose one of the list.",
        "Diesen Ort gibt es im Register nicht. Wählen Sie einen aus der Liste.",
    ));
    (known, error)
}

fn middle_of(lang: Lang, state: &Register, id: &PlaceId) -> Option<From> {
    let place = state.places.get(id)?;
    let at = distance::middle(&place.geometry)?;
    let words = format!("{} {}", lang.of("the middle of", "der Mitte von"), lang.quoted(&place.name));
    Some(From { at, words })
}

fn choices(state: &Register, chosen: &str) -> Vec<Choice> {
    let mut choices: Vec<Choice> = state
        .places
        .values()
        .map(|place| Choice { id: place.id.to_string(), name: place.name.clone(), chosen: place.id.as_str() == chosen })
        .collect();
    choices.sort_by_cached_key(|choice| choice.name.to_lowercase());
    choices
}

/// A deployment and how far it is.
struct Found<'s> {
    record: &'s DeploymentRecord,
    metres: Option<f64>,
    /// Whether that is the distance to a sensor, and not to the outline of a place.
    to_sensor: bool,
}

/// Every deployment, the nearest first. One that moves about is where its place is.
fn nearest(state: &Register, from: Option<Point>) -> Vec<Found<'_>> {
    let Some(from) = from else {
        return state.deployments.values().map(|record| Found { record, metres: None, to_sensor: false }).collect();
    };
    let places: BTreeMap<&PlaceId, f64> =
        state.places.iter().map(|(id, place)| (id, distance::to_shape(from, &place.geometry))).collect();
    let mut sensors: BTreeMap<&DeploymentId, f64> = BTreeMap::new();
    for device in state.devices.values() {
        let nearest = sensors.entry(&device.deployment).or_insert(f64::INFINITY);
        *nearest = nearest.min(distance::between(from, device.position));
    }
    let found = state.deployments.values().map(|record| {
        let deployment = &record.deployment;
        let sensor = sensors.get(&deployment.id).filter(|_| !deployment.mobile).copied();
        let metres = sensor.or_else(|| places.get(&deployment.place).copied());
        Found { record, metres, to_sensor: sensor.is_some() }
    });
    let mut found: Vec<Found<'_>> = found.collect();
    found.sort_by(|one, other| {
        let far = |found: &Found<'_>| found.metres.unwrap_or(f64::INFINITY);
        far(one).total_cmp(&far(other))
    });
    found
}

/// The cards in the order of distance; without one, in the order that every list has.
fn shown_cards(lang: Lang, state: &Register, now: Timestamp, shown: &[&Found<'_>]) -> Vec<Card> {
    if shown.iter().all(|one| one.metres.is_none()) {
        let ids: Vec<&DeploymentId> = shown.iter().map(|one| &one.record.deployment.id).collect();
        return cards(lang, state, now, |record| ids.contains(&&record.deployment.id));
    }
    let card = |one: &&Found<'_>| {
        let told = one.metres.map(|metres| {
            let behind = match (one.to_sensor, one.record.deployment.mobile) {
                (true, _) => lang.of("the nearest of its sensors", "der nächste der Sensoren"),
                (false, true) => {
                    lang.of("the place in which it moves about", "der Ort, in dem sich die Sensoren bewegen")
                }
                (false, false) => lang.of(
                    "its place. No sensor of it is entered yet",
                    "der Ort des Einsatzes. Noch ist kein Sensor eingetragen",
                ),
            };
            format!("{}: {behind}.", distance::words(lang, metres))
        });
        Card { note: told, ..Card::of(lang, state, one.record, now) }
    };
    shown.iter().map(card).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them_and_nothing_else_is_one() {
        assert_eq!(number(" 49,2 ", 90.0), Some(49.2));
        assert_eq!(number("-16.60", 180.0), Some(-16.6));
        for bad in ["", "north", "91", "-90.1", "NaN", "inf", "1e1", "49.2.1", "4９"] {
            assert_eq!(number(bad, 90.0), None, "{bad}");
        }
    }
}
