//! Purposes: what data is collected for, and who gets some for it.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use model::{GrantRecord, Purpose};
use register::State as Register;

use super::card::{Card, cards};
use super::home::{self, Counted};
use super::{Link, Site, page, party_name};
use crate::lang::{Here, Lang};
use crate::problem::{Kind, Problem};
use crate::router::Node;

#[derive(Template)]
#[template(path = "purposes.html")]
struct Purposes {
    site: Site,
    purposes: Vec<Counted>,
}

#[derive(Template)]
#[template(path = "purpose.html")]
struct OnePurpose {
    site: Site,
    name: &'static str,
    code: &'static str,
    general: &'static str,
    cards: Vec<Card>,
    grants: Vec<Given>,
}

/// An agreement in a line.
pub(super) struct Given {
    pub(super) recipient: String,
    pub(super) view: String,
    pub(super) purpose: Link,
    pub(super) deployment: Link,
    pub(super) until: String,
}

impl Given {
    pub(super) fn of(lang: Lang, state: &Register, record: &GrantRecord) -> Option<Self> {
        let grant = &record.grant;
        let (of, _) = state.stream(&grant.stream)?;
        let view = state.views.get(&(grant.stream.clone(), grant.view.clone()))?;
        Some(Self {
            recipient: party_name(state, &grant.recipient),
            view: view.title.clone(),
            purpose: Link::purpose(lang, grant.purpose),
            deployment: Link::deployment(lang, state, &of.deployment.id)?,
            until: lang.day(grant.until),
        })
    }
}

/// `GET /purposes`
pub(crate) async fn purposes(State(node): State<Node>, here: Here) -> Result<Response, Problem> {
    let state = node.city.register().state();
    page(&Purposes { site: Site::at(&state, &here), purposes: home::purposes(here.lang, &state) })
}

/// `GET /purposes/{code}`
pub(crate) async fn purpose(
    State(node): State<Node>,
    here: Here,
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let purpose: Purpose = code?.0.parse().map_err(|_| {
        Problem::new(Kind::NotFound).detail("there is no such purpose; a purpose too general to bind anybody is none")
    })?;
    let fits = |record: &&GrantRecord| record.grant.purpose == purpose && record.in_force(now);
    let grants = state.grants.values().map(AsRef::as_ref).filter(fits);
    page(&OnePurpose {
        site: Site::at(&state, &here),
        name: here.lang.purpose(purpose),
        code: purpose.code(),
        general: purpose.parent().map_or("", |general| here.lang.purpose(general)),
        cards: cards(here.lang, &state, now, |record| record.deployment.purposes.contains(&purpose)),
        grants: grants.filter_map(|record| Given::of(here.lang, &state, record)).collect(),
    })
}
