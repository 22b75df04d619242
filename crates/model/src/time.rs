//! Instants, spans and windows, with the unit in the type.
//!
//! Time is a parameter everywhere: this module defines [`Clock`] and no clock.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// Milliseconds in a second.
pub const MILLIS_PER_SECOND: i64 = 1_000;
/// Seconds in a day.
pub const SECONDS_PER_DAY: u32 = 86_400;
/// The latest instant: 9999-12-31T23:59:59.999Z, the last that RFC 3339 can write.
const MILLIS_MAX: i64 = 253_402_300_799_999;

/// What is wrong with a text or number that should be a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not an RFC 3339 instant between 1970 and 9999.
    #[error("`{0}` is not an RFC 3339 time between 1970 and 9999, such as 2026-11-24T08:00:00Z")]
    Timestamp(String),
    /// Not a span.
    #[error("`{0}` is not a span of time such as 90s, 15m, 24h or 30d")]
    Span(String),
    /// Not a month.
    #[error("`{0}` is not a month between 1970 and 9999, such as 2026-06")]
    Month(String),
    /// A bin does not divide the day.
    #[error("a time bin of {0} does not divide a day, so its grid would drift")]
    BinDrifts(Span),
    /// A span that must be longer than nothing is zero.
    #[error("{0} must be longer than 0 s")]
    Zero(&'static str),
}

/// An instant in milliseconds since 1970-01-01T00:00:00Z; in serde an RFC 3339 text in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self(0);
    /// The last instant that can be written.
    pub const MAX: Self = Self(MILLIS_MAX);

    /// From milliseconds since 1970, held within 1970 to 9999.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(0, MILLIS_MAX))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The span since an earlier instant; zero if it is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Span {
        let seconds = (self.0 - earlier.0).max(0) / MILLIS_PER_SECOND;
        Span::seconds(u32::try_from(seconds).unwrap_or(u32::MAX))
    }

    /// The day as `YYYY-MM-DD`.
    #[must_use]
    pub fn date(self) -> String {
        self.to_string().chars().take(10).collect()
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let bad = || TimeError::Timestamp(text.chars().take(40).collect());
        let parsed = DateTime::parse_from_rfc3339(text).map_err(|_| bad())?.timestamp_millis();
        if (0..=MILLIS_MAX).contains(&parsed) { Ok(Self(parsed)) } else { Err(bad()) }
    }
}
impl TryFrom<String> for Timestamp {
    type Error = TimeError;
    fn try_from(text: String) -> Result<Self, TimeError> {
        text.parse()
    }
}
impl From<Timestamp> for String {
    fn from(at: Timestamp) -> String {
        at.to_string()
    }
}
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = if self.0 % MILLIS_PER_SECOND == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
        let at = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or_default();
        f.pad(&at.to_rfc3339_opts(format, true))
    }
}
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Add<Span> for Timestamp {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self::from_millis(self.0.saturating_add(span.millis()))
    }
}
impl Sub<Span> for Timestamp {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self::from_millis(self.0.saturating_sub(span.millis()))
    }
}

/// A length of time in whole seconds; in serde a text such as `90s`, `15m`, `24h`, `30d`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(u32);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A number of seconds.
    #[must_use]
    pub const fn seconds(seconds: u32) -> Self {
        Self(seconds)
    }
    /// A number of minutes.
    #[must_use]
    pub const fn minutes(minutes: u32) -> Self {
        Self(minutes.saturating_mul(60))
    }
    /// A number of hours.
    #[must_use]
    pub const fn hours(hours: u32) -> Self {
        Self(hours.saturating_mul(3_600))
    }
    /// A number of days of 24 hours.
    #[must_use]
    pub const fn days(days: u32) -> Self {
        Self(days.saturating_mul(SECONDS_PER_DAY))
    }
    /// Length in seconds.
    #[must_use]
    pub const fn as_seconds(self) -> u32 {
        self.0
    }
    /// Length in milliseconds.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0 as i64 * MILLIS_PER_SECOND
    }

    /// In words for people: `30 days`, `1 hour`, `90 seconds`, `not at all` for zero.
    #[must_use]
    pub fn in_words(self) -> String {
        let (count, unit) = match self.0 {
            0 => return "not at all".to_owned(),
            s if s % SECONDS_PER_DAY == 0 && s > SECONDS_PER_DAY => (s / SECONDS_PER_DAY, "day"),
            s if s % 3_600 == 0 => (s / 3_600, "hour"),
            s if s % 60 == 0 => (s / 60, "minute"),
            s => (s, "second"),
        };
        format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
    }
}

impl FromStr for Span {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let bad = || TimeError::Span(text.chars().take(40).collect());
        let unit = match text.as_bytes().last() {
            Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 3_600,
            Some(b'd') => SECONDS_PER_DAY,
            _ => return Err(bad()),
        };
        let digits = text.get(..text.len() - 1).unwrap_or_default();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad());
        }
        let count: u32 = digits.parse().map_err(|_| bad())?;
        count.checked_mul(unit).map(Self).ok_or_else(bad)
    }
}
impl TryFrom<String> for Span {
    type Error = TimeError;
    fn try_from(text: String) -> Result<Self, TimeError> {
        text.parse()
    }
}
impl From<Span> for String {
    fn from(span: Span) -> String {
        span.to_string()
    }
}
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.pad("0s"),
            s if s % SECONDS_PER_DAY == 0 => f.pad(&format!("{}d", s / SECONDS_PER_DAY)),
            s if s % 3_600 == 0 => f.pad(&format!("{}h", s / 3_600)),
            s if s % 60 == 0 => f.pad(&format!("{}m", s / 60)),
            s => f.pad(&format!("{s}s")),
        }
    }
}
impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Defines a span with one meaning, so that a retention is never passed for a delay.
macro_rules! meaning {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Span);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

meaning!(/// How long treated observations are kept at most, counted from the observation's time. Zero keeps none.
    Retention);
meaning!(/// How long a view holds back before it shows.
    Delay);
meaning!(/// How far back a view reaches from now.
    Depth);

/// Defines a span that divides a day (`TimeBin`) or is merely longer than nothing (`EpochLength`).
macro_rules! grid {
    ($(#[$doc:meta])* $name:ident, $what:literal, $divides_day:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "Span", into = "Span")]
        pub struct $name(Span);

        impl $name {
            /// Checks a span.
            ///
            /// # Errors
            /// Zero, or a grid that would drift over the day.
            pub fn new(span: Span) -> Result<Self, TimeError> {
                if span == Span::ZERO {
                    return Err(TimeError::Zero($what));
                }
                if $divides_day && SECONDS_PER_DAY % span.as_seconds() != 0 {
                    return Err(TimeError::BinDrifts(span));
                }
                Ok(Self(span))
            }

            /// Its length.
            #[must_use]
            pub const fn span(self) -> Span {
                self.0
            }

            /// The window of the fixed grid, anchored at 1970-01-01T00:00:00Z, that holds an instant.
            #[must_use]
            pub fn window(self, at: Timestamp) -> Window {
                let length = self.0.millis();
                let start = at.millis() - at.millis().rem_euclid(length);
                Window { start: Timestamp(start), end: Timestamp::from_millis(start + length) }
            }

            /// The start of the first window that begins at or after an instant.
            #[must_use]
            pub fn first_whole(self, at: Timestamp) -> Timestamp {
                let window = self.window(at);
                if window.start == at { at } else { window.end }
            }
        }
        impl TryFrom<Span> for $name {
            type Error = TimeError;
            fn try_from(span: Span) -> Result<Self, TimeError> {
                Self::new(span)
            }
        }
        impl From<$name> for Span {
            fn from(grid: $name) -> Span {
                grid.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

grid!(/// The width of a fixed time grid; divides a day, so that the grid is the same every day.
    TimeBin, "a time bin", true);
grid!(/// How long one pseudonym key lives.
    EpochLength, "an epoch", false);

/// A half-open stretch of time: `start` belongs to it, `end` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// First instant inside.
    pub start: Timestamp,
    /// First instant after.
    pub end: Timestamp,
}

impl Window {
    /// Whether an instant lies inside.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

/// The stretch of time in which one pseudonym key lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub Window);

/// Says what time it is. The only implementations stand in the binary and in `testkit`.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_written_as_it_is_read() {
        for text in ["1970-01-01T00:00:00Z", "2023-11-20T00:12:49.578Z", "9999-12-31T23:59:59.999Z"] {
            assert_eq!(text.parse::<Timestamp>().map(|at| at.to_string()).as_deref(), Ok(text));
        }
        assert!("1969-12-31T23:59:59Z".parse::<Timestamp>().is_err());
        assert!("yesterday".parse::<Timestamp>().is_err());
        let offset: Result<Timestamp, _> = "2026-11-24T09:00:00+01:00".parse();
        assert_eq!(offset.map(|at| at.to_string()).as_deref(), Ok("2026-11-24T08:00:00Z"));
    }

    #[test]
    fn a_span_keeps_its_unit_in_text() {
        for text in ["0s", "90s", "15m", "36h", "30d"] {
            assert_eq!(text.parse::<Span>().map(|span| span.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "5", "+5m", "-1d", "99999999999d", "4294967295d", "1.5h"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
        assert_eq!(Span::days(30).in_words(), "30 days");
        assert_eq!(Span::hours(24).in_words(), "24 hours");
    }

    #[test]
    fn a_bin_must_divide_the_day() {
        assert_eq!(TimeBin::new(Span::minutes(7)), Err(TimeError::BinDrifts(Span::minutes(7))));
        assert_eq!(TimeBin::new(Span::ZERO), Err(TimeError::Zero("a time bin")));
        assert!(EpochLength::new(Span::minutes(7)).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn every_instant_lies_in_its_window(millis in 0_i64..MILLIS_MAX - 86_400_000, minutes in proptest::sample::select(vec![1_u32, 5, 15, 60, 1_440])) {
            let at = Timestamp::from_millis(millis);
            let bin = TimeBin::new(Span::minutes(minutes)).unwrap_or_else(|_| unreachable!());
            let window = bin.window(at);
            proptest::prop_assert!(window.contains(at));
            proptest::prop_assert_eq!(bin.window(window.start), window);
            proptest::prop_assert_eq!(window.end.millis() - window.start.millis(), bin.span().millis());
        }
    }
}
