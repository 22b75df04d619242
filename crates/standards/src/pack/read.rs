//! A pack from a folder on disk or from the binary.
//!
//! It follows no link, opens nothing that is not a plain file, and refuses by size before it reads.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use super::files::{self, FILE_BYTES_MAX, FILES_MAX, FOLDERS, Files, MANIFEST, PACK_BYTES_MAX};
use crate::diagnostic::{Diagnostic, Problems, shown};

impl Files {
    /// Reads the folder of a pack.
    ///
    /// # Errors
    /// Everything that does not belong there, cannot be read or is beyond a limit.
    pub fn read_dir(folder: &Path) -> Result<Self, Vec<Diagnostic>> {
        let mut reader = Reader::default();
        reader.folder(folder, "");
        if reader.problems.is_empty() { Self::new(reader.files) } else { Err(reader.problems.into_sorted()) }
    }

    /// The files of a pack that the binary carries.
    ///
    /// # Errors
    /// As [`Files::new`].
    pub fn embedded(folder: &include_dir::Dir<'_>) -> Result<Self, Vec<Diagnostic>> {
        let mut files = BTreeMap::new();
        let dirs = std::iter::once(folder).chain(folder.dirs());
        for file in dirs.flat_map(include_dir::Dir::files) {
            let path = file.path().strip_prefix(folder.path()).unwrap_or_else(|_| file.path());
            let path = path.to_string_lossy().replace('\\', "/");
            files.insert(path, file.contents().to_vec());
        }
        Self::new(files)
    }
}

#[derive(Default)]
struct Reader {
    files: BTreeMap<String, Vec<u8>>,
    bytes: u64,
    entries: usize,
    problems: Problems,
}

impl Reader {
    fn folder(&mut self, folder: &Path, prefix: &str) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.unreadable(if prefix.is_empty() { "." } else { prefix }, &error),
        };
        for entry in entries {
            self.entries += 1;
            if self.entries > FILES_MAX + FOLDERS.len() {
                return self.problems.push(files::too_many());
            }
            let (name, path) = match entry {
                Ok(entry) => (entry.file_name().to_string_lossy().into_owned(), entry.path()),
                Err(error) => return self.unreadable(prefix, &error),
            };
            self.entry(&path, &format!("{prefix}{name}"), prefix.is_empty());
            if self.bytes > PACK_BYTES_MAX {
                return self.problems.push(files::pack_too_large());
            }
        }
    }

    fn entry(&mut self, path: &Path, name: &str, top: bool) {
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => return self.unreadable(name, &error),
        };
        if metadata.is_dir() && top && FOLDERS.iter().any(|(known, _)| *known == name) {
            return self.folder(path, &format!("{name}/"));
        }
        if metadata.is_symlink() {
            let help = "put the file itself there; a pack is read without following links";
            return self.problems.push(Diagnostic::of_file(&shown(name), "link", "this is a link", help));
        }
        let checked = files::check_path(name).and_then(|()| files::check_size(name, metadata.len()));
        if let Err(problem) = checked {
            return self.problems.push(problem);
        }
        if !metadata.is_file() {
            let help = "a pack holds plain files";
            return self.problems.push(Diagnostic::of_file(name, "not-a-file", "this is not a plain file", help));
        }
        match read_bounded(path) {
            Ok(bytes) => {
                self.bytes += bytes.len() as u64;
                self.files.insert(name.to_owned(), bytes);
            }
            Err(error) => self.unreadable(name, &error),
        }
    }

    fn unreadable(&mut self, name: &str, error: &io::Error) {
        let what = format!("cannot be read: {error}");
        let help = format!("a pack is a folder with `{MANIFEST}` that you may read");
        self.problems.push(Diagnostic::of_file(&shown(name), "unreadable", what, help));
    }
}

/// Reads one byte more than is allowed at most, so that a file that grows meanwhile is still found too large.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(folder: &Path) -> Vec<&'static str> {
        let problems = Files::read_dir(folder).err().unwrap_or_default();
        problems.into_iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn a_file_of_a_hundred_megabytes_is_refused_by_its_size() {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("pack.toml")).unwrap();
        // Sparse: it has the length, not the bytes.
        file.set_len(100 * 1024 * 1024).unwrap();
        assert_eq!(codes(folder.path()), ["file-too-large"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_strange_folders_and_missing_folders_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("norms")).unwrap();
        fs::create_dir(folder.path().join("norms/deep")).unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("norms/a.cedar")).unwrap();
        std::os::unix::fs::symlink("/etc", folder.path().join("tests")).unwrap();
        assert_eq!(codes(folder.path()), ["stray-file", "link", "stray-file", "link"]);
        assert_eq!(codes(&folder.path().join("nowhere")), ["unreadable"]);
    }

    #[test]
    fn a_folder_of_too_many_files_is_refused_without_reading_on() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("tests")).unwrap();
        for at in 0..FILES_MAX + 20 {
            fs::write(folder.path().join(format!("tests/{at}.toml")), "").unwrap();
        }
        assert_eq!(codes(folder.path()), ["too-many-files"]);
    }
}
