//! Moments: what starts a clock and what stops it.

use std::fmt;
use std::str::FromStr;

use model::{EvidenceKind, IdError};
use serde::{Deserialize, Serialize};

use super::period::cut;

/// What is wrong with a text that should be a moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MomentError {
    /// No such moment.
    #[error(
        "`{0}` is not a moment; known are: proposed, assessed, approved, published, activated, ended, founded, adopted \
         and evidence/<kind>"
    )]
    Unknown(String),
    /// The kind of evidence is not a slug.
    #[error(transparent)]
    Kind(#[from] IdError),
}

/// Something that happens to a deployment or the city at an instant; in serde a text such as `approved` or
/// `evidence/notice`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Moment {
    /// A deployment is declared.
    Proposed,
    /// An assessment of it is signed.
    Assessed,
    /// It is approved, or approved again.
    Approved,
    /// It stands in the register.
    Published,
    /// It begins, or begins again, to collect.
    Activated,
    /// It ends for good.
    Ended,
    /// The city is founded.
    Founded,
    /// The city adopts its policies, or new ones.
    Adopted,
    /// Evidence of a kind is filed.
    Evidence(EvidenceKind),
}

impl Moment {
    const PLAIN: [(&'static str, Self); 8] = [
        ("proposed", Self::Proposed),
        ("assessed", Self::Assessed),
        ("approved", Self::Approved),
        ("published", Self::Published),
        ("activated", Self::Activated),
        ("ended", Self::Ended),
        ("founded", Self::Founded),
        ("adopted", Self::Adopted),
    ];

    /// Whether it is the filing of evidence of a kind.
    #[must_use]
    pub fn is_evidence(&self, kind: &EvidenceKind) -> bool {
        matches!(self, Self::Evidence(filed) if filed == kind)
    }

    /// Whether it can only happen to a deployment.
    #[must_use]
    pub const fn is_of_deployment_only(&self) -> bool {
        !matches!(self, Self::Founded | Self::Adopted | Self::Evidence(_))
    }
}

impl FromStr for Moment {
    type Err = MomentError;
    fn from_str(text: &str) -> Result<Self, MomentError> {
        if let Some(kind) = text.strip_prefix("evidence/") {
            return Ok(Self::Evidence(EvidenceKind::new(kind)?));
        }
        let found = Self::PLAIN.into_iter().find(|(word, _)| *word == text);
        found.map(|(_, moment)| moment).ok_or_else(|| MomentError::Unknown(cut(text)))
    }
}
impl TryFrom<String> for Moment {
    type Error = MomentError;
    fn try_from(text: String) -> Result<Self, MomentError> {
        text.parse()
    }
}
impl From<Moment> for String {
    fn from(moment: Moment) -> String {
        moment.to_string()
    }
}
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::PLAIN.into_iter().find(|(_, moment)| moment == self).map(|(word, _)| word);
        match (self, word) {
            (Self::Evidence(kind), _) => f.pad(&format!("evidence/{kind}")),
            (_, word) => f.pad(word.unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_it_is_read() {
        let words = Moment::PLAIN.map(|(word, _)| word);
        for text in words.into_iter().chain(["evidence/annual-report"]) {
            assert_eq!(text.parse::<Moment>().map(|moment| moment.to_string()).as_deref(), Ok(text));
        }
        for bad in ["", "started", "evidence/", "evidence/No", "Approved", "evidence"] {
            assert!(bad.parse::<Moment>().is_err(), "{bad}");
        }
    }
}
