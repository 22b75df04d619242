//! Whom a requirement or a duty concerns.

use std::collections::BTreeSet;

use model::{Category, Purpose, Technology};
use serde::{Deserialize, Serialize};

/// What a requirement or duty is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// Each deployment by itself.
    #[default]
    Deployment,
    /// The city as a whole.
    City,
    /// Each device by itself.
    Device,
}

/// Whom it concerns: all that is named must hold, and nothing named means everything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Applies {
    /// What it is about.
    pub about: About,
    /// Only where the raw observation is, or is not, about people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personal: Option<bool>,
    /// Only in one of these tiers of risk.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub tiers: BTreeSet<model::Tier>,
    /// Only with one of these technologies, or one below them in the tree.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub technologies: BTreeSet<Technology>,
    /// Only with data of one of these categories, or of one below them in the tree.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub categories: BTreeSet<Category>,
    /// Only for one of these purposes, or one below them in the tree. Branches are allowed here.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub purposes: BTreeSet<Purpose>,
}
