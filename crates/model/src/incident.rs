//! Incidents: what went wrong with something that a city runs, as a party tells it.
//!
//! A report is a statement like any other, from which duties count, with what is known of the harm. What must not be public yet, for
//! instance how it was done, is sealed: the log holds a commitment, and the payload can be erased. Nothing here counts time.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;
use crate::id::DeviceId;
use crate::sealed::SealedFields;
use crate::time::Timestamp;
use crate::vocab::Category;

/// The kinds of statements that are incidents: data about people was lost, changed or seen by others; anything else.
pub const INCIDENT_KINDS: [&str; 2] = ["breach", "incident"];
/// The kind of statement that says that an incident is over.
pub const INCIDENT_CLOSED: &str = "incident-closed";
/// The kind of statement that says in public what became known since.
pub const INCIDENT_UPDATE: &str = "incident-update";
/// The kind of statement that says what was learnt from it, and what changes.
pub const INCIDENT_REVIEW: &str = "incident-review";
/// The kinds of statements that follow an incident: who was told of it, what became known, that it is over, what was learnt.
pub const INCIDENT_FOLLOWS: [&str; 5] =
    ["authority-notified", "breach-notified", INCIDENT_CLOSED, INCIDENT_REVIEW, INCIDENT_UPDATE];

/// How bad it is, from the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nobody is harmed.
    Minor,
    /// Somebody may be harmed, or a service fails.
    Serious,
    /// Many may be harmed, or some badly.
    Severe,
}

impl Severity {
    /// All of them, from the least.
    pub const ALL: [Self; 3] = [Self::Minor, Self::Serious, Self::Severe];

    /// Its code, as in JSON and in forms.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Minor => "minor",
            Self::Serious => "serious",
            Self::Severe => "severe",
        }
    }

    /// The one with a code.
    #[must_use]
    pub fn with_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.code() == code)
    }
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// The statement: of a kind of [`INCIDENT_KINDS`], about the city or a deployment, on the instant at which it was noticed, in
    /// words for residents.
    pub statement: Evidence,
    /// When it happened or began, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened: Option<Timestamp>,
    /// How bad it is.
    pub severity: Severity,
    /// The devices that it hit, as far as they are known.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub devices: BTreeSet<DeviceId>,
    /// What the data is about that it hit, as far as that is known.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub data: BTreeSet<Category>,
}

/// A party reports an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentReported {
    /// What everybody may read.
    pub incident: Incident,
    /// Commitment to `details`.
    pub sealed: SealedFields,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severity_has_the_code_that_its_json_has_and_kinds_are_those_of_evidence() {
        for severity in Severity::ALL {
            assert_eq!(serde_json::to_value(severity).unwrap(), severity.code());
            assert_eq!(Severity::with_code(severity.code()), Some(severity));
        }
        assert!(Severity::Minor < Severity::Severe && Severity::with_code("grave").is_none());
        for kind in INCIDENT_KINDS.into_iter().chain([INCIDENT_CLOSED, INCIDENT_UPDATE]) {
            assert!(kind.parse::<crate::EvidenceKind>().is_ok(), "{kind}");
        }
    }
}
