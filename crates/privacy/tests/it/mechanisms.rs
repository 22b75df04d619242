//! The audit of releases with noise for those that are more than a count: totals of the day so far, means between limits, ways
//! above a threshold. As in `audit`, what is seen is held against what the ledger charged, and against a fault.

use model::entropy::Entropy;
use model::{DeviceId, Noise, Point, Stream, Timestamp, View, Window};
use privacy::release::{CellKey, ReleasedTable, Sensor, release, running, threshold};
use privacy::{Column, Columns, Ledger};
use testkit::SeededBytes;

use crate::audit::at_least;
use crate::fixture::{counts, wifi};

const BIN: i64 = 900_000;
const ROUNDS: u64 = 3_000;

fn measured(measure: &str, rho: &str) -> View {
    let view = counts(Noise::Gaussian { rho: rho.parse().unwrap() }, 1);
    let text = serde_json::to_string(&view).unwrap();
    serde_json::from_str(&text.replace(r#"{"of":"distinct","property":"mac"}"#, measure)).unwrap()
}

fn sensors() -> Vec<Sensor> {
    ["a", "b"].map(|id| Sensor::at(id.parse().unwrap(), Point::new(16.6, 49.2).unwrap())).into()
}

fn window(number: i64) -> Window {
    Window { start: Timestamp::from_millis((number - 1) * BIN), end: Timestamp::from_millis(number * BIN) }
}

/// Rows at the first sensor: (tag, level), in the first window.
fn rows(seen: &[(u64, f64)]) -> Columns {
    Columns::from_parts(
        vec!["a".parse::<DeviceId>().unwrap()],
        vec![60_000; seen.len()],
        vec![0; seen.len()],
        vec![1; seen.len()],
        vec![
            ("level".parse().unwrap(), Column::Number(seen.iter().map(|seen| Some(seen.1)).collect())),
            ("mac".parse().unwrap(), Column::Tag(seen.iter().map(|seen| Some(seen.0)).collect())),
        ],
    )
    .unwrap()
}

/// What somebody makes of the totals of eight windows who looks for a unit of the first: all four blocks that it is in.
fn of_totals(seen: &[(u64, f64)], rho: &str, seed: u64) -> Vec<i64> {
    let (view, stream, columns) =
        (measured(r#"{"of":"running","property":"mac"}"#, rho), wifi(Some("100")), rows(seen));
    let day = |number: u64| -> i64 {
        let random = SeededBytes::new(seed + number);
        let mut ledger = Ledger::default();
        let total = |number: i64| {
            let charged = ledger.charge(&view, &stream, window(number)).unwrap();
            assert_eq!(running::sum(&view, &stream, window(number)).unwrap().before, None);
            let observed = std::slice::from_ref(&columns);
            let paid = (charged, &random as &dyn Entropy);
            let table = running::release(&view, &stream, window(number), &sensors(), observed, paid, None);
            table.unwrap().unwrap().get().carried[0].value
        };
        [1, 2, 4, 8].map(total).iter().sum()
    };
    (0..ROUNDS).map(|number| day(number * 10)).collect()
}

#[test]
fn totals_of_the_day_show_no_more_than_one_loss_for_each_size_of_block_and_more_than_a_single_one() {
    let found = at_least(&of_totals(&[(7, 0.0)], "0.5", 1), &of_totals(&[], "0.5", 5));
    // Of seven sizes of blocks these are four.
    assert!(found < 4.0 * 0.5, "{found} is shown");
    assert!(found > 0.5, "only {found}: charging them as one window would not be noticed");
}

fn of_means(seen: &[(u64, f64)], rho: &str, seed: u64) -> Vec<i64> {
    let mut view = measured(r#"{"of":"clamped-mean","property":"mac","number":"level","clamp":[0,100]}"#, rho);
    view.minimum = model::MinimumUnits(0);
    let stream = leveled();
    let (columns, random) = (rows(seen), SeededBytes::new(seed));
    let mean = || {
        let charged = Ledger::default().charge(&view, &stream, window(1)).unwrap();
        let paid = Some((charged, &random as &dyn Entropy));
        let table = release(&view, &stream, window(1), &sensors(), std::slice::from_ref(&columns), paid).unwrap();
        // Where the noisy count is below one nothing is shown, which tells something, too.
        shown(table.get(), "a").unwrap_or(-1)
    };
    (0..ROUNDS).map(|_| mean()).collect()
}

/// Phones whose level is stored beside their tag.
fn leveled() -> Stream {
    let text = serde_json::to_string(&wifi(Some("100"))).unwrap();
    let level = r#""properties":{"level":{"category":"water-level","value":"number","treatment":{"do":"keep"}},"#;
    serde_json::from_str(&text.replace(r#""properties":{"#, level)).unwrap()
}

fn shown(table: &ReleasedTable, sensor: &str) -> Option<i64> {
    let key = CellKey::Sensor(sensor.parse().unwrap());
    table.rows.iter().find(|row| row.cell == key).map(|row| row.value)
}

#[test]
fn a_mean_shows_no_more_of_one_unit_than_was_charged_and_a_quarter_of_the_width_is_noticed() {
    // Four others at the lower limit; the one that is looked for is far beyond the upper.
    let others: Vec<(u64, f64)> = (0..4).map(|tag| (tag, 0.0)).collect();
    let with: Vec<(u64, f64)> = others.iter().copied().chain([(7, 1e9)]).collect();
    let audited = |rho, seed| at_least(&of_means(&with, rho, seed), &of_means(&others, rho, seed + 1));
    let found = audited("0.5", 50);
    assert!(found < 0.5, "{found} is shown");
    let found = audited("16", 60);
    assert!(found > 1.0, "charged as 1, only {found} is shown");
}

#[test]
fn a_way_that_only_one_vehicle_went_is_shown_no_oftener_than_is_said() {
    let stream: Stream = serde_json::from_str(
        r#"{"id":"wifi","time":{"do":"bin","bin":"15m"},"retention":"48h","budget":"100","properties":{
        "mac":{"category":"mac-address","value":"text","treatment":{"do":"journey","within":"10m","classes":[],"most":1}}}}"#,
    )
    .unwrap();
    let text = serde_json::to_string(&measured(r#"{"of":"distinct","property":"mac"}"#, "0.5")).unwrap();
    let view: View = serde_json::from_str(&text.replace(r#"{"by":"sensor"}"#, r#"{"by":"pair"}"#)).unwrap();
    let least = threshold(&view, &stream).unwrap();
    let columns = |vehicles: u32| {
        Columns::from_parts(
            ["a", "b"].map(|id| id.parse().unwrap()).into(),
            vec![60_000],
            vec![1],
            vec![vehicles],
            vec![("from".parse().unwrap(), Column::Text([Some("a")].into_iter().collect()))],
        )
        .unwrap()
    };
    let random = SeededBytes::new(9);
    let times = |vehicles: u32| {
        let once = |_| {
            let charged = Ledger::default().charge(&view, &stream, window(1)).unwrap();
            let paid = Some((charged, &random as &dyn Entropy));
            let rows = [columns(vehicles)];
            usize::from(!release(&view, &stream, window(1), &sensors(), &rows, paid).unwrap().get().rows.is_empty())
        };
        (0..ROUNDS).map(once).sum::<usize>()
    };
    assert_eq!(times(1), 0, "one in a hundred million, of {ROUNDS}");
    // A threshold that is too low by the width of the noise would show some: the audit could fail.
    assert!(times(u32::try_from(least).unwrap() - 2) > 50);
}
