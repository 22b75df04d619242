//! What the treatment of a Wi-Fi sensor's records costs, against storing the same records as they come.
//!
//! `cargo bench -p privacy`. A record is an address, a network name and a signal strength. Sensors hear most devices
//! several times in a row (55 to 64 % of the records of the survey in `../shared/data/wifi-brno` follow one of the same
//! device), so it is measured with and without repetition.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures by the machine's clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start has nothing to say")]

use std::sync::Arc;
use std::time::Instant;

use model::{DeviceId, Epoch, Span, Stream, Timestamp};
use privacy::{EpochKey, EpochKeys, RawObservation, RawValue, Recipe, Treating};

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

/// The best of some rounds, in nanoseconds for each record.
fn measure(json: &str, addresses: &str) -> f64 {
    let addresses: Vec<&str> = addresses.as_bytes().chunks(17).map(|bytes| str::from_utf8(bytes).unwrap()).collect();
    let stream: Stream = serde_json::from_str(json).unwrap();
    let recipe = Recipe::compile(&stream, &|_| None).unwrap();
    let start: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let mut keys = EpochKeys::new(&stream.id);
    if let Some(length) = stream.longest_epoch() {
        keys.insert(Epoch(length.window(start)), Arc::new(EpochKey::new([7; 32])));
    }
    let devices = vec![DeviceId::new("wifi-1").unwrap()];
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut rows = 0;
        for batch in addresses.chunks(BATCH) {
            let mut treating = Treating::new(&recipe, &keys, None, devices.clone());
            for (second, address) in (0_u32..).zip(batch) {
                let at = start + Span::seconds(second);
                let values = [
                    RawValue::Text((*address).into()),
                    RawValue::Integer(-70),
                    RawValue::Text("a network's name".into()),
                ];
                treating.push(&RawObservation { at, device: 0, values: &values }).unwrap();
            }
            rows += treating.finish().get().len();
        }
        assert_eq!(rows, addresses.len());
        best = best.min(began.elapsed().as_secs_f64() * 1e9 / f64::from(RECORDS));
    }
    best
}

fn main() {
    println!("best of {ROUNDS} rounds of {RECORDS} records, in batches of {BATCH}");
    for repeated in [0, 60] {
        let addresses = addresses(repeated);
        let (treated, kept) = (measure(TREATED, &addresses), measure(KEPT, &addresses));
        println!(
            "{repeated:>2} % repeated: treated {treated:.0} ns, as they come {kept:.0} ns, ratio {:.2} ({} the aim of {AIM_NS:.0} ns)",
            treated / kept,
            if treated <= AIM_NS { "within" } else { "beyond" },
        );
    }
}
