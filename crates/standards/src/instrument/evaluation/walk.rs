//! One walk through an instrument: what is visible is settled in order, each question once.

use std::collections::{BTreeMap, BTreeSet};

use super::judge::Judged;
use super::{Invalid, Place, Unfit};
use crate::instrument::answers::{Answer, Answers, Row};
use crate::instrument::expression::{Expression, Held, RowSeen, Scene, Seen};
use crate::instrument::facts::Facts;
use crate::instrument::name::{QuestionId, is_slug};
use crate::instrument::prefill::filled;
use crate::instrument::score::Score;
use crate::instrument::{Group, Instrument, Question, QuestionKind};

/// What has been settled so far.
pub(super) struct Walk<'i> {
    instrument: &'i Instrument,
    answers: &'i Answers,
    facts: &'i Facts,
    /// The facts under which the answers were given.
    before: Facts,
    seen: BTreeMap<QuestionId, Seen>,
    over: BTreeMap<QuestionId, String>,
    pub(super) scores: BTreeMap<String, Score>,
    pub(super) total: Score,
    pub(super) visible: Vec<Place>,
    pub(super) missing: Vec<Place>,
    pub(super) invalid: Vec<Invalid>,
    pub(super) ignored: Vec<Place>,
}

impl<'i> Walk<'i> {
    pub(super) fn new(instrument: &'i Instrument, answers: &'i Answers, facts: &'i Facts) -> Self {
        let over = instrument.questions();
        let over = over.filter_map(|(_, question)| Some((question.id.clone(), question.over()?.to_owned())));
        Self {
            over: over.collect(),
            instrument,
            answers,
            facts,
            before: answers.facts.iter().map(|(path, value)| (path.clone(), value.clone())).collect(),
            seen: BTreeMap::new(),
            scores: BTreeMap::new(),
            total: Score::default(),
            visible: Vec::new(),
            missing: Vec::new(),
            invalid: Vec::new(),
            ignored: Vec::new(),
        }
    }

    /// What an expression sees of what has been settled.
    pub(super) fn scene(&self) -> Scene<'_> {
        let Self { seen, facts, scores, total, over, .. } = self;
        Scene { seen, facts, scores, total: *total, row: None, over }
    }

    pub(super) fn run(mut self) -> Self {
        for section in &self.instrument.sections {
            let shown = self.shows(section.when.as_ref(), None);
            let before = self.total;
            for question in &section.questions {
                self.question(question, shown);
            }
            let own = Score {
                value: self.total.value.saturating_sub(before.value),
                highest: self.total.highest.saturating_sub(before.highest),
            };
            self.scores.insert(section.id.to_string(), own);
        }
        let asked: BTreeSet<&QuestionId> = self.instrument.questions().map(|(_, question)| &question.id).collect();
        let strange = self.answers.answers.keys().filter(|id| !asked.contains(id));
        self.ignored.extend(strange.map(|id| Place { row: None, question: id.clone() }));
        self
    }

    fn shows(&self, when: Option<&Expression>, row: Option<(&RowSeen, Option<&str>)>) -> bool {
        when.is_none_or(|when| when.holds(&Scene { row, ..self.scene() }))
    }

    fn question(&mut self, question: &'i Question, shown: bool) {
        let shown = shown && self.shows(question.when.as_ref(), None);
        let answer = self.answers.answers.get(&question.id);
        let before = self.total;
        let seen = match &question.kind {
            QuestionKind::Group(group) => self.group(question, group, answer, shown),
            _ => self.single(question, None, answer, shown),
        };
        let own = Score {
            value: self.total.value.saturating_sub(before.value),
            highest: self.total.highest.saturating_sub(before.highest),
        };
        self.scores.insert(question.id.to_string(), own);
        self.seen.insert(question.id.clone(), seen);
    }

    /// Settles a question that is no group, and adds its score. `row` is the group and row in which it is asked.
    fn single(
        &mut self,
        question: &Question,
        row: Option<(&Question, &str)>,
        answer: Option<&Answer>,
        shown: bool,
    ) -> Seen {
        let place =
            Place { row: row.map(|(group, key)| (group.id.clone(), key.to_owned())), question: question.id.clone() };
        if !shown {
            // What was filled in without being asked surprises nobody.
            let over = row.and_then(|(group, key)| group.over().map(|over| (over, key)));
            if answer.is_some_and(|answer| filled(question, &self.before, over).as_ref() != Some(answer)) {
                self.ignored.push(place);
            }
            return Seen { held: question.kind.hidden(), answered: false, unknown: false };
        }
        self.visible.push(place.clone());
        if matches!(question.kind, QuestionKind::Statement) {
            if answer.is_some() {
                self.ignored.push(place);
            }
            return Seen { held: Held::Missing, answered: false, unknown: false };
        }
        let judged = match answer.map(|answer| question.kind.judge(answer, self.facts)) {
            Some(Ok(judged)) => Some(judged),
            Some(Err(why)) => {
                self.invalid.push(Invalid { place, why });
                None
            }
            None => {
                if question.required {
                    self.missing.push(place);
                }
                None
            }
        };
        self.total = self.total.plus(question.kind.weigh(judged.as_ref()));
        let answered = judged.is_some();
        let Judged { held, unknown } =
            judged.unwrap_or_else(|| Judged { held: question.kind.unanswered(), unknown: true });
        Seen { held, answered, unknown }
    }

    fn group(&mut self, question: &'i Question, group: &'i Group, answer: Option<&'i Answer>, shown: bool) -> Seen {
        let place = Place { row: None, question: question.id.clone() };
        let given = match answer {
            Some(Answer::Rows(rows)) => rows.as_slice(),
            Some(Answer::Many(none)) if none.is_empty() => &[],
            None => &[],
            Some(_) if shown => {
                self.invalid.push(Invalid { place: place.clone(), why: Unfit::Type("not a list of rows") });
                &[]
            }
            Some(_) => &[],
        };
        if !shown {
            if !given.is_empty() {
                self.ignored.push(place);
            }
            return Seen { held: Held::Rows(Vec::new()), answered: false, unknown: false };
        }
        self.visible.push(place.clone());
        let keys = match &group.over {
            Some(over) => self.keys_of_fact(over, &place, given),
            None => self.keys_of_rows(group, &place, given),
        };
        let rows = keys.into_iter().map(|key| self.row(question, group, key, given)).collect();
        Seen { held: Held::Rows(rows), answered: answer.is_some(), unknown: false }
    }

    /// A row for each member of the fact; rows of what is not a member any more count for nothing.
    fn keys_of_fact(&mut self, over: &str, place: &Place, given: &[Row]) -> Vec<String> {
        let members = self.facts.set(over).cloned().unwrap_or_default();
        self.ignored.extend(given.iter().filter(|row| !members.contains(&row.row)).map(|row| Place {
            row: Some((place.question.clone(), row.row.clone())),
            question: place.question.clone(),
        }));
        self.one_of_each(place, given);
        if members.len() > crate::instrument::answers::ROWS_MAX {
            let (has, most) = (members.len(), crate::instrument::answers::ROWS_MAX);
            self.invalid.push(Invalid { place: place.clone(), why: Unfit::Rows { has, least: 0, most } });
            return Vec::new();
        }
        members.into_iter().collect()
    }

    fn keys_of_rows(&mut self, group: &Group, place: &Place, given: &[Row]) -> Vec<String> {
        let (has, least, most) = (given.len(), group.least, group.most);
        if has < least || has > most {
            self.invalid.push(Invalid { place: place.clone(), why: Unfit::Rows { has, least, most } });
        }
        self.one_of_each(place, given);
        let mut met = BTreeSet::new();
        let first = |row: &&Row| met.insert(row.row.clone());
        given.iter().take(most).filter(first).map(|row| row.row.clone()).collect()
    }

    fn one_of_each(&mut self, place: &Place, given: &[Row]) {
        let names: BTreeSet<&str> = given.iter().map(|row| row.row.as_str()).collect();
        if names.len() != given.len() || !names.iter().all(|name| is_slug(name)) {
            self.invalid.push(Invalid { place: place.clone(), why: Unfit::RowName });
        }
    }

    fn row(&mut self, question: &Question, group: &Group, key: String, given: &[Row]) -> RowSeen {
        let none = BTreeMap::new();
        let answers = given.iter().find(|row| row.row == key).map_or(&none, |row| &row.answers);
        let mut row = RowSeen { key, seen: BTreeMap::new() };
        let place = |key: &str, id: &QuestionId| Place {
            row: Some((question.id.clone(), key.to_owned())),
            question: id.clone(),
        };
        for one in &group.questions {
            let shown = self.shows(one.when.as_ref(), Some((&row, group.over.as_deref())));
            let seen = self.single(one, Some((question, &row.key)), answers.get(&one.id), shown);
            row.seen.insert(one.id.clone(), seen);
        }
        let strange = answers.keys().filter(|id| !group.questions.iter().any(|one| one.id == **id));
        self.ignored.extend(strange.map(|id| place(&row.key, id)));
        row
    }
}
