//! The clock that a city believes: never before its last act, never long after everything it knows.
//!
//! Time ends approvals, deletes what is kept and destroys keys, so that a wrong clock does all of it at once. Nothing here
//! can tell a wrong clock from a long darkness; it stops, and asks a person.

use std::sync::atomic::Ordering;

use model::act::ClockConfirmed;
use model::{Span, Timestamp, What};

use super::{Receipt, Register, SubmitError, lock, own_act};
use crate::decide::{Draft, Refusal};
use crate::state::State;

/// How far the clock may stand behind the last act before the register refuses to write, in milliseconds.
pub const CLOCK_BEHIND_MAX_MILLIS: i64 = 5_000;

/// How far the clock may stand ahead of the last act, or of the last time this process looked at it, before nothing more
/// falls due until somebody confirms that it is right. A clock that jumps forward would end every approval at once, delete
/// what is kept and destroy keys, and the log could not be written to until time has caught up. Well below a year, because
/// a year set wrong is the commonest of such errors; well above any stretch in which a city that runs does nothing.
pub const CLOCK_AHEAD_MAX: Span = Span::days(200);
/// How close what somebody confirms must be to what the clock says.
pub const CLOCK_CONFIRMED_WITHIN: Span = Span::hours(1);

impl Register {
    /// What time it is, if the clock can be believed. Whoever deletes, destroys or ends anything because time has passed
    /// asks this first.
    ///
    /// # Errors
    /// The clock stands far behind or far ahead of everything that happened.
    pub fn believed_now(&self) -> Result<Timestamp, SubmitError> {
        self.writing_time(&self.state())
    }

    /// Sets how far the clock may stand ahead, [`CLOCK_AHEAD_MAX`] unless somebody does.
    pub fn let_clock_be_ahead(&self, most: Span) {
        self.ahead_max.store(most.as_seconds(), Ordering::SeqCst);
    }

    /// Confirms that the clock is right although it stands far ahead: an act in the log, in the founder's name.
    ///
    /// # Errors
    /// The clock says something else, stands behind, or the act could not be written.
    pub fn confirm_clock(&self, is: Timestamp, reason: &str) -> Result<Receipt, SubmitError> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(Refusal::NoReason.into());
        }
        let mut writer = lock(&self.writer);
        self.catch_up(&mut writer)?;
        let (now, state) = (self.clock.now(), State::clone(&self.state()));
        if now.millis().abs_diff(is.millis()) > CLOCK_CONFIRMED_WITHIN.millis().unsigned_abs() {
            return Err(SubmitError::ClockNotSo { now, said: is });
        }
        let last = state.last_at.unwrap_or(now);
        let (at, first) = (not_behind(now, last)?, state.size);
        let what = What::ClockConfirmed(ClockConfirmed { after: last });
        let act = own_act(&state, at, Some(reason.to_owned()), what)?;
        self.commit(&mut writer, state, vec![Draft::plain(act)])?;
        Ok(Receipt { entries: vec![first], basis: first + 1 })
    }

    /// The instant to write at: the clock's, but never before the last act, and never long after everything.
    pub(super) fn writing_time(&self, state: &State) -> Result<Timestamp, SubmitError> {
        let now = self.clock.now();
        let Some(last) = state.last_at else { return Ok(now) };
        let at = not_behind(now, last)?;
        let last = last.max(Timestamp::from_millis(self.believed.load(Ordering::SeqCst)));
        if now.since(last) > Span::seconds(self.ahead_max.load(Ordering::SeqCst)) {
            return Err(SubmitError::ClockAhead { now, last });
        }
        self.believed.fetch_max(now.millis(), Ordering::SeqCst);
        Ok(at)
    }
}

/// The clock's instant, or that of the last act if the clock stands a little behind it.
fn not_behind(now: Timestamp, last: Timestamp) -> Result<Timestamp, SubmitError> {
    if last.millis() - now.millis() > CLOCK_BEHIND_MAX_MILLIS {
        return Err(SubmitError::ClockBehind { now, last });
    }
    Ok(now.max(last))
}
