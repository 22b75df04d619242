//! A hub's acts: the entries of its own log. Bytes once written are hashed and never rewritten.
//!
//! Each kind carries its version in its tag. A kind or version that this software does not know is an error that stops the reader.
//! Whatever a person wrote is sealed: the act holds commitments, and the words lie beside the log, where they can be erased.

use model::{Digest, RequirementId, SealedFields, Timestamp};
use serde::{Deserialize, Serialize};

use crate::case::{CaseIndicator, CaseOutcome, PilotFound};
use crate::member::{ListedMember, MemberKind, PublicLog, Role};
use crate::pilot::live::Known;
use crate::words::{Body, DraftId, MemberId, PersonId, Reasons, Title};

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

/// The beginning of a hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubFounded {
    /// The alliance's name.
    pub name: Title,
    /// The log's origin (C2SP tlog-checkpoint).
    pub origin: String,
    /// The public key that signs the log's checkpoints and the released versions, as a C2SP vkey.
    pub log_key: String,
    /// The member that keeps the secretariat.
    pub secretariat: ListedMember,
    /// The first person, who speaks for it.
    pub person: PersonId,
}

/// Members, all of one decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MembersAdmitted {
    /// Who.
    pub members: Vec<ListedMember>,
    /// Who decided it, and why.
    pub decision: Decision,
}

/// The end of a membership.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MembershipEnded {
    /// Whose.
    pub member: MemberId,
    /// Who decided it, and why.
    pub decision: Decision,
}

/// Where a member publishes its log, as it was said first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberLogNamedFirst {
    /// Whose.
    pub member: MemberId,
    /// Where, and under which key.
    pub log: PublicLog,
}

/// Where a member publishes its log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberLogNamed {
    /// Whose.
    pub member: MemberId,
    /// Where, and under which key.
    pub log: PublicLog,
    /// Who decided it, and why.
    pub decision: Decision,
}

/// A person who speaks for a member, as it was said first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonNamedFirst {
    /// Who: an id that tells nothing of them.
    pub person: PersonId,
    /// For which member.
    pub member: MemberId,
    /// As what.
    pub role: Role,
    /// Commitments to `mail` and `name`.
    pub sealed: SealedFields,
}

/// A person who speaks for a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonNamed {
    /// Who: an id that tells nothing of them.
    pub person: PersonId,
    /// For which member.
    pub member: MemberId,
    /// As what.
    pub role: Role,
    /// Commitments to `mail` and `name`.
    pub sealed: SealedFields,
    /// Who decided it, and why.
    pub decision: Decision,
}

/// A person's new role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleSet {
    /// Whose.
    pub person: PersonId,
    /// Which; none if they speak for nobody any more.
    pub role: Option<Role>,
    /// Who decided it, and why.
    pub decision: Decision,
}

/// A token for a person, as it was said first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialIssuedFirst {
    /// Whose.
    pub person: PersonId,
    /// SHA-256 of the token of 256 random bits; replaces any earlier one.
    pub credential: Digest,
}

/// A token for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialIssued {
    /// Whose.
    pub person: PersonId,
    /// SHA-256 of the token of 256 random bits; replaces any earlier one.
    pub credential: Digest,
    /// Who decided it, and why.
    pub decision: Decision,
}

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

/// The rules of moderation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModerationPolicyPublished {
    /// The rules.
    pub text: Body,
    /// Who decided them, and why.
    pub decision: Decision,
}

/// What was moderated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moderated {
    /// The entry whose words it is about.
    pub entry: Entry,
    /// Who decided it, and why.
    pub decision: Decision,
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
