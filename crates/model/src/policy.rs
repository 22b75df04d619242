//! Names of policy: layers, policies, requirements. The Cedar text is opaque here; `norms` reads it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{Digest, DutyId, PartyId};

/// Whose layer it is, from the widest to the narrowest. A lower layer can only be stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerKind {
    /// The alliance's global core.
    Global,
    /// Law above countries, such as the European Union's.
    Supranational,
    /// A country's law.
    National,
    /// A region's law.
    Regional,
    /// The city's own norms.
    City,
}

impl LayerKind {
    /// The code, as in acts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Supranational => "supranational",
            Self::National => "national",
            Self::Regional => "regional",
            Self::City => "city",
        }
    }
}

/// One layer: norms, which are `forbid … unless` guardrails and never a permit, and clocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyLayer {
    /// Whose it is.
    pub kind: LayerKind,
    /// Its name, for instance `global-core`.
    pub name: String,
    /// Who owns it.
    pub owner: String,
    /// The Cedar text.
    pub cedar: String,
    /// The texts of its duties, their parameters filled in. Opaque here; `standards` reads them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub duties: BTreeMap<DutyId, String>,
}

/// The hash of everything that decides: schema, all layers, the city's permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyHash(pub Digest);

impl fmt::Display for PolicyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id of one policy: `<layer>/<name>`, for instance `global-core/min-count`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyId(pub String);

impl fmt::Display for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The id of the requirement that a norm executes, for instance `core-23`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequirementId(pub String);

impl fmt::Display for RequirementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The policies a city adopts: every layer of norms and its own permits, whole, so that replaying the log needs
/// nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyText {
    /// Norms, widest first.
    pub layers: Vec<PolicyLayer>,
    /// The city's permits in Cedar; only permits.
    pub permits: String,
    /// Who owns the permits.
    pub permits_owner: PartyId,
}

/// Where a layer in force comes from: what an adoption writes down of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "kebab-case", deny_unknown_fields)]
pub enum LayerSource {
    /// A hub released it: its pack is in that hub's public log.
    Released {
        /// The origin of the hub's log.
        origin: String,
        /// The key that the hub's log was verified under when it was adopted, as the C2SP verifier key that says it.
        key: String,
        /// The entry that released it.
        entry: u64,
        /// The hash of the pack.
        digest: Digest,
    },
    /// The software that adopted it carried it, letter for letter.
    BuiltIn {
        /// The pack: `urn@version`.
        pack: String,
    },
    /// The city wrote it for itself.
    Own {
        /// Why.
        reason: String,
    },
    /// Somebody else's, and in no hub's log.
    Unreleased {
        /// Why it is adopted all the same.
        reason: String,
    },
}

impl LayerSource {
    /// The code, as in acts.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Released { .. } => "released",
            Self::BuiltIn { .. } => "built-in",
            Self::Own { .. } => "own",
            Self::Unreleased { .. } => "unreleased",
        }
    }
}

/// The sources of layers, by the layer's name. A layer without one was in force before sources were written down.
pub type LayerSources = BTreeMap<String, LayerSource>;
