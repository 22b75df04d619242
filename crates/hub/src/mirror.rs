//! Mirrors: of each city's public log a copy that was checked before it was kept.
//!
//! What is kept is only ever a prefix of a tree whose head the city signed: the entries are hashed onto the edge of what is kept,
//! and no hash that a tile shows is believed. A look that fails anywhere leaves what is kept as it was. This module reads public
//! logs and nothing else of a city, and never asks for more at once than the limits here.

mod door;
mod export;
mod fetch;
mod kept;
mod listed;
mod pack;
mod public;
mod refresh;

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};

use journal::JournalError;
use journal::shelf::{Change, Row, Shelf};
use model::{PartyId, Timestamp};
use tlog::audit::LogSource;
use tlog::proof::{LeafHashes, prove_consistency};
use tlog::{Hash, NoteError, RightEdge, Vkey, leaf_hash};

use crate::benchmark::Sheet;
use crate::watch::{Evidence, EvidenceFile, Said};

pub use door::{Door, Doors, LOOK_BYTES_MAX};
pub use fetch::{ENTRY_BYTES, JUMP_ENTRIES_MAX, NOTE_BYTES_MAX, STAGE_BYTES_MAX, STAGE_ENTRIES_MAX, Trouble};
pub use kept::{CITY_BYTES_MAX, Country, Kept, KeptError, Position, Profile, SizeClass, Standing};
pub use listed::{LISTED_MAX, Listed, csv_of, read_csv};
pub use refresh::{Limits, Reach, Refreshed, TROUBLED_TIME_MAX, refresh};

use fetch::{Step, fetch};
pub(crate) use fetch::{continues, signed_head};

/// The most that all mirrors of a hub together may take on the disk, in bytes, unless it is said otherwise. Half of it is for whoever
/// needs more; the other half is every city's in equal parts, so that no log keeps another from being kept. The first half may be
/// exceeded by the stages ([`STAGE_BYTES_MAX`]) that are read, or wait to be written, in the moment in which it is full.
pub const MIRRORS_BYTES_MAX: u64 = 256 << 30;

/// The most pieces of evidence about one city that older heads add to; more of them are told and not kept.
const NOTED_MAX: usize = 64;

/// The most entries of a log over which it is proved that a smaller head was never its beginning: each takes 32 bytes of memory.
const PROVED_ENTRIES_MAX: u64 = 1 << 22;

/// Why a mirror does not do something. Nothing that was kept is changed by it.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The file of logs failed.
    #[error("the mirror: {0}")]
    Shelf(#[from] JournalError),
    /// A file beside it failed.
    #[error("the mirror's folder: {0}")]
    Io(#[from] std::io::Error),
    /// No such city.
    #[error("no city `{0}` is mirrored here; add it with its key and address")]
    Unknown(PartyId),
    /// It is mirrored already.
    #[error("the city `{0}` is mirrored already")]
    Known(PartyId),
    /// The key is none.
    #[error("the key is no verifier key: {0}")]
    Key(#[from] NoteError),
    /// Not all of a signed head is kept yet.
    #[error("of `{0}` less is kept than any of its signed heads covers; look again first")]
    Unfinished(PartyId),
    /// What is kept cannot be read.
    #[error("what is kept of `{city}` is damaged: {why}; mirror the city anew, from its log")]
    Damaged {
        /// Whose.
        city: String,
        /// Why.
        why: String,
    },
}

/// A city as it is mirrored.
#[derive(Debug, Clone, PartialEq)]
pub struct City {
    /// Its name here.
    pub name: PartyId,
    /// How often it was changed.
    revision: u64,
    /// What is known of its log.
    pub kept: Kept,
    /// What its entries say, for benchmarks.
    pub sheet: Sheet,
}

/// The name of a row, and the city that it holds, if it can be read.
pub type CityRow = (String, Result<City, MirrorError>);

/// What a look at a city found.
#[derive(Debug, Clone, PartialEq)]
pub enum Looked {
    /// Nothing new.
    Unchanged,
    /// So many entries were checked and kept.
    Grown {
        /// How many.
        entries: u64,
        /// Whether there are more, which the next look takes.
        more: bool,
    },
    /// The log contradicts what its city signed before. The mirror is frozen.
    Contradicts(Box<Evidence>),
    /// An older head of the same log was served. It is noted, and the log is looked at again: whoever kept an older head can serve it.
    RolledBack(Box<Evidence>),
    /// It was frozen before, and was not looked at.
    Frozen,
    /// Nothing was kept, and why.
    Failed(Trouble),
}

/// What a look wants to have written.
pub(crate) struct Prepared {
    pub(crate) looked: Looked,
    pub(crate) change: Option<Change>,
}

/// The mirrors in one folder.
pub struct Mirror {
    folder: PathBuf,
    shelf: Shelf,
    /// The most that all of them together may take on the disk, in bytes.
    bytes_max: u64,
    /// How many cities there are, once it was asked: counting them reads every row, which is nothing to do at each look.
    cities: OnceCell<u64>,
}

impl Mirror {
    /// Opens the mirrors in a folder, or begins them.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn open(folder: &Path) -> Result<Self, MirrorError> {
        fs::create_dir_all(folder.join("evidence"))?;
        let shelf = Shelf::open(&folder.join("mirror.db"))?;
        Ok(Self { folder: folder.to_owned(), shelf, bytes_max: MIRRORS_BYTES_MAX, cities: OnceCell::new() })
    }

    /// The same with another most that all of them together may take on the disk, in bytes.
    #[must_use]
    pub fn within(self, bytes_max: u64) -> Self {
        Self { bytes_max, ..self }
    }

    /// How many bytes all of them together take on the disk.
    ///
    /// # Errors
    /// It could not be read.
    pub fn bytes(&self) -> Result<u64, MirrorError> {
        Ok(self.shelf.bytes()?)
    }

    /// The mirrors in a folder, if some were ever begun there. Nothing is begun by asking.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn found(folder: &Path) -> Result<Option<Self>, MirrorError> {
        if folder.join("mirror.db").exists() { Self::open(folder).map(Some) } else { Ok(None) }
    }

    /// Takes a city up: by its key, which was learnt from elsewhere, and the address below which its `/log/` is.
    ///
    /// # Errors
    /// It is mirrored already, or the key is none.
    pub fn add(&mut self, name: &PartyId, key: &str, address: &str, profile: Profile) -> Result<(), MirrorError> {
        self.add_all(&[(name.clone(), key.to_owned(), address.to_owned(), profile)])
    }

    /// The same for many at once: all of them, or none.
    ///
    /// # Errors
    /// One of them is mirrored already, or its key is none.
    pub fn add_all(&mut self, cities: &[(PartyId, String, String, Profile)]) -> Result<(), MirrorError> {
        let mut changes = Vec::with_capacity(cities.len());
        for (name, key, address, profile) in cities {
            key.parse::<Vkey>()?;
            if self.shelf.row(name.as_str())?.is_some() {
                return Err(MirrorError::Known(name.clone()));
            }
            let kept = Kept::begun(key, address, profile.clone());
            let city = City { name: name.clone(), revision: 0, kept, sheet: Sheet::default() };
            changes.push(Change { row: city.row()?, pieces: Vec::new() });
        }
        self.cities.take();
        Ok(self.shelf.put(&changes)?)
    }

    /// A city.
    ///
    /// # Errors
    /// It is not mirrored here, or cannot be read.
    pub fn city(&self, name: &PartyId) -> Result<City, MirrorError> {
        let row = self.shelf.row(name.as_str())?.ok_or_else(|| MirrorError::Unknown(name.clone()))?;
        City::of(row)
    }

    /// So many cities by name, from the one after a name on, each with the name of its row. That one of them is damaged hides no other.
    ///
    /// # Errors
    /// No row can be read.
    pub fn cities(&self, after: Option<&str>, most: usize) -> Result<Vec<CityRow>, MirrorError> {
        let rows = self.shelf.rows(after.unwrap_or_default(), most)?;
        Ok(rows.into_iter().map(|row| (row.name.clone(), City::of(row))).collect())
    }

    /// How many cities are mirrored.
    ///
    /// # Errors
    /// It could not be read.
    pub fn count(&self) -> Result<u64, MirrorError> {
        Ok(self.shelf.count()?)
    }

    /// A number that changes whenever somebody else wrote into the mirrors; it compares with earlier ones of this value alone.
    ///
    /// # Errors
    /// It could not be read.
    pub fn seen(&self) -> Result<i64, MirrorError> {
        Ok(self.shelf.seen()?)
    }

    /// Looks at a city's log once, and keeps what is new of it.
    ///
    /// # Errors
    /// The city is not here, or nothing can be written. That the log itself fails is an outcome.
    pub fn look(&mut self, name: &PartyId, source: &dyn LogSource, now: Timestamp) -> Result<Looked, MirrorError> {
        let city = self.city(name)?;
        let prepared = self.prepare(city, source, now)?;
        self.commit(prepared)
    }

    pub(crate) fn commit(&mut self, prepared: Prepared) -> Result<Looked, MirrorError> {
        let changes: Vec<Change> = prepared.change.into_iter().collect();
        self.shelf.put(&changes)?;
        Ok(prepared.looked)
    }

    pub(crate) fn put(&mut self, changes: &[Change]) -> Result<(), MirrorError> {
        Ok(self.shelf.put(changes)?)
    }

    /// Looks, and says what is to be written. Evidence is written down at once: before the mirror is frozen for it.
    pub(crate) fn prepare(&self, city: City, source: &dyn LogSource, now: Timestamp) -> Result<Prepared, MirrorError> {
        if matches!(city.kept.standing, Standing::Frozen { .. }) {
            return Ok(Prepared { looked: Looked::Frozen, change: None });
        }
        let share = self.share()?;
        let room = share.map_or(u64::MAX, |share| share.saturating_sub(city.kept.bytes));
        match fetch(&city.kept, source, room, now) {
            Ok(Step::Same(kept)) => city.becomes(kept, Looked::Unchanged),
            // The head is kept all the same, so that one that contradicts it is found.
            Ok(Step::Grown { kept, entries, more: true }) if entries.is_empty() => {
                let trouble = Trouble::NoRoom { bytes_max: self.bytes_max, share: share.unwrap_or_default() };
                let kept = kept.behind(&city.kept.standing, &trouble, now);
                city.becomes(kept, Looked::Failed(trouble))
            }
            Ok(Step::Grown { kept, entries, more }) => self.grow(city, kept, &entries, more),
            Ok(Step::Contradicts(said)) => self.freeze(city, said, now),
            Ok(Step::Smaller { size, root, note }) => self.smaller(city, size, root, note, now),
            Err(trouble) => city.in_trouble(trouble, now),
        }
    }

    /// How many bytes of each city's entries are kept in any case, where that is all there is room for.
    fn share(&self) -> Result<Option<u64>, MirrorError> {
        let half = self.bytes_max / 2;
        if self.shelf.bytes()? < half {
            return Ok(None);
        }
        let cities = match self.cities.get() {
            Some(cities) => *cities,
            None => {
                let counted = self.shelf.count()?;
                *self.cities.get_or_init(|| counted)
            }
        };
        Ok(Some(half / cities.max(1)))
    }

    fn grow(&self, city: City, kept: Kept, entries: &[Vec<u8>], more: bool) -> Result<Prepared, MirrorError> {
        let mut city = city;
        let last = self.shelf.last_piece(city.name.as_str())?;
        let pieces = pack::appended(last, city.kept.size, entries);
        let pieces = pieces.map_err(|why| MirrorError::Damaged { city: city.name.to_string(), why })?;
        entries.iter().for_each(|entry| city.sheet.take(entry));
        let looked = Looked::Grown { entries: entries.len() as u64, more };
        let mut prepared = city.becomes(kept, looked)?;
        prepared.change.iter_mut().for_each(|change| change.pieces.clone_from(&pieces));
        Ok(prepared)
    }

    fn freeze(&self, city: City, said: Said, now: Timestamp) -> Result<Prepared, MirrorError> {
        let evidence = Evidence { city: city.name.clone(), key: city.kept.key.clone(), noted: now, said };
        let digest = EvidenceFile::write(&self.folder.join("evidence"), &evidence)?;
        let standing = Standing::Frozen { since: now, evidence: digest };
        let kept = Kept { standing, ..city.kept.clone() };
        city.becomes(kept, Looked::Contradicts(Box::new(evidence)))
    }

    /// Notes that an older head was served, once for each two heads, and goes on from what is kept.
    fn noted(&self, city: City, size: u64, said: Said, now: Timestamp) -> Result<Prepared, MirrorError> {
        let folder = self.folder.join("evidence");
        let of_city = |file: &EvidenceFile| file.evidence.city == city.name && file.evidence.key == city.kept.key;
        let known: Vec<EvidenceFile> = EvidenceFile::all(&folder)?.into_iter().filter(of_city).collect();
        let evidence = match known.iter().find(|file| file.evidence.said == said) {
            Some(known) => known.evidence.clone(),
            None => {
                let evidence = Evidence { city: city.name.clone(), key: city.kept.key.clone(), noted: now, said };
                if known.len() < NOTED_MAX {
                    EvidenceFile::write(&folder, &evidence)?;
                }
                evidence
            }
        };
        let larger = city.kept.signed().map_or(city.kept.size, |signed| signed.size);
        let kept = city.kept.troubled(&Trouble::RolledBack { larger, smaller: size }, now);
        city.becomes(kept, Looked::RolledBack(Box::new(evidence)))
    }

    /// A smaller head than the one that is known: a rollback if it begins what is kept, and a fork if it does not.
    fn smaller(
        &self,
        city: City,
        size: u64,
        root: Hash,
        note: String,
        now: Timestamp,
    ) -> Result<Prepared, MirrorError> {
        let known = city.kept.note.clone().unwrap_or_default();
        // Beyond what is mirrored nothing shows more than that a smaller head was served.
        let whole = city.kept.signed().is_some_and(|signed| signed.size == city.kept.size);
        let prefix = if size <= city.kept.size { self.root_at(&city.name, size)? } else { root };
        if prefix == root {
            return self.noted(city, size, Said::RolledBack { larger: known, smaller: note }, now);
        }
        // The two heads alone, where a proof would take more memory than one log may have, or entries that are not mirrored.
        if !whole || city.kept.size > PROVED_ENTRIES_MAX {
            return self.freeze(city, Said::RolledBack { larger: known, smaller: note }, now);
        }
        let mut leaves = Vec::new();
        self.entries(&city.name, |_, entry| leaves.push(leaf_hash(entry)))?;
        let leaves: LeafHashes = leaves.into_iter().collect();
        let damaged = |why: String| MirrorError::Damaged { city: city.name.to_string(), why };
        let proof = prove_consistency(size, city.kept.size, &leaves).map_err(|error| damaged(error.to_string()))?;
        self.freeze(city, Said::NotAPrefix { smaller: note, larger: known, prefix, proof }, now)
    }

    /// The root over the first entries that are kept. No more of them is held at once than their edge.
    fn root_at(&self, name: &PartyId, size: u64) -> Result<Hash, MirrorError> {
        let mut edge = RightEdge::new();
        self.entries(name, |at, entry| {
            if at < size {
                edge.push(leaf_hash(entry));
            }
        })?;
        Ok(edge.root())
    }

    /// Visits every kept entry of a city in order, and checks that together they are what the city signed.
    ///
    /// # Errors
    /// The city is not here, or what is kept is damaged; what was visited does not count then.
    pub fn entries(&self, name: &PartyId, mut visit: impl FnMut(u64, &[u8])) -> Result<Kept, MirrorError> {
        let kept = self.city(name)?.kept;
        let damaged = |why: String| MirrorError::Damaged { city: name.to_string(), why };
        let mut edge = RightEdge::new();
        while edge.size() < kept.size {
            let piece = self.shelf.piece(name.as_str(), edge.size())?;
            let piece = piece.filter(|piece| piece.first == edge.size());
            let piece = piece.ok_or_else(|| damaged(format!("entry {} is missing", edge.size())))?;
            for entry in pack::unpacked(&piece).map_err(damaged)? {
                visit(edge.size(), &entry);
                edge.push(leaf_hash(&entry));
            }
        }
        if Some(edge.root()) == kept.root() {
            Ok(kept)
        } else {
            Err(damaged("its entries give another root".to_owned()))
        }
    }

    /// Takes up a frozen mirror again, on the word of whoever keeps the hub. What is kept stays, and so does the evidence.
    ///
    /// # Errors
    /// The city is not here, or nothing can be written.
    pub fn thaw(&mut self, name: &PartyId) -> Result<(), MirrorError> {
        let city = self.city(name)?;
        let kept = Kept { standing: Standing::Sound, ..city.kept.clone() };
        let prepared = city.becomes(kept, Looked::Unchanged)?;
        self.commit(prepared).map(drop)
    }

    /// Everything that was found to contradict itself, by digest.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn evidence(&self) -> Result<Vec<EvidenceFile>, MirrorError> {
        Ok(EvidenceFile::all(&self.folder.join("evidence"))?)
    }
}

impl City {
    fn of(row: Row) -> Result<Self, MirrorError> {
        let damaged = |why: String| MirrorError::Damaged { city: row.name.clone(), why };
        let name = row.name.parse().map_err(|error: model::IdError| damaged(error.to_string()))?;
        let kept = serde_json::from_slice(&row.head).map_err(|error| damaged(error.to_string()))?;
        let sheet = serde_json::from_slice(&row.fold).map_err(|error| damaged(error.to_string()))?;
        Ok(Self { name, revision: row.revision, kept, sheet })
    }

    fn row(&self) -> Result<Row, MirrorError> {
        let damaged =
            |error: serde_json::Error| MirrorError::Damaged { city: self.name.to_string(), why: error.to_string() };
        let head = serde_json::to_vec(&self.kept).map_err(damaged)?;
        let fold = serde_json::to_vec(&self.sheet).map_err(damaged)?;
        Ok(Row { name: self.name.to_string(), revision: self.revision, head, fold })
    }

    /// The same after a look that failed.
    fn in_trouble(self, trouble: Trouble, now: Timestamp) -> Result<Prepared, MirrorError> {
        let kept = self.kept.troubled(&trouble, now);
        self.becomes(kept, Looked::Failed(trouble))
    }

    fn becomes(mut self, kept: Kept, looked: Looked) -> Result<Prepared, MirrorError> {
        self.kept = kept;
        let change = Change { row: self.row()?, pieces: Vec::new() };
        Ok(Prepared { looked, change: Some(change) })
    }
}
