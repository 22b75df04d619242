//! Those who watch what is released: how many there may be, and that the node stops.
//!
//! Everybody together, strangers together and each party by itself have a limit, so that whoever opens connections without
//! end keeps nobody else out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::PartyId;
use tokio::sync::watch;

use crate::jobs::Lane;
use crate::problem::{Kind, Problem};

/// The most connections that watch.
const WATCHERS_MAX: usize = 256;
/// The most of them without a token.
const OPEN_WATCHERS_MAX: usize = 128;
/// The most of one party.
const PARTY_WATCHERS_MAX: usize = 16;

/// The places for those who watch.
#[derive(Debug)]
pub(crate) struct Watchers {
    taken: Mutex<Taken>,
    closing: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    open: usize,
    parties: BTreeMap<PartyId, usize>,
}

impl Default for Watchers {
    fn default() -> Self {
        Self { taken: Mutex::default(), closing: watch::Sender::new(false) }
    }
}

impl Watchers {
    /// Takes a place, if there is one.
    pub(crate) fn enter(self: &Arc<Self>, party: &PartyId, lane: Lane) -> Result<Place, Problem> {
        let mut taken = self.taken();
        let too_many = |detail: &str| Problem::new(Kind::TooMany).detail(detail);
        match lane {
            Lane::Open if taken.open >= OPEN_WATCHERS_MAX => {
                return Err(too_many("too many people watch without a token; ask for the rows instead"));
            }
            Lane::Token | Lane::File if taken.parties.get(party).is_some_and(|count| *count >= PARTY_WATCHERS_MAX) => {
                return Err(too_many("this party watches over as many connections as one may; close some"));
            }
            _ if taken.all >= WATCHERS_MAX => return Err(Problem::new(Kind::Busy)),
            Lane::Open => taken.open += 1,
            Lane::Token | Lane::File => *taken.parties.entry(party.clone()).or_default() += 1,
        }
        taken.all += 1;
        Ok(Place { watchers: Arc::clone(self), party: party.clone(), lane })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.taken().all
    }

    /// Tells everybody that the node stops.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Hears when the node stops.
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place that somebody watches from; free again when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    watchers: Arc<Watchers>,
    party: PartyId,
    lane: Lane,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.watchers.taken();
        taken.all = taken.all.saturating_sub(1);
        match self.lane {
            Lane::Open => taken.open = taken.open.saturating_sub(1),
            Lane::Token | Lane::File => {
                let left = taken.parties.get_mut(&self.party).map_or(0, |count| {
                    *count = count.saturating_sub(1);
                    *count
                });
                if left == 0 {
                    taken.parties.remove(&self.party);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_and_each_party_have_their_own_limit_and_a_place_is_free_again() {
        let watchers = Arc::new(Watchers::default());
        let party = |name: &str| name.parse::<PartyId>().unwrap();
        let strangers: Vec<Place> =
            (0..OPEN_WATCHERS_MAX).map(|_| watchers.enter(&party("public"), Lane::Open).unwrap()).collect();
        assert_eq!(watchers.enter(&party("public"), Lane::Open).unwrap_err().status(), 429);
        let own: Vec<Place> =
            (0..PARTY_WATCHERS_MAX).map(|_| watchers.enter(&party("mobility"), Lane::Token).unwrap()).collect();
        assert_eq!(watchers.enter(&party("mobility"), Lane::Token).unwrap_err().status(), 429);
        let others: Vec<Place> = (watchers.count()..WATCHERS_MAX)
            .map(|count| watchers.enter(&party(&format!("party-{count}")), Lane::Token).unwrap())
            .collect();
        assert_eq!(watchers.enter(&party("one-more"), Lane::Token).unwrap_err().status(), 503);
        drop((strangers, own, others));
        assert_eq!(watchers.count(), 0);
        assert!(watchers.taken().parties.is_empty());
        assert!(watchers.enter(&party("mobility"), Lane::Token).is_ok());
    }
}
