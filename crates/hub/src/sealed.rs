//! Which words of which act are sealed, and how they come back. No words stand in the log; whoever may read them gets them from here.

use model::{Fields, SealedFields};
use register::sealing;

use crate::act::What;

/// The sealed fields of a person.
pub const PERSON_FIELDS: [&str; 2] = ["mail", "name"];
/// The sealed fields of an amendment.
pub const AMENDMENT_FIELDS: [&str; 16] = [
    "example",
    "kind",
    "norm",
    "norm-id",
    "on-failure",
    "parameter",
    "parameter-kind",
    "source",
    "source-url",
    "stricter",
    "text",
    "text-only",
    "title",
    "value",
    "why",
    "without",
];
/// The sealed fields of a case.
pub const CASE_FIELDS: [&str; 5] = ["contact", "milestones", "problem", "title", "what"];
/// The sealed field of whatever else somebody writes.
pub const WORDS_FIELDS: [&str; 1] = ["words"];

/// The commitments of an act, where it has some.
#[must_use]
pub const fn commitments(what: &What) -> Option<&SealedFields> {
    match what {
        What::PersonNamedFirst(named) => Some(&named.sealed),
        What::PersonNamed(named) => Some(&named.sealed),
        What::AmendmentProposedFirst(proposed) => Some(&proposed.sealed),
        What::AmendmentProposed(proposed) => Some(&proposed.sealed),
        What::ArgumentMade(made) => Some(&made.sealed),
        What::StatementMade(made) => Some(&made.sealed),
        What::CaseFiledFirst(filed) => Some(&filed.sealed),
        What::CaseFiled(filed) => Some(&filed.sealed),
        What::CaseContinued(continued) => Some(&continued.sealed),
        _ => None,
    }
}

/// Fields in the clear by name; an empty text is none.
#[must_use]
pub fn fields<'a>(pairs: impl IntoIterator<Item = (&'a str, Option<String>)>) -> Fields {
    let kept = |text: Option<String>| text.filter(|text| !text.is_empty());
    Fields(pairs.into_iter().map(|(name, text)| (name.to_owned(), kept(text))).collect())
}

/// Opens a payload against its act.
///
/// # Errors
/// It does not open the commitments.
pub fn open(payload: &[u8], sealed: &SealedFields) -> Result<Fields, sealing::SealError> {
    sealing::open(payload, sealed)
}

/// One field of several, empty where it is not there.
#[must_use]
pub fn field(fields: &Fields, name: &str) -> String {
    fields.0.get(name).cloned().flatten().unwrap_or_default()
}
