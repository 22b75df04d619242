//! Tables as they are handed over: named columns of plain values, in memory and nowhere else; and as an engine has them.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray,
    TimestampMillisecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use serde::{Deserialize, Serialize};

use crate::{SqlError, arrow};

/// The schema of public reference tables; all others are streams.
pub const REFERENCE: &str = "reference";
/// Digits before and after the point of a number in thousandths.
const THOUSANDTHS: (u8, i8) = (38, 3);

/// What a table is called: the stream and the view of a released one, `reference` and a name of a public one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableName {
    /// The stream, or [`REFERENCE`].
    pub schema: String,
    /// The view, or the name.
    pub table: String,
}

impl TableName {
    /// A table of a schema.
    #[must_use]
    pub fn new(schema: &str, table: &str) -> Self {
        Self { schema: schema.to_owned(), table: table.to_owned() }
    }

    /// Whether it is a public reference table.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        self.schema == REFERENCE
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\".\"{}\"", self.schema, self.table)
    }
}

/// The values of a column; none where a row has none.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Text.
    Text(Vec<Option<String>>),
    /// Whole numbers.
    Integer(Vec<Option<i64>>),
    /// Numbers with three digits after the point, in thousandths: released means.
    Thousandths(Vec<Option<i64>>),
    /// Numbers.
    Number(Vec<Option<f64>>),
    /// True or false.
    Boolean(Vec<Option<bool>>),
    /// Instants, in milliseconds since 1970 (UTC).
    Instant(Vec<Option<i64>>),
    /// Days since 1970.
    Day(Vec<Option<i32>>),
}

impl Column {
    fn array(&self) -> Result<ArrayRef, SqlError> {
        Ok(match self {
            Self::Text(values) => Arc::new(StringArray::from_iter(values)),
            Self::Integer(values) => Arc::new(Int64Array::from_iter(values.iter().copied())),
            Self::Thousandths(values) => {
                let array = Decimal128Array::from_iter(values.iter().map(|value| value.map(i128::from)));
                let (precision, scale) = THOUSANDTHS;
                Arc::new(array.with_precision_and_scale(precision, scale).map_err(|_| SqlError::Engine)?)
            }
            Self::Number(values) => Arc::new(Float64Array::from_iter(values.iter().copied())),
            Self::Boolean(values) => Arc::new(BooleanArray::from_iter(values.iter().copied())),
            Self::Instant(values) => {
                Arc::new(TimestampMillisecondArray::from_iter(values.iter().copied()).with_timezone("+00:00"))
            }
            Self::Day(values) => Arc::new(Date32Array::from_iter(values.iter().copied())),
        })
    }
}

/// A table in memory, or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What it is called.
    pub name: TableName,
    /// Its columns, all of one length.
    pub columns: Vec<(String, Column)>,
}

impl Table {
    /// The same columns without a row.
    #[must_use]
    pub fn without_rows(&self) -> Self {
        let empty = |column: &Column| match column {
            Column::Text(_) => Column::Text(Vec::new()),
            Column::Integer(_) => Column::Integer(Vec::new()),
            Column::Thousandths(_) => Column::Thousandths(Vec::new()),
            Column::Number(_) => Column::Number(Vec::new()),
            Column::Boolean(_) => Column::Boolean(Vec::new()),
            Column::Instant(_) => Column::Instant(Vec::new()),
            Column::Day(_) => Column::Day(Vec::new()),
        };
        let columns = self.columns.iter().map(|(name, column)| (name.clone(), empty(column))).collect();
        Self { name: self.name.clone(), columns }
    }

    /// The names of its columns.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// The table as the engine takes it.
    pub(crate) fn batch(&self) -> Result<RecordBatch, SqlError> {
        let arrays: Vec<ArrayRef> = self.columns.iter().map(|(_, column)| column.array()).collect::<Result<_, _>>()?;
        let field = |((name, _), array): (&(String, Column), &ArrayRef)| -> Field {
            let kind: DataType = array.data_type().clone();
            Field::new(name, kind, true)
        };
        let fields: Vec<Field> = self.columns.iter().zip(&arrays).map(field).collect();
        let broken = |what: String| SqlError::Table { table: self.name.to_string(), what };
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .map_err(|_| broken("its columns are not of one length, or it has none".to_owned()))
    }
}

/// A table as the engine has it.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) name: TableName,
    pub(crate) schema: SchemaRef,
    pub(crate) batches: Vec<RecordBatch>,
}

impl Loaded {
    pub(crate) fn of(table: &Table) -> Result<Self, SqlError> {
        let batch = table.batch()?;
        Ok(Self { name: table.name.clone(), schema: batch.schema(), batches: vec![batch] })
    }

    /// Its name and its rows, as they go through a pipe.
    pub(crate) fn written(&self) -> Result<[Vec<u8>; 2], SqlError> {
        let name = serde_json::to_vec(&self.name).map_err(|_| SqlError::Engine)?;
        Ok([name, arrow::written(&self.schema, &self.batches)?])
    }

    /// What [`Loaded::written`] wrote.
    pub(crate) fn read(name: &[u8], rows: &[u8]) -> Result<Self, SqlError> {
        let name = serde_json::from_slice(name).map_err(|_| SqlError::Engine)?;
        let (schema, batches) = arrow::read(rows)?;
        Ok(Self { name, schema, batches })
    }

    /// Takes the next part of a table to the ones before: parts of one table follow each other and have the same columns.
    pub(crate) fn push_onto(self, tables: &mut Vec<Self>) {
        match tables.last_mut() {
            Some(last) if last.name == self.name && last.schema == self.schema => last.batches.extend(self.batches),
            _ => tables.push(self),
        }
    }
}
