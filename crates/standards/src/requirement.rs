//! Requirements: one normative statement each, with its source, its time and what executes it.

use std::collections::BTreeMap;

use model::{EvidenceKind, RequirementId};
use serde::{Deserialize, Serialize};

use crate::applies::Applies;
use crate::parameter::{Parameter, ParameterId};

/// When and how a requirement bites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Before or while data is collected or stored.
    Collect,
    /// For each disclosure.
    Release,
    /// Completeness, publication or a clock on a filing.
    Register,
    /// A named person signs; software checks presence, date and signer.
    Attest,
}

/// Where its source stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Binds now.
    InForce,
    /// Decided, binds from `applies_from`.
    Adopted,
    /// Not decided.
    Proposal,
    /// Set aside by a court or repealed.
    Overturned,
}

/// What happens where it is not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// The act or disclosure is refused.
    Deny,
    /// The flow stops while it is not met.
    Suspend,
    /// It is shown.
    Flag,
}

/// How well the source was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sure {
    /// The clause itself was read.
    Read,
    /// A secondary account was read.
    Secondary,
    /// General knowledge.
    Unverified,
}

/// The law or practice that a requirement is drawn from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The law, article or practice, in words.
    pub text: String,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The row in the project's table of facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fact: Option<u32>,
    /// How well it was read.
    pub sure: Sure,
}

/// One normative statement of a standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Its id, for instance `core-21`.
    pub id: RequirementId,
    /// A few words.
    pub title: String,
    /// What is required: a Fluent pattern over the parameters.
    pub text: String,
    /// The principle it serves.
    pub principle: Option<String>,
    /// The model policy it belongs to.
    pub policy: Option<String>,
    /// When and how it bites.
    pub kind: Kind,
    /// Where its source stands.
    pub status: Status,
    /// Whose law or practice.
    pub jurisdiction: String,
    /// First day on which it applies.
    pub applies_from: Option<chrono::NaiveDate>,
    /// First day on which it no longer applies.
    pub applies_to: Option<chrono::NaiveDate>,
    /// What happens where it is not met.
    pub on_failure: OnFailure,
    /// Why nothing executes it, where nothing does.
    pub text_only: Option<String>,
    /// Kinds of evidence that show it.
    pub evidence: Vec<EvidenceKind>,
    /// Where it comes from; at least one.
    pub sources: Vec<Source>,
    /// Whom it concerns.
    pub applies: Applies,
    /// Its parameters.
    pub parameters: BTreeMap<ParameterId, Parameter>,
    /// Why, in Markdown.
    pub body: String,
}
