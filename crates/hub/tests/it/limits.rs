//! How much of one log is replayed at a hub: what is beyond a limit is refused in words, and every other log has its report.

use hub::act::{Act, What};
use hub::audit::audit;
use hub::mirror::Mirror;
use hub::simulate::{Generated, GeneratedLog};
use hub::trying::{Came, Limits, Round};
use register::audit::FolderSource;
use serde_json::json;
use testkit::FakeClock;

use crate::logs::{generated, policy};
use crate::pilots::{agree, city, core, kept, noted, outside_of, round_within, world};
use crate::world::World;

/// How many policies the first city adopts after everything else.
const ADOPTED: u64 = 5;

/// Both cities consent that the draft is tried.
fn consented() -> World {
    let world = world();
    world.by("mayor-0", agree());
    world.by("mayor-1", agree());
    world
}

/// Tries the draft on both logs.
fn tried(world: &World, limits: Limits) -> Round {
    round_within(world, &FakeClock::at(world.hub.now()), true, limits)
}

/// That of the first city there is no report, because of so much, and of the second there is the one that anybody works out.
fn only_the_second(world: &World, round: &Round, why: &str) {
    assert_eq!(round.tried, [(core(), city(0)), (core(), city(1))]);
    let [(_, without, said)] = round.without.as_slice() else { panic!("{round:?}") };
    assert_eq!((without, said.as_str()), (&city(0), why));
    assert!(round.in_words().contains(&format!("No report of core on city-000000: {why}.")), "{}", round.in_words());
    // It is noted as well, so that pages say it, and no report of before is left beside it.
    assert_eq!(noted(world, 0).unwrap().came, Came::Nothing(why.to_owned()));
    assert_eq!(kept(world, 0), None);
    assert_eq!(kept(world, 1), Some(serde_json::to_string_pretty(&outside_of(world, 1, 200)).unwrap()));
}

#[test]
fn a_log_of_more_bytes_or_entries_than_a_hub_replays_has_no_report_and_the_others_have_theirs() {
    let world = consented();
    let mirror = Mirror::open(&world.hub.mirrors()).unwrap();
    let of = |number| mirror.city(&Generated::entry(number).unwrap().0).unwrap().kept;
    let (large, small) = (of(0), of(1));
    assert!(large.bytes > small.bytes && large.size > small.size, "the first city does more");
    // All that the larger has is one more than may be.
    let limits = Limits { bytes: large.bytes - 1, ..Limits::default() };
    let why = format!("the log has {} bytes, and a hub replays {} at most", large.bytes, large.bytes - 1);
    only_the_second(&world, &tried(&world, limits), &why);
    let limits = Limits { entries: large.size - 1, ..Limits::default() };
    let why = format!("the log has {} entries, and a hub replays {} at most", large.size, large.size - 1);
    only_the_second(&world, &tried(&world, limits), &why);
    // What is just as much as may be is replayed.
    let limits = Limits { bytes: large.bytes, entries: large.size, ..Limits::default() };
    assert_eq!(tried(&world, limits).without, []);
    assert_eq!(kept(&world, 0), Some(serde_json::to_string_pretty(&outside_of(&world, 0, 200)).unwrap()));
    // The hub itself goes on: whatever a log was, its own holds.
    world.hub.publish().unwrap();
    let audited = audit(&FolderSource::new(&world.hub.log_folder()), None, None).unwrap();
    let last = Act::from_bytes(&world.hub.entry(audited.log.size - 1).unwrap().unwrap()).unwrap();
    assert!(matches!(last.what, What::PilotAgreed(_)), "trying is no act");
}

/// The first city's log with one adoption of policies after the other at its end, each of another text.
fn adopts_again_and_again() -> GeneratedLog {
    let ways = generated(200);
    let mut entries = ways.log(0).unwrap().entries().to_vec();
    for number in 0..ADOPTED {
        let mut body: serde_json::Value = serde_json::from_str(&policy()).unwrap();
        let permits = format!("{}\n// Number {number}.\n", norms::city_permits_default());
        body["text"]["permits"] = permits.into();
        let what = json!({"kind": "policy-adopted/1", "body": body});
        entries.push(json!({"at": ways.now(), "by": "city", "what": what}).to_string().into_bytes());
    }
    // The key of a generated city is that of its number.
    let key = tlog::SigningKey::generate([0; 32], "city-000000.example/log").unwrap();
    assert_eq!(key.vkey().to_string(), Generated::entry(0).unwrap().1);
    GeneratedLog::new(entries, &key).unwrap()
}

#[test]
fn a_log_that_has_more_policies_in_use_at_a_time_than_are_held_has_no_report_and_the_others_have_theirs() {
    let world = consented();
    let before = Mirror::open(&world.hub.mirrors()).unwrap().city(&Generated::entry(0).unwrap().0).unwrap().kept.size;
    let mut mirror = Mirror::open(&world.hub.mirrors()).unwrap();
    mirror.look(&Generated::entry(0).unwrap().0, &adopts_again_and_again(), generated(200).now()).unwrap();
    // Of each adoption the policies with the draft in them are held for as long as a stretch of a grant has its plan, and those as
    // they were of the last two: with the city's first, six adoptions hold eight. Into seven the last does not fit, and into six
    // neither does the one before it.
    let within = |bundles| tried(&world, Limits { bundles, ..Limits::default() });
    for (bundles, entry) in [(7, before + ADOPTED - 2), (6, before + ADOPTED - 3)] {
        let why = format!(
            "up to entry {entry} the history has more policies, or more stretches of grants, in use at a time than a replay holds"
        );
        only_the_second(&world, &within(bundles), &why);
    }
    assert_eq!(within(8).without, []);
    assert!(kept(&world, 0).is_some());
}
