//! Decisions with their grounds, and refusals in words.

use std::fmt;

use model::{LayerKind, PolicyId, RequirementId};
use serde::Serialize;

/// What the policies say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Allowed, with the permits that allow it.
    Allowed(Grounds),
    /// Refused, with what stands against it.
    Refused(Refusal),
}

impl Decision {
    /// Whether it is allowed.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }
}

/// The permits that allow something: all that were satisfied, so that nobody escapes one by another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grounds {
    /// Their ids, in order.
    pub policies: Vec<PolicyId>,
}

/// Why something is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// What kind of refusal.
    pub kind: RefusalKind,
    /// The norms that forbid it, in order.
    pub grounds: Vec<Ground>,
}

/// The kinds of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalKind {
    /// A norm forbids it.
    Forbidden,
    /// No permit of the city covers it.
    NothingPermits,
    /// A policy could not be evaluated, which counts as no.
    PolicyError,
}

/// One norm that stands against something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ground {
    /// The norm.
    pub policy: PolicyId,
    /// The requirement it executes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requirement: Option<RequirementId>,
    /// Whose layer it stands in; none for a city's permit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerKind>,
    /// The norm's words.
    pub reason: String,
}

impl Refusal {
    /// The refusal of what no agreement covers, whatever the policies say.
    #[must_use]
    pub const fn no_grant() -> Self {
        Self { kind: RefusalKind::NothingPermits, grounds: Vec::new() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            RefusalKind::NothingPermits => f.write_str("no rule of this city allows it"),
            RefusalKind::PolicyError => f.write_str("a policy could not be evaluated, which counts as no"),
            RefusalKind::Forbidden => {
                for (number, ground) in self.grounds.iter().enumerate() {
                    let gap = if number == 0 { "" } else { " " };
                    write!(f, "{gap}{} (norm {}", ground.reason, ground.policy)?;
                    if let Some(requirement) = &ground.requirement {
                        write!(f, ", requirement {requirement}")?;
                    }
                    f.write_str(")")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Refusal {}
