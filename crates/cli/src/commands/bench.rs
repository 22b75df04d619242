//! `ordinance bench`: the governed path against the ungoverned one, and a plan against Cedar, in one run.
//!
//! Ungoverned is the same city, device, body and disk with a stream that keeps every property as it comes; it can do so
//! only because its properties are declared as data about nobody. The data is invented.

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use flow::city::credential;
use flow::{City, Created};
use model::policy::PolicyText;
use model::{Party, PartyKind, Span, StreamId, Timestamp};
use norms::{Bundle, CollectFast, CollectQuestion};
use register::{Command, Founding, Submission};
use serde::Serialize;

use super::apply::apply;
use super::fresh_token;
use crate::args::Bench;
use crate::manifest::Manifest;
use crate::output::Output;
use crate::system::{SystemClock, SystemEntropy};

/// Lines in one batch.
const BATCH: u64 = 20_000;
/// Rounds of each side, taken in turn so that a slow disk hits both.
const ROUNDS: u32 = 3;
const MANIFEST: &str = include_str!("bench.toml");

#[derive(Serialize)]
struct Figures {
    records: u64,
    governed_per_second: f64,
    ungoverned_per_second: f64,
    governed_over_ungoverned: f64,
    bare_parse_per_second: f64,
    governed_over_bare_parse: f64,
    plan_nanoseconds: f64,
    cedar_nanoseconds: f64,
    cedar_over_plan: f64,
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
    let words = format!(
        "{} Wi-Fi records from NDJSON, one core, durable (write-ahead log with fdatasync for each batch of {BATCH}):\n  \
         governed    {:>12.0} records/s\n  ungoverned  {:>12.0} records/s   governed / ungoverned = {:.2}\n  bare parse  {:>12.0} \
         records/s   governed / bare parse = {:.2}\nOne decision to collect:\n  plan        {:>12.0} ns\n  is_authorized {:>10.0} ns   \
         is_authorized / plan = {:.0}",
        figures.records,
        figures.governed_per_second,
        figures.ungoverned_per_second,
        figures.governed_over_ungoverned,
        figures.bare_parse_per_second,
        figures.governed_over_bare_parse,
        figures.plan_nanoseconds,
        figures.cedar_nanoseconds,
        figures.cedar_over_plan,
    );
    output.result(&figures, &words)
}

fn measure(args: &Bench) -> anyhow::Result<Figures> {
    let city = city(args)?;
    let (governed, ungoverned) = (token(&city, "governed-1")?, token(&city, "ungoverned-1")?);
    let batches = batches(args.records, city.register().now());
    let mut best = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        let sides: [&dyn Fn() -> anyhow::Result<()>; 3] = [
            &|| batches.iter().try_for_each(|body| Ok(city.ingest_lines(&governed, body).map(drop)?)),
            &|| batches.iter().try_for_each(|body| Ok(city.ingest_lines(&ungoverned, body).map(drop)?)),
            &|| batches.iter().try_for_each(|body| bare(body)),
        ];
        for (best, side) in best.iter_mut().zip(sides) {
            let begun = Instant::now();
            side()?;
            *best = (*best).min(begun.elapsed());
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a number of records is far below 2^53")]
    let records = args.records as f64;
    let [governed, ungoverned, bare] = best.map(|best| records / best.as_secs_f64());
    let (plan_nanoseconds, cedar_nanoseconds) = decisions(&city)?;
    Ok(Figures {
        records: args.records,
        governed_per_second: governed,
        ungoverned_per_second: ungoverned,
        governed_over_ungoverned: governed / ungoverned,
        bare_parse_per_second: bare,
        governed_over_bare_parse: governed / bare,
        plan_nanoseconds,
        cedar_nanoseconds,
        cedar_over_plan: cedar_nanoseconds / plan_nanoseconds,
    })
}

fn city(args: &Bench) -> anyhow::Result<City> {
    let founding = Founding {
        name: "Bench City".to_owned(),
        founder: Party { id: "city".parse()?, name: "Bench City".to_owned(), kind: PartyKind::CityDepartment },
        policies: PolicyText {
            layers: vec![Bundle::global_core()],
            permits: norms::city_permits_default().to_owned(),
            permits_owner: "city".parse()?,
        },
    };
    let created = Created { founding, origin: "bench.ordinance.example/log".to_owned() };
    let city = City::create(&args.dir, created, Arc::new(SystemClock), Arc::new(SystemEntropy))?;
    let now = city.register().now();
    let text = MANIFEST
        .replace("{starts}", &(now - Span::days(1)).to_string())
        .replace("{until}", &(now + Span::days(90)).to_string());
    for done in apply(&city, Manifest::parse(&text)?.jobs())? {
        if let Some(refused) = done.refused {
            bail!("{}: {refused}", done.job);
        }
    }
    Ok(city)
}

fn token(city: &City, device: &str) -> anyhow::Result<String> {
    let token = fresh_token(&SystemEntropy)?;
    let command = Command::SetDeviceCredential { device: device.parse()?, credential: Some(credential(&token)) };
    city.register().submit(Submission { by: "city".parse()?, reason: None, command })?;
    Ok(token)
}

/// Invented probe requests: 8,192 devices, each seen many times.
fn batches(records: u64, now: Timestamp) -> Vec<Vec<u8>> {
    let mut batches = Vec::new();
    let mut body = String::new();
    for record in 0..records {
        let device = record.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40 & 0x1fff;
        let _ = writeln!(
            body,
            "{{\"time\":\"{now}\",\"mac\":\"a4:11:3c:00:{:02x}:{:02x}\",\"rssi\":-{},\"ssid\":\"Home-{device:04X}\",\"randomised\":false}}",
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
        let begun = Instant::now();
        for _ in 0..times {
            black_box(decide());
        }
        begun.elapsed().as_secs_f64() * 1e9 / f64::from(times)
    };
    let by_plan = time(1_000_000, &|| plan.allows(black_box(&fast)));
    let by_cedar = time(2_000, &|| bundle.decide_collect(&question, black_box(&fast)).is_allowed());
    Ok((by_plan, by_cedar))
}
