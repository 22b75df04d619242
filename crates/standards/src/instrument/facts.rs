//! Facts of a deployment under paths: what instruments look at and pre-fill answers from.
//!
//! Computed from what is declared, so that nobody types them in again. Which paths there are, and of which type, is
//! fixed here: an instrument that names another is refused when it is loaded.

mod build;
pub(crate) mod known;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use build::Declared;
pub use known::{FactType, Vocabulary, known_facts};

/// One fact. Dates are texts such as `2027-11-01`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FactValue {
    /// Whether something is so.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A text, code or date.
    Text(String),
    /// Codes.
    Set(BTreeSet<String>),
}

/// Facts by their paths, such as `deployment.tier`, and answers of other instruments as `pre-scan/people`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Facts(BTreeMap<String, FactValue>);

impl FromIterator<(String, FactValue)> for Facts {
    fn from_iter<I: IntoIterator<Item = (String, FactValue)>>(facts: I) -> Self {
        Self(facts.into_iter().collect())
    }
}

impl Facts {
    /// Puts a fact under a path.
    pub fn insert(&mut self, path: impl Into<String>, value: FactValue) {
        self.0.insert(path.into(), value);
    }

    /// The fact under a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&FactValue> {
        self.0.get(path)
    }

    /// The codes under a path; none where it is no set.
    #[must_use]
    pub fn set(&self, path: &str) -> Option<&BTreeSet<String>> {
        match self.get(path) {
            Some(FactValue::Set(set)) => Some(set),
            _ => None,
        }
    }

    /// All facts, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &FactValue)> {
        self.0.iter().map(|(path, value)| (path.as_str(), value))
    }

    /// The facts under some paths; a path that ends with `.` means all that begin with it.
    #[must_use]
    pub fn under(&self, paths: &BTreeSet<String>) -> BTreeMap<String, FactValue> {
        let asked = |path: &str| {
            paths.contains(path)
                || path.match_indices('.').any(|(at, _)| paths.contains(path.get(..=at).unwrap_or(path)))
        };
        self.0.iter().filter(|(path, _)| asked(path)).map(|(path, value)| (path.clone(), value.clone())).collect()
    }
}
