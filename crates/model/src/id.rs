//! Identifiers that cannot be mixed up: one newtype for each kind of thing.
//!
//! An id is a slug: 1 to 63 characters of `a-z 0-9 -`, beginning with a letter or digit. It is stable, public and
//! never holds personal data, so that it may stand in the log for ever.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest id, in bytes. The same limit as a DNS label, so that an id can become one.
pub const ID_BYTES_MAX: usize = 63;

/// What is wrong with a text that should be an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is empty.
    #[error("{kind} is empty")]
    Empty {
        /// Which kind of id was expected.
        kind: &'static str,
    },
    /// The text is longer than [`ID_BYTES_MAX`].
    #[error("{kind} has {length} bytes, the limit is {ID_BYTES_MAX}")]
    TooLong {
        /// Which kind of id was expected.
        kind: &'static str,
        /// How long it is.
        length: usize,
    },
    /// A character is not allowed in this place.
    #[error("{kind} `{text}` has the character `{found}`; allowed are {allowed}, beginning with a letter or digit")]
    Character {
        /// Which kind of id was expected.
        kind: &'static str,
        /// The whole text, made printable.
        text: String,
        /// The first offending character, made printable.
        found: String,
        /// What would be allowed.
        allowed: &'static str,
    },
    /// A digest is not 64 hexadecimal digits.
    #[error("a digest is 64 lower-case hexadecimal digits")]
    Digest,
}

/// What every id can do; lets generic code name the kind in its errors.
pub trait Id: AsRef<str> + Ord + Clone + FromStr<Err = IdError> {
    /// The kind, in the architecture's word: `party id`, `stream id` …
    const KIND: &'static str;
}

fn check(kind: &'static str, text: &str, allowed: &'static str, inner: fn(u8) -> bool) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty { kind });
    }
    if text.len() > ID_BYTES_MAX {
        return Err(IdError::TooLong { kind, length: text.len() });
    }
    let first = |byte: u8| byte.is_ascii_alphanumeric() && inner(byte);
    for (at, character) in text.char_indices() {
        let byte = u8::try_from(character).unwrap_or(0);
        if !(if at == 0 { first(byte) } else { inner(byte) }) {
            let (text, found) = (text.escape_debug().to_string(), character.escape_debug().to_string());
            return Err(IdError::Character { kind, text, found, allowed });
        }
    }
    Ok(())
}

fn slug(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

fn name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Defines one id type: a checked slug with serde as a plain string.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $rule:ident, $allowed:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// Parses a text.
            ///
            /// # Errors
            /// An [`IdError`] that names the offending character or length.
            pub fn new(text: &str) -> Result<Self, IdError> {
                check($kind, text, $allowed, $rule)?;
                Ok(Self(text.into()))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Id for $name {
            const KIND: &'static str = $kind;
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }
        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(&text)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

id!(/// A party: an organisation or person that acts.
    PartyId, "party id", slug, "a-z, 0-9 and -");
id!(/// A place of the city.
    PlaceId, "place id", slug, "a-z, 0-9 and -");
id!(/// A deployment of a technology at a place.
    DeploymentId, "deployment id", slug, "a-z, 0-9 and -");
id!(/// One physical sensor.
    DeviceId, "device id", slug, "a-z, 0-9 and -");
id!(/// A typed flow of observations; unique in the city.
    StreamId, "stream id", slug, "a-z, 0-9 and -");
id!(/// A declared degree of exposure of a stream; unique within its stream.
    ViewId, "view id", slug, "a-z, 0-9 and -");
id!(/// An agreement that lets a party have a view.
    GrantId, "grant id", slug, "a-z, 0-9 and -");
id!(/// Answers to an instrument, with sign-offs.
    AssessmentId, "assessment id", slug, "a-z, 0-9 and -");
id!(/// A versioned questionnaire.
    InstrumentId, "instrument id", slug, "a-z, 0-9 and -");
id!(/// A statement about a deployment, a device or the city, signed and dated.
    EvidenceId, "evidence id", slug, "a-z, 0-9 and -");
id!(/// What kind of statement: `notice`, `hearing`, `sign-installed` …; standards give it meaning.
    EvidenceKind, "kind of evidence", slug, "a-z, 0-9 and -");
id!(/// A clock of a standard.
    DutyId, "duty id", slug, "a-z, 0-9 and -");
id!(/// A number or list of a requirement that a profile may make stricter.
    ParameterId, "parameter", slug, "a-z, 0-9 and -");
id!(/// An approval of a whole class of deployments.
    ClassId, "class id", slug, "a-z, 0-9 and -");
id!(/// A named order of an authority, for instance a hot list of plates.
    OrderId, "order id", slug, "a-z, 0-9 and -");
id!(/// The name of a property of an observation, as devices send it.
    PropertyName, "property name", name, "A-Z, a-z, 0-9 and _");

/// A SHA-256 or BLAKE3 digest, in serde as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// Wraps 32 bytes that some hash function gave.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Digest {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let lower = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
        if text.len() != 64 || !text.as_bytes().iter().all(lower) {
            return Err(IdError::Digest);
        }
        let mut bytes = [0; 32];
        for (out, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| IdError::Digest)?;
            *out = u8::from_str_radix(pair, 16).map_err(|_| IdError::Digest)?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Digest {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}
impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_accepted_and_others_say_why() {
        assert_eq!(StreamId::new("wifi-centre").map(String::from), Ok("wifi-centre".to_owned()));
        assert_eq!(StreamId::new(""), Err(IdError::Empty { kind: "stream id" }));
        assert!(matches!(StreamId::new("-a"), Err(IdError::Character { .. })));
        assert!(matches!(StreamId::new("Wifi"), Err(IdError::Character { .. })));
        assert!(matches!(StreamId::new("a\u{202e}b"), Err(IdError::Character { .. })));
        assert_eq!(StreamId::new(&"a".repeat(64)), Err(IdError::TooLong { kind: "stream id", length: 64 }));
        assert!(PropertyName::new("rssi_dBm").is_ok() && PropertyName::new("_x").is_err());
    }

    #[test]
    fn a_digest_has_one_spelling() {
        let digest = Digest::new([0xab; 32]);
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!("AB".repeat(32).parse::<Digest>(), Err(IdError::Digest));
        assert_eq!("é".repeat(32).parse::<Digest>(), Err(IdError::Digest));
    }
}
