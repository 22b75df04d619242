//! Assessments: signed answers to an instrument about one deployment.

use serde::{Deserialize, Serialize};

use crate::id::{AssessmentId, DeploymentId, Digest, InstrumentId, PartyId};
use crate::time::Timestamp;

/// What an assessment concluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Risks are acceptable with the measures named.
    Acceptable,
    /// A high risk remains; an authority must be consulted (GDPR 36).
    ResidualHigh,
    /// It must not be done.
    Unacceptable,
}

impl Outcome {
    /// The code, as in acts and in Cedar.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Acceptable => "acceptable",
            Self::ResidualHigh => "residual-high",
            Self::Unacceptable => "unacceptable",
        }
    }
}

/// Answers to an instrument, with who signed them. The document itself stands outside the log, by hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    /// Its id.
    pub id: AssessmentId,
    /// The deployment it is about.
    pub deployment: DeploymentId,
    /// The questionnaire that was answered.
    pub instrument: InstrumentId,
    /// What it concluded.
    pub outcome: Outcome,
    /// The conclusion in words for residents.
    pub summary: String,
    /// Who signed it.
    pub signed_by: PartyId,
    /// SHA-256 of the whole document.
    pub document: Digest,
    /// When it has to be looked at again.
    pub review_by: Timestamp,
}
