//! Evidence as files that are named by their digest. One that is there is never written again.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use model::Digest;
use sha2::{Digest as _, Sha256};

use super::Evidence;

/// The largest piece of evidence, in bytes: two signed heads and a proof.
pub const EVIDENCE_BYTES_MAX: usize = 256 << 10;

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
    /// It could not be written.
    pub fn write(folder: &Path, evidence: &Evidence) -> io::Result<Digest> {
        let mut bytes = serde_json::to_vec_pretty(evidence)?;
        bytes.push(b'\n');
        let digest = Digest::new(Sha256::digest(&bytes).into());
        let (path, beside) = (folder.join(format!("{digest}.json")), folder.join(format!("{digest}.new")));
        let mut file = File::create(&beside)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&beside, &path)?;
        File::open(folder)?.sync_all()?;
        Ok(digest)
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
            let mut bytes = Vec::new();
            File::open(&path)?.take(EVIDENCE_BYTES_MAX as u64).read_to_end(&mut bytes)?;
            let digest = Digest::new(Sha256::digest(&bytes).into());
            let is_its_name = path.file_stem().and_then(|name| name.to_str()) == Some(digest.to_string().as_str());
            if let Ok(evidence) = Evidence::read(&bytes)
                && is_its_name
            {
                all.push(Self { digest, bytes, evidence });
            }
        }
        all.sort_by_key(|file| file.digest);
        Ok(all)
    }
}
