//! Fills answers in from facts and from other instruments, so that nobody answers twice. What somebody answered by hand
//! is never overwritten.

use std::collections::BTreeMap;

use super::answers::{Answer, Answers, AnswersError, Row};
use super::evaluation::{Place, evaluate, pinned};
use super::expression::Held;
use super::facts::{FactValue, Facts};
use super::name::QuestionId;
use super::{Group, Instrument, Prefill, Question, QuestionKind};

impl Facts {
    /// Adds the answers to another instrument about the same deployment, as far as they are asked and fit. What is
    /// answered `unknown` stays unknown.
    ///
    /// # Errors
    /// They are answers to another instrument or edition.
    pub fn add_answers(&mut self, instrument: &Instrument, answers: &Answers) -> Result<(), AnswersError> {
        let evaluation = evaluate(instrument, answers, self)?;
        let invalid: Vec<&Place> = evaluation.invalid.iter().map(|invalid| &invalid.place).collect();
        for (_, question) in instrument.questions() {
            let place = Place { row: None, question: question.id.clone() };
            let Some(answer) = answers.answers.get(&question.id) else { continue };
            if evaluation.visible.contains(&place)
                && !invalid.contains(&&place)
                && let Some(value) = value(&question.kind, answer, self)
            {
                self.insert(format!("{}/{}", instrument.id, question.id), value);
            }
        }
        Ok(())
    }
}

/// An answer as a fact.
fn value(kind: &QuestionKind, answer: &Answer, facts: &Facts) -> Option<FactValue> {
    let judged = kind.judge(answer, facts).ok().filter(|judged| !judged.unknown)?;
    match judged.held {
        Held::Bool(value) => Some(FactValue::Bool(value)),
        Held::Number(value) => Some(FactValue::Number(value)),
        Held::Text(value) => Some(FactValue::Text(value)),
        Held::Date(value) => Some(FactValue::Text(value.to_string())),
        Held::Set(value) => Some(FactValue::Set(value)),
        Held::Missing | Held::Rows(_) => None,
    }
}

impl Answers {
    /// Answers to begin with: the present facts, and what can be filled in from them.
    #[must_use]
    pub fn begin(instrument: &Instrument, facts: &Facts) -> Self {
        let mut answers = Self {
            instrument: instrument.urn.clone(),
            instrument_hash: instrument.hash,
            facts: BTreeMap::new(),
            answers: BTreeMap::new(),
        };
        answers.fill(instrument, facts);
        answers
    }

    /// Takes present facts for those under which the answers were given. What had been filled in from a fact that
    /// changed is filled in anew; what somebody answered otherwise stays. All signatures are open again if anything
    /// changed, as the digest is another.
    ///
    /// # Errors
    /// They are answers to another instrument or edition.
    pub fn refresh(&mut self, instrument: &Instrument, facts: &Facts) -> Result<(), AnswersError> {
        pinned(instrument, self)?;
        self.fill(instrument, facts);
        Ok(())
    }

    fn fill(&mut self, instrument: &Instrument, facts: &Facts) {
        let before: Facts = std::mem::take(&mut self.facts).into_iter().collect();
        for (_, question) in instrument.questions() {
            match &question.kind {
                QuestionKind::Group(group) => self.fill_rows(question, group, &before, facts),
                _ => fill_one(&mut self.answers, question, &before, facts, None),
            }
        }
        self.facts = facts.under(&instrument.facts_used());
    }

    fn fill_rows(&mut self, question: &Question, group: &Group, before: &Facts, now: &Facts) {
        let Some(over) = &group.over else { return };
        let entry = self.answers.entry(question.id.clone()).or_insert_with(|| Answer::Rows(Vec::new()));
        if matches!(entry, Answer::Many(none) if none.is_empty()) {
            *entry = Answer::Rows(Vec::new());
        }
        let Answer::Rows(rows) = entry else { return };
        for key in now.set(over).into_iter().flatten() {
            if !rows.iter().any(|row| row.row == *key) {
                rows.push(Row { row: key.clone(), answers: BTreeMap::new() });
            }
        }
        for row in rows {
            for one in &group.questions {
                fill_one(&mut row.answers, one, before, now, Some((over, &row.row)));
            }
        }
    }
}

fn fill_one(
    answers: &mut BTreeMap<QuestionId, Answer>,
    question: &Question,
    before: &Facts,
    now: &Facts,
    row: Option<(&str, &str)>,
) {
    let (was, is) = (filled(question, before, row), filled(question, now, row));
    let by_hand = answers.get(&question.id).is_some_and(|answer| Some(answer) != was.as_ref());
    match is {
        _ if by_hand => {}
        Some(is) => drop(answers.insert(question.id.clone(), is)),
        None => drop(answers.remove(&question.id)),
    }
}

/// The answer that facts give, if they give one that fits. `row` is the set that a group is over, and the row.
pub(crate) fn filled(question: &Question, facts: &Facts, row: Option<(&str, &str)>) -> Option<Answer> {
    let path = match question.prefill.as_ref()? {
        Prefill::Fact(path) => path.clone(),
        Prefill::RowFact(name) => row.map(|(over, key)| format!("{over}.{key}.{name}"))?,
        Prefill::Answer { instrument, question } => format!("{instrument}/{question}"),
    };
    let answer = match (&question.kind, facts.get(&path)?) {
        (QuestionKind::YesNo { .. }, FactValue::Bool(value)) => {
            Answer::Text(if *value { "yes" } else { "no" }.to_owned())
        }
        (QuestionKind::Number { .. }, FactValue::Number(value)) => Answer::Number(*value),
        (QuestionKind::Text { .. } | QuestionKind::Date, FactValue::Text(text)) => Answer::Text(text.clone()),
        (QuestionKind::Choice { many: false, .. }, FactValue::Text(text)) => Answer::Text(text.clone()),
        (QuestionKind::Text { .. }, FactValue::Set(set)) => {
            Answer::Text(set.iter().map(String::as_str).collect::<Vec<_>>().join("; "))
        }
        (QuestionKind::Choice { many: true, options }, FactValue::Set(set)) => {
            Answer::Many(set.iter().filter(|code| options.has(code, facts)).cloned().collect())
        }
        _ => return None,
    };
    question.kind.judge(&answer, facts).is_ok().then_some(answer)
}
