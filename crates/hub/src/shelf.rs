//! Packs of documents, read once and kept as long as there is room: reading one again for each page would be slow.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::Digest;
use standards::Pack;

/// The most packs that are kept.
const KEPT_MAX: usize = 32;

/// Packs by the digest of their documents.
#[derive(Debug, Default)]
pub(crate) struct Shelf(Mutex<BTreeMap<Digest, Arc<Pack>>>);

impl Shelf {
    /// A pack that is kept, or one that is read now.
    pub(crate) fn get<E>(&self, digest: &Digest, read: impl FnOnce() -> Result<Pack, E>) -> Result<Arc<Pack>, E> {
        if let Some(pack) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(digest) {
            return Ok(Arc::clone(pack));
        }
        let pack = Arc::new(read()?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(*digest, Arc::clone(&pack));
        Ok(pack)
    }
}
