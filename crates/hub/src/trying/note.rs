//! What is noted of a draft that was tried: a small head, which lists are drawn from, and the report beside it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use journal::files::{self, Readers};
use model::{Digest, Span, Timestamp};
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
/// How often the rest after a trial that did not end becomes twice as long: eleven days at most.
const RESTS_MAX: u32 = 8;
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
    /// The key that signed it.
    pub key: String,
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

/// A trial that was begun: it lies beside the note until the trial ends, so that one that brings the process down is known afterwards.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Begun {
    at: Timestamp,
    /// How many in a row did not end.
    times: u32,
}

impl Begun {
    fn of(mirrors: &Path, draft: &DraftId, city: &MemberId) -> Option<Self> {
        serde_json::from_slice(&read(&begun_of(mirrors, draft, city), HEAD_BYTES_MAX)?).ok()
    }
}

/// Writes down that a trial begins.
pub(super) fn begin(mirrors: &Path, draft: &DraftId, city: &MemberId, at: Timestamp) -> Result<(), LookError> {
    let times = Begun::of(mirrors, draft, city).map_or(1, |before| before.times.saturating_add(1));
    let path = begun_of(mirrors, draft, city);
    let fail = |error: io::Error| LookError::File { path: path.clone(), error };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    let bytes = serde_json::to_vec(&Begun { at, times }).map_err(|error| fail(error.into()))?;
    files::put(&path, &bytes, Readers::Everybody).map_err(fail)
}

/// Writes down that it ended.
pub(super) fn end(mirrors: &Path, draft: &DraftId, city: &MemberId) -> Result<(), LookError> {
    gone(begun_of(mirrors, draft, city))
}

/// Whether a trial was begun before that did not end, not long enough ago: two hours the first time, and twice as long each time.
pub(super) fn rests(mirrors: &Path, draft: &DraftId, city: &MemberId, now: Timestamp) -> bool {
    let rest = |times: u32| Span::hours(1 << times.min(RESTS_MAX));
    Begun::of(mirrors, draft, city).is_some_and(|begun| now < begun.at + rest(begun.times))
}

/// Forgets what is noted of a draft and a city.
pub(super) fn forget(mirrors: &Path, draft: &DraftId, city: &MemberId) -> Result<(), LookError> {
    let files = [head_of(mirrors, draft, city), report_of(mirrors, draft, city), begun_of(mirrors, draft, city)];
    files.into_iter().try_for_each(gone)
}

fn gone(path: PathBuf) -> Result<(), LookError> {
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(LookError::File { path, error }),
        _ => Ok(()),
    }
}

fn begun_of(mirrors: &Path, draft: &DraftId, city: &MemberId) -> PathBuf {
    mirrors.join(FOLDER).join(draft.as_str()).join(format!("{city}.begun.json"))
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
