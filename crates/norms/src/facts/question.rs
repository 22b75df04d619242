//! The questions that norms answer, in the model's words: who wants to do what, to what, and what is known besides.

use model::{
    Assessment, ClassApproval, Deployment, DeploymentRecord, Device, Evidence, Grant, GrantRecord, Order, Party,
    PartyId, Place, Purpose, Stream, Timestamp, View,
};

use super::Circumstances;
use crate::schema::purpose_action;

/// What a party wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Enter a party or its token.
    RegisterParty,
    /// Enter a place.
    RegisterPlace,
    /// Enter a device or its token.
    RegisterDevice,
    /// Put policies in force.
    AdoptPolicy,
    /// Declare a deployment.
    Propose,
    /// Sign an assessment.
    Assess,
    /// Approve a deployment.
    Approve,
    /// Publish a deployment.
    Publish,
    /// Let a deployment collect.
    Activate,
    /// Stop a deployment for a time.
    Suspend,
    /// End a deployment.
    End,
    /// Enter an order.
    IssueOrder,
    /// Declare a view.
    DeclareView,
    /// Put a grant in force.
    AgreeGrant,
    /// Withdraw a grant.
    WithdrawGrant,
    /// Destroy a sealed payload.
    ErasePayload,
    /// File a statement.
    FileEvidence,
    /// Withdraw a statement.
    WithdrawEvidence,
    /// Approve a class of deployments.
    ApproveClass,
    /// Give a party or a device a token, replace it or take it back.
    IssueCredential,
}

impl Verb {
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::RegisterParty => "register-party",
            Self::RegisterPlace => "register-place",
            Self::RegisterDevice => "register-device",
            Self::AdoptPolicy => "adopt-policy",
            Self::Propose => "propose",
            Self::Assess => "assess",
            Self::Approve => "approve",
            Self::Publish => "publish",
            Self::Activate => "activate",
            Self::Suspend => "suspend",
            Self::End => "end",
            Self::IssueOrder => "issue-order",
            Self::DeclareView => "declare-view",
            Self::AgreeGrant => "agree-grant",
            Self::WithdrawGrant => "withdraw-grant",
            Self::ErasePayload => "erase-payload",
            Self::FileEvidence => "file-evidence",
            Self::WithdrawEvidence => "withdraw-evidence",
            Self::ApproveClass => "approve-class",
            Self::IssueCredential => "issue-credential",
        }
    }
}

/// What it is to be done to.
#[derive(Debug, Clone, Copy)]
pub enum ActSubject<'a> {
    /// A party that is being entered.
    Party(&'a Party),
    /// A party's token.
    PartyCredential(&'a Party),
    /// A device's token.
    DeviceCredential {
        /// The device.
        device: &'a Device,
        /// The deployment it belongs to.
        record: &'a DeploymentRecord,
    },
    /// A place.
    Place(&'a Place),
    /// A device that is being registered.
    Device {
        /// The device.
        device: &'a Device,
        /// The deployment it belongs to.
        record: &'a DeploymentRecord,
        /// Whether it stands within the deployment's place.
        within_place: bool,
    },
    /// Policies.
    Policy,
    /// A deployment that is being proposed.
    Proposal(&'a Deployment),
    /// A deployment as it stands.
    Deployment(&'a DeploymentRecord),
    /// A deployment that is being assessed.
    Assessment {
        /// As it stands.
        record: &'a DeploymentRecord,
        /// What is signed.
        assessment: &'a Assessment,
    },
    /// A deployment that is being approved.
    Approval {
        /// As it stands.
        record: &'a DeploymentRecord,
        /// Until when.
        until: Timestamp,
    },
    /// An order.
    Order(&'a Order),
    /// A view.
    View {
        /// The view.
        view: &'a View,
        /// The deployment behind it.
        record: &'a DeploymentRecord,
        /// The stream it shows.
        stream: &'a Stream,
    },
    /// A grant that is being agreed.
    Grant {
        /// The grant.
        grant: &'a Grant,
        /// The view it gives.
        view: &'a View,
        /// The deployment behind it.
        record: &'a DeploymentRecord,
        /// The stream it shows.
        stream: &'a Stream,
        /// Who gets it.
        recipient: &'a Party,
        /// The order it rests on.
        order: Option<&'a Order>,
    },
    /// A grant that is being withdrawn.
    GrantRecord(&'a GrantRecord),
    /// A sealed payload.
    Payload,
    /// A statement that is being filed.
    Evidence {
        /// The statement.
        evidence: &'a Evidence,
        /// The deployment that it is about, or to whose devices the device belongs; none for the city.
        record: Option<&'a DeploymentRecord>,
    },
    /// A statement that is being withdrawn.
    Withdrawal(&'a Evidence),
    /// A class of deployments.
    Class(&'a ClassApproval),
}

impl ActSubject<'_> {
    /// The entity type that it is in Cedar.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Party(_) => "Entry",
            Self::PartyCredential(_) | Self::DeviceCredential { .. } => "Credential",
            Self::Place(_)
            | Self::Order(_)
            | Self::Policy
            | Self::Payload
            | Self::Withdrawal(_)
            | Self::Class(_)
            | Self::GrantRecord(_) => "Thing",
            Self::Device { .. } => "Device",
            Self::Evidence { .. } => "Filing",
            Self::Proposal(_) | Self::Deployment(_) | Self::Assessment { .. } | Self::Approval { .. } => "Deployment",
            Self::View { .. } => "View",
            Self::Grant { .. } => "Share",
        }
    }
}

/// May this party do this?
#[derive(Debug, Clone, Copy)]
pub struct ActQuestion<'a> {
    /// Who.
    pub actor: &'a Party,
    /// What.
    pub verb: Verb,
    /// To what.
    pub subject: ActSubject<'a>,
    /// The city's founder; none while there is none.
    pub founder: Option<&'a PartyId>,
    /// What else is known of the deployment, or of the city.
    pub around: &'a Circumstances,
}

impl ActQuestion<'_> {
    /// The action and the kind of thing.
    pub(crate) const fn key(&self) -> (&'static str, &'static str) {
        (self.verb.action(), self.subject.kind())
    }
}

/// May this stream collect?
#[derive(Debug, Clone, Copy)]
pub struct CollectQuestion<'a> {
    /// The deployment.
    pub record: &'a DeploymentRecord,
    /// Its stream.
    pub stream: &'a Stream,
    /// The order that a match-or-drop property names.
    pub order: Option<&'a Order>,
    /// The party that answers for the deployment: it collects.
    pub accountable: &'a Party,
    /// The city's founder; none while there is none.
    pub founder: Option<&'a PartyId>,
    /// What else is known of the deployment, or of the city.
    pub around: &'a Circumstances,
}

impl CollectQuestion<'_> {
    /// The action and the kind of thing.
    pub(crate) const KEY: (&'static str, &'static str) = ("collect", "Stream");
}

/// May this party have this view for this purpose?
#[derive(Debug, Clone, Copy)]
pub struct DiscloseQuestion<'a> {
    /// Who.
    pub recipient: &'a Party,
    /// Under which grant; none if there is none.
    pub grant: Option<&'a GrantRecord>,
    /// Which view.
    pub view: &'a View,
    /// The deployment behind it.
    pub record: &'a DeploymentRecord,
    /// The stream it shows.
    pub stream: &'a Stream,
    /// The order that the grant rests on.
    pub order: Option<&'a Order>,
    /// What for.
    pub purpose: Purpose,
    /// The city's founder; none while there is none.
    pub founder: Option<&'a PartyId>,
    /// What else is known of the deployment, or of the city.
    pub around: &'a Circumstances,
}

impl DiscloseQuestion<'_> {
    /// The kind of thing.
    pub(crate) const KIND: &'static str = "Share";

    /// The action: the purpose.
    pub(crate) fn action(&self) -> String {
        purpose_action(self.purpose)
    }
}

/// May this stand in the register as it is?
#[derive(Debug, Clone, Copy)]
pub struct StandQuestion<'a> {
    /// The party that answers for it.
    pub accountable: &'a Party,
    /// What stands there.
    pub subject: StandSubject<'a>,
    /// The city's founder; none while there is none.
    pub founder: Option<&'a PartyId>,
    /// What else is known of it.
    pub around: &'a Circumstances,
}

/// What stands in the register.
#[derive(Debug, Clone, Copy)]
pub enum StandSubject<'a> {
    /// A deployment.
    Deployment(&'a DeploymentRecord),
    /// The city as a whole.
    City(&'a CityFacts),
    /// A device.
    Device {
        /// The device.
        device: &'a Device,
        /// The deployment it belongs to.
        record: &'a DeploymentRecord,
        /// Whether it stands within the deployment's place.
        within_place: bool,
    },
}

impl StandQuestion<'_> {
    /// The action and the kind of thing.
    pub(crate) const fn key(&self) -> (&'static str, &'static str) {
        ("stand", self.subject.kind())
    }
}

impl StandSubject<'_> {
    /// The entity type that it is in Cedar.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Deployment(_) => "Deployment",
            Self::City(_) => "City",
            Self::Device { .. } => "Device",
        }
    }
}

/// A city in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CityFacts {
    /// Deployments that have not ended.
    pub deployments: u32,
    /// Those of them that observe people.
    pub personal_deployments: u32,
    /// Views that everybody may have.
    pub open_views: u32,
}
