//! The fold of consents: on whose log a draft may be tried. One that ended stays, so that what was noted under it is found and forgotten.

use std::sync::Arc;

use super::Applied;
use crate::act::{Act, Entry, PilotConsent};
use crate::state::{Consent, State};
use crate::words::{DraftId, MemberId};

impl State {
    pub(super) fn agree_to_pilot(&mut self, entry: Entry, act: &Act, agreed: &PilotConsent) -> Applied {
        self.consents(act, agreed)?;
        if self.may_be_tried(&agreed.draft, &agreed.city) {
            return Err("it may be tried there already");
        }
        let consent = Consent { entry, at: act.at, decision: agreed.decision.clone(), ended: None };
        let of = self.pilots.entry(agreed.draft.clone()).or_default();
        Arc::make_mut(of).insert(agreed.city.clone(), Arc::new(consent));
        Ok(())
    }

    pub(super) fn end_pilot(&mut self, entry: Entry, act: &Act, ended: &PilotConsent) -> Applied {
        self.consents(act, ended)?;
        if !self.may_be_tried(&ended.draft, &ended.city) {
            return Err("it may not be tried there");
        }
        self.end_consents(&ended.city, entry, |draft| *draft == ended.draft);
        Ok(())
    }

    /// Ends the consents of a city to some drafts. With a membership all of them end: they are none of whoever is admitted under its id later.
    pub(super) fn end_consents(&mut self, city: &MemberId, entry: Entry, to: impl Fn(&DraftId) -> bool) {
        for (_, of) in self.pilots.iter_mut().filter(|(draft, of)| to(draft) && of.contains_key(city)) {
            let known = Arc::make_mut(of).get_mut(city).map(Arc::make_mut);
            known.into_iter().for_each(|known| _ = known.ended.get_or_insert(entry));
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

    /// Whether a draft may be tried on a city's log now: it consented, and did not end that.
    #[must_use]
    pub fn may_be_tried(&self, draft: &DraftId, city: &MemberId) -> bool {
        let consent = self.pilots.get(draft).and_then(|cities| cities.get(city));
        consent.is_some_and(|consent| consent.ended.is_none())
    }

    /// On how many logs a draft may be tried now.
    #[must_use]
    pub fn tried_on(&self, draft: &DraftId) -> usize {
        let cities = self.pilots.get(draft);
        cities.map_or(0, |cities| cities.keys().filter(|city| self.may_be_tried(draft, city)).count())
    }
}
