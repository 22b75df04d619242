//! Places: the list of them, and what senses at each.

use askama::Template;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use model::{Place, PlaceId};
use register::State as Register;

use super::card::Card;
use super::home::{Counted, uses};
use super::index::index;
use super::paged::{Paged, Pager, Which};
use super::{Link, Site, page};
use crate::lang::{Here, Lang};
use crate::problem::{Kind, Problem};
use crate::router::Node;

#[derive(Template)]
#[template(path = "places.html")]
struct Places {
    site: Site,
    places: Vec<Counted>,
    pager: Option<Pager>,
}

#[derive(Template)]
#[template(path = "place.html")]
struct OnePlace {
    site: Site,
    id: String,
    name: String,
    within: Vec<Link>,
    inside: Vec<Link>,
    cards: Vec<Card>,
    pager: Option<Pager>,
}

/// The deepest nesting of places that is followed; the log could in principle hold a ring.
const DEPTH_MAX: usize = 16;

/// The places around one, from the widest to the narrowest.
pub(crate) fn around(state: &Register, place: &Place) -> Vec<PlaceId> {
    let next = |id: &PlaceId| state.places.get(id).and_then(|place| place.within.clone());
    let mut chain: Vec<PlaceId> = std::iter::successors(place.within.clone(), next).take(DEPTH_MAX).collect();
    chain.reverse();
    chain
}

/// Whether a place is another one or lies in it.
pub(crate) fn lies_in(state: &Register, id: &PlaceId, outer: &PlaceId) -> bool {
    id == outer || state.places.get(id).is_some_and(|place| around(state, place).contains(outer))
}

/// `GET /places`: those around others first.
pub(crate) async fn places(
    State(node): State<Node>,
    here: Here,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Problem> {
    let index = index(&node).await?;
    let (state, facts) = (&index.state, &index.facts);
    let paged = Paged::of(which, facts.widest.len())?;
    let counted = |id: &PlaceId| {
        let there = facts.places.get(id).map_or(0, Vec::len);
        Counted { link: Link::place(here.lang, state, id), count: uses(here.lang, there as u64) }
    };
    let places = paged.part(&facts.widest).iter().map(counted).collect();
    page(&Places { site: Site::at(state, &here), places, pager: paged.pager(here.lang, "/places") })
}

/// `GET /places/{id}`: what senses there, and in the places inside it.
pub(crate) async fn place(
    State(node): State<Node>,
    here: Here,
    id: Result<Path<String>, PathRejection>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Problem> {
    let index = index(&node).await?;
    let state = &index.state;
    let found = id?.0.parse::<PlaceId>().ok().and_then(|id| state.places.get(&id));
    let place = found.ok_or_else(|| Problem::new(Kind::NotFound).detail("there is no such place in the register"))?;
    let inside = state.places.values().filter(|other| other.within.as_ref() == Some(&place.id));
    let there = index.facts.places.get(&place.id).map_or(&[][..], Vec::as_slice);
    let paged = Paged::of(which, there.len())?;
    page(&OnePlace {
        site: Site::at(state, &here),
        id: place.id.to_string(),
        name: place.name.clone(),
        within: around(state, place).iter().map(|id| Link::place(here.lang, state, id)).collect(),
        inside: inside.map(|other| Link::place(here.lang, state, &other.id)).collect(),
        cards: paged.cards(here.lang, &index, there),
        pager: paged.pager(here.lang, &format!("/places/{}", place.id)),
    })
}
