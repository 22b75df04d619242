//! Policies that nobody wrote: whatever a city's own layer or permits say, a plan says what Cedar says.

use model::{PartyKind, Span, Timestamp};
use proptest::prelude::*;

use super::erring::with;
use super::world::World;
use crate::{CollectFast, DiscloseFast};

/// What conditions may be about.
#[derive(Clone, Copy)]
enum About {
    Share,
    Stream,
}

/// One comparison or flag, as Cedar text.
fn atom(about: About) -> BoxedStrategy<String> {
    let (flags, numbers, texts): (&[&str], &[&str], &[&str]) = match about {
        About::Share => (
            &[
                "resource.personal",
                "resource.records",
                "resource.granted",
                "resource.underOrder",
                "principal.founder",
                "context.seniorAuthorisation",
                "resource.countsPeople",
            ],
            &[
                "resource.grantUntil",
                "resource.grantSince",
                "resource.orderUntil",
                "resource.deploymentEnds",
                "resource.minimum",
                "resource.identifiers",
                "context.now",
                "context.oldestSeconds",
            ],
            &["resource.recipientKind", "resource.purpose", "resource.deploymentState", "principal.kind"],
        ),
        About::Stream => (
            &["resource.personal", "resource.matches", "resource.assessedByOther", "principal.founder"],
            &[
                "resource.approvedUntil",
                "resource.starts",
                "resource.ends",
                "resource.orderUntil",
                "context.now",
                "resource.keepsPersonalSeconds",
            ],
            &["resource.state", "principal.kind"],
        ),
    };
    let fast: &[&str] = match about {
        About::Share => &["context.now", "context.oldestSeconds"],
        About::Stream => &["context.now"],
    };
    let operator = || proptest::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]);
    let number = || {
        prop_oneof![
            4 => proptest::sample::select(numbers),
            3 => proptest::sample::select(fast),
        ]
        .prop_map(str::to_owned)
    };
    let bound = prop_oneof![
        number(),
        proptest::sample::select(vec!["0", "1", "10", "7776000", "1780315200", "9223372036854775807"])
            .prop_map(str::to_owned),
        (number(), proptest::sample::select(vec!["+ 1", "- 1", "* 2", "+ 9223372036854775807"]))
            .prop_map(|(number, more)| format!("({number} {more})")),
    ];
    let code = proptest::sample::select(vec!["active", "public", "law-enforcement", "city-department", "advertising"]);
    prop_oneof![
        2 => proptest::sample::select(flags).prop_map(str::to_owned),
        5 => (number(), operator(), bound).prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
        1 => (proptest::sample::select(texts), code).prop_map(|(text, code)| format!("{text} == \"{code}\"")),
        1 => proptest::sample::select(texts).prop_map(|text| format!("{text} like \"*-*\"")),
        1 => Just("principal == resource.accountable".to_owned()),
        1 => Just("(true && false)".to_owned()),
    ]
    .boxed()
}

fn condition(about: About) -> impl Strategy<Value = String> {
    atom(about).prop_recursive(4, 24, 3, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            3 => pair.clone().prop_map(|(left, right)| format!("({left} && {right})")),
            3 => pair.prop_map(|(left, right)| format!("({left} || {right})")),
            2 => inner.clone().prop_map(|inner| format!("!({inner})")),
            1 => (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("(if {a} then {b} else {c})")),
        ]
    })
}

fn clause() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec!["when", "unless"])
}

/// The moments around every date that the world knows, each at the second, before it and after it.
fn moments(world: &World) -> Vec<Timestamp> {
    let grant = &world.grant;
    let approved = world.record.standing.approval.as_ref().unwrap().until;
    let order = world.order.as_ref().map_or(world.now, |order| order.until);
    let (starts, ends) = (world.record.deployment.starts, world.record.deployment.ends);
    [world.now, grant.grant.until, grant.since, approved, order, starts, ends]
        .into_iter()
        .flat_map(|at| [at - Span::seconds(1), at, at + Span::seconds(1)])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_plan_of_any_share_agrees_with_cedar(
        norm in (clause(), condition(About::Share)), permit in (clause(), condition(About::Share)),
        plates in any::<bool>(), with_grant in any::<bool>(), with_order in any::<bool>(),
        kind in proptest::sample::select(vec![PartyKind::CityDepartment, PartyKind::LawEnforcement, PartyKind::Public]),
    ) {
        let mut world = if plates { World::plates() } else { World::new() };
        let scope = r#"(principal, action in [Action::"disclose"], resource)"#;
        with(
            &mut world,
            &format!("forbid {scope} {} {{ {} }};", norm.0, norm.1),
            &format!("permit {scope} {} {{ {} }};", permit.0, permit.1),
        );
        if !with_order { world.order = None; }
        let purpose = world.grant.grant.purpose.code();
        let mut party = world.party(world.grant.grant.recipient.as_str());
        party.kind = kind;
        let question = world.question(&party, purpose, with_grant.then_some(&world.grant));
        let plan = world.bundle.plan_disclose(&question);
        for now in moments(&world) {
            for oldest in [0, 7_776_000, 7_776_001] {
                for senior_authorisation in [false, true] {
                    let fast = DiscloseFast { now, oldest: Span::seconds(oldest), senior_authorisation };
                    let decision = world.bundle.decide_disclose(&question, &fast);
                    prop_assert_eq!(&plan.decide(&fast), &decision, "{:?} {:?}", &norm, &permit);
                    prop_assert_eq!(plan.allows(&fast), decision.is_allowed(), "{:?} {:?}", &norm, &permit);
                }
            }
        }
    }

    #[test]
    fn the_plan_of_any_stream_agrees_with_cedar(
        norm in (clause(), condition(About::Stream)), permit in (clause(), condition(About::Stream)),
        plates in any::<bool>(), with_order in any::<bool>(), founder in any::<bool>(),
    ) {
        let mut world = if plates { World::plates() } else { World::new() };
        let scope = r#"(principal, action == Action::"collect", resource)"#;
        with(
            &mut world,
            &format!("forbid {scope} {} {{ {} }};", norm.0, norm.1),
            &format!("permit {scope} {} {{ {} }};", permit.0, permit.1),
        );
        if !with_order { world.order = None; }
        if founder { world.founder = world.record.deployment.accountable.clone(); }
        let question = world.collection();
        let plan = world.bundle.plan_collect(&question);
        for now in moments(&world) {
            let fast = CollectFast { now };
            let decision = world.bundle.decide_collect(&question, &fast);
            prop_assert_eq!(&plan.decide(&fast), &decision, "{:?} {:?}", &norm, &permit);
            prop_assert_eq!(plan.allows(&fast), decision.is_allowed(), "{:?} {:?}", &norm, &permit);
        }
    }
}
