//! Scores: what visible answers add up to, and the highest they could.

use serde::{Deserialize, Serialize};

/// The largest score of one answer, either way.
pub const SCORE_MAX: i64 = 1_000;

/// A score and the highest that it could have been with the same questions visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// What it is.
    pub value: i64,
    /// What it could be at most.
    pub highest: i64,
}

impl Score {
    /// Both sums; where they would be too large to count, the largest number.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self { value: self.value.saturating_add(other.value), highest: self.highest.saturating_add(other.highest) }
    }

    /// The score as a share of the highest, in per cent rounded down, 0 to 100; 0 where nothing scores.
    #[must_use]
    pub fn percent(self) -> i64 {
        if self.highest <= 0 {
            return 0;
        }
        let share = i128::from(self.value) * 100 / i128::from(self.highest);
        i64::try_from(share.clamp(0, 100)).unwrap_or(100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_between_none_and_all() {
        let share = |value, highest| Score { value, highest }.percent();
        assert_eq!((share(1, 3), share(3, 3), share(0, 0), share(-5, 3)), (33, 100, 0, 0));
        assert_eq!(share(i64::MAX, i64::MAX), 100);
        assert_eq!(share(i64::MAX, 1), 100);
        let most = Score { value: i64::MAX, highest: i64::MAX };
        assert_eq!(most.plus(most), most);
    }
}
