//! What a clock does to a city: destruction of keys, deletion, lapses, releases, batches into the log.
//!
//! Every step is tried at every tick, whatever became of the others, and what must go goes first: a damaged file or a full
//! disk never keeps a key alive or observations past their retention. Each step can be done again after a crash and then
//! does nothing twice. A window is released whole or not at all: one whose observations were deleted before it could be
//! released, because no tick came for so long, is passed over.

use std::fmt;

use model::{Retention, StreamId, Timestamp};
use register::Fact;

use crate::city::{City, CityError};

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
    /// Files withdrawn that schedules had made.
    pub withdrawn: usize,
    /// Files made on a schedule.
    pub exports: usize,
    /// Disclosures batched into the log.
    pub disclosures: u64,
}

/// A step of a tick, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Destroying the keys of epochs that are over.
    Keys,
    /// Destroying the keys of orders that are over.
    Orders,
    /// Deleting observations past their retention.
    Retention,
    /// Writing down what fell due.
    Lapses,
    /// Removing files, made on a schedule, that may not be had any more.
    Withdrawals,
    /// Releasing closed windows.
    Releases,
    /// Keeping the numbers of what came late.
    Late,
    /// Telling the log how many observations came in a month that is over.
    Months,
    /// Making files on a schedule.
    Exports,
    /// Batching disclosures into the log.
    Disclosures,
    /// Publishing the log.
    Publication,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 11] = [
        Self::Keys,
        Self::Orders,
        Self::Retention,
        Self::Lapses,
        Self::Withdrawals,
        Self::Releases,
        Self::Late,
        Self::Months,
        Self::Exports,
        Self::Disclosures,
        Self::Publication,
    ];

    /// A word for numbers and messages.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Orders => "list-keys",
            Self::Retention => "retention",
            Self::Lapses => "lapses",
            Self::Withdrawals => "withdrawals",
            Self::Releases => "releases",
            Self::Late => "late",
            Self::Months => "months",
            Self::Exports => "exports",
            Self::Disclosures => "disclosures",
            Self::Publication => "publication",
        }
    }
}

/// A tick of which something failed. Everything else was done all the same, and what failed is tried again at the next.
#[derive(Debug)]
pub struct TickFailed {
    /// What was done.
    pub done: Ticked,
    /// What failed, in the order of the steps: one at least.
    pub failures: Vec<(Step, CityError)>,
}

impl fmt::Display for TickFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        self.failures.iter().try_for_each(|(step, error)| {
            write!(f, "{between}{}: {error}", step.code())?;
            between = "; ";
            Ok(())
        })
    }
}

impl std::error::Error for TickFailed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.failures.first().map(|(_, error)| error as _)
    }
}

/// What fails while a tick goes on.
#[derive(Default)]
struct Failures(Vec<(Step, CityError)>);

impl Failures {
    /// What came of a step, or nothing.
    fn take<T: Default>(&mut self, step: Step, outcome: Result<T, impl Into<CityError>>) -> T {
        outcome.unwrap_or_else(|error| {
            self.0.push((step, error.into()));
            T::default()
        })
    }
}

impl City {
    /// Does everything that is due now.
    ///
    /// # Errors
    /// Steps failed; everything else was done, and they are tried again at the next tick.
    pub fn tick(&self) -> Result<Ticked, TickFailed> {
        let _one_at_a_time = self.tick_lock();
        let mut failures = Failures::default();
        let mut done = Ticked::default();
        // A clock that cannot be believed ends, deletes and destroys nothing.
        let now = match self.register.believed_now() {
            Ok(now) => now,
            Err(error) => {
                self.ticked([Step::Lapses].into_iter());
                return Err(TickFailed { done, failures: vec![(Step::Lapses, error.into())] });
            }
        };
        let (keys, failed) = self.keys.destroy_due(&self.register, now);
        done.keys = keys;
        failures.0.extend(failed.into_iter().map(|error| (Step::Keys, error.into())));
        let state = self.register.state();
        for error in self.orders.destroy_due(&state, now) {
            failures.0.push((Step::Orders, error.into()));
        }
        self.planner.renew_lists(&self.register, &self.orders);
        for stream in state.deployments.values().flat_map(|record| &record.deployment.streams) {
            done.deleted += failures.take(Step::Retention, self.delete_due(&stream.id, stream.retention, now));
        }
        done.lapses = failures.take(Step::Lapses, self.register.tick());
        failures.take(Step::Withdrawals, self.withdraw_exports(now, &mut done));
        let state = self.register.state();
        failures.take(Step::Releases, self.settle(&state, now));
        for view in state.views.values() {
            done.windows += failures.take(Step::Releases, self.release_view(&state, view, now));
        }
        for (stream, counts) in self.counters.snapshot() {
            failures.take(Step::Late, self.lake.keep_late(&stream, counts.late));
        }
        failures.take(Step::Months, self.tell_months(now));
        failures.take(Step::Exports, self.make_exports(now, &mut done));
        done.disclosures = failures.take(Step::Disclosures, self.register.batch_disclosures());
        failures.take(Step::Publication, self.register.publish());
        let Failures(failures) = failures;
        self.ticked(failures.iter().map(|(step, _)| *step));
        if failures.is_empty() { Ok(done) } else { Err(TickFailed { done, failures }) }
    }

    /// Deletes a stream's observations past their retention, and says so in the log. What was deleted and could not be
    /// said, because a crash came between, is said now.
    fn delete_due(&self, stream: &StreamId, retention: Retention, now: Timestamp) -> Result<u64, CityError> {
        let told = self.register.state().deleted_before.get(stream).copied();
        // The log has it, and a crash came before the note of it was forgotten.
        if self.lake.deletion_untold(stream)?.is_some_and(|before| told >= Some(before)) {
            self.lake.deletion_told(stream)?;
        }
        let due = now - retention.0;
        let deleted = self.lake.delete_before(stream, due)?;
        // Whether anything was there or not: for a stream about people that alone would tell something.
        let before = deleted.before.unwrap_or(due);
        self.register.record(Fact::ObservationsDeleted { stream: stream.clone(), before, files: deleted.files })?;
        if deleted.before.is_some() {
            self.lake.deletion_told(stream)?;
        }
        Ok(deleted.files)
    }
}
