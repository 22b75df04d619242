//! What answers amount to: what is asked, what is missing, scores, conclusions. A function of answers and facts.
//!
//! Questions are settled in their order, and conditions look back only, so that everything is settled once. While
//! anything is missing the conclusions are a preview, in which what is missing counts as the strictest it could be.

mod judge;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use model::{InstrumentId, Tier};

use super::answers::{Answers, AnswersError, Edition};
use super::expression::Scene;
use super::facts::{Facts, known};
use super::migrate::Carried;
use super::name::{OptionId, OutcomeId, QuestionId, SectionId};
use super::score::Score;
use super::{Criterion, Instrument, Outcome, OutcomeResult};

/// A question, and the row in which it is asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The group and row, if it is asked in one.
    pub row: Option<(QuestionId, String)>,
    /// The question.
    pub question: QuestionId,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.row {
            None => f.pad(self.question.as_str()),
            Some((group, row)) => write!(f, "{group}/{row}/{}", self.question),
        }
    }
}

/// Why an answer does not fit its question. The answer itself is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Of another type.
    #[error("the answer is {0}")]
    Type(&'static str),
    /// A text is too short or too long.
    #[error("the answer has {has} characters; it needs {least} to {most}")]
    Length {
        /// How many it has.
        has: usize,
        /// The fewest.
        least: usize,
        /// The most.
        most: usize,
    },
    /// No such option.
    #[error("this is not among the options")]
    Option,
    /// A number out of range.
    #[error("the number lies between {least} and {most}")]
    Range {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// Too few or too many rows.
    #[error("there are {has} rows; it needs {least} to {most}")]
    Rows {
        /// How many there are.
        has: usize,
        /// The fewest.
        least: usize,
        /// The most.
        most: usize,
    },
    /// Two rows of one name, or a name that is none.
    #[error("each row has a name of its own, of a-z, 0-9 and -")]
    RowName,
}

/// An answer that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Where.
    pub place: Place,
    /// Why.
    pub why: Unfit,
}

/// A criterion that holds, with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The criterion; none where no criterion holds.
    pub criterion: Option<OptionId>,
    /// In the instrument's own language.
    pub words: String,
}

/// A conclusion drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concluded {
    /// Which.
    pub id: OutcomeId,
    /// What it is.
    pub result: OptionId,
    /// Every reason for it.
    pub because: Vec<Reason>,
}

/// What answers amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// What is asked, in order.
    pub visible: Vec<Place>,
    /// What is asked, must be answered and is not.
    pub missing: Vec<Place>,
    /// What is asked and answered unfittingly. It counts as not answered.
    pub invalid: Vec<Invalid>,
    /// What is answered and not asked. It counts for nothing.
    pub ignored: Vec<Place>,
    /// The score of each section.
    pub scores: BTreeMap<SectionId, Score>,
    /// The score of everything.
    pub total: Score,
    /// The conclusions.
    pub outcomes: Vec<Concluded>,
    /// The instruments that must be answered because of them.
    pub requires: BTreeSet<InstrumentId>,
    /// The tier that the deployment has at least because of them, the strictest of those that they name.
    pub tier: Option<Tier>,
    /// Facts that the instrument looks at and that are not known.
    pub unknown_facts: BTreeSet<String>,
    /// Facts that are not any more as they were when the answers were given.
    pub drifted: BTreeSet<String>,
    /// Whether nothing is missing, unfit, unknown or out of date: only then do the conclusions hold.
    pub complete: bool,
}

impl Evaluation {
    /// What a conclusion is.
    #[must_use]
    pub fn result(&self, outcome: &str) -> Option<&str> {
        let found = self.outcomes.iter().find(|concluded| concluded.id.as_str() == outcome)?;
        Some(found.result.as_str())
    }

    /// What an assessment by these answers concludes: that of the outcome `conclusion`, once everything is answered.
    #[must_use]
    pub fn conclusion(&self) -> Option<model::Outcome> {
        if !self.complete {
            return None;
        }
        let all = [model::Outcome::Unacceptable, model::Outcome::ResidualHigh, model::Outcome::Acceptable];
        let result = self.result(super::read::CONCLUSION)?;
        all.into_iter().find(|outcome| outcome.code() == result)
    }

    /// The outcome under which answers are filed. An instrument without a `conclusion`, such as a pre-scan, finds no risk of
    /// its own: what it says is which others are required. None while anything is missing.
    #[must_use]
    pub fn assessed(&self) -> Option<model::Outcome> {
        match self.result(super::read::CONCLUSION) {
            Some(_) => self.conclusion(),
            None => self.complete.then_some(model::Outcome::Acceptable),
        }
    }
}

/// Evaluates answers under facts.
///
/// # Errors
/// The answers are those of another instrument or edition.
pub fn evaluate(instrument: &Instrument, answers: &Answers, facts: &Facts) -> Result<Evaluation, AnswersError> {
    pinned(instrument, answers)?;
    let walked = walk::Walk::new(instrument, answers, facts).run();
    let used = instrument.facts_used();
    let now = facts.under(&used);
    let drifted = |path: &&String| now.get(*path) != answers.facts.get(*path);
    let drifted: BTreeSet<String> = now.keys().chain(answers.facts.keys()).filter(drifted).cloned().collect();
    let unknown_facts = unknown(instrument, facts);
    let drawn: Vec<(Concluded, &OutcomeResult)> =
        instrument.outcomes.iter().map(|outcome| conclude(outcome, &walked.scene())).collect();
    let requires = drawn.iter().flat_map(|(_, result)| result.requires.iter().cloned()).collect();
    let tier = drawn.iter().filter_map(|(_, result)| result.tier).max();
    let outcomes = drawn.into_iter().map(|(concluded, _)| concluded).collect();
    let sections = instrument
        .sections
        .iter()
        .map(|section| (section.id.clone(), walked.scores.get(section.id.as_str()).copied().unwrap_or_default()));
    Ok(Evaluation {
        complete: walked.missing.is_empty()
            && walked.invalid.is_empty()
            && unknown_facts.is_empty()
            && drifted.is_empty(),
        requires,
        tier,
        scores: sections.collect(),
        total: walked.total,
        visible: walked.visible,
        missing: walked.missing,
        invalid: walked.invalid,
        ignored: walked.ignored,
        outcomes,
        unknown_facts,
        drifted,
    })
}

/// Refuses answers of another instrument or edition.
pub(crate) fn pinned(instrument: &Instrument, answers: &Answers) -> Result<(), AnswersError> {
    let given = Box::new(Edition { urn: answers.instrument.clone(), hash: answers.instrument_hash });
    if answers.instrument != instrument.urn {
        return Err(AnswersError::OtherInstrument { given, asked: instrument.urn.clone() });
    }
    if answers.instrument_hash != instrument.hash {
        let asked = Box::new(Edition { urn: instrument.urn.clone(), hash: instrument.hash });
        let carried = Box::new(Carried::of(instrument, answers));
        return Err(AnswersError::OtherEdition { given, asked, carried });
    }
    Ok(())
}

/// The facts that the instrument needs and that are not known.
fn unknown(instrument: &Instrument, facts: &Facts) -> BTreeSet<String> {
    let needed = instrument.facts_needed();
    let (of_rows, plain): (Vec<&String>, Vec<&String>) = needed.iter().partition(|path| path.starts_with("row."));
    let mut unknown: BTreeSet<String> = plain.into_iter().filter(|path| facts.get(path).is_none()).cloned().collect();
    for over in instrument.questions().filter_map(|(_, question)| question.over()) {
        let names = of_rows.iter().filter_map(|path| path.strip_prefix("row."));
        let names: Vec<&str> = names.filter(|name| known::of_row(over, name).is_some()).collect();
        for row in facts.set(over).into_iter().flatten() {
            let paths = names.iter().map(|name| format!("{over}.{row}.{name}"));
            unknown.extend(paths.filter(|path| facts.get(path).is_none()));
        }
    }
    unknown
}

/// The strictest result of which a criterion holds, with every criterion that makes it so.
fn conclude<'o>(outcome: &'o Outcome, scene: &Scene<'_>) -> (Concluded, &'o OutcomeResult) {
    let holding: Vec<_> = outcome.criteria.iter().filter(|criterion| criterion.when.holds(scene)).collect();
    let of = |result: &OutcomeResult| {
        holding.iter().copied().filter(move |criterion| criterion.result == result.id).collect()
    };
    let found = outcome
        .results
        .iter()
        .map(|result| (result, of(result)))
        .find(|(_, reasons): &(_, Vec<&Criterion>)| !reasons.is_empty());
    let (result, because) = match found {
        Some((result, reasons)) => {
            let reason = |one: &Criterion| Reason { criterion: Some(one.id.clone()), words: one.because.clone() };
            (result, reasons.into_iter().map(reason).collect())
        }
        None => (&outcome.otherwise, vec![Reason { criterion: None, words: outcome.otherwise_because.clone() }]),
    };
    (Concluded { id: outcome.id.clone(), result: result.id.clone(), because }, result)
}
