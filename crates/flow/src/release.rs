//! Releases: each closed window of a stream under each of its views, once.
//!
//! What is charged for a window is durable before its rows are made, its rows before the mark moves past it. A window is
//! never looked at again after that, whatever comes late. Of a stream that is worked out in memory a window is released when its
//! numbers are on the disk; with noise only one that this process heard whole, because nought is what nobody heard, too.

use std::collections::BTreeSet;

use lake::Put;
use model::{Identifies, Noise, Stream, TimeBin, Timestamp, View, Window};
use privacy::release::{Paid, ReleasedTable, Sensor, release, running};
use privacy::{Columns, ReleaseError, Released, Work, fits};
use register::State;

use crate::city::{City, CityError};
use crate::disclose::sensors;
use crate::memories::GRACE;

/// Observations that are held in memory at once while windows are released: those of a day, in milliseconds.
const CHUNK_MILLIS: i64 = 86_400_000;

/// What a view's windows are released from.
struct Source<'a> {
    view: &'a View,
    stream: &'a Stream,
    bin: TimeBin,
    sensors: Vec<Sensor>,
    /// Before that, windows were not heard whole.
    heard: Timestamp,
    /// What was observed before that is deleted, or may be at any time.
    kept: Timestamp,
}

impl City {
    /// Releases every window of a view that has closed and was not released yet.
    pub(crate) fn release_view(&self, state: &State, view: &View, now: Timestamp) -> Result<usize, CityError> {
        let (Some(bin), Some((record, stream))) = (view.bin(), state.stream(&view.stream)) else { return Ok(0) };
        let (mut closed, mut heard) = (bin.window(now - GRACE).start, Timestamp::UNIX_EPOCH);
        if let Some(work) = Work::of(stream) {
            closed = work.closed(now - GRACE);
            match self.memories.heard(&stream.id, &work, closed) {
                Some(whole) => heard = whole,
                // What the disk did not take is not nobody.
                None => return Ok(0),
            }
        }
        let marked = self.lake.released_through(&stream.id, &view.id, view.version)?;
        let from = match marked {
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
            // Where it begins is settled as soon as it is over: at the next tick another view has shown more.
            if marked.is_none() && from <= now {
                self.passed(view, from)?;
            }
            return Ok(0);
        }
        let source =
            Source { view, stream, bin, sensors: sensors(state, view)?, heard, kept: now - stream.retention.0 };
        let mut count = 0;
        let mut start = from;
        while start < closed {
            let chunk = Timestamp::from_millis(start.millis() + CHUNK_MILLIS.max(bin.span().millis()));
            let end = bin.window(chunk).start.max(bin.window(start).end).min(closed);
            count += self.release_chunk(&source, Window { start, end })?;
            // Closed for good, with or without rows: what comes now is late.
            self.passed(view, end)?;
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

    /// Moves a view's mark on; what of it was not released is not charged for later either.
    fn passed(&self, view: &View, through: Timestamp) -> Result<(), CityError> {
        if view.noise != Noise::None {
            self.lake.pass(view, through)?;
        }
        Ok(self.lake.set_released_through(&view.stream, &view.id, view.version, through)?)
    }

    fn release_chunk(&self, source: &Source<'_>, chunk: Window) -> Result<usize, CityError> {
        let Source { view, stream, bin, .. } = source;
        // What does not fit is not paid for.
        fits(view, stream).map_err(ReleaseError::from)?;
        // A running total looks back to the begin of its epoch.
        let since = running::sum(view, stream, bin.window(chunk.start)).map_or(chunk.start, |sum| sum.since);
        let observed = self.lake.scan(&stream.id, Window { start: since, end: chunk.end })?;
        let mut count = 0;
        for window in windows(source, chunk, &observed) {
            let paid = match view.noise {
                Noise::None => None,
                Noise::Gaussian { .. } => match self.lake.charge(view, stream, window)? {
                    Ok(charged) => Some((charged, self.register.entropy())),
                    // The budget is spent, or a crash came between the charge and the rows: this window is never shown.
                    Err(_) => continue,
                },
            };
            let Some(released) = self.released(source, window, &observed, paid)? else { continue };
            match self.lake.put_release(&released)? {
                Put::Stored => count += 1,
                // An earlier tick released it and crashed before it moved the mark.
                Put::AlreadyReleased => {}
            }
        }
        Ok(count)
    }

    /// The table of a window; none of a running total that goes on from one that is not there.
    fn released(
        &self,
        source: &Source<'_>,
        window: Window,
        observed: &[Columns],
        paid: Paid<'_>,
    ) -> Result<Option<Released<ReleasedTable>>, CityError> {
        let Source { view, stream, sensors, .. } = source;
        match (running::sum(view, stream, window), paid) {
            (Some(sum), Some(paid)) => {
                let stored = |before| self.lake.release(&stream.id, &view.id, view.version, before).transpose();
                let before = sum.before.and_then(stored).transpose()?;
                Ok(running::release(view, stream, window, sensors, observed, paid, before.as_ref())?)
            }
            (_, paid) => Ok(Some(release(view, stream, window, sensors, observed, paid)?)),
        }
    }
}

/// The windows of a stretch of time that are released: those in which something was observed; with noise all of them that were
/// heard, or a window that is missing would tell that nobody was there.
fn windows(source: &Source<'_>, chunk: Window, observed: &[Columns]) -> BTreeSet<Window> {
    let Source { view, stream, bin, heard, kept, .. } = source;
    // Of an epoch whose begin is gone nobody knows who is new.
    let whole = |window: &Window| {
        window.start >= *heard && running::sum(view, stream, *window).is_none_or(|sum| sum.since >= *kept)
    };
    match view.noise {
        Noise::None => {
            let times = observed.iter().flat_map(|columns| columns.times().iter());
            times.map(|&millis| bin.window(Timestamp::from_millis(millis))).collect()
        }
        Noise::Gaussian { .. } => {
            let after = |window: &Window| Some(bin.window(window.end)).filter(|next| next.end <= chunk.end);
            let first = Some(bin.window(chunk.start)).filter(|first| first.end <= chunk.end);
            std::iter::successors(first, after).filter(whole).collect()
        }
    }
}
