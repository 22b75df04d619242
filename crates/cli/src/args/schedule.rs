//! The arguments of `ordinance schedule`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use flow::exports::{Every, ScheduleName};

use super::FileFormat;

/// Have what is released to a party made into files, one for each period, by the running node.
///
/// When a period is over and all its windows are released, its file is made of one disclosure, with its receipt beside it, and
/// never written over; under another version of the view there is another file. The party fetches it from the node with its
/// token, as long as its grant stands: with the grant the files go, and what tells of them stays. Only released windows are
/// made into files, never single records.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  ordinance schedule add ./brookhaven --name daily --as mobility --purpose traffic-management \
--stream wifi-centre --format parquet --every 1d --keep 30\n  ordinance schedule list ./brookhaven"
)]
pub(crate) enum Schedule {
    /// Add a schedule. The period that is running now is its first.
    Add(Add),
    /// Show the schedules, what they made, and what became of it.
    List(List),
    /// Make nothing more, and hand out nothing more of what was made.
    Remove(Remove),
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  ordinance schedule add ./brookhaven --name daily --as mobility --purpose traffic-management \
--stream wifi-centre --format parquet --every 1d --keep 30\n\nThe files are at /api/v1/exports of the city's node."
)]
pub(crate) struct Add {
    /// The city's folder. Its node may run meanwhile.
    pub(crate) dir: PathBuf,
    /// What to call it: a part of the files' addresses, and never given twice.
    #[arg(long)]
    pub(crate) name: ScheduleName,
    #[command(flatten)]
    pub(crate) wanted: super::Wanted,
    /// What to write.
    #[arg(long, value_enum)]
    pub(crate) format: FileFormat,
    /// How long each period is: what divides a day, such as 1h or 1d, or 7d for weeks that begin on Monday. All in UTC.
    #[arg(long)]
    pub(crate) every: Every,
    /// Of how many periods files are kept; the oldest go first.
    #[arg(long, default_value_t = 30)]
    pub(crate) keep: u32,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance schedule list ./brookhaven --json")]
pub(crate) struct List {
    /// The city's folder.
    pub(crate) dir: PathBuf,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance schedule remove ./brookhaven --name daily")]
pub(crate) struct Remove {
    /// The city's folder. Its node may run meanwhile; if it does not, the files go when it is next opened to tick.
    pub(crate) dir: PathBuf,
    /// Which.
    #[arg(long)]
    pub(crate) name: ScheduleName,
}
