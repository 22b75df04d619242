//! Sessions of signed-in parties and persons: kept in memory by the hash of a random id, ended by time, by whoever is signed in, or
//! by the register.
//!
//! A session stands for a token, or for an account, and is never more than it: each request asks the register whether the token
//! that began it is still its party's, or the accounts whether the account is as it was. The id is in the browser's cookie and
//! nowhere else.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use flow::City;
use journal::accounts::{Account, Standing};
use model::entropy::NoEntropy;
use model::{Digest, Party, PartyId, Span, Timestamp};
use register::State;
use web::{SessionId, Throttle};

use crate::accounts::Roles;
use crate::accounts::roles::Action;

/// How long a session lasts that nobody uses.
pub(crate) const IDLE_MAX: Span = Span::minutes(30);
/// The longest that a session lasts.
pub(crate) const SESSION_MAX: Span = Span::hours(12);
/// The most sessions; then the one that was used longest ago ends.
const SESSIONS_MAX: usize = 4_096;
/// The most sessions of one party, likewise.
const PARTY_SESSIONS_MAX: usize = 32;
/// The most sessions of one account, likewise; those that wait for a code are counted apart, because they are begun by whoever knows
/// the password alone.
const ACCOUNT_SESSIONS_MAX: usize = 8;
/// The most sessions of one account that wait for a code, likewise.
const ACCOUNT_CODES_MAX: usize = 4;
/// How long a code may be looked for.
const CODE_MAX: Span = Span::minutes(10);
/// How far the clock may be set back before sessions end.
const SET_BACK_MAX: Span = Span::minutes(1);

/// How far somebody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// The password was right, and a code is missing.
    Code,
    /// All that the account asks for is there, and its roles ask for a second factor that it has not yet.
    Enrol,
    /// Signed in.
    Full,
}

impl Level {
    /// How far an account goes once its password, and its code if it has one, were right.
    pub(crate) fn of(account: &Account) -> Self {
        let roles = Roles::of_account(account);
        if roles.need_second() && account.second.is_none() { Self::Enrol } else { Self::Full }
    }
}

/// A person that is signed in.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The number of the account.
    pub(crate) account: u64,
    /// What the person may do for the party.
    pub(crate) roles: Roles,
    /// How far.
    pub(crate) level: Level,
    /// The account's epoch when the session began.
    epoch: u64,
    /// What a second factor is derived from that is not confirmed yet.
    beginning: Option<[u8; 32]>,
}

impl Person {
    /// Whether the person may do something for the party.
    pub(crate) fn may(&self, action: Action) -> bool {
        self.level == Level::Full && self.roles.may(action)
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Person({}, {}, {:?})", self.account, self.roles, self.level)
    }
}

/// Who is signed in.
#[derive(Debug, Clone)]
enum Who {
    /// Whoever has the token of this hash.
    Bearer(Digest),
    /// A person.
    Person(Person),
}

/// A session that is open.
#[derive(Debug, Clone)]
struct Open {
    party: PartyId,
    who: Who,
    began: Timestamp,
    used: Timestamp,
}

impl Open {
    fn lasts(&self, now: Timestamp) -> bool {
        let (idle, age) = (now.since(self.used), now.since(self.began));
        let most = if self.person().is_some_and(|person| person.level == Level::Code) { CODE_MAX } else { SESSION_MAX };
        now + SET_BACK_MAX >= self.used && idle < IDLE_MAX && age < most
    }

    const fn person(&self) -> Option<&Person> {
        match &self.who {
            Who::Person(person) => Some(person),
            Who::Bearer(_) => None,
        }
    }

    /// The party, if whoever began it is still the party's.
    fn party<'s>(&self, state: &'s State) -> Option<&'s Party> {
        match &self.who {
            Who::Bearer(credential) => state.party_with(credential).filter(|party| party.id == self.party),
            Who::Person(_) => state.parties.get(&self.party).map(|record| &record.party),
        }
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
        let credential = flow::city::credential(token);
        let state = city.register().state();
        let Some(party) = state.party_with(&credential) else { return Ok(None) };
        self.add(city, party.id.clone(), Who::Bearer(credential)).map(Some)
    }

    /// Begins a session for a person, as far as it is known who it is, under an id that nobody knew before.
    pub(crate) fn begin_person(
        &self,
        city: &City,
        account: &Account,
        level: Level,
    ) -> Result<Option<SessionId>, NoEntropy> {
        let Ok(party) = account.party.parse() else { return Ok(None) };
        let (roles, epoch) = (Roles::of_account(account), account.epoch);
        let person = Person { account: account.id, roles, level, epoch, beginning: None };
        self.add(city, party, Who::Person(person)).map(Some)
    }

    fn add(&self, city: &City, party: PartyId, who: Who) -> Result<SessionId, NoEntropy> {
        let (id, now) = (SessionId::fresh(city.register().entropy())?, city.register().now());
        let mut open = self.open();
        open.retain(|_, session| session.lasts(now));
        match &who {
            Who::Person(own) => {
                let waits = own.level == Level::Code;
                let like = |other: &Person| other.account == own.account && (other.level == Level::Code) == waits;
                let max = if waits { ACCOUNT_CODES_MAX } else { ACCOUNT_SESSIONS_MAX };
                make_room(&mut open, |session| session.person().is_some_and(like), max);
            }
            Who::Bearer(_) => make_room(&mut open, |session| session.party == party, PARTY_SESSIONS_MAX),
        }
        make_room(&mut open, |_| true, SESSIONS_MAX);
        open.insert(id.kept(), Open { party, who, began: now, used: now });
        Ok(id)
    }

    /// The party of a session, and the person if it is one's, if it lasts and whoever began it is still the party's. It counts as
    /// used.
    pub(crate) fn who(&self, id: &SessionId, state: &State, now: Timestamp) -> Option<(Party, Option<Person>)> {
        let (mut open, kept) = (self.open(), id.kept());
        let session = open.get_mut(&kept)?;
        let party = session.party(state).cloned().filter(|_| session.lasts(now));
        let Some(party) = party else {
            open.remove(&kept);
            return None;
        };
        session.used = session.used.max(now);
        Some((party, session.person().cloned()))
    }

    /// The account behind a session, if it is a person's. It does not count as used.
    pub(crate) fn account(&self, id: &SessionId) -> Option<u64> {
        self.open().get(&id.kept())?.person().map(|person| person.account)
    }

    /// Holds the session of a person against the account as it is now: it ends, or goes on with the roles of now. Gives the person
    /// if it goes on.
    pub(crate) fn refresh(&self, id: &SessionId, account: Option<&Account>) -> Option<Person> {
        let (mut open, kept) = (self.open(), id.kept());
        let session = open.get_mut(&kept)?;
        let Who::Person(person) = &mut session.who else { return None };
        let same = account.filter(|account| {
            let is_it = account.id == person.account && account.epoch == person.epoch;
            is_it && account.standing == Standing::Active && account.party == session.party.as_str()
        });
        let Some(account) = same else {
            open.remove(&kept);
            return None;
        };
        person.roles = Roles::of_account(account);
        if person.level == Level::Full {
            person.level = Level::of(account);
        }
        Some(person.clone())
    }

    /// What a second factor is derived from that somebody begins: random bytes that stay the same until it is confirmed.
    pub(crate) fn beginning(&self, id: &SessionId, fresh: [u8; 32]) -> Option<[u8; 32]> {
        let mut open = self.open();
        let Who::Person(person) = &mut open.get_mut(&id.kept())?.who else { return None };
        Some(*person.beginning.get_or_insert(fresh))
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
        Open { party: party.parse().unwrap(), who: Who::Bearer(Digest::new([1; 32])), began, used }
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
