//! Views of what was worked out in memory: ways, tallies and stays, exact and with noise.

use std::collections::BTreeMap;

use super::*;
use crate::fit::fits;
use crate::memory::{DURATION, FROM};

fn plates(treatment: &str, budget: Option<&str>) -> Stream {
    let budget = budget.map_or(String::new(), |budget| format!(r#""budget":"{budget}","#));
    let json = format!(
        r#"{{"id":"plates","time":{{"do":"bin","bin":"15m"}},"retention":"24h",{budget}"properties":{{
        "plate":{{"category":"number-plate","value":"text","treatment":{treatment}}}}}}}"#
    );
    serde_json::from_str(&json).unwrap()
}

const JOURNEY: &str = r#"{"do":"journey","within":"30m","classes":["2m","5m","10m"],"most":4}"#;
const TALLY: &str = r#"{"do":"tally","most":4}"#;
const DWELL: &str = r#"{"do":"dwell","within":"10m","classes":["5m"],"most":4}"#;
const DISTINCT: &str = r#"{"of":"distinct","property":"plate"}"#;
const TIMES: &str = r#"{"of":"histogram","property":"plate","number":"duration","edges":[120,600]}"#;
const MEDIAN: &str = r#"{"of":"quantile","property":"plate","number":"duration","edges":[120,300,600],"percent":50}"#;

fn seen(space: &str, measure: &str, minimum: u32, noise: Option<&str>) -> View {
    let noise = noise.map_or(r#""none""#.to_owned(), |rho| format!(r#"{{"gaussian":{{"rho":"{rho}"}}}}"#));
    let json = format!(
        r#"{{"id":"ways","version":1,"stream":"plates","title":"t","exposure":{{"as":"windows","bin":"15m","space":{{"by":"{space}"}},
        "measure":{measure}}},"identifiers":"none","minimum":{minimum},"bound":4,"noise":{noise},"delay":"0s","depth":"1d"}}"#
    );
    serde_json::from_str(&json).unwrap()
}

/// Rows of (from, to, class in seconds, number), by the sensors' places in a, b, c, ghost.
fn ways(rows: &[(u32, u32, i64, u32)]) -> Columns {
    let names = ["a", "b", "c", "ghost"];
    Columns::from_parts(
        names.map(|id| id.parse().unwrap()).to_vec(),
        vec![0; rows.len()],
        rows.iter().map(|row| row.1).collect(),
        rows.iter().map(|row| row.3).collect(),
        vec![
            (DURATION.parse().unwrap(), Column::Integer(rows.iter().map(|row| Some(row.2)).collect())),
            (FROM.parse().unwrap(), Column::Text(rows.iter().map(|row| Some(names[row.0 as usize])).collect())),
        ],
    )
    .unwrap()
}

fn way(from: &str, to: &str) -> CellKey {
    CellKey::Pair { from: from.parse().unwrap(), to: to.parse().unwrap() }
}

fn table(view: &View, stream: &Stream, rows: &Columns, paid: Paid<'_>) -> ReleasedTable {
    release(view, stream, window(), &sensors(), std::slice::from_ref(rows), paid).unwrap().get().clone()
}

#[test]
fn a_way_is_shown_from_the_minimum_on_and_no_other_is_told_apart_from_an_empty_one() {
    let rows = ways(&[(0, 1, 120, 7), (0, 1, 300, 5), (1, 0, 0, 9), (0, 2, 600, 10), (3, 1, 0, 50), (0, 3, 0, 50)]);
    let stream = plates(JOURNEY, None);
    let counts = table(&seen("pair", DISTINCT, 10, None), &stream, &rows, None);
    let shown: Vec<(CellKey, i64)> = counts.rows.iter().map(|row| (row.cell.clone(), row.value)).collect();
    assert_eq!(shown, [(way("a", "b"), 12), (way("a", "c"), 10)], "of nine nothing is shown, of a ghost neither");
    assert_eq!((counts.withheld, counts.threshold), (4, None), "of six ways, however many were gone");
    let times = table(&seen("pair", TIMES, 5, None), &stream, &rows, None);
    let shown: Vec<(CellKey, Option<u8>, i64)> =
        times.rows.into_iter().map(|row| (row.cell, row.class, row.value)).collect();
    // The classes of two and of five minutes are one where the view has no edge between them.
    let expected = [(way("a", "b"), Some(1), 12), (way("a", "c"), Some(2), 10), (way("b", "a"), Some(0), 9)];
    assert_eq!((shown, times.withheld), (expected.to_vec(), 15));
    let json = serde_json::to_value(way("a", "b")).unwrap();
    assert_eq!(json, serde_json::json!({ "pair": { "from": "a", "to": "b" } }));
}

#[test]
fn tallies_and_stays_are_shown_by_sensor() {
    let tally = Columns::from_parts(
        ["a", "b"].map(|id| id.parse().unwrap()).to_vec(),
        vec![0, 0],
        vec![0, 1],
        vec![1, 1],
        vec![("plate".parse().unwrap(), Column::Integer(vec![Some(31), Some(4)]))],
    )
    .unwrap();
    let counts = table(&seen("sensor", DISTINCT, 10, None), &plates(TALLY, None), &tally, None);
    let row = ReleasedRow { cell: CellKey::Sensor("a".parse().unwrap()), class: None, value: 31 };
    assert_eq!((counts.rows, counts.withheld), (vec![row], 2));
    let stays = Columns::from_parts(
        ["a", "b"].map(|id| id.parse().unwrap()).to_vec(),
        vec![0, 0, 0],
        vec![0, 0, 1],
        vec![12, 3, 5],
        vec![(DURATION.parse().unwrap(), Column::Integer(vec![Some(0), Some(300), Some(300)]))],
    )
    .unwrap();
    let measure = r#"{"of":"histogram","property":"plate","number":"duration","edges":[300]}"#;
    let classes = table(&seen("sensor", measure, 5, None), &plates(DWELL, None), &stays, None);
    let shown: Vec<(Option<u8>, i64)> = classes.rows.iter().map(|row| (row.class, row.value)).collect();
    assert_eq!(shown, [(Some(0), 12), (Some(1), 5)]);
}

#[test]
fn with_noise_the_median_of_a_way_is_one_of_its_edges() {
    let stream = plates(JOURNEY, Some("100"));
    let view = seen("pair", MEDIAN, 10, Some("1"));
    let random = testkit::SeededBytes::new(3);
    let paid = || Some((crate::Ledger::default().charge(&view, &stream, window()).unwrap(), &random as &dyn Entropy));
    let rows = ways(&[(0, 1, 0, 100), (0, 1, 120, 300), (0, 1, 300, 90), (1, 2, 0, 8)]);
    let table = table(&view, &stream, &rows, paid());
    assert_eq!(table.rows, [ReleasedRow { cell: way("a", "b"), class: None, value: 300 }]);
    assert!(table.threshold.is_some_and(|threshold| threshold > 10), "of four numbers with noise, added up");
}

#[test]
fn a_way_that_is_there_because_of_one_vehicle_is_not_shown_once_in_a_million_and_would_be_without_the_threshold() {
    let stream = plates(JOURNEY, Some("100"));
    let view = seen("pair", DISTINCT, 0, Some("0.5"));
    let random = testkit::SeededBytes::new(5);
    let alone = ways(&[(0, 1, 0, 1)]);
    let threshold = threshold(&view, &stream).unwrap();
    // One vehicle in 4 cells of 96 windows: each may pass with a chance of 1e-6 / 384. σ = 2, so that it lies near 1 + 5.7 σ.
    assert!((12..=14).contains(&threshold), "{threshold}");
    let gaussian = Gaussian::of(view.noise, view.bound).unwrap();
    assert!(gaussian.at_least(threshold - 1) * 384.0 <= 1e-6 && gaussian.at_least(threshold - 2) * 384.0 > 1e-6);
    let (mut passed, mut above) = (0, 0);
    for _ in 0..2_000 {
        let paid = Some((crate::Ledger::default().charge(&view, &stream, window()).unwrap(), &random as &dyn Entropy));
        passed += table(&view, &stream, &alone, paid).rows.len();
        above += usize::from(1 + gaussian.draw(&mut Coins::new(&random)).unwrap() > 0);
    }
    assert_eq!(passed, 0);
    assert!(above > 1_000, "a number above nought alone tells of it: {above} of 2000");
}

#[test]
fn a_way_with_many_is_shown_with_its_noise() {
    let (stream, random) = (plates(JOURNEY, Some("100")), testkit::SeededBytes::new(5));
    let view = seen("pair", DISTINCT, 10, Some("0.5"));
    let rows = ways(&[(0, 1, 0, 60), (1, 0, 0, 40)]);
    let mut values: BTreeMap<CellKey, Vec<i64>> = BTreeMap::new();
    for _ in 0..300 {
        let paid = Some((crate::Ledger::default().charge(&view, &stream, window()).unwrap(), &random as &dyn Entropy));
        for row in table(&view, &stream, &rows, paid).rows {
            values.entry(row.cell).or_default().push(row.value);
        }
    }
    for (cell, count) in [(way("a", "b"), 60.0), (way("b", "a"), 40.0)] {
        let seen = &values[&cell];
        let mean = seen.iter().sum::<i64>() as f64 / seen.len() as f64;
        assert!(seen.len() == 300 && (mean - count).abs() < 0.7, "σ is 2, of 300: {mean}");
        assert!(seen.iter().any(|value| *value as f64 != count));
    }
}

#[test]
fn numbers_that_do_not_add_up_are_not_added_up() {
    let fit = |space: &str, measure: &str, treatment: &str| {
        fits(&seen(space, measure, 10, None), &plates(treatment, None)).map_err(|unfit| unfit.to_string())
    };
    for (space, measure, treatment) in [
        ("pair", DISTINCT, JOURNEY),
        ("pair", TIMES, JOURNEY),
        ("sensor", DISTINCT, TALLY),
        ("sensor", DISTINCT, DWELL),
    ] {
        assert_eq!(fit(space, measure, treatment), Ok(()));
    }
    for (space, measure, treatment, why) in [
        ("sensor", DISTINCT, JOURNEY, "by pair"),
        ("stream", DISTINCT, JOURNEY, "by pair"),
        ("pair", DISTINCT, TALLY, "by sensor"),
        ("stream", DISTINCT, DWELL, "by sensor"),
        ("pair", r#"{"of":"observations"}"#, JOURNEY, "how many distinct ones"),
        ("pair", r#"{"of":"distinct","property":"other"}"#, JOURNEY, "how many distinct ones"),
        ("sensor", TIMES, TALLY, "classes of duration that end elsewhere"),
        (
            "pair",
            r#"{"of":"histogram","property":"plate","number":"duration","edges":[60]}"#,
            JOURNEY,
            "from those of the stream",
        ),
        ("pair", r#"{"of":"histogram","property":"plate","number":"from","edges":[120]}"#, JOURNEY, "of `duration`"),
        ("pair", DISTINCT, &JOURNEY.replace("4", "3"), "the same bound"),
    ] {
        let error = fit(space, measure, treatment).unwrap_err();
        assert!(error.contains(why), "{space} {measure} {treatment}: {error}");
    }
    assert!(fits(&seen("pair", MEDIAN, 10, None), &plates(JOURNEY, None)).is_err(), "exactly somebody's");
    assert_eq!(fits(&seen("pair", MEDIAN, 10, Some("0.001")), &plates(JOURNEY, Some("1"))), Ok(()));
    let hours = serde_json::to_string(&seen("pair", DISTINCT, 10, None)).unwrap().replace("15m", "1h");
    let error = fits(&serde_json::from_str(&hours).unwrap(), &plates(JOURNEY, None)).unwrap_err();
    assert!(error.to_string().contains("as long as a step"), "{error}");
    let wifi =
        View { stream: "wifi".parse().unwrap(), ..seen("pair", r#"{"of":"distinct","property":"mac"}"#, 10, None) };
    assert!(matches!(fits(&wifi, &stream()), Err(crate::Unfit::NoWays { .. })));
}
