//! Marks: which entry of the log made what stands in the register, when and by whom.
//!
//! Whoever shows that a requirement is met, or is not, points to entries. What is marked decides nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::act::{DeploymentApproved, DeploymentRef, PartyCredentialIssued, PartyRegistered, What};
use model::incident::{Incident, IncidentReported};
use model::inquiry::InquiryReceived;
use model::{Act, ClassId, DeploymentId, DeviceId, EvidenceId, GrantId, PartyId, StreamId, Timestamp, ViewId};

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Its index.
    pub entry: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: PartyId,
}

/// The steps that a deployment took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps {
    /// It was declared.
    pub proposed: Mark,
    /// Its assessments, oldest first.
    pub assessed: Vec<Mark>,
    /// Its approvals and their renewals, oldest first.
    pub approved: Vec<Mark>,
    /// It was published.
    pub published: Option<Mark>,
    /// It began to collect, each time that it did.
    pub activated: Vec<Mark>,
    /// It was stopped for a time, the newest.
    pub suspended: Option<Mark>,
    /// It ended.
    pub ended: Option<Mark>,
}

impl Steps {
    const fn begun(proposed: Mark) -> Self {
        Self {
            proposed,
            assessed: Vec::new(),
            approved: Vec::new(),
            published: None,
            activated: Vec::new(),
            suspended: None,
            ended: None,
        }
    }
}

/// The entries behind a register. Each table stands by itself, so that a new size of the log shares with the one before
/// what did not change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// The founding.
    pub founded: Option<Mark>,
    /// Adoptions of policies, oldest first.
    pub adopted: Arc<Vec<Mark>>,
    /// Who entered a party.
    pub parties: Arc<BTreeMap<PartyId, Mark>>,
    /// Who gave a party its token, the newest.
    pub party_tokens: Arc<BTreeMap<PartyId, Mark>>,
    /// What became of deployments.
    pub steps: Arc<BTreeMap<DeploymentId, Arc<Steps>>>,
    /// Who entered a device.
    pub devices: Arc<BTreeMap<DeviceId, Mark>>,
    /// Who gave a device its token, the newest.
    pub device_tokens: Arc<BTreeMap<DeviceId, Mark>>,
    /// Who declared a view, the newest version.
    pub views: Arc<BTreeMap<(StreamId, ViewId), Mark>>,
    /// Who agreed a grant.
    pub grants: Arc<BTreeMap<GrantId, Mark>>,
    /// Who filed a statement.
    pub evidence: Arc<BTreeMap<EvidenceId, Mark>>,
    /// Who approved a class, the newest.
    pub classes: Arc<BTreeMap<ClassId, Mark>>,
    /// That observations of a stream were deleted, the newest.
    pub deletions: Arc<BTreeMap<StreamId, Mark>>,
    /// That a key of a stream was destroyed, the newest.
    pub keys_destroyed: Arc<BTreeMap<StreamId, Mark>>,
}

impl Marks {
    /// Notes an act that was folded in.
    pub(super) fn note(&mut self, act: &Act, entry: u64) {
        let mark = Mark { entry, at: act.at, by: act.by.clone() };
        match &act.what {
            What::CityFounded(_) => self.founded = Some(mark),
            What::PolicyAdopted(_) | What::PolicyAdoptedFrom(_) => Arc::make_mut(&mut self.adopted).push(mark),
            What::PartyRegistered(PartyRegistered { party, .. }) => set(&mut self.parties, &party.id, mark),
            What::PartyCredentialIssued(PartyCredentialIssued { party, .. }) => {
                set(&mut self.party_tokens, party, mark);
            }
            What::DeploymentProposed(deployment) => {
                set(&mut self.steps, &deployment.id, Arc::new(Steps::begun(mark)));
            }
            What::AssessmentSigned(assessment) | What::AssessmentTiered(assessment) => {
                self.step(&assessment.deployment, |steps| steps.assessed.push(mark))
            }
            What::DeploymentApproved(DeploymentApproved { deployment, .. }) => {
                self.step(deployment, |steps| steps.approved.push(mark));
            }
            What::DeploymentPublished(DeploymentRef { deployment }) => {
                self.step(deployment, |steps| steps.published = Some(mark));
            }
            What::DeploymentActivated(DeploymentRef { deployment }) => {
                self.step(deployment, |steps| steps.activated.push(mark));
            }
            What::DeploymentSuspended(DeploymentRef { deployment }) => {
                self.step(deployment, |steps| steps.suspended = Some(mark));
            }
            What::DeploymentEnded(DeploymentRef { deployment }) => {
                self.step(deployment, |steps| steps.ended = Some(mark));
            }
            What::DeviceRegistered(device) => {
                if device.credential.is_some() {
                    set(&mut self.device_tokens, &device.id, mark.clone());
                }
                set(&mut self.devices, &device.id, mark);
            }
            What::DeviceCredentialSet(token) => set(&mut self.device_tokens, &token.device, mark),
            What::ViewDeclared(view) => set(&mut self.views, &(view.stream.clone(), view.id.clone()), mark),
            What::GrantAgreed(grant) => set(&mut self.grants, &grant.id, mark),
            What::EvidenceFiled(evidence)
            | What::InquiryReceived(InquiryReceived { evidence, .. })
            | What::IncidentReported(IncidentReported { incident: Incident { statement: evidence, .. }, .. }) => {
                set(&mut self.evidence, &evidence.id, mark)
            }
            What::ClassApproved(class) => set(&mut self.classes, &class.id, mark),
            What::ObservationsDeleted(deleted) => set(&mut self.deletions, &deleted.stream, mark),
            What::KeyDestroyed(key) => set(&mut self.keys_destroyed, &key.stream, mark),
            // What these leave behind is seen elsewhere, or nothing is asked about it.
            What::PlaceRegistered(_)
            | What::ApprovalLapsed(_)
            | What::OrderIssued(_)
            | What::GrantWithdrawn(_)
            | What::GrantExpired(_)
            | What::KeyCreated(_)
            | What::DisclosuresBatched(_)
            | What::PayloadErased(_)
            | What::EvidenceWithdrawn(_)
            | What::EvidenceLapsed(_)
            | What::DutyLapsed(_)
            | What::DutyMetLate(_)
            | What::ObservationsCounted(_)
            | What::ObservationsEstimated(_)
            | What::ClockConfirmed(_) => {}
        }
    }

    fn step(&mut self, deployment: &DeploymentId, take: impl FnOnce(&mut Steps)) {
        if let Some(steps) = Arc::make_mut(&mut self.steps).get_mut(deployment) {
            take(Arc::make_mut(steps));
        }
    }
}

fn set<K: Ord + Clone, V: Clone>(table: &mut Arc<BTreeMap<K, V>>, key: &K, value: V) {
    Arc::make_mut(table).insert(key.clone(), value);
}
