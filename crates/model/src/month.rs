//! A month of the calendar, in UTC: what residents count by.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize};

use crate::time::{TimeError, Timestamp};

/// The months of a year.
const MONTHS_PER_YEAR: u32 = 12;
/// The first month that there is: January 1970.
const FIRST: u32 = 1970 * MONTHS_PER_YEAR;
/// The last: December 9999, as of [`Timestamp::MAX`].
const LAST: u32 = 9_999 * MONTHS_PER_YEAR + 11;

/// A month in UTC, between January 1970 and December 9999; in serde and in words `2026-06`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month(u32);

impl Month {
    /// The month of an instant.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        // An instant lies between 1970 and 9999; were it not, it would be in the first month.
        let date = DateTime::from_timestamp_millis(at.millis());
        let months = |date: DateTime<Utc>| Some(u32::try_from(date.year()).ok()? * MONTHS_PER_YEAR + date.month0());
        Self(date.and_then(months).unwrap_or(FIRST).clamp(FIRST, LAST))
    }

    /// The month after it; the last one has none and stays.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.0 < LAST { Self(self.0 + 1) } else { self }
    }

    /// When it begins.
    #[must_use]
    pub fn start(self) -> Timestamp {
        format!("{self}-01T00:00:00Z").parse().unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl FromStr for Month {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let bad = || TimeError::Month(text.chars().take(40).collect());
        let (year, month) = text.split_once('-').ok_or_else(bad)?;
        let digits = |text: &str, many: usize| text.len() == many && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(bad());
        }
        let (year, month): (u32, u32) = (year.parse().map_err(|_| bad())?, month.parse().map_err(|_| bad())?);
        let months = (year * MONTHS_PER_YEAR + month).checked_sub(1).ok_or_else(bad)?;
        let is_one = (1..=MONTHS_PER_YEAR).contains(&month) && (FIRST..=LAST).contains(&months);
        if is_one { Ok(Self(months)) } else { Err(bad()) }
    }
}
impl TryFrom<String> for Month {
    type Error = TimeError;
    fn try_from(text: String) -> Result<Self, TimeError> {
        text.parse()
    }
}
impl From<Month> for String {
    fn from(month: Month) -> String {
        month.to_string()
    }
}
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:04}-{:02}", self.0 / MONTHS_PER_YEAR, self.0 % MONTHS_PER_YEAR + 1))
    }
}
impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_written_as_it_is_read_and_anything_else_is_none() {
        for text in ["1970-01", "2026-06", "2026-12", "9999-12"] {
            assert_eq!(text.parse::<Month>().map(|month| month.to_string()), Ok(text.to_owned()));
        }
        for none in
            ["", "2026", "2026-0", "2026-00", "2026-13", "1969-12", "2026-6", "+026-06", "2026-06-01", "٢٠٢٦-06"]
        {
            assert!(none.parse::<Month>().is_err(), "{none}");
        }
    }

    #[test]
    fn the_month_after_december_is_january() {
        let month: Month = "2026-12".parse().unwrap_or_else(|_| unreachable!());
        assert_eq!(month.next().to_string(), "2027-01");
        assert_eq!(Month::of(Timestamp::MAX).next(), Month::of(Timestamp::MAX));
    }

    proptest::proptest! {
        #[test]
        fn an_instant_lies_in_its_month_and_months_stand_in_their_order(millis in 0_i64..253_402_300_799_999) {
            let at = Timestamp::from_millis(millis);
            let month = Month::of(at);
            proptest::prop_assert!(month.start() <= at);
            proptest::prop_assert!(month.next() == month || at < month.next().start());
            proptest::prop_assert_eq!(Month::of(month.start()), month);
        }
    }
}
