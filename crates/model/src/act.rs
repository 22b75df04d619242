//! Acts: the entries of the log. Bytes once written are hashed and never rewritten.
//!
//! Each kind carries its version in its tag (`deployment-proposed/1`). A kind or version that this software does
//! not know is an error that stops the reader: guessing would make two registers out of one log.

use serde::{Deserialize, Serialize};

use crate::assessment::{Assessment, tiered, untiered};
use crate::class::ClassApproval;
use crate::counted::ObservationsCounted;
use crate::deployment::Deployment;
use crate::disclosure::Seq;
use crate::duty::{DutyLapsed, DutyMetLate};
use crate::estimated::ObservationsEstimated;
use crate::evidence::Evidence;
use crate::geo::Place;
use crate::grant::Grant;
use crate::id::{DeploymentId, DeviceId, Digest, EvidenceId, GrantId, PartyId, StreamId, ViewId};
use crate::incident::IncidentReported;
use crate::inquiry::InquiryReceived;
use crate::party::Party;
use crate::policy::{LayerSources, PolicyHash, PolicyId, PolicyText};
use crate::sealed::SealedFields;
use crate::stream::{Device, Order};
use crate::time::{Epoch, Timestamp, Window};
use crate::view::{View, ViewVersion};
use crate::vocab::Purpose;

/// The largest act in bytes: what an entry bundle's 16-bit length can say (C2SP tlog-tiles).
pub const ACT_BYTES_MAX: usize = 65_535;

/// Why an entry of the log could not be read or written as an act.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// Not JSON of an act this software knows.
    #[error("the entry is not an act that this version of the software knows; install the version that wrote it: {0}")]
    Unknown(serde_json::Error),
    /// Larger than [`ACT_BYTES_MAX`].
    #[error("the act has {0} bytes, the limit is {ACT_BYTES_MAX}; put long documents beside the log, by hash")]
    TooLarge(usize),
}

/// One entry of the log: who did what, under which policy, for which reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// When.
    pub at: Timestamp,
    /// Who. A lapse is done by the party whose duty lapsed: the accountable one.
    pub by: PartyId,
    /// The policies in force when it was decided; none before the first were adopted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<PolicyHash>,
    /// The policies that allowed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<PolicyId>,
    /// The reason in words, where the kind of act needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was done.
    pub what: What,
}

impl Act {
    /// The bytes that become the log's entry.
    ///
    /// # Errors
    /// The act is too large for the log.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ActError> {
        let bytes = serde_json::to_vec(self).map_err(ActError::Unknown)?;
        if bytes.len() > ACT_BYTES_MAX { Err(ActError::TooLarge(bytes.len())) } else { Ok(bytes) }
    }

    /// Reads an entry of the log.
    ///
    /// # Errors
    /// It is not an act that this software knows: stop, never skip.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ActError> {
        if bytes.len() > ACT_BYTES_MAX {
            return Err(ActError::TooLarge(bytes.len()));
        }
        serde_json::from_slice(bytes).map_err(ActError::Unknown)
    }
}

/// What an act does. Facts only: applying it needs no clock, no policy text and no sealed payload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum What {
    /// A city begins its log. Always entry 0.
    #[serde(rename = "city-founded/1")]
    CityFounded(CityFounded),
    /// A party is entered; its contact is sealed.
    #[serde(rename = "party-registered/1")]
    PartyRegistered(PartyRegistered),
    /// A party gets a bearer token; its hash is public.
    #[serde(rename = "party-credential-issued/1")]
    PartyCredentialIssued(PartyCredentialIssued),
    /// A place is entered or redrawn.
    #[serde(rename = "place-registered/1")]
    PlaceRegistered(Place),
    /// The city adopts its policies.
    #[serde(rename = "policy-adopted/1")]
    PolicyAdopted(PolicyAdopted),
    /// The city adopts its policies, and says where each layer comes from.
    #[serde(rename = "policy-adopted/2")]
    PolicyAdoptedFrom(PolicyAdoptedFrom),
    /// A deployment is declared.
    #[serde(rename = "deployment-proposed/1")]
    DeploymentProposed(Deployment),
    /// An assessment is signed.
    #[serde(rename = "assessment-signed/1")]
    #[serde(deserialize_with = "untiered")]
    AssessmentSigned(Assessment),
    /// An assessment is signed whose answers found a tier.
    #[serde(rename = "assessment-signed/2")]
    #[serde(deserialize_with = "tiered")]
    AssessmentTiered(Assessment),
    /// A deployment is approved, or its approval renewed.
    #[serde(rename = "deployment-approved/1")]
    DeploymentApproved(DeploymentApproved),
    /// A deployment is published in the register.
    #[serde(rename = "deployment-published/1")]
    DeploymentPublished(DeploymentRef),
    /// A deployment may collect.
    #[serde(rename = "deployment-activated/1")]
    DeploymentActivated(DeploymentRef),
    /// A deployment is stopped by decision.
    #[serde(rename = "deployment-suspended/1")]
    DeploymentSuspended(DeploymentRef),
    /// A deployment is stopped because its approval ran out.
    #[serde(rename = "approval-lapsed/1")]
    ApprovalLapsed(DeploymentRef),
    /// A deployment is over, by decision or because its end date came.
    #[serde(rename = "deployment-ended/1")]
    DeploymentEnded(DeploymentRef),
    /// A device is entered.
    #[serde(rename = "device-registered/1")]
    DeviceRegistered(Device),
    /// A device's token is replaced; none revokes it.
    #[serde(rename = "device-credential-set/1")]
    DeviceCredentialSet(DeviceCredentialSet),
    /// An authority's order is entered; its list is sealed.
    #[serde(rename = "order-issued/1")]
    OrderIssued(OrderIssued),
    /// A view is declared, or declared anew under a higher version.
    #[serde(rename = "view-declared/1")]
    ViewDeclared(View),
    /// A grant comes into force.
    #[serde(rename = "grant-agreed/1")]
    GrantAgreed(Grant),
    /// A grant is withdrawn.
    #[serde(rename = "grant-withdrawn/1")]
    GrantWithdrawn(GrantRef),
    /// A grant's date came.
    #[serde(rename = "grant-expired/1")]
    GrantExpired(GrantRef),
    /// A pseudonym key begins to live.
    #[serde(rename = "key-created/1")]
    KeyCreated(KeyRef),
    /// A pseudonym key was destroyed.
    #[serde(rename = "key-destroyed/1")]
    KeyDestroyed(KeyRef),
    /// Observations past their retention were deleted.
    #[serde(rename = "observations-deleted/1")]
    ObservationsDeleted(ObservationsDeleted),
    /// A run of disclosures, in numbers and as a Merkle root.
    #[serde(rename = "disclosures-batched/1")]
    DisclosuresBatched(DisclosuresBatched),
    /// A sealed payload was destroyed; the act that committed to it stays.
    #[serde(rename = "payload-erased/1")]
    PayloadErased(PayloadErased),
    /// A statement about the city, a deployment or a device is filed.
    #[serde(rename = "evidence-filed/1")]
    EvidenceFiled(Evidence),
    /// A statement is withdrawn.
    #[serde(rename = "evidence-withdrawn/1")]
    EvidenceWithdrawn(EvidenceRef),
    /// A statement's date came.
    #[serde(rename = "evidence-lapsed/1")]
    EvidenceLapsed(EvidenceRef),
    /// A resident asked the city something; what they wrote is sealed.
    #[serde(rename = "inquiry-received/1")]
    InquiryReceived(InquiryReceived),
    /// A class of deployments is approved, or its approval renewed.
    #[serde(rename = "class-approved/1")]
    ClassApproved(ClassApproval),
    /// A duty's time was over before it was done.
    #[serde(rename = "duty-lapsed/1")]
    DutyLapsed(DutyLapsed),
    /// A duty that had lapsed was done after all.
    #[serde(rename = "duty-met-late/1")]
    DutyMetLate(DutyMetLate),
    /// Somebody confirmed that the clock is right although it stands far ahead of the last act.
    #[serde(rename = "clock-confirmed/1")]
    ClockConfirmed(ClockConfirmed),
    /// A party reported that something went wrong; what is confidential of it is sealed.
    #[serde(rename = "incident-reported/1")]
    IncidentReported(IncidentReported),
    /// What sensors brought in a month that is over, in numbers.
    #[serde(rename = "observations-counted/1")]
    ObservationsCounted(ObservationsCounted),
    /// What sensors brought in a month that is over, in orders of magnitude: of streams of which a number would tell of people.
    #[serde(rename = "observations-estimated/1")]
    ObservationsEstimated(ObservationsEstimated),
}

impl What {
    /// Every kind of act, in the order of their first appearance here.
    pub const KINDS: &'static [&'static str] = &[
        "city-founded/1",
        "party-registered/1",
        "party-credential-issued/1",
        "place-registered/1",
        "policy-adopted/1",
        "policy-adopted/2",
        "deployment-proposed/1",
        "assessment-signed/1",
        "assessment-signed/2",
        "deployment-approved/1",
        "deployment-published/1",
        "deployment-activated/1",
        "deployment-suspended/1",
        "approval-lapsed/1",
        "deployment-ended/1",
        "device-registered/1",
        "device-credential-set/1",
        "order-issued/1",
        "view-declared/1",
        "grant-agreed/1",
        "grant-withdrawn/1",
        "grant-expired/1",
        "key-created/1",
        "key-destroyed/1",
        "observations-deleted/1",
        "disclosures-batched/1",
        "payload-erased/1",
        "evidence-filed/1",
        "evidence-withdrawn/1",
        "evidence-lapsed/1",
        "inquiry-received/1",
        "class-approved/1",
        "duty-lapsed/1",
        "duty-met-late/1",
        "clock-confirmed/1",
        "incident-reported/1",
        "observations-counted/1",
        "observations-estimated/1",
    ];

    /// The policies that it puts in force, whichever version of the act says so.
    #[must_use]
    pub const fn adopts(&self) -> Option<(PolicyHash, &PolicyText)> {
        match self {
            Self::PolicyAdopted(PolicyAdopted { hash, text })
            | Self::PolicyAdoptedFrom(PolicyAdoptedFrom { hash, text, .. }) => Some((*hash, text)),
            _ => None,
        }
    }

    /// The tag, for lists and headings: `deployment-proposed/1`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::CityFounded(_) => "city-founded/1",
            Self::PartyRegistered(_) => "party-registered/1",
            Self::PartyCredentialIssued(_) => "party-credential-issued/1",
            Self::PlaceRegistered(_) => "place-registered/1",
            Self::PolicyAdopted(_) => "policy-adopted/1",
            Self::PolicyAdoptedFrom(_) => "policy-adopted/2",
            Self::DeploymentProposed(_) => "deployment-proposed/1",
            Self::AssessmentSigned(_) => "assessment-signed/1",
            Self::AssessmentTiered(_) => "assessment-signed/2",
            Self::DeploymentApproved(_) => "deployment-approved/1",
            Self::DeploymentPublished(_) => "deployment-published/1",
            Self::DeploymentActivated(_) => "deployment-activated/1",
            Self::DeploymentSuspended(_) => "deployment-suspended/1",
            Self::ApprovalLapsed(_) => "approval-lapsed/1",
            Self::DeploymentEnded(_) => "deployment-ended/1",
            Self::DeviceRegistered(_) => "device-registered/1",
            Self::DeviceCredentialSet(_) => "device-credential-set/1",
            Self::OrderIssued(_) => "order-issued/1",
            Self::ViewDeclared(_) => "view-declared/1",
            Self::GrantAgreed(_) => "grant-agreed/1",
            Self::GrantWithdrawn(_) => "grant-withdrawn/1",
            Self::GrantExpired(_) => "grant-expired/1",
            Self::KeyCreated(_) => "key-created/1",
            Self::KeyDestroyed(_) => "key-destroyed/1",
            Self::ObservationsDeleted(_) => "observations-deleted/1",
            Self::DisclosuresBatched(_) => "disclosures-batched/1",
            Self::PayloadErased(_) => "payload-erased/1",
            Self::EvidenceFiled(_) => "evidence-filed/1",
            Self::EvidenceWithdrawn(_) => "evidence-withdrawn/1",
            Self::EvidenceLapsed(_) => "evidence-lapsed/1",
            Self::InquiryReceived(_) => "inquiry-received/1",
            Self::ClassApproved(_) => "class-approved/1",
            Self::DutyLapsed(_) => "duty-lapsed/1",
            Self::DutyMetLate(_) => "duty-met-late/1",
            Self::ClockConfirmed(_) => "clock-confirmed/1",
            Self::IncidentReported(_) => "incident-reported/1",
            Self::ObservationsCounted(_) => "observations-counted/1",
            Self::ObservationsEstimated(_) => "observations-estimated/1",
        }
    }
}

/// The beginning of a city.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CityFounded {
    /// The city's name.
    pub name: String,
    /// The log's origin (C2SP tlog-checkpoint), for instance `ordinance.example.city/log`.
    pub origin: String,
    /// The city's own party: the one that may enter others.
    pub founder: Party,
    /// The public key that signs the log's checkpoints, as a C2SP vkey.
    pub log_key: String,
}

/// A party, and commitments to its contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyRegistered {
    /// The party.
    pub party: Party,
    /// Commitments to `contact-name`, `contact-mail`, `contact-phone`.
    pub contact: SealedFields,
}

/// A token for a party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyCredentialIssued {
    /// Whose.
    pub party: PartyId,
    /// SHA-256 of the token of 256 random bits; replaces any earlier one.
    pub credential: Digest,
}

/// Policies come into force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyAdopted {
    /// The hash of everything that decides, schema included, as computed when they were adopted.
    pub hash: PolicyHash,
    /// Their whole text.
    pub text: PolicyText,
}

/// Policies, their hash, and where each layer comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyAdoptedFrom {
    /// The hash under which every later act is decided.
    pub hash: PolicyHash,
    /// The texts, whole.
    pub text: PolicyText,
    /// Where each layer comes from, by its name.
    pub sources: LayerSources,
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeploymentApproved {
    /// Which deployment.
    pub deployment: DeploymentId,
    /// Until when.
    pub until: Timestamp,
}

/// A deployment, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeploymentRef {
    /// Which deployment.
    pub deployment: DeploymentId,
}

/// A device's token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceCredentialSet {
    /// Which device.
    pub device: DeviceId,
    /// SHA-256 of the token; none locks the device out.
    pub credential: Option<Digest>,
}

/// An order, and a commitment to its list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderIssued {
    /// The order.
    pub order: Order,
    /// Commitment to `list`: keyed tags of the values sought, never the values.
    pub list: SealedFields,
}

/// A grant, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantRef {
    /// Which grant.
    pub grant: GrantId,
}

/// A key of pseudonyms, by stream and epoch, never by its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRef {
    /// Whose pseudonyms.
    pub stream: StreamId,
    /// When it lives.
    pub epoch: Epoch,
    /// BLAKE3 of the key's 32 random bytes: ties creation and destruction together and tells nothing else.
    pub commitment: Digest,
}

/// Deleted observations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObservationsDeleted {
    /// Of which stream.
    pub stream: StreamId,
    /// Everything observed before this instant is gone.
    pub before: Timestamp,
    /// How many files went; none for a stream about people, because it would tell in how many hours somebody was observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
}

/// What left under one grant's terms in a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosed {
    /// To whom.
    pub recipient: PartyId,
    /// What for.
    pub purpose: Purpose,
    /// Of which stream.
    pub stream: StreamId,
    /// Under which view.
    pub view: ViewId,
    /// Which version.
    pub version: ViewVersion,
    /// How many disclosures.
    pub disclosures: u64,
    /// How many rows in all; none for a stream under an order, where each row is a hit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// How many cells were withheld in all; none where `rows` is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<u64>,
}

/// A run of disclosures. Its first number follows the last batch's last: a gap is proof of omission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisclosuresBatched {
    /// First number in the batch.
    pub first: Seq,
    /// Last number in the batch.
    pub last: Seq,
    /// From the first disclosure to just after the last.
    pub window: Window,
    /// RFC 6962 Merkle root over the records' bytes.
    pub root: Digest,
    /// Sums; their `disclosures` add up to the batch.
    pub totals: Vec<Disclosed>,
}

/// A destroyed payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayloadErased {
    /// The entry whose payload is gone.
    pub entry: u64,
}

/// A statement, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRef {
    /// Which statement.
    pub evidence: EvidenceId,
}

/// A clock that is believed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockConfirmed {
    /// When the last act before it happened.
    pub after: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(what: What) -> Option<Act> {
        Some(Act {
            at: Timestamp::UNIX_EPOCH,
            by: "city".parse().ok()?,
            under: None,
            because: vec![],
            reason: None,
            what,
        })
    }

    #[test]
    fn an_act_has_one_stable_form() {
        let what = "wifi".parse().map(|deployment| What::DeploymentPublished(DeploymentRef { deployment }));
        let bytes = what.ok().and_then(act).and_then(|act| act.to_bytes().ok()).unwrap_or_default();
        let golden = r#"{"at":"1970-01-01T00:00:00Z","by":"city","what":{"kind":"deployment-published/1","body":{"deployment":"wifi"}}}"#;
        assert_eq!(String::from_utf8_lossy(&bytes), golden);
        assert!(Act::from_bytes(golden.as_bytes()).is_ok());
    }

    #[test]
    fn what_is_not_known_stops_the_reader() {
        for (from, to) in [
            ("deployment-published/1", "deployment-published/2"),
            (r#""deployment":"wifi""#, r#""deployment":"wifi","more":1"#),
            (r#""by":"city""#, r#""by":"city","more":1"#),
            (r#""kind""#, r#""more":1,"kind""#),
        ] {
            let golden = r#"{"at":"1970-01-01T00:00:00Z","by":"city","what":{"kind":"deployment-published/1","body":{"deployment":"wifi"}}}"#;
            let altered = golden.replace(from, to);
            assert!(Act::from_bytes(altered.as_bytes()).is_err(), "{altered}");
        }
        let large = vec![b' '; ACT_BYTES_MAX + 1];
        assert!(matches!(Act::from_bytes(&large), Err(ActError::TooLarge(_))));
    }
}
