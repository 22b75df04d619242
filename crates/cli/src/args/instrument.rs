//! `ordinance instrument …`, declared.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use model::{DeploymentId, PartyId, Timestamp};

use super::framework::Shelf;

/// Assessments by questionnaire: begin, answer, check, sign. The last signature files the assessment in the city's log.
///
/// An instrument is a questionnaire of a pack: a pre-scan, a privacy impact assessment (`ordinance framework show global-core`
/// lists them). Answers lie in a TOML file that you edit by hand or with `set`; a draft is in no log. Exit status: 0 done or
/// complete, 1 not, 3 refused by a norm, 64 bad input.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance instrument begin ./brookhaven --deployment wifi --instrument \
global-core/pre-scan --out scan.toml")]
pub(crate) struct Instrument {
    #[command(subcommand)]
    pub(crate) command: InstrumentCommand,
    #[command(flatten)]
    pub(crate) shelf: Shelf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum InstrumentCommand {
    Begin(Begin),
    Show(Show),
    Set(Set),
    Check(Check),
    Sign(Sign),
    Migrate(Migrate),
}

/// Begin answers about a deployment; what the register knows is filled in.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  ordinance instrument begin ./brookhaven --deployment wifi --instrument \
global-core/pre-scan --out scan.toml\n  ordinance instrument begin https://sensors.brookhaven.example --deployment wifi \
--instrument global-core/privacy-impact --from scan.toml --out pia.toml")]
pub(crate) struct Begin {
    /// The city's folder, or the address of its node.
    pub(crate) city: String,
    /// The deployment that it is about.
    #[arg(long)]
    pub(crate) deployment: DeploymentId,
    /// The instrument, as `PACK/ID`.
    #[arg(long, value_name = "PACK/ID")]
    pub(crate) instrument: String,
    /// The file to write; must not be there.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Answers to another instrument about the same deployment, to fill in from; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Vec<PathBuf>,
}

/// Show what is asked, what is answered, what is missing, the scores, and what follows from it.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance instrument show scan.toml\n  ordinance instrument show scan.toml --city ./brookhaven \
--locale de"
)]
pub(crate) struct Show {
    /// The file with the answers.
    pub(crate) file: PathBuf,
    /// The city's folder or address, to hold the facts against what the register says now.
    #[arg(long)]
    pub(crate) city: Option<String>,
    /// The language.
    #[arg(long, default_value = "en")]
    pub(crate) locale: String,
}

/// Set answers: `question=answer`, `group/row/question=answer`. An empty answer takes it away.
///
/// Several options have commas between them. What does not fit its question is refused, and nothing is changed then.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  ordinance instrument set scan.toml change=new everyone=yes\n  ordinance instrument set \
pia.toml 'risk/followed/risk-what=Somebody is followed by the address of a phone.'"
)]
pub(crate) struct Set {
    /// The file with the answers.
    pub(crate) file: PathBuf,
    /// The answers.
    #[arg(required = true, value_name = "QUESTION=ANSWER")]
    pub(crate) answers: Vec<String>,
}

/// Check whether answers are complete: 0 if so, 1 if not, with what is missing.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance instrument check scan.toml --city ./brookhaven")]
pub(crate) struct Check {
    /// The file with the answers.
    pub(crate) file: PathBuf,
    /// The city's folder or address, to hold the facts against what the register says now.
    #[arg(long)]
    pub(crate) city: Option<String>,
}

/// Sign answers in a role. The last role of the instrument files the assessment in the city.
///
/// Roles sign in the instrument's order, and nobody who follows is the author. A signature stands for the answers as they
/// are: any change opens all of them again. Each is an act of its party in the log, which names the answers by their
/// fingerprint and says nothing of them; at an address it takes the party's token.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  ordinance instrument sign ./brookhaven scan.toml --by mobility --role author\n  \
ordinance instrument sign https://sensors.brookhaven.example scan.toml --by privacy-office --role privacy-officer --token \
privacy-office.token")]
pub(crate) struct Sign {
    /// The city's folder, or the address of its node.
    pub(crate) city: String,
    /// The file with the answers.
    pub(crate) file: PathBuf,
    /// The party that signs.
    #[arg(long)]
    pub(crate) by: PartyId,
    /// As what: `author`, `privacy-officer`, `approver` …
    #[arg(long)]
    pub(crate) role: String,
    /// For an address: a file with the party's token.
    #[arg(long)]
    pub(crate) token: Option<PathBuf>,
    /// With the last signature: the conclusion in words for residents, instead of the instrument's.
    #[arg(long)]
    pub(crate) summary: Option<String>,
    /// With the last signature: the day on which it is looked at again. Else what a question `review` says, or the end of
    /// the deployment.
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) review_by: Option<Timestamp>,
}

/// Carry answers over to the instrument's present edition and to what the register says now. Everybody signs again.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance instrument migrate ./brookhaven scan.toml")]
pub(crate) struct Migrate {
    /// The city's folder, or the address of its node.
    pub(crate) city: String,
    /// The file with the answers.
    pub(crate) file: PathBuf,
    /// Answers to another instrument about the same deployment, to fill in from; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Vec<PathBuf>,
}

/// A day such as `2027-11-01`.
fn day(text: &str) -> Result<Timestamp, String> {
    format!("{text}T00:00:00Z").parse().map_err(|_| "not a day such as 2027-11-01".to_owned())
}
