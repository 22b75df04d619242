//! `ordinance bench`: the governed path against the ungoverned one, and a plan against Cedar, in one run.
//!
//! Ungoverned is the same city, device, body and disk with a stream that keeps every property as it comes; it can do so
//! only because its properties are declared as data about nobody. The data is invented.

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use flow::city::credential;
use flow::{City, Created};
use model::{Clock, Span, StreamId, Timestamp};
use norms::{CollectFast, CollectQuestion};
use register::{Command, Submission};
use serde::Serialize;

use super::apply::apply;
use super::fresh_token;
use crate::args::Bench;
use crate::demo::clock::PlayedClock;
use crate::founding::founding;
use crate::manifest::Manifest;
use crate::output::Output;
use crate::system::{SystemClock, SystemEntropy, Took, timed};

/// Lines in one batch.
const BATCH: u64 = 20_000;
/// Rounds of each side, taken in turn so that a slow disk hits all of them. The middle one counts.
const ROUNDS: usize = 3;
/// How much time the records are spread over, if the day is that old.
const SPREAD: Span = Span::hours(2);
const MANIFEST: &str = include_str!("bench.toml");

/// Records per second of one side.
#[derive(Serialize)]
struct Speed {
    /// By the clock on the wall.
    per_second: f64,
    /// Of one processor's time.
    per_cpu_second: f64,
}

#[derive(Serialize)]
struct Figures {
    records: u64,
    minutes: i64,
    governed: Speed,
    ungoverned: Speed,
    bare_parse: Speed,
    governed_over_ungoverned: Speed,
    governed_over_bare_parse: Speed,
    plan_nanoseconds: f64,
    cedar_nanoseconds: f64,
    cedar_over_plan: f64,
}

impl Speed {
    fn over(&self, other: &Self) -> Self {
        let (per_second, per_cpu_second) =
            (self.per_second / other.per_second, self.per_cpu_second / other.per_cpu_second);
        Self { per_second, per_cpu_second }
    }
}

/// What the bare parse reads: the same fields, borrowed.
#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "parsing is what is measured")]
struct Line<'a> {
    time: &'a str,
    mac: &'a str,
    rssi: i64,
    ssid: &'a str,
    randomised: bool,
}

pub(crate) fn run(args: &Bench, output: &Output) -> anyhow::Result<()> {
    if args.dir.exists() {
        bail!("`{}` exists; give another folder with --dir", args.dir.display());
    }
    let measured = measure(args);
    fs::remove_dir_all(&args.dir).context("removing the bench city")?;
    let figures = measured?;
    output.result(&figures, &in_words(&figures))
}

fn in_words(figures: &Figures) -> String {
    let Figures { records, minutes, governed, ungoverned, bare_parse, .. } = figures;
    let speed =
        |name: &str, speed: &Speed| format!("  {name:<12}{:>14.0}{:>22.0}\n", speed.per_second, speed.per_cpu_second);
    let ratio = |name: &str, ratio: &Speed| {
        format!("  {name} = {:.2} by the clock, {:.2} per core\n", ratio.per_second, ratio.per_cpu_second)
    };
    [
        format!(
            "{records} Wi-Fi records from NDJSON, over {minutes} minutes, one thread, durable (write-ahead log with fdatasync \
             for each batch of {BATCH}); the middle of {ROUNDS} rounds:\n  {:<12}{:>14}{:>22}\n",
            "records/s", "by the clock", "per core (CPU time)"
        ),
        speed("governed", governed),
        speed("ungoverned", ungoverned),
        speed("bare parse", bare_parse),
        ratio("governed / ungoverned", &figures.governed_over_ungoverned),
        ratio("governed / bare parse", &figures.governed_over_bare_parse),
        format!(
            "One decision to collect:\n  plan          {:>12.0} ns\n  is_authorized {:>12.0} ns\n  is_authorized / plan = {:.0}",
            figures.plan_nanoseconds, figures.cedar_nanoseconds, figures.cedar_over_plan
        ),
    ]
    .concat()
}

fn measure(args: &Bench) -> anyhow::Result<Figures> {
    let city = city(args)?;
    let (governed, ungoverned) = (token(&city, "governed-1")?, token(&city, "ungoverned-1")?);
    let now = city.register().now();
    // Of today: a key of yesterday is gone.
    let begin =
        (now - SPREAD).max(Timestamp::from_millis(now.millis() - now.millis().rem_euclid(Span::days(1).millis())));
    let batches = batches(args.records, begin, now);
    let sides: [&dyn Fn() -> anyhow::Result<()>; 3] = [
        &|| batches.iter().try_for_each(|body| Ok(city.ingest_lines(&governed, body).map(drop)?)),
        &|| batches.iter().try_for_each(|body| Ok(city.ingest_lines(&ungoverned, body).map(drop)?)),
        &|| batches.iter().try_for_each(|body| bare(body)),
    ];
    let mut rounds: [Vec<Took>; 3] = Default::default();
    for _ in 0..ROUNDS {
        for (rounds, side) in rounds.iter_mut().zip(sides) {
            let (done, took) = timed(side);
            done?;
            rounds.push(took);
        }
    }
    let [governed, ungoverned, bare_parse] = rounds.map(|rounds| speed(args.records, &rounds));
    let (plan_nanoseconds, cedar_nanoseconds) = decisions(&city)?;
    Ok(Figures {
        records: args.records,
        minutes: now.since(begin).millis() / 60_000,
        governed_over_ungoverned: governed.over(&ungoverned),
        governed_over_bare_parse: governed.over(&bare_parse),
        governed,
        ungoverned,
        bare_parse,
        plan_nanoseconds,
        cedar_nanoseconds,
        cedar_over_plan: cedar_nanoseconds / plan_nanoseconds,
    })
}

/// The speed of the middle round, by either measure.
fn speed(records: u64, rounds: &[Took]) -> Speed {
    #[expect(clippy::cast_precision_loss, reason = "a number of records is far below 2^53")]
    let records = records as f64;
    let middle = |of: fn(&Took) -> Duration| {
        let mut all: Vec<Duration> = rounds.iter().map(of).collect();
        all.sort_unstable();
        records / all.get(all.len() / 2).map_or(f64::NAN, Duration::as_secs_f64)
    };
    Speed { per_second: middle(|took| took.wall), per_cpu_second: middle(|took| took.cpu) }
}

fn city(args: &Bench) -> anyhow::Result<City> {
    let founding = founding("Bench City", "city".parse()?)?;
    let created = Created { founding, origin: "bench.ordinance.example/log".to_owned() };
    let now = SystemClock.now();
    // It was entered in the register a day ago, before anything was observed.
    let starts = now - Span::days(1);
    let clock = Arc::new(PlayedClock::new(starts));
    let city = City::create(&args.dir, created, Arc::clone(&clock) as _, Arc::new(SystemEntropy))?;
    let text =
        MANIFEST.replace("{starts}", &starts.to_string()).replace("{until}", &(now + Span::days(90)).to_string());
    for done in apply(&city, Manifest::parse(&text)?.jobs())? {
        if let Some(refused) = done.refused {
            bail!("{}: {refused}", done.job);
        }
    }
    clock.advance_to(now);
    clock.run_on();
    Ok(city)
}

fn token(city: &City, device: &str) -> anyhow::Result<String> {
    let token = fresh_token(&SystemEntropy)?;
    let command = Command::SetDeviceCredential { device: device.parse()?, credential: Some(credential(&token)) };
    city.register().submit(Submission { by: "city".parse()?, reason: None, command })?;
    Ok(token)
}

/// Invented probe requests, one after the other in time: 8,192 devices, each seen many times.
fn batches(records: u64, begin: Timestamp, end: Timestamp) -> Vec<Vec<u8>> {
    let mut batches = Vec::new();
    let mut body = String::new();
    let length = end.since(begin).millis().unsigned_abs();
    for record in 0..records {
        let passed = u128::from(length) * u128::from(record) / u128::from(records);
        let time = Timestamp::from_millis(begin.millis() + i64::try_from(passed).unwrap_or(0));
        let device = record.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40 & 0x1fff;
        let _ = writeln!(
            body,
            "{{\"time\":\"{time}\",\"mac\":\"a4:11:3c:00:{:02x}:{:02x}\",\"rssi\":-{},\"ssid\":\"Home-{device:04X}\",\"randomised\":false}}",
            device >> 8,
            device & 0xff,
            40 + record % 50
        );
        if (record + 1) % BATCH == 0 {
            batches.push(std::mem::take(&mut body).into_bytes());
        }
    }
    if !body.is_empty() {
        batches.push(body.into_bytes());
    }
    batches
}

fn bare(body: &[u8]) -> anyhow::Result<()> {
    for line in body.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        black_box(serde_json::from_slice::<Line<'_>>(line)?);
    }
    Ok(())
}

/// Nanoseconds of a decision by plan and by Cedar itself.
fn decisions(city: &City) -> anyhow::Result<(f64, f64)> {
    let (state, bundle) = (city.register().state(), city.register().bundle().context("no policies")?);
    let (record, stream) = state.stream(&StreamId::new("governed")?).context("no stream")?;
    let accountable = &state.parties.get(&record.deployment.accountable).context("no accountable party")?.party;
    let around = &register::circumstances::of_deployment(&state, record, city.register().now());
    let question = CollectQuestion { record, stream, order: None, accountable, founder: state.founder(), around };
    let plan = bundle.plan_collect(&question);
    let fast = CollectFast { now: city.register().now() };
    let time = |times: u32, decide: &dyn Fn() -> bool| {
        let ((), took) = timed(|| {
            for _ in 0..times {
                black_box(decide());
            }
        });
        took.wall.as_secs_f64() * 1e9 / f64::from(times)
    };
    let by_plan = time(1_000_000, &|| plan.allows(black_box(&fast)));
    let by_cedar = time(2_000, &|| bundle.decide_collect(&question, black_box(&fast)).is_allowed());
    Ok((by_plan, by_cedar))
}
