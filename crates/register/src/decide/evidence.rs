//! Evidence and classes: who may say what, of which things that are there, and until when.

use model::act::EvidenceRef;
use model::{Assessment, ClassApproval, DeploymentRecord, Evidence, EvidenceId, PartyKind, SignOff, Subject, What};
use norms::{ActSubject, Verb};

use super::{Desk, Draft, Misfit, Refusal, fit, known, taken};

impl Desk<'_> {
    /// Files a statement.
    pub(super) fn file(&self, evidence: &Evidence) -> Result<Vec<Draft>, Refusal> {
        let record = self.about(&evidence.about)?;
        fit::text("the evidence's summary", &evidence.summary)?;
        if let Some(known) = self.state.evidence.get(&evidence.id) {
            return if &known.evidence == evidence { Ok(Vec::new()) } else { Err(taken("evidence", &evidence.id)) };
        }
        if evidence.signed_by != self.actor.id {
            return Err(Misfit::NotTheSigner(evidence.signed_by.to_string()).into());
        }
        if let Some(answered) = &evidence.answers {
            known(self.state.evidence.get(answered), "evidence", answered)?;
        }
        fit::not_to_come("evidence", evidence.on, self.now)?;
        if let Some(until) = evidence.until {
            fit::to_come("the evidence", until, self.now)?;
        }
        let subject = ActSubject::Evidence { evidence, record };
        self.unless(false, Verb::FileEvidence, subject, What::EvidenceFiled(evidence.clone()))
    }

    /// Withdraws a statement: whoever signed it, or an officer.
    pub(super) fn withdraw_evidence(&self, id: &EvidenceId) -> Result<Vec<Draft>, Refusal> {
        let evidence = known(self.state.evidence.get(id), "evidence", id)?;
        if evidence.ended.is_some() {
            return Ok(Vec::new());
        }
        if self.state.inquiries.contains_key(id) {
            return Err(Misfit::Inquiry(id.to_string()).into());
        }
        self.needs_reason()?;
        let evidence = &evidence.evidence;
        if evidence.signed_by != self.actor.id && self.actor.kind != PartyKind::Officer {
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

    /// Approves a class of deployments, or renews its approval. What it covers never changes under the same id.
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
