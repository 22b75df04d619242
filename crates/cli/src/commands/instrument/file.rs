//! Files with answers: read within their limit, written whole or not at all, and the instrument that they are of.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use standards::instrument::{ANSWERS_BYTES_MAX, Draft, DraftError, Instrument};

use super::Packs;
use crate::output::Status;

/// An error that names the file.
pub(super) fn of_file(file: &Path, what: impl std::fmt::Display) -> anyhow::Error {
    Status::bad_input(format!("`{}`: {what}", file.display())).into()
}

/// Reads a file of answers.
pub(super) fn read(file: &Path) -> anyhow::Result<Draft> {
    let length = fs::metadata(file).map_err(|error| of_file(file, error))?.len();
    if length > ANSWERS_BYTES_MAX as u64 {
        return Err(of_file(file, DraftError::TooLarge(length)));
    }
    let text = read_text(file).map_err(|error| of_file(file, error))?;
    Draft::read(&text).map_err(|error| of_file(file, error))
}

/// One byte more than is allowed, so that a file that grows meanwhile is still found too large.
fn read_text(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(file)?.take(ANSWERS_BYTES_MAX as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

/// Reads a file of answers with its instrument, of the edition at hand. Whether that is theirs is asked when they are
/// evaluated.
pub(super) fn open(file: &Path, packs: &mut Packs) -> anyhow::Result<(Draft, Instrument)> {
    let draft = read(file)?;
    // Another version of the pack will do: if the instrument is another edition, that is said with what to do about it.
    let newest = draft.pack.rsplit_once('@').map_or(draft.pack.as_str(), |(urn, _)| urn).to_owned();
    let pack = packs.find(&draft.pack).or_else(|_| packs.find(&newest)).map_err(|_| {
        of_file(file, format!("the pack `{}` is not at hand; give its folder with --library", draft.pack))
    })?;
    let instrument = pack.instrument(draft.instrument.as_str()).cloned().ok_or_else(|| {
        of_file(file, format!("`{}` has no instrument `{}`", pack.manifest.reference, draft.instrument))
    })?;
    Ok((draft, instrument))
}

/// Writes a new file; none that is there.
pub(super) fn create(file: &Path, draft: &Draft, instrument: &Instrument) -> anyhow::Result<()> {
    let created = OpenOptions::new().write(true).create_new(true).open(file);
    let mut created = created.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => of_file(file, "it is there already; name another, or change it with `set`"),
        _ => of_file(file, error),
    })?;
    created.write_all(draft.to_toml(instrument).as_bytes()).map_err(|error| of_file(file, error))
}

/// Puts new answers in the place of old ones.
pub(super) fn replace(file: &Path, draft: &Draft, instrument: &Instrument) -> anyhow::Result<()> {
    let text = draft.to_toml(instrument);
    if text.len() > ANSWERS_BYTES_MAX {
        return Err(of_file(file, DraftError::TooLarge(text.len() as u64)));
    }
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, file));
    written.map_err(|error| of_file(file, error))
}
