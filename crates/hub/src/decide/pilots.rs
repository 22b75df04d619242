//! Consents: who may let a draft be tried on which log.

use super::{Asked, Refusal, Written};
use crate::act::{PilotConsent, What};
use crate::words::{DraftId, Reasons};

impl Asked<'_> {
    pub(super) fn agree_to_pilot(&self, draft: &DraftId, reasons: &Reasons) -> Result<Written, Refusal> {
        let agreed = self.consent(draft, reasons)?;
        if self.state.may_be_tried(draft, &agreed.city) {
            return Err(Refusal::Already("your consent to it"));
        }
        if self.state.members.by_id.get(&agreed.city).is_none_or(|member| member.log.is_none()) {
            return Err(Refusal::NoLog(agreed.city));
        }
        Ok(self.written(What::PilotAgreed(agreed), None))
    }

    pub(super) fn end_pilot(&self, draft: &DraftId, reasons: &Reasons) -> Result<Written, Refusal> {
        let ended = self.consent(draft, reasons)?;
        if !self.state.may_be_tried(draft, &ended.city) {
            return Err(Refusal::Missing { what: "consent to trying the draft", id: draft.to_string() });
        }
        Ok(self.written(What::PilotEnded(ended), None))
    }

    fn consent(&self, draft: &DraftId, reasons: &Reasons) -> Result<PilotConsent, Refusal> {
        self.draft(draft)?;
        Ok(PilotConsent { draft: draft.clone(), city: self.own_place()?, decision: self.decision(reasons) })
    }
}
