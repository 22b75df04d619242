//! One number with all that it must not be shown without: its interval, what it was counted from, and who is missing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::count::Counted;
use super::definition::{Definition, Measure};
use super::stat::{Interval, median_interval, share_interval};

/// Why a city has no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// Nothing of its log was had yet.
    NoLog,
    /// Its log holds an act that cannot be read, or cannot follow.
    Unreadable,
    /// Its log contradicts itself.
    Frozen,
    /// It has nothing of the kind that is counted.
    NothingToCount,
}

impl Missing {
    /// In words.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::NoLog => "nothing of its log was had yet",
            Self::Unreadable => "its log holds an act that cannot be read",
            Self::Frozen => "its log contradicts itself",
            Self::NothingToCount => "it has nothing of the kind that is counted",
        }
    }
}

/// A number, of one city or of several.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// What was counted.
    #[serde(flatten)]
    pub counted: Counted,
    /// The number with its interval; none if there is nothing to count, or no number is formed.
    pub number: Option<Interval>,
    /// Whether it was counted from enough to be compared.
    pub enough: bool,
    /// How many cities it was counted from.
    pub cities: u64,
    /// How many have no number, and why.
    pub missing: BTreeMap<Missing, u64>,
}

impl Figure {
    /// From nothing yet.
    #[must_use]
    pub fn empty(definition: &Definition) -> Self {
        let counted = match definition.count {
            Measure::Share { .. } => Counted::Share { numerator: 0, denominator: 0 },
            Measure::DaysToDecision { .. } => Counted::Days { days: BTreeMap::new() },
            Measure::ByPurpose { .. } => Counted::Purposes { purposes: BTreeMap::new() },
        };
        Self { counted, number: None, enough: false, cities: 0, missing: BTreeMap::new() }
    }

    /// Adds a city.
    pub fn add(&mut self, city: &Result<Counted, Missing>) {
        match city {
            Ok(counted) => {
                self.counted.add(counted);
                self.cities += 1;
            }
            Err(why) => *self.missing.entry(*why).or_insert(0) += 1,
        }
    }

    /// Works the number out.
    #[must_use]
    pub fn worked_out(mut self, definition: &Definition) -> Self {
        self.number = number(&self.counted);
        self.enough = self.counted.sample() >= definition.sample_min.max(1);
        self
    }
}

/// The number of what was counted, with its interval.
pub(super) fn number(counted: &Counted) -> Option<Interval> {
    match counted {
        Counted::Share { numerator, denominator } => share_interval(*numerator, *denominator),
        Counted::Days { days } => median_interval(days),
        Counted::Purposes { .. } => None,
    }
}
