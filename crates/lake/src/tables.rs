//! Parquet files: one for each stream, hour and segment, so that retention is the removal of files.
//!
//! `observations/<stream>/<hour as YYYYMMDDTHH>/<segment>.parquet`. A file's name says which segment its rows came from. As
//! long as that segment is there, its rows are read from memory and the file is not looked at: a crash between writing files
//! and removing the segment doubles nothing, and writing them again gives the same rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::executor::block_on;
use futures::{StreamExt, TryStreamExt};
use model::{StreamId, Timestamp, Window};
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};
use privacy::Columns;

use crate::durable::Desk;
use crate::memory::Rows;
use crate::parquet_file::{decode, encode, rows};
use crate::{LakeError, StreamStats};

/// Where observations lie below the lake's root.
pub(crate) const FOLDER: &str = "observations";
/// One file holds the rows of one hour.
const HOUR_MILLIS: i64 = 3_600_000;
/// A window of more hours than this is looked for among all hours of its stream.
const LISTED_HOURS_MAX: i64 = 48;

/// The hours since 1970 at an instant in milliseconds.
pub(crate) const fn hour_of(millis: i64) -> i64 {
    millis.div_euclid(HOUR_MILLIS)
}

/// The start of the hour that holds an instant, both in milliseconds.
pub(crate) const fn hour_start(millis: i64) -> i64 {
    hour_of(millis) * HOUR_MILLIS
}

/// An hour as the name of its folder: `20261124T08`.
pub(crate) fn hour_name(hour: i64) -> String {
    let text = Timestamp::from_millis(hour.saturating_mul(HOUR_MILLIS)).to_string();
    text.chars().filter(|sign| *sign != '-').take("20261124T08".len()).collect()
}

/// The hour that a folder's name means.
pub(crate) fn parse_hour(name: &str) -> Option<i64> {
    let (year, month, day) = (name.get(..4)?, name.get(4..6)?, name.get(6..)?);
    let at: Timestamp = format!("{year}-{month}-{day}:00:00Z").parse().ok()?;
    let hour = hour_of(at.millis());
    (hour_name(hour) == name).then_some(hour)
}

/// The segment that a file's name means: `000000000007.parquet`, or `000000000007-1.parquet` where the segment's rows have
/// other properties.
pub(crate) fn parse_name(name: &str) -> Option<u64> {
    let stem = name.strip_suffix(".parquet")?;
    stem.split_once('-').map_or(stem, |(segment, _)| segment).parse().ok()
}

/// A file's place: hour, segment.
pub(crate) struct Place {
    hour: i64,
    segment: u64,
    path: ObjectPath,
    bytes: u64,
}

impl Place {
    /// Its hour and name.
    pub(crate) fn name(&self) -> String {
        let name = self.path.filename().unwrap_or_default();
        format!("{}/{name}", hour_name(self.hour))
    }

    fn parse(path: ObjectPath, bytes: u64) -> Option<Self> {
        let parts: Vec<_> = path.parts().collect();
        let [_, _, hour, name] = parts.as_slice() else { return None };
        let (hour, segment) = (parse_hour(hour.as_ref())?, parse_name(name.as_ref())?);
        Some(Self { hour, segment, path, bytes })
    }
}

/// The Parquet files of a lake.
pub(crate) struct Tables {
    root: PathBuf,
    store: Arc<dyn ObjectStore>,
    desk: Arc<Desk>,
    /// How many rows each file has, as far as somebody asked.
    counted: Mutex<HashMap<ObjectPath, u64>>,
}

fn failed(error: &object_store::Error, path: &dyn std::fmt::Display) -> LakeError {
    LakeError::BadFile { path: path.to_string(), reason: error.to_string() }
}

impl Tables {
    pub(crate) fn open(root: &Path, desk: Arc<Desk>) -> Result<Self, LakeError> {
        let folder = root.join(FOLDER);
        desk.disk().folder(&folder).map_err(|error| LakeError::file(&folder, error))?;
        let store = LocalFileSystem::new_with_prefix(root).map_err(|error| failed(&error, &FOLDER))?;
        Ok(Self { root: root.to_owned(), store: Arc::new(store), desk, counted: Mutex::default() })
    }

    /// The folder of a stream.
    pub(crate) fn folder(&self, stream: &StreamId) -> PathBuf {
        self.root.join(FOLDER).join(stream.as_str())
    }

    /// Writes a segment's rows, a file for each stream and hour; gives the number of files and rows.
    pub(crate) fn store(&self, segment: u64, rows: &Rows) -> Result<(u64, u64), LakeError> {
        let (mut files, mut count) = (0, 0);
        for (stream, batches) in rows {
            for (part, columns) in joined(batches)?.iter().enumerate() {
                let name = if part == 0 { format!("{segment:012}") } else { format!("{segment:012}-{part}") };
                for (hour, rows) in by_hour(columns) {
                    let path = self.folder(stream).join(hour_name(hour)).join(format!("{name}.parquet"));
                    let columns = columns.select(&rows);
                    let bytes = encode(&columns).map_err(|reason| LakeError::bad(&path, &reason))?;
                    self.desk.replace(&path, &bytes)?;
                    files += 1;
                    count += rows.len() as u64;
                }
            }
        }
        Ok((files, count))
    }

    /// The files below a prefix.
    fn places(&self, prefix: &ObjectPath) -> Result<Vec<Place>, LakeError> {
        let listed = self.store.list(Some(prefix)).map(|meta| meta.map(|meta| (meta.location, meta.size)));
        let listed: Vec<_> = block_on(listed.try_collect()).map_err(|error| failed(&error, prefix))?;
        Ok(listed.into_iter().filter_map(|(path, bytes)| Place::parse(path, bytes)).collect())
    }

    fn prefix(stream: &StreamId) -> ObjectPath {
        ObjectPath::from_iter([FOLDER, stream.as_str()])
    }

    /// The files of a stream that may have rows within a window.
    fn places_within(&self, stream: &StreamId, window: Window) -> Result<Vec<Place>, LakeError> {
        let hours = hour_of(window.start.millis())..=hour_of(window.end.millis() - 1);
        let prefix = Self::prefix(stream);
        if hours.end() - hours.start() > LISTED_HOURS_MAX {
            let mut places = self.places(&prefix)?;
            places.retain(|place| hours.contains(&place.hour));
            return Ok(places);
        }
        let mut places = Vec::new();
        for hour in hours {
            places.extend(self.places(&prefix.clone().join(hour_name(hour)))?);
        }
        Ok(places)
    }

    /// The rows of a stream within a window, of segments below one. A file that goes meanwhile, because its hour lies before
    /// what `keeps` says by then, has no rows.
    pub(crate) fn scan(
        &self,
        stream: &StreamId,
        window: Window,
        below: u64,
        keeps: impl Fn() -> Timestamp,
    ) -> Result<Vec<Columns>, LakeError> {
        let mut found = Vec::new();
        for place in self.places_within(stream, window)?.iter().filter(|place| place.segment < below) {
            match self.read(place) {
                Err(object_store::Error::NotFound { .. }) if place.hour < hour_of(keeps().millis()) => {}
                Err(error) => return Err(failed(&error, &place.path)),
                Ok(bytes) => {
                    let columns = decode(bytes);
                    let columns = columns
                        .map_err(|reason| LakeError::BadFile { path: place.path.to_string(), reason })?
                        .within(window);
                    found.extend((!columns.is_empty()).then_some(columns));
                }
            }
        }
        Ok(found)
    }

    fn read(&self, place: &Place) -> Result<Bytes, object_store::Error> {
        block_on(async { self.store.get(&place.path).await?.bytes().await })
    }

    /// Whether a stream has files with rows before an instant.
    pub(crate) fn has_before(&self, stream: &StreamId, before: Timestamp) -> Result<bool, LakeError> {
        let places = self.places(&Self::prefix(stream))?;
        Ok(places.iter().any(|place| place.hour * HOUR_MILLIS < before.millis()))
    }

    /// The files whose whole hour lies before an instant.
    pub(crate) fn due(&self, stream: &StreamId, before: Timestamp) -> Result<Vec<Place>, LakeError> {
        let cut = hour_of(before.millis());
        let mut places = self.places(&Self::prefix(stream))?;
        places.retain(|place| place.hour < cut);
        Ok(places)
    }

    /// Removes files durably; gives how many rows they had.
    pub(crate) fn remove(&self, stream: &StreamId, due: &[Place]) -> Result<u64, LakeError> {
        let (mut removed, mut hours) = (0, BTreeSet::new());
        for place in due {
            // A file whose footer is damaged goes all the same.
            let rows = self.rows(place).unwrap_or(0);
            let path = self.root.join(place.path.as_ref());
            self.desk.disk().unlink(&path).map_err(|error| LakeError::file(&path, error))?;
            self.counted().remove(&place.path);
            removed += rows;
            hours.insert(place.hour);
        }
        for hour in hours {
            self.forget_hour(&self.folder(stream).join(hour_name(hour)))?;
        }
        if !due.is_empty() {
            let folder = self.folder(stream);
            self.desk.disk().sync(&folder).map_err(|error| LakeError::file(&folder, error))?;
        }
        Ok(removed)
    }

    /// Removes the folder of an hour; one that still holds something stays, with its files' removal made durable.
    fn forget_hour(&self, folder: &Path) -> Result<(), LakeError> {
        let gone = match self.desk.disk().remove_folder(folder) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => self.desk.disk().sync(folder),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            gone => gone,
        };
        gone.map_err(|error| LakeError::file(folder, error))
    }

    fn counted(&self) -> MutexGuard<'_, HashMap<ObjectPath, u64>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rows(&self, place: &Place) -> Result<u64, LakeError> {
        if let Some(rows) = self.counted().get(&place.path) {
            return Ok(*rows);
        }
        let path = self.root.join(place.path.as_ref());
        let file = File::open(&path).map_err(|error| LakeError::file(&path, error))?;
        let rows = rows(file).map_err(|reason| LakeError::bad(&path, &reason))?;
        self.counted().insert(place.path.clone(), rows);
        Ok(rows)
    }

    /// How much each stream has in files of segments below one.
    pub(crate) fn stats(&self, below: u64) -> Result<BTreeMap<StreamId, StreamStats>, LakeError> {
        let mut stats: BTreeMap<StreamId, StreamStats> = BTreeMap::new();
        for place in self.places(&ObjectPath::from(FOLDER))?.iter().filter(|place| place.segment < below) {
            let parts: Vec<_> = place.path.parts().collect();
            let Some(stream) = parts.get(1).and_then(|name| StreamId::new(name.as_ref()).ok()) else { continue };
            let rows = match self.rows(place) {
                // Deleted meanwhile.
                Err(LakeError::File { error, .. }) if error.kind() == io::ErrorKind::NotFound => continue,
                rows => rows?,
            };
            let stats = stats.entry(stream).or_default();
            stats.files += 1;
            stats.bytes += place.bytes;
            stats.rows += rows;
        }
        Ok(stats)
    }
}

/// Batches behind one another, as few as their properties allow: a stream's do not change, but a lake that could not write
/// what it has taken would be stuck.
fn joined(batches: &[Arc<Columns>]) -> Result<Vec<Columns>, LakeError> {
    let mut joined: Vec<Columns> = Vec::new();
    for batch in batches {
        match joined.iter_mut().find(|columns| columns.fits(batch)) {
            Some(columns) => columns.append(batch)?,
            None => joined.push(batch.as_ref().clone()),
        }
    }
    Ok(joined)
}

/// The numbers of rows by the hour they were observed in.
fn by_hour(columns: &Columns) -> BTreeMap<i64, Vec<usize>> {
    let mut hours: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (row, time) in columns.times().iter().enumerate() {
        hours.entry(hour_of(*time)).or_default().push(row);
    }
    hours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_has_one_name() {
        let at: Timestamp = "2026-11-24T08:59:59.999Z".parse().unwrap();
        let hour = hour_of(at.millis());
        assert_eq!(hour_name(hour), "20261124T08");
        assert_eq!(hour_name(0), "19700101T00");
        assert_eq!(parse_hour("20261124T08"), Some(hour));
        for wrong in
            ["", "20261124", "20261124T8", "20261124T24", "20261324T08", "2026-11-24T08", "20261124T08x", "é0261124T08"]
        {
            assert_eq!(parse_hour(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_file_names_its_segment() {
        assert_eq!(parse_name("000000000012.parquet"), Some(12));
        assert_eq!(parse_name("000000000012-1.parquet"), Some(12));
        assert_eq!(parse_name("notes.txt"), None);
    }
}
