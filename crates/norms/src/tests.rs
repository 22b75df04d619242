//! What the norms allow and refuse, and that a plan says exactly what Cedar says.

mod domain;
mod drawers;
mod erring;
mod generated;
mod orders;
mod people;
mod settled;
mod tokens;
mod world;

use std::sync::Arc;

use model::{
    Assessment, Duty, IdentifierExposure, LayerKind, MinimumUnits, Outcome, PartyKind, PolicyLayer, Span, State,
    Timestamp,
};
use proptest::prelude::*;

use super::*;
use world::World;

fn refused_by(decision: &Decision, norm: &str) -> bool {
    let Decision::Refused(refusal) = decision else { return false };
    refusal.grounds.iter().any(|ground| ground.policy.0 == format!("test-core/{norm}"))
}

#[track_caller]
fn allowed(decision: &Decision) {
    assert!(decision.is_allowed(), "{decision:?}");
}

#[track_caller]
fn refused(decision: &Decision, norm: &str) {
    assert!(refused_by(decision, norm), "expected {norm}: {decision:?}");
}

#[test]
fn every_policy_says_what_it_is_and_why() {
    let world = World::new();
    let grounds = world.bundle.grounds();
    assert!(grounds.iter().any(|ground| ground.layer.is_none()));
    for ground in grounds {
        assert!(!ground.reason.is_empty(), "{}", ground.policy);
        assert_eq!(ground.requirement.is_some(), ground.layer == Some(LayerKind::Global), "{}", ground.policy);
    }
}

#[test]
fn a_layer_never_permits_and_a_city_never_permits_everything() {
    let mut text = World::policies();
    text.layers[0].cedar +=
        r#"@id("open") @requirement("x") @reason("x") permit (principal, action == Action::"collect", resource);"#;
    assert!(matches!(Bundle::assemble(&text), Err(BundleError::PermitInLayer(_))));
    for all in [
        "permit (principal, action, resource);",
        "permit (principal, action, resource) when { true };",
        "permit (principal, action, resource) when { 1 == 1 };",
        "permit (principal, action, resource) unless { false };",
        "permit (principal is Party, action, resource);",
        "permit (principal, action, resource is Share) when { principal == principal };",
        r#"permit (principal, action, resource) when { action == Action::"propose" };"#,
    ] {
        let mut text = World::policies();
        text.permits += &format!(r#"@id("all") @reason("x") {all}"#);
        let Err(error @ BundleError::PermitAll(_)) = Bundle::assemble(&text) else { panic!("{all}") };
        assert!(error.to_string().contains("`permits/all`") && error.to_string().contains("name the actions"));
    }
    let mut text = World::policies();
    text.permits += r#"@id("no") @reason("x") forbid (principal, action == Action::"collect", resource);"#;
    assert!(matches!(Bundle::assemble(&text), Err(BundleError::ForbidInPermits(_))));
}

#[test]
fn a_city_stands_under_a_global_layer() {
    let mut text = World::policies();
    text.layers.clear();
    assert!(matches!(Bundle::assemble(&text), Err(BundleError::NoGlobalLayer)));
    let mut text = World::policies();
    text.layers[0].kind = LayerKind::City;
    assert!(matches!(Bundle::assemble(&text), Err(BundleError::NoGlobalLayer)));
}

#[test]
fn bad_policies_are_refused_with_the_reason() {
    let add = |more: &str| {
        let mut text = World::policies();
        text.permits += more;
        Bundle::assemble(&text).map(drop)
    };
    assert!(matches!(add("permit (prin"), Err(BundleError::Syntax { .. })));
    assert!(matches!(
        add("permit (principal, action == Action::\"collect\", resource);"),
        Err(BundleError::Annotation { .. })
    ));
    assert!(matches!(
        add(r#"@id("registrars") @reason("x") permit (principal, action == Action::"collect", resource);"#),
        Err(BundleError::Twice(_))
    ));
    let unknown = r#"@id("x") @reason("x") permit (principal, action == Action::"collect", resource) when { resource.colour == "red" };"#;
    assert!(matches!(add(unknown), Err(BundleError::Invalid(_))));
    // Of other parties only the id is known; a policy that reads more of them would err each time.
    let too_deep = r#"@id("x") @reason("x") permit (principal, action == Action::"collect", resource) when { resource.accountable.kind == "officer" };"#;
    assert!(matches!(add(too_deep), Err(BundleError::Invalid(_))));
    let template = r#"@id("x") @reason("x") permit (principal == ?principal, action == Action::"collect", resource);"#;
    assert!(matches!(add(template), Err(BundleError::Template(_))));
    assert!(matches!(add(&" ".repeat(60_000)), Err(BundleError::TooLarge(_))));
}

#[test]
fn the_hash_covers_every_part() {
    let hash = |change: fn(&mut model::PolicyText)| {
        let mut text = World::policies();
        change(&mut text);
        Bundle::assemble(&text).unwrap().hash()
    };
    let base = hash(|_| {});
    assert_eq!(base, hash(|_| {}));
    assert_ne!(base, hash(|text| text.permits.push('\n')));
    assert_ne!(base, hash(|text| text.layers[0].cedar.push('\n')));
    assert_ne!(base, hash(|text| text.layers[0].owner.push('x')));
    assert_ne!(base, hash(|text| text.layers[0].name.push('x')));
    assert_ne!(base, hash(|text| text.permits_owner = "other".parse().unwrap()));
    assert_ne!(base, hash(|text| text.layers.push(PolicyLayer { cedar: String::new(), ..text.layers[0].clone() })));
}

#[test]
fn approval_needs_independence_an_end_and_an_acceptable_risk() {
    let world = World::new();
    let approve = |world: &World, by: &str, until: Span| world.approve(by, world.now + until);
    allowed(&approve(&world, "council", Span::days(365)));
    let mut long = World::new();
    long.record.deployment.ends = long.now + Span::days(3_000);
    allowed(&approve(&long, "council", Span::days(1826)));
    refused(&approve(&long, "council", Span::days(1827)), "approval-expires");
    refused(&world.approve("council", world.record.deployment.ends + Span::seconds(1)), "approval-within-lifetime");
    refused(&world.approve("council", world.now), "approval-within-lifetime");
    refused(&approve(&world, "mobility", Span::days(1)), "independent-approval");
    let mut self_assessed = World::new();
    self_assessed.record.standing.assessments[0].signed_by = "mobility".parse().unwrap();
    refused(&approve(&self_assessed, "council", Span::days(1)), "independent-assessment");
    let mut none = World::new();
    none.record.standing.assessments.clear();
    refused(&approve(&none, "council", Span::days(1)), "independent-assessment");
    for (outcome, norm) in [(Outcome::ResidualHigh, "residual-high-risk"), (Outcome::Unacceptable, "unacceptable-risk")]
    {
        let mut world = World::new();
        world.record.standing.assessments[0].outcome = outcome;
        refused(&approve(&world, "council", Span::days(1)), norm);
        // Answers to another instrument change nothing about it; new answers to this one do.
        let first = world.record.standing.assessments[0].clone();
        let assessed = |instrument: &str| Assessment {
            instrument: instrument.parse().unwrap(),
            outcome: Outcome::Acceptable,
            ..first.clone()
        };
        world.record.standing.assessments.push(assessed("another"));
        refused(&approve(&world, "council", Span::days(1)), norm);
        world.record.standing.assessments.push(assessed(first.instrument.as_str()));
        allowed(&approve(&world, "council", Span::days(1)));
    }
}

#[test]
fn steps_need_an_approval_in_force() {
    let mut world = World::new();
    world.record.standing.state = State::Approved;
    allowed(&world.step("mobility", Verb::Publish));
    world.record.standing.state = State::Published;
    allowed(&world.step("mobility", Verb::Activate));
    world.record.standing.state = State::Approved;
    refused(&world.step("mobility", Verb::Activate), "activate-while-approved");
    world.now = world.record.standing.approval.clone().unwrap().until;
    refused(&world.step("mobility", Verb::Publish), "publish-while-approved");
    world.record.standing.state = State::Suspended;
    refused(&world.step("mobility", Verb::Activate), "activate-while-approved");
    allowed(&world.step("council", Verb::Suspend));
    assert!(!world.step("advertiser", Verb::Suspend).is_allowed());
    refused(&world.step("mobility", Verb::Assess), "independent-assessor");
    allowed(&world.step("privacy-office", Verb::Assess));
}

#[test]
fn a_proposal_about_people_needs_ground_statement_and_treatment() {
    let world = World::new();
    allowed(&world.propose(|_| {}));
    refused(&world.propose(|d| d.privacy_statement = None), "privacy-statement");
    refused(&world.propose(|d| d.privacy_statement = Some("see the website".to_owned())), "privacy-statement");
    refused(&world.propose(|d| d.legal_basis = model::LegalBasis::NotPersonal), "legal-basis");
    refused(&world.propose(|d| d.ends = d.starts + Span::days(1827)), "end-date");
    refused(&world.propose(|d| d.streams[0].retention = model::Retention(Span::days(31))), "short-retention");
    allowed(&world.propose(|d| d.streams[0].retention = model::Retention(Span::days(30))));
    refused(&world.propose(|d| World::treat(d, "mac", r#"{"do":"keep"}"#)), "no-raw-identifier");
    refused(&world.propose(|d| World::treat(d, "mac", r#"{"do":"pseudonymise","epoch":"25h"}"#)), "daily-keys");
    refused(&world.propose(|d| World::categorise(d, "rssi", "face-image")), "no-biometrics");
}

#[test]
fn collection_stops_with_the_approval_the_order_and_the_dates() {
    let world = World::new();
    let at = |world: &World, now| world.collect(now);
    allowed(&at(&world, world.now));
    let until = world.record.standing.approval.clone().unwrap().until;
    allowed(&at(&world, until - Span::seconds(1)));
    refused(&at(&world, until), "in-force");
    refused(&at(&world, world.record.deployment.starts - Span::seconds(1)), "in-force");
    let mut suspended = World::new();
    suspended.record.standing.state = State::Suspended;
    refused(&at(&suspended, suspended.now), "in-force");
    let mut unassessed = World::new();
    unassessed.record.standing.assessments.clear();
    refused(&at(&unassessed, unassessed.now), "assessed-first");
    let plates = World::plates();
    allowed(&at(&plates, plates.now));
    refused(&at(&plates, plates.order.clone().unwrap().until), "named-order");
    let mut without = World::plates();
    without.order = None;
    refused(&at(&without, without.now), "named-order");
}

#[test]
fn a_view_of_people_is_coarse_and_nameless() {
    let world = World::new();
    allowed(&world.declare(|_| {}));
    refused(&world.declare(|v| v.minimum = MinimumUnits(9)), "minimum-count");
    refused(&world.declare(|v| v.identifiers = IdentifierExposure::Rotating), "identifiers-under-order");
    refused(&world.declare(|v| World::bin(v, "10m")), "quarter-hours");
    refused(&world.declare(|v| World::space(v, r#"{"by":"cell","resolution":10}"#)), "coarse-cells");
    allowed(&world.declare(|v| World::space(v, r#"{"by":"cell","resolution":9}"#)));
    refused(
        &world.declare(|v| v.exposure = model::Exposure::Records { fields: Default::default() }),
        "no-single-records",
    );
    allowed(&World::plates().declare(|_| {}));
}

#[test]
fn the_advertiser_is_refused_in_the_norms_words() {
    let world = World::new();
    let decision = world.disclose("advertiser", "advertising", None, world.now);
    refused(&decision, "not-for-advertising");
    refused(&decision, "grant-in-force");
    refused(&decision, "declared-purpose");
    let Decision::Refused(refusal) = decision else { unreachable!() };
    let words = refusal.to_string();
    assert!(words.contains("never given for advertising") && words.contains("requirement core-26"), "{words}");
}

#[test]
fn a_disclosure_keeps_to_its_grant() {
    let world = World::new();
    let grant = world.grant.clone();
    allowed(&world.disclose("mobility", "traffic-management", Some(&grant), world.now));
    refused(&world.disclose("mobility", "street-design", Some(&grant), world.now), "agreed-purpose");
    refused(&world.disclose("mobility", "traffic-management", None, world.now), "grant-in-force");
    refused(&world.disclose("mobility", "traffic-management", Some(&grant), grant.grant.until), "grant-in-force");
    refused(&world.disclose("police", "traffic-management", Some(&grant), world.now), "grant-in-force");
    let mut ended = grant.clone();
    ended.ended = Some(world.now);
    refused(&world.disclose("mobility", "traffic-management", Some(&ended), world.now), "grant-in-force");
    let mut unpromised = grant.clone();
    unpromised.grant.duties.remove(&Duty::NoReidentification);
    refused(&world.disclose("mobility", "traffic-management", Some(&unpromised), world.now), "no-reidentification");
    let mut stopped = World::new();
    stopped.record.standing.state = State::Suspended;
    refused(&stopped.disclose("mobility", "traffic-management", Some(&grant), stopped.now), "stopped-means-stopped");
}

#[test]
fn police_have_hits_under_an_order_and_old_ones_with_authorisation() {
    let world = World::plates();
    let ask = |world: &World, oldest: Span, senior| {
        let fast = DiscloseFast { now: world.now, oldest, senior_authorisation: senior };
        world.ask("police", "crime-investigation", Some(&world.grant), &fast)
    };
    allowed(&ask(&world, Span::days(90), false));
    refused(&ask(&world, Span::days(91), false), "age-tier");
    allowed(&ask(&world, Span::days(91), true));
    let mut without = World::plates();
    without.order = None;
    refused(&ask(&without, Span::days(1), false), "police-under-order");
    let mut unverified = World::plates();
    unverified.grant.grant.duties.remove(&Duty::HumanVerification);
    refused(&ask(&unverified, Span::days(1), false), "human-verification");
    let mut elsewhere = World::plates();
    elsewhere.order.as_mut().unwrap().deployment = "elsewhere".parse().unwrap();
    refused(&ask(&elsewhere, Span::days(1), false), "police-under-order");
}

#[test]
fn everybody_may_have_what_tells_of_nobody() {
    let world = World::new();
    let mut grant = world.grant.clone();
    grant.grant.recipient = "public".parse().unwrap();
    allowed(&world.disclose("public", "traffic-management", Some(&grant), world.now));
    let plates = World::plates();
    let mut open = plates.grant.clone();
    open.grant.recipient = "public".parse().unwrap();
    refused(&plates.disclose("public", "crime-investigation", Some(&open), plates.now), "open-means-nobody");
    let mut late = world.grant.clone();
    late.grant.until = world.record.deployment.ends + Span::seconds(1);
    refused(&world.agree(&late.grant), "grant-within-lifetime");
    allowed(&world.agree(&world.grant.grant));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// The plan of a grant and of a stream say exactly what Cedar says, with the same deciding policies, and fold.
    #[test]
    fn a_plan_agrees_with_cedar(
        plates in any::<bool>(),
        recipient in proptest::sample::select(vec!["mobility", "police", "advertiser", "public", "emergency"]),
        purpose in proptest::sample::select(vec!["traffic-management", "crime-investigation", "advertising", "disaster-response"]),
        with_grant in any::<bool>(), with_order in any::<bool>(), with_duties in any::<bool>(), ended in any::<bool>(),
        state in proptest::sample::select(vec![State::Active, State::Suspended, State::Published]),
        minimum in proptest::sample::select(vec![0_u32, 9, 10, 50]),
        kind in proptest::sample::select(vec![PartyKind::CityDepartment, PartyKind::LawEnforcement, PartyKind::Public, PartyKind::Company]),
        moments in proptest::collection::vec((-100_i64..2_000, 0_u32..200, any::<bool>()), 1..6),
    ) {
        let mut world = if plates { World::plates() } else { World::new() };
        world.record.standing.state = state;
        world.view.minimum = MinimumUnits(minimum);
        if !with_order { world.order = None; }
        if !with_duties { world.grant.grant.duties.clear(); }
        if ended { world.grant.ended = Some(world.now); }
        world.grant.grant.recipient = recipient.parse().unwrap();
        let mut party = world.party(recipient);
        party.kind = kind;
        let grant = with_grant.then_some(&world.grant);
        let question = world.question(&party, purpose, grant);
        let collect = world.collection();
        let bundle = Arc::clone(&world.bundle);
        let (plan, stream) = (bundle.plan_disclose(&question), bundle.plan_collect(&collect));
        prop_assert!(plan.is_folded() && stream.is_folded(), "a plan that falls back is right but slow");
        let settled = plan.settled(&settled::limits(world.now, &moments)).map(|decision| decision.is_allowed());
        for (days, oldest, senior) in moments {
            let now = Timestamp::from_millis(world.now.millis() + days * 86_400_000);
            let fast = DiscloseFast { now, oldest: Span::days(oldest), senior_authorisation: senior };
            prop_assert_eq!(plan.decide(&fast), bundle.decide_disclose(&question, &fast));
            prop_assert_eq!(plan.allows(&fast), plan.decide(&fast).is_allowed());
            prop_assert!(settled.is_none_or(|said| said == plan.allows(&fast)), "what is said of all holds for each");
            let fast = CollectFast { now };
            prop_assert_eq!(stream.decide(&fast), bundle.decide_collect(&collect, &fast));
            prop_assert_eq!(stream.allows(&fast), stream.decide(&fast).is_allowed());
        }
    }
}
