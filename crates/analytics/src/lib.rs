//! SQL over released tables, never over observations. The only room that knows DataFusion.
//!
//! A [`Question`] is one statement that reads. It names tables as `stream.view`; whoever asks has each of them disclosed
//! first, and only what was disclosed stands in the engine that answers: a fresh one for each question, without files,
//! addresses, catalogs of its own, settings, or a disk to spill to. [`Apart`] does this in a process of its own, which can open
//! no file at all and ends with its limits. Nothing here decides who may have what.

mod answer;
mod apart;
mod arrow;
mod desk;
mod error;
pub mod flight;
mod frame;
mod import;
mod limits;
mod plan;
mod question;
mod reference;
mod stack;
mod table;

pub use answer::{Answer, Kind};
pub use apart::{Apart, attend};
pub use desk::{answer, shape};
pub use error::SqlError;
pub use import::{CSV_BYTES_MAX, import};
pub use limits::Limits;
pub use question::{NESTING_MAX, Question, SQL_BYTES_MAX, TABLES_MAX, TOKENS_MAX};
pub use reference::{Days, calendar};
pub use table::{Column, REFERENCE, Table, TableName};

#[cfg(test)]
mod tests;
