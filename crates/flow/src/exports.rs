//! Exports on a schedule: what a grant gives of each period, as a file, made once and kept for as long as it may be had.
//!
//! A schedule gives nobody anything: a file is one answer, decided and recorded like any other, and whether it may still be
//! had is asked again at every download. Only released windows are written into files, never a single record: a file would
//! outlive the retention of what it holds. What stands here knows neither an address nor a token.

mod make;
mod manifest;
mod serve;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use model::{Digest, PartyId, Purpose, Span, StreamId, TimeBin, Timestamp, ViewId, Window};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Format;
use crate::disclose::{Asked, PUBLIC};
use crate::folder::{FolderError, create_private, destroy_secret, private_folder, remove_private, write_secret};
use crate::hooks::{NAME_BYTES_MAX, is_name};

pub use manifest::{Export, Gone, Manifest, Missed, Unused};
pub use serve::{Exported, Offered};

/// Where exports lie in a city's folder.
const FOLDER: &str = "exports";
/// The file of a schedule, in the folder of its name.
const SCHEDULE: &str = "schedule.json";
/// What was made and what became of it, beside the schedule.
const MANIFEST: &str = "manifest.json";
/// How the name ends of what must be known about a file.
const ABOUT: &str = ".about.json";
/// The most schedules of a city.
pub const SCHEDULES_MAX: usize = 64;
/// The most periods of which files are kept.
pub const KEEP_MAX: u32 = 366;
/// The most bytes of one schedule's files; the oldest go first.
pub const BYTES_MAX: u64 = 1 << 30;
/// The shortest period, in seconds.
const PERIOD_SECONDS_MIN: u32 = 60;
/// A week.
const WEEK: Span = Span::days(7);
/// The first Monday there is, in milliseconds: 1970-01-01 was a Thursday. Weeks begin on Mondays.
const MONDAY_MILLIS: i64 = 4 * 86_400_000;

/// Why a schedule cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// Not a name.
    #[error(
        "`{0}` is no name of a schedule; use 1 to {NAME_BYTES_MAX} of a-z, 0-9 and -, beginning with a letter or digit"
    )]
    Name(String),
    /// Not a period.
    #[error("`{0}` is no period; name one that divides a day and is a minute at least, such as 1h or 1d, or 7d")]
    Every(String),
    /// No number of periods.
    #[error("files of 1 to {KEEP_MAX} periods can be kept, not of {0}")]
    Keep(u32),
    /// Everybody.
    #[error("what everybody may have is at `/open` of the city's node; a schedule is for a party with a token")]
    Public,
    /// There are enough.
    #[error("there are {SCHEDULES_MAX} schedules already; remove one first")]
    TooMany,
    /// There is, or was, one with that name.
    #[error("`{0}` is a schedule's name or was one, and what it made is addressed by it; take another name")]
    Exists(ScheduleName),
    /// There is none with that name.
    #[error("there is no schedule `{0}`")]
    Unknown(ScheduleName),
    /// A file is not one that this software wrote. What stands in it is not repeated.
    #[error("`{0}` cannot be read as what a schedule keeps; no file of it is made or handed out")]
    Damaged(PathBuf),
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// The name of a schedule: a part of the addresses of its files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScheduleName(String);

impl FromStr for ScheduleName {
    type Err = ScheduleError;
    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        if is_name(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(ScheduleError::Name(text.chars().take(NAME_BYTES_MAX).flat_map(char::escape_debug).collect()))
    }
}
impl TryFrom<String> for ScheduleName {
    type Error = ScheduleError;
    fn try_from(text: String) -> Result<Self, ScheduleError> {
        text.parse()
    }
}
impl From<ScheduleName> for String {
    fn from(name: ScheduleName) -> Self {
        name.0
    }
}
impl fmt::Display for ScheduleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// How long each period is, on the calendar of UTC: a part of a day, a day, or a week that begins on Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Every(Span);

impl Every {
    /// The length.
    #[must_use]
    pub const fn span(self) -> Span {
        self.0
    }

    /// The period that holds an instant.
    #[must_use]
    pub fn period(self, at: Timestamp) -> Window {
        let (length, begins) = (self.0.millis(), if self.0 == WEEK { MONDAY_MILLIS } else { 0 });
        let start = Timestamp::from_millis(at.millis() - (at.millis() - begins).rem_euclid(length));
        Window { start, end: start + self.0 }
    }

    /// The first period that begins at or after an instant.
    #[must_use]
    pub fn first_whole(self, at: Timestamp) -> Window {
        let period = self.period(at);
        if period.start == at { period } else { self.period(period.end) }
    }
}

impl FromStr for Every {
    type Err = ScheduleError;
    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let bad = || ScheduleError::Every(text.chars().take(40).flat_map(char::escape_debug).collect());
        let span: Span = text.parse().map_err(|_| bad())?;
        let divides = span.as_seconds() >= PERIOD_SECONDS_MIN && TimeBin::new(span).is_ok();
        if divides || span == WEEK { Ok(Self(span)) } else { Err(bad()) }
    }
}
impl TryFrom<String> for Every {
    type Error = ScheduleError;
    fn try_from(text: String) -> Result<Self, ScheduleError> {
        text.parse()
    }
}
impl From<Every> for String {
    fn from(every: Every) -> Self {
        every.0.to_string()
    }
}
impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is to be made again and again, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Its name.
    pub name: ScheduleName,
    /// To whom it is.
    pub recipient: PartyId,
    /// What for.
    pub purpose: Purpose,
    /// Of which stream.
    pub stream: StreamId,
    /// Under which view; the grant's if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<ViewId>,
    /// What the files are written as.
    pub format: Format,
    /// How long each period is.
    pub every: Every,
    /// Of how many periods files are kept.
    pub keep: u32,
    /// When it was declared: the period that was running then is the first.
    pub since: Timestamp,
}

impl Schedule {
    /// What is asked for one period.
    fn asked(&self, period: Option<Window>) -> Asked {
        Asked {
            recipient: self.recipient.clone(),
            purpose: self.purpose,
            stream: self.stream.clone(),
            view: self.view.clone(),
            from: period.map(|period| period.start),
            to: period.map(|period| period.end),
            authorised_by: None,
        }
    }
}

/// The schedules of a city's folder. A running node reads them at each tick, so that they may be changed meanwhile; what it
/// has made, only it writes.
#[derive(Debug, Clone)]
pub struct Schedules(PathBuf);

impl Schedules {
    /// Those in a city's folder.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        Self(root.join(FOLDER))
    }

    /// The names of all that are there or were, in order.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn ever(&self) -> Result<Vec<ScheduleName>, ScheduleError> {
        let fail = |error| FolderError::File { path: self.0.clone(), error };
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(fail(error).into()),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(fail)?.file_name();
            names.extend(name.to_str().and_then(|name| name.parse::<ScheduleName>().ok()));
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Those that are there.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn all(&self) -> Result<Vec<Schedule>, ScheduleError> {
        let schedules = self.ever()?.into_iter().map(|name| self.get(&name));
        schedules.filter_map(Result::transpose).collect()
    }

    /// One of them; none if there is none of that name, or not any more.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn get(&self, name: &ScheduleName) -> Result<Option<Schedule>, ScheduleError> {
        read(&self.folder(name).join(SCHEDULE))
    }

    /// Keeps a new one.
    ///
    /// # Errors
    /// It is for everybody, keeps too much, there are too many or there was one of that name, or it cannot be written.
    pub fn add(&self, schedule: &Schedule) -> Result<(), ScheduleError> {
        if schedule.recipient.as_str() == PUBLIC {
            return Err(ScheduleError::Public);
        }
        if !(1..=KEEP_MAX).contains(&schedule.keep) {
            return Err(ScheduleError::Keep(schedule.keep));
        }
        let folder = self.folder(&schedule.name);
        if folder.exists() {
            return Err(ScheduleError::Exists(schedule.name.clone()));
        }
        if self.all()?.len() >= SCHEDULES_MAX {
            return Err(ScheduleError::TooMany);
        }
        private_folder(&self.0)?;
        private_folder(&folder)?;
        Ok(write_secret(&folder.join(SCHEDULE), &written(schedule))?)
    }

    /// Removes one: from now on nothing of it is made or handed out. Its files go at the next tick, what tells of them stays.
    ///
    /// # Errors
    /// There is none of that name, or it cannot be removed.
    pub fn remove(&self, name: &ScheduleName) -> Result<(), ScheduleError> {
        let path = self.folder(name).join(SCHEDULE);
        if !path.exists() {
            return Err(ScheduleError::Unknown(name.clone()));
        }
        Ok(destroy_secret(&path)?)
    }

    /// What one has made so far, and what became of it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn manifest(&self, name: &ScheduleName) -> Result<Manifest, ScheduleError> {
        Ok(read(&self.folder(name).join(MANIFEST))?.unwrap_or_default())
    }

    fn keep_manifest(&self, name: &ScheduleName, manifest: &Manifest) -> Result<(), ScheduleError> {
        Ok(write_secret(&self.folder(name).join(MANIFEST), &written(manifest))?)
    }

    /// Writes a file and what tells of it, each durable before the next is begun: what tells of it is there only if the file
    /// is whole. Neither takes the place of another.
    fn put(&self, name: &ScheduleName, export: &Export, bytes: &[u8], about: &[u8]) -> Result<(), ScheduleError> {
        create_private(&self.file(name, &export.file), bytes)?;
        Ok(create_private(&self.about(name, &export.file), about)?)
    }

    /// What was told of a file by a process that ended before it could be entered in the manifest; none if the file is not
    /// there whole.
    fn told(&self, name: &ScheduleName, file: &str) -> Result<Option<Export>, ScheduleError> {
        #[derive(Deserialize)]
        struct Told {
            export: Export,
        }
        let Some(Told { export }) = read(&self.about(name, file))? else { return Ok(None) };
        let path = self.file(name, file);
        let bytes = fs::read(&path).map_err(|error| FolderError::File { path: path.clone(), error })?;
        if digest(&bytes) == export.sha256 { Ok(Some(export)) } else { Err(ScheduleError::Damaged(path)) }
    }

    /// Removes a file for good; what tells of it stays. One that is not there is removed already.
    fn withdraw(&self, name: &ScheduleName, file: &str) -> Result<(), ScheduleError> {
        Ok(remove_private(&self.file(name, file))?)
    }

    fn folder(&self, name: &ScheduleName) -> PathBuf {
        self.0.join(&name.0)
    }
    fn file(&self, name: &ScheduleName, file: &str) -> PathBuf {
        self.folder(name).join(file)
    }
    fn about(&self, name: &ScheduleName, file: &str) -> PathBuf {
        self.folder(name).join(format!("{file}{ABOUT}"))
    }
}

fn digest(bytes: &[u8]) -> Digest {
    use sha2::Digest as _;
    Digest::new(sha2::Sha256::digest(bytes).into())
}

fn written(value: &impl Serialize) -> Vec<u8> {
    // Ids, texts and numbers always serialise.
    serde_json::to_vec_pretty(value).unwrap_or_default()
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ScheduleError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|_| ScheduleError::Damaged(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FolderError::File { path: path.to_owned(), error }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(text: &str) -> Every {
        text.parse().unwrap()
    }

    #[test]
    fn periods_lie_on_the_calendar_and_weeks_begin_on_monday() {
        let at: Timestamp = "2026-11-28T07:44:38Z".parse().unwrap();
        let period = |text| every(text).period(at);
        assert_eq!(period("1h").start, "2026-11-28T07:00:00Z".parse().unwrap());
        assert_eq!(period("1d").end, "2026-11-29T00:00:00Z".parse().unwrap());
        assert_eq!(period("7d").start, "2026-11-23T00:00:00Z".parse().unwrap(), "that was a Monday");
        assert_eq!(every("7d").first_whole(at).start, "2026-11-30T00:00:00Z".parse().unwrap());
        assert_eq!(every("1d").first_whole(period("1d").start), period("1d"));
        for bad in ["", "0s", "1s", "7h", "2d", "14d", "1w", "-1d", "1\n"] {
            assert!(bad.parse::<Every>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_schedule_is_kept_by_name_read_by_its_owner_only_and_its_name_is_never_given_again() {
        let folder = tempfile::tempdir().unwrap();
        let schedules = Schedules::of(folder.path());
        let schedule = |name: &str| Schedule {
            name: name.parse().unwrap(),
            recipient: "mobility".parse().unwrap(),
            purpose: "traffic-management".parse().unwrap(),
            stream: "wifi".parse().unwrap(),
            view: None,
            format: Format::Csv,
            every: every("1d"),
            keep: 30,
            since: "2026-11-28T07:44:38Z".parse().unwrap(),
        };
        assert_eq!(schedules.all().unwrap(), []);
        let first = schedule("counts");
        schedules.add(&first).unwrap();
        assert_eq!(schedules.all().unwrap(), std::slice::from_ref(&first));
        assert!(matches!(schedules.add(&first), Err(ScheduleError::Exists(_))));
        assert!(matches!(
            schedules.add(&Schedule { recipient: PUBLIC.parse().unwrap(), ..schedule("open") }),
            Err(ScheduleError::Public)
        ));
        for keep in [0, KEEP_MAX + 1] {
            assert!(matches!(schedules.add(&Schedule { keep, ..schedule("k") }), Err(ScheduleError::Keep(_))));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode("exports/counts"), mode("exports/counts/schedule.json")), (0o700, 0o600));
        }
        schedules.remove(&first.name).unwrap();
        assert_eq!((schedules.get(&first.name).unwrap(), schedules.ever().unwrap()), (None, vec![first.name.clone()]));
        assert!(matches!(schedules.remove(&first.name), Err(ScheduleError::Unknown(_))));
        assert!(matches!(schedules.add(&first), Err(ScheduleError::Exists(_))), "recipients know its addresses");
        for number in 0..SCHEDULES_MAX {
            schedules.add(&schedule(&format!("s{number}"))).unwrap();
        }
        assert!(matches!(schedules.add(&schedule("more")), Err(ScheduleError::TooMany)));
        fs::write(folder.path().join("exports/s1/schedule.json"), "{\"recipient\":\"x\"}").unwrap();
        assert!(matches!(schedules.all(), Err(ScheduleError::Damaged(_))));
        for bad in ["", "-a", "a/b", "..", "A", "a b", &"a".repeat(64)] {
            assert!(bad.parse::<ScheduleName>().is_err(), "{bad}");
        }
    }
}
