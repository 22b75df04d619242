//! The expressions of instruments: small, total, without loops.
//!
//! An expression is parsed within bounds of length and depth, its names and types are checked when the instrument is
//! loaded, and from then on it always has a value: nothing in it can err, run long or reach outside.

mod check;
mod evaluate;
mod lexer;
mod parser;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveDate;

pub(crate) use check::{GroupScope, Names, Scope, Type, vocabulary};
pub(crate) use evaluate::{Held, RowSeen, Scene, Seen};

use super::name::QuestionId;

/// The longest expression, in bytes.
pub const EXPRESSION_BYTES_MAX: usize = 1_000;
/// How deep parentheses, `not` and functions may lie in one another.
pub const EXPRESSION_DEPTH_MAX: usize = 16;

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionProblem {
    /// Too long.
    #[error("an expression has {EXPRESSION_BYTES_MAX} bytes at most")]
    TooLong,
    /// Too deep.
    #[error("an expression is {EXPRESSION_DEPTH_MAX} deep at most; say it in two questions or criteria")]
    TooDeep,
    /// A character that means nothing.
    #[error("`{0}` means nothing here")]
    Character(String),
    /// A text without an end.
    #[error("this text has no end; close it with \"")]
    OpenText,
    /// A number that is too large.
    #[error("this number has more digits than can be counted with")]
    Number,
    /// Not a date.
    #[error("`{0}` is not a date")]
    Date(String),
    /// Something else was expected.
    #[error("expected {wanted}, found {found}")]
    Expected {
        /// What.
        wanted: &'static str,
        /// What stands there.
        found: String,
    },
    /// No such question, or one that comes later.
    #[error("`{0}` is no question before this one; conditions look back only")]
    Question(String),
    /// A question of rows, from outside.
    #[error(
        "`{question}` is asked for each row of `{group}`; say any({group}, …), all({group}, …) or count({group}, …)"
    )]
    OfRows {
        /// The question.
        question: String,
        /// Its group.
        group: String,
    },
    /// No such fact.
    #[error("`{path}` is not a fact of a deployment; known are: {known}")]
    Fact {
        /// What was asked for.
        path: String,
        /// What there is.
        known: String,
    },
    /// `row` where there are no rows.
    #[error("`row` means something only in the questions and conditions of a group")]
    NoRow,
    /// No such function.
    #[error("`{0}` is not a function; known are: count, any, all, answered, unknown, score, percent")]
    Function(String),
    /// A function has not what it needs.
    #[error("{0}")]
    Arguments(&'static str),
    /// A function over rows within one.
    #[error("`{0}` cannot stand within any, all or count of a group")]
    Nested(&'static str),
    /// Neither section nor question.
    #[error("`{0}` is no section or question before this one that could have a score")]
    Score(String),
    /// A type that does not fit.
    #[error("{wanted} is needed here, and this is {found}")]
    Type {
        /// What.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// Two types that cannot be compared.
    #[error("{left} and {right} cannot be compared so")]
    Compare {
        /// What stands left.
        left: &'static str,
        /// What stands right.
        right: &'static str,
    },
    /// A code that can never be.
    #[error("`{code}` can never be its value; possible are: {possible}")]
    Code {
        /// The code.
        code: String,
        /// What could be.
        possible: String,
    },
}

/// A problem at a byte of an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {}: {problem}", at + 1)]
pub struct ExpressionError {
    /// Where, from 0.
    pub at: usize,
    /// What.
    pub problem: ExpressionProblem,
}

/// An expression that has been checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Expression {
    text: String,
    node: Node,
}

impl Expression {
    /// Parses a condition and checks it: its value is true or false.
    ///
    /// # Errors
    /// Where and why it is not one.
    pub(crate) fn condition(text: &str, scope: &Scope<'_>) -> Result<Self, ExpressionError> {
        let node = scope.condition(&parser::parse(text)?)?;
        Ok(Self { text: text.to_owned(), node })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it holds.
    pub(crate) fn holds(&self, scene: &Scene<'_>) -> bool {
        scene.is_true(&self.node)
    }

    /// The paths of the facts that it looks at; those of rows as `row.<name>`.
    pub(crate) fn facts(&self, into: &mut BTreeSet<String>) {
        self.node.facts(into);
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({})", self.text)
    }
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    Other,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// What is asked of the rows of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    Count,
    Any,
    All,
}

/// A checked expression: every name is known and every type fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Bool(bool),
    Number(i64),
    Text(String),
    Date(NaiveDate),
    Set(BTreeSet<String>),
    Question(QuestionId),
    Fact(String),
    /// The name of the present row.
    RowKey,
    /// A fact of the present row.
    RowFact(String),
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
    Compare(Order, Box<Self>, Box<Self>),
    In(Box<Self>, Box<Self>),
    /// Numbers, each added or, where true, taken away.
    Sum(Vec<(bool, Self)>),
    Answered(QuestionId),
    Unknown(QuestionId),
    Size(Box<Self>),
    Rows(Over, QuestionId, Box<Self>),
    /// The score of a section or question, or of everything.
    Score(Option<String>),
    /// The same as a share of the highest that could be, in per cent.
    Percent(Option<String>),
}

impl Node {
    fn facts(&self, into: &mut BTreeSet<String>) {
        match self {
            Self::Fact(path) => {
                into.insert(path.clone());
            }
            Self::RowFact(name) => {
                into.insert(format!("row.{name}"));
            }
            Self::Not(one) | Self::Size(one) | Self::Rows(_, _, one) => one.facts(into),
            Self::And(all) | Self::Or(all) => all.iter().for_each(|one| one.facts(into)),
            Self::Sum(all) => all.iter().for_each(|(_, one)| one.facts(into)),
            Self::Compare(_, left, right) | Self::In(left, right) => {
                left.facts(into);
                right.facts(into);
            }
            _ => {}
        }
    }
}
