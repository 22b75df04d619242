//! Released tables: one small file for each window that has a row, made once and never changed.
//!
//! A mark beside them says up to when windows are closed. A closed window without a file had nothing that could be shown,
//! which looks the same as a window in which nothing happened.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use model::{StreamId, Timestamp, ViewId, ViewVersion, Window};
use privacy::{Released, ReleasedTable};

use crate::{Lake, LakeError};

/// The file of the mark.
const MARK: &str = "through";

/// What became of a released table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is on the disk now.
    Stored,
    /// The window was released before; this table is not kept.
    AlreadyReleased,
}

impl Lake {
    fn folder(&self, stream: &StreamId, view: &ViewId, version: ViewVersion) -> PathBuf {
        self.root().join("released").join(stream.as_str()).join(view.as_str()).join(format!("v{}", version.0))
    }

    /// Keeps a released table, unless its window was released before under this version of the view.
    ///
    /// # Errors
    /// The disk failed; nothing was released.
    pub fn put_release(&self, released: &Released<ReleasedTable>) -> Result<Put, LakeError> {
        let table = released.get();
        let folder = self.folder(&table.stream, &table.view, table.version);
        let path = folder.join(format!("{}.json", table.window.start.millis()));
        if path.exists() {
            return Ok(Put::AlreadyReleased);
        }
        let bytes = serde_json::to_vec(table).map_err(|error| bad(&path, &error))?;
        write(&folder, &path, &bytes)?;
        Ok(Put::Stored)
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
        let folder = self.folder(stream, view, version);
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
                let table: ReleasedTable = serde_json::from_slice(&bytes).map_err(|error| bad(&path, &error))?;
                tables.extend((table.window.end <= window.end).then_some(table));
            }
        }
        tables.sort_by_key(|table| table.window);
        Ok(tables)
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
        let path = self.folder(stream, view, version).join(MARK);
        match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map(Some).map_err(|error: model::TimeError| bad(&path, &error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LakeError::file(&path, error)),
        }
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
        if let Some(through) = self.released_through(stream, view, version)?.filter(|through| asked < *through) {
            return Err(LakeError::Backwards { through, asked });
        }
        let folder = self.folder(stream, view, version);
        write(&folder, &folder.join(MARK), format!("{asked}\n").as_bytes())
    }
}

fn bad(path: &Path, reason: &dyn std::fmt::Display) -> LakeError {
    LakeError::BadFile { path: path.display().to_string(), reason: reason.to_string() }
}

/// Writes a file so that after a crash it is there whole, or not.
fn write(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(), LakeError> {
    let write = || {
        fs::create_dir_all(folder)?;
        let temporary = path.with_extension("tmp");
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|error| LakeError::file(path, error))
}
