//! What `ordinance apply` reads: parties, places, deployments, orders, views and grants, declared.
//!
//! A manifest becomes commands in the only order that can work. Applying it again changes nothing that already is so.

use std::collections::BTreeMap;

use model::policy::PolicyText;
use model::{Assessment, Deployment, Device, Fields, Grant, Order, Party, PartyId, Place, Timestamp, View};
use register::{Command, Submission};
use serde::Deserialize;

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
    deployment: Vec<DeploymentItem>,
    #[serde(default)]
    pub(crate) device: Vec<DeviceItem>,
    #[serde(default)]
    order: Vec<OrderItem>,
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
    adopt: PolicyText,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartyItem {
    by: PartyId,
    party: Party,
    #[serde(default)]
    contact: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceItem {
    by: PartyId,
    place: Place,
}

/// A deployment and how far it should get.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeploymentItem {
    /// Who proposes, publishes and activates.
    by: PartyId,
    propose: Deployment,
    assessment: Option<Assessment>,
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
    values: Vec<String>,
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
        values: Vec<String>,
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
    /// Reads a manifest; the error says where.
    pub(crate) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The jobs, in the order that can work: whom and where before what, orders before the streams that need them.
    pub(crate) fn jobs(self) -> Vec<Job> {
        let mut jobs = Jobs(Vec::new());
        if let Some(item) = self.policy {
            jobs.submit(&item.by, item.reason, Command::AdoptPolicy(item.adopt));
        }
        for item in self.party {
            let contact = Fields(item.contact.into_iter().map(|(name, value)| (name, Some(value))).collect());
            jobs.submit(&item.by, None, Command::RegisterParty { party: item.party, contact });
        }
        for item in self.place {
            jobs.submit(&item.by, None, Command::RegisterPlace(item.place));
        }
        for item in &self.deployment {
            jobs.submit(&item.by, None, Command::Propose(item.propose.clone()));
        }
        for OrderItem { by, order, values } in self.order {
            jobs.0.push(Job::Order { by, order, values });
        }
        self.deployment.into_iter().for_each(|item| jobs.advance(item));
        for item in self.device {
            jobs.submit(&item.by, None, Command::RegisterDevice(item.device));
        }
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

    /// The steps of a deployment after its proposal.
    fn advance(&mut self, item: DeploymentItem) {
        let deployment = item.propose.id;
        if let Some(assessment) = item.assessment {
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
