//! Acts, one by one, as they were published: the list of the newest, and each with its reasons.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use model::{Act, DeploymentId, Subject, What};
use register::State as Register;
use serde::Deserialize;

use super::policies::anchor;
use super::{Link, Site, page, party_name};
use crate::jobs::Lane;
use crate::lang::{Here, Lang};
use crate::log::index_of;
use crate::problem::Problem;
use crate::router::Node;
use crate::words;

/// Acts on one page.
const PAGE_ACTS: u64 = 50;

#[derive(Template)]
#[template(path = "entries.html")]
struct Entries {
    site: Site,
    acts: Vec<ActLine>,
    /// Where the next older ones stand.
    older: Option<u64>,
    first: bool,
}

#[derive(Template)]
#[template(path = "entry.html")]
struct Entry {
    site: Site,
    line: ActLine,
    kind: &'static str,
    reason: Option<String>,
    about: Option<Link>,
    because: Vec<Because>,
    under: Option<String>,
    sealed: bool,
    erased: bool,
    json: String,
    before: Option<u64>,
    after: Option<u64>,
}

/// A policy that allowed an act.
struct Because {
    policy: Link,
    /// Its words; empty if it is not in force any more.
    reason: String,
}

/// The policies that allowed an act, in words where they still stand.
fn because(node: &Node, lang: Lang, act: &Act) -> Vec<Because> {
    let grounds = node.city.register().bundle().map(|bundle| bundle.grounds()).unwrap_or_default();
    let told = act.because.iter().map(|policy| Because {
        policy: Link { href: format!("{}/policies#{}", lang.root(), anchor(&policy.0)), text: policy.0.clone() },
        reason: grounds
            .iter()
            .find(|ground| &ground.policy == policy)
            .map(|ground| ground.reason.clone())
            .unwrap_or_default(),
    });
    told.collect()
}

/// An act in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActLine {
    pub(super) index: u64,
    pub(super) when: String,
    pub(super) who: String,
    pub(super) words: String,
}

impl ActLine {
    pub(super) fn of(lang: Lang, index: u64, act: &Act, state: &Register) -> Self {
        Self {
            index,
            when: lang.instant(act.at),
            who: party_name(state, &act.by),
            words: words::capital(&words::act(lang, &act.what, act.at, state)),
        }
    }
}

/// Reads acts from the log's public files, newest first as asked, and puts each in a line.
async fn lines(node: &Node, lang: Lang, state: &Arc<Register>, indexes: Vec<u64>) -> Result<Vec<ActLine>, Problem> {
    let (log, state) = (node.log.clone(), Arc::clone(state));
    let job = move || {
        let size = log.head()?.1.size;
        let published: Vec<u64> = indexes.into_iter().filter(|index| *index < size).collect();
        let acts = log.acts(&published, size)?;
        Ok(published.into_iter().zip(&acts).map(|(index, act)| ActLine::of(lang, index, act, &state)).collect())
    };
    node.jobs.run(Lane::Open, job).await?
}

/// From which act on backwards.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct From {
    pub(super) before: Option<u64>,
}

/// `GET /log/entries?before=N`
pub(crate) async fn entries(
    State(node): State<Node>,
    here: Here,
    from: Result<Query<From>, QueryRejection>,
) -> Result<Response, Problem> {
    let state = node.city.register().state();
    let asked = from?.0.before;
    let before = asked.unwrap_or(state.size).min(state.size);
    let start = before.saturating_sub(PAGE_ACTS);
    let acts = lines(&node, here.lang, &state, (start..before).rev().collect()).await?;
    let first = before == state.size;
    page(&Entries { site: Site::at(&state, &here), acts, older: (start > 0).then_some(start), first })
}

/// `GET /log/entries/{index}`
pub(crate) async fn entry(
    State(node): State<Node>,
    here: Here,
    index: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let index = index_of(&index?.0)?;
    let state = node.city.register().state();
    let log = node.log.clone();
    let read = move || log.head().and_then(|(_, head)| Ok((log.act(index, head.size)?, head.size)));
    let (act, size) = node.jobs.run(Lane::Open, read).await??;
    page(&Entry {
        line: ActLine::of(here.lang, index, &act, &state),
        kind: act.what.kind(),
        reason: act.reason.clone(),
        about: deployment_of(&act.what, &state).and_then(|id| Link::deployment(here.lang, &state, &id)),
        because: because(&node, here.lang, &act),
        under: act.under.map(|hash| hash.to_string()),
        sealed: matches!(
            act.what,
            What::PartyRegistered(_) | What::OrderIssued(_) | What::InquiryReceived(_) | What::IncidentReported(_)
        ),
        erased: state.erased.contains(&index),
        json: serde_json::to_string_pretty(&act).unwrap_or_default(),
        before: index.checked_sub(1),
        after: Some(index + 1).filter(|after| *after < size),
        site: Site::at(&state, &here),
    })
}

/// The deployment that an act is about, if it is about one.
pub(crate) fn deployment_of(what: &What, state: &Register) -> Option<DeploymentId> {
    let of_stream = |stream| state.streams.get(stream).cloned();
    match what {
        What::DeploymentProposed(deployment) => Some(deployment.id.clone()),
        What::AssessmentSigned(assessment) | What::AssessmentTiered(assessment) => Some(assessment.deployment.clone()),
        What::DeploymentApproved(approved) => Some(approved.deployment.clone()),
        What::DeploymentPublished(of)
        | What::DeploymentActivated(of)
        | What::DeploymentSuspended(of)
        | What::ApprovalLapsed(of)
        | What::DeploymentEnded(of) => Some(of.deployment.clone()),
        What::DeviceRegistered(device) => Some(device.deployment.clone()),
        What::DeviceCredentialSet(set) => state.devices.get(&set.device).map(|device| device.deployment.clone()),
        What::OrderIssued(issued) => Some(issued.order.deployment.clone()),
        What::ViewDeclared(view) => of_stream(&view.stream),
        What::GrantAgreed(grant) => of_stream(&grant.stream),
        What::GrantWithdrawn(of) | What::GrantExpired(of) => {
            state.grants.get(&of.grant).and_then(|record| of_stream(&record.grant.stream))
        }
        What::KeyCreated(key) | What::KeyDestroyed(key) => of_stream(&key.stream),
        What::ObservationsDeleted(deleted) => of_stream(&deleted.stream),
        What::DutyLapsed(lapsed) => of_subject(&lapsed.about, state),
        What::DutyMetLate(met) => of_subject(&met.about, state),
        What::EvidenceFiled(evidence) => of_subject(&evidence.about, state),
        What::InquiryReceived(received) => of_subject(&received.evidence.about, state),
        What::IncidentReported(reported) => of_subject(&reported.incident.statement.about, state),
        What::EvidenceWithdrawn(of) | What::EvidenceLapsed(of) => {
            state.evidence.get(&of.evidence).and_then(|record| of_subject(&record.evidence.about, state))
        }
        What::CityFounded(_)
        | What::PartyRegistered(_)
        | What::PartyCredentialIssued(_)
        | What::PlaceRegistered(_)
        | What::PolicyAdopted(_)
        | What::PolicyAdoptedFrom(_)
        | What::DisclosuresBatched(_)
        | What::PayloadErased(_)
        | What::ClassApproved(_)
        | What::ObservationsCounted(_)
        | What::ObservationsEstimated(_)
        | What::ClockConfirmed(_) => None,
    }
}

/// The deployment that a statement is about, or whose device it is about.
fn of_subject(about: &Subject, state: &Register) -> Option<DeploymentId> {
    match about {
        Subject::City => None,
        Subject::Deployment { id } => Some(id.clone()),
        Subject::Device { id } => state.devices.get(id).map(|device| device.deployment.clone()),
    }
}
