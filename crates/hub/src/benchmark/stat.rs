//! Intervals, by formulas that anyone can work out again: Wilson's for shares, order statistics for medians.
//!
//! A city's log is no sample but all there is. The interval says how far the number may be from the habit behind it, if what was
//! counted is taken as some of many like cases; with few cases it is wide, and that is its use.

use std::collections::BTreeMap;

use serde::Serialize;

/// The two-sided 95 per cent point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;
/// What an interval may miss on each side.
const TAIL: f64 = 0.025;

/// A number and its interval of 95 per cent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The number.
    pub value: f64,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// A share with Wilson's interval; none of nothing.
#[must_use]
pub fn share_interval(numerator: u64, denominator: u64) -> Option<Interval> {
    if denominator == 0 {
        return None;
    }
    let (n, share) = (float(denominator), float(numerator.min(denominator)) / float(denominator));
    let scale = 1.0 + Z * Z / n;
    let middle = (share + Z * Z / (2.0 * n)) / scale;
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt() / scale;
    // The ends are exact where the share is: rounding must not push them past the number.
    Some(Interval { value: share, low: (middle - half).clamp(0.0, share), high: (middle + half).clamp(share, 1.0) })
}

/// The lower median, and the ranks around it between which the median lies with at least 95 per cent; none of nothing. With
/// fewer than six there is no such interval: then it reaches from 0 to the largest number.
#[must_use]
pub fn median_interval(days: &BTreeMap<u32, u64>) -> Option<Interval> {
    let sample: u64 = days.values().sum();
    let median = ranked(days, sample.checked_sub(1)? / 2)?;
    let interval = match rank_below(sample) {
        Some(below) => (ranked(days, below)?, ranked(days, sample - 1 - below)?),
        None => (0, u32::MAX),
    };
    Some(Interval { value: f64::from(median), low: f64::from(interval.0), high: f64::from(interval.1) })
}

/// The number at a rank, counted from 0.
fn ranked(days: &BTreeMap<u32, u64>, rank: u64) -> Option<u32> {
    let mut before = 0_u64;
    let mut each = days.iter();
    each.find_map(|(day, number)| {
        before = before.saturating_add(*number);
        (before > rank).then_some(*day)
    })
}

/// The highest rank (from 0) below which the median lies with at most 2.5 per cent; none if there is none.
fn rank_below(sample: u64) -> Option<u64> {
    if sample > 1_000 {
        // The binomial is as good as normal here; one rank to the safe side.
        let below = (float(sample) / 2.0 - Z * float(sample).sqrt() / 2.0).floor() - 1.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the sample's size"
        )]
        return Some(below.max(0.0) as u64);
    }
    // Binomial(sample, 1/2): the chance that at most `k` of the sample lie below the median.
    let mut chance = 0.5_f64.powi(i32::try_from(sample).unwrap_or(i32::MAX));
    let (mut sum, mut found) = (0.0, None);
    for k in 0..sample {
        sum += chance;
        if sum > TAIL {
            break;
        }
        found = Some(k);
        chance *= float(sample - k) / float(k + 1);
    }
    found
}

#[expect(clippy::cast_precision_loss, reason = "2^52 things are more than there are")]
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wilson_gives_what_the_tables_give() {
        // Newcombe 1998, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (some, all, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let interval = share_interval(some, all).unwrap();
            assert!(
                (interval.low - low).abs() < 5e-5 && (interval.high - high).abs() < 5e-5,
                "{some}/{all}: {interval:?}"
            );
        }
        assert_eq!(share_interval(0, 0), None);
        assert_eq!(share_interval(5, 5).map(|interval| interval.high), Some(1.0));
    }

    #[test]
    fn the_ranks_around_a_median_are_those_of_the_tables() {
        // Counted from 1, as tables of distribution-free intervals do: of 6 the 1st and 6th, of 10 the 2nd and 9th, of 20 the
        // 6th and 15th, of 100 the 40th and 61st.
        for (sample, rank) in [(6, 1), (10, 2), (20, 6), (100, 40)] {
            let days: BTreeMap<u32, u64> = (1..=sample).map(|day| (day, 1)).collect();
            let interval = median_interval(&days).unwrap();
            assert_eq!((interval.low, interval.high), (f64::from(rank), f64::from(sample + 1 - rank)), "{sample}");
        }
        let few = median_interval(&BTreeMap::from([(3, 5)])).unwrap();
        assert_eq!((few.value, few.low, few.high), (3.0, 0.0, f64::from(u32::MAX)));
        assert_eq!(median_interval(&BTreeMap::new()), None);
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_number_and_narrows_with_more_of_the_same(some in 0_u64..500, more in 0_u64..500, times in 2_u64..50) {
            let all = some + more;
            if let Some(few) = share_interval(some, all) {
                let many = share_interval(some * times, all * times).unwrap();
                prop_assert!(few.low <= few.value && few.value <= few.high);
                prop_assert!(many.high - many.low <= few.high - few.low);
                prop_assert!(few.low >= 0.0 && few.high <= 1.0);
            }
        }

        #[test]
        fn the_median_lies_in_its_interval(days in proptest::collection::btree_map(0_u32..400, 1_u64..400, 1..40)) {
            let interval = median_interval(&days).unwrap();
            prop_assert!(interval.low <= interval.value && interval.value <= interval.high);
        }
    }
}
