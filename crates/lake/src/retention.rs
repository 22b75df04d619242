//! From when on each stream is kept: the marks that deletion leaves, so that what it removed is never read again.
//!
//! Files go by the hour. Between the instant up to which a stream was deleted and the hour that holds it, the mark hides what
//! is still there; it is durable, so that it holds after a crash too, and it never goes back.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{StreamId, Timestamp};

use crate::LakeError;
use crate::durable::Desk;

/// The file of a stream's mark.
pub(crate) const MARK: &str = "kept-from";

/// From when on each stream is kept.
pub(crate) struct Retention {
    desk: Arc<Desk>,
    marks: Mutex<BTreeMap<StreamId, Timestamp>>,
}

impl Retention {
    /// Reads the marks of the streams that have a folder in `observations`.
    pub(crate) fn open(observations: &Path, desk: Arc<Desk>) -> Result<Self, LakeError> {
        let fail = |error| LakeError::file(observations, error);
        let mut marks = BTreeMap::new();
        for entry in fs::read_dir(observations).map_err(fail)? {
            let folder = entry.map_err(fail)?.path();
            let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Ok(stream) = StreamId::new(name) else { continue };
            let path = folder.join(MARK);
            match fs::read_to_string(&path) {
                Ok(text) => {
                    let from = text.trim().parse().map_err(|error: model::TimeError| LakeError::bad(&path, &error))?;
                    marks.insert(stream, from);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(LakeError::file(&path, error)),
            }
        }
        Ok(Self { desk, marks: Mutex::new(marks) })
    }

    fn marks(&self) -> MutexGuard<'_, BTreeMap<StreamId, Timestamp>> {
        // A mark only ever moves on, in one step.
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From when on a stream is kept.
    pub(crate) fn of(&self, stream: &StreamId) -> Timestamp {
        self.marks().get(stream).copied().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Moves a stream's mark on, durably if there is anything for it to hide.
    pub(crate) fn raise(
        &self,
        stream: &StreamId,
        folder: &Path,
        from: Timestamp,
        hides: bool,
    ) -> Result<(), LakeError> {
        if from <= self.of(stream) {
            return Ok(());
        }
        if hides {
            self.desk.replace(&folder.join(MARK), format!("{from}\n").as_bytes())?;
        }
        self.marks().insert(stream.clone(), from);
        Ok(())
    }
}
