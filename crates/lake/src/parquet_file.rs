//! Columns as a Parquet file (zstd, level 1) and back.
//!
//! What a column means stands in the file's own metadata, so that any engine can read the numbers and this one can tell a
//! tag from a count.

use std::fs::File;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMillisecondType, UInt32Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray, UInt32Array, UInt64Array,
};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use bytes::Bytes;
use model::{DeviceId, PropertyName};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use privacy::{Column, Columns};

/// The metadata key that says what a column means.
const MEANS: &str = "ordinance";
/// Names of the columns that every file has; no property can have them.
const FIXED: [&str; 3] = ["time", "device", "count"];
/// Rows that are decoded at once.
const BATCH_ROWS: usize = 1 << 16;

/// Writes columns as a Parquet file's bytes.
pub(crate) fn encode(columns: &Columns) -> Result<Vec<u8>, String> {
    let names: StringArray = columns.devices().iter().map(|device| Some(device.as_str())).collect();
    let numbers = UInt32Array::from(columns.device_numbers().to_vec());
    let devices = DictionaryArray::try_new(numbers, Arc::new(names)).map_err(|error| error.to_string())?;
    let mut fields = vec![
        Field::new(FIXED[0], DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())), false),
        Field::new(FIXED[1], devices.data_type().clone(), false),
        Field::new(FIXED[2], DataType::UInt32, false),
    ];
    let times = TimestampMillisecondArray::from(columns.times().to_vec()).with_timezone("UTC");
    let counts = UInt32Array::from(columns.counts().to_vec());
    let mut arrays: Vec<ArrayRef> = vec![Arc::new(times), Arc::new(devices), Arc::new(counts)];
    for (name, column) in columns.properties() {
        let (means, array) = array(column);
        // Behind a dot, so that a property may be called `count`.
        let field = Field::new(format!(".{name}"), array.data_type().clone(), true);
        fields.push(field.with_metadata([(MEANS.to_owned(), means.to_owned())].into()));
        arrays.push(array);
    }
    let write = || -> Result<Vec<u8>, parquet::errors::ParquetError> {
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?;
        let zstd = Compression::ZSTD(ZstdLevel::try_new(1)?);
        let properties = WriterProperties::builder().set_compression(zstd).build();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties))?;
        writer.write(&batch)?;
        writer.into_inner()
    };
    write().map_err(|error| error.to_string())
}

fn array(column: &Column) -> (&'static str, ArrayRef) {
    match column {
        Column::Text(texts) => ("text", Arc::new(texts.iter().collect::<StringArray>())),
        Column::Integer(values) => ("integer", Arc::new(Int64Array::from(values.clone()))),
        Column::Number(values) => ("number", Arc::new(Float64Array::from(values.clone()))),
        Column::Boolean(values) => ("boolean", Arc::new(BooleanArray::from(values.clone()))),
        Column::Tag(values) => ("tag", Arc::new(UInt64Array::from(values.clone()))),
        Column::Cell(values) => ("cell", Arc::new(UInt64Array::from(values.clone()))),
        Column::Entry(values) => ("entry", Arc::new(UInt32Array::from(values.clone()))),
    }
}

/// Reads columns from a Parquet file's bytes.
pub(crate) fn decode(bytes: Bytes) -> Result<Columns, String> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|error| error.to_string())?;
    let reader = builder.with_batch_size(BATCH_ROWS).build().map_err(|error| error.to_string())?;
    let mut all = Columns::default();
    for batch in reader {
        let columns = columns(&batch.map_err(|error| error.to_string())?)?;
        all.append(&columns).map_err(|error| error.to_string())?;
    }
    Ok(all)
}

/// How many rows a Parquet file has, read from its footer alone.
pub(crate) fn rows(file: File) -> Result<u64, String> {
    let reader = SerializedFileReader::new(file).map_err(|error| error.to_string())?;
    u64::try_from(reader.metadata().file_metadata().num_rows()).map_err(|error| error.to_string())
}

fn columns(batch: &RecordBatch) -> Result<Columns, String> {
    let missing = || "a column is missing or of another type".to_owned();
    let fixed = |name: &str| batch.column_by_name(name).ok_or_else(missing);
    let times = fixed(FIXED[0])?.as_primitive_opt::<TimestampMillisecondType>().ok_or_else(missing)?;
    let names = fixed(FIXED[1])?.as_dictionary_opt::<UInt32Type>().ok_or_else(missing)?;
    let counts = fixed(FIXED[2])?.as_primitive_opt::<UInt32Type>().ok_or_else(missing)?;
    if times.null_count() + names.null_count() + counts.null_count() > 0 {
        return Err("a time, device or count is missing".to_owned());
    }
    let numbers = names.keys().values().to_vec();
    let names = names.values().as_string_opt::<i32>().ok_or_else(missing)?;
    let device = |name: Option<&str>| DeviceId::new(name.unwrap_or_default()).map_err(|error| error.to_string());
    let devices = names.iter().map(device).collect::<Result<_, _>>()?;
    let mut properties = Vec::new();
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        let Some(name) = field.name().strip_prefix('.') else { continue };
        let name = PropertyName::new(name).map_err(|error| error.to_string())?;
        let means = field.metadata().get(MEANS).map_or("", String::as_str);
        properties.push((name, column(means, array.as_ref()).ok_or_else(missing)?));
    }
    Columns::from_parts(devices, times.values().to_vec(), numbers, counts.values().to_vec(), properties)
        .map_err(|error| error.to_string())
}

fn column(means: &str, array: &dyn Array) -> Option<Column> {
    Some(match means {
        "text" => Column::Text(array.as_string_opt::<i32>()?.iter().collect()),
        "integer" => Column::Integer(array.as_primitive_opt::<Int64Type>()?.iter().collect()),
        "number" => Column::Number(array.as_primitive_opt::<Float64Type>()?.iter().collect()),
        "boolean" => Column::Boolean(array.as_boolean_opt()?.iter().collect()),
        "tag" => Column::Tag(array.as_primitive_opt::<UInt64Type>()?.iter().collect()),
        "cell" => Column::Cell(array.as_primitive_opt::<UInt64Type>()?.iter().collect()),
        "entry" => Column::Entry(array.as_primitive_opt::<UInt32Type>()?.iter().collect()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn columns()(rows in 0_usize..30)(
            times in proptest::collection::vec(0..4_000_000_000_000_i64, rows),
            devices in proptest::collection::vec(0_u32..3, rows),
            counts in proptest::collection::vec(any::<u32>(), rows),
            text in proptest::collection::vec(proptest::option::of(".{0,8}"), rows),
            integers in proptest::collection::vec(any::<Option<i64>>(), rows),
            numbers in proptest::collection::vec(proptest::option::of(-1e300..1e300_f64), rows),
            truths in proptest::collection::vec(any::<Option<bool>>(), rows),
            tags in proptest::collection::vec(any::<Option<u64>>(), rows),
            entries in proptest::collection::vec(any::<Option<u32>>(), rows),
        ) -> Columns {
            let properties = [
                ("text", Column::Text(text.iter().map(Option::as_deref).collect())),
                ("time", Column::Integer(integers)),
                ("number", Column::Number(numbers)),
                ("truth", Column::Boolean(truths)),
                ("tag", Column::Tag(tags.clone())),
                ("cell", Column::Cell(tags)),
                ("count", Column::Entry(entries)),
            ];
            let properties = properties.into_iter().map(|(name, column)| (name.parse().unwrap(), column)).collect();
            let ids = ["a", "b", "c", "never-seen"].map(|id| id.parse().unwrap()).to_vec();
            Columns::from_parts(ids, times, devices, counts, properties).unwrap()
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(columns in columns()) {
            let bytes = encode(&columns).unwrap();
            let read = decode(bytes.into()).unwrap();
            // No batch of rows comes from an empty file, and with it no property.
            prop_assert_eq!(if columns.is_empty() { Columns::default() } else { columns }, read);
        }

        #[test]
        fn other_bytes_are_an_error_and_no_panic(columns in columns(), at in any::<prop::sample::Index>(), noise: u8) {
            let mut bytes = encode(&columns).unwrap();
            let place = at.index(bytes.len());
            bytes.truncate(place);
            prop_assert!(decode(bytes.clone().into()).is_err());
            bytes.push(noise);
            prop_assert!(decode(bytes.into()).is_err());
        }
    }
}
