//! The arguments of the commands of `ordinance hub` that read public logs: mirrors, evidence, benchmarks.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use hub::mirror::{Country, SizeClass};
use hub::words::DraftId;
use model::{PartyId, Timestamp};

/// What a hub, or anybody, learns from the public logs of cities.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  ordinance hub mirror ./hub --city brookhaven --key VKEY --address https://brookhaven.example\n  \
ordinance hub look ./hub\n  ordinance hub benchmark ./hub --definition review-overdue"
)]
pub(crate) enum HubPublic {
    Mirror(MirrorCity),
    Look(Look),
    Cities(Cities),
    Resume(Resume),
    History(History),
    Evidence(EvidenceArgs),
    Definitions(Definitions),
    Benchmark(Benchmark),
    Pilots(Pilots),
    Simulate(Simulate),
}

/// Take up a city's public log, to be mirrored from now on.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  ordinance hub mirror ./hub --city brookhaven --key brookhaven.example/log+1a2b3c4d+AQ… --address \
https://brookhaven.example --country CZ --size medium"
)]
pub(crate) struct MirrorCity {
    /// The hub's folder; made if it is not there.
    pub(crate) dir: PathBuf,
    /// What to call the city.
    #[arg(long)]
    pub(crate) city: PartyId,
    /// The key that signs its log, learnt from elsewhere than the log.
    #[arg(long)]
    pub(crate) key: String,
    /// The address below which its `/log/` is.
    #[arg(long)]
    pub(crate) address: String,
    /// Its country, by two letters (ISO 3166-1).
    #[arg(long)]
    pub(crate) country: Option<Country>,
    /// Its size: small (fewer than 100,000 inhabitants), medium, large (from 1 million) or metropolis (from 5 million).
    #[arg(long)]
    pub(crate) size: Option<SizeClass>,
    /// Degrees north of the equator.
    #[arg(long, requires = "longitude", allow_negative_numbers = true)]
    pub(crate) latitude: Option<f64>,
    /// Degrees east of Greenwich.
    #[arg(long, requires = "latitude", allow_negative_numbers = true)]
    pub(crate) longitude: Option<f64>,
}

/// Look at every mirrored log once, and keep what is new and holds. Members whose log is named by an act are taken up first.
///
/// Who was not reached the last time is looked at after all others. A log that contradicts what its city signed before is frozen, and the
/// evidence is kept. Exit status: 0 nothing contradicts, 1 something does.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  ordinance hub look ./hub\n  ordinance hub look ./hub --allow 127.0.0.1 --json")]
pub(crate) struct Look {
    /// The hub's folder.
    pub(crate) dir: PathBuf,
    /// Addresses besides the open internet that logs may be at: one, or a range such as 10.20.0.0/16.
    #[arg(long, value_delimiter = ',', value_name = "ADDRESSES")]
    pub(crate) allow: Vec<node::Allowed>,
    /// How many logs are looked at side by side.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: u16,
    /// The most that all mirrors together may take on the disk, in bytes. Once half of it is taken, of each city only an equal part of the
    /// other half is kept; what is not kept is told.
    #[arg(long, default_value_t = hub::mirror::MIRRORS_BYTES_MAX, value_name = "BYTES")]
    pub(crate) mirrors_bytes: u64,
}

/// List the mirrored cities, and how each stands since when.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance hub cities ./hub --json")]
pub(crate) struct Cities {
    /// The hub's folder.
    pub(crate) dir: PathBuf,
}

/// Look at a frozen log again. What was kept stays, and so does the evidence.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance hub resume ./hub --city brookhaven")]
pub(crate) struct Resume {
    /// The hub's folder.
    pub(crate) dir: PathBuf,
    /// Which city.
    #[arg(long)]
    pub(crate) city: PartyId,
}

/// Write what is kept of a city as the public files of a log, which anybody verifies with `ordinance verify`.
///
/// So a history stays verifiable after its city has left, or has forked its log.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  ordinance hub history ./hub --city brookhaven ./brookhaven-kept\n  ordinance verify ./brookhaven-kept --key VKEY"
)]
pub(crate) struct History {
    /// The hub's folder.
    pub(crate) dir: PathBuf,
    /// Which city.
    #[arg(long)]
    pub(crate) city: PartyId,
    /// The folder to write, which is not there yet; the log is in its `log`.
    pub(crate) to: PathBuf,
}

/// What to do with evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EvidenceVerb {
    /// Check a file, with nothing but what is in it.
    Check,
    /// List what a hub holds.
    List,
}

/// Check evidence that a log was forked or rolled back, or list what a hub holds.
///
/// Exit status of a check: 0 it proves what it says, 1 it proves nothing.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance hub evidence check evidence.json --key VKEY\n  ordinance hub evidence list ./hub"
)]
pub(crate) struct EvidenceArgs {
    /// `check` or `list`.
    pub(crate) verb: EvidenceVerb,
    /// The file to check, or the hub's folder.
    pub(crate) path: PathBuf,
    /// The key that the city is known by. Without it, the key in the evidence is taken.
    #[arg(long)]
    pub(crate) key: Option<String>,
}

/// List the definitions of benchmarks, or print one as it is published.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  ordinance hub definitions\n  ordinance hub definitions --show review-overdue")]
pub(crate) struct Definitions {
    /// Print this one, byte by byte.
    #[arg(long, value_name = "ID")]
    pub(crate) show: Option<String>,
}

/// Count a benchmark: over a hub's mirrors, or in one city's public log.
///
/// Of a hub's folder every mirrored city is counted, together by country and size, with intervals and with who is
/// missing. Of a city's folder or address only that city is; the log is verified to its last hash. Of a hub's address everything is
/// counted again from what it hands out: the list of its cities, and each kept log, verified to its last hash under the key in the list.
/// That reads all of them; one that does not verify is told, and the exit status is 1.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance hub benchmark ./hub --definition review-overdue\n  ordinance hub benchmark --log \
https://brookhaven.example --definition days-to-decision --json\n  ordinance hub benchmark --hub https://hub.alliance.example \
--definition review-overdue"
)]
pub(crate) struct Benchmark {
    /// The hub's folder.
    #[arg(required_unless_present_any = ["log", "hub"], conflicts_with_all = ["log", "hub"])]
    pub(crate) dir: Option<PathBuf>,
    /// The address of a hub, whose numbers are counted again from the logs that it hands out.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["log", "city"])]
    pub(crate) hub: Option<String>,
    /// A city's folder, or the address of its node, in place of a hub's folder.
    #[arg(long)]
    pub(crate) log: Option<String>,
    /// The key that must have signed the log. Without it, the key in the log's first entry is taken.
    #[arg(long, requires = "log")]
    pub(crate) key: Option<String>,
    /// The definition: its id, its digest, or a file.
    #[arg(long)]
    pub(crate) definition: String,
    /// Of the hub's cities only this one.
    #[arg(long, conflicts_with = "log")]
    pub(crate) city: Option<PartyId>,
    /// As of when (RFC 3339); now unless said.
    #[arg(long)]
    pub(crate) at: Option<Timestamp>,
    /// Print the cities as CSV.
    #[arg(long, conflicts_with = "log")]
    pub(crate) csv: bool,
}

/// Try drafts on the kept logs of cities that consented to it, and note what each would have meant, for the draft's pages.
///
/// `ordinance hub serve` does it after each look. It reads what is kept, changes nothing, and leaves out whoever did not consent. A log
/// and a draft that stand as they did the last time are not tried again, unless `--again` says so. Exit status: 0 each that was tried has
/// its report, 1 some has none.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance hub pilots ./alliance\n  ordinance hub pilots ./alliance --draft core --json"
)]
pub(crate) struct Pilots {
    /// The hub's folder.
    pub(crate) dir: PathBuf,
    /// This draft alone.
    #[arg(long)]
    pub(crate) draft: Option<DraftId>,
    /// Also what was tried before, as both stand.
    #[arg(long)]
    pub(crate) again: bool,
}

/// Measure a hub with generated cities: admit members, mirror a year of their logs, then a day more, count every benchmark, and ask
/// for every page.
///
/// It says what a city costs a day, how much memory and disk all of them take, and how long pages take. The cities are no model of
/// any; their logs are signed and verified like all others.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance hub simulate ./simulated --cities 2000\n  ordinance hub simulate ./simulated --cities 200000 --threads 2 --served --json"
)]
pub(crate) struct Simulate {
    /// An empty folder for the hub. It stays; look at it with the other commands.
    pub(crate) dir: PathBuf,
    /// How many cities have a log.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) cities: u64,
    /// How many members the hub has; as many as cities unless said.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) members: Option<u64>,
    /// How many days their logs are old before the last day.
    #[arg(long, default_value_t = 364, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(crate) days: u32,
    /// How many threads look.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: u16,
    /// Look at one day more over HTTP as well: each city is asked at an address of this machine, with a connection of its own for each file.
    #[arg(long)]
    pub(crate) served: bool,
}
