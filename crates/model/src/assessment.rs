//! Assessments: signed answers to an instrument about one deployment.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::id::{AssessmentId, DeploymentId, Digest, EvidenceKind, IdError, InstrumentId, PartyId};
use crate::tier::Tier;
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
    /// SHA-256 of the instrument as it was answered: another version is another questionnaire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument_hash: Option<Digest>,
    /// The instruments that have to be answered besides, as the answers to this one say.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub requires: BTreeSet<InstrumentId>,
    /// The tier that the answers found. It only ever adds to what is declared; see [`crate::DeploymentRecord::tier`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    /// Who signed it off, in which role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sign_offs: Vec<SignOff>,
}

/// An assessment as the first version of its act has it, which knows no tier.
pub(crate) fn untiered<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Assessment, D::Error> {
    let read = Assessment::deserialize(deserializer)?;
    if read.tier.is_some() { Err(D::Error::unknown_field("tier", &[])) } else { Ok(read) }
}

/// An assessment as the second version of its act has it, which names a tier.
pub(crate) fn tiered<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Assessment, D::Error> {
    let read = Assessment::deserialize(deserializer)?;
    if read.tier.is_none() { Err(D::Error::missing_field("tier")) } else { Ok(read) }
}

/// Somebody's word, in a role, that an assessment is as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignOff {
    /// The role, as the instrument names it: `author`, `privacy-officer`, `approver`.
    pub role: String,
    /// Who.
    pub party: PartyId,
    /// When.
    pub at: Timestamp,
}

impl SignOff {
    /// The kind of evidence by which a party says itself that it signs off in a role: `sign-off-author`.
    ///
    /// # Errors
    /// The role is too long for it, or no slug.
    pub fn evidence_kind(role: &str) -> Result<EvidenceKind, IdError> {
        EvidenceKind::new(&format!("sign-off-{role}"))
    }
}
