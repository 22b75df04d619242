//! A released version as one file: its entry, the proof that the entry is in the hub's log, and the pack. Whoever has the hub's key
//! needs nothing else to trust it, and nobody's word.
//!
//! What fails in any way is refused whole. There is no way to the pack but through [`Release::verify`].

use serde::{Deserialize, Serialize};
use standards::Pack;
use tlog::{Receipt, Vkey};

use crate::act::{Act, Entry, VersionReleased, What};
use crate::document::{DOCUMENT_BYTES_MAX, Document, DocumentError};

/// The largest file, in bytes: a document, escaped, and a proof.
pub const RELEASE_BYTES_MAX: usize = 2 * DOCUMENT_BYTES_MAX;

/// Why a release is not to be trusted.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// It is not such a file.
    #[error("this is no release of a hub: {0}")]
    Malformed(String),
    /// It is too large.
    #[error("the release has {0} bytes, the limit is {RELEASE_BYTES_MAX}")]
    TooLarge(usize),
    /// It names another key than the one that is trusted.
    #[error("the release names the key `{0}`, which is not the hub's key that you trust")]
    OtherKey(String),
    /// The proof does not hold.
    #[error("the proof that entry {entry} is in the hub's log does not hold: {why}")]
    Proof {
        /// Which entry.
        entry: Entry,
        /// Why.
        why: String,
    },
    /// The entry releases nothing.
    #[error("entry {0} of the hub's log releases no version")]
    NoRelease(Entry),
    /// The document is not the one that the entry names.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The pack is not the one that the entry names, or its signature does not hold.
    #[error("the pack is not the one that was released: {0}")]
    Pack(String),
}

/// A released version, as it is served and kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The hub's key, as it names it; trusted is only one that came another way.
    pub key: String,
    /// The entry that released it.
    pub index: Entry,
    /// Its bytes.
    pub entry: String,
    /// That it is in the log: a receipt (C2SP tlog-proof), with the signed checkpoint.
    pub proof: String,
    /// The document with the pack's files.
    pub document: String,
}

/// A release that holds, under a key.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The log's origin.
    pub origin: String,
    /// The entry.
    pub index: Entry,
    /// As it was released.
    pub released: VersionReleased,
    /// How many entries the checkpoint counts.
    pub size: u64,
    /// The signed checkpoint.
    pub checkpoint: String,
    /// The pack.
    pub pack: Pack,
}

impl Release {
    /// Reads such a file.
    ///
    /// # Errors
    /// It is none, or too large.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReleaseError> {
        if bytes.len() > RELEASE_BYTES_MAX {
            return Err(ReleaseError::TooLarge(bytes.len()));
        }
        serde_json::from_slice(bytes).map_err(|error| ReleaseError::Malformed(error.to_string()))
    }

    /// Verifies all of it under a hub's key: the proof and the checkpoint's signature, the entry, the document, the pack, its note.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn verify(&self, key: &Vkey) -> Result<Verified, ReleaseError> {
        if self.key != key.to_string() {
            return Err(ReleaseError::OtherKey(self.key.chars().take(200).collect()));
        }
        let unproved = |why: String| ReleaseError::Proof { entry: self.index, why };
        let receipt = Receipt::parse(&self.proof).map_err(|error| unproved(error.to_string()))?;
        let checkpoint = receipt.verify(self.entry.as_bytes(), key).map_err(|error| unproved(error.to_string()))?;
        if receipt.index() != self.index {
            return Err(unproved(format!("it is of entry {}", receipt.index())));
        }
        if checkpoint.origin != key.name() {
            return Err(unproved(format!("the checkpoint is of `{}`", checkpoint.origin)));
        }
        let act = Act::from_bytes(self.entry.as_bytes()).map_err(|_| ReleaseError::NoRelease(self.index))?;
        let What::VersionReleased(released) = act.what else { return Err(ReleaseError::NoRelease(self.index)) };
        let pack = Document::from_bytes(self.document.as_bytes(), &released.document)?.pack()?;
        let reference = &pack.manifest.reference;
        let is_same = reference.urn == released.urn && reference.version.to_string() == released.version;
        if pack.hash != released.pack || !is_same {
            return Err(ReleaseError::Pack(format!("it is {reference}")));
        }
        standards::trust::verify(&pack, &released.note, std::slice::from_ref(key))
            .map_err(|error| ReleaseError::Pack(error.to_string()))?;
        let (size, checkpoint) = (checkpoint.size, receipt.checkpoint().to_owned());
        Ok(Verified { origin: key.name().to_owned(), index: self.index, released, size, checkpoint, pack })
    }
}
