//! Files that are there whole after a crash, or not at all; and every step by which the lake changes the disk.
//!
//! `object_store` does not sync local files (0.13), so what must be durable is written here: into a draft, synced, put in
//! its place by one step of the file system, and the folder synced. Drafts lie in a folder of their own, which is emptied
//! at every start, so that none outlives the retention of what it holds. No other part of the lake writes, renames or
//! removes a file but the segments, which ask the same [`Gate`].

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::LakeError;

/// Where drafts lie below the lake's root.
pub(crate) const DRAFTS: &str = "drafts";

/// Asked before every step that changes the disk. A parameter, so that a test can let any step fail, and all after it, as
/// in a crash.
pub(crate) trait Gate: Send + Sync {
    /// Whether the step may be taken.
    fn pass(&self) -> io::Result<()>;
}

/// The gate of a lake in earnest: always open.
pub(crate) struct Open;

impl Gate for Open {
    fn pass(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The disk, as the lake changes it: step by step, each through the gate.
#[derive(Clone)]
pub(crate) struct Disk(Arc<dyn Gate>);

impl Disk {
    pub(crate) fn new(gate: Arc<dyn Gate>) -> Self {
        Self(gate)
    }

    /// Asks for a step that is taken elsewhere.
    pub(crate) fn pass(&self) -> io::Result<()> {
        self.0.pass()
    }

    /// Makes a folder and those above it, each durably: a file is lost with a folder that is.
    pub(crate) fn folder(&self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        let Some(parent) = path.parent() else { return fs::create_dir(path) };
        self.folder(parent)?;
        self.pass()?;
        match fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made?,
        }
        self.sync(parent)
    }

    /// Makes durable which files a folder has.
    pub(crate) fn sync(&self, folder: &Path) -> io::Result<()> {
        self.pass()?;
        File::open(folder)?.sync_all()
    }

    /// Writes a new file's content durably; its name is durable when its folder is synced.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.pass()?;
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        self.pass()?;
        file.sync_all()
    }

    /// Removes a file; durable when its folder is synced.
    pub(crate) fn unlink(&self, path: &Path) -> io::Result<()> {
        self.pass()?;
        fs::remove_file(path)
    }

    /// Removes an empty folder; durable when the one above is synced.
    pub(crate) fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.pass()?;
        fs::remove_dir(path)
    }
}

/// Where drafts are written.
pub(crate) struct Desk {
    disk: Disk,
    folder: PathBuf,
    next: AtomicU64,
}

impl Desk {
    /// Begins with an empty folder.
    pub(crate) fn open(root: &Path, disk: Disk) -> Result<Self, LakeError> {
        let folder = root.join(DRAFTS);
        let empty = || {
            disk.folder(&folder)?;
            fs::read_dir(&folder)?.try_for_each(|left| disk.unlink(&left?.path()))?;
            disk.sync(&folder)
        };
        empty().map_err(|error| LakeError::file(&folder, error))?;
        Ok(Self { disk, folder, next: AtomicU64::new(0) })
    }

    /// The disk that it writes on.
    pub(crate) const fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Puts a file in its place, in the place of any other.
    pub(crate) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), LakeError> {
        self.put(path, bytes, |draft| fs::rename(draft, path).map(|()| true)).map(drop)
    }

    /// Puts a file in its place unless there is one; false if there is.
    pub(crate) fn create(&self, path: &Path, bytes: &[u8]) -> Result<bool, LakeError> {
        self.put(path, bytes, |draft| {
            let linked = fs::hard_link(draft, path);
            self.disk.unlink(draft)?;
            match linked {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                linked => linked.map(|()| true),
            }
        })
    }

    /// Removes a file durably, if it is there.
    pub(crate) fn remove(&self, path: &Path) -> Result<(), LakeError> {
        let remove = || match self.disk.unlink(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(()) => path.parent().map_or(Ok(()), |parent| self.disk.sync(parent)),
        };
        remove().map_err(|error| LakeError::file(path, error))
    }

    fn put(&self, path: &Path, bytes: &[u8], place: impl Fn(&Path) -> io::Result<bool>) -> Result<bool, LakeError> {
        let draft = self.folder.join(self.next.fetch_add(1, Ordering::Relaxed).to_string());
        let put = || {
            self.disk.write(&draft, bytes)?;
            let parent = path.parent().unwrap_or(&self.folder);
            self.disk.folder(parent)?;
            self.disk.pass()?;
            let placed = place(&draft)?;
            self.disk.sync(parent)?;
            Ok(placed)
        };
        put().map_err(|error| {
            // A full disk needs the room; if the draft cannot be removed now it is at the next start.
            let _ = self.disk.unlink(&draft);
            LakeError::file(path, error)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk() -> Disk {
        Disk::new(Arc::new(Open))
    }

    #[test]
    fn a_file_is_created_once_and_replaced_at_will_and_no_draft_is_left() {
        let root = tempfile::tempdir().unwrap();
        let desk = Desk::open(root.path(), disk()).unwrap();
        let path = root.path().join("a").join("b").join("file");
        assert!(desk.create(&path, b"one").unwrap());
        assert!(!desk.create(&path, b"two").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"one");
        desk.replace(&path, b"three").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        desk.remove(&path).unwrap();
        desk.remove(&path).unwrap();
        assert!(!path.exists());
        assert_eq!(fs::read_dir(root.path().join(DRAFTS)).unwrap().count(), 0);
    }

    #[test]
    fn what_a_crash_left_in_a_draft_is_gone_at_the_next_start() {
        let root = tempfile::tempdir().unwrap();
        disk().folder(&root.path().join(DRAFTS)).unwrap();
        fs::write(root.path().join(DRAFTS).join("7"), b"treated data").unwrap();
        Desk::open(root.path(), disk()).unwrap();
        assert_eq!(fs::read_dir(root.path().join(DRAFTS)).unwrap().count(), 0);
    }
}
