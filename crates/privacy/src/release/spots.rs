//! Where the rows of a window belong: at a sensor's place in the public grid, or on a way from one sensor to another.
//!
//! Sensors that are not registered have no place, and what is between them neither.

use std::collections::{BTreeMap, HashMap};

use model::{PropertyName, Space, Timestamp, Window};

use super::{CellKey, Sensor, grid, key};
use crate::columns::{Column, Columns, Texts};
use crate::memory::FROM;

/// Where rows belong.
pub(super) enum Places {
    /// By sensor.
    Sensors(HashMap<String, usize>),
    /// By the numbers of two sensors.
    Ways { sensors: HashMap<String, usize>, ways: HashMap<(usize, usize), usize> },
}

/// Where the rows of one batch belong.
pub(super) struct Spots<'a> {
    places: &'a Places,
    /// The place, or the number, of each of the batch's sensors.
    of: Vec<Option<usize>>,
    /// Which of these each row is of.
    device: &'a [u32],
    /// Of journeys, where each began.
    from: Option<&'a Texts>,
}

impl Places {
    /// The cells of a public grid, among which each registered sensor has its place.
    pub(super) fn sensors(space: &Space, sensors: &[Sensor]) -> (Vec<CellKey>, Self) {
        let keys: Vec<CellKey> = grid(space, sensors).into_iter().collect();
        let place = |sensor: &Sensor| keys.binary_search(&key(space, sensor)?).ok();
        let of = sensors.iter().filter_map(|sensor| Some((sensor.id.to_string(), place(sensor)?))).collect();
        (keys, Self::Sensors(of))
    }

    /// The ways that somebody went in a window, between registered sensors.
    pub(super) fn ways(sensors: &[Sensor], window: Window, observations: &[Columns]) -> (Vec<CellKey>, Self) {
        let numbers: HashMap<String, usize> = sensors.iter().map(|s| s.id.to_string()).zip(0..).collect();
        let everywhere = Self::Ways { sensors: numbers, ways: HashMap::new() };
        let mut found = BTreeMap::new();
        for columns in observations {
            let spots = everywhere.spots(columns);
            for (row, time) in columns.times().iter().enumerate() {
                let Some((from, to)) = spots.way(row).filter(|_| window.contains(Timestamp::from_millis(*time))) else {
                    continue;
                };
                if let (Some(begin), Some(end)) = (sensors.get(from), sensors.get(to)) {
                    found.insert(CellKey::Pair { from: begin.id.clone(), to: end.id.clone() }, (from, to));
                }
            }
        }
        let (keys, pairs): (Vec<CellKey>, Vec<(usize, usize)>) = found.into_iter().unzip();
        let Self::Ways { sensors, .. } = everywhere else { return (keys, everywhere) };
        (keys, Self::Ways { sensors, ways: pairs.into_iter().zip(0..).collect() })
    }

    pub(super) fn spots<'a>(&'a self, columns: &'a Columns) -> Spots<'a> {
        let (Self::Sensors(known) | Self::Ways { sensors: known, .. }) = self;
        let of = columns.devices().iter().map(|device| known.get(device.as_str()).copied()).collect();
        let from = PropertyName::new(FROM).ok().and_then(|name| match columns.column(&name) {
            Some(Column::Text(texts)) => Some(texts),
            _ => None,
        });
        Spots { places: self, of, device: columns.device_numbers(), from }
    }
}

impl Spots<'_> {
    fn sensor(&self, row: usize) -> Option<usize> {
        self.of.get(*self.device.get(row)? as usize).copied().flatten()
    }

    fn way(&self, row: usize) -> Option<(usize, usize)> {
        let Places::Ways { sensors, .. } = self.places else { return None };
        Some((*sensors.get(self.from?.get(row)?)?, self.sensor(row)?))
    }

    /// The place of a row; none if a sensor of it is not registered.
    pub(super) fn of(&self, row: usize) -> Option<usize> {
        match self.places {
            Places::Sensors(_) => self.sensor(row),
            Places::Ways { ways, .. } => ways.get(&self.way(row)?).copied(),
        }
    }
}
