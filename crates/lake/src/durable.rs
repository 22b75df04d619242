//! Files that are there whole after a crash, or not at all.
//!
//! `object_store` does not sync local files (0.13), so what must be durable is written here: into a draft, synced, put in
//! its place by one step of the file system, and the folder synced. Drafts lie in a folder of their own, which is emptied
//! at every start, so that none outlives the retention of what it holds.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::LakeError;

/// Where drafts lie below the lake's root.
pub(crate) const DRAFTS: &str = "drafts";

/// Makes a folder and those above it, each durably: a file is lost with a folder that is.
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let Some(parent) = path.parent() else { return fs::create_dir(path) };
    folder(parent)?;
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made?,
    }
    sync(parent)
}

/// Makes durable which files a folder has.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Where drafts are written.
pub(crate) struct Desk {
    folder: PathBuf,
    next: AtomicU64,
}

impl Desk {
    /// Begins with an empty folder.
    pub(crate) fn open(root: &Path) -> Result<Self, LakeError> {
        let folder = root.join(DRAFTS);
        let empty = || {
            self::folder(&folder)?;
            fs::read_dir(&folder)?.try_for_each(|left| fs::remove_file(left?.path()))?;
            sync(&folder)
        };
        empty().map_err(|error| LakeError::file(&folder, error))?;
        Ok(Self { folder, next: AtomicU64::new(0) })
    }

    /// Puts a file in its place, in the place of any other.
    pub(crate) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), LakeError> {
        self.put(path, bytes, |draft| fs::rename(draft, path).map(|()| true)).map(drop)
    }

    /// Puts a file in its place unless there is one; false if there is.
    pub(crate) fn create(&self, path: &Path, bytes: &[u8]) -> Result<bool, LakeError> {
        self.put(path, bytes, |draft| {
            let linked = fs::hard_link(draft, path);
            fs::remove_file(draft)?;
            match linked {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                linked => linked.map(|()| true),
            }
        })
    }

    fn put(&self, path: &Path, bytes: &[u8], place: impl Fn(&Path) -> io::Result<bool>) -> Result<bool, LakeError> {
        let draft = self.folder.join(self.next.fetch_add(1, Ordering::Relaxed).to_string());
        let put = || {
            let mut file = File::create(&draft)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            let parent = path.parent().unwrap_or(&self.folder);
            folder(parent)?;
            let placed = place(&draft)?;
            sync(parent)?;
            Ok(placed)
        };
        put().map_err(|error| {
            // A full disk needs the room; if the draft cannot be removed now it is at the next start.
            let _ = fs::remove_file(&draft);
            LakeError::file(path, error)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_created_once_and_replaced_at_will_and_no_draft_is_left() {
        let root = tempfile::tempdir().unwrap();
        let desk = Desk::open(root.path()).unwrap();
        let path = root.path().join("a").join("b").join("file");
        assert!(desk.create(&path, b"one").unwrap());
        assert!(!desk.create(&path, b"two").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"one");
        desk.replace(&path, b"three").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert_eq!(fs::read_dir(root.path().join(DRAFTS)).unwrap().count(), 0);
    }

    #[test]
    fn what_a_crash_left_in_a_draft_is_gone_at_the_next_start() {
        let root = tempfile::tempdir().unwrap();
        folder(&root.path().join(DRAFTS)).unwrap();
        fs::write(root.path().join(DRAFTS).join("7"), b"treated data").unwrap();
        Desk::open(root.path()).unwrap();
        assert_eq!(fs::read_dir(root.path().join(DRAFTS)).unwrap().count(), 0);
    }
}
