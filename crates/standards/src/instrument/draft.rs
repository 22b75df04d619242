//! A draft: answers to an instrument about one deployment with the signatures under them, as a file that people edit.
//!
//! It is TOML, with each question written above its answer, so that it can be filled in by hand as well as by commands. It is
//! no act and lies in no log: what counts is the digest of the answers, which is signed and filed.

mod write;

use std::collections::BTreeMap;

use model::{DeploymentId, Digest, InstrumentId};
use serde::Deserialize;
use toml::de::DeTable;

use super::answers::{ANSWERS_BYTES_MAX, Answer, Answers};
use super::evaluation::Place;
use super::facts::FactValue;
use super::name::QuestionId;
use super::sign::SignOff;
use super::{Instrument, Question};
use crate::located::Page;
use crate::pack::nesting;

/// Answers about one deployment, with who signed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The pack that the instrument is of, as `<urn>@<version>`.
    pub pack: String,
    /// The instrument's id in it.
    pub instrument: InstrumentId,
    /// The answers.
    pub answers: Answers,
    /// The signatures, those that count no more included.
    pub sign_offs: Vec<SignOff>,
}

/// Why a file is no draft. What stands in the file is not repeated: it may be somebody's answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// Too large.
    #[error("it has {0} bytes; answers have {ANSWERS_BYTES_MAX} at most")]
    TooLarge(u64),
    /// Brackets or keys within one another without end.
    #[error("line {0}: tables and lists are nested too deeply; answers nest no deeper than the rows of a group")]
    Deep(usize),
    /// Not TOML.
    #[error("line {0}: this is not TOML; texts stand in quotes, and several lines between three of them")]
    Syntax(usize),
    /// A key that is none, or one that is missing.
    #[error("line {line}: {what}")]
    Key {
        /// Where.
        line: usize,
        /// Which.
        what: String,
    },
    /// A value of a type that is none here.
    #[error(
        "line {0}: a value of the wrong type; an answer is a text in quotes, a whole number, a list of options or rows"
    )]
    Type(usize),
    /// Answers to what is not asked.
    #[error(
        "`{instrument}` has no question {}; take the answer out, or carry the file over with `migrate`",
        listed(questions)
    )]
    NoQuestion {
        /// The instrument.
        instrument: InstrumentId,
        /// Which.
        questions: Vec<Place>,
    },
}

fn listed(places: &[Place]) -> String {
    const SHOWN_MAX: usize = 5;
    let mut names: Vec<String> = places.iter().take(SHOWN_MAX).map(|place| format!("`{place}`")).collect();
    if places.len() > SHOWN_MAX {
        names.push(format!("{} more", places.len() - SHOWN_MAX));
    }
    names.join(", ")
}

/// The shape of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    deployment: DeploymentId,
    pack: String,
    instrument: InstrumentId,
    urn: String,
    edition: Digest,
    #[serde(default)]
    answers: BTreeMap<QuestionId, Answer>,
    #[serde(default)]
    facts: BTreeMap<String, FactValue>,
    #[serde(default, rename = "sign-off")]
    sign_offs: Vec<SignOff>,
}

impl Draft {
    /// Reads a draft.
    ///
    /// # Errors
    /// It is too large, nests too deeply, is not TOML or not of the shape of a draft.
    pub fn read(text: &str) -> Result<Self, DraftError> {
        if text.len() > ANSWERS_BYTES_MAX {
            return Err(DraftError::TooLarge(text.len() as u64));
        }
        let page = Page { file: "", text };
        let line = |at: usize| page.at(&(at..at), ()).line;
        nesting::check(text).map_err(|at| DraftError::Deep(line(at)))?;
        DeTable::parse(text).map_err(|error| DraftError::Syntax(line(error.span().map_or(0, |span| span.start))))?;
        let raw: Raw = page.toml(|words| words).map_err(|found| {
            let names_a_key = ["unknown field", "missing field", "duplicate field"];
            match names_a_key.iter().any(|start| found.problem.starts_with(start)) {
                true => DraftError::Key { line: found.line, what: found.problem.chars().take(200).collect() },
                false => DraftError::Type(found.line),
            }
        })?;
        let answers =
            Answers { instrument: raw.urn, instrument_hash: raw.edition, facts: raw.facts, answers: raw.answers };
        let Raw { deployment, pack, instrument, sign_offs, .. } = raw;
        Ok(Self { deployment, pack, instrument, answers, sign_offs })
    }

    /// Refuses answers to questions that the instrument does not have: a slip of the pen would otherwise count for nothing in
    /// silence.
    ///
    /// # Errors
    /// Which those are.
    pub fn check_questions(&self, instrument: &Instrument) -> Result<(), DraftError> {
        let mut questions = Vec::new();
        for (id, answer) in &self.answers.answers {
            let asked: Option<&Question> =
                instrument.questions().map(|(_, question)| question).find(|question| question.id == *id);
            let Some(asked) = asked else {
                questions.push(Place { row: None, question: id.clone() });
                continue;
            };
            let Answer::Rows(rows) = answer else { continue };
            for row in rows {
                let strange = row.answers.keys().filter(|id| !asked.of_rows().iter().any(|one| one.id == **id));
                questions.extend(
                    strange.map(|one| Place { row: Some((id.clone(), row.row.clone())), question: one.clone() }),
                );
            }
        }
        if questions.is_empty() {
            return Ok(());
        }
        Err(DraftError::NoQuestion { instrument: instrument.id.clone(), questions })
    }
}
