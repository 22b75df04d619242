//! Numbers about nobody: what a release says of them is what they were.

use std::fmt;
use std::path::Path;

use anyhow::{Context, bail};
use model::{DeviceId, Point, Span, Stream, TimeBin, Timestamp, View};
use privacy::release::{Sensor, release};
use privacy::{Column, Columns};
use serde::Serialize;

use crate::recorded::table;

#[derive(Serialize)]
pub(super) struct Figures {
    /// Numbers in the recording.
    numbers: usize,
    /// Numbers that were released.
    released: usize,
    /// Those of them that differ from the recording by a thousandth or more.
    different: usize,
}

/// Releases every number of a table, whose rows are hours and whose columns, but for some, are sensors.
pub(super) fn figures(file: &Path, not_sensors: &[&str]) -> anyhow::Result<Figures> {
    let (names, rows) = read(file, not_sensors)?;
    let bin = TimeBin::new(Span::hours(1))?;
    let position = Point::new(0.0, 0.0)?;
    let ids: Vec<DeviceId> =
        (0..names).map(|number| DeviceId::new(&format!("sensor-{number:03}"))).collect::<Result<_, _>>()?;
    let sensors: Vec<Sensor> = ids.iter().map(|id| Sensor::at(id.clone(), position)).collect();
    let (stream, view) = declared()?;
    let mut figures = Figures { numbers: 0, released: 0, different: 0 };
    for (hour, row) in rows.iter().enumerate() {
        let window = bin.window(Timestamp::from_millis(i64::try_from(hour)? * bin.span().millis()));
        let there: Vec<(u32, f64)> = (0..).zip(row).filter_map(|(sensor, number)| Some((sensor, (*number)?))).collect();
        let columns = Columns::from_parts(
            ids.clone(),
            vec![window.start.millis(); there.len()],
            there.iter().map(|number| number.0).collect(),
            vec![1; there.len()],
            vec![("value".parse()?, Column::Number(there.iter().map(|number| Some(number.1)).collect()))],
        )?;
        let table = release(&view, &stream, window, &sensors, &[columns], None)?;
        figures.numbers += there.len();
        figures.released += table.get().rows.len();
        for (released, (_, number)) in table.get().rows.iter().zip(&there) {
            #[expect(clippy::cast_precision_loss, reason = "thousandths of what a sensor says")]
            let value = released.value as f64 / 1_000.0;
            figures.different += usize::from((value - number).abs() >= 0.001);
        }
    }
    if figures.numbers == 0 {
        bail!("`{}` has no numbers that could be read", file.display());
    }
    Ok(figures)
}

fn declared() -> anyhow::Result<(Stream, View)> {
    let stream = serde_json::from_str(
        r#"{"id":"numbers","time":{"do":"keep"},"retention":"30d","properties":{
        "value":{"category":"air-quality","value":"number","treatment":{"do":"keep"}}}}"#,
    )?;
    let view = serde_json::from_str(
        r#"{"id":"hourly","version":1,"stream":"numbers","title":"By the hour","exposure":{"as":"windows","bin":"1h",
        "space":{"by":"sensor"},"measure":{"of":"mean","property":"value"}},"identifiers":"none","minimum":0,"bound":null,
        "noise":"none","delay":"0s","depth":"30d"}"#,
    )?;
    Ok((stream, view))
}

/// How many sensors there are, and the number of each in each hour, if there is one.
fn read(file: &Path, not_sensors: &[&str]) -> anyhow::Result<(usize, Vec<Vec<Option<f64>>>)> {
    let mut reader = table(file, b',')?;
    let header = reader.headers().with_context(|| format!("`{}` has no header", file.display()))?;
    let sensors: Vec<usize> =
        header.iter().enumerate().filter(|(_, name)| !not_sensors.contains(&name.trim())).map(|(at, _)| at).collect();
    let mut rows = Vec::new();
    for row in reader.records() {
        let row = row.with_context(|| format!("`{}` has a row that is no CSV", file.display()))?;
        rows.push(sensors.iter().map(|at| row.get(*at).and_then(|number| number.trim().parse().ok())).collect());
    }
    Ok((sensors.len(), rows))
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { numbers, released, different } = self;
        write!(f, "{numbers} numbers, {released} of them released, {different} of these by a thousandth or more off")
    }
}
