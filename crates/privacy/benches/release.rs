//! What the release of a window costs, against a plain count of the same distinct tags in a hash table.
//!
//! `cargo bench -p privacy --bench release`. One window of a million observations of 300,000 devices at 400 sensors, exact and
//! with noise; and a day of 96 windows of 10,000 sensors.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and takes time"
)]

use std::collections::{HashMap, HashSet};
use std::hint::black_box;
use std::time::{Duration, Instant};

use model::{DeviceId, Point, Stream, Timestamp, View, Window};
use privacy::release::{Sensor, release};
use privacy::{Column, Columns, Ledger};
use testkit::SeededBytes;

const ROUNDS: usize = 5;

fn stream() -> Stream {
    serde_json::from_str(
        r#"{"id":"wifi","time":{"do":"keep"},"retention":"48h","budget":"100","properties":{
        "mac":{"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"24h"}}}}"#,
    )
    .unwrap()
}

fn view(noise: &str, bound: &str) -> View {
    let json = format!(
        r#"{{"id":"counts","version":1,"stream":"wifi","title":"t","exposure":{{"as":"windows","bin":"15m","space":{{"by":"sensor"}},
        "measure":{{"of":"distinct","property":"mac"}}}},"identifiers":"none","minimum":10,"bound":{bound},
        "noise":{noise},"delay":"0s","depth":"1d"}}"#
    );
    serde_json::from_str(&json).unwrap()
}

/// Numbers that repeat with every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn sensors(count: u32) -> Vec<Sensor> {
    let sensor = |number| Sensor::at(DeviceId::new(&format!("s{number:05}")).unwrap(), Point::new(16.6, 49.2).unwrap());
    (0..count).map(sensor).collect()
}

fn observed(rows: usize, devices: u64, sensors: &[Sensor]) -> Columns {
    let mut numbers = Numbers(7);
    let device: Vec<u32> = (0..rows).map(|_| numbers.below(sensors.len() as u64) as u32).collect();
    let tag: Vec<Option<u64>> =
        (0..rows).map(|_| Some(numbers.below(devices).wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let time: Vec<i64> = (0..rows).map(|_| numbers.below(900_000) as i64).collect();
    let ids = sensors.iter().map(|sensor| sensor.id.clone()).collect();
    Columns::from_parts(ids, time, device, vec![1; rows], vec![("mac".parse().unwrap(), Column::Tag(tag))]).unwrap()
}

/// The middle of some rounds.
fn timed(mut of: impl FnMut()) -> Duration {
    let mut took: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            of();
            begun.elapsed()
        })
        .collect();
    took.sort_unstable();
    took[ROUNDS / 2]
}

/// The baseline: distinct tags of each sensor in hash tables, without minimum, bound or noise.
fn plain(columns: &Columns) -> usize {
    let Some(Column::Tag(tags)) = columns.column(&"mac".parse().unwrap()) else { unreachable!() };
    let mut counted: HashMap<u32, HashSet<u64>> = HashMap::new();
    for (device, tag) in columns.device_numbers().iter().zip(tags) {
        counted.entry(*device).or_default().extend(*tag);
    }
    counted.values().map(HashSet::len).sum()
}

fn main() {
    let (stream, random) = (stream(), SeededBytes::new(1));
    let window = Window { start: Timestamp::UNIX_EPOCH, end: Timestamp::from_millis(900_000) };
    let all = sensors(400);
    let columns = observed(1_000_000, 300_000, &all);
    let baseline = timed(|| {
        black_box(plain(&columns));
    });
    println!("a window of 1,000,000 observations, 300,000 devices, 400 sensors; the middle of {ROUNDS}:");
    println!("  plain count in hash tables   {:>8.1} ms", baseline.as_secs_f64() * 1e3);
    let exact_stream = Stream { budget: None, ..stream.clone() };
    let noise = r#"{"gaussian":{"rho":"0.01"}}"#;
    for (name, view, stream) in [
        ("exact", view("\"none\"", "null"), &exact_stream),
        ("exact, a device in 4 cells", view("\"none\"", "4"), &exact_stream),
        ("noise, a device in 4 cells", view(noise, "4"), &stream),
    ] {
        let took = timed(|| {
            let paid = view
                .noise
                .rho()
                .map(|_| (Ledger::default().charge(&view, stream, window).unwrap(), &random as &dyn model::Entropy));
            black_box(release(&view, stream, window, &all, std::slice::from_ref(&columns), paid).unwrap());
        });
        let ratio = took.as_secs_f64() / baseline.as_secs_f64();
        println!("  {name:<28} {:>8.1} ms, {ratio:.2} of the plain count", took.as_secs_f64() * 1e3);
    }
    let many = sensors(10_000);
    let quiet = observed(100_000, 60_000, &many);
    let view = view(noise, "1");
    let begun = Instant::now();
    let mut rows = 0;
    for _ in 0..96 {
        let paid = Some((Ledger::default().charge(&view, &stream, window).unwrap(), &random as &dyn model::Entropy));
        rows += release(&view, &stream, window, &many, std::slice::from_ref(&quiet), paid).unwrap().get().rows.len();
    }
    let took = begun.elapsed();
    println!(
        "96 windows of 10,000 sensors and 100,000 observations each, with noise: {:.1} s of one core, {rows} rows",
        took.as_secs_f64()
    );
}
