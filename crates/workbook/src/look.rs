//! What a file would do, row by row: the rows that are wrong as they were read, the others as the register answers them.

use register::{State, Submission};
use serde::Serialize;

use crate::BATCH_MAX;
use crate::read::{Entry, Fault, Reading, Stands};

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

    /// The first of what is to be asked, as many as are done at once, as submissions of a party.
    #[must_use]
    pub fn submissions(&self, by: &model::PartyId, reason: Option<&str>) -> Vec<Submission> {
        let submission = |entry: &Entry| Submission {
            by: by.clone(),
            reason: reason.map(str::to_owned),
            command: entry.thing.clone().command(),
        };
        self.asks.iter().take(BATCH_MAX).map(submission).collect()
    }

    /// Of what was asked, what would make acts.
    #[must_use]
    pub fn allowed(&self, answers: &[Answer]) -> Vec<Entry> {
        let allowed = |(_, answer): &(&Entry, &Answer)| matches!(answer, Answer::Acts(acts) if !acts.is_empty());
        self.asks.iter().zip(answers).filter(allowed).map(|(entry, _)| entry.clone()).collect()
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
        for fault in &self.faults {
            said(&mut lines, fault, true);
        }
        for remark in &self.remarks {
            said(&mut lines, remark, false);
        }
        lines.sort_by(|one, other| {
            let order = |line: &Line| (line.verdict, line.sheet.clone(), line.row);
            order(one).cmp(&order(other))
        });
        lines
    }
}

fn line(entry: &Entry, verdict: Verdict) -> Line {
    let (sheet, row, id) = (entry.sheet.clone(), entry.row, entry.thing.id().to_owned());
    Line { sheet, row, id, verdict, said: Vec::new(), norms: Vec::new() }
}

/// Says something at its row; a row that is nowhere yet is wrong, or only looked at.
fn said(lines: &mut Vec<Line>, fault: &Fault, is_wrong: bool) {
    let words =
        fault.column.as_ref().map_or_else(|| fault.words.clone(), |column| format!("{column}: {}", fault.words));
    let found = lines.iter_mut().rev().find(|line| line.row == fault.row && line.sheet == fault.sheet);
    match found {
        Some(line) => {
            if is_wrong {
                line.verdict = Verdict::Wrong;
            }
            line.said.push(words);
        }
        None => {
            let verdict = if is_wrong { Verdict::Wrong } else { Verdict::Same };
            let (sheet, row) = (fault.sheet.clone(), fault.row);
            lines.push(Line { sheet, row, id: String::new(), verdict, said: vec![words], norms: Vec::new() });
        }
    }
}
