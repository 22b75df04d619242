//! Files: rows read in chunks, each chunk one batch. Memory is bounded whatever the file holds.

use std::io::{self, BufRead, BufReader, Read};

use flate2::read::MultiGzDecoder;
use privacy::RawValue;

use super::batch::{Batch, RowError};
use super::fault::{Fault, Place};
use super::table::{Bound, Mapping};
use super::{IngestError, ndjson};
use crate::admit::Admitted;

/// The longest line of a file, and the longest row of a table, in bytes.
pub const LINE_BYTES_MAX: usize = 64 << 10;
/// The most rows of one chunk.
const CHUNK_ROWS_MAX: usize = 10_000;
/// A chunk is full when it has so many bytes.
const CHUNK_BYTES_MAX: usize = 4 << 20;
/// What a table's reader takes from the file at once, in bytes.
const TABLE_BUFFER_BYTES: usize = 64 << 10;
/// The first bytes of gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileFormat {
    /// One JSON object a line.
    Ndjson,
    /// A table with a header, and what its columns mean.
    Csv(Mapping),
}

/// A file, opened through gzip if it begins like gzip.
///
/// # Errors
/// Its first bytes could not be read.
pub fn open(file: impl Read + 'static) -> std::io::Result<Box<dyn BufRead>> {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    if reader.fill_buf()?.starts_with(&GZIP) {
        return Ok(Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(reader))));
    }
    Ok(Box::new(reader))
}

/// The rows of a file, a chunk at a time.
pub(crate) enum Chunks {
    Lines { reader: Box<dyn BufRead>, lines: Vec<Vec<u8>> },
    Table { reader: csv::Reader<Rationed>, bound: Bound, rows: Vec<csv::StringRecord> },
}

/// A table's bytes, so many for each row: a quote that is never closed would have the rest of the file read as one row.
pub(crate) struct Rationed {
    file: Box<dyn BufRead>,
    left: usize,
}

impl Rationed {
    /// What the reader may take for one row: the longest one, and what it reads ahead.
    const RATION: usize = LINE_BYTES_MAX + TABLE_BUFFER_BYTES;
}

impl Read for Rationed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !self.file.fill_buf()?.is_empty() {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        let length = buffer.len().min(self.left);
        let read = buffer.get_mut(..length).map_or(Ok(0), |buffer| self.file.read(buffer))?;
        self.left -= read;
        Ok(read)
    }
}

impl Chunks {
    pub(crate) fn new(reader: Box<dyn BufRead>, format: &FileFormat, admitted: &Admitted) -> Result<Self, IngestError> {
        match format {
            FileFormat::Ndjson => Ok(Self::Lines { reader, lines: Vec::new() }),
            FileFormat::Csv(mapping) => {
                let mut builder = csv::ReaderBuilder::new();
                builder.delimiter(mapping.separator()?).flexible(true).buffer_capacity(TABLE_BUFFER_BYTES);
                let mut reader = builder.from_reader(Rationed { file: reader, left: Rationed::RATION });
                let header = reader.headers().map_err(unreadable)?.clone();
                let bound = mapping.bind(&header, &admitted.ready().recipe)?;
                Ok(Self::Table { reader, bound, rows: Vec::new() })
            }
        }
    }

    /// Reads the next chunk; false at the end of the file.
    pub(crate) fn read(&mut self) -> Result<bool, IngestError> {
        match self {
            Self::Lines { reader, lines } => {
                lines.clear();
                let mut bytes = 0;
                while lines.len() < CHUNK_ROWS_MAX && bytes < CHUNK_BYTES_MAX {
                    let mut line = Vec::new();
                    let read = reader.by_ref().take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut line)?;
                    if read == 0 {
                        break;
                    }
                    if line.len() > LINE_BYTES_MAX {
                        return Err(IngestError::Malformed(format!("a line has more than {LINE_BYTES_MAX} bytes")));
                    }
                    bytes += line.len();
                    lines.push(line);
                }
                Ok(!lines.is_empty())
            }
            Self::Table { reader, rows, .. } => {
                rows.clear();
                let mut bytes = 0;
                while rows.len() < CHUNK_ROWS_MAX && bytes < CHUNK_BYTES_MAX {
                    let mut row = csv::StringRecord::new();
                    reader.get_mut().left = Rationed::RATION;
                    if !reader.read_record(&mut row).map_err(unreadable)? {
                        break;
                    }
                    if row.as_slice().len() > LINE_BYTES_MAX {
                        return Err(too_long());
                    }
                    bytes += row.as_slice().len() + row.len() * size_of::<usize>();
                    rows.push(row);
                }
                Ok(!rows.is_empty())
            }
        }
    }

    /// Pushes every row of the chunk into a batch; tells of each that is refused, by its place in the chunk.
    pub(crate) fn push(
        &self,
        admitted: &Admitted,
        batch: &mut Batch<'_>,
        mut refused: impl FnMut(usize, Option<Place>, RowError),
    ) -> usize {
        let recipe = &admitted.ready().recipe;
        match self {
            Self::Lines { lines, .. } => {
                let mut values = Vec::new();
                for (row, line) in lines.iter().enumerate() {
                    if line.iter().all(u8::is_ascii_whitespace) {
                        continue;
                    }
                    match ndjson::parse(recipe, line, &mut values) {
                        Ok(parsed) => {
                            let pushed = batch.push(parsed.at, parsed.device.as_deref(), &values);
                            pushed.unwrap_or_else(|error| refused(row, None, error));
                        }
                        Err(error) => refused(row, Some(error.place), error.fault.into()),
                    }
                }
                lines.len()
            }
            Self::Table { bound, rows, .. } => {
                let mut values: Vec<RawValue<'_>> = Vec::new();
                for (row, record) in rows.iter().enumerate() {
                    let pushed = push_record(bound, recipe, record, &mut values, batch);
                    pushed.unwrap_or_else(|error| refused(row, None, error));
                }
                rows.len()
            }
        }
    }
}

fn push_record<'r>(
    bound: &Bound,
    recipe: &privacy::Recipe,
    record: &'r csv::StringRecord,
    values: &mut Vec<RawValue<'r>>,
    batch: &mut Batch<'_>,
) -> Result<(), RowError> {
    let time = record.get(bound.time).map(str::trim).and_then(super::instant::instant);
    let at = time.ok_or(Fault::Envelope("its time column holds no time"))?;
    bound.values(recipe, record, values)?;
    let device = bound.device.map(|column| record.get(column).unwrap_or_default().trim());
    batch.push(at, device, values)
}

fn too_long() -> IngestError {
    IngestError::Malformed(format!("a row has more than {LINE_BYTES_MAX} bytes; perhaps a quote is never closed"))
}

fn unreadable(error: csv::Error) -> IngestError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => too_long(),
        csv::ErrorKind::Io(error) => IngestError::Read(error),
        // The kinds that hold positions and lengths only; a row's content is never said.
        csv::ErrorKind::Utf8 { pos, .. } => {
            IngestError::Malformed(format!("line {} is not UTF-8", pos.map_or(0, |pos| pos.line())))
        }
        _ => IngestError::Malformed("the table cannot be read".to_owned()),
    }
}
