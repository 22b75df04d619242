//! What a file would do, row by row: the rows that are wrong as they were read, the others as the register answers them.

use std::collections::HashMap;

use model::PartyId;
use register::{State, Submission};
use serde::Serialize;

use crate::BATCH_MAX;
use crate::read::{Entry, Fault, Reading, Stands};

/// The most answers that one look asks for, those counted again that were asked before: a file of refused rows keeps nobody waiting.
const ASKED_MAX: usize = 4 * BATCH_MAX;

/// What the register says to a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// It would make acts; none where it is so already.
    Acts(Vec<String>),
    /// It is refused.
    Refused {
        /// Why, in words.
        refused: String,
        /// The norms that forbid it.
        norms: Vec<String>,
    },
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is wrong.
    Wrong,
    /// It is refused.
    Refused,
    /// It enters something.
    New,
    /// It changes something.
    Changed,
    /// It is looked at once the rows before it are written.
    Later,
    /// It is so already.
    Same,
}

/// A row, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The sheet.
    pub sheet: String,
    /// The row, counted from 1.
    pub row: u32,
    /// The short name; empty where the row is wrong.
    pub id: String,
    /// What becomes of it.
    pub verdict: Verdict,
    /// What is wrong in it, why it is refused, and what should be looked at.
    pub said: Vec<String>,
    /// The norms that forbid it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub norms: Vec<String>,
}

/// A file, looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Look {
    /// What would be asked, in order: what is not so already.
    pub asks: Vec<Entry>,
    /// What is so already.
    same: Vec<Entry>,
    faults: Vec<Fault>,
    remarks: Vec<Fault>,
    /// What there is to say of the file as a whole.
    pub notes: Vec<String>,
}

impl Look {
    /// Parts what a file holds into what is so already and what is to be asked.
    #[must_use]
    pub fn of(reading: Reading, state: &State) -> Self {
        let Reading { entries, faults, remarks, notes } = reading;
        let (same, asks) = entries.into_iter().partition(|entry| entry.thing.stands(state) == Stands::Same);
        Self { asks, same, faults, remarks, notes }
    }

    /// What is to be asked, as submissions of a party.
    #[must_use]
    pub fn submissions(&self, by: &PartyId, reason: Option<&str>) -> Vec<Submission> {
        self.asks.iter().map(|entry| submission(entry, by, reason)).collect()
    }

    /// Asks a register what it says to what is to be asked, in order, until as many rows are allowed as are done at once or all are
    /// asked: rows that are refused stand in nobody's way. Each time it is asked about those that are allowed so far and the next
    /// ones, `2 * BATCH_MAX` at most, and says what each would do after those before it. It may answer fewer, the first ones. After
    /// `4 * BATCH_MAX` answers in all it is asked no more, and [`Self::unasked`] says so.
    ///
    /// # Errors
    /// The register does not answer.
    pub fn ask<E>(
        &self,
        by: &PartyId,
        reason: Option<&str>,
        mut preview: impl FnMut(&[Submission]) -> Result<Vec<Answer>, E>,
    ) -> Result<Vec<Answer>, E> {
        let (mut answers, mut kept, mut heard) = (Vec::new(), Vec::new(), 0_usize);
        while kept.len() < BATCH_MAX && answers.len() < self.asks.len() {
            let room = ASKED_MAX.saturating_sub(heard.saturating_add(kept.len())).min(BATCH_MAX);
            if room == 0 {
                break;
            }
            let next = self.asks.iter().skip(answers.len()).take(room);
            let (before, had) = (kept.len(), answers.len());
            let asked: Vec<Submission> =
                kept.iter().copied().chain(next.clone()).map(|entry| submission(entry, by, reason)).collect();
            let said = preview(&asked)?;
            heard = heard.saturating_add(said.len());
            for (entry, answer) in next.zip(said.into_iter().skip(before)) {
                if kept.len() == BATCH_MAX {
                    break;
                }
                if answer.makes_acts() {
                    kept.push(entry);
                }
                answers.push(answer);
            }
            // Who says nothing is not asked for ever.
            if answers.len() == had {
                break;
            }
        }
        Ok(answers)
    }

    /// That rows were not looked at because of those that are refused; none where all were, or as many are allowed as are done at once.
    #[must_use]
    pub fn unasked(&self, answers: &[Answer]) -> Option<String> {
        let left = self.asks.len().saturating_sub(answers.len());
        let allowed = answers.iter().filter(|answer| answer.makes_acts()).count();
        let is_refused = answers.iter().any(|answer| matches!(answer, Answer::Refused { .. }));
        (left > 0 && allowed < BATCH_MAX && is_refused).then(|| {
            format!("{left} rows were not looked at: first mend those that are refused, then send the file again.")
        })
    }

    /// Of what was asked, what would make acts.
    #[must_use]
    pub fn allowed(&self, answers: &[Answer]) -> Vec<Entry> {
        let allowed = self.asks.iter().zip(answers).filter(|(_, answer)| answer.makes_acts());
        allowed.map(|(entry, _)| entry.clone()).collect()
    }

    /// Every row, with what the register answers to the first of those that are to be asked: first what is wrong or refused, then the others.
    #[must_use]
    pub fn lines(&self, state: &State, answers: &[Answer]) -> Vec<Line> {
        let mut lines: Vec<Line> = self.same.iter().map(|entry| line(entry, Verdict::Same)).collect();
        for (at, entry) in self.asks.iter().enumerate() {
            let verdict = if entry.thing.stands(state) == Stands::New { Verdict::New } else { Verdict::Changed };
            lines.push(match answers.get(at) {
                Some(Answer::Acts(acts)) if acts.is_empty() => line(entry, Verdict::Same),
                Some(Answer::Acts(_)) => line(entry, verdict),
                Some(Answer::Refused { refused, norms }) => {
                    Line { said: vec![refused.clone()], norms: norms.clone(), ..line(entry, Verdict::Refused) }
                }
                None => line(entry, Verdict::Later),
            });
        }
        let mut at: HashMap<(String, u32), usize> = HashMap::new();
        for (place, line) in lines.iter().enumerate() {
            at.insert((line.sheet.clone(), line.row), place);
        }
        for (faults, is_wrong) in [(&self.faults, true), (&self.remarks, false)] {
            for fault in faults {
                said(&mut lines, &mut at, fault, is_wrong);
            }
        }
        in_order(&mut lines);
        lines
    }
}

/// Sorts lines as reports show them: first what is wrong or refused, each in the order of its sheet.
pub fn in_order(lines: &mut [Line]) {
    lines.sort_by(|one, other| {
        one.verdict.cmp(&other.verdict).then_with(|| one.sheet.cmp(&other.sheet)).then(one.row.cmp(&other.row))
    });
}

impl Answer {
    /// Whether it would make acts.
    const fn makes_acts(&self) -> bool {
        matches!(self, Self::Acts(acts) if !acts.is_empty())
    }
}

fn submission(entry: &Entry, by: &PartyId, reason: Option<&str>) -> Submission {
    Submission { by: by.clone(), reason: reason.map(str::to_owned), command: entry.thing.clone().command() }
}

fn line(entry: &Entry, verdict: Verdict) -> Line {
    let (sheet, row, id) = (entry.sheet.clone(), entry.row, entry.thing.id().to_owned());
    Line { sheet, row, id, verdict, said: Vec::new(), norms: Vec::new() }
}

/// Says something at its row, of which it is known where its line is; a row that is nowhere yet is wrong, or only looked at.
fn said(lines: &mut Vec<Line>, at: &mut HashMap<(String, u32), usize>, fault: &Fault, is_wrong: bool) {
    let words =
        fault.column.as_ref().map_or_else(|| fault.words.clone(), |column| format!("{column}: {}", fault.words));
    let place = (fault.sheet.clone(), fault.row);
    match at.get(&place).and_then(|at| lines.get_mut(*at)) {
        Some(line) => {
            if is_wrong {
                line.verdict = Verdict::Wrong;
            }
            line.said.push(words);
        }
        None => {
            let verdict = if is_wrong { Verdict::Wrong } else { Verdict::Same };
            at.insert(place, lines.len());
            let (sheet, row) = (fault.sheet.clone(), fault.row);
            lines.push(Line { sheet, row, id: String::new(), verdict, said: vec![words], norms: Vec::new() });
        }
    }
}
