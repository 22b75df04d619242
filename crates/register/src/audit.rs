//! The audit of a city: its log from nothing but public files, and, at the city itself, its journal beside it.
//!
//! The public part needs no trust in the node: every hash is recomputed, every act is replayed. The inner part holds
//! the journal, the sealed payloads and the disclosure records against what the log says of them.

mod first;
mod folder;

use std::collections::BTreeMap;

use journal::{Entry, JournalError, Payload, SqliteReader};
use model::act::{ActError, DisclosuresBatched};
use model::{Act, SealedFields, What};
use tlog::audit::{AuditError, AuditReport, Auditor, LogSource, SourceError, read_entry};
use tlog::checkpoint::CHECKPOINT_PATH;
use tlog::note::MAX_NOTE_LEN;
use tlog::{NoteError, RightEdge, Vkey, leaf_hash};

pub use folder::FolderSource;

use first::First;

use crate::register::batch_of;
use crate::sealing::{SealError, open};
use crate::sources::{self, Unfounded};
use crate::state::{ApplyError, State};

/// How many entries or records are compared at a time.
const READ_AT_ONCE: usize = 1_000;
/// How often a log that goes on meanwhile is read.
const READINGS_MAX: usize = 5;

/// Where an audit failed.
#[derive(Debug, thiserror::Error)]
pub enum AuditFailure {
    /// The log itself does not hold together.
    #[error("the log: {0}")]
    Log(#[from] AuditError),
    /// The first entry is not the founding of a city.
    #[error("{path}: the log's first entry does not found a city: {why}")]
    Founding {
        /// The file that should hold it.
        path: String,
        /// Why.
        why: String,
    },
    /// The checkpoint counts entries that are not there.
    #[error("checkpoint: it counts {size} entries, but {path}, where the first of them should be, is not there")]
    Missing {
        /// How many it counts.
        size: u64,
        /// The file.
        path: String,
    },
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
    /// What an adoption says of its layers cannot be so.
    #[error("entry {entry}: {error}")]
    Sources {
        /// Its index.
        entry: u64,
        /// Why.
        error: Unfounded,
    },
    /// The journal could not be read.
    #[error("the journal: {0}")]
    Journal(#[from] JournalError),
    /// The journal holds another entry than the log.
    #[error("entry {0} of the journal is missing or is not the one in the log")]
    JournalDiffers(u64),
    /// The journal's entries are not those of its head, although all that were published are right.
    #[error("the journal's head, or an entry of it from {0} on, was altered: they do not belong together")]
    JournalHead(u64),
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

/// Somebody who looks on while a log is folded. What it saw counts only if the whole log held.
pub trait Onlooker {
    /// An act, and the register as it stood before it.
    fn sees(&mut self, before: &State, entry: u64, act: &Act);
}

/// Nobody looks on.
impl Onlooker for () {
    fn sees(&mut self, _: &State, _: u64, _: &Act) {}
}

/// Audits a log from its public files alone. Without a wanted key it takes the one that the first entry names, which
/// proves that the log is whole, not whose it is. With an older checkpoint the log must continue it.
///
/// A copy of a log that goes on while it is read may lose files that only its older checkpoint needs; then it is read anew.
///
/// # Errors
/// The first thing that does not hold, and the file or entry where.
pub fn audit(source: &dyn LogSource, wanted: Option<&str>, older: Option<String>) -> Result<Audit, AuditFailure> {
    audit_before(source, wanted, older, || ()).map(|(audit, ())| audit)
}

/// The same, with somebody who looks on: a new one for each reading.
///
/// # Errors
/// The first thing that does not hold; then what was seen counts for nothing.
pub fn audit_before<O: Onlooker>(
    source: &dyn LogSource,
    wanted: Option<&str>,
    older: Option<String>,
    onlooker: impl Fn() -> O,
) -> Result<(Audit, O), AuditFailure> {
    let is_gone = |failure: &AuditFailure| {
        matches!(
            failure,
            AuditFailure::Missing { .. } | AuditFailure::Log(AuditError::Source(SourceError::NotFound(_)))
        )
    };
    read_again(source, is_gone, || audit_once(source, wanted, older.clone(), onlooker()))
}

/// Reads a log that may go on meanwhile: where files are gone, and its checkpoint is another than before, it is read anew.
///
/// # Errors
/// What reading it fails with.
pub fn read_again<T, E>(
    source: &dyn LogSource,
    is_gone: impl Fn(&E) -> bool,
    read: impl Fn() -> Result<T, E>,
) -> Result<T, E> {
    // Whoever serves it may send without end.
    let head = || source.get_limited(CHECKPOINT_PATH, MAX_NOTE_LEN);
    for _ in 1..READINGS_MAX {
        let before = head();
        let outcome = read();
        let went_on = || matches!((&before, head()), (Ok(before), Ok(now)) if *before != now);
        if !(outcome.as_ref().err().is_some_and(&is_gone) && went_on()) {
            return outcome;
        }
    }
    read()
}

fn audit_once<O: Onlooker>(
    source: &dyn LogSource,
    wanted: Option<&str>,
    older: Option<String>,
    onlooker: O,
) -> Result<(Audit, O), AuditFailure> {
    let (key, vkey) = key_of(source, wanted)?;
    let auditor = Auditor::new(vkey);
    let auditor = match older {
        Some(older) => auditor.continuing(older),
        None => auditor,
    };
    let mut folded = Folded::seen_by(onlooker);
    let report = auditor.run(&source, |entry, bytes| folded.take(entry, bytes));
    // A damaged log first, because it explains an act that cannot be read.
    let log = report?;
    let Folded { state, acts, batches, sealed, failure, onlooker } = folded;
    if let Some(failure) = failure {
        return Err(failure);
    }
    match state.city.as_ref().map(|city| city.log_key.clone()) {
        Some(found) if found == key => {}
        found => return Err(AuditFailure::OtherKey { found: found.unwrap_or_default(), wanted: key }),
    }
    Ok((Audit { log, key, acts, state, inner: None, batches, sealed }, onlooker))
}

/// The key to audit under: the wanted one, or the one that the log names. If neither can be right, what is to blame.
fn key_of(source: &dyn LogSource, wanted: Option<&str>) -> Result<(String, Vkey), AuditFailure> {
    let first = First::read(source)?;
    let named = first.named();
    let signs = named.as_ref().is_ok_and(|(_, vkey)| first.is_signed_by(vkey));
    let Some(wanted) = wanted else {
        if signs {
            return named.map_err(|why| AuditFailure::Founding { path: CHECKPOINT_PATH.to_owned(), why });
        }
        let why = named.as_ref().err().cloned();
        return match (first.blame(why), named) {
            (None, Ok(named)) => Ok(named),
            (blame, named) => Err(blame.unwrap_or(AuditFailure::Founding {
                path: CHECKPOINT_PATH.to_owned(),
                why: named.err().unwrap_or_default(),
            })),
        };
    };
    let other = |found: &str| AuditFailure::OtherKey { found: found.to_owned(), wanted: wanted.to_owned() };
    match (wanted.parse::<Vkey>(), named) {
        (Ok(vkey), _) if first.is_signed_by(&vkey) => Ok((wanted.to_owned(), vkey)),
        (_, Ok((found, _))) if signs && found != wanted => Err(other(&found)),
        (Ok(vkey), _) => Ok((wanted.to_owned(), vkey)),
        (Err(error), _) => Err(error.into()),
    }
}

/// What the entries of a log fold to while it is read.
struct Folded<O> {
    state: State,
    acts: BTreeMap<&'static str, u64>,
    batches: Vec<DisclosuresBatched>,
    sealed: BTreeMap<u64, SealedFields>,
    failure: Option<AuditFailure>,
    onlooker: O,
}

impl<O: Onlooker> Folded<O> {
    fn seen_by(onlooker: O) -> Self {
        let (acts, sealed) = (BTreeMap::new(), BTreeMap::new());
        Self { state: State::default(), acts, batches: Vec::new(), sealed, failure: None, onlooker }
    }

    fn take(&mut self, entry: u64, bytes: &[u8]) {
        if self.failure.is_some() {
            return;
        }
        let act = match Act::from_bytes(bytes) {
            Ok(act) => act,
            Err(error) => return self.failure = Some(AuditFailure::Act { entry, error }),
        };
        if let What::PolicyAdoptedFrom(adopted) = &act.what
            && let Err(error) = sources::check(adopted, self.state.policy.as_deref())
        {
            return self.failure = Some(AuditFailure::Sources { entry, error });
        }
        self.onlooker.sees(&self.state, entry, &act);
        if let Err(error) = self.state.apply(&act) {
            return self.failure = Some(error.into());
        }
        *self.acts.entry(act.what.kind()).or_insert(0) += 1;
        match act.what {
            What::DisclosuresBatched(batch) => self.batches.push(batch),
            What::PartyRegistered(registered) => drop(self.sealed.insert(entry, registered.contact)),
            What::OrderIssued(issued) => drop(self.sealed.insert(entry, issued.list)),
            What::InquiryReceived(received) => drop(self.sealed.insert(entry, received.sealed)),
            What::IncidentReported(reported) => drop(self.sealed.insert(entry, reported.sealed)),
            _ => {}
        }
    }
}

impl Audit {
    /// Goes on inside the city: holds the journal against the log.
    ///
    /// # Errors
    /// The first thing that differs, and where.
    pub fn inside(mut self, journal: &SqliteReader, log: &dyn LogSource) -> Result<Self, AuditFailure> {
        let mut inner = InnerAudit::default();
        let head = journal.head();
        if head.size < self.log.size {
            return Err(AuditFailure::JournalShort { stored: head.size, published: self.log.size });
        }
        inner.unpublished = head.size - self.log.size;
        inner.entries = self.compare_entries(journal, log)?;
        self.open_payloads(journal, &mut inner)?;
        for batch in &self.batches {
            inner.records += compare_batch(journal, batch, &self.state)?;
        }
        inner.unbatched = journal.next_seq().saturating_sub(self.state.next_disclosure.0);
        self.inner = Some(inner);
        Ok(self)
    }

    /// The journal's entries give the signed root, and all of them its own head; where they do not, the first one that
    /// differs is looked for.
    fn compare_entries(&self, journal: &SqliteReader, log: &dyn LogSource) -> Result<u64, AuditFailure> {
        let (mut edge, mut published) = (RightEdge::new(), self.log.size == 0);
        let head = journal.head();
        each_stored(journal, head.size, |entry| {
            edge.push(leaf_hash(&entry.bytes));
            published |= edge.size() == self.log.size && edge.root() == self.log.root;
            Ok(())
        })?;
        let beyond = !journal.read(head.size, 1)?.is_empty();
        if published && edge.root() == head.root && !beyond {
            return Ok(self.log.size);
        }
        each_stored(journal, self.log.size, |entry| {
            let published = read_entry(&log, entry.index, self.log.size).map_err(AuditError::Source)?;
            if entry.bytes == published { Ok(()) } else { Err(AuditFailure::JournalDiffers(entry.index)) }
        })?;
        Err(AuditFailure::JournalHead(self.log.size))
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

/// Visits the journal's first entries, in order and without a gap.
fn each_stored(
    journal: &SqliteReader,
    size: u64,
    mut visit: impl FnMut(&Entry) -> Result<(), AuditFailure>,
) -> Result<(), AuditFailure> {
    let mut at = 0;
    while at < size {
        let read = journal.read(at, READ_AT_ONCE)?;
        if read.is_empty() {
            return Err(AuditFailure::JournalDiffers(at));
        }
        for entry in read.iter().take_while(|entry| entry.index < size) {
            if entry.index != at {
                return Err(AuditFailure::JournalDiffers(at));
            }
            visit(entry)?;
            at += 1;
        }
    }
    Ok(())
}

fn compare_batch(ledger: &SqliteReader, batch: &DisclosuresBatched, state: &State) -> Result<u64, AuditFailure> {
    let differs = || AuditFailure::Disclosures { first: batch.first.0, last: batch.last.0 };
    let count = batch.last.0 - batch.first.0 + 1;
    let stored = ledger.records(batch.first.0, usize::try_from(count).unwrap_or(usize::MAX))?;
    let recomputed = batch_of(&stored, state).map_err(|_| differs())?;
    if recomputed.as_ref() == Some(batch) { Ok(count) } else { Err(differs()) }
}
