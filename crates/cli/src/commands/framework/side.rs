//! What can stand on a side of a proof: a pack, a folder of Cedar files, a city at its folder or its address.

use std::path::Path;

use norms::proof::{City, Side, Source, Standard};

use super::shelf::{Packs, standard};
use crate::client::is_address;
use crate::commands::public_log;
use crate::output::Status;

/// The largest Cedar file that is read, in bytes.
const CEDAR_BYTES_MAX: u64 = 16 << 20;

/// One side, read.
pub(super) enum Read {
    /// A standard.
    Standard(Box<Standard>),
    /// A city.
    City(Box<City>),
}

impl<'a> From<&'a Read> for Side<'a> {
    fn from(read: &'a Read) -> Self {
        match read {
            Read::Standard(standard) => Self::from(standard.as_ref()),
            Read::City(city) => Self::from(city.as_ref()),
        }
    }
}

/// Reads whatever a name means.
pub(super) fn read(name: &str, packs: &mut Packs) -> anyhow::Result<Read> {
    let path = Path::new(name);
    if is_address(name) || path.join("journal.db").is_file() {
        return running(name).map(|city| Read::City(Box::new(city)));
    }
    if path.is_dir() && !path.join("pack.toml").is_file() {
        return folder(path).map(|city| Read::City(Box::new(city)));
    }
    let pack = packs.find(name)?;
    let resolved = packs.resolve(&pack)?;
    standard(&resolved).map(|standard| Read::Standard(Box::new(standard)))
}

/// The policies that a city has in force, by its public log.
fn running(city: &str) -> anyhow::Result<City> {
    let state = public_log(city, None)?.state;
    let policy = state.policy.as_ref();
    let policy = policy.ok_or_else(|| Status::bad_input("the city has no policies in force, so nothing is allowed"))?;
    City::of(&policy.text).map_err(|error| Status::bad_input(error.to_string()).into())
}

/// Every `.cedar` file of a folder, in order of names.
fn folder(dir: &Path) -> anyhow::Result<City> {
    let unreadable = |error| Status::bad_input(format!("`{}` cannot be read: {error}", dir.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "cedar") {
            files.push(path);
        }
    }
    files.sort();
    let mut sources = Vec::new();
    for file in files {
        let unreadable =
            |error: std::io::Error| Status::bad_input(format!("`{}` cannot be read: {error}", file.display()));
        let bytes = std::fs::metadata(&file).map_err(unreadable)?.len();
        if bytes > CEDAR_BYTES_MAX {
            let message = format!("`{}` has {bytes} bytes, the limit is {CEDAR_BYTES_MAX}", file.display());
            return Err(Status::bad_input(message).into());
        }
        let name = file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        sources.push(Source { name, cedar: std::fs::read_to_string(&file).map_err(unreadable)? });
    }
    if sources.is_empty() {
        let message = format!("`{}` is no pack, no city and has no `.cedar` file", dir.display());
        return Err(Status::bad_input(message).into());
    }
    City::read(&sources).map_err(|error| Status::bad_input(error.to_string()).into())
}
