//! What is left out before Cedar is asked changes no answer: neither policies, nor spans, nor the schema.

use std::sync::{Arc, OnceLock};

use cedar_policy::{Decision as CedarDecision, Effect, Entities, Policy, PolicySet};
use model::policy::PolicyText;
use model::{LayerKind, MinimumUnits, PartyKind, PolicyLayer, Span, State as Stage};
use proptest::prelude::*;

use super::world::World;
use crate::bundle::erring;
use crate::facts::{Case, FastFacts, Gathered, Sight};
use crate::{
    ActQuestion, ActSubject, Bundle, CityFacts, CollectFast, Decision, DiscloseFast, Objections, StandQuestion,
    StandSubject, Verb,
};

/// Every kind of question that somebody can ask of a world, as cases with everything, and what the bundle said of each.
fn questions<'w>(world: &'w World, asker: &str) -> Vec<((Case, FastFacts), Decision, Option<Objections<'w>>)> {
    let (bundle, now) = (&world.bundle, world.now);
    let whole = |known: Gathered| (known.case(&Sight::Everything).ok().unwrap(), known.context);
    let (actor, record, around) = (&world.party(asker), &world.record, &world.around);
    let mut asked = Vec::new();
    let subjects = [
        (Verb::Propose, ActSubject::Proposal(&record.deployment)),
        (Verb::Approve, ActSubject::Approval { record, until: now + Span::days(90) }),
        (Verb::Activate, ActSubject::Deployment(record)),
        (Verb::DeclareView, ActSubject::View { view: &world.view, record, stream: world.stream() }),
        (Verb::RegisterParty, ActSubject::Party(actor)),
        (Verb::IssueCredential, ActSubject::PartyCredential(actor)),
        (Verb::AdoptPolicy, ActSubject::Policy),
    ];
    for (verb, subject) in subjects {
        let question = ActQuestion { actor, verb, subject, founder: Some(&world.founder), around };
        let case = whole(question.gathered(now).ok().unwrap());
        asked.push((case, bundle.decide_act(&question, now), bundle.object_to_act(&question, now)));
    }
    let (collection, fast) = (world.collection(), CollectFast { now });
    let case = whole(collection.gathered(fast.context()).ok().unwrap());
    asked.push((case, bundle.decide_collect(&collection, &fast), bundle.object_to_collect(&collection, &fast)));
    let party = world.party(world.grant.grant.recipient.as_str());
    let question = world.question(&party, world.grant.grant.purpose.code(), Some(&world.grant));
    let fast = DiscloseFast { now, oldest: Span::ZERO, senior_authorisation: false };
    let case = whole(question.gathered(fast.context()));
    asked.push((case, bundle.decide_disclose(&question, &fast), bundle.object_to_disclose(&question, &fast)));
    let facts = CityFacts::default();
    for subject in [StandSubject::City(&facts), StandSubject::Deployment(record)] {
        let question = StandQuestion { accountable: actor, subject, founder: Some(&world.founder), around };
        let case = whole(question.gathered(now).ok().unwrap());
        asked.push((case, bundle.decide_stand(&question, now), bundle.object_to_stand(&question, now)));
    }
    asked
}

/// Cedar's answer from all policies, with all spans: whether it allows, what decides, what errs.
fn whole(bundle: &Bundle, case: &Case, fast: FastFacts, policies: &PolicySet) -> (bool, Vec<String>, Vec<String>) {
    let response = bundle.ask(case, fast, policies).unwrap();
    let mut reasons: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
    let mut errors = erring(&response);
    reasons.sort_unstable();
    errors.sort_unstable();
    (response.decision() == CedarDecision::Allow, reasons, errors)
}

fn agrees(world: &World) -> Result<(), TestCaseError> {
    agrees_with(world, "council")
}

fn agrees_with(world: &World, asker: &str) -> Result<(), TestCaseError> {
    let bundle = &world.bundle;
    let norms = bundle.policies().policies().filter(|policy| policy.effect() == Effect::Forbid).cloned();
    let norms = PolicySet::from_policies(norms).unwrap();
    for ((case, fast), decision, objections) in questions(world, asker) {
        let (allowed, reasons, errors) = whole(bundle, &case, fast.clone(), bundle.policies());
        let expected = bundle.decision(allowed, reasons.clone(), errors);
        let stands = case.action.id().unescaped() == "stand" && reasons.is_empty();
        prop_assert!(decision == expected || (stands && decision.is_allowed()), "{decision:?} {expected:?}");
        let (_, forbidding, broken) = whole(bundle, &case, fast.clone(), &norms);
        let mut expected = [forbidding, broken].concat();
        expected.sort_unstable();
        let names = |objections: Objections<'_>| -> Vec<String> {
            let grounds = objections.norms.grounds();
            let mut names: Vec<String> =
                objections.against.iter().map(|one| grounds[one.place].policy.0.clone()).collect();
            names.sort_unstable();
            names
        };
        prop_assert_eq!(objections.map(names).unwrap_or_default(), expected);
        // As a built program asks: with the action alone, and not held against the schema.
        let kept = |uid| case.entities.get(uid).cloned();
        let three = [&case.principal, &case.resource, &case.action].into_iter().filter_map(kept);
        let bare = Case { entities: Entities::from_entities(three, None).unwrap(), ..case.clone() };
        prop_assert_eq!(
            whole(bundle, &bare, fast.clone(), bundle.policies()),
            whole(bundle, &case, fast, bundle.policies())
        );
    }
    Ok(())
}

fn with(world: &mut World, norms: &[String]) {
    let named =
        |(number, norm): (usize, &String)| format!("@id(\"n{number}\") @requirement(\"x\") @reason(\"So.\") {norm}\n");
    let cedar = norms.iter().enumerate().map(named).collect();
    let own = PolicyLayer {
        kind: LayerKind::City,
        name: "own".to_owned(),
        owner: "city".to_owned(),
        cedar,
        duties: Default::default(),
    };
    let PolicyText { mut layers, permits, permits_owner } = World::policies();
    layers.push(own);
    world.bundle = Arc::new(Bundle::assemble(&PolicyText { layers, permits, permits_owner }).unwrap());
}

/// Norms of any scope: every action, one, several, a group, a branch of purposes; on any kind of thing or on one.
fn norm() -> impl Strategy<Value = String> {
    let action = proptest::sample::select(vec![
        "action",
        "action == Action::\"collect\"",
        "action == Action::\"approve\"",
        "action == Action::\"stand\"",
        "action == Action::\"for:traffic-management\"",
        "action in [Action::\"act\"]",
        "action in Action::\"act\"",
        "action in [Action::\"propose\", Action::\"collect\"]",
        "action in [Action::\"disclose\"]",
        "action in [Action::\"for:mobility\"]",
        "action in [Action::\"stand\", Action::\"for:safety\"]",
    ]);
    let resource = proptest::sample::select(vec![
        "resource",
        "resource is Stream",
        "resource is Share",
        "resource is Deployment",
        "resource is City",
        "resource is Credential",
        "resource == Deployment::\"d\"",
        "resource == Stream::\"wifi-centre\"",
    ]);
    let condition = proptest::sample::select(vec![
        "",
        "when { context.now > 0 }",
        "when { context.now < 0 }",
        "unless { context.now * 9223372036854775807 > 0 }",
        "when { principal.founder }",
        "unless { principal.kind == \"officer\" }",
    ]);
    (action, resource, condition)
        .prop_map(|(action, resource, condition)| format!("forbid (principal, {action}, {resource}) {condition};"))
}

#[test]
fn what_cannot_decide_is_left_out_and_nothing_else() {
    for world in [World::new(), World::plates()] {
        agrees(&world).unwrap();
        let stream = world.bundle.drawer(("collect", "Stream")).unwrap();
        let all = world.bundle.policies().policies().count();
        let held: Vec<&Policy> = stream.policies.policies().collect();
        assert!(held.len() < all / 3, "{} of {all}", held.len());
    }
    let mut world = World::new();
    let tag = "forbid (principal, action == Action::\"approve\", resource) unless { resource.hasTag(\"proposed..starts\") && resource.getTag(\"proposed..starts\") >= 1 };";
    with(&mut world, &[tag.to_owned()]);
    agrees(&world).unwrap();
}

#[test]
fn a_question_of_another_kind_has_no_norms() {
    let bundle = World::new().bundle;
    let actor = &World::new().party("council");
    let question = ActQuestion {
        actor,
        verb: Verb::ErasePayload,
        subject: ActSubject::Payload,
        founder: None,
        around: crate::Circumstances::unknown(),
    };
    assert!(bundle.object_to_act(&question, World::new().now).is_none());
    assert!(bundle.drawer(("collect", "City")).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn whatever_the_scopes_of_norms_the_answer_is_that_of_all_policies(
        norms in proptest::collection::vec(norm(), 1..5), plates in any::<bool>(), founder in any::<bool>(),
        kind in proptest::sample::select(vec![PartyKind::Officer, PartyKind::CityDepartment]),
    ) {
        let mut world = if plates { World::plates() } else { World::new() };
        with(&mut world, &norms);
        world.accountable.kind = kind;
        if founder { world.founder = world.record.deployment.accountable.clone(); }
        agrees(&world)?;
    }
}

/// A bundle that is asked about many worlds.
fn shared() -> Arc<Bundle> {
    static SHARED: OnceLock<Arc<Bundle>> = OnceLock::new();
    let assemble = || {
        let mut world = World::new();
        // Norms that see the thing itself, a party beside another, dates, and the action.
        let own = [
            "forbid (principal, action, resource is Deployment) when { resource == Deployment::\"d\" && resource.mobile };",
            "forbid (principal, action == Action::\"approve\", resource) when { principal == resource.proposer };",
            "forbid (principal, action == Action::\"collect\", resource) when { context.now > resource.approvedUntil };",
            "forbid (principal, action, resource is Deployment) when { action in Action::\"act\" && resource.matches };",
        ];
        with(&mut world, &own.map(str::to_owned));
        world.bundle
    };
    Arc::clone(SHARED.get_or_init(assemble))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    /// Whatever the world, leaving out what nobody looks at changes no answer.
    #[test]
    fn what_nobody_looks_at_decides_nothing_in_any_world(
        evidence in proptest::collection::btree_set(proptest::sample::select(vec!["notice", "sign-installed", "opt-out", "public-hearing"]), 0..4),
        proposer in proptest::sample::select(vec!["council", "mobility", "police"]),
        state in proptest::sample::select(vec![Stage::Proposed, Stage::Approved, Stage::Active, Stage::Suspended]),
        days in 0_u32..900, minimum in 0_u32..25, mobile in any::<bool>(), plates in any::<bool>(),
    ) {
        let mut world = if plates { World::plates() } else { World::new() };
        world.bundle = shared();
        world.around.evidence = evidence.into_iter().map(|kind| kind.parse().unwrap()).collect();
        world.record.standing.proposed_by = proposer.parse().unwrap();
        world.record.standing.state = state;
        world.record.deployment.mobile = mobile;
        world.now = world.now + Span::days(days);
        world.view.minimum = MinimumUnits(minimum);
        // The same facts of another thing, asked by another party, and at another time.
        for (id, asker, later) in [("d", "council", 0), ("another", "council", 0), ("d", proposer, 0), ("d", "council", 400), ("d", "mobility", 0)] {
            world.record.deployment.id = id.parse().unwrap();
            world.now = world.now + Span::days(later);
            agrees_with(&world, asker)?;
        }
    }
}
