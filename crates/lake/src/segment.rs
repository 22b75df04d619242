//! Write-ahead segments: frames behind one another, each with its length, number and checksum.
//!
//! A frame holds all batches that were made durable together, because a crash may keep any part of what was not synced
//! yet: whole or not, it is one. The last frame, if a crash tore it, is cut off at the next start: none of it was ever
//! acknowledged. A frame that is damaged with a whole one behind it was acknowledged; nothing is read past it, and the
//! error says where it stands. (Damage to the very last frame looks like a torn one and is reported as cut bytes.)

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use model::StreamId;
use privacy::Columns;

use crate::LakeError;
use crate::durable::Disk;

/// Where segments lie below the lake's root.
pub(crate) const FOLDER: &str = "wal";
/// Says what file it is.
const MAGIC: &[u8; 16] = b"ordinance wal 1\n";
/// Begins each frame; not UTF-8, so that no text holds it.
const MARK: [u8; 4] = *b"\xf5fr\xf5";
/// Mark, length, checksum, number.
const HEADER_BYTES: usize = 20;
/// The longest body of a frame, in bytes.
pub(crate) const FRAME_BYTES_MAX: usize = 256 << 20;

/// One stream's batch, as it stands in a frame: length of the stream's id, the id, length of the columns, the columns.
pub(crate) fn entry(stream: &StreamId, columns: &Columns) -> Option<Vec<u8>> {
    let mut bytes = vec![u8::try_from(stream.as_str().len()).ok()?];
    bytes.extend_from_slice(stream.as_str().as_bytes());
    let length_at = bytes.len();
    bytes.extend_from_slice(&[0; 4]);
    columns.encode(&mut bytes);
    let length = u32::try_from(bytes.len() - length_at - 4).ok()?;
    bytes.get_mut(length_at..length_at + 4)?.copy_from_slice(&length.to_le_bytes());
    (bytes.len() <= FRAME_BYTES_MAX).then_some(bytes)
}

/// A frame: mark, length, checksum, number, body.
fn frame(number: u64, body: &[&[u8]]) -> Vec<u8> {
    let length: usize = body.iter().map(|part| part.len()).sum();
    let mut frame = Vec::with_capacity(HEADER_BYTES + length);
    frame.extend_from_slice(&MARK);
    // A body is at most `FRAME_BYTES_MAX` long.
    frame.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    frame.extend_from_slice(&checksum(number, body).to_le_bytes());
    frame.extend_from_slice(&number.to_le_bytes());
    body.iter().for_each(|part| frame.extend_from_slice(part));
    frame
}

fn checksum(number: u64, body: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&number.to_le_bytes());
    body.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

/// Batches in the order in which they were appended.
pub(crate) type Batches = Vec<(StreamId, Columns)>;

/// One segment, open for appending.
pub(crate) struct Segment {
    number: u64,
    path: PathBuf,
    file: File,
    disk: Disk,
    bytes: u64,
    frames: u64,
    /// The disk failed in a way that leaves open what it holds.
    stopped: bool,
}

/// The path of a segment.
pub(crate) fn path(root: &Path, number: u64) -> PathBuf {
    root.join(FOLDER).join(format!("{number:012}.wal"))
}

/// The number of a segment's file.
pub(crate) fn number(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_suffix(".wal")?.parse().ok()
}

/// The numbers of the segments that are there, oldest first.
pub(crate) fn existing(root: &Path, disk: &Disk) -> Result<Vec<u64>, LakeError> {
    let folder = root.join(FOLDER);
    let fail = |error| LakeError::file(&folder, error);
    disk.folder(&folder).map_err(fail)?;
    let mut numbers = Vec::new();
    for entry in fs::read_dir(&folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let unknown = || LakeError::bad(&path, &"it is no segment of this lake");
        numbers.push(number(&path).ok_or_else(unknown)?);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Removes a segment durably: its rows lie in Parquet now, and must not come back when those are deleted.
pub(crate) fn remove(root: &Path, number: u64, disk: &Disk) -> Result<(), LakeError> {
    let path = path(root, number);
    let removed = disk.unlink(&path).and_then(|()| disk.sync(&root.join(FOLDER)));
    removed.map_err(|error| LakeError::file(&path, error))
}

impl Segment {
    /// Opens or begins a segment; gives its batches, and how many torn bytes were cut off.
    pub(crate) fn open(root: &Path, number: u64, disk: &Disk) -> Result<(Self, Batches, u64), LakeError> {
        let path = path(root, number);
        let fail = |error| LakeError::file(&path, error);
        disk.pass().map_err(fail)?;
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(fail)?;
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(fail)?;
        if content.len() < MAGIC.len() {
            // New, or torn while it was begun: nothing was ever acknowledged from it.
            disk.pass().map_err(fail)?;
            file.set_len(0).map_err(fail)?;
            file.seek(SeekFrom::Start(0)).map_err(fail)?;
            file.write_all(MAGIC).and_then(|()| disk.pass()).and_then(|()| file.sync_all()).map_err(fail)?;
            disk.sync(&root.join(FOLDER)).map_err(fail)?;
            content = MAGIC.to_vec();
        }
        let Replayed { batches, bytes, frames } = replay(&path, &content)?;
        let torn = content.len() as u64 - bytes;
        if torn > 0 {
            disk.pass().and_then(|()| file.set_len(bytes)).and_then(|()| file.sync_all()).map_err(fail)?;
        }
        file.seek(SeekFrom::Start(bytes)).map_err(fail)?;
        let disk = disk.clone();
        Ok((Self { number, path, file, disk, bytes, frames, stopped: false }, batches, torn))
    }

    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Appends a frame durably. After an error nothing of it is there, or the segment takes no more.
    pub(crate) fn append(&mut self, body: &[&[u8]]) -> Result<(), LakeError> {
        if self.stopped {
            return Err(LakeError::Stopped { path: self.path.clone() });
        }
        let frame = frame(self.frames, body);
        if let Err(error) = self.write(&frame) {
            let error = LakeError::file(&self.path, error);
            // A full disk says what it did not take. Of any other failure nobody knows what the disk holds, so that the
            // segment is read again before it goes on.
            self.stopped = !matches!(error, LakeError::Full { .. }) || self.cut().is_err();
            return Err(error);
        }
        self.bytes += frame.len() as u64;
        self.frames += 1;
        Ok(())
    }

    fn write(&mut self, frame: &[u8]) -> std::io::Result<()> {
        self.disk.pass()?;
        self.file.write_all(frame)?;
        self.disk.pass()?;
        self.file.sync_data()
    }

    /// Cuts off what was half written; it must not stand before the next frame.
    fn cut(&mut self) -> std::io::Result<()> {
        self.disk.pass()?;
        self.file.set_len(self.bytes)?;
        self.file.seek(SeekFrom::Start(self.bytes))?;
        self.file.sync_data()
    }
}

/// What a segment holds.
pub(crate) struct Replayed {
    pub(crate) batches: Batches,
    /// Up to where its frames are whole.
    pub(crate) bytes: u64,
    frames: u64,
}

/// Reads frames up to the end, or to where a crash tore the last one.
pub(crate) fn replay(path: &Path, content: &[u8]) -> Result<Replayed, LakeError> {
    let damaged = |offset: usize| LakeError::Damaged { path: path.to_owned(), offset: offset as u64 };
    if !content.starts_with(MAGIC) {
        return Err(damaged(0));
    }
    let (mut batches, mut at, mut frames) = (Batches::new(), MAGIC.len(), 0);
    while at < content.len() {
        match body(content, at) {
            Some((number, body)) if number == frames => {
                batches.extend(parse(body).ok_or_else(|| damaged(at))?);
                at += HEADER_BYTES + body.len();
                frames += 1;
            }
            // A whole frame that is not next: one before it is missing.
            Some(_) => return Err(damaged(at)),
            // Torn if nothing whole follows: frames are synced one after the other.
            None if whole_frame_after(content, at) => return Err(damaged(at)),
            None => break,
        }
    }
    Ok(Replayed { batches, bytes: at as u64, frames })
}

/// The number and body of the frame at an offset, if it is whole and its checksum right.
fn body(content: &[u8], at: usize) -> Option<(u64, &[u8])> {
    let (mark, rest) = content.get(at..)?.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    let (number, rest) = rest.split_first_chunk::<8>()?;
    if *mark != MARK {
        return None;
    }
    let body = rest.get(..u32::from_le_bytes(*length) as usize)?;
    let number = u64::from_le_bytes(*number);
    (checksum(number, &[body]) == u32::from_le_bytes(*sum)).then_some((number, body))
}

/// Whether a whole frame begins anywhere after a broken one.
fn whole_frame_after(content: &[u8], broken: usize) -> bool {
    let rest = content.get(broken + 1..).unwrap_or_default();
    let marks = rest.windows(MARK.len()).enumerate().filter(|(_, bytes)| **bytes == MARK);
    marks.into_iter().any(|(at, _)| body(rest, at).is_some_and(|(_, body)| parse(body).is_some()))
}

fn parse(mut body: &[u8]) -> Option<Batches> {
    let mut batches = Batches::new();
    while let Some((length, rest)) = body.split_first() {
        let (name, rest) = rest.split_at_checked(usize::from(*length))?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (columns, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let stream = StreamId::new(std::str::from_utf8(name).ok()?).ok()?;
        batches.push((stream, Columns::decode(columns).ok()?));
        body = rest;
    }
    Some(batches)
}
