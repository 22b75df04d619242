//! The ledgers of streams whose releases have noise: one small file each, replaced as a whole before a window's rows are made.
//!
//! A ledger that is gone, or older than what was released, is not begun anew: nothing more of its stream is released until
//! it is restored, because what was spent nobody else knows.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use model::{Stream, StreamId, Timestamp, View, ViewId, ViewVersion, Window};
use privacy::{Charged, Ledger, Unpaid};

use crate::durable::Desk;
use crate::{Lake, LakeError};

/// Where ledgers lie below the lake's root.
pub(crate) const FOLDER: &str = "ledgers";

/// The ledgers of a lake.
pub(crate) struct Ledgers {
    root: PathBuf,
    desk: Arc<Desk>,
    /// As the disk has them. Whoever charges holds them.
    read: Mutex<HashMap<StreamId, Ledger>>,
}

impl Ledgers {
    pub(crate) fn new(root: PathBuf, desk: Arc<Desk>) -> Self {
        Self { root, desk, read: Mutex::default() }
    }

    fn path(&self, stream: &StreamId) -> PathBuf {
        self.root.join(FOLDER).join(format!("{stream}.json"))
    }
}

/// The stream whose ledger a file is.
pub(crate) fn stream_of(name: &str) -> Option<StreamId> {
    StreamId::new(name.strip_suffix(".json")?).ok()
}

/// A ledger in a file; a new one if there is none.
fn read(path: &Path) -> Result<Ledger, LakeError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| LakeError::bad(path, &error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Ledger::default()),
        Err(error) => Err(LakeError::file(path, error)),
    }
}

impl Lake {
    /// Charges a window of a view to its stream's ledger, and makes it durable. What could not be paid for is durable, too.
    ///
    /// # Errors
    /// The disk failed, or the ledger is older than what was released; nothing may be released.
    pub fn charge(&self, view: &View, stream: &Stream, window: Window) -> Result<Result<Charged, Unpaid>, LakeError> {
        self.change(&stream.id, |ledger| {
            let outcome = ledger.charge(view, stream, window);
            let changed = !matches!(outcome, Err(Unpaid::Already { .. } | Unpaid::Nothing(_)));
            (outcome, changed)
        })
    }

    /// Passes over windows of a view with noise that are not released, before its mark moves past them: a ledger has
    /// everything that the marks have.
    ///
    /// # Errors
    /// The disk failed, or the ledger is older than what was released.
    pub fn pass(&self, view: &View, through: Timestamp) -> Result<(), LakeError> {
        self.change(&view.stream, |ledger| ((), ledger.pass(view, through)))
    }

    /// Changes a ledger, and makes it durable if it changed.
    fn change<T>(&self, stream: &StreamId, change: impl FnOnce(&mut Ledger) -> (T, bool)) -> Result<T, LakeError> {
        let ledgers = self.ledgers();
        let path = ledgers.path(stream);
        let mut known = ledgers.read.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ledger = match known.get(stream) {
            Some(ledger) => ledger.clone(),
            None => self.read_ledger(stream, &path)?,
        };
        let (outcome, changed) = change(&mut ledger);
        if changed {
            let bytes = serde_json::to_vec(&ledger).map_err(|error| LakeError::bad(&path, &error))?;
            ledgers.desk.replace(&path, &bytes)?;
        }
        known.insert(stream.clone(), ledger);
        Ok(outcome)
    }

    /// A ledger as the disk has it, if it has everything that was released under whatever view and version: a new view has
    /// no mark of its own, and would begin an empty one anew.
    fn read_ledger(&self, stream: &StreamId, path: &Path) -> Result<Ledger, LakeError> {
        let ledger = read(path)?;
        let has = |(view, version, through): &(ViewId, ViewVersion, Timestamp)| {
            ledger.through(view, *version) >= Some(*through)
        };
        if self.marks_of(stream)?.iter().all(has) {
            Ok(ledger)
        } else {
            Err(LakeError::Ledger { path: path.to_owned() })
        }
    }

    /// What a stream's releases have cost.
    ///
    /// # Errors
    /// The file is damaged or cannot be read.
    pub fn ledger(&self, stream: &StreamId) -> Result<Ledger, LakeError> {
        let ledgers = self.ledgers();
        let known = ledgers.read.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(stream).map_or_else(|| read(&ledgers.path(stream)), |ledger| Ok(ledger.clone()))
    }
}
