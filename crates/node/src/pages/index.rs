//! Everything in the order in which pages list it, worked out once and not for each page: which deployments are where, for what, by
//! what and by whom, which positions they have, and which words they are found by.
//!
//! It is drawn from the fold and from the time, and holds for as long as neither has changed what stands in it: keys that come and
//! go and data that is deleted every day change nothing here. It decides nothing, and no page says more by it than without it.

mod facts;
mod spots;
mod texts;

use std::sync::{Arc, Mutex, PoisonError};

use model::{DeploymentRecord, Timestamp};
use register::State;

pub(crate) use facts::Facts;
pub(crate) use spots::{Far, Spots};
pub(crate) use texts::{Part, Texts};

use crate::jobs::Lane;
use crate::problem::Problem;
use crate::router::Node;

/// Where a deployment stands in the order of lists.
pub(crate) type At = u32;

/// The register, and what was worked out of it.
#[derive(Clone)]
pub(crate) struct Index {
    pub(crate) state: Arc<State>,
    pub(crate) now: Timestamp,
    pub(crate) facts: Arc<Facts>,
}

impl Index {
    /// A deployment by where it stands in lists.
    pub(crate) fn record(&self, at: At) -> Option<&Arc<DeploymentRecord>> {
        self.facts.order.get(at as usize)
    }

    /// The index at another state of the register and another time, if what stands in it is the same there.
    fn carried(&self, state: &Arc<State>, now: Timestamp) -> Option<Self> {
        let same = Arc::ptr_eq(&self.state, state) || same(&self.state, state);
        (same && self.facts.holds(now)).then(|| Self { state: Arc::clone(state), now, facts: Arc::clone(&self.facts) })
    }
}

/// Whether all of what an index is made of is the very same: an act that changes a thing puts a new one in its place.
fn same(one: &State, other: &State) -> bool {
    fn all<K, V>(one: &std::collections::BTreeMap<K, Arc<V>>, other: &std::collections::BTreeMap<K, Arc<V>>) -> bool {
        one.len() == other.len() && one.values().zip(other.values()).all(|(one, other)| Arc::ptr_eq(one, other))
    }
    all(&one.deployments, &other.deployments)
        && all(&one.places, &other.places)
        && all(&one.parties, &other.parties)
        && all(&one.devices, &other.devices)
        && all(&one.grants, &other.grants)
}

/// The newest index.
#[derive(Default)]
pub(crate) struct Indexes {
    newest: Mutex<Option<Index>>,
    /// Held by whoever works one out: the others wait for it, and do not do the same.
    working: Mutex<()>,
}

impl Indexes {
    /// The newest, if it says of a state of the register and a time what one of them would.
    fn newest(&self, state: &Arc<State>, now: Timestamp) -> Option<Index> {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let carried = newest.as_ref()?.carried(state, now)?;
        replace(&mut newest, &carried);
        Some(carried)
    }

    /// The same, or one that is worked out by this call or by another that was faster.
    fn made(&self, state: Arc<State>, now: Timestamp) -> Index {
        let _working = self.working.lock().unwrap_or_else(PoisonError::into_inner);
        self.newest(&state, now).unwrap_or_else(|| {
            let index = Index { facts: Arc::new(Facts::of(&state, now)), state, now };
            replace(&mut self.newest.lock().unwrap_or_else(PoisonError::into_inner), &index);
            index
        })
    }
}

/// Keeps an index in the place of one of no later state of the register. Of the same state the later stays, as long as it holds: a clock
/// that was set back leaves one that does not.
fn replace(newest: &mut Option<Index>, index: &Index) {
    let gives_way = |known: &Index| {
        let (older, size) = (known.state.size, index.state.size);
        older < size || (older == size && (known.now <= index.now || !known.facts.holds(index.now)))
    };
    if newest.as_ref().is_none_or(gives_way) {
        *newest = Some(index.clone());
    }
}

/// The index of the register as it is now. A new one is worked out beside the event loop.
///
/// # Errors
/// Too many ask at once.
pub(crate) async fn index(node: &Node) -> Result<Index, Problem> {
    let (state, now) = (node.city.register().state(), node.city.register().now());
    if let Some(index) = node.indexes.newest(&state, now) {
        return Ok(index);
    }
    let indexes = Arc::clone(&node.indexes);
    node.jobs.run(Lane::Open, move || indexes.made(state, now)).await
}

#[cfg(test)]
mod tests;
