//! What is told is worked out exactly, over all coins, and held against the bounds that are promised and against what is drawn.

use model::Magnitude;
use model::entropy::{Entropy, NoEntropy};
use testkit::SeededBytes;

use super::*;

/// 2^-13: what one observation may change.
const ONE: f64 = 1.0 / 8_192.0;
/// What sums of fractions may be off by.
const ROUNDING: f64 = 1e-12;

fn every() -> impl Iterator<Item = Magnitude> {
    (Magnitude::FLOOR.exponent()..=Magnitude::CEILING.exponent()).filter_map(|one| Magnitude::try_from(one).ok())
}

/// The chance of each exponent, from the floor on, after so many observations.
struct Chances(Vec<f64>);

impl Chances {
    fn begun() -> Self {
        Self(every().map(|one| if one == Magnitude::FLOOR { 1.0 } else { 0.0 }).collect())
    }

    fn of(many: u64) -> Self {
        let mut chances = Self::begun();
        (0..many).for_each(|_| chances.step());
        chances
    }

    /// One observation more: an exponent of c becomes c + 1 with a chance of 2^-c.
    fn step(&mut self) {
        let risen: Vec<f64> =
            every().zip(&self.0).map(|(one, chance)| chance * f64::from(-i32::from(one.exponent())).exp2()).collect();
        // The highest stays.
        for (at, risen) in risen.iter().enumerate().take(self.0.len() - 1) {
            self.0[at] -= risen;
            self.0[at + 1] += risen;
        }
    }

    /// How much likelier anything at all can be told after one than after the other.
    fn distance(&self, other: &Self) -> f64 {
        self.0.iter().zip(&other.0).map(|(one, other)| (one - other).abs()).sum::<f64>() / 2.0
    }

    fn mean(&self, of: impl Fn(f64) -> f64) -> f64 {
        every().zip(&self.0).map(|(one, chance)| chance * of(one.estimate() as f64)).sum()
    }
}

#[test]
fn one_observation_changes_what_is_told_with_a_chance_of_two_to_the_minus_thirteen_at_most() {
    let mut before = Chances::begun();
    let mut largest: f64 = 0.0;
    for many in 0..6_000 {
        let mut after = Chances(before.0.clone());
        after.step();
        let distance = after.distance(&before);
        assert!(distance <= ONE + ROUNDING, "{many}: {distance}");
        largest = largest.max(distance);
        before = after;
    }
    assert!((largest - ONE).abs() < ROUNDING, "the bound is reached by the first of all: {largest}");
}

#[test]
fn a_phone_that_is_seen_eighty_times_changes_what_is_told_with_a_chance_of_one_in_a_hundred_at_most() {
    for many in [0, 1, 100, 5_000, 30_000] {
        let (without, mut with) = (Chances::of(many), Chances::of(many));
        for seen in 1..=80_u32 {
            with.step();
            let distance = with.distance(&without);
            assert!(distance <= f64::from(seen) * ONE + ROUNDING, "{many}, {seen}: {distance}");
        }
        assert!(with.distance(&without) <= 0.01);
    }
}

#[test]
fn more_observations_never_make_a_lower_order_likelier() {
    let mut before = Chances::begun();
    for many in 0..4_000 {
        let mut after = Chances(before.0.clone());
        after.step();
        let (mut below, mut below_after) = (0.0, 0.0);
        for (one, other) in before.0.iter().zip(&after.0) {
            (below, below_after) = (below + one, below_after + other);
            assert!(below_after <= below + ROUNDING, "{many}");
        }
        before = after;
    }
}

#[test]
fn the_mean_of_the_estimate_is_the_number_and_its_deviation_is_as_it_is_told() {
    let mut chances = Chances::begun();
    for many in 0..40_000_u32 {
        if many % 997 == 0 || many < 10 {
            let many = f64::from(many);
            assert!((chances.mean(|estimate| estimate) - many).abs() < 1e-6 * many.max(1.0), "{many}");
            let variance = chances.mean(|estimate| (estimate - many).powi(2));
            let told = many * (1.0 / ONE - 1.0) + many * (many - 1.0) / 2.0;
            assert!((variance - told).abs() <= 1e-6 * told.max(1.0), "{many}: {variance} is not {told}");
        }
        chances.step();
    }
}

/// How often somebody who knows how often everybody else was seen says rightly whether one phone was there, 80 times or not at all:
/// they choose what is likelier, and which it is was decided by a coin.
fn guessed(told: impl Fn(u64) -> u64, others: u64, times: u64) -> f64 {
    let (random, without) = (SeededBytes::new(others), told(others));
    let right = (0..times).filter(|_| {
        let was_there = random.next_u64() % 2 == 1;
        let said = told(others + if was_there { 80 } else { 0 });
        (said > without) == was_there
    });
    right.count() as f64 / times as f64
}

#[test]
fn whoever_knows_everybody_else_learns_from_a_rounded_number_and_nothing_from_coins() {
    // The control: steps of ten thousand, and a month in which 80 more cross one.
    let rounded = |number: u64| (number + 5_000) / 10_000;
    assert!((guessed(rounded, 24_950, 400) - 1.0).abs() < f64::EPSILON);
    let (random, times) = (SeededBytes::new(4), 3_000_u32);
    let coins = |number: u64| {
        let mut coins = Coins::new(&random);
        let passing = passing(number, &mut coins).unwrap();
        raised(Magnitude::FLOOR, passing, &mut coins).unwrap().estimate()
    };
    // Whatever is guessed by, it is right in one half and half of 80 / 2^13 more at most, give or take what 3,000 tries are off by.
    let right = guessed(coins, 24_950, times.into());
    let deviation = (0.25 / f64::from(times)).sqrt();
    assert!(right <= 0.5 + 80.0 * ONE / 2.0 + 4.0 * deviation, "{right}");
    let best = 0.5 + Chances::of(25_030).distance(&Chances::of(24_950)) / 2.0;
    assert!(best <= 0.5 + 80.0 * ONE / 2.0, "{best}");
}

/// What is drawn of so many observations in batches, time after time, as a share of each exponent.
fn drawn(times: u32, many: u64, batch: impl Fn(u64) -> u64) -> Chances {
    let random = SeededBytes::new(many ^ u64::from(times));
    let mut shares = vec![0.0; every().count()];
    for _ in 0..times {
        // Coins of their own: nothing is remembered from one counter to the next.
        let (mut coins, mut counter, mut left) = (Coins::new(&random), Magnitude::FLOOR, many);
        while left > 0 {
            let some = batch(random.next_u64()).clamp(1, left);
            let passing = passing(some, &mut coins).unwrap();
            counter = raised(counter, passing, &mut coins).unwrap();
            left -= some;
        }
        shares[usize::from(counter.above_floor())] += 1.0 / f64::from(times);
    }
    Chances(shares)
}

fn agrees(times: u32, many: u64, batch: impl Fn(u64) -> u64) {
    let (drawn, worked_out) = (drawn(times, many, batch), Chances::of(many));
    for ((one, share), chance) in every().zip(&drawn.0).zip(&worked_out.0) {
        let deviation = (chance * (1.0 - chance) / f64::from(times)).sqrt();
        let exponent = one.exponent();
        assert!(
            (share - chance).abs() <= 4.5 * deviation + 1.0 / f64::from(times),
            "{many}: {exponent} was drawn {share}, worked out {chance}"
        );
    }
}

#[test]
fn what_is_drawn_is_what_was_worked_out_whatever_the_batches() {
    agrees(4_000, 5_000, |_| u64::MAX);
    agrees(3_000, 30_000, |_| u64::MAX);
    agrees(1_000, 60_000, |random| random % 10_000);
    agrees(400, 9_000, |random| random % 200);
    agrees(300, 3_000, |_| 1);
}

#[test]
fn each_coin_is_fair_and_so_is_what_is_asked_of_all_of_them() {
    let random = SeededBytes::new(5);
    let mut coins = Coins::new(&random);
    // 2,000,000 times 2^-13 is 244, give or take 16.
    assert!((244_u64 - 64..=244 + 64).contains(&passing(2_000_000, &mut coins).unwrap()));
    for (above, chance) in [(0, 1.0), (1, 0.5), (2, 0.25), (3, 0.125)] {
        let counter = Magnitude::try_from(Magnitude::FLOOR.exponent() + above).unwrap();
        let risen = (0..20_000).filter(|_| raised(counter, 1, &mut coins).unwrap() != counter).count();
        assert!((risen as f64 / 20_000.0 - chance).abs() < 0.02, "{above}: {risen}");
    }
}

/// Bytes that are all the same.
struct Always(u8);
impl Entropy for Always {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
        buffer.fill(self.0);
        Ok(())
    }
}

/// A source that has dried up.
struct Dry;
impl Entropy for Dry {
    fn fill(&self, _: &mut [u8]) -> Result<(), NoEntropy> {
        Err(NoEntropy)
    }
}

#[test]
fn where_all_coins_fall_each_raises_it_up_to_the_ceiling_and_where_none_does_nothing_happens() {
    let (all, none) = (Always(u8::MAX), Always(0));
    let mut coins = Coins::new(&all);
    assert_eq!(passing(300, &mut coins), Ok(300));
    let risen = raised(Magnitude::FLOOR, 3, &mut coins).unwrap();
    assert_eq!(risen.exponent(), 16);
    assert_eq!(raised(risen, 300, &mut coins), Ok(Magnitude::CEILING));
    let mut coins = Coins::new(&none);
    assert_eq!(passing(u64::from(u32::MAX) >> 8, &mut coins), Ok(0));
    assert_eq!(raised(Magnitude::FLOOR, 1, &mut coins), Ok(Magnitude::FLOOR.next()), "it has passed all coins");
    assert_eq!(raised(risen, 300, &mut coins), Ok(risen));
}

#[test]
fn without_random_bytes_nothing_is_counted() {
    let mut coins = Coins::new(&Dry);
    assert_eq!(passing(1, &mut coins), Err(NoEntropy));
    assert_eq!(raised(Magnitude::FLOOR.next(), 1, &mut coins), Err(NoEntropy));
    assert_eq!(passing(0, &mut coins), Ok(0));
}
