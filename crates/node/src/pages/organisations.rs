//! Organisations: who answers for what, and who gets data. What the register keeps sealed of a party is never shown.

use askama::Template;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use model::PartyId;

use super::card::Card;
use super::home::{Counted, uses};
use super::index::index;
use super::paged::{Paged, Pager, Which};
use super::purposes::Given;
use super::{Link, Site, page};
use crate::lang::{Here, Lang};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;

#[derive(Template)]
#[template(path = "organisations.html")]
struct Organisations {
    site: Site,
    organisations: Vec<Counted>,
}

#[derive(Template)]
#[template(path = "organisation.html")]
struct Organisation {
    site: Site,
    name: String,
    kind: &'static str,
    cards: Vec<Card>,
    approved: Vec<Link>,
    grants: Vec<Given>,
    pager: Option<Pager>,
}

/// `GET /organisations`
pub(crate) async fn organisations(State(node): State<Node>, here: Here) -> Result<Response, Problem> {
    let index = index(&node).await?;
    let counted = |id: &PartyId| {
        let answers = index.facts.answers.get(id).map_or(0, Vec::len);
        Counted { link: Link::party(here.lang, &index.state, id), count: uses(here.lang, answers as u64) }
    };
    let mut organisations: Vec<Counted> = index.state.parties.keys().map(counted).collect();
    organisations.sort_by_cached_key(|one| one.link.text.to_lowercase());
    page(&Organisations { site: Site::at(&index.state, &here), organisations })
}

/// `GET /organisations/{id}`: its lists page by page, together.
pub(crate) async fn organisation(
    State(node): State<Node>,
    here: Here,
    id: Result<Path<String>, PathRejection>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Problem> {
    let index = index(&node).await?;
    let (state, facts) = (&index.state, &index.facts);
    let found = id?.0.parse::<PartyId>().ok().and_then(|id| state.parties.get(&id));
    let party =
        &found.ok_or_else(|| Problem::new(Kind::NotFound).detail("there is no such party in the register"))?.party;
    let answers = facts.answers.get(&party.id).map_or(&[][..], Vec::as_slice);
    let approved = facts.approved.get(&party.id).map_or(&[][..], Vec::as_slice);
    let given = facts.given_to.get(&party.id).map_or(&[][..], Vec::as_slice);
    let paged = Paged::of(which, answers.len().max(approved.len()).max(given.len()))?;
    let approved = paged.part(approved).iter().filter_map(|at| index.record(*at));
    page(&Organisation {
        site: Site::at(state, &here),
        name: party.name.clone(),
        kind: words::party_kind(here.lang, party.kind),
        cards: paged.cards(here.lang, &index, answers),
        approved: approved.filter_map(|record| Link::deployment(here.lang, state, &record.deployment.id)).collect(),
        grants: paged.part(given).iter().filter_map(|record| Given::of(here.lang, state, record)).collect(),
        pager: paged.pager(here.lang, &format!("/organisations/{}", party.id)),
    })
}
