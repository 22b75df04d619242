//! Who went from one sensor to another, and who stayed how long: over tags and times in their order.
//!
//! Knows no key, no bin and no class; forgets what can become nothing any more.

use std::collections::HashMap;

use model::treatment::REMEMBERED_MAX;
use model::{Span, Timestamp};

/// An instant, a sensor, a tag.
type Seen = (Timestamp, u32, u64);

/// Where each tag was last seen.
#[derive(Default)]
pub(super) struct Journeys(HashMap<u64, (u32, Timestamp)>);

impl Journeys {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Works sightings in, all before an instant and in their order, and tells of each journey: from, to, when it arrived,
    /// how many milliseconds after it was last seen where it came from.
    pub(super) fn advance(
        &mut self,
        due: &[Seen],
        until: Timestamp,
        within: Span,
        mut arrived: impl FnMut(u32, u32, Timestamp, i64),
    ) {
        for &(at, sensor, tag) in due {
            if let Some((from, left)) = self.0.insert(tag, (sensor, at)) {
                let millis = at.millis() - left.millis();
                if from != sensor && millis <= within.millis() {
                    arrived(from, sensor, at, millis);
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

    /// Works sightings in, all before an instant and in their order, and tells of each stay that is over: sensor, first and
    /// last sighting. A stay of a day is over, so that what never leaves is not remembered for ever.
    pub(super) fn advance(
        &mut self,
        due: &[Seen],
        until: Timestamp,
        within: Span,
        mut over: impl FnMut(u32, Timestamp, Timestamp),
    ) {
        for &(at, sensor, tag) in due {
            let visit = self.0.entry((tag, sensor)).or_insert((at, at));
            let (first, last) = *visit;
            let gone = at.millis() - last.millis() > within.millis();
            if gone || at.millis() - first.millis() >= REMEMBERED_MAX.millis() {
                over(sensor, first, last);
                *visit = (at, at);
            } else {
                visit.1 = at;
            }
        }
        self.0.retain(|&(_, sensor), &mut (first, last)| {
            let stays = last.millis() + within.millis() >= until.millis();
            if !stays {
                over(sensor, first, last);
            }
            stays
        });
    }
}
