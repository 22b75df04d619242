//! A hub's folder: what lies where, and the lock that keeps a second process out.
//!
//! `journal.db` acts and sealed payloads · `log/` checkpoint and tiles, public · `documents/` packs by digest, public · `mirror/` copies of cities' logs · `land.json` what
//! is drawn under maps · `keys/` the
//! log's key, readable by its owner only · `lock`.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use journal::files::{self, Readers};
use tlog::SigningKey;

/// Why a hub's folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It holds no hub.
    #[error("`{0}` holds no hub; begin one with `ordinance hub init {0}`")]
    NoHub(PathBuf),
    /// It holds something already.
    #[error("`{0}` holds something already; nothing was changed")]
    Taken(PathBuf),
    /// Another process uses it.
    #[error("`{0}` is in use by another process; stop it first")]
    InUse(PathBuf),
    /// The log's signing key is gone or damaged.
    #[error(
        "the log's signing key `{0}` is missing or damaged; nothing was opened. Put it back from where it was kept"
    )]
    LogKey(PathBuf),
    /// A file could not be read or written.
    #[error("`{path}`: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// A hub's folder, locked for this process as long as this value lives.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes a new folder for a hub, or takes an empty one.
    ///
    /// # Errors
    /// It holds a journal already, or cannot be written.
    pub fn create(root: &Path) -> Result<Self, FolderError> {
        files::folder(root, Readers::Everybody).map_err(|error| fail(root, error))?;
        if root.join("journal.db").exists() {
            return Err(FolderError::Taken(root.to_owned()));
        }
        for (folder, readers) in
            [("keys", Readers::Owner), ("log", Readers::Everybody), ("documents", Readers::Everybody)]
        {
            let folder = root.join(folder);
            files::folder(&folder, readers).map_err(|error| fail(&folder, error))?;
        }
        Self::locked(root)
    }

    /// Takes the folder of a hub that is there.
    ///
    /// # Errors
    /// There is none, or another process has it.
    pub fn open(root: &Path) -> Result<Self, FolderError> {
        if !root.join("journal.db").exists() || !root.join("documents").is_dir() {
            return Err(FolderError::NoHub(root.to_owned()));
        }
        Self::locked(root)
    }

    fn locked(root: &Path) -> Result<Self, FolderError> {
        let lock = files::lock(root).map_err(|error| fail(root, error))?;
        let lock = lock.ok_or_else(|| FolderError::InUse(root.to_owned()))?;
        Ok(Self { root: root.to_owned(), _lock: lock })
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The database of acts and payloads.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal.db")
    }

    /// The log's public files.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    /// Mirrors of cities' logs, which have a lock of their own.
    #[must_use]
    pub fn mirrors(&self) -> PathBuf {
        self.root.join("mirror")
    }

    /// Packs by digest.
    #[must_use]
    pub fn documents(&self) -> PathBuf {
        self.root.join("documents")
    }

    fn log_key_path(&self) -> PathBuf {
        self.root.join("keys").join("log.key")
    }

    /// Keeps the log's signing key.
    ///
    /// # Errors
    /// It could not be written.
    pub fn keep_log_key(&self, key: &SigningKey) -> Result<(), FolderError> {
        let path = self.log_key_path();
        files::keep_signing_key(&path, key).map_err(|error| fail(&path, error))
    }

    /// The log's signing key.
    ///
    /// # Errors
    /// It is missing or damaged.
    pub fn log_key(&self) -> Result<SigningKey, FolderError> {
        let path = self.log_key_path();
        files::signing_key(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::InvalidData => FolderError::LogKey(path),
            _ => fail(&path, error),
        })
    }
}

fn fail(path: &Path, error: io::Error) -> FolderError {
    FolderError::File { path: path.to_owned(), error }
}
