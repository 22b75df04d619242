//! Acts about members and people: who is admitted, who speaks for whom, and where a member's log is.

use model::{Digest, SealedFields};
use serde::{Deserialize, Serialize};

use super::Decision;
use crate::member::{ListedMember, PublicLog, Role};
use crate::words::{MemberId, PersonId, Title};

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
