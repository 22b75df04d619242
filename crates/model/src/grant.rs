//! Grants: agreements in force that let a party have a view for a purpose until a date.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::{GrantId, OrderId, PartyId, StreamId, ViewId};
use crate::time::Timestamp;
use crate::vocab::Purpose;

/// What a recipient promises. Cedar asks for them as attributes of the grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duty {
    /// Never to try to single a person out.
    NoReidentification,
    /// To delete what was received when the grant ends.
    DeleteOnExpiry,
    /// Not to hand it on.
    NoOnwardTransfer,
    /// To have a person check each hit before acting on it.
    HumanVerification,
}

impl Duty {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::NoReidentification, Self::DeleteOnExpiry, Self::NoOnwardTransfer, Self::HumanVerification];

    /// The code, as in acts and in Cedar.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoReidentification => "no-reidentification",
            Self::DeleteOnExpiry => "delete-on-expiry",
            Self::NoOnwardTransfer => "no-onward-transfer",
            Self::HumanVerification => "human-verification",
        }
    }
}

/// Who may have it. There is no wildcard: the public is a party of its own (NYC LL 56/2025 forbids nameless recipients).
pub type Recipient = PartyId;

/// An agreement that lets a party have a view for a purpose until a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Who may have it.
    pub recipient: Recipient,
    /// The stream.
    pub stream: StreamId,
    /// The view of that stream.
    pub view: ViewId,
    /// What for; exactly this purpose.
    pub purpose: Purpose,
    /// When it ends.
    pub until: Timestamp,
    /// What the recipient promised.
    #[serde(default)]
    pub duties: BTreeSet<Duty>,
    /// The order it rests on, where one is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// Whether what this recipient gets is about people in its hands, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<Judged>,
}

/// Somebody's judgement whether a view is personal data in the hands of one recipient. The same numbers may be for one and not
/// for another, who has nothing to join them with (Court of Justice, C-413/23 P, EDPS v SRB, 4 September 2025).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// Whether they are about people there.
    pub personal: bool,
    /// Why, in words that residents read.
    pub argument: String,
}

/// A grant and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantRecord {
    /// What was agreed.
    pub grant: Grant,
    /// Since when it is in force.
    pub since: Timestamp,
    /// Since when it is not, if it has lapsed or was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
}

impl GrantRecord {
    /// Whether it is in force at an instant.
    #[must_use]
    pub fn in_force(&self, now: Timestamp) -> bool {
        self.ended.is_none() && self.since <= now && now < self.grant.until
    }
}
