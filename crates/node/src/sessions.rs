//! Sessions of signed-in parties: kept in memory by the hash of a random id, ended by time, by the party, or by the register.
//!
//! A session stands for a token and is never more than it: each request asks the register whether the token that began it is
//! still its party's. The id is in the browser's cookie and nowhere else.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use flow::City;
use model::entropy::NoEntropy;
use model::{Digest, Party, PartyId, Span, Timestamp};
use register::State;
use web::{SessionId, Throttle};

/// How long a session lasts that nobody uses.
pub(crate) const IDLE_MAX: Span = Span::minutes(30);
/// The longest that a session lasts.
pub(crate) const SESSION_MAX: Span = Span::hours(12);
/// The most sessions; then the one that was used longest ago ends.
const SESSIONS_MAX: usize = 4_096;
/// The most sessions of one party, likewise.
const PARTY_SESSIONS_MAX: usize = 32;
/// How far the clock may be set back before sessions end.
const SET_BACK_MAX: Span = Span::minutes(1);

/// A session that is open.
#[derive(Debug, Clone)]
struct Open {
    party: PartyId,
    /// The hash of the token that began it.
    credential: Digest,
    began: Timestamp,
    used: Timestamp,
}

impl Open {
    fn lasts(&self, now: Timestamp) -> bool {
        let (idle, age) = (now.since(self.used), now.since(self.began));
        now + SET_BACK_MAX >= self.used && idle < IDLE_MAX && age < SESSION_MAX
    }
}

/// All sessions.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    open: Mutex<HashMap<Digest, Open>>,
    /// Tries with tokens that are nobody's.
    pub(crate) wrong: Throttle,
}

impl Sessions {
    /// Begins a session for the party with a token, under an id that nobody knew before; none if the token is no party's.
    pub(crate) fn begin(&self, city: &City, token: &str) -> Result<Option<SessionId>, NoEntropy> {
        let (credential, now) = (flow::city::credential(token), city.register().now());
        let state = city.register().state();
        let Some(party) = state.party_with(&credential) else { return Ok(None) };
        let id = SessionId::fresh(city.register().entropy())?;
        let mut open = self.open();
        open.retain(|_, session| session.lasts(now));
        make_room(&mut open, |session| session.party == party.id, PARTY_SESSIONS_MAX);
        make_room(&mut open, |_| true, SESSIONS_MAX);
        open.insert(id.kept(), Open { party: party.id.clone(), credential, began: now, used: now });
        Ok(Some(id))
    }

    /// The party of a session, if it lasts and its token is still the party's. It counts as used.
    pub(crate) fn party(&self, id: &SessionId, state: &State, now: Timestamp) -> Option<Party> {
        let (mut open, kept) = (self.open(), id.kept());
        let session = open.get_mut(&kept)?;
        let party = state.party_with(&session.credential).filter(|party| party.id == session.party).cloned();
        if party.is_none() || !session.lasts(now) {
            open.remove(&kept);
            return None;
        }
        session.used = session.used.max(now);
        party
    }

    /// Ends a session.
    pub(crate) fn end(&self, id: &SessionId) {
        self.open().remove(&id.kept());
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Digest, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the session that was used longest ago among some, if there are as many as there may be.
fn make_room(open: &mut HashMap<Digest, Open>, among: impl Fn(&Open) -> bool, max: usize) {
    let those = || open.iter().filter(|(_, session)| among(session));
    if those().count() < max {
        return;
    }
    if let Some(oldest) = those().min_by_key(|(_, session)| session.used).map(|(id, _)| *id) {
        open.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(party: &str, began: Timestamp, used: Timestamp) -> Open {
        Open { party: party.parse().unwrap(), credential: Digest::new([1; 32]), began, used }
    }

    #[test]
    fn a_session_ends_unused_by_age_and_when_the_clock_is_set_back() {
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        let minute = Span::minutes(1);
        assert!(open("a", now, now).lasts(now + Span::minutes(29)));
        assert!(!open("a", now, now).lasts(now + IDLE_MAX));
        let late = now + SESSION_MAX;
        assert!(open("a", now, late - minute).lasts(late - minute) && !open("a", now, late - minute).lasts(late));
        assert!(open("a", now, now).lasts(now - minute) && !open("a", now, now).lasts(now - Span::minutes(2)));
    }

    #[test]
    fn who_has_too_many_sessions_loses_the_one_unused_for_longest() {
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        let mut all: HashMap<Digest, Open> =
            (0..4_u8).map(|at| (Digest::new([at; 32]), open("a", now, now + Span::minutes(u32::from(at))))).collect();
        all.insert(Digest::new([9; 32]), open("b", now, now));
        make_room(&mut all, |session| session.party.as_str() == "a", 4);
        assert!(all.len() == 4 && !all.contains_key(&Digest::new([0; 32])) && all.contains_key(&Digest::new([9; 32])));
        make_room(&mut all, |_| true, 5);
        assert_eq!(all.len(), 4);
    }
}
