//! Tables that somebody recorded: CSV, gzip read as it is, columns found by their names.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context, bail};
use flate2::read::MultiGzDecoder;

/// A table in a file, with one header.
///
/// # Errors
/// The file cannot be opened.
pub(crate) fn table(file: &Path, separator: u8) -> anyhow::Result<csv::Reader<Box<dyn Read>>> {
    let opened = File::open(file).with_context(|| format!("cannot open the recording `{}`", file.display()))?;
    let gzip = file.extension().is_some_and(|extension| extension == "gz");
    let reader: Box<dyn Read> =
        if gzip { Box::new(MultiGzDecoder::new(BufReader::new(opened))) } else { Box::new(BufReader::new(opened)) };
    Ok(csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(reader))
}

/// Where the columns of a table are.
pub(crate) struct Columns(Vec<(String, usize)>);

impl Columns {
    /// Finds them in the header.
    ///
    /// # Errors
    /// One that is needed is not there.
    pub(crate) fn of(reader: &mut csv::Reader<Box<dyn Read>>, file: &Path, needed: &[&str]) -> anyhow::Result<Self> {
        let header = reader.headers().with_context(|| format!("`{}` has no header", file.display()))?;
        let columns: Vec<_> = header.iter().enumerate().map(|(at, name)| (name.trim().to_owned(), at)).collect();
        if let Some(missing) = needed.iter().find(|name| columns.iter().all(|(known, _)| known != **name)) {
            bail!("the recording `{}` has no column `{missing}`; it needs {}", file.display(), needed.join(", "));
        }
        Ok(Self(columns))
    }

    /// What stands in a column of a row.
    pub(crate) fn cell<'r>(&self, row: &'r csv::StringRecord, name: &str) -> Option<&'r str> {
        let (_, at) = self.0.iter().find(|(known, _)| known == name)?;
        row.get(*at).map(str::trim)
    }
}
