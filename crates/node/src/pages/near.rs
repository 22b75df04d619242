//! What senses near somebody: the list first, nearest first, then a drawing of the same.
//!
//! Where somebody stands is read from the query, answered and forgotten: it is in no log line, counter or error of this room.

pub(super) mod distance;

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use flow::basemap::BaseMap;
use model::{DeploymentRecord, PlaceId, Point};
use register::State as Register;
use serde::Deserialize;

use super::card::Card;
use super::index::{Far, Index, index};
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
    /// Whether there are more places than can be chosen here.
    more_places: bool,
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
    let index = index(&node).await?;
    let drawn = node
        .jobs
        .run(Lane::Open, {
            let maps = Arc::clone(&node.maps);
            // A base map that cannot be read is no reason to say nothing.
            move || drawn(&index, &here, maps.current().ok().flatten().as_deref(), &asked)
        })
        .await?;
    let bad = drawn.lat.error.is_some() || drawn.lon.error.is_some() || drawn.place_error.is_some();
    let mut response = page(&drawn)?;
    if bad {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(response)
}

fn drawn(index: &Index, here: &Here, base: Option<&BaseMap>, asked: &Asked) -> Near {
    let (lang, state) = (here.lang, &index.state);
    let (lat, lon, position) = fields(lang, asked);
    let (place, place_error) = chosen(lang, state, asked);
    let from = position.or_else(|| place.and_then(|id| middle_of(lang, state, &id)));
    let at = from.as_ref().map(|from| from.at);
    let shown = nearest(index, at);
    Near {
        site: Site::at(state, here),
        places: choices(index, &asked.place),
        more_places: index.facts.widest.len() > index.facts.choices.len(),
        lat,
        lon,
        place_error,
        map: Map::of(lang, state, base, at, &shown.iter().map(|one| one.record).collect::<Vec<_>>()),
        cards: shown.iter().map(|one| card(lang, index, one)).collect(),
        more: index.facts.order.len().saturating_sub(SHOWN_MAX),
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

/// The places to choose among by name. One that was chosen is among them, however many there are.
fn choices(index: &Index, chosen: &str) -> Vec<Choice> {
    let (all, places) = (&index.facts.choices, &index.state.places);
    let choice = |id: &PlaceId| {
        let name = places.get(id).map_or_else(String::new, |place| place.name.clone());
        Choice { id: id.to_string(), name, chosen: id.as_str() == chosen }
    };
    let mut choices: Vec<Choice> = all.iter().map(|(_, id)| choice(id)).collect();
    let other = chosen.parse::<PlaceId>().ok().and_then(|id| places.get(&id));
    if let Some(place) = other.filter(|place| all.iter().all(|(_, id)| *id != place.id)) {
        let name = place.name.to_lowercase();
        choices.insert(all.partition_point(|(before, _)| *before <= name), choice(&place.id));
    }
    choices
}

/// A deployment and how far it is.
struct Found<'i> {
    record: &'i DeploymentRecord,
    far: Far,
}

/// The nearest deployments, the nearest first; without a position the first ones of the list. One that moves about is where its
/// place is.
fn nearest(index: &Index, from: Option<Point>) -> Vec<Found<'_>> {
    let facts = &index.facts;
    let far = from.map_or_else(
        || (0..).take(facts.order.len().min(SHOWN_MAX)).map(|at| Far { at, metres: None, to_sensor: false }).collect(),
        |from| facts.spots.nearest(&index.state, from, SHOWN_MAX),
    );
    far.into_iter().filter_map(|far| Some(Found { record: index.record(far.at)?, far })).collect()
}

fn card(lang: Lang, index: &Index, found: &Found<'_>) -> Card {
    let note = found.far.metres.map(|metres| {
        let behind = match (found.far.to_sensor, found.record.deployment.mobile) {
            (true, _) => lang.of("the nearest of its sensors", "der nächste der Sensoren"),
            (false, true) => lang.of("the place in which it moves about", "der Ort, in dem sich die Sensoren bewegen"),
            (false, false) => lang.of(
                "its place. No sensor of it is entered yet",
                "der Ort des Einsatzes. Noch ist kein Sensor eingetragen",
            ),
        };
        format!("{}: {behind}.", distance::words(lang, metres))
    });
    Card { note, ..Card::of(lang, &index.state, found.record, index.now) }
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
