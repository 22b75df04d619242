//! What is noted of a draft that was tried: a small head, which lists are drawn from, and the report beside it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use journal::files::{self, Readers};
use model::{Digest, Timestamp};
use serde::{Deserialize, Serialize};

use crate::looking::LookError;
use crate::pilot::Report;
use crate::pilot::live::{Figure, Known};
use crate::words::{DraftId, MemberId};

/// The folder of notes, below that of the mirrors.
pub(super) const FOLDER: &str = "pilots";
/// Which replay this software does. Whatever another one found is worked out again.
pub(super) const REPLAY: u32 = 1;
/// The largest head of a note, in bytes: a checkpoint with some cosignatures, and a few words.
const HEAD_BYTES_MAX: u64 = 256 << 10;
/// The largest report, in bytes.
const REPORT_BYTES_MAX: u64 = 4 << 20;

/// A draft that was tried on a city's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tried {
    /// Which draft.
    pub draft: DraftId,
    /// In which version.
    pub version: String,
    /// The document that it was.
    pub document: Digest,
    /// Whose log.
    pub city: MemberId,
    /// How many of its entries were kept, all under one signed head.
    pub size: u64,
    /// That head.
    pub head: String,
    /// Which replay it was.
    pub replay: u32,
    /// When it was tried.
    pub at: Timestamp,
    /// What came of it.
    pub came: Came,
}

/// What came of trying a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Came {
    /// A report, with what it tells of each figure.
    Report(BTreeMap<Figure, Known>),
    /// Why there is none.
    Nothing(String),
}

impl Came {
    /// What a report tells of each figure.
    pub(super) fn of(report: &Report) -> Self {
        Self::Report(Figure::ALL.into_iter().map(|(_, figure)| (figure, figure.of(report))).collect())
    }
}

impl Tried {
    /// What is noted of a draft and a city in a folder of mirrors; none if it was not tried, or the note cannot be read.
    #[must_use]
    pub fn noted(mirrors: &Path, draft: &DraftId, city: &MemberId) -> Option<Self> {
        serde_json::from_slice(&read(&head_of(mirrors, draft, city), HEAD_BYTES_MAX)?).ok()
    }

    /// The report, as `ordinance pilot run --json` prints it; none if there is none.
    #[must_use]
    pub fn report(&self, mirrors: &Path) -> Option<Vec<u8>> {
        match self.came {
            Came::Report(_) => read(&report_of(mirrors, &self.draft, &self.city), REPORT_BYTES_MAX),
            Came::Nothing(_) => None,
        }
    }

    /// Whether this software's own replay found it.
    pub(super) const fn is_of_now(&self) -> bool {
        self.replay == REPLAY
    }

    /// Notes it, the report first; gives what was noted: a report may be too large to be kept.
    pub(super) fn keep(mut self, mirrors: &Path, report: Option<&Report>) -> Result<Came, LookError> {
        let (head, file) = (head_of(mirrors, &self.draft, &self.city), report_of(mirrors, &self.draft, &self.city));
        let fail = |path: &Path| {
            let path = path.to_owned();
            move |error: io::Error| LookError::File { path, error }
        };
        if let Some(folder) = head.parent() {
            std::fs::create_dir_all(folder).map_err(fail(folder))?;
        }
        if let Some(report) = report {
            let bytes = serde_json::to_vec_pretty(report).map_err(|error| fail(&file)(error.into()))?;
            if bytes.len() as u64 > REPORT_BYTES_MAX {
                let found = bytes.len();
                self.came = Came::Nothing(format!("the report has {found} bytes, and a hub keeps {REPORT_BYTES_MAX}"));
            } else {
                files::put(&file, &bytes, Readers::Everybody).map_err(fail(&file))?;
            }
        }
        let bytes = serde_json::to_vec(&self).map_err(|error| fail(&head)(error.into()))?;
        files::put(&head, &bytes, Readers::Everybody).map_err(fail(&head))?;
        Ok(self.came)
    }
}

/// Forgets what is noted of a draft and a city.
pub(super) fn forget(mirrors: &Path, draft: &DraftId, city: &MemberId) -> Result<(), LookError> {
    for path in [head_of(mirrors, draft, city), report_of(mirrors, draft, city)] {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(LookError::File { path, error }),
            _ => {}
        }
    }
    Ok(())
}

fn head_of(mirrors: &Path, draft: &DraftId, city: &MemberId) -> PathBuf {
    mirrors.join(FOLDER).join(draft.as_str()).join(format!("{city}.json"))
}

fn report_of(mirrors: &Path, draft: &DraftId, city: &MemberId) -> PathBuf {
    mirrors.join(FOLDER).join(draft.as_str()).join(format!("{city}.report.json"))
}

fn read(path: &Path, most: u64) -> Option<Vec<u8>> {
    if std::fs::metadata(path).ok()?.len() > most {
        return None;
    }
    std::fs::read(path).ok()
}
