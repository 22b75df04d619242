//! What the treatment of a sensor's records costs, against storing a Wi-Fi sensor's records as they come.
//!
//! `cargo bench -p privacy`. A record is an address, a network name and a signal strength. Sensors hear most devices
//! several times in a row (55 to 64 % of the records of the survey in `../shared/data/wifi-brno` follow one of the same
//! device), so it is measured with and without repetition. Beside the usual plan: the same with a list of people who opted
//! out, a tally in memory, and a position in place of the address, which becomes a cell or one of 64 districts.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures by the machine's clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start has nothing to say")]

use std::sync::Arc;
use std::time::Instant;

use model::{DeviceId, Epoch, Geometry, PlaceId, Point, Span, Stream, Timestamp};
use privacy::{EpochKey, EpochKeys, Memory, OptOut, RawObservation, RawValue, Recipe, Treating};

const RECORDS: u32 = 200_000;
const BATCH: usize = 10_000;
const ROUNDS: usize = 15;
/// The most a treated record may cost, in nanoseconds.
const AIM_NS: f64 = 250.0;

const TREATED: &str = r#"{"id":"wifi","time":{"do":"bin","bin":"1m"},"retention":"24h","properties":{
    "mac":{"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"24h"}},
    "rssi":{"category":"signal-strength","value":"integer","treatment":{"do":"keep"}},
    "ssid":{"category":"network-name","value":"text","treatment":{"do":"drop"}}}}"#;
const KEPT: &str = r#"{"id":"wifi","time":{"do":"keep"},"retention":"24h","properties":{
    "mac":{"category":"device-health","value":"text","treatment":{"do":"keep"}},
    "rssi":{"category":"device-health","value":"integer","treatment":{"do":"keep"}},
    "ssid":{"category":"device-health","value":"text","treatment":{"do":"keep"}}}}"#;

const TALLIED: &str = r#"{"id":"wifi","time":{"do":"bin","bin":"15m"},"retention":"24h","properties":{
    "mac":{"category":"mac-address","value":"text","treatment":{"do":"tally"}},
    "rssi":{"category":"signal-strength","value":"integer","treatment":{"do":"drop"}},
    "ssid":{"category":"network-name","value":"text","treatment":{"do":"drop"}}}}"#;

/// A plan for positions: how they are treated.
fn positions(treatment: &str) -> String {
    format!(
        r#"{{"id":"bikes","time":{{"do":"bin","bin":"1m"}},"retention":"24h","properties":{{
        "mac":{{"category":"person-location","value":"point","treatment":{treatment}}},
        "rssi":{{"category":"signal-strength","value":"integer","treatment":{{"do":"keep"}}}},
        "ssid":{{"category":"network-name","value":"text","treatment":{{"do":"drop"}}}}}}}}"#
    )
}

/// A town of 8 by 8 districts whose outlines have 200 positions each.
fn district(id: &PlaceId) -> Option<Geometry> {
    let number: u32 = id.as_str().strip_prefix('d')?.parse().ok()?;
    let (west, south) = (16.0 + 0.01 * f64::from(number % 8), 49.0 + 0.01 * f64::from(number / 8));
    let along = |step: u32| 0.01 * f64::from(step % 50) / 50.0;
    let corner = |step: u32| match step / 50 {
        0 => [west + along(step), south],
        1 => [west + 0.01, south + along(step)],
        2 => [west + 0.01 - along(step), south + 0.01],
        _ => [west, south + 0.01 - along(step)],
    };
    let ring: Vec<[f64; 2]> = (0..200).chain([0]).map(corner).collect();
    serde_json::from_value(serde_json::json!({ "type": "Polygon", "coordinates": [ring] })).ok()
}

fn districts() -> String {
    let ids: Vec<String> = (0..64).map(|number| format!("\"d{number}\"")).collect();
    positions(&format!(r#"{{"do":"district","of":[{}]}}"#, ids.join(",")))
}

/// A small generator, so that every run sees the same records.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// Addresses of 2,000 devices in one text, so many of a hundred heard again at once.
fn addresses(repeated_percent: u64) -> String {
    let (mut state, mut device) = (0x9e37_79b9_7f4a_7c15, 0);
    let mut addresses = String::new();
    for _ in 0..RECORDS {
        if next(&mut state) % 100 >= repeated_percent {
            device = next(&mut state) % 2_000;
        }
        addresses.push_str(&format!("88:78:73:{:02x}:{:02x}:{:02x}", device % 251, device / 251, device % 199));
    }
    addresses
}

/// What a device sends in place of its address.
fn value<'a>(recipe: &Recipe, address: &'a str, number: u32) -> RawValue<'a> {
    if recipe.slots().first().is_some_and(|slot| slot.kind == model::ValueKind::Point) {
        let (east, north) = (f64::from(number % 281) / 3_512.5, f64::from(number % 733) / 9_162.5);
        return RawValue::Point(Point::new(16.0 + east, 49.0 + north).unwrap());
    }
    RawValue::Text(address.into())
}

/// A list of a thousand phones, none of which comes.
fn listed(recipe: &Recipe) -> OptOut {
    let mut list = OptOut::new([3; 32]);
    for number in 0..1_000 {
        list.add(&recipe.slots()[0], &format!("0000{number:08x}")).unwrap();
    }
    list
}

/// The best of some rounds, in nanoseconds for each record.
fn measure(json: &str, addresses: &str, opted_out: bool) -> f64 {
    let addresses: Vec<&str> = addresses.as_bytes().chunks(17).map(|bytes| str::from_utf8(bytes).unwrap()).collect();
    let stream: Stream = serde_json::from_str(json).unwrap();
    let recipe = Recipe::compile(&stream, &district).unwrap();
    let start: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let mut keys = EpochKeys::new(&stream.id);
    if let Some(length) = stream.longest_epoch() {
        keys.insert(Epoch(length.window(start)), Arc::new(EpochKey::new([7; 32])));
    }
    let list = opted_out.then(|| listed(&recipe));
    let devices = vec![DeviceId::new("wifi-1").unwrap()];
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut rows = 0;
        let mut memory = recipe.work().map(|work| Memory::new(work, EpochKey::new([7; 32]), start));
        for batch in addresses.chunks(BATCH) {
            let mut treating = Treating::new(&recipe, &keys, None, devices.clone()).leaving_out(list.as_ref());
            if let Some(memory) = &memory {
                treating = treating.for_memory(memory.keys(start + Span::hours(3)));
            }
            for (second, address) in (0_u32..).zip(batch) {
                let at = start + Span::seconds(second);
                let values = [
                    value(&recipe, address, second),
                    RawValue::Integer(-70),
                    RawValue::Text("a network's name".into()),
                ];
                treating.push(&RawObservation { at, device: 0, values: &values }).unwrap();
            }
            rows += match &mut memory {
                Some(memory) => {
                    assert_eq!(memory.take(&treating.sightings()), Ok(0));
                    batch.len()
                }
                None => treating.finish().get().len(),
            };
        }
        assert_eq!(rows, addresses.len());
        best = best.min(began.elapsed().as_secs_f64() * 1e9 / f64::from(RECORDS));
    }
    best
}

fn main() {
    println!("best of {ROUNDS} rounds of {RECORDS} records, in batches of {BATCH}");
    let (cell, districts) = (positions(r#"{"do":"cell","resolution":9}"#), districts());
    for repeated in [0, 60] {
        let addresses = addresses(repeated);
        let kept = measure(KEPT, &addresses, false);
        println!("{repeated:>2} % repeated: as they come {kept:.0} ns");
        for (name, json, opted_out) in [
            ("treated", TREATED, false),
            ("treated, 1,000 opted out", TREATED, true),
            ("tallied in memory", TALLIED, false),
            ("position to cell", cell.as_str(), false),
            ("position to one of 64 districts", districts.as_str(), false),
        ] {
            let treated = measure(json, &addresses, opted_out);
            let aim = if treated <= AIM_NS { "within" } else { "beyond" };
            println!("   {name}: {treated:.0} ns, ratio {:.2} ({aim} the aim of {AIM_NS:.0} ns)", treated / kept);
        }
    }
}
