//! Real recordings in place of generated data: Wi-Fi probe requests and number plates from CSV, gzip read as it is.

use std::path::{Path, PathBuf};

use model::Timestamp;
use serde_json::json;

use super::feed::Event;
use crate::recorded::{Columns, table};

/// How many rows of a recording could not be read, and why not.
#[derive(Debug, Default)]
pub(super) struct Unreadable {
    pub(super) rows: u64,
}

/// Reads recorded probe requests into lines of the stream `wifi-centre`.
pub(super) fn wifi(files: &[PathBuf], unreadable: &mut Unreadable) -> anyhow::Result<Vec<Event>> {
    let mut events = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let device = device_of(file, number);
        let mut reader = table(file, b';')?;
        let columns = Columns::of(&mut reader, file, &["datetime", "src", "rssi", "ssid", "randomized"])?;
        for row in reader.records() {
            let Some(event) = row.ok().and_then(|row| probe(&columns, &row, &device)) else {
                unreadable.rows += 1;
                continue;
            };
            events.push(event);
        }
    }
    Ok(events)
}

/// `position_2_…` was recorded at receiver 2; any other file at the receiver of its place in the list.
fn device_of(file: &Path, number: usize) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let position = name.strip_prefix("position_").and_then(|rest| rest.chars().next()).filter(char::is_ascii_digit);
    position.map_or_else(|| format!("sniffer-{}", number % 6 + 1), |digit| format!("sniffer-{digit}"))
}

fn probe(columns: &Columns, row: &csv::StringRecord, device: &str) -> Option<Event> {
    let cell = |name| columns.cell(row, name);
    let (mac, ssid) = (cell("src").filter(|mac| !mac.is_empty())?, cell("ssid").unwrap_or_default());
    let at = time(cell("datetime")?)?;
    let rssi: i64 = cell("rssi")?.parse().ok()?;
    let randomised = match cell("randomized")? {
        "0" => false,
        "1" => true,
        _ => return None,
    };
    let mut line = json!({ "time": at, "device": device, "mac": mac, "rssi": rssi, "randomised": randomised });
    if !ssid.is_empty() {
        line["ssid"] = json!(ssid);
    }
    Some(Event::new(at, "wifi-centre", device, line.to_string()).identifying(&[mac, ssid]))
}

/// Reads recorded plates into lines of the stream `plates`.
pub(super) fn plates(file: &Path, unreadable: &mut Unreadable) -> anyhow::Result<Vec<Event>> {
    let mut events = Vec::new();
    let mut reader = table(file, b',')?;
    let columns = Columns::of(&mut reader, file, &["time", "plate"])?;
    for row in reader.records() {
        let read = row.ok().and_then(|row| {
            let cell = |name| columns.cell(&row, name);
            let (at, plate) = (time(cell("time")?)?, cell("plate").filter(|plate| !plate.is_empty())?);
            let device = cell("device").filter(|device| !device.is_empty()).unwrap_or("anpr-1");
            let class = cell("class").filter(|class| !class.is_empty()).unwrap_or("car");
            let line = json!({ "time": at, "device": device, "plate": plate, "class": class });
            Some(Event::new(at, "plates", device, line.to_string()).identifying(&[plate]))
        });
        match read {
            Some(event) => events.push(event),
            None => unreadable.rows += 1,
        }
    }
    Ok(events)
}

/// `2023-11-20 00:12:49.578498`, in UTC, or RFC 3339; cut to milliseconds.
fn time(text: &str) -> Option<Timestamp> {
    flow::ingest::instant(text)
}
