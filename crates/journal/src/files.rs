//! Files beside a database: there whole or not at all, their owner's alone where they hold secrets, and the lock that keeps a second
//! process out. It knows no name of a file, and no meaning of a byte but a signing key's.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tlog::SigningKey;
use zeroize::Zeroizing;

/// How the name of a file ends while it is being written.
pub const DRAFT: &str = "tmp";
/// The name of the file that is locked.
const LOCK: &str = "lock";

/// Who may read a file or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone.
    Owner,
    /// Whoever the system lets.
    Everybody,
}

/// Makes a folder, or takes one that is there.
///
/// # Errors
/// It cannot be made, or not be kept to its owner.
pub fn folder(path: &Path, readers: Readers) -> io::Result<()> {
    fs::create_dir_all(path)?;
    #[cfg(unix)]
    if readers == Readers::Owner {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Writes a draft beside a file, durably; gives where it is.
///
/// # Errors
/// It cannot be written.
pub fn draft(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<PathBuf> {
    let draft = path.with_extension(DRAFT);
    let mut options = File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(draft)
}

/// Puts a file in its place, whole and durable, or leaves what was there.
///
/// # Errors
/// It cannot be written.
pub fn put(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let draft = draft(path, bytes, readers)?;
    fs::rename(&draft, path)?;
    sync_parent(path)
}

/// Makes what was done in a file's folder durable.
///
/// # Errors
/// The disk refused.
pub fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

/// Locks a folder for this process for as long as the file lives; none while another process has it.
///
/// # Errors
/// The file that is locked cannot be opened or locked.
pub fn lock(folder: &Path) -> io::Result<Option<File>> {
    let lock = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Keeps a log's signing key, for its owner alone.
///
/// # Errors
/// It cannot be written.
pub fn keep_signing_key(path: &Path, key: &SigningKey) -> io::Result<()> {
    put(path, key.to_text().as_bytes(), Readers::Owner)
}

/// Reads a log's signing key.
///
/// # Errors
/// `NotFound` if it is gone, `InvalidData` if it is damaged, and whatever else keeps it from being read.
pub fn signing_key(path: &Path) -> io::Result<SigningKey> {
    let text = Zeroizing::new(fs::read_to_string(path)?);
    SigningKey::parse(text.trim_end()).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no signing key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_put_whole_and_a_secret_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        put(&path, b"first", Readers::Everybody).unwrap();
        put(&path, b"second", Readers::Owner).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert!(!path.with_extension(DRAFT).exists());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn one_process_has_a_folder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let held = lock(folder.path()).unwrap();
        assert!(held.is_some() && lock(folder.path()).unwrap().is_none());
        drop(held);
        assert!(lock(folder.path()).unwrap().is_some());
    }

    #[test]
    fn a_key_is_read_as_it_was_kept_and_its_loss_is_told_from_its_damage() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.key");
        assert_eq!(signing_key(&path).map(drop).unwrap_err().kind(), io::ErrorKind::NotFound);
        let key = SigningKey::generate([7; 32], "a.example/log").unwrap();
        keep_signing_key(&path, &key).unwrap();
        assert_eq!(signing_key(&path).unwrap().vkey().to_string(), key.vkey().to_string());
        fs::write(&path, "PRIVATE+KEY+no").unwrap();
        assert_eq!(signing_key(&path).map(drop).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
