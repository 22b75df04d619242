//! Reading the log's public files: a partial tile or bundle is cut from the newest wider one.
//!
//! The city keeps only the newest partial tile of each level. Any narrower one is a prefix of it (C2SP tlog-tiles), so
//! that whoever holds an older checkpoint can still read what it covers.

use std::path::PathBuf;
use std::{fs, io};

use flow::City;
use model::Act;
use tlog::Hash;
use tlog::checkpoint::{CHECKPOINT_PATH, Checkpoint, parse_unverified};
use tlog::hash::HASH_LEN;
use tlog::proof::{ReadError, TileReader};
use tlog::tile::{BundleCoords, TILE_WIDTH, TileCoords, TilePath, decode_bundle, decode_tile};

use super::not_published;
use crate::problem::{Kind, Problem};

/// How often a file that vanished while it was looked for is looked for again: a checkpoint replaces its partial tiles.
const TRIES: usize = 3;

/// The folder of a log's public files.
#[derive(Debug, Clone)]
pub(crate) struct Log(PathBuf);

impl Log {
    /// A city's log.
    pub(crate) fn of(city: &City) -> Self {
        Self(city.register().log_folder().to_owned())
    }

    /// The checkpoint's text.
    ///
    /// # Errors
    /// There is none that can be read.
    pub(crate) fn checkpoint(&self) -> Result<String, Problem> {
        let unreadable = |_| Problem::new(Kind::Unavailable).detail("the log’s checkpoint cannot be read");
        fs::read_to_string(self.0.join(CHECKPOINT_PATH)).map_err(unreadable)
    }

    /// The checkpoint's text and what it says. Its signature was made by this city; whoever does not trust the city
    /// checks it.
    ///
    /// # Errors
    /// There is none that can be read.
    pub(crate) fn head(&self) -> Result<(String, Checkpoint), Problem> {
        let text = self.checkpoint()?;
        let unreadable = |_| Problem::new(Kind::Unavailable).detail("the log’s checkpoint cannot be read");
        let checkpoint = parse_unverified(&text).map_err(unreadable)?;
        Ok((text, checkpoint))
    }

    /// The bytes of a tile or bundle of precisely the width asked for; none if the log has none that wide.
    ///
    /// # Errors
    /// A file is there and cannot be read, or is damaged.
    pub(crate) fn tile(&self, path: TilePath) -> Result<Option<Vec<u8>>, Problem> {
        let broken = || Problem::new(Kind::Unavailable).detail(format!("`{path}` cannot be read"));
        let Some((width, bytes)) = self.wider(path).map_err(|_| broken())? else { return Ok(None) };
        cut(path, width, bytes).ok_or_else(broken).map(Some)
    }

    /// The narrowest file that holds a tile or bundle, with its width.
    fn wider(&self, path: TilePath) -> io::Result<Option<(u16, Vec<u8>)>> {
        let (full, wanted) = match path {
            TilePath::Hashes(tile) => (TilePath::Hashes(tile.full()), tile.width()),
            TilePath::Entries(bundle) => (TilePath::Entries(bundle.full()), bundle.width()),
        };
        let (full, partial) = (self.0.join(full.to_string()), self.0.join(format!("{full}.p")));
        for _ in 0..TRIES {
            let mut vanished = false;
            for width in widths(&partial)?.into_iter().filter(|width| *width >= wanted) {
                match read(&partial.join(width.to_string()))? {
                    Some(bytes) => return Ok(Some((width, bytes))),
                    None => vanished = true,
                }
            }
            if let Some(bytes) = read(&full)? {
                return Ok(Some((TILE_WIDTH, bytes)));
            }
            if !vanished {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// An act of a log of a size, as published.
    ///
    /// # Errors
    /// It is not published, or the files are damaged.
    pub(crate) fn act(&self, index: u64, size: u64) -> Result<Act, Problem> {
        self.acts(&[index], size)?.pop().ok_or_else(|| not_published(index, size))
    }

    /// Several acts of a log of a size, in the order asked for; each bundle is read once for neighbours in that order.
    ///
    /// # Errors
    /// One is not published, or the files are damaged.
    pub(crate) fn acts(&self, indexes: &[u64], size: u64) -> Result<Vec<Act>, Problem> {
        let width = u64::from(TILE_WIDTH);
        let mut open: Option<(BundleCoords, Vec<u8>)> = None;
        let mut acts = Vec::with_capacity(indexes.len());
        for &index in indexes {
            let coords = BundleCoords::in_tree(index / width, size).filter(|_| index < size);
            let coords = coords.ok_or_else(|| not_published(index, size))?;
            let bytes = match open.take() {
                Some((held, bytes)) if held == coords => bytes,
                _ => self.tile(TilePath::Entries(coords))?.ok_or_else(|| not_published(index, size))?,
            };
            acts.push(entry(&bytes, coords, index).ok_or_else(|| damaged(index))?);
            open = Some((coords, bytes));
        }
        Ok(acts)
    }
}

fn damaged(index: u64) -> Problem {
    Problem::new(Kind::Unavailable).detail(format!("entry {index} of the log cannot be read"))
}

fn entry(bundle: &[u8], coords: BundleCoords, index: u64) -> Option<Act> {
    let at = usize::try_from(index - coords.first_entry()).ok()?;
    let entries = decode_bundle(bundle, coords.width()).ok()?;
    Act::from_bytes(entries.get(at)?.bytes).ok()
}

/// The widths of the partial files in a folder, narrowest first.
fn widths(folder: &std::path::Path) -> io::Result<Vec<u16>> {
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    // Whatever is not called by a width is on its way to become one.
    let width = |name: &std::ffi::OsStr| name.to_str().and_then(|name| name.parse::<u16>().ok());
    let mut widths: Vec<u16> = listed.filter_map(|file| width(&file.ok()?.file_name())).collect();
    widths.sort_unstable();
    Ok(widths)
}

fn read(path: &std::path::Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Cuts a tile or bundle of some width down to the one asked for.
fn cut(path: TilePath, width: u16, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let length = match path {
        TilePath::Hashes(tile) => {
            let whole = bytes.len() == usize::from(width) * HASH_LEN;
            whole.then(|| tile.byte_len())?
        }
        TilePath::Entries(bundle) => {
            let entries = decode_bundle(&bytes, width).ok()?;
            entries.get(usize::from(bundle.width())).map_or(bytes.len(), |next| next.offset)
        }
    };
    bytes.truncate(length);
    Some(bytes)
}

impl TileReader for Log {
    fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<Hash>, ReadError> {
        let failed = |path: String, message: &str| ReadError::Storage { path, message: message.to_owned() };
        let coords = TileCoords::new(level, index, width)
            .map_err(|error| failed(format!("level {level}"), &error.to_string()))?;
        let bytes =
            Self::tile(self, coords.into()).map_err(|problem| failed(coords.to_string(), problem.detail_text()))?;
        let bytes = bytes.ok_or_else(|| failed(coords.to_string(), "not there"))?;
        decode_tile(&bytes, width).map_err(|error| failed(coords.to_string(), &error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use tlog::leaf_hash;
    use tlog::tile::{encode_bundle, encode_tile};

    use super::*;

    fn entries(count: u16) -> Vec<Vec<u8>> {
        (0..count).map(|at| vec![b'e'; usize::from(at) % 7]).collect()
    }

    fn hashes(count: u16) -> Vec<Hash> {
        entries(count).iter().map(|entry| leaf_hash(entry)).collect()
    }

    fn log(files: &[(&str, Vec<u8>)]) -> (tempfile::TempDir, Log) {
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let log = Log(folder.path().to_owned());
        (folder, log)
    }

    fn get(log: &Log, path: &str) -> Result<Option<Vec<u8>>, u16> {
        log.tile(TilePath::parse(path).unwrap()).map_err(|problem| problem.status())
    }

    #[test]
    fn a_narrower_tile_is_a_prefix_of_the_partial_one() {
        let (_folder, log) = log(&[
            ("tile/0/000.p/9", encode_tile(&hashes(9))),
            ("tile/0/000.p/9.tmp", vec![1]),
            ("tile/entries/000.p/9", encode_bundle(&entries(9)).unwrap()),
        ]);
        for width in 1..=9 {
            assert_eq!(get(&log, &format!("tile/0/000.p/{width}")), Ok(Some(encode_tile(&hashes(width)))));
            let bundle = encode_bundle(&entries(width)).unwrap();
            assert_eq!(get(&log, &format!("tile/entries/000.p/{width}")), Ok(Some(bundle)));
        }
        assert_eq!(get(&log, "tile/0/000.p/10"), Ok(None));
        assert_eq!(get(&log, "tile/0/000"), Ok(None));
        assert_eq!(get(&log, "tile/entries/001"), Ok(None));
    }

    #[test]
    fn a_partial_tile_is_still_served_once_it_is_full() {
        let (_folder, log) = log(&[
            ("tile/0/000", encode_tile(&hashes(256))),
            ("tile/entries/000", encode_bundle(&entries(256)).unwrap()),
        ]);
        assert_eq!(get(&log, "tile/0/000.p/255"), Ok(Some(encode_tile(&hashes(255)))));
        assert_eq!(get(&log, "tile/entries/000.p/1"), Ok(Some(encode_bundle(&entries(1)).unwrap())));
        assert_eq!(get(&log, "tile/0/000"), Ok(Some(encode_tile(&hashes(256)))));
        assert_eq!(log.tile(TilePath::parse("tile/0/000").unwrap()).unwrap().map(|bytes| bytes.len()), Some(256 * 32));
    }

    #[test]
    fn a_damaged_file_is_not_cut_but_refused() {
        let (_folder, log) =
            log(&[("tile/0/000.p/9", vec![0; 9 * 32 - 1]), ("tile/entries/000.p/2", vec![0, 5, b'x'])]);
        assert_eq!(get(&log, "tile/0/000.p/3"), Err(503));
        assert_eq!(get(&log, "tile/entries/000.p/1"), Err(503));
    }
}
