//! Adversaries with time, and with devices of their own: who intersects many days, and who forges phones until a cell is
//! shown that would have been withheld.
//!
//! Exact counts stand against neither, and are tried here as well, so that the attacks are known to work. What stands against
//! them is that keys die with their epoch, and noise: its bound on right guesses is Φ(√(ρ/2)) for a loss of ρ in all (Dong,
//! Roth and Su 2022).

use std::collections::{BTreeSet, HashSet};

use model::{DeviceId, MinimumUnits, Noise, Point, Stream, Timestamp, View};
use privacy::release::{Paid, Sensor, release};
use privacy::{Column, Columns, Ledger};
use testkit::SeededBytes;

use crate::fixture::{counts, wifi};
use crate::tags::{addresses, tags};

const QUARTER: i64 = 900_000;
const DAY: i64 = 86_400_000;
const TARGET: u64 = 1_000_000;
/// How often each attack is tried with the person and without.
const TRIES: u64 = 400;

/// A number of each day and person, that repeats.
fn mixed(a: u64, b: u64) -> u64 {
    let mixed = (a ^ b.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32
}

#[test]
fn whoever_intersects_the_tags_of_many_days_is_left_with_nobody() {
    let all = addresses(0, 2_000);
    // Each of the others is near on a tenth of the days; one person on every day.
    let near = |day: u64| -> Vec<String> {
        let others = (1..2_000_u64).filter(|person| mixed(day, *person).is_multiple_of(10));
        std::iter::once(0).chain(others).map(|person| all[usize::try_from(person).unwrap()].clone()).collect()
    };
    let left = |key_of: &dyn Fn(u64) -> [u8; 32]| -> HashSet<u64> {
        let days = (0..8).map(|day| tags(key_of(day), "wifi", "mac", "mac-address", &near(day)).into_iter().collect());
        days.reduce(|kept: HashSet<u64>, day| kept.intersection(&day).copied().collect()).unwrap()
    };
    let forever = left(&|_| [7; 32]);
    assert_eq!(forever.len(), 1, "under one key the intersection is the person");
    let daily = left(&|day| [u8::try_from(day).unwrap(); 32]);
    assert_eq!(daily, HashSet::new(), "under a key for each day it is nobody");
}

/// The number that is released of a window in which these are at the sensor; none if it is withheld.
fn number(
    view: &View,
    stream: &Stream,
    at: i64,
    there: &[u64],
    ledger: &mut Ledger,
    random: &SeededBytes,
) -> Option<i64> {
    let id: DeviceId = "a".parse().unwrap();
    let sensors = [Sensor::at(id.clone(), Point::new(16.6, 49.2).unwrap())];
    let rows = there.len();
    let tags = Column::Tag(there.iter().map(|tag| Some(*tag)).collect());
    let columns = Columns::from_parts(
        vec![id],
        vec![at; rows],
        vec![0; rows],
        vec![1; rows],
        vec![("mac".parse().unwrap(), tags)],
    );
    let window = view.bin().unwrap().window(Timestamp::from_millis(at));
    let paid: Paid<'_> = view.noise.rho().map(|_| (ledger.charge(view, stream, window).unwrap(), random as _));
    let table = release(view, stream, window, &sensors, &[columns.unwrap()], paid).unwrap();
    table.get().rows.first().map(|row| row.value)
}

/// The share of right guesses at the best threshold, from what an attack makes of so many tries with the person and without.
fn right(attack: impl Fn(bool, u64) -> i64) -> f64 {
    let tries = |with: bool| -> Vec<i64> { (0..TRIES).map(|number| attack(with, number)).collect() };
    let (with, without) = (tries(true), tries(false));
    let thresholds: BTreeSet<i64> = with.iter().chain(&without).copied().collect();
    let share = |threshold: &i64| {
        let hits = with.iter().filter(|found| *found >= threshold).count();
        (hits + without.iter().filter(|found| *found < threshold).count()) as f64 / (2 * TRIES) as f64
    };
    thresholds.iter().map(share).fold(0.5, f64::max)
}

#[test]
fn whoever_intersects_the_numbers_of_many_days_guesses_no_better_than_was_charged() {
    // The adversary knows everybody else, and that the person comes at eight o'clock on every second of sixteen days.
    let attack = |view: &View, stream: &Stream, with: bool, number_of: u64| -> i64 {
        let random = SeededBytes::new(number_of * 2 + u64::from(with));
        let mut ledger = Ledger::default();
        let of_day = |day: u64| {
            let mut there: Vec<u64> = (0..12 + mixed(day, number_of) % 20).collect();
            let known = there.len() as i64;
            let comes = day.is_multiple_of(2);
            if with && comes {
                there.push(TARGET);
            }
            let at = i64::try_from(day).unwrap() * DAY + 32 * QUARTER;
            let above = number(view, stream, at, &there, &mut ledger, &random).map_or(0, |value| value - known);
            if comes { above } else { -above }
        };
        (0..16).map(of_day).sum()
    };
    let exact = right(|with, tried| attack(&counts(Noise::None, 1), &wifi(None), with, tried));
    assert!((exact - 1.0).abs() < f64::EPSILON, "exact counts add up to the person: {exact}");
    let noise = Noise::Gaussian { rho: "0.005".parse().unwrap() };
    let noisy = right(|with, tried| attack(&counts(noise, 1), &wifi(Some("0.5")), with, tried));
    // Eight windows of 0.005 are 0.04 in all: Φ(√0.02) = 0.556. 800 guesses deviate by 0.018, the best threshold by more.
    assert!(noisy < 0.556 + 0.06, "{noisy} right");
}

#[test]
fn whoever_forges_phones_until_a_cell_is_shown_guesses_no_better_than_was_charged() {
    // Nine forged phones are sent over the air, so that a minimum of ten is passed if one person is there.
    let attack = |view: &View, stream: &Stream, with: bool, tried: u64| -> i64 {
        let random = SeededBytes::new(tried * 2 + u64::from(with));
        let mut there: Vec<u64> = (0..9).collect();
        if with {
            there.push(TARGET);
        }
        let shown = number(view, stream, 32 * QUARTER, &there, &mut Ledger::default(), &random);
        shown.map_or(0, |value| value - 9)
    };
    let ten = |noise| View { minimum: MinimumUnits(10), ..counts(noise, 1) };
    let exact = right(|with, tried| attack(&ten(Noise::None), &wifi(None), with, tried));
    assert!((exact - 1.0).abs() < f64::EPSILON, "a minimum counts what a sensor hears, forged or not: {exact}");
    let noise = Noise::Gaussian { rho: "0.005".parse().unwrap() };
    let noisy = right(|with, tried| attack(&ten(noise), &wifi(Some("0.5")), with, tried));
    // One window of 0.005: Φ(0.05) = 0.52.
    assert!(noisy < 0.52 + 0.06, "{noisy} right");
}
