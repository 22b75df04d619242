//! What flowed and what did not, and how the ticks went, in numbers without any value of an observation.
//!
//! Only streams of the register are counted: whoever asks for others cannot make the counters grow.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use model::StreamId;

use crate::tick::Step;

/// Numbers of one stream since the process started, and of what came late since the city began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StreamCounts {
    /// Observations admitted, of streams of which a number may be told; of the others none is kept.
    pub admitted: u64,
    /// Observations refused, likewise.
    pub refused: u64,
    /// Observations that came after their window was released, since the city began.
    pub late: u64,
    /// Windows released.
    pub windows: u64,
    /// Disclosures made.
    pub disclosures: u64,
    /// Disclosures refused.
    pub disclosures_refused: u64,
}

/// The counters of a city. Never holds how many observations a match-or-drop stream kept: that would tell of hits.
#[derive(Debug, Default)]
pub struct Counters(Mutex<BTreeMap<StreamId, StreamCounts>>);

impl Counters {
    /// Changes the numbers of one stream.
    pub fn add(&self, stream: &StreamId, change: impl FnOnce(&mut StreamCounts)) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(counts.entry(stream.clone()).or_default());
    }

    /// All numbers, by stream.
    #[must_use]
    pub fn snapshot(&self) -> BTreeMap<StreamId, StreamCounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How the ticks went since the process started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TickCounts {
    /// Ticks that did everything.
    pub done: u64,
    /// Ticks of which a step failed.
    pub failed: u64,
    /// How many of the latest ones failed in a row.
    pub failing: u64,
    /// How many times each step failed.
    pub steps: BTreeMap<Step, u64>,
}

impl TickCounts {
    /// Counts a tick whose failures are these.
    pub(crate) fn note(&mut self, failed: impl Iterator<Item = Step>) {
        let before = self.steps.values().sum::<u64>();
        failed.for_each(|step| *self.steps.entry(step).or_default() += 1);
        if self.steps.values().sum::<u64>() == before {
            (self.done, self.failing) = (self.done + 1, 0);
        } else {
            (self.failed, self.failing) = (self.failed + 1, self.failing + 1);
        }
    }
}
