//! What can be wrong in an instrument's file.

use model::{IdError, Tier};

use crate::instrument::expression::ExpressionError;
use crate::instrument::name::NameError;
use crate::instrument::score::SCORE_MAX;

/// The largest file, in bytes; that of any file of a pack.
pub(super) const BYTES_MAX: usize = 256 * 1024;
/// The most questions, those of rows included.
pub(super) const QUESTIONS_MAX: usize = 500;
/// The most options of a choice.
pub(super) const OPTIONS_MAX: usize = 100;
/// The longest text for people, in bytes.
pub(super) const WORDS_BYTES_MAX: usize = 4_000;

/// What is wrong in an instrument.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstrumentProblem {
    /// Not TOML, or a field that is unknown, missing or of the wrong type.
    #[error("{0}")]
    Shape(String),
    /// Too large.
    #[error("an instrument has {BYTES_MAX} bytes at most; make it two")]
    TooLarge,
    /// Too many questions, or none.
    #[error("an instrument has 1 to {QUESTIONS_MAX} questions, those of rows included")]
    Count,
    /// The instrument's id is not one.
    #[error(transparent)]
    Id(#[from] IdError),
    /// A name is not one.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The version is not one.
    #[error("not a semantic version such as 0.1.0: {0}")]
    Version(String),
    /// The URN is not one.
    #[error("a URN begins with `urn:` and has no spaces, such as urn:ordinance:instrument:pre-scan")]
    Urn,
    /// Two of one id.
    #[error("`{0}` is the id of something else here; sections, questions and outcomes have each their own")]
    Twice(String),
    /// An id that means something else.
    #[error("`{0}` has a meaning of its own; choose another id")]
    Reserved(String),
    /// An id begins with a digit.
    #[error("an id here begins with a letter, so that conditions can name it")]
    Digit,
    /// A text is empty or too long.
    #[error("a text for people has 1 to {WORDS_BYTES_MAX} bytes")]
    Words,
    /// The roles.
    #[error("roles are distinct, in the order of signing, and `author` is the first")]
    Roles,
    /// A condition.
    #[error(transparent)]
    Expression(#[from] ExpressionError),
    /// A field that does not belong to the type.
    #[error("`{field}` means nothing for a question of this type; remove it")]
    Field {
        /// Which.
        field: &'static str,
    },
    /// A number is out of bounds.
    #[error("{0}")]
    Bounds(&'static str),
    /// Options are missing, doubled or too many.
    #[error("a choice has either `options`, 1 to {OPTIONS_MAX} with distinct ids, or `options_from`")]
    Options,
    /// A score is too large.
    #[error("a score lies between -{SCORE_MAX} and {SCORE_MAX}")]
    Score,
    /// A question with a score need not be answered.
    #[error("a question with a score must be answered; leave `required = false` away")]
    OptionalScore,
    /// A path that is no fact, or not of the right type.
    #[error("`{path}` {what}")]
    Fact {
        /// The path.
        path: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A group within a group, or without questions.
    #[error("a group has questions, and none of them is a group")]
    Group,
    /// An outcome's results.
    #[error("an outcome has at least two distinct results, the strictest first")]
    Results,
    /// The results of the conclusion.
    #[error("the results of `conclusion` are those of an assessment: unacceptable, residual-high, acceptable")]
    Conclusion,
    /// A tier that there is not.
    #[error("a tier is one of {}", Tier::ALL.map(Tier::code).join(", "))]
    Tier,
    /// Tiers in another order than their results, or not of all of them.
    #[error(
        "either every result of an outcome names a tier or none does, and none a weightier one than the result before it"
    )]
    Tiers,
    /// No criterion.
    #[error("an outcome without a criterion always says the same; give it one, or remove it")]
    NoCriterion,
    /// A criterion for the last result.
    #[error("a criterion makes one of the outcome's results but the last, which is what it is otherwise")]
    CriterionResult,
    /// A label that names nothing.
    #[error("`{0}` names no text of this instrument")]
    Label(String),
    /// Another instrument that is needed is not there.
    #[error("there is no instrument `{0}` in this pack or those it stands on")]
    NoInstrument(String),
    /// Another instrument's question is not there, or of another type.
    #[error("`{instrument}` has no question `{question}` whose answer fits here")]
    NoQuestion {
        /// The other instrument.
        instrument: String,
        /// The question.
        question: String,
    },
}

impl From<semver::Error> for InstrumentProblem {
    fn from(error: semver::Error) -> Self {
        Self::Version(error.to_string())
    }
}
