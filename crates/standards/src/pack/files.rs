//! The files of a pack in memory: paths that belong to a pack, sizes within limits, nothing else.
//!
//! It exists so that every way in (a folder, the binary, a test) passes the same gate before anything is parsed.

use std::collections::BTreeMap;

use model::Digest;
use sha2::{Digest as _, Sha256};

use crate::diagnostic::{Diagnostic, Problems, shown};

/// Most bytes of a pack.
pub const PACK_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Most bytes of one file.
pub const FILE_BYTES_MAX: u64 = 256 * 1024;
/// Most files of a pack.
pub const FILES_MAX: usize = 1_000;
/// Most bytes of a file's name.
const NAME_BYTES_MAX: usize = 100;
/// What the content hash begins with.
const HASH_START: &[u8] = b"ordinance/pack/v1";

/// The manifest.
pub const MANIFEST: &str = "pack.toml";
/// The signature.
pub const NOTE: &str = "pack.note";
/// The folders of a pack and how their files end.
pub const FOLDERS: [(&str, &str); 6] = [
    ("requirements", "md"),
    ("norms", "cedar"),
    ("duties", "toml"),
    ("instruments", "toml"),
    ("i18n", "ftl"),
    ("tests", "toml"),
];

/// The files of one pack by path, within every limit and each UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files(BTreeMap<String, String>);

impl Files {
    /// Checks files that somebody read.
    ///
    /// # Errors
    /// Each file that is too large, is not UTF-8 or does not belong to a pack.
    pub fn new(files: BTreeMap<String, Vec<u8>>) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Problems::default();
        if files.len() > FILES_MAX {
            return Err(vec![too_many()]);
        }
        if files.values().map(|bytes| bytes.len() as u64).sum::<u64>() > PACK_BYTES_MAX {
            return Err(vec![pack_too_large()]);
        }
        let mut texts = BTreeMap::new();
        for (path, bytes) in files {
            if let Err(problem) = check_path(&path).and_then(|()| check_size(&path, bytes.len() as u64)) {
                problems.push(problem);
                continue;
            }
            match String::from_utf8(bytes) {
                Ok(text) => drop(texts.insert(path, text)),
                Err(error) => problems.push(not_utf8(&path, &error)),
            }
        }
        problems.or(Self(texts))
    }

    /// The text of one file.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Every file in byte order of its path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The files whose path begins with `prefix`, for instance `duties/`.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.iter().filter(move |(path, _)| path.starts_with(prefix))
    }

    /// The content hash: of every file but the signature.
    #[must_use]
    pub fn hash(&self) -> Digest {
        let mut hasher = Sha256::new();
        hasher.update(HASH_START);
        for (path, text) in self.iter().filter(|(path, _)| *path != NOTE) {
            for part in [path, text] {
                hasher.update((part.len() as u64).to_be_bytes());
                hasher.update(part.as_bytes());
            }
        }
        Digest::new(hasher.finalize().into())
    }
}

/// Whether a path may lie in a pack.
pub(crate) fn check_path(path: &str) -> Result<(), Diagnostic> {
    let plain = |name: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !name.starts_with('.') && name.len() <= NAME_BYTES_MAX && name.bytes().all(allowed)
    };
    let known = match path.split_once('/') {
        None => path == MANIFEST || path == NOTE,
        Some((folder, name)) => {
            let ending = FOLDERS.iter().find(|(known, _)| *known == folder).map(|(_, ending)| *ending);
            let stem = ending.and_then(|ending| name.strip_suffix(ending)).and_then(|name| name.strip_suffix('.'));
            plain(name) && stem.is_some_and(|stem| !stem.is_empty())
        }
    };
    if known {
        return Ok(());
    }
    let what = format!("`{}` does not belong to a pack", shown(path));
    let help = "a pack holds pack.toml, pack.note, requirements/*.md, norms/*.cedar, duties/*.toml, instruments/*.toml, \
                i18n/*.ftl and tests/*.toml; names are of A-Z, a-z, 0-9, -, _ and .";
    Err(Diagnostic::of_file(&shown(path), "stray-file", what, help))
}

/// Whether a file of this size may lie in a pack.
pub(crate) fn check_size(path: &str, bytes: u64) -> Result<(), Diagnostic> {
    if bytes <= FILE_BYTES_MAX {
        return Ok(());
    }
    let what = format!("the file has {bytes} bytes, the limit is {FILE_BYTES_MAX}");
    Err(Diagnostic::of_file(&shown(path), "file-too-large", what, "split it, or take out what is not text"))
}

pub(crate) fn too_many() -> Diagnostic {
    let what = format!("the pack has more than {FILES_MAX} files");
    Diagnostic::of_file(MANIFEST, "too-many-files", what, "split it into a standard and profiles")
}

pub(crate) fn pack_too_large() -> Diagnostic {
    let what = format!("the pack has more than {PACK_BYTES_MAX} bytes");
    Diagnostic::of_file(MANIFEST, "pack-too-large", what, "split it into a standard and profiles")
}

fn not_utf8(path: &str, error: &std::string::FromUtf8Error) -> Diagnostic {
    let good = error.utf8_error().valid_up_to();
    let before = error.as_bytes().get(..good).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    Diagnostic::of_file(path, "not-utf8", "the file is not UTF-8", "save it as UTF-8").at_line(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &[u8])]) -> Result<Files, Vec<Diagnostic>> {
        Files::new(list.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect())
    }

    #[test]
    fn only_paths_of_a_pack_pass() {
        for path in ["pack.toml", "pack.note", "requirements/core-01.md", "norms/a_b.cedar", "i18n/pt-BR.ftl"] {
            assert_eq!(check_path(path), Ok(()), "{path}");
        }
        let bad = [
            "",
            "/etc/passwd",
            "../pack.toml",
            "norms/../pack.toml",
            "norms/a/b.cedar",
            "norms/.cedar",
            "norms/.a.cedar",
            "norms/a.txt",
            "norms\\a.cedar",
            "requirements/a\u{0}.md",
            "requirements/ä.md",
            "README.md",
            "norms/",
            "norms//a.cedar",
        ];
        for path in bad {
            assert_eq!(check_path(path).map_err(|problem| problem.code), Err("stray-file"), "{path:?}");
        }
        assert!(check_path(&format!("norms/{}.cedar", "a".repeat(200))).is_err());
    }

    #[test]
    fn sizes_and_bytes_are_checked() {
        let code =
            |result: Result<Files, Vec<Diagnostic>>| result.err().and_then(|list| list.first().map(|one| one.code));
        assert_eq!(code(files(&[("pack.toml", &vec![b' '; 256 * 1024 + 1])])), Some("file-too-large"));
        assert_eq!(code(files(&[("pack.toml", b"a\n\xff")])), Some("not-utf8"));
        let many = (0..=FILES_MAX).map(|at| (format!("requirements/{at}.md"), Vec::new())).collect();
        assert_eq!(code(Files::new(many)), Some("too-many-files"));
        let large = (0..17).map(|at| (format!("requirements/{at}.md"), vec![b' '; 256 * 1024])).collect();
        assert_eq!(code(Files::new(large)), Some("pack-too-large"));
    }

    #[test]
    fn the_hash_is_of_names_and_contents_but_not_of_the_signature() {
        let hash = |list: &[(&str, &[u8])]| files(list).map(|files| files.hash());
        let one = hash(&[("pack.toml", b"a"), ("norms/b.cedar", b"")]);
        assert_eq!(one, hash(&[("pack.toml", b"a"), ("norms/b.cedar", b""), ("pack.note", b"x")]));
        assert_ne!(one, hash(&[("pack.toml", b"a"), ("norms/bc.cedar", b"")]));
        assert_ne!(one, hash(&[("pack.toml", b"ab"), ("norms/b.cedar", b"")]));
        // By hand: the start, then `pack.toml` and `a`, each after its length.
        let by_hand = Sha256::digest(b"ordinance/pack/v1\0\0\0\0\0\0\0\x09pack.toml\0\0\0\0\0\0\0\x01a");
        assert_eq!(hash(&[("pack.toml", b"a")]), Ok(Digest::new(by_hand.into())));
    }
}
