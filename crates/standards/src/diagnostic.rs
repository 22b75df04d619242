//! What is wrong with a pack, said to whoever writes it: file, line, what, and what to do about it.
//!
//! It exists so that an author sees all problems at once. It never stops at the first and never grows without bound.

use std::fmt;

use serde::Serialize;

/// The most problems that are listed of one pack; more would not be read.
pub const PROBLEMS_MAX: usize = 200;

/// One problem of a pack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Diagnostic {
    /// The file, from the pack's folder.
    pub file: String,
    /// The line, from 1; absent where the whole file is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column in characters, from 1, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// Which rule is broken: a slug that stays, for scripts and tests.
    pub code: &'static str,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub help: String,
}

impl Diagnostic {
    /// A problem of a whole file.
    #[must_use]
    pub fn of_file(file: &str, code: &'static str, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, column: None, code, what: what.into(), help: help.into() }
    }

    /// The same problem at a line.
    #[must_use]
    pub const fn at_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    /// The same problem in a file of a pack among others.
    #[must_use]
    pub fn within(mut self, folder: &str) -> Self {
        self.file = format!("{folder}/{}", self.file);
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        write!(f, ": {} [{}]", self.what, self.code)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, "\n    help: {}", self.help) }
    }
}

/// Problems as they are found.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<Diagnostic>,
}

impl Problems {
    pub(crate) fn push(&mut self, problem: Diagnostic) {
        if self.found.len() < PROBLEMS_MAX {
            self.found.push(problem);
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(crate) fn extend(&mut self, problems: Vec<Diagnostic>) {
        problems.into_iter().for_each(|problem| self.push(problem));
    }

    /// The problems by file and line, each once.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.found.sort();
        self.found.dedup();
        self.found
    }

    /// `value`, if nothing is wrong.
    pub(crate) fn or<T>(self, value: T) -> Result<T, Vec<Diagnostic>> {
        if self.is_empty() { Ok(value) } else { Err(self.into_sorted()) }
    }
}

/// A text of an author as it may stand in a message: printable, and cut.
pub(crate) fn shown(text: &str) -> String {
    const CHARS_MAX: usize = 80;
    let mut out: String = text.chars().take(CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(CHARS_MAX).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_as_file_line_what_and_help() {
        let mut problem =
            Diagnostic::of_file("pack.toml", "no-title", "the title is missing", "add `title`").at_line(3);
        assert_eq!(problem.to_string(), "pack.toml:3: the title is missing [no-title]\n    help: add `title`");
        problem.column = Some(7);
        assert!(problem.within("core").to_string().starts_with("core/pack.toml:3:7: "));
    }

    #[test]
    fn problems_are_bounded_and_sorted() {
        let mut problems = Problems::default();
        for line in (0..PROBLEMS_MAX * 2).rev() {
            problems.push(Diagnostic::of_file("a", "x", "y", "").at_line(line));
        }
        let sorted = problems.into_sorted();
        assert_eq!(sorted.len(), PROBLEMS_MAX);
        assert!(sorted.is_sorted());
    }

    #[test]
    fn what_is_shown_of_a_text_is_printable_and_cut() {
        assert_eq!(shown("a\u{202e}\n"), "a\\u{202e}\\n");
        assert_eq!(shown(&"x".repeat(81)).chars().count(), 81);
    }
}
