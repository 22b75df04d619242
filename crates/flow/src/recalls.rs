//! What hubs said last of the standards that a city adopted: which of them they withdrew or replaced since.
//!
//! Whoever asked a hub notes it here, in the city's folder, and the office reads it. It decides nothing: what is in force stays so until
//! somebody who may adopts something else. The words are another's, and are shown as such.

use std::fs;
use std::io;
use std::path::Path;

use journal::files::{self, Readers};
use model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::folder::FolderError;

/// The file in a city's folder.
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

/// What was heard of all of them, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recalls {
    /// When hubs were asked last.
    pub at: Timestamp,
    /// The hash of the policies that were in force then: under others nothing of this is known to hold.
    pub policies: String,
    /// What stands no longer.
    pub recalls: Vec<Recall>,
}

impl Recalls {
    /// What was noted in a city's folder; nothing if nobody asked yet, or it is damaged: it is then asked for again.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn noted(root: &Path) -> Result<Option<Self>, FolderError> {
        let path = root.join(FILE);
        let read = || match fs::metadata(&path)?.len() {
            0..=BYTES_MAX => fs::read(&path),
            _ => Ok(Vec::new()),
        };
        match read() {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FolderError::File { path, error }),
        }
    }

    /// Notes it in the place of what was noted before.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn note(&self, root: &Path) -> Result<(), FolderError> {
        let path = root.join(FILE);
        let written = serde_json::to_vec(self).map_err(io::Error::from);
        let put = written.and_then(|bytes| files::put(&path, &bytes, Readers::Everybody));
        put.map_err(|error| FolderError::File { path, error })
    }

    /// What is known under policies that are in force now.
    #[must_use]
    pub fn under(self, policies: &str) -> Vec<Recall> {
        if self.policies == policies { self.recalls } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_heard_is_kept_whole_holds_under_its_policies_alone_and_is_asked_for_again_if_damaged() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Recalls::noted(folder.path()).unwrap(), None);
        let recall = Recall {
            standard: "core@1".to_owned(),
            origin: "hub.example/log".to_owned(),
            entry: 4,
            by: 9,
            instead: None,
            reasons: "It forgot <nights>.".to_owned(),
        };
        let heard =
            Recalls { at: Timestamp::from_millis(7_000), policies: "aa".to_owned(), recalls: vec![recall.clone()] };
        heard.note(folder.path()).unwrap();
        let noted = Recalls::noted(folder.path()).unwrap().unwrap();
        assert_eq!(noted, heard);
        assert_eq!((noted.clone().under("aa"), noted.under("bb")), (vec![recall], vec![]));
        for damaged in ["{", "{}", ""] {
            fs::write(folder.path().join(FILE), damaged).unwrap();
            assert_eq!(Recalls::noted(folder.path()).unwrap(), None, "{damaged}");
        }
        fs::write(folder.path().join(FILE), vec![b' '; 2 << 20]).unwrap();
        assert_eq!(Recalls::noted(folder.path()).unwrap(), None);
    }
}
