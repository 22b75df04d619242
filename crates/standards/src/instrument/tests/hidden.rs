//! Hidden answers count for nothing: whatever stands in them, the same is asked, scored and concluded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::prelude::*;

use super::{SAMPLE, SHIPPED, facts, load, shipped};
use crate::instrument::{
    Answer, Answers, Evaluation, Facts, Instrument, Options, Place, Question, QuestionId, QuestionKind, Row, evaluate,
};

/// Numbers to draw from; an answer is made of what is next.
struct Dice<'d>(std::slice::Iter<'d, u32>);

impl Dice<'_> {
    fn roll(&mut self, sides: usize) -> usize {
        *self.0.next().unwrap_or(&0) as usize % sides.max(1)
    }

    /// Any answer to a question: mostly one that fits, sometimes none or a wrong one.
    fn answer(&mut self, question: &Question, facts: &Facts) -> Option<Answer> {
        match self.roll(12) {
            0 => return None,
            1 => return Some(Answer::Number(-7)),
            2 => return Some(Answer::Many(["strange".to_owned()].into())),
            _ => {}
        }
        Some(match &question.kind {
            QuestionKind::Statement | QuestionKind::Text { .. } => Answer::Text("words ".repeat(self.roll(30))),
            QuestionKind::YesNo { .. } => Answer::Text(["yes", "no", "unknown"][self.roll(3)].to_owned()),
            QuestionKind::Number { .. } => Answer::Number(i64::try_from(self.roll(1_000)).unwrap()),
            QuestionKind::Date => Answer::Text(["2027-01-01", "2028-02-29", "never"][self.roll(3)].to_owned()),
            QuestionKind::Choice { many, options } => {
                let codes: Vec<String> = match options {
                    Options::Listed(options) => options.iter().map(|option| option.id.to_string()).collect(),
                    Options::Fact(path) => facts.set(path).into_iter().flatten().cloned().collect(),
                };
                let code = codes[self.roll(codes.len())].clone();
                let more = codes[self.roll(codes.len())].clone();
                if *many { Answer::Many([code, more].into()) } else { Answer::Text(code) }
            }
            QuestionKind::Group(group) => {
                let names: Vec<&str> = match &group.over {
                    Some(_) => vec!["phones", "health", "buses", "gone"],
                    None => ["one", "two", "three", "four"][..self.roll(5)].to_vec(),
                };
                let row = |name: &str, dice: &mut Self| Row {
                    row: name.to_owned(),
                    answers: dice.answers(&group.questions, facts),
                };
                Answer::Rows(names.into_iter().map(|name| row(name, self)).collect())
            }
        })
    }

    fn answers(&mut self, questions: &[Question], facts: &Facts) -> BTreeMap<QuestionId, Answer> {
        let one = |question: &Question| Some((question.id.clone(), self.answer(question, facts)?));
        questions.iter().filter_map(one).collect()
    }
}

fn any_answers(instrument: &Instrument, facts: &Facts, rolls: &[u32]) -> Answers {
    let mut answers = Answers::begin(instrument, facts);
    let mut dice = Dice(rolls.iter());
    for section in &instrument.sections {
        answers.answers.extend(dice.answers(&section.questions, facts));
    }
    answers
}

/// Answers anew whatever is not visible: changes it, adds it or takes it away.
fn disturbed(instrument: &Instrument, answers: &Answers, seen: &Evaluation, facts: &Facts, rolls: &[u32]) -> Answers {
    let visible: BTreeSet<&Place> = seen.visible.iter().collect();
    let mut dice = Dice(rolls.iter());
    let mut other = answers.clone();
    for (_, question) in instrument.questions() {
        let place = Place { row: None, question: question.id.clone() };
        if !visible.contains(&place) {
            other.answers.remove(&question.id);
            other.answers.extend(dice.answer(question, facts).map(|answer| (question.id.clone(), answer)));
        } else if let Some(Answer::Rows(rows)) = other.answers.get_mut(&question.id) {
            for row in rows {
                for one in question.of_rows() {
                    let place = Place { row: Some((question.id.clone(), row.row.clone())), question: one.id.clone() };
                    if !visible.contains(&place) {
                        row.answers.remove(&one.id);
                        row.answers.extend(dice.answer(one, facts).map(|answer| (one.id.clone(), answer)));
                    }
                }
            }
        }
    }
    other.answers.insert(QuestionId::new("of-another-edition").unwrap(), Answer::Number(1));
    other
}

/// All that must not depend on hidden answers: everything but their own list.
fn counted(mut evaluation: Evaluation) -> Evaluation {
    evaluation.ignored.clear();
    evaluation
}

/// The instruments of the core, and the sample.
static INSTRUMENTS: LazyLock<Vec<Instrument>> =
    LazyLock::new(|| SHIPPED.into_iter().map(shipped).chain([load("s.toml", SAMPLE)]).collect());

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn changing_hidden_answers_changes_nothing_that_counts(
        which in 0_usize..5,
        rolls in prop::collection::vec(any::<u32>(), 400),
        others in prop::collection::vec(any::<u32>(), 400),
    ) {
        let instrument = &INSTRUMENTS[which];
        let facts = facts();
        let answers = any_answers(instrument, &facts, &rolls);
        let before = evaluate(instrument, &answers, &facts).unwrap();
        let other = disturbed(instrument, &answers, &before, &facts, &others);
        let after = evaluate(instrument, &other, &facts).unwrap();
        prop_assert!(!after.ignored.is_empty());
        prop_assert_eq!(counted(after), counted(before));
    }

    #[test]
    fn every_question_is_settled_once_and_scores_lie_within_what_is_possible(
        which in 0_usize..5,
        rolls in prop::collection::vec(any::<u32>(), 400),
    ) {
        let instrument = &INSTRUMENTS[which];
        let facts = facts();
        let found = evaluate(instrument, &any_answers(instrument, &facts, &rolls), &facts).unwrap();
        let visible: BTreeSet<&Place> = found.visible.iter().collect();
        prop_assert_eq!(visible.len(), found.visible.len());
        prop_assert!(found.missing.iter().all(|place| visible.contains(place)));
        prop_assert!(found.ignored.iter().all(|place| !visible.contains(place) || place.question.as_str() == "note"));
        prop_assert!(found.total.value <= found.total.highest);
        let sum = found.scores.values().fold(crate::instrument::Score::default(), |sum, one| sum.plus(*one));
        prop_assert_eq!(sum, found.total);
        for outcome in &instrument.outcomes {
            let concluded = found.outcomes.iter().find(|concluded| concluded.id == outcome.id).unwrap();
            prop_assert!(outcome.all_results().any(|result| result.id == concluded.result));
            prop_assert!(!concluded.because.is_empty());
        }
    }
}
