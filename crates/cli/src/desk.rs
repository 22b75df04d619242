//! The one desk that questions in SQL are asked at: by `ordinance sql`, over Flight SQL and on the node's page.
//!
//! A question is read in a process of its own; what it names is asked of the norms; that it fits its tables is known before
//! anything is disclosed for it; then each table is disclosed to the party, and only these rows answer. Nothing is decided here.

mod asking;
mod city_desk;
mod handed;
mod places;
pub(crate) mod references;

pub(crate) use asking::{Asking, Disclosure, ids, no_reference};
pub(crate) use city_desk::CityDesk;
pub(crate) use handed::table;

use std::io;
use std::process::Command;

use analytics::{Apart, Limits, SqlError};
use flow::DiscloseError;

/// Why a question is not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// It is none that is answered, or it needed too much.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// A table is not disclosed.
    #[error(transparent)]
    Disclose(#[from] DiscloseError),
    /// It names what is no table, in words.
    #[error("{0}")]
    NoTable(String),
    /// The rows and the view do not belong together.
    #[error("the rows are not those of the view; the answer and the register do not belong together")]
    Rows,
    /// Too many questions at once.
    #[error("{0}")]
    Busy(&'static str),
    /// The process that answers cannot be found.
    #[error("where this program lies is not known, so that nothing can be asked: {0}")]
    Program(io::Error),
}

/// Puts a question to a process of its own.
///
/// # Errors
/// It is none that is answered, or the process cannot be started.
pub(crate) fn apart(sql: &str, limits: Limits) -> Result<Apart, Failed> {
    let mut program = Command::new(std::env::current_exe().map_err(Failed::Program)?);
    program.arg("sql-desk");
    Ok(Apart::ask(program, sql, limits)?)
}
