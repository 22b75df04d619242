//! A city's folder: what lies where, and the lock that keeps a second process out.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use journal::files::{self, DRAFT, Readers};
use model::Entropy;
use tlog::SigningKey;
use zeroize::Zeroizing;

/// Why a city's folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It holds no city.
    #[error("`{0}` holds no city; begin one with `ordinance init {0}`")]
    NoCity(PathBuf),
    /// It holds something already.
    #[error("`{0}` holds a city already; nothing was changed")]
    Taken(PathBuf),
    /// It holds a key without a city.
    #[error(
        "`{0}` is a signing key already, and no city is beside it; put the rest of that city back, or move the key away. Nothing was changed"
    )]
    HoldsKey(PathBuf),
    /// Another process uses it.
    #[error("`{0}` is in use by another process; stop it, or give its address instead of the folder")]
    InUse(PathBuf),
    /// The log's signing key is gone.
    #[error("the log's signing key `{0}` is missing; nothing was opened. Put it back from where it was kept")]
    NoLogKey(PathBuf),
    /// The log's signing key cannot be read.
    #[error("the log's signing key `{0}` is damaged; nothing was opened. Put it back from where it was kept")]
    BadLogKey(PathBuf),
    /// A file could not be read or written.
    #[error("`{path}`: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// A city's folder, locked for this process as long as this value lives.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    _lock: File,
}

/// A folder in which a city is to begin, locked. Unless one does, what was made in it goes again, and only that.
#[derive(Debug)]
pub struct Fresh {
    // It goes first, while the folder is still locked.
    undo: Undo,
    folder: Folder,
}

impl Fresh {
    /// Makes a new folder for a city, or takes one that holds none.
    ///
    /// # Errors
    /// It holds a city already, is in use, or cannot be written.
    pub fn of(root: &Path) -> Result<Self, FolderError> {
        let holds_a_city = || root.join("journal.db").exists();
        let before = names(root)?;
        fs::create_dir_all(root).map_err(|error| fail(root, error))?;
        if holds_a_city() {
            return Err(FolderError::Taken(root.to_owned()));
        }
        let folder = Folder::locked(root)?;
        // Whoever had the lock until now may have begun one, of which nothing goes.
        if holds_a_city() {
            return Err(FolderError::Taken(root.to_owned()));
        }
        // A city that is being put back may begin with its key, and there is no other.
        if folder.log_key_path().exists() {
            return Err(FolderError::HoldsKey(folder.log_key_path()));
        }
        let fresh = Self { undo: Undo { root: root.to_owned(), before, is_over: false }, folder };
        for folder in ["keys", "log", "lake"] {
            private_folder(&root.join(folder))?;
        }
        Ok(fresh)
    }

    /// The folder, and what goes again if nothing begins in it.
    pub(crate) fn parts(self) -> (Undo, Folder) {
        (self.undo, self.folder)
    }
}

/// What a folder held before a city was to begin in it: everything else goes.
#[derive(Debug)]
pub(crate) struct Undo {
    root: PathBuf,
    /// None where it was not there.
    before: Option<BTreeSet<OsString>>,
    is_over: bool,
}

impl Undo {
    /// A city has begun, and everything stays.
    pub(crate) fn ends(mut self) {
        self.is_over = true;
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        // What cannot be removed stays: without a journal it is no city, and the next try takes it.
        for name in names(&self.root).ok().flatten().unwrap_or_default() {
            if self.before.as_ref().is_some_and(|before| before.contains(&name)) {
                continue;
            }
            let path = self.root.join(name);
            drop(if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) });
        }
        if self.before.is_none() {
            drop(fs::remove_dir(&self.root));
        }
    }
}

/// What a folder holds; none where it is not there.
fn names(folder: &Path) -> Result<Option<BTreeSet<OsString>>, FolderError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries.map_err(|error| fail(folder, error))?,
    };
    let names = entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>();
    names.map(Some).map_err(|error| fail(folder, error))
}

impl Folder {
    /// Takes the folder of a city that is there.
    ///
    /// # Errors
    /// There is none, or another process has it.
    pub fn open(root: &Path) -> Result<Self, FolderError> {
        if !root.join("journal.db").exists() {
            return Err(FolderError::NoCity(root.to_owned()));
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
    /// The database of acts, payloads and disclosure records.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal.db")
    }
    /// The log's public files.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.root.join("log")
    }
    /// Treated observations and released tables.
    #[must_use]
    pub fn lake(&self) -> PathBuf {
        self.root.join("lake")
    }
    /// Keys: the log's, the orders', the epochs'.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }
    fn log_key_path(&self) -> PathBuf {
        self.keys().join("log.key")
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
            io::ErrorKind::NotFound => FolderError::NoLogKey(path),
            io::ErrorKind::InvalidData => FolderError::BadLogKey(path),
            _ => fail(&path, error),
        })
    }
}

/// A key of 32 bytes in a file that only its owner may read; a fresh one is made where there is none and randomness is given.
/// None if there is none and none is to be made.
///
/// # Errors
/// It is damaged, or cannot be read or written.
pub fn kept_key(path: &Path, fresh: Option<&dyn Entropy>) -> Result<Option<Zeroizing<[u8; 32]>>, FolderError> {
    let damaged = || fail(path, io::Error::new(io::ErrorKind::InvalidData, "it is no key of this software"));
    match fs::read(path).map(Zeroizing::new) {
        Ok(bytes) => Ok(Some(Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| damaged())?))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let Some(entropy) = fresh else { return Ok(None) };
            let bytes = entropy.bytes32().map_err(|error| fail(path, io::Error::other(error.to_string())))?;
            let key = Zeroizing::new(bytes);
            create_private(path, &*key)?;
            Ok(Some(key))
        }
        Err(error) => Err(fail(path, error)),
    }
}

fn fail(path: &Path, error: io::Error) -> FolderError {
    FolderError::File { path: path.to_owned(), error }
}

/// Makes a folder that only its owner may read.
pub(crate) fn private_folder(path: &Path) -> Result<(), FolderError> {
    files::folder(path, Readers::Owner).map_err(|error| fail(path, error))
}

/// Writes a file that only its owner may read, whole and durable, or not at all.
///
/// # Errors
/// It cannot be written; what was there stays.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    files::put(path, bytes, Readers::Owner).map_err(|error| fail(path, error))
}

/// Writes a new file that only its owner may read, whole and durable, or not at all. Never in the place of another.
pub(crate) fn create_private(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    let create = || -> io::Result<()> {
        let draft = files::draft(path, bytes, Readers::Owner)?;
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft)?;
        linked?;
        files::sync_parent(path)
    };
    create().map_err(|error| {
        // A full disk needs the room; a draft that cannot be removed now is written over at the next try.
        drop(fs::remove_file(path.with_extension(DRAFT)));
        fail(path, error)
    })
}

/// Removes a file durably, if it is there.
///
/// # Errors
/// It cannot be removed.
pub fn remove_private(path: &Path) -> Result<(), FolderError> {
    let removed = match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        removed => removed.and_then(|()| files::sync_parent(path)),
    };
    removed.map_err(|error| fail(path, error))
}

/// Destroys secrets that a crash left half written in a folder.
pub(crate) fn destroy_drafts(folder: &Path) -> Result<(), FolderError> {
    for entry in fs::read_dir(folder).map_err(|error| fail(folder, error))? {
        let path = entry.map_err(|error| fail(folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == DRAFT) {
            destroy_secret(&path)?;
        }
    }
    Ok(())
}

/// Overwrites a secret with zeros, then removes it, durably. A missing one is destroyed already.
pub(crate) fn destroy_secret(path: &Path) -> Result<(), FolderError> {
    let destroy = || -> io::Result<()> {
        let mut file = match File::options().write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
        file.write_all(&vec![0; length])?;
        file.sync_all()?;
        fs::remove_file(path)?;
        files::sync_parent(path)
    };
    destroy().map_err(|error| fail(path, error))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::policy::PolicyText;
    use model::{Party, PartyKind};
    use register::{Adopting, Founding};
    use testkit::{FakeClock, SeededBytes};

    use super::*;
    use crate::city::{City, CityError, Created};

    fn begin(fresh: Fresh, layers: Vec<model::PolicyLayer>) -> Result<City, CityError> {
        let founder = Party { id: "city".parse().unwrap(), name: "City".to_owned(), kind: PartyKind::CityDepartment };
        let permits = norms::city_permits_default().to_owned();
        let policies = PolicyText { layers, permits, permits_owner: founder.id.clone() };
        let adopting = Adopting::unreleased(policies, "for tests".to_owned());
        let founding = Founding { name: "City".to_owned(), founder, adopting, reason: None };
        let created = Created { founding, origin: "test.example/log".to_owned() };
        let clock = Arc::new(FakeClock::at("2026-06-01T12:00:00Z".parse().unwrap()));
        City::begin(fresh, created, clock, Arc::new(SeededBytes::new(1)), |_| Ok(()))
    }

    fn held(folder: &Path) -> Vec<OsString> {
        names(folder).unwrap().unwrap().into_iter().collect()
    }

    #[test]
    fn where_no_city_begins_nothing_is_left_of_it_and_whatever_was_there_stays() {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("city");
        // Under no norm none begins; what was put beside it goes, too.
        let fresh = Fresh::of(&root).unwrap();
        fs::write(root.join("beside"), "x").unwrap();
        assert!(matches!(begin(fresh, Vec::new()), Err(CityError::Open(_))));
        assert!(!root.exists());
        // A folder that was there stays with what it held.
        fs::create_dir(&root).unwrap();
        fs::write(root.join("notes"), "mine").unwrap();
        // A key is not taken for one that may be made anew.
        fs::create_dir(root.join("keys")).unwrap();
        fs::write(root.join("keys/log.key"), "mine").unwrap();
        assert!(matches!(Fresh::of(&root), Err(FolderError::HoldsKey(_))));
        assert_eq!(fs::read_to_string(root.join("keys/log.key")).unwrap(), "mine");
        fs::remove_dir_all(root.join("keys")).unwrap();
        fs::remove_file(root.join("lock")).unwrap();
        assert!(begin(Fresh::of(&root).unwrap(), Vec::new()).is_err());
        assert_eq!(held(&root), ["notes"]);
        // The next try begins one, of which nothing goes any more.
        let fresh = Fresh::of(&root).unwrap();
        fs::write(root.join("beside"), "x").unwrap();
        let city = begin(fresh, vec![testkit::core()]).unwrap();
        let begun = held(&root);
        for name in ["beside", "journal.db", "keys", "lake", "lock", "log", "notes"] {
            assert!(begun.contains(&name.into()), "{name}: {begun:?}");
        }
        for _ in 0..2 {
            assert!(matches!(Fresh::of(&root), Err(FolderError::Taken(_))));
        }
        drop(city);
        assert!(matches!(Fresh::of(&root), Err(FolderError::Taken(_))));
        assert!(["journal.db", "keys", "log"].iter().all(|name| root.join(name).exists()));
    }

    #[test]
    fn nobody_takes_away_what_another_process_begins() {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("city");
        let first = Fresh::of(&root).unwrap();
        assert!(matches!(Fresh::of(&root), Err(FolderError::InUse(_))));
        assert_eq!(held(&root), ["keys", "lake", "lock", "log"], "it is the first one's");
        assert!(begin(first, vec![testkit::core()]).is_ok());
        assert!(root.join("journal.db").exists());
    }
}
