//! The audit of a hub: its log from nothing but public files, every hash recomputed, every act replayed; at its folder the sealed
//! payloads and the documents, too.

use std::collections::BTreeMap;

use journal::{Payload, SqliteReader};
use register::audit::read_again;
use tlog::audit::{AuditError, AuditReport, Auditor, LogSource, SourceError, read_entry};
use tlog::checkpoint::{CHECKPOINT_PATH, CheckpointError, parse_unverified};
use tlog::note::MAX_NOTE_LEN;
use tlog::{Note, NoteError, RightEdge, Vkey, leaf_hash};

use crate::act::{Act, ActError, Entry, What};
use crate::document::{DocumentError, Documents};
use crate::sealed::{commitments, open};
use crate::state::{ApplyError, State};

/// How many entries are read at a time.
const READ_AT_ONCE: usize = 1_000;

/// Where an audit failed.
#[derive(Debug, thiserror::Error)]
pub enum AuditFailure {
    /// The log itself does not hold together.
    #[error("the log: {0}")]
    Log(#[from] AuditError),
    /// The first entry is not the founding of a hub.
    #[error("the log's first entry does not found a hub: {0}")]
    Founding(String),
    /// The log is signed by another key than the one asked for.
    #[error("the log names the key `{found}`, you asked for `{wanted}`")]
    OtherKey {
        /// What the log names.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// A key that cannot be read.
    #[error("the key: {0}")]
    Key(#[from] NoteError),
    /// An entry is not an act.
    #[error("entry {entry}: {error}")]
    Act {
        /// Its index.
        entry: Entry,
        /// Why.
        error: ActError,
    },
    /// An act cannot follow its past.
    #[error("the acts: {0}")]
    Apply(#[from] ApplyError),
    /// The journal could not be read.
    #[error("the journal: {0}")]
    Journal(#[from] journal::JournalError),
    /// The journal holds another entry than the log.
    #[error("entry {0} of the journal is missing or is not the one in the log")]
    JournalDiffers(Entry),
    /// A payload does not open its act's commitments, is gone without an act, or is back.
    #[error("the payload of entry {entry} {what}")]
    Payload {
        /// The entry.
        entry: Entry,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A document is missing or is not what the log says.
    #[error(transparent)]
    Document(#[from] DocumentError),
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
    /// The hub, replayed.
    pub state: State,
    /// What was compared at its folder.
    pub inside: Option<Inside>,
}

/// What an audit at the folder compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Inside {
    /// Entries equal in journal and log.
    pub entries: u64,
    /// Payloads that open their commitments.
    pub payloads: u64,
    /// Payloads erased, as the log says.
    pub erased: u64,
    /// Documents with the digest that the log names.
    pub documents: u64,
}

/// The first entry of a log, as it is claimed to be.
fn first(source: &dyn LogSource) -> Result<Act, AuditFailure> {
    let bytes = source.get_limited(CHECKPOINT_PATH, MAX_NOTE_LEN).map_err(AuditError::Source)?;
    let refused = |error| AuditError::Checkpoint { path: CHECKPOINT_PATH, error };
    let note = Note::from_bytes(&bytes).map_err(|error| refused(CheckpointError::Note(error)))?.to_string();
    let size = parse_unverified(&note).map_err(refused)?.size;
    if size == 0 {
        return Err(AuditFailure::Founding("the log is empty".to_owned()));
    }
    let entry = read_entry(&source, 0, size).map_err(AuditError::Source)?;
    Act::from_bytes(&entry).map_err(|error| AuditFailure::Founding(error.to_string()))
}

/// Whether a log says that it is a hub's. Nothing is verified yet.
#[must_use]
pub fn is_hub(source: &dyn LogSource) -> bool {
    first(source).is_ok_and(|act| matches!(act.what, What::HubFounded(_)))
}

/// Audits a hub's log from its public files alone. Without a wanted key it takes the one that the first entry names, which proves that
/// the log is whole, not whose it is. With older checkpoints the log must continue each of them.
///
/// A log that goes on while it is read may lose files that only its older checkpoint needs; then it is read anew.
///
/// # Errors
/// The first thing that does not hold.
pub fn audit(
    source: &dyn LogSource,
    wanted: Option<&str>,
    older: impl IntoIterator<Item = String>,
) -> Result<Audit, AuditFailure> {
    let older: Vec<String> = older.into_iter().collect();
    let is_gone =
        |failure: &AuditFailure| matches!(failure, AuditFailure::Log(AuditError::Source(SourceError::NotFound(_))));
    read_again(source, is_gone, || audit_once(source, wanted, &older))
}

fn audit_once(source: &dyn LogSource, wanted: Option<&str>, older: &[String]) -> Result<Audit, AuditFailure> {
    let What::HubFounded(founded) = first(source)?.what else {
        return Err(AuditFailure::Founding("it is another act".to_owned()));
    };
    let key = wanted.map_or_else(|| founded.log_key.clone(), str::to_owned);
    if founded.log_key != key {
        return Err(AuditFailure::OtherKey { found: founded.log_key, wanted: key });
    }
    let auditor = older.iter().fold(Auditor::new(key.parse::<Vkey>()?), Auditor::continuing);
    let (mut state, mut acts, mut failure) = (State::default(), BTreeMap::new(), None);
    let report = auditor.run(&source, |entry, bytes| {
        if failure.is_some() {
            return;
        }
        let act = Act::from_bytes(bytes).map_err(|error| AuditFailure::Act { entry, error });
        let folded = act.and_then(|act| {
            *acts.entry(act.what.kind()).or_insert(0) += 1;
            Ok(state.apply(&act)?)
        });
        failure = folded.err();
    });
    // A damaged log first, because it explains an act that cannot be read.
    let log = report?;
    match failure {
        Some(failure) => Err(failure),
        None => Ok(Audit { log, key, acts, state, inside: None }),
    }
}

impl Audit {
    /// Holds the journal and the documents of the hub's folder against the log. A hub that is open meanwhile goes on.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn inside(
        mut self,
        journal: &SqliteReader,
        log: &dyn LogSource,
        documents: &Documents,
    ) -> Result<Self, AuditFailure> {
        let (mut inside, mut edge) = (Inside::default(), RightEdge::new());
        while inside.entries < self.log.size {
            let read = journal.read(inside.entries, READ_AT_ONCE)?;
            if read.is_empty() {
                return Err(AuditFailure::JournalDiffers(inside.entries));
            }
            for entry in read.into_iter().take_while(|entry| entry.index < self.log.size) {
                if entry.index != inside.entries {
                    return Err(AuditFailure::JournalDiffers(inside.entries));
                }
                edge.push(leaf_hash(&entry.bytes));
                inside.entries += 1;
            }
        }
        if edge.root() != self.log.root {
            return Err(self.differs(journal, log));
        }
        for entry in self.state.sealed.keys() {
            self.payload(journal, *entry, &mut inside)?;
        }
        for digest in self.state.documents() {
            documents.read(&digest)?;
            inside.documents += 1;
        }
        self.inside = Some(inside);
        Ok(self)
    }

    /// The journal's entries give another root: which of them is another than the log's.
    fn differs(&self, journal: &SqliteReader, log: &dyn LogSource) -> AuditFailure {
        for index in 0..self.log.size {
            let stored = match journal.read(index, 1) {
                Ok(stored) => stored,
                Err(error) => return error.into(),
            };
            match read_entry(&log, index, self.log.size) {
                Ok(published) if stored.first().is_some_and(|entry| entry.bytes == published) => {}
                Ok(_) => return AuditFailure::JournalDiffers(index),
                Err(error) => return AuditError::Source(error).into(),
            }
        }
        AuditFailure::JournalDiffers(self.log.size)
    }

    fn payload(&self, journal: &SqliteReader, entry: Entry, inside: &mut Inside) -> Result<(), AuditFailure> {
        let bytes = journal.read(entry, 1)?.into_iter().next().ok_or(AuditFailure::JournalDiffers(entry))?.bytes;
        let act = Act::from_bytes(&bytes).map_err(|error| AuditFailure::Act { entry, error })?;
        let Some(sealed) = commitments(&act.what) else { return Ok(()) };
        let failed = |what| AuditFailure::Payload { entry, what };
        match (journal.payload(entry)?, self.state.erased.contains(&entry)) {
            (Payload::Present(payload), false) => {
                open(&payload, sealed).map_err(|_| failed("does not open the commitments of its act"))?;
                inside.payloads += 1;
            }
            (Payload::Present(_), true) => return Err(failed("is there, although an act says that it was erased")),
            (_, true) => inside.erased += 1,
            (_, false) if self.erased_since(journal, entry)? => inside.erased += 1,
            (_, false) => return Err(failed("is gone, and no act says that it was erased")),
        }
        Ok(())
    }

    /// Whether an act that is not published yet erased the words of an entry: the act is there before they are gone.
    fn erased_since(&self, journal: &SqliteReader, of: Entry) -> Result<bool, AuditFailure> {
        let mut next = self.log.size;
        loop {
            let read = journal.read(next, READ_AT_ONCE)?;
            let Some(last) = read.last() else { return Ok(false) };
            next = last.index + 1;
            for entry in &read {
                let act = Act::from_bytes(&entry.bytes);
                let act = act.map_err(|error| AuditFailure::Act { entry: entry.index, error })?;
                if matches!(&act.what, What::PayloadErased(moderated) if moderated.entry == of) {
                    return Ok(true);
                }
            }
        }
    }
}
