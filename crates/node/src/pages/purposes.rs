//! Purposes: what data is collected for, and who gets some for it.

use askama::Template;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use model::{GrantRecord, Purpose};
use register::State as Register;

use super::card::Card;
use super::home::{self, Counted};
use super::index::index;
use super::paged::{Paged, Pager, Which};
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
    pager: Option<Pager>,
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
    let index = index(&node).await?;
    page(&Purposes { site: Site::at(&index.state, &here), purposes: home::purposes(here.lang, &index) })
}

/// `GET /purposes/{code}`: both lists page by page, together.
pub(crate) async fn purpose(
    State(node): State<Node>,
    here: Here,
    code: Result<Path<String>, PathRejection>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Problem> {
    let purpose: Purpose = code?.0.parse().map_err(|_| {
        Problem::new(Kind::NotFound).detail("there is no such purpose; a purpose too general to bind anybody is none")
    })?;
    let index = index(&node).await?;
    let uses = index.facts.purposes.get(&purpose).map_or(&[][..], Vec::as_slice);
    let given = index.facts.given_for.get(&purpose).map_or(&[][..], Vec::as_slice);
    let paged = Paged::of(which, uses.len().max(given.len()))?;
    page(&OnePurpose {
        site: Site::at(&index.state, &here),
        name: here.lang.purpose(purpose),
        code: purpose.code(),
        general: purpose.parent().map_or("", |general| here.lang.purpose(general)),
        cards: paged.cards(here.lang, &index, uses),
        grants: paged.part(given).iter().filter_map(|record| Given::of(here.lang, &index.state, record)).collect(),
        pager: paged.pager(here.lang, &format!("/purposes/{}", purpose.code())),
    })
}
