//! What is kept of a live pilot in the city's folder: the pilot itself, a line for each act that its draft decided, and its last look once
//! it has ended.
//!
//! Lines are only ever added. A line that a crash tore is no line: it is written again at the next look.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use hub::pilot::Act;
use hub::pilot::live::Live;
use journal::files::{self, Readers};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::args::pilot::PilotName;
use crate::output::Status;

const PILOT: &str = "pilot.json";
const DECISIONS: &str = "decisions.jsonl";
const LAST_LOOK: &str = "last-look.json";
/// The largest file of a pilot that is read, in bytes.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// A look as it was printed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Printed {
    pub(super) document: Value,
    pub(super) words: String,
}

/// The last look at a pilot: at the city, and what of it may be handed out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LastLook {
    pub(super) whole: Printed,
    pub(super) public: Printed,
}

/// A pilot's folder.
pub(super) struct Kept(PathBuf);

impl Kept {
    pub(super) fn of(city: &Path, name: &PilotName) -> Self {
        Self(city.join("pilots").join(name.as_str()))
    }

    /// Keeps a pilot that begins.
    pub(super) fn begin(&self, live: &Live) -> anyhow::Result<()> {
        if let Some(parent) = self.0.parent() {
            files::folder(parent, Readers::Owner)?;
        }
        private(&self.0).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                anyhow::Error::from(Status::bad_input("there is a pilot of this name already; choose another"))
            }
            _ => error.into(),
        })?;
        self.write(live)
    }

    /// The pilot.
    pub(super) fn read(&self) -> anyhow::Result<Live> {
        let path = self.0.join(PILOT);
        match limited(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| format!("`{}`", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(Status::bad_input("there is no pilot of this name; `ordinance pilot begin` begins one").into())
            }
            Err(error) => Err(error).with_context(|| format!("`{}`", path.display())),
        }
    }

    /// Keeps a pilot in the place of what was kept of it: all of it, or nothing.
    pub(super) fn write(&self, live: &Live) -> anyhow::Result<()> {
        Ok(files::put(&self.0.join(PILOT), &serde_json::to_vec_pretty(live)?, Readers::Owner)?)
    }

    /// The last look; none where the pilot goes on, or ended before last looks were kept.
    pub(super) fn last_look(&self) -> anyhow::Result<Option<LastLook>> {
        let path = self.0.join(LAST_LOOK);
        match limited(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).with_context(|| format!("`{}`", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("`{}`", path.display())),
        }
    }

    /// Keeps the last look.
    pub(super) fn keep_last_look(&self, look: &LastLook) -> anyhow::Result<()> {
        Ok(files::put(&self.0.join(LAST_LOOK), &serde_json::to_vec_pretty(look)?, Readers::Owner)?)
    }

    /// The decisions that are kept, and how many bytes they have.
    pub(super) fn decisions(&self) -> anyhow::Result<(Vec<Act>, u64)> {
        let bytes = match limited(&self.0.join(DECISIONS)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
            Err(error) => return Err(error.into()),
        };
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines = bytes.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let read = |line: &[u8]| serde_json::from_slice(line);
        let decisions = lines.map(read).collect::<Result<_, _>>().context("the kept decisions")?;
        Ok((decisions, whole as u64))
    }

    /// Adds decisions after so many bytes.
    pub(super) fn add(&self, decisions: &[Act], after: u64) -> anyhow::Result<()> {
        let mut text = Vec::new();
        for decision in decisions {
            serde_json::to_writer(&mut text, decision)?;
            text.push(b'\n');
        }
        let path = self.0.join(DECISIONS);
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        file.set_len(after)?;
        file.write_all(&text)?;
        Ok(file.sync_all()?)
    }
}

fn limited(path: &Path) -> io::Result<Vec<u8>> {
    let length = fs::metadata(path)?.len();
    if length > FILE_BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it has {length} bytes, the limit is {FILE_BYTES_MAX}"),
        ));
    }
    fs::read(path)
}

/// Makes a new folder that its owner alone reads: how disclosures divide is in it.
fn private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
