//! Looking at every mirrored log, by one process at a time, and the note of the last look that pages show.
//!
//! A folder is looked at under a lock of its own: whoever comes second is told so at once and waits for nothing. Between the logs of many
//! cities a look may rest, so that a hub that looks by itself spreads its requests. Members whose log is named by an act are taken up
//! first. What fails here leaves what is kept as it was.

mod named;

use std::io;
use std::path::{Path, PathBuf};

use journal::files::{self, Readers};
use model::{Clock, PartyId, Timestamp};
use serde::{Deserialize, Serialize};
use tlog::audit::LogSource;

use crate::mirror::{City, Limits, Mirror, MirrorError, Reach, Refreshed, refresh};
use crate::state::State;

pub use named::named;

/// The largest note, in bytes.
const NOTE_BYTES_MAX: u64 = 64 << 10;
/// The most cities of each kind that are named in the note.
const NAMED_MAX: usize = 100;

/// Why nothing was looked at.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// Another process looks.
    #[error("another process looks at these logs now; nothing was done")]
    Busy,
    /// The mirrors failed.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// The folder cannot be used.
    #[error("`{path}`: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// The last look at all logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastLook {
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// What became of it; of each list of cities a hundred at most.
    pub found: Refreshed,
    /// How many members were taken up, because an act named their log.
    #[serde(default)]
    pub taken_up: u64,
    /// Members that are mirrored by another key or address than an act names. Nothing of them was replaced.
    #[serde(default)]
    pub named_otherwise: Vec<PartyId>,
}

impl LastLook {
    /// What is noted in a folder of mirrors; none if nothing was looked at, or the note cannot be read.
    #[must_use]
    pub fn noted(mirrors: &Path) -> Option<Self> {
        let path = note(mirrors);
        if std::fs::metadata(&path).ok()?.len() > NOTE_BYTES_MAX {
            return None;
        }
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    /// In one sentence.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut words = format!(
            "{} cities were looked at: {} had {} new entries, {} could not be read, {} are frozen.",
            self.found.cities, self.found.grown, self.found.entries, self.found.failed, self.found.frozen
        );
        if self.found.waiting > 0 {
            words.push_str(&format!(
                " {} that were in trouble the last time wait for the next look, and come first among these then.",
                self.found.waiting
            ));
        }
        if self.taken_up > 0 {
            words.push_str(&format!(" {} were taken up, whose log an act names.", self.taken_up));
        }
        if !self.named_otherwise.is_empty() {
            let names: Vec<&str> = self.named_otherwise.iter().map(PartyId::as_str).collect();
            words.push_str(&format!(
                " An act names another key or address than these are mirrored by, and nothing of them was replaced: {}.",
                names.join(", ")
            ));
        }
        words
    }
}

fn note(mirrors: &Path) -> PathBuf {
    mirrors.join("last-look.json")
}

/// Takes up the members of an alliance that named a log, looks at every city that is mirrored in a folder, and notes what came of it.
///
/// # Errors
/// Another process looks, or the folder cannot be used.
pub fn look(
    mirrors: &Path,
    alliance: &State,
    ways: &dyn Reach,
    limits: impl Into<Limits>,
    clock: &dyn Clock,
) -> Result<LastLook, LookError> {
    let fail = |error| LookError::File { path: mirrors.to_owned(), error };
    std::fs::create_dir_all(mirrors).map_err(fail)?;
    let lock = files::lock(mirrors).map_err(fail)?.ok_or(LookError::Busy)?;
    let began = clock.now();
    let mut members = named::take_up(&mut Mirror::open(mirrors)?, alliance)?;
    let mut found = refresh(mirrors, ways, limits, clock)?;
    found.contradict.truncate(NAMED_MAX);
    found.rolled_back.truncate(NAMED_MAX);
    members.otherwise.truncate(NAMED_MAX);
    let (taken_up, named_otherwise) = (members.taken, members.otherwise);
    let look = LastLook { began, ended: clock.now(), found, taken_up, named_otherwise };
    let bytes = serde_json::to_vec(&look).map_err(|error| fail(error.into()))?;
    let path = note(mirrors);
    files::put(&path, &bytes, Readers::Everybody).map_err(|error| LookError::File { path, error })?;
    drop(lock);
    Ok(look)
}

/// A way to logs that rests before each, so that many cities are not all asked in one burst.
pub struct Rested<'a> {
    ways: &'a dyn Reach,
    rest: &'a (dyn Fn() + Sync),
}

impl<'a> Rested<'a> {
    /// Rests in a given way before each log.
    #[must_use]
    pub const fn new(ways: &'a dyn Reach, rest: &'a (dyn Fn() + Sync)) -> Self {
        Self { ways, rest }
    }
}

impl Reach for Rested<'_> {
    fn reach(&self, city: &City) -> Box<dyn LogSource> {
        (self.rest)();
        self.ways.reach(city)
    }
}
