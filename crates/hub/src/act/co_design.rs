//! Acts of co-design: drafts, amendments and what is said of them, workshops, versions and their releases.

use model::{Digest, RequirementId, SealedFields, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Decision, Entry};
use crate::member::MemberKind;
use crate::words::{Body, DraftId, Title};

/// A draft, on a pack that lies beside the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftOpened {
    /// What to call it.
    pub draft: DraftId,
    /// For people.
    pub title: Title,
    /// The URN of the standard.
    pub urn: String,
    /// The version that it begins with.
    pub version: String,
    /// SHA-256 of the document with the pack's files.
    pub document: Digest,
    /// Its clauses, by the ids of their requirements.
    pub clauses: Vec<RequirementId>,
    /// Who decided it, and why.
    pub decision: Decision,
}

/// What kind of thing an amendment changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The clause itself, which is new.
    Clause,
    /// The words of the requirement.
    Text,
    /// A norm that executes it.
    Norm,
    /// The value of a parameter.
    Parameter,
}

/// What kind of thing an amendment changed before amendments brought clauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FirstPart {
    /// The words of the requirement.
    Text,
    /// A norm that executes it.
    Norm,
    /// The value of a parameter.
    Parameter,
}

impl From<FirstPart> for Part {
    fn from(part: FirstPart) -> Self {
        match part {
            FirstPart::Text => Self::Text,
            FirstPart::Norm => Self::Norm,
            FirstPart::Parameter => Self::Parameter,
        }
    }
}

/// How a clause decides after an amendment, compared with before, by proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It decides every request as before.
    Same,
    /// It refuses more and allows nothing new.
    Stricter,
    /// It allows more and refuses nothing new.
    Looser,
    /// It allows some things that it refused, and refuses some that it allowed.
    Incomparable,
    /// Only words change; nothing that executes does.
    WordsAlone,
    /// It was not proved: there is no solver, it found no answer in time, or a duty changes.
    NotProved,
}

/// An amendment to one clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmendmentProposed<P = Part> {
    /// Of which draft.
    pub draft: DraftId,
    /// Which clause.
    pub clause: RequirementId,
    /// The document that it changes.
    pub document: Digest,
    /// What it changes.
    pub parts: Vec<P>,
    /// What that does, by proof.
    pub effect: Effect,
    /// Commitments to its words; see [`crate::sealed::AMENDMENT_FIELDS`].
    pub sealed: SealedFields,
}

impl AmendmentProposed<FirstPart> {
    /// The same as it is proposed now.
    pub(crate) fn read_again(self) -> AmendmentProposed {
        let Self { draft, clause, document, parts, effect, sealed } = self;
        let parts = parts.into_iter().map(Part::from).collect();
        AmendmentProposed { draft, clause, document, parts, effect, sealed }
    }
}

/// An amendment, by its entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmendmentRef {
    /// Which.
    pub amendment: Entry,
}

/// For or against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stance {
    /// For it.
    For,
    /// Against it.
    Against,
}

/// An argument about an amendment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArgumentMade {
    /// About which.
    pub amendment: Entry,
    /// For or against it.
    pub stance: Stance,
    /// A commitment to `words`.
    pub sealed: SealedFields,
}

/// An endorsement, or its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndorsementSet {
    /// Of which amendment.
    pub amendment: Entry,
    /// Whether the person speaks for their organisation; else for themselves.
    pub for_member: bool,
    /// Whether it is endorsed; else no longer.
    pub endorsed: bool,
}

/// A statement about a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementMade {
    /// About which draft.
    pub draft: DraftId,
    /// A commitment to `words`.
    pub sealed: SealedFields,
}

/// What somebody answers to a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// They agree.
    Agree,
    /// They disagree.
    Disagree,
    /// They leave it open.
    Pass,
}

/// An answer to a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementAnswered {
    /// To which.
    pub statement: Entry,
    /// What.
    pub answer: Answer,
    /// The kind of the member that the person spoke for then.
    pub kind: MemberKind,
}

/// A workshop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkshopAnnounced {
    /// On which draft.
    pub draft: DraftId,
    /// What it is about.
    pub title: Title,
    /// Where, or how to take part.
    pub place: Title,
    /// When it begins.
    pub begins: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
}

/// What was said at a workshop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinutesFiled {
    /// At which.
    pub workshop: Entry,
    /// The minutes, which name no private person.
    pub minutes: Body,
}

/// A draft is frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsolidationBegun {
    /// Which.
    pub draft: DraftId,
    /// Who decided it, and why.
    pub decision: Decision,
}

/// What was decided about an amendment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It becomes part of the next version.
    Accepted,
    /// It does not.
    Rejected,
}

/// A decision about an amendment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmendmentDecided {
    /// About which.
    pub amendment: Entry,
    /// What.
    pub outcome: Outcome,
    /// Who decided it, and why.
    pub decision: Decision,
}

/// A new version of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftConsolidated {
    /// Of which.
    pub draft: DraftId,
    /// Its number, after semantic versioning.
    pub version: String,
    /// SHA-256 of the document with the pack's files.
    pub document: Digest,
    /// The accepted amendments that are in it.
    pub amendments: Vec<Entry>,
    /// Who decided it, and why.
    pub decision: Decision,
}

/// A released version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionReleased {
    /// Of which draft.
    pub draft: DraftId,
    /// The standard's name for ever.
    pub urn: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the document with the pack's files.
    pub document: Digest,
    /// The pack's content hash.
    pub pack: Digest,
    /// The pack's note, signed by the log's key.
    pub note: String,
    /// Who decided it, and why.
    pub decision: Decision,
}

/// A withdrawn version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionWithdrawn {
    /// The entry that released it.
    pub version: Entry,
    /// Who decided it, and why.
    pub decision: Decision,
}

/// A corrected version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionCorrected {
    /// The entry that released it.
    pub version: Entry,
    /// The entry that released what takes its place.
    pub by: Entry,
    /// Who decided it, and why.
    pub decision: Decision,
}
