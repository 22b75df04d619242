//! Air, river, crowd and noise: nothing personal.

use std::f64::consts::PI;

use super::random::Random;
use super::{AIR_DEVICES, Body, CROWD_DEVICES, Day, NOISE_DEVICES, RIVER_DEVICES, Sensed, rhythm};

/// Lets one day pass.
pub(super) fn run(seed: u64, day: &Day, events: &mut Vec<Sensed>) {
    let mut random = Random::new(seed, (u64::from(day.number) + 1) << 56);
    air(day, &mut random, events);
    river(day, &mut random, events);
    square(day, &mut random, events);
}

fn every(minutes: u32) -> impl Iterator<Item = f64> {
    (0..24 * 60 / minutes).map(move |number| f64::from(number * minutes) * 60.0)
}

/// To one decimal, as instruments give it.
fn rounded(value: f64) -> f64 {
    (value.max(0.0) * 10.0).round() / 10.0
}

/// Nitrogen dioxide follows traffic, ozone the sun, dust a slow wind.
fn air(day: &Day, random: &mut Random, events: &mut Vec<Sensed>) {
    let wind = random.between(0.6, 1.6);
    for (number, device) in (0_u8..).zip(AIR_DEVICES) {
        let near = 1.0 - f64::from(number) * 0.25;
        for seconds in every(10) {
            let hour = seconds / 3_600.0;
            let no2 = (12.0 + 38.0 * rhythm(hour, day.weekend) * near) / wind + random.between(-2.0, 2.0);
            let pm10 = 18.0 / wind + 6.0 * (hour / 24.0 * PI).sin() + random.between(-1.5, 1.5);
            let o3 = 30.0 + 45.0 * ((hour - 8.0) / 14.0 * PI).sin().max(0.0) - no2 * 0.2;
            let body = Body::Air { no2: rounded(no2), pm10: rounded(pm10), pm25: rounded(pm10 * 0.6), o3: rounded(o3) };
            events.push(Sensed { at: day.at(seconds), stream: "air", device, body });
        }
    }
}

/// A river at rest, and a flood wave in the afternoon of every second day.
fn river(day: &Day, random: &mut Random, events: &mut Vec<Sensed>) {
    for (number, device) in (0_u8..).zip(RIVER_DEVICES) {
        for seconds in every(5) {
            let hour = seconds / 3_600.0 - f64::from(number) * 0.7;
            let wave = if day.number % 2 == 1 { 160.0 * (-((hour - 15.0) / 4.0).powi(2)).exp() } else { 0.0 };
            let level = rounded(92.0 + wave + random.between(-1.0, 1.0));
            let body = Body::River { level, flow: rounded(level * 0.11) };
            events.push(Sensed { at: day.at(seconds), stream: "river", device, body });
        }
    }
}

/// The market square: people by the hour, a concert on the first evening, and its noise.
fn square(day: &Day, random: &mut Random, events: &mut Vec<Sensed>) {
    let busy = |hour: f64| {
        let concert = if day.number == 0 { 2.4 * (-((hour - 20.5) / 1.3).powi(2)).exp() } else { 0.0 };
        rhythm(hour, day.weekend) + concert
    };
    for seconds in every(1) {
        let busy = busy(seconds / 3_600.0);
        for device in CROWD_DEVICES {
            let people = (busy * 180.0 + random.between(-6.0, 6.0)).max(0.0).round();
            #[expect(clippy::cast_possible_truncation, reason = "a crowd is far below 2^53")]
            let body = Body::Crowd { people: people as i64, density: rounded(people / 120.0) };
            events.push(Sensed { at: day.at(seconds), stream: "crowd", device, body });
        }
        for device in NOISE_DEVICES {
            let level = rounded(42.0 + 22.0 * busy.min(1.5) + random.between(-2.0, 2.0));
            events.push(Sensed { at: day.at(seconds), stream: "noise-square", device, body: Body::Noise { level } });
        }
    }
}
