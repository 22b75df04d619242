//! Checkpoints, <https://c2sp.org/tlog-checkpoint>: the signed head of a log.
//!
//! It exists because a size and a root under a signature are all that an outsider has to trust. It never reports a
//! checkpoint as verified whose origin is not the one expected, and never signs extension lines.

use crate::hash::{Hash, empty_root};
use crate::note::{Note, NoteError, SigningKey, Vkey};
use crate::text::parse_decimal;

/// Path of the checkpoint below the prefix of a log.
pub const CHECKPOINT_PATH: &str = "checkpoint";

/// Why a checkpoint is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it is refused.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The origin is empty or does not fit on one line.
    #[error("the origin is empty or not one line")]
    Origin,
    /// The checkpoint is another log's.
    #[error("the checkpoint is of {actual:?}, not of {expected:?}")]
    OtherLog {
        /// The origin expected.
        expected: String,
        /// The origin found.
        actual: String,
    },
    /// The second line is not a decimal without leading zero.
    #[error("the second line is not a tree size")]
    Size,
    /// The third line is not the canonical base64 of 32 bytes.
    #[error("the third line is not a root hash")]
    Root,
    /// A size of 0 with a root which is not that of the empty tree.
    #[error("the root of an empty tree is wrong")]
    EmptyRoot,
    /// Fewer than three lines, or an empty line.
    #[error("not three or more non-empty lines")]
    Lines,
}

/// The content of a checkpoint. See [`verify`] for how one becomes trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Identity of the log.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root of the tree over these entries.
    pub root: Hash,
    /// Further lines, opaque. Accepted when parsing, never written by [`sign`].
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// A checkpoint without extension lines.
    ///
    /// # Errors
    /// [`CheckpointError::Origin`] or [`CheckpointError::EmptyRoot`].
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        if origin.is_empty() || origin.contains(|c: char| c < ' ') {
            return Err(CheckpointError::Origin);
        }
        if size == 0 && root != empty_root() {
            return Err(CheckpointError::EmptyRoot);
        }
        Ok(Self { origin: origin.to_owned(), size, root, extensions: Vec::new() })
    }

    /// Parses the text of a note. [`Checkpoint::to_text`] gives back the same bytes.
    ///
    /// # Errors
    /// Unless it is precisely a checkpoint.
    pub fn parse_text(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n');
        let mut next = || lines.next().filter(|line| !line.is_empty()).ok_or(CheckpointError::Lines);
        let origin = next()?;
        let size = parse_decimal(next()?).ok_or(CheckpointError::Size)?;
        let root = Hash::from_base64(next()?).map_err(|_| CheckpointError::Root)?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(CheckpointError::Lines);
        }
        Ok(Self { extensions, ..Self::new(origin, size, root)? })
    }

    /// The text to sign, with its final newline.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, self.root);
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// Signs a checkpoint and returns the note. A log must never call this with two roots for one size.
///
/// # Errors
/// [`CheckpointError::Origin`] or [`CheckpointError::EmptyRoot`].
pub fn sign(key: &SigningKey, origin: &str, size: u64, root: &Hash) -> Result<String, CheckpointError> {
    let text = Checkpoint::new(origin, size, *root)?.to_text();
    Ok(Note::sign(&text, &[key])?.to_string())
}

/// Verifies a signed checkpoint of the log named like its key, as the specification recommends logs to be.
///
/// # Errors
/// When the note, its signature, its content or its origin is refused.
pub fn verify(note: &str, key: &Vkey) -> Result<Checkpoint, CheckpointError> {
    verify_origin(note, key, key.name())
}

/// Verifies a signed checkpoint of a log whose key has another name than its origin.
///
/// # Errors
/// When the note, its signature, its content or its origin is refused.
pub fn verify_origin(note: &str, key: &Vkey, origin: &str) -> Result<Checkpoint, CheckpointError> {
    let note = Note::parse(note)?;
    note.verify(std::slice::from_ref(key))?;
    let checkpoint = Checkpoint::parse_text(note.text())?;
    if checkpoint.origin == origin {
        return Ok(checkpoint);
    }
    Err(CheckpointError::OtherLog { expected: origin.to_owned(), actual: checkpoint.origin })
}

/// Reads a checkpoint without checking any signature: for display, and to find out which key to fetch.
///
/// # Errors
/// When it is not a well-formed note with a checkpoint in it.
pub fn parse_unverified(note: &str) -> Result<Checkpoint, CheckpointError> {
    Checkpoint::parse_text(Note::parse(note)?.text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::leaf_hash;

    const ORIGIN: &str = "example.city/log";

    fn key(name: &str) -> SigningKey {
        SigningKey::generate([7; 32], name).unwrap()
    }

    /// The example of the specification.
    const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

    #[test]
    fn published_example_parses() {
        let checkpoint = parse_unverified(EXAMPLE).unwrap();
        assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size, 20_852_163);
        assert_eq!(checkpoint.root.to_string(), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
        assert!(checkpoint.extensions.is_empty());
    }

    #[test]
    fn signed_checkpoints_verify_under_their_key_and_origin_only() {
        let key = key(ORIGIN);
        let root = leaf_hash(b"a");
        let note = sign(&key, ORIGIN, 1, &root).unwrap();
        assert_eq!(verify(&note, &key.vkey()).unwrap(), Checkpoint::new(ORIGIN, 1, root).unwrap());
        let other = SigningKey::generate([8; 32], ORIGIN).unwrap().vkey();
        assert_eq!(verify(&note, &other), Err(NoteError::Unsigned.into()));
        let elsewhere = sign(&key, "example.city/other", 1, &root).unwrap();
        assert!(matches!(verify(&elsewhere, &key.vkey()), Err(CheckpointError::OtherLog { .. })));
        assert!(verify_origin(&elsewhere, &key.vkey(), "example.city/other").is_ok());
    }

    #[test]
    fn unknown_signature_lines_are_ignored() {
        let key = key(ORIGIN);
        let note = sign(&key, ORIGIN, 1, &leaf_hash(b"a")).unwrap();
        let with_witness = format!("{note}\u{2014} witness.example {}\n", crate::text::to_base64(&[4; 76]));
        assert!(verify(&with_witness, &key.vkey()).is_ok());
    }

    #[test]
    fn malformed_texts_are_refused() {
        let root = leaf_hash(b"a").to_string();
        let cases = [
            (format!("o\n1\n{root}"), CheckpointError::Lines),
            (format!("\n1\n{root}\n"), CheckpointError::Lines),
            ("o\n1\n".to_owned(), CheckpointError::Lines),
            (format!("o\n1\n{root}\n\n"), CheckpointError::Lines),
            (format!("o\n01\n{root}\n"), CheckpointError::Size),
            (format!("o\n-1\n{root}\n"), CheckpointError::Size),
            (format!("o\n18446744073709551616\n{root}\n"), CheckpointError::Size),
            ("o\n1\nAQ==\n".to_owned(), CheckpointError::Root),
            (format!("o\n1\n{root} \n"), CheckpointError::Root),
            (format!("o\n0\n{root}\n"), CheckpointError::EmptyRoot),
        ];
        for (text, error) in cases {
            assert_eq!(Checkpoint::parse_text(&text), Err(error), "{text:?}");
        }
        assert_eq!(Checkpoint::new("a\nb", 1, leaf_hash(b"")), Err(CheckpointError::Origin));
        assert_eq!(Checkpoint::new("", 1, leaf_hash(b"")), Err(CheckpointError::Origin));
    }

    #[test]
    fn extension_lines_survive_a_round_trip() {
        let text = format!("o\n0\n{}\nmore\nand more\n", empty_root());
        let checkpoint = Checkpoint::parse_text(&text).unwrap();
        assert_eq!(checkpoint.extensions, ["more", "and more"]);
        assert_eq!(checkpoint.to_text(), text);
    }
}
