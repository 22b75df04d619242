//! Instruments: questionnaires as data. Conditions, rows, scores and conclusions are read from a file and checked once;
//! answering one is then a function of answers and facts that always ends.
//!
//! Only what is visible counts: an answer that is hidden changes neither what is asked, nor a score, nor a conclusion.
//! Answers belong to one edition, by its hash, and a signature to one set of answers. Nothing here signs or stores.

mod answers;
mod draft;
mod evaluation;
mod expression;
mod facts;
mod labels;
mod migrate;
mod name;
mod prefill;
mod read;
mod references;
mod score;
mod set;
mod sign;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use model::{Digest, EvidenceKind, InstrumentId, Tier};
use semver::Version;

pub use answers::{ANSWERS_BYTES_MAX, Answer, Answers, AnswersError, Edition, ROWS_MAX, Row};
pub use draft::{Draft, DraftError};
pub use evaluation::{Concluded, Evaluation, Invalid, Place, Reason, Unfit, evaluate};
pub use expression::{EXPRESSION_BYTES_MAX, EXPRESSION_DEPTH_MAX, Expression, ExpressionError, ExpressionProblem};
pub use facts::{Declared, FactType, FactValue, Facts, Vocabulary, known_facts};
pub use labels::Labels;
pub use migrate::Carried;
pub use name::{NameError, OptionId, OutcomeId, QuestionId, Role, SectionId};
pub use read::{InstrumentProblem, read_instrument};
pub use references::check_references;
pub use score::{SCORE_MAX, Score};
pub use set::SetError;
pub use sign::{NotCounted, SignError, SignOff, Standing, may_sign, standing};

/// A questionnaire of a standard, one edition of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instrument {
    /// Its id.
    pub id: InstrumentId,
    /// Its name for ever.
    pub urn: String,
    /// Its version.
    pub version: Version,
    /// For people.
    pub title: String,
    /// What it is for, and how to answer it.
    pub intro: String,
    /// The language of its texts.
    pub locale: String,
    /// Who signs, in this order. The first is the author.
    pub roles: Vec<Role>,
    /// The evidence that its last signature is, besides the assessment, where a norm or duty waits for one.
    pub evidence: Option<EvidenceKind>,
    /// Its sections.
    pub sections: Vec<Section>,
    /// The conclusions it draws.
    pub outcomes: Vec<Outcome>,
    /// Its texts in other languages.
    pub labels: Labels,
    /// SHA-256 of its text: the edition that answers belong to.
    pub hash: Digest,
    /// The file it was read from.
    pub file: String,
    /// The line of each question, section and outcome, by id.
    pub lines: BTreeMap<String, usize>,
}

/// A part of an instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its id.
    pub id: SectionId,
    /// For people.
    pub title: String,
    /// What it is about.
    pub intro: String,
    /// When it is asked at all.
    pub when: Option<Expression>,
    /// Its questions.
    pub questions: Vec<Question>,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its id.
    pub id: QuestionId,
    /// The question itself.
    pub ask: String,
    /// How to answer it.
    pub help: String,
    /// When it is asked at all.
    pub when: Option<Expression>,
    /// Whether it must be answered.
    pub required: bool,
    /// Where an answer may come from.
    pub prefill: Option<Prefill>,
    /// What an answer is.
    pub kind: QuestionKind,
}

/// Where an answer may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prefill {
    /// A fact of the deployment.
    Fact(String),
    /// A fact of the row.
    RowFact(String),
    /// An answer to another instrument about the same deployment.
    Answer {
        /// That instrument.
        instrument: InstrumentId,
        /// Its question.
        question: QuestionId,
    },
}

/// What an answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuestionKind {
    /// Nothing: words to read.
    Statement,
    /// Words.
    Text {
        /// The fewest characters.
        least: usize,
        /// The most characters.
        most: usize,
    },
    /// One option, or several.
    Choice {
        /// Whether several.
        many: bool,
        /// Which there are.
        options: Options,
    },
    /// Yes, no or not known; what is not known counts as the strict one of the two.
    YesNo {
        /// Which one is strict.
        strict: bool,
        /// The score of yes.
        yes: i64,
        /// The score of no.
        no: i64,
    },
    /// A whole number.
    Number {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
        /// Of what, for people.
        unit: Option<String>,
    },
    /// A day.
    Date,
    /// Questions that are asked for each row.
    Group(Group),
}

/// The options of a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Options {
    /// As listed.
    Listed(Vec<ChoiceOption>),
    /// The members of a fact.
    Fact(String),
}

/// One option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceOption {
    /// Its id.
    pub id: OptionId,
    /// For people.
    pub label: String,
    /// What it scores.
    pub score: i64,
}

/// Questions that are asked for each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The fact whose members are the rows; else whoever answers adds rows.
    pub over: Option<String>,
    /// What one row is, for people: `recipient`, `risk`.
    pub row: String,
    /// The fewest rows.
    pub least: usize,
    /// The most rows.
    pub most: usize,
    /// What is asked for each.
    pub questions: Vec<Question>,
}

/// A conclusion that is drawn from the answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its id.
    pub id: OutcomeId,
    /// For people.
    pub title: String,
    /// What it can be, the strictest first, but for the last.
    pub results: Vec<OutcomeResult>,
    /// What makes it so.
    pub criteria: Vec<Criterion>,
    /// The last: what it is where no criterion holds.
    pub otherwise: OutcomeResult,
    /// The reason where no criterion holds.
    pub otherwise_because: String,
}

/// One thing that a conclusion can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeResult {
    /// Its id.
    pub id: OptionId,
    /// For people.
    pub label: String,
    /// The instruments that must then be answered.
    pub requires: BTreeSet<InstrumentId>,
    /// The tier that the deployment then has at least.
    pub tier: Option<Tier>,
}

/// One reason for a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// Its id, unique in its outcome.
    pub id: OptionId,
    /// The result that it makes.
    pub result: OptionId,
    /// When.
    pub when: Expression,
    /// Why, in words.
    pub because: String,
}

impl Instrument {
    /// Every question that is not asked for rows, in order, with its section.
    pub fn questions(&self) -> impl Iterator<Item = (&Section, &Question)> {
        self.sections.iter().flat_map(|section| section.questions.iter().map(move |question| (section, question)))
    }

    /// Every question, those of rows behind their group.
    pub fn all_questions(&self) -> impl Iterator<Item = &Question> {
        self.questions().flat_map(|(_, question)| std::iter::once(question).chain(question.of_rows()))
    }

    /// The facts without which it cannot be answered: those that conditions, rows and options look at. A fact of rows
    /// stands as `row.<name>`.
    #[must_use]
    pub fn facts_needed(&self) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        let conditions = self.sections.iter().filter_map(|section| section.when.as_ref());
        let conditions = conditions.chain(self.all_questions().filter_map(|question| question.when.as_ref()));
        let criteria =
            self.outcomes.iter().flat_map(|outcome| outcome.criteria.iter().map(|criterion| &criterion.when));
        conditions.chain(criteria).for_each(|expression| expression.facts(&mut paths));
        for question in self.all_questions() {
            match &question.kind {
                QuestionKind::Group(Group { over: Some(path), .. })
                | QuestionKind::Choice { options: Options::Fact(path), .. } => paths.extend([path.clone()]),
                _ => {}
            }
        }
        paths
    }

    /// All facts that it looks at, those that answers are pre-filled from included; a path that ends with `.` means all
    /// below it. Which deployment it is about is always one, so that answers about one are never another's.
    #[must_use]
    pub fn facts_used(&self) -> BTreeSet<String> {
        let mut paths = self.facts_needed();
        paths.insert("deployment.id".to_owned());
        for question in self.all_questions() {
            let path = match &question.prefill {
                Some(Prefill::Fact(path)) => Some(path.clone()),
                Some(Prefill::Answer { instrument, question }) => Some(format!("{instrument}/{question}")),
                Some(Prefill::RowFact(_)) | None => None,
            };
            paths.extend(path);
            paths.extend(question.over().map(|over| format!("{over}.")));
        }
        paths
    }
}

impl Outcome {
    /// Whether it says how much attention a deployment needs.
    #[must_use]
    pub fn names_a_tier(&self) -> bool {
        self.otherwise.tier.is_some()
    }

    /// All that it can be, the strictest first.
    pub fn all_results(&self) -> impl Iterator<Item = &OutcomeResult> {
        self.results.iter().chain([&self.otherwise])
    }
}

impl Question {
    /// The questions that it asks for each row; none if it is no group.
    #[must_use]
    pub fn of_rows(&self) -> &[Self] {
        match &self.kind {
            QuestionKind::Group(group) => &group.questions,
            _ => &[],
        }
    }

    /// The fact whose members are its rows; none if it is no group, or one to which rows are added.
    #[must_use]
    pub fn over(&self) -> Option<&str> {
        match &self.kind {
            QuestionKind::Group(group) => group.over.as_deref(),
            _ => None,
        }
    }
}
