//! Drafts tried at the hub: the newest version of each, replayed on what is kept of the public log of each city that consented.
//!
//! What comes of it is noted beside the mirrors and shown on the draft's pages. It is no act and vouches for nothing: whoever has the draft
//! and the log works it out again, to the same digest. Nothing is tried on the log of a city that did not consent, or does no longer, nor on
//! another than it named. No log keeps the others waiting for long, or brings the process down again and again: that it is tried is written
//! down before it is, and one that did not come to an end rests, longer each time.

mod note;

use std::path::Path;
use std::sync::Arc;

use journal::files;
use model::{Clock, Digest, PartyId, Span, Timestamp};
use serde::Serialize;
use standards::Library;
use tlog::TilePath;
use tlog::audit::{LogSource, SourceError};
use tlog::checkpoint::CHECKPOINT_PATH;

use crate::bases::Bases;
use crate::document::{DocumentError, Documents};
use crate::guarded::guarded;
use crate::looking::LookError;
use crate::mirror::{Mirror, MirrorError};
use crate::pilot::{self, BUNDLES_MAX, Minutes, PilotError, Replay, Report, outside_with};
use crate::state::{Draft, State};
use crate::words::{DraftId, MemberId};

pub use note::{Came, Tried};

/// The longest log that is replayed at a hub, in entries: more than a city of 10,000 deployments has in some years.
pub const ENTRIES_MAX: u64 = 500_000;
/// The most things that one replay at a hub looks at; see [`crate::pilot::LOOKS_MAX`].
pub const LOOKS_MAX: u64 = 400_000;
/// The largest log that is replayed at a hub, in bytes: all of it may stay in memory, folded twice.
pub const BYTES_MAX: u64 = 256 << 20;
/// How long replays begin after a look at all logs; who is left then comes first the next time.
pub const ROUND_TIME_MAX: Span = Span::minutes(15);
/// How long one of them may take.
pub const REPLAY_TIME_MAX: Span = Span::minutes(3);
/// Most characters of why there is no report.
const WHY_CHARS_MAX: usize = 500;

/// How much of one log is replayed. What is beyond it has no report, and keeps no other log from having one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Entries.
    pub entries: u64,
    /// Bytes.
    pub bytes: u64,
    /// Things that are looked at.
    pub looks: u64,
    /// Policies that are held at a time, as they were and with the draft in them.
    pub bundles: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: ENTRIES_MAX, bytes: BYTES_MAX, looks: LOOKS_MAX, bundles: BUNDLES_MAX }
    }
}

/// What a round of trying did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Round {
    /// Drafts and cities that were tried.
    pub tried: Vec<(DraftId, MemberId)>,
    /// Those of which no report came, and why.
    pub without: Vec<(DraftId, MemberId, String)>,
    /// How many had been tried already, as both stand.
    pub known: usize,
    /// How many wait for the next round.
    pub waiting: usize,
    /// How many did not come to an end the last time, and rest.
    pub resting: usize,
}

impl Round {
    /// Whether there was nothing to do.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.tried.is_empty() && self.without.is_empty() && self.waiting == 0
    }

    /// In a few sentences.
    #[must_use]
    pub fn in_words(&self) -> String {
        let (tried, known) = (self.tried.len(), self.known);
        let mut words =
            format!("Drafts and logs of cities that consented: {tried} were tried, of {known} nothing is new.");
        for (draft, city, why) in &self.without {
            words.push_str(&format!(" No report of {draft} on {city}: {why}."));
        }
        if self.resting > 0 {
            words.push_str(&format!(" {} did not come to an end the last time, and rest.", self.resting));
        }
        if self.waiting > 0 {
            words.push_str(&format!(" {} wait for the next round, and come first then.", self.waiting));
        }
        words
    }
}

/// Why something was not tried. It is told and not kept, so that it is tried again.
#[derive(Debug, thiserror::Error)]
enum Untried {
    #[error(transparent)]
    Document(#[from] DocumentError),
    #[error(transparent)]
    File(#[from] LookError),
}

/// What drafts are tried with: the mirrors, what the hub's log says, and where its packs are.
pub struct Trying<'a> {
    /// The folder of the mirrors.
    pub mirrors: &'a Path,
    /// The hub, as its log folds.
    pub alliance: &'a State,
    /// Its packs.
    pub documents: &'a Documents,
    /// What they stand on.
    pub library: &'a Library,
    /// The time.
    pub clock: &'a dyn Clock,
    /// How much of one log it takes.
    pub limits: Limits,
}

/// Something that is to be tried.
struct Due<'a> {
    draft: &'a DraftId,
    found: &'a Draft,
    city: &'a MemberId,
    /// When it was tried last.
    before: Option<Timestamp>,
    log: Whole,
}

/// What is kept of a city's log, up to a signed head all of which is there.
struct Whole {
    /// As its mirror is called.
    name: PartyId,
    head: String,
    size: u64,
    key: String,
    bytes: u64,
}

impl Trying<'_> {
    /// Tries every draft, or one, on the kept logs of the cities that consented, where either is another than it was the last time, or
    /// `again`; forgets what is noted of those who consent no longer.
    ///
    /// # Errors
    /// Another process tries drafts, or the folder cannot be used. That one log or draft fails is told and hides no other.
    pub fn round(&self, only: Option<&DraftId>, again: bool) -> Result<Round, LookError> {
        let began = self.clock.now();
        let mut round = Round::default();
        let Some(mirror) = Mirror::found(self.mirrors)? else { return Ok(round) };
        let folder = self.mirrors.join(note::FOLDER);
        let fail = |error| LookError::File { path: folder.clone(), error };
        std::fs::create_dir_all(&folder).map_err(fail)?;
        // Whoever looks at logs meanwhile is not held up.
        let lock = files::lock(&folder).map_err(fail)?.ok_or(LookError::Busy)?;
        for due in self.due(&mirror, only, again, &mut round) {
            // Whoever is begun has all of its time: who was cut short would be told that it takes too long.
            let now = self.clock.now();
            if now > began + ROUND_TIME_MAX {
                round.waiting += 1;
                continue;
            }
            let pair = (due.draft.clone(), due.city.clone());
            // A log that brings a mistake in the software to light hides none of the others.
            let why = match guarded(|| self.try_one(&mirror, &due, now + REPLAY_TIME_MAX)) {
                Ok(Ok(why)) => {
                    round.tried.push(pair.clone());
                    why
                }
                Ok(Err(error)) => Some(error.to_string()),
                Err(mistake) => Some(mistake.to_string()),
            };
            round.without.extend(why.map(|why| (pair.0, pair.1, why)));
        }
        drop(lock);
        Ok(round)
    }

    /// What is to be tried, whatever was tried longest ago first, so that each gets its turn.
    fn due(&self, mirror: &Mirror, only: Option<&DraftId>, again: bool, round: &mut Round) -> Vec<Due<'_>> {
        let mut due = Vec::new();
        let drafts = self.alliance.drafts.iter().filter(|(draft, _)| only.is_none_or(|only| *draft == only));
        let asked = drafts.filter_map(|(draft, found)| Some((draft, found, self.alliance.pilots.get(draft)?)));
        for (draft, found, city) in
            asked.flat_map(|(draft, found, cities)| cities.keys().map(move |city| (draft, found, city)))
        {
            let whole = match self.alliance.may_be_tried(draft, city) {
                true => self.whole(mirror, city),
                false => Ok(None),
            };
            let before = Tried::noted(self.mirrors, draft, city);
            let is_known = |log: &Whole| {
                before.as_ref().is_some_and(|before| {
                    before.is_of_now() && before.document == found.document && before.head == log.head
                })
            };
            match whole {
                Ok(Some(_)) if !again && note::rests(self.mirrors, draft, city, self.clock.now()) => round.resting += 1,
                Ok(Some(log)) if !again && is_known(&log) => round.known += 1,
                Ok(Some(log)) => due.push(Due { draft, found, city, before: before.map(|before| before.at), log }),
                // What was found of a log that is not the city's any more, or not to be tried, goes.
                Ok(None) => {
                    let failed = note::forget(self.mirrors, draft, city).err();
                    round.without.extend(failed.map(|error| (draft.clone(), city.clone(), error.to_string())));
                }
                Err(error) => round.without.push((draft.clone(), city.clone(), error.to_string())),
            }
        }
        due.sort_by_key(|due| due.before);
        due
    }

    /// What is kept of the log that a city named, if something whole is.
    fn whole(&self, mirror: &Mirror, city: &MemberId) -> Result<Option<Whole>, MirrorError> {
        let log = self.alliance.members.by_id.get(city).and_then(|member| member.log.as_ref());
        let (Some(log), Ok(name)) = (log, city.as_str().parse::<PartyId>()) else { return Ok(None) };
        let kept = match mirror.head(&name) {
            // Another log under its name is none of the city's that consented.
            Ok(kept) if kept.is_log(&log.key, &log.address) => kept,
            Ok(_) | Err(MirrorError::Unknown(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let whole = |(head, size): (&str, u64)| Whole {
            name,
            head: head.to_owned(),
            size,
            key: kept.key.clone(),
            bytes: kept.bytes,
        };
        Ok(kept.covered().map(whole))
    }

    /// Tries one draft on one log, and notes what came of it; gives why there is no report, if there is none.
    fn try_one(&self, mirror: &Mirror, due: &Due<'_>, until: Timestamp) -> Result<Option<String>, Untried> {
        let Due { draft, found, city, log, .. } = due;
        let read = |digest: &Digest| self.documents.read(digest)?.pack().map(Arc::new);
        let bases = Bases { library: self.library, state: self.alliance, read: &read };
        let resolved = read(&found.document).and_then(|pack| bases.resolved(&pack))?;
        note::begin(self.mirrors, draft, city, self.clock.now())?;
        let source = KeptLog { mirror, log, clock: self.clock, until };
        let (came, report) = match self.replayed(&pilot::Draft::of(&resolved), &source) {
            Ok(report) => (Came::of(&report), Some(report)),
            Err(why) => (Came::Nothing(model::plain(&why, WHY_CHARS_MAX)), None),
        };
        let tried = Tried {
            draft: (*draft).clone(),
            version: found.version.clone(),
            document: found.document,
            city: (*city).clone(),
            size: log.size,
            head: log.head.clone(),
            key: log.key.clone(),
            replay: note::REPLAY,
            at: self.clock.now(),
            came,
        };
        let kept = tried.keep(self.mirrors, report.as_ref())?;
        note::end(self.mirrors, draft, city)?;
        Ok(if let Came::Nothing(why) = kept { Some(why) } else { None })
    }

    fn replayed(&self, draft: &pilot::Draft, source: &KeptLog<'_>) -> Result<Report, String> {
        let Whole { size, bytes, key, .. } = source.log;
        let Limits { entries: entries_max, bytes: bytes_max, looks, bundles } = self.limits;
        if *size > entries_max {
            return Err(format!("the log has {size} entries, and a hub replays {entries_max} at most"));
        }
        if *bytes > bytes_max {
            return Err(format!("the log has {bytes} bytes, and a hub replays {bytes_max} at most"));
        }
        let replay = || Replay::new(draft, None).at_most(looks).holding(bundles).done_by(self.clock, source.until);
        let report = outside_with(source, Some(key), &Minutes::default(), replay);
        report.map_err(|error: PilotError| error.to_string())
    }
}

/// What is kept of a city's log, as the files of a log.
struct KeptLog<'a> {
    mirror: &'a Mirror,
    log: &'a Whole,
    clock: &'a dyn Clock,
    /// Until when anything is read.
    until: Timestamp,
}

impl LogSource for KeptLog<'_> {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        if path == CHECKPOINT_PATH {
            return Ok(self.log.head.as_bytes().to_vec());
        }
        let missing = || SourceError::NotFound(path.to_owned());
        if self.clock.now() > self.until {
            let message = "it took all the time that there was for it".to_owned();
            return Err(SourceError::Failed { path: path.to_owned(), message });
        }
        let named = TilePath::parse(path).map_err(|_| missing())?;
        let failed = |error: MirrorError| SourceError::Failed { path: path.to_owned(), message: error.to_string() };
        self.mirror.file(&self.log.name, named).map_err(failed)?.ok_or_else(missing)
    }
}
