//! That a number about people is a number of people.

use model::{Exposure, MinimumUnits, View};

use super::world::World;
use super::{allowed, refused, refused_by};

fn measured(view: &mut View, measure: &str) {
    let Exposure::Windows { measure: of, .. } = &mut view.exposure else { unreachable!() };
    *of = serde_json::from_str(measure).unwrap();
}

#[test]
fn how_often_and_how_loud_are_no_numbers_of_people() {
    let mut world = World::new();
    for measure in [r#"{"of":"observations"}"#, r#"{"of":"mean","property":"rssi"}"#] {
        measured(&mut world.view, measure);
        world.view.minimum = MinimumUnits(1_000);
        refused(&world.declare(|_| {}), "minimum-count");
        refused(&world.agree(&world.grant.grant), "minimum-count");
        let asked = world.disclose("mobility", "traffic-management", Some(&world.grant), world.now);
        refused(&asked, "minimum-count");
        let mut open = world.grant.clone();
        open.grant.recipient = "public".parse().unwrap();
        refused(&world.disclose("public", "traffic-management", Some(&open), world.now), "open-means-nobody");
    }
}

#[test]
fn pseudonyms_that_change_within_a_window_count_people_twice() {
    for (epoch, counted) in [("15m", true), ("24h", true), ("45m", true), ("10m", false), ("20m", false), ("1h", true)]
    {
        let mut world = World::new();
        let treatment = format!(r#"{{"do":"pseudonymise","epoch":"{epoch}"}}"#);
        World::treat(&mut world.record.deployment, "mac", &treatment);
        let decision = world.declare(|_| {});
        assert_eq!(refused_by(&decision, "minimum-count"), !counted, "{epoch}: {decision:?}");
    }
}

#[test]
fn only_what_somebody_has_one_of_counts_people() {
    for (category, counted) in
        [("mac-address", true), ("number-plate", true), ("network-name", false), ("device-trait", false)]
    {
        let mut world = World::new();
        World::categorise(&mut world.record.deployment, "mac", category);
        assert_eq!(refused_by(&world.declare(|_| {}), "minimum-count"), !counted, "{category}");
    }
    let mut kept = World::new();
    World::treat(&mut kept.record.deployment, "mac", r#"{"do":"drop"}"#);
    refused(&kept.declare(|_| {}), "minimum-count");
    refused(&World::new().declare(|view| measured(view, r#"{"of":"distinct","property":"nothing"}"#)), "minimum-count");
}

#[test]
fn what_is_about_nobody_may_be_a_mean() {
    let mut world = World::new();
    for property in ["mac", "rssi"] {
        World::categorise(&mut world.record.deployment, property, "noise-level");
    }
    measured(&mut world.view, r#"{"of":"mean","property":"rssi"}"#);
    world.view.minimum = MinimumUnits(0);
    allowed(&world.declare(|_| {}));
}
