//! The register: the fold of the log.
//!
//! Applying an act needs no clock, no randomness, no policy text and no sealed payload, so replaying the log
//! gives the same register, always. An act that cannot follow its past stops the fold; it is never skipped.

mod apply;
mod bearers;
mod marks;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::act::{CityFounded, Disclosed};
use model::emergency::EMERGENCY_REVIEW;
use model::inquiry::{InquiryKind, answers_to};
use model::policy::{LayerSources, PolicyText};
use model::{
    Act, ClassId, ClassRecord, Deployment, DeploymentId, DeploymentRecord, Device, DeviceId, Digest, DutyId, Epoch,
    EvidenceId, EvidenceRecord, GrantId, GrantRecord, Incident, Month, Order, OrderId, Party, PartyId, Place, PlaceId,
    PolicyHash, RefusedFor, SealedFields, Seq, Stream, StreamId, Subject, Tier, Timestamp, View, ViewId, What,
};

pub use apply::ApplyError;
pub use bearers::Bearers;
pub use marks::{Mark, Marks, Steps};
pub use timeline::{Lapse, Timeline};

/// A party and what stands around it.
#[derive(Debug, Clone, PartialEq)]
pub struct PartyRecord {
    /// The party.
    pub party: Party,
    /// Commitments to its contact.
    pub contact: SealedFields,
    /// SHA-256 of its token.
    pub credential: Option<Digest>,
    /// The entry that registered it, where its payload hangs.
    pub entry: u64,
}

/// An order and where its sealed list hangs.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderRecord {
    /// The order.
    pub order: Order,
    /// Commitment to its list.
    pub list: SealedFields,
    /// The entry that issued it.
    pub entry: u64,
}

/// The policies in force.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyInForce {
    /// Hash of everything that decides.
    pub hash: PolicyHash,
    /// The texts.
    pub text: PolicyText,
    /// Where each layer comes from, as the adoption says; nothing of a layer in force since before that was written down.
    pub sources: LayerSources,
    /// Since when.
    pub since: Timestamp,
    /// Their duties, and since when each is in force without a break: adopting it again begins nothing anew.
    pub duties_since: BTreeMap<DutyId, Timestamp>,
}

/// A pseudonym key's life.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyRecord {
    /// BLAKE3 of the key.
    pub commitment: Digest,
    /// When it was destroyed; none while it lives.
    pub destroyed: Option<Timestamp>,
}

/// What left under one grant's terms, in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// How many disclosures.
    pub disclosures: u64,
    /// How many rows; none where the log does not say.
    pub rows: Option<u64>,
    /// How many cells were withheld; none where the log does not say.
    pub withheld: Option<u64>,
}

impl Totals {
    /// Before anything left.
    pub(crate) const NOTHING: Self = Self { disclosures: 0, rows: Some(0), withheld: Some(0) };
}

/// The key of [`State::disclosed`]: to whom, what for, of which view.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DisclosedKey {
    /// To whom.
    pub recipient: PartyId,
    /// What for.
    pub purpose: model::Purpose,
    /// Of which stream.
    pub stream: StreamId,
    /// Under which view.
    pub view: ViewId,
}

impl From<&Disclosed> for DisclosedKey {
    fn from(total: &Disclosed) -> Self {
        Self {
            recipient: total.recipient.clone(),
            purpose: total.purpose,
            stream: total.stream.clone(),
            view: total.view.clone(),
        }
    }
}

/// What came in a month, and what left in it by when its batch came into the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Monthly {
    /// What sensors brought, of streams about nobody; none where the log does not tell.
    pub came: Option<Came>,
    /// What they brought, of the other streams, in orders of magnitude; none where the log does not tell.
    pub about: Option<About>,
    /// How many disclosures.
    pub disclosures: u64,
    /// How many of them are such of which the log keeps back how many rows there were.
    pub kept_back: u64,
    /// How many rows of the others.
    pub rows: u64,
    /// How many cells of the others were withheld.
    pub withheld: u64,
}

/// What sensors brought in a month, of streams about nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Came {
    /// How many streams are counted.
    pub streams: u64,
    /// How many observations were admitted.
    pub admitted: u64,
    /// What was refused, by reason.
    pub refused: BTreeMap<RefusedFor, u64>,
}

/// What sensors brought in a month, of streams of which a number would tell of people: sums of estimates, which are never added to
/// anything that was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct About {
    /// How many streams are told of.
    pub streams: u64,
    /// About how many observations were admitted; nought where every counter is at its floor, which does not say that there were none.
    pub admitted: u64,
    /// About how much was refused, likewise.
    pub refused: u64,
}

impl Came {
    /// How much was refused, for whatever reason.
    #[must_use]
    pub fn refused_in_all(&self) -> u64 {
        self.refused.values().copied().fold(0, u64::saturating_add)
    }
}

/// An inquiry of a resident, without what they wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InquiryRecord {
    /// Of which kind.
    pub kind: InquiryKind,
    /// When it was received.
    pub at: Timestamp,
    /// Commitments to what they wrote.
    pub sealed: SealedFields,
    /// The entry that holds it, for its payload.
    pub entry: u64,
}

/// What hangs on a stream, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfStream {
    /// What feeds it.
    pub(crate) devices: BTreeSet<DeviceId>,
    /// How it may be exposed.
    pub(crate) views: BTreeSet<ViewId>,
    /// Who was let have some of it.
    pub(crate) grants: BTreeSet<GrantId>,
    /// Under which terms some of it left.
    pub(crate) disclosed: BTreeSet<DisclosedKey>,
}

/// An incident, without what is sealed of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentRecord {
    /// What was reported.
    pub incident: Incident,
    /// When it was reported.
    pub at: Timestamp,
    /// Commitment to what is confidential.
    pub sealed: SealedFields,
    /// The entry that holds it, for its payload.
    pub entry: u64,
}

/// The register at one size of the log: an immutable value that says of which size it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// How many entries are folded in: the basis of every answer.
    pub size: u64,
    /// When the last of them happened; none before the first.
    pub last_at: Option<Timestamp>,
    /// The city, once founded.
    pub city: Option<Arc<CityFounded>>,
    /// Parties.
    pub parties: BTreeMap<PartyId, Arc<PartyRecord>>,
    /// Places.
    pub places: BTreeMap<PlaceId, Arc<Place>>,
    /// Deployments and where they stand.
    pub deployments: BTreeMap<DeploymentId, Arc<DeploymentRecord>>,
    /// Which deployment a stream belongs to.
    pub streams: BTreeMap<StreamId, DeploymentId>,
    /// What hangs on each stream, so that nobody has to look through the whole city for it.
    pub of_stream: BTreeMap<StreamId, Arc<OfStream>>,
    /// Devices.
    pub devices: BTreeMap<DeviceId, Arc<Device>>,
    /// Views, the newest version of each.
    pub views: BTreeMap<(StreamId, ViewId), Arc<View>>,
    /// Grants.
    pub grants: BTreeMap<GrantId, Arc<GrantRecord>>,
    /// Orders.
    pub orders: BTreeMap<OrderId, Arc<OrderRecord>>,
    /// The policies in force.
    pub policy: Option<Arc<PolicyInForce>>,
    /// Pseudonym keys.
    pub keys: BTreeMap<(StreamId, Epoch), KeyRecord>,
    /// Up to when a stream's observations are deleted.
    pub deleted_before: BTreeMap<StreamId, Timestamp>,
    /// The number that the next batch of disclosures must begin with.
    pub next_disclosure: Seq,
    /// What has left, in all.
    pub disclosed: BTreeMap<DisclosedKey, Totals>,
    /// The last month of which the log tells what a stream brought.
    pub counted_through: BTreeMap<StreamId, Month>,
    /// What came and what has left, month by month.
    pub monthly: BTreeMap<Month, Monthly>,
    /// Statements, in force and ended.
    pub evidence: BTreeMap<EvidenceId, Arc<EvidenceRecord>>,
    /// Which statements are about a thing.
    pub evidence_of: BTreeMap<Subject, Arc<BTreeSet<EvidenceId>>>,
    /// Which statements answer a statement, in force and ended, so that nobody has to look through all that is about the same thing.
    pub answers_of: BTreeMap<EvidenceId, Arc<BTreeSet<EvidenceId>>>,
    /// Inquiries of residents, by the evidence that they are.
    pub inquiries: BTreeMap<EvidenceId, Arc<InquiryRecord>>,
    /// Incidents, by the statement that they are.
    pub incidents: BTreeMap<EvidenceId, Arc<IncidentRecord>>,
    /// Approvals of classes, the newest of each.
    pub classes: BTreeMap<ClassId, Arc<ClassRecord>>,
    /// What happened to the city and to each deployment, for the clocks of duties.
    pub timelines: BTreeMap<Subject, Arc<Timeline>>,
    /// Entries whose payload was destroyed.
    pub erased: BTreeSet<u64>,
    /// The entries behind each deployment, oldest first.
    pub history: BTreeMap<DeploymentId, Arc<Vec<u64>>>,
    /// Who bears which token.
    pub bearers: Arc<Bearers>,
    /// The entries that made what stands here.
    pub marks: Marks,
}

impl State {
    /// The party that founded the city.
    #[must_use]
    pub fn founder(&self) -> Option<&PartyId> {
        self.city.as_ref().map(|city| &city.founder.id)
    }

    /// An act under the policies in force that none of them had to allow: something fell due, or the node vouches for it.
    pub(crate) fn act_of(&self, by: &PartyId, at: Timestamp, reason: Option<String>, what: What) -> Act {
        let under = self.policy.as_ref().map(|policy| policy.hash);
        Act { at, by: by.clone(), under, because: Vec::new(), reason, what }
    }

    /// A stream and the deployment that declares it.
    #[must_use]
    pub fn stream(&self, id: &StreamId) -> Option<(&DeploymentRecord, &Stream)> {
        let record = self.deployments.get(self.streams.get(id)?)?;
        Some((record, record.deployment.stream(id)?))
    }

    /// Whether the public log keeps back how many rows of a stream were disclosed: under an order each row is a hit, and
    /// there may be one. What is not known counts as such.
    #[must_use]
    pub fn keeps_rows_back(&self, stream: &StreamId) -> bool {
        self.stream(stream).is_none_or(|(_, stream)| stream.order().is_some())
    }

    /// The devices that feed a stream.
    pub fn devices_of<'a>(&'a self, stream: &StreamId) -> impl Iterator<Item = &'a Device> {
        let ids = self.of_stream.get(stream).into_iter().flat_map(|of| &of.devices);
        ids.filter_map(|id| self.devices.get(id)).map(Arc::as_ref)
    }

    /// The views of a stream.
    pub fn views_of<'a>(&'a self, stream: &StreamId) -> impl Iterator<Item = &'a View> + Clone {
        let ids = self
            .of_stream
            .get_key_value(stream)
            .into_iter()
            .flat_map(|(of, hangs)| hangs.views.iter().map(move |id| (of, id)));
        ids.filter_map(|(of, id)| self.views.get(&(of.clone(), id.clone()))).map(Arc::as_ref)
    }

    /// The agreements over a stream, in force and ended.
    pub fn grants_of<'a>(&'a self, stream: &StreamId) -> impl Iterator<Item = &'a GrantRecord> {
        let ids = self.of_stream.get(stream).into_iter().flat_map(|of| &of.grants);
        ids.filter_map(|id| self.grants.get(id)).map(Arc::as_ref)
    }

    /// What left of a stream, in all.
    pub fn disclosed_of<'a>(&'a self, stream: &StreamId) -> impl Iterator<Item = (&'a DisclosedKey, &'a Totals)> {
        let keys = self.of_stream.get(stream).into_iter().flat_map(|of| &of.disclosed);
        keys.filter_map(|key| self.disclosed.get_key_value(key))
    }

    /// The statements about a thing, in force and ended.
    pub fn evidence_about<'a>(&'a self, subject: &Subject) -> impl Iterator<Item = &'a EvidenceRecord> {
        let ids = self.evidence_of.get(subject).into_iter().flat_map(|ids| ids.iter());
        ids.filter_map(|id| self.evidence.get(id)).map(Arc::as_ref)
    }

    /// The emergency in force about a deployment, if there is one.
    #[must_use]
    pub fn emergency(&self, id: &DeploymentId, now: Timestamp) -> Option<&EvidenceRecord> {
        let subject = Subject::Deployment { id: id.clone() };
        self.evidence_about(&subject).find(|record| record.evidence.is_emergency() && record.in_force(now))
    }

    /// The emergency about a deployment that nobody has reviewed yet, whether it is over or not.
    #[must_use]
    pub fn unreviewed_emergency(&self, id: &DeploymentId) -> Option<&EvidenceRecord> {
        let subject = Subject::Deployment { id: id.clone() };
        let reviewed = |emergency: &EvidenceRecord| {
            self.evidence_about(&subject).any(|record| {
                record.ended.is_none()
                    && record.evidence.kind.as_str() == EMERGENCY_REVIEW
                    && record.evidence.answers.as_ref() == Some(&emergency.evidence.id)
            })
        };
        self.evidence_about(&subject).find(|record| record.evidence.is_emergency() && !reviewed(record))
    }

    /// Whether an answer to an inquiry stands: a statement of the kind that answers it, which was not withdrawn.
    #[must_use]
    pub fn is_answered(&self, inquiry: &EvidenceId) -> bool {
        self.first_answer(inquiry).is_some()
    }

    /// When an inquiry got the earliest of the answers that stand.
    #[must_use]
    pub fn first_answer(&self, inquiry: &EvidenceId) -> Option<Timestamp> {
        let asked = &self.evidence.get(inquiry)?.evidence;
        let (answer, _) = answers_to(asked.kind.as_str())?;
        let answers = self.answers_to(inquiry).filter(|record| {
            let said = &record.evidence;
            record.ended.is_none() && said.about == asked.about && said.kind.as_str() == answer
        });
        answers.map(|record| record.filed_at).min()
    }

    /// The statements that answer a statement, in force and ended.
    pub fn answers_to<'a>(&'a self, statement: &EvidenceId) -> impl Iterator<Item = &'a EvidenceRecord> {
        let ids = self.answers_of.get(statement).into_iter().flat_map(|ids| ids.iter());
        ids.filter_map(|id| self.evidence.get(id)).map(Arc::as_ref)
    }

    /// An approval in force of a class that a deployment of a tier stays within.
    #[must_use]
    pub fn class_of(&self, deployment: &Deployment, tier: Tier, now: Timestamp) -> Option<&ClassRecord> {
        let covers = |record: &&ClassRecord| record.in_force(now) && record.approval.covers(deployment, tier);
        self.classes.values().map(Arc::as_ref).find(covers)
    }

    /// The party with a token, by the token's SHA-256.
    #[must_use]
    pub fn party_with(&self, credential: &Digest) -> Option<&Party> {
        self.parties.get(self.bearers.party_with(credential)?).map(|record| &record.party)
    }

    /// The device with a token, by the token's SHA-256.
    #[must_use]
    pub fn device_with(&self, credential: &Digest) -> Option<&Device> {
        self.devices.get(self.bearers.device_with(credential)?).map(Arc::as_ref)
    }

    /// Whether a token is somebody's now, by its SHA-256.
    #[must_use]
    pub fn is_borne(&self, credential: &Digest) -> bool {
        self.bearers.party_with(credential).is_some() || self.bearers.device_with(credential).is_some()
    }
}
