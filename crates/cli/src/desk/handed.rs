//! Disclosed rows as a table for the engine. The same for a folder and an address: both hand over the same rows.
//!
//! Which columns a view has follows from the register alone, never from the rows, so that a question fits a table or does not
//! whatever is in it.

use std::collections::BTreeMap;

use analytics::{Column, Table, TableName};
use flow::{Cell, Row};
use model::{Exposure, Measure, PropertyName, Space, Stream, Treatment, ValueKind};
use privacy::columns::Scalar;

use super::Failed;

/// Columns that every record has; a field of the same name gets `field_` before it.
const OF_RECORDS: [&str; 3] = ["time", "sensor", "count"];

/// The table of an answer's rows. Of a stream that is not known a field is of the narrowest kind that holds its values.
///
/// # Errors
/// A row is not such as the view gives.
pub(crate) fn table(
    name: TableName,
    exposure: &Exposure,
    minimum: u32,
    stream: Option<&Stream>,
    rows: Vec<Row>,
) -> Result<Table, Failed> {
    let columns = match exposure {
        Exposure::Windows { measure, space, .. } => {
            let mut windows = Windows::default();
            rows.into_iter().try_for_each(|row| windows.take(row, minimum))?;
            windows.columns(measure, space)
        }
        Exposure::Records { fields } => {
            let fields = fields.iter().map(|field| (field.clone(), Vec::new())).collect();
            let mut records = Records { fields, ..Records::default() };
            rows.into_iter().try_for_each(|row| records.take(row))?;
            records.columns(stream)?
        }
    };
    Ok(Table { name, columns })
}

#[derive(Default)]
struct Windows {
    start: Vec<Option<i64>>,
    end: Vec<Option<i64>>,
    cell: Vec<Option<String>>,
    /// Of districts, which.
    district: Vec<Option<String>>,
    sensor: Vec<Option<String>>,
    /// Of ways, where they begin; they end at the sensor.
    origin: Vec<Option<String>>,
    class: Vec<Option<usize>>,
    value: Vec<Option<i64>>,
    minimum: Vec<Option<i64>>,
}

impl Windows {
    fn take(&mut self, row: Row, minimum: u32) -> Result<(), Failed> {
        let Row::Released { from, to, cell, class, value } = row else { return Err(Failed::Rows) };
        let (mut place, mut district, mut sensor, mut origin) = (None, None, None, None);
        match cell {
            Cell::Stream => {}
            Cell::Cell(cell) => place = Some(String::from(cell)),
            Cell::District(name) => district = Some(name.to_string()),
            Cell::Sensor(name) => sensor = Some(name.to_string()),
            Cell::Pair { from, to } => (sensor, origin) = (Some(to.to_string()), Some(from.to_string())),
        }
        self.start.push(Some(from.millis()));
        self.end.push(Some(to.millis()));
        self.cell.push(place);
        self.district.push(district);
        self.sensor.push(sensor);
        self.origin.push(origin);
        self.class.push(class.map(usize::from));
        self.value.push(Some(value));
        self.minimum.push(Some(i64::from(minimum)));
        Ok(())
    }

    fn columns(self, measure: &Measure, space: &Space) -> Vec<(String, Column)> {
        let value = match measure {
            Measure::Mean { .. } | Measure::ClampedMean { .. } => Column::Thousandths(self.value),
            _ => Column::Integer(self.value),
        };
        let mut columns = vec![
            ("window_start", Column::Instant(self.start)),
            ("window_end", Column::Instant(self.end)),
            ("cell", Column::Text(self.cell)),
            ("sensor", Column::Text(self.sensor)),
            ("value", value),
            ("minimum", Column::Integer(self.minimum)),
        ];
        match space {
            Space::Pair => columns.push(("origin", Column::Text(self.origin))),
            Space::District { .. } => columns.push(("district", Column::Text(self.district))),
            Space::Stream | Space::Cell { .. } | Space::Sensor => {}
        }
        if let Measure::Histogram { edges, .. } = measure {
            // Where each row's class begins and ends: nothing where it is open.
            let edge = |at: Option<usize>| at.and_then(|at| edges.as_slice().get(at)).copied().map(i64::from);
            let from = self.class.iter().map(|class| edge(class.and_then(|class| class.checked_sub(1)))).collect();
            let below = self.class.iter().map(|class| edge(*class)).collect();
            columns.extend([("class_from", Column::Integer(from)), ("class_below", Column::Integer(below))]);
        }
        columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect()
    }
}

#[derive(Default)]
struct Records {
    time: Vec<Option<i64>>,
    sensor: Vec<Option<String>>,
    count: Vec<Option<i64>>,
    fields: BTreeMap<PropertyName, Vec<Option<Scalar>>>,
}

impl Records {
    fn take(&mut self, row: Row) -> Result<(), Failed> {
        let Row::Record { time, sensor, count, mut fields } = row else { return Err(Failed::Rows) };
        self.time.push(Some(time.millis()));
        self.sensor.push(Some(sensor.to_string()));
        self.count.push(Some(i64::from(count)));
        for (name, values) in &mut self.fields {
            values.push(fields.remove(name));
        }
        Ok(())
    }

    fn columns(self, stream: Option<&Stream>) -> Result<Vec<(String, Column)>, Failed> {
        let mut columns = vec![
            ("time".to_owned(), Column::Instant(self.time)),
            ("sensor".to_owned(), Column::Text(self.sensor)),
            ("count".to_owned(), Column::Integer(self.count)),
        ];
        for (name, values) in self.fields {
            let kind = stream.map_or_else(|| narrowest(&values), |stream| declared(stream, &name));
            let name = if OF_RECORDS.contains(&name.as_str()) { format!("field_{name}") } else { name.to_string() };
            columns.push((name, column(values, kind).ok_or(Failed::Rows)?));
        }
        Ok(columns)
    }
}

/// What a field holds once it was treated.
fn declared(stream: &Stream, name: &PropertyName) -> ValueKind {
    stream.properties.get(name).map_or(ValueKind::Text, |property| match property.treatment {
        Treatment::Match { .. } => ValueKind::Integer,
        Treatment::Pseudonymise { .. } | Treatment::Cell { .. } | Treatment::District { .. } => ValueKind::Text,
        _ => property.value,
    })
}

/// The narrowest kind that holds every value; text if there is none.
fn narrowest(values: &[Option<Scalar>]) -> ValueKind {
    let all = |fits: fn(&Scalar) -> bool| values.iter().any(Option::is_some) && values.iter().flatten().all(fits);
    if all(|value| matches!(value, Scalar::Integer(_) | Scalar::Entry(_))) {
        ValueKind::Integer
    } else if all(|value| matches!(value, Scalar::Integer(_) | Scalar::Number(_))) {
        ValueKind::Number
    } else if all(|value| matches!(value, Scalar::Boolean(_))) {
        ValueKind::Boolean
    } else {
        ValueKind::Text
    }
}

/// Values as a column of a kind; none if one of them is of another.
fn column(values: Vec<Option<Scalar>>, kind: ValueKind) -> Option<Column> {
    fn each<T>(values: Vec<Option<Scalar>>, rule: fn(Scalar) -> Option<T>) -> Option<Vec<Option<T>>> {
        values.into_iter().map(|value| value.map_or(Some(None), |value| rule(value).map(Some))).collect()
    }
    match kind {
        ValueKind::Integer => each(values, |value| match value {
            Scalar::Integer(number) => Some(number),
            Scalar::Entry(entry) => Some(i64::from(entry)),
            _ => None,
        })
        .map(Column::Integer),
        ValueKind::Number => each(values, |value| match value {
            Scalar::Number(number) => Some(number),
            #[expect(
                clippy::cast_precision_loss,
                reason = "it was declared a number, and JSON wrote it without its point"
            )]
            Scalar::Integer(number) => Some(number as f64),
            _ => None,
        })
        .map(Column::Number),
        ValueKind::Boolean => each(values, |value| if let Scalar::Boolean(truth) = value { Some(truth) } else { None })
            .map(Column::Boolean),
        ValueKind::Text | ValueKind::Point => each(values, |value| Some(value.to_string())).map(Column::Text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exposure(measure: &str) -> Exposure {
        let text = format!(r#"{{"as":"windows","bin":"15m","space":{{"by":"sensor"}},"measure":{measure}}}"#);
        serde_json::from_str(&text).unwrap()
    }

    fn window(cell: &str, class: Option<u8>, value: i64) -> Row {
        serde_json::from_value(serde_json::json!({ "from": "2026-11-24T00:00:00Z", "to": "2026-11-24T00:15:00Z",
            "cell": serde_json::from_str::<serde_json::Value>(cell).unwrap(), "class": class, "value": value }))
        .unwrap()
    }

    fn of(exposure: &Exposure, stream: Option<&Stream>, rows: Vec<Row>) -> Vec<(String, Column)> {
        table(TableName::new("air", "x"), exposure, 3, stream, rows).unwrap().columns
    }

    #[test]
    fn a_mean_is_in_thousandths_and_a_count_is_whole() {
        let row = || vec![window(r#"{"sensor":"air-1"}"#, None, 12_500)];
        let mean = of(&exposure(r#"{"of":"mean","property":"no2"}"#), None, row());
        assert_eq!(mean[4], ("value".to_owned(), Column::Thousandths(vec![Some(12_500)])));
        assert_eq!(mean[3].1, Column::Text(vec![Some("air-1".to_owned())]));
        assert_eq!(of(&exposure(r#"{"of":"observations"}"#), None, row())[4].1, Column::Integer(vec![Some(12_500)]));
    }

    #[test]
    fn a_way_ends_at_its_sensor_and_has_an_origin() {
        let text =
            r#"{"as":"windows","bin":"15m","space":{"by":"pair"},"measure":{"of":"distinct","property":"plate"}}"#;
        let row = serde_json::json!({ "from": "2026-11-24T00:00:00Z", "to": "2026-11-24T00:15:00Z",
            "cell": { "pair": { "from": "cam-1", "to": "cam-2" } }, "value": 12 });
        let rows = vec![serde_json::from_value(row).unwrap()];
        let exposure = serde_json::from_str(text).unwrap();
        let table = table(TableName::new("plates", "x"), &exposure, 10, None, rows).unwrap_or_else(|_| unreachable!());
        let text = |name: &str| table.columns.iter().find(|(known, _)| known == name).map(|(_, column)| column.clone());
        let ends = (text("origin"), text("sensor"));
        let column = |id: &str| Some(Column::Text(vec![Some(id.to_owned())]));
        assert_eq!(ends, (column("cam-1"), column("cam-2")));
    }

    #[test]
    fn classes_have_their_limits() {
        let classes = exposure(r#"{"of":"histogram","number":"no2","edges":[20,40]}"#);
        let rows = (0..3).map(|class| window(r#""stream""#, Some(class), 3)).collect();
        let columns = of(&classes, None, rows);
        assert_eq!(columns[6], ("class_from".to_owned(), Column::Integer(vec![None, Some(20), Some(40)])));
        assert_eq!(columns[7], ("class_below".to_owned(), Column::Integer(vec![Some(20), Some(40), None])));
    }

    #[test]
    fn columns_follow_from_the_stream_and_not_from_the_rows() {
        let exposure: Exposure = serde_json::from_str(r#"{"as":"records","fields":["count","no2","wet"]}"#).unwrap();
        let stream: Stream = serde_json::from_str(
            r#"{"id":"air","retention":"24h","time":{"do":"keep"},"properties":{
                "count":{"category":"device-health","value":"integer","treatment":{"do":"keep"}},
                "no2":{"category":"air-quality","value":"number","treatment":{"do":"keep"}},
                "wet":{"category":"device-health","value":"boolean","treatment":{"do":"keep"}}}}"#,
        )
        .unwrap();
        let row = |fields: &str| -> Row {
            let text = format!(r#"{{"time":"2026-11-24T00:00:00Z","sensor":"a","count":1,"fields":{fields}}}"#);
            serde_json::from_str(&text).unwrap()
        };
        let kinds = |stream: Option<&Stream>, rows: Vec<Row>| -> Vec<(String, std::mem::Discriminant<Column>)> {
            let columns = of(&exposure, stream, rows);
            columns.iter().map(|(name, column)| (name.clone(), std::mem::discriminant(column))).collect()
        };
        let rows = vec![row(r#"{"no2":1,"count":7}"#), row(r#"{"no2":2.5,"wet":true,"count":8}"#)];
        let known = kinds(Some(&stream), rows.clone());
        assert_eq!(known, kinds(Some(&stream), Vec::new()));
        assert_eq!(known, kinds(None, rows), "what an address hands over is read alike");
        let names: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["time", "sensor", "count", "field_count", "no2", "wet"]);
        let other = table(TableName::new("air", "x"), &exposure, 0, Some(&stream), vec![row(r#"{"wet":"yes"}"#)]);
        assert!(matches!(other, Err(Failed::Rows)));
    }

    #[test]
    fn a_field_is_of_the_narrowest_kind_that_holds_it() {
        let of = |values: Vec<Option<Scalar>>| column(values.clone(), narrowest(&values)).unwrap();
        assert_eq!(of(vec![Some(Scalar::Integer(1)), None]), Column::Integer(vec![Some(1), None]));
        assert_eq!(
            of(vec![Some(Scalar::Number(1.0)), Some(Scalar::Integer(2))]),
            Column::Number(vec![Some(1.0), Some(2.0)])
        );
        assert_eq!(of(vec![Some(Scalar::Boolean(true)), None]), Column::Boolean(vec![Some(true), None]));
        assert_eq!(
            of(vec![Some(Scalar::Integer(1)), Some(Scalar::Text("a".to_owned()))]),
            Column::Text(vec![Some("1".to_owned()), Some("a".to_owned())])
        );
        assert_eq!(of(vec![None]), Column::Text(vec![None]));
    }
}
