//! The release of one closed window under a view: bounded contributions, distinct units, minimum count.
//!
//! The keys are public: registered sensors and the clock. Only ways from sensor to sensor are not looked at one by one: those on
//! which nobody went have no noise and no row, and the others are shown above a threshold that hides who made them one.
//!
//! A cell with fewer units than the minimum is not in the table,
//! an empty one neither, and the two look alike. What is not in the table was withheld. Rows are immutable and made once
//! per version of the view, so that asking again, or together, reveals nothing more.
//!
//! As JSON a table is `{"stream":"wifi","view":"counts","version":1,"window":{"start":"2026-06-01T08:00:00Z","end":
//! "2026-06-01T08:15:00Z"},"minimum":10,"rows":[{"cell":{"sensor":"wifi-1"},"value":23}],"withheld":2}`; a cell is
//! `"stream"`, `{"cell":"891e2659c2bffff"}`, `{"district":"old-town"}`, `{"sensor":"wifi-1"}` or
//! `{"pair":{"from":"cam-1","to":"cam-2"}}`.
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
    CellId, DeviceId, Exposure, Geometry, H3Resolution, Measure, MinimumUnits, Noise, PlaceId, Point, PropertyName,
    Space, Stream, StreamId, View, ViewId, ViewVersion, Window,
};
use serde::{Deserialize, Serialize};

use crate::cell::cell;
use crate::columns::Columns;
use crate::district::Areas;
use crate::fit::{Unfit, fits};
use crate::ledger::{Charged, levels};
use crate::noise::{Coins, Gaussian};

use gather::Cells;

mod gather;
mod numbers;
pub mod running;
mod spots;

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
    /// A place by which the view counts is not registered, or has no area.
    #[error(
        "view `{view}` counts by districts of which `{place}` is not registered or is a point; register its outline as a polygon"
    )]
    District {
        /// The view.
        view: ViewId,
        /// The place.
        place: PlaceId,
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
    /// The district that it counts in, for a view by district: see [`placed`].
    district: Option<PlaceId>,
}

impl Sensor {
    /// A sensor at a position.
    #[must_use]
    pub const fn at(id: DeviceId, position: Point) -> Self {
        Self { id, position, district: None }
    }
}

/// Finds the district of each sensor, if a view counts by districts; those that lie in none of them count as `outside`.
///
/// # Errors
/// A place of the view is not registered, or has no area.
pub fn placed(
    view: &View,
    sensors: Vec<Sensor>,
    outline: &dyn Fn(&PlaceId) -> Option<Geometry>,
) -> Result<Vec<Sensor>, ReleaseError> {
    let Exposure::Windows { space: Space::District { of }, .. } = &view.exposure else { return Ok(sensors) };
    let areas = Areas::of(of, outline).map_err(|place| ReleaseError::District { view: view.id.clone(), place })?;
    let district = |sensor: Sensor| {
        let district = PlaceId::new(areas.name(&sensor.position)).ok();
        Sensor { district, ..sensor }
    };
    Ok(sensors.into_iter().map(district).collect())
}

/// Where a released number belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellKey {
    /// The whole stream.
    Stream,
    /// An H3 cell that holds at least one registered sensor.
    Cell(CellId),
    /// A district that holds at least one registered sensor, or `outside` for what lies in none.
    District(PlaceId),
    /// A registered sensor.
    Sensor(DeviceId),
    /// A way from one registered sensor to another.
    Pair {
        /// Where it began.
        from: DeviceId,
        /// Where it ended.
        to: DeviceId,
    },
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
    /// From which number on ways are shown that have noise, where that is more than the minimum: there only because somebody was
    /// none is, but for one in a million.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<i64>,
    /// Of running totals every total, withheld or not: with its noise, and for the totals that go on from here alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carried: Vec<ReleasedRow>,
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

/// The cells of a view's grid: what the registered sensors and the view's space make of them. Of ways there are too many to
/// list: see [`places`].
#[must_use]
pub fn grid(space: &Space, sensors: &[Sensor]) -> BTreeSet<CellKey> {
    match space {
        Space::Stream => BTreeSet::from([CellKey::Stream]),
        Space::Sensor | Space::District { .. } | Space::Cell { .. } => {
            sensors.iter().filter_map(|sensor| key(space, sensor)).collect()
        }
        Space::Pair => BTreeSet::new(),
    }
}

/// How many cells a view's grid has: public, because the sensors are.
#[must_use]
pub fn places(space: &Space, sensors: &[Sensor]) -> usize {
    match space {
        Space::Pair => sensors.len() * sensors.len().saturating_sub(1),
        _ => grid(space, sensors).len(),
    }
}

fn key(space: &Space, sensor: &Sensor) -> Option<CellKey> {
    match space {
        Space::Stream => Some(CellKey::Stream),
        Space::Sensor => Some(CellKey::Sensor(sensor.id.clone())),
        Space::Cell { resolution } => in_cell(sensor.position, *resolution),
        Space::District { .. } => sensor.district.clone().map(CellKey::District),
        Space::Pair => None,
    }
}

fn in_cell(position: Point, resolution: H3Resolution) -> Option<CellKey> {
    cell(position, resolution).map(CellKey::Cell)
}

/// By how much chance moves nineteen of twenty numbers of a view at most, before those below the minimum are left out; none if
/// they are no counts with noise. Of running totals the one that is made of most blocks; each table says its own.
#[must_use]
pub fn within(view: &View, stream: &Stream) -> Option<u32> {
    let Exposure::Windows { bin, measure, .. } = &view.exposure else { return None };
    let rho = view.noise.rho().filter(|_| measure.is_count())?;
    let blocks = match (measure, stream.accounted()) {
        (Measure::Running { .. }, Some(epoch)) => levels(*bin, epoch),
        _ => 1,
    };
    Some(Gaussian::new(rho, view.bound.0.unwrap_or(1).saturating_mul(blocks)).within())
}

/// What a release is made with: nothing for exact numbers; else what was charged for the window, and the city's random bytes.
pub type Paid<'a> = Option<(Charged, &'a dyn Entropy)>;

/// Releases one closed window: the only way from observations to a table. Running totals are [`running`]'s.
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
    let (space, measure) = windowed(view)?;
    fits(view, stream)?;
    if let Measure::Running { property } = measure {
        let property = property.clone();
        return Err(ReleaseError::Property { view: view.id.clone(), property });
    }
    let mut cells = Cells::new(space, measure, stream, sensors, window, observations);
    for columns in observations {
        cells.gather(view, measure, window, columns)?;
    }
    cells.settle(view.bound);
    let gaussian = Gaussian::of(view.noise, view.bound);
    let threshold = gaussian.and_then(|_| threshold(view, stream));
    let numbers = match &gaussian {
        None => numbers::exact(view, measure, &cells),
        Some(gaussian) => {
            let unpaid = || ReleaseError::Unpaid(view.id.clone());
            let (charged, entropy) = paid.filter(|(charged, _)| charged.pays(view, window)).ok_or_else(unpaid)?;
            // Without a minimum every cell is shown, numbers below nought too: leaving them out would shift all means.
            let minimum = if view.minimum.0 == 0 { i64::MIN } else { i64::from(view.minimum.0) };
            let least = threshold.map_or(minimum, |threshold| threshold.max(minimum));
            let noise = numbers::Noisy { gaussian: *gaussian, charged: &charged, least };
            numbers::noisy(view, measure, &cells, &noise, &mut Coins::new(entropy))?
        }
    };
    let rows: Vec<ReleasedRow> = numbers.into_iter().map(numbers::Number::row).collect();
    let withheld = (places(space, sensors) * measure.numbers()).saturating_sub(rows.len()) as u64;
    let made = Made { rows, withheld, threshold, within: within(view, stream) };
    Ok(Released(table(view, window, made)))
}

fn windowed(view: &View) -> Result<(&Space, &Measure), ReleaseError> {
    match &view.exposure {
        Exposure::Windows { space, measure, .. } => Ok((space, measure)),
        Exposure::Records { .. } => Err(ReleaseError::NoWindows(view.id.clone())),
    }
}

/// What a table is made of.
struct Made {
    rows: Vec<ReleasedRow>,
    withheld: u64,
    threshold: Option<i64>,
    within: Option<u32>,
}

fn table(view: &View, window: Window, made: Made) -> ReleasedTable {
    ReleasedTable {
        stream: view.stream.clone(),
        view: view.id.clone(),
        version: view.version,
        window,
        minimum: view.minimum,
        rows: made.rows,
        withheld: made.withheld,
        noise: view.noise,
        within: made.within,
        threshold: made.threshold,
        carried: Vec::new(),
    }
}

/// The probability with which, over all windows of an epoch, a view shows a way at all only because one unit went it.
const DELTA: f64 = 1e-6;

/// From which number on a view with noise shows what has no place of its own in the public grid: ways are looked at only where
/// somebody went, so that a way that is there tells of somebody. None where all places are public, or the minimum is more.
#[must_use]
pub fn threshold(view: &View, stream: &Stream) -> Option<i64> {
    let Exposure::Windows { bin, space: Space::Pair, measure } = &view.exposure else { return None };
    let (rho, epoch) = (view.noise.rho()?, stream.accounted()?);
    let windows = epoch.span().as_seconds().div_ceil(bin.span().as_seconds());
    let classes = u32::try_from(measure.edges().map_or(1, model::Edges::classes)).unwrap_or(u32::MAX);
    let cells = view.bound.0.unwrap_or(1);
    // Every number of every way on which the unit may be alone, in every window.
    let chances = f64::from(windows) * f64::from(cells) * f64::from(classes);
    // A quantile is held against the sum over its classes, whose noise adds up.
    let summed = if matches!(measure, Measure::Quantile { .. }) { classes } else { 1 };
    let threshold = Gaussian::new(rho, cells.saturating_mul(summed)).threshold(DELTA / chances);
    Some(threshold).filter(|threshold| *threshold > i64::from(view.minimum.0))
}

#[cfg(test)]
mod tests;
