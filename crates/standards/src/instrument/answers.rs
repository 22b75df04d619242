//! Answers to one edition of an instrument, with the facts that they were given under. As JSON they are a document; its
//! digest is what is signed.

use std::collections::{BTreeMap, BTreeSet};

use model::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::facts::FactValue;
use super::migrate::Carried;
use super::name::QuestionId;

/// The largest document of answers, in bytes.
pub const ANSWERS_BYTES_MAX: usize = 1024 * 1024;
/// The most rows of a group.
pub const ROWS_MAX: usize = 200;

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a text, a whole number, a list of options or a list of rows")]
pub enum Answer {
    /// A whole number.
    Number(i64),
    /// A text, an option, `yes`, `no` or `unknown`, or a date.
    Text(String),
    /// Options.
    Many(BTreeSet<String>),
    /// Rows of a group.
    Rows(Vec<Row>),
}

/// The answers of one row of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name: the member of the fact that the group is over, or one that whoever answers chose.
    pub row: String,
    /// Its answers.
    #[serde(default)]
    pub answers: BTreeMap<QuestionId, Answer>,
}

/// Answers to one edition of an instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// The instrument's URN.
    pub instrument: String,
    /// Its edition.
    pub instrument_hash: Digest,
    /// The facts that the instrument looks at, as they were when the answers were given.
    #[serde(default)]
    pub facts: BTreeMap<String, FactValue>,
    /// The answers.
    #[serde(default)]
    pub answers: BTreeMap<QuestionId, Answer>,
}

/// The edition of an instrument that answers belong to, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// The instrument.
    pub urn: String,
    /// The hash of its text.
    pub hash: Digest,
}

/// Why answers cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswersError {
    /// Too large.
    #[error("answers have {ANSWERS_BYTES_MAX} bytes at most")]
    TooLarge,
    /// Not the JSON of answers.
    #[error("not a document of answers: {0}")]
    Shape(String),
    /// Answers to another instrument.
    #[error("these are answers to `{}`, not to `{asked}`", given.urn)]
    OtherInstrument {
        /// What they answer.
        given: Box<Edition>,
        /// What is asked.
        asked: String,
    },
    /// Answers to another edition.
    #[error(
        "these are answers to another edition of `{}` ({}); carry them over to this one ({}) and look at them again: {carried}",
        asked.urn, given.hash, asked.hash
    )]
    OtherEdition {
        /// What they answer.
        given: Box<Edition>,
        /// What is asked.
        asked: Box<Edition>,
        /// What carrying them over would keep, drop and newly ask.
        carried: Box<Carried>,
    },
}

impl Answers {
    /// Reads answers from JSON.
    ///
    /// # Errors
    /// It is too large or not the JSON of answers.
    pub fn read(json: &str) -> Result<Self, AnswersError> {
        if json.len() > ANSWERS_BYTES_MAX {
            return Err(AnswersError::TooLarge);
        }
        serde_json::from_str(json).map_err(|error| {
            // Where it is wrong and not with which words: those are somebody's answer.
            let what = match error.classify() {
                serde_json::error::Category::Data => "a field is unknown, missing or of the wrong type",
                _ => "it is not JSON",
            };
            AnswersError::Shape(format!("{what}, at line {}, column {}", error.line(), error.column()))
        })
    }

    /// The digest of everything in them, for signatures: any change of an answer, a fact or the edition changes it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hasher = Sha256::new();
        hasher.update("ordinance/answers/v1\n");
        text(&mut hasher, &self.instrument);
        hasher.update(self.instrument_hash.as_bytes());
        length(&mut hasher, self.facts.len());
        for (path, value) in &self.facts {
            text(&mut hasher, path);
            fact(&mut hasher, value);
        }
        answers(&mut hasher, &self.answers);
        Digest::new(hasher.finalize().into())
    }
}

// Everything is written with its length and its type before it, so that no two documents are written alike.

fn length(hasher: &mut Sha256, length: usize) {
    hasher.update(u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes());
}

fn text(hasher: &mut Sha256, text: &str) {
    length(hasher, text.len());
    hasher.update(text);
}

fn set(hasher: &mut Sha256, set: &BTreeSet<String>) {
    length(hasher, set.len());
    set.iter().for_each(|one| text(hasher, one));
}

fn fact(hasher: &mut Sha256, value: &FactValue) {
    match value {
        FactValue::Bool(value) => hasher.update([b'b', u8::from(*value)]),
        FactValue::Number(value) => {
            hasher.update("n");
            hasher.update(value.to_be_bytes());
        }
        FactValue::Text(value) => {
            hasher.update("t");
            text(hasher, value);
        }
        FactValue::Set(value) => {
            hasher.update("s");
            set(hasher, value);
        }
    }
}

fn answers(hasher: &mut Sha256, all: &BTreeMap<QuestionId, Answer>) {
    length(hasher, all.len());
    for (id, one) in all {
        text(hasher, id.as_str());
        match one {
            Answer::Number(value) => {
                hasher.update("n");
                hasher.update(value.to_be_bytes());
            }
            Answer::Text(value) => {
                hasher.update("t");
                text(hasher, value);
            }
            Answer::Many(value) => {
                hasher.update("s");
                set(hasher, value);
            }
            // An empty list is the same document whichever it is of.
            Answer::Rows(rows) if rows.is_empty() => {
                hasher.update("s");
                length(hasher, 0);
            }
            Answer::Rows(rows) => {
                hasher.update("r");
                length(hasher, rows.len());
                for row in rows {
                    text(hasher, &row.row);
                    answers(hasher, &row.answers);
                }
            }
        }
    }
}
