//! Released tables: one small file for each window that has a row, made once and never changed.
//!
//! A mark beside them says up to when windows are closed. A closed window without a file had nothing that could be shown,
//! which looks the same as a window in which nothing happened; so none is written for it.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{StreamId, Timestamp, ViewId, ViewVersion, Window};
use privacy::{Released, ReleasedTable};

use crate::durable::Desk;
use crate::{Lake, LakeError};

/// Where released tables lie below the lake's root.
pub(crate) const FOLDER: &str = "released";
/// The file of the mark.
pub(crate) const MARK: &str = "through";

/// What became of a released table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is on the disk now, if it has a row.
    Stored,
    /// The window was released before; this table is not kept.
    AlreadyReleased,
}

/// The released tables of a lake.
pub(crate) struct Releases {
    root: PathBuf,
    desk: Arc<Desk>,
    /// The marks that were read or moved. Whoever moves one holds them, so that none goes back.
    marks: Mutex<HashMap<PathBuf, Timestamp>>,
}

impl Releases {
    pub(crate) fn new(root: PathBuf, desk: Arc<Desk>) -> Self {
        Self { root, desk, marks: Mutex::default() }
    }

    fn folder(&self, stream: &StreamId, view: &ViewId, version: ViewVersion) -> PathBuf {
        self.root.join(FOLDER).join(stream.as_str()).join(view.as_str()).join(format!("v{}", version.0))
    }

    /// The folders below one, by name; none if it is not there.
    fn below(folder: &Path) -> Result<Vec<PathBuf>, LakeError> {
        let fail = |error| LakeError::file(folder, error);
        match fs::read_dir(folder) {
            Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path()).map_err(fail)).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(fail(error)),
        }
    }

    fn marks(&self) -> MutexGuard<'_, HashMap<PathBuf, Timestamp>> {
        // A mark is put here after the disk has it.
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The mark in a file.
fn mark(marks: &mut HashMap<PathBuf, Timestamp>, path: PathBuf) -> Result<Option<Timestamp>, LakeError> {
    if let Some(through) = marks.get(&path) {
        return Ok(Some(*through));
    }
    let through = match fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().map_err(|error: model::TimeError| LakeError::bad(&path, &error))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(LakeError::file(&path, error)),
    };
    marks.insert(path, through);
    Ok(Some(through))
}

impl Lake {
    /// Keeps a released table that has something to keep, unless its window was released before under this version of the view.
    ///
    /// # Errors
    /// The disk failed; nothing was released.
    pub fn put_release(&self, released: &Released<ReleasedTable>) -> Result<Put, LakeError> {
        let (table, releases) = (released.get(), self.released());
        let through = self.released_through(&table.stream, &table.view, table.version)?;
        if through.is_some_and(|through| table.window.start < through) {
            return Ok(Put::AlreadyReleased);
        }
        let folder = releases.folder(&table.stream, &table.view, table.version);
        let path = folder.join(format!("{}.json", table.window.start.millis()));
        if table.rows.is_empty() && table.carried.is_empty() {
            return Ok(if path.exists() { Put::AlreadyReleased } else { Put::Stored });
        }
        let bytes = serde_json::to_vec(table).map_err(|error| LakeError::bad(&path, &error))?;
        Ok(if releases.desk.create(&path, &bytes)? { Put::Stored } else { Put::AlreadyReleased })
    }

    /// The released tables of a view whose windows lie within a stretch of time, oldest first.
    ///
    /// # Errors
    /// A file is damaged or cannot be read.
    pub fn releases(
        &self,
        stream: &StreamId,
        view: &ViewId,
        version: ViewVersion,
        window: Window,
    ) -> Result<Vec<ReleasedTable>, LakeError> {
        let folder = self.released().folder(stream, view, version);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(LakeError::file(&folder, error)),
        };
        let mut tables = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| LakeError::file(&folder, error))?.path();
            let start = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
            let inside = start.is_some_and(|millis| window.contains(Timestamp::from_millis(millis)));
            if inside && path.extension().is_some_and(|extension| extension == "json") {
                let bytes = fs::read(&path).map_err(|error| LakeError::file(&path, error))?;
                let table: ReleasedTable =
                    serde_json::from_slice(&bytes).map_err(|error| LakeError::bad(&path, &error))?;
                tables.extend((table.window.end <= window.end).then_some(table));
            }
        }
        tables.sort_by_key(|table| table.window);
        Ok(tables)
    }

    /// The released table of one window; none if nothing of it could be shown, or it was not released.
    ///
    /// # Errors
    /// The file is damaged or cannot be read.
    pub fn release(
        &self,
        stream: &StreamId,
        view: &ViewId,
        version: ViewVersion,
        window: Window,
    ) -> Result<Option<ReleasedTable>, LakeError> {
        let folder = self.released().folder(stream, view, version);
        let path = folder.join(format!("{}.json", window.start.millis()));
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LakeError::file(&path, error)),
        };
        let table: ReleasedTable = serde_json::from_slice(&bytes).map_err(|error| LakeError::bad(&path, &error))?;
        Ok((table.window == window).then_some(table))
    }

    /// Up to when a view's windows are closed.
    ///
    /// # Errors
    /// The mark is damaged or cannot be read.
    pub fn released_through(
        &self,
        stream: &StreamId,
        view: &ViewId,
        version: ViewVersion,
    ) -> Result<Option<Timestamp>, LakeError> {
        let path = self.released().folder(stream, view, version).join(MARK);
        mark(&mut self.released().marks(), path)
    }

    /// Up to when windows of a stream are closed under whatever view and version: what was released once.
    ///
    /// # Errors
    /// A mark is damaged or cannot be read.
    pub fn released_under_any(&self, stream: &StreamId) -> Result<Option<Timestamp>, LakeError> {
        Ok(self.marks_of(stream)?.into_iter().map(|(_, _, through)| through).max())
    }

    /// Up to when windows of a stream are closed, under each version of each view.
    pub(crate) fn marks_of(&self, stream: &StreamId) -> Result<Vec<(ViewId, ViewVersion, Timestamp)>, LakeError> {
        let releases = self.released();
        let mut found = Vec::new();
        for view in Releases::below(&releases.root.join(FOLDER).join(stream.as_str()))? {
            for version in Releases::below(&view)? {
                let Some(through) = mark(&mut releases.marks(), version.join(MARK))? else { continue };
                let name = |path: &Path| path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
                let number = name(&version).strip_prefix('v').and_then(|number| number.parse().ok());
                let (Ok(view), Some(number)) = (ViewId::new(&name(&view)), number) else {
                    return Err(LakeError::bad(&version, &"it is no version of a view"));
                };
                found.push((view, ViewVersion(number), through));
            }
        }
        Ok(found)
    }

    /// Moves the mark on.
    ///
    /// # Errors
    /// It would go back, or the disk failed.
    pub fn set_released_through(
        &self,
        stream: &StreamId,
        view: &ViewId,
        version: ViewVersion,
        asked: Timestamp,
    ) -> Result<(), LakeError> {
        let releases = self.released();
        let path = releases.folder(stream, view, version).join(MARK);
        let mut marks = releases.marks();
        if let Some(through) = mark(&mut marks, path.clone())?.filter(|through| asked < *through) {
            return Err(LakeError::Backwards { through, asked });
        }
        releases.desk.replace(&path, format!("{asked}\n").as_bytes())?;
        marks.insert(path, asked);
        Ok(())
    }
}
