//! How it went day by day: the whole days among the windows that were handed over, as bars and as a table.

use std::collections::BTreeMap;

use model::{TimeBin, Timestamp, Window};

use super::chart::Combined;
use crate::lang::Lang;
use crate::pages::draw::{Bars, told};

/// The most days that are shown.
const DAYS_MAX: usize = 14;
const DAY_MILLIS: i64 = 86_400_000;

/// The days, ready to be drawn.
#[derive(Debug)]
pub(super) struct Trend {
    /// What they show, in a sentence that stands for them.
    pub(super) sentence: String,
    pub(super) bars: Bars,
    /// The table, newest first.
    pub(super) days: Vec<Day>,
}

/// A line of the table.
#[derive(Debug, PartialEq)]
pub(super) struct Day {
    pub(super) when: String,
    pub(super) number: String,
}

impl Trend {
    /// The whole days within the stretch of time that was asked for; none where a window is a day or longer, or fewer than two
    /// days have a number.
    pub(super) fn of(
        lang: Lang,
        numbers: &BTreeMap<Timestamp, f64>,
        asked: Window,
        bin: TimeBin,
        combined: Combined,
    ) -> Option<Self> {
        if bin.span().millis() >= DAY_MILLIS {
            return None;
        }
        let mut days: BTreeMap<i64, (f64, f64, f64)> = BTreeMap::new();
        for (from, number) in numbers {
            let (sum, count, last) = days.entry(from.millis().div_euclid(DAY_MILLIS)).or_default();
            *sum += number;
            *count += 1.0;
            *last = *number;
        }
        let whole = |day: i64| asked.start.millis() <= day * DAY_MILLIS && (day + 1) * DAY_MILLIS <= asked.end.millis();
        let whole = days.into_iter().filter(|(day, _)| whole(*day));
        let one = |(sum, count, last): (f64, f64, f64)| match combined {
            Combined::Sum => sum,
            Combined::SoFar => last,
            Combined::Mean | Combined::Average => sum / count,
        };
        let mut whole: Vec<(Timestamp, f64)> =
            whole.map(|(day, both)| (Timestamp::from_millis(day * DAY_MILLIS), one(both))).collect();
        whole.drain(..whole.len().saturating_sub(DAYS_MAX));
        let ((newest, number), before) = whole.split_last().filter(|(_, before)| !before.is_empty())?;
        #[expect(clippy::cast_precision_loss, reason = "there are at most fourteen")]
        let usual = before.iter().map(|(_, number)| number).sum::<f64>() / before.len() as f64;
        let usual = told(lang, Some((usual * 10.0).round() / 10.0));
        let sentence = sentence(lang, (*newest, *number), combined, (before.len() as u64, &usual));
        let named: Vec<(String, Option<f64>)> =
            whole.iter().map(|(day, number)| (lang.day(*day), Some(*number))).collect();
        let days =
            whole.iter().rev().map(|(day, number)| Day { when: lang.day(*day), number: told(lang, Some(*number)) });
        Some(Self { sentence, bars: Bars::of(lang, &named), days: days.collect() })
    }
}

/// The newest day, and the mean of so many before it.
fn sentence(lang: Lang, (newest, number): (Timestamp, f64), combined: Combined, (days, usual): (u64, &str)) -> String {
    let what = match combined {
        Combined::Sum => lang.of("all numbers of the day together", "alle Zahlen des Tages zusammen"),
        Combined::SoFar => lang.of("the day’s last number", "die letzte Zahl des Tages"),
        Combined::Mean | Combined::Average => {
            lang.of("the mean of the day’s numbers", "der Mittelwert der Zahlen des Tages")
        }
    };
    let (day, number) = (lang.day(newest), told(lang, Some(number)));
    match lang {
        Lang::En => format!(
            "On {day}, the newest whole day, it was {number} ({what}); the mean of the {} before is {usual}.",
            lang.count(days, ("day", "days"), ("", ""))
        ),
        Lang::De => format!(
            "Am {day}, dem neuesten ganzen Tag: {number} ({what}). Mittelwert davor, aus {}: {usual}.",
            lang.count(days, ("", ""), ("Tag", "Tagen"))
        ),
    }
}

#[cfg(test)]
mod tests {
    use model::Span;

    use super::*;

    #[test]
    fn whole_days_are_held_against_each_other_and_the_present_one_is_not_among_them() {
        let hour = TimeBin::new(Span::hours(1)).unwrap();
        let begin: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
        let numbers: BTreeMap<Timestamp, f64> =
            (0..80_u32).map(|at| (begin + Span::hours(at), f64::from(at / 24 + 1))).collect();
        let asked = Window { start: begin, end: begin + Span::hours(80) };
        let trend = Trend::of(Lang::En, &numbers, asked, hour, Combined::Sum).unwrap();
        let day = |when: &str, number: &str| Day { when: when.to_owned(), number: number.to_owned() };
        assert_eq!(
            trend.days,
            [day("22 November 2026", "72"), day("21 November 2026", "48"), day("20 November 2026", "24")]
        );
        assert!(
            trend.sentence.contains("it was 72") && trend.sentence.contains("2 days before is 36"),
            "{}",
            trend.sentence
        );
        let means = Trend::of(Lang::En, &numbers, asked, hour, Combined::Mean).unwrap();
        assert_eq!(means.days[0], day("22 November 2026", "3"));
        let rising: BTreeMap<Timestamp, f64> =
            (0..80_u32).map(|at| (begin + Span::hours(at), f64::from(at % 24 * 10))).collect();
        let totals = Trend::of(Lang::En, &rising, asked, hour, Combined::SoFar).unwrap();
        assert_eq!(totals.days[0], day("22 November 2026", "230"), "the last, and not all of them added up");
        assert!(Trend::of(Lang::En, &numbers, asked, TimeBin::new(Span::hours(24)).unwrap(), Combined::Sum).is_none());
        let cut = Window { start: begin + Span::hours(1), ..asked };
        assert_eq!(
            Trend::of(Lang::En, &numbers, cut, hour, Combined::Sum).unwrap().days.len(),
            2,
            "the first was asked in part"
        );
        let one: BTreeMap<_, _> = numbers.range(..begin + Span::hours(24)).map(|(at, number)| (*at, *number)).collect();
        assert!(Trend::of(Lang::En, &one, asked, hour, Combined::Sum).is_none(), "one day has nothing beside it");
    }
}
