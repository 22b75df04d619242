//! The replay: a log is folded twice side by side, as it was and with the draft in every adoption of policies.
//!
//! The second fold has the same acts and other policies, so that each act finds the register in which it was done, and is decided as a
//! city would that had adopted the draft. What such a city would have done otherwise afterwards is not played: acts that the draft
//! refuses are folded in all the same.

use std::iter::Peekable;
use std::sync::{Arc, Weak};

use model::act::{ClockConfirmed, EvidenceRef, PolicyAdopted};
use model::policy::PolicyText;
use model::{Act, Clock, DeploymentId, DisclosureRecord, DutyId, Subject, Timestamp, What};
use norms::Bundle;
use register::State;
use register::audit::Onlooker;
use register::state::PolicyInForce;
use serde::{Deserialize, Serialize};
use tlog::Hash;

use super::acts::Acts;
use super::disclosed::Disclosed;
use super::draft::Draft;
use super::flows::{Flows, Now};
use super::report::{self, Report, Seen};
use super::silences::Silences;
use super::work::{Minutes, Papers};
use super::{PilotError, words};

/// Disclosure records in order of their numbers.
pub type Records<'a> = Box<dyn Iterator<Item = Result<DisclosureRecord, PilotError>> + 'a>;

/// What decided, and the same with the draft in it.
type Bundles = (Arc<Bundle>, Arc<Bundle>);

/// What has to be looked at again after an act.
enum Touched {
    Nothing,
    One(DeploymentId),
    Everything,
}

/// From where on a draft is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    /// The first entry that it is asked about.
    pub entry: u64,
    /// The instant from which on disclosures are asked, and duties owed.
    pub at: Timestamp,
}

/// The most things that one replay looks at, so that no log can keep it busy for ever: deployments, each with its streams and the grants
/// of it that have not ended. About so many as a city of 10,000 deployments has in ten years.
pub const LOOKS_MAX: u64 = 4_000_000;
/// The most policies that are held at a time, as they were and with the draft in them: each takes some megabytes.
pub const BUNDLES_MAX: usize = 500;
/// The most stretches of grants that are kept between two batches of disclosures.
const STRETCHES_MAX: usize = 500_000;

/// A replay under way.
pub struct Replay<'a> {
    draft: &'a Draft,
    /// From where on; none once it has begun.
    begin: Option<Begin>,
    /// The last instant that is asked about.
    until: Option<Timestamp>,
    /// The register before the first act after that instant.
    over: Option<Box<State>>,
    records: Option<Peekable<Records<'a>>>,
    /// The register with the draft in force.
    with: State,
    bundles: Option<Bundles>,
    /// Every bundle that something may still hold.
    held: Vec<Weak<Bundle>>,
    /// How many of them it holds at a time, at most.
    bundles_max: usize,
    acts: Acts,
    each: Vec<report::Act>,
    flows: Flows,
    disclosed: Disclosed,
    papers: Papers,
    silences: Silences,
    touched: Touched,
    /// How many more things it looks at.
    looks: u64,
    /// By which clock it has to be done, and until when.
    deadline: Option<(&'a dyn Clock, Timestamp)>,
    last: (u64, Timestamp),
    first_at: Option<Timestamp>,
    failure: Option<PilotError>,
}

impl<'a> Replay<'a> {
    /// A replay that has seen nothing. With records it asks about each of them, without about what batches sum up.
    #[must_use]
    pub fn new(draft: &'a Draft, records: Option<Records<'a>>) -> Self {
        Self {
            draft,
            begin: None,
            until: None,
            over: None,
            flows: if records.is_some() { Flows::of_records() } else { Flows::default() },
            records: records.map(Iterator::peekable),
            with: State::default(),
            bundles: None,
            held: Vec::new(),
            bundles_max: BUNDLES_MAX,
            acts: Acts::default(),
            each: Vec::new(),
            disclosed: Disclosed::default(),
            papers: Papers::default(),
            silences: Silences::default(),
            touched: Touched::Nothing,
            looks: LOOKS_MAX,
            deadline: None,
            last: (0, Timestamp::UNIX_EPOCH),
            first_at: None,
            failure: None,
        }
    }

    /// The same from an entry on: what was before is folded, and nobody is asked about it.
    #[must_use]
    pub fn since(self, begin: Begin) -> Self {
        Self { begin: Some(begin), ..self }
    }

    /// The same up to an instant: what happened after it is not asked about, and the report ends with it.
    #[must_use]
    pub fn until(self, until: Timestamp) -> Self {
        let is_before = move |record: &Result<DisclosureRecord, PilotError>| {
            record.as_ref().map_or(true, |record| record.at <= until)
        };
        let records = self.records.map(|records| -> Records<'a> { Box::new(records.take_while(is_before)) });
        Self { until: Some(until), records: records.map(Iterator::peekable), ..self }
    }

    /// How many entries were asked about, where the log goes on after the last instant.
    pub(super) fn ended_before(&self) -> Option<u64> {
        self.over.as_ref().map(|state| state.size)
    }

    /// The same with so many things to look at, at most.
    #[must_use]
    pub fn at_most(self, looks: u64) -> Self {
        Self { looks, ..self }
    }

    /// The same with so many policies held at a time, at most.
    #[must_use]
    pub fn holding(self, bundles: usize) -> Self {
        Self { bundles_max: bundles, ..self }
    }

    /// The same for as long as a clock stands before an instant: whoever has others waiting says how long this one may take.
    #[must_use]
    pub fn done_by(self, clock: &'a dyn Clock, until: Timestamp) -> Self {
        Self { deadline: Some((clock, until)), ..self }
    }

    /// What the draft says of each act that norms decide, in order.
    #[must_use]
    pub fn each(&self) -> &[report::Act] {
        &self.each
    }

    /// The report, of a log that held: the register that it folds to, and the root over what was asked about.
    ///
    /// # Errors
    /// What kept the replay from going on.
    pub fn finish(mut self, state: &State, root: Hash, minutes: &Minutes) -> Result<Report, PilotError> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let over = self.over.take();
        let state = over.as_deref().unwrap_or(state);
        self.begin_with(state)?;
        let to = self.until.filter(|_| over.is_some()).unwrap_or(self.last.1);
        if to > self.last.1 {
            self.look(state)?;
            self.silent_until(state, to)?;
        }
        let all: Vec<DeploymentId> = state.deployments.keys().cloned().collect();
        self.look_at(state, &all, to)?;
        self.disclosed_before(None)?;
        let inside = self.records.is_some();
        let seen = Seen {
            origin: state.city.as_ref().map(|city| city.origin.clone()).unwrap_or_default(),
            size: state.size,
            root: root.to_string(),
            from: self.first_at,
            to: self.first_at.map(|_| to),
            inside,
            draft: self.draft.reference.clone(),
            title: self.draft.title.clone(),
            digest: self.draft.digest,
            layers: self.draft.layers.iter().map(|layer| layer.name.clone()).collect(),
        };
        let (duties, work) = self.papers.finish(self.draft, state, &self.with, to, minutes)?;
        let (acts, against) = self.acts.finish();
        let (streams, grants) = self.flows.finish(to);
        let limits = words::limits(inside);
        let disclosures = self.disclosed.finish();
        Ok(Report { seen, acts, against, streams, grants, disclosures, duties, work, limits })
    }

    fn act(&mut self, before: &State, entry: u64, act: &Act) -> Result<(), PilotError> {
        if self.begin.is_some_and(|begin| begin.entry > entry) {
            return self.before_the_begin(before, entry, act);
        }
        self.begin_with(before)?;
        self.look(before)?;
        self.silent_until(before, act.at)?;
        self.disclosed_before(Some(act))?;
        let (with, bundles) = self.under_the_draft(entry, act)?;
        self.hold(bundles.as_ref())?;
        if let Some((_, bundle)) = &self.bundles
            && let Some(asked) = self.acts.ask(&self.with, bundle, entry, &with)
        {
            self.papers.asked(self.draft, &self.with, &asked.grounds, asked.about.as_ref());
            self.each.push(asked.act);
        }
        if let (What::DisclosuresBatched(batch), None) = (&act.what, &self.records) {
            self.disclosed.batch(batch, &self.flows);
            self.flows.forget_before(batch.window.start);
        }
        self.touched = touched(before, &act.what);
        self.fold(&with)?;
        if let Some((_, text)) = act.what.adopts() {
            // A duty is owed since it came into force as it reads.
            let stood = |id: &DutyId| {
                let own = text.layers.iter().find_map(|layer| layer.duties.get(id))?;
                let same = before.duty_text(id) == Some(own);
                Some((own, before.duty_since(id).filter(|_| same).or(Some(act.at))))
            };
            self.silences.adopted(self.draft, &self.with, stood)?;
        }
        self.bundles = bundles.or(self.bundles.take());
        self.note(before, entry, act);
        Ok(())
    }

    /// Folds what nobody is asked about.
    fn before_the_begin(&mut self, before: &State, entry: u64, act: &Act) -> Result<(), PilotError> {
        self.with.apply(act)?;
        self.note(before, entry, act);
        Ok(())
    }

    fn note(&mut self, before: &State, entry: u64, act: &Act) {
        if let What::GrantAgreed(grant) = &act.what
            && let Some(deployment) = before.streams.get(&grant.stream)
        {
            self.flows.granted(deployment, &grant.id);
        }
        self.last = (entry, act.at);
        self.first_at.get_or_insert(act.at);
    }

    /// Puts the draft over the policies in force, if it begins here. Its duties are owed from now on.
    fn begin_with(&mut self, before: &State) -> Result<(), PilotError> {
        let Some(begin) = self.begin.take() else { return Ok(()) };
        let (entry, at) = (begin.entry, begin.at);
        if let Some(records) = &mut self.records {
            while records.next_if(|record| record.as_ref().is_ok_and(|record| record.at < at)).is_some() {}
        }
        (self.first_at, self.last) = (Some(at), (entry.saturating_sub(1), at));
        let Some(policy) = &before.policy else { return Ok(()) };
        let (adopted, bundles) = self.with_the_draft(entry, &policy.text)?;
        let since = |(id, text): (&DutyId, &String)| {
            let stood = before.duty_since(id).filter(|_| before.duty_text(id) == Some(text));
            (id.clone(), stood.unwrap_or(at))
        };
        let duties_since = adopted.text.layers.iter().flat_map(|layer| &layer.duties).map(since).collect();
        let PolicyAdopted { hash, text } = adopted;
        let sources = policy.sources.clone();
        self.with.policy = Some(Arc::new(PolicyInForce { hash, text, sources, since: at, duties_since }));
        (self.bundles, self.touched) = (Some(bundles), Touched::Everything);
        let stood = |id: &DutyId| before.duty_text(id).map(|text| (text, before.duty_since(id)));
        self.silences.adopted(self.draft, &self.with, stood)
    }

    /// The act as it is in the second fold: an adoption has the draft in it.
    fn under_the_draft(&self, entry: u64, act: &Act) -> Result<(Act, Option<Bundles>), PilotError> {
        let Some((_, text)) = act.what.adopts() else { return Ok((act.clone(), None)) };
        let (adopted, bundles) = self.with_the_draft(entry, text)?;
        Ok((Act { what: What::PolicyAdopted(adopted), ..act.clone() }, Some(bundles)))
    }

    fn with_the_draft(&self, entry: u64, adopted: &PolicyText) -> Result<(PolicyAdopted, Bundles), PilotError> {
        let fails = |error: norms::BundleError| PilotError::Draft { entry, why: error.to_string() };
        let text = self.draft.over(adopted);
        let (was, with) = (Bundle::assemble(adopted).map_err(fails)?, Bundle::assemble(&text).map_err(fails)?);
        Ok((PolicyAdopted { hash: with.hash(), text }, (Arc::new(was), Arc::new(with))))
    }

    /// Counts the policies that plans still hold: each is large, and a stretch of a grant keeps those of its time.
    fn hold(&mut self, bundles: Option<&Bundles>) -> Result<(), PilotError> {
        let Some((was, with)) = bundles else { return Ok(()) };
        self.held.retain(|bundle| bundle.strong_count() > 0);
        self.held.extend([Arc::downgrade(was), Arc::downgrade(with)]);
        if self.held.len() > self.bundles_max { Err(PilotError::TooMuchHeld(self.last.0)) } else { Ok(()) }
    }

    /// Folds an act into the second register. A lapse that the draft's duties know otherwise leaves it as it is.
    fn fold(&mut self, act: &Act) -> Result<(), PilotError> {
        if !matches!(act.what, What::DutyLapsed(_) | What::DutyMetLate(_)) {
            return Ok(self.with.apply(act)?);
        }
        let mut after = self.with.clone();
        match after.apply(act) {
            Ok(()) => self.with = after,
            Err(_) => {
                let what = What::ClockConfirmed(ClockConfirmed { after: act.at });
                self.with.apply(&Act { what, ..act.clone() })?;
            }
        }
        Ok(())
    }

    /// Looks at every flow that the act before may have changed.
    fn look(&mut self, before: &State) -> Result<(), PilotError> {
        let ids: Vec<DeploymentId> = match std::mem::replace(&mut self.touched, Touched::Nothing) {
            Touched::Nothing => return Ok(()),
            Touched::One(id) => vec![id],
            Touched::Everything => before.deployments.keys().cloned().collect(),
        };
        let at = self.last.1;
        self.silences.look(&self.with, &Subject::City, at);
        self.look_at(before, &ids, at)
    }

    /// Looks at the flows of deployments at an instant, as the register stands since the act before.
    fn look_at(&mut self, before: &State, ids: &[DeploymentId], at: Timestamp) -> Result<(), PilotError> {
        let Some((was, with)) = &self.bundles else { return Ok(()) };
        let entry = self.last.0;
        let now = Now { entry, at, was: (before, was), with: (&self.with, with) };
        let of_the_city = self.silences.of_the_city(&self.with, at);
        let refuses = self.silences.refused_by_the_city(&self.with, at);
        for id in ids {
            let things = self.flows.things(before, id);
            self.looks = self.looks.checked_sub(things).ok_or(PilotError::TooMuch(entry))?;
            if self.flows.kept() > STRETCHES_MAX {
                return Err(PilotError::TooMuchHeld(entry));
            }
            self.in_time()?;
            self.silences.refuse(&self.with, id, refuses.as_ref(), at);
            let of_one = self.silences.of_one(&self.with, id, at);
            for (deployment, grounds) in self.flows.look(&now, id, of_one.as_ref().or(of_the_city.as_ref())) {
                let about = Subject::Deployment { id: deployment };
                self.papers.asked(self.draft, &self.with, &grounds, Some(&about));
            }
            self.silences.look(&self.with, &Subject::Deployment { id: id.clone() }, at);
        }
        Ok(())
    }

    /// Looks at what silence about the draft's duties stops by an instant, each at the moment at which it does.
    fn silent_until(&mut self, before: &State, until: Timestamp) -> Result<(), PilotError> {
        while let Some((at, subject)) = self.silences.lapsed_by(until) {
            // Whatever comes back again and again is no reason to go on for ever.
            self.charge(1)?;
            self.in_time()?;
            self.disclosed_until(|record| record.at < at)?;
            let ids = match &subject {
                Subject::Deployment { id } => vec![id.clone()],
                Subject::City => before.deployments.keys().cloned().collect(),
                Subject::Device { .. } => Vec::new(),
            };
            self.look_at(before, &ids, at)?;
            // What runs again and again lapses again.
            self.silences.look(&self.with, &subject, at);
        }
        Ok(())
    }

    fn charge(&mut self, looks: u64) -> Result<(), PilotError> {
        self.looks = self.looks.checked_sub(looks).ok_or(PilotError::TooMuch(self.last.0))?;
        Ok(())
    }

    /// Whether there is time left.
    fn in_time(&self) -> Result<(), PilotError> {
        let is_over = self.deadline.is_some_and(|(clock, until)| clock.now() > until);
        if is_over { Err(PilotError::TooLong(self.last.0)) } else { Ok(()) }
    }

    /// Asks about every record before an act: of an earlier instant, or one that a batch sums up. Without an act, about all.
    fn disclosed_before(&mut self, act: Option<&Act>) -> Result<(), PilotError> {
        let batched = match act.map(|act| &act.what) {
            Some(What::DisclosuresBatched(batch)) => Some(batch.last),
            _ => None,
        };
        let is_before = |record: &DisclosureRecord| {
            act.is_none_or(|act| record.at < act.at || batched.is_some_and(|last| record.seq <= last))
        };
        self.disclosed_until(is_before)
    }

    fn disclosed_until(&mut self, is_before: impl Fn(&DisclosureRecord) -> bool) -> Result<(), PilotError> {
        let Some(records) = &mut self.records else { return Ok(()) };
        while let Some(record) = records.next_if(|record| record.as_ref().map_or(true, &is_before)) {
            self.disclosed.record(&record?, &self.flows);
        }
        Ok(())
    }
}

impl Onlooker for Replay<'_> {
    fn sees(&mut self, before: &State, entry: u64, act: &Act) {
        if self.failure.is_some() || self.over.is_some() {
            return;
        }
        if self.until.is_some_and(|until| act.at > until) {
            self.over = Some(Box::new(before.clone()));
        } else {
            self.failure = self.in_time().and_then(|()| self.act(before, entry, act)).err();
        }
    }
}

/// Which deployments may flow otherwise after an act.
fn touched(before: &State, what: &What) -> Touched {
    let one = |id: Option<&DeploymentId>| id.map_or(Touched::Nothing, |id| Touched::One(id.clone()));
    let about = |subject: &Subject| match subject {
        Subject::City => Touched::Everything,
        Subject::Deployment { id } => Touched::One(id.clone()),
        Subject::Device { id } => one(before.devices.get(id).map(|device| &device.deployment)),
    };
    let stated = |named: &EvidenceRef| before.evidence.get(&named.evidence);
    let granted = |id| before.grants.get(id).and_then(|record| before.streams.get(&record.grant.stream));
    match what {
        What::PolicyAdopted(_) | What::PolicyAdoptedFrom(_) | What::ClassApproved(_) => Touched::Everything,
        What::PlaceRegistered(place) if before.places.contains_key(&place.id) => Touched::Everything,
        What::DeploymentProposed(deployment) => Touched::One(deployment.id.clone()),
        What::AssessmentSigned(assessment) | What::AssessmentTiered(assessment) => {
            Touched::One(assessment.deployment.clone())
        }
        What::DeploymentApproved(approved) => Touched::One(approved.deployment.clone()),
        What::DeploymentPublished(named)
        | What::DeploymentActivated(named)
        | What::DeploymentSuspended(named)
        | What::ApprovalLapsed(named)
        | What::DeploymentEnded(named) => Touched::One(named.deployment.clone()),
        What::OrderIssued(issued) => Touched::One(issued.order.deployment.clone()),
        What::ViewDeclared(view) => one(before.streams.get(&view.stream)),
        What::GrantAgreed(grant) => one(before.streams.get(&grant.stream)),
        What::GrantWithdrawn(named) | What::GrantExpired(named) => one(granted(&named.grant)),
        What::EvidenceFiled(evidence) => about(&evidence.about),
        What::InquiryReceived(received) => about(&received.evidence.about),
        What::IncidentReported(reported) => about(&reported.incident.statement.about),
        What::EvidenceWithdrawn(named) | What::EvidenceLapsed(named) => {
            stated(named).map_or(Touched::Nothing, |record| about(&record.evidence.about))
        }
        What::DutyLapsed(lapsed) => about(&lapsed.about),
        What::DutyMetLate(met) => about(&met.about),
        _ => Touched::Nothing,
    }
}
