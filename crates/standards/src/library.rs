//! Packs by name and version, and the stack that one of them stands in.
//!
//! It never replaces a pack by another of the same name and version, and never leaves a gap in a stack silently.

mod stack;

pub(crate) use stack::order;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use include_dir::{Dir, include_dir};

use crate::diagnostic::{Diagnostic, Problems};
use crate::pack::files::MANIFEST;
use crate::pack::{Files, Pack, Reference};
use crate::trust::Trust;

static PACKS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/packs");

/// Packs that are at hand.
#[derive(Debug, Clone, Default)]
pub struct Library {
    packs: BTreeMap<Reference, Shelved>,
}

#[derive(Debug, Clone)]
struct Shelved {
    pack: Arc<Pack>,
    trust: Trust,
}

/// The packs that this software carries.
///
/// # Errors
/// What is wrong with them; the tests of this room keep it from happening.
pub fn built_in() -> Result<Library, Vec<Diagnostic>> {
    static BUILT_IN: OnceLock<Result<Library, Vec<Diagnostic>>> = OnceLock::new();
    BUILT_IN.get_or_init(read_built_in).clone()
}

fn read_built_in() -> Result<Library, Vec<Diagnostic>> {
    let (mut library, mut problems) = (Library::default(), Problems::default());
    for folder in PACKS.dirs() {
        let name = folder.path().to_string_lossy();
        let added = Files::embedded(folder).and_then(Pack::parse).and_then(|pack| library.add(pack, Trust::BuiltIn));
        if let Err(found) = added {
            problems.extend(found.into_iter().map(|problem| problem.within(&name)).collect());
        }
    }
    for shelved in library.packs.values() {
        if let Err(found) = library.check(&shelved.pack) {
            let name = &shelved.pack.manifest.id;
            problems.extend(found.into_iter().map(|problem| problem.within(name)).collect());
        }
    }
    problems.or(library)
}

impl Library {
    /// A library without packs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pack.
    ///
    /// # Errors
    /// Where another pack of the same name and version is there already. The very same pack may be added again.
    pub fn add(&mut self, pack: Pack, trust: Trust) -> Result<(), Vec<Diagnostic>> {
        let reference = pack.manifest.reference.clone();
        if let Some(there) = self.packs.get(&reference) {
            if there.pack.hash == pack.hash {
                return Ok(());
            }
            let what = format!("another pack is `{reference}` already, with other contents");
            let help = "what has been published under a version never changes: raise `version`";
            return Err(vec![Diagnostic::of_file(MANIFEST, "version-taken", what, help)]);
        }
        self.packs.insert(reference, Shelved { pack: Arc::new(pack), trust });
        Ok(())
    }

    /// A pack by its very name and version.
    #[must_use]
    pub fn get(&self, reference: &Reference) -> Option<&Arc<Pack>> {
        self.packs.get(reference).map(|shelved| &shelved.pack)
    }

    /// Who vouches for a pack.
    #[must_use]
    pub fn trust(&self, reference: &Reference) -> Option<&Trust> {
        self.packs.get(reference).map(|shelved| &shelved.trust)
    }

    /// A pack as people name it: `eu-data-protection`, a urn, either with `@1.2.3`; without a version the newest.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Arc<Pack>> {
        let (name, version) = name.rsplit_once('@').map_or((name, None), |(name, version)| (name, Some(version)));
        let fits = |pack: &&Arc<Pack>| {
            let manifest = &pack.manifest;
            let named = manifest.id == name || manifest.reference.urn == name;
            named && version.is_none_or(|version| manifest.reference.version.to_string() == version)
        };
        self.packs().filter(fits).max_by(|a, b| a.manifest.reference.version.cmp(&b.manifest.reference.version))
    }

    /// Every pack, by name and version.
    pub fn packs(&self) -> impl Iterator<Item = &Arc<Pack>> {
        self.packs.values().map(|shelved| &shelved.pack)
    }
}

#[cfg(test)]
mod tests;
