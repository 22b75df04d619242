//! Orders: whose they are, what they open, and that they open nothing for anybody else.

use std::sync::Arc;

use model::{Exposure, GrantRecord, IdentifierExposure, MinimumUnits, Party, PartyKind, Span, Stream};

use super::world::World;
use super::{allowed, refused, refused_by};
use crate::{Bundle, CollectFast, DiscloseFast};

/// Grants the plate reader's hits to another party: what a careless or a bought officer would agree.
fn given_to(world: &World, recipient: &str) -> GrantRecord {
    let mut grant = world.grant.clone();
    grant.grant.recipient = recipient.parse().unwrap();
    grant
}

fn second_order(stream: &mut Stream) {
    let other = r#"{"category":"number-plate","value":"text","treatment":{"do":"match","order":"order-18"}}"#;
    stream.properties.insert("rear".parse().unwrap(), serde_json::from_str(other).unwrap());
}

#[test]
fn the_hits_of_an_order_are_nobody_elses_however_the_view_is_declared() {
    let mut world = World::plates();
    for disguised in [false, true] {
        if disguised {
            (world.view.identifiers, world.view.minimum) = (IdentifierExposure::None, MinimumUnits(10));
        }
        for recipient in ["advertiser", "public", "emergency", "mobility"] {
            let grant = given_to(&world, recipient);
            for decision in
                [world.disclose(recipient, "crime-investigation", Some(&grant), world.now), world.agree(&grant.grant)]
            {
                refused(&decision, "identifiers-under-own-order");
                refused(&decision, "records-under-own-order");
                assert_eq!(refused_by(&decision, "open-means-nobody"), recipient == "public");
            }
        }
        allowed(&world.disclose("police", "crime-investigation", Some(&world.grant), world.now));
        allowed(&world.agree(&world.grant.grant));
    }
}

#[test]
fn a_view_tells_what_its_fields_tell_whatever_it_declares() {
    let told = |fields: &[&str], change: &dyn Fn(&mut World)| {
        let mut world = World::new();
        change(&mut world);
        let fields = fields.iter().map(|field| field.parse().unwrap()).collect();
        world.declare(|view| view.exposure = Exposure::Records { fields })
    };
    let as_is = |_: &mut World| {};
    refused(&told(&["mac"], &as_is), "identifiers-under-order");
    refused(&told(&["rssi", "nothing"], &as_is), "identifiers-under-order");
    assert!(!refused_by(&told(&["rssi"], &as_is), "identifiers-under-order"));
    let kept = |world: &mut World| World::treat(&mut world.record.deployment, "mac", r#"{"do":"keep"}"#);
    refused(&told(&["mac"], &kept), "identifiers-under-order");
    let compared_by_the_sensor = |world: &mut World| {
        World::treat(&mut world.record.deployment, "rssi", r#"{"do":"keep"}"#);
        World::categorise(&mut world.record.deployment, "rssi", "list-match");
    };
    refused(&told(&["rssi"], &compared_by_the_sensor), "identifiers-under-order");
    let dropped = |world: &mut World| World::treat(&mut world.record.deployment, "mac", r#"{"do":"drop"}"#);
    assert!(!refused_by(&told(&["mac"], &dropped), "identifiers-under-order"));
}

#[test]
fn an_order_opens_only_what_rests_on_it_and_only_until_its_end() {
    let world = World::plates();
    let ends = world.order.clone().unwrap().until;
    let ask = |world: &World, now| world.disclose("police", "crime-investigation", Some(&world.grant), now);
    allowed(&ask(&world, ends - Span::seconds(1)));
    for norm in ["identifiers-under-own-order", "records-under-own-order", "police-under-order"] {
        refused(&ask(&world, ends), norm);
    }
    let changes: [fn(&mut World); 4] = [
        |world| world.order.as_mut().unwrap().deployment = "elsewhere".parse().unwrap(),
        |world| world.order.as_mut().unwrap().party = "mobility".parse().unwrap(),
        |world| world.grant.grant.order = None,
        |world| world.grant.grant.order = Some("order-18".parse().unwrap()),
    ];
    for change in changes {
        let mut world = World::plates();
        change(&mut world);
        refused(&ask(&world, world.now), "identifiers-under-own-order");
        refused(&ask(&world, world.now), "records-under-own-order");
        refused(&world.agree(&world.grant.grant), "records-under-own-order");
    }
}

#[test]
fn a_stream_compares_only_under_an_order_for_its_own_deployment() {
    let mut world = World::plates();
    allowed(&world.collect(world.now));
    world.order.as_mut().unwrap().deployment = "elsewhere".parse().unwrap();
    refused(&world.collect(world.now), "named-order");
    let mut world = World::plates();
    world.order.as_mut().unwrap().id = "order-18".parse().unwrap();
    refused(&world.collect(world.now), "named-order");
}

#[test]
fn a_stream_of_two_orders_is_a_stream_of_none() {
    let mut world = World::plates();
    second_order(&mut world.record.deployment.streams[0]);
    refused(&world.collect(world.now), "named-order");
    refused(&world.declare(|_| {}), "no-single-records");
    refused(&world.disclose("police", "crime-investigation", Some(&world.grant), world.now), "records-under-own-order");
    // The same order twice is one order.
    let mut world = World::plates();
    let stream = &mut world.record.deployment.streams[0];
    let plate = stream.properties.values().next().cloned().unwrap();
    stream.properties.insert("rear".parse().unwrap(), plate);
    allowed(&world.collect(world.now));
}

#[test]
fn who_collects_is_the_party_that_answers_and_is_told_by_its_kind() {
    let mut text = World::policies();
    text.layers[0].cedar += r#"@id("no-vendors") @requirement("x") @reason("Vendors collect nothing here.")
        forbid (principal, action == Action::"collect", resource) unless { principal.kind != "vendor" };"#;
    let mut world = World::new();
    world.bundle = Arc::new(Bundle::assemble(&text).unwrap());
    allowed(&world.collect(world.now));
    world.accountable = Party { kind: PartyKind::Vendor, ..world.accountable };
    refused(&world.collect(world.now), "no-vendors");
    // Somebody else's name does not pass for the accountable party.
    world.accountable = world.party("council");
    assert!(!world.collect(world.now).is_allowed());
    let plan = world.bundle.plan_collect(&world.collection());
    assert!(!plan.allows(&CollectFast { now: world.now }));
}

#[test]
fn a_plan_of_an_order_ends_with_it() {
    let world = World::plates();
    let party = world.party("police");
    let plan = world.bundle.plan_disclose(&world.question(&party, "crime-investigation", Some(&world.grant)));
    let ends = world.order.clone().unwrap().until;
    let fast = |now| DiscloseFast { now, oldest: Span::days(1), senior_authorisation: false };
    assert!(plan.is_folded() && plan.allows(&fast(ends - Span::seconds(1))) && !plan.allows(&fast(ends)));
}
