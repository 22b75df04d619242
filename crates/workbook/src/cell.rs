//! Cells, rows and tables as they were read, before anybody asks what they mean.

use std::borrow::Cow;

use model::Timestamp;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Empty,
    /// A text, without the spaces around it.
    Text(String),
    /// A number.
    Number(f64),
    /// A number that its cell shows as a day or a time.
    Instant(Timestamp),
    /// True or false.
    Truth(bool),
    /// An error of a formula, as the spreadsheet shows it.
    Broken(String),
}

impl Value {
    /// A text without the spaces around it, of whichever kind; nothing if nothing is left.
    pub(crate) fn text(text: &str) -> Self {
        let text = text.trim_matches(|sign: char| sign.is_whitespace() || matches!(sign, '\u{feff}' | '\u{200b}'));
        if text.is_empty() { Self::Empty } else { Self::Text(text.replace("\r\n", "\n")) }
    }

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// As people read it; a day without a time as `2027-05-01`.
    #[must_use]
    pub fn shown(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) | Self::Broken(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Instant(at) => {
                let (whole, day) = (at.to_string(), at.date());
                Cow::Owned(if whole.ends_with("T00:00:00Z") { day } else { whole })
            }
            Self::Truth(truth) => Cow::Borrowed(if *truth { "yes" } else { "no" }),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    /// What it holds; of a formula, what the file says that it came to.
    pub value: Value,
    /// Whether it is a formula.
    pub formula: bool,
    /// Whether it lies under another one with which it was merged.
    pub merged: bool,
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        Self { value, ..Self::default() }
    }
}

/// A row that is not empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// Its number as the spreadsheet shows it, counted from 1.
    pub number: u32,
    /// Its cells from the first column on.
    pub cells: Vec<Cell>,
}

impl Row {
    /// Whether a cell of it is filled.
    #[must_use]
    pub fn is_filled(&self) -> bool {
        self.cells.iter().any(|cell| !cell.value.is_empty())
    }
}

/// A sheet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Its name; empty for a file of text.
    pub name: String,
    /// Its rows, empty ones left out.
    pub rows: Vec<Row>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Book {
    /// Its sheets that are shown.
    pub tables: Vec<Table>,
    /// What whoever sent it should know: which sheets were not read, which encoding it seems to have.
    pub notes: Vec<String>,
}
