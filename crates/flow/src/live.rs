//! Live: what a grant gives, handed over as soon as it is released, one stretch of time after the other.
//!
//! A stretch is a released window; of a view of single records it is some minutes that have waited as long as windows wait
//! for what comes late. Each is a disclosure of its own, decided anew and recorded, by [`City::disclose`] and no other way:
//! what is shown live is what an answer shows. A stretch ends where the next begins, so that whoever comes back with the
//! end of the last one misses nothing and gets nothing twice. Under an order their number says nothing of its hits.

use lake::LakeError;
use model::{Span, Timestamp, View, Window};
use norms::DiscloseFast;
use register::State;

use crate::city::City;
use crate::disclose::{Answer, Asked, DiscloseError, Disclosed, Ready, asked_window, decided};

/// How long single records wait before they are handed over live: as long as a window waits for what comes late. What
/// comes later still is in answers only.
pub const SETTLED: Span = Span::minutes(1);
/// Single records are handed over by whole minutes.
const MINUTE_MILLIS: i64 = 60_000;
/// The longest stretch of single records, for whoever comes back after a while.
const STRETCH_MILLIS_MAX: i64 = 10 * MINUTE_MILLIS;
/// The most stretches that are caught up on.
pub const BACKLOG_MAX: i64 = 2_000;
/// What would go out of a view's reach while it is handed over is not begun.
pub(crate) const REACH_MARGIN: Span = Span::seconds(10);
/// How many stretches without a record are passed over before somebody else has a turn.
const PASSED_MAX: usize = 100;

/// Somebody who watches: what was asked, and up to where it was handed over.
#[derive(Debug, Clone)]
pub struct Watch {
    asked: Asked,
    through: Timestamp,
}

impl Watch {
    /// Up to where everything was handed over: what to come back with.
    #[must_use]
    pub const fn through(&self) -> Timestamp {
        self.through
    }

    /// What is watched; the view is named, whether or not the asker did.
    #[must_use]
    pub const fn asked(&self) -> &Asked {
        &self.asked
    }
}

/// What comes next.
#[derive(Debug)]
pub enum Live {
    /// A stretch of time, with its record.
    Released(Box<Disclosed<Answer>>),
    /// A stretch that the view does not reach any more, or that lies before the deployment: nothing of it is shown.
    Passed(Window),
}

/// What is due to somebody who watches.
enum Due {
    Nothing,
    Passed(Window),
    Stretch(Window),
}

impl City {
    /// Begins to watch: from now on, or from where somebody left off. The times of the question are not looked at.
    ///
    /// # Errors
    /// Nothing is granted, the norms refuse, or there is too much to catch up on.
    pub fn watch(&self, asked: &Asked, after: Option<Timestamp>) -> Result<Watch, DiscloseError> {
        let Ready { state, now, ready, senior_authorisation } = self.ready(asked)?;
        let view = &ready.view;
        let asked = Asked { view: Some(view.id.clone()), from: None, to: None, ..asked.clone() };
        // Says so where a view shows nothing at any time.
        asked_window(&asked, view, now)?;
        if let Some(after) = after.filter(|after| *after > now) {
            return Err(DiscloseError::Window(format!(
                "{after} has not come yet; go on from an event that you were sent"
            )));
        }
        let newest = self.over(view, now)?;
        let through = after.or(newest).unwrap_or_else(|| open_since(view, now));
        decided(&ready, &DiscloseFast { now, oldest: now.since(through), senior_authorisation })?;
        if let Some(end) = newest {
            let start = reached(&state, view, through, now);
            let stretch = view.bin().map_or(STRETCH_MILLIS_MAX, |bin| bin.span().millis());
            if (end.millis() - start.millis()) / stretch > BACKLOG_MAX {
                return Err(DiscloseError::Window(format!(
                    "more than {BACKLOG_MAX} stretches of time came since {start}; ask for them as one answer up to {end}, and go \
                     on from there"
                )));
            }
        }
        Ok(Watch { asked, through })
    }

    /// Hands over what comes next, if there is something. Whether it may is decided anew each time, also when there is
    /// nothing.
    ///
    /// # Errors
    /// It may not any more, or the city's store failed; then nothing left, and what was due is due still.
    pub fn next_live(&self, watch: &mut Watch) -> Result<Option<Live>, DiscloseError> {
        for _ in 0..PASSED_MAX {
            let Ready { state, now, ready, senior_authorisation } = self.ready(&watch.asked)?;
            let due = self.due(&state, &ready.view, watch.through, now)?;
            let oldest = match &due {
                Due::Stretch(window) => now.since(window.start),
                Due::Nothing | Due::Passed(_) => Span::ZERO,
            };
            decided(&ready, &DiscloseFast { now, oldest, senior_authorisation })?;
            let window = match due {
                Due::Nothing => return Ok(None),
                Due::Passed(window) => {
                    watch.through = window.end;
                    return Ok(Some(Live::Passed(window)));
                }
                Due::Stretch(window) => window,
            };
            if !self.is_silent(&state, &ready.view, window, now)? {
                let asked = Asked { from: Some(window.start), to: Some(window.end), ..watch.asked.clone() };
                let disclosed = self.disclose(&asked)?;
                watch.through = window.end;
                return Ok(Some(Live::Released(Box::new(disclosed))));
            }
            watch.through = window.end;
        }
        Ok(None)
    }

    /// The first stretch that was not handed over yet.
    fn due(&self, state: &State, view: &View, through: Timestamp, now: Timestamp) -> Result<Due, DiscloseError> {
        let Some(over) = self.over(view, now)? else { return Ok(Due::Nothing) };
        let start = reached(state, view, through, now);
        let end = match view.bin() {
            Some(bin) => bin.window(start).end,
            None => over.min(Timestamp::from_millis(start.millis() + STRETCH_MILLIS_MAX)),
        };
        if start >= over || end > over {
            return Ok(Due::Nothing);
        }
        if start > through {
            return Ok(Due::Passed(Window { start: through, end: start }));
        }
        Ok(Due::Stretch(Window { start, end }))
    }

    /// Up to when a view's stretches are over and may be shown; none if nothing was released under it.
    pub(crate) fn over(&self, view: &View, now: Timestamp) -> Result<Option<Timestamp>, LakeError> {
        let Some(bin) = view.bin() else { return Ok(Some(open_since(view, now))) };
        let through = self.lake.released_through(&view.stream, &view.id, view.version)?;
        Ok(through.map(|through| through.min(bin.window(now - view.delay.0).start)))
    }

    /// Whether a stretch has no record, so that there is nothing to hand over. Under an order it is handed over all the
    /// same: how many disclosures there were is public, and would tell when there was a hit.
    fn is_silent(&self, state: &State, view: &View, window: Window, now: Timestamp) -> Result<bool, DiscloseError> {
        if view.bin().is_some() || state.keeps_rows_back(&view.stream) {
            return Ok(false);
        }
        Ok(self.gather(state, view, window, now)?.rows.is_empty())
    }
}

/// Where the stretch begins that is still open, or may not be shown yet.
fn open_since(view: &View, now: Timestamp) -> Timestamp {
    match view.bin() {
        Some(bin) => bin.window(now - view.delay.0).start,
        None => {
            let settled = (now - view.delay.0.max(SETTLED)).millis();
            Timestamp::from_millis(settled - settled.rem_euclid(MINUTE_MILLIS))
        }
    }
}

/// From when on there is something to show after an instant: not before the deployment, nor before the view reaches or the
/// records are kept.
fn reached(state: &State, view: &View, through: Timestamp, now: Timestamp) -> Timestamp {
    let (mut start, mut edge) = (through, now - view.depth.0 + REACH_MARGIN);
    if let Some((record, stream)) = state.stream(&view.stream) {
        start = start.max(record.deployment.starts);
        if view.bin().is_none() {
            edge = edge.max(now - stream.retention.0 + REACH_MARGIN);
        }
    }
    match view.bin() {
        Some(bin) => bin.first_whole(start.max(edge)),
        None if edge <= start => start,
        // The edge moves on all the time: by whole minutes, so that it is told of once.
        None => Timestamp::from_millis(edge.millis().saturating_add(MINUTE_MILLIS - 1) / MINUTE_MILLIS * MINUTE_MILLIS),
    }
}
