//! The arguments of `ordinance hub`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args as ClapArgs, Subcommand};
use hub::words::{MemberId, PersonId, Reasons, Title};
use model::Span;

/// The alliance's hub: standards are co-designed, released and adopted; everything in a public log of its own.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  ordinance hub init ./alliance --name 'Cities Alliance' --origin hub.alliance.example/log\n  ordinance hub \
members import ./alliance members.csv --by secretariat --reasons 'the assembly of 3 March'\n  ordinance hub serve ./alliance"
)]
pub(crate) enum Hub {
    Init(Init),
    Serve(Serve),
    Token(Token),
    Do(Do),
    #[command(subcommand)]
    Members(Members),
    Land(Land),
    #[command(flatten)]
    Public(super::hub_mirror::HubPublic),
}

/// Begin a hub in an empty folder.
///
/// Makes the log's signing key and founds the hub, with a first person who speaks for the secretariat.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  ordinance hub init ./alliance --name 'Cities Alliance' --origin hub.alliance.example/log --json"
)]
pub(crate) struct Init {
    /// The hub's folder; made if it is not there.
    pub(crate) dir: PathBuf,
    /// The alliance's name.
    #[arg(long, default_value = "My Alliance")]
    pub(crate) name: Title,
    /// The log's origin: an address without `https://` that the alliance owns. It can never change.
    #[arg(long, default_value = "localhost/hub")]
    pub(crate) origin: String,
    /// The id of the member that keeps the secretariat.
    #[arg(long, default_value = "secretariat")]
    pub(crate) member: MemberId,
    /// The id of the first person, who speaks for it: an office, not a name.
    #[arg(long, default_value = "secretariat")]
    pub(crate) person: PersonId,
}

/// Run a hub: its pages, its log, its feeds.
///
/// It also looks at every log that it mirrors, as `ordinance hub look` does, on a thread that no page waits for. `/mirrors` says when it
/// looked last and how many logs could not be read.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance hub serve ./alliance --listen 127.0.0.1:8090\n  ordinance hub serve ./alliance --look-every 6h\n  \
ordinance hub serve ./alliance --look-every never"
)]
pub(crate) struct Serve {
    /// The hub's folder.
    pub(crate) dir: PathBuf,
    /// Where to listen. Put a web server with TLS in front for anything but loopback; it has to pass on the host that was asked.
    #[arg(long, default_value = "127.0.0.1:8090")]
    pub(crate) listen: SocketAddr,
    /// Seconds between publications of the log.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) tick: u64,
    /// How often the mirrored logs are looked at: 1d, 6h, 30m, a minute at least; `never` leaves it to `ordinance hub look`.
    #[arg(long, default_value = "1d", value_name = "DURATION")]
    pub(crate) look_every: LookEvery,
    /// Addresses besides the open internet that logs may be at: one, or a range such as 10.20.0.0/16.
    #[arg(long, value_delimiter = ',', value_name = "ADDRESSES")]
    pub(crate) allow: Vec<node::Allowed>,
    /// How many logs are looked at side by side.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) look_threads: u16,
    /// The most that all mirrors together may take on the disk, in bytes. Once half of it is taken, of each city only an equal part of the
    /// other half is kept; what is not kept is told.
    #[arg(long, default_value_t = hub::mirror::MIRRORS_BYTES_MAX, value_name = "BYTES")]
    pub(crate) mirrors_bytes: u64,
}

/// How often something is looked at elsewhere; none if it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LookEvery(pub(crate) Option<Span>);

impl FromStr for LookEvery {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if matches!(text, "never" | "0") {
            return Ok(Self(None));
        }
        match text.parse::<Span>() {
            Ok(every) if every.as_seconds() >= 60 => Ok(Self(Some(every))),
            Ok(_) => Err("it is looked once a minute at most".to_owned()),
            Err(_) => Err("it is a time such as 1d, 6h or 30m, or `never`".to_owned()),
        }
    }
}

/// Issue a token to a person who speaks for a member. It is shown once; the hub keeps only its hash.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  ordinance hub token ./alliance --person mayor-of-x --reasons 'asked for by the city on 3 March'"
)]
pub(crate) struct Token {
    /// The hub's folder.
    pub(crate) dir: PathBuf,
    /// Whose.
    #[arg(long)]
    pub(crate) person: PersonId,
    /// Who issues it.
    #[arg(long, default_value = "secretariat")]
    pub(crate) by: PersonId,
    /// Why, in words that stay in the log and name no private person.
    #[arg(long)]
    pub(crate) reasons: Reasons,
}

/// Do one thing, or several, in the name of a person: whatever the pages can do, from a file of JSON.
///
/// The file holds a command or a list of them, each as the hub's API takes it. At a list, the first that is refused ends it.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example, with `{\"do\":\"open-draft\",\"draft\":\"core\",\"title\":\"The core\",\"pack\":\"global-core\",\"reasons\":\"…\"}` in \
the file:\n  ordinance hub do ./alliance open-draft.json --by editor\n  ordinance hub do https://hub.alliance.example amend.json --token \
token.txt"
)]
pub(crate) struct Do {
    /// The hub's folder, or its address.
    pub(crate) hub: String,
    /// A file of JSON.
    pub(crate) file: PathBuf,
    /// In a folder: who does it.
    #[arg(long, default_value = "secretariat")]
    pub(crate) by: PersonId,
    /// At an address: a file with the person's token.
    #[arg(long)]
    pub(crate) token: Option<PathBuf>,
}

/// The members of an alliance.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Example:\n  ordinance hub members import ./alliance members.csv --by secretariat --reasons 'the assembly of 3 March'"
)]
pub(crate) enum Members {
    Import(Import),
}

/// Admit the members of a list.
///
/// The list is CSV with the columns `id,kind,name,country`. Every row is checked before anything is written, and all of it is one
/// transaction. Who is a member already, just so, is passed over, so that a list can be imported again. Residents stand in it without a
/// name.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance hub members import ./alliance members.csv --reasons 'the assembly of 3 March' --dry-run\n  \
ordinance hub members import ./alliance members.csv --reasons 'the assembly of 3 March' --json"
)]
pub(crate) struct Import {
    /// The hub's folder.
    pub(crate) dir: PathBuf,
    /// The list.
    pub(crate) file: PathBuf,
    /// Who admits them.
    #[arg(long, default_value = "secretariat")]
    pub(crate) by: PersonId,
    /// Why they are admitted, in words that stay in the log.
    #[arg(long)]
    pub(crate) reasons: Reasons,
    /// Check every row; admit nobody.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Put land under the hub's maps of the world.
///
/// The outlines are read from a file that you have, such as those of Natural Earth, which belong to everybody, and kept small in the
/// hub's folder. A hub that runs draws them from its next look on. No border between countries is drawn.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  ordinance hub land ./alliance ne_110m_land.geojson --attribution 'Made with Natural Earth'"
)]
pub(crate) struct Land {
    /// The hub's folder. The hub may run meanwhile.
    pub(crate) dir: PathBuf,
    /// Outlines of land as polygons, in GeoJSON.
    pub(crate) file: PathBuf,
    /// Whom to name beside each drawing.
    #[arg(long, value_name = "TEXT")]
    pub(crate) attribution: String,
}
