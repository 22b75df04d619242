//! Shadow mode: a draft decides beside a city as its log grows, and writes down what it would have said. It blocks nothing.
//!
//! It reads the public log and writes one file of lines, one for each act that norms decide; where it stopped, it goes on. It has no
//! way to reach the city, so that it cannot be mistaken for what is in force.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

use serde::Deserialize;

use super::{Judged, PilotError, Replay};

/// The longest line that is read back, in bytes.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// Why a shadow cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ShadowError {
    /// Its file failed.
    #[error("the shadow's file: {0}")]
    Io(#[from] io::Error),
    /// Its file holds something else.
    #[error("the shadow's file holds a line that no shadow wrote; name another file")]
    Strange,
    /// The log cannot be replayed.
    #[error(transparent)]
    Pilot(#[from] PilotError),
}

#[derive(Deserialize)]
struct Line {
    entry: u64,
}

/// A draft that decides beside a city.
pub struct Shadow {
    replay: Replay,
    file: File,
    /// The first entry that is not written yet.
    next: u64,
    written: u64,
}

impl Shadow {
    /// Begins, or goes on where the file ends. A line that a crash cut off is written anew.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn open(replay: Replay, path: &Path) -> Result<Self, ShadowError> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let (mut next, mut whole) = (0, 0);
        let mut lines = BufReader::new(&mut file);
        loop {
            let mut line = Vec::new();
            let read = io::Read::take(&mut lines, LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
            if line.last() != Some(&b'\n') {
                break;
            }
            let Line { entry } = serde_json::from_slice(&line).map_err(|_| ShadowError::Strange)?;
            (next, whole) = (entry + 1, whole + read as u64);
        }
        drop(lines);
        file.set_len(whole)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self { replay, file, next, written: 0 })
    }

    /// Takes the next entry of the log, from its first on; gives what was written, if it was not before.
    ///
    /// # Errors
    /// The log cannot be replayed, or nothing can be written.
    pub fn take(&mut self, entry: &[u8]) -> Result<Option<Judged>, ShadowError> {
        let judged = self.replay.take(entry)?.filter(|judged| judged.entry >= self.next);
        if let Some(judged) = &judged {
            let mut line = serde_json::to_vec(judged).map_err(io::Error::from)?;
            line.push(b'\n');
            self.file.write_all(&line)?;
            self.written += 1;
        }
        Ok(judged)
    }

    /// Makes what was written last, and gives how much it was and the replay.
    ///
    /// # Errors
    /// It could not be made to last.
    pub fn finish(self) -> Result<(u64, Replay), ShadowError> {
        self.file.sync_all()?;
        Ok((self.written, self.replay))
    }
}
