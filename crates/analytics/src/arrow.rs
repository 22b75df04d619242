//! Rows as a stream of Arrow IPC, as they go through a pipe: column by column, and no text is made of a number.
//!
//! Only this binary writes what is read here. What cannot be read is an error, and never a part of it.

use std::io::Cursor;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::ipc::reader::StreamReader;
use datafusion::arrow::ipc::writer::StreamWriter;
use datafusion::arrow::record_batch::RecordBatch;

use crate::SqlError;

pub(crate) fn written(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Vec<u8>, SqlError> {
    let mut bytes = Vec::new();
    let written = StreamWriter::try_new(&mut bytes, schema).and_then(|mut writer| {
        batches.iter().try_for_each(|batch| writer.write(batch))?;
        writer.finish()
    });
    written.map_err(|_| SqlError::Engine)?;
    Ok(bytes)
}

pub(crate) fn read(bytes: &[u8]) -> Result<(SchemaRef, Vec<RecordBatch>), SqlError> {
    let reader = StreamReader::try_new(Cursor::new(bytes), None).map_err(|_| SqlError::Engine)?;
    let schema = reader.schema();
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(|_| SqlError::Engine)?;
    Ok((schema, batches))
}
