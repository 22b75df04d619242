//! What `ordinance apply` reads: parties, places, classes, deployments, orders, evidence, views and grants, declared.
//!
//! A manifest becomes commands in the only order that can work. Applying it again changes nothing that already is so.

use std::collections::BTreeMap;
use std::fmt;

use model::policy::PolicyText;
use model::{
    Assessment, ClassApproval, Deployment, Device, Evidence, Fields, Grant, Order, Party, PartyId, Place, Subject,
    Timestamp, View,
};
use register::{Adopting, Command, Submission};
use serde::Deserialize;

use crate::declared::{self, Holds, Unreadable};

/// A manifest, as its TOML says it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Manifest {
    policy: Option<PolicyItem>,
    #[serde(default)]
    party: Vec<PartyItem>,
    #[serde(default)]
    place: Vec<PlaceItem>,
    #[serde(default)]
    class: Vec<ClassItem>,
    #[serde(default)]
    pub(crate) deployment: Vec<DeploymentItem>,
    #[serde(default)]
    pub(crate) device: Vec<DeviceItem>,
    #[serde(default)]
    order: Vec<OrderItem>,
    #[serde(default)]
    pub(crate) evidence: Vec<EvidenceItem>,
    #[serde(default)]
    view: Vec<ViewItem>,
    #[serde(default)]
    grant: Vec<GrantItem>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyItem {
    by: PartyId,
    reason: Option<String>,
    /// Why layers that neither a hub released nor this software carries are adopted.
    unreleased: Option<String>,
    adopt: PolicyText,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartyItem {
    by: PartyId,
    party: Party,
    #[serde(default)]
    contact: Contact,
}

/// How to reach a party: confidential. `Debug` shows which fields there are.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
struct Contact(BTreeMap<String, String>);

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Contact({} fields)", self.0.len())
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceItem {
    by: PartyId,
    place: Place,
}

/// A class of deployments that is approved as a whole.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassItem {
    by: PartyId,
    reason: Option<String>,
    approve: ClassApproval,
}

/// A statement; whoever signs it files it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EvidenceItem {
    pub(crate) reason: Option<String>,
    pub(crate) file: Evidence,
}

/// A deployment and how far it should get.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeploymentItem {
    /// Who proposes, publishes and activates.
    by: PartyId,
    propose: Deployment,
    /// In the order in which they are signed.
    #[serde(default)]
    pub(crate) assessment: Vec<Assessment>,
    approve: Option<ApproveItem>,
    #[serde(default)]
    publish: bool,
    #[serde(default)]
    activate: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApproveItem {
    by: PartyId,
    until: Timestamp,
    reason: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceItem {
    pub(crate) by: PartyId,
    pub(crate) device: Device,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderItem {
    by: PartyId,
    order: Order,
    values: Sought,
}

/// The values that an order seeks, in the clear on their way to keyed tags. `Debug` shows how many.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct Sought(pub(crate) Vec<String>);

impl fmt::Debug for Sought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sought({} values)", self.0.len())
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ViewItem {
    by: PartyId,
    view: View,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantItem {
    by: PartyId,
    grant: Grant,
}

/// One thing to do: a command, or an order whose list must first become tags where the keys are.
#[derive(Debug, Clone)]
pub(crate) enum Job {
    /// Send it as it is.
    Submit(Box<Submission>),
    /// Make the list's tags at the city, then send it.
    Order {
        /// Who issues it.
        by: PartyId,
        /// The order.
        order: Order,
        /// The values sought; forgotten once they are tags.
        values: Sought,
    },
}

impl Job {
    /// What it is, in a few words.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Submit(submission) => submission.command.in_words(),
            Self::Order { order, .. } => format!("issue order `{}`", order.id),
        }
    }

    /// Who asks for it.
    pub(crate) const fn by(&self) -> &PartyId {
        match self {
            Self::Submit(submission) => &submission.by,
            Self::Order { by, .. } => by,
        }
    }
}

impl Manifest {
    /// Reads a manifest; the error says where, and repeats nothing of it.
    pub(crate) fn parse(text: &str) -> Result<Self, Unreadable> {
        declared::parse(text, Holds::Declarations)
    }

    /// The jobs, in the order that can work: whom and where before what, orders before the streams that need them.
    pub(crate) fn jobs(self) -> Vec<Job> {
        let mut jobs = Jobs(Vec::new());
        if let Some(item) = self.policy {
            let adopting = Adopting { unreleased: item.unreleased, ..Adopting::of(item.adopt) };
            jobs.submit(&item.by, item.reason, Command::AdoptFrom(adopting));
        }
        for item in self.party {
            let contact = Fields(item.contact.0.into_iter().map(|(name, value)| (name, Some(value))).collect());
            jobs.submit(&item.by, None, Command::RegisterParty { party: item.party, contact });
        }
        for item in self.place {
            jobs.submit(&item.by, None, Command::RegisterPlace(item.place));
        }
        for item in self.class {
            jobs.submit(&item.by, item.reason, Command::ApproveClass(item.approve));
        }
        for item in &self.deployment {
            jobs.submit(&item.by, None, Command::Propose(item.propose.clone()));
        }
        for OrderItem { by, order, values } in self.order {
            jobs.0.push(Job::Order { by, order, values });
        }
        // What norms may ask for before a step is stated before it, the oldest first, so that an answer follows what it
        // answers; of devices only what is there can be stated.
        let mut evidence = self.evidence;
        evidence.sort_by_key(|item| item.file.on);
        let (of_devices, others): (Vec<_>, Vec<_>) =
            evidence.into_iter().partition(|item| matches!(item.file.about, Subject::Device { .. }));
        others.into_iter().for_each(|item| jobs.file(item));
        self.deployment.into_iter().for_each(|item| jobs.advance(item));
        for item in self.device {
            jobs.submit(&item.by, None, Command::RegisterDevice(item.device));
        }
        of_devices.into_iter().for_each(|item| jobs.file(item));
        for item in self.view {
            jobs.submit(&item.by, None, Command::DeclareView(item.view));
        }
        for item in self.grant {
            jobs.submit(&item.by, None, Command::AgreeGrant(item.grant));
        }
        jobs.0
    }
}

struct Jobs(Vec<Job>);

impl Jobs {
    fn submit(&mut self, by: &PartyId, reason: Option<String>, command: Command) {
        self.0.push(Job::Submit(Box::new(Submission { by: by.clone(), reason, command })));
    }

    fn file(&mut self, item: EvidenceItem) {
        self.submit(&item.file.signed_by.clone(), item.reason, Command::FileEvidence(item.file));
    }

    /// The steps of a deployment after its proposal.
    fn advance(&mut self, item: DeploymentItem) {
        let deployment = item.propose.id;
        for assessment in item.assessment {
            self.submit(&assessment.signed_by.clone(), None, Command::SignAssessment(assessment));
        }
        if let Some(approve) = item.approve {
            let command = Command::Approve { deployment: deployment.clone(), until: approve.until };
            self.submit(&approve.by, approve.reason, command);
        }
        if item.publish {
            self.submit(&item.by, None, Command::Publish { deployment: deployment.clone() });
        }
        if item.activate {
            self.submit(&item.by, None, Command::Activate { deployment });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_comes_before_the_steps_that_may_need_it_and_after_what_it_is_about() {
        let text = r#"
            [[class]]
            by = "council"
            approve = { id = "counters", technology = "radio", purposes = ["traffic-management"], tier = "light", until = "2030-01-01T00:00:00Z" }

            [[evidence]]
            file = { id = "sign", about = { what = "device", id = "s1" }, kind = "sign-installed", on = "2026-01-02T00:00:00Z", signed_by = "mobility", summary = "It hangs." }

            [[evidence]]
            reason = "asked for by the council"
            file = { id = "hearing", about = { what = "deployment", id = "wifi" }, kind = "hearing", on = "2026-01-02T00:00:00Z", signed_by = "council", summary = "Forty came.", answers = "request" }

            [[evidence]]
            file = { id = "request", about = { what = "deployment", id = "wifi" }, kind = "hearing-request", on = "2026-01-01T00:00:00Z", signed_by = "mobility", summary = "Please hear them." }

            [[device]]
            by = "mobility"
            device = { id = "s1", deployment = "wifi", stream = "wifi", position = [16.6, 49.2], support_until = "2030-01-01T00:00:00Z" }

            [[deployment]]
            by = "mobility"
            approve = { by = "council", until = "2027-01-01T00:00:00Z" }
            [deployment.propose]
            id = "wifi"
            title = "t"
            description = "d"
            accountable = "mobility"
            place = "centre"
            mobile = true
            technology = "wifi-counter"
            purposes = ["traffic-management"]
            legal_basis = "public-task"
            starts = "2026-01-01T00:00:00Z"
            ends = "2027-01-01T00:00:00Z"
            streams = []
        "#;
        let jobs = Manifest::parse(text).unwrap().jobs();
        let told: Vec<String> = jobs.iter().map(|job| format!("{} ({})", job.in_words(), job.by())).collect();
        assert_eq!(
            told,
            [
                "approve class `counters` until 2030-01-01T00:00:00Z (council)",
                "propose deployment `wifi` (mobility)",
                "file evidence `request` (hearing-request) (mobility)",
                "file evidence `hearing` (hearing) (council)",
                "approve deployment `wifi` until 2027-01-01T00:00:00Z (council)",
                "register device `s1` (mobility)",
                "file evidence `sign` (sign-installed) (mobility)",
            ]
        );
        let more = text.replace("what = \"device\"", "what = \"city\"");
        assert!(Manifest::parse(&more).is_err(), "the city has no id");
    }
}
