//! A look at every file: what is damaged, and what does not belong here. Changes nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use model::{StreamId, Timestamp, ViewId};
use privacy::{Ledger, ReleasedTable};

use crate::parquet_file::decode;
use crate::{Lake, LakeError, deletion, durable, late, ledgers, releases, retention, segment, tables};

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: String,
}

const UNKNOWN: &str = "the lake knows no such file";

impl Lake {
    /// Reads every file and says which are damaged or do not belong here.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn check(&self) -> Result<Vec<Finding>, LakeError> {
        let mut findings = Vec::new();
        files(self.root(), &mut |path| {
            let parts: Option<Vec<&str>> = path
                .strip_prefix(self.root())
                .ok()
                .and_then(|below| below.iter().map(std::ffi::OsStr::to_str).collect());
            if let Some(problem) = problem(path, parts.as_deref().unwrap_or_default()) {
                findings.push(Finding { path: path.to_owned(), problem });
            }
        })?;
        findings.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(findings)
    }
}

fn files(folder: &Path, each: &mut dyn FnMut(&Path)) -> Result<(), LakeError> {
    let fail = |error| LakeError::file(folder, error);
    let entries = match fs::read_dir(folder) {
        // Deleted meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(fail)?,
    };
    for entry in entries {
        let entry = entry.map_err(fail)?;
        if entry.file_type().map_err(fail)?.is_dir() {
            files(&entry.path(), each)?;
        } else {
            each(&entry.path());
        }
    }
    Ok(())
}

/// What is wrong with a file, by its place.
fn problem(path: &Path, parts: &[&str]) -> Option<String> {
    match *parts {
        [segment::FOLDER, _] if segment::number(path).is_some() => {
            // The end of the live segment may be half written just now; only damage before the end is a finding.
            with(path, |bytes| segment::replay(path, &bytes).map(drop).map_err(|error| error.to_string()))
        }
        // A draft that is being written.
        [durable::DRAFTS, _] => None,
        [tables::FOLDER, stream, retention::MARK] if StreamId::new(stream).is_ok() => with(path, instant),
        [tables::FOLDER, stream, deletion::NOTE] if StreamId::new(stream).is_ok() => with(path, |bytes| {
            deletion::Note::parse(&bytes).map(drop).ok_or_else(|| "it names no instant and files".to_owned())
        }),
        [tables::FOLDER, stream, late::FILE] if StreamId::new(stream).is_ok() => {
            with(path, |bytes| late::parse(&bytes).map(drop).ok_or_else(|| "it holds no number".to_owned()))
        }
        [tables::FOLDER, stream, hour, name] if StreamId::new(stream).is_ok() && tables::parse_name(name).is_some() => {
            with(path, |bytes| observations(hour, bytes))
        }
        [ledgers::FOLDER, name] if ledgers::stream_of(name).is_some() => {
            with(path, |bytes| serde_json::from_slice::<Ledger>(&bytes).map(drop).map_err(|error| error.to_string()))
        }
        [releases::FOLDER, stream, view, version, name]
            if StreamId::new(stream).is_ok() && ViewId::new(view).is_ok() =>
        {
            if name == releases::MARK {
                with(path, instant)
            } else {
                with(path, |bytes| release(path, version, &bytes))
            }
        }
        _ => Some(UNKNOWN.to_owned()),
    }
}

fn with(path: &Path, check: impl FnOnce(Vec<u8>) -> Result<(), String>) -> Option<String> {
    match fs::read(path) {
        Ok(bytes) => check(bytes).err(),
        // Deleted meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => Some(error.to_string()),
    }
}

fn instant(bytes: Vec<u8>) -> Result<(), String> {
    let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    text.trim().parse::<Timestamp>().map(drop).map_err(|error| error.to_string())
}

fn observations(hour: &str, bytes: Vec<u8>) -> Result<(), String> {
    let hour = tables::parse_hour(hour).ok_or(UNKNOWN)?;
    let columns = decode(bytes.into())?;
    if columns.times().iter().all(|&time| tables::hour_of(time) == hour) {
        Ok(())
    } else {
        Err("it has rows of another hour than its folder's".to_owned())
    }
}

fn release(path: &Path, version: &str, bytes: &[u8]) -> Result<(), String> {
    let table: ReleasedTable = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let belongs = path.file_name().is_some_and(|name| *name == *format!("{}.json", table.window.start.millis()));
    if belongs && version == format!("v{}", table.version.0) {
        Ok(())
    } else {
        Err("it holds another window or version than its name says".to_owned())
    }
}
