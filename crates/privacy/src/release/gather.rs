//! Gathering: what the observations of one window put into each cell of the grid.
//!
//! Rows are looked at once, in whatever order they lie, and the outcome does not depend on it. Tags lie side by side and are
//! sorted once, because a window may hold a million of them.

use model::{Bound, Measure, PropertyName, Space, Stream, View, Window};

use super::spots::Places;
use super::{CellKey, ReleaseError, Sensor};
use crate::columns::{Column, Columns};
use crate::mix::mix;

/// Numbers are summed up in millionths of their unit, as whole numbers, so that the order of arrival changes nothing and
/// 1.001 is not 1.000999.
const SUM_SCALE: f64 = 1_000_000.0;
/// A unit's own mean lies in so many thousandths of half the clamped range below or above its middle.
pub(super) const HALF_RANGE: i64 = 1_000;

/// What one class of a cell has gathered.
#[derive(Default)]
pub(super) struct Gathered {
    /// Observations; of what was counted in memory, distinct units.
    pub(super) observations: u64,
    /// Whether it was.
    counted: bool,
    /// The tags seen, each once when all is settled.
    pub(super) tags: Vec<u64>,
    /// Of a mean, in millionths.
    pub(super) sum: i128,
    /// How many numbers the sum has.
    pub(super) numbers: u64,
    /// Of a clamped mean: what each observation adds to its tag, in thousandths of half the range.
    clamped: Vec<(u64, i64)>,
    /// The same, summed up over the means of all tags when all is settled.
    pub(super) clamped_sum: i64,
}

/// The cells of a grid, each with its classes, in the order of their keys.
pub(super) struct Cells {
    keys: Vec<CellKey>,
    classes: usize,
    places: Places,
    gathered: Vec<Gathered>,
    /// Whether rows are numbers of distinct units.
    counted: bool,
}

/// What of a row is looked at.
enum Look<'c> {
    Observations,
    Tags(&'c [Option<u64>]),
    Number(&'c Column),
    /// How many distinct ones there were.
    Tallied(&'c Column),
    Class {
        tags: Option<&'c [Option<u64>]>,
        number: &'c Column,
        edges: &'c model::Edges,
    },
    Clamped {
        tags: &'c [Option<u64>],
        number: &'c Column,
        clamp: model::Clamp,
    },
}

impl Cells {
    /// Empty cells, among which each registered sensor has its place, or each way that somebody went in the window.
    pub(super) fn new(
        space: &Space,
        measure: &Measure,
        stream: &Stream,
        sensors: &[Sensor],
        window: Window,
        observations: &[Columns],
    ) -> Self {
        let (keys, places) = match space {
            Space::Pair => Places::ways(sensors, window, observations),
            _ => Places::sensors(space, sensors),
        };
        let (classes, counted) = (measure.edges().map_or(1, model::Edges::classes), stream.works_in_memory());
        let empty = || Gathered { counted, ..Gathered::default() };
        let gathered = (0..keys.len() * classes).map(|_| empty()).collect();
        Self { keys, classes, places, gathered, counted }
    }

    /// Each cell with its classes.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&CellKey, &[Gathered])> {
        self.keys.iter().zip(self.gathered.chunks(self.classes))
    }

    /// Puts the rows of one batch into their cells.
    pub(super) fn gather(
        &mut self,
        view: &View,
        measure: &Measure,
        window: Window,
        columns: &Columns,
    ) -> Result<(), ReleaseError> {
        let look = look(view, measure, columns, self.counted)?;
        let spots = self.places.spots(columns);
        let inside = window.start.millis()..window.end.millis();
        for (row, time) in columns.times().iter().enumerate() {
            // A sensor that is not registered is no key of the table; its rows count nowhere.
            let Some(place) = spots.of(row).filter(|_| inside.contains(time)) else { continue };
            let class = match &look {
                Look::Class { number, edges, .. } => match plain(number, row) {
                    Some(number) => edges.class(number),
                    None => continue,
                },
                _ => 0,
            };
            let count = match &look {
                Look::Tallied(numbers) => tallied(numbers, row),
                _ => u64::from(columns.count(row)),
            };
            if let Some(gathered) = self.gathered.get_mut(place * self.classes + class) {
                gathered.take(&look, row, count);
            }
        }
        Ok(())
    }

    /// Counts each tag once in each class of each cell, and in no more of them than the bound lets it.
    pub(super) fn settle(&mut self, bound: Bound) {
        for gathered in &mut self.gathered {
            gathered.tags.sort_unstable();
            gathered.tags.dedup();
        }
        if let Bound(Some(most)) = bound {
            bound_contributions(most as usize, &mut self.gathered);
        }
        self.gathered.iter_mut().for_each(Gathered::sum_up);
    }
}

impl Gathered {
    /// The units behind it, as the minimum counts them.
    pub(super) fn units(&self, measure: &Measure) -> i64 {
        let units = match measure {
            Measure::Mean { .. } => self.numbers,
            other if other.unit().is_some() && !self.counted => self.tags.len() as u64,
            _ => self.observations,
        };
        i64::try_from(units).unwrap_or(i64::MAX)
    }

    fn take(&mut self, look: &Look<'_>, row: usize, count: u64) {
        self.observations += count;
        match look {
            Look::Observations | Look::Tallied(_) | Look::Class { tags: None, .. } => {}
            Look::Tags(tags) | Look::Class { tags: Some(tags), .. } => {
                self.tags.extend(tags.get(row).copied().flatten())
            }
            Look::Number(column) => {
                if let Some(number) = millionths(column, row) {
                    self.sum = self.sum.saturating_add(number.saturating_mul(i128::from(count)));
                    self.numbers += count;
                }
            }
            Look::Clamped { tags, number, clamp } => {
                if let (Some(tag), Some(number)) = (tags.get(row).copied().flatten(), plain(number, row)) {
                    self.tags.push(tag);
                    self.clamped.push((tag, clamped(number, *clamp)));
                }
            }
        }
    }

    /// The mean of each tag that still counts, summed up.
    fn sum_up(&mut self) {
        self.clamped.sort_unstable();
        for of_tag in self.clamped.chunk_by(|a, b| a.0 == b.0) {
            let counts = of_tag.first().is_some_and(|(tag, _)| self.tags.binary_search(tag).is_ok());
            let (sum, count) = of_tag.iter().fold((0, 0), |(sum, count), (_, value)| (sum + value, count + 1));
            self.clamped_sum += if counts { sum / count } else { 0 };
        }
        self.clamped = Vec::new();
    }
}

fn look<'c>(view: &View, measure: &'c Measure, columns: &'c Columns, counted: bool) -> Result<Look<'c>, ReleaseError> {
    let wrong = |property: &PropertyName| ReleaseError::Property { view: view.id.clone(), property: property.clone() };
    let tags = |property: &PropertyName| match columns.column(property) {
        Some(Column::Tag(tags)) => Ok(tags.as_slice()),
        _ => Err(wrong(property)),
    };
    let number = |property: &PropertyName| match columns.column(property) {
        Some(column @ (Column::Integer(_) | Column::Number(_))) => Ok(column),
        _ => Err(wrong(property)),
    };
    Ok(match measure {
        Measure::Observations => Look::Observations,
        // Of tallies the number of distinct ones is there by name, of journeys and stays it is the count of their row.
        Measure::Distinct { property } if counted => columns.column(property).map_or(Look::Observations, Look::Tallied),
        Measure::Histogram { number: of, edges, .. } | Measure::Quantile { number: of, edges, .. } if counted => {
            Look::Class { tags: None, number: number(of)?, edges }
        }
        Measure::Distinct { property } => Look::Tags(tags(property)?),
        Measure::Mean { property } => Look::Number(number(property)?),
        Measure::Histogram { property, number: of, edges } | Measure::Quantile { property, number: of, edges, .. } => {
            Look::Class { tags: property.as_ref().map(tags).transpose()?, number: number(of)?, edges }
        }
        Measure::ClampedMean { property, number: of, clamp } => {
            Look::Clamped { tags: tags(property)?, number: number(of)?, clamp: *clamp }
        }
        // Made elsewhere: see `running`.
        Measure::Running { property } => return Err(wrong(property)),
    })
}

/// How many distinct ones a row tells of.
fn tallied(numbers: &Column, row: usize) -> u64 {
    match numbers {
        Column::Integer(values) => {
            values.get(row).copied().flatten().and_then(|number| u64::try_from(number).ok()).unwrap_or(0)
        }
        _ => 0,
    }
}

/// A row's number.
#[expect(clippy::cast_precision_loss, reason = "classes and limits lie far below 2^53")]
fn plain(column: &Column, row: usize) -> Option<f64> {
    match column {
        Column::Number(values) => values.get(row).copied().flatten(),
        Column::Integer(values) => values.get(row).copied().flatten().map(|number| number as f64),
        _ => None,
    }
}

/// A row's number in millionths.
fn millionths(column: &Column, row: usize) -> Option<i128> {
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

/// Where a number lies between two limits: in thousandths of half the range, from the middle.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "it lies within a thousand, and is rounded"
)]
fn clamped(number: f64, clamp: model::Clamp) -> i64 {
    let (lowest, highest) = (f64::from(clamp.lowest()), f64::from(clamp.highest()));
    let (middle, half) = (f64::midpoint(lowest, highest), (highest - lowest) / 2.0);
    ((number.clamp(lowest, highest) - middle) / half * HALF_RANGE as f64).round() as i64
}

/// Holds each tag to so many classes of cells: those where a mix of tag and place is smallest, so that none is favoured and
/// the order of arrival changes nothing. The mix depends on nothing but the tag and the place in the public grid, and never on
/// who else was seen: otherwise one unit could change the choice of all others. Tags are made under a secret key, so nobody
/// can aim one at a cell.
fn bound_contributions(most: usize, cells: &mut [Gathered]) {
    if cells.len() <= most {
        return;
    }
    let seen =
        cells.iter().enumerate().flat_map(|(place, gathered)| gathered.tags.iter().map(move |tag| (*tag, place)));
    let mut seen: Vec<(u64, usize)> = seen.collect();
    seen.sort_unstable();
    let mut dropped: Vec<Vec<u64>> = vec![Vec::new(); cells.len()];
    for of_tag in seen.chunk_by_mut(|a, b| a.0 == b.0).filter(|of_tag| of_tag.len() > most) {
        of_tag.sort_by_key(|(tag, place)| mix(tag ^ *place as u64));
        for (tag, place) in of_tag.iter().skip(most) {
            if let Some(dropped) = dropped.get_mut(*place) {
                dropped.push(*tag);
            }
        }
    }
    for (gathered, dropped) in cells.iter_mut().zip(dropped) {
        // They were pushed tag by tag, in rising order.
        gathered.tags.retain(|tag| dropped.binary_search(tag).is_err());
    }
}
