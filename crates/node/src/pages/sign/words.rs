//! The words of a sign in English and German. Names that the city gave stay as they are; words of the vocabulary that have no
//! German here stay English.

use model::{Span, Timestamp};
use serde::Deserialize;

use super::face::People;
use crate::words;

/// A language of signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Lang {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

impl Lang {
    /// Its code (BCP 47).
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// One of two texts.
    pub(super) const fn of(self, english: &'static str, german: &'static str) -> &'static str {
        match self {
            Self::En => english,
            Self::De => german,
        }
    }

    /// The name of a technology or purpose, by its code.
    pub(super) fn name(self, code: &str, english: &'static str) -> &'static str {
        let german = || GERMAN.iter().find(|(known, _)| *known == code).map_or(english, |(_, german)| *german);
        match self {
            Self::En => english,
            Self::De => german(),
        }
    }

    /// A span.
    pub(super) fn span(self, span: Span) -> String {
        let english = words::span(span);
        match self {
            Self::En => english,
            Self::De => {
                let (count, unit) = english.split_once(' ').unwrap_or((&english, ""));
                let unit = UNITS.iter().find(|(known, _)| *known == unit).map_or(unit, |(_, german)| *german);
                format!("{} {unit}", count.replace(',', "."))
            }
        }
    }

    /// A day.
    pub(super) fn day(self, at: Timestamp) -> String {
        match self {
            Self::En => words::day(at),
            Self::De => {
                let date = at.date();
                let mut parts = date.splitn(3, '-').map(|part| part.trim_start_matches('0'));
                let (year, month, day) = (parts.next(), parts.next(), parts.next());
                [day, month, year].map(Option::unwrap_or_default).join(".")
            }
        }
    }

    /// Whom the data tells about: for a glance, and a sentence.
    pub(super) const fn people(self, people: People) -> (&'static str, &'static str) {
        match (people, self) {
            (People::Identified, Self::En) => {
                ("Identifies people", "What is kept or handed on can tell who somebody is.")
            }
            (People::Identified, Self::De) => {
                ("Erkennt Personen", "Was gespeichert oder weitergegeben wird, kann verraten, wer jemand ist.")
            }
            (People::Deidentified, Self::En) => (
                "Does not keep who you are",
                "What could tell who somebody is, is changed or forgotten before anything is stored.",
            ),
            (People::Deidentified, Self::De) => (
                "Behält nicht, wer Sie sind",
                "Was eine Person verraten könnte, wird vor dem Speichern verändert oder vergessen.",
            ),
            (People::Nobody, Self::En) => ("No data about people", "Nothing that is measured is about a person."),
            (People::Nobody, Self::De) => {
                ("Keine Daten über Personen", "Nichts, was gemessen wird, betrifft eine Person.")
            }
        }
    }
}

/// Units of time, as English words spell them.
const UNITS: [(&str, &str); 10] = [
    ("second", "Sekunde"),
    ("seconds", "Sekunden"),
    ("minute", "Minute"),
    ("minutes", "Minuten"),
    ("hour", "Stunde"),
    ("hours", "Stunden"),
    ("day", "Tag"),
    ("days", "Tage"),
    ("year", "Jahr"),
    ("years", "Jahre"),
];

/// Technologies and purposes in German, by code.
const GERMAN: [(&str, &str); 25] = [
    ("radio", "Funkempfänger"),
    ("wifi-counter", "WLAN-Zähler"),
    ("bluetooth-counter", "Bluetooth-Zähler"),
    ("camera", "Kamera"),
    ("number-plate-reader", "Kennzeichenleser"),
    ("counting-camera", "Kamera, die nur zählt"),
    ("road-sensor", "Sensor in der Fahrbahn"),
    ("induction-loop", "Induktionsschleife"),
    ("environment-sensor", "Umweltsensor"),
    ("air-quality-station", "Luftmessstation"),
    ("sound-level-meter", "Schallpegelmesser"),
    ("river-gauge", "Flusspegel"),
    ("weather-station", "Wetterstation"),
    ("infrared-counter", "Infrarot-Personenzähler"),
    ("traffic-management", "Verkehr lenken"),
    ("public-transport-planning", "Busse und Bahnen planen"),
    ("street-design", "Straßen gestalten"),
    ("air-quality", "Luft überwachen"),
    ("noise-abatement", "Lärm mindern"),
    ("crime-investigation", "Eine Straftat auf Anordnung aufklären"),
    ("disaster-response", "Bei Katastrophen helfen"),
    ("crowd-safety", "Menschenmengen schützen"),
    ("official-statistics", "Amtliche Statistik"),
    ("scientific-research", "Wissenschaftliche Forschung"),
    ("public-information", "Die Öffentlichkeit informieren"),
];

#[cfg(test)]
mod tests {
    use model::{Purpose, Technology};

    use super::*;

    #[test]
    fn german_is_there_for_every_technology_and_falls_back_to_english() {
        for technology in Technology::all() {
            assert_ne!(Lang::De.name(technology.code(), technology.name()), technology.name(), "{technology}");
        }
        for (code, _) in GERMAN {
            assert!(code.parse::<Technology>().is_ok() || code.parse::<Purpose>().is_ok(), "{code}");
        }
        assert_eq!(Lang::De.name("advertising", "Advertising"), "Advertising");
    }

    #[test]
    fn spans_and_days_are_written_as_the_language_does() {
        let spans = [Span::hours(24), Span::days(30), Span::days(3_650), Span::seconds(1)];
        assert_eq!(spans.map(|span| Lang::De.span(span)), ["24 Stunden", "30 Tage", "10 Jahre", "1 Sekunde"]);
        let at = "2026-03-01T08:00:00Z".parse().unwrap();
        assert_eq!((Lang::En.day(at), Lang::De.day(at)), ("1 March 2026".to_owned(), "1.3.2026".to_owned()));
    }
}
