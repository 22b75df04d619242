//! What a sign says at a glance of whom the data tells about, in each language.

use super::face::People;
use crate::lang::Lang;

/// Whom the data tells about: for a glance, and a sentence.
pub(super) const fn people(lang: Lang, people: People) -> (&'static str, &'static str) {
    match people {
        People::Identified => (
            lang.of("Identifies people", "Erkennt Personen"),
            lang.of(
                "What is kept or handed on can tell who somebody is.",
                "Was gespeichert oder weitergegeben wird, kann verraten, wer jemand ist.",
            ),
        ),
        People::Deidentified => (
            lang.of("Does not keep who you are", "Behält nicht, wer Sie sind"),
            lang.of(
                "What could tell who somebody is, is changed or forgotten before anything is stored.",
                "Was eine Person verraten könnte, wird vor dem Speichern verändert oder vergessen.",
            ),
        ),
        People::Nobody => (
            lang.of("No data about people", "Keine Daten über Personen"),
            lang.of("Nothing that is measured is about a person.", "Nichts, was gemessen wird, betrifft eine Person."),
        ),
    }
}
