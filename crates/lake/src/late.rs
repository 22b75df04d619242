//! How many observations of each stream came too late for their window, since the city began: one small file a stream.
//!
//! Kept when the caller says so, not with each batch; what came between that and a crash is missing from the number.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::StreamId;

use crate::durable::Desk;
use crate::{Lake, LakeError, tables};

/// The file of a stream's number.
pub(crate) const FILE: &str = "late";

/// The numbers as the disk has them.
pub(crate) struct Late {
    root: PathBuf,
    desk: Arc<Desk>,
    kept: Mutex<BTreeMap<StreamId, u64>>,
}

impl Late {
    /// Reads the numbers of the streams that have a folder.
    pub(crate) fn open(root: &Path, desk: Arc<Desk>) -> Result<Self, LakeError> {
        let observations = root.join(tables::FOLDER);
        let fail = |error| LakeError::file(&observations, error);
        let mut kept = BTreeMap::new();
        for entry in fs::read_dir(&observations).map_err(fail)? {
            let folder = entry.map_err(fail)?.path();
            let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let (Ok(stream), path) = (StreamId::new(name), folder.join(FILE)) else { continue };
            match fs::read(&path) {
                Ok(bytes) => {
                    let number = parse(&bytes).ok_or_else(|| LakeError::bad(&path, &"it holds no number"))?;
                    kept.insert(stream, number);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(LakeError::file(&path, error)),
            }
        }
        Ok(Self { root: root.to_owned(), desk, kept: Mutex::new(kept) })
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<StreamId, u64>> {
        // A number is put here after the disk has it.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number in a file.
pub(crate) fn parse(bytes: &[u8]) -> Option<u64> {
    std::str::from_utf8(bytes).ok()?.trim().parse().ok()
}

impl Lake {
    /// How many observations of each stream came late, as last kept.
    #[must_use]
    pub fn late(&self) -> BTreeMap<StreamId, u64> {
        self.late_numbers().kept().clone()
    }

    /// Keeps how many observations of a stream came late since the city began. Writes only what changed.
    ///
    /// # Errors
    /// The disk failed; the number that was kept stays.
    pub fn keep_late(&self, stream: &StreamId, number: u64) -> Result<(), LakeError> {
        let late = self.late_numbers();
        let mut kept = late.kept();
        if kept.get(stream).copied().unwrap_or(0) == number {
            return Ok(());
        }
        let path = late.root.join(tables::FOLDER).join(stream.as_str()).join(FILE);
        late.desk.replace(&path, format!("{number}\n").as_bytes())?;
        kept.insert(stream.clone(), number);
        Ok(())
    }
}
