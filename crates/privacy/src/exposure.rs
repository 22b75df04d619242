//! The order of views by exposure: which of two views of one stream shows no more than the other.
//!
//! A partial order over what a view tells today: identifiers, minimum, time and space grain, delay, depth, fields. Two
//! views that measure different things are not comparable.

use model::{Exposure, Space, View};

/// Whether `a` exposes no more than `b`.
#[must_use]
pub fn no_more_than(a: &View, b: &View) -> bool {
    a.stream == b.stream
        && a.identifiers <= b.identifiers
        && a.minimum >= b.minimum
        && a.delay >= b.delay
        && a.depth <= b.depth
        && exposure_no_more(&a.exposure, &b.exposure)
}

fn exposure_no_more(a: &Exposure, b: &Exposure) -> bool {
    match (a, b) {
        (Exposure::Records { fields: a }, Exposure::Records { fields: b }) => a.is_subset(b),
        (
            Exposure::Windows { bin: a_bin, space: a_space, measure: a_measure },
            Exposure::Windows { bin: b_bin, space: b_space, measure: b_measure },
        ) => {
            // A coarser grid is a function of the finer one only where it is made of whole finer windows.
            let coarser = a_bin.span().as_seconds().is_multiple_of(b_bin.span().as_seconds());
            coarser && space_no_more(*a_space, *b_space) && a_measure == b_measure
        }
        // Windows over what records show, and the reverse, are not compared: the records may lack the measure.
        _ => false,
    }
}

const fn space_no_more(a: Space, b: Space) -> bool {
    match (a, b) {
        (Space::Stream, _) | (Space::Sensor, Space::Sensor) => true,
        (Space::Cell { resolution: a }, Space::Cell { resolution: b }) => a.level() <= b.level(),
        (Space::Cell { .. }, Space::Sensor) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Bound, Delay, Depth, IdentifierExposure, Measure, MinimumUnits, Noise, Span, TimeBin, ViewVersion};
    use proptest::prelude::*;

    prop_compose! {
        fn view()(
            minutes in proptest::sample::select(vec![5_u32, 15, 60]),
            space in proptest::sample::select(vec![0_u8, 1, 2, 3]),
            records in any::<bool>(),
            fields in proptest::sample::subsequence(vec!["a", "b", "c"], 0..3),
            identifiers in proptest::sample::select(vec![IdentifierExposure::None, IdentifierExposure::Rotating, IdentifierExposure::Raw]),
            minimum in 0_u32..3, delay in 0_u32..3, depth in 0_u32..3,
        ) -> View {
            let space = match space { 0 => Space::Stream, 1 => Space::Sensor, level => Space::Cell { resolution: (level + 5).try_into().unwrap() } };
            let bin = TimeBin::new(Span::minutes(minutes)).unwrap();
            let exposure = if records {
                Exposure::Records { fields: fields.into_iter().map(|field| field.parse().unwrap()).collect() }
            } else {
                Exposure::Windows { bin, space, measure: Measure::Observations }
            };
            View {
                id: "v".parse().unwrap(), version: ViewVersion(1), stream: "s".parse().unwrap(), title: "t".to_owned(), exposure,
                identifiers, minimum: MinimumUnits(minimum), bound: Bound(None), noise: Noise::None,
                delay: Delay(Span::minutes(delay)), depth: Depth(Span::days(depth)),
            }
        }
    }

    proptest! {
        #[test]
        fn it_is_a_partial_order(a in view(), b in view(), c in view()) {
            prop_assert!(no_more_than(&a, &a));
            if no_more_than(&a, &b) && no_more_than(&b, &a) {
                prop_assert_eq!(&a, &b);
            }
            if no_more_than(&a, &b) && no_more_than(&b, &c) {
                prop_assert!(no_more_than(&a, &c));
            }
        }
    }
}
