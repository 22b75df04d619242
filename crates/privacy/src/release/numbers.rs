//! From what a cell has gathered to the numbers of a table: exact above the minimum, or with noise.

use model::{Clamp, Measure, Percent, Rho, View};

use super::gather::{Cells, Gathered, HALF_RANGE};
use super::{CellKey, ReleaseError, ReleasedRow};
use crate::ledger::Charged;
use crate::noise::{Coins, Gaussian};

/// A mean is released in thousandths of its unit.
const MEAN_SCALE: i64 = 1_000;
/// Millionths in which means are summed up.
const MILLION: i128 = 1_000_000;

/// One number of a table.
pub(super) struct Number<'c> {
    pub(super) cell: &'c CellKey,
    pub(super) class: Option<u8>,
    pub(super) value: i64,
}

impl Number<'_> {
    pub(super) fn row(self) -> ReleasedRow {
        ReleasedRow { cell: self.cell.clone(), class: self.class, value: self.value }
    }
}

/// What numbers with noise are made with.
pub(super) struct Noisy<'a> {
    pub(super) gaussian: Gaussian,
    pub(super) charged: &'a Charged,
    /// From which number on they are shown.
    pub(super) least: i64,
}

/// Exact numbers; those that stand for too few are left out, nought too.
pub(super) fn exact<'c>(view: &View, measure: &Measure, cells: &'c Cells) -> Vec<Number<'c>> {
    let least = i64::from(view.minimum.0).max(1);
    let mut numbers = Vec::new();
    for (cell, classes) in cells.iter() {
        let counts: Vec<i64> = classes.iter().map(|gathered| gathered.units(measure)).collect();
        match measure {
            Measure::Mean { .. } => {
                let mean = |gathered: &Gathered| thousandths(gathered.sum, gathered.numbers);
                let value = classes.first().filter(|gathered| gathered.units(measure) >= least).and_then(mean);
                numbers.extend(value.map(|value| Number { cell, class: None, value }));
            }
            // Of people nobody asks for it without noise: see `fits`.
            Measure::ClampedMean { .. } => {}
            _ => numbers.extend(counted(cell, measure, &counts, least)),
        }
    }
    numbers
}

/// Numbers with noise in every class of every cell, those below the minimum left out after it was added.
pub(super) fn noisy<'c>(
    view: &View,
    measure: &Measure,
    cells: &'c Cells,
    noise: &Noisy<'_>,
    coins: &mut Coins<'_>,
) -> Result<Vec<Number<'c>>, ReleaseError> {
    let mut numbers = Vec::new();
    for (cell, classes) in cells.iter() {
        if let (Measure::ClampedMean { clamp, .. }, [gathered]) = (measure, classes) {
            let mean = noisy_mean(gathered, *clamp, view, noise, coins)?;
            numbers.extend(mean.map(|value| Number { cell, class: None, value }));
            continue;
        }
        let mut counts = Vec::with_capacity(classes.len());
        for gathered in classes {
            counts.push(gathered.units(measure).saturating_add(noise.gaussian.draw(coins)?));
        }
        numbers.extend(counted(cell, measure, &counts, noise.least));
    }
    Ok(numbers)
}

/// The numbers of one cell that follow from the counts of its classes alone.
fn counted<'c>(cell: &'c CellKey, measure: &Measure, counts: &[i64], least: i64) -> Vec<Number<'c>> {
    match measure {
        Measure::Quantile { edges, percent, .. } => {
            let value = quantile(counts, edges.as_slice(), *percent, least.max(1));
            value.map(|value| Number { cell, class: None, value }).into_iter().collect()
        }
        _ => {
            let classed = measure.edges().is_some();
            let number = |(class, value): (usize, &i64)| Number {
                cell,
                class: classed.then(|| u8::try_from(class).unwrap_or(u8::MAX)),
                value: *value,
            };
            counts.iter().enumerate().filter(|(_, value)| **value >= least).map(number).collect()
        }
    }
}

/// The lowest edge below which so many percent lie; none if too few are counted, or if it is none of the edges.
fn quantile(counts: &[i64], edges: &[i32], percent: Percent, least: i64) -> Option<i64> {
    // Before anything is cut, or noise alone would reach the minimum with many classes.
    if counts.iter().fold(0, |sum: i64, count| sum.saturating_add(*count)) < least {
        return None;
    }
    // What noise has put below nought counts as nought.
    let counts: Vec<i64> = counts.iter().map(|count| (*count).max(0)).collect();
    let total: i64 = counts.iter().sum();
    let mut below = 0;
    let edge = counts.iter().zip(edges).find(|(count, _)| {
        below += **count;
        i128::from(below) * 100 >= i128::from(total) * i128::from(percent.get())
    });
    edge.map(|(_, edge)| i64::from(*edge))
}

/// The mean of numbers between two limits: half of what the window may cost is spent on how many there are, half on their sum.
fn noisy_mean(
    gathered: &Gathered,
    clamp: Clamp,
    view: &View,
    noise: &Noisy<'_>,
    coins: &mut Coins<'_>,
) -> Result<Option<i64>, ReleaseError> {
    // The smallest loss cannot be halved.
    let Ok(half) = Rho::from_micro(noise.charged.rho().micro() / 2) else { return Ok(None) };
    let cells = view.bound.0.unwrap_or(1);
    let count = i64::try_from(gathered.tags.len()).unwrap_or(i64::MAX);
    let count = count.saturating_add(Gaussian::new(half, cells).draw(coins)?);
    // One unit moves the sum by half the range at most; the noise is as wide as so many cells, each counted once.
    let reach = u32::try_from(HALF_RANGE * HALF_RANGE).unwrap_or(u32::MAX);
    let sum = gathered.clamped_sum.saturating_add(Gaussian::new(half, cells.saturating_mul(reach)).draw(coins)?);
    if count < noise.least.max(1) {
        return Ok(None);
    }
    let (lowest, highest) = (i128::from(clamp.lowest()), i128::from(clamp.highest()));
    let scale = i128::from(MEAN_SCALE);
    // The middle, and from there so many thousandths of half the range.
    let above = (highest - lowest) * scale * i128::from(sum) / (2 * i128::from(HALF_RANGE) * i128::from(count));
    let mean = (lowest + highest) * scale / 2 + above;
    Ok(i64::try_from(mean.clamp(lowest * scale, highest * scale)).ok())
}

/// A mean of numbers in millionths, in thousandths, rounded down.
fn thousandths(sum: i128, numbers: u64) -> Option<i64> {
    i64::try_from(sum.div_euclid(i128::from(numbers) * (MILLION / i128::from(MEAN_SCALE)))).ok()
}
