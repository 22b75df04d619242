//! Vocabularies: trees of codes for what is sensed, why and with what.
//!
//! The codes are our own, few and stable. Where the Digital Trust for Places and Routines taxonomy (DTPR, v1,
//! CC BY 4.0) or the W3C Data Privacy Vocabulary (DPV 2.3) has a term for the same thing, the entry names it;
//! where it has none, the bridge is `None` rather than a near miss.

mod tables;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A code that is in no vocabulary, or that may not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownCode {
    /// No such code.
    #[error("`{code}` is not a {kind}; known are: {known}")]
    Unknown {
        /// `category`, `purpose` or `technology`.
        kind: &'static str,
        /// What was asked for, made printable and cut.
        code: String,
        /// The codes that exist.
        known: String,
    },
    /// The purpose is a branch of the tree, too general to bind anybody (GDPR 5(1)(b)).
    #[error("the purpose `{code}` is too general to bind anybody; name one of: {narrower}")]
    TooGeneral {
        /// The general code.
        code: &'static str,
        /// The purposes below it.
        narrower: String,
    },
}

/// Whether data of a category identifies people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identifies {
    /// Says nothing about a person.
    Nobody,
    /// Singles people out together with other data, or in small groups.
    Indirectly,
    /// Singles a person or their device or vehicle out by itself.
    Directly,
}

/// One row of a vocabulary.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    code: &'static str,
    parent: Option<&'static str>,
    name: &'static str,
    dtpr: Option<&'static str>,
    dpv: Option<&'static str>,
    identifies: Identifies,
}

/// Defines a code type over a static table: checked on parsing, one pointer wide, ordered by code.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $table:path) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(&'static Entry);

        impl $name {
            /// Every code, in the order of the table: parents before children.
            pub fn all() -> impl Iterator<Item = Self> {
                $table.iter().map(Self)
            }
            /// The code, as it stands in acts and files.
            #[must_use]
            pub const fn code(self) -> &'static str {
                self.0.code
            }
            /// Its name in plain English.
            #[must_use]
            pub const fn name(self) -> &'static str {
                self.0.name
            }
            /// The code above it in the tree.
            #[must_use]
            pub fn parent(self) -> Option<Self> {
                let parent = self.0.parent?;
                $table.iter().find(|entry| entry.code == parent).map(Self)
            }
            /// Whether it is `other` or stands anywhere below it.
            #[must_use]
            pub fn is_within(self, other: Self) -> bool {
                let mut at = Some(self);
                while let Some(here) = at {
                    if here == other {
                        return true;
                    }
                    at = here.parent();
                }
                false
            }
            /// The same thing's element id in DTPR, where there is one.
            #[must_use]
            pub const fn dtpr(self) -> Option<&'static str> {
                self.0.dtpr
            }
            /// The same thing's term in DPV, where there is one.
            #[must_use]
            pub const fn dpv(self) -> Option<&'static str> {
                self.0.dpv
            }
            fn lookup(code: &str) -> Result<Self, UnknownCode> {
                $table.iter().find(|entry| entry.code == code).map(Self).ok_or_else(|| UnknownCode::Unknown {
                    kind: $kind,
                    code: code.escape_debug().take(64).collect(),
                    known: list($table.iter()),
                })
            }
        }
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.code == other.0.code
            }
        }
        impl Eq for $name {}
        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }
        impl Ord for $name {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.0.code.cmp(other.0.code)
            }
        }
        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.0.code.hash(state);
            }
        }
        impl TryFrom<String> for $name {
            type Error = UnknownCode;
            fn try_from(code: String) -> Result<Self, UnknownCode> {
                code.parse()
            }
        }
        impl From<$name> for String {
            fn from(code: $name) -> String {
                code.0.code.to_owned()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.0.code)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.code)
            }
        }
    };
}

fn list<'a>(entries: impl Iterator<Item = &'a Entry>) -> String {
    entries.map(|entry| entry.code).collect::<Vec<_>>().join(", ")
}

vocabulary!(/// What kind of data a property is.
    Category, "category", tables::CATEGORIES);
vocabulary!(/// Why data is collected or disclosed. Only leaves of the tree: a general purpose binds nobody.
    Purpose, "purpose", tables::PURPOSES);
vocabulary!(/// What senses.
    Technology, "technology", tables::TECHNOLOGIES);

impl Category {
    /// Whether data of this category identifies people.
    #[must_use]
    pub const fn identifies(self) -> Identifies {
        self.0.identifies
    }
    /// Whether it says how many people or vehicles are there or pass.
    #[must_use]
    pub fn counts_passers(self) -> bool {
        std::iter::successors(Some(self), |category| category.parent())
            .any(|category| ["crowd", "traffic"].contains(&category.code()))
    }
    /// Whether a value of this category is by itself an identifier of a person, device or vehicle.
    #[must_use]
    pub fn is_identifier(self) -> bool {
        self.0.identifies == Identifies::Directly
    }
}

impl FromStr for Category {
    type Err = UnknownCode;
    fn from_str(code: &str) -> Result<Self, UnknownCode> {
        Self::lookup(code)
    }
}
impl FromStr for Technology {
    type Err = UnknownCode;
    fn from_str(code: &str) -> Result<Self, UnknownCode> {
        Self::lookup(code)
    }
}
impl FromStr for Purpose {
    type Err = UnknownCode;
    fn from_str(code: &str) -> Result<Self, UnknownCode> {
        let purpose = Self::lookup(code)?;
        let mut narrower = tables::PURPOSES.iter().filter(|entry| entry.parent == Some(purpose.code())).peekable();
        if narrower.peek().is_some() {
            return Err(UnknownCode::TooGeneral { code: purpose.code(), narrower: list(narrower) });
        }
        Ok(purpose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tree_is_a_tree() {
        for table in [tables::CATEGORIES, tables::PURPOSES, tables::TECHNOLOGIES] {
            for (at, entry) in table.iter().enumerate() {
                let earlier = table.get(..at).unwrap_or_default();
                assert!(earlier.iter().all(|other| other.code != entry.code), "{} twice", entry.code);
                if let Some(parent) = entry.parent {
                    assert!(earlier.iter().any(|other| other.code == parent), "{} before {parent}", entry.code);
                }
            }
        }
    }

    #[test]
    fn a_general_purpose_is_refused_with_the_narrower_ones() {
        let refused = "safety".parse::<Purpose>();
        assert!(matches!(refused, Err(UnknownCode::TooGeneral { code: "safety", .. })), "{refused:?}");
        assert!("smart-city".parse::<Purpose>().is_err());
        assert!("traffic-management".parse::<Purpose>().is_ok());
    }

    #[test]
    fn a_mac_address_is_an_identifier_and_a_subtree_knows_its_root() {
        let mac: Category = "mac-address".parse().unwrap_or_else(|error| unreachable!("{error}"));
        let device: Category = "device-identifier".parse().unwrap_or_else(|error| unreachable!("{error}"));
        assert!(mac.is_identifier() && mac.is_within(device) && !device.is_within(mac));
    }
}
