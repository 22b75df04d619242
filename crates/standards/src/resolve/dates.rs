//! When a requirement is enforced: by its status and its days.

use chrono::NaiveDate;
use model::Timestamp;
use serde::Serialize;

use crate::duty::InForce;
use crate::requirement::{Requirement, Status};

/// When a requirement's norms decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "when")]
pub enum Enforcement {
    /// Always.
    Always,
    /// From a day on, up to a day, or both. Days begin at 00:00 UTC.
    Within {
        /// The first day.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<NaiveDate>,
        /// The first day on which no longer.
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<NaiveDate>,
    },
    /// Never: it is a proposal, or was overturned.
    Never,
}

impl Enforcement {
    /// When a requirement is enforced.
    #[must_use]
    pub fn of(requirement: &Requirement) -> Self {
        match (requirement.status, requirement.applies_from, requirement.applies_to) {
            (Status::Proposal | Status::Overturned, ..) | (Status::Adopted, None, _) => Self::Never,
            (_, None, None) => Self::Always,
            (_, from, to) => Self::Within { from, to },
        }
    }

    /// Whether it is enforced on a day.
    #[must_use]
    pub fn holds_on(self, day: NaiveDate) -> bool {
        match self {
            Self::Always => true,
            Self::Within { from, to } => from.is_none_or(|from| from <= day) && to.is_none_or(|to| day < to),
            Self::Never => false,
        }
    }

    /// The same for a duty.
    pub(super) fn in_force(self) -> InForce {
        let Self::Within { from, to } = self else { return InForce::default() };
        let begins =
            |day: NaiveDate| Timestamp::from_millis(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis());
        InForce { from: from.map(begins), to: to.map(begins) }
    }

    /// The condition on the clock in Cedar; none where there is nothing to ask.
    pub(super) fn condition(self) -> Option<String> {
        let Self::Within { from, to } = self else { return None };
        let seconds = |day: NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
        let from = from.map(|day| format!("context.now >= {}", seconds(day)));
        let to = to.map(|day| format!("context.now < {}", seconds(day)));
        Some(from.into_iter().chain(to).collect::<Vec<_>>().join(" && "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_is_a_condition_on_the_clock() {
        let window = Enforcement::Within { from: Some(day("2025-02-02")), to: Some(day("2030-01-01")) };
        assert_eq!(window.condition().as_deref(), Some("context.now >= 1738454400 && context.now < 1893456000"));
        assert!(!window.holds_on(day("2025-02-01")) && window.holds_on(day("2025-02-02")));
        assert!(window.holds_on(day("2029-12-31")) && !window.holds_on(day("2030-01-01")));
        assert_eq!(Enforcement::Always.condition(), None);
    }
}
