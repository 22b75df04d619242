//! What is new, changed and ended among the deployments, newest first: as pages here, as feeds in `feed`.
//!
//! Only what somebody decided or what fell due is told. Upkeep (keys, deletions, tokens, batches of disclosures) is in the
//! list of all acts.

use std::cmp::Reverse;
use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use model::{Act, DeploymentId, DeploymentRecord, PlaceId, What};
use register::State as Register;

use super::entries::{ActLine, From, deployment_of};
use super::places::lies_in;
use super::{Link, Site, page};
use crate::jobs::Lane;
use crate::lang::{Here, Lang};
use crate::log::Log;
use crate::problem::Problem;
use crate::router::Node;

/// Changes on one page.
const PAGE_CHANGES: usize = 30;
/// The most acts that are read for one page; upkeep is passed over.
const READ_MAX: usize = 2_000;

#[derive(Template)]
#[template(path = "changes.html")]
struct Changes {
    site: Site,
    changes: Vec<Line>,
    older: Option<u64>,
    first: bool,
}

/// A change in a line.
struct Line {
    act: ActLine,
    kind: &'static str,
    about: Option<Link>,
}

/// What became of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Somebody wants it, or it begins.
    New,
    /// It goes on otherwise.
    Changed,
    /// It ends or is stopped.
    Ended,
    /// What was proposed is refused.
    Refused,
}

impl Change {
    /// What an act changes about a deployment; none if it is upkeep.
    pub(super) fn of(what: &What, state: &Register) -> Option<Self> {
        match what {
            What::DeploymentEnded(of)
                if state.deployments.get(&of.deployment).is_some_and(|record| record.standing.refused) =>
            {
                Some(Self::Refused)
            }
            What::DeploymentProposed(_)
            | What::DeploymentPublished(_)
            | What::DeploymentActivated(_)
            | What::ViewDeclared(_)
            | What::GrantAgreed(_) => Some(Self::New),
            What::AssessmentSigned(_)
            | What::AssessmentTiered(_)
            | What::DeploymentApproved(_)
            | What::DeviceRegistered(_)
            | What::OrderIssued(_)
            | What::EvidenceFiled(_)
            | What::InquiryReceived(_)
            | What::IncidentReported(_)
            | What::DutyLapsed(_)
            | What::DutyMetLate(_) => Some(Self::Changed),
            What::DeploymentSuspended(_)
            | What::ApprovalLapsed(_)
            | What::DeploymentEnded(_)
            | What::GrantWithdrawn(_)
            | What::GrantExpired(_)
            | What::EvidenceWithdrawn(_)
            | What::EvidenceLapsed(_) => Some(Self::Ended),
            What::DeviceCredentialSet(_)
            | What::KeyCreated(_)
            | What::KeyDestroyed(_)
            | What::ObservationsDeleted(_)
            | What::CityFounded(_)
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

    /// In a word.
    pub(super) const fn word(self, lang: Lang) -> &'static str {
        match self {
            Self::New => lang.of("New", "Neu"),
            Self::Changed => lang.of("Changed", "Geändert"),
            Self::Ended => lang.of("Ended", "Beendet"),
            Self::Refused => lang.of("Refused", "Abgelehnt"),
        }
    }
}

/// Changes as they were read.
pub(crate) struct Read {
    /// Index, act and what it changes, newest first.
    pub(crate) changes: Vec<(u64, Act, Change)>,
    /// Before which entry the next older ones stand, if there may be any.
    pub(super) older: Option<u64>,
}

/// Reads up to so many changes of all deployments, or of those in a place, from the log's public files, newest first, from before an
/// entry.
///
/// # Errors
/// The log's files cannot be read, or too many ask at once.
pub(crate) async fn read(
    node: &Node,
    state: &Arc<Register>,
    before: u64,
    most: usize,
    place: Option<PlaceId>,
) -> Result<Read, Problem> {
    let (log, state, known) = (node.log.clone(), Arc::clone(state), Arc::clone(&node.newest));
    let job = move || {
        let indexes = match place {
            None if before == state.size => known.of(&state),
            None => newest(&state, before, |_| true).into(),
            Some(outer) => {
                let is_there = |record: &Arc<DeploymentRecord>| lies_in(&state, &record.deployment.place, &outer);
                newest(&state, before, |id| state.deployments.get(id).is_some_and(is_there)).into()
            }
        };
        told(&log, &state, &indexes, most)
    };
    node.jobs.run(Lane::Open, job).await?
}

/// Of some acts, newest first, those that change something.
fn told(log: &Log, state: &Register, indexes: &[u64], most: usize) -> Result<Read, Problem> {
    let size = log.head()?.1.size;
    let rest = indexes.len() > READ_MAX;
    let indexes: Vec<u64> = indexes.iter().take(READ_MAX).copied().filter(|index| *index < size).collect();
    let (mut changes, mut older) = (Vec::new(), indexes.last().copied().filter(|_| rest));
    for chunk in indexes.chunks(most.max(1)) {
        for (index, act) in chunk.iter().zip(log.acts(chunk, size)?) {
            let Some(change) = Change::of(&act.what, state) else { continue };
            if changes.len() == most {
                // There is one more: the next page begins with it.
                older = Some(index + 1);
                return Ok(Read { changes, older });
            }
            changes.push((*index, act, change));
        }
    }
    Ok(Read { changes, older })
}

/// The newest acts about deployments that fit, from before an entry: no more than can be read, and one that tells that there are more.
fn newest(state: &Register, before: u64, fits: impl Fn(&DeploymentId) -> bool) -> Vec<u64> {
    let mut indexes = Vec::<u64>::new();
    for (_, history) in state.history.iter().filter(|(id, _)| fits(id)) {
        // Each history is in order.
        let older = history.get(..history.partition_point(|index| *index < before)).unwrap_or_default();
        indexes.extend(older.iter().rev().take(READ_MAX + 1));
        // However many there are, only so many are held.
        if indexes.len() > 8 * READ_MAX {
            keep_newest(&mut indexes);
        }
    }
    keep_newest(&mut indexes);
    indexes
}

/// Sorts indexes, newest first, and keeps one more than can be read.
fn keep_newest(indexes: &mut Vec<u64>) {
    indexes.sort_unstable_by_key(|index| Reverse(*index));
    indexes.dedup();
    indexes.truncate(READ_MAX + 1);
}

/// The newest acts about all deployments, worked out once for a state of the register.
#[derive(Default)]
pub(crate) struct Newest(Mutex<Option<(u64, Arc<[u64]>)>>);

impl Newest {
    fn of(&self, state: &Register) -> Arc<[u64]> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, indexes)) = known.as_ref().filter(|(size, _)| *size == state.size) {
            return Arc::clone(indexes);
        }
        let indexes: Arc<[u64]> = newest(state, state.size, |_| true).into();
        *known = Some((state.size, Arc::clone(&indexes)));
        indexes
    }
}

/// `GET /changes?before=N`
pub(crate) async fn changes(
    State(node): State<Node>,
    here: Here,
    from: Result<Query<From>, QueryRejection>,
) -> Result<Response, Problem> {
    let state = node.city.register().state();
    let before = from?.0.before.unwrap_or(state.size).min(state.size);
    let read = read(&node, &state, before, PAGE_CHANGES, None).await?;
    let line = |(index, act, change): (u64, Act, Change)| Line {
        kind: change.word(here.lang),
        about: deployment_of(&act.what, &state).and_then(|id| Link::deployment(here.lang, &state, &id)),
        act: ActLine::of(here.lang, index, &act, &state),
    };
    page(&Changes {
        site: Site::at(&state, &here),
        changes: read.changes.into_iter().map(line).collect(),
        older: read.older,
        first: before == state.size,
    })
}
