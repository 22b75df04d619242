//! Where a log's public files are kept: a folder whose files are there whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The files of one log, by their paths below it.
pub(super) trait Files: Send {
    /// Reads a file.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// Writes a file so that after a crash it is there whole, or as it was.
    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()>;

    /// Removes a file that nobody needs; one that stays harms nobody.
    fn remove(&self, path: &str);
}

/// A folder on the disk.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// Makes a folder and those above it, each of which is then known to the one above it after a crash, too.
    fn make(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
            self.make(above)?;
        }
        match fs::create_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
            made => made?,
        }
        folder.parent().filter(|above| !above.as_os_str().is_empty()).map_or(Ok(()), sync)
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

impl Files for Folder {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        fs::read(self.0.join(path))
    }

    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let target = self.0.join(path);
        let parent = target.parent().unwrap_or(&self.0);
        self.make(parent)?;
        let temporary = target.with_extension("tmp");
        let mut file = fs::File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, &target)?;
        sync(parent)
    }

    fn remove(&self, path: &str) {
        let _ = fs::remove_file(self.0.join(path));
    }
}
