//! Statements in force, as residents read them. What was withdrawn or came to its end is told by the log alone.

use model::{Subject, Timestamp};
use register::State;

use super::party_name;
use crate::lang::Lang;

/// A statement about something.
pub(super) struct Stated {
    pub(super) kind: String,
    pub(super) summary: String,
    pub(super) signed_by: String,
    pub(super) on: String,
    pub(super) until: Option<String>,
    pub(super) document: Option<String>,
}

/// What is stated about something, oldest first.
pub(super) fn about(lang: Lang, state: &State, subject: &Subject, now: Timestamp) -> Vec<Stated> {
    let mut records: Vec<_> = state.evidence_about(subject).filter(|record| record.in_force(now)).collect();
    records.sort_by_key(|record| (record.evidence.on, record.filed_at));
    let stated = |record: &model::EvidenceRecord| {
        let evidence = &record.evidence;
        Stated {
            kind: evidence.kind.to_string(),
            summary: evidence.summary.clone(),
            signed_by: party_name(state, &evidence.signed_by),
            on: lang.day(evidence.on),
            until: evidence.until.map(|until| lang.day(until)),
            document: evidence.document.map(|document| document.to_string()),
        }
    };
    records.into_iter().map(stated).collect()
}
