//! The check that no identifier was written: every byte of every file of the city, against everything that was sent.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Where an identifier was found: the file, never the identifier.
pub(super) type Leak = PathBuf;

/// A spelling shorter than this is found by chance in the digits of a hash: a plate of seven hexadecimal digits, among
/// thousands of plates, in one log of a few days out of three.
const CHANCE_LENGTH_MAX: usize = 12;
/// An unbroken run of letters and digits from this length on is a hash, key or signature: no text of a device is as long.
const DIGEST_LENGTH_MIN: usize = 32;

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
    lengths.iter().any(|&length| {
        let mut windows = bytes.windows(length).enumerate();
        windows.any(|(at, window)| needles.contains(window) && !is_chance(bytes, at, window))
    })
}

/// Whether a short spelling stands inside what can only be a digest.
fn is_chance(bytes: &[u8], at: usize, found: &[u8]) -> bool {
    let in_run = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    if found.len() >= CHANCE_LENGTH_MAX || !found.iter().all(|byte| in_run(&byte)) {
        return false;
    }
    let (before, rest) = bytes.split_at(at);
    let run = before.iter().rev().take_while(in_run).count() + rest.iter().take_while(in_run).count();
    run >= DIGEST_LENGTH_MIN
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
        for harmless in
            [b"nothing of the kind".as_slice(), b"root=ceffb269372f4e70b29b09416e978c54b71234498c0a315f0a6a7ccc"]
        {
            fs::write(&file, harmless).unwrap();
            assert!(leaks(folder.path(), &sent).unwrap().is_empty());
        }
        // An address is long enough to be itself wherever it stands.
        fs::write(&file, b"root=ceffb269372f4e70b29b09416e978878738d9875498c0a315f0a6a7ccc").unwrap();
        assert_eq!(leaks(folder.path(), &sent).unwrap().len(), 1);
    }
}
