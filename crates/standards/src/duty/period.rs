//! Periods by the calendar: days, weeks, months and years, added to an instant without ever going back.
//!
//! All days are days in UTC. A month that has no such day ends the period with its last day.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Days, Months, NaiveDate, NaiveTime, Utc};
use model::Timestamp;
use serde::{Deserialize, Serialize};

/// The longest period, in years.
pub const PERIOD_YEARS_MAX: u32 = 1_000;

/// The unit of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// 24 hours.
    #[serde(rename = "d")]
    Day,
    /// Seven days.
    #[serde(rename = "w")]
    Week,
    /// A month of the calendar.
    #[serde(rename = "mo")]
    Month,
    /// A year of the calendar.
    #[serde(rename = "y")]
    Year,
}

impl Unit {
    const ALL: [Self; 4] = [Self::Month, Self::Day, Self::Week, Self::Year];

    /// As it is written behind a number.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Day => "d",
            Self::Week => "w",
            Self::Month => "mo",
            Self::Year => "y",
        }
    }

    /// The most of it that a period may have.
    const fn count_max(self) -> u32 {
        match self {
            Self::Day => PERIOD_YEARS_MAX * 366,
            Self::Week => PERIOD_YEARS_MAX * 53,
            Self::Month => PERIOD_YEARS_MAX * 12,
            Self::Year => PERIOD_YEARS_MAX,
        }
    }
}

/// What is wrong with a text that should be a period or a day of the year.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// Not a number and a unit.
    #[error("`{0}` is not a period such as 90d, 6w, 12mo or 5y")]
    Form(String),
    /// Longer than [`PERIOD_YEARS_MAX`].
    #[error("`{0}` is longer than {PERIOD_YEARS_MAX} years")]
    TooLong(String),
    /// No such day.
    #[error("`{0}` is not a day of the year such as 03-15, month before day")]
    Day(String),
}

/// What of a text may stand in an error.
pub(crate) fn cut(text: &str) -> String {
    text.escape_debug().take(40).collect()
}

/// A length of time by the calendar; in serde a text such as `90d`, `6w`, `12mo`, `5y`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period {
    count: u32,
    unit: Unit,
}

impl Period {
    /// A number of days, weeks, months or years.
    ///
    /// # Errors
    /// It is longer than [`PERIOD_YEARS_MAX`] years.
    pub fn new(count: u32, unit: Unit) -> Result<Self, PeriodError> {
        let too_long = || PeriodError::TooLong(format!("{count}{}", unit.code()));
        if count > unit.count_max() { Err(too_long()) } else { Ok(Self { count, unit }) }
    }

    /// Whether it is no time at all.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.count == 0
    }

    /// The instant this long, so many times over, after another; never before it, and never after the last that can be
    /// written. Counted from the first instant, so that a month's end does not wear down: 31 January, twice a month
    /// later, is 31 March.
    #[must_use]
    pub fn times_after(self, times: u32, at: Timestamp) -> Timestamp {
        let count = self.count.saturating_mul(times);
        match self.unit {
            Unit::Day => plus_days(at, count),
            Unit::Week => plus_days(at, count.saturating_mul(7)),
            Unit::Month => plus_months(at, count),
            Unit::Year => plus_months(at, count.saturating_mul(12)),
        }
    }

    /// The instant this long after another.
    #[must_use]
    pub fn after(self, at: Timestamp) -> Timestamp {
        self.times_after(1, at)
    }

    /// The fewest and the most days that it can be, as months differ in length.
    #[must_use]
    pub fn days_between(self) -> (u64, u64) {
        match self.unit {
            Unit::Day => (self.count.into(), self.count.into()),
            Unit::Week => (u64::from(self.count) * 7, u64::from(self.count) * 7),
            Unit::Month => days_of_months(self.count),
            Unit::Year => days_of_months(self.count.saturating_mul(12)),
        }
    }

    /// Which is longer, where that holds for every start: days and weeks with each other, months and years with each
    /// other.
    #[must_use]
    pub fn exactly_compares(self, other: Self) -> Option<std::cmp::Ordering> {
        let whole = |period: Self| match period.unit {
            Unit::Day => (false, u64::from(period.count)),
            Unit::Week => (false, u64::from(period.count) * 7),
            Unit::Month => (true, u64::from(period.count)),
            Unit::Year => (true, u64::from(period.count) * 12),
        };
        let ((by_month, count), (other_by_month, other_count)) = (whole(self), whole(other));
        (by_month == other_by_month).then(|| count.cmp(&other_count))
    }

    /// How many of its unit.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.count
    }

    /// Its unit.
    #[must_use]
    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// In words for people: `12 months`, `1 week`.
    #[must_use]
    pub fn in_words(self) -> String {
        let unit = match self.unit {
            Unit::Day => "day",
            Unit::Week => "week",
            Unit::Month => "month",
            Unit::Year => "year",
        };
        format!("{} {unit}{}", self.count, if self.count == 1 { "" } else { "s" })
    }
}

impl FromStr for Period {
    type Err = PeriodError;
    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let form = || PeriodError::Form(cut(text));
        let split = |unit: Unit| text.strip_suffix(unit.code()).map(|digits| (digits, unit));
        let (digits, unit) = Unit::ALL.into_iter().find_map(split).ok_or_else(form)?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(form());
        }
        let count = digits.parse().map_err(|_| PeriodError::TooLong(cut(text)))?;
        Self::new(count, unit)
    }
}
impl TryFrom<String> for Period {
    type Error = PeriodError;
    fn try_from(text: String) -> Result<Self, PeriodError> {
        text.parse()
    }
}
impl From<Period> for String {
    fn from(period: Period) -> String {
        period.to_string()
    }
}
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}{}", self.count, self.unit.code()))
    }
}
impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A day of every year; in serde a text such as `11-01`. 29 February is 28 February where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MonthDay {
    month: u8,
    day: u8,
}

impl MonthDay {
    /// The day in a year.
    fn in_year(self, year: i32) -> Option<NaiveDate> {
        let day = |day: u8| NaiveDate::from_ymd_opt(year, self.month.into(), day.into());
        day(self.day).or_else(|| day(self.day - 1))
    }

    /// The end of the next such day, which may be the day of the instant itself.
    #[must_use]
    pub fn next_end(self, at: Timestamp) -> Timestamp {
        let Some(date) = date_of(at) else { return Timestamp::MAX };
        let year = chrono::Datelike::year(&date);
        let found = [year, year + 1].into_iter().filter_map(|year| self.in_year(year)).find(|day| *day >= date);
        found.map_or(Timestamp::MAX, end_of)
    }
}

impl FromStr for MonthDay {
    type Err = PeriodError;
    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let bad = || PeriodError::Day(cut(text));
        let two = |digits: &str| digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
        let (month, day) = text.split_once('-').filter(|(m, d)| (m.len(), d.len()) == (2, 2)).ok_or_else(bad)?;
        let read = Self { month: two(month).ok_or_else(bad)?, day: two(day).ok_or_else(bad)? };
        // 2000 has a 29 February.
        NaiveDate::from_ymd_opt(2000, read.month.into(), read.day.into()).map(|_| read).ok_or_else(bad)
    }
}
impl TryFrom<String> for MonthDay {
    type Error = PeriodError;
    fn try_from(text: String) -> Result<Self, PeriodError> {
        text.parse()
    }
}
impl From<MonthDay> for String {
    fn from(day: MonthDay) -> String {
        day.to_string()
    }
}
impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:02}-{:02}", self.month, self.day))
    }
}

fn utc(at: Timestamp) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(at.millis())
}

fn date_of(at: Timestamp) -> Option<NaiveDate> {
    utc(at).map(|at| at.date_naive())
}

/// The last instant of a day.
fn end_of(day: NaiveDate) -> Timestamp {
    let next = day.succ_opt().unwrap_or(NaiveDate::MAX).and_time(NaiveTime::MIN).and_utc();
    Timestamp::from_millis(next.timestamp_millis() - 1)
}

fn plus_days(at: Timestamp, days: u32) -> Timestamp {
    let later = utc(at).and_then(|at| at.checked_add_days(Days::new(days.into())));
    later.map_or(Timestamp::MAX, |later| Timestamp::from_millis(later.timestamp_millis()))
}

/// Where the later month has no such day, the period ends with its last day, at the end of it: else an instant late on
/// the 30th would come out after one early on the 31st.
fn plus_months(at: Timestamp, months: u32) -> Timestamp {
    let (Some(from), false) = (utc(at), months == 0) else { return at };
    let Some(day) = from.date_naive().checked_add_months(Months::new(months)) else { return Timestamp::MAX };
    if chrono::Datelike::day(&day) < chrono::Datelike::day(&from.date_naive()) {
        return end_of(day);
    }
    Timestamp::from_millis(day.and_time(from.time()).and_utc().timestamp_millis())
}

/// The fewest and most days of so many months in a row, whichever of the 400 years of the calendar they begin in.
fn days_of_months(months: u32) -> (u64, u64) {
    let first =
        |month: u32| NaiveDate::from_ymd_opt(2000, 1, 1).and_then(|day| day.checked_add_months(Months::new(month)));
    let days = |start: u32| {
        let (from, to) = (first(start)?, first(start.checked_add(months)?)?);
        u64::try_from(to.signed_duration_since(from).num_days()).ok()
    };
    (0..4_800).filter_map(days).fold((u64::MAX, 0), |(least, most), days| (least.min(days), most.max(days)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }
    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn months_end_where_the_calendar_ends_them() {
        for (start, length, end) in [
            ("2026-01-15T08:00:00Z", "1mo", "2026-02-15T08:00:00Z"),
            ("2026-01-31T08:00:00Z", "1mo", "2026-02-28T23:59:59.999Z"),
            ("2028-01-31T08:00:00Z", "1mo", "2028-02-29T23:59:59.999Z"),
            ("2028-02-29T08:00:00Z", "1y", "2029-02-28T23:59:59.999Z"),
            ("2028-02-29T08:00:00Z", "4y", "2032-02-29T08:00:00Z"),
            ("2026-12-31T00:00:00Z", "2mo", "2027-02-28T23:59:59.999Z"),
            ("2026-03-01T12:00:00Z", "4w", "2026-03-29T12:00:00Z"),
            ("2026-03-01T12:00:00Z", "0mo", "2026-03-01T12:00:00Z"),
            ("9999-06-01T00:00:00Z", "1y", "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(period(length).after(at(start)), at(end), "{start} + {length}");
        }
        assert_eq!(period("1mo").times_after(2, at("2026-01-31T08:00:00Z")), at("2026-03-31T08:00:00Z"));
    }

    #[test]
    fn a_day_of_the_year_counts_to_its_end_and_comes_again() {
        let first: MonthDay = "11-01".parse().unwrap();
        assert_eq!(first.next_end(at("2027-01-01T00:00:00Z")), at("2027-11-01T23:59:59.999Z"));
        assert_eq!(first.next_end(at("2027-11-01T15:00:00Z")), at("2027-11-01T23:59:59.999Z"));
        assert_eq!(first.next_end(at("2027-11-02T00:00:00Z")), at("2028-11-01T23:59:59.999Z"));
        let leap: MonthDay = "02-29".parse().unwrap();
        assert_eq!(leap.next_end(at("2027-01-01T00:00:00Z")), at("2027-02-28T23:59:59.999Z"));
        assert_eq!(leap.next_end(at("2028-02-28T12:00:00Z")), at("2028-02-29T23:59:59.999Z"));
        for bad in ["", "1-1", "13-01", "02-30", "04-31", "2-029", "+1-01", "11/01", "1é-1"] {
            assert!(bad.parse::<MonthDay>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_period_is_written_as_it_is_read_and_nonsense_is_refused() {
        for text in ["0d", "45d", "4w", "12mo", "5y"] {
            assert_eq!(period(text).to_string(), text);
        }
        for bad in ["", "d", "5", "5m", "-1d", "+1d", "1.5y", "5 d", "1001y", "99999999999d", "½y"] {
            assert!(bad.parse::<Period>().is_err(), "{bad}");
        }
        assert_eq!((period("1mo").in_words(), period("6w").in_words()), ("1 month".to_owned(), "6 weeks".to_owned()));
    }

    #[test]
    fn how_long_a_period_can_be_in_days() {
        for (text, days) in
            [("6mo", (181, 184)), ("1mo", (28, 31)), ("1y", (365, 366)), ("4w", (28, 28)), ("4y", (1460, 1461))]
        {
            assert_eq!(period(text).days_between(), days, "{text}");
        }
    }

    fn any_period() -> impl Strategy<Value = Period> {
        let units = prop::sample::select(vec![Unit::Day, Unit::Week, Unit::Month, Unit::Year]);
        (0_u32..600, units).prop_map(|(count, unit)| Period::new(count, unit).unwrap())
    }
    fn any_instant() -> impl Strategy<Value = Timestamp> {
        // Whole hours, and every other one in the last days of a month, where calendars go wrong.
        let month_end = (1971_i32..2200, 1_u32..=12, 27_u32..=31, 0_i64..24).prop_map(|(year, month, day, hour)| {
            let date = (27..=day).rev().find_map(|day| NaiveDate::from_ymd_opt(year, month, day)).unwrap();
            Timestamp::from_millis(date.and_time(NaiveTime::MIN).and_utc().timestamp_millis() + hour * 3_600_000)
        });
        prop_oneof![(0_i64..2_200_000).prop_map(|hours| Timestamp::from_millis(hours * 3_600_000)), month_end]
    }
    fn any_gap() -> impl Strategy<Value = i64> {
        prop_oneof![0_i64..72, 0_i64..9_000]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_096))]

        #[test]
        fn adding_a_period_never_goes_back(a in any_instant(), gap in any_gap(), p in any_period(), more in 0_u32..50) {
            let b = Timestamp::from_millis(a.millis() + gap * 3_600_000);
            prop_assert!(p.after(a) >= a);
            prop_assert!(p.after(a) <= p.after(b), "{a} and {b} changed places by {p}");
            let longer = Period::new(p.count + more, p.unit).unwrap_or(p);
            prop_assert!(p.after(a) <= longer.after(a));
            prop_assert!(p.times_after(more, a) <= p.times_after(more + 1, a));
        }

    }

    proptest! {
        #[test]
        fn a_length_in_days_holds_for_every_start(a in any_instant(), p in any_period()) {
            let (least, most) = p.days_between();
            let days = u64::try_from(date_of(p.after(a)).unwrap().signed_duration_since(date_of(a).unwrap()).num_days()).unwrap();
            prop_assert!((least..=most).contains(&days), "{p} after {a} is {days} days, said {least} to {most}");
        }

        #[test]
        fn the_next_day_of_the_year_is_within_a_year_and_keeps_the_order(a in any_instant(), gap in any_gap(), month in 1_u8..=12, day in 1_u8..=28) {
            let b = Timestamp::from_millis(a.millis() + gap * 3_600_000);
            let on = MonthDay { month, day };
            prop_assert!(on.next_end(a) > a && on.next_end(a) <= on.next_end(b));
            prop_assert!(on.next_end(a).millis() - a.millis() < 367 * 86_400_000);
        }
    }
}
