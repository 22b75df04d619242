//! The office: what waits, and every act of government as a form, for parties that are signed in.
//!
//! Whoever opens it sees what concerns it: officers and the founder everything, everybody else its own. A form is a command of
//! the party that sends it, looked at first and then done; nothing is decided here.

mod ask;
mod assess;
pub(super) mod deed;
pub(crate) mod deployment;
mod emergency;
mod entered;
mod evidence;
pub(crate) mod grants;
mod incidents;
mod opened;
mod policy;
mod propose;
mod refused;
mod reports;
mod requests;
mod security;
mod sheets;
mod steps;
pub(crate) mod tasks;
mod tokens;
mod upload;
mod views;

use std::collections::BTreeSet;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;
use model::request::GRANT_REQUEST;
use model::{DeploymentId, DeploymentRecord, EvidenceRecord, GrantRecord, Party, PartyKind, Subject};
use register::State as Register;
use serde::Deserialize;

use super::signed::{Signed, signed, signed_form};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use ask::{Read, Sent};
use opened::form;

/// The addresses of the office.
pub(crate) fn routes() -> Router<Node> {
    Router::new()
        .route("/office", get(tasks::tasks))
        .route("/office/deployments", get(deployment::all))
        .route("/office/deployments/{id}", get(deployment::deployment))
        .route("/office/deployments/{id}/evidence", form(evidence::about))
        .route("/office/deployments/{id}/{step}", form(steps::take))
        .route("/office/deployments/{id}/assessments", get(assess::all))
        .route("/office/deployments/{id}/assessments/{instrument}", get(assess::one).post(assess::act))
        .route("/office/deployments/{id}/assessments/{instrument}/sign", form(assess::sign))
        .route("/office/deployments/{id}/assessments/{instrument}/besides", form(assess::besides))
        .route(
            "/office/deployments/{id}/assessments/{instrument}/{section}",
            get(assess::section).post(assess::answer_section),
        )
        .route("/office/city", get(deployment::city))
        .route("/office/city/evidence", form(evidence::city))
        .route("/office/evidence/{id}/withdraw", form(evidence::withdraw))
        .route("/office/grants", get(grants::all))
        .route("/office/grants/new", form(grants::agree))
        .route("/office/requests", get(requests::all))
        .route("/office/requests/new", form(requests::ask))
        .route("/office/requests/{id}", get(requests::one))
        .route("/office/requests/{id}/offer", form(requests::offer))
        .route("/office/requests/{id}/refuse", form(requests::refuse))
        .route("/office/views/new", form(views::declare))
        .route("/office/entered", get(entered::entered))
        .route("/office/entered/places/{id}", form(entered::place))
        .route("/office/entered/parties/new", form(entered::party))
        .route("/office/entered/classes/{id}", form(entered::class))
        .route("/office/incidents", get(incidents::incidents))
        .route("/office/incidents/new", form(incidents::report))
        .route("/office/incidents/{id}", get(incidents::one))
        .route("/office/incidents/{id}/{kind}", form(incidents::follow))
        .route("/office/policies", get(policy::policies))
        .route("/office/policies/permits", form(policy::permits))
        .route("/office/security", get(security::security))
        .merge(sheets::routes())
        .merge(reports::routes())
        .route("/office/grants/{id}", get(grants::one))
        .route("/office/grants/{id}/withdraw", form(grants::withdraw))
        .route("/office/tokens", get(tokens::all))
        .route(
            "/office/tokens/sheet",
            get(tokens::sheet::page)
                .post(tokens::sheet::look)
                .layer(axum::extract::DefaultBodyLimit::max(upload::FORM_BYTES_MAX)),
        )
        .route("/office/tokens/sheet/issue", axum::routing::post(tokens::sheet::issue))
        .route("/office/tokens/devices/new", form(tokens::enter))
        .route("/office/tokens/devices/{id}/{what}", form(tokens::set_device))
        .route("/office/tokens/parties/{id}", form(tokens::issue))
        .route("/office/propose", get(propose::all))
        .route("/office/propose/new", get(propose::first).post(propose::begin))
        .route("/office/propose/{draft}", get(propose::whole).post(propose::send))
        .route("/office/propose/{draft}/{page}", get(propose::form).post(propose::keep))
        .route("/office/propose/{draft}/{page}/{section}", get(propose::section).post(propose::answer))
}

/// What a page is asked with: which act was done just now.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Done {
    done: Option<String>,
}

/// Whom a page is for: the party, and how far it sees.
struct Reach<'a> {
    state: &'a Register,
    party: &'a Party,
    /// The deployments that concern it; none where all of them do.
    concerned: Option<BTreeSet<&'a DeploymentId>>,
}

impl<'a> Reach<'a> {
    /// How far a party sees: officers and the founder everything, others the deployments that they answer for, proposed, run a
    /// sensor of or made a statement about.
    fn of(state: &'a Register, party: &'a Party) -> Self {
        let own = &party.id;
        if party.kind == PartyKind::Officer || state.founder() == Some(own) {
            return Self { state, party, concerned: None };
        }
        let answers = state
            .deployments
            .iter()
            .filter(|(_, record)| record.deployment.accountable == *own || record.standing.proposed_by == *own);
        let runs = state
            .devices
            .values()
            .filter(|device| state.marks.devices.get(&device.id).is_some_and(|mark| mark.by == *own));
        // Whoever asks to see something of a deployment has no part in it by that.
        let stated = state
            .evidence
            .values()
            .filter(|record| record.evidence.signed_by == *own && record.evidence.kind.as_str() != GRANT_REQUEST);
        let about = stated.filter_map(|record| match &record.evidence.about {
            Subject::City => None,
            Subject::Deployment { id } => Some(id),
            Subject::Device { id } => state.devices.get(id).map(|device| &device.deployment),
        });
        let concerned = answers.map(|(id, _)| id).chain(runs.map(|device| &device.deployment)).chain(about);
        Self { state, party, concerned: Some(concerned.collect()) }
    }

    /// Whether it sees everything.
    const fn all(&self) -> bool {
        self.concerned.is_none()
    }

    /// Whether a deployment concerns it.
    fn deployment(&self, record: &DeploymentRecord) -> bool {
        self.concerned.as_ref().is_none_or(|concerned| concerned.contains(&record.deployment.id))
    }

    /// Whether what is stated about the city as a whole concerns it: departments and officers.
    fn city(&self) -> bool {
        self.all() || self.party.kind == PartyKind::CityDepartment
    }

    /// Whether an agreement concerns it: it receives, or answers for what is given.
    fn grant(&self, record: &GrantRecord) -> bool {
        let answers = self.state.stream(&record.grant.stream);
        self.all()
            || record.grant.recipient == self.party.id
            || answers.is_some_and(|(of, _)| of.deployment.accountable == self.party.id)
    }

    /// Whether a statement concerns it: it made it, or it is about something that does.
    fn evidence(&self, record: &EvidenceRecord) -> bool {
        self.all() || record.evidence.signed_by == self.party.id
    }

    /// A deployment that concerns it; the same problem whether there is none or it is somebody else's.
    fn find(&self, id: &str) -> Result<&'a DeploymentRecord, Problem> {
        let none =
            || Problem::new(Kind::NotFound).detail("no deployment of this name concerns the party that is signed in");
        let id: DeploymentId = id.parse().map_err(|_| none())?;
        self.state.deployments.get(&id).map(AsRef::as_ref).filter(|record| self.deployment(record)).ok_or_else(none)
    }
}

/// Who is signed in, for a page.
fn reader(node: &Node, headers: &HeaderMap) -> Option<Signed> {
    signed(node, headers)
}

/// Who sent a form, and what; none if its session is over.
///
/// # Errors
/// It cannot be read, or is not a form of its own session.
fn sender(node: &Node, headers: &HeaderMap, read: Read) -> Result<Option<(Signed, Sent)>, Problem> {
    let sent = Sent::read(read)?;
    Ok(signed_form(node, headers, sent.one("form"))?.map(|signed| (signed, sent)))
}

/// The longest part of an id that is made from words, in characters; a number may follow.
const ID_CHARS: usize = 56;

/// An id that nothing has yet, made from words; the one that the form brought along, if it did.
fn free_id(sent: &Sent, words: &str, taken: impl Fn(&str) -> bool) -> String {
    if let Some(id) = sent.filled("id") {
        return id.to_owned();
    }
    let base = slug(words);
    let numbered = (2_u64..).map(|number| format!("{base}-{number}"));
    std::iter::once(base.clone()).chain(numbered).find(|id| !taken(id)).unwrap_or(base)
}

/// Words as an id.
fn slug(words: &str) -> String {
    let plain = words
        .to_lowercase()
        .chars()
        .map(|sign| if sign.is_ascii_alphanumeric() { sign } else { '-' })
        .collect::<String>();
    let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
    let joined: String = parts.join("-").chars().take(ID_CHARS).collect();
    joined.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_from_words_and_is_free() {
        assert_eq!(slug("How busy is the Käsemarkt? "), "how-busy-is-the-k-semarkt");
        assert_eq!(slug(&"a-".repeat(80)).len(), 55);
        let sent = Sent::default();
        assert_eq!(free_id(&sent, "A b", |_| false), "a-b");
        assert_eq!(free_id(&sent, "A b", |id| ["a-b", "a-b-2"].contains(&id)), "a-b-3");
        let brought = Sent::of(vec![("id".to_owned(), "mine".to_owned())]);
        assert_eq!(free_id(&brought, "A b", |_| true), "mine");
    }
}
