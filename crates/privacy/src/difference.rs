//! Which two views of one stream must not stand beside each other, because one subtracted from the other tells what is
//! withheld.
//!
//! Views of one stream about people are safe beside each other only if they count the same on one grid, where every number
//! of the one is the same number of the other. Two tags of one stream may be two names of one thing, such as the plates at
//! the front and at the rear of a car, so that other tags are no other people. Any coarser, finer or shifted grid is refused: its numbers and those shown
//! bound a withheld one, exactly so where people do not move between the cells. Two views with noise are safe beside each
//! other on any grid: the budget pays for both. What this does not look at: views of other streams, and what a recipient
//! knows besides.

use model::{Exposure, Identifies, Noise, Stream, View};

/// In what two views differ so that one can be subtracted from the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// One counts in other places than the other.
    Space,
    /// One counts in other windows than the other.
    Bin,
    /// One counts each tag in more cells than the other.
    Bound,
    /// One counts in classes, or other classes.
    Class,
    /// One counts other tags than the other.
    Tags,
}

impl Difference {
    /// What a recipient of both could work out, as an example for people.
    #[must_use]
    pub const fn example(self) -> &'static str {
        match self {
            Self::Space => {
                "if 13 were counted in all and 12 at the only sensor that is shown, somebody was at another sensor, alone"
            }
            Self::Bin => {
                "if 32 were counted in an hour and 30 in the quarters of it that are shown, at least 2 were there in the \
                 quarter that is withheld"
            }
            Self::Class => {
                "if 13 were counted in all and 12 in the only class that is shown, somebody was in another class, alone"
            }
            Self::Tags => {
                "if 13 cars were counted by their front plates at all sensors, and 12 by their rear plates at the only sensor \
                 that is shown, one car was at another sensor, alone"
            }
            Self::Bound => {
                "if one view counts 12 at a sensor and the other, which counts everybody at fewer sensors, 11, then one of \
                 the 12 was elsewhere too"
            }
        }
    }
}

/// Whether the numbers of two views of a stream, held against each other, tell what one of them withholds; in what they
/// differ if so. The same for both orders of the two.
#[must_use]
pub fn subtractable(a: &View, b: &View, stream: &Stream) -> Option<Difference> {
    let (
        Exposure::Windows { bin: a_bin, space: a_space, measure: a_measure },
        Exposure::Windows { bin: b_bin, space: b_space, measure: b_measure },
    ) = (&a.exposure, &b.exposure)
    else {
        return None;
    };
    if stream.identifies() == Identifies::Nobody || a.stream != b.stream {
        return None;
    }
    // What both tell together is paid for: the difference has the noise of either.
    if a.noise != Noise::None && b.noise != Noise::None {
        return None;
    }
    if a_measure.unit() != b_measure.unit() {
        return Some(Difference::Tags);
    }
    if a_measure != b_measure {
        return Some(Difference::Class);
    }
    // All bins divide the day, so that the windows of any two make up the same day.
    match (a_space != b_space, a_bin != b_bin, a.bound != b.bound) {
        (true, _, _) => Some(Difference::Space),
        (_, true, _) => Some(Difference::Bin),
        (_, _, true) => Some(Difference::Bound),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::{CellKey, ReleasedTable, Sensor, release};
    use crate::{Column, Columns};
    use model::{Point, Timestamp, Window};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn views_that_may_stand_together_show_the_same_numbers(
            seen in proptest::collection::vec((0_u32..3, 0_u64..30, 0_i64..60), 0..200),
            minimum in (1_u32..12, 1_u32..12), bins in (0_usize..3, 0_usize..3), spaces in (any::<bool>(), any::<bool>()),
            bounds in (proptest::option::of(1_u32..3), proptest::option::of(1_u32..3)),
        ) {
            let bin = |at: usize| [15, 20, 60][at];
            let a = counting(minimum.0, bin(bins.0), spaces.0, bounds.0);
            let b = counting(minimum.1, bin(bins.1), spaces.1, bounds.1);
            prop_assert_eq!(subtractable(&a, &b, &wifi()), subtractable(&b, &a, &wifi()));
            if subtractable(&a, &b, &wifi()).is_none() {
                let (a, b) = (tables(&a, &seen), tables(&b, &seen));
                for (table, other) in a.iter().zip(&b) {
                    prop_assert_eq!(table.window, other.window);
                    for row in &table.rows {
                        let same = other.rows.iter().find(|other| other.cell == row.cell);
                        prop_assert!(same.is_none_or(|same| same.value == row.value), "no difference to learn from");
                    }
                }
            }
        }
    }

    fn wifi() -> Stream {
        let json = r#"{"id":"wifi","time":{"do":"keep"},"retention":"24h","properties":{
            "mac":{"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"24h"}}}}"#;
        serde_json::from_str(json).unwrap()
    }

    fn counting(minimum: u32, minutes: u32, by_sensor: bool, bound: Option<u32>) -> View {
        let json = format!(
            r#"{{"id":"v","version":1,"stream":"wifi","title":"t","exposure":{{"as":"windows","bin":"{minutes}m","space":{{"by":"{}"}},
            "measure":{{"of":"distinct","property":"mac"}}}},"identifiers":"none","minimum":{minimum},"bound":{},"noise":"none",
            "delay":"0s","depth":"1d"}}"#,
            if by_sensor { "sensor" } else { "stream" },
            bound.map_or("null".to_owned(), |bound| bound.to_string()),
        );
        serde_json::from_str(&json).unwrap()
    }

    /// The tables of one hour of (sensor, tag, minute).
    fn tables(view: &View, seen: &[(u32, u64, i64)]) -> Vec<ReleasedTable> {
        let ids = ["a", "b", "c"].map(|id| id.parse().unwrap());
        let position = Point::new(16.6, 49.2).unwrap();
        let sensors: Vec<Sensor> = ids.iter().map(|id: &model::DeviceId| Sensor::at(id.clone(), position)).collect();
        let columns = Columns::from_parts(
            ids.to_vec(),
            seen.iter().map(|row| row.2 * 60_000).collect(),
            seen.iter().map(|row| row.0).collect(),
            vec![1; seen.len()],
            vec![("mac".parse().unwrap(), Column::Tag(seen.iter().map(|row| Some(row.1)).collect()))],
        )
        .unwrap();
        let width = view.bin().unwrap().span().millis();
        let windows = (0..3_600_000 / width).map(|at| Window {
            start: Timestamp::from_millis(at * width),
            end: Timestamp::from_millis((at + 1) * width),
        });
        let table = |window| {
            release(view, &wifi(), window, &sensors, std::slice::from_ref(&columns), None).unwrap().get().clone()
        };
        windows.map(table).collect()
    }

    #[test]
    fn each_kind_of_difference_tells_of_fewer_than_the_minimum() {
        let sum =
            |tables: &[ReleasedTable]| tables.iter().flat_map(|table| &table.rows).map(|row| row.value).sum::<i64>();
        // Twelve at a, and one person alone at b, whom no number may show.
        let mut seen: Vec<(u32, u64, i64)> = (0..12).map(|tag| (0, tag, 0)).collect();
        seen.push((1, 99, 0));
        let (total, sensors) = (counting(10, 60, false, None), counting(10, 60, true, None));
        assert_eq!(subtractable(&total, &sensors, &wifi()), Some(Difference::Space));
        assert_eq!(sum(&tables(&total, &seen)) - sum(&tables(&sensors, &seen)), 1);
        // Ten in each of three quarters, and two others in the last.
        let mut seen: Vec<(u32, u64, i64)> =
            (0..30).map(|tag| (0, tag, i64::try_from(tag / 10).unwrap() * 15)).collect();
        seen.extend([(0, 50, 45), (0, 51, 45)]);
        let (hours, quarters) = (counting(10, 60, true, None), counting(10, 15, true, None));
        assert_eq!(subtractable(&hours, &quarters, &wifi()), Some(Difference::Bin));
        assert_eq!(sum(&tables(&hours, &seen)) - sum(&tables(&quarters, &seen)), 2);
        assert_eq!(subtractable(&quarters, &counting(10, 20, true, None), &wifi()), Some(Difference::Bin), "shifted");
        // Twelve at each of two sensors, of whom one was at both.
        let seen: Vec<(u32, u64, i64)> =
            (0..12).map(|tag| (0, tag, 0)).chain((11..23).map(|tag| (1, tag, 0))).collect();
        let (free, bound) = (counting(10, 60, true, None), counting(10, 60, true, Some(1)));
        assert_eq!(subtractable(&free, &bound, &wifi()), Some(Difference::Bound));
        assert_eq!(sum(&tables(&free, &seen)) - sum(&tables(&bound, &seen)), 1);
        // What differs in nothing that is counted may stand together, and of a stream about nobody everything may.
        assert_eq!(subtractable(&free, &counting(20, 60, true, None), &wifi()), None);
        let air = r#"{"id":"wifi","time":{"do":"keep"},"retention":"24h","properties":{}}"#;
        assert_eq!(subtractable(&total, &sensors, &serde_json::from_str(air).unwrap()), None);
        // Another name of the same people, and the same people in classes.
        let measured = |measure: &str| {
            let mut view = free.clone();
            let Exposure::Windows { measure: old, .. } = &mut view.exposure else { unreachable!() };
            *old = serde_json::from_str(measure).unwrap();
            view
        };
        let others = measured(r#"{"of":"distinct","property":"mac2"}"#);
        let classes = measured(r#"{"of":"histogram","property":"mac","number":"level","edges":[5]}"#);
        assert_eq!(subtractable(&free, &others, &wifi()), Some(Difference::Tags));
        assert_eq!(subtractable(&free, &classes, &wifi()), Some(Difference::Class));
        for kind in [Difference::Space, Difference::Bin, Difference::Bound, Difference::Class, Difference::Tags] {
            assert!(kind.example().contains("if "), "an example for people");
        }
        let CellKey::Sensor(shown) = &tables(&free, &seen)[0].rows[0].cell else { unreachable!() };
        assert_eq!(shown.as_str(), "a");
    }
}
