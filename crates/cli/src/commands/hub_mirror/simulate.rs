//! `ordinance hub simulate`: what a hub costs with as many cities as the alliance has.

use std::fs;
use std::path::Path;

use anyhow::bail;
use hub::benchmark::{NamedDefinition, Tally};
use hub::mirror::{City, Mirror, Reach, Refreshed, refresh};
use hub::simulate::{Generated, Spent};
use model::act::PolicyAdopted;
use model::{Clock, Timestamp};
use norms::Bundle;
use serde_json::json;
use tlog::audit::LogSource;

use super::mirrors_of;
use crate::args::hub_mirror::Simulate;
use crate::founding::founding;
use crate::output::Output;
use crate::system::{Took, timed};

/// How many cities are added in one transaction.
const ADDED_AT_ONCE: u64 = 2_000;

/// The day on which the simulated cities begin.
const BEGIN: Timestamp = Timestamp::UNIX_EPOCH;

/// Ways to generated logs, timed apart: generating is not the hub's work.
struct Timed<'a> {
    cities: &'a Generated,
    spent: &'a Spent,
}

impl Reach for Timed<'_> {
    fn reach(&self, city: &City) -> Box<dyn LogSource> {
        let (log, took) = timed(|| self.cities.reach(city));
        self.spent.add(u64::try_from(took.wall.as_nanos()).unwrap_or(u64::MAX));
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

/// A refresh and what it took.
struct Measured {
    found: Refreshed,
    took: Took,
    /// Seconds that threads spent with generating.
    generating: f64,
}

pub(super) fn run(args: &Simulate, output: &Output) -> anyhow::Result<()> {
    let dir = mirrors_of(&args.dir);
    if dir.join("mirror.db").exists() {
        bail!("`{}` holds mirrors already; name an empty folder", args.dir.display());
    }
    let mut mirror = Mirror::open(&dir)?;
    let (added, adding) = timed(|| -> anyhow::Result<()> {
        let mut number = 0;
        while number < args.cities {
            let until = args.cities.min(number + ADDED_AT_ONCE);
            mirror.add_all(&(number..until).map(Generated::entry).collect::<Result<Vec<_>, _>>()?)?;
            number = until;
        }
        Ok(())
    });
    added?;
    output.say(&format!("{} cities added in {:.1} s", args.cities, adding.wall.as_secs_f64()));
    let cities = Generated::new(BEGIN, policy()?, args.days);
    let first = measured(&dir, &cities, args.threads)?;
    output.say(&told("the logs so far", &first, args));
    let cities = cities.later(1);
    let day = measured(&dir, &cities, args.threads)?;
    output.say(&told("one day more", &day, args));
    let definitions = NamedDefinition::all()?;
    let (tables, counting) = timed(|| Tally::mirror(&definitions, &mirror, cities.now()));
    let (tables, bytes) = (tables?, bytes(&dir)?);
    let words = format!(
        "{} benchmarks over {} cities in {:.1} s; the mirrors take {} bytes, {} a city",
        tables.len(),
        args.cities,
        counting.wall.as_secs_f64(),
        bytes,
        bytes / args.cities
    );
    let document = json!({
        "cities": args.cities, "days": args.days, "threads": args.threads, "adding_seconds": adding.wall.as_secs_f64(),
        "first": document(&first, args), "day": document(&day, args),
        "benchmarks": tables.len(), "benchmark_seconds": counting.wall.as_secs_f64(), "bytes": bytes,
    });
    output.result(&document, &words)
}

/// The body of the act with which every generated city adopts the core.
fn policy() -> anyhow::Result<String> {
    let text = founding("Simulated", "city".parse()?)?.policies;
    let hash = Bundle::assemble(&text)?.hash();
    Ok(serde_json::to_string(&PolicyAdopted { hash, text })?)
}

fn measured(dir: &Path, cities: &Generated, threads: u16) -> anyhow::Result<Measured> {
    let spent = Spent::default();
    let ways = Timed { cities, spent: &spent };
    let (found, took) = timed(|| refresh(dir, &ways, usize::from(threads), &Day(cities.now())));
    #[expect(clippy::cast_precision_loss, reason = "seconds need no more than six digits")]
    let generating = spent.nanos() as f64 / 1e9;
    Ok(Measured { found: found?, took, generating })
}

fn told(what: &str, measured: &Measured, args: &Simulate) -> String {
    let Measured { found, took, generating } = measured;
    format!(
        "{what}: {} entries of {} cities checked and kept in {:.1} s ({:.1} s of processor, {generating:.1} s of threads with \
         generating); {:.3} ms of processor a city, all included; {} failed",
        found.entries,
        found.cities,
        took.wall.as_secs_f64(),
        took.cpu.as_secs_f64(),
        per_city(took.cpu.as_secs_f64(), args.cities),
        found.failed
    )
}

fn document(measured: &Measured, args: &Simulate) -> serde_json::Value {
    let (wall, cpu) = (measured.took.wall.as_secs_f64(), measured.took.cpu.as_secs_f64());
    json!({
        "entries": measured.found.entries, "seconds": wall, "processor_seconds": cpu,
        "generating_seconds": measured.generating, "processor_milliseconds_a_city": per_city(cpu, args.cities),
        "failed": measured.found.failed,
    })
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer cities than 2^52")]
fn per_city(seconds: f64, cities: u64) -> f64 {
    seconds * 1_000.0 / cities as f64
}

fn bytes(dir: &Path) -> anyhow::Result<u64> {
    let mut sum = 0;
    for file in fs::read_dir(dir)? {
        sum += file?.metadata()?.len();
    }
    Ok(sum)
}
