//! From files to a pack: pure, complete in its complaints, and bounded by what the files may hold.

use std::collections::BTreeMap;
use std::path::Path;

use super::duties::{self, Duties};
use super::{Files, Pack, check, instruments, manifest, mentions, norms, requirements};
use crate::diagnostic::{Diagnostic, Problems};
use crate::pack::files::MANIFEST;
use crate::words::translation::Translation;

impl Pack {
    /// Reads and checks a pack by itself. Names that a profile takes from what it stands on are checked beside them, by
    /// `Library::check` and by resolution.
    ///
    /// # Errors
    /// Every problem that was found, by file and line.
    pub fn parse(files: Files) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Problems::default();
        let head = match files.get(MANIFEST) {
            Some(text) => manifest::read(text, &mut problems),
            None => {
                let help = "a pack is a folder that begins with `pack.toml`";
                problems.push(Diagnostic::of_file(MANIFEST, "no-manifest", "there is no pack.toml", help));
                None
            }
        };
        let (mut requirements, mut spots) = (BTreeMap::new(), BTreeMap::new());
        for (file, text) in files.under("requirements/") {
            let Some((requirement, spot)) = requirements::read(file, text, &mut problems) else { continue };
            let id = requirement.id.clone();
            if let Some(first) = spots.get(&id).map(|first: &requirements::Spot| first.file.clone()) {
                let what = format!("`{id}` is there twice, first in {first}");
                problems.push(Diagnostic::of_file(file, "duplicate-id", what, "rename one").at_line(spot.id));
                continue;
            }
            spots.insert(id.clone(), spot);
            requirements.insert(id, requirement);
        }
        let norms = files.under("norms/").flat_map(|(file, text)| norms::split(file, text, &mut problems)).collect();
        let mut translations = BTreeMap::new();
        for (file, text) in files.under("i18n/") {
            let locale = file.trim_start_matches("i18n/").trim_end_matches(".ftl");
            translations.insert(locale.to_owned(), Translation::read(file, text, &mut problems));
        }
        let mut mentions = mentions::read_all(&files, &mut problems);
        let Duties { duties, keeps, places } = duties::read_all(&files, &mut mentions, &mut problems);
        let instruments = instruments::read_all(&files, &mut problems);
        let Some((manifest, lines)) = head else { return Err(problems.into_sorted()) };
        let hash = files.hash();
        let readable = problems.is_empty();
        let pack = Self {
            manifest,
            requirements,
            norms,
            duties,
            keeps,
            instruments,
            hash,
            files,
            translations,
            mentions,
            duty_places: places,
            lines,
            spots,
        };
        // What does not read would look missing here.
        if readable {
            check::alone(&pack, &mut problems);
        }
        problems.or(pack)
    }

    /// Reads a pack from its folder.
    ///
    /// # Errors
    /// As [`Files::read_dir`] and [`Pack::parse`].
    pub fn read(folder: &Path) -> Result<Self, Vec<Diagnostic>> {
        Self::parse(Files::read_dir(folder)?)
    }
}

#[cfg(test)]
mod tests;
