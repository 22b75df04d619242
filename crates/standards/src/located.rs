//! Where in a pack something is wrong: file and line, with the problem as a type of its own.
//!
//! Authors of packs correct by line, so that nothing that was written in a file is refused without one.

use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;

/// A problem at a place of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<P> {
    /// The file, as it is named in the pack.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: P,
}

impl<P: fmt::Display> fmt::Display for Located<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.problem)
    }
}

impl<P: fmt::Debug + fmt::Display> std::error::Error for Located<P> {}

/// A file of a pack while it is read: turns places in the text into lines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page<'t> {
    /// Its name in the pack.
    pub(crate) file: &'t str,
    /// Its text.
    pub(crate) text: &'t str,
}

impl Page<'_> {
    /// The line of a byte of the text, from 1.
    fn line(self, at: usize) -> usize {
        let before = self.text.as_bytes().get(..at).unwrap_or(self.text.as_bytes());
        before.iter().filter(|&&byte| byte == b'\n').count() + 1
    }

    /// A problem at a place of the text.
    pub(crate) fn at<P>(self, span: &Range<usize>, problem: P) -> Located<P> {
        Located { file: self.file.to_owned(), line: self.line(span.start), problem }
    }

    /// Reads the text as TOML of a known shape.
    pub(crate) fn toml<T: DeserializeOwned, P>(self, wrong: impl FnOnce(String) -> P) -> Result<T, Located<P>> {
        toml::from_str(self.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            self.at(&span, wrong(error.message().trim_end().to_owned()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_by_file_and_line() {
        let page = Page { file: "duties/a.toml", text: "a = 1\nb = \"x\"\n" };
        let read: Result<std::collections::BTreeMap<String, u8>, _> = page.toml(|words| words);
        let error = read.unwrap_err();
        assert_eq!(error.line, 2);
        assert!(error.to_string().starts_with("duties/a.toml:2: invalid type"), "{error}");
        assert_eq!(page.at(&(900..901), ()).line, 3, "a place behind the text is its end");
    }
}
