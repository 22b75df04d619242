//! What a made-up city senses: people with phones, cars with plates, air, a river, a crowd. The same seed, the same city.
//!
//! The data is invented, by rules that give it the shape of the real thing: a daily rhythm, people who come back, phones
//! that change their addresses and older ones that do not, commuters who pass twice a day.

mod nature;
mod people;
mod random;
mod vehicles;

use std::fmt;

use model::{Span, Timestamp};
use serde_json::json;

use self::random::Random;

/// The receivers of the stream `wifi-centre`.
pub(super) const WIFI_DEVICES: [&str; 6] =
    ["sniffer-1", "sniffer-2", "sniffer-3", "sniffer-4", "sniffer-5", "sniffer-6"];
/// The receivers of the stream `ways-centre`: each beside one of the first of `wifi-centre`.
pub(super) const PATH_DEVICES: [&str; 3] = ["path-1", "path-2", "path-3"];
/// The cameras of the stream `plates`.
pub(super) const PLATE_DEVICES: [&str; 4] = ["anpr-1", "anpr-2", "anpr-3", "anpr-4"];
/// The stations of the stream `air`.
pub(super) const AIR_DEVICES: [&str; 3] = ["air-1", "air-2", "air-3"];
/// The gauges of the stream `river`.
pub(super) const RIVER_DEVICES: [&str; 2] = ["river-1", "river-2"];
/// The counters of the stream `crowd`.
pub(super) const CROWD_DEVICES: [&str; 2] = ["crowd-1", "crowd-2"];
/// The meter of the stream `noise-square`.
pub(super) const NOISE_DEVICES: [&str; 1] = ["noise-1"];
/// The receiver of the stream `wifi-station`, whose deployment nobody approved.
pub(super) const STATION_DEVICES: [&str; 1] = ["station-1"];

/// Every device with its stream, its deployment and where it stands.
pub(super) fn devices() -> Vec<(&'static str, &'static str, &'static str, [f64; 2])> {
    let groups: [(&[&'static str], &'static str, &'static str, [f64; 2]); 8] = [
        (&WIFI_DEVICES, "wifi-centre", "congestion", [16.604, 49.193]),
        (&PATH_DEVICES, "ways-centre", "congestion", [16.604, 49.193]),
        (&PLATE_DEVICES, "plates", "plate-search", [16.615, 49.194]),
        (&AIR_DEVICES, "air", "pollution", [16.590, 49.190]),
        (&RIVER_DEVICES, "river", "disaster", [16.600, 49.186]),
        (&CROWD_DEVICES, "crowd", "disaster", [16.608, 49.195]),
        (&NOISE_DEVICES, "noise-square", "noise-pilot", [16.609, 49.196]),
        (&STATION_DEVICES, "wifi-station", "station-wifi", [16.612, 49.191]),
    ];
    let mut devices = Vec::new();
    for (names, stream, deployment, [longitude, latitude]) in groups {
        for (number, name) in (0_u8..).zip(names) {
            let step = f64::from(number) * 0.0013;
            devices.push((*name, stream, deployment, [longitude + step, latitude + step / 2.0]));
        }
    }
    devices
}

/// The plates that the order of the demo seeks: three that pass, two that never do.
pub(super) fn hot_list(seed: u64) -> Vec<String> {
    vehicles::hot_list(seed)
}

/// One observation of a sensor. Its identifiers are not shown by `Debug`.
pub(super) struct Sensed {
    pub(super) at: Timestamp,
    pub(super) stream: &'static str,
    pub(super) device: &'static str,
    pub(super) body: Body,
}

/// What was sensed.
pub(super) enum Body {
    /// A probe request.
    Wifi { mac: String, rssi: i64, ssid: Option<String>, randomised: bool },
    /// A number plate.
    Plate { plate: String, class: &'static str },
    /// Air, in µg/m³.
    Air { no2: f64, pm10: f64, pm25: f64, o3: f64 },
    /// A river's level in cm and flow in m³/s.
    River { level: f64, flow: f64 },
    /// People on a square.
    Crowd { people: i64, density: f64 },
    /// Loudness in dB.
    Noise { level: f64 },
}

impl fmt::Debug for Sensed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sensed({} {} {})", self.at, self.stream, self.device)
    }
}

impl Sensed {
    /// The observation as a device sends it.
    pub(super) fn to_line(&self) -> String {
        let (time, device) = (self.at, self.device);
        let line = match &self.body {
            Body::Wifi { mac, rssi, ssid: Some(ssid), randomised } => {
                json!({"time": time, "device": device, "mac": mac, "rssi": rssi, "ssid": ssid, "randomised": randomised})
            }
            Body::Wifi { mac, rssi, ssid: None, randomised } => {
                json!({"time": time, "device": device, "mac": mac, "rssi": rssi, "randomised": randomised})
            }
            Body::Plate { plate, class } => json!({"time": time, "device": device, "plate": plate, "class": class}),
            Body::Air { no2, pm10, pm25, o3 } => {
                json!({"time": time, "device": device, "no2": no2, "pm10": pm10, "pm25": pm25, "o3": o3})
            }
            Body::River { level, flow } => json!({"time": time, "device": device, "level": level, "flow": flow}),
            Body::Crowd { people, density } => {
                json!({"time": time, "device": device, "people": people, "density": density})
            }
            Body::Noise { level } => json!({"time": time, "device": device, "level_db": level}),
        };
        line.to_string()
    }
}

/// How busy a city is at an hour of the day, from 0 to 1: a quiet night, a morning and an evening peak, a lunch.
fn rhythm(hour: f64, weekend: bool) -> f64 {
    let peak = |at: f64, width: f64| (-((hour - at) / width).powi(2)).exp();
    if weekend {
        return 0.04 + 0.75 * peak(14.5, 4.0) + 0.35 * peak(20.5, 2.5);
    }
    0.03 + 0.75 * peak(8.2, 1.4) + 0.55 * peak(12.6, 1.8) + 0.9 * peak(17.3, 1.9) + 0.25 * peak(20.5, 2.5)
}

/// Everything that is sensed, day by day, in time order within a day.
pub(super) struct Life {
    seed: u64,
    start: Timestamp,
    days: u32,
    day: u32,
    today: std::vec::IntoIter<Sensed>,
}

impl Life {
    pub(super) fn new(seed: u64, start: Timestamp, days: u32) -> Self {
        Self { seed, start, days, day: 0, today: Vec::new().into_iter() }
    }
}

impl Iterator for Life {
    type Item = Sensed;

    fn next(&mut self) -> Option<Sensed> {
        loop {
            if let Some(sensed) = self.today.next() {
                return Some(sensed);
            }
            if self.day >= self.days {
                return None;
            }
            let start = self.start + Span::days(self.day);
            let day = Day { start, number: self.day, weekend: is_weekend(start) };
            let mut events = Vec::new();
            people::live(self.seed, &day, &mut events);
            vehicles::drive(self.seed, &day, &mut events);
            nature::run(self.seed, &day, &mut events);
            events.sort_by_key(|sensed| sensed.at);
            self.today = events.into_iter();
            self.day += 1;
        }
    }
}

/// One day of a city.
struct Day {
    start: Timestamp,
    number: u32,
    weekend: bool,
}

impl Day {
    /// An instant of the day, by its seconds.
    fn at(&self, seconds: f64) -> Timestamp {
        #[expect(clippy::cast_possible_truncation, reason = "seconds of a day in milliseconds")]
        let millis = (seconds.clamp(0.0, 86_399.0) * 1_000.0) as i64;
        Timestamp::from_millis(self.start.millis() + millis)
    }

    /// A moment of the day, as likely as the city is busy then, in seconds.
    fn busy_moment(&self, random: &mut Random) -> f64 {
        loop {
            let seconds = random.between(0.0, 86_400.0);
            if random.between(0.0, 1.2) < rhythm(seconds / 3_600.0, self.weekend) {
                return seconds;
            }
        }
    }
}

/// 1970-01-01 was a Thursday.
fn is_weekend(day: Timestamp) -> bool {
    let weekday = (day.millis() / 86_400_000 + 3).rem_euclid(7);
    weekday >= 5
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn lived(seed: u64) -> Vec<Sensed> {
        Life::new(seed, "2026-06-01T00:00:00Z".parse().unwrap(), 2).collect()
    }

    #[test]
    fn the_same_seed_is_the_same_city() {
        let lines = |seed| lived(seed).iter().map(Sensed::to_line).collect::<Vec<_>>();
        assert_eq!(lines(1), lines(1));
        assert_ne!(lines(1), lines(2));
    }

    #[test]
    fn a_city_has_its_rhythm_its_regulars_and_its_random_addresses() {
        let lived = lived(1);
        assert!(lived.windows(2).all(|pair| pair[0].at <= pair[1].at));
        let mut per_hour = [0_u32; 24];
        let mut days: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
        let (mut probes, mut random) = (0_u32, 0_u32);
        for sensed in &lived {
            if let Body::Wifi { mac, randomised, .. } = &sensed.body {
                let day = sensed.at.millis() / 86_400_000;
                per_hour[usize::try_from(sensed.at.millis() / 3_600_000 % 24).unwrap()] += 1;
                days.entry(mac).or_default().insert(day);
                probes += 1;
                random += u32::from(*randomised);
                let first = u8::from_str_radix(&mac[..2], 16).unwrap();
                assert_eq!(first & 2 == 2, *randomised, "the locally-administered bit says whether it is random");
            }
        }
        assert!((60_000..200_000).contains(&probes), "{probes}");
        assert!(per_hour[17] > 5 * per_hour[3], "{per_hour:?}");
        assert!(days.values().any(|days| days.len() == 2), "somebody comes back");
        assert!((0.3..0.8).contains(&(f64::from(random) / f64::from(probes))));
    }

    #[test]
    fn three_of_the_plates_sought_pass_and_two_do_not() {
        let list = hot_list(1);
        let seen: BTreeSet<String> = lived(1)
            .into_iter()
            .filter_map(|sensed| match sensed.body {
                Body::Plate { plate, .. } => Some(plate),
                _ => None,
            })
            .collect();
        let passing: Vec<bool> = list.iter().map(|plate| seen.contains(plate)).collect();
        assert_eq!(passing, [true, true, true, false, false]);
    }

    #[test]
    fn every_line_is_json_with_its_time_and_device() {
        for sensed in lived(3).iter().step_by(97) {
            let line: serde_json::Value = serde_json::from_str(&sensed.to_line()).unwrap();
            assert_eq!(line["device"], sensed.device);
            assert_eq!(line["time"], sensed.at.to_string());
            assert!(!format!("{sensed:?}").contains("mac"));
        }
    }
}
