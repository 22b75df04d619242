//! `instruments/*.toml` of a pack: every file read fully, each id once, and what instruments name of one another.
//!
//! It only carries problems to the author of a pack; what an instrument is stands in [`crate::instrument`].

use super::Pack;
use super::fields::Place;
use super::files::Files;
use crate::diagnostic::{Diagnostic, Problems};
use crate::instrument::{Instrument, InstrumentProblem, check_references, read_instrument};
use crate::located::Located;

/// Where to read on.
const HELP: &str = "docs/framework.md says under *An instrument* what can stand there";

impl From<Located<InstrumentProblem>> for Diagnostic {
    fn from(found: Located<InstrumentProblem>) -> Self {
        Self::of_file(&found.file, "instrument", found.problem.to_string(), HELP).at_line(found.line)
    }
}

/// Reads every file.
pub(crate) fn read_all(files: &Files, problems: &mut Problems) -> Vec<Instrument> {
    let mut all: Vec<Instrument> = Vec::new();
    for (file, text) in files.under("instruments/") {
        // Told here where it is not TOML or too deep to be read.
        if Place::file(file, text).parse(problems).is_none() {
            continue;
        }
        match read_instrument(file, text) {
            Ok(read) => match all.iter().find(|other| other.id == read.id || other.urn == read.urn) {
                Some(first) => {
                    let what = format!("`{}` is there twice, first in {}", read.id, first.file);
                    let help = "give it an id and a urn of its own";
                    problems.push(Diagnostic::of_file(file, "duplicate-id", what, help).at_line(1));
                }
                None => all.push(read),
            },
            Err(found) => problems.extend(found.into_iter().map(Into::into).collect()),
        }
    }
    all
}

/// Checks what the instruments of one pack name of others, among those of some packs.
pub(crate) fn check(pack: &Pack, packs: &[&Pack], problems: &mut Problems) {
    let all: Vec<&Instrument> = packs.iter().flat_map(|pack| &pack.instruments).collect();
    for found in check_references(&all) {
        // Problems of the packs below are theirs, and told there.
        if pack.instruments.iter().any(|instrument| instrument.file == found.file) {
            problems.push(found.into());
        }
    }
}

impl Pack {
    /// An instrument of it, by its id.
    #[must_use]
    pub fn instrument(&self, id: &str) -> Option<&Instrument> {
        self.instruments.iter().find(|instrument| instrument.id.as_str() == id)
    }
}

#[cfg(test)]
mod tests;
