//! Deletions that nobody was told of yet: a note beside the files, written before the first of them goes.
//!
//! A crash between the removal of files and the act that says so would leave them gone in silence. The note names them, so
//! that the next deletion ends the removal and reports all of it; it goes when the caller says that it was told.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use model::Timestamp;

use crate::LakeError;
use crate::durable::Desk;

/// The file of a stream's note.
pub(crate) const NOTE: &str = "deleting";

/// Files that go or went, and up to which instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    /// What was observed before this goes.
    pub(crate) before: Timestamp,
    /// The files, by hour and name.
    pub(crate) files: BTreeSet<String>,
}

impl Note {
    /// The note in a stream's folder. One that cannot be made out still says that something was to be deleted, up to an
    /// instant that the caller knows: deletion is never held up by its own bookkeeping.
    pub(crate) fn read(folder: &Path, unreadable: Timestamp) -> Result<Option<Self>, LakeError> {
        let path = folder.join(NOTE);
        match fs::read(&path) {
            Ok(bytes) => {
                let note = Self::parse(&bytes);
                Ok(Some(note.unwrap_or_else(|| Self { before: unreadable, files: BTreeSet::new() })))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LakeError::file(&path, error)),
        }
    }

    /// Reads an instant, then a file a line.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(bytes).ok()?.lines();
        let before = lines.next()?.parse().ok()?;
        Some(Self { before, files: lines.map(str::to_owned).collect() })
    }

    /// Writes the note durably.
    pub(crate) fn keep(&self, folder: &Path, desk: &Desk) -> Result<(), LakeError> {
        let lines = std::iter::once(self.before.to_string()).chain(self.files.iter().cloned());
        let text: String = lines.map(|line| line + "\n").collect();
        desk.replace(&folder.join(NOTE), text.as_bytes())
    }
}
