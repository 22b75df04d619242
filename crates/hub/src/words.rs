//! Ids and texts of a hub, right by construction: what does not fit is refused where it comes in, never cut and never passed on.

use std::fmt;
use std::str::FromStr;

use model::id::ID_BYTES_MAX;
use serde::de::value::Error as NoCode;
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Serialize};

/// What is wrong with a word that somebody sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordError {
    /// It is no id.
    #[error("{kind} is 1 to {ID_BYTES_MAX} characters of a-z, 0-9 and -, beginning with a letter or digit")]
    Id {
        /// Which kind of id was expected.
        kind: &'static str,
    },
    /// Nothing is there.
    #[error("the text is empty; write it")]
    Empty,
    /// It is too long.
    #[error("the text has {found} bytes, the limit is {max}; shorten it")]
    TooLong {
        /// How many bytes it has.
        found: usize,
        /// How many it may have.
        max: usize,
    },
    /// A control character.
    #[error("the text has a character that cannot be shown; take out control characters")]
    Control,
}

/// Defines one id: a slug with serde as a plain string.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = WordError;
            fn from_str(text: &str) -> Result<Self, WordError> {
                if is_slug(text) { Ok(Self(text.into())) } else { Err(WordError::Id { kind: $kind }) }
            }
        }
        impl TryFrom<String> for $name {
            type Error = WordError;
            fn try_from(text: String) -> Result<Self, WordError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

id!(/// A member of the alliance: an organisation, or a resident by an id that tells nothing of them.
    MemberId, "a member's id");
id!(/// A person who speaks for a member.
    PersonId, "a person's id");
id!(/// A draft of a standard.
    DraftId, "a draft's id");

fn is_slug(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= ID_BYTES_MAX && text.bytes().all(inner) && !text.is_empty() && !text.starts_with('-')
}

/// A text for people of 1 to `MAX` bytes, without control characters but line ends and tabs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const MAX: usize>(String);

/// A title or a name.
pub type Title = Text<200>;
/// Why something was decided. Nothing is decided without.
pub type Reasons = Text<4_000>;
/// A longer text: an amendment's, a policy's, minutes.
pub type Body = Text<16_000>;
/// A statement that others agree or disagree with, short enough to be one thought.
pub type Saying = Text<280>;

impl<const MAX: usize> Text<MAX> {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> FromStr for Text<MAX> {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        // Browsers send line ends of their own.
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        if text.is_empty() {
            return Err(WordError::Empty);
        }
        if text.len() > MAX {
            return Err(WordError::TooLong { found: text.len(), max: MAX });
        }
        let shown = |character: char| !character.is_control() || character == '\n' || character == '\t';
        if text.chars().all(shown) { Ok(Self(text.to_owned())) } else { Err(WordError::Control) }
    }
}

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = WordError;
    fn try_from(text: String) -> Result<Self, WordError> {
        text.parse()
    }
}

impl<const MAX: usize> From<Text<MAX>> for String {
    fn from(text: Text<MAX>) -> Self {
        text.0
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The word of a list by its code, as acts and packs write it; none if there is none of it.
pub(crate) fn of_code<T: DeserializeOwned>(code: &str) -> Option<T> {
    let code: serde::de::value::StrDeserializer<'_, NoCode> = code.into_deserializer();
    T::deserialize(code).ok()
}

/// The code of a word of a list; empty for what is no such word.
pub(crate) fn code<T: Serialize>(word: &T) -> String {
    let code = serde_json::to_value(word).ok();
    code.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_slug_and_nothing_else() {
        for good in ["a", "0", "city-of-x", &"a".repeat(63)] {
            assert!(good.parse::<MemberId>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "A", "a b", "a/b", "ä", "a\n", &"a".repeat(64)] {
            assert!(bad.parse::<PersonId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn reasons_cannot_be_empty_too_long_or_unprintable_however_they_come_in() {
        for bad in ["", "  \n\t ", &"x".repeat(4_001), "a\u{0}b", "a\u{1b}[31m"] {
            assert!(bad.parse::<Reasons>().is_err(), "{bad:?}");
            assert!(serde_json::from_value::<Reasons>(bad.into()).is_err(), "{bad:?}");
        }
        assert_eq!(" two\r\nlines ".parse::<Reasons>().map(|text| text.to_string()), Ok("two\nlines".to_owned()));
    }
}
