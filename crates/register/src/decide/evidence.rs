//! Evidence and classes: who may say what, of which things that are there, and until when.

use model::act::EvidenceRef;
use model::incident::INCIDENT_FOLLOWS;
use model::inquiry::answers_to;
use model::request::{GRANT_OFFER, GRANT_REFUSAL, GRANT_REQUEST};
use model::{
    Assessment, ClassApproval, DeploymentRecord, Evidence, EvidenceId, EvidenceRecord, Fields, Incident,
    IncidentReported, Party, PartyKind, PolicyId, SignOff, Subject, What,
};
use norms::{ActSubject, Verb};

use crate::sealing::{INCIDENT_FIELDS, seal};
use crate::state::State;

use super::{Desk, Draft, Misfit, Refusal, fit, known, taken};

/// Whether a party answers to residents for something: the accountable one, an officer, or the founder.
#[must_use]
pub fn answers_for(state: &State, party: &Party, about: &Subject) -> bool {
    let accountable = match about {
        Subject::Deployment { id } => Some(id),
        Subject::Device { id } => state.devices.get(id).map(|device| &device.deployment),
        Subject::City => None,
    };
    let accountable = accountable.and_then(|id| state.deployments.get(id)).map(|record| &record.deployment.accountable);
    accountable == Some(&party.id) || answers_for_all(state, party)
}

/// Whether a party answers to residents for everything in the city, and so withdraws reports of incidents: an officer, or the founder.
#[must_use]
pub fn answers_for_all(state: &State, party: &Party) -> bool {
    party.kind == PartyKind::Officer || state.founder() == Some(&party.id)
}

impl Desk<'_> {
    /// Files a statement.
    pub(super) fn file(&self, evidence: &Evidence) -> Result<Vec<Draft>, Refusal> {
        if let Some(known) = self.state.evidence.get(&evidence.id) {
            return if &known.evidence == evidence { Ok(Vec::new()) } else { Err(taken("evidence", &evidence.id)) };
        }
        if evidence.is_incident() && (evidence.until.is_some() || evidence.answers.is_some()) {
            return Err(Misfit::Incident("a report of an incident has no end and answers nothing").into());
        }
        let because = self.statement(evidence)?;
        Ok(vec![self.draft(because, What::EvidenceFiled(evidence.clone()))])
    }

    /// Reports an incident: a statement, and what is sealed beside it.
    pub(super) fn report(&self, incident: &Incident, details: &Fields) -> Result<Vec<Draft>, Refusal> {
        let id = &incident.statement.id;
        if self.state.evidence.contains_key(id) {
            let same = self.state.incidents.get(id).is_some_and(|known| &known.incident == incident);
            return if same { Ok(Vec::new()) } else { Err(taken("evidence", id)) };
        }
        // What it is about is known before anything is held against it.
        self.about(&incident.statement.about)?;
        fit::incident(incident, self.state)?;
        for device in &incident.devices {
            known(self.state.devices.get(device), "device", device)?;
        }
        let because = self.statement(&incident.statement)?;
        let (sealed, payload) = seal(details, &INCIDENT_FIELDS, self.entropy)?;
        let what = What::IncidentReported(IncidentReported { incident: incident.clone(), sealed });
        Ok(vec![Draft { payload: Some(payload), ..self.draft(because, what) }])
    }

    /// Whether a statement that is not there yet may be made; the policies that allow it.
    pub(super) fn statement(&self, evidence: &Evidence) -> Result<Vec<PolicyId>, Refusal> {
        let record = self.about(&evidence.about)?;
        fit::text("the evidence's summary", &evidence.summary)?;
        if evidence.signed_by != self.actor.id {
            return Err(Misfit::NotTheSigner(evidence.signed_by.to_string()).into());
        }
        if let Some(answered) = &evidence.answers {
            known(self.state.evidence.get(answered), "evidence", answered)?;
        }
        self.answers_fit(evidence)?;
        self.follows_fit(evidence)?;
        self.emergency_fits(evidence)?;
        self.requests_fit(evidence, record)?;
        fit::not_to_come("evidence", evidence.on, self.now)?;
        if let Some(until) = evidence.until {
            fit::to_come("the evidence", until, self.now)?;
        }
        self.allowed(Verb::FileEvidence, ActSubject::Evidence { evidence, record })
    }

    /// What residents asked is answered by those who answer for it, in a statement that names what it answers.
    fn answers_fit(&self, evidence: &Evidence) -> Result<(), Refusal> {
        let kind = evidence.kind.as_str();
        let Some(id) = evidence.answers.as_ref().filter(|id| self.state.inquiries.contains_key(*id)) else {
            let mut asked = self.state.evidence_about(&evidence.about);
            let open = asked.any(|record| {
                let own = answers_to(record.evidence.kind.as_str());
                self.state.inquiries.contains_key(&record.evidence.id)
                    && own.is_some_and(|(answer, more)| answer == kind || more == kind)
            });
            // Unnamed it would stop the oldest clock of a resident, whatever it says.
            return if open && evidence.answers.is_none() { Err(Misfit::AnswersNothing.into()) } else { Ok(()) };
        };
        let asked = known(self.state.evidence.get(id), "evidence", id)?;
        let fits =
            answers_to(asked.evidence.kind.as_str()).is_some_and(|(answer, more)| answer == kind || more == kind);
        if !fits || asked.evidence.about != evidence.about {
            return Err(Misfit::OtherAnswer(id.to_string()).into());
        }
        if self.answers_for(&asked.evidence.about) {
            Ok(())
        } else {
            Err(Misfit::NotTheirsToAnswer(id.to_string()).into())
        }
    }

    /// What follows an incident is stated by those whom it concerns, since it stops clocks: whoever reported it, and whoever answers for
    /// what it hit. It says which one it follows: unnamed it would stop the oldest clock, be that of another or of one withdrawn.
    fn follows_fit(&self, evidence: &Evidence) -> Result<(), Refusal> {
        let concerned = |incident: &EvidenceRecord| {
            incident.evidence.signed_by == self.actor.id || self.answers_for(&incident.evidence.about)
        };
        let Some(id) = &evidence.answers else {
            let follows = INCIDENT_FOLLOWS.contains(&evidence.kind.as_str());
            let unnamed =
                follows && self.state.evidence_about(&evidence.about).any(|record| record.evidence.is_incident());
            return if unnamed { Err(Misfit::FollowsUnnamed.into()) } else { Ok(()) };
        };
        let Some(incident) = self.state.evidence.get(id).filter(|record| record.evidence.is_incident()) else {
            return Ok(());
        };
        if incident.evidence.about != evidence.about {
            return Err(Misfit::OtherIncident(id.to_string()).into());
        }
        if concerned(incident) { Ok(()) } else { Err(Misfit::NotTheirsToFollow(id.to_string()).into()) }
    }

    /// A request for an agreement is about a deployment. Whoever answers for that one offers or refuses, and says which request it
    /// answers; a request that takes an offer up follows one that was made to the same party.
    fn requests_fit(&self, evidence: &Evidence, record: Option<&DeploymentRecord>) -> Result<(), Refusal> {
        let find = |id: &EvidenceId| self.state.evidence.get(id).map(|record| &record.evidence);
        let answered = evidence.answers.as_ref().and_then(find);
        let fits = |other: &Evidence, kind: &str| other.kind.as_str() == kind && other.about == evidence.about;
        match (evidence.kind.as_str(), answered) {
            (GRANT_REQUEST, _) if !matches!(evidence.about, Subject::Deployment { .. }) => {
                Err(Misfit::Request("a request for an agreement is about a deployment").into())
            }
            (GRANT_REQUEST, Some(offer)) => {
                let made_to = offer.answers.as_ref().and_then(find).map(|asked| &asked.signed_by);
                let taken_up = fits(offer, GRANT_OFFER) && made_to == Some(&self.actor.id);
                if taken_up { Ok(()) } else { Err(Misfit::OtherAnswer(offer.id.to_string()).into()) }
            }
            (GRANT_OFFER | GRANT_REFUSAL, None) => {
                Err(Misfit::Request("an offer or a refusal says in `answers` which request it answers").into())
            }
            (GRANT_OFFER | GRANT_REFUSAL, Some(asked)) if !fits(asked, GRANT_REQUEST) => {
                Err(Misfit::OtherAnswer(asked.id.to_string()).into())
            }
            (GRANT_OFFER | GRANT_REFUSAL, Some(asked)) => {
                let gives = record.is_some_and(|record| record.deployment.accountable == self.actor.id);
                if gives { Ok(()) } else { Err(Misfit::NotTheirsToGive(asked.id.to_string()).into()) }
            }
            _ => Ok(()),
        }
    }

    /// Whether the party that asks answers to residents for something.
    pub(super) fn answers_for(&self, about: &Subject) -> bool {
        answers_for(self.state, self.actor, about)
    }

    /// Withdraws a statement: whoever signed it, or an officer; a report of an incident an officer or the founder.
    pub(super) fn withdraw_evidence(&self, id: &EvidenceId) -> Result<Vec<Draft>, Refusal> {
        let evidence = known(self.state.evidence.get(id), "evidence", id)?;
        if evidence.ended.is_some() {
            return Ok(Vec::new());
        }
        if self.state.inquiries.contains_key(id) {
            return Err(Misfit::Inquiry(id.to_string()).into());
        }
        let evidence = &evidence.evidence;
        if evidence.is_incident() && !answers_for_all(self.state, self.actor) {
            return Err(Misfit::Reported(id.to_string()).into());
        }
        self.needs_reason()?;
        let may =
            evidence.is_incident() || evidence.signed_by == self.actor.id || self.actor.kind == PartyKind::Officer;
        if !may {
            return Err(Misfit::NotTheirs(evidence.signed_by.to_string()).into());
        }
        let subject = ActSubject::Withdrawal(evidence);
        let what = What::EvidenceWithdrawn(EvidenceRef { evidence: id.clone() });
        self.unless(false, Verb::WithdrawEvidence, subject, what)
    }

    /// Whether the sign-offs of an instrument's answers are those parties' own word: each has filed it itself, for this very
    /// document. What is no answer to an instrument is a paper, and its sign-offs are its signer's word.
    pub(super) fn signed_off(&self, assessment: &Assessment) -> Result<(), Refusal> {
        if assessment.instrument_hash.is_none() {
            return Ok(());
        }
        let about = Subject::Deployment { id: assessment.deployment.clone() };
        let gave = |sign_off: &SignOff| {
            let kind = SignOff::evidence_kind(&sign_off.role).ok();
            self.state.evidence_about(&about).any(|record| {
                let evidence = &record.evidence;
                record.in_force(self.now)
                    && kind.as_ref() == Some(&evidence.kind)
                    && evidence.signed_by == sign_off.party
                    && evidence.document == Some(assessment.document)
                    && evidence.on == sign_off.at
            })
        };
        // Whoever files signs by that, and only once: an earlier role of its own it has signed off like anybody else.
        let by_filing = assessment.sign_offs.iter().rposition(|one| one.party == self.actor.id);
        let others = assessment.sign_offs.iter().enumerate().filter(|(at, _)| Some(*at) != by_filing);
        let missing = others.map(|(_, one)| one).find(|one| !gave(one));
        missing.map_or(Ok(()), |one| {
            let (party, role) = (one.party.to_string(), one.role.clone());
            Err(Misfit::NotSignedOff { party, role, at: one.at }.into())
        })
    }

    /// Approves a class of deployments, or renews its approval, with a reason: it takes the place of many approvals. What it covers never changes under the same id.
    pub(super) fn approve_class(&self, class: &ClassApproval) -> Result<Vec<Draft>, Refusal> {
        if class.purposes.is_empty() {
            return Err(Misfit::Count("a class has at least one purpose".to_owned()).into());
        }
        if let Some(known) = self.state.classes.get(&class.id) {
            if &known.approval == class {
                return Ok(Vec::new());
            }
            let renewed = ClassApproval { until: class.until, ..known.approval.clone() };
            if &renewed != class {
                return Err(taken("class", &class.id));
            }
        }
        self.needs_reason()?;
        fit::to_come("the approval of the class", class.until, self.now)?;
        self.unless(false, Verb::ApproveClass, ActSubject::Class(class), What::ClassApproved(class.clone()))
    }

    /// The deployment that a statement is about, or to whose devices the device belongs; none for the city.
    fn about(&self, subject: &Subject) -> Result<Option<&DeploymentRecord>, Refusal> {
        match subject {
            Subject::City => Ok(None),
            Subject::Deployment { id } => self.deployment(id).map(Some),
            Subject::Device { id } => {
                let device = known(self.state.devices.get(id), "device", id)?;
                self.deployment(&device.deployment).map(Some)
            }
        }
    }
}
