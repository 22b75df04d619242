//! Parquet files: one for each stream, hour and segment, so that retention is the removal of files.
//!
//! A file's name says which segment its rows came from. As long as that segment is there, its rows are read from the
//! segment and the file is not looked at: a crash between writing files and removing the segment doubles nothing.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::executor::block_on;
use futures::{StreamExt, TryStreamExt};
use model::{Span, StreamId, TimeBin, Timestamp, Window};
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};
use privacy::Columns;

use crate::parquet_file::{decode, encode};
use crate::{LakeError, Live};

/// Where observations lie below the lake's root.
const FOLDER: &str = "observations";
/// One file holds the rows of one hour.
const HOUR_MILLIS: i64 = 3_600_000;

/// The Parquet files of a lake.
pub(crate) struct Tables {
    root: PathBuf,
    store: Arc<dyn ObjectStore>,
}

/// A file's place: stream, hour, segment.
struct Place {
    hour: i64,
    segment: u64,
    path: ObjectPath,
}

impl Place {
    fn parse(path: ObjectPath) -> Option<Self> {
        let parts: Vec<String> = path.parts().map(|part| part.as_ref().to_owned()).collect();
        let [_, _, hour, name] = parts.as_slice() else { return None };
        let (hour, segment) = (hour.parse().ok()?, name.strip_suffix(".parquet")?.parse().ok()?);
        Some(Self { hour, segment, path })
    }
}

fn store_error(error: &object_store::Error, path: &str) -> LakeError {
    LakeError::BadFile { path: path.to_owned(), reason: error.to_string() }
}

impl Tables {
    pub(crate) fn open(root: &Path) -> Result<Self, LakeError> {
        fs::create_dir_all(root.join(FOLDER)).map_err(|error| LakeError::file(root, error))?;
        let store = LocalFileSystem::new_with_prefix(root).map_err(|error| store_error(&error, FOLDER))?;
        Ok(Self { root: root.to_owned(), store: Arc::new(store) })
    }

    /// Writes a segment's rows, a file for each stream and hour.
    pub(crate) fn store(&self, segment: u64, rows: &Live) -> Result<(), LakeError> {
        for (stream, batches) in rows {
            let mut all = Columns::default();
            // A stream's properties never change once it is declared, so its batches always fit together.
            batches.iter().try_for_each(|batch| all.append(batch))?;
            for (hour, columns) in by_hour(&all) {
                self.write(stream, hour, &format!("{segment}"), &columns)?;
            }
        }
        Ok(())
    }

    /// Writes one file whole and durable. `object_store` does not sync local files, so this does it itself.
    fn write(&self, stream: &StreamId, hour: i64, name: &str, columns: &Columns) -> Result<(), LakeError> {
        let folder = self.root.join(FOLDER).join(stream.as_str()).join(hour.to_string());
        let path = folder.join(format!("{name}.parquet"));
        let bytes =
            encode(columns).map_err(|reason| LakeError::BadFile { path: path.display().to_string(), reason })?;
        let write = || {
            fs::create_dir_all(&folder)?;
            let temporary = folder.join(format!("{name}.parquet#tmp"));
            let mut file = File::create(&temporary)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, &path)?;
            File::open(&folder)?.sync_all()
        };
        write().map_err(|error| LakeError::file(&path, error))
    }

    fn places(&self, stream: &StreamId) -> Result<Vec<Place>, LakeError> {
        let prefix = ObjectPath::from(format!("{FOLDER}/{stream}"));
        let listed: Vec<_> =
            block_on(self.store.list(Some(&prefix)).map(|meta| meta.map(|meta| meta.location)).try_collect())
                .map_err(|error| store_error(&error, stream.as_str()))?;
        Ok(listed.into_iter().filter_map(Place::parse).collect())
    }

    /// The rows of a stream within a window, of segments that are gone: before the live one.
    pub(crate) fn scan(&self, stream: &StreamId, window: Window, live: u64) -> Result<Vec<Columns>, LakeError> {
        let hours = window.start.millis().div_euclid(HOUR_MILLIS)..=(window.end.millis() - 1).div_euclid(HOUR_MILLIS);
        let mut found = Vec::new();
        for place in self.places(stream)? {
            if place.segment < live && hours.contains(&place.hour) {
                found.push(self.read(&place)?.within(window));
            }
        }
        found.retain(|columns| !columns.is_empty());
        Ok(found)
    }

    fn read(&self, place: &Place) -> Result<Columns, LakeError> {
        let fail = |error| store_error(&error, place.path.as_ref());
        let bytes: Bytes = block_on(async { self.store.get(&place.path).await?.bytes().await }).map_err(fail)?;
        decode(bytes).map_err(|reason| LakeError::BadFile { path: place.path.to_string(), reason })
    }

    /// Removes files whose whole hour lies before an instant.
    pub(crate) fn delete_before(&self, stream: &StreamId, before: Timestamp) -> Result<u64, LakeError> {
        let cut = before.millis().div_euclid(HOUR_MILLIS);
        let mut files = 0;
        for place in self.places(stream)? {
            let fail = |error| store_error(&error, place.path.as_ref());
            if place.hour < cut {
                block_on(self.store.delete(&place.path)).map_err(fail)?;
                files += 1;
            }
        }
        if files > 0 {
            self.forget_empty(stream)?;
        }
        Ok(files)
    }

    /// Removes the folders of hours that hold nothing any more.
    fn forget_empty(&self, stream: &StreamId) -> Result<(), LakeError> {
        let folder = self.root.join(FOLDER).join(stream.as_str());
        let fail = |error| LakeError::file(&folder, error);
        for hour in fs::read_dir(&folder).map_err(fail)? {
            // A folder that is not empty stays; that is the point.
            let _ = fs::remove_dir(hour.map_err(fail)?.path());
        }
        File::open(&folder).and_then(|folder| folder.sync_all()).map_err(fail)
    }
}

/// Rows by the hour they were observed in.
fn by_hour(columns: &Columns) -> BTreeMap<i64, Columns> {
    #[expect(clippy::unwrap_used, reason = "an hour divides a day")]
    let hour = TimeBin::new(Span::hours(1)).unwrap();
    let hours: std::collections::BTreeSet<i64> =
        columns.times().iter().map(|time| time.div_euclid(HOUR_MILLIS)).collect();
    let within = |number: i64| columns.within(hour.window(Timestamp::from_millis(number * HOUR_MILLIS)));
    hours.into_iter().map(|number| (number, within(number))).collect()
}
