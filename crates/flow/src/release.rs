//! Releases: each closed window of a stream under each of its views, once.
//!
//! What is charged for a window is durable before its rows are made, its rows before the mark moves past it. A window is
//! never looked at again after that, whatever comes late.

use std::collections::BTreeSet;

use lake::Put;
use model::{Identifies, Noise, Stream, TimeBin, Timestamp, View, Window};
use privacy::release::{Sensor, release};
use privacy::{Columns, ReleaseError, fits};
use register::State;

use crate::city::{City, CityError};
use crate::disclose::sensors;

/// Observations that are held in memory at once while windows are released: those of a day, in milliseconds.
const CHUNK_MILLIS: i64 = 86_400_000;
/// The lateness that a window waits for before it closes.
const GRACE: model::Span = model::Span::minutes(1);

impl City {
    /// Releases every window of a view that has closed and was not released yet.
    pub(crate) fn release_view(&self, state: &State, view: &View, now: Timestamp) -> Result<usize, CityError> {
        let (Some(bin), Some((record, stream))) = (view.bin(), state.stream(&view.stream)) else { return Ok(0) };
        let closed = bin.window(now - GRACE).start;
        let from = match self.lake.released_through(&stream.id, &view.id, view.version)? {
            Some(through) => through,
            // The first windows of a view or version of people: none that any other has shown before, because what came
            // late meanwhile would be the difference between the two.
            None if stream.identifies() > Identifies::Nobody => {
                self.lake.released_under_any(&stream.id)?.unwrap_or(Timestamp::UNIX_EPOCH)
            }
            None => Timestamp::UNIX_EPOCH,
        };
        // Whole windows only, of which nothing was deleted yet.
        let from = bin.first_whole(from.max(record.deployment.starts).max(now - stream.retention.0));
        if closed <= from {
            return Ok(0);
        }
        let sensors = sensors(state, &stream.id);
        let mut count = 0;
        let mut start = from;
        while start < closed {
            let chunk = Timestamp::from_millis(start.millis() + CHUNK_MILLIS.max(bin.span().millis()));
            let end = bin.window(chunk).start.max(bin.window(start).end).min(closed);
            count += self.release_chunk(view, stream, bin, Window { start, end }, &sensors)?;
            // Closed for good, with or without rows: what comes now is late.
            self.lake.set_released_through(&stream.id, &view.id, view.version, end)?;
            start = end;
            // With noise every window of the past is released, and each waits for the disk: the rest comes with later ticks,
            // which destroy and delete first.
            if view.noise != Noise::None {
                break;
            }
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
        // What does not fit is not paid for.
        fits(view, stream).map_err(ReleaseError::from)?;
        let observed = self.lake.scan(&stream.id, chunk)?;
        let mut count = 0;
        for window in windows(view, bin, chunk, &observed) {
            let paid = match view.noise {
                Noise::None => None,
                Noise::Gaussian { .. } => match self.lake.charge(view, stream, window)? {
                    Ok(charged) => Some((charged, self.register.entropy())),
                    // The budget is spent, or a crash came between the charge and the rows: this window is never shown.
                    Err(_) => continue,
                },
            };
            let released = release(view, stream, window, sensors, &observed, paid)?;
            match self.lake.put_release(&released)? {
                Put::Stored => count += 1,
                // An earlier tick released it and crashed before it moved the mark.
                Put::AlreadyReleased => {}
            }
        }
        Ok(count)
    }
}

/// The windows of a stretch of time that are released: those in which something was observed; with noise all of them, or
/// a window that is missing would tell that nobody was there.
fn windows(view: &View, bin: TimeBin, chunk: Window, observed: &[Columns]) -> BTreeSet<Window> {
    match view.noise {
        Noise::None => {
            let times = observed.iter().flat_map(|columns| columns.times().iter());
            times.map(|&millis| bin.window(Timestamp::from_millis(millis))).collect()
        }
        Noise::Gaussian { .. } => {
            let after = |window: &Window| Some(bin.window(window.end)).filter(|next| next.end <= chunk.end);
            let first = Some(bin.window(chunk.start)).filter(|first| first.end <= chunk.end);
            std::iter::successors(first, after).collect()
        }
    }
}
