//! Histograms, quantiles and clamped means: held against a plain recomputation, and with noise against their claims.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const EDGES: [i32; 3] = [5, 15, 60];
const HISTOGRAM: &str = r#"{"of":"histogram","property":"mac","number":"level","edges":[5,15,60]}"#;
const SIGHTINGS: &str = r#"{"of":"histogram","number":"level","edges":[5,15,60]}"#;
const MEAN: &str = r#"{"of":"clamped-mean","property":"mac","number":"level","clamp":[0,100]}"#;

fn quantile(unit: &str, percent: u8) -> String {
    format!(r#"{{"of":"quantile",{unit}"number":"level","edges":[5,15,60],"percent":{percent}}}"#)
}

fn class_of(level: f64) -> u8 {
    EDGES.iter().filter(|edge| f64::from(**edge) <= level).count() as u8
}

/// With so little noise that it is nought nearly always.
fn nearly_exact(measure: &str, minimum: u32, observed: &[(u32, Option<u64>, f64)]) -> ReleasedTable {
    let stream = Stream { budget: Some("100".parse().unwrap()), ..stream() };
    let view = View { noise: Noise::Gaussian { rho: "99".parse().unwrap() }, ..view(measure, minimum, Some(1)) };
    let random = testkit::SeededBytes::new(1);
    let paid = Some((paid_for(&view, &stream), &random as &dyn Entropy));
    release(&view, &stream, window(), &sensors(), &[rows(observed)], paid).unwrap().get().clone()
}

#[test]
fn a_histogram_of_people_counts_each_once_a_class_and_holds_each_class_to_the_minimum() {
    // Ten short stays, one of them seen twice; nine long ones; one who comes both short and long.
    let mut observed: Vec<_> = (0..10).map(|tag| (0, Some(tag), 1.0)).collect();
    observed.push((0, Some(0), 2.0));
    observed.extend((20..29).map(|tag| (0, Some(tag), 70.0)));
    observed.push((0, Some(3), 70.0));
    let stream = stream();
    let table = release(&view(HISTOGRAM, 10, None), &stream, window(), &sensors(), &[rows(&observed)], None).unwrap();
    let row = |class, value| ReleasedRow { cell: CellKey::Sensor("a".parse().unwrap()), class: Some(class), value };
    assert_eq!(table.get().rows, [row(0, 10), row(3, 10)]);
    assert_eq!(table.get().withheld, 10, "two empty classes at a, four each at b and c");
    let bound =
        release(&view(HISTOGRAM, 10, Some(1)), &stream, window(), &sensors(), &[rows(&observed)], None).unwrap();
    assert_eq!(bound.get().rows.len(), 1, "whoever counts in one class only is missing in the other");
    assert_eq!(serde_json::to_value(&table.get().rows[1]).unwrap()["class"], 3);
}

#[test]
fn the_mean_of_people_counts_each_once_between_its_limits() {
    // A hundred are seen ten times at 100, a hundred once at 20, a hundred at a million, which counts as 100.
    let each = |from: u64, level: f64| (from..from + 100).map(move |tag| (0, Some(tag), level));
    let mut observed: Vec<_> = (0..10).flat_map(|_| each(0, 100.0)).collect();
    observed.extend(each(100, 20.0).chain(each(200, 1e6)));
    let table = nearly_exact(MEAN, 2, &observed);
    assert_eq!(table.rows.len(), 1);
    let mean = table.rows[0].value;
    assert!((mean - 73_333).abs() < 200, "(100 + 20 + 100) / 3 is 73.333: {mean}");
    assert_eq!(table.within, None, "no count");
}

#[test]
fn half_of_people_lie_below_their_median() {
    let observed: Vec<_> = (0..100_u64).map(|tag| (0, Some(tag), tag as f64)).collect();
    let edge = |percent| {
        nearly_exact(&quantile(r#""property":"mac","#, percent), 10, &observed).rows.first().map(|row| row.value)
    };
    assert_eq!((edge(3), edge(12), edge(50)), (Some(5), Some(15), Some(60)));
    assert_eq!(edge(90), None, "it lies beyond the last edge, and nobody says how far");
}

#[test]
fn what_would_tell_exactly_of_one_person_needs_noise_and_counts_people() {
    let refused = |measure: &str, stream: &Stream| {
        release(&view(measure, 10, None), stream, window(), &sensors(), &[], None).unwrap_err()
    };
    for measure in [MEAN, &quantile(r#""property":"mac","#, 50)] {
        assert!(matches!(refused(measure, &stream()), ReleaseError::Unfit(Unfit::Noise { .. })), "{measure}");
    }
    assert!(matches!(refused(SIGHTINGS, &stream()), ReleaseError::Unfit(Unfit::NotPeople { .. })));
}

proptest! {
    #[test]
    fn histograms_and_quantiles_are_what_a_plain_count_gives(
        observed in proptest::collection::vec((0_u32..4, (0_u64..12).prop_map(Some), 0.0..80.0), 0..150),
        minimum in 0_u32..6,
        percent in 1_u8..100,
    ) {
        // People: distinct tags. Nobody: every sighting.
        let mut people: BTreeMap<(u32, u8), BTreeSet<u64>> = BTreeMap::new();
        let mut sightings: BTreeMap<(u32, u8), i64> = BTreeMap::new();
        for (sensor, tag, level) in observed.iter().filter(|row| row.0 < 3) {
            people.entry((*sensor, class_of(*level))).or_default().extend(*tag);
            *sightings.entry((*sensor, class_of(*level))).or_default() += 1;
        }
        let least = i64::from(minimum.max(1));
        let expected = |counts: BTreeMap<(u32, u8), i64>| -> Vec<(u32, u8, i64)> {
            counts.into_iter().filter(|(_, count)| *count >= least).map(|((sensor, class), count)| (sensor, class, count)).collect()
        };
        let shown = |stream: &Stream, measure: &str| -> Vec<(u32, u8, i64)> {
            let table = release(&view(measure, minimum, None), stream, window(), &sensors(), &[rows(&observed)], None).unwrap();
            let sensor = |cell: &CellKey| ["a", "b", "c"].iter().position(|id| *cell == CellKey::Sensor(id.parse().unwrap()));
            assert_eq!(table.get().rows.len() as u64 + table.get().withheld, 12);
            table.get().rows.iter().map(|row| (sensor(&row.cell).unwrap() as u32, row.class.unwrap(), row.value)).collect()
        };
        prop_assert_eq!(shown(&stream(), HISTOGRAM), expected(people.into_iter().map(|(key, tags)| (key, tags.len() as i64)).collect()));
        prop_assert_eq!(shown(&river(), SIGHTINGS), expected(sightings.clone()));
        let table = release(&view(&quantile("", percent), minimum, None), &river(), window(), &sensors(), &[rows(&observed)], None).unwrap();
        for (number, id) in ["a", "b", "c"].iter().enumerate() {
            let levels: Vec<f64> = observed.iter().filter(|row| row.0 == number as u32).map(|row| row.2).collect();
            let below = |edge: i32| levels.iter().filter(|level| **level < f64::from(edge)).count();
            let wanted = EDGES.into_iter().find(|edge| below(*edge) * 100 >= levels.len() * usize::from(percent));
            let wanted = wanted.filter(|_| levels.len() as i64 >= least).map(i64::from);
            let found = table.get().rows.iter().find(|row| row.cell == CellKey::Sensor(id.parse().unwrap())).map(|row| row.value);
            prop_assert_eq!(found, wanted, "{}", id);
        }
    }

    #[test]
    fn one_unit_moves_a_histogram_by_its_bound_at_most(
        observed in proptest::collection::vec((0_u32..3, (0_u64..5).prop_map(Some), 0.0..80.0), 0..30),
        bound in 1_u32..4,
        tag in 0_u64..5,
    ) {
        let table = |observed: &[(u32, Option<u64>, f64)]| {
            let view = view(HISTOGRAM, 0, Some(bound));
            release(&view, &stream(), window(), &sensors(), &[rows(observed)], None).unwrap().get().clone()
        };
        let values = |table: &ReleasedTable| -> BTreeMap<(CellKey, Option<u8>), i64> {
            table.rows.iter().map(|row| ((row.cell.clone(), row.class), row.value)).collect()
        };
        let with = values(&table(&observed));
        let without: Vec<_> = observed.into_iter().filter(|row| row.1 != Some(tag)).collect();
        let without = values(&table(&without));
        let keys: BTreeSet<_> = with.keys().chain(without.keys()).collect();
        let changes = keys.iter().map(|key| (with.get(key).unwrap_or(&0) - without.get(key).unwrap_or(&0)).abs());
        let changes: Vec<i64> = changes.collect();
        prop_assert!(changes.iter().all(|change| *change <= 1));
        prop_assert!(changes.iter().sum::<i64>() <= i64::from(bound));
    }
}
