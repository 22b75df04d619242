//! What lies behind compression and encoding: Parquet, write-ahead segments, the database, JSON.

use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt64Type};
use arrow_array::{Array, ArrayRef};
use journal::{Payload, SqliteReader};
use lake::{Lake, Options};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::{FileReader, SerializedFileReader};
use privacy::Column;
use serde_json::Value;

use super::{Identifiers, Looked, files};

/// Every page as it lies decompressed, dictionaries among them; every statistic and name; every value.
pub(super) fn parquet(path: &Path, identifiers: &Identifiers, looked: &mut Looked) {
    let place = |what: &str| format!("{}: {what}", path.display());
    let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let metadata = reader.metadata();
    // Names, key-value metadata and statistics, in words.
    looked.note(identifiers.are_in(format!("{:?}", metadata.file_metadata()).as_bytes()), place("metadata"));
    for group in 0..metadata.num_row_groups() {
        let row_group = reader.get_row_group(group).unwrap();
        for (number, column) in metadata.row_group(group).columns().iter().enumerate() {
            let bounds = column.statistics().map(|statistics| [statistics.min_bytes_opt(), statistics.max_bytes_opt()]);
            for bound in bounds.into_iter().flatten().flatten() {
                looked.note(identifiers.are_in(bound), place("statistics"));
            }
            let mut pages = row_group.get_column_page_reader(number).unwrap();
            while let Some(page) = pages.get_next_page().unwrap() {
                looked.pages += 1;
                looked.note(identifiers.are_in(page.buffer()), place("page"));
            }
        }
    }
    let file = std::fs::File::open(path).unwrap();
    for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
        let batch = batch.unwrap();
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            looked.note(identifiers.are_value(field.name()), place("column name"));
            looked.note(values(column, identifiers), place(field.name()));
            looked.parquet_values += column.len();
        }
    }
}

fn values(column: &ArrayRef, identifiers: &Identifiers) -> bool {
    if let Some(dictionary) = column.as_any_dictionary_opt() {
        return values(dictionary.values(), identifiers);
    }
    if let Some(texts) = column.as_string_opt::<i32>() {
        return texts.iter().flatten().any(|text| identifiers.are_value(text));
    }
    let number = |number: u64| identifiers.are_number(number);
    if let Some(numbers) = column.as_primitive_opt::<UInt64Type>() {
        return numbers.iter().flatten().any(number);
    }
    if let Some(numbers) = column.as_primitive_opt::<Int64Type>() {
        return numbers.iter().flatten().any(|value| number(value.cast_unsigned()));
    }
    column.to_data().buffers().iter().any(|buffer| identifiers.are_in(buffer.as_slice()))
}

/// Every name and text, each as a whole.
pub(super) fn json(path: &Path, bytes: &[u8], identifiers: &Identifiers, looked: &mut Looked) {
    let value: Value = serde_json::from_slice(bytes).unwrap();
    let holds = json_holds(&value, identifiers, &mut looked.texts);
    looked.note(holds, path.display().to_string());
}

fn json_holds(value: &Value, identifiers: &Identifiers, texts: &mut usize) -> bool {
    match value {
        Value::String(text) => {
            *texts += 1;
            identifiers.are_value(text)
        }
        Value::Number(number) => number.as_u64().is_some_and(|number| identifiers.are_number(number)),
        Value::Array(all) => all.iter().any(|value| json_holds(value, identifiers, texts)),
        Value::Object(all) => {
            all.iter().any(|(name, value)| identifiers.are_value(name) || json_holds(value, identifiers, texts))
        }
        Value::Null | Value::Bool(_) => false,
    }
}

/// The database and the lake of a city, in a copy: opening changes them, and a process may be at work.
pub(super) fn city(folder: &Path, identifiers: &Identifiers, looked: &mut Looked) {
    let copy = tempfile::tempdir().unwrap();
    for path in files(folder) {
        let below = path.strip_prefix(folder).unwrap();
        let kept = below.starts_with("lake") || below.to_str().unwrap().starts_with("journal.db");
        // The index of the write-ahead file is made anew.
        if kept && !below.to_str().unwrap().ends_with("-shm") {
            let target = copy.path().join(below);
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::copy(&path, target).unwrap();
        }
    }
    database(&copy.path().join("journal.db"), identifiers, looked);
    lake(&copy.path().join("lake"), identifiers, looked);
}

/// Entries, payloads and records as they were given, whatever pages they lie in.
pub(super) fn database(path: &Path, identifiers: &Identifiers, looked: &mut Looked) {
    let reader = SqliteReader::open(path).unwrap();
    let mut look = |bytes: &[u8], what: String| {
        looked.stored += 1;
        let holds = match serde_json::from_slice::<Value>(bytes) {
            Ok(value) => json_holds(&value, identifiers, &mut looked.texts),
            Err(_) => false,
        };
        looked.note(holds || identifiers.are_in(bytes), format!("{}: {what}", path.display()));
    };
    let size = usize::try_from(reader.head().size).unwrap();
    for entry in reader.read(0, size).unwrap() {
        look(&entry.bytes, format!("entry {}", entry.index));
        if let Payload::Present(payload) = reader.payload(entry.index).unwrap() {
            look(&payload, format!("payload of entry {}", entry.index));
        }
    }
    let count = usize::try_from(reader.next_seq()).unwrap();
    for (seq, record) in reader.records(0, count).unwrap() {
        look(&record, format!("record {seq}"));
    }
}

/// Every row, as the lake reads it from segments and files.
fn lake(folder: &Path, identifiers: &Identifiers, looked: &mut Looked) {
    let (lake, recovered) = Lake::open(folder, Options::default()).unwrap();
    looked.segment_rows += recovered.rows;
    let always = model::Window { start: model::Timestamp::UNIX_EPOCH, end: model::Timestamp::MAX };
    for stream in lake.stats().unwrap().streams.into_keys() {
        for columns in lake.scan(&stream, always).unwrap() {
            let texts = columns.devices().iter().any(|device| identifiers.are_value(device.as_str()));
            let holds = columns.properties().iter().any(|(_, column)| match column {
                Column::Text(texts) => texts.iter().flatten().any(|text| identifiers.are_value(text)),
                Column::Integer(values) => {
                    values.iter().flatten().any(|value| identifiers.are_number(value.cast_unsigned()))
                }
                Column::Tag(values) | Column::Cell(values) => {
                    values.iter().flatten().any(|value| identifiers.are_number(*value))
                }
                Column::Number(_) | Column::Boolean(_) | Column::Entry(_) => false,
            });
            looked.note(texts || holds, format!("stream {stream}"));
        }
    }
}
