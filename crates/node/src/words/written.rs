//! Numbers, days and spans as each language writes them, and its rule for one and for many.

use model::estimated::{FLOOR_TOLD, one_figure};
use model::{Span, Timestamp};
use standards::duty::{Period, Unit};

use crate::lang::Lang;

const MONTHS: [[&str; 12]; 2] = [
    [
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
    ],
    [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
];

/// A unit of time: in English for one and for many; in German for one, for many, for many after *nach* or *seit*, and for every one.
struct Named {
    en: [&'static str; 2],
    de: [&'static str; 4],
}

/// From the longest.
static UNITS: [Named; 7] = [
    Named { en: ["year", "years"], de: ["Jahr", "Jahre", "Jahren", "jedes Jahr"] },
    Named { en: ["month", "months"], de: ["Monat", "Monate", "Monaten", "jeden Monat"] },
    Named { en: ["week", "weeks"], de: ["Woche", "Wochen", "Wochen", "jede Woche"] },
    Named { en: ["day", "days"], de: ["Tag", "Tage", "Tagen", "jeden Tag"] },
    Named { en: ["hour", "hours"], de: ["Stunde", "Stunden", "Stunden", "jede Stunde"] },
    Named { en: ["minute", "minutes"], de: ["Minute", "Minuten", "Minuten", "jede Minute"] },
    Named { en: ["second", "seconds"], de: ["Sekunde", "Sekunden", "Sekunden", "jede Sekunde"] },
];

/// How many of which unit.
struct Measured {
    count: u64,
    unit: &'static Named,
}

impl Measured {
    /// The longest unit that fits; none for no time at all. Whole years are years, since nobody reads days by the thousand, and
    /// one day is 24 hours, since it may be any.
    fn of(span: Span) -> Option<Self> {
        const DAY: u32 = model::time::SECONDS_PER_DAY;
        let [year, _, _, day, hour, minute, second] = &UNITS;
        let (seconds, unit, length) = match span.as_seconds() {
            0 => return None,
            s if s.is_multiple_of(365 * DAY) => (s, year, 365 * DAY),
            s if s.is_multiple_of(DAY) && s > DAY => (s, day, DAY),
            s if s.is_multiple_of(3_600) => (s, hour, 3_600),
            s if s.is_multiple_of(60) => (s, minute, 60),
            s => (s, second, 1),
        };
        Some(Self { count: u64::from(seconds / length), unit })
    }

    fn of_period(period: Period) -> Self {
        let [year, month, week, day, ..] = &UNITS;
        let unit = match period.unit() {
            Unit::Day => day,
            Unit::Week => week,
            Unit::Month => month,
            Unit::Year => year,
        };
        Self { count: period.count().into(), unit }
    }

    /// In words; `after` a German preposition that asks for it, many have another ending.
    fn words(&self, lang: Lang, after: bool) -> String {
        let ([one, many], [eins, viele, nach, _]) = (self.unit.en, self.unit.de);
        lang.count(self.count, (one, many), (eins, if after { nach } else { viele }))
    }

    /// Every one, or every so many.
    fn every(&self, lang: Lang) -> String {
        let [_, _, _, every] = self.unit.de;
        match (lang, self.count) {
            (Lang::En, 1) => format!("every {}", self.unit.en[0]),
            (Lang::En, _) => format!("every {}", self.words(lang, false)),
            (Lang::De, 1) => every.to_owned(),
            (Lang::De, _) => format!("alle {}", self.words(lang, false)),
        }
    }
}

impl Lang {
    /// A day: `24 November 2026`, `24. November 2026`. Days are those of UTC, as everywhere in the log.
    pub(crate) fn day(self, at: Timestamp) -> String {
        let date = at.date();
        let mut parts = date.split('-').map(|part| part.parse::<usize>().unwrap_or(0));
        let (year, month, day) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        let [english, german] = MONTHS;
        let names = match self {
            Self::En => english,
            Self::De => german,
        };
        let month = month.checked_sub(1).and_then(|month| names.get(month)).copied().unwrap_or("?");
        match self {
            Self::En => format!("{day} {month} {year}"),
            Self::De => format!("{day}. {month} {year}"),
        }
    }

    /// An instant, to the minute: `24 November 2026, 08:00 UTC`.
    pub(crate) fn instant(self, at: Timestamp) -> String {
        let clock: String = at.to_string().chars().skip(11).take(5).collect();
        match self {
            Self::En => format!("{}, {clock} UTC", self.day(at)),
            Self::De => format!("{}, {clock} Uhr (UTC)", self.day(at)),
        }
    }

    /// A number with its thousands set apart: `12,345`, `12.345`.
    pub(crate) fn number(self, number: u64) -> String {
        let apart = match self {
            Self::En => ',',
            Self::De => '.',
        };
        let digits = number.to_string();
        let mut text = String::with_capacity(digits.len() + digits.len() / 3);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(apart);
            }
            text.push(digit);
        }
        text
    }

    /// What an approximate counter says, to one figure: `about 20,000`. At its floor nobody and thousands look alike.
    pub(crate) fn about(self, estimate: u64) -> String {
        match (self, estimate) {
            (Self::En, 0) => format!("fewer than about {}", self.number(FLOOR_TOLD)),
            (Self::De, 0) => format!("weniger als etwa {}", self.number(FLOOR_TOLD)),
            (Self::En, some) => format!("about {}", self.number(one_figure(some))),
            (Self::De, some) => format!("etwa {}", self.number(one_figure(some))),
        }
    }

    /// A number that was written with a decimal point: `1.5`, `1,5`.
    pub(crate) fn decimal(self, written: &str) -> String {
        match self {
            Self::En => written.to_owned(),
            Self::De => written.replace('.', ","),
        }
    }

    /// A number and its noun, which is given for one and for many: `1 sensor`, `3 sensors`, `no sensors`. Both languages have these two.
    pub(crate) fn count(self, count: u64, english: (&str, &str), german: (&str, &str)) -> String {
        let (none, (one, many)) = match self {
            Self::En => ("no", english),
            Self::De => ("keine", german),
        };
        match count {
            0 => format!("{none} {many}"),
            1 => format!("1 {one}"),
            more => format!("{} {many}", self.number(more)),
        }
    }

    /// A span: `24 hours`, `30 Tage`.
    pub(crate) fn span(self, span: Span) -> String {
        let none = || self.of("not at all", "gar nicht").to_owned();
        Measured::of(span).map_or_else(none, |measured| measured.words(self, false))
    }

    /// A span after *for* or *after* (`für` asks for other endings than `nach`): `30 days`, `30 Tagen`.
    pub(crate) fn span_after(self, span: Span) -> String {
        let none = || self.of("no time", "keiner Zeit").to_owned();
        Measured::of(span).map_or_else(none, |measured| measured.words(self, true))
    }

    /// A period of a duty after *within*: `12 months`, `12 Monaten`.
    pub(crate) fn period_after(self, period: Period) -> String {
        Measured::of_period(period).words(self, true)
    }

    /// A period of a duty: `60 days`, `60 Tage`.
    pub(crate) fn period(self, period: Period) -> String {
        Measured::of_period(period).words(self, false)
    }

    /// Each time that a period is over: `every 12 months`, `jedes Jahr`.
    pub(crate) fn every_period(self, period: Period) -> String {
        Measured::of_period(period).every(self)
    }

    /// Each time that a span is over: `every hour`, `alle 15 Minuten`.
    pub(crate) fn every(self, span: Span) -> String {
        let none = || self.of("at once", "sofort").to_owned();
        Measured::of(span).map_or_else(none, |measured| measured.every(self))
    }

    /// Several things in one sentence: `a`, `a and b`, `a, b and c`.
    pub(crate) fn list(self, things: &[String]) -> String {
        let and = self.of("and", "und");
        match things {
            [] => String::new(),
            [one] => one.clone(),
            [start @ .., last] => format!("{} {and} {last}", start.join(", ")),
        }
    }

    /// What somebody else wrote, in the marks of the language: `“a”`, `„a“`.
    pub(crate) fn quoted(self, text: &str) -> String {
        match self {
            Self::En => format!("“{text}”"),
            Self::De => format!("„{text}“"),
        }
    }

    /// A name from a list of the vocabulary within a sentence: English ones begin small there, German ones stay as they are.
    pub(crate) fn within(self, name: &str) -> String {
        match self {
            Self::En => super::small(name),
            Self::De => name.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_instants_are_written_as_the_language_does() {
        let at: Timestamp = "2026-03-01T08:05:59.999Z".parse().unwrap();
        assert_eq!([Lang::En, Lang::De].map(|lang| lang.day(at)), ["1 March 2026", "1. März 2026"]);
        assert_eq!(
            [Lang::En, Lang::De].map(|lang| lang.instant(at)),
            ["1 March 2026, 08:05 UTC", "1. März 2026, 08:05 Uhr (UTC)"]
        );
        assert_eq!(Lang::De.day(Timestamp::MAX), "31. Dezember 9999");
    }

    #[test]
    fn numbers_and_their_nouns_follow_the_rule_of_the_language() {
        let counted =
            |lang: Lang| [0, 1, 2, 1_200].map(|n| lang.count(n, ("sensor", "sensors"), ("Sensor", "Sensoren")));
        assert_eq!(counted(Lang::En), ["no sensors", "1 sensor", "2 sensors", "1,200 sensors"]);
        assert_eq!(counted(Lang::De), ["keine Sensoren", "1 Sensor", "2 Sensoren", "1.200 Sensoren"]);
        assert_eq!([999, 12_345, 1_000_000].map(|n| Lang::De.number(n)), ["999", "12.345", "1.000.000"]);
        assert_eq!([Lang::En, Lang::De].map(|lang| lang.decimal("1.5")), ["1.5", "1,5"]);
    }

    #[test]
    fn what_is_known_roughly_is_told_to_one_figure_and_at_the_floor_as_fewer() {
        let told = |lang: Lang| [0, 8_192, 24_576, 1_040_384].map(|estimate| lang.about(estimate));
        assert_eq!(told(Lang::En), ["fewer than about 10,000", "about 8,000", "about 20,000", "about 1,000,000"]);
        assert_eq!(told(Lang::De), ["weniger als etwa 10.000", "etwa 8.000", "etwa 20.000", "etwa 1.000.000"]);
    }

    #[test]
    fn spans_have_the_endings_that_stand_before_them_ask_for() {
        let spans = [Span::hours(24), Span::days(30), Span::days(3_650), Span::seconds(1), Span::ZERO];
        assert_eq!(
            spans.map(|span| Lang::De.span(span)),
            ["24 Stunden", "30 Tage", "10 Jahre", "1 Sekunde", "gar nicht"]
        );
        assert_eq!(
            spans.map(|span| Lang::De.span_after(span)),
            ["24 Stunden", "30 Tagen", "10 Jahren", "1 Sekunde", "keiner Zeit"]
        );
        let every = [Span::hours(1), Span::minutes(15), Span::days(365)];
        assert_eq!(every.map(|span| Lang::En.every(span)), ["every hour", "every 15 minutes", "every year"]);
        assert_eq!(every.map(|span| Lang::De.every(span)), ["jede Stunde", "alle 15 Minuten", "jedes Jahr"]);
        let months: Period = "12mo".parse().unwrap();
        assert_eq!([Lang::En, Lang::De].map(|lang| lang.period_after(months)), ["12 months", "12 Monaten"]);
    }

    #[test]
    fn english_says_a_span_as_the_model_does_but_for_years() {
        for span in [Span::ZERO, Span::seconds(61), Span::minutes(90), Span::hours(24), Span::days(2), Span::days(400)]
        {
            assert_eq!(Lang::En.span(span), span.in_words());
        }
        assert_eq!(Lang::En.span(Span::days(730)), "2 years");
    }

    #[test]
    fn lists_read_like_sentences() {
        let things = ["a", "b", "c"].map(str::to_owned);
        assert_eq!([Lang::En, Lang::De].map(|lang| lang.list(&things)), ["a, b and c", "a, b und c"]);
        assert_eq!((Lang::De.list(&things[..1]).as_str(), Lang::De.list(&[]).as_str()), ("a", ""));
    }
}
