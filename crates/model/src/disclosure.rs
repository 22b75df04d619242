//! Disclosures: handing released rows to a recipient, each with a record and a contiguous number.

use serde::{Deserialize, Serialize};

use crate::id::{Digest, GrantId, PartyId, StreamId, ViewId};
use crate::policy::{PolicyHash, PolicyId};
use crate::time::{Timestamp, Window};
use crate::view::ViewVersion;
use crate::vocab::Purpose;

/// The contiguous number of a disclosure in its city, from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

/// What is kept of one disclosure; durable before the rows leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisclosureRecord {
    /// Its number.
    pub seq: Seq,
    /// When.
    pub at: Timestamp,
    /// To whom.
    pub recipient: PartyId,
    /// What for.
    pub purpose: Purpose,
    /// Under which grant.
    pub grant: GrantId,
    /// Of which stream.
    pub stream: StreamId,
    /// Under which view.
    pub view: ViewId,
    /// Which version of the view.
    pub version: ViewVersion,
    /// The stretch of time asked for.
    pub window: Window,
    /// How many rows left.
    pub rows: u64,
    /// How many cells were withheld.
    pub withheld: u64,
    /// SHA-256 of the rows as handed over.
    pub content: Digest,
    /// The policies that allowed it.
    pub because: Vec<PolicyId>,
    /// The policies in force.
    pub under: PolicyHash,
    /// 32 random bytes. The log holds a hash of the record; without these the record could be guessed from it.
    pub salt: Digest,
    /// The senior party that authorised it, where one did. A record without it reads and hashes as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorised_by: Option<PartyId>,
}
