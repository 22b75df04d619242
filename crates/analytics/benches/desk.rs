//! SQL over many released rows by a process of its own, against plain DataFusion over the same rows in its own memory.
//!
//! `cargo bench -p analytics --bench desk`: 10, 30 and 100 million rows of window, sensor and count, or as many as
//! `ORDINANCE_ROWS` says. It tells how long it takes to hand the rows over, how long each question takes besides, and how
//! much memory the process had at most. Sizes for which the machine has no memory free are left out, and it says so.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and takes time"
)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use analytics::{Apart, Column, Limits, Table, TableName, attend};
use datafusion::arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMillisecondArray};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext};

const SIZES: [u64; 3] = [10_000_000, 30_000_000, 100_000_000];
/// Rows that are handed over at a time.
const PART: u64 = 1_000_000;
const SENSORS: u64 = 400;
/// Memory that a row takes in the process, with what a question takes besides, in bytes.
const ROW_BYTES: u64 = 64;
const QUESTIONS: [(&str, &str); 3] = [
    ("one sum", "SELECT count(*), sum(value) FROM wifi.counts"),
    ("by sensor", "SELECT sensor, count(*), sum(value), max(value) FROM wifi.counts GROUP BY sensor"),
    ("by hour of the day", "SELECT date_part('hour', window_start), avg(value) FROM wifi.counts GROUP BY 1"),
];

fn part(from: u64, rows: u64) -> (Vec<i64>, Vec<String>, Vec<i64>) {
    let of = |row: u64| (row / SENSORS, row % SENSORS);
    let rows = from..from + rows;
    (
        rows.clone().map(|row| (of(row).0 as i64) * 900_000).collect(),
        rows.clone().map(|row| format!("s{:05}", of(row).1)).collect(),
        rows.map(|row| 10 + (row.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 55) as i64).collect(),
    )
}

fn parts(rows: u64) -> impl Iterator<Item = (Vec<i64>, Vec<String>, Vec<i64>)> {
    (0..rows).step_by(PART as usize).map(move |from| part(from, PART.min(rows - from)))
}

fn some<T>(values: Vec<T>) -> Vec<Option<T>> {
    values.into_iter().map(Some).collect()
}

fn tables(rows: u64) -> impl Iterator<Item = Table> {
    parts(rows).map(|(start, sensor, value)| Table {
        name: TableName::new("wifi", "counts"),
        columns: vec![
            ("window_start".to_owned(), Column::Instant(some(start))),
            ("sensor".to_owned(), Column::Text(some(sensor))),
            ("value".to_owned(), Column::Integer(some(value))),
        ],
    })
}

/// The same rows in the memory of this process, as plain DataFusion has them.
fn batches(rows: u64) -> Vec<RecordBatch> {
    let batch = |(start, sensor, value): (Vec<i64>, Vec<String>, Vec<i64>)| {
        let start = TimestampMillisecondArray::from(start).with_timezone("+00:00");
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("window_start", Arc::new(start)),
            ("sensor", Arc::new(StringArray::from(sensor))),
            ("value", Arc::new(Int64Array::from(value))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    };
    parts(rows).map(batch).collect()
}

/// Plain DataFusion in a process of its own: loads the rows, then answers, and tells the milliseconds of each.
fn plain(rows: u64, threads: usize) {
    let mut out = std::io::stdout();
    let batches = batches(rows);
    writeln!(out, "loaded").unwrap();
    let config = SessionConfig::new().with_target_partitions(threads);
    let context = SessionContext::new_with_config(config);
    let schema = batches.first().unwrap().schema();
    let mut partitions = vec![Vec::new(); threads];
    batches.into_iter().enumerate().for_each(|(at, batch)| partitions[at % threads].push(batch));
    let table = Arc::new(MemTable::try_new(schema, partitions).unwrap());
    context.register_table("counts", table).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).build().unwrap();
    for (_, question) in QUESTIONS {
        let question = question.replace("wifi.counts", "counts");
        let begun = Instant::now();
        let answer = runtime.block_on(async { context.sql(&question).await.unwrap().collect().await.unwrap() });
        assert!(!answer.is_empty());
        writeln!(out, "{}", begun.elapsed().as_micros()).unwrap();
    }
}

/// The most memory that any process had which this one started, looked at again and again.
struct Watched {
    most: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    looking: Option<std::thread::JoinHandle<()>>,
}

impl Watched {
    fn new() -> Self {
        let (most, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (found, ends) = (Arc::clone(&most), Arc::clone(&over));
        let looking = std::thread::spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                found.fetch_max(children_kib().unwrap_or(0), Ordering::Relaxed);
                std::thread::park_timeout(Duration::from_millis(20));
            }
        });
        Self { most, over, looking: Some(looking) }
    }

    fn mib(mut self) -> u64 {
        self.over.store(true, Ordering::Relaxed);
        self.looking.take().map(std::thread::JoinHandle::join);
        self.most.load(Ordering::Relaxed) >> 10
    }
}

fn children_kib() -> Option<u64> {
    let own = format!("PPid:\t{}", std::process::id());
    let statuses =
        fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| fs::read_to_string(entry.path().join("status")).ok());
    statuses.filter(|status| status.lines().any(|line| line == own)).filter_map(|status| kib(&status, "VmHWM:")).max()
}

fn kib(text: &str, field: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(field))?.trim().trim_end_matches(" kB").parse().ok()
}

fn free_bytes() -> u64 {
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    kib(&memory, "MemAvailable:").map_or(u64::MAX, |kib| kib << 10)
}

fn program(arguments: &[&str]) -> Command {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(arguments);
    program
}

/// What a process apart took.
struct Took {
    /// To be handed the rows, without making them up.
    handing: f64,
    /// From the last row to the answer.
    question: f64,
    /// The most memory that it had.
    mib: u64,
}

fn apart(question: &str, rows: u64) -> Took {
    let limits = Limits {
        memory_bytes: rows * ROW_BYTES,
        time: Duration::from_secs(600),
        rows: 100_000,
        answer_bytes: 64 << 20,
    };
    let watched = Watched::new();
    let apart = Apart::ask(program(&["attend"]), question, limits).unwrap();
    let (begun, mut tables) = (Instant::now(), tables(rows));
    let (mut making, mut last) = (Duration::ZERO, begun);
    let parts = std::iter::from_fn(|| {
        let asked = Instant::now();
        let part = tables.next();
        last = Instant::now();
        making += last - asked;
        part
    });
    let answer = apart.answer(parts).unwrap();
    let answered = Instant::now();
    assert!(!answer.is_empty());
    let handing = (last - begun).saturating_sub(making).as_secs_f64();
    Took { handing, question: (answered - last).as_secs_f64(), mib: watched.mib() }
}

fn measured(rows: u64) {
    println!("{rows} rows of window, sensor and count, in parts of {PART}:");
    let ours: Vec<Took> = QUESTIONS.iter().map(|(_, question)| apart(question, rows)).collect();
    for ((name, _), Took { handing, question, mib }) in QUESTIONS.iter().zip(&ours) {
        println!("  apart, {name:<19} handed over in {handing:>6.2} s, answered in {question:>6.2} s, {mib} MiB");
    }
    for threads in [1, std::thread::available_parallelism().map_or(1, std::num::NonZero::get)] {
        let watched = Watched::new();
        let mut plain = program(&["plain", &rows.to_string(), &threads.to_string()]);
        let mut child = plain.stdout(Stdio::piped()).spawn().unwrap();
        let told: Vec<String> = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap).collect();
        assert!(child.wait().unwrap().success());
        println!("  plain DataFusion over the same rows in its memory, {threads} thread(s), {} MiB:", watched.mib());
        for (((name, _), ours), plain) in QUESTIONS.iter().zip(&ours).zip(&told[1..]) {
            let plain = plain.parse::<f64>().unwrap() / 1e6;
            println!(
                "    {name:<20} {plain:>6.2} s; apart takes {:.2} of it, with handing over {:.1}",
                ours.question / plain,
                (ours.question + ours.handing) / plain
            );
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["attend"] => attend(std::io::stdin(), std::io::stdout()).unwrap(),
        ["plain", rows, threads] => plain(rows.parse().unwrap(), threads.parse().unwrap()),
        _ => {
            let asked = std::env::var("ORDINANCE_ROWS").ok().and_then(|rows| rows.parse().ok());
            for rows in asked.map_or(SIZES.to_vec(), |rows| vec![rows]) {
                let (needed, free) = (rows * ROW_BYTES, free_bytes());
                if needed > free {
                    println!("left out: {rows} rows take {} MiB, and {} MiB are free", needed >> 20, free >> 20);
                } else {
                    measured(rows);
                }
            }
        }
    }
}
