//! Releases with noise: paid for once, drawn once, and never after a crash has taken the rows.

use std::fs;

use model::{Noise, Span, Timestamp, View, ViewVersion};
use register::{Command, Submission, SubmitError};

use super::world::World;
use crate::Step;

const QUARTER: Span = Span::minutes(15);
/// A window, and the moment that it waits for stragglers.
const CLOSED: Span = Span::minutes(17);

fn view(world: &World) -> View {
    world.city.register().state().views_of(&"wifi".parse().unwrap()).next().unwrap().clone()
}

fn spent(world: &World) -> u64 {
    world.city.lake.ledger(&"wifi".parse().unwrap()).unwrap().epochs().map(|(_, spent)| spent).sum()
}

/// Windows since the deployment began that are closed.
fn closed(world: &World) -> u64 {
    let state = world.city.register().state();
    let (record, _) = state.stream(&"wifi".parse().unwrap()).unwrap();
    let bin = view(world).bin().unwrap();
    let first = bin.first_whole(record.deployment.starts.max(world.now() - Span::hours(24)));
    let last = bin.window(world.now() - Span::minutes(1)).start;
    u64::try_from((last.millis() - first.millis()) / QUARTER.millis()).unwrap()
}

#[test]
fn every_window_is_charged_and_drawn_once_whoever_asks_how_often() {
    let world = World::noisy("0.5", "0.005");
    let start = world.now();
    world.probes("s1", 0..60).unwrap();
    world.clock.advance(CLOSED);
    world.city.tick().unwrap();
    assert_eq!(spent(&world), closed(&world) * 5_000, "those in which nobody was, too");
    let counts = world.counts();
    let (_, _, count) =
        counts.iter().find(|(from, sensor, _)| *from == start && sensor == "s1").expect("60 is far from 10");
    assert!((20..100).contains(count), "a deviation of 10: {count}");
    let answer = world.city.disclose(&World::asked("city", "traffic-management", "wifi")).unwrap();
    let answer = serde_json::to_value(answer.get()).unwrap();
    assert_eq!((&answer["noise"]["gaussian"]["rho"], &answer["within"]), (&"0.005".into(), &20.into()));
    // Neither asking nor time nor a restart draws again.
    let before = spent(&world);
    world.city.tick().unwrap();
    let world = world.reopened();
    world.city.tick().unwrap();
    assert_eq!((world.counts(), spent(&world)), (counts, before));
}

#[test]
fn a_crash_between_the_charge_and_the_rows_releases_nothing_again() {
    let world = World::noisy("0.5", "0.005");
    world.clock.advance(CLOSED);
    world.city.tick().unwrap();
    let start = view(&world).bin().unwrap().window(world.now());
    world.probes("s1", 0..60).unwrap();
    world.clock.advance(CLOSED);
    // The charge is durable; then the power fails.
    let stream = world.city.register().state().stream(&"wifi".parse().unwrap()).unwrap().1.clone();
    world.city.lake.charge(&view(&world), &stream, start).unwrap().unwrap();
    let before = spent(&world);
    let world = world.reopened();
    world.city.tick().unwrap();
    assert!(world.counts().iter().all(|(from, _, _)| *from != start.start), "the window is lost");
    assert_eq!(spent(&world), before, "and costs nothing more");
    world.probes("s1", 0..60).unwrap();
    world.clock.advance(CLOSED);
    world.city.tick().unwrap();
    assert!(world.counts().iter().any(|(from, _, _)| *from > start.start), "the next is released");
}

#[test]
fn without_its_ledger_nothing_more_of_a_stream_is_released() {
    let world = World::noisy("0.5", "0.005");
    world.clock.advance(CLOSED);
    world.city.tick().unwrap();
    let path = world.folder.path().join("lake/ledgers/wifi.json");
    let kept = fs::read(&path).unwrap();
    for broken in [None, Some(&b"{}"[..]), Some(&kept[..kept.len() / 2])] {
        match broken {
            None => fs::remove_file(&path).unwrap(),
            Some(bytes) => fs::write(&path, bytes).unwrap(),
        }
        let lake = lake::Lake::open(&world.folder.path().join("lake"), lake::Options::default()).unwrap().0;
        let stream = world.city.register().state().stream(&"wifi".parse().unwrap()).unwrap().1.clone();
        let next = view(&world).bin().unwrap().window(world.now());
        // Neither the view that was charged nor a newer version of it nor another begins a ledger anew.
        let known = view(&world);
        let newer = View { version: ViewVersion(2), ..known.clone() };
        let other = View { id: "other".parse().unwrap(), ..known.clone() };
        for asking in [&known, &newer, &other] {
            let failure = lake.charge(asking, &stream, next).unwrap_err().to_string();
            assert!(failure.contains("wifi.json"), "{failure}");
        }
    }
    fs::remove_file(&path).unwrap();
    let world = world.reopened();
    world.clock.advance(CLOSED);
    let failed = world.city.tick().unwrap_err();
    assert!(
        failed.failures.iter().any(|(step, error)| *step == Step::Releases && error.to_string().contains("budget"))
    );
    assert!(!path.exists(), "none is begun anew");
}

#[test]
fn what_the_budget_does_not_pay_for_is_not_declared() {
    let world = World::noisy("0.5", "0.005");
    let (exact, dearer) = (view(&world), view(&world));
    let exact = View { noise: Noise::None, version: ViewVersion(2), ..exact };
    let rho = "0.006".parse().unwrap();
    let dearer = View { noise: Noise::Gaussian { rho }, version: ViewVersion(2), ..dearer };
    for (view, why) in [(exact, "exact numbers have no bound"), (dearer, "cost 0.576 in an epoch")] {
        let submission = Submission { by: "city".parse().unwrap(), reason: None, command: Command::DeclareView(view) };
        match world.city.register().submit(submission) {
            Err(SubmitError::Refused(refusal)) => assert!(refusal.to_string().contains(why), "{refusal}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn another_view_of_the_same_stream_pays_from_the_same_budget() {
    let world = World::noisy("0.5", "0.004");
    let other = View { id: "others".parse().unwrap(), ..view(&world) };
    let submit = |view: View| {
        world.city.register().submit(Submission {
            by: "city".parse().unwrap(),
            reason: None,
            command: Command::DeclareView(view),
        })
    };
    let refused = submit(other.clone()).unwrap_err().to_string();
    assert!(refused.contains("stream's other views 0.384"), "{refused}");
    let rho = "0.001".parse().unwrap();
    let other = View { noise: Noise::Gaussian { rho }, ..other };
    submit(other.clone()).unwrap();
    world.clock.advance(CLOSED);
    world.city.tick().unwrap();
    let begun = world.city.lake.released_through(&other.stream, &other.id, other.version).unwrap();
    world.clock.advance(CLOSED);
    world.city.tick().unwrap();
    let through = world.city.lake.released_through(&other.stream, &other.id, other.version).unwrap();
    assert!(begun.is_some() && through > begun, "it begins, although the other goes first at each tick");
    let epoch = Timestamp::from_millis(world.now().millis() / 86_400_000 * 86_400_000);
    let all = world.city.lake.ledger(&"wifi".parse().unwrap()).unwrap();
    assert!(all.spent(epoch) > 0 && all.epochs().all(|(_, spent)| spent <= 500_000));
}
