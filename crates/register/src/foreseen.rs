//! What the norms would ask for, of a deployment that is not declared yet: which of them would stand against its approval and against
//! switching it on, were nothing filed for it. A look that changes nothing and decides nothing.

use std::collections::BTreeSet;

use model::deployment::Approval;
use model::{
    Assessment, Deployment, DeploymentRecord, Digest, InstrumentId, Outcome, Party, PartyId, PartyKind, Span, Standing,
    State as Stage, Tier, Timestamp,
};
use norms::{ActQuestion, ActSubject, Bundle, Ground, Verb};

use crate::circumstances::of_deployment;
use crate::state::State;

/// An instrument of which no norm asks anything.
const ANSWERS: &str = "answers-so-far";
/// How long an approval is thought to last, if the deployment does not end before.
const APPROVAL: Span = Span::days(365);

/// The norms that would stand in the way, each with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Foreseen {
    /// Against an officer who approves it.
    pub approve: Vec<Ground>,
    /// Against whoever answers for it and switches it on, besides those: as if it were approved and published.
    pub activate: Vec<Ground>,
}

/// What answers find that nobody signed yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answered {
    /// The strictest tier.
    pub tier: Option<Tier>,
    /// The instruments that have to be answered besides.
    pub requires: BTreeSet<InstrumentId>,
}

/// Looks ahead for a deployment that a party would propose, of which answers find something. They are not filed by that: what
/// asks for them still stands in the way.
#[must_use]
pub fn foreseen(
    state: &State,
    bundle: &Bundle,
    deployment: &Deployment,
    answered: Answered,
    by: &PartyId,
    now: Timestamp,
) -> Foreseen {
    let officer = officer(state, deployment, by);
    let until = (now + APPROVAL).min(deployment.ends);
    let mut standing = Standing::proposed(by.clone(), now);
    standing.state = Stage::Assessed;
    standing.assessments.extend(as_assessed(deployment, answered, by));
    let mut record = DeploymentRecord { deployment: deployment.clone(), standing };
    let approval = ActSubject::Approval { record: &record, until };
    let approve = against(state, bundle, &officer, Verb::Approve, approval, &record, now);
    record.standing.approval = Some(Approval { by: officer.id, at: now, until });
    record.standing.state = Stage::Published;
    record.standing.published_at = Some(now);
    let named: BTreeSet<_> = approve.iter().map(|ground| ground.policy.clone()).collect();
    let accountable = party(state, &deployment.accountable);
    let mut activate =
        against(state, bundle, &accountable, Verb::Activate, ActSubject::Deployment(&record), &record, now);
    activate.retain(|ground| !named.contains(&ground.policy));
    Foreseen { approve, activate }
}

/// What answers find, as an assessment by the party itself to an instrument that nobody asks for; none where they find nothing.
fn as_assessed(deployment: &Deployment, answered: Answered, by: &PartyId) -> Option<Assessment> {
    if answered == Answered::default() {
        return None;
    }
    Some(Assessment {
        id: ANSWERS.parse().ok()?,
        deployment: deployment.id.clone(),
        instrument: ANSWERS.parse().ok()?,
        outcome: Outcome::Acceptable,
        summary: String::new(),
        signed_by: by.clone(),
        document: Digest::new([0; 32]),
        review_by: deployment.ends,
        instrument_hash: None,
        requires: answered.requires,
        tier: answered.tier,
        sign_offs: Vec::new(),
    })
}

fn against(
    state: &State,
    bundle: &Bundle,
    actor: &Party,
    verb: Verb,
    subject: ActSubject<'_>,
    record: &DeploymentRecord,
    now: Timestamp,
) -> Vec<Ground> {
    let around = of_deployment(state, record, now);
    let question = ActQuestion { actor, verb, subject, founder: state.founder(), around: &around };
    let said = bundle.object_to_act(&question, now);
    let grounds = said.iter().flat_map(|said| {
        said.against.iter().filter_map(|objection| said.norms.grounds().get(objection.place).cloned())
    });
    grounds.collect()
}

/// An officer who neither proposes it nor answers for it; one that there could be if there is none.
fn officer(state: &State, deployment: &Deployment, by: &PartyId) -> Party {
    let independent =
        |party: &&Party| party.kind == PartyKind::Officer && party.id != *by && party.id != deployment.accountable;
    let known = state.parties.values().map(|record| &record.party).find(independent).cloned();
    known.unwrap_or_else(|| Party { id: nobodys(state, by), name: "An officer".to_owned(), kind: PartyKind::Officer })
}

/// An id that no party has: an officer who is yet to come is neither the proposer nor anybody else.
fn nobodys(state: &State, by: &PartyId) -> PartyId {
    let ids = (0_u64..).filter_map(|number| format!("an-officer-{number}").parse::<PartyId>().ok());
    // There are more numbers than parties.
    let mut free = ids.filter(|id| !state.parties.contains_key(id));
    free.next().unwrap_or_else(|| by.clone())
}

/// A party; one that is not in the register is nobody in particular.
fn party(state: &State, id: &PartyId) -> Party {
    let nobody = || Party { id: id.clone(), name: id.to_string(), kind: PartyKind::Public };
    state.parties.get(id).map_or_else(nobody, |record| record.party.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::city::City;

    #[test]
    fn an_officer_who_is_yet_to_come_is_neither_the_proposer_nor_anybody_else() {
        let city = City::declared();
        let mut state = State::clone(&city.register.state());
        let record = state.deployments.values().next().unwrap().clone();
        let by = record.deployment.accountable.clone();
        assert!(state.parties.contains_key(&officer(&state, &record.deployment, &by).id));
        state.parties.retain(|_, record| record.party.kind != PartyKind::Officer || record.party.id == by);
        let invented = officer(&state, &record.deployment, &by);
        assert!(invented.id != by && !state.parties.contains_key(&invented.id), "{invented:?}");
        assert_eq!(invented.kind, PartyKind::Officer);
    }
}
