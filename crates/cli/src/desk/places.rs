//! How many questions a node answers at once: in all, and for each party.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::PartyId;

use super::Failed;

/// The most questions at once: each has a process that may take some hundred MiB.
const AT_ONCE_MAX: usize = 4;
/// The most of one party.
const PARTY_AT_ONCE_MAX: usize = 2;

/// The places at the desk.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<BTreeMap<PartyId, usize>>);

/// A place; free again when dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    party: PartyId,
}

impl Places {
    /// Takes a place.
    ///
    /// # Errors
    /// There is none: nobody waits here, whoever asked asks again.
    pub(super) fn enter(self: &Arc<Self>, party: &PartyId) -> Result<Place, Failed> {
        let mut taken = self.taken();
        if taken.get(party).is_some_and(|own| *own >= PARTY_AT_ONCE_MAX) {
            return Err(Failed::Busy("this party asks as many questions at once as one may; wait for their answers"));
        }
        if taken.values().sum::<usize>() >= AT_ONCE_MAX {
            return Err(Failed::Busy("as many questions are asked as can be answered at once; ask again in a moment"));
        }
        *taken.entry(party.clone()).or_default() += 1;
        Ok(Place { places: Arc::clone(self), party: party.clone() })
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<PartyId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        let left = taken.get(&self.party).map_or(0, |own| own.saturating_sub(1));
        if left == 0 {
            taken.remove(&self.party);
        } else {
            taken.insert(self.party.clone(), left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_leaves_room_for_others_and_a_place_is_free_again() {
        let places = Arc::new(Places::default());
        let party = |name: &str| name.parse::<PartyId>().unwrap();
        let own: Vec<Place> = (0..PARTY_AT_ONCE_MAX).map(|_| places.enter(&party("a")).unwrap()).collect();
        assert!(places.enter(&party("a")).unwrap_err().to_string().contains("this party"));
        let others: Vec<Place> = (PARTY_AT_ONCE_MAX..AT_ONCE_MAX).map(|_| places.enter(&party("b")).unwrap()).collect();
        assert!(places.enter(&party("c")).unwrap_err().to_string().contains("at once"));
        drop((own, others));
        assert!(places.taken().is_empty() && places.enter(&party("a")).is_ok());
    }
}
