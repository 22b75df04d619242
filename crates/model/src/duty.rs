//! Duties as acts speak of them: what starts and stops a clock, which of its runs, and what silence means.
//!
//! How long a clock runs is for standards to say. Nothing here counts time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::evidence::Subject;
use crate::id::{DutyId, EvidenceId, EvidenceKind, IdError};
use crate::policy::RequirementId;
use crate::time::Timestamp;

/// How much of an unknown text stands in an error.
const UNKNOWN_CHARS_MAX: usize = 40;

/// What silence means when a duty's time is over, from the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Silence {
    /// What runs stops.
    Cease,
    /// What was asked is refused.
    Refuse,
    /// It is named overdue until it is done.
    Escalate,
    /// The file goes on as if answered.
    Proceed,
}

impl Silence {
    /// Every meaning, from the strictest.
    pub const ALL: [Self; 4] = [Self::Cease, Self::Refuse, Self::Escalate, Self::Proceed];

    /// The code, as in packs and in Cedar.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Cease => "cease",
            Self::Refuse => "refuse",
            Self::Escalate => "escalate",
            Self::Proceed => "proceed",
        }
    }
}

/// What tells one run of a duty's clock about one subject from all its others, for ever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DutyRun {
    /// What started the clock.
    pub started: Timestamp,
    /// The evidence that started it, where it was some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<EvidenceId>,
    /// Which of the moments of that instant and evidence started it, from 0.
    pub nth: u32,
    /// How often the clock ran before, from 0.
    pub n: u32,
}

/// A duty's time was over before it was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DutyLapsed {
    /// Which duty.
    pub duty: DutyId,
    /// The requirement that it executes.
    pub requirement: RequirementId,
    /// Whom it concerns: the city or a deployment.
    pub about: Subject,
    /// Which run of its clock.
    pub run: DutyRun,
    /// What starts the clock.
    pub from: Moment,
    /// The last instant at which it would have been done in time.
    pub due: Timestamp,
    /// What that means.
    pub silence: Silence,
}

/// A duty that had lapsed was done after all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DutyMetLate {
    /// Which duty.
    pub duty: DutyId,
    /// Whom it concerns.
    pub about: Subject,
    /// Which run of its clock.
    pub run: DutyRun,
    /// When it was done.
    pub done: Timestamp,
}

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
        found
            .map(|(_, moment)| moment)
            .ok_or_else(|| MomentError::Unknown(text.escape_debug().take(UNKNOWN_CHARS_MAX).collect()))
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
