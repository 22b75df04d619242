//! The release of one closed window under a view: bounded contributions, distinct units, minimum count.
//!
//! The keys are public: registered sensors and the clock. A cell with fewer units than the minimum is not in the table,
//! an empty one neither, and the two look alike. What is not in the table was withheld. Rows are immutable and made once
//! per version of the view, so that asking again, or together, reveals nothing more.
//!
//! As JSON a table is `{"stream":"wifi","view":"counts","version":1,"window":{"start":"2026-06-01T08:00:00Z","end":
//! "2026-06-01T08:15:00Z"},"minimum":10,"rows":[{"cell":{"sensor":"wifi-1"},"value":23}],"withheld":2}`; a cell is
//! `"stream"`, `{"cell":"891e2659c2bffff"}` or `{"sensor":"wifi-1"}`.
//!
//! The bound of a view holds each tag to so many cells of one window; it bounds nothing where no tags are counted. Of a
//! stream about people only distinct tags are released (see [`crate::fit`]), and within a cell each of them counts once.
//!
//! Noise is added to every cell of the grid, also where nobody was, and the minimum is held against the noisy number, which
//! reveals nothing more. Each window with noise is charged to the stream's [`crate::ledger`] before it is released here. The
//! table then says `"noise":{"gaussian":{"rho":"0.02"}},"within":10`: nineteen of twenty numbers are at most 10 off.
//!
//! What this does not stop: a minimum count alone does not hide somebody who is always counted (Guan 2024), and counts
//! over time have given trajectories back (Xu 2017). Noise bounds both, by ρ a window and unit.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::entropy::{Entropy, NoEntropy};
use model::{
    Bound, CellId, DeviceId, Exposure, H3Resolution, Measure, MinimumUnits, Noise, Point, PropertyName, Space, Stream,
    StreamId, View, ViewId, ViewVersion, Window,
};
use serde::{Deserialize, Serialize};

use crate::cell::cell;
use crate::columns::{Column, Columns};
use crate::fit::{Unfit, fits};
use crate::ledger::Charged;
use crate::noise::{Coins, Gaussian};

/// A mean is released in thousandths of its unit.
pub const MEAN_SCALE: i64 = 1_000;
/// Numbers are summed up in millionths of their unit, as whole numbers, so that the order of arrival changes nothing and
/// 1.001 is not 1.000999.
const SUM_SCALE: f64 = 1_000_000.0;

/// Why a window cannot be released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// A view of single records has no windows.
    #[error("view `{0}` shows single records and has no windows to release")]
    NoWindows(ViewId),
    /// The view does not fit the stream: declared before this software asked, or never decided.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The stored rows do not hold what the view measures.
    #[error("view `{view}` measures `{property}`, which the stored observations do not hold in the form it needs")]
    Property {
        /// The view.
        view: ViewId,
        /// The property.
        property: PropertyName,
    },
    /// The view has noise, and this window of it was not charged to the stream's ledger.
    #[error("view `{0}` has noise, and this window of it was not paid for")]
    Unpaid(ViewId),
    /// The system gave no random bytes for the noise.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

/// A registered sensor: a public key of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensor {
    /// Its id.
    pub id: DeviceId,
    /// Where it stands.
    pub position: Point,
}

/// Where a released number belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellKey {
    /// The whole stream.
    Stream,
    /// An H3 cell that holds at least one registered sensor.
    Cell(CellId),
    /// A registered sensor.
    Sensor(DeviceId),
}

/// One released number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasedRow {
    /// Where.
    pub cell: CellKey,
    /// The measure; a mean in thousandths, rounded down.
    pub value: i64,
}

/// One released window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasedTable {
    /// Of which stream.
    pub stream: StreamId,
    /// Under which view.
    pub view: ViewId,
    /// Which version of it.
    pub version: ViewVersion,
    /// Which window.
    pub window: Window,
    /// The fewest units behind each number.
    pub minimum: MinimumUnits,
    /// The numbers that may be shown, in the order of their cells.
    pub rows: Vec<ReleasedRow>,
    /// How many cells of the grid are not among them.
    pub withheld: u64,
    /// The noise on each number.
    #[serde(default = "exact", skip_serializing_if = "is_exact")]
    pub noise: Noise,
    /// How far off nineteen of twenty numbers are at most, where there is noise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<u32>,
}

const fn exact() -> Noise {
    Noise::None
}

fn is_exact(noise: &Noise) -> bool {
    *noise == exact()
}

/// Something that was released. Only [`release`] makes one:
///
/// ```compile_fail
/// fn forge(table: privacy::ReleasedTable) -> privacy::Released<privacy::ReleasedTable> { privacy::Released(table) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released<T>(T);

impl<T> Released<T> {
    /// What may be stored and shown.
    pub const fn get(&self) -> &T {
        &self.0
    }
}

/// The cells of a view's grid: what the registered sensors and the view's space make of them.
#[must_use]
pub fn grid(space: Space, sensors: &[Sensor]) -> BTreeSet<CellKey> {
    match space {
        Space::Stream => BTreeSet::from([CellKey::Stream]),
        Space::Sensor | Space::Cell { .. } => sensors.iter().filter_map(|sensor| key(space, sensor)).collect(),
    }
}

fn key(space: Space, sensor: &Sensor) -> Option<CellKey> {
    match space {
        Space::Stream => Some(CellKey::Stream),
        Space::Sensor => Some(CellKey::Sensor(sensor.id.clone())),
        Space::Cell { resolution } => in_cell(sensor.position, resolution),
    }
}

fn in_cell(position: Point, resolution: H3Resolution) -> Option<CellKey> {
    cell(position, resolution).map(CellKey::Cell)
}

/// What a cell has gathered.
#[derive(Default)]
struct Gathered {
    observations: u64,
    tags: BTreeSet<u64>,
    /// In millionths.
    sum: i128,
    numbers: u64,
}

/// What a release is made with: nothing for exact numbers; else what was charged for the window, and the city's random bytes.
pub type Paid<'a> = Option<(Charged, &'a dyn Entropy)>;

/// Releases one closed window: the only way from observations to a table.
///
/// # Errors
/// The view and the rows do not fit each other, or its noise was not paid for; nothing is released.
pub fn release(
    view: &View,
    stream: &Stream,
    window: Window,
    sensors: &[Sensor],
    observations: &[Columns],
    paid: Paid<'_>,
) -> Result<Released<ReleasedTable>, ReleaseError> {
    let Exposure::Windows { space, measure, .. } = &view.exposure else {
        return Err(ReleaseError::NoWindows(view.id.clone()));
    };
    fits(view, stream)?;
    let grid = grid(*space, sensors);
    let keys: HashMap<&DeviceId, CellKey> =
        sensors.iter().filter_map(|sensor| Some((&sensor.id, key(*space, sensor)?))).collect();
    let mut cells: BTreeMap<&CellKey, Gathered> = grid.iter().map(|key| (key, Gathered::default())).collect();
    for columns in observations {
        let gather = Gather { view, measure, window, keys: &keys };
        gather.columns(columns, &mut cells)?;
    }
    bound_contributions(view.bound, &mut cells);
    let gaussian = Gaussian::of(view.noise, view.bound);
    let rows = match &gaussian {
        None => cells.iter().filter_map(|(key, gathered)| row(view, measure, key, gathered)).collect(),
        Some(gaussian) => noisy(view, window, gaussian, &cells, paid)?,
    };
    Ok(Released(ReleasedTable {
        stream: stream.id.clone(),
        view: view.id.clone(),
        version: view.version,
        window,
        minimum: view.minimum,
        withheld: (grid.len() as u64).saturating_sub(rows.len() as u64),
        rows,
        noise: view.noise,
        within: gaussian.map(|gaussian| gaussian.within()),
    }))
}

/// The numbers of people in every cell with noise, those below the minimum left out after it was added.
fn noisy(
    view: &View,
    window: Window,
    gaussian: &Gaussian,
    cells: &BTreeMap<&CellKey, Gathered>,
    paid: Paid<'_>,
) -> Result<Vec<ReleasedRow>, ReleaseError> {
    let unpaid = || ReleaseError::Unpaid(view.id.clone());
    let (charged, entropy) = paid.ok_or_else(unpaid)?;
    if !charged.pays(view, window) {
        return Err(unpaid());
    }
    let mut coins = Coins::new(entropy);
    let mut rows = Vec::new();
    for (key, gathered) in cells {
        let units = i64::try_from(gathered.tags.len()).unwrap_or(i64::MAX);
        let value = units.saturating_add(gaussian.draw(&mut coins)?);
        // Without a minimum every cell is shown, numbers below nought too: leaving them out would shift all means.
        if view.minimum.0 == 0 || value >= i64::from(view.minimum.0) {
            rows.push(ReleasedRow { cell: (*key).clone(), value });
        }
    }
    Ok(rows)
}

struct Gather<'a> {
    view: &'a View,
    measure: &'a Measure,
    window: Window,
    keys: &'a HashMap<&'a DeviceId, CellKey>,
}

impl<'a> Gather<'a> {
    fn columns(&self, columns: &Columns, cells: &mut BTreeMap<&'a CellKey, Gathered>) -> Result<(), ReleaseError> {
        let wrong =
            |property: &PropertyName| ReleaseError::Property { view: self.view.id.clone(), property: property.clone() };
        let measured = match self.measure {
            Measure::Observations => None,
            Measure::Distinct { property } => match columns.column(property) {
                Some(column @ Column::Tag(_)) => Some(column),
                _ => return Err(wrong(property)),
            },
            Measure::Mean { property } => match columns.column(property) {
                Some(column @ (Column::Integer(_) | Column::Number(_))) => Some(column),
                _ => return Err(wrong(property)),
            },
        };
        let inside = self.window.start.millis()..self.window.end.millis();
        for (row, time) in columns.times().iter().enumerate() {
            // A sensor that is not registered is no key of the table; its rows count nowhere.
            let Some(key) = columns.device(row).and_then(|device| self.keys.get(device)) else { continue };
            if !inside.contains(time) {
                continue;
            }
            let Some(gathered) = cells.get_mut(key) else { continue };
            let count = u64::from(columns.count(row));
            gathered.observations += count;
            match measured {
                None => {}
                Some(Column::Tag(tags)) => gathered.tags.extend(tags.get(row).copied().flatten()),
                Some(column) => {
                    if let Some(number) = number(column, row) {
                        gathered.sum = gathered.sum.saturating_add(number.saturating_mul(i128::from(count)));
                        gathered.numbers += count;
                    }
                }
            }
        }
        Ok(())
    }
}

/// A row's number in millionths.
fn number(column: &Column, row: usize) -> Option<i128> {
    match column {
        #[expect(clippy::cast_possible_truncation, reason = "a float-to-int cast saturates")]
        Column::Number(values) => values.get(row).copied().flatten().map(|number| (number * SUM_SCALE).round() as i128),
        #[expect(clippy::cast_possible_truncation, reason = "the scale is a whole number")]
        Column::Integer(values) => {
            values.get(row).copied().flatten().map(|number| i128::from(number) * i128::from(SUM_SCALE as i64))
        }
        _ => None,
    }
}

/// Holds each tag to so many cells: those where a mix of tag and cell is smallest, so that no cell is favoured and the
/// order of arrival changes nothing. The mix depends on nothing but the tag and the cell's place in the public grid, and
/// never on who else was seen: otherwise one unit could change the choice of all others. Tags are made under a secret key,
/// so nobody can aim one at a cell.
fn bound_contributions(bound: Bound, cells: &mut BTreeMap<&CellKey, Gathered>) {
    let Bound(Some(most)) = bound else { return };
    let mut where_seen: HashMap<u64, Vec<usize>> = HashMap::new();
    for (number, gathered) in cells.values().enumerate() {
        for tag in &gathered.tags {
            where_seen.entry(*tag).or_default().push(number);
        }
    }
    let mut dropped: Vec<BTreeSet<u64>> = vec![BTreeSet::new(); cells.len()];
    for (tag, mut seen) in where_seen.into_iter().filter(|(_, seen)| seen.len() > most as usize) {
        seen.sort_by_key(|&number| mix(tag ^ number as u64));
        for number in seen.into_iter().skip(most as usize) {
            if let Some(dropped) = dropped.get_mut(number) {
                dropped.insert(tag);
            }
        }
    }
    for (gathered, dropped) in cells.values_mut().zip(dropped) {
        gathered.tags.retain(|tag| !dropped.contains(tag));
    }
}

/// The finaliser of SplitMix64: spreads nearby numbers evenly.
const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A cell's number, if it stands for enough units.
fn row(view: &View, measure: &Measure, key: &CellKey, gathered: &Gathered) -> Option<ReleasedRow> {
    let units = match measure {
        Measure::Distinct { .. } => gathered.tags.len() as u64,
        Measure::Observations => gathered.observations,
        Measure::Mean { .. } => gathered.numbers,
    };
    if units == 0 || units < u64::from(view.minimum.0) {
        return None;
    }
    let value = match measure {
        Measure::Distinct { .. } | Measure::Observations => i64::try_from(units).ok()?,
        Measure::Mean { .. } => thousandths(gathered.sum, gathered.numbers)?,
    };
    Some(ReleasedRow { cell: key.clone(), value })
}

/// The mean of a sum in millionths, in thousandths, rounded down.
fn thousandths(sum: i128, numbers: u64) -> Option<i64> {
    i64::try_from(sum.div_euclid(i128::from(numbers) * i128::from(MEAN_SCALE))).ok()
}

#[cfg(test)]
mod tests;
