//! Running totals: how many distinct tags there were from the begin of their key's life to the end of each window.
//!
//! Noise on every window's own number would add up over a day. Here a total is the sum of a few blocks of windows, as the binary
//! digits of the window's number say: the total after window 6 is the total after window 4 and the block of windows 5 and 6. Each
//! block has its noise once (Chan, Shi and Song 2011, "Private and Continual Release of Statistics"), so that a total has that of
//! as many blocks as its number has ones. A tag is new once in a cell, and so lies in one block of each size: a whole epoch costs
//! it as many losses as there are sizes, whatever the number of windows ([`crate::ledger::cost`]).
//!
//! The bound of the view holds for the whole epoch: a tag counts in the first cells in which it was seen. What comes late counts
//! where it is first seen afterwards, or nowhere, and never twice in blocks of one size, as long as nothing of the epoch is
//! deleted before its end, which [`crate::fit`] asks for.
//!
//! A total goes on from an earlier one, whose table carries it also where it was withheld, with its noise. If that table is not
//! there, because a crash or an empty budget came between, there is no total until one that needs no earlier one.

use std::collections::HashMap;

use model::entropy::Entropy;
use model::{PropertyName, Stream, Timestamp, View, Window};

use super::{
    CellKey, Made, Measure, ReleaseError, Released, ReleasedRow, ReleasedTable, Sensor, fits, grid, key, places, table,
    windowed,
};
use crate::columns::{Column, Columns};
use crate::ledger::Charged;
use crate::mix::mix;
use crate::noise::{Coins, Gaussian};

/// What a total is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// The epoch whose windows it sums up: what must be looked at begins there.
    pub since: Timestamp,
    /// The block of windows that it adds.
    pub block: Window,
    /// The window whose total it adds that to; none if the block begins with the epoch.
    pub before: Option<Window>,
    /// Of how many blocks the whole total is.
    pub blocks: u32,
}

/// What the total of a window is made of; none if the view has no running totals.
#[must_use]
pub fn sum(view: &View, stream: &Stream, window: Window) -> Option<Sum> {
    let (Ok((_, Measure::Running { .. })), Some(bin), Some(epoch)) = (windowed(view), view.bin(), stream.accounted())
    else {
        return None;
    };
    let (since, width) = (epoch.window(window.start).start, bin.span().millis());
    // Windows divide an epoch, and are counted from one.
    let number = (window.end.millis() - since.millis()) / width;
    let size = 1 << number.trailing_zeros();
    let start = Timestamp::from_millis(window.end.millis() - size * width);
    let before = (start > since).then(|| bin.window(Timestamp::from_millis(start.millis() - width)));
    Some(Sum { since, block: Window { start, end: window.end }, before, blocks: number.count_ones() })
}

/// Releases the total of one closed window; none if it needs an earlier one that is not there.
///
/// # Errors
/// The view and the rows do not fit each other, or its noise was not paid for; nothing is released.
pub fn release(
    view: &View,
    stream: &Stream,
    window: Window,
    sensors: &[Sensor],
    observations: &[Columns],
    (charged, entropy): (Charged, &dyn Entropy),
    before: Option<&ReleasedTable>,
) -> Result<Option<Released<ReleasedTable>>, ReleaseError> {
    let (space, measure) = windowed(view)?;
    fits(view, stream)?;
    let unpaid = || ReleaseError::Unpaid(view.id.clone());
    let sum = sum(view, stream, window).ok_or_else(unpaid)?;
    let (Measure::Running { property }, Some(gaussian), true) =
        (measure, Gaussian::of(view.noise, view.bound), charged.pays(view, window))
    else {
        return Err(unpaid());
    };
    let carried = match (sum.before, before) {
        (None, _) => &[][..],
        (Some(needed), Some(table)) if table.window == needed && table.version == view.version => &table.carried,
        (Some(_), _) => return Ok(None),
    };
    let keys: Vec<_> = grid(space, sensors).into_iter().collect();
    let place = |sensor: &Sensor| keys.binary_search(&key(space, sensor)?).ok();
    let of = sensors.iter().filter_map(|sensor| Some((sensor.id.as_str(), place(sensor)?))).collect();
    let first = first_seen(view, property, &of, Window { start: sum.since, end: window.end }, observations)?;
    let new = new_in(sum.block, first, view.bound.0.map_or(usize::MAX, |most| most as usize), keys.len());
    let carried: HashMap<&CellKey, i64> = carried.iter().map(|row| (&row.cell, row.value)).collect();
    let mut coins = Coins::new(entropy);
    let mut totals = Vec::with_capacity(keys.len());
    for (cell, new) in keys.into_iter().zip(new) {
        let earlier = carried.get(&cell).copied().unwrap_or(0);
        let value = earlier.saturating_add(new).saturating_add(gaussian.draw(&mut coins)?);
        totals.push(ReleasedRow { cell, class: None, value });
    }
    let shown = |row: &&ReleasedRow| view.minimum.0 == 0 || row.value >= i64::from(view.minimum.0);
    let rows: Vec<ReleasedRow> = totals.iter().filter(shown).cloned().collect();
    let withheld = places(space, sensors).saturating_sub(rows.len()) as u64;
    // A total has the noise of all its blocks.
    let within = view.noise.rho().map(|rho| Gaussian::new(rho, view.bound.0.unwrap_or(1).saturating_mul(sum.blocks)));
    let within = within.map(|gaussian| gaussian.within());
    let made = Made { rows, withheld, threshold: None, within };
    let table = ReleasedTable { carried: totals, ..table(view, window, made) };
    Ok(Some(Released(table)))
}

/// When each tag was first seen in each place of a stretch of time.
fn first_seen(
    view: &View,
    property: &PropertyName,
    of: &HashMap<&str, usize>,
    within: Window,
    observations: &[Columns],
) -> Result<HashMap<(u64, usize), i64>, ReleaseError> {
    let mut first = HashMap::new();
    for columns in observations {
        let Some(Column::Tag(tags)) = columns.column(property) else {
            return Err(ReleaseError::Property { view: view.id.clone(), property: property.clone() });
        };
        let places: Vec<Option<usize>> =
            columns.devices().iter().map(|device| of.get(device.as_str()).copied()).collect();
        for ((time, device), tag) in columns.times().iter().zip(columns.device_numbers()).zip(tags) {
            let inside = (within.start.millis()..within.end.millis()).contains(time);
            let place = places.get(*device as usize).copied().flatten();
            if let (true, Some(place), Some(tag)) = (inside, place, *tag) {
                let seen = first.entry((tag, place)).or_insert(*time);
                *seen = (*seen).min(*time);
            }
        }
    }
    Ok(first)
}

/// How many tags were new in each place within a block, each of them in so many places of the epoch at most: those where it was
/// first; of one instant by lot.
fn new_in(block: Window, first: HashMap<(u64, usize), i64>, most: usize, places: usize) -> Vec<i64> {
    let mut seen: Vec<(u64, i64, u64, usize)> =
        first.into_iter().map(|((tag, place), time)| (tag, time, mix(tag ^ place as u64), place)).collect();
    seen.sort_unstable();
    let mut new = vec![0; places];
    for of_tag in seen.chunk_by(|a, b| a.0 == b.0) {
        for (_, time, _, place) in of_tag.iter().take(most) {
            if let Some(new) = new.get_mut(*place).filter(|_| block.contains(Timestamp::from_millis(*time))) {
                *new += 1;
            }
        }
    }
    new
}

#[cfg(test)]
mod tests;
