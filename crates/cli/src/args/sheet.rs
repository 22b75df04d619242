//! The arguments of `ordinance sheet`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use model::PartyId;

/// Parties, places, deployments and sensors as spreadsheets: take the register away, look at a file, bring it in.
///
/// A file is `.xlsx` or CSV. It is looked at row by row: what is wrong, what the norms refuse, what is new, changed, or as it is
/// already. Formulas are never worked out, and the same file again changes nothing. Tokens, and how a party can be reached, never
/// stand in a spreadsheet.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  ordinance sheet template ./brookhaven --out template.xlsx\n  ordinance sheet check \
./brookhaven sensors.xlsx --as mobility\n  ordinance sheet import ./brookhaven sensors.xlsx --as mobility"
)]
pub(crate) enum Sheet {
    /// Write empty sheets with their headings, how they are filled in, and the words that fit.
    Template(Template),
    /// Write what stands in the register, to be changed and brought in again.
    Export(Export),
    /// Say row by row what a file would do. Nothing is written.
    Check(Check),
    /// Bring a file in: everything in it or nothing, a thousand rows at a time.
    Import(Import),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance sheet template ./brookhaven --out template.xlsx")]
pub(crate) struct Template {
    /// The city's folder, or the address of its node: parties, places and streams are among the words that fit.
    pub(crate) city: String,
    /// The file.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Write over a file that is there.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance sheet export ./brookhaven --out register.xlsx\n  ordinance sheet export \
https://sensors.brookhaven.example --kind devices --out sensors.csv"
)]
pub(crate) struct Export {
    /// The city's folder, or the address of its node.
    pub(crate) city: String,
    /// The file.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Write one sheet alone, as CSV.
    #[arg(long, value_enum)]
    pub(crate) kind: Option<Kind>,
    /// Write over a file that is there.
    #[arg(long)]
    pub(crate) force: bool,
}

/// A sheet.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Kind {
    /// Who acts.
    Parties,
    /// Where.
    Places,
    /// What senses, and what for.
    Deployments,
    /// What flows, a row for each property of a stream.
    Properties,
    /// The sensors.
    Devices,
}

// A file, and who brings it. No help text of its own: it would stand in place of the command's.
#[derive(Debug, ClapArgs)]
pub(crate) struct Brought {
    /// The city's folder, or the address of its node.
    pub(crate) city: String,
    /// The file; `-` is standard input.
    pub(crate) file: PathBuf,
    /// The party that brings it, and enters its own sensors alone.
    #[arg(long = "as")]
    pub(crate) party: PartyId,
    /// For an address: a file with the party's token.
    #[arg(long)]
    pub(crate) token: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  ordinance sheet check ./brookhaven sensors.xlsx --as mobility --json\n\nExit status: 0 all of it \
could be brought in, 1 a row is wrong, 3 a row is refused."
)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) brought: Brought,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance sheet import ./brookhaven sensors.xlsx --as mobility\n  ordinance sheet import \
http://127.0.0.1:8080 sensors.csv --as mobility --token mobility.token --others"
)]
pub(crate) struct Import {
    #[command(flatten)]
    pub(crate) brought: Brought,
    /// Why, in words that residents read beside each act.
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// Leave out rows that are wrong or refused, and bring in the others. Otherwise nothing is brought in where one is.
    #[arg(long)]
    pub(crate) others: bool,
}
