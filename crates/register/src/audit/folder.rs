//! The public files of a log in a folder: a partial tile or bundle is cut from the newest wider one.
//!
//! A city keeps only the newest partial tile of each level. Any narrower one is a prefix of it (C2SP tlog-tiles), so that
//! whoever holds an older checkpoint can still read what it covers, also while the log goes on. Nothing here is written.

use std::path::{Path, PathBuf};
use std::{fs, io};

use tlog::audit::{LogSource, SourceError};
use tlog::hash::HASH_LEN;
use tlog::tile::{TILE_WIDTH, TilePath, decode_bundle};

/// How often a file that vanished while it was looked for is looked for again: a checkpoint replaces its partial tiles.
const TRIES: usize = 3;

/// A folder of a log's public files.
#[derive(Debug, Clone)]
pub struct FolderSource(PathBuf);

impl FolderSource {
    /// The folder that holds `checkpoint` and `tile/`.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// The bytes of a tile or bundle of precisely the width asked for; none if the log has none that wide.
    ///
    /// # Errors
    /// A file is there and cannot be read, or is not as long as its width demands.
    pub fn tile(&self, path: TilePath) -> io::Result<Option<Vec<u8>>> {
        let (full, wanted) = match path {
            TilePath::Hashes(tile) => (TilePath::Hashes(tile.full()), tile.width()),
            TilePath::Entries(bundle) => (TilePath::Entries(bundle.full()), bundle.width()),
        };
        let (full, partial) = (self.0.join(full.to_string()), self.0.join(format!("{full}.p")));
        let damaged =
            |width| io::Error::new(io::ErrorKind::InvalidData, format!("the file of width {width} is damaged"));
        let mut failure = None;
        for _ in 0..TRIES {
            let mut vanished = false;
            let wider = widths(&partial)?.into_iter().filter(|width| *width >= wanted);
            let files = wider.map(|width| (width, partial.join(width.to_string())));
            for (width, file) in files.chain([(TILE_WIDTH, full.clone())]) {
                match read(&file)? {
                    Some(bytes) => match cut(path, width, bytes) {
                        Some(bytes) => return Ok(Some(bytes)),
                        // A wider one may be whole.
                        None => failure = Some(damaged(width)),
                    },
                    None => vanished |= width < TILE_WIDTH,
                }
            }
            if !vanished {
                break;
            }
        }
        failure.map_or(Ok(None), Err)
    }
}

impl LogSource for FolderSource {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        // A file of that very name is given as it is: whoever audits judges it.
        let found = match (read(&self.0.join(path)), TilePath::parse(path)) {
            (Ok(None), Ok(tile)) => self.tile(tile),
            (found, _) => found,
        };
        match found {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(SourceError::NotFound(path.to_owned())),
            Err(error) => Err(SourceError::Failed { path: path.to_owned(), message: error.to_string() }),
        }
    }
}

/// The widths of the partial files in a folder, narrowest first.
fn widths(folder: &Path) -> io::Result<Vec<u16>> {
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

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
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

#[cfg(test)]
mod tests {
    use tlog::tile::{encode_bundle, encode_tile};
    use tlog::{Hash, leaf_hash};

    use super::*;

    fn entries(count: u16) -> Vec<Vec<u8>> {
        (0..count).map(|at| vec![b'e'; usize::from(at) % 7]).collect()
    }

    fn hashes(count: u16) -> Vec<Hash> {
        entries(count).iter().map(|entry| leaf_hash(entry)).collect()
    }

    fn log(files: &[(&str, Vec<u8>)]) -> (tempfile::TempDir, FolderSource) {
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let log = FolderSource::new(folder.path());
        (folder, log)
    }

    fn get(log: &FolderSource, path: &str) -> Result<Option<Vec<u8>>, io::ErrorKind> {
        log.tile(TilePath::parse(path).unwrap()).map_err(|error| error.kind())
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
        // Whoever audits finds it, too, and what is not there is missing.
        assert_eq!(log.get("tile/0/000.p/3").unwrap(), encode_tile(&hashes(3)));
        assert!(matches!(log.get("tile/0/000.p/10"), Err(SourceError::NotFound(_))));
        assert!(matches!(log.get("checkpoint"), Err(SourceError::NotFound(_))));
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
        let (folder, log) = log(&[("tile/0/000.p/9", vec![0; 9 * 32 - 1]), ("tile/entries/000.p/2", vec![0, 5, b'x'])]);
        assert_eq!(get(&log, "tile/0/000.p/3"), Err(io::ErrorKind::InvalidData));
        assert!(matches!(log.get("tile/0/000.p/3"), Err(SourceError::Failed { .. })));
        // What is damaged is passed over for a wider one that is whole.
        fs::write(folder.path().join("tile/0/000.p/11"), encode_tile(&hashes(11))).unwrap();
        assert_eq!(get(&log, "tile/0/000.p/3"), Ok(Some(encode_tile(&hashes(3)))));
        assert_eq!(log.get("tile/0/000.p/9").unwrap().len(), 9 * 32 - 1, "whoever audits is told what is there");
        assert_eq!(get(&log, "tile/entries/000.p/1"), Err(io::ErrorKind::InvalidData));
    }
}
