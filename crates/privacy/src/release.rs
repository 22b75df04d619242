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
//! table then says `"noise":{"gaussian":{"rho":"0.02"}},"within":10`: chance moves nineteen of twenty
//! numbers by 10 at most, before small ones are left out.
//!
//! What this does not stop: a minimum count alone does not hide somebody who is always counted (Guan 2024), and counts
//! over time have given trajectories back (Xu 2017). Noise bounds both, by ρ a window and unit.

use std::collections::BTreeSet;

use model::entropy::{Entropy, NoEntropy};
use model::{
    CellId, DeviceId, Exposure, H3Resolution, MinimumUnits, Noise, Point, PropertyName, Space, Stream, StreamId, View,
    ViewId, ViewVersion, Window,
};
use serde::{Deserialize, Serialize};

use crate::cell::cell;
use crate::columns::Columns;
use crate::fit::{Unfit, fits};
use crate::ledger::Charged;
use crate::noise::{Coins, Gaussian};

use gather::Cells;

mod gather;
mod numbers;

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
    /// In which class of the view's edges, counted from the lowest; none where there are no classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<u8>,
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
    /// By how much chance moves nineteen of twenty numbers at most, where counts have noise; what is below the minimum is left
    /// out after that.
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

/// By how much chance moves nineteen of twenty numbers of a view at most, before those below the minimum are left out; none if
/// they are no counts with noise.
#[must_use]
pub fn within(view: &View) -> Option<u32> {
    let Exposure::Windows { measure, .. } = &view.exposure else { return None };
    Gaussian::of(view.noise, view.bound).filter(|_| measure.is_count()).map(|gaussian| gaussian.within())
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
    let mut cells = Cells::new(grid(*space, sensors), *space, measure, sensors);
    for columns in observations {
        cells.gather(view, measure, window, columns)?;
    }
    cells.settle(view.bound);
    let gaussian = Gaussian::of(view.noise, view.bound);
    let numbers = match &gaussian {
        None => numbers::exact(view, measure, &cells),
        Some(gaussian) => {
            let unpaid = || ReleaseError::Unpaid(view.id.clone());
            let (charged, entropy) = paid.filter(|(charged, _)| charged.pays(view, window)).ok_or_else(unpaid)?;
            numbers::noisy(view, measure, &cells, *gaussian, &charged, &mut Coins::new(entropy))?
        }
    };
    let rows: Vec<ReleasedRow> = numbers
        .into_iter()
        .map(|number| ReleasedRow { cell: number.cell.clone(), class: number.class, value: number.value })
        .collect();
    Ok(Released(ReleasedTable {
        stream: stream.id.clone(),
        view: view.id.clone(),
        version: view.version,
        window,
        minimum: view.minimum,
        withheld: (cells.len() * measure.numbers()).saturating_sub(rows.len()) as u64,
        rows,
        noise: view.noise,
        within: within(view),
    }))
}

#[cfg(test)]
mod tests;
