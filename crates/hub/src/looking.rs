//! Looking at every mirrored log, by one process at a time, and the note of the last look that pages show.
//!
//! A folder is looked at under a lock of its own: whoever comes second is told so at once and waits for nothing. Between the logs of many
//! cities a look may rest, so that a hub that looks by itself spreads its requests. What fails here leaves what is kept as it was.

use std::io;
use std::path::{Path, PathBuf};

use journal::files::{self, Readers};
use model::{Clock, Timestamp};
use serde::{Deserialize, Serialize};
use tlog::audit::LogSource;

use crate::mirror::{City, MirrorError, Reach, Refreshed, refresh};

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
        format!(
            "{} cities were looked at: {} had {} new entries, {} could not be read, {} are frozen.",
            self.found.cities, self.found.grown, self.found.entries, self.found.failed, self.found.frozen
        )
    }
}

fn note(mirrors: &Path) -> PathBuf {
    mirrors.join("last-look.json")
}

/// Looks at every city that is mirrored in a folder, and notes what came of it.
///
/// # Errors
/// Another process looks, or the folder cannot be used.
pub fn look(mirrors: &Path, ways: &dyn Reach, threads: usize, clock: &dyn Clock) -> Result<LastLook, LookError> {
    let fail = |error| LookError::File { path: mirrors.to_owned(), error };
    std::fs::create_dir_all(mirrors).map_err(fail)?;
    let lock = files::lock(mirrors).map_err(fail)?.ok_or(LookError::Busy)?;
    let began = clock.now();
    let mut found = refresh(mirrors, ways, threads, clock)?;
    found.contradict.truncate(NAMED_MAX);
    found.rolled_back.truncate(NAMED_MAX);
    let look = LastLook { began, ended: clock.now(), found };
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
