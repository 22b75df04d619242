//! Names inside an instrument. They are slugs, as all ids are, and of one kind each.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What of an author's text may stand in an error.
pub(crate) fn cut(text: &str) -> String {
    text.escape_debug().take(40).collect()
}

/// Whether a text is a slug, as all ids are.
pub(crate) fn is_slug(text: &str) -> bool {
    model::InstrumentId::new(text).is_ok()
}

/// Not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a name; it has 1 to 63 characters of a-z, 0-9 and -, and begins with a letter or digit")]
pub struct NameError(String);

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// Parses a text.
            ///
            /// # Errors
            /// The text is not a slug.
            pub fn new(text: &str) -> Result<Self, NameError> {
                if is_slug(text) { Ok(Self(text.into())) } else { Err(NameError(cut(text))) }
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(&text)
            }
        }
        impl std::str::FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0.as_ref().to_owned()
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

name!(/// A question, unique in its instrument, rows included.
    QuestionId);
name!(/// A section, unique in its instrument.
    SectionId);
name!(/// A conclusion that an instrument draws, unique in it.
    OutcomeId);
name!(/// One of the choices of a question, of the results of a conclusion, or of its criteria.
    OptionId);
name!(/// Who signs: `author`, `privacy-officer`, `approver` …
    Role);
