//! The lists of those who asked not to be counted: one secret file for each stream, written beside a running node.
//!
//! A file holds a key and keyed tags, never an identifier. Whoever may write the city's folder changes it, whether or not a
//! node is running, and the node compares with the new list from its next batch on. A file that cannot be read stops its
//! stream: nobody is counted who asked not to be, because of a damaged file. How often somebody on a list was seen is
//! counted nowhere.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use model::{Entropy, StreamId};
use privacy::OptOut;
use zeroize::Zeroizing;

use crate::folder::{FolderError, destroy_drafts, private_folder, write_secret};

/// Why a list cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum OptOutError {
    /// There is no city.
    #[error("`{0}` holds no city; begin one with `ordinance init {0}`")]
    NoCity(PathBuf),
    /// The file is damaged.
    #[error(
        "the list of those who opted out of stream `{0}` is damaged, and so nothing is taken. Put the file back from a backup"
    )]
    Damaged(StreamId),
    /// The file cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// No randomness.
    #[error(transparent)]
    NoEntropy(#[from] model::entropy::NoEntropy),
}

/// Tells one state of a file from another: length, time of change, number of the file.
pub(crate) type Stamp = Option<(u64, Option<SystemTime>, u64)>;

/// The lists of a city.
pub struct OptOuts {
    folder: PathBuf,
}

impl OptOuts {
    /// The lists below a city's folder, also while a node runs.
    ///
    /// # Errors
    /// There is no city, or its folder cannot be written.
    pub fn of_city(root: &Path) -> Result<Self, OptOutError> {
        if !root.join("journal.db").exists() {
            return Err(OptOutError::NoCity(root.to_owned()));
        }
        Ok(Self::open(root.join("keys").join("opt-outs"))?)
    }

    pub(crate) fn open(folder: PathBuf) -> Result<Self, FolderError> {
        private_folder(&folder)?;
        let lists = Self { folder };
        let _one_at_a_time = lists.lock()?;
        destroy_drafts(&lists.folder)?;
        Ok(lists)
    }

    fn path(&self, stream: &StreamId) -> PathBuf {
        self.folder.join(format!("{stream}.list"))
    }

    fn lock(&self) -> Result<File, FolderError> {
        let path = self.folder.join("lock");
        let locked = File::options().create(true).truncate(false).write(true).open(&path).and_then(|file| {
            file.lock()?;
            Ok(file)
        });
        locked.map_err(|error| FolderError::File { path, error })
    }

    pub(crate) fn stamp(&self, stream: &StreamId) -> Stamp {
        let file = match fs::metadata(self.path(stream)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(_) => return Some((0, None, 0)),
        };
        #[cfg(unix)]
        let number = std::os::unix::fs::MetadataExt::ino(&file);
        #[cfg(not(unix))]
        let number = 0;
        Some((file.len(), file.modified().ok(), number))
    }

    /// The list of a stream; none if nobody ever asked.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn list(&self, stream: &StreamId) -> Result<Option<OptOut>, OptOutError> {
        let path = self.path(stream);
        let text = match fs::read_to_string(&path).map(Zeroizing::new) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(OptOutError::Damaged(stream.clone()));
            }
            Err(error) => return Err(FolderError::File { path, error }.into()),
        };
        OptOut::from_text(&text).map(Some).map_err(|_| OptOutError::Damaged(stream.clone()))
    }

    /// Changes a list, one change at a time; nothing is written if the change fails.
    ///
    /// # Errors
    /// The list cannot be read or written, or the change fails.
    pub fn change<T, E: From<OptOutError>>(
        &self,
        stream: &StreamId,
        entropy: &dyn Entropy,
        change: impl FnOnce(&mut OptOut) -> Result<T, E>,
    ) -> Result<T, E> {
        let _one_at_a_time = self.lock().map_err(OptOutError::from)?;
        let mut list = match self.list(stream)? {
            Some(list) => list,
            None => OptOut::new(*Zeroizing::new(entropy.bytes32().map_err(OptOutError::from)?)),
        };
        let changed = change(&mut list)?;
        write_secret(&self.path(stream), list.to_text().as_bytes()).map_err(OptOutError::from)?;
        Ok(changed)
    }
}
