//! The ledger of a stream: what its releases have cost each unit, epoch by epoch, for all recipients together.
//!
//! A window is charged before its rows exist, once under each version of a view, and never again: if a crash comes between
//! the charge and the rows, the rows never come. Who asks, and how often, costs nothing, because everybody reads the same
//! rows. The budget is full again with each epoch, in which the same device is another unit; whoever is there every day
//! loses it every day.
//!
//! This room only counts. Whoever keeps the ledger makes it durable before it hands on a [`Charged`], without which
//! [`crate::release::release`] draws no noise.
//!
//! A running total is paid as a whole at its first window of an epoch: a unit is new once, and so in one sum of each level of the
//! tree that the totals are made of.
//!
//! As JSON `{"spent":{"2026-06-01T00:00:00Z":480000},"through":{"counts":{"1":"2026-06-01T06:00:00Z"}},"unpaid":0}`, losses
//! in millionths; `"trees":{"so-far":{"1":"2026-06-01T00:00:00Z"}}` is beside them where totals were paid.

use std::collections::BTreeMap;

use model::{
    EpochLength, Exposure, Measure, Rho, Stream, StreamId, TimeBin, Timestamp, View, ViewId, ViewVersion, Window,
};
use serde::{Deserialize, Serialize};

/// How many epochs back a ledger is kept: of days more than a year. What was spent in an older one counts as all of it.
const EPOCHS_KEPT: usize = 400;

/// Why a window is not charged; it is not released then, now or later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unpaid {
    /// It was charged before: released, or lost in a crash.
    #[error("view `{view}` was charged for its windows up to {through}; none is charged twice")]
    Already {
        /// The view.
        view: ViewId,
        /// Up to when.
        through: Timestamp,
    },
    /// The budget of its epoch is spent.
    #[error(
        "stream `{stream}` has spent {spent} of {budget} millionths since {epoch}, and a window of view `{view}` costs {cost}"
    )]
    Exhausted {
        /// The stream.
        stream: StreamId,
        /// The view.
        view: ViewId,
        /// Since when the budget is spent from.
        epoch: Timestamp,
        /// What is spent, in millionths.
        spent: u64,
        /// What there was, in millionths.
        budget: u32,
        /// What the window costs, in millionths.
        cost: u64,
    },
    /// The view has no noise, or its stream no budget.
    #[error("view `{0}` has no noise that could be paid for")]
    Nothing(ViewId),
}

/// A window that was paid for. Only [`Ledger::charge`] makes one:
///
/// ```compile_fail
/// fn forge(stream: model::StreamId, view: model::ViewId, version: model::ViewVersion, window: model::Window, rho: model::Rho) -> privacy::Charged {
///     privacy::Charged { stream, view, version, window, rho }
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Charged {
    stream: StreamId,
    view: ViewId,
    version: ViewVersion,
    window: Window,
    rho: Rho,
}

impl Charged {
    /// What it pays.
    #[must_use]
    pub const fn rho(&self) -> Rho {
        self.rho
    }

    /// Whether it pays for this window of this view.
    #[must_use]
    pub fn pays(&self, view: &View, window: Window) -> bool {
        self.stream == view.stream
            && self.view == view.id
            && self.version == view.version
            && self.window == window
            && view.noise.rho() == Some(self.rho)
    }
}

/// What a stream's releases have cost.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// By the begin of the epoch, in millionths.
    spent: BTreeMap<Timestamp, u64>,
    /// Up to when each version of each view was charged, or could not be.
    through: BTreeMap<ViewId, BTreeMap<ViewVersion, Timestamp>>,
    /// The epoch for which the tree of a version of a view with running totals was paid: once for all its windows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    trees: BTreeMap<ViewId, BTreeMap<ViewVersion, Timestamp>>,
    /// Windows that could not be paid for.
    unpaid: u64,
}

impl Ledger {
    /// Charges a window of a view. The ledger moves on in either case, but for a window that was charged before.
    ///
    /// # Errors
    /// Why it is not charged.
    pub fn charge(&mut self, view: &View, stream: &Stream, window: Window) -> Result<Charged, Unpaid> {
        let nothing = || Unpaid::Nothing(view.id.clone());
        let rho = view.noise.rho().ok_or_else(nothing)?;
        let budget = stream.budget.ok_or_else(nothing)?;
        let epoch = stream.accounted().ok_or_else(nothing)?.window(window.start).start;
        if let Some(through) = self.through(&view.id, view.version).filter(|through| window.start < *through) {
            return Err(Unpaid::Already { view: view.id.clone(), through });
        }
        self.through.entry(view.id.clone()).or_default().insert(view.version, window.end);
        let forgotten =
            self.spent.len() >= EPOCHS_KEPT && self.spent.first_key_value().is_some_and(|(old, _)| epoch < *old);
        let of_tree = is_running(view);
        let in_tree = of_tree && self.trees.get(&view.id).and_then(|paid| paid.get(&view.version)) == Some(&epoch);
        let cost = match (of_tree, in_tree) {
            (false, _) => u64::from(rho.micro()),
            (true, false) => cost(view, stream).ok_or_else(nothing)?,
            (true, true) => 0,
        };
        // What an epoch has spent that is not kept any more nobody knows: all of it.
        let spent = if forgotten { &mut u64::from(budget.micro()) } else { self.spent.entry(epoch).or_default() };
        if spent.saturating_add(cost) > u64::from(budget.micro()) {
            self.unpaid += 1;
            return Err(Unpaid::Exhausted {
                stream: stream.id.clone(),
                view: view.id.clone(),
                epoch,
                spent: *spent,
                budget: budget.micro(),
                cost,
            });
        }
        *spent += cost;
        if of_tree {
            self.trees.entry(view.id.clone()).or_default().insert(view.version, epoch);
        }
        while self.spent.len() > EPOCHS_KEPT {
            self.spent.pop_first();
        }
        Ok(Charged { stream: stream.id.clone(), view: view.id.clone(), version: view.version, window, rho })
    }

    /// Passes over windows that are not released, so that nothing is charged for them and they never are. Whether it changed.
    pub fn pass(&mut self, view: &View, through: Timestamp) -> bool {
        let known =
            self.through.entry(view.id.clone()).or_default().entry(view.version).or_insert(Timestamp::UNIX_EPOCH);
        let moved = *known < through;
        *known = (*known).max(through);
        moved
    }

    /// Up to when a version of a view was charged.
    #[must_use]
    pub fn through(&self, view: &ViewId, version: ViewVersion) -> Option<Timestamp> {
        self.through.get(view)?.get(&version).copied()
    }

    /// What was spent in the epoch that began at an instant, in millionths.
    #[must_use]
    pub fn spent(&self, epoch: Timestamp) -> u64 {
        self.spent.get(&epoch).copied().unwrap_or(0)
    }

    /// The epochs and what was spent in each, in millionths, oldest first.
    pub fn epochs(&self) -> impl DoubleEndedIterator<Item = (Timestamp, u64)> {
        self.spent.iter().map(|(epoch, spent)| (*epoch, *spent))
    }

    /// How many windows were not released because the budget was spent.
    #[must_use]
    pub const fn unpaid(&self) -> u64 {
        self.unpaid
    }
}

/// What the windows of a view cost in one epoch of a stream, in millionths: a unit may be there all the time. Of running totals
/// each unit is new once, in one sum of each level of the tree.
#[must_use]
pub fn cost(view: &View, stream: &Stream) -> Option<u64> {
    let (rho, bin, epoch) = (view.noise.rho()?, view.bin()?, stream.accounted()?);
    let windows = || epoch.span().as_seconds().div_ceil(bin.span().as_seconds());
    let times = if is_running(view) { levels(bin, epoch) } else { windows() };
    Some(u64::from(rho.micro()).saturating_mul(u64::from(times)))
}

/// How many sizes of blocks the windows of an epoch are summed up in.
pub(crate) fn levels(bin: TimeBin, epoch: EpochLength) -> u32 {
    epoch.span().as_seconds().div_ceil(bin.span().as_seconds()).checked_ilog2().map_or(1, |levels| levels + 1)
}

const fn is_running(view: &View) -> bool {
    matches!(view.exposure, Exposure::Windows { measure: Measure::Running { .. }, .. })
}

#[cfg(test)]
mod tests;
