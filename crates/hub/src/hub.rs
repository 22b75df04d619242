//! The running hub: one writer, many readers, one commit point.
//!
//! A command is prepared against documents, decided against the state, written in one transaction, folded, and answered; the log's
//! files are derived afterwards. Readers hold an immutable [`State`] and never wait.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use journal::{Head, Journal, JournalError, NewEntry, Payload, SqliteJournal};
use model::entropy::NoEntropy;
use model::{Clock, Digest, Entropy, Fields, Sealed, Timestamp};
use register::publish::{PublishError, Publisher};
use standards::Library;
use tlog::{NoteError, SigningKey};

use crate::act::{Act, ActError, Entry, HubFounded, What};
use crate::amend::AmendError;
use crate::command::Command;
use crate::decide::{Refusal, Written, decide};
use crate::document::{DocumentError, Documents};
use crate::folder::{Folder, FolderError};
use crate::land::{Land, LandError};
use crate::looking::LookError;
use crate::member::ListedMember;
use crate::state::{ApplyError, State};
use crate::trying::{Limits, Round, Trying};
use crate::words::{PersonId, Title};

/// How many entries are read at a time.
const READ_AT_ONCE: usize = 1_000;
/// How far the clock may stand behind the last act, in milliseconds.
const CLOCK_BEHIND_MAX_MILLIS: i64 = 5_000;

/// Why a hub does not open, or did not write. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// It was decided against.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The amendment cannot be applied.
    #[error(transparent)]
    Amend(#[from] AmendError),
    /// A document is missing or is none.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An entry that is no act of a hub.
    #[error("entry {entry}: {error}")]
    Act {
        /// Its index.
        entry: Entry,
        /// Why.
        error: ActError,
    },
    /// An act that cannot follow its past.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The log's files.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The signing key is another than the log's.
    #[error("the signing key is not the one that the log names; put the right key back")]
    WrongKey,
    /// The journal is older than what was published, or another one.
    #[error(
        "the published checkpoint is not a prefix of the journal: the journal is older than what was published, or another one. \
         Nothing may be signed; restore the newer journal"
    )]
    RolledBack,
    /// The origin is no key name.
    #[error("the log's origin: {0}")]
    Origin(#[from] NoteError),
    /// The clock stands behind the last act.
    #[error("the clock says {now}, but the last act happened at {last}; set the clock right, nothing was written")]
    ClockBehind {
        /// What the clock says.
        now: Timestamp,
        /// When the last act happened.
        last: Timestamp,
    },
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// The packs of this software.
    #[error("the packs of this software do not hold together")]
    Library,
    /// A pack could not be signed.
    #[error(transparent)]
    Trust(#[from] standards::TrustError),
}

/// What a hub begins with.
#[derive(Debug, Clone)]
pub struct Founding {
    /// The alliance's name.
    pub name: Title,
    /// The log's origin.
    pub origin: String,
    /// Who keeps the secretariat.
    pub secretariat: ListedMember,
    /// The first person, who speaks for it.
    pub person: PersonId,
}

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Receipt {
    /// The entries that it made; none where it was so already.
    pub entries: Vec<Entry>,
}

struct Writer {
    journal: SqliteJournal,
    publisher: Publisher,
}

/// A hub, open for reading and writing.
pub struct Hub {
    state: ArcSwap<State>,
    writer: Mutex<Writer>,
    folder: Folder,
    key: SigningKey,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    pub(crate) documents: Documents,
    pub(crate) library: Library,
    pub(crate) shelf: crate::shelf::Shelf,
}

impl Hub {
    /// Begins a hub in an empty folder.
    ///
    /// # Errors
    /// There is something already, or it could not be written.
    pub fn create(
        root: &Path,
        founding: Founding,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, HubError> {
        let folder = Folder::create(root)?;
        let key = SigningKey::generate(entropy.bytes32()?, &founding.origin)?;
        folder.keep_log_key(&key)?;
        let (by, at) = (founding.person.clone(), clock.now());
        let founded = HubFounded {
            name: founding.name,
            origin: founding.origin,
            log_key: key.vkey().to_string(),
            secretariat: founding.secretariat,
            person: founding.person,
        };
        let hub = Self::assembled(folder, key, State::default(), clock, entropy)?;
        let act = Act { at, by, what: What::HubFounded(founded) };
        hub.commit(&mut hub.writer(), vec![Written { act, payload: None }])?;
        hub.publish()?;
        Ok(hub)
    }

    /// Opens a hub: replays its journal and holds it against what was published.
    ///
    /// # Errors
    /// Anything at all is wrong; then nothing is written.
    pub fn open(root: &Path, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Self, HubError> {
        let folder = Folder::open(root)?;
        let key = folder.log_key()?;
        let hub = Self::assembled(folder, key, State::default(), clock, entropy)?;
        {
            let mut writer = hub.writer();
            let published = writer.publisher.published()?;
            let published = published.map(|checkpoint| Head { size: checkpoint.size, root: checkpoint.root });
            let state = replay(&writer.journal, published.as_ref())?;
            if state.founded.as_ref().is_none_or(|founded| founded.log_key != hub.key.vkey().to_string()) {
                return Err(HubError::WrongKey);
            }
            let Writer { journal, publisher } = &mut *writer;
            publisher.resume(journal, published.map_or(0, |head| head.size))?;
            // What was to be erased when the process ended is erased now.
            state.erased.iter().try_for_each(|entry| journal.erase(*entry))?;
            hub.documents.keep_only(&state.documents())?;
            hub.state.store(Arc::new(state));
        }
        hub.publish()?;
        Ok(hub)
    }

    fn assembled(
        folder: Folder,
        key: SigningKey,
        state: State,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, HubError> {
        let journal = SqliteJournal::open(&folder.journal())?;
        let publisher = Publisher::new(&folder.log(), key.name(), key.clone());
        let library = standards::built_in().map_err(|_| HubError::Library)?;
        let documents = Documents::new(&folder.documents());
        let (state, writer) = (ArcSwap::from_pointee(state), Mutex::new(Writer { journal, publisher }));
        let shelf = crate::shelf::Shelf::default();
        Ok(Self { state, writer, folder, key, clock, entropy, documents, library, shelf })
    }

    /// The hub as it is now.
    #[must_use]
    pub fn state(&self) -> Arc<State> {
        self.state.load_full()
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The source of randomness.
    #[must_use]
    pub fn entropy(&self) -> &dyn Entropy {
        self.entropy.as_ref()
    }

    /// The land that is drawn under maps of the world.
    ///
    /// # Errors
    /// What is kept cannot be read.
    pub fn land(&self) -> Result<Option<Land>, LandError> {
        Land::kept(self.folder.root())
    }

    /// The folder of the log's public files.
    #[must_use]
    pub fn log_folder(&self) -> PathBuf {
        self.folder.log()
    }

    /// The folder of the mirrors; it is there once the first city was taken up.
    #[must_use]
    pub fn mirrors(&self) -> PathBuf {
        self.folder.mirrors()
    }

    /// Tries drafts on the kept logs of the cities that consented; see [`crate::trying`].
    ///
    /// # Errors
    /// As [`Trying::round`].
    pub fn try_drafts(&self) -> Result<Round, LookError> {
        let (mirrors, state) = (self.mirrors(), self.state());
        let (documents, library, clock) = (&self.documents, &self.library, self.clock.as_ref());
        let limits = Limits::default();
        Trying { mirrors: &mirrors, alliance: &state, documents, library, clock, limits }.round(None, false)
    }

    /// The key that signs the log and what it releases.
    pub(crate) const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// A lock whose holder panicked is taken all the same: every change is made on a copy and swapped in whole.
    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does one thing for a person.
    ///
    /// # Errors
    /// It was refused, or could not be written; then nothing was.
    pub fn submit(&self, by: &PersonId, command: &Command) -> Result<Receipt, HubError> {
        self.submit_while(by, command, || true)
    }

    /// The same for as long as somebody waits for it: what took longer to be worked out is not written.
    ///
    /// # Errors
    /// It was refused, or could not be written, or nobody waits for it any more; then nothing was written.
    pub fn submit_while(
        &self,
        by: &PersonId,
        command: &Command,
        is_awaited: impl Fn() -> bool,
    ) -> Result<Receipt, HubError> {
        // Who may not ask at all costs nobody a proof.
        let state = self.state();
        let may = state.speaker(by).is_some_and(|(_, role)| crate::roles::may(role, crate::roles::action(command)));
        let prepared = if may { self.prepare(&state, by, command)? } else { crate::decide::Prepared::Nothing };
        let mut writer = self.writer();
        let state = self.state();
        let now = self.writing_time(&state)?;
        let written = decide(&state, by, command, &prepared, now, self.entropy())?;
        let entries = (state.size..).take(written.len()).collect();
        if !is_awaited() {
            return Err(Refusal::Late.into());
        }
        if let Some(files) = prepared.files() {
            self.documents.keep(files)?;
        }
        self.commit(&mut writer, written)?;
        if let Command::Erase { entry, .. } = command {
            writer.journal.erase(*entry)?;
        }
        Ok(Receipt { entries })
    }

    fn writing_time(&self, state: &State) -> Result<Timestamp, HubError> {
        let now = self.clock.now();
        let Some(last) = state.last_at else { return Ok(now) };
        if last.millis() - now.millis() > CLOCK_BEHIND_MAX_MILLIS {
            return Err(HubError::ClockBehind { now, last });
        }
        Ok(now.max(last))
    }

    /// The one commit point: what cannot be folded is not written.
    fn commit(&self, writer: &mut Writer, written: Vec<Written>) -> Result<(), HubError> {
        if written.is_empty() {
            return Ok(());
        }
        let mut next = State::clone(&self.state());
        let mut batch = Vec::with_capacity(written.len());
        for Written { act, payload } in written {
            let bytes = act.to_bytes().map_err(|error| HubError::Act { entry: next.size, error })?;
            next.apply(&act)?;
            batch.push(NewEntry { bytes, payload });
        }
        let before = writer.journal.head();
        if before.size + batch.len() as u64 != next.size {
            return Err(JournalError::Conflict { actual: before }.into());
        }
        if let Err(error) = writer.journal.append(&before, &batch) {
            // A commit of unknown outcome: what is there now says which it was.
            if writer.journal.settle()?.size != next.size {
                return Err(error.into());
            }
        }
        self.state.store(Arc::new(next));
        Ok(())
    }

    /// Writes tiles and a signed checkpoint over everything committed so far, and gives the checkpoint's text.
    ///
    /// # Errors
    /// A file could not be written; the acts are safe, and the next call publishes them.
    pub fn publish(&self) -> Result<String, HubError> {
        let mut writer = self.writer();
        let Writer { journal, publisher } = &mut *writer;
        Ok(publisher.publish(journal)?)
    }

    /// Bytes of an entry, as they are in the log.
    ///
    /// # Errors
    /// The journal could not be read.
    pub fn entry(&self, index: Entry) -> Result<Option<Vec<u8>>, HubError> {
        let read = self.writer().journal.read(index, 1)?;
        Ok(read.into_iter().find(|entry| entry.index == index).map(|entry| entry.bytes))
    }

    /// What somebody wrote, as long as it is there. Whether it may be shown is for whoever shows it: see [`State::hidden`].
    ///
    /// # Errors
    /// The journal could not be read, or what it holds does not open the act's commitments.
    pub fn words(&self, entry: Entry) -> Result<Sealed<Fields>, HubError> {
        let payload = self.writer().journal.payload(entry)?;
        let Payload::Present(payload) = payload else { return Ok(Sealed::Erased) };
        let bytes = self.entry(entry)?.unwrap_or_default();
        let act = Act::from_bytes(&bytes).map_err(|error| HubError::Act { entry, error })?;
        let opened = crate::sealed::commitments(&act.what).map(|sealed| crate::sealed::open(&payload, sealed));
        match opened {
            Some(Ok(fields)) => Ok(Sealed::Present(fields)),
            Some(Err(error)) => Err(Refusal::Seal(error).into()),
            None => Ok(Sealed::Erased),
        }
    }

    /// A released or drafted document's bytes.
    ///
    /// # Errors
    /// It is not there, or is not what it should be.
    pub fn document(&self, digest: &Digest) -> Result<Vec<u8>, HubError> {
        Ok(self.documents.bytes(digest)?)
    }
}

/// Folds a journal, and sees that what was published is a prefix of it.
fn replay(journal: &SqliteJournal, published: Option<&Head>) -> Result<State, HubError> {
    let (mut state, mut edge) = (State::default(), tlog::RightEdge::new());
    let mut is_prefix = published.is_none_or(|head| head.size == 0);
    loop {
        let read = journal.read(state.size, READ_AT_ONCE)?;
        if read.is_empty() {
            break;
        }
        for entry in read {
            let act = Act::from_bytes(&entry.bytes).map_err(|error| HubError::Act { entry: entry.index, error })?;
            state.apply(&act)?;
            edge.push(tlog::leaf_hash(&entry.bytes));
            is_prefix |= published.is_some_and(|head| head.size == edge.size() && head.root == edge.root());
        }
    }
    if is_prefix { Ok(state) } else { Err(HubError::RolledBack) }
}
