//! What flowed and what did not, in numbers without any value of an observation.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use model::StreamId;

/// Numbers of one stream since the process started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StreamCounts {
    /// Observations admitted.
    pub admitted: u64,
    /// Observations refused.
    pub refused: u64,
    /// Observations that came after their window was released.
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
