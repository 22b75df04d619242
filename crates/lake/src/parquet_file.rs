//! Columns as a Parquet file (zstd, level 1) and back.
//!
//! What a column means stands in the file's own metadata, so that any engine can read the numbers and this one can tell a
//! tag from a count.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMillisecondType, UInt32Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray,
    UInt32Array, UInt64Array,
};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use bytes::Bytes;
use model::{DeviceId, PropertyName};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use privacy::{Column, Columns};

/// The metadata key that says what a column means.
const MEANS: &str = "ordinance";
/// Names of the columns that every file has; no property can have them.
const FIXED: [&str; 3] = ["time", "device", "count"];

/// Writes columns as a Parquet file's bytes.
pub(crate) fn encode(columns: &Columns) -> Result<Vec<u8>, String> {
    let mut devices = StringBuilder::new();
    (0..columns.len()).for_each(|row| devices.append_option(columns.device(row).map(DeviceId::as_str)));
    let mut fields = vec![
        Field::new(FIXED[0], DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())), false),
        Field::new(FIXED[1], DataType::Utf8, false),
        Field::new(FIXED[2], DataType::UInt32, false),
    ];
    let times = TimestampMillisecondArray::from(columns.times().to_vec()).with_timezone("UTC");
    let counts = UInt32Array::from(columns.counts().to_vec());
    let mut arrays: Vec<ArrayRef> = vec![Arc::new(times), Arc::new(devices.finish()), Arc::new(counts)];
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
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).and_then(ParquetRecordBatchReaderBuilder::build);
    let mut all = Columns::default();
    for batch in reader.map_err(|error| error.to_string())? {
        let columns = columns(&batch.map_err(|error| error.to_string())?)?;
        all.append(&columns).map_err(|error| error.to_string())?;
    }
    Ok(all)
}

fn columns(batch: &RecordBatch) -> Result<Columns, String> {
    let missing = || "a column is missing or of another type".to_owned();
    let fixed = |name: &str| batch.column_by_name(name).ok_or_else(missing);
    let times = fixed(FIXED[0])?.as_primitive_opt::<TimestampMillisecondType>().ok_or_else(missing)?;
    let names = fixed(FIXED[1])?.as_string_opt::<i32>().ok_or_else(missing)?;
    let counts = fixed(FIXED[2])?.as_primitive_opt::<UInt32Type>().ok_or_else(missing)?;
    let (mut devices, mut numbers): (Vec<DeviceId>, Vec<u32>) = (Vec::new(), Vec::new());
    for name in names {
        let name = name.ok_or_else(missing)?;
        let known = devices.iter().position(|device| device.as_str() == name);
        let number = known.map_or_else(
            || {
                devices.push(DeviceId::new(name).map_err(|error| error.to_string())?);
                Ok::<_, String>(devices.len() - 1)
            },
            Ok,
        )?;
        numbers.push(u32::try_from(number).map_err(|_| missing())?);
    }
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
