//! Spreadsheets of those who keep their sensors in one: parties, places, deployments and devices as rows, and back.
//!
//! Bytes become cells, cells become things of the register or faults that name row and column, and what stands in the register
//! becomes cells again. A file comes from outside: every size has a limit, a formula is never worked out, and nothing here
//! panics. This room asks nobody and decides nothing; what a row would do is for the register to say.

mod archive;
mod bearers;
mod cell;
mod draw;
mod kind;
mod look;
mod read;
mod text;
pub mod treatment;
mod write;
mod xlsx;

use std::fmt;

pub use bearers::{Bearer, bearers};
pub use cell::{Book, Cell, Row, Table, Value};
pub use draw::{Extent, drawn};
pub use kind::{Column, Kind};
pub use look::{Answer, Line, Look, Verdict, in_order};
pub use read::{Entry, Fault, Reading, Thing, read};
pub use text::{cell as csv_cell, written as csv};
pub use write::{template, written as xlsx};

/// The largest file, in bytes.
pub const FILE_BYTES_MAX: usize = 8 << 20;
/// The most that a packed file may become when it is unpacked, in bytes; and the most that the values of its cells may have together.
pub const UNPACKED_BYTES_MAX: usize = 64 << 20;
/// The most rows that are not empty, in all sheets together.
pub const ROWS_MAX: usize = 20_000;
/// The most columns of a sheet.
pub const COLUMNS_MAX: usize = 64;
/// The longest text in a cell, in bytes; no spreadsheet has a longer one.
pub const CELL_BYTES_MAX: usize = 131_068;
/// The most sheets of a file.
pub const SHEETS_MAX: usize = 64;
/// The most rows that become acts at once: as many as one transaction of the journal takes beside what falls due meanwhile.
pub const BATCH_MAX: usize = 1_000;

/// Why a file cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Too many bytes.
    #[error("the file has more than {} MiB; split it", FILE_BYTES_MAX >> 20)]
    TooLarge,
    /// Unpacked, or with each text in all cells that name it, too many bytes.
    #[error("unpacked, the file has more than {} MiB; save it anew with the sheets that are needed alone", UNPACKED_BYTES_MAX >> 20)]
    TooLargeUnpacked,
    /// Too many rows.
    #[error("there are more than {ROWS_MAX} filled rows; split the file")]
    TooManyRows,
    /// A cell far to the right is filled.
    #[error("sheet `{sheet}`, row {row}: a cell beyond column {COLUMNS_MAX} is filled; take it out")]
    TooManyColumns {
        /// The sheet.
        sheet: String,
        /// The row, counted from 1.
        row: u32,
    },
    /// A text is too long.
    #[error("sheet `{sheet}`, row {row}: a text is longer than a cell can be")]
    TooLongText {
        /// The sheet.
        sheet: String,
        /// The row, counted from 1.
        row: u32,
    },
    /// Too many sheets, merged cells, or whatever else is counted.
    #[error("there are too many {0}")]
    TooMany(&'static str),
    /// The format before 2007, or one with a password.
    #[error(
        "this is a file of Excel before 2007, or one with a password; save it as `.xlsx` without a password, or as CSV"
    )]
    OldOrLocked,
    /// Something else in a zip archive.
    #[error("this is no spreadsheet of the kind `.xlsx`: {0}; save it as `.xlsx` or as CSV")]
    NotXlsx(Part),
    /// Neither packed nor text.
    #[error("this is neither an `.xlsx` spreadsheet nor text; save it as `.xlsx` or as CSV")]
    NotText,
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
}

/// What of a packed file is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The archive itself.
    Archive(&'static str),
    /// A part is missing.
    Missing(String),
    /// A part is not well-formed XML.
    Broken(String),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive(what) => f.write_str(what),
            Self::Missing(name) => write!(f, "the part `{name}` is missing"),
            Self::Broken(name) => write!(f, "the part `{name}` is damaged"),
        }
    }
}

/// Reads a file, whichever of the two formats it has.
///
/// # Errors
/// It is too large, or neither of them.
pub fn open(bytes: &[u8]) -> Result<Book, FileError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(FileError::TooLarge);
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(FileError::OldOrLocked);
    }
    if bytes.starts_with(b"PK") { xlsx::read(bytes) } else { text::read(bytes) }
}

#[cfg(test)]
mod tests;
