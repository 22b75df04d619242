//! The audit of a hub: its log from nothing but public files, every hash recomputed, every act replayed; at its folder the sealed
//! payloads and the documents, too.

use std::collections::BTreeMap;

use journal::{Payload, SqliteReader};
use tlog::audit::{AuditError, AuditReport, Auditor, LogSource, read_entry};
use tlog::checkpoint::{CHECKPOINT_PATH, CheckpointError, parse_unverified};
use tlog::note::MAX_NOTE_LEN;
use tlog::{Note, NoteError, Vkey};

use crate::act::{Act, ActError, Entry, What};
use crate::document::{DocumentError, Documents};
use crate::sealed::{commitments, open};
use crate::state::{ApplyError, State};

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
/// the log is whole, not whose it is. With an older checkpoint the log must continue it.
///
/// # Errors
/// The first thing that does not hold.
pub fn audit(source: &dyn LogSource, wanted: Option<&str>, older: Option<String>) -> Result<Audit, AuditFailure> {
    let What::HubFounded(founded) = first(source)?.what else {
        return Err(AuditFailure::Founding("it is another act".to_owned()));
    };
    let key = wanted.map_or_else(|| founded.log_key.clone(), str::to_owned);
    if founded.log_key != key {
        return Err(AuditFailure::OtherKey { found: founded.log_key, wanted: key });
    }
    let auditor = Auditor::new(key.parse::<Vkey>()?);
    let auditor = match older {
        Some(older) => auditor.continuing(older),
        None => auditor,
    };
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
    /// Holds the journal and the documents of the hub's folder against the log.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn inside(
        mut self,
        journal: &SqliteReader,
        log: &dyn LogSource,
        documents: &Documents,
    ) -> Result<Self, AuditFailure> {
        let mut inside = Inside::default();
        while inside.entries < self.log.size {
            let read = journal.read(inside.entries, 1_000)?;
            if read.is_empty() {
                return Err(AuditFailure::JournalDiffers(inside.entries));
            }
            for entry in read.into_iter().take_while(|entry| entry.index < self.log.size) {
                let published = read_entry(&log, entry.index, self.log.size).map_err(AuditError::Source)?;
                if entry.index != inside.entries || entry.bytes != published {
                    return Err(AuditFailure::JournalDiffers(inside.entries));
                }
                self.payload(journal, entry.index, &entry.bytes, &mut inside)?;
                inside.entries += 1;
            }
        }
        for digest in self.state.documents() {
            documents.read(&digest)?;
            inside.documents += 1;
        }
        self.inside = Some(inside);
        Ok(self)
    }

    fn payload(
        &self,
        journal: &SqliteReader,
        entry: Entry,
        bytes: &[u8],
        inside: &mut Inside,
    ) -> Result<(), AuditFailure> {
        let act = Act::from_bytes(bytes).map_err(|error| AuditFailure::Act { entry, error })?;
        let Some(sealed) = commitments(&act.what) else { return Ok(()) };
        let failed = |what| AuditFailure::Payload { entry, what };
        match (journal.payload(entry)?, self.state.erased.contains(&entry)) {
            (Payload::Present(payload), false) => {
                open(&payload, sealed).map_err(|_| failed("does not open the commitments of its act"))?;
                inside.payloads += 1;
            }
            (Payload::Present(_), true) => return Err(failed("is there, although an act says that it was erased")),
            (_, true) => inside.erased += 1,
            (_, false) => return Err(failed("is gone, and no act says that it was erased")),
        }
        Ok(())
    }
}
