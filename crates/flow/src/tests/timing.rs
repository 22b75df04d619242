//! Whoever measures how long an answer takes: nothing that is withheld makes it longer or shorter.
//!
//! Two cities in one process are asked in an order that is drawn, so that whatever else the machine does falls on both alike. The
//! adversary learns on one half of the times where to cut, and guesses on the other which city it was.

use std::time::{Duration, Instant};

use model::{Entropy as _, Span};

use super::world::World;

/// Answers of each half.
const TRIALS: usize = 600;
/// How often the control is tried at most.
const CONTROLS: usize = 6;
/// Somebody who tosses a coin guesses more than this part of 600 rightly less than once in ten million runs; a real difference of
/// a fifth of the times' own deviation would be above it.
const CHANCE: f64 = 0.61;

/// A city in which so many windows have twelve phones at the first receiver, and so many phones at the second.
fn city(windows: u32, second: u32) -> World {
    let world = World::new();
    for _ in 0..windows {
        world.probes("s1", 0..12).unwrap();
        if second > 0 {
            world.probes("s2", 100..100 + second).unwrap();
        }
        world.clock.advance(Span::minutes(15));
    }
    world.clock.advance(Span::minutes(2));
    world.city.tick().unwrap();
    world
}

/// How long one answer of one of two cities took; which one is drawn.
#[expect(clippy::disallowed_methods, reason = "what is measured is the time that passes")]
fn times(cities: [&World; 2], seed: u64) -> Vec<(usize, Duration)> {
    let coins = testkit::SeededBytes::new(seed);
    let trial = |_| {
        let which = usize::from(coins.bytes32().unwrap()[0] & 1);
        let asked = World::asked("city", "traffic-management", "wifi");
        let began = Instant::now();
        cities[which].city.disclose(&asked).unwrap();
        (which, began.elapsed())
    };
    (0..TRIALS).map(trial).collect()
}

/// How often a cut names the city rightly, the second being slower or, if `slower` says so, the first.
fn right(times: &[(usize, Duration)], cut: Duration, slower: usize) -> f64 {
    let right = times.iter().filter(|(which, took)| (*took > cut) == (*which == slower)).count();
    right as f64 / times.len() as f64
}

/// How often an adversary that learned from some times guesses others rightly.
fn guessed(cities: [&World; 2]) -> f64 {
    times(cities, 1);
    let (known, unknown) = (times(cities, 2), times(cities, 3));
    let cuts = known.iter().flat_map(|(_, cut)| [(*cut, 0), (*cut, 1)]);
    let best = cuts.max_by(|a, b| right(&known, a.0, a.1).total_cmp(&right(&known, b.0, b.1))).unwrap();
    right(&unknown, best.0, best.1)
}

#[test]
fn how_long_an_answer_takes_does_not_tell_nobody_from_nine() {
    let (nobody, nine) = (city(8, 0), city(8, 9));
    let right = guessed([&nobody, &nine]);
    assert!(right < CHANCE, "guessed rightly in {right} of all answers");
    // The control: what is shown takes its time, and the same adversary sees it. On a machine that others keep busy it may have to look
    // more than once.
    let many = city(300, 10);
    let seen: Vec<f64> = (0..CONTROLS).map(|_| guessed([&nobody, &many])).take_while(|right| *right <= 0.75).collect();
    assert!(seen.len() < CONTROLS, "an answer of 600 rows is told from one of 8 in {seen:?} only");
}
