//! Classes: one approval for many deployments of the same kind, so that a small town is not drowned in single ones.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::deployment::Deployment;
use crate::id::{ClassId, PartyId};
use crate::tier::Tier;
use crate::time::Timestamp;
use crate::vocab::{Purpose, Technology};

/// An approval of every deployment that stays within it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassApproval {
    /// Its id.
    pub id: ClassId,
    /// What may sense, or anything below it in the tree.
    pub technology: Technology,
    /// What it may be for; a deployment for anything else is outside.
    pub purposes: BTreeSet<Purpose>,
    /// The weightiest tier that is inside.
    pub tier: Tier,
    /// Until when it is in force.
    pub until: Timestamp,
}

impl ClassApproval {
    /// Whether a deployment of a tier stays within it, whatever the time. The tier is that of what is declared, or of what was
    /// found besides ([`crate::DeploymentRecord::tier`]): what is lifted above a class is none of it.
    #[must_use]
    pub fn covers(&self, deployment: &Deployment, tier: Tier) -> bool {
        deployment.technology.is_within(self.technology)
            && !deployment.purposes.is_empty()
            && deployment.purposes.is_subset(&self.purposes)
            && tier.max(Tier::of(deployment)) <= self.tier
    }
}

/// An approval of a class, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassRecord {
    /// What was approved.
    pub approval: ClassApproval,
    /// Who approved it.
    pub by: PartyId,
    /// Since when.
    pub since: Timestamp,
}

impl ClassRecord {
    /// Whether it is in force at an instant.
    #[must_use]
    pub fn in_force(&self, now: Timestamp) -> bool {
        self.since <= now && now < self.approval.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(technology: &str, purposes: &str, treatment: &str) -> Deployment {
        let text = format!(
            r#"{{"id":"d","title":"t","description":"d","accountable":"city","place":"p","technology":"{technology}",
            "purposes":{purposes},"legal_basis":"public-task","starts":"2026-01-01T00:00:00Z","ends":"2027-01-01T00:00:00Z",
            "streams":[{{"id":"s","time":{{"do":"keep"}},"retention":"1h","properties":{{
            "mac":{{"category":"mac-address","value":"text","treatment":{treatment}}}}}}}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_class_covers_what_stays_within_all_of_it() {
        let class = r#"{"id":"c","technology":"radio","purposes":["traffic-management","street-design"],"tier":"light",
            "until":"2030-01-01T00:00:00Z"}"#;
        let class: ClassApproval = serde_json::from_str(class).unwrap();
        let day = r#"{"do":"pseudonymise","epoch":"24h"}"#;
        let declared = |deployment: &Deployment| class.covers(deployment, Tier::of(deployment));
        let counter = deployment("wifi-counter", r#"["traffic-management"]"#, day);
        assert!(declared(&counter));
        assert!(!class.covers(&counter, Tier::Full), "what its answers lift above the class is outside");
        assert!(class.covers(&counter, Tier::FileAndGo), "and none of them brings it below what it declares");
        assert!(declared(&deployment("wifi-counter", r#"["traffic-management","street-design"]"#, r#"{"do":"drop"}"#)));
        for outside in [
            deployment("counting-camera", r#"["traffic-management"]"#, day),
            deployment("wifi-counter", r#"["traffic-management","advertising"]"#, day),
            deployment("wifi-counter", "[]", day),
            deployment("wifi-counter", r#"["traffic-management"]"#, r#"{"do":"pseudonymise","epoch":"48h"}"#),
        ] {
            assert!(!declared(&outside), "{outside:?}");
        }
    }
}
