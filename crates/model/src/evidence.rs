//! Evidence: signed, dated statements about the city, a deployment or a device, such as a hearing held or a sign put up.
//!
//! What a kind of evidence means, and which is needed when, is for standards and norms to say. Nothing here judges whether
//! a statement is true; it says whose it is and from when to when it stands.

use serde::{Deserialize, Serialize};

use crate::emergency::EMERGENCY;
use crate::id::{DeploymentId, DeviceId, Digest, EvidenceId, EvidenceKind, PartyId};
use crate::incident::INCIDENT_KINDS;
use crate::strict::nothing_more;
use crate::time::Timestamp;

/// What a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Subject {
    /// The city as a whole.
    #[serde(deserialize_with = "nothing_more")]
    City,
    /// One deployment.
    Deployment {
        /// Which.
        id: DeploymentId,
    },
    /// One device.
    Device {
        /// Which.
        id: DeviceId,
    },
}

/// A signed, dated statement. Its document stands outside the log, by hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Its id.
    pub id: EvidenceId,
    /// What it is about.
    pub about: Subject,
    /// What kind of statement it is.
    pub kind: EvidenceKind,
    /// When what it states happened; the act says when it was filed.
    pub on: Timestamp,
    /// From when it no longer stands; never, if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Who states it.
    pub signed_by: PartyId,
    /// What it states, in words for residents.
    pub summary: String,
    /// SHA-256 of the whole document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Digest>,
    /// The evidence that it answers, as a reply answers a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<EvidenceId>,
}

impl Evidence {
    /// Whether it reports an incident; see [`INCIDENT_KINDS`].
    #[must_use]
    pub fn is_incident(&self) -> bool {
        INCIDENT_KINDS.contains(&self.kind.as_str())
    }

    /// Whether it states an emergency; see [`EMERGENCY`].
    #[must_use]
    pub fn is_emergency(&self) -> bool {
        self.kind.as_str() == EMERGENCY
    }
}

/// A statement and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRecord {
    /// What was stated.
    pub evidence: Evidence,
    /// When it was filed.
    pub filed_at: Timestamp,
    /// Since when it does not stand any more, if it was withdrawn or its date came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// Why it was withdrawn, in words; none if it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_because: Option<String>,
}

impl EvidenceRecord {
    /// Whether it stands at an instant.
    #[must_use]
    pub fn in_force(&self, now: Timestamp) -> bool {
        self.ended.is_none() && self.filed_at <= now && self.evidence.until.is_none_or(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_stands_from_its_filing_to_its_end() {
        let at = |day: i64| Timestamp::from_millis(day * 86_400_000);
        let text = r#"{"id":"e","about":{"what":"city"},"kind":"notice","on":"1970-01-01T00:00:00Z",
            "until":"1970-01-06T00:00:00Z","signed_by":"city","summary":"Told."}"#;
        let evidence: Evidence = serde_json::from_str(text).unwrap();
        let record = EvidenceRecord { evidence, filed_at: at(2), ended: None, withdrawn_because: None };
        let stands: Vec<bool> = (0..7).map(|day| record.in_force(at(day))).collect();
        assert_eq!(stands, [false, false, true, true, true, false, false]);
        let ended = EvidenceRecord { ended: Some(at(3)), ..record.clone() };
        assert!(!ended.in_force(at(4)));
        let lasting = Evidence { until: None, ..record.evidence.clone() };
        assert!(EvidenceRecord { evidence: lasting, ..record }.in_force(Timestamp::MAX));
    }
}
