//! Who gives out tokens, enters officers and puts policies in force: the acts by which somebody could become another.

use model::{Device, PartyKind};

use super::world::World;
use super::{allowed, refused};
use crate::{ActSubject, Decision, Verb};

fn token_of(world: &World, by: &str, of: &str) -> Decision {
    world.act(by, Verb::IssueCredential, ActSubject::PartyCredential(&world.party(of)))
}

fn device_token(world: &World, by: &str, deployment: &str) -> Decision {
    let device: Device = serde_json::from_str(&format!(
        r#"{{"id":"s1","deployment":"{deployment}","stream":"wifi-centre","position":[16.6,49.2]}}"#
    ))
    .unwrap();
    let subject = ActSubject::DeviceCredential { device: &device, record: &world.record };
    world.act(by, Verb::IssueCredential, subject)
}

#[test]
fn nobody_gives_another_party_a_token_but_the_founder() {
    let world = World::new();
    for by in ["council", "privacy-office", "mobility", "police", "advertiser"] {
        allowed(&token_of(&world, by, by));
        for of in ["privacy-office", "police", "city"] {
            if by != of {
                refused(&token_of(&world, by, of), "own-token");
            }
        }
    }
    for of in ["privacy-office", "council", "police", "city"] {
        allowed(&token_of(&world, "city", of));
    }
    // The founder's name alone is nothing where the city was founded by another.
    let mut elsewhere = World::new();
    elsewhere.founder = "other".parse().unwrap();
    refused(&token_of(&elsewhere, "city", "privacy-office"), "own-token");
}

#[test]
fn a_devices_token_is_given_by_who_answers_for_it() {
    let world = World::new();
    allowed(&device_token(&world, "mobility", "d"));
    allowed(&device_token(&world, "city", "d"));
    for by in ["police", "council", "environment", "advertiser"] {
        refused(&device_token(&world, by, "d"), "own-token");
    }
    assert!(!device_token(&world, "mobility", "elsewhere").is_allowed());
}

#[test]
fn only_the_founder_enters_officers() {
    let world = World::new();
    let enter = |by: &str, kind: PartyKind| {
        let mut party = world.party("new");
        party.kind = kind;
        world.act(by, Verb::RegisterParty, ActSubject::Party(&party))
    };
    allowed(&enter("city", PartyKind::Officer));
    allowed(&enter("mobility", PartyKind::Company));
    for by in ["mobility", "council"] {
        refused(&enter(by, PartyKind::Officer), "officers-by-founder");
    }
}

#[test]
fn only_the_founder_and_officers_adopt_policies() {
    let world = World::new();
    let adopt = |by: &str| world.act(by, Verb::AdoptPolicy, ActSubject::Policy);
    allowed(&adopt("city"));
    allowed(&adopt("council"));
    for by in ["mobility", "police", "advertiser"] {
        refused(&adopt(by), "policies-by-few");
    }
}
