//! Circumstances: what the register knows of a thing besides the thing, as norms ask for it.
//!
//! Drawn from the fold alone, for an instant. What is not in the register is not known, and what is not known is missing.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Deployment, DeploymentRecord, Device, EvidenceKind, EvidenceRecord, Geometry, PartyId, Subject, Tier, Timestamp,
};
use norms::Circumstances;

use crate::state::State;

/// What is known of a deployment that is being proposed.
#[must_use]
pub fn of_proposal(state: &State, deployment: &Deployment, now: Timestamp) -> Circumstances {
    let mut around = declared(state, deployment, Tier::of(deployment), now);
    around.moments.insert("proposed".to_owned(), now);
    around
}

/// What is known of a deployment as it stands.
#[must_use]
pub fn of_deployment(state: &State, record: &DeploymentRecord, now: Timestamp) -> Circumstances {
    let mut around = declared(state, &record.deployment, record.tier(), now);
    let about = Subject::Deployment { id: record.deployment.id.clone() };
    let dependent = [&record.standing.proposed_by, &record.deployment.accountable];
    evidence(&mut around, state.evidence_about(&about), &dependent, now);
    around.overdue.extend(state.overdue(&about));
    around.silences = state.silences(&about);
    let standing = &record.standing;
    let moments = [
        ("proposed", Some(standing.proposed_at)),
        ("approved", standing.approval.as_ref().map(|approval| approval.at)),
        ("published", standing.published_at),
        ("activated", standing.active_since),
    ];
    around.moments.extend(moments.into_iter().filter_map(|(name, at)| Some((name.to_owned(), at?))));
    around
}

/// What is known of a device.
#[must_use]
pub fn of_device(state: &State, device: &Device, now: Timestamp) -> Circumstances {
    let mut around = Circumstances::default();
    let about = Subject::Device { id: device.id.clone() };
    let record = state.deployments.get(&device.deployment);
    let dependent: Vec<&PartyId> =
        record.iter().flat_map(|record| [&record.standing.proposed_by, &record.deployment.accountable]).collect();
    evidence(&mut around, state.evidence_about(&about), &dependent, now);
    around
}

/// What is known of the city as a whole. Its founder answers for it.
#[must_use]
pub fn of_city(state: &State, now: Timestamp) -> Circumstances {
    let mut around = Circumstances::default();
    let founder: Vec<&PartyId> = state.founder().into_iter().collect();
    evidence(&mut around, state.evidence_about(&Subject::City), &founder, now);
    around.overdue = state.overdue(&Subject::City);
    around.silences = state.silences(&Subject::City);
    around
}

/// What is known of a deployment of a tier from what it declares.
fn declared(state: &State, deployment: &Deployment, tier: Tier, now: Timestamp) -> Circumstances {
    let place = state.places.get(&deployment.place);
    let city = state.evidence_about(&Subject::City).filter(|record| record.in_force(now));
    let moments = [("starts", deployment.starts), ("ends", deployment.ends)];
    Circumstances {
        city_evidence: city.map(|record| record.evidence.kind.clone()).collect(),
        accountable_kind: state.parties.get(&deployment.accountable).map(|record| record.party.kind),
        class_approved: state.class_of(deployment, tier, now).is_some(),
        overdue: state.overdue(&Subject::City),
        place_has_area: place.is_some_and(|place| matches!(place.geometry, Geometry::Polygon(_))),
        moments: moments.into_iter().map(|(name, at)| (name.to_owned(), at)).collect(),
        ..Circumstances::default()
    }
}

/// Adds the evidence in force: its kinds, those signed by somebody else, and when each was last so.
fn evidence<'a>(
    around: &mut Circumstances,
    records: impl Iterator<Item = &'a EvidenceRecord>,
    dependent: &[&PartyId],
    now: Timestamp,
) {
    let mut newest: BTreeMap<&EvidenceKind, Timestamp> = BTreeMap::new();
    let (mut kinds, mut independent) = (BTreeSet::new(), BTreeSet::new());
    for record in records.filter(|record| record.in_force(now)) {
        let stated = &record.evidence;
        kinds.insert(stated.kind.clone());
        if !dependent.contains(&&stated.signed_by) {
            independent.insert(stated.kind.clone());
        }
        newest.entry(&stated.kind).and_modify(|at| *at = (*at).max(stated.on)).or_insert(stated.on);
    }
    around.moments.extend(newest.into_iter().map(|(kind, at)| (kind.to_string(), at)));
    (around.evidence, around.independent_evidence) = (kinds, independent);
}

/// Whether a device stands within the place of its deployment.
#[must_use]
pub fn is_within_place(state: &State, device: &Device, record: &DeploymentRecord) -> bool {
    state.places.get(&record.deployment.place).is_some_and(|place| place.geometry.covers(&device.position))
}
