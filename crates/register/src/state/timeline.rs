//! Timelines: what happened to the city and to each deployment, as the clocks of duties see it, and what lapsed.
//!
//! The fold only remembers. Which clocks there are and when they run out is for [`crate::clocks`] to say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::incident::{Incident, IncidentReported};
use model::inquiry::InquiryReceived;
use model::{Act, DutyId, DutyLapsed, DutyMetLate, DutyRun, Moment, Silence, Subject, Timestamp, What};
use standards::duty::{Event, Events};

use super::State;
use super::apply::ApplyError;

/// A lapse, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Lapse {
    /// What lapsed.
    pub what: DutyLapsed,
    /// The entry that says so.
    pub entry: u64,
    /// When it was done after all.
    pub met: Option<Timestamp>,
}

impl Lapse {
    /// Whether it is that of one run of a clock, of a duty that is in force since an instant.
    fn is(&self, duty: &DutyId, run: &DutyRun, since: Option<Timestamp>) -> bool {
        self.what.duty == *duty && self.what.run == *run && since.is_none_or(|since| since <= self.what.due)
    }
}

/// What happened to one subject.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timeline {
    /// Everything that starts or stops clocks, as the log learnt of it.
    pub events: Events,
    /// Every lapse, oldest first.
    pub lapses: Vec<Lapse>,
}

impl Timeline {
    /// The lapses that were not made good since, of duties that are in force. What lapsed before a duty came into force as
    /// it stands was owed under another.
    pub fn open<'a>(&'a self, in_force: &'a BTreeMap<DutyId, Timestamp>) -> impl Iterator<Item = &'a Lapse> {
        let is_owed = |lapse: &Lapse| in_force.get(&lapse.what.duty).is_some_and(|since| *since <= lapse.what.due);
        self.lapses.iter().filter(move |lapse| lapse.met.is_none() && is_owed(lapse))
    }

    /// The lapse of one run of a clock, of a duty that is in force since an instant.
    #[must_use]
    pub fn lapse(&self, duty: &DutyId, run: &DutyRun, since: Option<Timestamp>) -> Option<&Lapse> {
        self.lapses.iter().find(|lapse| lapse.is(duty, run, since))
    }

    /// Whether what starts a lapsed clock happened again since: then it is asked anew, and the old silence says nothing.
    fn was_asked_again(&self, lapse: &Lapse) -> bool {
        let later = |event: &&Event| event.moment == lapse.what.from && event.at > lapse.what.run.started;
        matches!(lapse.what.from, Moment::Evidence(_))
            && self.events.until(Timestamp::MAX).iter().any(|event| later(&event))
    }
}

impl State {
    /// The duties in force, and since when each is.
    #[must_use]
    pub fn duties_since(&self) -> &BTreeMap<DutyId, Timestamp> {
        static NONE: BTreeMap<DutyId, Timestamp> = BTreeMap::new();
        self.policy.as_ref().map_or(&NONE, |policy| &policy.duties_since)
    }

    /// Since when a duty is in force; none if it is not.
    #[must_use]
    pub fn duty_since(&self, id: &DutyId) -> Option<Timestamp> {
        self.duties_since().get(id).copied()
    }

    /// What happened to the city and counts for everything in it: its founding, and its adoptions of policies.
    pub(crate) fn shared_events(&self) -> impl Iterator<Item = &Event> {
        let city = self.timelines.get(&Subject::City).map(|city| city.events.until(Timestamp::MAX));
        let shared = |event: &&Event| matches!(event.moment, Moment::Founded | Moment::Adopted);
        city.unwrap_or_default().iter().filter(shared)
    }

    /// The text of a duty in force.
    #[must_use]
    pub fn duty_text(&self, id: &DutyId) -> Option<&String> {
        self.policy.as_ref()?.text.layers.iter().find_map(|layer| layer.duties.get(id))
    }

    /// What lapsed about a subject and was not made good since.
    pub fn open_lapses<'a>(&'a self, subject: &'a Subject) -> impl Iterator<Item = &'a Lapse> {
        self.timelines.get(subject).into_iter().flat_map(|timeline| timeline.open(self.duties_since()))
    }

    /// The duties whose time was over and that nobody has done since.
    #[must_use]
    pub fn overdue(&self, subject: &Subject) -> BTreeSet<DutyId> {
        let owed = self.open_lapses(subject).filter(|lapse| lapse.what.silence != Silence::Proceed);
        owed.map(|lapse| lapse.what.duty.clone()).collect()
    }

    /// The duties whose time was over and whose silence lets the file go on.
    #[must_use]
    pub fn silences(&self, subject: &Subject) -> BTreeSet<DutyId> {
        let Some(timeline) = self.timelines.get(subject) else { return BTreeSet::new() };
        let silent = timeline.open(self.duties_since()).filter(|lapse| lapse.what.silence == Silence::Proceed);
        let silent = silent.filter(|lapse| !timeline.was_asked_again(lapse));
        silent.map(|lapse| lapse.what.duty.clone()).collect()
    }

    /// Remembers an act that is folded in.
    pub(super) fn remember(&mut self, act: &Act, entry: u64) -> Result<(), ApplyError> {
        match &act.what {
            What::DutyLapsed(lapsed) => self.lapse(lapsed, entry),
            What::DutyMetLate(met) => self.meet(met, entry),
            what => {
                if let Some((subject, event)) = happened(what, act.at) {
                    Arc::make_mut(self.timelines.entry(subject).or_default()).events.push(event);
                }
                Ok(())
            }
        }
    }

    fn lapse(&mut self, lapsed: &DutyLapsed, entry: u64) -> Result<(), ApplyError> {
        self.note_subject(&lapsed.about, entry)?;
        let since = self.duty_since(&lapsed.duty);
        let timeline = Arc::make_mut(self.timelines.entry(lapsed.about.clone()).or_default());
        if timeline.lapse(&lapsed.duty, &lapsed.run, since).is_some() {
            return Err(ApplyError::Twice { entry, kind: "lapse of duty", id: lapsed.duty.to_string() });
        }
        timeline.lapses.push(Lapse { what: lapsed.clone(), entry, met: None });
        Ok(())
    }

    fn meet(&mut self, met: &DutyMetLate, entry: u64) -> Result<(), ApplyError> {
        self.note_subject(&met.about, entry)?;
        let since = self.duty_since(&met.duty);
        let timeline = self.timelines.get_mut(&met.about).map(Arc::make_mut);
        let mut lapses = timeline.into_iter().flat_map(|timeline| timeline.lapses.iter_mut());
        let found = lapses.find(|lapse| lapse.is(&met.duty, &met.run, since) && lapse.met.is_none());
        let unknown = ApplyError::Unknown { entry, kind: "open lapse of duty", id: met.duty.to_string() };
        found.ok_or(unknown)?.met = Some(met.done);
        Ok(())
    }
}

/// What an act means to clocks. A device has none of its own.
fn happened(what: &What, at: Timestamp) -> Option<(Subject, Event)> {
    let of = |id: &model::DeploymentId, moment| Some((Subject::Deployment { id: id.clone() }, Event::new(at, moment)));
    match what {
        What::CityFounded(_) => Some((Subject::City, Event::new(at, Moment::Founded))),
        What::PolicyAdopted(_) | What::PolicyAdoptedFrom(_) => Some((Subject::City, Event::new(at, Moment::Adopted))),
        What::DeploymentProposed(deployment) => of(&deployment.id, Moment::Proposed),
        What::AssessmentSigned(assessment) | What::AssessmentTiered(assessment) => {
            of(&assessment.deployment, Moment::Assessed)
        }
        What::DeploymentApproved(approved) => of(&approved.deployment, Moment::Approved),
        What::DeploymentPublished(published) => of(&published.deployment, Moment::Published),
        What::DeploymentActivated(activated) => of(&activated.deployment, Moment::Activated),
        What::DeploymentEnded(ended) => of(&ended.deployment, Moment::Ended),
        What::EvidenceFiled(evidence)
        | What::InquiryReceived(InquiryReceived { evidence, .. })
        | What::IncidentReported(IncidentReported { incident: Incident { statement: evidence, .. }, .. })
            if !matches!(evidence.about, Subject::Device { .. }) =>
        {
            let moment = Moment::Evidence(evidence.kind.clone());
            let (id, answers) = (Some(evidence.id.clone()), evidence.answers.clone());
            Some((evidence.about.clone(), Event { at, moment, evidence: id, answers }))
        }
        _ => None,
    }
}
