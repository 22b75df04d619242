//! Signatures of packs: a C2SP signed note over name, version and content hash.
//!
//! It says who vouches for a pack. It never trusts a signature of a key that it was not given, and a signature that does
//! not fit is worse than none.

use model::Digest;
use tlog::note::{Note, NoteError, SigningKey, Vkey};

use crate::pack::{Pack, Reference};

/// The first line of what is signed.
const NOTE_START: &str = "ordinance/pack/v1";

/// Who vouches for a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// It came with this software.
    BuiltIn,
    /// This key signed it.
    Signed {
        /// Whose key.
        vkey: Box<Vkey>,
    },
    /// Nobody that is known here.
    Unsigned,
}

/// Why a signature is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// There is no signature.
    #[error("the pack `{0}` is not signed; sign it, or take it from whoever does")]
    Unsigned(Reference),
    /// It is signed, but by nobody whose key was given.
    #[error("the pack `{0}` is signed by a key that is not known here; name the verifier key of whoever signed it")]
    UnknownKey(Reference),
    /// The note is malformed, or the signature does not verify.
    #[error("the signature of `{pack}` is not good: {reason}; fetch the pack anew")]
    Note {
        /// Which pack.
        pack: Reference,
        /// What is wrong with the note.
        reason: NoteError,
    },
    /// The note speaks of another pack, or of no pack at all.
    #[error("the signature of `{pack}` is over `{signed}`; sign this pack by itself")]
    OtherPack {
        /// Which pack.
        pack: Reference,
        /// What the note names.
        signed: String,
    },
    /// The note is over other contents.
    #[error(
        "the contents of `{pack}` are not what was signed: signed was {signed}, here is {here}; fetch the pack anew"
    )]
    WrongHash {
        /// Which pack.
        pack: Reference,
        /// The hash in the note, as it stands there.
        signed: String,
        /// The hash of the contents.
        here: Digest,
    },
}

/// What is signed of a pack: three lines.
fn text(reference: &Reference, hash: Digest) -> String {
    format!("{NOTE_START}\n{reference}\n{hash}\n")
}

/// Signs a pack: the text of its `pack.note`.
///
/// # Errors
/// [`TrustError::Note`] where no note can be made of it.
pub fn sign(pack: &Pack, key: &SigningKey) -> Result<String, TrustError> {
    let reference = &pack.manifest.reference;
    let note = Note::sign(&text(reference, pack.hash), &[key]);
    note.map(|note| note.to_string()).map_err(|reason| TrustError::Note { pack: reference.clone(), reason })
}

/// Checks a note over a pack by the keys that are trusted.
///
/// # Errors
/// A [`TrustError`] unless one of the keys signed exactly this pack and no signature of any of them fails.
pub fn verify<'k>(pack: &Pack, note: &str, keys: &'k [Vkey]) -> Result<&'k Vkey, TrustError> {
    let reference = &pack.manifest.reference;
    let refuse = |reason| TrustError::Note { pack: reference.clone(), reason };
    let note = Note::parse(note).map_err(refuse)?;
    let signed_by = note.verify(keys).map_err(|reason| match reason {
        NoteError::Unsigned => TrustError::UnknownKey(reference.clone()),
        other => refuse(other),
    })?;
    let lines: Vec<&str> = note.text().lines().collect();
    match lines.as_slice() {
        [start, named, hash] if *start == NOTE_START && *named == reference.to_string() => {
            let signed = || hash.chars().take(80).collect();
            if note.text() != text(reference, pack.hash) {
                return Err(TrustError::WrongHash { pack: reference.clone(), signed: signed(), here: pack.hash });
            }
        }
        other => {
            let signed = other.get(1).or_else(|| other.first()).copied().unwrap_or_default();
            let signed = crate::diagnostic::shown(signed);
            return Err(TrustError::OtherPack { pack: reference.clone(), signed });
        }
    }
    signed_by.first().copied().ok_or_else(|| TrustError::UnknownKey(reference.clone()))
}

/// Who vouches for a pack that came from outside, by its own `pack.note`.
///
/// # Errors
/// A signature that is there and does not fit, unless it is merely by a key that is not known.
pub fn trust(pack: &Pack, keys: &[Vkey]) -> Result<Trust, TrustError> {
    let Some(note) = pack.note() else { return Ok(Trust::Unsigned) };
    match verify(pack, note, keys) {
        Ok(vkey) => Ok(Trust::Signed { vkey: Box::new(vkey.clone()) }),
        Err(TrustError::UnknownKey(_)) => Ok(Trust::Unsigned),
        Err(other) => Err(other),
    }
}

/// As [`trust`], where only a signed pack will do.
///
/// # Errors
/// Also where nobody whose key was given signed it.
pub fn require_signed<'k>(pack: &Pack, keys: &'k [Vkey]) -> Result<&'k Vkey, TrustError> {
    let note = pack.note().ok_or_else(|| TrustError::Unsigned(pack.manifest.reference.clone()))?;
    verify(pack, note, keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Source;

    fn key(seed: u8) -> SigningKey {
        SigningKey::generate([seed; 32], "standards.example").unwrap()
    }

    #[test]
    fn a_signed_pack_is_trusted_by_its_key_and_by_no_other() {
        let source = Source::standard("core");
        let note = sign(&source.pack(), &key(1)).unwrap();
        let signed = source.clone().with("pack.note", &note).pack();
        assert_eq!(signed.hash, source.pack().hash);
        let keys = [key(2).vkey(), key(1).vkey()];
        assert_eq!(trust(&signed, &keys), Ok(Trust::Signed { vkey: Box::new(key(1).vkey()) }));
        assert!(require_signed(&signed, &keys).is_ok());
        assert_eq!(trust(&signed, &[key(2).vkey()]), Ok(Trust::Unsigned));
        assert!(matches!(require_signed(&signed, &[key(2).vkey()]), Err(TrustError::UnknownKey(_))));
    }

    #[test]
    fn an_unsigned_pack_is_one_clear_error_where_a_signature_is_needed() {
        let pack = Source::standard("core").pack();
        assert_eq!(trust(&pack, &[]), Ok(Trust::Unsigned));
        assert!(matches!(require_signed(&pack, &[key(1).vkey()]), Err(TrustError::Unsigned(_))));
    }

    #[test]
    fn changed_contents_another_pack_and_a_broken_note_are_told_apart() {
        let source = Source::standard("core");
        let keys = [key(1).vkey()];
        let note = sign(&source.pack(), &key(1)).unwrap();
        let changed =
            source.clone().with("pack.note", &note).with("requirements/core-02.md", &Source::text_only("core-02"));
        assert!(matches!(trust(&changed.pack(), &keys), Err(TrustError::WrongHash { .. })));
        let other = Source::standard("other").with("pack.note", &note).pack();
        assert!(matches!(trust(&other, &keys), Err(TrustError::OtherPack { .. })));
        let broken = source.clone().with("pack.note", "x").pack();
        assert!(matches!(trust(&broken, &keys), Err(TrustError::Note { .. })));
        // A signature that does not verify is no reason to fall back to unsigned.
        let forged = note.replace(&source.pack().hash.to_string(), &"0".repeat(64));
        let forged = source.with("pack.note", &forged).pack();
        assert!(matches!(trust(&forged, &keys), Err(TrustError::Note { reason: NoteError::BadSignature(_), .. })));
    }

    #[test]
    fn what_is_signed_is_three_lines() {
        let pack = Source::standard("core").pack();
        let note = sign(&pack, &key(1)).unwrap();
        let expected = format!("ordinance/pack/v1\nurn:test:core@0.1.0\n{}\n\n\u{2014} standards.example ", pack.hash);
        assert!(note.starts_with(&expected), "{note}");
    }
}
