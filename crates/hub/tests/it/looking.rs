//! Members whose log an act names: taken up at the next look, never replaced, and kept after they left.

use hub::command::Command;
use hub::looking::{LastLook, look};
use hub::member::{ListedMember, MemberKind, PublicLog};
use hub::mirror::{Mirror, Standing};
use hub::simulate::Generated;
use register::audit::{FolderSource, audit};
use testkit::FakeClock;

use crate::logs::generated;
use crate::world::{World, listed, reasons};

/// A hub whose members are generated cities.
fn alliance(cities: u64) -> World {
    let world = World::bare();
    let member = |number: u64| {
        let (name, ..) = Generated::entry(number).unwrap();
        ListedMember { country: Some("NZ".parse().unwrap()), ..listed(name.as_str(), MemberKind::City) }
    };
    let members = (0..cities).map(member).collect();
    world.by("secretariat", Command::AdmitMembers { members, reasons: reasons() });
    world
}

/// A city's log as the secretariat names it, under the key of another if so wanted.
fn names(world: &World, number: u64, key_of: u64) {
    let (name, _, address, _) = Generated::entry(number).unwrap();
    let (_, key, ..) = Generated::entry(key_of).unwrap();
    let member = name.as_str().parse().unwrap();
    world.by("secretariat", Command::NameLog { member, log: PublicLog { address, key }, reasons: reasons() });
}

fn looked(world: &World, days: u32) -> LastLook {
    let ways = generated(days);
    look(&world.hub.mirrors(), &world.hub.state(), &ways, 2, &FakeClock::at(ways.now())).unwrap()
}

#[test]
fn every_member_whose_log_is_named_is_taken_up_at_the_next_look_and_no_other_is() {
    let world = alliance(4);
    assert_eq!((looked(&world, 20).taken_up, Mirror::open(&world.hub.mirrors()).unwrap().count().unwrap()), (0, 0));
    (0..3).for_each(|number| names(&world, number, number));
    let first = looked(&world, 20);
    assert_eq!((first.taken_up, first.found.cities, first.found.grown), (3, 3, 3));
    assert!(first.in_words().contains("3 were taken up"), "{}", first.in_words());
    let mirror = Mirror::open(&world.hub.mirrors()).unwrap();
    let city = mirror.city(&Generated::entry(0).unwrap().0).unwrap();
    assert_eq!(city.kept.profile.country, Some("NZ".parse().unwrap()), "as the members' list says");
    assert_eq!(city.kept.standing, Standing::Sound);
    // Once, and the next one when it is named.
    names(&world, 3, 3);
    let second = looked(&world, 21);
    assert_eq!((second.taken_up, second.found.cities, second.named_otherwise.len()), (1, 4, 0));
    assert_eq!(LastLook::noted(&world.hub.mirrors()), Some(second));
}

#[test]
fn a_log_that_is_named_under_another_key_is_told_and_nothing_of_its_mirror_is_replaced() {
    let world = alliance(2);
    (0..2).for_each(|number| names(&world, number, number));
    looked(&world, 20);
    let (name, key, ..) = Generated::entry(0).unwrap();
    let mirror = Mirror::open(&world.hub.mirrors()).unwrap();
    let before = mirror.city(&name).unwrap().kept;
    names(&world, 0, 1);
    let again = looked(&world, 20);
    assert_eq!((again.taken_up, again.named_otherwise.clone(), again.found.cities), (0, vec![name.clone()], 2));
    assert!(again.in_words().contains("nothing of them was replaced: city-000000"), "{}", again.in_words());
    let after = mirror.city(&name).unwrap().kept;
    assert_eq!((&after.key, after.size, &after.note), (&key, before.size, &before.note));
    // It is looked at under the key that was known, and told at each look until the two are one again.
    assert_eq!(looked(&world, 25).named_otherwise, [name]);
    names(&world, 0, 0);
    assert!(looked(&world, 25).named_otherwise.is_empty());
}

#[test]
fn the_history_of_a_member_that_left_stays_and_is_verified_by_anybody() {
    let world = alliance(2);
    (0..2).for_each(|number| names(&world, number, number));
    looked(&world, 20);
    let (name, key, ..) = Generated::entry(0).unwrap();
    let member = name.as_str().parse().unwrap();
    world.by("secretariat", Command::EndMembership { member, reasons: reasons() });
    assert_eq!(looked(&world, 25).taken_up, 0);
    let mirror = Mirror::open(&world.hub.mirrors()).unwrap();
    let out = world.folder.path().join("kept");
    let entries = mirror.export(&name, &out).unwrap();
    assert!(entries > 0);
    assert_eq!(audit(&FolderSource::new(&out), Some(&key), None).unwrap().log.size, entries);
}
