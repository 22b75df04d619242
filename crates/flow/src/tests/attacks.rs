//! Adversaries against releases, with what a recipient may do: ask, ask together, and have views declared anew.

use std::collections::BTreeSet;
use std::thread;

use model::{Noise, Span, Timestamp, View, ViewVersion};
use register::{Command, Submission};

use super::world::World;

/// A window, and the moment that it waits for stragglers.
const CLOSED: Span = Span::minutes(17);
const DAY_MILLIS: i64 = 86_400_000;

fn view(world: &World) -> View {
    world.city.register().state().views_of(&"wifi".parse().unwrap()).next().unwrap().clone()
}

#[test]
fn asking_a_thousand_times_and_asking_together_tells_what_asking_once_tells() {
    let world = World::noisy("0.5", "0.005");
    world.probes("s1", 0..60).unwrap();
    world.clock.advance(CLOSED);
    world.city.tick().unwrap();
    let once = world.counts();
    // Averaging gives the noise back with what it hides only if it is drawn anew.
    for _ in 0..200 {
        assert_eq!(world.counts(), once);
    }
    // Several at once, each for a part of the time: what they put together is the one table.
    let parts: BTreeSet<_> = thread::scope(|scope| {
        let ask = |hours: i64| {
            let world = &world;
            scope.spawn(move || {
                let day = world.now().millis() / DAY_MILLIS * DAY_MILLIS;
                let from = Timestamp::from_millis(day + hours * 3_600_000);
                let asked = crate::Asked {
                    from: Some(from),
                    to: Some(from + Span::hours(1)),
                    ..World::asked("city", "traffic-management", "wifi")
                };
                world.city.disclose(&asked).map(|answer| answer.get().rows.clone()).unwrap_or_default()
            })
        };
        let asking: Vec<_> = (0..24).map(ask).collect();
        asking.into_iter().flat_map(|asking| asking.join().unwrap()).map(|row| format!("{row:?}")).collect()
    });
    let whole = world.city.disclose(&World::asked("city", "traffic-management", "wifi")).unwrap();
    let whole: BTreeSet<_> = whole.get().rows.iter().map(|row| format!("{row:?}")).collect();
    assert!(parts.is_subset(&whole));
}

#[test]
fn a_view_that_is_declared_anew_again_and_again_shows_no_window_twice_and_costs_no_more() {
    let world = World::noisy("0.5", "0.005");
    let mut seen: BTreeSet<(Timestamp, String)> = BTreeSet::new();
    for version in 2..12 {
        world.probes("s1", 0..60).unwrap();
        world.clock.advance(CLOSED);
        world.city.tick().unwrap();
        for (from, sensor, _) in world.counts() {
            assert!(seen.insert((from, sensor)), "version {} shows a window that another has shown", version - 1);
        }
        // Now with other noise: were a window drawn again, the mean of both would be nearer to the truth.
        let rho = if version % 2 == 0 { "0.004" } else { "0.005" };
        let noise = Noise::Gaussian { rho: rho.parse().unwrap() };
        let newer = View { version: ViewVersion(version), noise, ..view(&world) };
        world.submit("city", None, Command::DeclareView(newer));
        world.city.tick().unwrap();
        assert!(world.counts().is_empty(), "a new version begins with nothing");
    }
    assert!(seen.len() >= 8, "{seen:?}");
    let ledger = world.city.lake.ledger(&"wifi".parse().unwrap()).unwrap();
    assert!(ledger.epochs().all(|(_, spent)| spent <= 500_000));
}

#[test]
fn views_that_would_tell_by_their_difference_are_not_declared() {
    let world = World::new();
    let bin = |minutes| model::TimeBin::new(Span::minutes(minutes)).unwrap();
    let base = view(&world);
    let model::Exposure::Windows { bin: quarter, space, measure } = base.exposure.clone() else { unreachable!() };
    let exposures = [
        ("nested", bin(60), space.clone(), measure.clone()),
        ("shifted", bin(20), space.clone(), measure.clone()),
        ("complement", quarter, model::Space::Stream, measure),
    ];
    for (name, bin, space, measure) in exposures {
        let id = name.parse().unwrap();
        let view = View { id, exposure: model::Exposure::Windows { bin, space, measure }, ..base.clone() };
        let submission = Submission { by: "city".parse().unwrap(), reason: None, command: Command::DeclareView(view) };
        let refused = world.city.register().submit(submission).unwrap_err().to_string();
        assert!(refused.contains("one subtracted from the other") && refused.contains("For example, if"), "{refused}");
    }
}
