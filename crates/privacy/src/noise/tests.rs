//! The numbers drawn are those of the discrete Gaussian, and nothing else.

use proptest::prelude::*;
use testkit::SeededBytes;

use super::*;

fn gaussian(rho: &str, cells: u32) -> Gaussian {
    Gaussian::new(rho.parse().unwrap(), cells)
}

fn draws(gaussian: Gaussian, seed: u64, count: usize) -> Vec<i64> {
    let random = SeededBytes::new(seed);
    let mut coins = Coins::new(&random);
    (0..count).map(|_| gaussian.draw(&mut coins).unwrap()).collect()
}

/// The probability of each number from -far to far, computed from the definition alone.
fn expected(variance: f64, far: i64) -> Vec<f64> {
    let weight = |x: i64| (-(x as f64).powi(2) / (2.0 * variance)).exp();
    let total: f64 = (-40 * far..=40 * far).map(weight).sum();
    (-far..=far).map(|x| weight(x) / total).collect()
}

/// χ² of drawn numbers against a variance, over the numbers within three deviations and one class for all others.
fn chi_squared(drawn: &[i64], variance: f64) -> (f64, usize) {
    let far = (3.0 * variance.sqrt()).ceil() as i64;
    let mut observed = vec![0_f64; (2 * far + 1) as usize];
    drawn.iter().filter(|x| x.abs() <= far).for_each(|x| observed[(x + far) as usize] += 1.0);
    let probabilities = expected(variance, far);
    let count = drawn.len() as f64;
    let inside: f64 =
        observed.iter().zip(&probabilities).map(|(seen, p)| (seen - count * p).powi(2) / (count * p)).sum();
    let outside = (1.0 - probabilities.iter().sum::<f64>()) * count;
    let beyond = drawn.iter().filter(|x| x.abs() > far).count() as f64;
    (inside + (beyond - outside).powi(2) / outside, observed.len())
}

/// The value that χ² of so many degrees of freedom passes once in a million (Wilson and Hilferty 1931).
fn once_in_a_million(degrees: usize) -> f64 {
    let n = degrees as f64;
    n * (1.0 - 2.0 / (9.0 * n) + 4.753 * (2.0 / (9.0 * n)).sqrt()).powi(3)
}

#[test]
fn numbers_are_those_of_the_discrete_gaussian_and_a_wrong_width_is_noticed() {
    for (seed, (rho, cells, variance)) in
        [("0.5", 1, 1.0), ("0.02", 1, 25.0), ("0.02", 4, 100.0), ("0.3", 1, 5.0 / 3.0), ("2", 1, 0.25)]
            .into_iter()
            .enumerate()
    {
        let noise = gaussian(rho, cells);
        assert!((noise.variance() - variance).abs() < 1e-9);
        let drawn = draws(noise, seed as u64, 60_000);
        let (found, degrees) = chi_squared(&drawn, variance);
        assert!(found < once_in_a_million(degrees), "ρ {rho}, {cells} cells: χ² {found} of {degrees}");
        // The same test does notice half the width, which is four times the loss.
        let (wrong, degrees) = chi_squared(&drawn, variance * 4.0);
        assert!(wrong > once_in_a_million(degrees), "the test can fail: {wrong} of {degrees}");
    }
}

#[test]
fn a_wide_noise_has_its_deviation() {
    // A deviation of 223.6: too wide for a class each.
    let drawn = draws(gaussian("0.00001", 1), 9, 20_000);
    let mean = drawn.iter().sum::<i64>() as f64 / drawn.len() as f64;
    let variance = drawn.iter().map(|x| (*x as f64).powi(2)).sum::<f64>() / drawn.len() as f64;
    assert!(mean.abs() < 5.0 * 223.6 / (drawn.len() as f64).sqrt(), "mean {mean}");
    assert!((variance / 50_000.0 - 1.0).abs() < 0.05, "variance {variance}");
}

#[test]
fn nineteen_of_twenty_are_as_close_as_is_said() {
    for (rho, cells) in [("0.5", 1), ("0.02", 1), ("0.02", 8), ("0.001", 1)] {
        let noise = gaussian(rho, cells);
        let drawn = draws(noise, 3, 20_000);
        let within = |distance: i64| drawn.iter().filter(|x| x.abs() <= distance).count() as f64 / drawn.len() as f64;
        let said = i64::from(noise.within());
        assert!(within(said) > 0.943, "{rho}/{cells}: ±{said} holds {}", within(said));
        assert!(within(said - 1) < 0.957, "{rho}/{cells}: ±{} would do", said - 1);
    }
}

#[test]
fn a_threshold_is_passed_by_one_unit_as_rarely_as_is_said() {
    for (rho, delta) in [("0.5", 1e-2), ("0.5", 1e-6), ("0.02", 1e-3)] {
        let noise = gaussian(rho, 1);
        let threshold = noise.threshold(delta);
        assert!(noise.at_least(threshold - 1) <= delta && noise.at_least(threshold - 2) > delta, "{rho} {delta}");
    }
    assert!((gaussian("0.5", 1).at_least(0) - 0.7).abs() < 0.01, "half, and half of what is nought");
    let noise = gaussian("0.5", 1);
    let drawn = draws(noise, 11, 20_000);
    let share = drawn.iter().filter(|drawn| **drawn >= 2).count() as f64 / drawn.len() as f64;
    assert!((share - noise.at_least(2)).abs() < 0.01, "{share}");
}

#[test]
fn without_random_bytes_nothing_is_drawn() {
    struct Dry;
    impl Entropy for Dry {
        fn fill(&self, _: &mut [u8]) -> Result<(), NoEntropy> {
            Err(NoEntropy)
        }
    }
    assert_eq!(gaussian("0.1", 1).draw(&mut Coins::new(&Dry)), Err(NoEntropy));
}

#[test]
fn what_is_below_is_fair_also_where_the_end_does_not_divide_the_words() {
    let random = SeededBytes::new(5);
    let mut coins = Coins::new(&random);
    let mut seen = [0_u32; 3];
    (0..30_000).for_each(|_| seen[coins.below(3).unwrap() as usize] += 1);
    assert!(seen.iter().all(|count| (9_600..10_400).contains(count)), "{seen:?}");
    // An end of more than half of all words is where half a generator would be off.
    let end = u128::MAX / 4 * 3;
    let high = (0..30_000).filter(|_| coins.below(end).unwrap() >= end / 3 * 2).count();
    assert!((9_600..10_400).contains(&high), "{high}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_loss_and_bound_gives_numbers(micro in 1_u32..=100_000_000, cells in 1_u32..10_000, seed in any::<u64>()) {
        let noise = Gaussian::new(Rho::from_micro(micro).unwrap(), cells);
        let deviation = noise.variance().sqrt();
        for drawn in draws(noise, seed, 8) {
            prop_assert!((drawn.unsigned_abs() as f64) <= 12.0 * deviation + 12.0);
        }
    }

    #[test]
    fn more_loss_is_never_more_noise(micro in 1_u32..50_000_000, more in 1_u32..50_000_000, cells in 1_u32..100) {
        let (wide, narrow) = (Rho::from_micro(micro).unwrap(), Rho::from_micro(micro + more).unwrap());
        prop_assert!(Gaussian::new(wide, cells).variance() >= Gaussian::new(narrow, cells).variance());
        prop_assert!(Gaussian::new(wide, cells).within() >= Gaussian::new(narrow, cells).within());
    }
}
