//! The columns of a sheet: which ones there are follows from the view, never from the rows, so that two files of one view
//! have the same.

use std::collections::{BTreeMap, BTreeSet};

use lake::sheet::Series;
use model::{DeviceId, Exposure, Measure, Point, PropertyName, Space, Stream, Treatment, ValueKind, View};
use privacy::columns::Scalar;

use super::{SheetError, Spot};
use crate::disclose::{Answer, Cell, Row};

/// Columns by name, and where each row belongs.
type Drawn = (Vec<(String, Series)>, Vec<Spot>);
/// One record: its fields.
type Fields = BTreeMap<PropertyName, Scalar>;

/// The columns of an answer.
pub(super) fn drawn(
    answer: &Answer,
    view: &View,
    stream: &Stream,
    sensors: &BTreeMap<DeviceId, Point>,
) -> Result<Drawn, SheetError> {
    let drawn = match &view.exposure {
        Exposure::Windows { space, measure, .. } => windows(&answer.rows, space, measure, sensors),
        Exposure::Records { fields } => records(&answer.rows, fields, stream, sensors),
    };
    drawn.ok_or_else(|| SheetError::OtherView(view.id.to_string()))
}

fn windows(rows: &[Row], space: &Space, measure: &Measure, sensors: &BTreeMap<DeviceId, Point>) -> Option<Drawn> {
    let (mut from, mut to, mut names, mut spots, mut numbers) = <(Vec<_>, Vec<_>, Vec<_>, Vec<_>, Vec<_>)>::default();
    let mut origins = Vec::new();
    let mut numbered = Vec::new();
    for row in rows {
        let Row::Released { from: begun, to: ended, cell, class, value } = row else { return None };
        numbered.push(*class);
        from.push(begun.millis());
        to.push(ended.millis());
        numbers.push(Some(*value));
        let (name, spot) = match (cell, space) {
            (Cell::Stream, Space::Stream) => (None, Spot::Nowhere),
            (Cell::Cell(cell), Space::Cell { .. }) => (Some(String::from(*cell)), Spot::Cell(*cell)),
            (Cell::District(place), Space::District { .. }) => (Some(place.to_string()), Spot::Nowhere),
            (Cell::Sensor(sensor), Space::Sensor) => (Some(sensor.to_string()), spot(sensor, sensors)),
            (Cell::Pair { from, to }, Space::Pair) => {
                origins.push(Some(from.to_string()));
                (Some(to.to_string()), way(from, to, sensors))
            }
            _ => return None,
        };
        names.push(name);
        spots.push(spot);
    }
    let mut columns = vec![("from".to_owned(), Series::Time(from)), ("to".to_owned(), Series::Time(to))];
    match space {
        Space::Stream => {}
        Space::Cell { .. } => columns.push(("cell".to_owned(), Series::Text(names))),
        Space::District { .. } => columns.push(("district".to_owned(), Series::Text(names))),
        Space::Sensor => {
            columns.push(("sensor".to_owned(), Series::Text(names)));
            columns.extend(positions(&spots));
        }
        Space::Pair => {
            columns.push(("origin".to_owned(), Series::Text(origins)));
            columns.push(("destination".to_owned(), Series::Text(names)));
        }
    }
    columns.extend(classes(measure, &numbered));
    columns.push(match measure {
        Measure::Observations | Measure::Histogram { property: None, .. } => {
            ("observations".to_owned(), Series::Integer(numbers))
        }
        Measure::Running { .. } => ("distinct_so_far".to_owned(), Series::Integer(numbers)),
        Measure::Distinct { .. } | Measure::Histogram { .. } => ("distinct".to_owned(), Series::Integer(numbers)),
        Measure::Quantile { .. } => ("quantile".to_owned(), Series::Integer(numbers)),
        Measure::Mean { .. } | Measure::ClampedMean { .. } => {
            ("mean".to_owned(), Series::Number(numbers.into_iter().map(thousandths).collect()))
        }
    });
    Some((columns, spots))
}

/// The limits of each row's class, for a view that counts by classes: the lowest has no lower one, the highest no upper.
fn classes(measure: &Measure, numbered: &[Option<u8>]) -> Vec<(String, Series)> {
    let Measure::Histogram { edges, .. } = measure else { return Vec::new() };
    let edge = |at: Option<usize>| at.and_then(|at| edges.as_slice().get(at)).map(|edge| i64::from(*edge));
    let lower = numbered.iter().map(|class| edge(class.and_then(|class| usize::from(class).checked_sub(1))));
    let upper = numbered.iter().map(|class| edge(class.map(usize::from)));
    vec![
        ("class_from".to_owned(), Series::Integer(lower.collect())),
        ("class_below".to_owned(), Series::Integer(upper.collect())),
    ]
}

/// Released means are in thousandths; whoever opens a file expects the unit.
fn thousandths(value: Option<i64>) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a mean of a measurement has far fewer than 15 digits")]
    value.map(|value| value as f64 / 1_000.0)
}

fn records(
    rows: &[Row],
    fields: &BTreeSet<PropertyName>,
    stream: &Stream,
    sensors: &BTreeMap<DeviceId, Point>,
) -> Option<Drawn> {
    let (mut times, mut names, mut counts, mut spots, mut all) = <(Vec<_>, Vec<_>, Vec<_>, Vec<_>, Vec<_>)>::default();
    for row in rows {
        let Row::Record { time, sensor, count, fields } = row else { return None };
        times.push(time.millis());
        names.push(Some(sensor.to_string()));
        counts.push(Some(i64::from(*count)));
        spots.push(spot(sensor, sensors));
        all.push(fields);
    }
    let mut columns = vec![("time".to_owned(), Series::Time(times)), ("sensor".to_owned(), Series::Text(names))];
    columns.extend(positions(&spots));
    columns.push(("count".to_owned(), Series::Integer(counts)));
    for name in fields {
        // Behind a dot where a fixed column has the name: no property has a dot in its own.
        let taken = columns.iter().any(|(column, _)| column == name.as_ref() as &str);
        let column = if taken { format!(".{name}") } else { name.to_string() };
        columns.push((column, series(name, &all, stream)));
    }
    Some((columns, spots))
}

fn spot(sensor: &DeviceId, sensors: &BTreeMap<DeviceId, Point>) -> Spot {
    sensors.get(sensor).map_or(Spot::Nowhere, |point| Spot::At(*point))
}

fn way(from: &DeviceId, to: &DeviceId, sensors: &BTreeMap<DeviceId, Point>) -> Spot {
    sensors.get(from).zip(sensors.get(to)).map_or(Spot::Nowhere, |(from, to)| Spot::Way(*from, *to))
}

fn positions(spots: &[Spot]) -> [(String, Series); 2] {
    let of = |part: fn(&Point) -> f64| {
        let number = |spot: &Spot| if let Spot::At(point) = spot { Some(part(point)) } else { None };
        Series::Number(spots.iter().map(number).collect())
    };
    [("longitude".to_owned(), of(|point| point.longitude())), ("latitude".to_owned(), of(|point| point.latitude()))]
}

/// The values of a property, of the kind that it was declared as; as text if they are of another, as when it is kept as a tag.
fn series(name: &PropertyName, rows: &[&Fields], stream: &Stream) -> Series {
    let values = || rows.iter().map(|fields| fields.get(name));
    let declared = stream.properties.get(name);
    let matched = declared.is_some_and(|property| matches!(property.treatment, Treatment::Match { .. }));
    let kind = if matched { Some(ValueKind::Integer) } else { declared.map(|property| property.value) };
    let fitting = match kind {
        Some(ValueKind::Integer) => collected(values(), integer).map(Series::Integer),
        Some(ValueKind::Number) => collected(values(), number).map(Series::Number),
        Some(ValueKind::Boolean) => collected(values(), truth).map(Series::Boolean),
        Some(ValueKind::Text | ValueKind::Point) | None => None,
    };
    fitting.unwrap_or_else(|| Series::Text(values().map(|value| value.map(ToString::to_string)).collect()))
}

/// All values by a rule, if it fits each that is there.
fn collected<'v, T>(
    values: impl Iterator<Item = Option<&'v Scalar>>,
    rule: fn(&Scalar) -> Option<T>,
) -> Option<Vec<Option<T>>> {
    values.map(|value| value.map_or(Some(None), |value| rule(value).map(Some))).collect()
}

const fn integer(value: &Scalar) -> Option<i64> {
    match value {
        Scalar::Integer(number) => Some(*number),
        Scalar::Entry(entry) => Some(*entry as i64),
        _ => None,
    }
}

const fn number(value: &Scalar) -> Option<f64> {
    match value {
        Scalar::Number(number) => Some(*number),
        #[expect(clippy::cast_precision_loss, reason = "it was declared a number, and JSON wrote it without its point")]
        Scalar::Integer(number) => Some(*number as f64),
        _ => None,
    }
}

const fn truth(value: &Scalar) -> Option<bool> {
    if let Scalar::Boolean(truth) = value { Some(*truth) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_told_by_its_limits() {
        let measure: Measure = serde_json::from_str(r#"{"of":"histogram","number":"speed","edges":[30,50]}"#).unwrap();
        let columns = classes(&measure, &[Some(0), Some(1), Some(2)]);
        assert_eq!(columns[0], ("class_from".to_owned(), Series::Integer(vec![None, Some(30), Some(50)])));
        assert_eq!(columns[1], ("class_below".to_owned(), Series::Integer(vec![Some(30), Some(50), None])));
        assert_eq!(classes(&Measure::Observations, &[None]), []);
    }
}
