//! Pseudonym keys: one random key per stream and epoch, in a file that can be destroyed.
//!
//! A key is made when the first observation of its epoch comes, written where only the node can read it, and announced
//! in the log by its hash. When the epoch ends the file is overwritten, removed, and the log says so. A key that the
//! log knows and the folder lacks is gone: its stream takes nothing more until the next epoch. It is never made anew,
//! because two keys in one epoch would count one device as two.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use model::act::KeyRef;
use model::{Epoch, EpochLength, StreamId, Timestamp};
use privacy::EpochKey;
use register::{Fact, Register};
use zeroize::Zeroizing;

use crate::folder::{FolderError, destroy_secret, private_folder, write_secret};

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
        "the key file of stream `{stream}` for the epoch from {start} is missing or is another one; the stream takes \
         nothing until {end}, when the next epoch begins. Put the file back to go on before"
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

type Held = BTreeMap<(StreamId, Epoch), Arc<EpochKey>>;

/// The keys of all streams.
pub struct Keys {
    folder: PathBuf,
    held: Mutex<Held>,
}

impl Keys {
    /// Keys below a folder, which is made if it is not there.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn open(folder: PathBuf) -> Result<Self, KeyError> {
        private_folder(&folder)?;
        Ok(Self { folder, held: Mutex::new(Held::new()) })
    }

    fn path(&self, stream: &StreamId, epoch: Epoch) -> PathBuf {
        self.folder.join(format!("{stream}.{}-{}.key", epoch.0.start.millis(), epoch.0.end.millis()))
    }

    /// The key for an instant, made if this is the epoch's first and the epoch is not over.
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
        if known.is_some_and(|key| key.destroyed.is_some()) || epoch.0.end <= register.now() {
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

    /// Destroys every key whose epoch is over, and says so in the log. Gives how many those were.
    ///
    /// # Errors
    /// A file could not be destroyed or the log could not be written; it is tried again at the next tick.
    pub fn destroy_due(&self, register: &Register, now: Timestamp) -> Result<usize, KeyError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let state = register.state();
        let due = state.keys.iter().filter(|((_, epoch), key)| key.destroyed.is_none() && epoch.0.end <= now);
        let mut count = 0;
        for ((stream, epoch), key) in due {
            held.remove(&(stream.clone(), *epoch));
            destroy_secret(&self.path(stream, *epoch))?;
            let key = KeyRef { stream: stream.clone(), epoch: *epoch, commitment: key.commitment };
            register.record(Fact::KeyDestroyed(key))?;
            count += 1;
        }
        Ok(count)
    }
}
