//! `ordinance framework …` and what goes with it, declared.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use model::{PartyId, Timestamp};

/// How long a hub may take for one answer, in seconds, where nobody says otherwise.
pub(crate) const HUB_PATIENCE: u32 = 60;

/// Where packs are found besides those that come with this software.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Shelf {
    /// A folder with a pack, or with folders of packs; may be given several times.
    #[arg(long = "library", value_name = "DIR", global = true)]
    pub(crate) folders: Vec<PathBuf>,
    /// A verifier key (C2SP vkey) whose signature on a pack counts; may be given several times.
    #[arg(long = "trust", value_name = "VKEY", global = true)]
    pub(crate) keys: Vec<String>,
}

/// Standards and profiles: read, check, test, tailor, prove, exchange.
///
/// A standard is a pack: requirements with their sources, norms that execute them, clocks, questionnaires and tests. A
/// profile stands on a standard and makes it stricter for a country or a city. The format is in docs/framework.md.
/// Exit status: 0 holds, 1 fails, 2 unknown or no solver, 64 bad input.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  ordinance framework list\n  ordinance framework test germany")]
pub(crate) struct Framework {
    #[command(subcommand)]
    pub(crate) command: FrameworkCommand,
    #[command(flatten)]
    pub(crate) shelf: Shelf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FrameworkCommand {
    List(List),
    Show(Show),
    Check(Check),
    Test(Test),
    Diff(Diff),
    Prove(Prove),
    Export(Export),
    Import(Import),
    New(New),
    Sign(Sign),
}

/// List the packs at hand, with what executes their requirements.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance framework list")]
pub(crate) struct List {}

/// Show a pack, one requirement of it with its sources, values, norms and clocks, or one of its instruments.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance framework show global-core\n  ordinance framework show amsterdam core-21 --locale de\n  \
ordinance framework show global-core --instrument pre-scan"
)]
pub(crate) struct Show {
    /// A pack: its id, its URN, or a folder.
    pub(crate) pack: String,
    /// One requirement, with the values in force in the pack's stack.
    pub(crate) requirement: Option<String>,
    /// One instrument: what it asks, when, and what follows from the answers.
    #[arg(long, value_name = "ID", conflicts_with = "requirement")]
    pub(crate) instrument: Option<String>,
    /// The language.
    #[arg(long, default_value = "en")]
    pub(crate) locale: String,
}

/// Check a pack: its format, its stack, that its norms fit the schema and, with a solver, that none can err or does nothing.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance framework check ./my-pack\n  ordinance framework check ./my-pack --signed --trust \
'standards.example+…'\n  ordinance framework check global-core --prove"
)]
pub(crate) struct Check {
    /// A pack: its id, its URN, or a folder.
    pub(crate) pack: String,
    /// Refuse it unless a trusted key signed it.
    #[arg(long)]
    pub(crate) signed: bool,
    /// Ask the solver whether a norm can err, or forbids nothing.
    #[arg(long)]
    pub(crate) prove: bool,
}

/// Run the tests that packs bring along, of norms and of clocks.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  ordinance framework test\n  ordinance framework test germany --mutate")]
pub(crate) struct Test {
    /// The packs; all at hand if none is named.
    pub(crate) packs: Vec<String>,
    /// Also weaken each norm in every way known, and name the changes that no test noticed.
    #[arg(long)]
    pub(crate) mutate: bool,
}

/// Say what one version of a standard, or of a city's policies, newly allows and newly refuses against another.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance framework diff ./core-0.1 ./core-0.2")]
pub(crate) struct Diff {
    /// The earlier: a pack, a folder of Cedar files, or a city's folder or address.
    pub(crate) before: String,
    /// The later.
    pub(crate) after: String,
    #[command(flatten)]
    pub(crate) solver: Solver,
}

/// How the solver is used.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Solver {
    /// How many solvers run at once; one a core unless said.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) workers: Option<u16>,
    /// Seconds for one question.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) limit: u64,
}

/// Prove that a city's rules are at least as strict as a standard, or show what they allow although a norm forbids it.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance framework prove ./brookhaven --against amsterdam\n  ordinance framework prove \
./policies --against global-core --json\n  ordinance framework prove https://ordinance.brookhaven.example --against global-core"
)]
pub(crate) struct Prove {
    /// A folder of Cedar files (permits and forbids), a city's folder or address, or a pack.
    pub(crate) city: String,
    /// The standard: a pack with all it stands on.
    #[arg(long)]
    pub(crate) against: String,
    #[command(flatten)]
    pub(crate) solver: Solver,
}

/// Forms that packs are exchanged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// NIST OSCAL 1.2.1 in JSON: a catalogue for each pack of the stack, a profile, and how parameters were tightened.
    Oscal,
}

/// Write a pack and what it stands on for other tools.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance framework export amsterdam ./oscal\n  ordinance framework export amsterdam ./oscal --prove"
)]
pub(crate) struct Export {
    /// A pack.
    pub(crate) pack: String,
    /// The folder to write to; made if it is not there.
    pub(crate) to: PathBuf,
    /// The form.
    #[arg(long, value_enum, default_value_t = Form::Oscal)]
    pub(crate) form: Form,
    /// The instant that stands in the documents, so that two exports can be the same; now unless said.
    #[arg(long)]
    pub(crate) at: Option<Timestamp>,
    /// Ask the solver how the norms of a profile stand to those of what it stands on, and write that into the mapping.
    #[arg(long)]
    pub(crate) prove: bool,
    #[command(flatten)]
    pub(crate) solver: Solver,
}

/// Make a pack out of an OSCAL catalogue or profile of anybody's, with a list of what could not be carried over.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance framework import ./moderate-profile.json ./my-pack --id moderate")]
pub(crate) struct Import {
    /// The catalogue, or the profile; what a profile imports is looked for beside it.
    pub(crate) file: PathBuf,
    /// The folder of the new pack; must not be there.
    pub(crate) to: PathBuf,
    /// The new pack's id.
    #[arg(long)]
    pub(crate) id: String,
}

/// Begin a pack in a new folder.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance framework new ./my-pack")]
pub(crate) struct New {
    /// The folder; must not be there.
    pub(crate) dir: PathBuf,
}

/// Sign a pack with a key of a log, as `init` makes one.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance framework sign ./my-pack --key ./hub/keys/log.key")]
pub(crate) struct Sign {
    /// The pack's folder.
    pub(crate) dir: PathBuf,
    /// The file with the signing key.
    #[arg(long)]
    pub(crate) key: PathBuf,
}

/// How what a hub released is taken: under which key, from where, and in which time.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Taking {
    /// The hub's key, as it is published outside the hub. Asked for once; afterwards the city knows it. A release that is kept in `adopted/`
    /// speaks for a layer that comes back only under the key that the log names or that is given.
    #[arg(long, value_name = "VKEY")]
    pub(crate) hub_key: Option<String>,
    /// The hub's address, where a release is taken from a file.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) hub: Option<String>,
    /// How long a hub may take for one answer, in seconds; its whole log may take ten times as long. What does not come in time is
    /// adopted by nobody, and stands unasked in a check.
    #[arg(long, value_name = "SECONDS", default_value_t = HUB_PATIENCE, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) patience: u32,
}

/// Put a standard and its profiles in force in a city, beside the city's own permits.
///
/// A layer of the same name gives way to the one that is adopted, and every other layer in force stays, so that a city under a profile
/// keeps it when the core goes on. What is replaced, added and kept is told. Only `--drop` leaves a layer out, by the founder and with the
/// city's own reason. A pilot puts a draft over what is in force in the same way.
///
/// With `--dry-run` it shows first which streams and grants the new norms would stop, and which would begin to flow. What a hub released
/// is verified whole, its entry, the proof that it is in the hub's log, the signatures and the pack, before anything is written; the city
/// keeps all of it in `adopted/`, and the act says which entry it was.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance adopt ./brookhaven amsterdam --by city --dry-run\n  ordinance adopt ./brookhaven \
amsterdam --by city --reason 'the council of 3 March'\n  ordinance adopt https://ordinance.brookhaven.example amsterdam --by city --tokens tokens.toml --dry-run\n  ordinance adopt ./brookhaven https://hub.alliance.example/versions/57/release.json \
--hub-key 'hub.alliance.example/log+…' --by city\n  ordinance adopt ./brookhaven global-core --by city --drop amsterdam --reason 'the council \
left the pilot'\n  ordinance adopt ./brookhaven --check"
)]
pub(crate) struct Adopt {
    /// The city's folder, or its address.
    pub(crate) city: String,
    /// The pack; it comes with all it stands on. Or a version that a hub released: its `release.json`, as a file or an address.
    #[arg(required_unless_present = "check")]
    pub(crate) pack: Option<String>,
    /// The party that adopts.
    #[arg(long, required_unless_present = "check")]
    pub(crate) by: Option<PartyId>,
    #[command(flatten)]
    pub(crate) taking: Taking,
    /// Adopt nothing: read the log of each hub that this city adopted from, and tell whether what is in force was withdrawn or
    /// corrected since. Fails if it was.
    #[arg(long, conflicts_with_all = ["pack", "by", "permits", "dry_run", "reason", "unreleased", "drop"])]
    pub(crate) check: bool,
    /// A layer in force that is left out, by its name; may be given several times. It is the founder's to do, and needs `--reason`.
    #[arg(long, value_name = "LAYER", requires = "reason")]
    pub(crate) drop: Vec<String>,
    /// Why, in words that residents will read.
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// Why a layer is adopted that neither a hub released nor this software carries, in words that residents will read. Without it,
    /// such a layer is refused; the city's own needs `--reason` alone. At most 600 characters, as they stand with each such layer.
    #[arg(long, value_name = "REASON")]
    pub(crate) unreleased: Option<String>,
    /// A Cedar file with the city's permits; those in force stay unless said.
    #[arg(long)]
    pub(crate) permits: Option<PathBuf>,
    /// Show what it would stop and start; change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Also show by proof what this city would newly allow and newly refuse, whatever is asked of it. Needs a solver, and minutes.
    #[arg(long)]
    pub(crate) prove: bool,
    /// At an address: a TOML file with the token of each acting party: `city = "…"`.
    #[arg(long)]
    pub(crate) tokens: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) shelf: Shelf,
}

/// Assess a city against a standard: every requirement met, not met with the acts that show it, attested until when, not
/// applicable and why; and the Alliance's benchmark, counted from the log.
///
/// The register is folded from the public log, so that anybody can assess a city from outside. The standard need not be
/// the one that the city adopted. Exit status: 0 nothing is not met, 1 something is not, 64 bad input.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance assess ./brookhaven\n  ordinance assess https://sensors.brookhaven.example --against \
amsterdam\n  ordinance assess ./brookhaven --against eu-data-protection --oscal results.json --json"
)]
pub(crate) struct Assess {
    /// The city's folder, or the address of its node.
    pub(crate) city: String,
    /// The standard: a pack with all it stands on. If not said, the narrowest layer in force that is a pack at hand.
    #[arg(long)]
    pub(crate) against: Option<String>,
    /// Also write NIST OSCAL 1.2.1 assessment results to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) oscal: Option<PathBuf>,
    /// The key that must have signed the log. Without it, the key in the log's first entry is taken.
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// The instant to assess for (RFC 3339), not before the log's last entry; now unless said. A later one shows what will
    /// have ended or fallen due.
    #[arg(long)]
    pub(crate) at: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) shelf: Shelf,
}
