//! Commands: what parties ask the city to do. A command becomes acts, or a refusal, and nothing between.

use std::fmt;

use model::policy::{LayerSources, PolicyText};
use model::{
    Assessment, ClassApproval, Deployment, DeploymentId, Device, DeviceId, Digest, Evidence, EvidenceId, Fields, Grant,
    GrantId, Incident, Order, Party, PartyId, Place, StreamId, Subject, Timestamp, View,
};
use serde::{Deserialize, Serialize};

use crate::state::State;

/// One request of a party, as sent to the governance API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// Who asks.
    pub by: PartyId,
    /// What for, in words; some commands need it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is asked.
    pub command: Command,
}

/// What a party can ask. Asking for what already is so makes no act: commands can be repeated.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", content = "with", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// Enter a party.
    RegisterParty {
        /// The party.
        party: Party,
        /// Its contact, sealed before it is stored: `contact-name`, `contact-mail`, `contact-phone`.
        #[serde(default)]
        contact: Fields,
    },
    /// Give a party a token; the caller made it and keeps it.
    IssuePartyCredential {
        /// Whose.
        party: PartyId,
        /// SHA-256 of the token.
        credential: Digest,
    },
    /// Enter a place, or draw it anew.
    RegisterPlace(Place),
    /// Put policies in force.
    AdoptPolicy(PolicyText),
    /// Put policies in force, with what is known of where their layers come from.
    AdoptFrom(Adopting),
    /// Declare a deployment.
    Propose(Deployment),
    /// Sign an assessment.
    SignAssessment(Assessment),
    /// Approve a deployment, or renew its approval; needs a reason.
    Approve {
        /// Which.
        deployment: DeploymentId,
        /// Until when.
        until: Timestamp,
    },
    /// Publish a deployment in the register.
    Publish {
        /// Which.
        deployment: DeploymentId,
    },
    /// Let a deployment collect.
    Activate {
        /// Which.
        deployment: DeploymentId,
    },
    /// Stop a deployment for a time; needs a reason.
    Suspend {
        /// Which.
        deployment: DeploymentId,
    },
    /// End a deployment for good; needs a reason.
    End {
        /// Which.
        deployment: DeploymentId,
    },
    /// Enter a device.
    RegisterDevice(Device),
    /// Replace a device's token, or lock the device out with none.
    SetDeviceCredential {
        /// Which.
        device: DeviceId,
        /// SHA-256 of the new token.
        credential: Option<Digest>,
    },
    /// Enter an authority's order. Its list holds keyed tags, never the values sought.
    IssueOrder {
        /// The order.
        order: Order,
        /// The list as `privacy` writes it; sealed before it is stored.
        list: String,
    },
    /// Declare a view, or declare it anew under a higher version.
    DeclareView(View),
    /// Put a grant in force.
    AgreeGrant(Grant),
    /// Withdraw a grant; needs a reason.
    WithdrawGrant {
        /// Which.
        grant: GrantId,
    },
    /// Destroy the sealed payload of an entry; needs a reason.
    ErasePayload {
        /// Which entry.
        entry: u64,
    },
    /// File a statement about the city, a deployment or a device.
    FileEvidence(Evidence),
    /// Report that something went wrong.
    ReportIncident {
        /// What everybody may read.
        incident: Incident,
        /// What is sealed before it is stored: `details`.
        #[serde(default)]
        details: Fields,
    },
    /// Withdraw a statement; needs a reason.
    WithdrawEvidence {
        /// Which.
        evidence: EvidenceId,
    },
    /// Approve a class of deployments, or renew its approval.
    ApproveClass(ClassApproval),
}

/// Policies to adopt, and what whoever adopts them says of their layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adopting {
    /// The policies, whole.
    pub policies: PolicyText,
    /// Why layers of others that no hub released are adopted all the same, in words that residents will read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreleased: Option<String>,
    /// Layers of the release that is adopted now, by name. Nobody says so over a network: whoever verifies it makes the command.
    #[serde(skip)]
    pub released: LayerSources,
    /// Layers of releases that were adopted before and verify. They speak for a layer of which nothing was said.
    #[serde(skip)]
    pub kept: LayerSources,
}

impl Adopting {
    /// Policies of which nothing more is said.
    #[must_use]
    pub const fn of(policies: PolicyText) -> Self {
        Self { policies, unreleased: None, released: LayerSources::new(), kept: LayerSources::new() }
    }

    /// Policies with layers that nobody released, and why they are adopted.
    #[must_use]
    pub const fn unreleased(policies: PolicyText, reason: String) -> Self {
        Self { policies, unreleased: Some(reason), released: LayerSources::new(), kept: LayerSources::new() }
    }
}

/// Its words alone: an order's list may be anything before it has been looked at.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_words())
    }
}

impl Command {
    /// The deployment that it concerns, if it concerns one that is registered.
    #[must_use]
    pub fn deployment(&self, state: &State) -> Option<DeploymentId> {
        let of_stream = |stream: &StreamId| state.streams.get(stream).cloned();
        let of_device = |device: &DeviceId| state.devices.get(device).map(|device| device.deployment.clone());
        let of_subject = |about: &Subject| match about {
            Subject::City => None,
            Subject::Deployment { id } => Some(id.clone()),
            Subject::Device { id } => of_device(id),
        };
        match self {
            Self::Propose(deployment) => Some(deployment.id.clone()),
            Self::SignAssessment(assessment) => Some(assessment.deployment.clone()),
            Self::Approve { deployment, .. }
            | Self::Publish { deployment }
            | Self::Activate { deployment }
            | Self::Suspend { deployment }
            | Self::End { deployment } => Some(deployment.clone()),
            Self::RegisterDevice(device) => Some(device.deployment.clone()),
            Self::SetDeviceCredential { device, .. } => of_device(device),
            Self::IssueOrder { order, .. } => Some(order.deployment.clone()),
            Self::DeclareView(view) => of_stream(&view.stream),
            Self::AgreeGrant(grant) => of_stream(&grant.stream),
            Self::WithdrawGrant { grant } => state.grants.get(grant).and_then(|record| of_stream(&record.grant.stream)),
            Self::FileEvidence(evidence) => of_subject(&evidence.about),
            Self::ReportIncident { incident, .. } => of_subject(&incident.statement.about),
            Self::WithdrawEvidence { evidence } => {
                state.evidence.get(evidence).and_then(|record| of_subject(&record.evidence.about))
            }
            Self::RegisterParty { .. }
            | Self::IssuePartyCredential { .. }
            | Self::RegisterPlace(_)
            | Self::AdoptPolicy(_)
            | Self::AdoptFrom(_)
            | Self::ErasePayload { .. }
            | Self::ApproveClass(_) => None,
        }
    }

    /// What it is, in a few words, for lists of what was done or refused.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::RegisterParty { party, .. } => format!("register party `{}`", party.id),
            Self::IssuePartyCredential { party, .. } => format!("issue a token to party `{party}`"),
            Self::RegisterPlace(place) => format!("register place `{}`", place.id),
            Self::AdoptPolicy(_) | Self::AdoptFrom(_) => "adopt policies".to_owned(),
            Self::Propose(deployment) => format!("propose deployment `{}`", deployment.id),
            Self::SignAssessment(assessment) => format!("sign assessment `{}`", assessment.id),
            Self::Approve { deployment, until } => format!("approve deployment `{deployment}` until {until}"),
            Self::Publish { deployment } => format!("publish deployment `{deployment}`"),
            Self::Activate { deployment } => format!("activate deployment `{deployment}`"),
            Self::Suspend { deployment } => format!("suspend deployment `{deployment}`"),
            Self::End { deployment } => format!("end deployment `{deployment}`"),
            Self::RegisterDevice(device) => format!("register device `{}`", device.id),
            Self::SetDeviceCredential { device, .. } => format!("set the token of device `{device}`"),
            Self::IssueOrder { order, .. } => format!("issue order `{}`", order.id),
            Self::DeclareView(view) => format!("declare view `{}` of stream `{}`", view.id, view.stream),
            Self::AgreeGrant(grant) => format!("agree grant `{}` to `{}`", grant.id, grant.recipient),
            Self::WithdrawGrant { grant } => format!("withdraw grant `{grant}`"),
            Self::ErasePayload { entry } => format!("erase the payload of entry {entry}"),
            Self::FileEvidence(evidence) => format!("file evidence `{}` ({})", evidence.id, evidence.kind),
            Self::ReportIncident { incident, .. } => format!("report incident `{}`", incident.statement.id),
            Self::WithdrawEvidence { evidence } => format!("withdraw evidence `{evidence}`"),
            Self::ApproveClass(class) => format!("approve class `{}` until {}", class.id, class.until),
        }
    }
}
