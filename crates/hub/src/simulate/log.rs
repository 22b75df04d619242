//! A log in memory, which serves its files like any other.

use tlog::audit::{LogSource, SourceError};
use tlog::checkpoint::{CHECKPOINT_PATH, sign};
use tlog::tile::{TILE_HEIGHT, TilePath, encode_bundle, encode_tile};
use tlog::tree::merkle_root;
use tlog::{Hash, SigningKey, leaf_hash};

/// A log whose entries are all at hand.
#[derive(Debug, Clone)]
pub struct GeneratedLog {
    entries: Vec<Vec<u8>>,
    leaves: Vec<Hash>,
    checkpoint: String,
}

impl GeneratedLog {
    /// Signs a log over entries.
    ///
    /// # Errors
    /// The key's name is no origin.
    pub fn new(entries: Vec<Vec<u8>>, key: &SigningKey) -> Result<Self, tlog::CheckpointError> {
        let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        let root = merkle_root(leaves.iter().copied());
        let checkpoint = sign(key, key.name(), leaves.len() as u64, &root)?;
        Ok(Self { entries, leaves, checkpoint })
    }

    /// The signed head.
    #[must_use]
    pub fn checkpoint(&self) -> &str {
        &self.checkpoint
    }

    /// The entries.
    #[must_use]
    pub fn entries(&self) -> &[Vec<u8>] {
        &self.entries
    }

    fn file(&self, path: TilePath) -> Option<Vec<u8>> {
        match path {
            TilePath::Entries(bundle) => {
                let first = usize::try_from(bundle.first_entry()).ok()?;
                encode_bundle(self.entries.get(first..first.checked_add(usize::from(bundle.width()))?)?).ok()
            }
            TilePath::Hashes(tile) => {
                let covered = 1_usize.checked_shl(u32::from(tile.level()) * TILE_HEIGHT)?;
                let first = usize::try_from(tile.index()).ok()?.checked_mul(256)?.checked_mul(covered)?;
                let leaves = self.leaves.get(first..first.checked_add(covered * usize::from(tile.width()))?)?;
                let hashes: Vec<Hash> = leaves.chunks(covered).map(|part| merkle_root(part.iter().copied())).collect();
                Some(encode_tile(&hashes))
            }
        }
    }
}

impl LogSource for GeneratedLog {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        if path == CHECKPOINT_PATH {
            return Ok(self.checkpoint.clone().into_bytes());
        }
        let file = TilePath::parse(path).ok().and_then(|path| self.file(path));
        file.ok_or_else(|| SourceError::NotFound(path.to_owned()))
    }
}
