//! Carries answers over to another edition of their instrument: what still fits is kept, and everybody signs again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::answers::{Answer, Answers, AnswersError, Edition, Row};
use super::facts::Facts;
use super::name::QuestionId;
use super::{Instrument, Question, QuestionKind};

/// What becomes of answers in another edition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Carried {
    /// Questions whose answers still fit. Their words may have changed: look at them again.
    pub kept: BTreeSet<QuestionId>,
    /// Questions whose answers are dropped, as the question is gone or asks for something else.
    pub dropped: BTreeSet<QuestionId>,
    /// Questions that have no answer from before.
    pub new: BTreeSet<QuestionId>,
}

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |ids: &BTreeSet<QuestionId>| {
            let names: Vec<&str> = ids.iter().map(QuestionId::as_str).collect();
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        };
        let (kept, dropped, new) = (self.kept.len(), named(&self.dropped), named(&self.new));
        write!(f, "{kept} answers fit; dropped would be {dropped}; to be answered are {new}")
    }
}

impl Carried {
    /// What would become of answers.
    pub(crate) fn of(instrument: &Instrument, answers: &Answers) -> Self {
        carry(instrument, answers, &answers.facts.iter().map(|(path, value)| (path.clone(), value.clone())).collect()).1
    }
}

impl Answers {
    /// These answers for another edition of their instrument, under present facts, and what became of each.
    ///
    /// # Errors
    /// They are answers to another instrument.
    pub fn carry_over(&self, instrument: &Instrument, facts: &Facts) -> Result<(Self, Carried), AnswersError> {
        if self.instrument != instrument.urn {
            let given = Box::new(Edition { urn: self.instrument.clone(), hash: self.instrument_hash });
            return Err(AnswersError::OtherInstrument { given, asked: instrument.urn.clone() });
        }
        let (answers, carried) = carry(instrument, self, facts);
        let facts = facts.under(&instrument.facts_used());
        Ok((Self { instrument: instrument.urn.clone(), instrument_hash: instrument.hash, facts, answers }, carried))
    }
}

fn carry(instrument: &Instrument, answers: &Answers, facts: &Facts) -> (BTreeMap<QuestionId, Answer>, Carried) {
    let mut carried = Carried::default();
    let questions: Vec<&Question> = instrument.questions().map(|(_, question)| question).collect();
    let kept = fitting(&questions, &answers.answers, facts, &mut carried);
    for question in questions.iter().filter(|question| !matches!(question.kind, QuestionKind::Statement)) {
        if !kept.contains_key(&question.id) {
            carried.new.insert(question.id.clone());
        }
    }
    (kept, carried)
}

/// The answers that still fit one of some questions.
fn fitting(
    questions: &[&Question],
    answers: &BTreeMap<QuestionId, Answer>,
    facts: &Facts,
    carried: &mut Carried,
) -> BTreeMap<QuestionId, Answer> {
    let mut kept = BTreeMap::new();
    for (id, answer) in answers {
        let question = questions.iter().find(|question| question.id == *id);
        let fit = match (question.map(|question| &question.kind), answer) {
            (Some(QuestionKind::Group(group)), Answer::Rows(rows)) => {
                let asked: Vec<&Question> = group.questions.iter().collect();
                let carry =
                    |row: &Row| Row { row: row.row.clone(), answers: fitting(&asked, &row.answers, facts, carried) };
                Some(Answer::Rows(rows.iter().map(carry).collect()))
            }
            (Some(kind), answer) => kind.judge(answer, facts).ok().map(|_| answer.clone()),
            (None, _) => None,
        };
        match fit {
            Some(fit) => {
                carried.kept.insert(id.clone());
                kept.insert(id.clone(), fit);
            }
            None => {
                carried.dropped.insert(id.clone());
            }
        }
    }
    kept
}
