//! The fold of consents: on whose log a draft may be tried. A consent that ended stays, with both decisions.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Applied;
use crate::act::{Act, Decision, Entry, PilotConsent};
use crate::state::{Consent, Consented, State};
use crate::words::{DraftId, MemberId};

impl State {
    pub(super) fn agree_to_pilot(&mut self, entry: Entry, act: &Act, agreed: &PilotConsent) -> Applied {
        self.consents(act, agreed)?;
        if self.consent(&agreed.draft, &agreed.city).is_some_and(|known| known.ended.is_none()) {
            return Err("it may be tried there already");
        }
        let begun = Consented { entry, at: act.at, decision: agreed.decision.clone() };
        let of = self.pilots.entry(agreed.draft.clone()).or_default();
        Arc::make_mut(of).insert(agreed.city.clone(), Arc::new(Consent { begun, ended: None }));
        Ok(())
    }

    pub(super) fn end_pilot(&mut self, entry: Entry, act: &Act, ended: &PilotConsent) -> Applied {
        self.consents(act, ended)?;
        let known = self.pilots.get_mut(&ended.draft).map(Arc::make_mut).and_then(|of| of.get_mut(&ended.city));
        let known = known.filter(|known| known.ended.is_none()).ok_or("it may not be tried there")?;
        Arc::make_mut(known).ended = Some(Consented { entry, at: act.at, decision: ended.decision.clone() });
        Ok(())
    }

    /// Ends every consent of a member that is none any more: it is no consent of whoever is admitted under its id later.
    pub(super) fn end_pilots_of(&mut self, city: &MemberId, entry: Entry, act: &Act, decision: &Decision) {
        let stands =
            |of: &Arc<BTreeMap<MemberId, Arc<Consent>>>| of.get(city).is_some_and(|known| known.ended.is_none());
        for of in self.pilots.values_mut().filter(|of| stands(of)) {
            if let Some(known) = Arc::make_mut(of).get_mut(city) {
                Arc::make_mut(known).ended = Some(Consented { entry, at: act.at, decision: decision.clone() });
            }
        }
    }

    /// Whether whoever did it speaks for the city or government whose log it is, about a draft that is there.
    fn consents(&self, act: &Act, consent: &PilotConsent) -> Applied {
        self.speaks_for(act, &consent.city)?;
        if self.members.by_id.get(&consent.city).is_none_or(|member| !member.listed.kind.governs()) {
            return Err("a draft is tried on the log of a city or a government");
        }
        if self.drafts.contains_key(&consent.draft) { Ok(()) } else { Err("no such draft") }
    }

    /// What a city decided last about being a place where a draft is tried.
    #[must_use]
    pub fn consent(&self, draft: &DraftId, city: &MemberId) -> Option<&Consent> {
        self.pilots.get(draft)?.get(city).map(Arc::as_ref)
    }

    /// Whether a draft may be tried on a city's log now: it consented, and did not end that.
    #[must_use]
    pub fn may_be_tried(&self, draft: &DraftId, city: &MemberId) -> bool {
        self.consent(draft, city).is_some_and(|consent| consent.ended.is_none())
    }

    /// On how many logs a draft may be tried now.
    #[must_use]
    pub fn tried_on(&self, draft: &DraftId) -> usize {
        let cities = self.pilots.get(draft);
        cities.map_or(0, |cities| cities.keys().filter(|city| self.may_be_tried(draft, city)).count())
    }
}
