//! The two halves of a requirement's file: TOML between `+++` lines, then Markdown.

use super::fields::Place;
use crate::diagnostic::Diagnostic;

/// What the front matter stands between.
const FENCE: &str = "+++";

/// The halves of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrontMatter<'t> {
    /// The TOML.
    pub(crate) toml: Place<'t>,
    /// The Markdown.
    pub(crate) body: &'t str,
}

/// Splits a file at its fences.
pub(crate) fn split<'t>(file: &'t str, text: &'t str) -> Result<FrontMatter<'t>, Diagnostic> {
    if text.lines().next().map(str::trim_end) != Some(FENCE) {
        let what = "the file does not begin with a line `+++`";
        let help = "begin with `+++`, then TOML, then `+++`, then Markdown";
        return Err(Diagnostic::of_file(file, "no-front-matter", what, help).at_line(1));
    }
    let what = "the front matter does not end";
    let unended = || Diagnostic::of_file(file, "no-front-matter", what, "end it with a line `+++`").at_line(1);
    let (toml, body) = halves(text).ok_or_else(unended)?;
    Ok(FrontMatter { toml: Place { file, text: toml, lines_before: 1 }, body: body.trim() })
}

/// The TOML between the fences of a requirement's file, and everything after them; none if it has not two.
#[must_use]
pub fn halves(text: &str) -> Option<(&str, &str)> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().filter(|line| line.trim_end() == FENCE)?;
    let mut end = first.len();
    for line in lines {
        if line.trim_end() == FENCE {
            return Some((text.get(first.len()..end)?, text.get(end + line.len()..)?));
        }
        end += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_splits_at_its_fences_whatever_the_line_ends() {
        let parts = split("a.md", "+++\r\nid = 1\r\n+++\r\n\r\nWhy: +++\n").unwrap();
        assert_eq!((parts.toml.text, parts.toml.line(0), parts.body), ("id = 1\r\n", 2, "Why: +++"));
        for bad in ["", "id = 1", "+++", "+++\nid = 1\n", "\n+++\n+++\n", "\u{feff}+++\n+++\n"] {
            assert_eq!(split("a.md", bad).err().map(|problem| problem.code), Some("no-front-matter"), "{bad:?}");
        }
        assert_eq!(split("a.md", "+++\n+++").unwrap().body, "");
    }
}
