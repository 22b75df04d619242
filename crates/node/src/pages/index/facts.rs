//! What lists show, in their order.

use std::collections::BTreeMap;
use std::sync::Arc;

use flow::disclose::PUBLIC;
use model::{DeploymentRecord, GrantRecord, Identifies, PartyId, PlaceId, Purpose, Technology, Timestamp};
use register::State;

use super::{At, Spots, Texts};
use crate::lang::Lang;
use crate::pages::places::around;
use crate::words;

/// The most places to choose among: those around others first.
const CHOICES_MAX: usize = 200;

/// What was worked out, and from when to when it holds.
pub(crate) struct Facts {
    since: Timestamp,
    until: Timestamp,
    /// Every deployment: those that may collect, those that may not yet, those that may not any more, each by their titles.
    pub(crate) order: Vec<Arc<DeploymentRecord>>,
    /// The same by the names of their places.
    pub(crate) by_place: Vec<At>,
    /// What is at a place, and in the places inside it.
    pub(crate) places: BTreeMap<PlaceId, Vec<At>>,
    pub(crate) purposes: BTreeMap<Purpose, Vec<At>>,
    /// What is of a kind, and of the kinds below it.
    pub(crate) technologies: BTreeMap<Technology, Vec<At>>,
    /// How many there are of each kind itself.
    pub(crate) of_kind: BTreeMap<Technology, usize>,
    /// What a party answers for.
    pub(crate) answers: BTreeMap<PartyId, Vec<At>>,
    /// What stands approved by a party.
    pub(crate) approved: BTreeMap<PartyId, Vec<At>>,
    /// Agreements in force, by purpose.
    pub(crate) given_for: BTreeMap<Purpose, Vec<Arc<GrantRecord>>>,
    /// Agreements in force, by recipient.
    pub(crate) given_to: BTreeMap<PartyId, Vec<Arc<GrantRecord>>>,
    /// The places, those around others first.
    pub(crate) widest: Vec<PlaceId>,
    /// Those of them that can be chosen from a list, by their small names.
    pub(crate) choices: Vec<(String, PlaceId)>,
    pub(crate) collecting: usize,
    pub(crate) about_people: usize,
    /// Views that everybody may have.
    pub(crate) open: usize,
    pub(crate) spots: Spots,
    pub(crate) texts: Texts,
}

impl Facts {
    pub(super) fn of(state: &State, now: Timestamp) -> Self {
        let (order, widest) = (order(state, now), widest(state));
        let mut facts = Self {
            since: now,
            until: until(state, now),
            by_place: Vec::new(),
            places: BTreeMap::new(),
            purposes: BTreeMap::new(),
            technologies: BTreeMap::new(),
            of_kind: BTreeMap::new(),
            answers: BTreeMap::new(),
            approved: BTreeMap::new(),
            given_for: BTreeMap::new(),
            given_to: BTreeMap::new(),
            choices: choices(state, &widest),
            widest,
            collecting: order.iter().filter(|record| record.in_force(now)).count(),
            about_people: order.iter().filter(|record| is_about_people(record)).count(),
            open: 0,
            spots: Spots::of(state, &order),
            texts: Texts::of(state, &order),
            order,
        };
        facts.place_all(state);
        facts.give_all(state, now);
        facts
    }

    /// Whether it still says at another time what it said at first.
    pub(super) fn holds(&self, now: Timestamp) -> bool {
        (self.since..self.until).contains(&now)
    }

    fn place_all(&mut self, state: &State) {
        for (at, record) in (0..).zip(&self.order) {
            let deployment = &record.deployment;
            let place = state.places.get(&deployment.place);
            let outer = place.map(|place| around(state, place)).unwrap_or_default();
            for place in std::iter::once(deployment.place.clone()).chain(outer) {
                let here = self.places.entry(place).or_default();
                // In a ring of places the same one would come again.
                if here.last() != Some(&at) {
                    here.push(at);
                }
            }
            for purpose in &deployment.purposes {
                self.purposes.entry(*purpose).or_default().push(at);
            }
            *self.of_kind.entry(deployment.technology).or_default() += 1;
            let kinds = std::iter::successors(Some(deployment.technology), |technology| technology.parent());
            kinds.for_each(|kind| self.technologies.entry(kind).or_default().push(at));
            self.answers.entry(deployment.accountable.clone()).or_default().push(at);
            if let Some(approval) = &record.standing.approval {
                self.approved.entry(approval.by.clone()).or_default().push(at);
            }
        }
        let place = |record: &DeploymentRecord| {
            let id = &record.deployment.place;
            (state.places.get(id).map_or_else(|| id.to_string(), |place| place.name.to_lowercase()), id.clone())
        };
        let mut by_place: Vec<(_, At)> = (0..).zip(&self.order).map(|(at, record)| (place(record), at)).collect();
        by_place.sort();
        self.by_place = by_place.into_iter().map(|(_, at)| at).collect();
    }

    fn give_all(&mut self, state: &State, now: Timestamp) {
        for record in state.grants.values().filter(|record| record.in_force(now)) {
            self.given_for.entry(record.grant.purpose).or_default().push(Arc::clone(record));
            self.given_to.entry(record.grant.recipient.clone()).or_default().push(Arc::clone(record));
            self.open += usize::from(record.grant.recipient.as_str() == PUBLIC);
        }
    }
}

fn is_about_people(record: &DeploymentRecord) -> bool {
    record.deployment.streams.iter().any(|stream| stream.identifies() != Identifies::Nobody)
}

fn order(state: &State, now: Timestamp) -> Vec<Arc<DeploymentRecord>> {
    let rank = |record: &DeploymentRecord| match words::badge(Lang::En, record, now).class {
        "on" => 0,
        "wait" => 1,
        _ => 2,
    };
    let mut order: Vec<Arc<DeploymentRecord>> = state.deployments.values().map(Arc::clone).collect();
    order.sort_by_cached_key(|record| (rank(record), record.deployment.title.to_lowercase()));
    order
}

/// When time alone changes something: a deployment begins or ends, an approval or an agreement runs out.
fn until(state: &State, now: Timestamp) -> Timestamp {
    let of_deployment = |record: &DeploymentRecord| {
        let approval = record.standing.approval.as_ref().map(|approval| approval.until);
        [Some(record.deployment.starts), Some(record.deployment.ends), approval]
    };
    let deployments = state.deployments.values().flat_map(|record| of_deployment(record)).flatten();
    let grants = state.grants.values().flat_map(|record| [record.since, record.grant.until]);
    deployments.chain(grants).filter(|at| *at > now).min().unwrap_or(Timestamp::MAX)
}

/// The widest places by name, so many as a list to choose from can have.
fn choices(state: &State, widest: &[PlaceId]) -> Vec<(String, PlaceId)> {
    let named = widest.iter().take(CHOICES_MAX).filter_map(|id| state.places.get(id));
    let mut choices: Vec<_> = named.map(|place| (place.name.to_lowercase(), place.id.clone())).collect();
    choices.sort();
    choices
}

/// The places, those around others first, then by name.
fn widest(state: &State) -> Vec<PlaceId> {
    let mut places: Vec<_> = state
        .places
        .values()
        .map(|place| (around(state, place).len(), place.name.to_lowercase(), place.id.clone()))
        .collect();
    places.sort();
    places.into_iter().map(|(_, _, id)| id).collect()
}
