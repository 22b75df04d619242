//! A hub's acts: the entries of its own log. Bytes once written are hashed and never rewritten.
//!
//! Each kind carries its version in its tag. A kind or version that this software does not know is an error that stops the reader.
//! Whatever a person wrote is sealed: the act holds commitments, and the words lie beside the log, where they can be erased.

mod cities;
mod co_design;
mod members;
mod moderation;

use model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::words::{PersonId, Reasons};

pub use cities::{CaseContinued, CaseFiled, CaseRef, CaseWithdrawn, PilotConsent};
pub use co_design::{
    AmendmentDecided, AmendmentProposed, AmendmentRef, Answer, ArgumentMade, ConsolidationBegun, DraftConsolidated,
    DraftOpened, Effect, EndorsementSet, FirstPart, MinutesFiled, Outcome, Part, Stance, StatementAnswered,
    StatementMade, VersionCorrected, VersionReleased, VersionWithdrawn, WorkshopAnnounced,
};
pub use members::{
    CredentialIssued, CredentialIssuedFirst, HubFounded, MemberLogNamed, MemberLogNamedFirst, MembersAdmitted,
    MembershipEnded, PersonNamed, PersonNamedFirst, RoleSet,
};
pub use moderation::{Moderated, ModerationPolicyPublished};

/// The largest act in bytes (C2SP tlog-tiles).
pub const ACT_BYTES_MAX: usize = journal::ENTRY_BYTES_MAX;

/// Why an entry of the log could not be read or written as an act.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// Not JSON of an act this software knows.
    #[error(
        "the entry is not an act of a hub that this version of the software knows; install the version that wrote it: {0}"
    )]
    Unknown(serde_json::Error),
    /// Larger than [`ACT_BYTES_MAX`].
    #[error("the act has {0} bytes, the limit is {ACT_BYTES_MAX}")]
    TooLarge(usize),
}

/// The number of an entry of the hub's log: what amendments, arguments, statements, workshops and versions are called by.
pub type Entry = u64;

/// One entry of a hub's log: who did what, when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: PersonId,
    /// What was done.
    pub what: What,
}

impl Act {
    /// The bytes that become the log's entry.
    ///
    /// # Errors
    /// The act is too large for the log.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ActError> {
        let bytes = serde_json::to_vec(self).map_err(ActError::Unknown)?;
        if bytes.len() > ACT_BYTES_MAX { Err(ActError::TooLarge(bytes.len())) } else { Ok(bytes) }
    }

    /// Reads an entry of the log.
    ///
    /// # Errors
    /// It is not an act that this software knows: stop, never skip.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ActError> {
        if bytes.len() > ACT_BYTES_MAX {
            return Err(ActError::TooLarge(bytes.len()));
        }
        serde_json::from_slice(bytes).map_err(ActError::Unknown)
    }
}

/// Defines the acts: each with its tag, once.
macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident($body:ty) = $tag:literal,)*) => {
        /// What an act does. Facts only: applying it needs no clock and no sealed payload.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind", content = "body", deny_unknown_fields)]
        pub enum What {
            $($(#[$doc])* #[serde(rename = $tag)] $name($body),)*
        }

        impl What {
            /// Every kind of act, in the order of their first appearance here.
            pub const KINDS: &'static [&'static str] = &[$($tag,)*];

            /// The tag, for lists and headings: `draft-opened/1`.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self { $(Self::$name(_) => $tag,)* }
            }
        }
    };
}

acts! {
    /// A hub begins its log. Always entry 0.
    HubFounded(HubFounded) = "hub-founded/1",
    /// Members are admitted: one, or as many as an entry holds.
    MembersAdmitted(MembersAdmitted) = "members-admitted/1",
    /// A member left or was excluded.
    MembershipEnded(MembershipEnded) = "membership-ended/1",
    /// A member's public log is named, as it was first: without a reason. Read, and no longer written.
    MemberLogNamedFirst(MemberLogNamedFirst) = "member-log-named/1",
    /// A person speaks for a member, as it was first: without a reason. Read, and no longer written.
    PersonNamedFirst(PersonNamedFirst) = "person-named/1",
    /// A person's role changes; none ends it.
    RoleSet(RoleSet) = "role-set/1",
    /// A person gets a bearer token, as it was first: without a reason. Read, and no longer written.
    CredentialIssuedFirst(CredentialIssuedFirst) = "credential-issued/1",
    /// A draft of a standard is opened on a pack that has clauses.
    DraftOpened(DraftOpened) = "draft-opened/1",
    /// An amendment to one clause is proposed, as it was first: it brings no clause. Read, and no longer written.
    AmendmentProposedFirst(AmendmentProposed<FirstPart>) = "amendment-proposed/1",
    /// Whoever proposed an amendment takes it back.
    AmendmentWithdrawn(AmendmentRef) = "amendment-withdrawn/1",
    /// Somebody argues for or against an amendment; the words are sealed.
    ArgumentMade(ArgumentMade) = "argument-made/1",
    /// An amendment is endorsed, personally or by an organisation, or no longer.
    EndorsementSet(EndorsementSet) = "endorsement-set/1",
    /// A short statement that others agree or disagree with; its words are sealed.
    StatementMade(StatementMade) = "statement-made/1",
    /// Somebody agrees, disagrees or passes; the latest answer counts.
    StatementAnswered(StatementAnswered) = "statement-answered/1",
    /// A workshop is announced.
    WorkshopAnnounced(WorkshopAnnounced) = "workshop-announced/1",
    /// The minutes of a workshop.
    MinutesFiled(MinutesFiled) = "minutes-filed/1",
    /// The rules of moderation, or new ones.
    ModerationPolicyPublished(ModerationPolicyPublished) = "moderation-policy-published/1",
    /// What somebody wrote is hidden.
    Hidden(Moderated) = "hidden/1",
    /// What was hidden is shown again.
    Restored(Moderated) = "restored/1",
    /// A sealed payload was destroyed; the act that committed to it stays.
    PayloadErased(Moderated) = "payload-erased/1",
    /// A draft takes no more amendments until it has a new version.
    ConsolidationBegun(ConsolidationBegun) = "consolidation-begun/1",
    /// An amendment is accepted or rejected.
    AmendmentDecided(AmendmentDecided) = "amendment-decided/1",
    /// The accepted amendments become a version of the draft, which is open again.
    DraftConsolidated(DraftConsolidated) = "draft-consolidated/1",
    /// A version is released: from here on cities may adopt it.
    VersionReleased(VersionReleased) = "version-released/1",
    /// A released version is withdrawn.
    VersionWithdrawn(VersionWithdrawn) = "version-withdrawn/1",
    /// A released version is corrected by a later one.
    VersionCorrected(VersionCorrected) = "version-corrected/1",
    /// A case as it was filed first: its figures do not say of how much they were not known. Read, and no longer written.
    CaseFiledFirst(CaseFiled<u64>) = "case-filed/1",
    /// It is said what became of a case; the words are sealed.
    CaseContinued(CaseContinued) = "case-continued/1",
    /// Its city takes a case back, as it was first: without a reason. Read, and no longer written.
    CaseWithdrawnFirst(CaseRef) = "case-withdrawn/1",
    /// A city files a case: what it tried, and what shows it; its words are sealed.
    CaseFiled(CaseFiled) = "case-filed/2",
    /// A member's public log is named.
    MemberLogNamed(MemberLogNamed) = "member-log-named/2",
    /// A person speaks for a member from now on; their name is sealed.
    PersonNamed(PersonNamed) = "person-named/2",
    /// A person gets a bearer token; its hash is public.
    CredentialIssued(CredentialIssued) = "credential-issued/2",
    /// Its city takes a case back.
    CaseWithdrawn(CaseWithdrawn) = "case-withdrawn/2",
    /// A city consents that a draft is tried on its public log.
    PilotAgreed(PilotConsent) = "pilot-agreed/1",
    /// It does no longer.
    PilotEnded(PilotConsent) = "pilot-ended/1",
    /// A draft of a standard begins with a pack that may have no clause yet.
    DraftBegun(DraftOpened) = "draft-opened/2",
    /// An amendment to one clause is proposed, or one that brings it; its words are sealed.
    AmendmentProposed(AmendmentProposed) = "amendment-proposed/2",
}

/// Who decided, and why. Whatever is a decision carries one; there is no other way to write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Who answers for it: the person whose act it is.
    pub decider: PersonId,
    /// Why.
    pub reasons: Reasons,
}
