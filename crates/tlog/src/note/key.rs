//! Keys of signed notes, <https://c2sp.org/signed-note#verifier-keys>.
//!
//! It exists to bind a name, a type and key material into one id. It never shows a seed in `Debug`, and never accepts
//! a key whose id does not follow from its parts.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use zeroize::{Zeroize as _, Zeroizing};

use super::{NoteError, is_key_name};
use crate::hash::sha256;
use crate::text::{parse_base64, to_base64};

/// Longest accepted text of a key, in bytes.
const MAX_KEY_TEXT_LEN: usize = 4096;
/// What the text of a signing key starts with.
const SECRET_START: &str = "PRIVATE+KEY+";

/// The first four bytes of the hash over name, type and key; written as eight hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 4]);

impl KeyId {
    /// The id of a key, <https://c2sp.org/signed-note#signatures>.
    #[must_use]
    pub fn derive(name: &str, key_type: KeyType, material: &[u8]) -> Self {
        let hash = sha256(&[name.as_bytes(), b"\n", &[key_type.byte()], material]);
        let [a, b, c, d, ..] = hash.to_bytes();
        Self([a, b, c, d])
    }

    fn parse(hex: &str) -> Option<Self> {
        let lower = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let value = u32::from_str_radix(hex, 16).ok().filter(|_| lower && hex.len() == 8)?;
        Some(Self(value.to_be_bytes()))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

/// The signature types this crate verifies, <https://c2sp.org/signed-note#signature-types>.
///
/// This is the one place to extend for witnesses: the cosignatures 0x04 (Ed25519) and 0x06 (ML-DSA-44) of
/// <https://c2sp.org/tlog-cosignature> each become a variant here and an arm in [`Vkey`]'s verification. Until then
/// their lines are what the specification calls unknown, and are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeyType {
    /// 0x01: Ed25519 over the note text.
    Ed25519,
}

impl KeyType {
    /// The identifier byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
        }
    }

    const fn from_byte(byte: u8) -> Result<Self, NoteError> {
        match byte {
            0x01 => Ok(Self::Ed25519),
            other => Err(NoteError::KeyType(other)),
        }
    }
}

/// A verifier key: `<name>+<hex id>+<base64 of type and key>`. `Display` and [`Vkey::parse`] are inverse.
#[derive(Clone, PartialEq, Eq)]
pub struct Vkey {
    name: String,
    id: KeyId,
    key_type: KeyType,
    key: VerifyingKey,
}

impl Vkey {
    /// Parses a verifier key.
    ///
    /// # Errors
    /// For malformed text, an unsupported type, an id which does not fit, or a weak key.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let KeyParts { name, id, key_type, material } = KeyParts::parse(text)?;
        let key = VerifyingKey::from_bytes(&material).map_err(|_| NoteError::Key)?;
        if key.is_weak() {
            return Err(NoteError::Key);
        }
        if id != KeyId::derive(&name, key_type, &*material) {
            return Err(NoteError::KeyIdMismatch);
        }
        Ok(Self { name, id, key_type, key })
    }

    /// Name of the key; for a log key, the origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Id of the key.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// Type of the key.
    #[must_use]
    pub const fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// The 32 bytes of the public key.
    #[must_use]
    pub fn public_key(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Whether `signature` is this key's over the text of a note.
    pub(super) fn verify_text(&self, text: &str, signature: &[u8]) -> bool {
        match self.key_type {
            KeyType::Ed25519 => Signature::from_slice(signature)
                .is_ok_and(|signature| self.key.verify_strict(text.as_bytes(), &signature).is_ok()),
        }
    }
}

impl fmt::Display for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let material = [&[self.key_type.byte()], &self.public_key()[..]].concat();
        write!(f, "{}+{}+{}", self.name, self.id, to_base64(&material))
    }
}

impl fmt::Debug for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vkey({self})")
    }
}

impl FromStr for Vkey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        Self::parse(text)
    }
}

/// An Ed25519 signing key with its name. The seed is wiped on drop and absent from `Debug`.
#[derive(Clone)]
pub struct SigningKey {
    name: String,
    id: KeyId,
    key: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// Makes a key from 32 secret random bytes, which the caller draws and should wipe.
    ///
    /// # Errors
    /// [`NoteError::Name`] when `name` cannot name a key.
    pub fn generate(mut seed: [u8; 32], name: &str) -> Result<Self, NoteError> {
        let key = ed25519_dalek::SigningKey::from_bytes(&seed);
        seed.zeroize();
        if !is_key_name(name) {
            return Err(NoteError::Name(name.chars().take(80).collect()));
        }
        let id = KeyId::derive(name, KeyType::Ed25519, key.verifying_key().as_bytes());
        Ok(Self { name: name.to_owned(), id, key })
    }

    /// Parses the one line which [`SigningKey::to_text`] writes.
    ///
    /// # Errors
    /// For malformed text, an unsupported type, or an id which does not fit.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let parts = KeyParts::parse(text.strip_prefix(SECRET_START).ok_or(NoteError::Key)?)?;
        let key = match parts.key_type {
            KeyType::Ed25519 => Self::generate(*parts.material, &parts.name)?,
        };
        if key.id == parts.id { Ok(key) } else { Err(NoteError::KeyIdMismatch) }
    }

    /// The key as one line without newline, in the form Go's `sumdb/note` uses:
    /// `PRIVATE+KEY+<name>+<hex id>+<base64 of type and seed>`. This is the secret itself.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut material = Zeroizing::new(vec![KeyType::Ed25519.byte()]);
        material.extend_from_slice(self.key.as_bytes());
        let encoded = Zeroizing::new(to_base64(&material));
        Zeroizing::new(format!("{SECRET_START}{}+{}+{}", self.name, self.id, *encoded))
    }

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

    /// The verifier key to publish.
    #[must_use]
    pub fn vkey(&self) -> Vkey {
        let key = self.key.verifying_key();
        Vkey { name: self.name.clone(), id: self.id, key_type: KeyType::Ed25519, key }
    }

    pub(super) fn sign_text(&self, text: &str) -> Vec<u8> {
        self.key.sign(text.as_bytes()).to_bytes().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("name", &self.name).field("id", &self.id).finish_non_exhaustive()
    }
}

/// The parts of `<name>+<hex id>+<base64 of type and material>`. The material may be a seed, so it wipes itself.
struct KeyParts {
    name: String,
    id: KeyId,
    key_type: KeyType,
    material: Zeroizing<[u8; 32]>,
}

impl KeyParts {
    fn parse(text: &str) -> Result<Self, NoteError> {
        if text.len() > MAX_KEY_TEXT_LEN {
            return Err(NoteError::Key);
        }
        let (name, rest) = text.split_once('+').ok_or(NoteError::Key)?;
        let (id, encoded) = rest.split_once('+').ok_or(NoteError::Key)?;
        if !is_key_name(name) {
            return Err(NoteError::Name(name.chars().take(80).collect()));
        }
        let id = KeyId::parse(id).ok_or(NoteError::Key)?;
        let decoded = Zeroizing::new(parse_base64(encoded).ok_or(NoteError::Key)?);
        let (key_type, bytes) = decoded.split_first().ok_or(NoteError::Key)?;
        let key_type = KeyType::from_byte(*key_type)?;
        let mut material = Zeroizing::new([0; 32]);
        if bytes.len() != material.len() {
            return Err(NoteError::Key);
        }
        material.copy_from_slice(bytes);
        Ok(Self { name: name.to_owned(), id, key_type, material })
    }
}
