//! Cases: who may file one, continue it and take it back, and what of it stands in the log.

use super::{Asked, Refusal, Written, words_of};
use crate::act::{CaseContinued, CaseFiled, CaseWithdrawn, Entry, What};
use crate::case::{CASES_MAX, CONTINUED_MAX, CaseOutcome, Filing, LISTED_MAX, PilotFound, misnamed};
use crate::sealed::{CASE_FIELDS, WORDS_FIELDS, fields};
use crate::words::{MemberId, Reasons};

impl Asked<'_> {
    /// The city or government that whoever asks speaks for.
    pub(super) fn own_place(&self) -> Result<MemberId, Refusal> {
        let (person, _) = self.state.speaker(self.by).ok_or_else(|| Refusal::Nobody(self.by.clone()))?;
        let member = self.state.members.by_id.get(&person.member);
        let governs = member.is_some_and(|member| member.listed.kind.governs());
        if governs { Ok(person.member.clone()) } else { Err(Refusal::NotTheirCase) }
    }

    pub(super) fn file_case(&self, filing: &Filing) -> Result<Written, Refusal> {
        let city = self.own_place()?;
        // What was taken back counts too: each stays in the log and in the fold.
        let filed = self.state.cases.values().filter(|case| case.filed.city == city);
        if filed.count() >= CASES_MAX {
            return Err(Refusal::TooMany("cases of one member"));
        }
        let Filing { entries, milestones, indicators, .. } = filing;
        if entries.len().max(milestones.len()).max(indicators.len()) > LISTED_MAX {
            return Err(Refusal::CaseTooLong);
        }
        let pilot = filing.report.as_ref().map(PilotFound::of).transpose()?;
        if let Some(why) = misnamed(&filing.standard, &filing.version, pilot.as_ref()) {
            return Err(Refusal::CaseMisnamed(why));
        }
        // A line each: what a milestone says has none within.
        let lines: Vec<String> = milestones.iter().map(|one| one.what.as_str().replace('\n', " ")).collect();
        let kept = fields([
            ("title", Some(filing.title.to_string())),
            ("problem", Some(filing.problem.to_string())),
            ("what", Some(filing.what.to_string())),
            ("contact", Some(filing.contact.to_string())),
            ("milestones", Some(lines.join("\n"))),
        ]);
        self.sealed(kept, &CASE_FIELDS, |sealed| {
            What::CaseFiled(CaseFiled {
                city,
                standard: filing.standard.clone(),
                version: filing.version.clone(),
                outcome: filing.outcome,
                entries: entries.clone(),
                milestones: milestones.iter().map(|one| one.by).collect(),
                indicators: indicators.clone(),
                pilot,
                sealed,
            })
        })
    }

    pub(super) fn withdraw_case(&self, case: Entry, reasons: &Reasons) -> Result<Written, Refusal> {
        self.own_case(case)?;
        Ok(self.written(What::CaseWithdrawn(CaseWithdrawn { case, decision: self.decision(reasons) }), None))
    }

    fn own_case(&self, entry: Entry) -> Result<(), Refusal> {
        let missing = || Refusal::Missing { what: "case", id: entry.to_string() };
        let case = self.state.cases.get(&entry).ok_or_else(missing)?;
        if case.filed.city != self.own_place()? {
            return Err(Refusal::NotTheirCase);
        }
        if case.withdrawn.is_some() { Err(Refusal::CaseWithdrawn(entry)) } else { Ok(()) }
    }

    pub(super) fn continue_case(&self, case: Entry, outcome: CaseOutcome, words: &str) -> Result<Written, Refusal> {
        self.own_case(case)?;
        if self.state.cases.get(&case).is_some_and(|case| case.lines.len() >= CONTINUED_MAX) {
            return Err(Refusal::TooMany("words on what became of this case"));
        }
        let what = |sealed| What::CaseContinued(CaseContinued { case, outcome, sealed });
        self.sealed(words_of(words), &WORDS_FIELDS, what)
    }
}
