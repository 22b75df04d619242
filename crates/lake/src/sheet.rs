//! A sheet: released rows as named columns, and as a Parquet file that any engine reads.
//!
//! It is for whoever was handed the rows: nothing of it is kept in a lake, and no lake is read for it.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use arrow_schema::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

/// The values of a column, all of one kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Series {
    /// Instants, in milliseconds since 1970 in UTC.
    Time(Vec<i64>),
    /// Texts.
    Text(Vec<Option<String>>),
    /// Whole numbers.
    Integer(Vec<Option<i64>>),
    /// Numbers.
    Number(Vec<Option<f64>>),
    /// True or false.
    Boolean(Vec<Option<bool>>),
}

impl Series {
    /// How many rows it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Time(values) => values.len(),
            Self::Text(values) => values.len(),
            Self::Integer(values) => values.len(),
            Self::Number(values) => values.len(),
            Self::Boolean(values) => values.len(),
        }
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn array(&self) -> ArrayRef {
        match self {
            Self::Time(values) => Arc::new(TimestampMillisecondArray::from(values.clone()).with_timezone("UTC")),
            Self::Text(values) => Arc::new(values.iter().collect::<StringArray>()),
            Self::Integer(values) => Arc::new(Int64Array::from(values.clone())),
            Self::Number(values) => Arc::new(Float64Array::from(values.clone())),
            Self::Boolean(values) => Arc::new(BooleanArray::from(values.clone())),
        }
    }
}

/// Columns of one length as a Parquet file's bytes (zstd, level 1), with words about them in its metadata.
///
/// # Errors
/// The columns are not of one length, or have a name twice.
pub fn parquet(columns: &[(String, Series)], about: &[(String, String)]) -> Result<Vec<u8>, String> {
    let arrays: Vec<ArrayRef> = columns.iter().map(|(_, series)| series.array()).collect();
    let field = |((name, series), array): (&(String, Series), &ArrayRef)| {
        Field::new(name, array.data_type().clone(), !matches!(series, Series::Time(_)))
    };
    let fields: Vec<Field> = columns.iter().zip(&arrays).map(field).collect();
    let about = about.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    let write = || -> Result<Vec<u8>, parquet::errors::ParquetError> {
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_key_value_metadata(Some(about))
            .build();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties))?;
        writer.write(&batch)?;
        writer.into_inner()
    };
    write().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float64Type, TimestampMillisecondType};
    use bytes::Bytes;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::*;

    #[test]
    fn a_sheet_is_read_as_it_was_written() {
        let columns = [
            ("from".to_owned(), Series::Time(vec![0, 900_000])),
            ("no2".to_owned(), Series::Number(vec![Some(1.5), None])),
            ("note".to_owned(), Series::Text(vec![None, Some("ö".to_owned())])),
        ];
        let bytes = parquet(&columns, &[("ordinance".to_owned(), "{}".to_owned())]).unwrap();
        let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).unwrap();
        let told = builder.metadata().file_metadata().key_value_metadata().unwrap();
        assert!(told.iter().any(|pair| pair.key == "ordinance" && pair.value.as_deref() == Some("{}")));
        let batch = builder.build().unwrap().next().unwrap().unwrap();
        assert_eq!(batch.column(0).as_primitive::<TimestampMillisecondType>().values(), &[0, 900_000]);
        let numbers: Vec<Option<f64>> = batch.column(1).as_primitive::<Float64Type>().iter().collect();
        assert_eq!(numbers, [Some(1.5), None]);
        assert_eq!(batch.column(2).as_string::<i32>().iter().collect::<Vec<_>>(), [None, Some("ö")]);
    }

    #[test]
    fn a_sheet_without_a_row_is_one_and_columns_of_two_lengths_are_none() {
        let empty = [("from".to_owned(), Series::Time(Vec::new()))];
        assert!(empty[0].1.is_empty() && parquet(&empty, &[]).is_ok());
        let uneven = [("a".to_owned(), Series::Time(vec![1])), ("b".to_owned(), Series::Time(Vec::new()))];
        assert!(parquet(&uneven, &[]).is_err());
    }
}
