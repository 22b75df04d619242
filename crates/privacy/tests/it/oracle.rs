//! Our noise against OpenDP's, which was written and proved by others: the same numbers come as often, and cost the same.
//!
//! OpenDP draws from the system's own random bytes, so that this is a new test at each run. It fails by chance once in a
//! million for each width.

use std::collections::BTreeMap;

use model::Rho;
use opendp::domains::{AtomDomain, VectorDomain};
use opendp::measurements::make_gaussian;
use opendp::measures::ZeroConcentratedDivergence;
use opendp::metrics::L2Distance;
use opendp::traits::samplers::sample_discrete_gaussian;
use privacy::Gaussian;
use privacy::noise::Coins;
use testkit::SeededBytes;

const DRAWS: usize = 40_000;
/// The fewest draws of both in a class of its own; all rarer numbers are one class together.
const CLASS_MIN: u32 = 40;
/// Losses, and in how many cells a device counts: deviations of 1, 5, 10 and of broken numbers.
const WIDTHS: [(&str, u32); 5] = [("0.5", 1), ("0.02", 1), ("0.02", 4), ("0.3", 1), ("0.0123", 16)];

fn ours(noise: Gaussian, seed: u64) -> Vec<i64> {
    let random = SeededBytes::new(seed);
    let mut coins = Coins::new(&random);
    (0..DRAWS).map(|_| noise.draw(&mut coins).unwrap()).collect()
}

fn theirs(deviation: f64) -> Vec<i64> {
    let draw = || sample_discrete_gaussian(deviation.try_into().unwrap()).unwrap();
    (0..DRAWS).map(|_| i64::try_from(draw()).unwrap()).collect()
}

/// χ² of two samples of one size, and its degrees of freedom.
fn chi_squared(a: &[i64], b: &[i64]) -> (f64, usize) {
    let mut seen: BTreeMap<i64, (u32, u32)> = BTreeMap::new();
    a.iter().for_each(|number| seen.entry(*number).or_default().0 += 1);
    b.iter().for_each(|number| seen.entry(*number).or_default().1 += 1);
    let (mut classes, mut rare) = (Vec::new(), (0, 0));
    for (a, b) in seen.into_values() {
        if a + b >= CLASS_MIN { classes.push((a, b)) } else { rare = (rare.0 + a, rare.1 + b) }
    }
    classes.extend((rare.0 + rare.1 >= CLASS_MIN).then_some(rare));
    let part = |(a, b): &(u32, u32)| (f64::from(*a) - f64::from(*b)).powi(2) / f64::from(a + b);
    (classes.iter().map(part).sum(), classes.len() - 1)
}

/// The value that χ² of so many degrees of freedom passes once in a million (Wilson and Hilferty 1931).
fn once_in_a_million(degrees: usize) -> f64 {
    let n = degrees as f64;
    n * (1.0 - 2.0 / (9.0 * n) + 4.753 * (2.0 / (9.0 * n)).sqrt()).powi(3)
}

#[test]
fn the_numbers_drawn_are_those_that_opendp_draws_and_a_width_that_is_a_tenth_off_is_noticed() {
    for (seed, (rho, cells)) in (0..).zip(WIDTHS) {
        let noise = Gaussian::new(rho.parse().unwrap(), cells);
        let drawn = ours(noise, seed);
        let (found, degrees) = chi_squared(&drawn, &theirs(noise.variance().sqrt()));
        assert!(found < once_in_a_million(degrees), "ρ {rho}, {cells} cells: χ² {found} of {degrees}");
        let (wrong, degrees) = chi_squared(&drawn, &theirs(noise.variance().sqrt() * 1.1));
        assert!(wrong > once_in_a_million(degrees), "the test can fail: χ² {wrong} of {degrees}");
    }
}

#[test]
fn what_is_charged_is_what_opendp_charges_for_the_same_noise() {
    for (rho, cells) in WIDTHS {
        let charged: Rho = rho.parse().unwrap();
        let deviation = Gaussian::new(charged, cells).variance().sqrt();
        let noise = make_gaussian::<_, _, ZeroConcentratedDivergence>(
            VectorDomain::new(AtomDomain::<i64>::new_non_nan()),
            L2Distance::<f64>::default(),
            deviation,
            None,
        )
        .unwrap();
        // A device that counts in so many cells moves the numbers by the root of that, all together.
        let cost = |cells: u32| noise.map(&f64::from(cells).sqrt()).unwrap();
        let charged = f64::from(charged.micro()) / 1e6;
        assert!((cost(cells) / charged - 1.0).abs() < 1e-9, "ρ {rho}, {cells} cells: {}", cost(cells));
        assert!(cost(cells + 1) > charged, "a device in one cell more would cost more");
    }
}
