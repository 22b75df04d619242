//! `ordinance sql`, declared.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::Asker;

/// Ask in SQL over released tables, as a party, for a purpose. Refused with exit status 3 and the norm's words.
///
/// A released table is called "stream"."view", in quotation marks where a name holds a hyphen. Each one that the question names
/// is disclosed as `query` discloses it, under the asker's grant, recorded and receipted; only these rows are in the engine.
/// Windows have the columns `window_start`, `window_end`, `cell`, `sensor`, `value` and `minimum`; records `time`, `sensor`,
/// `count` and their fields. Anybody may also ask of `reference.places`, `reference.sensors` and `reference.calendar`. Nothing
/// can be written, no file and no address read. Needs an `ordinance` that was built with the feature `sql`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance sql ./brookhaven --as mobility --purpose traffic-management 'SELECT sensor, max(value) \
FROM \"wifi-centre\".counts GROUP BY sensor'\n  ordinance sql https://sensors.brookhaven.example --as public --purpose \
air-quality --csv 'SELECT * FROM air.measurements'"
)]
pub(crate) struct Sql {
    /// The city's folder, or the address of its node.
    pub(crate) city: String,
    /// The question: one SELECT, WITH or VALUES.
    pub(crate) question: String,
    #[command(flatten)]
    pub(crate) asker: Asker,
    /// Bring a CSV along as `reference.NAME`; may be given several times.
    #[arg(long, value_name = "NAME=FILE", value_parser = reference)]
    pub(crate) reference: Vec<(String, PathBuf)>,
    /// Print the rows as CSV; the disclosures go to standard error.
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
    /// Seconds that the question may take.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: u64,
    /// Memory that the question may take, in MiB.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub(crate) memory: u64,
    /// The most rows of the answer.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) rows: u32,
}

/// `name=file.csv`, with a name that needs no quotation marks.
fn reference(text: &str) -> Result<(String, PathBuf), String> {
    let (name, file) = text.split_once('=').ok_or("not NAME=FILE")?;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(fits) {
        return Err("a name has at most 64 small letters, digits and `_`".to_owned());
    }
    Ok((name.to_owned(), PathBuf::from(file)))
}
