//! Pseudonym keys: one random key per stream and epoch, in a file that can be destroyed.
//!
//! A key is made when the first observation of its epoch comes, written where only the node can read it, and announced
//! in the log by its hash. It outlives its epoch by [`GRACE`], so that what was observed just before the end and arrives
//! just after it is taken under the key of its own time. Then the file is overwritten, removed, and the log says so. A key
//! that the log knows and the folder lacks is gone: nothing of its epoch is taken. It is never made anew, because two keys
//! in one epoch would count one device as two.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use model::act::KeyRef;
use model::{Epoch, EpochLength, Span, StreamId, Timestamp, Window};
use privacy::EpochKey;
use register::{Fact, Register, State};
use zeroize::Zeroizing;

use crate::folder::{FolderError, destroy_drafts, destroy_secret, private_folder, write_secret};

/// How long a key is kept after the end of its epoch, at most; never longer than the epoch itself. A key lives for its
/// epoch and this.
pub const GRACE: Span = Span::minutes(5);
/// A key that is still there so long after its grace is overdue: several ticks should have destroyed it.
pub const OVERDUE: Span = Span::minutes(5);
/// What a key's file is called.
const EXTENSION: &str = ".key";

/// When the key of an epoch is destroyed.
#[must_use]
pub fn destroyed_at(epoch: Epoch) -> Timestamp {
    epoch.0.end + epoch.0.end.since(epoch.0.start).min(GRACE)
}

/// Why there is no key, so that nothing can be taken.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The epoch's key was destroyed already.
    #[error(
        "the key of stream `{stream}` for the epoch from {start} was destroyed; what was observed then comes too late"
    )]
    Destroyed {
        /// Whose key.
        stream: StreamId,
        /// When the epoch began.
        start: Timestamp,
    },
    /// The log knows a key that is not in the folder.
    #[error(
        "the key file of stream `{stream}` for the epoch from {start} to {end} is missing or is another one; nothing that \
         was observed in that epoch is taken. Put the file back to go on with it"
    )]
    Missing {
        /// Whose key.
        stream: StreamId,
        /// When the epoch began.
        start: Timestamp,
        /// When it ends.
        end: Timestamp,
    },
    /// The file could not be written or destroyed.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// No randomness.
    #[error(transparent)]
    NoEntropy(#[from] model::entropy::NoEntropy),
    /// The log could not be written.
    #[error(transparent)]
    Register(#[from] register::SubmitError),
}

/// Whose key, and when it lives.
type Name = (StreamId, Epoch);

/// The keys of all streams.
pub struct Keys {
    folder: PathBuf,
    held: Mutex<BTreeMap<Name, Arc<EpochKey>>>,
}

impl Keys {
    /// Keys below a folder, which is made if it is not there.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn open(folder: PathBuf) -> Result<Self, KeyError> {
        private_folder(&folder)?;
        destroy_drafts(&folder)?;
        Ok(Self { folder, held: Mutex::new(BTreeMap::new()) })
    }

    fn path(&self, stream: &StreamId, epoch: Epoch) -> PathBuf {
        self.folder.join(format!("{stream}.{}-{}{EXTENSION}", epoch.0.start.millis(), epoch.0.end.millis()))
    }

    /// The key for an instant, made if this is the first that is asked for and it is not to be destroyed yet.
    ///
    /// # Errors
    /// There is none and none may be made.
    pub fn key(
        &self,
        register: &Register,
        stream: &StreamId,
        length: EpochLength,
        at: Timestamp,
    ) -> Result<(Epoch, Arc<EpochKey>), KeyError> {
        let epoch = Epoch(length.window(at));
        // Held for the whole making, so that two batches cannot make two keys for one epoch.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (stream.clone(), epoch);
        let known = register.state().keys.get(&name).copied();
        let destroyed = || KeyError::Destroyed { stream: stream.clone(), start: epoch.0.start };
        if known.is_some_and(|key| key.destroyed.is_some()) || destroyed_at(epoch) <= register.now() {
            held.remove(&name);
            return Err(destroyed());
        }
        if let Some(key) = held.get(&name) {
            return Ok((epoch, Arc::clone(key)));
        }
        let missing = || KeyError::Missing { stream: stream.clone(), start: epoch.0.start, end: epoch.0.end };
        let key = match (self.read(stream, epoch)?, known) {
            (Some(key), Some(known)) if key.commitment() == known.commitment => key,
            (_, Some(_)) => return Err(missing()),
            // Written before a crash and never announced: nothing was tagged with it, so it may begin now.
            (Some(key), None) => self.announce(register, stream, epoch, key)?,
            (None, None) => {
                let bytes = Zeroizing::new(register.entropy().bytes32()?);
                write_secret(&self.path(stream, epoch), bytes.as_slice())?;
                self.announce(register, stream, epoch, EpochKey::new(*bytes))?
            }
        };
        let key = Arc::new(key);
        held.insert(name, Arc::clone(&key));
        Ok((epoch, key))
    }

    fn read(&self, stream: &StreamId, epoch: Epoch) -> Result<Option<EpochKey>, KeyError> {
        let path = self.path(stream, epoch);
        match fs::read(&path).map(Zeroizing::new) {
            Ok(bytes) => Ok(<[u8; 32]>::try_from(bytes.as_slice()).ok().map(EpochKey::new)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FolderError::File { path, error }.into()),
        }
    }

    fn announce(
        &self,
        register: &Register,
        stream: &StreamId,
        epoch: Epoch,
        key: EpochKey,
    ) -> Result<EpochKey, KeyError> {
        register.record(Fact::KeyCreated(KeyRef { stream: stream.clone(), epoch, commitment: key.commitment() }))?;
        Ok(key)
    }

    /// The keys that should be destroyed by an instant and are not: by the log, or by the files in the folder. One that was
    /// never announced, or that a restored backup brought back, is among them.
    fn there(&self, state: &State, by: Timestamp) -> Result<BTreeSet<Name>, KeyError> {
        let living = state.keys.iter().filter(|(_, key)| key.destroyed.is_none()).map(|(name, _)| name.clone());
        let fail = |error| FolderError::File { path: self.folder.clone(), error };
        let mut names: BTreeSet<Name> = living.collect();
        for entry in fs::read_dir(&self.folder).map_err(fail)? {
            names.extend(entry.map_err(fail)?.file_name().to_str().and_then(parse));
        }
        names.retain(|(_, epoch)| destroyed_at(*epoch) <= by);
        Ok(names)
    }

    /// Destroys every key whose time is over, and says so in the log. Gives how many those were, and what failed: one that
    /// cannot be destroyed does not keep the others.
    pub fn destroy_due(&self, register: &Register, now: Timestamp) -> (usize, Vec<KeyError>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let state = register.state();
        held.retain(|(_, epoch), _| destroyed_at(*epoch) > now);
        let due = match self.there(&state, now) {
            Ok(due) => due,
            Err(error) => return (0, vec![error]),
        };
        let (mut count, mut failed) = (0, Vec::new());
        for name in due {
            match self.destroy(register, &state, &name) {
                Ok(()) => count += 1,
                Err(error) => failed.push(error),
            }
        }
        (count, failed)
    }

    fn destroy(&self, register: &Register, state: &State, name: &Name) -> Result<(), KeyError> {
        let (stream, epoch) = (name.0.clone(), name.1);
        destroy_secret(&self.path(&stream, epoch))?;
        // The log says so once, and only of a key that it knows.
        if let Some(known) = state.keys.get(name).filter(|key| key.destroyed.is_none()) {
            register.record(Fact::KeyDestroyed(KeyRef { stream, epoch, commitment: known.commitment }))?;
        }
        Ok(())
    }

    /// How many keys are overdue: their grace ended a while ago, and they are still there.
    ///
    /// # Errors
    /// The folder cannot be read, so that nobody knows.
    pub fn overdue(&self, state: &State, now: Timestamp) -> Result<usize, KeyError> {
        self.there(state, now - OVERDUE).map(|names| names.len())
    }
}

/// The name that a key's file has.
fn parse(file: &str) -> Option<Name> {
    let (stream, epoch) = file.strip_suffix(EXTENSION)?.rsplit_once('.')?;
    let (start, end) = epoch.split_once('-')?;
    let instant = |millis: &str| millis.parse().ok().map(Timestamp::from_millis);
    Some((StreamId::new(stream).ok()?, Epoch(Window { start: instant(start)?, end: instant(end)? })))
}
