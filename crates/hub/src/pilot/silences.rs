//! What silence about a draft's own duties would have stopped: clocks beside the second fold, of which the log knows nothing.
//!
//! A duty whose silence means that what runs stops, and that the city does not owe as the draft has it, stops a deployment from the instant
//! at which it lapsed until it was done after all: that is the earliest at which a city could have let it run again. One whose silence
//! refuses what was asked stops for good what was asked for then. No act is made of it, so that every act of the log still finds the
//! register in which it was done; norms that ask what is overdue or unanswered know of the log's own lapses alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use model::{DeploymentId, DutyId, RequirementId, Silence, State as Stage, Subject, Timestamp};
use register::{Clocks, State};
use standards::duty::{Duty, Status};

use super::PilotError;
use super::draft::Draft;

/// Why something would stand still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ceased {
    duty: DutyId,
    requirement: RequirementId,
    silence: Silence,
}

impl fmt::Display for Ceased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { duty, requirement, silence } = self;
        let means = if *silence == Silence::Refuse { "what was asked is refused" } else { "what runs stops" };
        write!(f, "`{duty}` was not done in time, and its silence means that {means} (requirement {requirement})")
    }
}

/// The clocks of a draft's own duties that stop something.
#[derive(Default)]
pub(super) struct Silences {
    clocks: Clocks,
    /// The duties whose silence means that what runs stops, or that what was asked is refused.
    stopping: BTreeSet<DutyId>,
    /// What was refused while it was asked for, and stays so.
    refused: BTreeMap<DeploymentId, Ceased>,
    /// When something will have lapsed next, about which thing.
    agenda: BTreeSet<(Timestamp, Subject)>,
    next: BTreeMap<Subject, Timestamp>,
}

impl Silences {
    /// Takes up the duties of policies that came into force with the draft in them. `stood` says how the city itself has a duty: its text,
    /// and since when it is owed there.
    pub(super) fn adopted<'t>(
        &mut self,
        draft: &Draft,
        with: &State,
        stood: impl Fn(&DutyId) -> Option<(&'t String, Option<Timestamp>)>,
    ) -> Result<(), PilotError> {
        let Some(policy) = &with.policy else { return Ok(()) };
        let unread = |error: register::ClocksError| PilotError::Draft { entry: with.size, why: error.to_string() };
        self.clocks = Clocks::read(&policy.text).map_err(unread)?;
        // What the city owes as the draft has it, and as long as the draft has it, the log itself tells of.
        let is_own = |(id, text): &(&DutyId, &String)| {
            stood(id).is_none_or(|(own, since)| own != *text || with.duty_since(id) < since)
        };
        let own: BTreeSet<&DutyId> = draft.duties().filter(is_own).map(|(id, _)| id).collect();
        let stops = |duty: &&Duty| matches!(duty.silence, Silence::Cease | Silence::Refuse) && own.contains(&duty.id);
        self.stopping = self.clocks.duties().filter(stops).map(|duty| duty.id.clone()).collect();
        (self.agenda, self.next) = (BTreeSet::new(), BTreeMap::new());
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

    /// Why everything that is asked for would be refused at an instant; none if nothing that the city owes as a whole is overdue then.
    pub(super) fn refused_by_the_city(&self, with: &State, now: Timestamp) -> Option<Ceased> {
        self.overdue(with, &Subject::City, now, Silence::Refuse)
    }

    /// Notes that a deployment is refused, if a duty is overdue while it is asked for: nothing brings that back.
    pub(super) fn refuse(&mut self, with: &State, id: &DeploymentId, by_the_city: Option<&Ceased>, now: Timestamp) {
        let record = with.deployments.get(id);
        let is_asked = record.is_some_and(|record| matches!(record.standing.state, Stage::Proposed | Stage::Assessed));
        if !is_asked || self.refused.contains_key(id) {
            return;
        }
        let own = self.overdue(with, &Subject::Deployment { id: id.clone() }, now, Silence::Refuse);
        if let Some(why) = own.or_else(|| by_the_city.cloned()) {
            self.refused.insert(id.clone(), why);
        }
    }

    /// Why everything in the city would stand still at an instant; none if nothing that it owes as a whole is overdue then.
    pub(super) fn of_the_city(&self, with: &State, now: Timestamp) -> Option<Ceased> {
        self.overdue(with, &Subject::City, now, Silence::Cease)
    }

    /// Why a deployment would stand still at an instant, whatever the city owes as a whole.
    pub(super) fn of_one(&self, with: &State, id: &DeploymentId, now: Timestamp) -> Option<Ceased> {
        let refused = self.refused.get(id).cloned();
        refused.or_else(|| self.overdue(with, &Subject::Deployment { id: id.clone() }, now, Silence::Cease))
    }

    fn overdue(&self, with: &State, subject: &Subject, now: Timestamp, silence: Silence) -> Option<Ceased> {
        if self.stopping.is_empty() {
            return None;
        }
        let asked = |duty: &Duty| duty.silence == silence && self.stopping.contains(&duty.id);
        let runs = self.clocks.runs_of(with, subject, now, asked).into_iter();
        let mut lapsed = runs.filter(|(_, run)| matches!(run.status, Status::Lapsed { done_later: None }));
        lapsed.next().map(|(duty, _)| Ceased { duty: duty.id, requirement: duty.requirement, silence })
    }
}
