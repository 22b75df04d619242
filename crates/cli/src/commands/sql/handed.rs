//! Disclosed rows as a table for the engine. The same for a folder and an address: both hand over the same JSON.

use std::collections::BTreeMap;

use analytics::{Column, Table, TableName};
use anyhow::{Context, bail};
use flow::Row;
use model::{Exposure, Measure, Timestamp};
use serde::Deserialize;
use serde_json::Value;

/// Columns that every record has; a field of the same name gets `field_` before it.
const OF_RECORDS: [&str; 3] = ["time", "sensor", "count"];

/// One row as it is handed over.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Handed {
    Released { from: Timestamp, to: Timestamp, cell: Value, class: Option<u8>, value: i64 },
    Record { time: Timestamp, sensor: String, count: i64, fields: BTreeMap<String, Value> },
}

/// The table of an answer's rows.
pub(super) fn table(
    name: TableName,
    exposure: &Exposure,
    minimum: u32,
    rows: impl Iterator<Item = Value>,
) -> anyhow::Result<Table> {
    let rows = rows.map(|row| serde_json::from_value(row).context("a row of the answer cannot be read"));
    let columns = match exposure {
        Exposure::Windows { measure, .. } => {
            let mut windows = Windows::default();
            rows.into_iter().try_for_each(|row| windows.take(row?, minimum))?;
            windows.columns(measure)
        }
        Exposure::Records { fields } => {
            let mut records = Records::default();
            for field in fields {
                records.fields.insert(field.to_string(), Vec::new());
            }
            rows.into_iter().try_for_each(|row| records.take(row?))?;
            records.columns()
        }
    };
    Ok(Table { name, columns })
}

/// Rows from inside, as an address gives them.
pub(super) fn as_json(rows: &[Row]) -> impl Iterator<Item = Value> {
    rows.iter().map(|row| serde_json::to_value(row).unwrap_or(Value::Null))
}

#[derive(Default)]
struct Windows {
    start: Vec<Option<i64>>,
    end: Vec<Option<i64>>,
    cell: Vec<Option<String>>,
    sensor: Vec<Option<String>>,
    class: Vec<Option<usize>>,
    value: Vec<Option<i64>>,
    minimum: Vec<Option<i64>>,
}

impl Windows {
    fn take(&mut self, row: Handed, minimum: u32) -> anyhow::Result<()> {
        let Handed::Released { from, to, cell, class, value } = row else { bail!("a row of the answer is no window") };
        let place = |kind: &str| cell.get(kind).and_then(Value::as_str).map(str::to_owned);
        self.start.push(Some(from.millis()));
        self.end.push(Some(to.millis()));
        self.cell.push(place("cell"));
        self.sensor.push(place("sensor"));
        self.class.push(class.map(usize::from));
        self.value.push(Some(value));
        self.minimum.push(Some(i64::from(minimum)));
        Ok(())
    }

    fn columns(self, measure: &Measure) -> Vec<(String, Column)> {
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
    fields: BTreeMap<String, Vec<Value>>,
}

impl Records {
    fn take(&mut self, row: Handed) -> anyhow::Result<()> {
        let Handed::Record { time, sensor, count, mut fields } = row else { bail!("a row of the answer is no record") };
        self.time.push(Some(time.millis()));
        self.sensor.push(Some(sensor));
        self.count.push(Some(count));
        for (name, values) in &mut self.fields {
            values.push(fields.remove(name).unwrap_or(Value::Null));
        }
        Ok(())
    }

    fn columns(self) -> Vec<(String, Column)> {
        let mut columns = vec![
            ("time".to_owned(), Column::Instant(self.time)),
            ("sensor".to_owned(), Column::Text(self.sensor)),
            ("count".to_owned(), Column::Integer(self.count)),
        ];
        columns.extend(self.fields.into_iter().map(|(name, values)| {
            let name = if OF_RECORDS.contains(&&*name) { format!("field_{name}") } else { name };
            (name, column(values))
        }));
        columns
    }
}

/// The narrowest kind that holds every value of a field; text if there is none.
fn column(values: Vec<Value>) -> Column {
    let all = |fits: fn(&Value) -> bool| values.iter().all(|value| value.is_null() || fits(value));
    if values.iter().all(Value::is_null) {
        Column::Text(vec![None; values.len()])
    } else if all(Value::is_i64) {
        Column::Integer(values.iter().map(Value::as_i64).collect())
    } else if all(Value::is_number) {
        Column::Number(values.iter().map(Value::as_f64).collect())
    } else if all(Value::is_boolean) {
        Column::Boolean(values.iter().map(Value::as_bool).collect())
    } else {
        let text = |value: Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        };
        Column::Text(values.into_iter().map(text).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_has_its_point_where_it_belongs_and_a_count_is_whole() {
        let exposure = |measure: &str| -> Exposure {
            let text = format!(r#"{{"as":"windows","bin":"15m","space":{{"by":"sensor"}},"measure":{measure}}}"#);
            serde_json::from_str(&text).unwrap()
        };
        let row = serde_json::json!({ "from": "2026-11-24T00:00:00Z", "to": "2026-11-24T00:15:00Z",
            "cell": { "sensor": "air-1" }, "value": 12_500 });
        let of = |measure: &str| {
            table(TableName::new("air", "x"), &exposure(measure), 3, [row.clone()].into_iter()).unwrap().columns
        };
        let mean = of(r#"{"of":"mean","property":"no2"}"#);
        assert_eq!(mean[4], ("value".to_owned(), Column::Thousandths(vec![Some(12_500)])));
        assert_eq!(mean[3].1, Column::Text(vec![Some("air-1".to_owned())]));
        assert_eq!(of(r#"{"of":"observations"}"#)[4].1, Column::Integer(vec![Some(12_500)]));
    }

    #[test]
    fn classes_have_their_limits() {
        let exposure: Exposure = serde_json::from_str(
            r#"{"as":"windows","bin":"15m","space":{"by":"stream"},"measure":{"of":"histogram","number":"no2","edges":[20,40]}}"#,
        )
        .unwrap();
        let row = |class: u8| {
            serde_json::json!({ "from": "2026-11-24T00:00:00Z", "to": "2026-11-24T00:15:00Z", "cell": "stream",
            "class": class, "value": 3 })
        };
        let table = table(TableName::new("air", "x"), &exposure, 0, [row(0), row(1), row(2)].into_iter()).unwrap();
        assert_eq!(table.columns[6], ("class_from".to_owned(), Column::Integer(vec![None, Some(20), Some(40)])));
        assert_eq!(table.columns[7], ("class_below".to_owned(), Column::Integer(vec![Some(20), Some(40), None])));
    }

    #[test]
    fn a_view_without_rows_still_has_its_columns() {
        let exposure: Exposure = serde_json::from_str(r#"{"as":"records","fields":["count","no2"]}"#).unwrap();
        let table = table(TableName::new("air", "x"), &exposure, 0, std::iter::empty()).unwrap();
        let names: Vec<&str> = table.columns.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["time", "sensor", "count", "field_count", "no2"]);
    }

    #[test]
    fn a_field_is_of_the_narrowest_kind_that_holds_it() {
        let of = |text: &str| column(serde_json::from_str(text).unwrap());
        assert_eq!(of("[1,null,-2]"), Column::Integer(vec![Some(1), None, Some(-2)]));
        assert_eq!(of("[1.0,2]"), Column::Number(vec![Some(1.0), Some(2.0)]));
        assert_eq!(of("[true,null]"), Column::Boolean(vec![Some(true), None]));
        assert_eq!(of("[1,\"a\"]"), Column::Text(vec![Some("1".to_owned()), Some("a".to_owned())]));
        assert_eq!(of("[null]"), Column::Text(vec![None]));
    }
}
