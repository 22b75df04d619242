//! Asking again: an act that was done, put to other policies, as things stood before it.
//!
//! It is decided as a command is, by the same code. What was sealed when it was done is not needed: no norm looks at it. Nothing
//! is made here, so that there is nothing to commit.

use model::act::{
    DeploymentApproved, DeploymentRef, DeviceCredentialSet, GrantRef, PartyCredentialIssued, PayloadErased,
};
use model::entropy::NoEntropy;
use model::policy::{LayerSources, PolicyText};
use model::{Act, Entropy, What};
use norms::{ActSubject, Bundle, Verb};

use super::{Desk, Refusal, decide, known};
use crate::command::{Adopting, Command, Submission};
use crate::sources::REASON_CHARS_MAX;
use crate::state::State;

/// What stands for the reason of an approval that was written before each needed one.
const UNSAID: &str = "not said";

/// Nothing is sealed here.
pub(super) struct Nothing;

impl Entropy for Nothing {
    fn fill(&self, _: &mut [u8]) -> Result<(), NoEntropy> {
        Err(NoEntropy)
    }
}

/// What policies say of an act, were it asked for at its own instant in a register as it stood before it; none of an act that no
/// norm decides, such as a lapse, or what the node vouches for.
///
/// The policies are those that the register has in force, ready to decide.
#[must_use]
pub fn ask_again(before: &State, bundle: &Bundle, act: &Act) -> Option<Result<(), Refusal>> {
    if act.because.is_empty() {
        return None;
    }
    Some(match &act.what {
        What::PartyRegistered(registered) => with(before, bundle, act, |desk| {
            desk.may_register(registered.party.kind)?;
            desk.allowed(Verb::RegisterParty, ActSubject::Party(&registered.party)).map(drop)
        }),
        What::OrderIssued(issued) => {
            with(before, bundle, act, |desk| desk.allowed(Verb::IssueOrder, ActSubject::Order(&issued.order)).map(drop))
        }
        What::IncidentReported(reported) => {
            with(before, bundle, act, |desk| desk.statement(&reported.incident.statement).map(drop))
        }
        what => {
            // Approvals were written without a reason before one was required. It is said once, when it is done: what is asked again
            // is what the norms say, and they never look at it.
            let unsaid =
                matches!(what, What::DeploymentApproved(_) | What::ClassApproved(_)).then(|| UNSAID.to_owned());
            // And one that is longer than may stand with a layer today was none too long then.
            let short = |reason: String| match what {
                What::PolicyAdopted(_) | What::PolicyAdoptedFrom(_) => reason.chars().take(REASON_CHARS_MAX).collect(),
                _ => reason,
            };
            let reason = act.reason.clone().or(unsaid).map(short);
            let submission = Submission { by: act.by.clone(), reason, command: command(what.clone())? };
            decide(before, Some(bundle), &submission, act.at, &Nothing).map(drop)
        }
    })
}

fn with(
    before: &State,
    bundle: &Bundle,
    act: &Act,
    ask: impl FnOnce(&Desk<'_>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let actor = &known(before.parties.get(&act.by), "party", &act.by)?.party;
    ask(&Desk { state: before, bundle, actor, reason: act.reason.as_deref(), now: act.at, entropy: &Nothing })
}

fn adopts(policies: PolicyText, released: LayerSources) -> Command {
    Command::AdoptFrom(Adopting { released, ..Adopting::unreleased(policies, UNSAID.to_owned()) })
}

/// The command that made an act; none where no command did, or where what it needs is sealed.
fn command(what: What) -> Option<Command> {
    Some(match what {
        What::PartyCredentialIssued(PartyCredentialIssued { party, credential }) => {
            Command::IssuePartyCredential { party, credential }
        }
        What::PlaceRegistered(place) => Command::RegisterPlace(place),
        // Where its layers come from is no norm's to say, and was said when it was adopted.
        What::PolicyAdopted(adopted) => adopts(adopted.text, LayerSources::new()),
        What::PolicyAdoptedFrom(adopted) => adopts(adopted.text, adopted.sources),
        What::DeploymentProposed(deployment) => Command::Propose(deployment),
        What::AssessmentSigned(assessment) | What::AssessmentTiered(assessment) => Command::SignAssessment(assessment),
        What::DeploymentApproved(DeploymentApproved { deployment, until }) => Command::Approve { deployment, until },
        What::DeploymentPublished(DeploymentRef { deployment }) => Command::Publish { deployment },
        What::DeploymentActivated(DeploymentRef { deployment }) => Command::Activate { deployment },
        What::DeploymentSuspended(DeploymentRef { deployment }) => Command::Suspend { deployment },
        What::DeploymentEnded(DeploymentRef { deployment }) => Command::End { deployment },
        What::DeviceRegistered(device) => Command::RegisterDevice(device),
        What::DeviceCredentialSet(DeviceCredentialSet { device, credential }) => {
            Command::SetDeviceCredential { device, credential }
        }
        What::ViewDeclared(view) => Command::DeclareView(view),
        What::GrantAgreed(grant) => Command::AgreeGrant(grant),
        What::GrantWithdrawn(GrantRef { grant }) => Command::WithdrawGrant { grant },
        What::PayloadErased(PayloadErased { entry }) => Command::ErasePayload { entry },
        What::EvidenceFiled(evidence) => Command::FileEvidence(evidence),
        What::EvidenceWithdrawn(reference) => Command::WithdrawEvidence { evidence: reference.evidence },
        What::ClassApproved(class) => Command::ApproveClass(class),
        What::CityFounded(_)
        | What::PartyRegistered(_)
        | What::OrderIssued(_)
        | What::ApprovalLapsed(_)
        | What::GrantExpired(_)
        | What::KeyCreated(_)
        | What::KeyDestroyed(_)
        | What::ObservationsDeleted(_)
        | What::DisclosuresBatched(_)
        | What::EvidenceLapsed(_)
        | What::InquiryReceived(_)
        | What::IncidentReported(_)
        | What::DutyLapsed(_)
        | What::DutyMetLate(_)
        | What::ObservationsCounted(_)
        | What::ObservationsEstimated(_)
        | What::ClockConfirmed(_) => return None,
    })
}
