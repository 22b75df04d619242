//! What cities say of themselves: cases of good practice, and on whose log a draft may be tried.

use model::{SealedFields, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Decision, Entry};
use crate::case::{CaseIndicator, CaseOutcome, PilotFound};
use crate::pilot::live::Known;
use crate::words::{DraftId, MemberId, Title};

/// A case of good practice. A figure of its pilot is [`Known`]; in the first kind of act it was a bare number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFiled<F = Known> {
    /// Whose: the member that the person speaks for.
    pub city: MemberId,
    /// Under which standard.
    pub standard: Title,
    /// Which version of it.
    pub version: Title,
    /// How it stands.
    pub outcome: CaseOutcome,
    /// Entries of the city's own log that show it.
    pub entries: Vec<u64>,
    /// When something is to be looked at; what, is sealed.
    pub milestones: Vec<Timestamp>,
    /// By which figures it is judged.
    pub indicators: Vec<CaseIndicator>,
    /// What a pilot by replay found, if there was one.
    pub pilot: Option<PilotFound<F>>,
    /// Commitments to its words; see [`crate::sealed::CASE_FIELDS`].
    pub sealed: SealedFields,
}

impl CaseFiled<u64> {
    /// The same as a case is filed now.
    pub(crate) fn read_again(self) -> CaseFiled {
        let Self { city, standard, version, outcome, entries, milestones, indicators, pilot, sealed } = self;
        let pilot = pilot.map(PilotFound::read_again);
        CaseFiled { city, standard, version, outcome, entries, milestones, indicators, pilot, sealed }
    }
}

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseContinued {
    /// Of which.
    pub case: Entry,
    /// How it stands now.
    pub outcome: CaseOutcome,
    /// A commitment to `words`.
    pub sealed: SealedFields,
}

/// A case, by its entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseRef {
    /// Which.
    pub case: Entry,
}

/// A case that is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseWithdrawn {
    /// Which.
    pub case: Entry,
    /// Who decided it, and why.
    pub decision: Decision,
}

/// That a draft is tried on a city's public log, or is no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PilotConsent {
    /// Which draft, in whatever version it is then.
    pub draft: DraftId,
    /// Whose log: that of the member that the person speaks for.
    pub city: MemberId,
    /// Who decided it, and why.
    pub decision: Decision,
}
