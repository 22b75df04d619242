//! Plain words for what the register holds: states, treatments, views, acts.
//!
//! One place, so that a page, a sign and an answer say the same thing in the same words, at level B1. Nothing here
//! decides anything, and nothing here knows HTML: what comes out is text, escaped by whoever draws it.

mod act;
mod clock;
mod data;
mod people;
mod view;

pub(crate) use act::act;
pub(crate) use clock::{clock, overdue, owed_since, owes};
pub(crate) use data::{left_out, never_kept, time_treatment, treatment};
pub(crate) use people::{Badge, People, badge, duty, legal_basis, outcome, party_kind, people, role};
pub(crate) use view::{budget, view};

use model::{Span, Timestamp};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day in words: `24 November 2026`. Days are those of UTC, as everywhere in the log.
pub(crate) fn day(at: Timestamp) -> String {
    let date = at.date();
    let mut parts = date.split('-').map(|part| part.parse::<usize>().unwrap_or(0));
    let (year, month, day) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    let month = month.checked_sub(1).and_then(|month| MONTHS.get(month)).copied().unwrap_or("?");
    format!("{day} {month} {year}")
}

/// An instant in words, to the minute: `24 November 2026, 08:00 UTC`.
pub(crate) fn instant(at: Timestamp) -> String {
    let clock: String = at.to_string().chars().skip(11).take(5).collect();
    format!("{}, {clock} UTC", day(at))
}

/// A number with its thousands set apart: `12,345`.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number and its noun: `1 sensor`, `3 sensors`, `no sensors`.
pub(crate) fn count(count: u64, one: &str, many: &str) -> String {
    match count {
        0 => format!("no {many}"),
        1 => format!("1 {one}"),
        more => format!("{} {many}", number(more)),
    }
}

/// A span in words; whole years as years, since nobody reads days by the thousand.
pub(crate) fn span(span: Span) -> String {
    const YEAR_SECONDS: u32 = 365 * model::time::SECONDS_PER_DAY;
    let seconds = span.as_seconds();
    if seconds >= YEAR_SECONDS && seconds.is_multiple_of(YEAR_SECONDS) {
        count(u64::from(seconds / YEAR_SECONDS), "year", "years")
    } else {
        span.in_words()
    }
}

/// A span after the word *every*: `hour`, `15 minutes`.
pub(crate) fn every(span: Span) -> String {
    let words = self::span(span);
    words.strip_prefix("1 ").map_or(words.clone(), str::to_owned)
}

/// The first letter small, for text that goes on a line.
pub(crate) fn small(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The first letter as a capital, for text that begins a line.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Several things in one sentence: `a`, `a and b`, `a, b and c`.
pub(crate) fn list(things: &[String]) -> String {
    match things {
        [] => String::new(),
        [one] => one.clone(),
        [start @ .., last] => format!("{} and {last}", start.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_and_an_instant_are_written_out() {
        let at: Timestamp = "2026-03-01T08:05:59.999Z".parse().unwrap();
        assert_eq!(day(at), "1 March 2026");
        assert_eq!(instant(at), "1 March 2026, 08:05 UTC");
        assert_eq!(day(Timestamp::MAX), "31 December 9999");
    }

    #[test]
    fn numbers_are_grouped_and_counted() {
        assert_eq!(
            [0, 7, 999, 1_000, 65_533, 1_000_000].map(number),
            ["0", "7", "999", "1,000", "65,533", "1,000,000"]
        );
        assert_eq!(count(0, "sensor", "sensors"), "no sensors");
        assert_eq!(count(1, "sensor", "sensors"), "1 sensor");
        assert_eq!(count(1_200, "sensor", "sensors"), "1,200 sensors");
    }

    #[test]
    fn a_single_span_loses_its_one() {
        assert_eq!(every(Span::hours(1)), "hour");
        assert_eq!(every(Span::minutes(15)), "15 minutes");
        assert_eq!(every(Span::hours(11)), "11 hours");
        assert_eq!([365, 400, 3_650].map(|days| span(Span::days(days))), ["1 year", "400 days", "10 years"]);
    }

    #[test]
    fn lists_read_like_sentences() {
        let words = |words: &[&str]| list(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(words(&[]), "");
        assert_eq!(words(&["a"]), "a");
        assert_eq!(words(&["a", "b"]), "a and b");
        assert_eq!(words(&["a", "b", "c"]), "a, b and c");
        assert_eq!(capital("éa"), "Éa");
    }
}
