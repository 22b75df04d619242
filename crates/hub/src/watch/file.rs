//! Evidence as files that are named by their digest. One that is there is never written again.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use journal::files::{self, Readers};
use model::Digest;
use sha2::{Digest as _, Sha256};

use super::Evidence;
use crate::mirror::NOTE_BYTES_MAX;

/// The largest piece of evidence, in bytes: two signed heads as JSON writes them, where a sign may take two bytes, and a proof.
pub const EVIDENCE_BYTES_MAX: usize = 8 * NOTE_BYTES_MAX;

/// Evidence, and the file it is.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceFile {
    /// SHA-256 of the file, which is its name.
    pub digest: Digest,
    /// The bytes of the file.
    pub bytes: Vec<u8>,
    /// What they say.
    pub evidence: Evidence,
}

impl EvidenceFile {
    /// Writes evidence down for good, into a folder that is there. It is there whole, or not at all.
    ///
    /// # Errors
    /// It could not be written, or is larger than what is read.
    pub fn write(folder: &Path, evidence: &Evidence) -> io::Result<Digest> {
        let mut bytes = serde_json::to_vec_pretty(evidence)?;
        bytes.push(b'\n');
        // Evidence that nobody could read again would be a promise that is not kept.
        if bytes.len() > EVIDENCE_BYTES_MAX {
            let why = format!(
                "the evidence about `{}` has {} bytes, the limit is {EVIDENCE_BYTES_MAX}; it was not written",
                evidence.city,
                bytes.len()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let digest = Digest::new(Sha256::digest(&bytes).into());
        files::put(&folder.join(format!("{digest}.json")), &bytes, Readers::Everybody)?;
        Ok(digest)
    }

    /// The evidence of a digest; none if there is none.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub(crate) fn read(folder: &Path, digest: &Digest) -> io::Result<Option<Self>> {
        match File::open(folder.join(format!("{digest}.json"))) {
            Ok(file) => Ok(Self::of(file)?.filter(|found| found.digest == *digest)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What a file holds, if it is evidence.
    fn of(file: File) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        file.take(EVIDENCE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
        let digest = Digest::new(Sha256::digest(&bytes).into());
        Ok(Evidence::read(&bytes).ok().map(|evidence| Self { digest, bytes, evidence }))
    }

    /// All evidence in a folder, by digest. What is not called by its digest is not evidence.
    ///
    /// # Errors
    /// The folder or a file cannot be read.
    pub fn all(folder: &Path) -> io::Result<Vec<Self>> {
        let mut all = Vec::new();
        for file in fs::read_dir(folder)? {
            let path = file?.path();
            if path.extension().is_none_or(|end| end != "json") {
                continue;
            }
            let found = Self::of(File::open(&path)?)?;
            let name = path.file_stem().and_then(|name| name.to_str());
            all.extend(found.filter(|found| name == Some(found.digest.to_string().as_str())));
        }
        all.sort_by_key(|file| file.digest);
        Ok(all)
    }
}
