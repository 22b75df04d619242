//! Sessions of people who are signed in: kept in memory by the hash of a random id, ended by time, by the person, or by the hub.
//!
//! A session stands for a token and is never more than it: each request asks the fold whether the token that began it is still
//! somebody's who speaks for a member.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{Digest, Span, Timestamp};
use sha2::{Digest as _, Sha256};
use web::{SessionId, Throttle};

/// How long a session lasts that nobody uses.
const IDLE_MAX: Span = Span::minutes(30);
/// The longest that a session lasts.
const SESSION_MAX: Span = Span::hours(12);
/// The most sessions; then the one that was used longest ago ends.
const SESSIONS_MAX: usize = 16_384;
/// The most sessions of one token, counted likewise.
const OWN_SESSIONS_MAX: usize = 8;

/// The hash of a token, as the log holds it.
pub(super) fn credential(token: &str) -> Digest {
    Digest::new(Sha256::digest(token.as_bytes()).into())
}

/// A session that is open.
#[derive(Debug, Clone, Copy)]
struct Open {
    credential: Digest,
    began: Timestamp,
    used: Timestamp,
}

impl Open {
    fn lasts(&self, now: Timestamp) -> bool {
        // A clock that was set back ends what it would make last for ever.
        now >= self.began && now.since(self.used) < IDLE_MAX && now.since(self.began) < SESSION_MAX
    }
}

/// All sessions.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    open: Mutex<HashMap<Digest, Open>>,
    /// Tries with tokens that are nobody's.
    pub(super) wrong: Throttle,
}

impl Sessions {
    /// Begins a session for a token that is somebody's.
    pub(super) fn begin(&self, id: &SessionId, credential: Digest, now: Timestamp) {
        let mut open = self.open();
        let own = || open.iter().filter(|(_, session)| session.credential == credential);
        if own().count() >= OWN_SESSIONS_MAX {
            let oldest = own().min_by_key(|(_, session)| session.used).map(|(id, _)| *id);
            oldest.map(|id| open.remove(&id));
        }
        if open.len() >= SESSIONS_MAX {
            open.retain(|_, session| session.lasts(now));
        }
        if open.len() >= SESSIONS_MAX {
            let oldest = open.iter().min_by_key(|(_, session)| session.used).map(|(id, _)| *id);
            oldest.map(|id| open.remove(&id));
        }
        open.insert(id.kept(), Open { credential, began: now, used: now });
    }

    /// The token that a session stands for, if it lasts. It counts as used.
    pub(super) fn credential(&self, id: &SessionId, now: Timestamp) -> Option<Digest> {
        let (mut open, kept) = (self.open(), id.kept());
        let session = open.get_mut(&kept)?;
        if !session.lasts(now) {
            open.remove(&kept);
            return None;
        }
        session.used = session.used.max(now);
        Some(session.credential)
    }

    /// Ends a session.
    pub(super) fn end(&self, id: &SessionId) {
        self.open().remove(&id.kept());
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Digest, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_unused_by_age_when_told_and_when_the_clock_is_set_back() {
        let sessions = Sessions::default();
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        let id = SessionId::fresh(&testkit::SeededBytes::new(1)).unwrap();
        let token = credential("a");
        sessions.begin(&id, token, now);
        assert_eq!(sessions.credential(&id, now + Span::minutes(29)), Some(token));
        assert_eq!(sessions.credential(&id, now + Span::minutes(58)), Some(token), "it was used");
        assert_eq!(sessions.credential(&id, now + Span::minutes(88)), None);
        sessions.begin(&id, token, now);
        assert_eq!(sessions.credential(&id, now - Span::minutes(1)), None);
        sessions.begin(&id, token, now);
        for half in 1..=35_u32 {
            sessions.credential(&id, now + Span::minutes(20 * half));
        }
        assert_eq!(sessions.credential(&id, now + SESSION_MAX), None);
        sessions.begin(&id, token, now);
        sessions.end(&id);
        assert_eq!(sessions.credential(&id, now), None);
    }

    #[test]
    fn one_token_has_a_few_sessions_and_takes_nobody_elses() {
        let (sessions, random) = (Sessions::default(), testkit::SeededBytes::new(2));
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        let begun = |token: &str, at: Timestamp| {
            let id = SessionId::fresh(&random).unwrap();
            sessions.begin(&id, credential(token), at);
            id
        };
        let other = begun("b", now);
        let own: Vec<SessionId> = (1..=10_u32).map(|minute| begun("a", now + Span::minutes(minute))).collect();
        let later = now + Span::minutes(11);
        let open = own.iter().filter(|id| sessions.credential(id, later).is_some()).count();
        assert_eq!(open, OWN_SESSIONS_MAX);
        assert!(sessions.credential(&own[1], later).is_none() && sessions.credential(&own[2], later).is_some());
        assert_eq!(sessions.credential(&other, later), Some(credential("b")));
    }
}
