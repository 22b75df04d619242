//! What hubs said last of the standards that a city adopted: which of them they withdrew or replaced since.
//!
//! Whoever asked a hub notes it here, in the city's folder, and the office reads it. It decides nothing: what is in force stays so until
//! somebody who may adopts something else. The words are another's, and are shown as such.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use journal::files::{self, Readers};
use model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::folder::FolderError;

/// Where it lies in a city's folder, and whoever asks hubs locks.
const FOLDER: &str = "hubs";
/// The file there.
const FILE: &str = "recalls.json";
/// The largest file that is read, in bytes.
const BYTES_MAX: u64 = 1 << 20;

/// A standard in force here that its hub withdrew or replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recall {
    /// Which: its name and version.
    pub standard: String,
    /// The origin of the hub's log.
    pub origin: String,
    /// The entry that released it.
    pub entry: u64,
    /// The entry that withdrew or replaced it.
    pub by: u64,
    /// Where what takes its place is released, if something does.
    pub instead: Option<String>,
    /// Why, as the hub says it.
    pub reasons: String,
}

/// A standard in force here of which its hub could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unasked {
    /// Which: its name and version.
    pub standard: String,
    /// The origin of the hub's log.
    pub origin: String,
    /// The entry that released it.
    pub entry: u64,
    /// Since when.
    pub since: Timestamp,
}

/// What was heard of all of them, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recalls {
    /// When hubs were asked last, whether or not they answered.
    pub at: Timestamp,
    /// Whether each hub whose address is known answered.
    pub whole: bool,
    /// The hash of the policies that were in force then: under others nothing of this is known to hold.
    pub policies: String,
    /// What stands no longer.
    pub recalls: Vec<Recall>,
    /// Of what nobody could ask.
    pub unasked: Vec<Unasked>,
}

impl Recalls {
    /// The folder that whoever asks hubs keeps to themselves meanwhile; made if it is not there.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn folder(root: &Path) -> Result<PathBuf, FolderError> {
        let path = root.join(FOLDER);
        match files::folder(&path, Readers::Everybody) {
            Ok(()) => Ok(path),
            Err(error) => Err(FolderError::File { path, error }),
        }
    }

    /// What was noted in a city's folder; nothing if nobody asked yet.
    ///
    /// # Errors
    /// It is there and cannot be read, or is none that this software wrote.
    pub fn noted(root: &Path) -> Result<Option<Self>, FolderError> {
        let path = root.join(FOLDER).join(FILE);
        let read = || -> io::Result<Self> {
            let mut bytes = Vec::new();
            File::open(&path)?.take(BYTES_MAX).read_to_end(&mut bytes)?;
            Ok(serde_json::from_slice(&bytes)?)
        };
        match read() {
            Ok(noted) => Ok(Some(noted)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FolderError::File { path, error }),
        }
    }

    /// Notes it in the place of what was noted before.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn note(&self, root: &Path) -> Result<(), FolderError> {
        let path = Self::folder(root)?.join(FILE);
        let written = serde_json::to_vec(self).map_err(io::Error::from);
        let put = written.and_then(|bytes| files::put(&path, &bytes, Readers::Everybody));
        put.map_err(|error| FolderError::File { path, error })
    }

    /// The same, if it was heard under policies that are in force now.
    #[must_use]
    pub fn under(self, policies: &str) -> Option<Self> {
        (self.policies == policies).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_heard_is_kept_whole_holds_under_its_policies_alone_and_is_no_silence_if_damaged() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Recalls::noted(folder.path()).unwrap(), None);
        let (standard, origin) = ("core@1".to_owned(), "hub.example/log".to_owned());
        let unasked = Unasked {
            standard: "other@1".to_owned(),
            origin: origin.clone(),
            entry: 5,
            since: Timestamp::from_millis(3_000),
        };
        let reasons = "It forgot <nights>.".to_owned();
        let recall = Recall { standard, origin, entry: 4, by: 9, instead: None, reasons };
        let heard = Recalls {
            at: Timestamp::from_millis(7_000),
            whole: false,
            policies: "aa".to_owned(),
            recalls: vec![recall],
            unasked: vec![unasked],
        };
        heard.note(folder.path()).unwrap();
        let noted = Recalls::noted(folder.path()).unwrap().unwrap();
        assert_eq!(noted, heard);
        assert_eq!((noted.clone().under("aa"), noted.under("bb")), (Some(heard.clone()), None));
        let file = folder.path().join(FOLDER).join(FILE);
        for damaged in ["{".to_owned(), "{}".to_owned(), String::new(), " ".repeat(2 << 20)] {
            std::fs::write(&file, &damaged).unwrap();
            assert!(Recalls::noted(folder.path()).is_err(), "{}", damaged.len());
        }
        // What is damaged is in nobody's way when it is heard anew.
        heard.note(folder.path()).unwrap();
        assert_eq!(Recalls::noted(folder.path()).unwrap(), Some(heard));
    }
}
