//! What a clock does to a city: lapses, releases, deletion, destruction of keys, batches into the log.
//!
//! The order matters: a window is released before its observations may be deleted, and everything that a tick did is in
//! the log before the checkpoint that covers it. Each step can be done again after a crash and then does nothing twice.

use std::collections::BTreeSet;

use lake::Put;
use model::{Retention, Stream, StreamId, TimeBin, Timestamp, View, Window};
use privacy::release::{Sensor, release};
use register::{Fact, State};

use crate::city::{City, CityError};
use crate::disclose::sensors;

/// Days of observations that are held in memory at once while windows are released, in milliseconds.
const RELEASE_CHUNK_MILLIS: i64 = 86_400_000;
/// The lateness that a window waits for before it closes.
const GRACE: model::Span = model::Span::minutes(1);

/// What a tick did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ticked {
    /// Acts that were due: lapses, ends, expiries.
    pub lapses: usize,
    /// Windows released that hold at least one row.
    pub windows: usize,
    /// Files of observations deleted.
    pub deleted: u64,
    /// Pseudonym keys destroyed.
    pub keys: usize,
    /// Disclosures batched into the log.
    pub disclosures: u64,
}

impl City {
    /// Does everything that is due now.
    ///
    /// # Errors
    /// A step failed; what was done stays done, and the rest is done at the next tick.
    pub fn tick(&self) -> Result<Ticked, CityError> {
        let _one_at_a_time = self.tick_lock();
        // A clock that cannot be believed ends, deletes and destroys nothing.
        let now = self.register.believed_now()?;
        let lapses = self.register.tick()?;
        let state = self.register.state();
        let mut windows = 0;
        for view in state.views.values() {
            windows += self.release_view(&state, view, now)?;
        }
        let deleted = self.delete_due(&state, now)?;
        let keys = self.keys.destroy_due(&self.register, now)?;
        self.orders.destroy_due(&state, now)?;
        let disclosures = self.register.batch_disclosures()?;
        self.register.publish()?;
        Ok(Ticked { lapses, windows, deleted, keys, disclosures })
    }

    /// Releases every window of a view that has closed and was not released yet.
    fn release_view(&self, state: &State, view: &View, now: Timestamp) -> Result<usize, CityError> {
        let (Some(bin), Some((record, stream))) = (view.bin(), state.stream(&view.stream)) else { return Ok(0) };
        let closed = bin.window(now - GRACE).start;
        let kept_from = bin.window(now - stream.retention.0).start;
        let begin = bin.window(record.deployment.starts).start.max(kept_from);
        let from = self.lake.released_through(&stream.id, &view.id, view.version)?.unwrap_or(begin).max(begin);
        if closed <= from {
            return Ok(0);
        }
        let sensors = sensors(state, &stream.id);
        let mut count = 0;
        let mut start = from;
        while start < closed {
            let chunk = Timestamp::from_millis(start.millis() + RELEASE_CHUNK_MILLIS.max(bin.span().millis()));
            let end = bin.window(chunk).start.max(bin.window(start).end).min(closed);
            count += self.release_chunk(view, stream, bin, Window { start, end }, &sensors)?;
            // Closed for good, with or without rows: what comes now is late.
            self.lake.set_released_through(&stream.id, &view.id, view.version, end)?;
            start = end;
        }
        self.counters.add(&stream.id, |counts| counts.windows += count as u64);
        Ok(count)
    }

    fn release_chunk(
        &self,
        view: &View,
        stream: &Stream,
        bin: TimeBin,
        chunk: Window,
        sensors: &[Sensor],
    ) -> Result<usize, CityError> {
        let observed = self.lake.scan(&stream.id, chunk)?;
        let times = observed.iter().flat_map(|columns| columns.times().iter());
        let windows: BTreeSet<Window> = times.map(|&millis| bin.window(Timestamp::from_millis(millis))).collect();
        let mut count = 0;
        for window in windows {
            let inside: Vec<_> = observed.iter().map(|columns| columns.within(window)).collect();
            let released = release(view, stream, window, sensors, &inside)?;
            match self.lake.put_release(&released)? {
                Put::Stored => count += 1,
                // An earlier tick released it and crashed before it moved the mark.
                Put::AlreadyReleased => {}
            }
        }
        Ok(count)
    }

    /// Deletes observations past their retention, and says so in the log.
    fn delete_due(&self, state: &State, now: Timestamp) -> Result<u64, CityError> {
        let mut files = 0;
        for record in state.deployments.values() {
            for stream in &record.deployment.streams {
                files += self.delete_stream(&stream.id, stream.retention, now)?;
            }
        }
        Ok(files)
    }

    fn delete_stream(&self, stream: &StreamId, retention: Retention, now: Timestamp) -> Result<u64, CityError> {
        let before = now - retention.0;
        let deleted = self.lake.delete_before(stream, before)?;
        // Whether anything was there or not: for a stream about people that alone would tell something.
        self.register.record(Fact::ObservationsDeleted { stream: stream.clone(), before, files: deleted.files })?;
        Ok(deleted.files)
    }
}
