//! Write-ahead segments: frames behind one another, each with its length and checksum.
//!
//! A frame that a crash tore is cut off at the next start: it was never acknowledged. A frame that is damaged before the
//! end was, and the reader stops there and says where.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use model::StreamId;
use privacy::Columns;

use crate::{LakeError, Live};

/// Says what file it is: `ordinance wal 1`.
const MAGIC: &[u8; 16] = b"ordinance wal 1\n";
/// Length and checksum before each frame.
const HEADER_BYTES: usize = 8;
/// The largest frame, in bytes.
const FRAME_BYTES_MAX: usize = 256 << 20;

/// A frame's bytes: header, stream, columns.
pub(crate) fn frame(stream: &StreamId, columns: &Columns) -> Vec<u8> {
    let mut bytes = vec![0; HEADER_BYTES];
    // An id has at most 63 bytes.
    bytes.push(u8::try_from(stream.as_str().len()).unwrap_or(u8::MAX));
    bytes.extend_from_slice(stream.as_str().as_bytes());
    columns.encode(&mut bytes);
    let (header, body) = bytes.split_at_mut(HEADER_BYTES);
    let (length, checksum) = header.split_at_mut(4);
    length.copy_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    checksum.copy_from_slice(&crc32fast::hash(body).to_le_bytes());
    bytes
}

/// One segment, open for appending.
pub(crate) struct Segment {
    number: u64,
    path: PathBuf,
    file: File,
    bytes: u64,
}

/// The newest segment's number, and those of older ones; a new lake begins with 1.
pub(crate) fn existing(folder: &Path) -> Result<(u64, Vec<u64>), LakeError> {
    fs::create_dir_all(folder).map_err(|error| LakeError::file(folder, error))?;
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| LakeError::file(folder, error))? {
        let path = entry.map_err(|error| LakeError::file(folder, error))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let number = name.strip_suffix(".wal").and_then(|digits| digits.parse().ok());
        numbers.push(number.ok_or_else(|| LakeError::BadFile {
            path: name.to_owned(),
            reason: "it is no segment of this lake".to_owned(),
        })?);
    }
    numbers.sort_unstable();
    Ok((numbers.pop().unwrap_or(1), numbers))
}

impl Segment {
    /// Opens or begins a segment; gives its rows, and how many torn bytes were cut off.
    pub(crate) fn open(root: &Path, number: u64) -> Result<(Self, Live, u64), LakeError> {
        let path = root.join("wal").join(format!("{number:012}.wal"));
        let fail = |error| LakeError::file(&path, error);
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(fail)?;
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(fail)?;
        if content.len() < MAGIC.len() {
            // New, or torn while it was begun: nothing was ever acknowledged from it.
            file.set_len(0).map_err(fail)?;
            file.seek(SeekFrom::Start(0)).map_err(fail)?;
            file.write_all(MAGIC).and_then(|()| file.sync_all()).map_err(fail)?;
            File::open(root.join("wal")).and_then(|folder| folder.sync_all()).map_err(fail)?;
            content = MAGIC.to_vec();
        }
        let (rows, good) = replay(&path, &content)?;
        let torn = content.len() as u64 - good;
        if torn > 0 {
            file.set_len(good).and_then(|()| file.sync_all()).map_err(fail)?;
        }
        file.seek(SeekFrom::Start(good)).map_err(fail)?;
        Ok((Self { number, path, file, bytes: good }, rows, torn))
    }

    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Appends a frame durably; after an error the segment is as it was.
    pub(crate) fn append(&mut self, frame: &[u8]) -> Result<(), LakeError> {
        let written = self.file.write_all(frame).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // What was half written must not stand before the next frame.
            let restored =
                self.file.set_len(self.bytes).and_then(|()| self.file.seek(SeekFrom::Start(self.bytes)).map(drop));
            restored.map_err(|error| LakeError::file(&self.path, error))?;
            return Err(LakeError::file(&self.path, error));
        }
        self.bytes += frame.len() as u64;
        Ok(())
    }

    /// Removes the segment: its rows lie in Parquet now.
    pub(crate) fn remove(self) -> Result<(), LakeError> {
        fs::remove_file(&self.path).map_err(|error| LakeError::file(&self.path, error))
    }
}

/// Reads frames up to the end, or to where a crash tore the last one.
fn replay(path: &Path, content: &[u8]) -> Result<(Live, u64), LakeError> {
    let damaged = |offset: usize| LakeError::Damaged { path: path.to_owned(), offset: offset as u64 };
    let (mut rows, mut at) = (Live::new(), MAGIC.len());
    if !content.starts_with(MAGIC) {
        return Err(damaged(0));
    }
    while at < content.len() {
        let Some(body) = body(content, at) else {
            // Torn if nothing whole can follow: a crash stops writing, it does not write on.
            return if whole_frame_after(content, at) { Err(damaged(at)) } else { Ok((rows, at as u64)) };
        };
        let (stream, columns) = parse(body).ok_or_else(|| damaged(at))?;
        rows.entry(stream).or_default().push(columns);
        at += HEADER_BYTES + body.len();
    }
    Ok((rows, at as u64))
}

/// The body of the frame at an offset, if it is whole and its checksum right.
fn body(content: &[u8], at: usize) -> Option<&[u8]> {
    let header = content.get(at..at + HEADER_BYTES)?;
    let (length, checksum) = header.split_at(4);
    let length = u32::from_le_bytes(length.try_into().ok()?) as usize;
    if length == 0 || length > FRAME_BYTES_MAX {
        return None;
    }
    let body = content.get(at + HEADER_BYTES..at + HEADER_BYTES + length)?;
    (crc32fast::hash(body) == u32::from_le_bytes(checksum.try_into().ok()?)).then_some(body)
}

/// Whether a whole frame begins anywhere after a broken one.
fn whole_frame_after(content: &[u8], broken: usize) -> bool {
    (broken + 1..content.len()).any(|at| body(content, at).is_some_and(|body| parse(body).is_some()))
}

fn parse(body: &[u8]) -> Option<(StreamId, Columns)> {
    let (length, rest) = body.split_first()?;
    let (name, columns) = rest.split_at_checked(*length as usize)?;
    let stream = StreamId::new(std::str::from_utf8(name).ok()?).ok()?;
    Some((stream, Columns::decode(columns).ok()?))
}
