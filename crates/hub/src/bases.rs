//! What a pack stands on, found among the packs of this software and the versions that were released at this hub.
//!
//! A version that was withdrawn or corrected is no beginning any more. Whatever already stands on it still finds it: what was released under
//! a name and a version stays what it is.

use std::sync::Arc;

use model::Digest;
use standards::{Library, Pack, Reference, Resolved, Trust};

use crate::document::{DocumentError, resolved};
use crate::state::{Standing, State, Version};

/// Where packs are found.
pub(crate) struct Bases<'a> {
    /// The packs of this software.
    pub(crate) library: &'a Library,
    /// The hub, as its log folds.
    pub(crate) state: &'a State,
    /// Reads a document of the hub as a pack.
    pub(crate) read: &'a dyn Fn(&Digest) -> Result<Arc<Pack>, DocumentError>,
}

impl Bases<'_> {
    /// A pack to begin with, as people name it: one of this software, or a version that was released here and stands.
    pub(crate) fn named(&self, name: &str) -> Result<Option<Arc<Pack>>, DocumentError> {
        let standing = || self.state.versions.values().rev().filter(|version| version.standing == Standing::Released);
        // By name and version what was released here is meant, as for whatever stands on it.
        let released = standing().find(|version| name_of(version) == name);
        let carried = if released.is_some() { None } else { self.library.find(name).map(Arc::clone) };
        if carried.is_some() {
            return Ok(carried);
        }
        let found = released.or_else(|| standing().find(|version| version.released.urn == name));
        found.map(|version| (self.read)(&version.released.document)).transpose()
    }

    /// A pack over all that it stands on. What was released here has the place of what this software carries under its name and version:
    /// it was there when the pack was made.
    pub(crate) fn resolved(&self, pack: &Arc<Pack>) -> Result<Resolved, DocumentError> {
        let released = self.released(pack)?;
        if released.is_empty() {
            return resolved(self.library, pack);
        }
        let mut library = Library::new();
        for base in released.iter().map(|(_, base)| base).chain(self.library.packs()) {
            if library.get(&base.manifest.reference).is_none() {
                library.add(Pack::clone(base), Trust::Unsigned).map_err(DocumentError::Pack)?;
            }
        }
        resolved(&library, pack)
    }

    /// What a pack stands on that was released here and that this software does not carry as it is, with the documents, the nearest first.
    pub(crate) fn released(&self, pack: &Pack) -> Result<Vec<(Digest, Arc<Pack>)>, DocumentError> {
        let mut found: Vec<(Digest, Arc<Pack>)> = Vec::new();
        let mut wanted: Vec<Reference> = pack.manifest.based_on.clone();
        while let Some(next) = wanted.pop() {
            let carried = self.library.get(&next).map(|pack| pack.hash);
            let is_found = found.iter().any(|(_, base)| base.manifest.reference == next);
            let version = self.state.versions.values().find(|version| name_of(version) == next.to_string());
            let version = version.filter(|version| carried != Some(version.released.pack) && !is_found);
            let Some(version) = version else { continue };
            let document = version.released.document;
            let base = (self.read)(&document)?;
            wanted.extend(base.manifest.based_on.iter().cloned());
            found.push((document, base));
        }
        Ok(found)
    }
}

/// A released version, as packs name what they stand on.
pub(crate) fn name_of(version: &Version) -> String {
    format!("{}@{}", version.released.urn, version.released.version)
}
