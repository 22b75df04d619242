//! Policies that err or do not fold: they refuse, in Cedar and in plans alike.

use std::sync::Arc;

use cedar_policy::Entities;
use model::{LayerKind, PolicyLayer, Span, Timestamp};

use super::world::World;
use crate::facts::Case;
use crate::{Bundle, CollectFast, Decision, DiscloseFast, RefusalKind};

/// A city whose own layer has one norm more, or whose permits have one more.
pub(super) fn with(world: &mut World, layer: &str, permit: &str) {
    let mut text = World::policies();
    let layer = if layer.is_empty() {
        String::new()
    } else {
        format!(r#"@id("own") @requirement("x") @reason("Own.") {layer}"#)
    };
    text.layers.push(PolicyLayer {
        kind: LayerKind::City,
        name: "own".to_owned(),
        owner: "city".to_owned(),
        cedar: layer,
        duties: Default::default(),
    });
    if !permit.is_empty() {
        text.permits += &format!(r#"@id("own") @reason("Own.") {permit}"#);
    }
    world.bundle = Arc::new(Bundle::assemble(&text).unwrap());
}

fn policy_error(decision: &Decision) -> Vec<String> {
    let Decision::Refused(refusal) = decision else { panic!("{decision:?}") };
    assert_eq!(refusal.kind, RefusalKind::PolicyError, "{decision:?}");
    refusal.grounds.iter().map(|ground| ground.policy.0.clone()).collect()
}

fn fast(now: Timestamp) -> DiscloseFast {
    DiscloseFast { now, oldest: Span::days(1), senior_authorisation: false }
}

const COLLECT: &str = r#"(principal, action == Action::"collect", resource)"#;
const DISCLOSE: &str = r#"(principal, action in [Action::"disclose"], resource)"#;

#[test]
fn a_norm_that_errs_refuses_what_every_other_allows() {
    for condition in [
        // Over what is known beforehand, over the moment, and over both.
        "resource.approvedUntil + 9223372036854775807 > 0",
        "context.now * 9223372036854775807 > 0",
        "resource.ends + context.now + 9223372036854775807 > 0",
        "if context.now > 0 then resource.ends * 9223372036854775807 > 0 else false",
    ] {
        let mut world = World::new();
        assert!(world.collect(world.now).is_allowed());
        // Where the forbid would be satisfied, and where it would not: skipped it must be in neither case.
        for clause in ["when", "unless"] {
            with(&mut world, &format!("forbid {COLLECT} {clause} {{ {condition} }};"), "");
            let (decision, plan) = (world.collect(world.now), world.bundle.plan_collect(&world.collection()));
            assert_eq!(policy_error(&decision), ["own/own"], "{condition}");
            let moment = CollectFast { now: world.now };
            assert_eq!(plan.decide(&moment), decision, "{condition}");
            assert!(!plan.allows(&moment) && !plan.is_folded(), "{condition}");
        }
    }
}

#[test]
fn a_permit_that_errs_refuses_although_another_allows() {
    let mut world = World::new();
    with(&mut world, "", &format!("permit {DISCLOSE} when {{ resource.grantUntil * 9223372036854775807 > 0 }};"));
    let party = world.party("mobility");
    let question = world.question(&party, "traffic-management", Some(&world.grant));
    let decision = world.bundle.decide_disclose(&question, &fast(world.now));
    assert_eq!(policy_error(&decision), ["permits/own"]);
    let plan = world.bundle.plan_disclose(&question);
    assert_eq!(plan.decide(&fast(world.now)), decision);
    assert!(!plan.allows(&fast(world.now)));
}

#[test]
fn a_question_about_a_missing_thing_is_refused() {
    let world = World::new();
    let case = world
        .collection()
        .gathered(Vec::new())
        .and_then(|known| known.case(&crate::facts::Sight::Everything))
        .map_err(|_| "unaskable")
        .unwrap();
    let missing = Case { entities: Entities::empty(), ..case };
    let moment = CollectFast { now: world.now };
    let decision = world.bundle.decide(&missing, moment.context());
    assert!(!policy_error(&decision).is_empty());
    let plan = crate::StreamPlan::compile(&world.bundle, Ok(missing));
    assert!(!plan.allows(&moment));
    assert_eq!(plan.decide(&moment), decision);
}

#[test]
fn what_does_not_fold_asks_cedar_and_says_the_same() {
    for condition in [
        "context.now + 60 > resource.grantUntil",
        "context.oldestSeconds * 2 > 100000",
        "if context.seniorAuthorisation then context.oldestSeconds > 5 else false",
        "context.seniorAuthorisation == context.seniorAuthorisation && context.now - 1 > 0",
        r#"{"a": context.now}.a > resource.grantUntil"#,
        "[context.now, 5].contains(context.oldestSeconds)",
    ] {
        let mut world = World::new();
        with(&mut world, &format!("forbid {DISCLOSE} when {{ {condition} }};"), "");
        let party = world.party("mobility");
        let question = world.question(&party, "traffic-management", Some(&world.grant));
        let plan = world.bundle.plan_disclose(&question);
        assert!(!plan.is_folded(), "{condition}");
        let until = world.grant.grant.until;
        for now in [world.now, until - Span::seconds(61), until - Span::seconds(60), until - Span::seconds(1), until] {
            for senior_authorisation in [false, true] {
                let fast = DiscloseFast { senior_authorisation, ..fast(now) };
                let decision = world.bundle.decide_disclose(&question, &fast);
                assert_eq!(plan.decide(&fast), decision, "{condition}");
                assert_eq!(plan.allows(&fast), decision.is_allowed(), "{condition}");
            }
        }
    }
}

#[test]
fn texts_that_match_a_pattern_fold_since_they_are_known() {
    let mut world = World::new();
    with(&mut world, &format!(r#"forbid {COLLECT} when {{ principal.kind like "city-*" }};"#), "");
    let plan = world.bundle.plan_collect(&world.collection());
    assert!(plan.is_folded() && !plan.allows(&CollectFast { now: world.now }));
}
