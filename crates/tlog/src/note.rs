//! Signed notes, <https://c2sp.org/signed-note>: text with signature lines.
//!
//! It exists because every statement of a log travels as a note. It never returns text as trusted which no given key
//! signed, and never ignores a failing signature of a key it was given.

mod key;

pub use key::{KeyId, KeyType, SigningKey, Vkey};

use std::fmt;

use crate::text::{parse_base64, to_base64};

/// Bytes of the largest note: room for 64 post-quantum signature lines.
pub const MAX_NOTE_LEN: usize = 1 << 20;
/// Signature lines of the largest note; the specification demands at least 16.
pub const MAX_SIGNATURES: usize = 64;
/// What a signature line starts with: em dash, space.
const LINE_START: &str = "\u{2014} ";

/// Why a note or key is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// More than [`MAX_NOTE_LEN`] bytes.
    #[error("a note has at most {MAX_NOTE_LEN} bytes, got {0}")]
    TooLong(usize),
    /// More than [`MAX_SIGNATURES`] signature lines.
    #[error("a note has at most {MAX_SIGNATURES} signatures")]
    TooManySignatures,
    /// Not UTF-8.
    #[error("not UTF-8 from offset {0}")]
    Utf8(usize),
    /// A control character other than newline.
    #[error("control character at offset {0}")]
    Control(usize),
    /// No blank line before signature lines, no signature lines, or no newline at an end.
    #[error("no text, blank line and signature lines")]
    Shape,
    /// A signature line which is not em dash, space, name, space, base64.
    #[error("signature line {0} is malformed")]
    SignatureLine(usize),
    /// A key name which is empty or holds a space, a plus or a control character.
    #[error("{0:?} is not a key name")]
    Name(String),
    /// Text which is not a verifier key or signing key.
    #[error("malformed key")]
    Key,
    /// A key of a type this crate does not verify.
    #[error("unsupported key type {0:#04x}")]
    KeyType(u8),
    /// A key whose id is not the one its name and material give.
    #[error("key id does not belong to name and key")]
    KeyIdMismatch,
    /// A known key's signature does not verify.
    #[error("the signature of {0} does not verify")]
    BadSignature(String),
    /// None of the given keys signed.
    #[error("no signature of a known key")]
    Unsigned,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    id: KeyId,
    signature: Vec<u8>,
}

impl NoteSignature {
    /// Name of the key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Id of the key.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The signature without the key id. Its form is the key type's.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(LINE_START)?.split_once(' ')?;
        let decoded = parse_base64(encoded)?;
        let (id, signature) = decoded.split_first_chunk()?;
        if !is_key_name(name) || signature.is_empty() {
            return None;
        }
        Some(Self { name: name.to_owned(), id: KeyId(*id), signature: signature.to_vec() })
    }
}

impl fmt::Display for NoteSignature {
    /// The line without its newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blob = [&self.id.0[..], &self.signature].concat();
        write!(f, "{LINE_START}{} {}", self.name, to_base64(&blob))
    }
}

/// A well-formed note. That it parses says nothing about who wrote it: see [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// Signs `text`, which ends in a newline, with every key in turn.
    ///
    /// # Errors
    /// When the text is not a note text, or there are no keys or too many.
    pub fn sign(text: &str, keys: &[&SigningKey]) -> Result<Self, NoteError> {
        check_characters(text)?;
        if !text.ends_with('\n') || keys.is_empty() {
            return Err(NoteError::Shape);
        }
        let sign = |key: &&SigningKey| NoteSignature {
            name: key.name().to_owned(),
            id: key.id(),
            signature: key.sign_text(text),
        };
        Self { text: text.to_owned(), signatures: keys.iter().map(sign).collect() }.checked()
    }

    /// Parses a note from bytes.
    ///
    /// # Errors
    /// As [`Note::parse`], and [`NoteError::Utf8`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_LEN {
            return Err(NoteError::TooLong(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| NoteError::Utf8(error.valid_up_to()))?;
        Self::parse(text)
    }

    /// Parses a note. `Display` gives back the same bytes.
    ///
    /// # Errors
    /// When the note breaks the format or a limit.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_NOTE_LEN {
            return Err(NoteError::TooLong(note.len()));
        }
        check_characters(note)?;
        let blank = note.rfind("\n\n").ok_or(NoteError::Shape)?;
        let (text, rest) = note.split_at_checked(blank + 1).ok_or(NoteError::Shape)?;
        let lines = rest.strip_prefix('\n').and_then(|rest| rest.strip_suffix('\n')).ok_or(NoteError::Shape)?;
        let mut signatures = Vec::new();
        for (position, line) in lines.split('\n').enumerate() {
            if position == MAX_SIGNATURES {
                return Err(NoteError::TooManySignatures);
            }
            signatures.push(NoteSignature::parse(line).ok_or(NoteError::SignatureLine(position))?);
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The signed text, with its final newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All signature lines, known or not.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Appends the line of one more signer, for example a witness.
    ///
    /// # Errors
    /// [`NoteError::TooManySignatures`], [`NoteError::TooLong`], or a malformed line.
    pub fn with_signature_line(mut self, line: &str) -> Result<Self, NoteError> {
        let position = self.signatures.len();
        check_characters(line)?;
        self.signatures.push(NoteSignature::parse(line).ok_or(NoteError::SignatureLine(position))?);
        self.checked()
    }

    /// Checks every signature of a given key, ignores those of unknown keys, and returns the keys which signed.
    ///
    /// A key is known by name and id together.
    ///
    /// # Errors
    /// [`NoteError::BadSignature`] when a known key's signature fails, [`NoteError::Unsigned`] when none signed.
    pub fn verify<'k>(&self, keys: &'k [Vkey]) -> Result<Vec<&'k Vkey>, NoteError> {
        let mut signed: Vec<&Vkey> = Vec::new();
        for line in &self.signatures {
            let mine = keys.iter().filter(|key| key.name() == line.name && key.id() == line.id);
            for key in mine {
                if !key.verify_text(&self.text, &line.signature) {
                    return Err(NoteError::BadSignature(line.name.clone()));
                }
                if !signed.contains(&key) {
                    signed.push(key);
                }
            }
        }
        if signed.is_empty() { Err(NoteError::Unsigned) } else { Ok(signed) }
    }

    fn checked(self) -> Result<Self, NoteError> {
        if self.signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        let len = self.to_string().len();
        if len > MAX_NOTE_LEN { Err(NoteError::TooLong(len)) } else { Ok(self) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

/// Whether `name` can name a key: not empty, no Unicode space, no plus, no control character.
#[must_use]
pub fn is_key_name(name: &str) -> bool {
    let refused = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    !name.is_empty() && !name.contains(refused)
}

fn check_characters(text: &str) -> Result<(), NoteError> {
    let control = text.bytes().position(|byte| byte < 0x20 && byte != b'\n');
    control.map_or(Ok(()), |offset| Err(NoteError::Control(offset)))
}

#[cfg(test)]
mod tests;
