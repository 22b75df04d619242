//! A statistical audit of releases with noise, from outside: what can be told of one unit from many releases is held
//! against what the ledger charged for them. It must be able to fail, so it is also run against faults made on purpose.
//!
//! A mechanism of loss ρ keeps, for every event, √ln(1/q) - √ln(1/p) ≤ √ρ, where p and q are the event's probabilities with
//! the unit and without (from its Rényi divergences of all orders; Bun and Steinke 2016, proposition 10, solved for ρ). Here
//! p and q are bounded from what was seen (Clopper and Pearson 1934, approximated by Wilson's bounds, at one in a million).

use model::entropy::{Entropy, NoEntropy};
use model::{DeviceId, Noise, Point, Rho, Timestamp, View, Window};
use privacy::release::{Sensor, release};
use privacy::{Column, Columns, Ledger};
use testkit::SeededBytes;

use crate::fixture::{counts, wifi};

const SENSORS: usize = 16;
const ROUNDS: usize = 3_000;
/// Normal deviations that a bound is passed beyond once in a million.
const DEVIATIONS: f64 = 4.75;

fn view(rho: &str, cells: u32) -> View {
    counts(Noise::Gaussian { rho: rho.parse().unwrap() }, cells)
}

fn ids() -> Vec<DeviceId> {
    (0..SENSORS).map(|number| format!("s{number:02}").parse().unwrap()).collect()
}

/// Two others at the first sensor, and the unit that is looked for at the first `everywhere` of all.
fn rows(everywhere: usize) -> Columns {
    let mut seen: Vec<(u32, u64)> = vec![(0, 1), (0, 2)];
    seen.extend((0..everywhere as u32).map(|sensor| (sensor, 7)));
    Columns::from_parts(
        ids(),
        vec![60_000; seen.len()],
        seen.iter().map(|seen| seen.0).collect(),
        vec![1; seen.len()],
        vec![("mac".parse().unwrap(), Column::Tag(seen.iter().map(|seen| Some(seen.1)).collect()))],
    )
    .unwrap()
}

/// The sum of the first numbers of each release: of the cells in which the unit is, which tells most of it.
fn sums(view: &View, rows: &Columns, first: usize, entropy: &dyn Entropy) -> Vec<i64> {
    let position = Point::new(16.6, 49.2).unwrap();
    let sensors: Vec<Sensor> = ids().into_iter().map(|id| Sensor::at(id, position)).collect();
    let window = Window { start: Timestamp::UNIX_EPOCH, end: Timestamp::from_millis(900_000) };
    let stream = wifi(Some("100"));
    let once = || {
        let charged = Ledger::default().charge(view, &stream, window).unwrap();
        let paid = Some((charged, entropy));
        let table = release(view, &stream, window, &sensors, std::slice::from_ref(rows), paid).unwrap();
        assert_eq!(table.get().rows.len(), SENSORS);
        table.get().rows.iter().take(first).map(|row| row.value).sum()
    };
    (0..ROUNDS).map(|_| once()).collect()
}

/// Bounds of a probability of which so many of so many were seen.
fn bounds(seen: usize, of: usize) -> (f64, f64) {
    let (n, p, z) = (of as f64, seen as f64 / of as f64, DEVIATIONS);
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// The smallest loss that explains what was seen with the unit and without.
pub(crate) fn at_least(with: &[i64], without: &[i64]) -> f64 {
    let (low, high) = (*without.iter().min().unwrap(), *with.iter().max().unwrap());
    let loss = |p: f64, q: f64| ((1.0 / q).ln().sqrt() - (1.0 / p).ln().sqrt()).max(0.0).powi(2);
    let event = |threshold: i64| {
        let above = |values: &[i64]| bounds(values.iter().filter(|value| **value > threshold).count(), values.len());
        loss(above(with).0, above(without).1)
    };
    (low..=high).map(event).fold(0.0, f64::max)
}

fn audited(view: &View, everywhere: usize, seed: u64) -> f64 {
    let (one, two) = (SeededBytes::new(seed), SeededBytes::new(seed + 1));
    at_least(&sums(view, &rows(everywhere), everywhere, &one), &sums(view, &rows(0), everywhere, &two))
}

#[test]
fn what_is_seen_never_shows_more_than_was_charged() {
    for (seed, (rho, cells, there)) in [("0.5", 1, 1), ("0.5", 1, SENSORS), ("0.5", 4, SENSORS)].into_iter().enumerate()
    {
        let claimed: Rho = rho.parse().unwrap();
        // Wherever the unit is, it counts in no more cells than its bound.
        let found = audited(&view(rho, cells), there, seed as u64 * 2);
        assert!(found < f64::from(claimed.micro()) / 1e6, "{rho} was charged, {found} is shown");
    }
}

#[test]
fn a_quarter_of_the_width_is_noticed() {
    // Charged as 0.05 and drawn as if 16 times that had been: an audit of one cell sees more than 0.05.
    let found = audited(&view("0.8", 1), 1, 20);
    assert!(found > 0.05, "only {found} is shown, so that this audit could not have failed");
}

#[test]
fn a_unit_that_counts_everywhere_is_noticed() {
    // The same width of noise, for one cell; but the bound is not held: the unit counts in all sixteen.
    let wide = view("0.5", 1);
    let Noise::Gaussian { rho } = wide.noise else { unreachable!() };
    let unbounded = View {
        bound: model::Bound(Some(16)),
        noise: Noise::Gaussian { rho: Rho::from_micro(rho.micro() * 16).unwrap() },
        ..wide
    };
    let found = audited(&unbounded, SENSORS, 30);
    assert!(found > 0.5, "only {found} is shown");
}

#[test]
fn bytes_that_come_again_are_noticed() {
    struct Again;
    impl Entropy for Again {
        fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
            SeededBytes::new(1).fill(buffer)
        }
    }
    let view = view("0.5", 1);
    assert!(at_least(&sums(&view, &rows(1), 1, &Again), &sums(&view, &rows(0), 1, &Again)) > 0.5);
}
