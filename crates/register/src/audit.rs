//! The audit of a city: its log from nothing but public files, and, at the city itself, its journal beside it.
//!
//! The public part needs no trust in the node: every hash is recomputed, every act is replayed. The inner part holds
//! the journal, the sealed payloads and the disclosure records against what the log says of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use journal::{Entry, JournalError, Payload, SqliteReader};
use model::act::{ActError, DisclosuresBatched};
use model::{Act, SealedFields, What};
use tlog::audit::{AuditError, AuditReport, Auditor, LogSource, SourceError, read_entry};
use tlog::checkpoint::{CHECKPOINT_PATH, parse_unverified};
use tlog::note::MAX_NOTE_LEN;
use tlog::{NoteError, RightEdge, Vkey, leaf_hash};

use crate::register::batch_of;
use crate::sealing::{SealError, open};
use crate::state::{ApplyError, State};

/// How many entries or records are compared at a time.
const READ_AT_ONCE: usize = 1_000;

/// Where an audit failed.
#[derive(Debug, thiserror::Error)]
pub enum AuditFailure {
    /// The log itself does not hold together.
    #[error("the log: {0}")]
    Log(#[from] AuditError),
    /// The first entry could not be read, or is not the founding of a city.
    #[error("the log's first entry does not found a city: {0}")]
    Founding(String),
    /// The key in the log cannot be read.
    #[error("the log's key: {0}")]
    Key(#[from] NoteError),
    /// The log is signed by another key than the one asked for.
    #[error("the log names the key `{found}`, you asked for `{wanted}`")]
    OtherKey {
        /// What the log names.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// An entry is not an act.
    #[error("entry {entry}: {error}")]
    Act {
        /// Its index.
        entry: u64,
        /// Why.
        error: ActError,
    },
    /// An act cannot follow its past.
    #[error("the acts: {0}")]
    Apply(#[from] ApplyError),
    /// The journal could not be read.
    #[error("the journal: {0}")]
    Journal(#[from] JournalError),
    /// The journal holds another entry than the log.
    #[error("entry {0} of the journal is not the one in the log")]
    JournalDiffers(u64),
    /// The journal is shorter than what was published.
    #[error("the journal holds {stored} entries, {published} were published")]
    JournalShort {
        /// Entries stored.
        stored: u64,
        /// Entries published.
        published: u64,
    },
    /// A payload does not open the commitments of its act.
    #[error("the payload of entry {entry}: {error}")]
    Payload {
        /// The entry.
        entry: u64,
        /// Why.
        error: SealError,
    },
    /// A payload is gone without an act that says so.
    #[error("the payload of entry {0} is gone, and no act says that it was erased")]
    PayloadGone(u64),
    /// A payload is there although an act says that it was erased.
    #[error("the payload of entry {0} is there, although an act says that it was erased")]
    PayloadBack(u64),
    /// Disclosure records differ from the batch in the log.
    #[error("the disclosure records {first} to {last} are not the ones that the log batched")]
    Disclosures {
        /// First number of the batch.
        first: u64,
        /// Last number of the batch.
        last: u64,
    },
}

/// What a complete audit found; given only when everything held.
#[derive(Debug, Clone)]
pub struct Audit {
    /// Sizes and root of the log.
    pub log: AuditReport,
    /// The key that signs it.
    pub key: String,
    /// How many acts of each kind.
    pub acts: BTreeMap<&'static str, u64>,
    /// The register, replayed.
    pub state: State,
    /// What was compared inside the city; none for an audit from outside.
    pub inner: Option<InnerAudit>,
    batches: Vec<DisclosuresBatched>,
    sealed: BTreeMap<u64, SealedFields>,
}

/// What an audit at the city itself compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InnerAudit {
    /// Entries equal in journal and log.
    pub entries: u64,
    /// Entries in the journal that are not published yet.
    pub unpublished: u64,
    /// Payloads that open their commitments.
    pub payloads: u64,
    /// Payloads erased, as the log says.
    pub erased: u64,
    /// Disclosure records that give the roots in the log.
    pub records: u64,
    /// Disclosure records that no batch holds yet.
    pub unbatched: u64,
}

/// Audits a log from its public files alone. Without a wanted key it takes the one that the first entry names, which
/// proves that the log is whole, not whose it is. With an older checkpoint the log must continue it.
///
/// # Errors
/// The first thing that does not hold, and where.
pub fn audit(source: &dyn LogSource, wanted: Option<&str>, older: Option<String>) -> Result<Audit, AuditFailure> {
    let key = founding_key(source)?;
    if let Some(wanted) = wanted.filter(|wanted| *wanted != key) {
        return Err(AuditFailure::OtherKey { found: key, wanted: wanted.to_owned() });
    }
    let vkey: Vkey = key.parse()?;
    let (mut state, mut acts) = (State::default(), BTreeMap::new());
    let (mut batches, mut sealed) = (Vec::new(), BTreeMap::new());
    let mut failure = None;
    let auditor = Auditor::new(vkey);
    let auditor = match older {
        Some(older) => auditor.continuing(older),
        None => auditor,
    };
    let report = auditor.run(&source, |entry, bytes| {
        if failure.is_some() {
            return;
        }
        let step = Act::from_bytes(bytes).map_err(|error| AuditFailure::Act { entry, error }).and_then(|act| {
            state.apply(&act)?;
            Ok(act)
        });
        match step {
            Ok(act) => {
                *acts.entry(act.what.kind()).or_insert(0) += 1;
                match act.what {
                    What::DisclosuresBatched(batch) => batches.push(batch),
                    What::PartyRegistered(registered) => drop(sealed.insert(entry, registered.contact)),
                    What::OrderIssued(issued) => drop(sealed.insert(entry, issued.list)),
                    _ => {}
                }
            }
            Err(error) => failure = Some(error),
        }
    });
    // A damaged log first, because it explains an act that cannot be read.
    let log = report?;
    match failure {
        Some(failure) => Err(failure),
        None => Ok(Audit { log, key, acts, state, inner: None, batches, sealed }),
    }
}

/// The key that the log's first entry names.
fn founding_key(source: &dyn LogSource) -> Result<String, AuditFailure> {
    let founding = |error: &dyn std::fmt::Display| AuditFailure::Founding(error.to_string());
    let note = source.get_limited(CHECKPOINT_PATH, MAX_NOTE_LEN).map_err(AuditError::Source)?;
    let note = std::str::from_utf8(&note).map_err(|error| founding(&error))?;
    // Unverified, and only used to find the first entry: what it holds is checked against the signed root later.
    let size = parse_unverified(note).map_err(|error| founding(&error))?.size;
    let entry = read_entry(&source, 0, size).map_err(|error| founding(&error))?;
    match Act::from_bytes(&entry).map(|act| act.what) {
        Ok(What::CityFounded(city)) => Ok(city.log_key),
        Ok(other) => Err(AuditFailure::Founding(format!("it is a `{}`", other.kind()))),
        Err(error) => Err(AuditFailure::Founding(error.to_string())),
    }
}

impl Audit {
    /// Goes on inside the city: holds the journal against the log.
    ///
    /// # Errors
    /// The first thing that differs, and where.
    pub fn inside(mut self, journal: &SqliteReader, log: &dyn LogSource) -> Result<Self, AuditFailure> {
        let mut inner = InnerAudit::default();
        let stored = journal.head().size;
        if stored < self.log.size {
            return Err(AuditFailure::JournalShort { stored, published: self.log.size });
        }
        inner.unpublished = stored - self.log.size;
        inner.entries = self.compare_entries(journal, log)?;
        self.open_payloads(journal, &mut inner)?;
        for batch in &self.batches {
            inner.records += compare_batch(journal, batch, &self.state)?;
        }
        inner.unbatched = journal.next_seq() - self.state.next_disclosure.0;
        self.inner = Some(inner);
        Ok(self)
    }

    /// The journal's entries give the signed root; where they do not, the first one that differs is looked for.
    fn compare_entries(&self, journal: &SqliteReader, log: &dyn LogSource) -> Result<u64, AuditFailure> {
        let mut edge = RightEdge::new();
        self.each_stored(journal, |entry| {
            edge.push(leaf_hash(&entry.bytes));
            Ok(())
        })?;
        if edge.root() == self.log.root {
            return Ok(self.log.size);
        }
        self.each_stored(journal, |entry| {
            let published = read_entry(&log, entry.index, self.log.size).map_err(AuditError::Source)?;
            if entry.bytes == published { Ok(()) } else { Err(AuditFailure::JournalDiffers(entry.index)) }
        })?;
        Err(AuditFailure::JournalDiffers(0))
    }

    /// Visits the journal's entries that the log has published, in order and without a gap.
    fn each_stored(
        &self,
        journal: &SqliteReader,
        mut visit: impl FnMut(&Entry) -> Result<(), AuditFailure>,
    ) -> Result<(), AuditFailure> {
        let mut at = 0;
        while at < self.log.size {
            let read = journal.read(at, READ_AT_ONCE)?;
            if read.is_empty() {
                return Err(AuditFailure::JournalShort { stored: at, published: self.log.size });
            }
            for entry in read.iter().take_while(|entry| entry.index < self.log.size) {
                if entry.index != at {
                    return Err(AuditFailure::JournalDiffers(at));
                }
                visit(entry)?;
                at += 1;
            }
        }
        Ok(())
    }

    fn open_payloads(&self, journal: &SqliteReader, inner: &mut InnerAudit) -> Result<(), AuditFailure> {
        for (&entry, sealed) in &self.sealed {
            let erased = self.state.erased.contains(&entry);
            match (journal.payload(entry)?, erased) {
                (Payload::Present(bytes), false) => {
                    open(&bytes, sealed).map_err(|error| AuditFailure::Payload { entry, error })?;
                    inner.payloads += 1;
                }
                (Payload::Present(_), true) => return Err(AuditFailure::PayloadBack(entry)),
                (_, true) => inner.erased += 1,
                (_, false) => return Err(AuditFailure::PayloadGone(entry)),
            }
        }
        Ok(())
    }
}

fn compare_batch(ledger: &SqliteReader, batch: &DisclosuresBatched, state: &State) -> Result<u64, AuditFailure> {
    let differs = || AuditFailure::Disclosures { first: batch.first.0, last: batch.last.0 };
    let count = batch.last.0 - batch.first.0 + 1;
    let stored = ledger.records(batch.first.0, usize::try_from(count).unwrap_or(usize::MAX))?;
    let recomputed = batch_of(&stored, state).map_err(|_| differs())?;
    if recomputed.as_ref() == Some(batch) { Ok(count) } else { Err(differs()) }
}

/// A log's public files in a folder.
#[derive(Debug, Clone)]
pub struct FolderSource(PathBuf);

impl FolderSource {
    /// The folder that holds `checkpoint` and `tile/`.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }
}

impl LogSource for FolderSource {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        fs::read(self.0.join(path)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SourceError::NotFound(path.to_owned()),
            _ => SourceError::Failed { path: path.to_owned(), message: error.to_string() },
        })
    }
}
