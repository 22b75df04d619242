//! Where each deployment is, for whoever asks what is near.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{DeploymentId, DeploymentRecord, Geometry, PlaceId, Point};
use register::State;

use super::At;
use crate::pages::near::distance::{self, OnSphere};

/// Positions of sensors; and, of what has none or moves about, the place.
pub(crate) struct Spots {
    sensors: Vec<Sensor>,
    places: BTreeMap<PlaceId, Vec<At>>,
    count: usize,
}

/// A sensor that stays where it is.
struct Sensor {
    position: Point,
    on_sphere: OnSphere,
    of: At,
}

/// By what it is known how far a deployment is.
#[derive(Clone, Copy)]
enum By {
    Nothing,
    Sensor(Point),
    /// So many metres to its outline.
    Place(f64),
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
        let sensor = |device: &Arc<model::Device>| {
            let position = device.position;
            Some(Sensor { position, on_sphere: OnSphere::of(position), of: *ats.get(&device.deployment)? })
        };
        let sensors: Vec<Sensor> =
            state.devices.values().filter_map(sensor).filter(|sensor| !moves(sensor.of)).collect();
        let mut seen = vec![false; order.len()];
        for seen_at in sensors.iter().map(|sensor| sensor.of as usize) {
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
        let here = OnSphere::of(from);
        let mut all: Vec<(f64, At, By)> = (0..).take(self.count).map(|at| (f64::INFINITY, at, By::Nothing)).collect();
        for sensor in &self.sensors {
            let apart = here.apart(sensor.on_sphere);
            if let Some(far) = all.get_mut(sensor.of as usize).filter(|(nearest, ..)| apart < *nearest) {
                *far = (apart, sensor.of, By::Sensor(sensor.position));
            }
        }
        for (place, ats) in &self.places {
            let Some(place) = state.places.get(place) else { continue };
            let metres = distance::to_shape(from, &place.geometry);
            let apart = match &place.geometry {
                Geometry::Point(point) => here.apart(OnSphere::of(*point)),
                Geometry::Polygon(_) => distance::apart(metres),
            };
            for at in ats {
                if let Some(far) = all.get_mut(*at as usize) {
                    *far = (apart, *at, By::Place(metres));
                }
            }
        }
        let nearer = |(one, first, _): &(f64, At, By), (other, second, _): &(f64, At, By)| {
            one.total_cmp(other).then(first.cmp(second))
        };
        if let Some(last) = most.checked_sub(1).filter(|_| most < all.len()) {
            all.select_nth_unstable_by(last, nearer);
        }
        all.truncate(most);
        all.sort_by(nearer);
        let far = |(_, at, by)| match by {
            By::Nothing => Far { at, metres: None, to_sensor: false },
            By::Sensor(position) => Far { at, metres: Some(distance::between(from, position)), to_sensor: true },
            By::Place(metres) => Far { at, metres: Some(metres), to_sensor: false },
        };
        all.into_iter().map(far).collect()
    }
}
