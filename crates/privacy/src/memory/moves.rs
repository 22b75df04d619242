//! Who went from one sensor to another, and who stayed how long: over tags and times in their order.
//!
//! Knows no key, no bin and no class; forgets what can become nothing any more.

use std::collections::HashMap;

use model::treatment::REMEMBERED_MAX;
use model::{Span, Timestamp};

/// An instant, a sensor, a tag.
type Seen = (Timestamp, u32, u64);

/// A tag that went from one sensor to another.
pub(super) struct Journey {
    pub(super) tag: u64,
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) arrived: Timestamp,
    /// How long after it was last seen where it came from.
    pub(super) millis: i64,
}

/// A tag that was at a sensor and is gone.
pub(super) struct Stay {
    pub(super) tag: u64,
    pub(super) sensor: u32,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    /// Since when it was known that it is over.
    pub(super) known: Timestamp,
}

/// Where each tag was last seen.
#[derive(Default)]
pub(super) struct Journeys(HashMap<u64, (u32, Timestamp)>);

impl Journeys {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Works sightings in, all before an instant and in their order, and tells of each journey when it arrives.
    pub(super) fn advance(&mut self, due: &[Seen], until: Timestamp, within: Span, mut arrived: impl FnMut(Journey)) {
        for &(at, sensor, tag) in due {
            if let Some((from, left)) = self.0.insert(tag, (sensor, at)) {
                let millis = at.millis() - left.millis();
                if from != sensor && millis <= within.millis() {
                    arrived(Journey { tag, from, to: sensor, arrived: at, millis });
                }
            }
        }
        self.0.retain(|_, (_, left)| left.millis() + within.millis() >= until.millis());
    }
}

/// Since when each tag is at a sensor, and when it was last seen there.
#[derive(Default)]
pub(super) struct Visits(HashMap<(u64, u32), (Timestamp, Timestamp)>);

impl Visits {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Works sightings in, all before an instant and in their order, and gives the stays that are over, in no order. A stay
    /// of a day is over, so that what never leaves is not remembered for ever.
    pub(super) fn advance(&mut self, due: &[Seen], until: Timestamp, within: Span) -> Vec<Stay> {
        let mut over = Vec::new();
        for &(at, sensor, tag) in due {
            let visit = self.0.entry((tag, sensor)).or_insert((at, at));
            let (first, last) = *visit;
            let gone = last + within;
            if at > gone || at.millis() - first.millis() >= REMEMBERED_MAX.millis() {
                over.push(Stay { tag, sensor, first, last, known: at.min(gone) });
                *visit = (at, at);
            } else {
                visit.1 = at;
            }
        }
        self.0.retain(|&(tag, sensor), &mut (first, last)| {
            let gone = last + within;
            if gone < until {
                over.push(Stay { tag, sensor, first, last, known: gone });
            }
            gone >= until
        });
        over
    }
}
