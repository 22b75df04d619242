//! The played clock: it stands where the data is, and runs on once the data is played.

use std::sync::atomic::{AtomicI64, Ordering};

use model::{Clock, Timestamp};

use crate::system::SystemClock;

/// Not running on: the clock stands still between two settings.
const STANDING: i64 = i64::MIN;

/// A clock that is set, forwards only.
#[derive(Debug)]
pub(crate) struct PlayedClock {
    at: AtomicI64,
    /// The machine's time when the clock began to run on.
    since: AtomicI64,
}

impl PlayedClock {
    pub(crate) fn new(start: Timestamp) -> Self {
        Self { at: AtomicI64::new(start.millis()), since: AtomicI64::new(STANDING) }
    }

    /// Moves on to an instant; an earlier one changes nothing.
    pub(crate) fn advance_to(&self, at: Timestamp) {
        self.at.fetch_max(at.millis(), Ordering::SeqCst);
    }

    /// From now on it runs as fast as the machine's.
    pub(crate) fn run_on(&self) {
        self.since.store(SystemClock.now().millis(), Ordering::SeqCst);
    }
}

impl Clock for PlayedClock {
    fn now(&self) -> Timestamp {
        let (at, since) = (self.at.load(Ordering::SeqCst), self.since.load(Ordering::SeqCst));
        let run = if since == STANDING { 0 } else { (SystemClock.now().millis() - since).max(0) };
        Timestamp::from_millis(at + run)
    }
}
