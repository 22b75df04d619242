//! What the commands print: words for people, or one JSON document for machines. Errors go to standard error.

use std::cell::Cell;
use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

/// The exit status of a refusal by a norm.
const REFUSED: u8 = 3;

/// Something that the city's rules do not allow. The command did what it should: it asked.
#[derive(Debug, thiserror::Error)]
#[error("refused: {message}")]
pub(crate) struct Refused {
    /// The norm's words.
    pub(crate) message: String,
    /// The same for machines.
    pub(crate) details: serde_json::Value,
}

/// A failure with an exit status of its own.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Status {
    code: u8,
    message: String,
    details: Option<serde_json::Value>,
}

impl Status {
    /// It does not hold.
    pub(crate) fn fails(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into(), details: None }
    }

    /// It is not known whether it holds.
    pub(crate) fn unknown(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into(), details: None }
    }

    /// What was given cannot be read (BSD's `EX_USAGE`).
    pub(crate) fn bad_input(message: impl Into<String>) -> Self {
        Self { code: 64, message: message.into(), details: None }
    }

    /// The same for machines.
    pub(crate) fn with(self, details: serde_json::Value) -> Self {
        Self { details: Some(details), ..self }
    }
}

/// Where a command's words go.
pub(crate) struct Output {
    json: bool,
    /// A document was printed; a machine reads one and no second.
    printed: Cell<bool>,
}

impl Output {
    pub(crate) const fn new(json: bool) -> Self {
        Self { json, printed: Cell::new(false) }
    }

    /// Whether one JSON document is wanted instead of words.
    pub(crate) const fn json(&self) -> bool {
        self.json
    }

    /// A line of words; silent when JSON is wanted. A closed pipe is no error of ours.
    pub(crate) fn say(&self, line: &str) {
        if !self.json {
            drop(writeln!(io::stdout(), "{line}"));
        }
    }

    /// A note on the side, for people who look on; machines read standard output only.
    pub(crate) fn note(&self, line: &str) {
        drop(writeln!(io::stderr(), "ordinance: {line}"));
    }

    /// The result: the document for machines, or the words.
    pub(crate) fn result(&self, document: &impl Serialize, words: &str) -> anyhow::Result<()> {
        let mut stdout = io::stdout().lock();
        if self.json {
            self.printed.set(true);
            serde_json::to_writer_pretty(&mut stdout, document)?;
            writeln!(stdout)?;
        } else {
            writeln!(stdout, "{words}")?;
        }
        Ok(())
    }

    /// One of several results: a document on a line of its own for machines, or words.
    pub(crate) fn one_of_many(&self, document: &impl Serialize, words: &str) -> anyhow::Result<()> {
        let mut stdout = io::stdout().lock();
        if self.json {
            self.printed.set(true);
            writeln!(stdout, "{}", serde_json::to_string(document)?)?;
        } else {
            writeln!(stdout, "{words}")?;
        }
        stdout.flush()?;
        Ok(())
    }

    /// Says what went wrong and gives the exit status for it. A result that was printed before says it for machines.
    pub(crate) fn fail(&self, error: &anyhow::Error) -> ExitCode {
        let (refused, status) = (error.downcast_ref::<Refused>(), error.downcast_ref::<Status>());
        if self.json && !self.printed.get() {
            let refused = refused.map(|refused| refused.details.clone());
            let details = status.and_then(|status| status.details.clone());
            let document = serde_json::json!({ "error": format!("{error:#}"), "refused": refused, "details": details });
            drop(writeln!(io::stdout(), "{document:#}"));
        }
        drop(writeln!(io::stderr(), "ordinance: {error:#}"));
        match (refused, status) {
            (Some(_), _) => ExitCode::from(REFUSED),
            (None, Some(status)) => ExitCode::from(status.code),
            (None, None) => ExitCode::FAILURE,
        }
    }
}
