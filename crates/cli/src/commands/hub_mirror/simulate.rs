//! `ordinance hub simulate`: what a hub costs with as many members and cities as the alliance has.

mod members;
mod pages;
mod served;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::bail;
use hub::benchmark::{NamedDefinition, Tally};
use hub::looking::Rested;
use hub::mirror::{City, Mirror, Reach, Refreshed, refresh};
use hub::simulate::{Generated, Spent};
use indicatif::{ProgressBar, ProgressStyle};
use model::act::PolicyAdopted;
use model::{Clock, Timestamp};
use norms::Bundle;
use serde::Serialize;
use tlog::audit::LogSource;

use super::mirrors_of;
use crate::args::hub_mirror::Simulate;
use crate::founding::founding;
use crate::output::Output;
use crate::system::{SystemClock, Took, memory_peak, thread_time, timed};

use pages::Answered;
use served::over_http;

/// How many cities are added in one transaction.
const ADDED_AT_ONCE: u64 = 2_000;

/// The day on which the simulated cities begin.
const BEGIN: Timestamp = Timestamp::UNIX_EPOCH;

/// Ways to generated logs, timed apart: generating is not the hub's work.
struct Timed<'a> {
    cities: &'a Generated,
    spent: &'a Spent,
    bar: &'a ProgressBar,
}

impl Reach for Timed<'_> {
    fn reach(&self, city: &City) -> Box<dyn LogSource> {
        let before = thread_time();
        let log = self.cities.reach(city);
        let took = thread_time().saturating_sub(before);
        self.spent.add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        self.bar.inc(1);
        log
    }
}

/// The clock of a simulated day.
struct Day(Timestamp);

impl Clock for Day {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// What a look at every city took.
#[derive(Serialize)]
struct Looked {
    /// Entries that were checked and kept.
    entries: u64,
    /// By the clock on the wall, generating included.
    seconds: f64,
    /// Of all processors together, generating included.
    processor_seconds: f64,
    /// Of these, what generating the logs took.
    generating_seconds: f64,
    /// What the hub's own work takes of a processor for one city, in milliseconds.
    milliseconds_a_city: f64,
    /// Logs that failed.
    failed: u64,
}

/// What was measured.
#[derive(Serialize)]
struct Measured {
    members: u64,
    cities: u64,
    days: u32,
    threads: u16,
    /// Admitting the members, in seconds.
    admitting_seconds: f64,
    /// Adding the cities, in seconds.
    adding_seconds: f64,
    /// The logs so far.
    first: Looked,
    /// One day more.
    day: Looked,
    /// One day more over HTTP, if that was asked for; handing the logs out is in it.
    served: Option<Looked>,
    benchmarks: usize,
    benchmark_seconds: f64,
    pages: Answered,
    /// The most memory at once, in bytes; none where the system does not tell.
    memory_bytes: Option<u64>,
    /// On the disk, in bytes.
    bytes: u64,
}

pub(super) fn run(args: &Simulate, output: &Output) -> anyhow::Result<()> {
    let dir = mirrors_of(&args.dir);
    if args.dir.join("journal.db").exists() || dir.exists() {
        bail!("`{}` holds a hub or mirrors already; name an empty folder", args.dir.display());
    }
    let members = args.members.unwrap_or(args.cities);
    let (hub, admitting) = members::admitted(&args.dir, members)?;
    output.say(&format!("{members} members admitted in {:.1} s", admitting.wall.as_secs_f64()));
    let mut mirror = Mirror::open(&dir)?;
    let (added, adding) = timed(|| add(&mut mirror, args.cities));
    added?;
    output.say(&format!("{} cities added in {:.1} s", args.cities, adding.wall.as_secs_f64()));
    let cities = Generated::new(BEGIN, policy()?, args.days);
    let first = looked(&dir, &cities, args, output)?;
    output.say(&in_words("the logs so far", &first, args));
    let cities = cities.later(1);
    let day = looked(&dir, &cities, args, output)?;
    output.say(&in_words("one day more", &day, args));
    let cities = if args.served { cities.later(1) } else { cities };
    let over_http = args.served.then(|| looked_over_http(&dir, cities.clone(), args, output)).transpose()?;
    if let Some(served) = &over_http {
        output.say(&in_words("one day more over HTTP", served, args));
    }
    let definitions = NamedDefinition::all()?;
    let (tables, counting) = timed(|| Tally::mirror(&definitions, &mirror, cities.now()));
    let benchmarks = tables?.len();
    output.say(&format!("{benchmarks} benchmarks counted over them in {:.1} s", counting.wall.as_secs_f64()));
    let pages = pages::answered(hub)?;
    let measured = Measured {
        members,
        cities: args.cities,
        days: args.days,
        threads: args.threads,
        admitting_seconds: admitting.wall.as_secs_f64(),
        adding_seconds: adding.wall.as_secs_f64(),
        first,
        day,
        served: over_http,
        benchmarks,
        benchmark_seconds: counting.wall.as_secs_f64(),
        pages,
        memory_bytes: memory_peak(),
        bytes: bytes(&args.dir)?,
    };
    output.result(&measured, &told(&measured))
}

fn add(mirror: &mut Mirror, cities: u64) -> anyhow::Result<()> {
    let mut number = 0;
    while number < cities {
        let until = cities.min(number + ADDED_AT_ONCE);
        mirror.add_all(&(number..until).map(Generated::entry).collect::<Result<Vec<_>, _>>()?)?;
        number = until;
    }
    Ok(())
}

/// The body of the act with which every generated city adopts the core.
fn policy() -> anyhow::Result<String> {
    let text = founding("Simulated", "city".parse()?)?.adopting.policies;
    let hash = Bundle::assemble(&text)?.hash();
    Ok(serde_json::to_string(&PolicyAdopted { hash, text })?)
}

fn looked(dir: &Path, cities: &Generated, args: &Simulate, output: &Output) -> anyhow::Result<Looked> {
    let (spent, bar) = (Spent::default(), bar(args.cities, output));
    let ways = Timed { cities, spent: &spent, bar: &bar };
    let (found, took) = timed(|| refresh(dir, &ways, usize::from(args.threads), &Day(cities.now())));
    bar.finish_and_clear();
    Ok(measured(&found?, &took, &spent, args))
}

/// The same over HTTP. How long a look takes is read from the machine's clock, and the day from the simulation's.
fn looked_over_http(dir: &Path, cities: Generated, args: &Simulate, output: &Output) -> anyhow::Result<Looked> {
    let (spent, bar, day) = (Arc::new(Spent::default()), bar(args.cities, output), Day(cities.now()));
    let resting = || bar.inc(1);
    let (found, took) = timed(|| {
        over_http(cities, &spent, Arc::new(SystemClock), |ways| {
            refresh(dir, &Rested::new(ways, &resting), usize::from(args.threads), &day)
        })
    });
    bar.finish_and_clear();
    Ok(measured(&found??, &took, &spent, args))
}

fn measured(found: &Refreshed, took: &Took, spent: &Spent, args: &Simulate) -> Looked {
    let Refreshed { entries, failed, .. } = *found;
    #[expect(clippy::cast_precision_loss, reason = "seconds need no more than six digits")]
    let generating = spent.nanos() as f64 / 1e9;
    let Took { wall, cpu } = *took;
    let (seconds, processor_seconds) = (wall.as_secs_f64(), cpu.as_secs_f64());
    let milliseconds_a_city = per_city((processor_seconds - generating).max(0.0), args.cities);
    Looked { entries, seconds, processor_seconds, generating_seconds: generating, milliseconds_a_city, failed }
}

fn bar(cities: u64, output: &Output) -> ProgressBar {
    if output.json() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} logs, {per_sec}, {eta} left");
    ProgressBar::new(cities).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn in_words(what: &str, looked: &Looked, args: &Simulate) -> String {
    format!(
        "{what}: {} entries of {} cities checked and kept in {:.1} s; {:.1} s of processor, of which {:.1} s made the logs; {} failed",
        looked.entries, args.cities, looked.seconds, looked.processor_seconds, looked.generating_seconds, looked.failed
    )
}

fn told(measured: &Measured) -> String {
    let Measured { pages, day, cities, .. } = measured;
    let memory = measured.memory_bytes.map_or_else(|| "not told here".to_owned(), megabytes);
    format!(
        "A city costs {:.3} ms of processor a day; a daily refresh of {cities} cities takes {:.0} s on {} threads, making their \
         logs included.\nMemory at most: {memory}. Disk: {}, {} a city.\nPages: {} of them asked for {} times with {} members: half \
         within {:.1} ms, 99 of 100 within {:.1} ms; the slowest was {} with {:.1} ms.",
        day.milliseconds_a_city,
        day.seconds,
        measured.threads,
        megabytes(measured.bytes),
        megabytes(measured.bytes / cities),
        pages.pages,
        pages.requests,
        measured.members,
        pages.p50_milliseconds,
        pages.p99_milliseconds,
        pages.slowest,
        pages.slowest_milliseconds,
    )
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn megabytes(bytes: u64) -> String {
    format!("{:.3} MB", bytes as f64 / 1e6)
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer cities than 2^52")]
fn per_city(seconds: f64, cities: u64) -> f64 {
    seconds * 1_000.0 / cities as f64
}

/// All files below a folder.
fn bytes(dir: &Path) -> anyhow::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        sum += if meta.is_dir() { bytes(&entry.path())? } else { meta.len() };
    }
    Ok(sum)
}
