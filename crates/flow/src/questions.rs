//! Questions that parties saved: by name, in the city's folder, readable by its owner only.
//!
//! A saved question is a text and gives nobody anything: each time it is asked, the norms decide. What a party wants to know is
//! its own matter, so that no word of it is in the log, in an error or in a debug text.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use model::{PartyId, Purpose, Timestamp};
use serde::{Deserialize, Serialize};

use crate::folder::{FolderError, private_folder, write_secret};

/// Where they lie in a city's folder: one file for each party.
const FOLDER: &str = "questions";
/// How the name of such a file ends.
const END: &str = "json";
/// The most questions of one party.
pub const QUESTIONS_MAX: usize = 100;
/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 80;
/// The longest question, in bytes.
pub const QUESTION_BYTES_MAX: usize = 32 << 10;

/// Why a question cannot be saved or read.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// Not a name.
    #[error("a name has 1 to {NAME_CHARS_MAX} characters and no line breaks; choose another")]
    Name,
    /// The text is empty or too long.
    #[error("a question has 1 to {QUESTION_BYTES_MAX} bytes; ask for less at once")]
    Text,
    /// There are too many.
    #[error("there are {QUESTIONS_MAX} saved questions already; delete one first")]
    TooMany,
    /// There is none with that name.
    #[error("there is no saved question of this name")]
    Unknown,
    /// A file is not one that this software wrote. What stands in it is not repeated.
    #[error("the saved questions cannot be read; whoever keeps the city has to look at its folder")]
    Damaged,
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// A saved question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedQuestion {
    /// What it is for.
    pub purpose: Purpose,
    /// The question.
    pub sql: String,
    /// How often it was saved under this name.
    pub version: u32,
    /// When it was saved last.
    pub at: Timestamp,
}

impl fmt::Debug for SavedQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SavedQuestion").field("version", &self.version).finish_non_exhaustive()
    }
}

/// The saved questions of a city's folder.
#[derive(Debug)]
pub struct SavedQuestions {
    folder: PathBuf,
    /// One change at a time: each reads what is there and writes all of it.
    changing: Mutex<()>,
}

impl SavedQuestions {
    /// Those in a city's folder.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        Self { folder: root.join(FOLDER), changing: Mutex::new(()) }
    }

    /// A party's questions by name.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn all(&self, party: &PartyId) -> Result<BTreeMap<String, SavedQuestion>, QuestionError> {
        let path = self.path(party);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| QuestionError::Damaged),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(FolderError::File { path, error }.into()),
        }
    }

    /// Saves a question. One of that name is replaced, and its version counts on.
    ///
    /// # Errors
    /// Name or text do not fit, there are too many, or it cannot be written.
    pub fn save(
        &self,
        party: &PartyId,
        name: &str,
        purpose: Purpose,
        sql: &str,
        at: Timestamp,
    ) -> Result<u32, QuestionError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            return Err(QuestionError::Name);
        }
        if sql.trim().is_empty() || sql.len() > QUESTION_BYTES_MAX {
            return Err(QuestionError::Text);
        }
        self.change(party, |all| {
            let version = all.get(name).map_or(1, |before| before.version.saturating_add(1));
            if version == 1 && all.len() >= QUESTIONS_MAX {
                return Err(QuestionError::TooMany);
            }
            all.insert(name.to_owned(), SavedQuestion { purpose, sql: sql.to_owned(), version, at });
            Ok(version)
        })
    }

    /// Deletes a question.
    ///
    /// # Errors
    /// There is none of that name, or it cannot be written.
    pub fn delete(&self, party: &PartyId, name: &str) -> Result<(), QuestionError> {
        self.change(party, |all| all.remove(name).map(drop).ok_or(QuestionError::Unknown))
    }

    fn change<T>(
        &self,
        party: &PartyId,
        change: impl FnOnce(&mut BTreeMap<String, SavedQuestion>) -> Result<T, QuestionError>,
    ) -> Result<T, QuestionError> {
        let _one = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = self.all(party)?;
        let changed = change(&mut all)?;
        private_folder(&self.folder)?;
        // Texts, ids and numbers always serialise.
        let bytes = serde_json::to_vec_pretty(&all).unwrap_or_default();
        write_secret(&self.path(party), &bytes)?;
        Ok(changed)
    }

    fn path(&self, party: &PartyId) -> PathBuf {
        self.folder.join(format!("{party}.{END}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(name: &str) -> PartyId {
        name.parse().unwrap()
    }

    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn a_question_is_saved_for_its_party_alone_and_counts_its_versions() {
        let folder = tempfile::tempdir().unwrap();
        let saved = SavedQuestions::of(folder.path());
        let (mobility, police, purpose) = (party("mobility"), party("police"), "traffic-management".parse().unwrap());
        assert_eq!(saved.all(&mobility).unwrap(), BTreeMap::new());
        assert_eq!(saved.save(&mobility, " Rush <hour> ", purpose, "SELECT 1", AT).unwrap(), 1);
        assert_eq!(saved.save(&mobility, "Rush <hour>", purpose, "SELECT 2", AT).unwrap(), 2);
        let all = saved.all(&mobility).unwrap();
        assert_eq!((all.len(), all["Rush <hour>"].sql.as_str(), all["Rush <hour>"].version), (1, "SELECT 2", 2));
        assert_eq!(saved.all(&police).unwrap(), BTreeMap::new());
        assert!(matches!(saved.delete(&police, "Rush <hour>"), Err(QuestionError::Unknown)));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode("questions"), mode("questions/mobility.json")), (0o700, 0o600));
        }
        saved.delete(&mobility, "Rush <hour>").unwrap();
        assert_eq!(saved.all(&mobility).unwrap(), BTreeMap::new());
    }

    #[test]
    fn names_texts_and_their_number_are_bounded_and_a_damaged_file_is_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let saved = SavedQuestions::of(folder.path());
        let (mobility, purpose) = (party("mobility"), "traffic-management".parse().unwrap());
        for bad in ["", "  ", "a\nb", "\u{7}", &"a".repeat(NAME_CHARS_MAX + 1)] {
            assert!(matches!(saved.save(&mobility, bad, purpose, "SELECT 1", AT), Err(QuestionError::Name)), "{bad:?}");
        }
        for bad in ["", " \n", &"x".repeat(QUESTION_BYTES_MAX + 1)] {
            assert!(matches!(saved.save(&mobility, "a", purpose, bad, AT), Err(QuestionError::Text)));
        }
        for at in 0..QUESTIONS_MAX {
            saved.save(&mobility, &format!("q {at}"), purpose, "SELECT 1", AT).unwrap();
        }
        assert!(matches!(saved.save(&mobility, "more", purpose, "SELECT 1", AT), Err(QuestionError::TooMany)));
        assert_eq!(saved.save(&mobility, "q 0", purpose, "SELECT 2", AT).unwrap(), 2, "one that is there is replaced");
        fs::write(folder.path().join("questions/mobility.json"), "{\"secret\":").unwrap();
        let error = saved.all(&mobility).unwrap_err();
        assert!(matches!(error, QuestionError::Damaged) && !error.to_string().contains("secret"));
        let question = SavedQuestion { purpose, sql: "SELECT secret".to_owned(), version: 1, at: AT };
        assert!(!format!("{question:?}").contains("secret"));
    }
}
