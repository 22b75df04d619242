//! Answers to instruments, as parties of a city give them on pages, with the remarks of those who look them over.
//!
//! One file for each deployment and instrument in the city's folder, readable by its owner only. What stands in it is text to this
//! room; it is in no log, no error and no debug text. Who signed is not kept here: the register says it.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use model::{DeploymentId, InstrumentId, PartyId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::folder::{FolderError, private_folder, write_secret};

/// Where they lie in a city's folder.
const FOLDER: &str = "assessments";
/// The most that answers hold, in bytes.
pub const ANSWERS_BYTES_MAX: usize = 1 << 20;
/// The most remarks about one set of answers.
pub const REMARKS_MAX: usize = 500;
/// The longest remark, in characters.
pub const REMARK_CHARS_MAX: usize = 2_000;

/// Why answers or remarks cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum AnswersError {
    /// Somebody else kept others meanwhile.
    #[error(
        "somebody else changed these answers since this page was opened; what you wrote stands here, keep it again"
    )]
    Changed,
    /// Too much.
    #[error("answers hold at most {ANSWERS_BYTES_MAX} bytes; write less")]
    TooLong,
    /// A remark of nothing, or too long a one.
    #[error("a remark has 1 to {REMARK_CHARS_MAX} characters")]
    Remark,
    /// Too many remarks.
    #[error("there are {REMARKS_MAX} remarks already; no more are taken")]
    TooMany,
    /// There is none with that number.
    #[error("there is no such remark")]
    Unknown,
    /// A file is not one that this software wrote. What stands in it is not repeated.
    #[error("these answers cannot be read; whoever keeps the city has to look at its folder")]
    Damaged,
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// What somebody remarked about an answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    /// Which question it is about.
    pub question: String,
    /// Who.
    pub by: PartyId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
    /// Who said that it is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<PartyId>,
}

/// Answers and remarks, as they are kept.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// How often the answers were changed.
    pub revision: u64,
    /// The answers, as text.
    pub answers: String,
    /// The remarks, oldest first.
    #[serde(default)]
    pub remarks: Vec<Remark>,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({} times, {} remarks)", self.revision, self.remarks.len())
    }
}

impl fmt::Debug for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Remark({})", self.by)
    }
}

/// The answers of a city.
#[derive(Debug)]
pub struct AnswerFiles {
    folder: PathBuf,
    /// One change at a time: each reads what is there, and writes it whole.
    changing: Mutex<()>,
}

impl AnswerFiles {
    /// Those in a city's folder.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        Self { folder: root.join(FOLDER), changing: Mutex::new(()) }
    }

    /// What is kept; nothing where nobody began.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn one(&self, deployment: &DeploymentId, instrument: &InstrumentId) -> Result<Option<Kept>, AnswersError> {
        match fs::read(self.path(deployment, instrument)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|_| AnswersError::Damaged),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FolderError::File { path: self.path(deployment, instrument), error }.into()),
        }
    }

    /// What somebody began to answer: of which deployment, to which instrument, in the order of their names.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn begun(&self) -> Result<Vec<(DeploymentId, InstrumentId)>, AnswersError> {
        let file = |error| FolderError::File { path: self.folder.clone(), error };
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(file(error).into()),
        };
        let mut begun = Vec::new();
        for entry in entries {
            let name = entry.map_err(file)?.file_name();
            // What is not named as `path` names it is none of these, for instance what is half written.
            let parts = name.to_str().and_then(|name| name.strip_suffix(".json")?.split_once('_'));
            let ids =
                parts.and_then(|(deployment, instrument)| Some((deployment.parse().ok()?, instrument.parse().ok()?)));
            begun.extend(ids);
        }
        begun.sort();
        Ok(begun)
    }

    /// Keeps answers in the place of those of a revision; the first take the place of revision 0.
    ///
    /// # Errors
    /// Others were kept meanwhile, they are too long, or the file cannot be written.
    pub fn keep(
        &self,
        deployment: &DeploymentId,
        instrument: &InstrumentId,
        seen: u64,
        answers: String,
    ) -> Result<(), AnswersError> {
        if answers.len() > ANSWERS_BYTES_MAX {
            return Err(AnswersError::TooLong);
        }
        self.change(deployment, instrument, |kept| {
            if kept.revision != seen {
                return Err(AnswersError::Changed);
            }
            if kept.answers != answers {
                kept.revision += 1;
                kept.answers = answers;
            }
            Ok(())
        })
    }

    /// Adds a remark about a question.
    ///
    /// # Errors
    /// It is empty or too long, there are too many, or the file cannot be written.
    pub fn remark(
        &self,
        deployment: &DeploymentId,
        instrument: &InstrumentId,
        remark: Remark,
    ) -> Result<(), AnswersError> {
        if !(1..=REMARK_CHARS_MAX).contains(&remark.text.trim().chars().count()) {
            return Err(AnswersError::Remark);
        }
        self.change(deployment, instrument, |kept| {
            if kept.remarks.len() >= REMARKS_MAX {
                return Err(AnswersError::TooMany);
            }
            kept.remarks.push(remark);
            Ok(())
        })
    }

    /// Says that a remark is settled. It stays there to be read.
    ///
    /// # Errors
    /// There is no such remark, or the file cannot be written.
    pub fn settle(
        &self,
        deployment: &DeploymentId,
        instrument: &InstrumentId,
        number: usize,
        by: &PartyId,
    ) -> Result<(), AnswersError> {
        self.change(deployment, instrument, |kept| {
            kept.remarks.get_mut(number).ok_or(AnswersError::Unknown)?.settled = Some(by.clone());
            Ok(())
        })
    }

    fn change(
        &self,
        deployment: &DeploymentId,
        instrument: &InstrumentId,
        change: impl FnOnce(&mut Kept) -> Result<(), AnswersError>,
    ) -> Result<(), AnswersError> {
        let _one = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = self.one(deployment, instrument)?.unwrap_or_default();
        change(&mut kept)?;
        // Texts and numbers always serialise; were it not so, what is there stays.
        let bytes = serde_json::to_vec(&kept).map_err(|_| AnswersError::Damaged)?;
        private_folder(&self.folder)?;
        Ok(write_secret(&self.path(deployment, instrument), &bytes)?)
    }

    /// Ids hold letters, digits and hyphens only, so that no two pairs share a name.
    fn path(&self, deployment: &DeploymentId, instrument: &InstrumentId) -> PathBuf {
        self.folder.join(format!("{deployment}_{instrument}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remark(text: &str) -> Remark {
        let by = "council".parse().unwrap();
        Remark { question: "people".to_owned(), by, at: Timestamp::UNIX_EPOCH, text: text.to_owned(), settled: None }
    }

    #[test]
    fn answers_take_the_place_of_those_that_were_seen_and_of_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let files = AnswerFiles::of(folder.path());
        let (wifi, scan): (DeploymentId, InstrumentId) = ("wifi".parse().unwrap(), "pre-scan".parse().unwrap());
        assert_eq!(files.one(&wifi, &scan).unwrap(), None);
        files.keep(&wifi, &scan, 0, "one".to_owned()).unwrap();
        files.keep(&wifi, &scan, 1, "one".to_owned()).unwrap();
        files.keep(&wifi, &scan, 1, "two".to_owned()).unwrap();
        let late = files.keep(&wifi, &scan, 1, "three".to_owned());
        assert!(matches!(late, Err(AnswersError::Changed)), "{late:?}");
        std::fs::write(folder.path().join("assessments/Odd_name.json"), "{").unwrap();
        std::fs::write(folder.path().join("assessments/wifi_pre-scan.json.new"), "{").unwrap();
        assert_eq!(files.begun().unwrap(), [(wifi.clone(), scan.clone())], "what is named otherwise is none of these");
        assert_eq!(AnswerFiles::of(&folder.path().join("none")).begun().unwrap(), []);
        let kept = files.one(&wifi, &scan).unwrap().unwrap();
        assert_eq!((kept.revision, kept.answers.as_str()), (2, "two"));
        let long = files.keep(&wifi, &scan, 2, "x".repeat(ANSWERS_BYTES_MAX + 1));
        assert!(matches!(long, Err(AnswersError::TooLong)));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode("assessments"), mode("assessments/wifi_pre-scan.json")), (0o700, 0o600));
        }
    }

    #[test]
    fn remarks_stay_and_are_settled_and_no_word_of_them_is_in_debug_or_in_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let files = AnswerFiles::of(folder.path());
        let (wifi, scan) = ("wifi".parse().unwrap(), "pre-scan".parse().unwrap());
        files.remark(&wifi, &scan, remark("a secret")).unwrap();
        files.settle(&wifi, &scan, 0, &"mobility".parse().unwrap()).unwrap();
        let kept = files.one(&wifi, &scan).unwrap().unwrap();
        assert_eq!(kept.remarks[0].settled, Some("mobility".parse().unwrap()));
        assert!(!format!("{kept:?}{:?}", kept.remarks).contains("secret"));
        assert!(matches!(files.settle(&wifi, &scan, 1, &"mobility".parse().unwrap()), Err(AnswersError::Unknown)));
        for text in [" ", &"x".repeat(REMARK_CHARS_MAX + 1)] {
            assert!(matches!(files.remark(&wifi, &scan, remark(text)), Err(AnswersError::Remark)));
        }
        for _ in 1..REMARKS_MAX {
            files.remark(&wifi, &scan, remark("x")).unwrap();
        }
        assert!(matches!(files.remark(&wifi, &scan, remark("x")), Err(AnswersError::TooMany)));
        fs::write(folder.path().join("assessments/wifi_pre-scan.json"), "{\"secret\":").unwrap();
        let error = files.one(&wifi, &scan).unwrap_err();
        assert!(matches!(error, AnswersError::Damaged) && !error.to_string().contains("secret"));
    }
}
