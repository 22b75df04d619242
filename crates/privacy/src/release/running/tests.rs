//! Totals against a plain count, one unit's part in them, the width of their noise, and what becomes of a gap.

use std::collections::{BTreeMap, BTreeSet};

use model::{Exposure, Point};
use proptest::prelude::*;

use super::*;
use crate::ledger::{Ledger, Unpaid, cost};
use crate::release::CellKey;

const BIN: i64 = 15 * 60_000;
/// Windows of an epoch of a day.
const WINDOWS: i64 = 96;

fn stream() -> Stream {
    let json = r#"{"id":"wifi","time":{"do":"keep"},"retention":"48h","budget":"100","properties":{
        "mac":{"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"24h"}}}}"#;
    serde_json::from_str(json).unwrap()
}

fn view(rho: &str, bound: u32, minimum: u32) -> View {
    let json = format!(
        r#"{{"id":"so-far","version":1,"stream":"wifi","title":"t","exposure":{{"as":"windows","bin":"15m","space":{{"by":"sensor"}},
        "measure":{{"of":"running","property":"mac"}}}},"identifiers":"none","minimum":{minimum},"bound":{bound},
        "noise":{{"gaussian":{{"rho":"{rho}"}}}},"delay":"0s","depth":"1d"}}"#
    );
    serde_json::from_str(&json).unwrap()
}

fn sensors() -> Vec<Sensor> {
    let sensor = |id: &str| Sensor::at(id.parse().unwrap(), Point::new(16.6, 49.2).unwrap());
    vec![sensor("a"), sensor("b"), sensor("c")]
}

/// The window of a number, counted from one.
fn window(number: i64) -> Window {
    Window { start: Timestamp::from_millis((number - 1) * BIN), end: Timestamp::from_millis(number * BIN) }
}

/// Rows of (sensor, tag, window).
fn rows(seen: &[(u32, u64, i64)]) -> Columns {
    Columns::from_parts(
        ["a", "b", "c"].map(|id| id.parse().unwrap()).to_vec(),
        seen.iter().map(|row| window(row.2).start.millis() + 7).collect(),
        seen.iter().map(|row| row.0).collect(),
        vec![1; seen.len()],
        vec![("mac".parse().unwrap(), Column::Tag(seen.iter().map(|row| Some(row.1)).collect()))],
    )
    .unwrap()
}

/// A day of totals as a city makes them, without the windows that are lost.
fn day(view: &View, seen: &[(u32, u64, i64)], lost: &[i64], through: i64) -> BTreeMap<i64, ReleasedTable> {
    let (stream, columns, random) = (stream(), rows(seen), testkit::SeededBytes::new(7));
    let (mut ledger, mut tables): (Ledger, BTreeMap<i64, ReleasedTable>) = <_>::default();
    for number in 1..=through {
        let charged = ledger.charge(view, &stream, window(number)).unwrap();
        let sum = sum(view, &stream, window(number)).unwrap();
        let before = sum.before.and_then(|before| tables.get(&(before.end.millis() / BIN)));
        let paid = (charged, &random as &dyn Entropy);
        let table = release(view, &stream, window(number), &sensors(), std::slice::from_ref(&columns), paid, before);
        if let Some(table) = table.unwrap().filter(|_| !lost.contains(&number)) {
            tables.insert(number, table.get().clone());
        }
    }
    tables
}

fn value(table: &ReleasedTable, sensor: usize) -> i64 {
    let key = CellKey::Sensor(["a", "b", "c"][sensor].parse().unwrap());
    table.carried.iter().find(|row| row.cell == key).map_or(0, |row| row.value)
}

#[test]
fn a_total_is_made_of_the_blocks_that_its_number_says() {
    let view = view("1", 1, 0);
    for (number, first, before, blocks) in [
        (1, 1, None, 1),
        (2, 1, None, 1),
        (3, 3, Some(2), 2),
        (6, 5, Some(4), 2),
        (7, 7, Some(6), 3),
        (64, 1, None, 1),
        (96, 65, Some(64), 2),
    ] {
        let sum = sum(&view, &stream(), window(number)).unwrap();
        let block = Window { start: window(first).start, end: window(number).end };
        assert_eq!((sum.block, sum.before, sum.blocks), (block, before.map(window), blocks), "{number}");
        assert_eq!(sum.since, Timestamp::UNIX_EPOCH);
    }
    assert_eq!(sum(&view, &stream(), window(97)).unwrap().since, window(97).start, "another day begins anew");
    let mut counts = view;
    let Exposure::Windows { measure, .. } = &mut counts.exposure else { unreachable!() };
    *measure = serde_json::from_str(r#"{"of":"distinct","property":"mac"}"#).unwrap();
    assert_eq!(sum(&counts, &stream(), window(1)), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn totals_are_what_a_plain_count_gives_and_one_unit_is_in_one_block_of_each_size(
        seen in proptest::collection::vec((0_u32..3, 0_u64..12, 1_i64..33), 0..120), bound in 1_u32..4,
    ) {
        // The same noise on both, which the difference is free of.
        let (tables, none) = (day(&view("0.1", bound, 0), &seen, &[], 32), day(&view("0.1", bound, 0), &[], &[], 32));
        for (number, table) in &tables {
            let value = |sensor| value(table, sensor) - value(&none[number], sensor);
            for sensor in 0..3 {
                let counted = |tag: u64| {
                    let mut firsts: BTreeMap<u32, i64> = BTreeMap::new();
                    seen.iter().filter(|row| row.1 == tag && row.2 <= *number).for_each(|row| {
                        let first = firsts.entry(row.0).or_insert(row.2);
                        *first = (*first).min(row.2);
                    });
                    firsts
                };
                let tags: BTreeSet<u64> = seen.iter().map(|row| row.1).collect();
                let most = tags.iter().filter(|tag| counted(**tag).contains_key(&(sensor as u32))).count() as i64;
                let sure = tags.iter().filter(|tag| counted(**tag).len() <= bound as usize
                    && counted(**tag).contains_key(&(sensor as u32))).count() as i64;
                let found = value(sensor);
                prop_assert!((sure..=most).contains(&found), "{found} of {sure} to {most}");
            }
            let all: i64 = (0..3).map(value).sum();
            let units = |tag: &u64| seen.iter().filter(|row| row.1 == *tag && row.2 <= *number)
                .map(|row| row.0).collect::<BTreeSet<u32>>().len().min(bound as usize) as i64;
            let tags: BTreeSet<u64> = seen.iter().map(|row| row.1).collect();
            prop_assert_eq!(all, tags.iter().map(units).sum::<i64>());
        }
    }
}

#[test]
fn the_noise_of_a_total_is_that_of_its_blocks_and_far_less_than_that_of_every_window() {
    let view = view("0.05", 1, 0);
    let deviation = |number: i64| {
        // Three cells a day, of many days.
        let days = 400;
        let (stream, columns) = (stream(), rows(&[]));
        let mut squares = 0;
        for seed in 0..days {
            let random = testkit::SeededBytes::new(seed);
            let (mut ledger, mut tables): (Ledger, BTreeMap<i64, ReleasedTable>) = <_>::default();
            let mut chain = vec![number];
            while let Some(before) = sum(&view, &stream, window(chain[0])).unwrap().before {
                chain.insert(0, before.end.millis() / BIN);
            }
            for link in chain {
                let charged = ledger.charge(&view, &stream, window(link)).unwrap();
                let before = sum(&view, &stream, window(link)).unwrap().before;
                let before = before.and_then(|before| tables.get(&(before.end.millis() / BIN)));
                let observed = std::slice::from_ref(&columns);
                let table = release(&view, &stream, window(link), &sensors(), observed, (charged, &random), before);
                tables.insert(link, table.unwrap().unwrap().get().clone());
            }
            squares += (0..3).map(|sensor| value(&tables[&number], sensor).pow(2)).sum::<i64>();
        }
        (squares as f64 / (3.0 * days as f64)).sqrt()
    };
    // The variance of one block is 1 / 2ρ = 10; 1,200 draws give it within a tenth (five deviations).
    for (number, blocks) in [(64, 1.0), (3, 2.0), (63, 6.0)] {
        let wanted = f64::sqrt(10.0 * blocks);
        let found = deviation(number);
        assert!((found / wanted - 1.0).abs() < 0.1, "{number}: {found} for {wanted}");
    }
    let table = &day(&view, &[], &[], 63)[&63];
    assert_eq!(table.within, Some(Gaussian::new("0.05".parse().unwrap(), 6).within()));
}

#[test]
fn a_whole_day_of_totals_is_paid_at_its_first_window() {
    let (stream, view) = (Stream { budget: Some("0.7".parse().unwrap()), ..stream() }, view("0.1", 1, 0));
    assert_eq!(cost(&view, &stream), Some(700_000), "seven sizes of blocks make up 96 windows");
    let mut ledger = Ledger::default();
    for number in 1..=WINDOWS {
        assert!(ledger.charge(&view, &stream, window(number)).unwrap().pays(&view, window(number)));
        assert_eq!(ledger.spent(Timestamp::UNIX_EPOCH), 700_000, "{number}");
    }
    let kept: Ledger = serde_json::from_str(&serde_json::to_string(&ledger).unwrap()).unwrap();
    assert_eq!(kept, ledger);
    let newer = View { version: model::ViewVersion(2), ..view.clone() };
    assert!(ledger.charge(&view, &stream, window(97)).is_ok(), "another day");
    assert!(matches!(ledger.charge(&newer, &stream, window(98)), Err(Unpaid::Exhausted { cost: 700_000, .. })));
    // What could not be paid as a whole is not paid in part, at the next window neither.
    assert!(matches!(ledger.charge(&newer, &stream, window(99)), Err(Unpaid::Exhausted { .. })));
}

#[test]
fn without_the_total_that_it_goes_on_from_there_is_none_until_one_needs_none() {
    let seen: Vec<_> = (0..40).map(|tag| (0, tag, i64::try_from(tag % 20).unwrap() + 1)).collect();
    let tables = day(&view("14", 1, 0), &seen, &[4], 20);
    let numbers: Vec<i64> = tables.keys().copied().collect();
    assert_eq!(
        numbers,
        [1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
        "5 to 7 go on from 4, which is lost"
    );
    assert_eq!((value(&tables[&8], 0), value(&tables[&20], 0)), (16, 40), "and nothing is missing in what comes after");
}

#[test]
fn what_is_withheld_is_carried_on_all_the_same() {
    let seen: Vec<_> = (0..20).map(|tag| (0, tag, i64::try_from(tag).unwrap() + 1)).collect();
    let tables = day(&view("14", 1, 10), &seen, &[], 20);
    let shown: Vec<(i64, usize, u64)> =
        tables.iter().map(|(number, table)| (*number, table.rows.len(), table.withheld)).collect();
    assert_eq!(shown[8], (9, 0, 3));
    assert_eq!(shown[9], (10, 1, 2));
    assert_eq!(tables[&20].rows[0].value, 20);
}

#[test]
fn a_total_without_noise_or_over_less_than_an_epoch_is_refused() {
    let exact = View { noise: model::Noise::None, ..view("1", 1, 10) };
    assert!(matches!(fits(&exact, &Stream { budget: None, ..stream() }), Err(crate::Unfit::Noise { .. })));
    let short = Stream { retention: serde_json::from_str("\"24h\"").unwrap(), ..stream() };
    assert!(
        matches!(fits(&view("1", 1, 10), &short), Err(crate::Unfit::Retention { .. })),
        "the beginning would be gone"
    );
    let short = Stream { retention: serde_json::from_str("\"25h\"").unwrap(), ..stream() };
    assert_eq!(fits(&view("1", 1, 10), &short), Ok(()));
}
