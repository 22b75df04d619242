//! Why a question of SQL is not answered. No word of it says more than the question itself and the names of columns say.

use serde::{Deserialize, Serialize};

/// The longest words of a parser or planner that are repeated, in characters.
const WORDS_CHARS_MAX: usize = 400;

/// Why a question is not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "why", content = "with", rename_all = "kebab-case")]
pub enum SqlError {
    /// The text is too long.
    #[error("the question has {bytes} bytes, the most is {max}; ask for less at once")]
    TooLong {
        /// How long it is.
        bytes: usize,
        /// The most.
        max: usize,
    },
    /// The text has too many words and signs.
    #[error("the question has more than {max} words and signs; ask for less at once")]
    TooManyWords {
        /// The most.
        max: usize,
    },
    /// Brackets or queries within each other.
    #[error("the question nests deeper than {max} levels; name its parts with WITH")]
    TooDeep {
        /// The most.
        max: usize,
    },
    /// It names too many tables.
    #[error("the question names more than {max} tables; each would be a disclosure of its own")]
    TooManyTables {
        /// The most.
        max: usize,
    },
    /// It cannot be read.
    #[error("this is not SQL that can be read: {0}")]
    Syntax(String),
    /// None, or several.
    #[error("ask one question at a time: there are {0} statements")]
    NotOne(usize),
    /// It does something else than read.
    #[error("only questions are answered, and nothing is written, set or loaded: begin with SELECT, WITH or VALUES")]
    NotAQuestion,
    /// A part of it is not answered here.
    #[error("{0} is not answered here; ask with SELECT over tables named stream.view")]
    Part(String),
    /// A table is not named as tables are.
    #[error(
        "`{0}` is no table: name one as \"stream\".\"view\", in quotation marks where a name holds a hyphen, or as reference.name"
    )]
    Name(String),
    /// The words do not fit each other or the tables.
    #[error("this question does not fit its tables: {0}")]
    Plan(String),
    /// A value could not be computed.
    #[error(
        "a value could not be computed: a division by zero, a number that grew too large, or a cast that does not fit; try_cast gives null instead"
    )]
    Value,
    /// It needed too much memory.
    #[error("the question needed more than {} MiB of memory; ask for less", bytes >> 20)]
    Memory {
        /// The limit.
        bytes: u64,
    },
    /// It took too long.
    #[error("the question took longer than {seconds} s; ask for less")]
    Time {
        /// The limit.
        seconds: u64,
    },
    /// The answer is too long.
    #[error("the answer has more than {max} rows; ask for less, or say LIMIT")]
    Rows {
        /// The limit.
        max: usize,
    },
    /// The answer is too large.
    #[error("the answer has more than {} MiB; ask for less, or say LIMIT", max >> 20)]
    Bytes {
        /// The limit.
        max: u64,
    },
    /// A table that was handed over is not whole.
    #[error("the table {table} cannot be used: {what}")]
    Table {
        /// Which.
        table: String,
        /// What is wrong.
        what: String,
    },
    /// The engine failed; what it said could hold values, so that it is not repeated.
    #[error("the engine failed on this question, and what it said is not repeated; ask differently")]
    Engine,
    /// The process that answers could not be started or broke off.
    #[error("the process that answers questions could not be used: {0}")]
    Process(String),
}

impl SqlError {
    /// What a parser said of the text.
    pub(crate) fn syntax(words: &str) -> Self {
        Self::Syntax(plain(words))
    }

    /// What a planner said of the text and the columns.
    pub(crate) fn plan(words: &str) -> Self {
        Self::Plan(plain(words))
    }
}

/// Words on one line, not too many, that no terminal takes for orders.
pub(crate) fn plain(words: &str) -> String {
    model::plain(words, WORDS_CHARS_MAX)
}
