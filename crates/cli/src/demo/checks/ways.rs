//! Ways between receivers, counted once more, one address at a time, from what was sent.

use std::collections::{BTreeMap, HashSet};

use model::{Timestamp, Window};
use serde_json::Value;

use super::{Check, MINIMUM};
use crate::demo::ask::Answers;
use crate::demo::play::{Heard, Played, QUARTER};

/// What the manifest of the demo declares: how long somebody is remembered, on how many ways somebody counts in a quarter of
/// an hour, and from how many milliseconds on a walk is of the second class.
const WITHIN: i64 = 20 * 60_000;
const MOST: usize = 4;
const SLOW: i64 = 300_000;

/// The begin of a quarter of an hour, from where, to where, in which class.
type Cell = (Timestamp, String, String, u8);

pub(super) fn check(played: &Played, answers: &Answers) -> Check {
    const NAME: &str = "ways between receivers are what was walked, ten phones at least";
    let Some(asked) = answers.granted.iter().find(|asked| asked.stream == "ways-centre") else {
        return super::check(NAME, false, "nobody asked".to_owned());
    };
    let window = asked.answer.pointer("/record/window").cloned().and_then(|window| serde_json::from_value(window).ok());
    let Some(window) = window else { return super::check(NAME, false, "the answer says no window".to_owned()) };
    let (shown, walked) = (shown(&asked.answer), walked(&played.heard, window));
    let least = MINIMUM as u64;
    let held = !shown.is_empty()
        && shown.iter().all(|(cell, count)| walked.get(cell) == Some(count) && *count >= least)
        && walked.iter().all(|(cell, count)| *count < least || shown.contains_key(cell));
    let few = walked.values().filter(|count| **count < least).count();
    super::check(NAME, held, format!("{} numbers, and {few} that were too small", shown.len()))
}

fn shown(answer: &Value) -> BTreeMap<Cell, u64> {
    let rows = answer.get("rows").and_then(Value::as_array).into_iter().flatten();
    let text = |row: &Value, field: &str| row.pointer(field).and_then(Value::as_str).map(str::to_owned);
    let cell = |row: &Value| {
        let from = text(row, "/from")?.parse().ok()?;
        let class = u8::try_from(row.get("class")?.as_u64()?).ok()?;
        Some((from, text(row, "/cell/pair/from")?, text(row, "/cell/pair/to")?, class))
    };
    rows.filter_map(|row| Some((cell(row)?, row.get("value")?.as_u64()?))).collect()
}

/// How many different phones went each way, each of them once a way and quarter.
fn walked(heard: &Heard, window: Window) -> BTreeMap<Cell, u64> {
    let mut numbers = BTreeMap::new();
    for sightings in heard.values() {
        let mut sightings = sightings.clone();
        sightings.sort();
        let mut ways: HashSet<(Timestamp, &str, &str)> = HashSet::new();
        for pair in sightings.windows(2) {
            let [(left, from), (arrived, to)] = pair else { continue };
            let millis = arrived.millis() - left.millis();
            let quarter = Timestamp::from_millis(arrived.millis() - arrived.millis().rem_euclid(QUARTER.millis()));
            let many = ways.iter().filter(|way| way.0 == quarter).count() >= MOST;
            if from == to || millis > WITHIN || many || !window.contains(quarter) || !ways.insert((quarter, from, to)) {
                continue;
            }
            let class = u8::from(millis >= SLOW);
            *numbers.entry((quarter, from.clone(), to.clone(), class)).or_default() += 1;
        }
    }
    numbers
}
