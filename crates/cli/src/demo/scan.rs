//! The check that no identifier was written: every byte of every file of the city, against everything that was sent.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Where an identifier was found: the file, never the identifier.
pub(super) type Leak = PathBuf;

/// Looks for every identifier as text, in each spelling that devices use, and addresses as six bytes.
pub(super) fn leaks(folder: &Path, identifying: &HashSet<String>) -> std::io::Result<Vec<Leak>> {
    let mut needles: HashSet<Vec<u8>> = HashSet::new();
    for identifier in identifying.iter().filter(|identifier| identifier.len() >= 5) {
        let bare: String = identifier.chars().filter(char::is_ascii_alphanumeric).collect();
        for spelling in [identifier.clone(), identifier.to_uppercase(), bare.to_lowercase(), bare.to_uppercase()] {
            needles.insert(spelling.into_bytes());
        }
        let octets: Vec<u8> =
            (0..bare.len()).step_by(2).filter_map(|at| u8::from_str_radix(bare.get(at..at + 2)?, 16).ok()).collect();
        if identifier.contains(':') && octets.len() == 6 {
            needles.insert(octets);
        }
    }
    let lengths: HashSet<usize> = needles.iter().map(Vec::len).collect();
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if holds(&fs::read(&path)?, &needles, &lengths) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn holds(bytes: &[u8], needles: &HashSet<Vec<u8>>, lengths: &HashSet<usize>) -> bool {
    lengths.iter().any(|&length| bytes.windows(length).any(|window| needles.contains(window)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_found_in_every_spelling() {
        let folder = tempfile::tempdir().unwrap();
        let sent: HashSet<String> = ["88:78:73:8d:98:75".to_owned(), "4B7 1234".to_owned()].into();
        let file = folder.path().join("deep").join("file");
        fs::create_dir(folder.path().join("deep")).unwrap();
        for leak in
            [b"x88:78:73:8d:98:75".as_slice(), b"8878738D9875", b"\x00\x88\x78\x73\x8d\x98\x75", b"plate=4B71234;"]
        {
            fs::write(&file, leak).unwrap();
            assert_eq!(leaks(folder.path(), &sent).unwrap().len(), 1, "{leak:?}");
        }
        fs::write(&file, b"nothing of the kind").unwrap();
        assert!(leaks(folder.path(), &sent).unwrap().is_empty());
    }
}
