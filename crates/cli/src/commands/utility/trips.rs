//! Trips between pairs of places: what a minimum count keeps of them, and what a threshold with noise would.
//!
//! The pairs are free keys: that a pair is there at all says that somebody travelled. A recording has counts of trips and no
//! vehicles, so that each trip counts here as one that goes one way; a city's own threshold allows for several, and for a whole day.

use std::fmt;
use std::path::Path;

use anyhow::{Context, bail};
use model::Rho;
use privacy::Gaussian;
use serde::Serialize;

use crate::recorded::{Columns, table};

/// The minimum counts that cities use.
const MINIMUMS: [u64; 3] = [3, 5, 10];
/// How often a pair with one vehicle may pass the threshold.
const DELTA: f64 = 1e-6;

#[derive(Serialize)]
pub(super) struct Kept {
    /// The fewest trips that are shown.
    from: u64,
    /// Whether noise was added first.
    noise: bool,
    /// Share of the trips.
    trips: f64,
    /// Share of the pairs and hours.
    pairs: f64,
}

#[derive(Serialize)]
pub(super) struct Figures {
    trips: u64,
    pairs: usize,
    rho: Rho,
    delta: f64,
    kept: Vec<Kept>,
}

pub(super) fn figures(file: &Path, rho: Rho) -> anyhow::Result<Figures> {
    let totals = read(file)?;
    if totals.is_empty() {
        bail!("`{}` has no rows that could be read", file.display());
    }
    let mut kept: Vec<Kept> =
        MINIMUMS.map(|from| share(&totals, from, false, |total| if total >= from { 1.0 } else { 0.0 })).into();
    let gaussian = Gaussian::new(rho, 1);
    let threshold = gaussian.threshold(DELTA);
    let passes = |total: u64| i64::try_from(total).map_or(1.0, |total| gaussian.at_least(threshold - total));
    kept.push(share(&totals, threshold.unsigned_abs(), true, passes));
    Ok(Figures { trips: totals.iter().sum(), pairs: totals.len(), rho, delta: DELTA, kept })
}

#[expect(clippy::cast_precision_loss, reason = "some hundred thousand trips")]
fn share(totals: &[u64], from: u64, noise: bool, kept: impl Fn(u64) -> f64) -> Kept {
    let all = totals.iter().sum::<u64>() as f64;
    let trips = totals.iter().map(|total| *total as f64 * kept(*total)).sum::<f64>() / all;
    let pairs = totals.iter().map(|total| kept(*total)).sum::<f64>() / totals.len() as f64;
    Kept { from, noise, trips, pairs }
}

fn read(file: &Path) -> anyhow::Result<Vec<u64>> {
    let mut reader = table(file, b',')?;
    let header = Columns::of(&mut reader, file, &["ID", "hour", "total"])?;
    let mut totals = Vec::new();
    for row in reader.records() {
        let row = row.with_context(|| format!("`{}` has a row that is no CSV", file.display()))?;
        // They are written as `1.0`.
        let total =
            header.cell(&row, "total").and_then(|total| total.split('.').next()).and_then(|total| total.parse().ok());
        totals.extend(total.filter(|total: &u64| *total > 0));
    }
    Ok(totals)
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} trips between pairs of places by the hour, {} pairs and hours:", self.trips, self.pairs)?;
        for kept in &self.kept {
            let with = if kept.noise {
                format!(", with noise of ρ {} (δ {:e})", self.rho, self.delta)
            } else {
                String::new()
            };
            let (trips, pairs) = (kept.trips * 100.0, kept.pairs * 100.0);
            writeln!(f, "  from {:>3} on{with}: {trips:.1} % of the trips, {pairs:.1} % of the pairs", kept.from)?;
        }
        Ok(())
    }
}
