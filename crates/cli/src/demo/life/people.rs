//! People with phones: regulars who come back, and passers-by who do not.

use super::random::Random;
use super::{Body, Day, PATH_DEVICES, STATION_DEVICES, Sensed, WIFI_DEVICES};

/// How many people come again and again.
const REGULARS: u64 = 1_500;
/// How many more pass once in a day.
const PASSERS_BY: u64 = 1_300;
/// Invented maker prefixes; the second-lowest bit of the first byte is off, as for addresses that makers assign.
const MAKERS: [&str; 5] = ["a4:11:3c", "88:2e:70", "5c:aa:10", "c8:90:fe", "10:4b:d2"];
const HOMES: [&str; 6] = ["Home", "Villa", "Nest", "Attic", "Garden", "Kitchen"];

/// Lets everybody live one day.
pub(super) fn live(seed: u64, day: &Day, events: &mut Vec<Sensed>) {
    for person in 0..REGULARS {
        // Who somebody is follows from the seed; what they do today from the day too.
        let mut who = Random::new(seed, person);
        let modern = who.chance(0.6);
        let home = who.pick(&HOMES).map(|home| format!("{home}-{:04X}", who.below(65_536)));
        let fixed = assigned(&mut who);
        let mut today = Random::new(seed, (u64::from(day.number) + 1) << 32 | person);
        if !today.chance(if day.weekend { 0.35 } else { 0.75 }) {
            continue;
        }
        for _ in 0..1 + today.below(3) {
            let mac = if modern { random_address(&mut today) } else { fixed.clone() };
            let ssid = if modern { None } else { home.clone() };
            stroll(day, &mut today, &mac, ssid.as_deref(), modern, events);
        }
    }
    let mut strangers = Random::new(seed, (u64::from(day.number) + 1) << 48);
    for _ in 0..PASSERS_BY {
        let modern = strangers.chance(0.7);
        let mac = if modern { random_address(&mut strangers) } else { assigned(&mut strangers) };
        stroll(day, &mut strangers, &mac, None, modern, events);
    }
    at_the_station(day, &mut strangers, events);
}

/// One walk past some receivers, with a few probes at each.
fn stroll(day: &Day, random: &mut Random, mac: &str, ssid: Option<&str>, randomised: bool, events: &mut Vec<Sensed>) {
    let mut seconds = day.busy_moment(random);
    let first = random.below(6);
    for stop in 0..1 + random.below(3) {
        let number = usize::try_from((first + stop) % 6).unwrap_or_default();
        let Some(device) = WIFI_DEVICES.get(number) else { return };
        for _ in 0..2 + random.below(7) {
            seconds += random.between(0.3, 25.0);
            let rssi = -45 - i64::try_from(random.below(50)).unwrap_or(0);
            let ssid = ssid.filter(|_| random.chance(0.4)).map(str::to_owned);
            let (at, mac) = (day.at(seconds), mac.to_owned());
            if let Some(device) = PATH_DEVICES.get(number) {
                let body = Body::Wifi { mac: mac.clone(), rssi, ssid: ssid.clone(), randomised };
                events.push(Sensed { at, stream: "ways-centre", device, body });
            }
            events.push(Sensed { at, stream: "wifi-centre", device, body: Body::Wifi { mac, rssi, ssid, randomised } });
        }
        seconds += random.between(60.0, 400.0);
    }
}

/// A few probes where nobody approved a receiver.
fn at_the_station(day: &Day, random: &mut Random, events: &mut Vec<Sensed>) {
    for device in STATION_DEVICES {
        for _ in 0..200 {
            let at = day.at(day.busy_moment(random));
            let body = Body::Wifi { mac: random_address(random), rssi: -70, ssid: None, randomised: true };
            events.push(Sensed { at, stream: "wifi-station", device, body });
        }
    }
}

fn assigned(random: &mut Random) -> String {
    let maker = random.pick(&MAKERS).copied().unwrap_or("a4:11:3c");
    let [a, b, c, ..] = random.next().to_le_bytes();
    format!("{maker}:{a:02x}:{b:02x}:{c:02x}")
}

/// An address that a phone made up: the locally-administered bit is on, the multicast bit off.
fn random_address(random: &mut Random) -> String {
    let [a, b, c, d, e, f, ..] = random.next().to_le_bytes();
    format!("{:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}", (a | 0x02) & 0xfe)
}
