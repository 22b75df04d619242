//! Organisations: who answers for what, and who gets data. What the register keeps sealed of a party is never shown.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use model::{DeploymentRecord, GrantRecord, PartyId};
use register::State as Register;

use super::card::{Card, cards};
use super::home::{Counted, uses};
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
}

/// `GET /organisations`
pub(crate) async fn organisations(State(node): State<Node>, here: Here) -> Result<Response, Problem> {
    let state = node.city.register().state();
    let counted = |id: &PartyId| {
        let answers = state.deployments.values().filter(|record| &record.deployment.accountable == id).count();
        Counted { link: Link::party(here.lang, &state, id), count: uses(here.lang, answers as u64) }
    };
    let mut organisations: Vec<Counted> = state.parties.keys().map(counted).collect();
    organisations.sort_by_cached_key(|one| one.link.text.to_lowercase());
    page(&Organisations { site: Site::at(&state, &here), organisations })
}

/// `GET /organisations/{id}`
pub(crate) async fn organisation(
    State(node): State<Node>,
    here: Here,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let found = id?.0.parse::<PartyId>().ok().and_then(|id| state.parties.get(&id));
    let party =
        &found.ok_or_else(|| Problem::new(Kind::NotFound).detail("there is no such party in the register"))?.party;
    let receives = |record: &&GrantRecord| record.grant.recipient == party.id && record.in_force(now);
    page(&Organisation {
        site: Site::at(&state, &here),
        name: party.name.clone(),
        kind: words::party_kind(here.lang, party.kind),
        cards: cards(here.lang, &state, now, |record| record.deployment.accountable == party.id),
        approved: approved(here.lang, &state, &party.id),
        grants: state
            .grants
            .values()
            .map(AsRef::as_ref)
            .filter(receives)
            .filter_map(|record| Given::of(here.lang, &state, record))
            .collect(),
    })
}

/// What stands approved by a party.
fn approved(lang: Lang, state: &Register, id: &PartyId) -> Vec<Link> {
    let by = |record: &DeploymentRecord| record.standing.approval.as_ref().is_some_and(|approval| &approval.by == id);
    let records = state.deployments.values().filter(|record| by(record));
    records.filter_map(|record| Link::deployment(lang, state, &record.deployment.id)).collect()
}
