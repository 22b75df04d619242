//! Reads one question: what its type allows, and what it adds to the names that later conditions can use.

use std::collections::BTreeSet;

use toml::Spanned;

use super::Reader;
use super::problem::{InstrumentProblem, OPTIONS_MAX};
use super::raw::{self, Kind, YesNo};
use crate::instrument::answers::ROWS_MAX;
use crate::instrument::expression::{GroupScope, Type, vocabulary};
use crate::instrument::facts::{FactType, known};
use crate::instrument::name::{QuestionId, cut};
use crate::instrument::references::fits;
use crate::instrument::score::SCORE_MAX;
use crate::instrument::{ChoiceOption, Group, Options, Prefill, Question, QuestionKind};

/// The most characters of a text answer, and the number where none is given.
const CHARACTERS_MAX: usize = 20_000;
const CHARACTERS_USUAL: usize = 4_000;

impl Reader<'_> {
    /// A question of a section.
    pub(super) fn question(&mut self, raw: &raw::Question) -> Option<Question> {
        let question = self.any(raw, None)?;
        if let QuestionKind::Group(group) = &question.kind {
            let scored = group.questions.iter().any(|question| question.kind.scores());
            let questions =
                group.questions.iter().filter_map(|one| Some((one.id.clone(), one.kind.value_type()?))).collect();
            let scope = GroupScope { over: group.over.clone(), questions };
            self.names.groups.insert(question.id.clone(), scope);
            if scored {
                self.names.scored.insert(question.id.to_string());
            }
        }
        if let Some(kind) = question.kind.value_type() {
            self.names.questions.insert(question.id.clone(), kind);
        }
        if question.kind.scores() {
            self.names.scored.insert(question.id.to_string());
        }
        Some(question)
    }

    /// A question of a section, or of a row where one is given.
    fn any(&mut self, raw: &raw::Question, row: Option<&GroupScope>) -> Option<Question> {
        let id = self.own::<QuestionId>(&raw.id);
        if matches!(raw.id.get_ref().as_str(), "and" | "or" | "not" | "in" | "true" | "false" | "yes" | "no" | "row") {
            self.complain(&raw.id, InstrumentProblem::Reserved(raw.id.get_ref().clone()));
        }
        self.fields(raw);
        let (ask, help) = (self.words(&raw.ask), self.perhaps(raw.help.as_ref()));
        let when = self.condition(raw.when.as_ref(), row);
        let kind = self.kind(raw, row);
        let prefill = self.prefill(raw.prefill.as_ref(), kind.as_ref(), row);
        let required = raw.required.as_ref().is_none_or(|required| *required.get_ref());
        if let (false, Some(kind), Some(place)) = (required, &kind, &raw.required)
            && kind.scores()
        {
            self.complain(place, InstrumentProblem::OptionalScore);
        }
        let required = required && !matches!(kind, Some(QuestionKind::Statement));
        Some(Question { id: id?, ask: ask?, help: help?, when, required, prefill: prefill?, kind: kind? })
    }

    /// Refuses what means nothing for the type.
    fn fields(&mut self, raw: &raw::Question) {
        let kind = raw.kind;
        let ranged = matches!(kind, Kind::Text | Kind::Number | Kind::Group);
        let chosen = matches!(kind, Kind::Choice | Kind::Choices);
        let answered = !matches!(kind, Kind::Statement | Kind::Group);
        let span = |range: std::ops::Range<usize>| Spanned::new(range, ());
        let given = [
            ("min", raw.min.as_ref().map(Spanned::span), ranged),
            ("max", raw.max.as_ref().map(Spanned::span), ranged),
            ("unit", raw.unit.as_ref().map(Spanned::span), kind == Kind::Number),
            ("options", raw.options.as_ref().map(Spanned::span), chosen),
            ("options_from", raw.options_from.as_ref().map(Spanned::span), chosen),
            ("score", raw.score.as_ref().map(Spanned::span), kind == Kind::YesNoUnknown),
            ("strict", raw.strict.as_ref().map(Spanned::span), kind == Kind::YesNoUnknown),
            ("over", raw.over.as_ref().map(Spanned::span), kind == Kind::Group),
            ("row", raw.row.as_ref().map(Spanned::span), kind == Kind::Group),
            ("prefill", raw.prefill.as_ref().map(Spanned::span), answered),
            ("required", raw.required.as_ref().map(Spanned::span), answered),
            ("question", (!raw.question.is_empty()).then(|| raw.id.span()), kind == Kind::Group),
        ];
        for (field, place, _) in given.into_iter().filter(|(_, _, means)| !means) {
            if let Some(place) = place {
                self.complain(&span(place), InstrumentProblem::Field { field });
            }
        }
    }

    fn kind(&mut self, raw: &raw::Question, row: Option<&GroupScope>) -> Option<QuestionKind> {
        Some(match raw.kind {
            Kind::Statement => QuestionKind::Statement,
            Kind::Date => QuestionKind::Date,
            Kind::Text => {
                let (least, most) =
                    self.range(raw, 1, CHARACTERS_USUAL, CHARACTERS_MAX, "a text has 1 to 20000 characters")?;
                QuestionKind::Text { least, most }
            }
            Kind::Choice | Kind::Choices => {
                QuestionKind::Choice { many: raw.kind == Kind::Choices, options: self.options(raw)? }
            }
            Kind::YesNoUnknown => {
                let (yes, no) = raw.score.as_ref().map_or((0, 0), |score| (score.get_ref().yes, score.get_ref().no));
                if let Some(place) = raw.score.as_ref().filter(|_| yes.abs().max(no.abs()) > SCORE_MAX) {
                    self.complain(place, InstrumentProblem::Score);
                }
                let strict = raw.strict.as_ref().is_none_or(|strict| *strict.get_ref() == YesNo::Yes);
                QuestionKind::YesNo { strict, yes, no }
            }
            Kind::Number => {
                let bound =
                    |bound: &Option<Spanned<i64>>, else_| bound.as_ref().map_or(else_, |bound| *bound.get_ref());
                let (least, most) = (bound(&raw.min, 0), bound(&raw.max, i64::MAX));
                if least > most {
                    let place = raw.max.as_ref().or(raw.min.as_ref()).map_or_else(|| raw.id.span(), Spanned::span);
                    self.complain(&Spanned::new(place, ()), InstrumentProblem::Bounds("`min` is more than `max`"));
                }
                let unit = raw.unit.as_ref().map(|unit| self.words(unit));
                QuestionKind::Number { least, most, unit: unit.map_or(Some(None), |unit| unit.map(Some))? }
            }
            Kind::Group => self.group(raw, row)?,
        })
    }

    /// `min` and `max` as counts.
    fn range(
        &mut self,
        raw: &raw::Question,
        usual_least: usize,
        usual_most: usize,
        limit: usize,
        words: &'static str,
    ) -> Option<(usize, usize)> {
        let bound = |bound: &Option<Spanned<i64>>, usual| {
            bound.as_ref().map_or(Some(usual), |b| usize::try_from(*b.get_ref()).ok())
        };
        let (least, most) = (bound(&raw.min, usual_least), bound(&raw.max, usual_most));
        let range = least.zip(most).filter(|(least, most)| least <= most && *most <= limit && *most > 0);
        if range.is_none() {
            self.complain(
                raw.min.as_ref().or(raw.max.as_ref()).unwrap_or(&Spanned::new(raw.id.span(), 0)),
                InstrumentProblem::Bounds(words),
            );
        }
        range
    }

    fn options(&mut self, raw: &raw::Question) -> Option<Options> {
        match (&raw.options, &raw.options_from) {
            (Some(listed), None) => {
                let ids: BTreeSet<&str> = listed.get_ref().iter().map(|option| option.id.get_ref().as_str()).collect();
                if ids.len() != listed.get_ref().len() || ids.is_empty() || ids.len() > OPTIONS_MAX {
                    self.complain(listed, InstrumentProblem::Options);
                }
                let options = listed.get_ref().iter().map(|option| self.option(option)).collect::<Vec<_>>();
                Some(Options::Listed(options.into_iter().collect::<Option<_>>()?))
            }
            (None, Some(path)) => {
                let codes = known::of_deployment(path.get_ref()).filter(|kind| matches!(kind, FactType::Codes(_)));
                if codes.is_none() {
                    let what = "is not a fact that is a set; name one, such as deployment.purposes";
                    self.complain(path, InstrumentProblem::Fact { path: cut(path.get_ref()), what });
                }
                Some(Options::Fact(path.get_ref().clone()))
            }
            _ => {
                self.complain(&raw.id, InstrumentProblem::Options);
                None
            }
        }
    }

    fn option(&mut self, raw: &raw::Choice) -> Option<ChoiceOption> {
        if raw.score.abs() > SCORE_MAX {
            self.complain(&raw.id, InstrumentProblem::Score);
        }
        if matches!(raw.id.get_ref().as_str(), "help" | "unit" | "row") {
            self.complain(&raw.id, InstrumentProblem::Reserved(raw.id.get_ref().clone()));
        }
        let (id, label) = (self.parsed(&raw.id), self.words(&raw.label));
        Some(ChoiceOption { id: id?, label: label?, score: raw.score })
    }

    fn group(&mut self, raw: &raw::Question, row: Option<&GroupScope>) -> Option<QuestionKind> {
        if row.is_some() || raw.question.is_empty() {
            self.complain(&raw.id, InstrumentProblem::Group);
            return None;
        }
        let over = raw.over.as_ref().map(|path| path.get_ref().clone());
        if let Some(place) = raw.over.as_ref().filter(|path| !known::has_rows(path.get_ref())) {
            let what = "has no rows; name deployment.streams or deployment.recipients, or leave `over` away";
            self.complain(place, InstrumentProblem::Fact { path: cut(place.get_ref()), what });
        }
        let (least, most) = match &over {
            Some(_) => (0, ROWS_MAX),
            None => self.range(raw, 0, 50, ROWS_MAX, "a group has 200 rows at most")?,
        };
        if let Some(place) = raw.min.as_ref().or(raw.max.as_ref()).filter(|_| over.is_some()) {
            self.complain(
                place,
                InstrumentProblem::Bounds("the fact says how many rows there are; remove `min` and `max`"),
            );
        }
        let title = raw.row.as_ref().map_or_else(|| Some("row".to_owned()), |title| self.words(title));
        let mut scope = GroupScope { over: over.clone(), ..GroupScope::default() };
        let mut questions = Vec::new();
        for one in &raw.question {
            let question = self.any(one, Some(&scope));
            if let Some((id, kind)) = question.as_ref().and_then(|one| Some((one.id.clone(), one.kind.value_type()?))) {
                scope.questions.insert(id, kind);
            }
            questions.push(question);
        }
        let questions = questions.into_iter().collect::<Option<_>>()?;
        Some(QuestionKind::Group(Group { over, row: title?, least, most, questions }))
    }

    fn prefill(
        &mut self,
        raw: Option<&Spanned<String>>,
        kind: Option<&QuestionKind>,
        row: Option<&GroupScope>,
    ) -> Option<Option<Prefill>> {
        let Some(place) = raw else { return Some(None) };
        let text = place.get_ref().as_str();
        let (prefill, found) = if let Some((instrument, question)) = text.split_once('/') {
            let instrument = instrument.parse().map_err(|error: model::IdError| self.complain(place, error)).ok()?;
            let question = QuestionId::new(question).map_err(|error| self.complain(place, error)).ok()?;
            return Some(Some(Prefill::Answer { instrument, question }));
        } else if let Some(name) = text.strip_prefix("row.") {
            let over = row.and_then(|row| row.over.as_deref()).unwrap_or_default();
            (Prefill::RowFact(name.to_owned()), known::of_row(over, name))
        } else {
            (Prefill::Fact(text.to_owned()), known::of_deployment(text))
        };
        let mut refuse = |what| self.complain(place, InstrumentProblem::Fact { path: cut(text), what });
        match found {
            None => refuse("is not a fact here; nothing can be filled in from it"),
            Some(found) if kind.is_some_and(|kind| !fits(kind, &found.into())) => {
                refuse("is a fact of another type than the answer");
            }
            Some(found) if kind.is_some_and(|kind| !shares_codes(kind, found)) => {
                refuse("is a fact of which no code is among the options");
            }
            Some(_) => {}
        }
        Some(Some(prefill))
    }
}

/// Whether a choice has any of the codes that a fact can be.
fn shares_codes(kind: &QuestionKind, fact: FactType) -> bool {
    let QuestionKind::Choice { options: Options::Listed(options), .. } = kind else { return true };
    let codes = vocabulary(fact).and_then(crate::instrument::facts::Vocabulary::codes);
    codes.is_none_or(|codes| options.iter().any(|option| codes.contains(option.id.as_str())))
}

impl QuestionKind {
    /// The type of its value in conditions.
    pub(crate) fn value_type(&self) -> Option<Type> {
        Some(match self {
            Self::Statement | Self::Group(_) => return None,
            Self::Text { .. } => Type::Text(None),
            Self::Choice { many, options } => {
                let codes = match options {
                    Options::Listed(options) => Some(options.iter().map(|option| option.id.to_string()).collect()),
                    Options::Fact(path) => known::of_deployment(path).and_then(vocabulary).and_then(|v| v.codes()),
                };
                if *many { Type::Set(codes) } else { Type::Text(codes) }
            }
            Self::YesNo { .. } => Type::Bool,
            Self::Number { .. } => Type::Number,
            Self::Date => Type::Date,
        })
    }
}
