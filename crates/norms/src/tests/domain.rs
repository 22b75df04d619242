//! The domain that proofs assume: real facts, as extreme as the model lets them be, are always within it.

use cedar_policy::{Effect, PolicySet, RequestEnv};
use model::{Deployment, DeploymentRecord, PartyKind, Timestamp};
use proptest::prelude::*;

use super::world::World;
use crate::facts::{Case, FastFacts, context};
use crate::proof::{Question, Trust, domain, environments, everything};
use crate::{ActQuestion, ActSubject, CollectFast, DiscloseFast, Verb};

/// Whether facts are within the sound domain of their environment.
fn is_within(case: &Case, fast: FastFacts) -> bool {
    let env: RequestEnv = environments()
        .into_iter()
        .find(|env| *env.action() == case.action && env.resource() == case.resource.type_name())
        .unwrap();
    // The store holds who asks and what it is about; parties that it names are not in it.
    let facts = everything(&env).into_iter().filter(|path| path.steps.len() == 1).collect();
    let Some(axioms) = domain(&env, &facts, Trust::Sound) else { return true };
    assert_eq!(axioms.effect(), Effect::Forbid);
    let entities =
        case.entities.iter().filter(|entity| entity.uid().type_name().basename() != "Action").cloned().collect();
    let (principal, action, resource) = (case.principal.clone(), case.action.clone(), case.resource.clone());
    let question = Question::new(principal, action, resource, context(fast).unwrap(), entities).unwrap();
    let said = question.ask(&PolicySet::from_policies([axioms]).unwrap());
    assert_eq!(said.erring, Vec::<String>::new());
    said.by.is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn real_facts_are_within_the_domain_that_proofs_assume(
        plates in any::<bool>(),
        kind in proptest::sample::select(vec![
            PartyKind::CityDepartment, PartyKind::Officer, PartyKind::LawEnforcement, PartyKind::EmergencyService,
            PartyKind::Vendor, PartyKind::Researcher, PartyKind::Company, PartyKind::Public,
        ]),
        purpose in proptest::sample::select(model::Purpose::all().filter(|purpose| {
            environments().iter().any(|env| env.action().id().unescaped() == format!("for:{}", purpose.code()))
        }).map(|purpose| purpose.code()).collect::<Vec<_>>()),
        moments in proptest::array::uniform4(prop_oneof![Just(i64::MIN), Just(0), Just(i64::MAX), any::<i64>()]),
        oldest in any::<u32>(), with_grant in any::<bool>(), with_order in any::<bool>(), senior in any::<bool>(),
    ) {
        let at = moments.map(Timestamp::from_millis);
        let mut world = if plates { World::plates() } else { World::new() };
        world.record.deployment.starts = at[0];
        world.record.deployment.ends = at[1];
        world.grant.grant.until = at[2];
        world.grant.since = at[3];
        if !with_order { world.order = None; }
        let mut party = world.party("mobility");
        party.kind = kind;
        let fast = DiscloseFast { now: at[0], oldest: model::Span::seconds(oldest), senior_authorisation: senior };
        let question = world.question(&party, purpose, with_grant.then_some(&world.grant));
        prop_assert!(is_within(&question.gathered(Vec::new()).case(&crate::facts::Sight::Everything).ok().unwrap(), fast.context()));
        let fast = CollectFast { now: at[3] };
        prop_assert!(is_within(&world.collection().gathered(Vec::new()).ok().unwrap().case(&crate::facts::Sight::Everything).ok().unwrap(), fast.context()));
        for (verb, subject) in acts(&world.record, &world.record.deployment, at[2]) {
            let question = ActQuestion { actor: &party, verb, subject, founder: None, around: crate::Circumstances::unknown() };
            let known = question.gathered(at[1]).ok().unwrap();
            let (case, fast) = (known.case(&crate::facts::Sight::Everything).ok().unwrap(), known.context);
            prop_assert!(is_within(&case, fast), "{verb:?}");
        }
    }
}

fn acts<'a>(record: &'a DeploymentRecord, deployment: &'a Deployment, until: Timestamp) -> [(Verb, ActSubject<'a>); 4] {
    [
        (Verb::Propose, ActSubject::Proposal(deployment)),
        (Verb::Publish, ActSubject::Deployment(record)),
        (Verb::Approve, ActSubject::Approval { record, until }),
        (Verb::AdoptPolicy, ActSubject::Policy),
    ]
}
