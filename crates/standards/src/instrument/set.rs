//! Sets one answer from a text, as somebody types it. What does not fit its question is refused and nothing is changed.

use std::collections::BTreeMap;

use super::answers::{Answer, Answers, Row};
use super::evaluation::Unfit;
use super::facts::Facts;
use super::name::{QuestionId, cut, is_slug};
use super::{Group, Instrument, Question, QuestionKind};

/// Why an answer is not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// No such question.
    #[error("`{instrument}` has no question `{question}`; `show` names those that are asked")]
    NoQuestion {
        /// The instrument.
        instrument: String,
        /// What was named.
        question: String,
    },
    /// A group is answered row by row.
    #[error("`{group}` is answered row by row: name {row} and question, as `{group}/<{row}>/<question>`")]
    Rows {
        /// The group.
        group: String,
        /// What a row is.
        row: String,
    },
    /// A question that stands alone.
    #[error("`{0}` has no rows; name it alone")]
    NoRows(String),
    /// The rows are what the register has.
    #[error("`{group}` has no row `{row}`: its rows are what the register has, or had when the answers were begun")]
    NotInRegister {
        /// The group.
        group: String,
        /// The row.
        row: String,
    },
    /// Not a name.
    #[error("`{0}` is no name for a row; take 1 to 63 of a-z, 0-9 and -")]
    RowName(String),
    /// Nothing is asked.
    #[error("`{0}` is there to be read and has no answer")]
    Statement(String),
    /// The answer does not fit.
    #[error("`{question}`: {why}; it is answered by {how}")]
    Unfit {
        /// The question.
        question: String,
        /// Why not.
        why: Unfit,
        /// How it is answered.
        how: String,
    },
}

impl Answers {
    /// Sets the answer to `question`, or to `group/row/question`, from a text: options with commas between them, `yes`, `no`
    /// or `unknown`, a number, a day. An empty text takes the answer away; for `group/row`, the row.
    ///
    /// # Errors
    /// There is no such question or row, or the answer does not fit.
    pub fn set(&mut self, instrument: &Instrument, place: &str, text: &str) -> Result<(), SetError> {
        let parts: Vec<&str> = place.splitn(3, '/').collect();
        let name = parts.first().copied().unwrap_or_default();
        let no_question = || SetError::NoQuestion { instrument: instrument.id.to_string(), question: cut(place) };
        let found = instrument.questions().map(|(_, question)| question).find(|one| one.id.as_str() == name);
        let question = found.ok_or_else(no_question)?;
        let facts: Facts = self.facts.iter().map(|(path, value)| (path.clone(), value.clone())).collect();
        match (&question.kind, parts.as_slice()) {
            (QuestionKind::Group(_), [_, row]) if text.is_empty() => self.drop_row(&question.id, row),
            (QuestionKind::Group(group), [_, row, one]) => {
                let one = group.questions.iter().find(|question| question.id.as_str() == *one);
                let (one, row) = (one.ok_or_else(no_question)?, (*row).to_owned());
                let answer = read(one, text, &facts)?;
                let answers = self.row(question, group, row, &facts)?;
                put(answers, one, answer);
            }
            (QuestionKind::Group(group), _) => {
                return Err(SetError::Rows { group: question.id.to_string(), row: group.row.clone() });
            }
            (_, [_]) => {
                let answer = read(question, text, &facts)?;
                put(&mut self.answers, question, answer);
            }
            _ => return Err(SetError::NoRows(question.id.to_string())),
        }
        Ok(())
    }

    fn drop_row(&mut self, group: &QuestionId, row: &str) {
        if let Some(Answer::Rows(rows)) = self.answers.get_mut(group) {
            rows.retain(|one| one.row != row);
            if rows.is_empty() {
                self.answers.remove(group);
            }
        }
    }

    /// The answers of a row, which is added where it may be.
    fn row(
        &mut self,
        question: &Question,
        group: &Group,
        row: String,
        facts: &Facts,
    ) -> Result<&mut BTreeMap<QuestionId, Answer>, SetError> {
        if !is_slug(&row) {
            return Err(SetError::RowName(cut(&row)));
        }
        if let Some(over) = &group.over
            && !facts.set(over).is_some_and(|members| members.contains(&row))
        {
            return Err(SetError::NotInRegister { group: question.id.to_string(), row });
        }
        let entry = self.answers.entry(question.id.clone()).or_insert_with(|| Answer::Rows(Vec::new()));
        if !matches!(entry, Answer::Rows(_)) {
            *entry = Answer::Rows(Vec::new());
        }
        let unfit = |why| SetError::Unfit { question: question.id.to_string(), why, how: question.kind.in_words() };
        let Answer::Rows(rows) = entry else { return Err(unfit(Unfit::Type("not a list of rows"))) };
        let at = rows.iter().position(|one| one.row == row);
        if at.is_none() && group.over.is_none() && rows.len() >= group.most {
            return Err(unfit(Unfit::Rows { has: rows.len() + 1, least: group.least, most: group.most }));
        }
        let at = at.unwrap_or_else(|| {
            rows.push(Row { row, answers: BTreeMap::new() });
            rows.len() - 1
        });
        rows.get_mut(at).map(|row| &mut row.answers).ok_or_else(|| unfit(Unfit::RowName))
    }
}

fn put(answers: &mut BTreeMap<QuestionId, Answer>, question: &Question, answer: Option<Answer>) {
    match answer {
        Some(answer) => drop(answers.insert(question.id.clone(), answer)),
        None => drop(answers.remove(&question.id)),
    }
}

/// The answer that a text gives; none for an empty one.
fn read(question: &Question, text: &str, facts: &Facts) -> Result<Option<Answer>, SetError> {
    let unfit = |why| SetError::Unfit { question: question.id.to_string(), why, how: question.kind.in_words() };
    if text.is_empty() {
        return Ok(None);
    }
    let answer = match &question.kind {
        QuestionKind::Statement => return Err(SetError::Statement(question.id.to_string())),
        QuestionKind::Number { .. } => {
            Answer::Number(text.trim().parse().map_err(|_| unfit(Unfit::Type("not a whole number")))?)
        }
        QuestionKind::Choice { many: true, .. } => {
            Answer::Many(text.split(',').map(str::trim).filter(|code| !code.is_empty()).map(str::to_owned).collect())
        }
        QuestionKind::Text { .. } => Answer::Text(text.to_owned()),
        _ => Answer::Text(text.trim().to_owned()),
    };
    question.kind.judge(&answer, facts).map_err(unfit)?;
    Ok(Some(answer))
}
