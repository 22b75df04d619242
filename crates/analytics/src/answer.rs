//! An answer: columns and rows, as a table for people, JSON or CSV for machines, and as Arrow between processes.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{
    DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, SchemaRef, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use serde_json::Value;

use crate::{SqlError, arrow};

/// The widest column of a table for people, in characters.
const WIDTH_MAX: usize = 60;

/// Rows that answer a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

/// What a column of an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Numbers.
    Number,
    /// Instants and days.
    Time,
    /// Anything else.
    Text,
}

impl Kind {
    fn of(kind: &DataType) -> Self {
        match kind {
            DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => Self::Time,
            kind if kind.is_numeric() => Self::Number,
            _ => Self::Text,
        }
    }
}

impl Answer {
    pub(crate) const fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self { schema, batches }
    }

    pub(crate) const fn parts(&self) -> (&SchemaRef, &Vec<RecordBatch>) {
        (&self.schema, &self.batches)
    }

    /// The names of its columns.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        self.schema.fields().iter().map(|field| field.name().as_str()).collect()
    }

    /// What its columns hold, in their order.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        self.schema.fields().iter().map(|field| Kind::of(field.data_type())).collect()
    }

    /// Whether two answers have the same columns, in name and type.
    #[must_use]
    pub fn fits(&self, other: &Self) -> bool {
        let columns = |answer: &Self| -> Vec<(String, DataType)> {
            answer.schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
        };
        columns(self) == columns(other)
    }

    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its rows: numbers, truths and nulls as JSON has them, everything else as text.
    ///
    /// # Errors
    /// A value that cannot be written.
    pub fn rows(&self) -> Result<Vec<Vec<Value>>, SqlError> {
        let mut rows = Vec::with_capacity(self.len());
        for batch in &self.batches {
            let columns: Vec<Vec<Value>> = batch.columns().iter().map(values).collect::<Result<_, _>>()?;
            let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
            rows.extend(
                (0..batch.num_rows())
                    .map(|_| columns.iter_mut().map(|column| column.next().unwrap_or(Value::Null)).collect()),
            );
        }
        Ok(rows)
    }

    /// A table for people, columns below their names.
    ///
    /// # Errors
    /// A value that cannot be written.
    pub fn table(&self) -> Result<String, SqlError> {
        let numbers: Vec<bool> = self.schema.fields().iter().map(|field| field.data_type().is_numeric()).collect();
        let head: Vec<String> = self.columns().into_iter().map(shown).collect();
        let body = self.texts()?.into_iter().map(|row| row.iter().map(|text| shown(text)).collect());
        let lines: Vec<Vec<String>> = std::iter::once(head).chain(body).collect();
        let width = |column: usize| lines.iter().filter_map(|line| Some(line.get(column)?.chars().count())).max();
        let widths: Vec<usize> = (0..numbers.len()).map(|column| width(column).unwrap_or_default()).collect();
        let line = |cells: &Vec<String>| {
            let padded = cells.iter().zip(&widths).zip(&numbers).map(|((cell, width), number)| {
                let gap = " ".repeat(width.saturating_sub(cell.chars().count()));
                if *number { gap + cell } else { cell.clone() + &gap }
            });
            padded.collect::<Vec<String>>().join("  ").trim_end().to_owned()
        };
        Ok(lines.iter().map(line).collect::<Vec<String>>().join("\n"))
    }

    /// The answer as CSV with a line of names; a null is an empty field.
    ///
    /// # Errors
    /// A value that cannot be written.
    pub fn csv(&self) -> Result<String, SqlError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.columns()).map_err(|_| SqlError::Engine)?;
        for row in self.texts()? {
            writer.write_record(row).map_err(|_| SqlError::Engine)?;
        }
        let bytes = writer.into_inner().map_err(|_| SqlError::Engine)?;
        String::from_utf8(bytes).map_err(|_| SqlError::Engine)
    }

    /// The answer as a stream of Arrow IPC.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn to_arrow(&self) -> Result<Vec<u8>, SqlError> {
        arrow::written(&self.schema, &self.batches)
    }

    /// Reads what [`Answer::to_arrow`] wrote.
    ///
    /// # Errors
    /// It is no such stream.
    pub fn from_arrow(bytes: &[u8]) -> Result<Self, SqlError> {
        let (schema, batches) = arrow::read(bytes)?;
        Ok(Self { schema, batches })
    }

    /// Every value as text; nothing where there is none.
    fn texts(&self) -> Result<Vec<Vec<String>>, SqlError> {
        let text = |value: Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        };
        Ok(self.rows()?.into_iter().map(|row| row.into_iter().map(text).collect()).collect())
    }
}

/// A cell that no terminal takes for orders, and that is not too wide.
fn shown(text: &str) -> String {
    let plain = text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character });
    if text.chars().count() <= WIDTH_MAX {
        return plain.collect();
    }
    plain.take(WIDTH_MAX - 1).chain(['…']).collect()
}

fn values(column: &ArrayRef) -> Result<Vec<Value>, SqlError> {
    macro_rules! numbers {
        ($kind:ty) => {
            column.as_primitive::<$kind>().iter().map(|value| value.map_or(Value::Null, Value::from)).collect()
        };
    }
    Ok(match column.data_type() {
        DataType::Boolean => column.as_boolean().iter().map(Value::from).collect(),
        DataType::Int8 => numbers!(Int8Type),
        DataType::Int16 => numbers!(Int16Type),
        DataType::Int32 => numbers!(Int32Type),
        DataType::Int64 => numbers!(Int64Type),
        DataType::UInt8 => numbers!(UInt8Type),
        DataType::UInt16 => numbers!(UInt16Type),
        DataType::UInt32 => numbers!(UInt32Type),
        DataType::UInt64 => numbers!(UInt64Type),
        DataType::Float32 => numbers!(Float32Type),
        DataType::Float64 => numbers!(Float64Type),
        _ => texts(column)?,
    })
}

fn texts(column: &ArrayRef) -> Result<Vec<Value>, SqlError> {
    let decimal = column.data_type().is_decimal();
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(column, &options).map_err(|_| SqlError::Engine)?;
    let text = |row: usize| -> Result<Value, SqlError> {
        if column.is_null(row) {
            return Ok(Value::Null);
        }
        let text = formatter.value(row).try_to_string().map_err(|_| SqlError::Engine)?;
        // A decimal is a number; one with too many digits for JSON's numbers stays a text.
        let number = decimal.then(|| text.parse::<f64>().ok()).flatten().and_then(serde_json::Number::from_f64);
        Ok(number.filter(|_| text.len() <= 15).map_or(Value::String(text), Value::Number))
    };
    (0..column.len()).map(text).collect()
}
