//! `duties/*.toml` of a pack: every file read fully, each id once in all of them, each with its place.

use std::collections::BTreeMap;

use super::files::Files;
use super::mentions::Mentions;
use crate::diagnostic::{Diagnostic, Problems};
use crate::duty::{self, Declared, DeclaredKeep};

/// What all files of duties say together.
#[derive(Debug, Default)]
pub(crate) struct Duties {
    pub(crate) duties: Vec<Declared>,
    pub(crate) keeps: Vec<DeclaredKeep>,
    /// File and line of each, by its id.
    pub(crate) places: BTreeMap<String, (String, usize)>,
}

/// Reads every file, and adds the parameters that they name to what is mentioned.
pub(crate) fn read_all(files: &Files, mentioned: &mut Mentions, problems: &mut Problems) -> Duties {
    let mut all = Duties::default();
    for (file, text) in files.under("duties/") {
        let read = duty::read(file, text, problems);
        for (id, line) in read.lines {
            if let Some((first, at)) = all.places.get(&id) {
                let what = format!("`{id}` is there twice, first in {first}:{at}");
                problems.push(Diagnostic::of_file(file, "duplicate-id", what, "rename one").at_line(line));
                continue;
            }
            all.places.insert(id, (file.to_owned(), line));
        }
        mentioned.extend(read.named.into_iter().map(|(id, line)| (id, file.to_owned(), line)));
        all.duties.extend(read.duties);
        all.keeps.extend(read.keeps);
    }
    all
}
