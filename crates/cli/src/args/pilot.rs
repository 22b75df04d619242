//! `ordinance pilot …`, declared.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use model::Timestamp;

use super::framework::Shelf;

/// The longest name of a live pilot, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// Try a draft of a standard on a city's recorded history before anybody adopts it. Nothing is changed by it.
///
/// A log says what was done and how things stood, so that other policies can be asked the same: which acts, collections and
/// disclosures they would have allowed, refused or allowed otherwise, what would stop and from when, what it would cost in work.
/// Exit status: 0 done, 1 failed, 64 bad input.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance pilot run https://sensors.brookhaven.example --draft ./draft\n  ordinance pilot \
run ./brookhaven --draft amsterdam --public"
)]
pub(crate) struct Pilot {
    #[command(subcommand)]
    pub(crate) command: PilotCommand,
    #[command(flatten)]
    pub(crate) shelf: Shelf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PilotCommand {
    Run(Run),
    Begin(Begin),
    Look(Look),
    End(End),
}

/// Replay a city's history under a draft.
///
/// At an address, and at a folder of a log's public files, the report says what anybody can work out. At a city's own folder each
/// disclosure record is asked as well, after the journal was held against the log; `--public` leaves in it what may leave the city.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance pilot run https://sensors.brookhaven.example --draft ./draft --json\n  ordinance \
pilot run ./brookhaven --draft amsterdam\n  ordinance pilot run ./brookhaven --draft https://hub.alliance.example/drafts/core\n  ordinance pilot run ./brookhaven --draft amsterdam --public --minutes office.toml\n\nA \
file of minutes:\n  source = \"the privacy office, 2026\"\n  other = 20\n  [minutes]\n  \"evidence/notice\" = 45\n  assessed = 900"
)]
pub(crate) struct Run {
    /// The city's folder, a folder of its log's public files, or the address of its node.
    pub(crate) city: String,
    /// The draft: a pack by id, URN or folder, or a hub's address of it, `https://…/drafts/ID`. It is tried with all it stands on.
    #[arg(long, value_name = "PACK")]
    pub(crate) draft: String,
    /// Addresses besides the open internet that a hub may be at: one, or a range such as 10.20.0.0/16.
    #[arg(long, value_delimiter = ',', value_name = "ADDRESSES")]
    pub(crate) allow: Vec<node::Allowed>,
    /// At a city's folder: read its public log alone, as somebody outside would.
    #[arg(long, conflicts_with = "public")]
    pub(crate) outside: bool,
    /// At a city's folder: leave in the report only what may be handed out.
    #[arg(long)]
    pub(crate) public: bool,
    /// With `--public`: the fewest disclosures of a part that is told, 10 at least.
    #[arg(long, requires = "public", default_value_t = hub::pilot::MINIMUM)]
    pub(crate) minimum: u64,
    /// How long work takes, as a TOML file says: `source`, `other` and a table `minutes` by what is done.
    #[arg(long, value_name = "FILE")]
    pub(crate) minutes: Option<PathBuf>,
    /// The key that must have signed the log. Without it, the key in the log's first entry is taken.
    #[arg(long)]
    pub(crate) key: Option<String>,
}

/// Begin a live pilot in shadow: from now on a draft decides beside the city, what it says is kept, and nothing is blocked.
///
/// A shadow only reads what the city's log and its records of disclosures say was done. The draft is kept whole in the city's
/// folder, in `pilots/`, so that what is tried stays the same while the draft is written on.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  ordinance pilot begin ./brookhaven --name autumn --draft ./draft --until \
2026-12-01T00:00:00Z\n  ordinance pilot begin ./brookhaven --name autumn --draft ./draft --until 2026-12-01T00:00:00Z --milestone \
'2026-10-01T00:00:00Z=Hear the departments' --indicator streams-stopped=0 --indicator work-minutes=2000")]
pub(crate) struct Begin {
    /// The city's folder. Its node may run meanwhile.
    pub(crate) dir: PathBuf,
    /// What to call it: small letters, digits and hyphens; never given twice.
    #[arg(long)]
    pub(crate) name: PilotName,
    /// The draft: a pack by id, URN or folder, or a hub's address of it, `https://…/drafts/ID`.
    #[arg(long, value_name = "PACK")]
    pub(crate) draft: String,
    /// Addresses besides the open internet that a hub may be at: one, or a range such as 10.20.0.0/16.
    #[arg(long, value_delimiter = ',', value_name = "ADDRESSES")]
    pub(crate) allow: Vec<node::Allowed>,
    /// Until when it is to run (RFC 3339). What happens afterwards is not counted.
    #[arg(long)]
    pub(crate) until: Timestamp,
    /// What is to be looked at by a day, as `DAY=WORDS`; may be given several times.
    #[arg(long = "milestone", value_name = "DAY=WORDS")]
    pub(crate) milestones: Vec<String>,
    /// A figure and the most that it may be, as `FIGURE=MOST`; may be given several times. Figures are acts-refused,
    /// streams-stopped, grants-stopped, disclosures-refused and work-minutes.
    #[arg(long = "indicator", value_name = "FIGURE=MOST")]
    pub(crate) indicators: Vec<String>,
}

/// See what a live pilot would have refused so far, and keep what it says of what is new. Asked every day, by a timer for
/// instance, it keeps a line for each act under the day's log.
///
/// What happens after the instant until which it was to run is not counted. Where something is not known or withheld, an indicator is not
/// said to be within its bound. Of a pilot that ended its last look is shown, as it was kept.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance pilot look ./brookhaven --name autumn\n  ordinance pilot look ./brookhaven --name \
autumn --public --json"
)]
pub(crate) struct Look {
    /// The city's folder. Its node may run meanwhile.
    pub(crate) dir: PathBuf,
    /// Which.
    #[arg(long)]
    pub(crate) name: PilotName,
    /// Leave in the report only what may be handed out.
    #[arg(long)]
    pub(crate) public: bool,
    /// With `--public`: the fewest disclosures of a part that is told, 10 at least.
    #[arg(long, requires = "public", default_value_t = hub::pilot::MINIMUM)]
    pub(crate) minimum: u64,
    /// How long work takes, as a TOML file says; see `ordinance pilot run --help`.
    #[arg(long, value_name = "FILE")]
    pub(crate) minutes: Option<PathBuf>,
}

/// End a live pilot with what is to become of the draft, and why. Its last look, report and indicators, is kept with it, and
/// `ordinance pilot look` shows it from then on.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  ordinance pilot end ./brookhaven --name autumn --outcome revise --because 'Two departments \
had no time for the notices.'"
)]
pub(crate) struct End {
    /// The city's folder. Its node may run meanwhile.
    pub(crate) dir: PathBuf,
    /// Which.
    #[arg(long)]
    pub(crate) name: PilotName,
    /// What is to become of the draft.
    #[arg(long, value_enum)]
    pub(crate) outcome: Outcome,
    /// How long work takes, as a TOML file says; see `ordinance pilot run --help`.
    #[arg(long, value_name = "FILE")]
    pub(crate) minutes: Option<PathBuf>,
    /// Why, in words.
    #[arg(long)]
    pub(crate) because: String,
}

/// What is to become of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Outcome {
    /// Adopt it as it is.
    Adopt,
    /// Change it and try it again.
    Revise,
    /// Give it up.
    Drop,
}

/// The name of a live pilot, which is that of its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PilotName(String);

impl PilotName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for PilotName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.len() > NAME_BYTES_MAX || !text.chars().all(fits) {
            return Err(format!("a name has 1 to {NAME_BYTES_MAX} small letters, digits and hyphens"));
        }
        Ok(Self(text.to_owned()))
    }
}
