//! What became of residents' inquiries, by kind: how many wait, how many are overdue, how many were answered in time, and after how many
//! days. Counted from the log, so that the page for everybody and the inbox of a party say the same.

use std::collections::BTreeMap;

use model::inquiry::InquiryKind;
use model::time::SECONDS_PER_DAY;
use model::{EvidenceId, Span};
use register::State as Register;
use standards::duty::Status;

use super::runs::Runs;
use crate::lang::Lang;

/// What became of one inquiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Became {
    /// It was answered, within its time or where no clock runs on it.
    InTime,
    /// It was answered after its time.
    Late,
    /// It waits, within its time.
    Waits,
    /// It waits, after its time.
    Overdue,
}

impl Became {
    /// Of an inquiry.
    pub(crate) fn of(state: &Register, runs: &Runs, id: &EvidenceId) -> Self {
        match runs.get(id).map(|(_, run)| run.status) {
            Some(Status::Done { .. }) => Self::InTime,
            Some(Status::Lapsed { .. }) if state.is_answered(id) => Self::Late,
            Some(Status::Lapsed { .. }) => Self::Overdue,
            None if state.is_answered(id) => Self::InTime,
            Some(Status::Waiting | Status::Void { .. }) | None => Self::Waits,
        }
    }
}

/// The inquiries of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Answered {
    pub(crate) received: u64,
    /// Those that have no answer, the overdue ones among them.
    pub(crate) waiting: u64,
    pub(crate) overdue: u64,
    pub(crate) in_time: u64,
    pub(crate) late: u64,
    /// How long each answer took.
    took: Vec<Span>,
}

impl Answered {
    fn add(&mut self, became: Became, took: Option<Span>) {
        self.received += 1;
        match became {
            Became::InTime => self.in_time += 1,
            Became::Late => self.late += 1,
            Became::Waits => self.waiting += 1,
            Became::Overdue => (self.waiting, self.overdue) = (self.waiting + 1, self.overdue + 1),
        }
        self.took.extend(took);
    }

    /// Half of the answers took no longer; none without an answer.
    fn median(&self) -> Option<Span> {
        let mut took = self.took.clone();
        took.sort_unstable();
        took.get(took.len().checked_sub(1)? / 2).copied()
    }

    /// The same in days, with one digit behind the point; a dash without an answer.
    pub(crate) fn median_days(&self, lang: Lang) -> String {
        let tenths = |span: Span| {
            (u64::from(span.as_seconds()) * 10 + u64::from(SECONDS_PER_DAY) / 2) / u64::from(SECONDS_PER_DAY)
        };
        let written = self.median().map(|span| format!("{}.{}", tenths(span) / 10, tenths(span) % 10));
        written.map_or_else(|| "–".to_owned(), |written| lang.decimal(&written))
    }
}

/// A kind in a table.
pub(crate) struct Row {
    pub(crate) kind: &'static str,
    pub(crate) counted: Answered,
    pub(crate) median: String,
}

/// Some inquiries by kind; of kinds of which there is none there is no row. The runs are those of what they are about.
pub(crate) fn by_kind<'i>(
    state: &Register,
    runs: &Runs,
    inquiries: impl Iterator<Item = &'i EvidenceId>,
) -> BTreeMap<InquiryKind, Answered> {
    let mut kinds: BTreeMap<InquiryKind, Answered> = BTreeMap::new();
    for (id, record) in inquiries.filter_map(|id| Some((id, state.inquiries.get(id)?))) {
        let took = state.first_answer(id).map(|at| at.since(record.at));
        kinds.entry(record.kind).or_default().add(Became::of(state, runs, id), took);
    }
    kinds
}

/// The same as rows.
pub(crate) fn rows(lang: Lang, kinds: BTreeMap<InquiryKind, Answered>) -> Vec<Row> {
    let row = |(of, counted): (InquiryKind, Answered)| Row {
        kind: kind(lang, of),
        median: counted.median_days(lang),
        counted,
    };
    kinds.into_iter().map(row).collect()
}

/// What inquiries of a kind are called.
pub(crate) const fn kind(lang: Lang, kind: InquiryKind) -> &'static str {
    match kind {
        InquiryKind::Question => lang.of("Questions", "Fragen"),
        InquiryKind::Correction => lang.of("Reports of errors", "Gemeldete Fehler"),
        InquiryKind::Objection => lang.of("Objections", "Widersprüche"),
        InquiryKind::OwnData => lang.of("Requests about own data", "Anfragen zu eigenen Daten"),
        InquiryKind::Comment => lang.of("Comments", "Meinungen"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_lower_one_of_two_and_is_told_in_days() {
        let of = |hours: &[u32]| Answered {
            took: hours.iter().map(|hours| Span::hours(*hours)).collect(),
            ..Answered::default()
        };
        assert_eq!(of(&[]).median_days(Lang::En), "–");
        assert_eq!(of(&[36]).median_days(Lang::En), "1.5");
        assert_eq!(of(&[240, 12]).median_days(Lang::De), "0,5");
        assert_eq!(of(&[240, 24, 48]).median_days(Lang::En), "2.0");
        assert_eq!(of(&[0]).median_days(Lang::En), "0.0");
    }
}
