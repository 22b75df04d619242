//! The command line, declared. Help texts are written for people who have not read anything else.

pub(crate) mod account;
pub(crate) mod basemap;
pub(crate) mod framework;
pub(crate) mod hub;
pub(crate) mod hub_mirror;
pub(crate) mod instrument;
pub(crate) mod pilot;
pub(crate) mod schedule;
pub(crate) mod sheet;
pub(crate) mod sql;
pub(crate) mod webhook;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};
use model::{DeviceId, PartyId, PropertyName, Purpose, Rho, StreamId, Timestamp, ViewId};

/// Executable policy for data collected in public places.
///
/// A city's rules decide what its sensors may collect and who may have what of it; a public log proves it. Begin with
/// `ordinance demo`.
#[derive(Debug, Parser)]
#[command(name = "ordinance", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit status: 0 done, 1 failed, 2 wrong usage, 3 refused by a norm.")]
pub(crate) struct Args {
    /// Print one JSON document instead of words.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(Init),
    Serve(Serve),
    Apply(Apply),
    Token(Token),
    #[command(subcommand)]
    Account(account::Account),
    Clock(Clock),
    Ingest(Ingest),
    Query(Query),
    #[command(subcommand)]
    OptOut(OptOut),
    Export(Export),
    Watch(Watch),
    #[command(subcommand)]
    Webhook(webhook::Webhook),
    #[command(subcommand)]
    Schedule(schedule::Schedule),
    #[command(subcommand)]
    Sheet(sheet::Sheet),
    #[command(subcommand, name = "basemap")]
    BaseMap(basemap::BaseMap),
    Sql(sql::Sql),
    /// The process that answers one question of SQL; started by others.
    #[cfg(feature = "sql")]
    #[command(hide = true)]
    SqlDesk,
    Verify(Verify),
    #[command(subcommand)]
    Log(Log),
    Adopt(framework::Adopt),
    Assess(framework::Assess),
    Framework(framework::Framework),
    Instrument(instrument::Instrument),
    Pilot(pilot::Pilot),
    #[command(subcommand)]
    Hub(hub::Hub),
    Demo(Demo),
    Bench(Bench),
    Utility(Utility),
    Man(Man),
}

/// What says of a release how it is taken, and nothing where there is none.
const TAKING: [&str; 3] = ["hub_key", "hub", "patience"];

/// Begin a city in an empty folder.
///
/// Makes the log's signing key, founds the city and adopts the whole global core that this software carries, its norms and its duties,
/// with permits to begin with. Whatever is stricter is adopted afterwards, with `ordinance adopt`.
///
/// With `--release` it begins under what a hub released, and under nothing else: the release is verified whole and the hub's log asked
/// whether it stands, as `ordinance adopt` does, before there is a city; the first adoption says of each layer which entry it is, and the
/// proof is kept in `adopted/`. What a profile stands on and this software carries is said to be built in. Where anything does not hold,
/// nothing is left of the city.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance init ./brookhaven --name Brookhaven --origin ordinance.brookhaven.example/log\n  ordinance init \
./brookhaven --name Brookhaven --origin ordinance.brookhaven.example/log --release https://hub.alliance.example/versions/57/release.json \
--hub-key 'hub.alliance.example/log+…'",
    mut_args(|arg| if TAKING.contains(&arg.get_id().as_str()) { arg.requires("release") } else { arg })
)]
pub(crate) struct Init {
    /// The city's folder; made if it is not there.
    pub(crate) dir: PathBuf,
    /// The city's name.
    #[arg(long, default_value = "My City")]
    pub(crate) name: String,
    /// The log's origin: an address without `https://` that the city owns. It can never change.
    #[arg(long, default_value = "localhost/log")]
    pub(crate) origin: String,
    /// The id of the city's own party, which may register others.
    #[arg(long, default_value = "city")]
    pub(crate) founder: PartyId,
    /// The version that a hub released and that the city begins under: its `release.json`, as a file or an address. The folder has to be
    /// empty, or not there.
    #[arg(long, value_name = "RELEASE", requires = "hub_key")]
    pub(crate) release: Option<String>,
    #[command(flatten)]
    pub(crate) taking: framework::Taking,
    /// A folder with packs, or with folders of packs, that a released profile stands on; may be given several times. What neither a hub
    /// released nor this software carries needs `--unreleased`, too.
    #[arg(long = "library", value_name = "DIR", requires = "release")]
    pub(crate) folders: Vec<PathBuf>,
    /// Why the city begins under a layer that neither a hub released nor this software carries, in words that residents will read. Without
    /// it, such a layer is refused. At most 600 characters, as they stand with each such layer.
    #[arg(long, value_name = "REASON", requires = "release")]
    pub(crate) unreleased: Option<String>,
}

impl Init {
    /// What `adopt` would be told of the release that the city begins under, so that both take it in the same way.
    pub(crate) fn adoption(&self) -> Option<framework::Adopt> {
        Some(framework::Adopt {
            city: self.dir.display().to_string(),
            pack: Some(self.release.clone()?),
            by: Some(self.founder.clone()),
            taking: self.taking.clone(),
            check: false,
            drop: Vec::new(),
            reason: None,
            unreleased: self.unreleased.clone(),
            permits: None,
            dry_run: false,
            prove: false,
            tokens: None,
            shelf: framework::Shelf { folders: self.folders.clone(), keys: Vec::new() },
        })
    }
}

/// Run a city's node: takes observations, answers questions, shows the public register.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance serve ./brookhaven --listen 127.0.0.1:8080\n  ordinance serve ./brookhaven \
--flight 127.0.0.1:8082\n  ordinance serve ./brookhaven --webhooks-allow 10.20.0.0/16"
)]
pub(crate) struct Serve {
    /// The city's folder.
    pub(crate) dir: PathBuf,
    /// Where to listen. Put a web server with TLS in front for anything but loopback; it has to pass on the host that was asked.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) listen: std::net::SocketAddr,
    /// Where to speak Flight SQL (gRPC), for notebooks and BI tools of parties with a token: each call carries it as
    /// `authorization: Bearer …`, and what a question is for as `x-purpose`. Put TLS in front for anything but loopback. Needs
    /// an `ordinance` that was built with the feature `sql`.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) flight: Option<std::net::SocketAddr>,
    /// Seconds between ticks of the clock: lapses, releases, deletion, checkpoints.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) tick: u64,
    /// How large a segment of the write-ahead log grows before it becomes Parquet, in bytes. What it holds is also held in
    /// memory; small machines may want less.
    #[arg(long, default_value_t = lake::Options::default().segment_bytes_max, value_parser = clap::value_parser!(u64).range(1..=1 << 32))]
    pub(crate) segment_bytes: u64,
    /// Addresses besides the open internet that webhooks may reach: one, or a range such as 10.20.0.0/16. Without TLS only this
    /// machine itself is reached, and only if it is named here.
    #[arg(long, value_delimiter = ',', value_name = "ADDRESSES")]
    pub(crate) webhooks_allow: Vec<node::Allowed>,
    /// How many requests a minute the API answers to each token of a party or a sensor.
    #[arg(long, value_name = "REQUESTS", default_value_t = node::RateLimits::DEFAULT.token)]
    pub(crate) token_requests: std::num::NonZeroU32,
    /// The same for each address without a token (of IPv6 a whole /64). Whoever comes through a web server on this machine, or
    /// one named by `--behind`, has no address of their own: let that server bound them.
    #[arg(long, value_name = "REQUESTS", default_value_t = node::RateLimits::DEFAULT.address)]
    pub(crate) address_requests: std::num::NonZeroU32,
    /// The address of a web server of your own on another machine or in a container, through which people come; as often as there
    /// are some. Without it all who come through it count as one stranger, and keep one another out.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) behind: Vec<std::net::IpAddr>,
    /// How often the hubs that the city adopted from are asked whether what they released still stands: 1d, 6h, 30m, a minute at least;
    /// `never` leaves it to `ordinance adopt --check`. The office shows what was withdrawn or replaced.
    #[arg(long, default_value = "1d", value_name = "DURATION")]
    pub(crate) ask_hubs_every: hub::LookEvery,
}

/// Bring a city to what a manifest declares: parties, places, deployments, devices, orders, views, grants.
///
/// Applying a manifest twice changes nothing the second time. What a norm forbids is refused, with the norm's words, and
/// the rest is still done; the exit status is 3 then.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  ordinance apply ./brookhaven congestion.toml --dry-run\n  ordinance apply \
http://127.0.0.1:8080 congestion.toml --tokens tokens.toml")]
pub(crate) struct Apply {
    /// The city's folder, or the address of its node.
    pub(crate) city: String,
    /// Manifests in TOML.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Show which acts it would make and what would be refused; change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// For an address: a TOML file with each acting party's token, `party = "token"`.
    #[arg(long)]
    pub(crate) tokens: Option<PathBuf>,
}

/// Issue a token to a device or a party. It is shown once; the city keeps only its hash.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance token ./brookhaven --device sniffer-1 --by mobility")]
pub(crate) struct Token {
    /// The city's folder.
    pub(crate) dir: PathBuf,
    /// The device that gets it.
    #[arg(long, conflicts_with = "party", required_unless_present = "party")]
    pub(crate) device: Option<DeviceId>,
    /// The party that gets it.
    #[arg(long)]
    pub(crate) party: Option<PartyId>,
    /// The party that issues it: a device's is issued by the one that answers for its deployment, a party's by that party,
    /// and either by the founder of the city. If not said, the one that answers for the device, or the founder.
    #[arg(long)]
    pub(crate) by: Option<PartyId>,
    /// Lock a device out instead: its token is taken back and none is issued.
    #[arg(long, requires = "device")]
    pub(crate) revoke: bool,
}

/// Confirm that the machine's clock is right, although a city has not known the time for long.
///
/// A city whose clock has jumped far ahead stops: nothing lapses, nothing is deleted, nothing is written. If so much time has
/// really passed, whoever keeps the city says so here; it becomes an act in the log. If the clock is wrong, set it right.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  ordinance clock ./brookhaven --is 2027-03-01T08:00:00Z --reason 'closed since the summer'"
)]
pub(crate) struct Clock {
    /// The city's folder.
    pub(crate) dir: PathBuf,
    /// What time it is (RFC 3339), to the hour at least.
    #[arg(long)]
    pub(crate) is: Timestamp,
    /// Why the city has not known the time, in words that residents will read.
    #[arg(long)]
    pub(crate) reason: String,
}

/// Take observations from files: NDJSON, or CSV with a mapping. Gzip is read as it is.
///
/// Rows that cannot be taken are counted by reason and never stored; the others are.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  ordinance ingest ./brookhaven --stream air air.ndjson.gz\n  ordinance ingest \
./brookhaven --stream wifi-centre --device sniffer-1 --mapping probes.toml probes.csv.gz\n  ordinance ingest \
https://sensors.brookhaven.example --token air-1.token air.ndjson.gz")]
pub(crate) struct Ingest {
    /// The city's folder, or the address of its node. A node takes NDJSON, and knows stream and device by the token.
    pub(crate) city: String,
    /// The stream, for a folder.
    #[arg(long)]
    pub(crate) stream: Option<StreamId>,
    /// The files; `-` is standard input.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// How a CSV's columns become properties, in TOML: `separator`, `time`, `device`, `[properties]`.
    #[arg(long)]
    pub(crate) mapping: Option<PathBuf>,
    /// The device that a file comes from, if its rows do not say.
    #[arg(long)]
    pub(crate) device: Option<DeviceId>,
    /// For an address: a file with the device's token.
    #[arg(long)]
    pub(crate) token: Option<PathBuf>,
}

/// Ask for released data as a party, for a purpose. Refused with exit status 3 and the norm's words.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance query ./brookhaven --as mobility --purpose traffic-management --stream \
wifi-centre --view counts")]
pub(crate) struct Query {
    #[command(flatten)]
    pub(crate) asks: Asks,
}

// What a party asks for, and as whom. No help text of its own: it would stand in place of the command's.
#[derive(Debug, ClapArgs)]
pub(crate) struct Asks {
    /// The city's folder, or the address of its node.
    pub(crate) city: String,
    #[command(flatten)]
    pub(crate) asker: Asker,
    /// Of which stream.
    #[arg(long)]
    pub(crate) stream: StreamId,
    /// Under which view; the granted one if not said.
    #[arg(long)]
    pub(crate) view: Option<ViewId>,
}

/// Who asks for released data, what for, and of which time.
#[derive(Debug, ClapArgs)]
pub(crate) struct Asker {
    /// Who asks. At an address, whose token is sent; nobody's for `public`.
    #[arg(long = "as")]
    pub(crate) party: PartyId,
    /// What for.
    #[arg(long)]
    pub(crate) purpose: Purpose,
    /// From when (RFC 3339).
    #[arg(long)]
    pub(crate) from: Option<Timestamp>,
    /// Until when (RFC 3339).
    #[arg(long)]
    pub(crate) to: Option<Timestamp>,
    /// The senior party that authorised this question, one of the police or an officer: recorded, and some norms ask for
    /// it. At an address, send its token instead.
    #[arg(long)]
    pub(crate) authorised_by: Option<PartyId>,
    /// For an address: a file with the party's token.
    #[arg(long)]
    pub(crate) token: Option<PathBuf>,
    /// For an address: a file with the token of the senior party that authorised this question.
    #[arg(long)]
    pub(crate) authorising_token: Option<PathBuf>,
}

/// Leave people out who asked not to be counted.
///
/// What is seen of somebody on the list is forgotten before anything is stored, and counted nowhere. The list holds keyed
/// tags, never an identifier, and lies in the city's folder beside its keys. A running node takes a change from its next
/// batch on. What was stored before stays until its retention ends; a phone that makes up a new address is not known by it.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:\n  ordinance opt-out add ./brookhaven --stream wifi-centre < addresses.txt\n  \
ordinance opt-out count ./brookhaven --stream wifi-centre")]
pub(crate) enum OptOut {
    /// Put identifiers on a stream's list: one a line on standard input, never on the command line.
    #[command(after_help = "Example:\n  ordinance opt-out add ./brookhaven --stream wifi-centre < addresses.txt")]
    Add(OptOutList),
    /// Take identifiers from a stream's list: one a line on standard input.
    #[command(after_help = "Example:\n  ordinance opt-out remove ./brookhaven --stream wifi-centre < addresses.txt")]
    Remove(OptOutList),
    /// Say how many are on a stream's list.
    #[command(after_help = "Example:\n  ordinance opt-out count ./brookhaven --stream wifi-centre")]
    Count(OptOutList),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct OptOutList {
    /// The city's folder. A node may be running.
    pub(crate) dir: PathBuf,
    /// The stream.
    #[arg(long)]
    pub(crate) stream: StreamId,
    /// Which identifier it is, if the stream tags several.
    #[arg(long)]
    pub(crate) property: Option<PropertyName>,
}

/// Write released data as a file: CSV, GeoJSON, Parquet or SQLite. Refused with exit status 3 and the norm's words.
///
/// The file has what the grant gives and no row more. Beside it lies `FILE.about.json`: the disclosure's number, record and
/// receipt, the minimum, the noise, and how many cells were withheld.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance export ./brookhaven --as mobility --purpose traffic-management --stream \
wifi-centre --format csv --out counts.csv\n  ordinance export https://sensors.brookhaven.example --as public --purpose \
air-quality --stream air --from 2026-06-01T00:00:00Z --format parquet --out air.parquet"
)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) asks: Asks,
    /// What to write.
    #[arg(long, value_enum)]
    pub(crate) format: FileFormat,
    /// The file.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Write over a file that is there.
    #[arg(long)]
    pub(crate) force: bool,
}

/// What `export` writes.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum FileFormat {
    /// Comma-separated values (RFC 4180), in UTF-8.
    Csv,
    /// GeoJSON (RFC 7946): cells as polygons, sensors as points.
    Geojson,
    /// Apache Parquet.
    Parquet,
    /// An SQLite database with a table `rows`.
    Sqlite,
}

// What is to be handed over as it is released, and to whom. No help text of its own: it would stand in place of the command's.
#[derive(Debug, ClapArgs)]
pub(crate) struct Wanted {
    /// Who gets it. At an address, whose token is sent; nobody's for `public`.
    #[arg(long = "as")]
    pub(crate) party: PartyId,
    /// What for.
    #[arg(long)]
    pub(crate) purpose: Purpose,
    /// Of which stream.
    #[arg(long)]
    pub(crate) stream: StreamId,
    /// Under which view; the granted one if not said.
    #[arg(long)]
    pub(crate) view: Option<ViewId>,
}

/// Watch what is released, as it is released: each window, or the new records, is a disclosure of its own with a receipt.
///
/// It goes on until the grant ends or you stop it. When the connection breaks it comes back where it left off. With `--json`
/// each event is one document on a line of its own.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  ordinance watch https://sensors.brookhaven.example --as mobility --purpose \
traffic-management --stream wifi-centre --token mobility.token\n  ordinance watch http://127.0.0.1:8080 --as public --purpose \
air-quality --stream air --after 2026-06-01T08:00:00Z --events 3 --json")]
pub(crate) struct Watch {
    /// The address of the city's node.
    pub(crate) city: String,
    #[command(flatten)]
    pub(crate) wanted: Wanted,
    /// Go on from an earlier event: the end of the last window that you have (RFC 3339). From now on if not said.
    #[arg(long)]
    pub(crate) after: Option<Timestamp>,
    /// End after so many events.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) events: Option<u64>,
    /// A file with the party's token.
    #[arg(long)]
    pub(crate) token: Option<PathBuf>,
    /// A file with the token of the senior party that authorised this.
    #[arg(long)]
    pub(crate) authorising_token: Option<PathBuf>,
}

/// Check a city's whole log: signature, every entry, every tile, every act; at the folder also what lies beside it.
///
/// At a folder it holds the journal, the sealed payloads and the disclosure records against the log, and reads every file
/// of the lake unless a node is running. Each layer in force is told of with where it comes from: what is said to be released has to be
/// shown by what is kept in `adopted/`. With `--released-only` anybody holds a city to norms that hubs released, for as long as it is there.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance verify https://sensors.brookhaven.example\n  ordinance verify ./brookhaven \
--key 'ordinance.brookhaven.example/log+8b7c…' --hub-key 'hub.alliance.example/log+…'\n  ordinance verify https://sensors.brookhaven.example \
--key 'ordinance.brookhaven.example/log+8b7c…' --since brookhaven.head\n  ordinance verify https://sensors.brookhaven.example \
--deployment air-quality\n  ordinance verify https://sensors.brookhaven.example --hub-key 'hub.alliance.example/log+…' --released-only"
)]
pub(crate) struct Verify {
    /// The city's folder, or the address of its node.
    pub(crate) city: String,
    /// The key that must have signed the log. Without it, the key in the log's first entry is taken: that proves that the
    /// log is whole, not whose it is.
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// An older checkpoint that the log must continue: a file you kept from an earlier check.
    #[arg(long)]
    pub(crate) continues: Option<PathBuf>,
    /// The key of a hub that released what this city runs, as it is published outside the hub; may be given several times. What is said
    /// to be released by that hub has to be under it. Without it, it is the key that the city's log itself names.
    #[arg(long = "hub-key", value_name = "VKEY")]
    pub(crate) hub_keys: Vec<String>,
    /// A folder with packs, or with folders of packs, that a released profile stands on; may be given several times.
    #[arg(long = "library", value_name = "DIR")]
    pub(crate) folders: Vec<PathBuf>,
    /// Also hold the city to this: in its whole log no adoption ever put a layer in force that is neither released by a hub nor the city's
    /// own (of the kind `city`). The first one that did is named, with what it says of itself: built in, unreleased and why, or nothing,
    /// where it is from before sources were written down. With `--hub-key` only what was released under one of the keys given counts;
    /// without it, by any hub that the log names, and the result names each.
    ///
    /// It shows what the log says, from its first entry to its last; that it is still the log of before is shown by `--since` or
    /// `--continues`. It does not show that a hub's log holds what is said of it: for the layers in force that is looked at in the city's
    /// folder, and from outside the entry is to be asked for in the hub's log. Nor does it judge what is the city's own: its layers, which can only forbid, and its permits.
    #[arg(long)]
    pub(crate) released_only: bool,
    /// Also check what the node serves about a deployment as data: it has to be what the log gives. Only at the address of a node.
    #[arg(long, value_name = "ID")]
    pub(crate) deployment: Option<model::DeploymentId>,
    /// Watch the log: it must continue the head in this file, which is then replaced by the newest that held. The file is
    /// written at the first check. Where two heads contradict each other, the evidence is written into `FILE.evidence`.
    #[arg(long, value_name = "FILE", conflicts_with = "continues", requires = "key")]
    pub(crate) since: Option<PathBuf>,
}

/// Read a city's log.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:\n  ordinance log show ./brookhaven\n  ordinance log show \
https://sensors.brookhaven.example --from 10 --limit 5 --json")]
pub(crate) enum Log {
    /// Show acts in words, oldest first.
    Show(LogShow),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance log show ./brookhaven --from 10 --limit 5")]
pub(crate) struct LogShow {
    /// The city's folder, or the address of its node.
    pub(crate) city: String,
    /// The first entry to show.
    #[arg(long, default_value_t = 0)]
    pub(crate) from: u64,
    /// How many entries to show.
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u64,
}

/// A whole city on this machine, from sensor to recipient: makes it, plays its sensors, shows what the rules did.
///
/// It stays up and prints the address of the public register, unless `--once`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  ordinance demo\n  ordinance demo --once --json\n  ordinance demo --wifi-csv \
position_1.csv.gz position_2.csv.gz")]
pub(crate) struct Demo {
    /// The demo city's folder. A city that is there from an earlier demo is replaced; anything else is left alone.
    #[arg(long, default_value = "demo-city")]
    pub(crate) dir: PathBuf,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) listen: std::net::SocketAddr,
    /// The seed of the generated data: the same seed, the same city.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many days to play.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=31))]
    pub(crate) days: u32,
    /// End when the data is played; the status is 0 only if every check held.
    #[arg(long)]
    pub(crate) once: bool,
    /// Recorded Wi-Fi probe requests (`;`-separated, with `datetime`, `src`, `rssi`, `ssid`, `randomized`) in place of
    /// generated ones. A name with `position_N` is played at receiver N.
    #[arg(long, num_args = 1.., value_name = "FILE")]
    pub(crate) wifi_csv: Vec<PathBuf>,
    /// Recorded number plates (`,`-separated, with `time`, `plate`, and optionally `device`, `class`) in place of
    /// generated ones.
    #[arg(long, value_name = "FILE")]
    pub(crate) anpr_csv: Option<PathBuf>,
}

/// Measure the governed path against the ungoverned one on this machine.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance bench\n  ordinance bench --records 200000 --dir /mnt/disk/bench-city --json"
)]
pub(crate) struct Bench {
    /// How many Wi-Fi observations to play.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) records: u64,
    /// Where to write; a folder on the disk to be measured.
    #[arg(long, default_value = "bench-city")]
    pub(crate) dir: PathBuf,
}

/// Measure what releases keep of real recordings, and what they cost of it.
///
/// Counts of devices are held against the people who were there and against the devices themselves, with and without noise;
/// trips between places against minimum counts and thresholds; numbers about nobody against what they were.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance utility --wifi position_1_2023-11-20.csv.gz\n  ordinance utility --wifi wifi/*.csv.gz --pairs moves_hr.csv --counts hourly_counts.csv.gz --air hourly.csv.gz --json"
)]
pub(crate) struct Utility {
    /// Probe requests (`;`-separated, with `datetime`, `src`, `occupancy`); gzip is read as is.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) wifi: Vec<PathBuf>,
    /// Trips between pairs of places by the hour (`,`-separated, with `ID`, `hour`, `total`).
    #[arg(long, value_name = "FILE")]
    pub(crate) pairs: Option<PathBuf>,
    /// Counts by the hour, a column for each place, after `date`, `hour`, `year`.
    #[arg(long, value_name = "FILE")]
    pub(crate) counts: Option<PathBuf>,
    /// Measurements of the air by the hour, a column for each substance, after `date`, `ws`, `wd`.
    #[arg(long, value_name = "FILE")]
    pub(crate) air: Option<PathBuf>,
    /// The fewest devices behind a number.
    #[arg(long, default_value_t = 10)]
    pub(crate) minimum: u32,
    /// What all hours of a day may cost a device, ρ of zero-concentrated differential privacy.
    #[arg(long, default_value = "0.5")]
    pub(crate) budget: Rho,
}

/// Write the manual pages into a folder.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance man ./man && man -l ./man/ordinance.1\n  ordinance man /usr/local/share/man/man1"
)]
pub(crate) struct Man {
    /// The folder.
    pub(crate) dir: PathBuf,
}
