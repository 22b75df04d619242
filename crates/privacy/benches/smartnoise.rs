//! The same question of the same rows by our release and by SmartNoise SQL: how many devices were at each sensor in each hour.
//!
//! `cargo bench -p privacy --bench smartnoise`, with the Python that `ORDINANCE_PYTHON` names and its module `snsql`. What both
//! promise is matched: our loss ρ is said as (ε, δ) by ε = ρ + 2√(ρ ln 1/δ) (Bun and Steinke 2016), which is more than the
//! tightest ε that is known, so that SmartNoise has rather too much of it. Once for a single hour, and once for a whole day,
//! in which a device may be seen in every hour: that is what a budget of ours speaks of.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and takes time"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use model::{DeviceId, Entropy, Point, Rho, Stream, View};
use privacy::release::{CellKey, Sensor, release};
use privacy::{Column, Columns, Ledger};
use testkit::SeededBytes;

const HOUR_MILLIS: i64 = 3_600_000;
const SENSORS: u64 = 20;
const DEVICES: u64 = 4_000;
/// In how many cells of an hour a device counts.
const CELLS: u32 = 4;
const DELTA: f64 = 1e-6;
/// The loss of a day's budget of a half, shared by its hours.
const RHO: &str = "0.0208";
/// The exit status of the script where the module is not there.
const MISSING: i32 = 3;

/// (Hour, sensor, device): who was where, each once.
fn seen(hours: i64) -> BTreeSet<(i64, u64, u64)> {
    let mut state = 7_u64;
    let mut below = |end: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end
    };
    let mut seen = BTreeSet::new();
    for hour in 0..hours {
        for device in 0..DEVICES {
            // Two of five are out at an hour, at one to four sensors.
            let places = if below(5) < 2 { 1 + below(u64::from(CELLS)) } else { 0 };
            seen.extend((0..places).map(|_| (hour, below(SENSORS), device)).collect::<Vec<_>>());
        }
    }
    seen
}

/// Ours: seconds, and how far off the numbers are on average.
fn ours(seen: &BTreeSet<(i64, u64, u64)>, hours: i64) -> (f64, f64) {
    let stream: Stream = serde_json::from_str(
        r#"{"id":"wifi","time":{"do":"keep"},"retention":"48h","budget":"0.5","properties":{
        "mac":{"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"24h"}}}}"#,
    )
    .unwrap();
    let view: View = serde_json::from_str(&format!(
        r#"{{"id":"counts","version":1,"stream":"wifi","title":"t","exposure":{{"as":"windows","bin":"1h","space":{{"by":"sensor"}},
        "measure":{{"of":"distinct","property":"mac"}}}},"identifiers":"none","minimum":0,"bound":{CELLS},
        "noise":{{"gaussian":{{"rho":"{RHO}"}}}},"delay":"0s","depth":"1d"}}"#
    ))
    .unwrap();
    let ids: Vec<DeviceId> = (0..SENSORS).map(|number| DeviceId::new(&format!("s{number:02}")).unwrap()).collect();
    let position = Point::new(16.6, 49.2).unwrap();
    let sensors: Vec<Sensor> = ids.iter().map(|id| Sensor::at(id.clone(), position)).collect();
    let rows = seen.len();
    let tags = Column::Tag(seen.iter().map(|seen| Some(seen.2.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect());
    let columns = Columns::from_parts(
        ids.clone(),
        seen.iter().map(|seen| seen.0 * HOUR_MILLIS + 1).collect(),
        seen.iter().map(|seen| u32::try_from(seen.1).unwrap()).collect(),
        vec![1; rows],
        vec![("mac".parse().unwrap(), tags)],
    )
    .unwrap();
    let (random, mut ledger) = (SeededBytes::new(1), Ledger::default());
    let begun = Instant::now();
    let tables: Vec<_> = (0..hours)
        .map(|hour| {
            let window = view.bin().unwrap().window(model::Timestamp::from_millis(hour * HOUR_MILLIS));
            let paid = Some((ledger.charge(&view, &stream, window).unwrap(), &random as &dyn Entropy));
            release(&view, &stream, window, &sensors, std::slice::from_ref(&columns), paid).unwrap()
        })
        .collect();
    let took = begun.elapsed().as_secs_f64();
    let (mut off, mut count) = (0.0, 0_u32);
    for (hour, table) in (0_i64..).zip(&tables) {
        for (number, id) in (0_u64..).zip(&ids) {
            let truth = seen.range((hour, number, 0)..(hour, number + 1, 0)).count() as f64;
            let key = CellKey::Sensor(id.clone());
            let shown = table.get().rows.iter().find(|row| row.cell == key).map_or(0, |row| row.value);
            off += (shown as f64 - truth).abs();
            count += 1;
        }
    }
    (took, off / f64::from(count))
}

/// SmartNoise's: seconds, and how far off the numbers are on average; or why there is none.
fn theirs(csv: &Path, epsilon: f64, cells: u64) -> Result<(f64, f64), String> {
    let python = std::env::var("ORDINANCE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/smartnoise_engine.py");
    let mut asked = Command::new(python);
    asked.arg(script).arg(csv).args([epsilon.to_string(), DELTA.to_string(), cells.to_string()]);
    let output = asked.output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(match output.status.code() {
            Some(MISSING) => "there is no Python with the module `snsql`; name one in ORDINANCE_PYTHON".to_owned(),
            _ => format!("it failed: {}", String::from_utf8_lossy(&output.stderr)),
        });
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut parts = text.split_whitespace().filter_map(|part| part.parse::<f64>().ok());
    parts.next().zip(parts.next()).ok_or(text)
}

fn main() {
    let rho: Rho = RHO.parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, hours) in [("one hour", 1_i64), ("a day", 24)] {
        let seen = seen(hours);
        let csv = folder.path().join(format!("{hours}.csv"));
        let lines: String = seen.iter().map(|(hour, sensor, device)| format!("{hour},{sensor},{device}\n")).collect();
        std::fs::write(&csv, format!("hour,sensor,device\n{lines}")).unwrap();
        let (took, off) = ours(&seen, hours);
        let whole = f64::from(rho.micro()) / 1e6 * hours as f64;
        let epsilon = whole + 2.0 * (whole * (1.0 / DELTA).ln()).sqrt();
        println!(
            "{name}: {} rows, {SENSORS} sensors, a device in {CELLS} cells of an hour; ρ {whole:.4} is (ε {epsilon:.2}, δ {DELTA:e})",
            seen.len()
        );
        println!("  release     {:>9.2} ms, off by {off:>6.2} devices on average", took * 1e3);
        match theirs(&csv, epsilon, u64::from(CELLS) * hours.unsigned_abs()) {
            Err(why) => println!("  skipped: SmartNoise: {why}"),
            Ok((their_time, their_off)) => println!(
                "  SmartNoise  {:>9.2} ms, off by {their_off:>6.2} devices on average; ours is {:.4} of the time, {:.2} of the error",
                their_time * 1e3,
                took / their_time,
                off / their_off
            ),
        }
    }
}
