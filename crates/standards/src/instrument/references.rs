//! Instruments held against one another: what one fills in from another's answers, and which ones it requires.

use super::expression::Type;
use super::read::InstrumentProblem;
use super::{Instrument, Prefill, QuestionKind};
use crate::located::Located;

/// Whether a value of a type can be an answer to a question.
pub(crate) fn fits(kind: &QuestionKind, value: &Type) -> bool {
    matches!(
        (kind, value),
        (QuestionKind::Text { .. }, Type::Text(_) | Type::Set(_))
            | (QuestionKind::Choice { many: false, .. }, Type::Text(_))
            | (QuestionKind::Choice { many: true, .. }, Type::Set(_))
            | (QuestionKind::YesNo { .. }, Type::Bool)
            | (QuestionKind::Number { .. }, Type::Number)
            | (QuestionKind::Date, Type::Date)
    )
}

/// Everything that instruments name of one another and that is not there, with its line.
#[must_use]
pub fn check_references(instruments: &[&Instrument]) -> Vec<Located<InstrumentProblem>> {
    let find = |id: &str| instruments.iter().find(|instrument| instrument.id.as_str() == id);
    let mut problems = Vec::new();
    for instrument in instruments {
        let line = |id: &str| instrument.lines.get(id).copied().unwrap_or(1);
        let mut complain = |id: &str, problem| {
            problems.push(Located { file: instrument.file.clone(), line: line(id), problem });
        };
        for question in instrument.all_questions() {
            let Some(Prefill::Answer { instrument: other, question: wanted }) = &question.prefill else { continue };
            let Some(found) = find(other.as_str()) else {
                complain(question.id.as_str(), InstrumentProblem::NoInstrument(other.to_string()));
                continue;
            };
            let source = found.questions().map(|(_, source)| source).find(|source| source.id == *wanted);
            let value = source.and_then(|source| source.kind.value_type());
            if !value.is_some_and(|value| fits(&question.kind, &value)) {
                let (instrument, wanted) = (other.to_string(), wanted.to_string());
                complain(question.id.as_str(), InstrumentProblem::NoQuestion { instrument, question: wanted });
            }
        }
        for outcome in &instrument.outcomes {
            let required = outcome.all_results().flat_map(|result| &result.requires);
            for missing in required.filter(|required| find(required.as_str()).is_none()) {
                complain(outcome.id.as_str(), InstrumentProblem::NoInstrument(missing.to_string()));
            }
        }
    }
    problems
}
