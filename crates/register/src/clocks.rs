//! Clocks: the duties of the policies in force, held against what happened to the city and to each deployment.
//!
//! A lapse is an act, written once for each run of a clock, and so is the late deed that makes it good. What silence means
//! follows at once: what runs stops, what was asked is refused. Nothing here depends on how often it is asked.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::act::DeploymentRef;
use model::policy::PolicyText;
use model::{
    Act, DeploymentRecord, DutyId, DutyLapsed, DutyMetLate, DutyRun, Moment, Silence, State as Stage, Subject,
    Timestamp, What,
};
use standards::duty::{Duty, Events, Instance, Status, Subject as Concerned, TextError, from_text};

use crate::state::{Lapse, State, Timeline};

/// Why the duties of policies cannot run.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClocksError {
    /// One cannot be read.
    #[error("the duty `{duty}` of the layer `{layer}`: {error}")]
    Text {
        /// Whose.
        layer: String,
        /// Which.
        duty: DutyId,
        /// Why.
        error: Box<TextError>,
    },
    /// Its text is that of another.
    #[error("the layer `{layer}` has a duty under the name `{duty}` whose text is called `{says}`")]
    OtherName {
        /// Whose.
        layer: String,
        /// Its name.
        duty: DutyId,
        /// What the text says.
        says: DutyId,
    },
    /// Two layers have one of the same name.
    #[error("the duty `{0}` is in two layers; rename one")]
    Twice(DutyId),
}

/// The clocks of the policies in force.
#[derive(Debug, Default)]
pub struct Clocks {
    duties: BTreeMap<DutyId, Duty>,
    /// Whether something that happens to the city starts or stops the clock of a deployment.
    city_counts: bool,
    /// For each subject the timeline that was last looked at, and when something can next lapse in it. Only spares work.
    agenda: Mutex<BTreeMap<Subject, (Arc<Timeline>, Timestamp)>>,
}

impl Clocks {
    /// Reads the duties of policies.
    ///
    /// # Errors
    /// One of them cannot be read, or has another's name.
    pub fn read(text: &PolicyText) -> Result<Self, ClocksError> {
        let mut duties = BTreeMap::new();
        for layer in &text.layers {
            for (id, text) in &layer.duties {
                let (name, duty) = (layer.name.clone(), id.clone());
                let read = from_text(&format!("{name}/{duty}"), text).map_err(Box::new);
                let read =
                    read.map_err(|error| ClocksError::Text { layer: name.clone(), duty: duty.clone(), error })?;
                if read.id != duty {
                    return Err(ClocksError::OtherName { layer: name, duty, says: read.id });
                }
                if duties.insert(duty.clone(), read).is_some() {
                    return Err(ClocksError::Twice(duty));
                }
            }
        }
        let of_city = |moment: &Moment| matches!(moment, Moment::Founded | Moment::Adopted);
        let city_counts = duties.values().any(|duty| of_city(&duty.from) || of_city(&duty.done_by));
        Ok(Self { duties, city_counts, agenda: Mutex::default() })
    }

    /// The duties, by name.
    pub fn duties(&self) -> impl Iterator<Item = &Duty> {
        self.duties.values()
    }

    /// Each run of a duty's clock about a subject that has begun, and where it stands.
    #[must_use]
    pub fn runs(&self, state: &State, subject: &Subject, now: Timestamp) -> Vec<(Duty, Instance)> {
        self.runs_of(state, subject, now, |_| true)
    }

    /// The same of those duties alone that are asked about.
    #[must_use]
    pub fn runs_of(
        &self,
        state: &State,
        subject: &Subject,
        now: Timestamp,
        asked: impl Fn(&Duty) -> bool,
    ) -> Vec<(Duty, Instance)> {
        let (Some(concerned), Some(timeline)) = (concerned(state, subject), state.timelines.get(subject)) else {
            return Vec::new();
        };
        let events = self.events(state, timeline);
        let runs = |duty: Duty| {
            let runs = duty.instances(&events, now).into_iter();
            runs.map(|run| (duty.clone(), run)).collect::<Vec<_>>()
        };
        self.concerning(state, &concerned).filter(asked).flat_map(runs).collect()
    }

    /// What is still to be done about a subject, in time: each run of a duty that waits, by when it is due.
    #[must_use]
    pub fn waiting(&self, state: &State, subject: &Subject, now: Timestamp) -> Vec<(Duty, Instance)> {
        let mut runs = self.runs(state, subject, now);
        runs.retain(|(_, run)| run.status == Status::Waiting);
        runs
    }

    /// The next instant at which a duty of those that are asked about will have lapsed about a subject, unless it is done; always after
    /// `now`.
    #[must_use]
    pub fn next_lapse(
        &self,
        state: &State,
        subject: &Subject,
        now: Timestamp,
        asked: impl Fn(&Duty) -> bool,
    ) -> Option<Timestamp> {
        let (concerned, timeline) = (concerned(state, subject)?, state.timelines.get(subject)?);
        let events = self.events(state, timeline);
        let duties = self.concerning(state, &concerned).filter(asked);
        duties.filter_map(|duty| duty.next_lapse(&events, now)).min()
    }

    /// The acts that are due at an instant: lapses, what was made good, and what a lapse means.
    pub(crate) fn due(&self, state: &State, now: Timestamp) -> Vec<Act> {
        let mut acts = Vec::new();
        let (Some(founder), false) = (state.founder(), self.duties.is_empty()) else { return acts };
        let city = self.of_subject(state, &Subject::City, Concerned::city, now);
        acts.extend(city.happened.into_iter().map(|(what, reason)| state.act_of(founder, now, Some(reason), what)));
        for record in state.deployments.values() {
            let subject = Subject::Deployment { id: record.deployment.id.clone() };
            let by = &record.deployment.accountable;
            let said = self.of_subject(state, &subject, || Concerned::of(record), now);
            acts.extend(said.happened.into_iter().map(|(what, reason)| state.act_of(by, now, Some(reason), what)));
            // What is owed by the city as a whole stops everything in it.
            let owed = said.overdue.iter().chain(&city.overdue);
            acts.extend(stop(record, owed).map(|(what, reason)| state.act_of(by, now, Some(reason), what)));
        }
        acts
    }

    /// The next instant at which something will have lapsed unless it is done; always after `now`.
    #[cfg(test)]
    pub(crate) fn next_due(&self, state: &State, now: Timestamp) -> Option<Timestamp> {
        let deployments = state.deployments.values().filter_map(|record| {
            let subject = Subject::Deployment { id: record.deployment.id.clone() };
            self.next_of(state, &Concerned::of(record), state.timelines.get(&subject)?, now)
        });
        let city = state.timelines.get(&Subject::City);
        let city = city.and_then(|timeline| self.next_of(state, &Concerned::city(), timeline, now));
        deployments.chain(city).min()
    }

    /// Whether a timeline is the one that was looked at before, and nothing in it can have lapsed since.
    fn rests(&self, subject: &Subject, timeline: &Arc<Timeline>, now: Timestamp) -> bool {
        let agenda = self.agenda.lock().unwrap_or_else(PoisonError::into_inner);
        agenda.get(subject).is_some_and(|(seen, next)| Arc::ptr_eq(seen, timeline) && now < *next)
    }

    fn of_subject(
        &self,
        state: &State,
        subject: &Subject,
        concerned: impl FnOnce() -> Concerned,
        now: Timestamp,
    ) -> Said {
        let mut said = Said::default();
        let Some(timeline) = state.timelines.get(subject) else { return said };
        said.overdue = state.open_lapses(subject).map(Owed::of).collect();
        if self.rests(subject, timeline, now) {
            return said;
        }
        let (concerned, events) = (&concerned(), &self.events(state, timeline));
        for duty in self.concerning(state, concerned) {
            for instance in duty.instances(events, now).into_iter().filter(Instance::has_lapsed) {
                said.take(&duty, subject, instance, timeline, state);
            }
        }
        if said.happened.is_empty() {
            let next = self.next_of(state, concerned, timeline, now).unwrap_or(Timestamp::MAX);
            let mut agenda = self.agenda.lock().unwrap_or_else(PoisonError::into_inner);
            agenda.insert(subject.clone(), (Arc::clone(timeline), next));
        }
        said
    }

    /// What counts for the clocks of a timeline: its own events, and of the city those that it shares with everything in it.
    fn events<'a>(&self, state: &'a State, timeline: &'a Arc<Timeline>) -> Cow<'a, Events> {
        let is_city = state.timelines.get(&Subject::City).is_some_and(|city| Arc::ptr_eq(city, timeline));
        if is_city || !self.city_counts {
            return Cow::Borrowed(&timeline.events);
        }
        Cow::Owned(state.shared_events().chain(timeline.events.until(Timestamp::MAX)).cloned().collect())
    }

    fn next_of(
        &self,
        state: &State,
        concerned: &Concerned,
        timeline: &Arc<Timeline>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let events = self.events(state, timeline);
        self.concerning(state, concerned).filter_map(|duty| duty.next_lapse(&events, now)).min()
    }

    /// The duties that concern a subject, owed since they came into force here.
    fn concerning<'a>(&'a self, state: &'a State, concerned: &'a Concerned) -> impl Iterator<Item = Duty> + 'a {
        let concerning = self.duties.values().filter(|duty| concerned.is_concerned(&duty.applies));
        concerning.map(move |duty| duty.owed_since(state.duty_since(&duty.id)))
    }
}

/// What of a subject duties are about.
fn concerned(state: &State, subject: &Subject) -> Option<Concerned> {
    match subject {
        Subject::City => Some(Concerned::city()),
        Subject::Deployment { id } => state.deployments.get(id).map(|record| Concerned::of(record)),
        // A device has no clocks of its own.
        Subject::Device { .. } => None,
    }
}

/// What the clocks of one subject say.
#[derive(Default)]
struct Said {
    /// What has to be written, with its reason.
    happened: Vec<(What, String)>,
    /// What is overdue once that is written: every open lapse, and no other, so that it does not matter who asks.
    overdue: Vec<Owed>,
}

/// A lapse that is not made good.
#[derive(PartialEq)]
struct Owed {
    duty: DutyId,
    run: DutyRun,
    silence: Silence,
}

impl Owed {
    fn of(lapse: &Lapse) -> Self {
        let DutyLapsed { duty, run, silence, .. } = &lapse.what;
        Self { duty: duty.clone(), run: run.clone(), silence: *silence }
    }
}

impl Said {
    fn take(&mut self, duty: &Duty, subject: &Subject, instance: Instance, timeline: &Timeline, state: &State) {
        let known: Option<&Lapse> = timeline.lapse(&duty.id, &instance.key, state.duty_since(&duty.id));
        let (id, about, run) = (duty.id.clone(), subject.clone(), instance.key.clone());
        if known.is_none() {
            let reason = format!("`{id}` was to be done by {}, and was not", instance.due);
            let what = DutyLapsed {
                duty: id.clone(),
                requirement: duty.requirement.clone(),
                about: about.clone(),
                run: run.clone(),
                from: duty.from.clone(),
                due: instance.due,
                silence: duty.silence,
            };
            self.overdue.push(Owed { duty: id.clone(), run: run.clone(), silence: duty.silence });
            self.happened.push((What::DutyLapsed(what), reason));
        }
        let done = match instance.status {
            Status::Lapsed { done_later } => done_later.filter(|_| known.is_none_or(|lapse| lapse.met.is_none())),
            _ => None,
        };
        if let Some(done) = done {
            let reason = format!("`{id}` was to be done by {}, and was done at {done}", instance.due);
            self.overdue.retain(|owed| (&owed.duty, &owed.run) != (&id, &run));
            self.happened.push((What::DutyMetLate(DutyMetLate { duty: id, about, run, done }), reason));
        }
    }
}

/// What overdue duties mean for a deployment as it stands.
fn stop<'a>(record: &DeploymentRecord, mut overdue: impl Iterator<Item = &'a Owed>) -> Option<(What, String)> {
    let deployment = DeploymentRef { deployment: record.deployment.id.clone() };
    let (silence, what, means) = match record.standing.state {
        Stage::Proposed | Stage::Assessed => {
            (Silence::Refuse, What::DeploymentEnded(deployment), "what was asked is refused")
        }
        Stage::Published | Stage::Active => (Silence::Cease, What::DeploymentSuspended(deployment), "what runs stops"),
        _ => return None,
    };
    let duty = &overdue.find(|owed| owed.silence == silence)?.duty;
    Some((what, format!("`{duty}` is overdue, and its silence means that {means}")))
}
