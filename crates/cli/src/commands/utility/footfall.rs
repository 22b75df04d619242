//! Hourly counts of devices against the people who were there, and against the devices themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use model::{Bound, DeviceId, MinimumUnits, Noise, Point, Rho, Span, Stream, TimeBin, Timestamp, View};
use privacy::release::{Paid, Sensor, release};
use privacy::{Column, Columns, Ledger};
use serde::Serialize;

use super::correlation;
use crate::recorded::{Columns as Header, table};
use crate::system::SystemEntropy;

/// Hours in a day, between which the budget is shared.
const HOURS: u32 = 24;

/// One way of counting, against the truth.
#[derive(Serialize)]
pub(super) struct Way {
    name: &'static str,
    /// Hours with a number.
    hours: usize,
    /// Hours held back.
    withheld: usize,
    /// With the people who were there, from -1 to 1.
    correlation_with_people: Option<f64>,
    /// Mean distance from the number of devices.
    mean_error: f64,
}

#[derive(Serialize)]
pub(super) struct Figures {
    observations: usize,
    minimum: u32,
    rho_each_hour: Rho,
    ways: Vec<Way>,
}

/// What was there in one hour.
#[derive(Default)]
struct Hour {
    devices: BTreeSet<u64>,
    /// People by the minute, as a camera counted them.
    people: BTreeMap<i64, f64>,
}

/// Everything of one recording.
#[derive(Default)]
struct Recording {
    times: Vec<i64>,
    tags: Vec<u64>,
    hours: BTreeMap<i64, Hour>,
}

pub(super) fn figures(files: &[PathBuf], minimum: u32, budget: Rho) -> anyhow::Result<Figures> {
    let rho = Rho::from_micro(budget.micro() / HOURS).context("the budget is too small for a day of hours")?;
    let exact = view(minimum, Noise::None)?;
    let noisy = view(minimum, Noise::Gaussian { rho })?;
    let open = View { minimum: MinimumUnits(0), ..noisy.clone() };
    let ways = [
        ("devices themselves", None),
        ("exact, above the minimum", Some(exact)),
        ("with noise, above the minimum", Some(noisy)),
        ("with noise, every hour", Some(open)),
    ];
    let mut counted: Vec<Vec<(f64, f64, Option<f64>)>> = vec![Vec::new(); ways.len()];
    let mut observations = 0;
    for file in files {
        let recording = read(file)?;
        observations += recording.times.len();
        for (way, counted) in ways.iter().zip(&mut counted) {
            counted.extend(hours(&recording, way.1.as_ref(), budget)?);
        }
    }
    if observations == 0 {
        bail!("the recordings have no rows that could be read");
    }
    let ways = ways.iter().zip(&counted).map(|((name, _), hours)| summed(name, hours)).collect();
    Ok(Figures { observations, minimum, rho_each_hour: rho, ways })
}

fn view(minimum: u32, noise: Noise) -> anyhow::Result<View> {
    let view: View = serde_json::from_str(
        r#"{"id":"hourly","version":1,"stream":"wifi","title":"Devices by the hour","exposure":{"as":"windows","bin":"1h",
        "space":{"by":"sensor"},"measure":{"of":"distinct","property":"mac"}},"identifiers":"none","minimum":0,"bound":1,
        "noise":"none","delay":"0s","depth":"1d"}"#,
    )?;
    Ok(View { minimum: MinimumUnits(minimum), noise, bound: Bound(Some(1)), ..view })
}

fn stream(budget: Option<Rho>) -> anyhow::Result<Stream> {
    let stream: Stream = serde_json::from_str(
        r#"{"id":"wifi","time":{"do":"keep"},"retention":"48h","properties":{
        "mac":{"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"24h"}}}}"#,
    )?;
    Ok(Stream { budget, ..stream })
}

/// Of each hour: devices, people, and the number that was released, if one was.
fn hours(recording: &Recording, view: Option<&View>, budget: Rho) -> anyhow::Result<Vec<(f64, f64, Option<f64>)>> {
    let bin = TimeBin::new(Span::hours(1))?;
    let sensor = Sensor::at(DeviceId::new("sensor")?, Point::new(0.0, 0.0)?);
    let rows = recording.times.len();
    let tags = Column::Tag(recording.tags.iter().map(|tag| Some(*tag)).collect());
    let columns = Columns::from_parts(
        vec![sensor.id.clone()],
        recording.times.clone(),
        vec![0; rows],
        vec![1; rows],
        vec![("mac".parse()?, tags)],
    )?;
    let (mut ledger, sensors) = (Ledger::default(), [sensor]);
    let mut hours = Vec::new();
    for (start, hour) in &recording.hours {
        #[expect(clippy::cast_precision_loss, reason = "some hundred devices and sixty minutes")]
        let (devices, minutes) = (hour.devices.len() as f64, hour.people.len() as f64);
        let people = hour.people.values().sum::<f64>() / minutes.max(1.0);
        let Some(view) = view else {
            hours.push((devices, people, Some(devices)));
            continue;
        };
        let stream = stream(view.noise.rho().map(|_| budget))?;
        let window = bin.window(Timestamp::from_millis(*start));
        let paid: Paid<'_> = match view.noise {
            Noise::None => None,
            Noise::Gaussian { .. } => Some((ledger.charge(view, &stream, window)?, &SystemEntropy)),
        };
        let inside = columns.within(window);
        let table = release(view, &stream, window, &sensors, std::slice::from_ref(&inside), paid)?;
        #[expect(clippy::cast_precision_loss, reason = "some hundred devices")]
        let value = table.get().rows.first().map(|row| row.value as f64);
        hours.push((devices, people, value));
    }
    Ok(hours)
}

fn summed(name: &'static str, hours: &[(f64, f64, Option<f64>)]) -> Way {
    let shown: Vec<(f64, f64, f64)> =
        hours.iter().filter_map(|(devices, people, value)| Some((*devices, *people, (*value)?))).collect();
    #[expect(clippy::cast_precision_loss, reason = "some hundred hours")]
    let count = shown.len().max(1) as f64;
    Way {
        name,
        hours: shown.len(),
        withheld: hours.len() - shown.len(),
        correlation_with_people: correlation(&shown.iter().map(|hour| (hour.1, hour.2)).collect::<Vec<_>>()),
        mean_error: shown.iter().map(|hour| (hour.0 - hour.2).abs()).sum::<f64>() / count,
    }
}

fn read(file: &Path) -> anyhow::Result<Recording> {
    let mut reader = table(file, b';')?;
    let header = Header::of(&mut reader, file, &["datetime", "src", "occupancy"])?;
    let (mut recording, mut numbers) = (Recording::default(), BTreeMap::new());
    for row in reader.records() {
        let row = row.with_context(|| format!("`{}` has a row that is no CSV", file.display()))?;
        let cell = |name| header.cell(&row, name);
        let at = cell("datetime").and_then(flow::ingest::instant);
        let (Some(at), Some(mac)) = (at, cell("src").filter(|mac| !mac.is_empty())) else { continue };
        let next = numbers.len() as u64;
        let tag = *numbers.entry(mac.to_owned()).or_insert(next);
        let millis = at.millis();
        recording.times.push(millis);
        recording.tags.push(tag);
        let hour = recording.hours.entry(millis - millis.rem_euclid(3_600_000)).or_default();
        hour.devices.insert(tag);
        if let Some(people) = cell("occupancy").and_then(|people| people.parse::<f64>().ok()) {
            hour.people.insert(millis / 60_000, people);
        }
    }
    Ok(recording)
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Devices by the hour, of {} observations; minimum {}, noise of ρ {} an hour:",
            self.observations, self.minimum, self.rho_each_hour
        )?;
        writeln!(
            f,
            "  {:<30} {:>6} {:>9} {:>23} {:>18}",
            "", "hours", "withheld", "correlation with people", "error in devices"
        )?;
        for way in &self.ways {
            let correlation = way.correlation_with_people.map_or_else(|| "-".to_owned(), |found| format!("{found:.3}"));
            writeln!(
                f,
                "  {:<30} {:>6} {:>9} {correlation:>23} {:>18.2}",
                way.name, way.hours, way.withheld, way.mean_error
            )?;
        }
        Ok(())
    }
}
