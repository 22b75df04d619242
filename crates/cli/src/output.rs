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

    /// Says what went wrong and gives the exit status for it. A result that was printed before says it for machines.
    pub(crate) fn fail(&self, error: &anyhow::Error) -> ExitCode {
        let refused = error.downcast_ref::<Refused>();
        if self.json && !self.printed.get() {
            let details = refused.map(|refused| refused.details.clone());
            let document = serde_json::json!({ "error": format!("{error:#}"), "refused": details });
            drop(writeln!(io::stdout(), "{document:#}"));
        }
        drop(writeln!(io::stderr(), "ordinance: {error:#}"));
        if refused.is_some() { ExitCode::from(REFUSED) } else { ExitCode::FAILURE }
    }
}
