//! The lists of those who asked not to be counted: one secret file for each stream, written beside a running node.
//!
//! A file holds a key and keyed tags, never an identifier. Whoever may write the city's folder changes it, whether or not a
//! node is running, and the node compares with the new list from its next batch on. A file that cannot be read stops its
//! stream: nobody is counted who asked not to be, because of a damaged file. How often somebody on a list was seen is
//! counted nowhere.

use std::fs::{self, File};
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use model::{Entropy, PropertyName, Stream, StreamId};
use privacy::opt_out::{NotListed, can_opt_out};
use privacy::{OptOut, Recipe, Slot};
use zeroize::Zeroizing;

use crate::folder::{FolderError, destroy_drafts, private_folder, write_secret};

/// The longest line that may hold an identifier, in bytes.
const LINE_BYTES_MAX: usize = 1_024;

/// Why a list cannot be read or changed. Names lines, never what stands in them.
#[derive(Debug, thiserror::Error)]
pub enum OptOutError {
    /// There is no city.
    #[error("`{0}` holds no city; begin one with `ordinance init {0}`")]
    NoCity(PathBuf),
    /// The file is damaged.
    #[error(
        "the list of those who opted out of stream `{0}` is damaged, and so nothing is taken. Put the file back from a backup"
    )]
    Damaged(StreamId),
    /// The file cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// No randomness.
    #[error(transparent)]
    NoEntropy(#[from] model::entropy::NoEntropy),
    /// Nobody is told apart by the stream.
    #[error(
        "stream `{0}` tells nobody apart: none of its properties is tagged, so that there is nothing to be left out of"
    )]
    Nobody(StreamId),
    /// The stream is compared with an order's list.
    #[error("stream `{0}` is compared with the list of an order, of which nobody can be left out")]
    UnderOrder(StreamId),
    /// Several properties are tagged, or another one than was named.
    #[error("say with `--property` which identifier it is; stream `{stream}` tags {tagged}")]
    Property {
        /// The stream.
        stream: StreamId,
        /// Which it tags, in words.
        tagged: String,
    },
    /// A line holds no identifier.
    #[error("line {line} is not taken, and so none is: {error}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// Why.
        error: NotListed,
    },
    /// The identifiers cannot be read.
    #[error("the identifiers cannot be read: {0}")]
    Read(io::Error),
}

/// What is done with a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Identifiers are put on it.
    Add,
    /// Identifiers are taken from it.
    Remove,
}

/// What became of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Identifiers that were put on it or taken from it; others were so already.
    pub changed: usize,
    /// How many are on it now.
    pub listed: usize,
}

/// The property that is meant: the one that is named, or the only one that is tagged.
///
/// # Errors
/// There is none, or it is not said which.
pub fn property<'r>(
    stream: &Stream,
    recipe: &'r Recipe,
    named: Option<&PropertyName>,
) -> Result<&'r Slot, OptOutError> {
    if stream.order().is_some() {
        return Err(OptOutError::UnderOrder(stream.id.clone()));
    }
    let tagged: Vec<&Slot> = can_opt_out(recipe).collect();
    let meant = match (named, tagged.as_slice()) {
        (_, []) => return Err(OptOutError::Nobody(stream.id.clone())),
        (None, [only]) => Some(*only),
        (None, _) => None,
        (Some(name), several) => several.iter().copied().find(|slot| slot.name == *name),
    };
    let names = || tagged.iter().map(|slot| format!("`{}`", slot.name)).collect::<Vec<_>>().join(", ");
    meant.ok_or_else(|| OptOutError::Property { stream: stream.id.clone(), tagged: names() })
}

/// Tells one state of a file from another: length, time of change, number of the file.
pub(crate) type Stamp = Option<(u64, Option<SystemTime>, u64)>;

/// The lists of a city.
pub struct OptOuts {
    folder: PathBuf,
}

impl OptOuts {
    /// The lists below a city's folder, also while a node runs.
    ///
    /// # Errors
    /// There is no city, or its folder cannot be written.
    pub fn of_city(root: &Path) -> Result<Self, OptOutError> {
        if !root.join("journal.db").exists() {
            return Err(OptOutError::NoCity(root.to_owned()));
        }
        Ok(Self::open(root.join("keys").join("opt-outs"))?)
    }

    pub(crate) fn open(folder: PathBuf) -> Result<Self, FolderError> {
        private_folder(&folder)?;
        let lists = Self { folder };
        let _one_at_a_time = lists.lock()?;
        destroy_drafts(&lists.folder)?;
        Ok(lists)
    }

    fn path(&self, stream: &StreamId) -> PathBuf {
        self.folder.join(format!("{stream}.list"))
    }

    fn lock(&self) -> Result<File, FolderError> {
        let path = self.folder.join("lock");
        let locked = File::options().create(true).truncate(false).write(true).open(&path).and_then(|file| {
            file.lock()?;
            Ok(file)
        });
        locked.map_err(|error| FolderError::File { path, error })
    }

    pub(crate) fn stamp(&self, stream: &StreamId) -> Stamp {
        let file = match fs::metadata(self.path(stream)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(_) => return Some((0, None, 0)),
        };
        #[cfg(unix)]
        let number = std::os::unix::fs::MetadataExt::ino(&file);
        #[cfg(not(unix))]
        let number = 0;
        Some((file.len(), file.modified().ok(), number))
    }

    /// The list of a stream; none if nobody ever asked.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn list(&self, stream: &StreamId) -> Result<Option<OptOut>, OptOutError> {
        let path = self.path(stream);
        let text = match fs::read_to_string(&path).map(Zeroizing::new) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(OptOutError::Damaged(stream.clone()));
            }
            Err(error) => return Err(FolderError::File { path, error }.into()),
        };
        OptOut::from_text(&text).map(Some).map_err(|_| OptOutError::Damaged(stream.clone()))
    }

    /// Changes the list of a stream by identifiers, one a line; all of them or none. They are in memory alone, and wiped.
    ///
    /// # Errors
    /// The list cannot be read or written, or a line holds no identifier.
    pub fn change(
        &self,
        stream: &StreamId,
        slot: &Slot,
        entropy: &dyn Entropy,
        change: Change,
        lines: &mut dyn BufRead,
    ) -> Result<Changed, OptOutError> {
        let _one_at_a_time = self.lock()?;
        let mut list = match self.list(stream)? {
            Some(list) => list,
            None => OptOut::new(*Zeroizing::new(entropy.bytes32()?)),
        };
        let mut changed = 0;
        for number in 1.. {
            let mut line = Zeroizing::new(Vec::with_capacity(LINE_BYTES_MAX + 1));
            let mut one = (&mut *lines).take(LINE_BYTES_MAX as u64 + 1);
            if one.read_until(b'\n', &mut line).map_err(OptOutError::Read)? == 0 {
                break;
            }
            let not_listed = |error| OptOutError::Line { line: number, error };
            let text = str::from_utf8(&line).map_err(|_| not_listed(NotListed::Form("text of UTF-8")))?.trim();
            if text.is_empty() {
                continue;
            }
            let done = match change {
                Change::Add => list.add(slot, text),
                Change::Remove => list.remove(slot, text),
            };
            changed += usize::from(done.map_err(not_listed)?);
        }
        write_secret(&self.path(stream), list.to_text().as_bytes())?;
        Ok(Changed { changed, listed: list.len() })
    }
}
