//! One act onto the register. Facts only: whether it was allowed was decided when it was made.

use std::sync::Arc;

use model::act::{
    CityFounded, DeploymentApproved, DeploymentRef, DeviceCredentialSet, DisclosuresBatched, EvidenceRef, GrantRef,
    KeyRef, ObservationsDeleted, OrderIssued, PartyCredentialIssued, PartyRegistered, PolicyAdopted, PolicyAdoptedFrom,
    What,
};
use model::deployment::Approval;
use model::incident::IncidentReported;
use model::inquiry::InquiryReceived;
use model::policy::{LayerSources, PolicyText};
use model::{
    Act, Assessment, ClassRecord, Deployment, DeploymentId, DeploymentRecord, Device, DutyId, Evidence, EvidenceId,
    EvidenceRecord, Grant, GrantId, GrantRecord, IllegalStep, Month, ObservationsCounted, ObservationsEstimated,
    PolicyHash, Seq, Standing, Step, StreamId, Subject, Timestamp,
};

use super::{
    DisclosedKey, IncidentRecord, InquiryRecord, KeyRecord, OfStream, OrderRecord, PartyRecord, PolicyInForce, State,
    Totals,
};

/// Why an act cannot follow the log before it. The log is damaged or was written by other software: stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The first act, and only the first, founds the city.
    #[error("entry {0} is not the founding of a city, or founds it twice")]
    Founding(u64),
    /// It names a thing that no earlier act entered.
    #[error("entry {entry} names the {kind} `{id}`, which no earlier act entered")]
    Unknown {
        /// Its index.
        entry: u64,
        /// `party`, `place`, `deployment` …
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// It enters a thing a second time.
    #[error("entry {entry} enters the {kind} `{id}` a second time")]
    Twice {
        /// Its index.
        entry: u64,
        /// `party`, `deployment` …
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// It counts what came in a month that is not over.
    #[error("entry {entry} counts the observations of {month}, which was not over")]
    MonthNotOver {
        /// Its index.
        entry: u64,
        /// Which month.
        month: Month,
    },
    /// It counts the observations of a stream of which the number itself would tell of people.
    #[error("entry {entry} counts the observations of stream `{stream}`, whose number tells of people")]
    CountsPeople {
        /// Its index.
        entry: u64,
        /// Which stream.
        stream: StreamId,
    },
    /// It tells only roughly of a stream of which the number itself is told.
    #[error("entry {entry} estimates the observations of stream `{stream}`, which are counted exactly")]
    CountedExactly {
        /// Its index.
        entry: u64,
        /// Which stream.
        stream: StreamId,
    },
    /// It is earlier than the act before it.
    #[error("entry {0} is earlier than the entry before it")]
    Backwards(u64),
    /// The deployment cannot take that step.
    #[error("entry {entry}: {step}")]
    Step {
        /// Its index.
        entry: u64,
        /// Which step from which state.
        step: IllegalStep,
    },
    /// A batch of disclosures does not follow the last one, or its sums do not add up.
    #[error("entry {entry} batches disclosures from {first}, expected {expected}, or its totals do not add up")]
    Sequence {
        /// Its index.
        entry: u64,
        /// First number in the batch.
        first: u64,
        /// The number that should come first.
        expected: u64,
    },
}

impl State {
    /// Folds one act in.
    ///
    /// # Errors
    /// The act cannot follow its past; the state is unchanged or must be thrown away.
    pub fn apply(&mut self, act: &Act) -> Result<(), ApplyError> {
        let entry = self.size;
        if self.city.is_none() != matches!(act.what, What::CityFounded(_)) {
            return Err(ApplyError::Founding(entry));
        }
        if self.last_at.is_some_and(|last| act.at < last) {
            return Err(ApplyError::Backwards(entry));
        }
        self.apply_what(act, entry)?;
        self.remember(act, entry)?;
        self.marks.note(act, entry);
        self.size += 1;
        self.last_at = Some(act.at);
        Ok(())
    }

    fn apply_what(&mut self, act: &Act, entry: u64) -> Result<(), ApplyError> {
        match &act.what {
            What::CityFounded(founded) => self.found(founded, entry),
            What::PartyRegistered(registered) => self.register_party(registered, entry)?,
            What::PartyCredentialIssued(issued) => self.issue_party_credential(issued, entry)?,
            What::PlaceRegistered(place) => {
                self.places.insert(place.id.clone(), Arc::new(place.clone()));
            }
            What::PolicyAdopted(PolicyAdopted { hash, text }) => self.adopt(*hash, text, None, act.at),
            What::PolicyAdoptedFrom(adopted) => self.adopt_from(adopted, act.at),
            What::DeploymentProposed(deployment) => self.propose(deployment, act, entry)?,
            What::AssessmentSigned(assessment) | What::AssessmentTiered(assessment) => {
                self.assess(assessment, entry)?
            }
            What::DeploymentApproved(approved) => self.approve(approved, act, entry)?,
            What::DeploymentPublished(DeploymentRef { deployment }) => {
                self.step(deployment, Step::Publish, entry)?.published_at = Some(act.at);
            }
            What::DeploymentActivated(DeploymentRef { deployment }) => self.activate(deployment, act.at, entry)?,
            What::DeploymentSuspended(DeploymentRef { deployment })
            | What::ApprovalLapsed(DeploymentRef { deployment }) => {
                self.step(deployment, Step::Suspend, entry)?.stopped_because.clone_from(&act.reason);
            }
            What::DeploymentEnded(DeploymentRef { deployment }) => self.end(deployment, act, entry)?,
            What::DeviceRegistered(device) => self.register_device(device, entry)?,
            What::DeviceCredentialSet(set) => self.set_device_credential(set, entry)?,
            What::OrderIssued(issued) => self.issue(issued, entry)?,
            What::ViewDeclared(view) => {
                let deployment =
                    self.streams.get(&view.stream).ok_or_else(|| unknown(entry, "stream", &view.stream))?;
                self.note(&deployment.clone(), entry)?;
                self.views.insert((view.stream.clone(), view.id.clone()), Arc::new(view.clone()));
                self.hangs_on(&view.stream).views.insert(view.id.clone());
            }
            What::GrantAgreed(grant) => self.agree(grant, act.at, entry)?,
            What::GrantWithdrawn(GrantRef { grant }) | What::GrantExpired(GrantRef { grant }) => {
                self.end_grant(grant, act.at, entry)?;
            }
            What::KeyCreated(key) => self.create_key(key, entry)?,
            What::KeyDestroyed(key) => self.destroy_key(key, act.at, entry)?,
            What::ObservationsDeleted(ObservationsDeleted { stream, before, .. }) => {
                self.note_stream(stream, entry)?;
                self.deleted_before.insert(stream.clone(), *before);
            }
            What::ObservationsCounted(told) => self.count(told, act.at, entry)?,
            What::ObservationsEstimated(told) => self.estimate(told, act.at, entry)?,
            What::DisclosuresBatched(batch) => self.batch(batch, act.at, entry)?,
            What::PayloadErased(erased) => {
                self.erased.insert(erased.entry);
            }
            What::EvidenceFiled(evidence) => self.file(evidence, act.at, entry)?,
            What::InquiryReceived(received) => self.receive(received, act.at, entry)?,
            What::IncidentReported(reported) => self.report(reported, act.at, entry)?,
            What::EvidenceWithdrawn(EvidenceRef { evidence }) => self.end_evidence(evidence, act, true, entry)?,
            What::EvidenceLapsed(EvidenceRef { evidence }) => self.end_evidence(evidence, act, false, entry)?,
            What::ClassApproved(approval) => {
                let record = ClassRecord { approval: approval.clone(), by: act.by.clone(), since: act.at };
                self.classes.insert(approval.id.clone(), Arc::new(record));
            }
            // What these change is remembered in timelines.
            What::DutyLapsed(_) | What::DutyMetLate(_) => {}
            // That it is the newest act is all there is to it.
            What::ClockConfirmed(_) => {}
        }
        Ok(())
    }

    fn issue_party_credential(&mut self, issued: &PartyCredentialIssued, entry: u64) -> Result<(), ApplyError> {
        let record = self.parties.get_mut(&issued.party).ok_or_else(|| unknown(entry, "party", &issued.party))?;
        let before = Arc::make_mut(record).credential.replace(issued.credential);
        Arc::make_mut(&mut self.bearers).party(&issued.party, before, issued.credential);
        Ok(())
    }

    fn set_device_credential(&mut self, set: &DeviceCredentialSet, entry: u64) -> Result<(), ApplyError> {
        let device = self.devices.get_mut(&set.device).ok_or_else(|| unknown(entry, "device", &set.device))?;
        let before = std::mem::replace(&mut Arc::make_mut(device).credential, set.credential);
        Arc::make_mut(&mut self.bearers).device(&set.device, before, set.credential);
        Ok(())
    }

    fn adopt_from(&mut self, adopted: &PolicyAdoptedFrom, at: Timestamp) {
        self.adopt(adopted.hash, &adopted.text, Some(&adopted.sources), at);
    }

    fn adopt(&mut self, hash: PolicyHash, text: &PolicyText, sources: Option<&LayerSources>, at: Timestamp) {
        let since = |id: &DutyId, duty: &String| {
            let stood = self.duty_text(id).is_some_and(|before| before == duty);
            self.duty_since(id).filter(|_| stood).unwrap_or(at)
        };
        let duties = text.layers.iter().flat_map(|layer| &layer.duties);
        let duties_since = duties.map(|(id, duty)| (id.clone(), since(id, duty))).collect();
        let sources = sources.cloned().unwrap_or_default();
        self.policy = Some(Arc::new(PolicyInForce { hash, text: text.clone(), sources, since: at, duties_since }));
    }

    fn register_device(&mut self, device: &Device, entry: u64) -> Result<(), ApplyError> {
        if self.devices.contains_key(&device.id) {
            return Err(twice(entry, "device", &device.id));
        }
        self.note(&device.deployment, entry)?;
        self.devices.insert(device.id.clone(), Arc::new(device.clone()));
        if device.credential.is_some() {
            Arc::make_mut(&mut self.bearers).device(&device.id, None, device.credential);
        }
        self.hangs_on(&device.stream).devices.insert(device.id.clone());
        Ok(())
    }

    fn end_grant(&mut self, id: &GrantId, at: Timestamp, entry: u64) -> Result<(), ApplyError> {
        let record = self.grants.get_mut(id).ok_or_else(|| unknown(entry, "grant", id))?;
        Arc::make_mut(record).ended = Some(at);
        let stream = record.grant.stream.clone();
        self.note_stream(&stream, entry)
    }

    fn found(&mut self, founded: &CityFounded, entry: u64) {
        let record =
            PartyRecord { party: founded.founder.clone(), contact: Default::default(), credential: None, entry };
        self.parties.insert(founded.founder.id.clone(), Arc::new(record));
        self.city = Some(Arc::new(founded.clone()));
    }

    fn register_party(&mut self, registered: &PartyRegistered, entry: u64) -> Result<(), ApplyError> {
        let id = &registered.party.id;
        if self.parties.contains_key(id) {
            return Err(twice(entry, "party", id));
        }
        let (party, contact) = (registered.party.clone(), registered.contact.clone());
        let record = PartyRecord { party, contact, credential: None, entry };
        self.parties.insert(id.clone(), Arc::new(record));
        Ok(())
    }

    fn propose(&mut self, deployment: &Deployment, act: &Act, entry: u64) -> Result<(), ApplyError> {
        if self.deployments.contains_key(&deployment.id) {
            return Err(twice(entry, "deployment", &deployment.id));
        }
        for stream in &deployment.streams {
            if self.streams.insert(stream.id.clone(), deployment.id.clone()).is_some() {
                return Err(twice(entry, "stream", &stream.id));
            }
        }
        let standing = Standing::proposed(act.by.clone(), act.at);
        let record = DeploymentRecord { deployment: deployment.clone(), standing };
        self.deployments.insert(deployment.id.clone(), Arc::new(record));
        self.note(&deployment.id, entry)
    }

    fn assess(&mut self, assessment: &Assessment, entry: u64) -> Result<(), ApplyError> {
        self.step(&assessment.deployment, Step::Assess, entry)?.assessments.push(assessment.clone());
        Ok(())
    }

    fn approve(&mut self, approved: &DeploymentApproved, act: &Act, entry: u64) -> Result<(), ApplyError> {
        let approval = Approval { by: act.by.clone(), at: act.at, until: approved.until };
        self.step(&approved.deployment, Step::Approve, entry)?.approval = Some(approval);
        Ok(())
    }

    fn activate(&mut self, id: &DeploymentId, at: Timestamp, entry: u64) -> Result<(), ApplyError> {
        let standing = self.step(id, Step::Activate, entry)?;
        (standing.active_since, standing.stopped_because) = (Some(at), None);
        Ok(())
    }

    /// Ends a deployment. What nobody ever approved was refused, unless those who answer for it took it back, or its time ran out.
    fn end(&mut self, id: &DeploymentId, act: &Act, entry: u64) -> Result<(), ApplyError> {
        self.step(id, Step::End, entry)?;
        let record = Arc::make_mut(self.deployments.get_mut(id).ok_or_else(|| unknown(entry, "deployment", id))?);
        let by_others = if act.because.is_empty() {
            act.at < record.deployment.ends
        } else {
            act.by != record.deployment.accountable
        };
        record.standing.refused = record.standing.approval.is_none() && by_others;
        record.standing.stopped_because.clone_from(&act.reason);
        Ok(())
    }

    /// Moves a deployment on and gives its standing for the rest of the change.
    fn step(&mut self, id: &DeploymentId, step: Step, entry: u64) -> Result<&mut Standing, ApplyError> {
        self.note(id, entry)?;
        let record = self.deployments.get_mut(id).ok_or_else(|| unknown(entry, "deployment", id))?;
        let standing = &mut Arc::make_mut(record).standing;
        standing.state = standing.state.after(step).map_err(|step| ApplyError::Step { entry, step })?;
        Ok(standing)
    }

    fn issue(&mut self, issued: &OrderIssued, entry: u64) -> Result<(), ApplyError> {
        let id = &issued.order.id;
        self.note(&issued.order.deployment, entry)?;
        let record = OrderRecord { order: issued.order.clone(), list: issued.list.clone(), entry };
        match self.orders.insert(id.clone(), Arc::new(record)) {
            Some(_) => Err(twice(entry, "order", id)),
            None => Ok(()),
        }
    }

    fn agree(&mut self, grant: &Grant, since: Timestamp, entry: u64) -> Result<(), ApplyError> {
        self.note_stream(&grant.stream, entry)?;
        let record = GrantRecord { grant: grant.clone(), since, ended: None };
        self.hangs_on(&grant.stream).grants.insert(grant.id.clone());
        match self.grants.insert(grant.id.clone(), Arc::new(record)) {
            Some(_) => Err(twice(entry, "grant", &grant.id)),
            None => Ok(()),
        }
    }

    fn hangs_on(&mut self, stream: &StreamId) -> &mut OfStream {
        Arc::make_mut(self.of_stream.entry(stream.clone()).or_default())
    }

    fn create_key(&mut self, key: &KeyRef, entry: u64) -> Result<(), ApplyError> {
        self.note_stream(&key.stream, entry)?;
        let record = KeyRecord { commitment: key.commitment, destroyed: None };
        match self.keys.insert((key.stream.clone(), key.epoch), record) {
            Some(_) => Err(twice(entry, "key of stream", &key.stream)),
            None => Ok(()),
        }
    }

    fn destroy_key(&mut self, key: &KeyRef, at: Timestamp, entry: u64) -> Result<(), ApplyError> {
        self.note_stream(&key.stream, entry)?;
        let record = self.keys.get_mut(&(key.stream.clone(), key.epoch));
        match record {
            Some(record) if record.commitment == key.commitment => {
                record.destroyed.get_or_insert(at);
                Ok(())
            }
            _ => Err(unknown(entry, "key of stream", &key.stream)),
        }
    }

    /// What came in a month that is over: of each stream once, month after month.
    fn count(&mut self, told: &ObservationsCounted, at: Timestamp, entry: u64) -> Result<(), ApplyError> {
        is_over(told.month, at, entry)?;
        for counted in &told.streams {
            if !self.tell_once(&counted.stream, told.month, entry)? {
                return Err(ApplyError::CountsPeople { entry, stream: counted.stream.clone() });
            }
            let came = self.monthly.entry(told.month).or_default().came.get_or_insert_default();
            came.streams += 1;
            came.admitted = came.admitted.saturating_add(counted.admitted);
            for (reason, refused) in &counted.refused {
                let sum = came.refused.entry(*reason).or_default();
                *sum = sum.saturating_add(*refused);
            }
        }
        Ok(())
    }

    /// What came in a month that is over, in orders of magnitude: of each stream once, whichever of the two acts tells of it.
    fn estimate(&mut self, told: &ObservationsEstimated, at: Timestamp, entry: u64) -> Result<(), ApplyError> {
        is_over(told.month, at, entry)?;
        for estimated in &told.streams {
            if self.tell_once(&estimated.stream, told.month, entry)? {
                return Err(ApplyError::CountedExactly { entry, stream: estimated.stream.clone() });
            }
            let about = self.monthly.entry(told.month).or_default().about.get_or_insert_default();
            about.streams += 1;
            about.admitted = about.admitted.saturating_add(estimated.admitted.estimate());
            about.refused = about.refused.saturating_add(estimated.refused.estimate());
        }
        Ok(())
    }

    /// Notes that a stream's month is told of, which it is once. Whether the number itself may be told.
    fn tell_once(&mut self, id: &StreamId, month: Month, entry: u64) -> Result<bool, ApplyError> {
        let (_, stream) = self.stream(id).ok_or_else(|| unknown(entry, "stream", id))?;
        let exactly = stream.may_be_counted();
        if self.counted_through.insert(id.clone(), month) >= Some(month) {
            return Err(twice(entry, "month of stream", id));
        }
        Ok(exactly)
    }

    fn batch(&mut self, batch: &DisclosuresBatched, at: Timestamp, entry: u64) -> Result<(), ApplyError> {
        let (Seq(first), Seq(last), Seq(expected)) = (batch.first, batch.last, self.next_disclosure);
        let mut each = batch.totals.iter().map(|total| total.disclosures);
        let counted = each.try_fold(0_u64, u64::checked_add);
        let next = last.checked_add(1).filter(|next| first == expected && counted == next.checked_sub(first));
        let Some(next) = next.filter(|next| *next > first) else {
            return Err(ApplyError::Sequence { entry, first, expected });
        };
        for key in batch.totals.iter().map(DisclosedKey::from).filter(|key| !self.disclosed.contains_key(key)) {
            Arc::make_mut(self.of_stream.entry(key.stream.clone()).or_default()).disclosed.insert(key);
        }
        let month = self.monthly.entry(Month::of(at)).or_default();
        for total in &batch.totals {
            month.disclosures = month.disclosures.saturating_add(total.disclosures);
            if total.rows.is_none() {
                month.kept_back = month.kept_back.saturating_add(total.disclosures);
            }
            month.rows = month.rows.saturating_add(total.rows.unwrap_or(0));
            month.withheld = month.withheld.saturating_add(total.withheld.unwrap_or(0));
            let sum = self.disclosed.entry(DisclosedKey::from(total)).or_insert(Totals::NOTHING);
            let add = |sum: Option<u64>, more: Option<u64>| Some(sum?.saturating_add(more?));
            sum.disclosures = sum.disclosures.saturating_add(total.disclosures);
            (sum.rows, sum.withheld) = (add(sum.rows, total.rows), add(sum.withheld, total.withheld));
        }
        self.next_disclosure = Seq(next);
        Ok(())
    }

    fn file(&mut self, evidence: &Evidence, at: Timestamp, entry: u64) -> Result<(), ApplyError> {
        if self.evidence.contains_key(&evidence.id) {
            return Err(twice(entry, "evidence", &evidence.id));
        }
        if let Some(answered) = evidence.answers.as_ref().filter(|answered| !self.evidence.contains_key(*answered)) {
            return Err(unknown(entry, "evidence", answered));
        }
        self.note_subject(&evidence.about, entry)?;
        let record = EvidenceRecord { evidence: evidence.clone(), filed_at: at, ended: None, withdrawn_because: None };
        self.evidence.insert(evidence.id.clone(), Arc::new(record));
        Arc::make_mut(self.evidence_of.entry(evidence.about.clone()).or_default()).insert(evidence.id.clone());
        if let Some(answered) = &evidence.answers {
            Arc::make_mut(self.answers_of.entry(answered.clone()).or_default()).insert(evidence.id.clone());
        }
        Ok(())
    }

    fn receive(&mut self, received: &InquiryReceived, at: Timestamp, entry: u64) -> Result<(), ApplyError> {
        self.file(&received.evidence, at, entry)?;
        let record = InquiryRecord { kind: received.kind, at, sealed: received.sealed.clone(), entry };
        self.inquiries.insert(received.evidence.id.clone(), Arc::new(record));
        Ok(())
    }

    fn report(&mut self, reported: &IncidentReported, at: Timestamp, entry: u64) -> Result<(), ApplyError> {
        let (incident, sealed) = (reported.incident.clone(), reported.sealed.clone());
        self.file(&incident.statement, at, entry)?;
        let id = incident.statement.id.clone();
        self.incidents.insert(id, Arc::new(IncidentRecord { incident, at, sealed, entry }));
        Ok(())
    }

    fn end_evidence(&mut self, id: &EvidenceId, act: &Act, withdrawn: bool, entry: u64) -> Result<(), ApplyError> {
        let record = self.evidence.get_mut(id).ok_or_else(|| unknown(entry, "evidence", id))?;
        if record.ended.is_some() {
            return Err(twice(entry, "end of evidence", id));
        }
        let record = Arc::make_mut(record);
        record.ended = Some(act.at);
        record.withdrawn_because = act.reason.clone().filter(|_| withdrawn);
        let about = record.evidence.about.clone();
        self.note_subject(&about, entry)
    }

    pub(super) fn note_subject(&mut self, subject: &Subject, entry: u64) -> Result<(), ApplyError> {
        match subject {
            Subject::City => Ok(()),
            Subject::Deployment { id } => self.note(id, entry),
            Subject::Device { id } => {
                let device = self.devices.get(id).ok_or_else(|| unknown(entry, "device", id))?;
                self.note(&device.deployment.clone(), entry)
            }
        }
    }

    /// Notes that an entry concerns a deployment.
    fn note(&mut self, id: &DeploymentId, entry: u64) -> Result<(), ApplyError> {
        if !self.deployments.contains_key(id) {
            return Err(unknown(entry, "deployment", id));
        }
        Arc::make_mut(self.history.entry(id.clone()).or_default()).push(entry);
        Ok(())
    }

    fn note_stream(&mut self, stream: &StreamId, entry: u64) -> Result<(), ApplyError> {
        let id = self.streams.get(stream).cloned().ok_or_else(|| unknown(entry, "stream", stream))?;
        self.note(&id, entry)
    }
}

/// A month is told of when it is over.
fn is_over(month: Month, at: Timestamp, entry: u64) -> Result<(), ApplyError> {
    if month < Month::of(at) { Ok(()) } else { Err(ApplyError::MonthNotOver { entry, month }) }
}

fn unknown(entry: u64, kind: &'static str, id: &impl AsRef<str>) -> ApplyError {
    ApplyError::Unknown { entry, kind, id: id.as_ref().to_owned() }
}

fn twice(entry: u64, kind: &'static str, id: &impl AsRef<str>) -> ApplyError {
    ApplyError::Twice { entry, kind, id: id.as_ref().to_owned() }
}
