//! Plain words for what the register holds: states, treatments, views, acts.
//!
//! One place, so that a page, a sign and an answer say the same thing in the same words, at level B1, in each language. Nothing here
//! decides anything, and nothing here knows HTML: what comes out is text, escaped by whoever draws it.

mod act;
mod clock;
mod data;
mod people;
mod rights;
mod view;
mod vocabulary;
mod written;

pub(crate) use act::{act, inquiry};
pub(crate) use clock::{clock, duty_named, overdue, overdue_as, owed_since, owes};
pub(crate) use data::{left_out, never_kept, time_treatment, treatment};
pub(crate) use people::{Badge, People, badge, duty, forbidden, legal_basis, outcome, party_kind, people, role, tier};
pub(crate) use rights::{Right, rights};
pub(crate) use view::{budget, view};

use model::{Span, Timestamp};

use crate::lang::Lang;

/// A day in English words: `24 November 2026`. Pages that are in one language alone use these; the others ask their [`Lang`].
pub(crate) fn day(at: Timestamp) -> String {
    Lang::En.day(at)
}

/// An instant in English words, to the minute: `24 November 2026, 08:00 UTC`.
pub(crate) fn instant(at: Timestamp) -> String {
    Lang::En.instant(at)
}

/// A number with its thousands set apart as in English: `12,345`.
pub(crate) fn number(number: u64) -> String {
    Lang::En.number(number)
}

/// A number and its noun in English: `1 sensor`, `3 sensors`, `no sensors`.
pub(crate) fn count(count: u64, one: &str, many: &str) -> String {
    Lang::En.count(count, (one, many), (one, many))
}

/// A span in English words.
pub(crate) fn span(span: Span) -> String {
    Lang::En.span(span)
}

/// A span in English after the word *every*: `hour`, `15 minutes`.
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

/// Several things in one English sentence: `a`, `a and b`, `a, b and c`.
pub(crate) fn list(things: &[String]) -> String {
    Lang::En.list(things)
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
