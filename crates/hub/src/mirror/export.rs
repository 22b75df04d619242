//! What is kept of a city, written out as the public files of a log: whoever has them verifies it as if they came from the city.
//!
//! So a history stays verifiable after its city has left, or has forked its log. Nothing that is there is written over.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use model::PartyId;
use tlog::checkpoint::CHECKPOINT_PATH;
use tlog::leaf_hash;
use tlog::tile::{BundleCoords, TILE_WIDTH, Tile, TileEdge, TilePath, encode_bundle};

use super::{Mirror, MirrorError};

impl Mirror {
    /// Writes a city's log into a folder that is not there yet, as far as the newest head all of which is kept; gives how many entries
    /// it has. The signed head comes last.
    ///
    /// # Errors
    /// The city is not here, not all of any head is kept, or the folder is there or cannot be written.
    pub fn export(&self, name: &PartyId, folder: &Path) -> Result<u64, MirrorError> {
        let kept = self.city(name)?.kept;
        let (note, size) = kept.covered().ok_or_else(|| MirrorError::Unfinished(name.clone()))?;
        fs::create_dir(folder)?;
        let (mut edge, mut bundle, mut failed) = (TileEdge::new(), Vec::new(), None);
        self.entries(name, |at, entry| {
            if failed.is_some() || at >= size {
                return;
            }
            bundle.push(entry.to_vec());
            let written = edge.push(leaf_hash(entry)).iter().try_for_each(|tile| {
                write_tile(folder, tile)?;
                if tile.coords.level() == 0 { write_bundle(folder, tile.coords.index(), &mut bundle) } else { Ok(()) }
            });
            failed = written.err();
        })?;
        if let Some(failed) = failed {
            return Err(failed.into());
        }
        for tile in edge.partials() {
            write_tile(folder, &tile)?;
        }
        if !bundle.is_empty() {
            write_bundle(folder, edge.size() / u64::from(TILE_WIDTH), &mut bundle)?;
        }
        write(folder, CHECKPOINT_PATH, note.as_bytes())?;
        Ok(edge.size())
    }
}

fn write_tile(folder: &Path, tile: &Tile) -> std::io::Result<()> {
    write(folder, &TilePath::from(tile.coords).to_string(), &tile.bytes())
}

fn write_bundle(folder: &Path, index: u64, entries: &mut Vec<Vec<u8>>) -> std::io::Result<()> {
    let width = u16::try_from(entries.len()).unwrap_or(TILE_WIDTH);
    let coords = BundleCoords::new(index, width).map_err(std::io::Error::other)?;
    let bytes = encode_bundle(entries).map_err(std::io::Error::other)?;
    entries.clear();
    write(folder, &TilePath::from(coords).to_string(), &bytes)
}

fn write(folder: &Path, path: &str, bytes: &[u8]) -> std::io::Result<()> {
    let path = folder.join(path);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
