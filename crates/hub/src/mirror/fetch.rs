//! One look at one city's log: what is new, checked; or why not; or that the log contradicts itself.
//!
//! New entries are hashed onto the edge of what is kept. Where that gives the signed root, both the entries and the consistency
//! of the two heads are shown at once. Only where it does not are tiles asked for, to tell a fork from damage. Nothing is written.

use model::Timestamp;
use tlog::audit::{LogSource, SourceError, SourceTiles, read_entries};
use tlog::checkpoint::{self, CHECKPOINT_PATH, Checkpoint, CheckpointError};
use tlog::proof::{TileHashes, claimed_root, prove_consistency, verify_consistency};
use tlog::{Hash, Note, NoteError, RightEdge, Vkey, leaf_hash};

use super::kept::{CITY_BYTES_MAX, Kept, Standing};
use crate::guarded::Mistake;
use crate::watch::Said;

/// The largest signed head that is read, in bytes: room for some dozens of witnesses.
pub const NOTE_BYTES_MAX: usize = 64 << 10;
/// The most entries that one look keeps; the next look takes the rest.
pub const STAGE_ENTRIES_MAX: u64 = 65_536;
/// The most bytes of entries that one look keeps, up to the end of a bundle.
pub const STAGE_BYTES_MAX: usize = 32 << 20;
/// What an entry costs besides its own bytes, so that no number of empty ones is for nothing.
pub const ENTRY_BYTES: u64 = 64;
/// The most new entries that a head may promise: a city that logs once a second takes half a year for them.
pub const JUMP_ENTRIES_MAX: u64 = 1 << 24;

/// Why a look kept nothing. None of it proves anything against a city: a network damages what it carries.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Trouble {
    /// A file was not had.
    #[error("the log was not reached: {0}")]
    Unreachable(SourceError),
    /// A file is not as long, or not of such a form, as it must be.
    #[error("a file of the log is malformed: {0}")]
    Malformed(SourceError),
    /// The head is refused: malformed, unsigned, or another log's.
    #[error("its signed head is refused: {0}")]
    Head(CheckpointError),
    /// The head promises more than is taken at once.
    #[error("its signed head promises {promised} new entries, the limit is {JUMP_ENTRIES_MAX}")]
    Jump {
        /// How many.
        promised: u64,
    },
    /// The entries that are served do not lead to the signed head, and no tile shows another history that does.
    #[error("the entries and tiles that it serves do not lead to its signed head of {size} entries: {why}")]
    Unproven {
        /// The size of the head.
        size: u64,
        /// What did not hold.
        why: String,
    },
    /// More would be kept of this city than of any.
    #[error("more than {CITY_BYTES_MAX} bytes of it would be kept; it is too large for this hub")]
    Full,
    /// All mirrors together have as much as they may.
    #[error(
        "all mirrors together may have {bytes_max} bytes, half of them are taken, and of this city more is kept than an equal part of \
         the other half ({share} bytes); nothing new of it is kept until there is room"
    )]
    NoRoom {
        /// How much that is.
        bytes_max: u64,
        /// How much of each city is kept in any case.
        share: u64,
    },
    /// An older head was served after a newer one. Both are signed, but anybody who kept it can serve an older one.
    #[error("a head of {smaller} entries was served after one of {larger}: an older state of the same log")]
    RolledBack {
        /// The size that was known.
        larger: u64,
        /// The size that was served.
        smaller: u64,
    },
    /// What was checked could not be kept.
    #[error("what was read of it could not be kept: {0}")]
    NotKept(String),
    /// What is kept does not fit together.
    #[error("what is kept of it is damaged; mirror the city anew")]
    Damaged,
    /// Reading it went wrong in a way that nobody foresaw.
    #[error("it was not read to its end: {0}")]
    Mistake(Mistake),
}

impl From<SourceError> for Trouble {
    fn from(error: SourceError) -> Self {
        match error {
            // Too large is the log's doing, and so is what does not decode.
            SourceError::TooLarge { .. } => Self::Malformed(error),
            other => Self::Unreachable(other),
        }
    }
}

/// What a look found.
pub(super) enum Step {
    /// The head is the one that is known.
    Same(Kept),
    /// Entries that belong to the signed head; none where there is no room for one.
    Grown { kept: Kept, entries: Vec<Vec<u8>>, more: bool },
    /// Two signed heads that cannot both be of one log.
    Contradicts(Said),
    /// A signed head that is smaller than the one that is known.
    Smaller { size: u64, root: Hash, note: String },
}

/// Looks once, and takes no more entries than there is room for, in bytes with what each costs besides. Without room the head is taken
/// alone, so that a later one which contradicts it is found.
///
/// # Errors
/// Why nothing is kept.
pub(super) fn fetch(kept: &Kept, source: &dyn LogSource, room: u64, now: Timestamp) -> Result<Step, Trouble> {
    let (note, head) = signed_head(&kept.key, source)?;
    let same = |kept: &Kept| Kept {
        note: Some(note.clone()),
        whole: None,
        checked: Some(now),
        standing: Standing::Sound,
        tried: None,
        ..kept.clone()
    };
    if let (Some(known), Some(known_note)) = (kept.signed(), &kept.note) {
        if head.size < known.size {
            return Ok(Step::Smaller { size: head.size, root: head.root, note });
        }
        if head.size == known.size && head.root != known.root {
            return Ok(Step::Contradicts(Said::TwoRoots { first: known_note.clone(), second: note }));
        }
        if head.size == known.size && kept.size == known.size {
            return Ok(Step::Same(same(kept)));
        }
        // What is not mirrored to its end has no edge that leads from the one head to the other.
        if kept.size < known.size
            && let Some(said) = continues(source, &known, known_note, &head, &note)?
        {
            return Ok(Step::Contradicts(said));
        }
    }
    // What an earlier head promised and was not kept for want of room is not promised anew.
    let promised = head.size - kept.signed().map_or(kept.size, |known| known.size.max(kept.size));
    if promised > JUMP_ENTRIES_MAX {
        return Err(Trouble::Jump { promised });
    }
    let stage = read_stage(kept, source, head.size, room)?;
    let leads = match stage.edge.size() == head.size {
        true => stage.edge.root() == head.root,
        // Nothing begins every log.
        false => stage.edge.size() == 0 || begins(source, &stage.edge, &head),
    };
    if !leads {
        return blame(kept, source, &head, note);
    }
    let more = stage.edge.size() < head.size;
    let (size, edge) = (stage.edge.size(), stage.edge.subtrees().to_vec());
    let grown = if size > kept.size { Some(now) } else { kept.grown };
    // What was verified under an earlier head stays so for everybody, while the newest one waits for its entries.
    let whole = kept.covered().filter(|_| more).map(|(note, _)| note.to_owned());
    let kept = Kept { size, edge, whole, bytes: stage.bytes, grown, ..same(kept) };
    Ok(Step::Grown { kept, entries: stage.entries, more })
}

/// The head that is served, if the known key signed it for this log.
pub(crate) fn signed_head(key: &str, source: &dyn LogSource) -> Result<(String, Checkpoint), Trouble> {
    let key: Vkey = key.parse().map_err(|error: NoteError| Trouble::Head(error.into()))?;
    let bytes = source.get_limited(CHECKPOINT_PATH, NOTE_BYTES_MAX)?;
    let note = Note::from_bytes(&bytes).map_err(|error| Trouble::Head(error.into()))?.to_string();
    let head = checkpoint::verify(&note, &key).map_err(Trouble::Head)?;
    Ok((note, head))
}

/// New entries, and the edge that they give.
struct Stage {
    edge: RightEdge,
    entries: Vec<Vec<u8>>,
    bytes: u64,
}

fn read_stage(kept: &Kept, source: &dyn LogSource, size: u64, room: u64) -> Result<Stage, Trouble> {
    let edge = kept.right_edge().ok_or(Trouble::Damaged)?;
    let mut stage = Stage { edge, entries: Vec::new(), bytes: kept.bytes };
    let mut taken = 0_usize;
    let mut room = room;
    while room > ENTRY_BYTES
        && stage.edge.size() < size
        && (stage.entries.len() as u64) < STAGE_ENTRIES_MAX
        && taken < STAGE_BYTES_MAX
    {
        let read = read_entries(&source, stage.edge.size(), size).map_err(|error| match error {
            // What was had and does not decode is malformed, whatever its name.
            SourceError::Failed { ref message, .. } if message.starts_with("bundle ") => Trouble::Malformed(error),
            other => other.into(),
        })?;
        if read.is_empty() {
            return Err(Trouble::Unproven { size, why: "a bundle holds no entry".to_owned() });
        }
        for entry in read {
            let Some(left) = room.checked_sub(entry.len() as u64 + ENTRY_BYTES) else {
                room = 0;
                break;
            };
            room = left;
            stage.edge.push(leaf_hash(&entry));
            taken += entry.len();
            stage.entries.push(entry);
        }
    }
    stage.bytes = kept.bytes + taken as u64 + stage.entries.len() as u64 * ENTRY_BYTES;
    if stage.bytes > CITY_BYTES_MAX { Err(Trouble::Full) } else { Ok(stage) }
}

/// Whether an edge is that of a prefix of a signed tree, shown by its tiles.
fn begins(source: &dyn LogSource, edge: &RightEdge, head: &Checkpoint) -> bool {
    TileHashes::new(SourceTiles(source), head.size, head.root).consistency(edge.size(), &edge.root()).is_ok()
}

/// Whether a newer head continues an older one, by tiles; if it is proved that it does not, what proves it.
pub(crate) fn continues(
    source: &dyn LogSource,
    known: &Checkpoint,
    known_note: &str,
    head: &Checkpoint,
    note: &str,
) -> Result<Option<Said>, Trouble> {
    let hashes = TileHashes::new(SourceTiles(source), head.size, head.root);
    let why = match hashes.consistency(known.size, &known.root) {
        Ok(_) => return Ok(None),
        Err(error) => error,
    };
    match other_prefix(&hashes, known, head) {
        Some((prefix, proof)) => {
            let (smaller, larger) = (known_note.to_owned(), note.to_owned());
            Ok(Some(Said::NotAPrefix { smaller, larger, prefix, proof }))
        }
        None => Err(unproven(head, &why)),
    }
}

/// The prefix that a larger head has in place of the known one, proved by the larger head; none if its tiles prove nothing.
fn other_prefix(
    hashes: &TileHashes<SourceTiles<&dyn LogSource>>,
    known: &Checkpoint,
    head: &Checkpoint,
) -> Option<(Hash, Vec<Hash>)> {
    let prefix = claimed_root(known.size, hashes).ok()?;
    let proof = prove_consistency(known.size, head.size, hashes).ok()?;
    verify_consistency(known.size, &prefix, head.size, &head.root, &proof).ok()?;
    (prefix != known.root).then_some((prefix, proof))
}

/// The entries do not lead to the head: what is to blame. Without a proof it is nobody.
fn blame(kept: &Kept, source: &dyn LogSource, head: &Checkpoint, note: String) -> Result<Step, Trouble> {
    let (Some(known), Some(known_note)) = (kept.signed(), &kept.note) else {
        return Err(unproven(head, &"the entries give another root"));
    };
    match continues(source, &known, known_note, head, &note)? {
        Some(said) => Ok(Step::Contradicts(said)),
        None => Err(unproven(head, &"its tiles continue what is kept, but its entries are not those of its tiles")),
    }
}

fn unproven(head: &Checkpoint, why: &dyn std::fmt::Display) -> Trouble {
    Trouble::Unproven { size: head.size, why: why.to_string() }
}
