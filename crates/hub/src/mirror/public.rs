//! What is kept of a city, as the public files of its log, made when they are asked for: whoever verifies a city's log verifies the copy in
//! the same way, also when the city is gone. Nothing is vouched for here: the city's own signed head is what the files lead to.

use model::PartyId;
use tlog::leaf_hash;
use tlog::tile::{BundleCoords, TileCoords, TilePath, encode_bundle, encode_tile};
use tlog::tree::RightEdge;

use super::{Kept, Mirror, MirrorError, pack};

/// The most entries that one file is worked out from; larger logs are handed out by `ordinance hub history`.
const ENTRIES_MAX: u64 = 1 << 22;
/// The most entries of a piece.
const PIECE_ENTRIES_MAX: u64 = 256;

impl Mirror {
    /// The newest signed head of a city, all of which is kept.
    ///
    /// # Errors
    /// The city is not here, or less is kept than any of its heads covers.
    pub fn checkpoint(&self, name: &PartyId) -> Result<String, MirrorError> {
        let kept = self.head(name)?;
        kept.covered().map(|(note, _)| note.to_owned()).ok_or_else(|| MirrorError::Unfinished(name.clone()))
    }

    /// A bundle of entries or a tile of hashes; none where the log has no such file, or it is too large to be worked out now.
    ///
    /// # Errors
    /// The city is not here, or what is kept of it is damaged.
    pub fn file(&self, name: &PartyId, path: TilePath) -> Result<Option<Vec<u8>>, MirrorError> {
        let size = self.head(name)?.size;
        let damaged = |why: String| MirrorError::Damaged { city: name.to_string(), why };
        match path {
            TilePath::Entries(bundle) => {
                let there = BundleCoords::in_tree(bundle.index(), size).filter(|there| bundle.width() <= there.width());
                if there.is_none() {
                    return Ok(None);
                }
                let mut entries = Vec::new();
                self.each(name, bundle.first_entry(), u64::from(bundle.width()), |entry| entries.push(entry.to_vec()))?;
                encode_bundle(&entries).map(Some).map_err(|error| damaged(error.to_string()))
            }
            TilePath::Hashes(tile) => self.tile(name, tile, size),
        }
    }

    /// What is known of a city's log, without what its entries say: that may be large, and no file of the log needs it.
    pub(crate) fn head(&self, name: &PartyId) -> Result<Kept, MirrorError> {
        let row = self.shelf.row(name.as_str())?.ok_or_else(|| MirrorError::Unknown(name.clone()))?;
        let damaged =
            |error: serde_json::Error| MirrorError::Damaged { city: row.name.clone(), why: error.to_string() };
        serde_json::from_slice(&row.head).map_err(damaged)
    }

    fn tile(&self, name: &PartyId, tile: TileCoords, size: u64) -> Result<Option<Vec<u8>>, MirrorError> {
        let there = TileCoords::in_tree(tile.level(), tile.index(), size).filter(|there| tile.width() <= there.width());
        let covered = 1_u64.checked_shl(u32::from(tile.level()) * tlog::tile::TILE_HEIGHT);
        let span = covered.and_then(|covered| Some((covered, covered.checked_mul(256)?.checked_mul(tile.index())?)));
        let (Some(_), Some((covered, first))) = (there, span) else { return Ok(None) };
        let count = covered.saturating_mul(u64::from(tile.width()));
        if count > ENTRIES_MAX {
            return Ok(None);
        }
        let (mut hashes, mut edge) = (Vec::new(), RightEdge::new());
        self.each(name, first, count, |entry| {
            edge.push(leaf_hash(entry));
            if edge.size() == covered {
                hashes.push(std::mem::replace(&mut edge, RightEdge::new()).root());
            }
        })?;
        Ok(Some(encode_tile(&hashes)))
    }

    /// Visits so many kept entries from one on.
    fn each(&self, name: &PartyId, first: u64, count: u64, mut visit: impl FnMut(&[u8])) -> Result<(), MirrorError> {
        let damaged = |why: String| MirrorError::Damaged { city: name.to_string(), why };
        // The piece with the first entry begins less than a piece before it.
        let (mut at, end) = (first.saturating_sub(PIECE_ENTRIES_MAX - 1), first.saturating_add(count));
        let mut next = first;
        while next < end {
            let piece = self.shelf.piece(name.as_str(), at)?.filter(|piece| piece.first <= next);
            let piece = piece.ok_or_else(|| damaged(format!("entry {next} is missing")))?;
            at = piece.first.saturating_add(piece.count.max(1));
            if at <= next {
                continue;
            }
            for (index, entry) in (piece.first..).zip(pack::unpacked(&piece).map_err(damaged)?) {
                if index == next && next < end {
                    visit(&entry);
                    next += 1;
                }
            }
        }
        Ok(())
    }
}
