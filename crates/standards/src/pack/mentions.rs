//! What instruments mention: parameters. And that tests are TOML: read lightly; what they mean is read elsewhere.

use std::collections::BTreeSet;

use super::fields::Place;
use super::files::Files;
use crate::diagnostic::Problems;
use crate::parameter::{ParameterId, read};

/// Parameters with the places that name them: file and line.
pub(crate) type Mentions = BTreeSet<(ParameterId, String, usize)>;

/// Reads the parameters of instruments, and the syntax of every test.
pub(crate) fn read_all(files: &Files, problems: &mut Problems) -> Mentions {
    let mut mentions = Mentions::new();
    for (file, text) in files.under("tests/") {
        Place::file(file, text).parse(problems);
    }
    for (file, text) in files.under("instruments/") {
        parameters(file, text, &mut mentions);
    }
    mentions
}

/// Every `${parameter}` of a text, wherever it stands.
fn parameters(file: &str, text: &str, mentions: &mut Mentions) {
    for (at, line) in text.lines().enumerate() {
        for part in line.split("${").skip(1) {
            let name = part.split(['}', '.']).next().unwrap_or_default();
            if let Ok(id) = read::id(name) {
                mentions.insert((id, file.to_owned(), at + 1));
            }
        }
    }
}
