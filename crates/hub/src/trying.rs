//! Drafts tried at the hub: the newest version of each, replayed on what is kept of the public log of each city that consented.
//!
//! What comes of it is noted beside the mirrors and shown on the draft's pages. It is no act and vouches for nothing: whoever has the draft
//! and the log works it out again, to the same digest. Nothing is tried on the log of a city that did not consent, or does no longer, and
//! no log keeps the others waiting for ever: one that is longer, or asks for more looks, than a hub has time for is told of and left to
//! `ordinance pilot run`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use journal::files::{self, Readers};
use model::{Clock, Digest, PartyId, Span, Timestamp};
use serde::{Deserialize, Serialize};
use standards::Library;
use tlog::TilePath;
use tlog::audit::{LogSource, SourceError};
use tlog::checkpoint::CHECKPOINT_PATH;

use crate::bases::Bases;
use crate::document::{DocumentError, Documents};
use crate::looking::LookError;
use crate::mirror::{Mirror, MirrorError};
use crate::pilot::{Draft, Minutes, Report, outside_within};
use crate::state::State;
use crate::words::{DraftId, MemberId};

/// The longest log that is replayed at a hub, in entries: more than a city of 10,000 deployments has in some years.
pub const ENTRIES_MAX: u64 = 500_000;
/// The most things that one replay at a hub looks at; see [`crate::pilot::LOOKS_MAX`].
pub const LOOKS_MAX: u64 = 400_000;
/// How long replays go on after a look at all logs; who is left then comes first the next time.
pub const TIME_MAX: Span = Span::minutes(30);
/// Most characters of why there is no report.
const WHY_CHARS_MAX: usize = 500;
/// The largest note, in bytes.
const NOTE_BYTES_MAX: u64 = 8 << 20;

/// What came of trying a draft on a city's log.
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
    /// When it was tried.
    pub at: Timestamp,
    /// What came of it.
    pub came: Came,
}

/// A report, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Came {
    /// What the draft would have meant.
    Report(Box<Report>),
    /// Why that cannot be said here.
    Nothing(String),
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
}

impl Round {
    /// Whether there was nothing to do.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.tried.is_empty() && self.without.is_empty() && self.waiting == 0
    }

    /// In one sentence.
    #[must_use]
    pub fn in_words(&self) -> String {
        let (tried, known) = (self.tried.len(), self.known);
        let mut words =
            format!("Drafts were tried on {tried} logs of cities that consented; of {known} nothing is new.");
        for (draft, city, why) in &self.without {
            words.push_str(&format!(" No report of {draft} on {city}: {why}."));
        }
        if self.waiting > 0 {
            words.push_str(&format!(" {} wait for the next round, and come first then.", self.waiting));
        }
        words
    }
}

impl Tried {
    /// What is noted of a draft and a city in a folder of mirrors; none if it was not tried, or the note cannot be read.
    #[must_use]
    pub fn noted(mirrors: &Path, draft: &DraftId, city: &MemberId) -> Option<Self> {
        let path = note(mirrors, draft, city);
        if std::fs::metadata(&path).ok()?.len() > NOTE_BYTES_MAX {
            return None;
        }
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    /// The report, if there is one.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        if let Came::Report(report) = &self.came { Some(report) } else { None }
    }
}

fn note(mirrors: &Path, draft: &DraftId, city: &MemberId) -> PathBuf {
    mirrors.join("pilots").join(draft.as_str()).join(format!("{city}.json"))
}

/// What is kept of a city's log, up to one signed head, as the files of a log.
struct KeptLog<'a> {
    mirror: &'a Mirror,
    city: &'a PartyId,
    head: &'a str,
}

impl LogSource for KeptLog<'_> {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        if path == CHECKPOINT_PATH {
            return Ok(self.head.as_bytes().to_vec());
        }
        let missing = || SourceError::NotFound(path.to_owned());
        let named = TilePath::parse(path).map_err(|_| missing())?;
        let failed = |error: MirrorError| SourceError::Failed { path: path.to_owned(), message: error.to_string() };
        self.mirror.file(self.city, named).map_err(failed)?.ok_or_else(missing)
    }
}

/// Somebody who consented, and what is noted of them.
struct Due {
    draft: DraftId,
    city: MemberId,
    before: Option<Tried>,
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
}

impl Trying<'_> {
    /// Tries every draft, or one, on the kept logs of the cities that consented, where either is another than it was the last time; forgets
    /// what is noted of those who do no longer.
    ///
    /// # Errors
    /// Another process looks at the mirrors, or their folder cannot be used. That one log or draft fails is told and hides no other.
    pub fn round(&self, only: Option<&DraftId>) -> Result<Round, LookError> {
        let began = self.clock.now();
        let mut round = Round::default();
        let Some(mirror) = Mirror::found(self.mirrors)? else { return Ok(round) };
        let fail = |error| LookError::File { path: self.mirrors.to_owned(), error };
        let lock = files::lock(self.mirrors).map_err(fail)?.ok_or(LookError::Busy)?;
        for Due { draft, city, before } in self.due(only)? {
            if self.clock.now() > began + TIME_MAX {
                round.waiting += 1;
                continue;
            }
            let tried = match self.try_one(&mirror, (&draft, &city), before.as_ref()) {
                Ok(Some(tried)) => tried,
                Ok(None) => {
                    round.known += 1;
                    continue;
                }
                Err(error) => {
                    round.without.push((draft, city, error.to_string()));
                    continue;
                }
            };
            if let Came::Nothing(why) = &tried.came {
                round.without.push((draft.clone(), city.clone(), why.clone()));
            }
            keep(&note(self.mirrors, &draft, &city), &tried)?;
            round.tried.push((draft, city));
        }
        drop(lock);
        Ok(round)
    }

    /// Who consented, whoever was tried longest ago first, so that each gets its turn.
    fn due(&self, only: Option<&DraftId>) -> Result<Vec<Due>, LookError> {
        let mut due = Vec::new();
        for (draft, cities) in self.alliance.pilots.iter().filter(|(draft, _)| only.is_none_or(|only| *draft == only)) {
            for city in cities.keys() {
                if !self.alliance.may_be_tried(draft, city) {
                    forget(&note(self.mirrors, draft, city))?;
                    continue;
                }
                let before = Tried::noted(self.mirrors, draft, city);
                due.push(Due { draft: draft.clone(), city: city.clone(), before });
            }
        }
        due.sort_by_key(|due| due.before.as_ref().map(|before| before.at));
        Ok(due)
    }

    /// Tries one draft on one log; none where it was tried as both stand, or nothing whole is kept of the log yet.
    fn try_one(
        &self,
        mirror: &Mirror,
        (draft, city): (&DraftId, &MemberId),
        before: Option<&Tried>,
    ) -> Result<Option<Tried>, MirrorError> {
        let Some(found) = self.alliance.drafts.get(draft) else { return Ok(None) };
        let Ok(name) = city.as_str().parse::<PartyId>() else { return Ok(None) };
        let kept = match mirror.head(&name) {
            Ok(kept) => kept,
            Err(MirrorError::Unknown(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some((head, size)) = kept.covered() else { return Ok(None) };
        if before.is_some_and(|before| (before.document, before.size) == (found.document, size)) {
            return Ok(None);
        }
        let source = KeptLog { mirror, city: &name, head };
        let came = match size > ENTRIES_MAX {
            true => Came::Nothing(format!("the log has {size} entries, and a hub replays {ENTRIES_MAX} at most")),
            false => match self.replayed(&found.document, &source, &kept.key) {
                Ok(report) => Came::Report(Box::new(report)),
                Err(why) => Came::Nothing(model::plain(&why, WHY_CHARS_MAX)),
            },
        };
        let (version, document) = (found.version.clone(), found.document);
        let (draft, city, at) = (draft.clone(), city.clone(), self.clock.now());
        Ok(Some(Tried { draft, version, document, city, size, at, came }))
    }

    fn replayed(&self, document: &Digest, source: &KeptLog<'_>, key: &str) -> Result<Report, String> {
        let told = |error: DocumentError| error.to_string();
        let read = |digest: &Digest| self.documents.read(digest)?.pack().map(Arc::new);
        let bases = Bases { library: self.library, state: self.alliance, read: &read };
        let draft = read(document).and_then(|pack| bases.resolved(&pack)).map_err(told)?;
        let draft = Draft::of(&draft);
        let report = outside_within(source, Some(key), &draft, &Minutes::default(), LOOKS_MAX);
        report.map_err(|error| error.to_string())
    }
}

fn keep(path: &Path, tried: &Tried) -> Result<(), LookError> {
    let fail = |error: io::Error| LookError::File { path: path.to_owned(), error };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    let bytes = serde_json::to_vec(tried).map_err(|error| fail(error.into()))?;
    files::put(path, &bytes, Readers::Everybody).map_err(fail)
}

fn forget(path: &Path) -> Result<(), LookError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(LookError::File { path: path.to_owned(), error }),
        _ => Ok(()),
    }
}
