//! A hub's folder: what lies where, and the lock that keeps a second process out.
//!
//! `journal.db` acts and sealed payloads · `log/` checkpoint and tiles, public · `documents/` packs by digest, public · `keys/` the
//! log's key, readable by its owner only · `lock`.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

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
        make(root, false)?;
        if root.join("journal.db").exists() {
            return Err(FolderError::Taken(root.to_owned()));
        }
        for (folder, private) in [("keys", true), ("log", false), ("documents", false)] {
            make(&root.join(folder), private)?;
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
        let path = root.join("lock");
        let failed = |error| FolderError::File { path: path.clone(), error };
        let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root: root.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse(root.to_owned())),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
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
        write_whole(&path, key.to_text().as_bytes(), true).map_err(|error| FolderError::File { path, error })
    }

    /// The log's signing key.
    ///
    /// # Errors
    /// It is missing or damaged.
    pub fn log_key(&self) -> Result<SigningKey, FolderError> {
        let path = self.log_key_path();
        let text = fs::read_to_string(&path).ok();
        let key = text.and_then(|text| SigningKey::parse(text.trim_end()).ok());
        key.ok_or(FolderError::LogKey(path))
    }
}

fn make(folder: &Path, private: bool) -> Result<(), FolderError> {
    let failed = |error| FolderError::File { path: folder.to_owned(), error };
    fs::create_dir_all(folder).map_err(failed)?;
    #[cfg(unix)]
    if private {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(failed)?;
    }
    Ok(())
}

/// Writes a file so that after a crash it is there whole or not at all; a private one is its owner's alone.
///
/// # Errors
/// The disk refused.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], private: bool) -> io::Result<()> {
    let draft = path.with_extension("tmp");
    let mut options = File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    if private {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
