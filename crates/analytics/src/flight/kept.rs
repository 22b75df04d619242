//! Answers that wait to be fetched: few, small, for a minute, each for its party and once.
//!
//! A flight has its schema before its rows, so that it is answered when it is asked for, and the rows wait here, in memory alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::PartyId;

use super::Answered;

/// The largest answer that is handed over as a flight, in bytes.
pub const ANSWER_BYTES_MAX: u64 = 16 << 20;
/// The most answers that wait.
pub const KEPT_MAX: usize = 16;
/// The most of them for one party.
pub const PARTY_KEPT_MAX: usize = 4;
/// How long one waits.
pub const KEPT_TIME: Duration = Duration::from_secs(60);

/// What a ticket is: 32 random bytes.
pub(super) type Ticket = [u8; 32];

/// The answers that wait.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<HashMap<Ticket, Waiting>>);

#[derive(Debug)]
struct Waiting {
    party: PartyId,
    /// None while it is worked on, and while it is fetched.
    answered: Option<Answered>,
}

/// A place for an answer, taken before anything is disclosed for it; free again when dropped, unless the answer was put there.
/// Whoever fetches the answer has the place until all of it is sent, so that a slow reader holds no more than one who waits.
#[derive(Debug)]
pub(super) struct Place {
    kept: Arc<Kept>,
    ticket: Ticket,
    put: bool,
}

impl Kept {
    /// Takes a place, if there is one.
    pub(super) fn place(self: &Arc<Self>, party: &PartyId, ticket: Ticket) -> Option<Place> {
        let mut waiting = self.waiting();
        let own = waiting.values().filter(|one| one.party == *party).count();
        if waiting.len() >= KEPT_MAX || own >= PARTY_KEPT_MAX || waiting.contains_key(&ticket) {
            return None;
        }
        waiting.insert(ticket, Waiting { party: party.clone(), answered: None });
        Some(Place { kept: Arc::clone(self), ticket, put: false })
    }

    /// Takes an answer away, with its place: once, and for its party alone. A ticket in other hands is as good as none, and stays.
    pub(super) fn take(self: &Arc<Self>, party: &PartyId, ticket: &[u8]) -> Option<(Answered, Place)> {
        let ticket = Ticket::try_from(ticket).ok()?;
        let mut waiting = self.waiting();
        let answered = waiting.get_mut(&ticket).filter(|one| one.party == *party)?.answered.take()?;
        Some((answered, Place { kept: Arc::clone(self), ticket, put: false }))
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Ticket, Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Lets an answer wait here, until it is fetched or its time is over. Asked within a runtime.
    pub(super) fn put(self, answered: Answered) {
        self.put_for(answered, KEPT_TIME);
    }

    fn put_for(mut self, answered: Answered, time: Duration) {
        if let Some(waiting) = self.kept.waiting().get_mut(&self.ticket) {
            waiting.answered = Some(answered);
        }
        self.put = true;
        let (kept, ticket) = (Arc::clone(&self.kept), self.ticket);
        tokio::spawn(async move {
            tokio::time::sleep(time).await;
            let mut waiting = kept.waiting();
            // What is being fetched is no longer waiting.
            if waiting.get(&ticket).is_some_and(|one| one.answered.is_some()) {
                waiting.remove(&ticket);
            }
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.put {
            self.kept.waiting().remove(&self.ticket);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, Question, answer};

    fn answered() -> Answered {
        let answer = answer(Question::parse("SELECT 1 AS one").unwrap(), Vec::new(), &Limits::default()).unwrap();
        Answered { answer, disclosures: "[]".to_owned() }
    }

    fn party(name: &str) -> PartyId {
        name.parse().unwrap()
    }

    #[tokio::test]
    async fn an_answer_is_fetched_once_by_its_party_and_waits_no_longer_than_its_time() {
        let kept = Arc::new(Kept::default());
        let (mobility, police) = (party("mobility"), party("police"));
        let place = kept.place(&mobility, [1; 32]).unwrap();
        assert!(kept.take(&mobility, &[1; 32]).is_none(), "nothing is there before it is answered");
        place.put(answered());
        assert!(kept.take(&police, &[1; 32]).is_none() && kept.take(&mobility, &[2; 32]).is_none());
        assert!(kept.take(&mobility, &[1; 31]).is_none() && kept.take(&mobility, b"").is_none());
        let fetched = kept.take(&mobility, &[1; 32]);
        assert!(fetched.is_some(), "a stranger's try did not use it up");
        assert!(kept.take(&mobility, &[1; 32]).is_none(), "once");
        assert_eq!(kept.waiting().len(), 1, "its place is taken while it is sent");
        drop(fetched);
        assert!(kept.waiting().is_empty());
        kept.place(&mobility, [3; 32]).unwrap().put_for(answered(), Duration::from_millis(1));
        while !kept.waiting().is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(kept.take(&mobility, &[3; 32]).is_none());
    }

    #[test]
    fn nobody_fills_the_places_of_the_others_and_what_failed_frees_its_place() {
        let kept = Arc::new(Kept::default());
        let ticket = |at: usize| [u8::try_from(at).unwrap(); 32];
        let own: Vec<Place> = (0..PARTY_KEPT_MAX).map(|at| kept.place(&party("a"), ticket(at)).unwrap()).collect();
        assert!(kept.place(&party("a"), ticket(100)).is_none());
        let others: Vec<Place> =
            (PARTY_KEPT_MAX..KEPT_MAX).map(|at| kept.place(&party(&format!("p-{at}")), ticket(at)).unwrap()).collect();
        assert!(kept.place(&party("b"), ticket(101)).is_none(), "all are taken");
        drop((own, others));
        assert!(kept.waiting().is_empty());
    }
}
