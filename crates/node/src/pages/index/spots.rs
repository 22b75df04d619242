//! Where each deployment is, for whoever asks what is near.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{DeploymentId, DeploymentRecord, PlaceId, Point};
use register::State;

use super::At;
use crate::pages::near::distance;

/// Positions of sensors; and, of what has none or moves about, the place.
pub(crate) struct Spots {
    sensors: Vec<(Point, At)>,
    places: BTreeMap<PlaceId, Vec<At>>,
    count: usize,
}

/// How far a deployment is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Far {
    pub(crate) at: At,
    /// None if its place is not in the register.
    pub(crate) metres: Option<f64>,
    /// Whether that is the distance to a sensor, and not to the outline of a place.
    pub(crate) to_sensor: bool,
}

impl Spots {
    pub(super) fn of(state: &State, order: &[Arc<DeploymentRecord>]) -> Self {
        let ats: BTreeMap<&DeploymentId, At> = order.iter().map(|record| &record.deployment.id).zip(0..).collect();
        let moves = |at: At| order.get(at as usize).is_some_and(|record| record.deployment.mobile);
        let sensor = |device: &Arc<model::Device>| Some((device.position, *ats.get(&device.deployment)?));
        let sensors: Vec<(Point, At)> =
            state.devices.values().filter_map(sensor).filter(|(_, at)| !moves(*at)).collect();
        let mut seen = vec![false; order.len()];
        for seen_at in sensors.iter().map(|(_, at)| *at as usize) {
            if let Some(seen) = seen.get_mut(seen_at) {
                *seen = true;
            }
        }
        let mut places: BTreeMap<PlaceId, Vec<At>> = BTreeMap::new();
        for ((at, record), _) in (0..).zip(order).zip(seen).filter(|(_, seen)| !seen) {
            places.entry(record.deployment.place.clone()).or_default().push(at);
        }
        Self { sensors, places, count: order.len() }
    }

    /// The nearest deployments, the nearest first; those that are as far as each other in the order of lists.
    pub(crate) fn nearest(&self, state: &State, from: Point, most: usize) -> Vec<Far> {
        let mut all: Vec<Far> = (0..).take(self.count).map(|at| Far { at, metres: None, to_sensor: false }).collect();
        for (position, at) in &self.sensors {
            let metres = distance::between(from, *position);
            if let Some(far) = all.get_mut(*at as usize).filter(|far| far.metres.is_none_or(|best| metres < best)) {
                *far = Far { at: *at, metres: Some(metres), to_sensor: true };
            }
        }
        for (place, ats) in &self.places {
            let Some(place) = state.places.get(place) else { continue };
            let metres = distance::to_shape(from, &place.geometry);
            for at in ats {
                if let Some(far) = all.get_mut(*at as usize) {
                    far.metres = Some(metres);
                }
            }
        }
        let nearer = |one: &Far, other: &Far| {
            let metres = |far: &Far| far.metres.unwrap_or(f64::INFINITY);
            metres(one).total_cmp(&metres(other)).then(one.at.cmp(&other.at))
        };
        if let Some(last) = most.checked_sub(1).filter(|_| most < all.len()) {
            all.select_nth_unstable_by(last, nearer);
        }
        all.truncate(most);
        all.sort_by(nearer);
        all
    }
}
