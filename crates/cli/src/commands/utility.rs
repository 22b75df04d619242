//! `ordinance utility`: what releases keep of real recordings.
//!
//! Every number comes from the release itself; what it is held against is counted apart, without it. Devices are tagged by
//! their number here, because tags are one for one and their key changes no count.

mod footfall;
mod nobody;
mod trips;

use std::fmt::Write as _;

use anyhow::bail;
use serde::Serialize;

use crate::args::Utility;
use crate::output::Output;

#[derive(Serialize)]
struct Figures {
    #[serde(skip_serializing_if = "Option::is_none")]
    footfall: Option<footfall::Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trips: Option<trips::Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<nobody::Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    air: Option<nobody::Figures>,
}

pub(crate) fn run(args: &Utility, output: &Output) -> anyhow::Result<()> {
    if args.wifi.is_empty() && args.pairs.is_none() && args.counts.is_none() && args.air.is_none() {
        bail!("name at least one recording: `--wifi`, `--pairs`, `--counts` or `--air`");
    }
    let footfall = (!args.wifi.is_empty()).then(|| footfall::figures(&args.wifi, args.minimum, args.budget));
    let figures = Figures {
        footfall: footfall.transpose()?,
        trips: args.pairs.as_deref().map(|file| trips::figures(file, args.budget)).transpose()?,
        counts: args.counts.as_deref().map(|file| nobody::figures(file, &["date", "hour", "year"])).transpose()?,
        air: args.air.as_deref().map(|file| nobody::figures(file, &["date", "ws", "wd"])).transpose()?,
    };
    output.result(&figures, &in_words(&figures))
}

fn in_words(figures: &Figures) -> String {
    let mut words = String::new();
    // Writing to a string does not fail.
    if let Some(footfall) = &figures.footfall {
        let _ = write!(words, "{footfall}");
    }
    if let Some(trips) = &figures.trips {
        let _ = write!(words, "{trips}");
    }
    for (name, nobody) in [("Counts by the hour", &figures.counts), ("Air by the hour", &figures.air)] {
        if let Some(nobody) = nobody {
            let _ = writeln!(words, "{name}: {nobody}");
        }
    }
    words.trim_end().to_owned()
}

/// How two rows of numbers go together, from -1 to 1 (Pearson); none where one of them does not change.
#[expect(clippy::cast_precision_loss, reason = "some thousand hours")]
fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let sum = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>();
    let (xy, xx, yy) = (
        sum(&|pair| (pair.0 - x) * (pair.1 - y)),
        sum(&|pair| (pair.0 - x).powi(2)),
        sum(&|pair| (pair.1 - y).powi(2)),
    );
    (xx > 0.0 && yy > 0.0).then(|| xy / (xx * yy).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rises_together_correlates_and_what_stands_still_does_not() {
        assert!((correlation(&[(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)]).unwrap() - 1.0).abs() < 1e-12);
        assert!((correlation(&[(1.0, 2.0), (2.0, 1.0)]).unwrap() + 1.0).abs() < 1e-12);
        assert_eq!(correlation(&[(1.0, 2.0), (1.0, 3.0)]), None);
        assert_eq!(correlation(&[]), None);
    }
}
