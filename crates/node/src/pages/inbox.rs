//! The inbox of those who answer residents: what waits, by when, what was written, and the forms to answer it.
//!
//! What a resident wrote is read by the party that answers for the deployment and by the city's officers, and by nobody else. An
//! answer is a statement like any other: the norms decide whether this party may file it.

pub(crate) mod answer;

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use flow::City;
use model::inquiry::InquiryKind;
use model::{EvidenceId, Fields, Party, Sealed};
use register::decide::answers_for;
use register::{InquiryError, State as Register};

use super::Site;
use super::answered::{self, Row};
use super::asked::{Answer, Told, answers};
use super::runs::Runs;
use super::signed::{Signed, private, signed, to_sign_in};
use crate::jobs::Lane;
use crate::lang::Lang;
use crate::problem::{Kind, Problem};
use crate::router::Node;

#[derive(Template)]
#[template(path = "inbox.html")]
struct Inbox {
    site: Site,
    party: String,
    form: String,
    open: Vec<Told>,
    answered: Vec<Told>,
    /// What became of all of them, by kind.
    kinds: Vec<Row>,
}

#[derive(Template)]
#[template(path = "inquiry.html")]
struct One {
    site: Site,
    party: String,
    form: String,
    told: Told,
    answers: Vec<Answer>,
    entry: u64,
    /// What was written; none if it was erased.
    written: Option<Written>,
    decides: bool,
    may_extend: bool,
    typed: Typed,
    wrong: Option<String>,
}

/// What a resident wrote.
struct Written {
    words: String,
    name: String,
    mail: String,
}

/// What an answer was before it was refused.
#[derive(Default)]
pub(super) struct Typed {
    text: String,
    outcome: String,
}

/// The inquiries that a party answers for: those that are open, what is overdue first and then the most urgent, those that are
/// answered, the newest first, and what became of all of them.
fn inquiries(city: &City, state: &Register, party: &Party) -> (Vec<Told>, Vec<Told>, Vec<Row>) {
    let filed = |id: &EvidenceId| state.evidence.get(id).map(|filed| &filed.evidence.about);
    let own = |id: &&EvidenceId| filed(id).is_some_and(|about| answers_for(state, party, about));
    let own: Vec<&EvidenceId> = state.inquiries.keys().filter(own).collect();
    let now = city.register().now();
    let runs = Runs::about(city, state, own.iter().filter_map(|id| filed(id)), now);
    let kinds = answered::rows(Lang::En, answered::by_kind(state, &runs, own.iter().copied()));
    let told = own.into_iter().filter_map(|id| Told::of(Lang::En, state, &runs, id));
    let (mut open, mut answered): (Vec<Told>, Vec<Told>) = told.partition(Told::is_open);
    open.sort_by_cached_key(|told| (!told.overdue, told.due.is_none(), told.due, told.received.clone()));
    answered.sort_by(|a, b| b.received.cmp(&a.received));
    (open, answered, kinds)
}

/// `GET /desk/inbox`
pub(crate) async fn inbox(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    let Some(signed) = signed(&node, &headers) else { return to_sign_in() };
    let state = node.city.register().state();
    let (city, of, party) = (Arc::clone(&node.city), Arc::clone(&state), signed.party.clone());
    let (open, answered, kinds) = node.jobs.run(Lane::Token, move || inquiries(&city, &of, &party)).await?;
    let (site, form) = (Site::of(&state), signed.id.form());
    private(StatusCode::OK, &Inbox { site, party: signed.party.name, form, open, answered, kinds })
}

/// An inquiry that a party answers for. One of others is told like one that never was.
pub(super) fn own(state: &Register, party: &Party, id: &str) -> Result<(EvidenceId, InquiryKind), Problem> {
    let none = || Problem::new(Kind::NotFound).detail("there is no such inquiry for you");
    let id: EvidenceId = id.parse().map_err(|_| none())?;
    let filed = state.evidence.get(&id).filter(|filed| answers_for(state, party, &filed.evidence.about));
    filed.ok_or_else(none)?;
    let kind = state.inquiries.get(&id).ok_or_else(none)?.kind;
    Ok((id, kind))
}

/// `GET /desk/inbox/{id}`
pub(crate) async fn one(
    State(node): State<Node>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = signed(&node, &headers) else { return to_sign_in() };
    let id = id?.0;
    shown(&node, &signed, &id, StatusCode::OK, Typed::default(), None).await
}

/// One inquiry with its forms.
pub(super) async fn shown(
    node: &Node,
    signed: &Signed,
    id: &str,
    status: StatusCode,
    typed: Typed,
    wrong: Option<String>,
) -> Result<Response, Problem> {
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let (id, kind) = own(&state, &signed.party, id)?;
    let runs = Runs::of(&node.city, &state, &id, now);
    let told = Told::of(Lang::En, &state, &runs, &id).ok_or_else(|| Problem::new(Kind::NotFound))?;
    let answers = answers(Lang::En, &state, &id);
    let entry = state.inquiries.get(&id).map_or(0, |record| record.entry);
    let may_extend = told.is_open() && answer::extension(&runs, &id).is_some();
    let city = Arc::clone(&node.city);
    let read = node.jobs.run(Lane::Token, move || city.register().inquiry(&id)).await?;
    let read = read.map_err(|error| match error {
        InquiryError::Submit(error) => Problem::from(error),
        _ => Problem::new(Kind::Internal),
    })?;
    let written = match read {
        Some(Sealed::Present(fields)) => Some(Written::of(&fields)),
        Some(Sealed::Erased) | None => None,
    };
    let page = One {
        site: Site::of(&state),
        party: signed.party.name.clone(),
        form: signed.id.form(),
        told,
        answers,
        entry,
        written,
        decides: kind == InquiryKind::Objection,
        may_extend,
        typed,
        wrong,
    };
    private(status, &page)
}

impl Written {
    fn of(fields: &Fields) -> Self {
        let field = |name: &str| fields.0.get(name).cloned().flatten().unwrap_or_default();
        Self { words: field("words"), name: field("contact-name"), mail: field("contact-mail") }
    }
}
