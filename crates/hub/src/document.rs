//! Documents: the files of one pack as one text with one digest. They lie beside the log, by digest, and are public.
//!
//! A document is only ever taken by its digest: what does not have it is not read any further.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use standards::{Diagnostic, Files, Library, Pack, Resolved, resolve};

/// The largest document, in bytes: a pack's own limit, and room for escapes.
pub const DOCUMENT_BYTES_MAX: usize = 6 << 20;

/// Why a document cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It is not there.
    #[error("the document {0} is not beside the log")]
    Missing(Digest),
    /// It has another digest.
    #[error("the document {wanted} has the digest {found}; fetch it anew")]
    OtherDigest {
        /// The digest it was asked for by.
        wanted: Digest,
        /// The digest it has.
        found: Digest,
    },
    /// It is too large.
    #[error("the document has {0} bytes, the limit is {DOCUMENT_BYTES_MAX}")]
    TooLarge(usize),
    /// It is not a list of files.
    #[error("the document is no pack: {0}")]
    Malformed(String),
    /// Its pack does not hold together.
    #[error("the pack does not hold together:\n{}", listed(.0))]
    Pack(Vec<Diagnostic>),
    /// The disk refused.
    #[error("the document `{path}`: {error}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

fn listed(found: &[Diagnostic]) -> String {
    found.iter().take(5).map(|one| format!("  {one}")).collect::<Vec<_>>().join("\n")
}

/// The files of a pack, by path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The texts.
    pub files: BTreeMap<String, String>,
}

impl Document {
    /// The document of a pack; its signature, if it had one, is no part of it.
    #[must_use]
    pub fn of(pack: &Pack) -> Self {
        let kept = pack.texts_under("").filter(|(path, _)| *path != standards::pack::files::NOTE);
        Self { files: kept.map(|(path, text)| (path.to_owned(), text.to_owned())).collect() }
    }

    /// Its bytes: one spelling, so that it has one digest.
    ///
    /// # Errors
    /// It is too large.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DocumentError> {
        let bytes = serde_json::to_vec(self).map_err(|error| DocumentError::Malformed(error.to_string()))?;
        if bytes.len() > DOCUMENT_BYTES_MAX { Err(DocumentError::TooLarge(bytes.len())) } else { Ok(bytes) }
    }

    /// Its digest.
    ///
    /// # Errors
    /// It is too large.
    pub fn digest(&self) -> Result<Digest, DocumentError> {
        self.to_bytes().map(|bytes| digest(&bytes))
    }

    /// Reads a document of a digest.
    ///
    /// # Errors
    /// It has another, or is none.
    pub fn from_bytes(bytes: &[u8], wanted: &Digest) -> Result<Self, DocumentError> {
        if bytes.len() > DOCUMENT_BYTES_MAX {
            return Err(DocumentError::TooLarge(bytes.len()));
        }
        let found = digest(bytes);
        if found != *wanted {
            return Err(DocumentError::OtherDigest { wanted: *wanted, found });
        }
        serde_json::from_slice(bytes).map_err(|error| DocumentError::Malformed(error.to_string()))
    }

    /// The pack that it is.
    ///
    /// # Errors
    /// What is wrong with which file.
    pub fn pack(&self) -> Result<Pack, DocumentError> {
        let bytes = self.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect();
        Files::new(bytes).and_then(Pack::parse).map_err(DocumentError::Pack)
    }
}

/// The digest of a document's bytes.
#[must_use]
pub fn digest(bytes: &[u8]) -> Digest {
    Digest::new(Sha256::digest(bytes).into())
}

/// A pack over all that it stands on.
///
/// # Errors
/// What it stands on is not at hand, or it is looser than that.
pub fn resolved(library: &Library, pack: &Arc<Pack>) -> Result<Resolved, DocumentError> {
    library.stack_of(pack).and_then(|stack| resolve(&stack, None)).map_err(DocumentError::Pack)
}

/// The folder of documents.
#[derive(Debug, Clone)]
pub struct Documents(PathBuf);

impl Documents {
    /// In a folder, which is there.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.0.join(format!("{digest}.json"))
    }

    /// Keeps a document, whole or not at all: once it is decided that an act names it, and before the act is written.
    ///
    /// # Errors
    /// It is too large, or the disk refuses.
    pub fn keep(&self, document: &Document) -> Result<Digest, DocumentError> {
        let bytes = document.to_bytes()?;
        let digest = digest(&bytes);
        let path = self.path(&digest);
        let failed = |error| DocumentError::File { path: path.clone(), error };
        if path.exists() {
            return Ok(digest);
        }
        journal::files::put(&path, &bytes, journal::files::Readers::Everybody).map_err(failed)?;
        Ok(digest)
    }

    /// Removes every document that no act names: what was kept for an act that a crash kept from being written. Other files stay.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn keep_only(&self, named: &BTreeSet<Digest>) -> Result<(), DocumentError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| DocumentError::File { path, error }
        };
        for file in fs::read_dir(&self.0).map_err(failed(&self.0))? {
            let path = file.map_err(failed(&self.0))?.path();
            let digest = path.file_stem().and_then(|name| name.to_str()).and_then(|name| name.parse::<Digest>().ok());
            let is_draft = path.extension().is_some_and(|end| end == journal::files::DRAFT);
            if digest.is_some_and(|digest| is_draft || !named.contains(&digest)) {
                fs::remove_file(&path).map_err(failed(&path))?;
            }
        }
        Ok(())
    }

    /// The bytes of a document.
    ///
    /// # Errors
    /// It is not there, or is not what it should be.
    pub fn bytes(&self, digest: &Digest) -> Result<Vec<u8>, DocumentError> {
        let path = self.path(digest);
        match fs::read(&path) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(DocumentError::Missing(*digest)),
            Err(error) => Err(DocumentError::File { path, error }),
        }
    }

    /// A document.
    ///
    /// # Errors
    /// It is not there, or is not what it should be.
    pub fn read(&self, digest: &Digest) -> Result<Document, DocumentError> {
        Document::from_bytes(&self.bytes(digest)?, digest)
    }
}
