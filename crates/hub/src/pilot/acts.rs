//! Acts under a draft: each that norms decided, asked again as things stood before it.

use std::collections::BTreeMap;

use model::{Act, Subject, What};
use norms::{Bundle, Ground};
use register::State;
use register::decide::{Refusal, ask_again};

use super::report::{self, ByNorm, Counts, EXAMPLES_MAX, Example, Line, Outcome};

/// What was found of acts so far.
#[derive(Default)]
pub(super) struct Acts {
    kinds: BTreeMap<&'static str, Counts>,
    against: BTreeMap<String, ByNorm>,
}

/// What the draft says of an act, with the norms against it and what it is about.
pub(super) struct Asked {
    pub(super) act: report::Act,
    pub(super) grounds: Vec<Ground>,
    pub(super) about: Option<Subject>,
}

impl Acts {
    /// Asks about an act, under the policies that the register has in force; none if no norm decides such acts.
    pub(super) fn ask(&mut self, before: &State, bundle: &Bundle, entry: u64, act: &Act) -> Option<Asked> {
        let answer = ask_again(before, bundle, act)?;
        let counts = self.kinds.entry(act.what.kind()).or_default();
        let about_what = subject(before, &act.what);
        let Err(refusal) = answer else {
            counts.allowed += 1;
            let act = report::Act { entry, outcome: Outcome::Allowed, against: Vec::new() };
            return Some(Asked { act, grounds: Vec::new(), about: about_what });
        };
        let (why, instead) = match refusal {
            Refusal::View { why, offers } => {
                (*why, offers.iter().map(|offer| offer.instead.join(", ")).collect::<Vec<_>>())
            }
            why => (why, Vec::new()),
        };
        let outcome = if instead.is_empty() { Outcome::Refused } else { Outcome::Changed };
        match outcome {
            Outcome::Changed => counts.changed += 1,
            _ => counts.refused += 1,
        }
        let example = Example { entry, at: act.at, kind: act.what.kind().to_owned(), about: about(&act.what), instead };
        self.note(&why, &example);
        let grounds = grounds_of(&why).to_vec();
        let against = grounds.iter().map(|ground| ground.policy.to_string()).collect();
        Some(Asked { act: report::Act { entry, outcome, against }, grounds, about: about_what })
    }

    fn note(&mut self, why: &Refusal, example: &Example) {
        let grounds = grounds_of(why);
        let mut add = |key: String, ground: Option<&Ground>| {
            let line = self.against.entry(key).or_insert_with(|| ByNorm {
                norm: ground.map(|ground| ground.policy.to_string()),
                requirement: ground.and_then(|ground| ground.requirement.as_ref()).map(ToString::to_string),
                reason: ground.map_or_else(|| why.to_string(), |ground| ground.reason.clone()),
                acts: 0,
                examples: Vec::new(),
            });
            line.acts += 1;
            if line.examples.len() < EXAMPLES_MAX {
                line.examples.push(example.clone());
            }
        };
        if grounds.is_empty() {
            return add(why.to_string(), None);
        }
        grounds.iter().for_each(|ground| add(ground.policy.to_string(), Some(ground)));
    }

    pub(super) fn finish(self) -> (Vec<Line>, Vec<ByNorm>) {
        let lines = self.kinds.into_iter().map(|(kind, counts)| Line { kind: kind.to_owned(), counts }).collect();
        let mut against: Vec<ByNorm> = self.against.into_values().collect();
        against.sort_by(|a, b| (b.acts, &a.norm, &a.reason).cmp(&(a.acts, &b.norm, &b.reason)));
        (lines, against)
    }
}

/// The norms that stand against something; none where something else does.
fn grounds_of(why: &Refusal) -> &[Ground] {
    match why {
        Refusal::Norm(refusal) => &refusal.grounds,
        Refusal::View { why, .. } => grounds_of(why),
        _ => &[],
    }
}

/// The thing in the register that an act is about.
fn subject(before: &State, what: &What) -> Option<Subject> {
    let deployment = |id: &model::DeploymentId| Some(Subject::Deployment { id: id.clone() });
    let of_stream = |id| before.streams.get(id).and_then(deployment);
    match what {
        What::DeploymentProposed(declared) => deployment(&declared.id),
        What::AssessmentSigned(signed) | What::AssessmentTiered(signed) => deployment(&signed.deployment),
        What::DeploymentApproved(approved) => deployment(&approved.deployment),
        What::DeploymentPublished(named) | What::DeploymentActivated(named) => deployment(&named.deployment),
        What::DeviceRegistered(device) => Some(Subject::Device { id: device.id.clone() }),
        What::ViewDeclared(view) => of_stream(&view.stream),
        What::GrantAgreed(grant) => of_stream(&grant.stream),
        What::PolicyAdopted(_) | What::PolicyAdoptedFrom(_) => Some(Subject::City),
        _ => None,
    }
}

/// What an act is about, in a few words.
fn about(what: &What) -> String {
    match what {
        What::PartyRegistered(registered) => format!("party `{}`", registered.party.id),
        What::PartyCredentialIssued(issued) => format!("the token of party `{}`", issued.party),
        What::PlaceRegistered(place) => format!("place `{}`", place.id),
        What::PolicyAdopted(_) | What::PolicyAdoptedFrom(_) => "the policies".to_owned(),
        What::DeploymentProposed(deployment) => format!("deployment `{}`", deployment.id),
        What::AssessmentSigned(signed) | What::AssessmentTiered(signed) => {
            format!("assessment `{}` of deployment `{}`", signed.id, signed.deployment)
        }
        What::DeploymentApproved(approved) => format!("deployment `{}`", approved.deployment),
        What::DeploymentPublished(named)
        | What::DeploymentActivated(named)
        | What::DeploymentSuspended(named)
        | What::DeploymentEnded(named) => format!("deployment `{}`", named.deployment),
        What::DeviceRegistered(device) => format!("device `{}`", device.id),
        What::DeviceCredentialSet(set) => format!("the token of device `{}`", set.device),
        What::OrderIssued(issued) => format!("order `{}`", issued.order.id),
        What::ViewDeclared(view) => format!("view `{}` of stream `{}`", view.id, view.stream),
        What::GrantAgreed(grant) => format!("grant `{}` to `{}`", grant.id, grant.recipient),
        What::GrantWithdrawn(named) => format!("grant `{}`", named.grant),
        What::EvidenceFiled(evidence) => format!("evidence `{}` ({})", evidence.id, evidence.kind),
        What::EvidenceWithdrawn(named) => format!("evidence `{}`", named.evidence),
        What::ClassApproved(class) => format!("class `{}`", class.id),
        other => other.kind().to_owned(),
    }
}
