//! What a release costs against the same aggregate in engines that know no privacy: DataFusion, and DuckDB where it is.
//!
//! `cargo bench -p analytics --bench engines`. One window of a million observations of 300,000 devices at 400 sensors: the
//! distinct tags of each sensor, those from ten on. All three have the rows in their memory before the clock starts. DuckDB
//! is asked by `duckdb_engine.py` beside this file, with the Python that `ORDINANCE_PYTHON` names and its module `duckdb`.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and takes time"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use datafusion::arrow::array::{ArrayRef, Int64Array, UInt32Array};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext};
use model::{DeviceId, Point, Stream, Timestamp, View, Window};
use privacy::release::{Sensor, release};
use privacy::{Column, Columns};

const ROWS: usize = 1_000_000;
const DEVICES: u64 = 300_000;
const SENSORS: u64 = 400;
const WINDOW_MILLIS: u64 = 900_000;
const ROUNDS: usize = 9;
/// The exit status of the script where the module is not there.
const MISSING: i32 = 3;
/// What the other engines are asked; the window is held against each row's time, as a release does.
const QUESTION: &str = "SELECT sensor, count(DISTINCT tag) AS n FROM seen WHERE moment >= 0 AND moment < 900000 GROUP BY sensor \
     HAVING count(DISTINCT tag) >= 10";

/// Observations: sensor, tag, and when.
struct Seen {
    sensor: Vec<u32>,
    tag: Vec<u64>,
    at: Vec<i64>,
}

fn seen() -> Seen {
    let mut state = 7_u64;
    let mut below = |end: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end
    };
    Seen {
        sensor: (0..ROWS).map(|_| below(SENSORS) as u32).collect(),
        tag: (0..ROWS).map(|_| below(DEVICES).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect(),
        at: (0..ROWS).map(|_| below(WINDOW_MILLIS) as i64).collect(),
    }
}

/// The middle of some rounds, in milliseconds.
fn timed(mut of: impl FnMut()) -> f64 {
    let mut took: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            of();
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    took.sort_unstable_by(f64::total_cmp);
    took[ROUNDS / 2]
}

/// Ours: how long, and how many numbers and their sum.
fn ours(seen: &Seen, bound: &str) -> (f64, usize, i64) {
    let stream: Stream = serde_json::from_str(
        r#"{"id":"wifi","time":{"do":"keep"},"retention":"48h","properties":{
        "mac":{"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"24h"}}}}"#,
    )
    .unwrap();
    let view: View = serde_json::from_str(&format!(
        r#"{{"id":"counts","version":1,"stream":"wifi","title":"t","exposure":{{"as":"windows","bin":"15m","space":{{"by":"sensor"}},
        "measure":{{"of":"distinct","property":"mac"}}}},"identifiers":"none","minimum":10,"bound":{bound},
        "noise":"none","delay":"0s","depth":"1d"}}"#
    ))
    .unwrap();
    let ids: Vec<DeviceId> = (0..SENSORS).map(|number| DeviceId::new(&format!("s{number:05}")).unwrap()).collect();
    let position = Point::new(16.6, 49.2).unwrap();
    let sensors: Vec<Sensor> = ids.iter().map(|id| Sensor::at(id.clone(), position)).collect();
    let tags = Column::Tag(seen.tag.iter().map(|tag| Some(*tag)).collect());
    let properties = vec![("mac".parse().unwrap(), tags)];
    let columns = Columns::from_parts(ids, seen.at.clone(), seen.sensor.clone(), vec![1; ROWS], properties).unwrap();
    let window = Window { start: Timestamp::UNIX_EPOCH, end: Timestamp::from_millis(WINDOW_MILLIS as i64) };
    let once = || release(&view, &stream, window, &sensors, std::slice::from_ref(&columns), None).unwrap();
    let took = timed(|| {
        black_box(once());
    });
    let table = once();
    (took, table.get().rows.len(), table.get().rows.iter().map(|row| row.value).sum())
}

/// DataFusion with so many threads over rows in its memory.
fn datafusion(seen: &Seen, threads: usize) -> (f64, usize, i64) {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("sensor", Arc::new(UInt32Array::from(seen.sensor.clone()))),
        ("tag", Arc::new(Int64Array::from_iter(seen.tag.iter().map(|tag| Some(tag.cast_signed()))))),
        ("moment", Arc::new(Int64Array::from(seen.at.clone()))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let share = ROWS.div_ceil(threads);
    let parts = (0..threads).map(|at| vec![batch.slice(at * share, share.min(ROWS - at * share))]).collect();
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(threads));
    context.register_table("seen", Arc::new(MemTable::try_new(batch.schema(), parts).unwrap())).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).build().unwrap();
    let once = || runtime.block_on(async { context.sql(QUESTION).await.unwrap().collect().await.unwrap() });
    let took = timed(|| {
        black_box(once());
    });
    let answer = once();
    let rows = answer.iter().map(RecordBatch::num_rows).sum();
    let number = |batch: &RecordBatch| -> i64 {
        batch.column(1).as_any().downcast_ref::<Int64Array>().unwrap().values().iter().sum()
    };
    (took, rows, answer.iter().map(number).sum())
}

/// DuckDB with so many threads, if it is there: milliseconds, numbers, their sum.
fn duckdb(csv: &std::path::Path, threads: usize) -> Result<(f64, usize, i64), String> {
    let python = std::env::var("ORDINANCE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/duckdb_engine.py");
    let mut asked = Command::new(python);
    asked.arg(script).arg(csv).args([QUESTION, &threads.to_string(), &ROUNDS.to_string()]);
    let output = asked.output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(match output.status.code() {
            Some(MISSING) => "there is no Python with the module `duckdb`; name one in ORDINANCE_PYTHON".to_owned(),
            _ => format!("it failed: {}", String::from_utf8_lossy(&output.stderr)),
        });
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut parts = text.split_whitespace();
    let mut next = || parts.next().and_then(|part| part.parse::<f64>().ok()).ok_or_else(|| text.clone());
    Ok((next()?, next()? as usize, next()? as i64))
}

fn main() {
    let seen = seen();
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("seen.csv");
    let mut text = String::from("sensor,tag,moment\n");
    for ((sensor, tag), at) in seen.sensor.iter().zip(&seen.tag).zip(&seen.at) {
        let _ = writeln!(text, "{sensor},{},{at}", tag.cast_signed());
    }
    std::fs::write(&csv, text).unwrap();
    println!(
        "a window of {ROWS} observations, {DEVICES} devices, {SENSORS} sensors; minimum 10; the middle of {ROUNDS}:"
    );
    let (released, numbers, sum) = ours(&seen, "null");
    println!("  release, exact, one thread             {released:>8.1} ms");
    let (bounded, _, _) = ours(&seen, "4");
    println!("  release, a device in 4 cells           {bounded:>8.1} ms");
    for threads in [1, std::thread::available_parallelism().map_or(1, std::num::NonZero::get)] {
        for (name, outcome) in [("DataFusion", Ok(datafusion(&seen, threads))), ("DuckDB", duckdb(&csv, threads))] {
            match outcome {
                Err(why) => println!("  skipped: {name}: {why}"),
                Ok((took, rows, total)) => {
                    assert_eq!((rows, total), (numbers, sum), "{name} counts what a release counts");
                    println!(
                        "  {name:<12} {threads} thread(s)             {took:>8.1} ms; a release takes {:.2} of it, bounded {:.2}",
                        released / took,
                        bounded / took
                    );
                }
            }
        }
    }
}
