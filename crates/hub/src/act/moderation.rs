//! Acts of moderation: its rules, and what was hidden, shown again or erased.

use serde::{Deserialize, Serialize};

use super::{Decision, Entry};
use crate::words::Body;

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
