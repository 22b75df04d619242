//! The desk that questions in SQL are asked at, as the node's pages know it: a trait, and plain values.
//!
//! The engine is in a room that this one does not know. The binary puts a desk in if it was built with SQL; without one the pages
//! say that this node answers none.

use std::fmt;

use model::{PartyId, Purpose};
use serde_json::Value;

/// What somebody asks. What a party wants to know is its own matter, and in no debug text.
#[derive(Clone, PartialEq, Eq)]
pub struct Question {
    /// Who asks.
    pub party: PartyId,
    /// What for.
    pub purpose: Purpose,
    /// In SQL.
    pub sql: String,
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// A table that a party may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// As a question names it.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Numbers.
    Number,
    /// Instants and days, as text that sorts by time.
    Time,
    /// Anything else.
    Text,
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What it is called.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// One table that was handed over for a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOver {
    /// Which.
    pub table: String,
    /// The number of its disclosure.
    pub number: u64,
    /// How many rows it had.
    pub rows: u64,
    /// How many cells were withheld.
    pub withheld: u64,
    /// The proof that it was recorded, signed by the log's key.
    pub receipt: String,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows: numbers, truths and nulls as JSON has them, everything else as text.
    pub rows: Vec<Vec<Value>>,
    /// The same as CSV with a line of names.
    pub csv: String,
    /// What was disclosed for it.
    pub handed_over: Vec<HandedOver>,
}

/// Why a question is not answered, in words that say what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// It is none that is answered.
    #[error("{0}")]
    Question(String),
    /// The norms refuse.
    #[error("{0}")]
    Norm(String),
    /// Too many are asked at once, or it needed too much.
    #[error("{0}")]
    Limit(String),
    /// The city cannot do it now.
    #[error("{0}")]
    Unavailable(String),
}

/// Whoever answers questions in SQL.
pub trait Desk: Send + Sync {
    /// The tables that a party may name now: what its agreements in force show, and the public ones.
    fn tables(&self, party: &PartyId) -> Vec<Listed>;

    /// Answers a question; each released table that it names is disclosed to the party first.
    ///
    /// # Errors
    /// Why it is not answered.
    fn ask(&self, question: &Question) -> Result<Answered, Unanswered>;
}
