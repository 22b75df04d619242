//! Somebody who knows four points of a person's day, and the counts of everybody else, and wants to know from a day of
//! released windows whether the person was there (de Montjoye 2013 singles 95 % of people out by four such points).
//!
//! How good a guess can be is bounded by what was charged: for noise of loss ρ in all it is the Gaussian's own trade-off, so
//! that the share of right guesses is Φ(√(ρ/2)) at most (Dong, Roth and Su 2022, for means √(2ρ) apart).

use model::{DeviceId, Noise, Point, Rho, Stream, TimeBin, Timestamp, View};
use privacy::release::{CellKey, Paid, Sensor, release};
use privacy::{Column, Columns, Ledger};
use testkit::SeededBytes;

use crate::fixture::{counts, wifi};

/// (Quarter of an hour, sensor) of the person.
const POINTS: [(i64, u32); 4] = [(32, 0), (33, 2), (70, 2), (71, 0)];
const TARGET: u64 = 1_000_000;
const DAYS: u64 = 400;
const QUARTER: i64 = 900_000;

/// Ten others in each quarter of an hour at each sensor, and the person or not.
fn day(with: bool) -> Columns {
    let others = POINTS.iter().flat_map(|(quarter, _)| (0..3_u32).map(move |sensor| (*quarter, sensor)));
    let mut seen: Vec<(i64, u32, u64)> =
        others.flat_map(|(quarter, sensor)| (0..10).map(move |tag| (quarter, sensor, tag))).collect();
    if with {
        seen.extend(POINTS.iter().map(|(quarter, sensor)| (*quarter, *sensor, TARGET)));
    }
    Columns::from_parts(
        ids(),
        seen.iter().map(|seen| seen.0 * QUARTER).collect(),
        seen.iter().map(|seen| seen.1).collect(),
        vec![1; seen.len()],
        vec![(
            "mac".parse().unwrap(),
            Column::Tag(
                seen.iter().map(|seen| Some(seen.2 + u64::from(seen.1) * 100 * u64::from(seen.2 != TARGET))).collect(),
            ),
        )],
    )
    .unwrap()
}

fn ids() -> Vec<DeviceId> {
    ["a", "b", "c"].map(|id| id.parse().unwrap()).to_vec()
}

/// What the attacker makes of a day: by how much the person's four cells lie above what everybody else explains.
fn suspicion(view: &View, stream: &Stream, columns: &Columns, random: &SeededBytes) -> i64 {
    let position = Point::new(16.6, 49.2).unwrap();
    let sensors: Vec<Sensor> = ids().into_iter().map(|id| Sensor::at(id, position)).collect();
    let mut ledger = Ledger::default();
    let above = |(quarter, sensor): &(i64, u32)| {
        let window = view.bin().unwrap().window(Timestamp::from_millis(quarter * QUARTER));
        let paid: Paid<'_> = view.noise.rho().map(|_| (ledger.charge(view, stream, window).unwrap(), random as _));
        let table = release(view, stream, window, &sensors, std::slice::from_ref(columns), paid).unwrap();
        let key = CellKey::Sensor(ids()[*sensor as usize].clone());
        table.get().rows.iter().find(|row| row.cell == key).map_or(0, |row| row.value) - 10
    };
    POINTS.iter().map(above).sum()
}

/// The share of right guesses on so many days with the person and without, at the best threshold.
fn right(view: &View, stream: &Stream) -> f64 {
    assert_eq!(view.bin(), TimeBin::new(model::Span::minutes(15)).ok());
    let guesses = |with: bool| -> Vec<i64> {
        let columns = day(with);
        (0..DAYS)
            .map(|number| suspicion(view, stream, &columns, &SeededBytes::new(number * 2 + u64::from(with))))
            .collect()
    };
    let (with, without) = (guesses(true), guesses(false));
    let share = |threshold: i64| {
        let hits = with.iter().filter(|found| **found >= threshold).count();
        let rejections = without.iter().filter(|found| **found < threshold).count();
        (hits + rejections) as f64 / (2 * DAYS) as f64
    };
    (-100..=100).map(share).fold(0.5, f64::max)
}

#[test]
fn whoever_knows_four_points_of_somebody_guesses_no_better_than_was_charged() {
    // Exact counts give everybody away to whoever knows all others: a minimum is no help where ten others are there.
    let exact = right(&counts(Noise::None, 1), &wifi(None));
    assert!((exact - 1.0).abs() < f64::EPSILON, "the attack works: {exact}");
    let rho: Rho = "0.005".parse().unwrap();
    let noisy = right(&counts(Noise::Gaussian { rho }, 1), &wifi(Some("0.5")));
    // Four windows of 0.005 are 0.02 in all: Φ(0.1) is 0.54, and 800 guesses deviate by 0.018, the best threshold by more.
    assert!(noisy < 0.54 + 0.06, "{noisy} right");
}
