//! The value of a checked expression over what is visible. It always has one: what is missing makes comparisons false,
//! sums stop at the largest number, and rows are as many as were answered.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{Node, Order, Over};
use crate::instrument::facts::{FactType, FactValue, Facts, known};
use crate::instrument::name::QuestionId;
use crate::instrument::score::Score;

/// What a question stands at, once its visibility is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Its value. That of a hidden question never depends on an answer.
    pub(crate) held: Held,
    /// Whether it is visible and answered.
    pub(crate) answered: bool,
    /// Whether it is visible and its answer is not known.
    pub(crate) unknown: bool,
}

/// The value of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Held {
    /// None.
    Missing,
    Bool(bool),
    Number(i64),
    Text(String),
    Date(NaiveDate),
    Set(BTreeSet<String>),
    Rows(Vec<RowSeen>),
}

/// One row of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowSeen {
    /// Its name.
    pub(crate) key: String,
    /// Its questions so far.
    pub(crate) seen: BTreeMap<QuestionId, Seen>,
}

/// The value of a part of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'s> {
    Missing,
    Bool(bool),
    Number(i64),
    Text(&'s str),
    Date(NaiveDate),
    Set(&'s BTreeSet<String>),
}

/// What an expression can see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'s> {
    /// Questions before it.
    pub(crate) seen: &'s BTreeMap<QuestionId, Seen>,
    /// The facts.
    pub(crate) facts: &'s Facts,
    /// Scores of sections and questions before it.
    pub(crate) scores: &'s BTreeMap<String, Score>,
    /// The score of everything before it.
    pub(crate) total: Score,
    /// The row in which it stands, and the set that its group is over.
    pub(crate) row: Option<(&'s RowSeen, Option<&'s str>)>,
    /// Of each group, the set that it is over.
    pub(crate) over: &'s BTreeMap<QuestionId, String>,
}

static NO_ROWS: Vec<RowSeen> = Vec::new();

impl<'s> Scene<'s> {
    /// Whether a condition holds.
    pub(super) fn is_true(&self, node: &'s Node) -> bool {
        self.value(node) == Value::Bool(true)
    }

    fn value(&self, node: &'s Node) -> Value<'s> {
        match node {
            Node::Bool(value) => Value::Bool(*value),
            Node::Number(value) => Value::Number(*value),
            Node::Text(text) => Value::Text(text),
            Node::Date(date) => Value::Date(*date),
            Node::Set(set) => Value::Set(set),
            Node::Question(id) => self.question(id).map_or(Value::Missing, |seen| held(&seen.held)),
            Node::Fact(path) => known::of_deployment(path).map_or(Value::Missing, |kind| self.fact(path, kind)),
            Node::RowKey => self.row.map_or(Value::Missing, |(row, _)| Value::Text(&row.key)),
            Node::RowFact(name) => self.row_fact(name),
            Node::Not(inner) => Value::Bool(!self.is_true(inner)),
            Node::And(all) => Value::Bool(all.iter().all(|part| self.is_true(part))),
            Node::Or(all) => Value::Bool(all.iter().any(|part| self.is_true(part))),
            Node::Compare(order, left, right) => Value::Bool(compare(*order, self.value(left), self.value(right))),
            Node::In(left, right) => Value::Bool(match (self.value(left), self.value(right)) {
                (Value::Text(text), Value::Set(set)) => set.contains(text),
                _ => false,
            }),
            Node::Sum(parts) => Value::Number(self.sum(parts)),
            Node::Answered(id) => Value::Bool(self.question(id).is_some_and(|seen| seen.answered)),
            Node::Unknown(id) => Value::Bool(self.question(id).is_some_and(|seen| seen.unknown)),
            Node::Size(inner) => match self.value(inner) {
                Value::Set(set) => Value::Number(count(set.len())),
                _ => Value::Number(0),
            },
            Node::Rows(over, group, condition) => self.rows(*over, group, condition),
            Node::Score(of) => Value::Number(self.score(of.as_deref()).value),
            Node::Percent(of) => Value::Number(self.score(of.as_deref()).percent()),
        }
    }

    fn question(&self, id: &QuestionId) -> Option<&'s Seen> {
        self.row.and_then(|(row, _)| row.seen.get(id)).or_else(|| self.seen.get(id))
    }

    /// A yes or no that is not known counts as the strict one.
    fn fact(&self, path: &str, kind: FactType) -> Value<'s> {
        match (kind, self.facts.get(path)) {
            (FactType::Bool { .. }, Some(FactValue::Bool(value))) => Value::Bool(*value),
            (FactType::Bool { strict }, _) => Value::Bool(strict),
            (FactType::Number, Some(FactValue::Number(value))) => Value::Number(*value),
            (FactType::Words | FactType::Code(_), Some(FactValue::Text(text))) => Value::Text(text),
            (FactType::Codes(_), Some(FactValue::Set(set))) => Value::Set(set),
            (FactType::Date, Some(FactValue::Text(text))) => text.parse().map_or(Value::Missing, Value::Date),
            _ => Value::Missing,
        }
    }

    fn row_fact(&self, name: &str) -> Value<'s> {
        let Some((row, Some(over))) = self.row else { return Value::Missing };
        let kind = known::of_row(over, name);
        kind.map_or(Value::Missing, |kind| self.fact(&format!("{over}.{}.{name}", row.key), kind))
    }

    fn sum(&self, parts: &'s [(bool, Node)]) -> i64 {
        parts.iter().fold(0_i64, |sum, (minus, part)| {
            let Value::Number(number) = self.value(part) else { return sum };
            if *minus { sum.saturating_sub(number) } else { sum.saturating_add(number) }
        })
    }

    fn rows(&self, over: Over, group: &QuestionId, condition: &'s Node) -> Value<'s> {
        let rows = match self.seen.get(group).map(|seen| &seen.held) {
            Some(Held::Rows(rows)) => rows,
            _ => &NO_ROWS,
        };
        let set = self.over.get(group).map(String::as_str);
        let holds = |row: &&'s RowSeen| Scene { row: Some((row, set)), ..*self }.is_true(condition);
        match over {
            Over::Count => Value::Number(count(rows.iter().filter(holds).count())),
            Over::Any => Value::Bool(rows.iter().any(|row| holds(&row))),
            Over::All => Value::Bool(rows.iter().all(|row| holds(&row))),
        }
    }

    fn score(&self, of: Option<&str>) -> Score {
        of.map_or(self.total, |name| self.scores.get(name).copied().unwrap_or_default())
    }
}

fn count(many: usize) -> i64 {
    i64::try_from(many).unwrap_or(i64::MAX)
}

fn held(held: &Held) -> Value<'_> {
    match held {
        Held::Missing | Held::Rows(_) => Value::Missing,
        Held::Bool(value) => Value::Bool(*value),
        Held::Number(value) => Value::Number(*value),
        Held::Text(text) => Value::Text(text),
        Held::Date(date) => Value::Date(*date),
        Held::Set(set) => Value::Set(set),
    }
}

/// Nothing is equal to what is missing, nor other than it, nor more or less.
fn compare(order: Order, left: Value<'_>, right: Value<'_>) -> bool {
    let ordering = match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.cmp(&right),
        (Value::Date(left), Value::Date(right)) => left.cmp(&right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(&right),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Set(left), Value::Set(right)) => left.cmp(right),
        _ => return false,
    };
    match order {
        Order::Equal => ordering.is_eq(),
        Order::Other => ordering.is_ne(),
        Order::Less => ordering.is_lt(),
        Order::AtMost => ordering.is_le(),
        Order::More => ordering.is_gt(),
        Order::AtLeast => ordering.is_ge(),
    }
}
