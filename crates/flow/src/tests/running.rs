//! Running totals of a city: how many phones there were today so far, paid once a day, and what a crash takes.

use model::{Bound, Exposure, Measure, MinimumUnits, Noise, Retention, Span, Timestamp, View};
use register::Command;

use super::World;

const QUARTER: Span = Span::minutes(15);
const CLOSED: Span = Span::minutes(17);

/// Declares the totals beside the counts of a city with noise, and gives the view.
fn declare(world: &World, rho: &str) -> View {
    let state = world.city.register().state();
    let counts = state.views_of(&"wifi".parse().unwrap()).next().unwrap().clone();
    let Exposure::Windows { bin, space, .. } = counts.exposure else { panic!("windows") };
    let measure = Measure::Running { property: "mac".parse().unwrap() };
    let view = View {
        id: "so-far".parse().unwrap(),
        exposure: Exposure::Windows { bin, space, measure },
        noise: Noise::Gaussian { rho: rho.parse().unwrap() },
        bound: Bound(Some(1)),
        ..counts
    };
    world.submit("city", None, Command::DeclareView(view.clone()));
    // It begins where the windows end that were released before.
    world.city.tick().unwrap();
    view
}

/// The totals at the first receiver, withheld or not: (minutes after an instant, total).
fn totals(world: &World, view: &View, since: Timestamp) -> Vec<(i64, i64)> {
    let always = model::Window { start: since, end: since + Span::days(1) };
    let tables = world.city.lake.releases(&view.stream, &view.id, view.version, always).unwrap();
    let total = |table: &privacy::ReleasedTable| table.carried.first().map_or(0, |row| row.value);
    tables.iter().map(|table| ((table.window.start.millis() - since.millis()) / 60_000, total(table))).collect()
}

/// A city that begins at midnight, whose counts are cheap.
fn midnight() -> World {
    let world = World::altered(|command| match command {
        Command::Propose(deployment) => {
            for stream in deployment.streams.iter_mut().filter(|stream| stream.id.as_str() == "wifi") {
                stream.budget = Some("20".parse().unwrap());
                stream.retention = Retention(Span::days(2));
            }
        }
        Command::DeclareView(view) if view.stream.as_str() == "wifi" => {
            view.noise = Noise::Gaussian { rho: "0.01".parse().unwrap() };
            (view.bound, view.minimum) = (Bound(Some(1)), MinimumUnits(10));
        }
        _ => {}
    });
    let day = Timestamp::from_millis((world.now().millis() / 86_400_000 + 1) * 86_400_000);
    world.clock.set(day - Span::minutes(20));
    world.city.tick().unwrap();
    world.clock.set(day);
    world
}

#[test]
fn whoever_comes_again_counts_once_a_day_and_the_day_is_paid_once() {
    let world = midnight();
    let view = declare(&world, "2.5");
    let day = world.now();
    for quarter in 0..4 {
        // Twenty new ones each quarter of an hour, and everybody who was there before.
        world.probes("s1", 0..20 * (quarter + 1)).unwrap();
        world.clock.set(day + Span::seconds(QUARTER.as_seconds() * (quarter + 1)));
    }
    world.clock.set(day + Span::minutes(62));
    world.city.tick().unwrap();
    let totals = totals(&world, &view, day);
    let near = |&(at, total): &(i64, i64)| (total - (at / 15 + 1) * 20).abs() <= 6;
    assert!(totals.len() == 4 && totals.iter().all(near), "a deviation of less than 1: {totals:?}");
    let spent = world.city.lake.ledger(&"wifi".parse().unwrap()).unwrap().spent(day);
    assert_eq!(spent, 7 * 2_500_000 + 4 * 10_000, "seven sizes of blocks, once, and four windows of the other view");
}

#[test]
fn a_total_that_a_crash_took_is_not_drawn_again_and_the_next_block_has_all_of_it() {
    let world = midnight();
    let view = declare(&world, "2.5");
    let day = world.now();
    let stream = world.city.register().state().stream(&view.stream).unwrap().1.clone();
    world.probes("s1", 0..50).unwrap();
    world.clock.set(day + CLOSED);
    world.city.tick().unwrap();
    // The second is charged, and the power fails before its rows exist.
    world.clock.set(day + Span::minutes(20));
    let second = view.bin().unwrap().window(world.now());
    world.city.lake.charge(&view, &stream, second).unwrap().unwrap();
    let world = world.reopened();
    world.probes("s1", 50..70).unwrap();
    world.clock.set(day + Span::minutes(62));
    world.city.tick().unwrap();
    let totals = totals(&world, &view, day);
    let at: Vec<i64> = totals.iter().map(|total| total.0).collect();
    assert_eq!(at, [0, 45], "the third goes on from the second, which is lost; the fourth from none");
    assert!((totals[1].1 - 70).abs() <= 6, "{totals:?}");
}
