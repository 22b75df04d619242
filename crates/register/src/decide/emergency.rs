//! Emergencies: who may state one, for how long, and who reviews it. What it opens is for the norms to say, and not decided here.

use model::emergency::{EMERGENCY, EMERGENCY_MAX, EMERGENCY_REVIEW};
use model::{DeploymentId, DeploymentRecord, Evidence, PartyKind, Subject, Timestamp};

use super::{Desk, Misfit, Refusal};

impl Desk<'_> {
    /// Whether a statement may state an emergency or review one; any other may be made.
    pub(super) fn emergency_fits(&self, evidence: &Evidence) -> Result<(), Refusal> {
        match evidence.kind.as_str() {
            EMERGENCY => self.states_emergency(evidence),
            EMERGENCY_REVIEW => self.reviews_emergency(evidence),
            _ => Ok(()),
        }
    }

    /// What is approved while an emergency is in force ends with it, so that it opens nothing that lasts.
    pub(super) fn within_emergency(&self, id: &DeploymentId, until: Timestamp) -> Result<(), Misfit> {
        let ends = self.state.emergency(id, self.now).and_then(|record| record.evidence.until);
        ends.filter(|ends| until > *ends).map_or(Ok(()), |ends| Err(Misfit::BeyondEmergency(ends)))
    }

    fn states_emergency(&self, evidence: &Evidence) -> Result<(), Refusal> {
        let record = self.by_another(evidence)?;
        if evidence.answers.is_some() {
            return Err(Misfit::Emergency("an emergency answers nothing").into());
        }
        // Counted from now: one that began yesterday was no less over by then.
        let latest = self.now + EMERGENCY_MAX;
        if evidence.until.is_none_or(|until| until > latest) {
            return Err(Misfit::Emergency("an emergency has an end, at most 72 hours from now").into());
        }
        let before = self.state.unreviewed_emergency(&record.deployment.id);
        before.map_or(Ok(()), |before| Err(Misfit::EmergencyUnreviewed(before.evidence.id.to_string()).into()))
    }

    fn reviews_emergency(&self, evidence: &Evidence) -> Result<(), Refusal> {
        self.by_another(evidence)?;
        let emergency = evidence.answers.as_ref().and_then(|id| self.state.evidence.get(id));
        let emergency = emergency.filter(|of| of.evidence.is_emergency() && of.evidence.about == evidence.about);
        let Some(emergency) = emergency else {
            return Err(Misfit::Emergency(
                "a review says in `answers` which emergency about the same deployment it reviews",
            )
            .into());
        };
        if emergency.in_force(self.now) {
            return Err(Misfit::Emergency("an emergency is reviewed once it is over").into());
        }
        if emergency.evidence.signed_by == self.actor.id {
            return Err(Misfit::Emergency("an emergency is reviewed by another than stated it").into());
        }
        Ok(())
    }

    /// The deployment that it is about; whoever states it is an officer, and another than answers for the deployment.
    fn by_another(&self, evidence: &Evidence) -> Result<&DeploymentRecord, Refusal> {
        let Subject::Deployment { id } = &evidence.about else {
            return Err(Misfit::Emergency("an emergency, and its review, is about one deployment").into());
        };
        let record = self.deployment(id)?;
        if self.actor.kind != PartyKind::Officer || record.deployment.accountable == self.actor.id {
            let words = "an emergency is stated, and reviewed, by an officer that does not answer for the deployment";
            return Err(Misfit::Emergency(words).into());
        }
        Ok(record)
    }
}
