//! What silence about a draft's own duties would have stopped: clocks beside the second fold, of which the log knows nothing.
//!
//! A duty whose silence means that what runs stops, and that was not in force as the draft has it, stops a deployment from the instant at
//! which it lapsed until it was done after all: that is the earliest at which a city could have let it run again. No act is made of it, so
//! that every act of the log still finds the register in which it was done.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use model::policy::PolicyText;
use model::{DeploymentId, DutyId, RequirementId, Silence, Subject, Timestamp};
use register::{Clocks, State};
use standards::duty::{Duty, Status};

use super::PilotError;
use super::draft::Draft;

/// Why something would stand still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ceased {
    duty: DutyId,
    requirement: RequirementId,
}

impl fmt::Display for Ceased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { duty, requirement } = self;
        write!(
            f,
            "`{duty}` was not done in time, and its silence means that what runs stops (requirement {requirement})"
        )
    }
}

/// The clocks of a draft's own duties that stop something.
#[derive(Default)]
pub(super) struct Silences {
    clocks: Clocks,
    stopping: BTreeSet<DutyId>,
    /// When something will have lapsed next, about which thing.
    agenda: BTreeSet<(Timestamp, Subject)>,
    next: BTreeMap<Subject, Timestamp>,
}

impl Silences {
    /// Takes up the duties of policies that came into force: as the city has them, and with the draft in them.
    pub(super) fn adopted(&mut self, draft: &Draft, was: &PolicyText, with: &State) -> Result<(), PilotError> {
        let Some(policy) = &with.policy else { return Ok(()) };
        let unread = |error: register::ClocksError| PilotError::Draft { entry: with.size, why: error.to_string() };
        let clocks = Clocks::read(&policy.text).map_err(unread)?;
        let known = |id: &DutyId| was.layers.iter().find_map(|layer| layer.duties.get(id));
        let new: BTreeSet<&DutyId> =
            draft.duties().filter(|(id, text)| known(id) != Some(*text)).map(|(id, _)| id).collect();
        let stops = |duty: &&Duty| duty.silence == Silence::Cease && new.contains(&duty.id);
        self.stopping = clocks.duties().filter(stops).map(|duty| duty.id.clone()).collect();
        (self.clocks, self.agenda, self.next) = (clocks, BTreeSet::new(), BTreeMap::new());
        Ok(())
    }

    /// Looks when something about a thing will have lapsed next.
    pub(super) fn look(&mut self, with: &State, subject: &Subject, now: Timestamp) {
        if self.stopping.is_empty() {
            return;
        }
        if let Some(before) = self.next.remove(subject) {
            self.agenda.remove(&(before, subject.clone()));
        }
        let next = self.clocks.next_lapse(with, subject, now, |duty| self.stopping.contains(&duty.id));
        if let Some(next) = next {
            self.agenda.insert((next, subject.clone()));
            self.next.insert(subject.clone(), next);
        }
    }

    /// What has lapsed first by an instant, and when, once.
    pub(super) fn lapsed_by(&mut self, until: Timestamp) -> Option<(Timestamp, Subject)> {
        let (at, subject) = self.agenda.first().filter(|(at, _)| *at <= until)?.clone();
        self.agenda.remove(&(at, subject.clone()));
        self.next.remove(&subject);
        Some((at, subject))
    }

    /// Why a deployment would stand still at an instant; none if nothing of it is overdue then.
    pub(super) fn ceased(&self, with: &State, id: &DeploymentId, now: Timestamp) -> Option<Ceased> {
        if self.stopping.is_empty() {
            return None;
        }
        let overdue = |subject: Subject| {
            let runs = self.clocks.runs(with, &subject, now).into_iter();
            let mut lapsed = runs.filter(|(_, run)| matches!(run.status, Status::Lapsed { done_later: None }));
            lapsed.find(|(duty, _)| self.stopping.contains(&duty.id))
        };
        let of_it = overdue(Subject::Deployment { id: id.clone() });
        let (duty, _) = of_it.or_else(|| overdue(Subject::City))?;
        Some(Ceased { duty: duty.id, requirement: duty.requirement })
    }
}
