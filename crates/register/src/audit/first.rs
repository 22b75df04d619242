//! Whose log it is: the key that the first entry names, found before anything of the log has been verified.
//!
//! What is read here is a claim. It only decides under which key the audit is run, and, where no key fits, which file is to
//! blame; the audit then recomputes all of it.

use model::{Act, What};
use tlog::audit::{AuditError, LogSource, SourceError, SourceTiles};
use tlog::checkpoint::{self, CHECKPOINT_PATH, CheckpointError, parse_unverified};
use tlog::note::MAX_NOTE_LEN;
use tlog::tile::{BundleCoords, MAX_BUNDLE_LEN, TileCoords, TilePath, decode_bundle};
use tlog::{Note, TileReader, Vkey, leaf_hash};

use super::AuditFailure;

/// The checkpoint and the first entry, as they are found.
pub(super) struct First {
    checkpoint: String,
    /// The bundle that holds the entry.
    path: String,
    entry: Vec<u8>,
    /// Whether the entry's tile has its hash; none if the tile cannot be read.
    agrees: Option<bool>,
}

impl First {
    /// Reads both.
    ///
    /// # Errors
    /// One cannot be read, or they do not belong together.
    pub(super) fn read(source: &dyn LogSource) -> Result<Self, AuditFailure> {
        let bytes = source.get_limited(CHECKPOINT_PATH, MAX_NOTE_LEN).map_err(AuditError::Source)?;
        let refused = |error| AuditError::Checkpoint { path: CHECKPOINT_PATH, error };
        let checkpoint = Note::from_bytes(&bytes).map_err(|error| refused(CheckpointError::Note(error)))?.to_string();
        let size = parse_unverified(&checkpoint).map_err(refused)?.size;
        let Some(coords) = BundleCoords::in_tree(0, size) else {
            return Err(AuditFailure::Founding {
                path: CHECKPOINT_PATH.to_owned(),
                why: "the log is empty".to_owned(),
            });
        };
        let (path, width, bytes) = bundle(source, coords, size)?;
        let malformed = |error| AuditError::Malformed { path: path.clone(), error };
        let entry = decode_bundle(&bytes, width).map_err(malformed)?.first().map(|entry| entry.bytes.to_vec());
        let entry = entry.unwrap_or_default();
        let tile = TileCoords::in_tree(0, 0, size).map(|tile| SourceTiles(source).tile(0, 0, tile.width()));
        let hash = tile.and_then(Result::ok).and_then(|hashes| hashes.first().copied());
        let agrees = hash.map(|hash| hash == leaf_hash(&entry));
        Ok(Self { checkpoint, path, entry, agrees })
    }

    /// The key that the entry names.
    ///
    /// # Errors
    /// It names none, and why.
    pub(super) fn named(&self) -> Result<(String, Vkey), String> {
        match Act::from_bytes(&self.entry).map(|act| act.what) {
            Ok(What::CityFounded(city)) => {
                let key = city.log_key.parse().map_err(|error| format!("the key that it names: {error}"))?;
                Ok((city.log_key, key))
            }
            Ok(other) => Err(format!("it is a `{}`", other.kind())),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Whether a key signed the checkpoint.
    pub(super) fn is_signed_by(&self, key: &Vkey) -> bool {
        checkpoint::verify(&self.checkpoint, key).is_ok()
    }

    /// Why there is no key: the entry was altered, or it never founded a city. None if neither is so, and the checkpoint
    /// is to blame.
    pub(super) fn blame(&self, why: Option<String>) -> Option<AuditFailure> {
        if self.agrees == Some(false) {
            // Its bundle has one place for it: behind the two bytes of its length.
            return Some(AuditError::Entry { path: self.path.clone(), index: 0, offset: 2 }.into());
        }
        why.map(|why| AuditFailure::Founding { path: self.path.clone(), why })
    }
}

/// Reads the first bundle; the full one if the partial one is gone.
fn bundle(source: &dyn LogSource, coords: BundleCoords, size: u64) -> Result<(String, u16, Vec<u8>), AuditFailure> {
    let wanted = TilePath::from(coords).to_string();
    for coords in [coords, coords.full()] {
        let path = TilePath::from(coords).to_string();
        match source.get_limited(&path, MAX_BUNDLE_LEN) {
            Ok(bytes) => return Ok((path, coords.width(), bytes)),
            Err(SourceError::NotFound(_)) => {}
            Err(error) => return Err(AuditError::Source(error).into()),
        }
    }
    Err(AuditFailure::Missing { size, path: wanted })
}
