//! `i18n/<locale>.ftl`: messages by key, each read by itself.
//!
//! Keys: a requirement's id (its text, with `.title`), `pack` (the title), `notice`, `principle-<id>`, `policy-<id>`,
//! `duty-<id>`; and whatever begins with `instrument-`, which only instruments know.

use std::collections::BTreeMap;

use super::message::Message;
use crate::diagnostic::{Diagnostic, Problems, shown};

/// Most messages of a file.
const MESSAGES_MAX: usize = 4_000;

/// The messages of one language.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Translation {
    pub(crate) file: String,
    pub(crate) messages: BTreeMap<String, Message>,
}

impl Translation {
    /// Reads a file.
    pub(crate) fn read(file: &str, text: &str, problems: &mut Problems) -> Self {
        let mut translation = Self { file: file.to_owned(), messages: BTreeMap::new() };
        for (line, chunk) in chunks(text) {
            let message = match Message::parse(chunk, line) {
                Ok(message) => message,
                Err(bad) => {
                    let help = "see https://projectfluent.org/fluent/guide";
                    problems
                        .push(Diagnostic::of_file(file, "bad-fluent", bad.what, help).at_line(line + bad.lines_below));
                    continue;
                }
            };
            if translation.messages.len() >= MESSAGES_MAX {
                problems.push(Diagnostic::of_file(
                    file,
                    "too-long",
                    "the file has too many messages",
                    "leave out what nobody reads",
                ));
                break;
            }
            if let Some(first) = translation.messages.get(&message.key) {
                let what = format!("`{}` is there twice, first on line {}", shown(&message.key), first.line);
                problems.push(Diagnostic::of_file(file, "duplicate-id", what, "leave one out").at_line(line));
                continue;
            }
            translation.messages.insert(message.key.clone(), message);
        }
        translation
    }
}

/// The messages of a file with their lines: what begins at the start of a line, and the indented lines below it.
fn chunks(text: &str) -> Vec<(usize, &str)> {
    let mut chunks = Vec::new();
    let (mut start, mut start_line, mut offset) = (None, 0, 0);
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let continues = matches!(line.bytes().next(), Some(b' ' | b'\t' | b'}' | b'\r' | b'\n'));
        if !continues || start.is_none() && !line.trim().is_empty() {
            chunks.extend(start.and_then(|start| text.get(start..offset)).map(|chunk| (start_line, chunk)));
            (start, start_line) = if line.starts_with('#') { (None, 0) } else { (Some(offset), at + 1) };
        }
        offset += line.len();
    }
    chunks.extend(start.and_then(|start| text.get(start..)).map(|chunk| (start_line, chunk)));
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Translation, Vec<(&'static str, usize)>) {
        let mut problems = Problems::default();
        let translation = Translation::read("i18n/de.ftl", text, &mut problems);
        let found =
            problems.into_sorted().into_iter().map(|problem| (problem.code, problem.line.unwrap_or(0))).collect();
        (translation, found)
    }

    #[test]
    fn messages_are_read_one_by_one_with_their_lines() {
        let text = "# Kommentar\n\ncore-01 = Eine Zahl steht für { $n ->\n    [one] einen\n   *[other] { $n }\n}.\n    .title = Zahl\n\ncore-02 = x\n";
        let (translation, problems) = read(text);
        assert_eq!(problems, []);
        let lines: Vec<_> = translation.messages.values().map(|message| (message.key.as_str(), message.line)).collect();
        assert_eq!(lines, [("core-01", 3), ("core-02", 9)]);
        assert!(translation.messages["core-01"].title.is_some());
    }

    #[test]
    fn every_broken_message_is_found_and_hides_no_other() {
        let (translation, problems) = read("a = { $x\nb = y\na = z\n-t = x\nb = w\n  stray\nc\n");
        assert_eq!(translation.messages.keys().collect::<Vec<_>>(), ["a", "b"]);
        let expected = [("bad-fluent", 1), ("bad-fluent", 4), ("bad-fluent", 7), ("duplicate-id", 5)];
        let mut problems = problems;
        problems.sort_unstable();
        assert_eq!(problems, expected);
    }
}
