//! What was asked when an act was done: the command behind it, as far as a public log tells.
//!
//! What is sealed is not known and no norm reads it: contacts are left empty, and an order's list is not looked at. What fell due,
//! and what the node vouches for, nobody asked for.

use model::act::{
    DeploymentApproved, DeploymentRef, DeviceCredentialSet, EvidenceRef, GrantRef, PartyCredentialIssued,
};
use model::entropy::NoEntropy;
use model::{Act, Entropy, Fields, Order, Timestamp, What};
use norms::{ActQuestion, ActSubject, Circumstances, Decision, Verb};
use register::decide::{Refusal, decide};
use register::{Command, Rules, State, Submission};

use super::{Verdict, verdict_of};

/// Nothing is sealed for good here, so that zeros do.
pub(super) struct NoEntropyNeeded;

impl Entropy for NoEntropyNeeded {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
        buffer.fill(0);
        Ok(())
    }
}

/// A question that norms were asked.
pub(super) enum Asked<'a> {
    Command(Box<Submission>),
    /// An order, whose list is sealed: only the norms are asked.
    Order {
        act: &'a Act,
        order: &'a Order,
    },
}

impl<'a> Asked<'a> {
    /// What was asked; none if nobody asked for it, or if what decides it is the draft itself.
    pub(super) fn of(act: &'a Act, state: &State) -> Option<Self> {
        let command = match act.what.clone() {
            What::PartyRegistered(registered) => {
                Command::RegisterParty { party: registered.party, contact: Fields::default() }
            }
            What::PartyCredentialIssued(PartyCredentialIssued { party, credential }) => {
                Command::IssuePartyCredential { party, credential }
            }
            What::PlaceRegistered(place) => Command::RegisterPlace(place),
            What::DeploymentProposed(deployment) => Command::Propose(deployment),
            What::AssessmentSigned(assessment) => Command::SignAssessment(assessment),
            What::DeploymentApproved(DeploymentApproved { deployment, until }) => {
                Command::Approve { deployment, until }
            }
            What::DeploymentPublished(DeploymentRef { deployment }) => Command::Publish { deployment },
            What::DeploymentActivated(DeploymentRef { deployment }) => Command::Activate { deployment },
            // What nobody's permit allowed fell due.
            What::DeploymentSuspended(DeploymentRef { deployment }) if !act.because.is_empty() => {
                Command::Suspend { deployment }
            }
            What::DeploymentEnded(DeploymentRef { deployment }) if !act.because.is_empty() => {
                Command::End { deployment }
            }
            What::DeviceRegistered(device) => Command::RegisterDevice(device),
            What::DeviceCredentialSet(DeviceCredentialSet { device, credential }) => {
                Command::SetDeviceCredential { device, credential }
            }
            What::OrderIssued(_) => {
                let What::OrderIssued(issued) = &act.what else { return None };
                return Some(Self::Order { act, order: &issued.order });
            }
            What::ViewDeclared(view) => Command::DeclareView(view),
            What::GrantAgreed(grant) => Command::AgreeGrant(grant),
            What::GrantWithdrawn(GrantRef { grant }) => Command::WithdrawGrant { grant },
            What::PayloadErased(erased) => Command::ErasePayload { entry: erased.entry },
            What::EvidenceFiled(evidence) => Command::FileEvidence(evidence),
            What::EvidenceWithdrawn(EvidenceRef { evidence }) => Command::WithdrawEvidence { evidence },
            What::ClassApproved(class) => Command::ApproveClass(class),
            _ => return None,
        };
        // Before the first policies nothing was asked.
        state.policy.as_ref()?;
        let submission = Submission { by: act.by.clone(), reason: act.reason.clone(), command };
        Some(Self::Command(Box::new(submission)))
    }

    /// What the draft says to it.
    pub(super) fn verdict(&self, state: &State, rules: &Rules, at: Timestamp, entropy: &dyn Entropy) -> Verdict {
        match self {
            Self::Command(submission) => match decide(state, Some(&rules.bundle), submission, at, entropy) {
                Ok(_) => Verdict::Allowed,
                Err(refusal) => verdict_of(&refusal),
            },
            Self::Order { act, order } => {
                let Some(actor) = state.parties.get(&act.by) else {
                    return verdict_of(&Refusal::Unknown { kind: "party", id: act.by.to_string() });
                };
                let (actor, around) = (&actor.party, &Circumstances::default());
                let subject = ActSubject::Order(order);
                let question = ActQuestion { actor, verb: Verb::IssueOrder, subject, founder: state.founder(), around };
                match rules.bundle.decide_act(&question, at) {
                    Decision::Allowed(_) => Verdict::Allowed,
                    Decision::Refused(refusal) => verdict_of(&refusal.into()),
                }
            }
        }
    }
}
