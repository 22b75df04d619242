//! The walk itself: bundle by bundle from the first entry to the signed root. It never stops at the first plausible
//! answer: the report is written only after the last hash.

use super::source::{Found, SourceTiles, read_bundle, read_checkpoint, read_tile};
use super::{AuditError, AuditReport, LogSource};
use crate::checkpoint::{self, CHECKPOINT_PATH, Checkpoint, CheckpointError};
use crate::hash::{HASH_LEN, Hash, leaf_hash};
use crate::note::{Note, Vkey};
use crate::proof::TileHashes;
use crate::tile::{
    BundleCoords, BundleEntry, Tile, TileCoords, TileEdge, TileError, decode_bundle, decode_tile, encode_tile,
};

/// Audits logs of one key.
#[derive(Debug, Clone)]
pub struct Auditor {
    key: Vkey,
    older: Vec<String>,
}

impl Auditor {
    /// An auditor who trusts this key and nothing else.
    #[must_use]
    pub const fn new(key: Vkey) -> Self {
        Self { key, older: Vec::new() }
    }

    /// Also demands that the log continues this older signed checkpoint, for example one a resident kept. Of several, all.
    #[must_use]
    pub fn continuing(mut self, older: impl Into<String>) -> Self {
        self.older.push(older.into());
        self
    }

    /// Reads everything and recomputes everything.
    ///
    /// `visit` gets every entry with its index, in order, after it matched its tile. The signed root is compared last:
    /// what `visit` collected counts only when this function returns a report.
    ///
    /// # Errors
    /// The first [`AuditError`] met.
    pub fn run(&self, source: &impl LogSource, visit: impl FnMut(u64, &[u8])) -> Result<AuditReport, AuditError> {
        let bytes = read_checkpoint(source)?;
        let refused = |error| AuditError::Checkpoint { path: CHECKPOINT_PATH, error };
        let note = Note::from_bytes(&bytes).map_err(|error| refused(CheckpointError::Note(error)))?;
        let checkpoint = checkpoint::verify(&note.to_string(), &self.key).map_err(refused)?;
        let older = self.older(&checkpoint)?;
        let report = AuditReport {
            origin: checkpoint.origin.clone(),
            size: checkpoint.size,
            root: checkpoint.root,
            entries: 0,
            bundles: 0,
            tiles: 0,
            bytes: bytes.len() as u64,
            continues: older.iter().map(|older| older.size).max(),
            note: note.to_string(),
        };
        let walk = Walk { source, visit, checkpoint, older, edge: TileEdge::new(), report };
        walk.finish()
    }

    fn older(&self, newer: &Checkpoint) -> Result<Vec<Checkpoint>, AuditError> {
        let refused = |error| AuditError::Checkpoint { path: "older checkpoint", error };
        let verified = |older: &String| {
            let older = checkpoint::verify(older, &self.key).map_err(refused)?;
            if older.size > newer.size {
                return Err(AuditError::RolledBack { old: older.size, new: newer.size });
            }
            Ok(older)
        };
        self.older.iter().map(verified).collect()
    }
}

struct Walk<'s, S, V> {
    source: &'s S,
    visit: V,
    checkpoint: Checkpoint,
    older: Vec<Checkpoint>,
    edge: TileEdge,
    report: AuditReport,
}

impl<S: LogSource, V: FnMut(u64, &[u8])> Walk<'_, S, V> {
    fn finish(mut self) -> Result<AuditReport, AuditError> {
        let mut next = 0;
        while let Some(tile) = TileCoords::in_tree(0, next, self.checkpoint.size) {
            self.bundle(tile)?;
            next += 1;
        }
        for tile in self.edge.partials() {
            // Level 0 was compared entry by entry.
            if tile.coords.level() > 0 {
                self.compare(&tile)?;
            }
        }
        let (signed, computed) = (self.checkpoint.root, self.edge.root());
        if signed == computed {
            return Ok(self.report);
        }
        Err(AuditError::Root { size: self.checkpoint.size, signed, computed })
    }

    /// One bundle with the level 0 tile beside it.
    fn bundle(&mut self, coords: TileCoords) -> Result<(), AuditError> {
        let bundle = read_bundle(self.source, BundleCoords::beside(coords))?;
        let tile = read_tile(self.source, coords)?;
        self.report.bundles += 1;
        self.report.tiles += 1;
        self.report.bytes += (bundle.bytes.len() + tile.bytes.len()) as u64;
        let entries = decode_bundle(&bundle.bytes, bundle.width).map_err(malformed(&bundle))?;
        let hashes = decode_tile(&tile.bytes, tile.width).map_err(malformed(&tile))?;
        for (entry, claimed) in entries.iter().zip(&hashes).take(usize::from(coords.width())) {
            let leaf = leaf_hash(entry.bytes);
            if leaf != *claimed {
                return Err(self.blame(leaf, *claimed, entry, &bundle.path, &tile));
            }
            self.check_older()?;
            (self.visit)(self.edge.size(), entry.bytes);
            self.report.entries += 1;
            for completed in self.edge.push(leaf) {
                if completed.coords.level() > 0 {
                    self.compare(&completed)?;
                }
            }
        }
        self.check_older()
    }

    /// Compares a recomputed tile with the published one.
    fn compare(&mut self, tile: &Tile) -> Result<(), AuditError> {
        let found = read_tile(self.source, tile.coords)?;
        self.report.tiles += 1;
        self.report.bytes += found.bytes.len() as u64;
        decode_tile(&found.bytes, found.width).map_err(malformed(&found))?;
        let expected = tile.bytes();
        let differs = expected.iter().zip(&found.bytes).position(|(expected, actual)| expected != actual);
        differs.map_or(Ok(()), |offset| Err(AuditError::Tile { path: found.path, offset }))
    }

    fn check_older(&self) -> Result<(), AuditError> {
        for older in self.older.iter().filter(|older| older.size == self.edge.size()) {
            let computed = self.edge.root();
            if computed != older.root {
                return Err(AuditError::Forked { old: older.size, signed: older.root, computed });
            }
        }
        Ok(())
    }

    /// An entry and its tile differ: whichever leads to the signed root is right.
    fn blame(&self, leaf: Hash, claimed: Hash, entry: &BundleEntry<'_>, bundle: &str, tile: &Found) -> AuditError {
        let index = self.edge.size();
        let hashes = TileHashes::new(SourceTiles(self.source), self.checkpoint.size, self.checkpoint.root);
        if hashes.inclusion(&claimed, index).is_ok() {
            return AuditError::Entry { path: bundle.to_owned(), index, offset: entry.offset };
        }
        if hashes.inclusion(&leaf, index).is_ok() {
            let (expected, actual) = (encode_tile(&[leaf]), encode_tile(&[claimed]));
            let within = expected.iter().zip(&actual).take_while(|(expected, actual)| expected == actual).count();
            let start = usize::try_from(index % 256).unwrap_or_default() * HASH_LEN;
            return AuditError::Tile { path: tile.path.clone(), offset: start + within };
        }
        AuditError::EntryAndTile { bundle: bundle.to_owned(), tile: tile.path.clone(), index }
    }
}

fn malformed(found: &Found) -> impl Fn(TileError) -> AuditError {
    |error| AuditError::Malformed { path: found.path.clone(), error }
}
