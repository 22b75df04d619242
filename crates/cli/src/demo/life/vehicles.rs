//! Cars with plates: commuters twice a day, taxis often, visitors once.

use super::random::Random;
use super::{Body, Day, PLATE_DEVICES, Sensed};

const COMMUTERS: u64 = 700;
const TAXIS: u64 = 40;
const VISITORS: u64 = 900;
/// The order seeks these commuters; they pass every working day.
const SOUGHT: [u64; 3] = [3, 57, 400];

/// Three plates that pass, two that never do: no plate begins with a zero.
pub(super) fn hot_list(seed: u64) -> Vec<String> {
    let passing = SOUGHT.map(|commuter| plate(&mut Random::new(seed, 1 << 40 | commuter)));
    passing.into_iter().chain(["0Z0 0001".to_owned(), "0Z0 0002".to_owned()]).collect()
}

/// Lets everybody drive one day.
pub(super) fn drive(seed: u64, day: &Day, events: &mut Vec<Sensed>) {
    let today = |who: u64| Random::new(seed, (u64::from(day.number) + 1) << 52 | who);
    for commuter in 0..COMMUTERS {
        let plate = plate(&mut Random::new(seed, 1 << 40 | commuter));
        let mut random = today(commuter);
        let sought = SOUGHT.contains(&commuter);
        if !sought && !random.chance(if day.weekend { 0.2 } else { 0.85 }) {
            continue;
        }
        let (morning, evening) = (random.between(6.5, 9.5), random.between(15.5, 18.8));
        pass(day, &mut random, &plate, "car", morning * 3_600.0, events);
        pass(day, &mut random, &plate, "car", evening * 3_600.0, events);
    }
    for taxi in 0..TAXIS {
        let plate = plate(&mut Random::new(seed, 2 << 40 | taxi));
        let mut random = today(1 << 20 | taxi);
        for _ in 0..12 + random.below(10) {
            let at = random.between(5.0, 23.5) * 3_600.0;
            pass(day, &mut random, &plate, "taxi", at, events);
        }
    }
    let mut random = today(1 << 30);
    for _ in 0..VISITORS {
        let plate = plate(&mut random);
        let class = if random.chance(0.15) { "van" } else { "car" };
        let at = day.busy_moment(&mut random);
        pass(day, &mut random, &plate, class, at, events);
    }
}

/// One drive past one to four cameras, in order.
fn pass(day: &Day, random: &mut Random, plate: &str, class: &'static str, start: f64, events: &mut Vec<Sensed>) {
    let (first, count) = (random.below(4), 1 + random.below(4));
    let mut seconds = start;
    for camera in first..(first + count).min(4) {
        let Some(device) = usize::try_from(camera).ok().and_then(|number| PLATE_DEVICES.get(number)) else { return };
        let body = Body::Plate { plate: plate.to_owned(), class };
        events.push(Sensed { at: day.at(seconds), stream: "plates", device, body });
        seconds += random.between(40.0, 240.0);
    }
}

/// An invented plate such as `4B7 1234`.
fn plate(random: &mut Random) -> String {
    const LETTERS: [char; 20] =
        ['A', 'B', 'C', 'D', 'E', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'R', 'S', 'T', 'U', 'V', 'X', 'Y', 'Z'];
    let letter = random.pick(&LETTERS).copied().unwrap_or('A');
    format!("{}{letter}{} {:04}", 1 + random.below(9), random.below(10), random.below(10_000))
}
