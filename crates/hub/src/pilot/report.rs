//! What a pilot by replay found: counts, first examples with their entries, what would stop, what it would cost, what it cannot say.
//!
//! The same log and the same draft give the same report, byte for byte. It is what is printed, what is noted and what a page is drawn from.

use model::{Digest, EvidenceKind, Timestamp};
use serde::{Deserialize, Serialize};

/// The most examples of one norm.
pub(super) const EXAMPLES_MAX: usize = 5;
/// The most flows that are named; the others are counted.
pub(super) const FLOWS_MAX: usize = 1_000;

/// A pilot's report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Which history was replayed, and which draft.
    pub seen: Seen,
    /// Acts that norms decide, by kind.
    pub acts: Vec<Line>,
    /// What stands against acts, the norm with the most first.
    pub against: Vec<ByNorm>,
    /// Streams that collected.
    pub streams: Kind,
    /// Grants under which something could leave.
    pub grants: Kind,
    /// Disclosures that were recorded, by what they are summed under.
    pub disclosures: Vec<Disclosure>,
    /// The draft's duties.
    pub duties: Vec<Duty>,
    /// What it would cost.
    pub work: Work,
    /// What this report cannot say, and why.
    pub limits: Vec<String>,
}

/// Which history, and which draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The log's origin.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root over them.
    pub root: String,
    /// When the first was made.
    pub from: Option<Timestamp>,
    /// When the last was made.
    pub to: Option<Timestamp>,
    /// Whether each disclosure record was asked by itself, at the city.
    pub inside: bool,
    /// The draft's name and version.
    pub draft: String,
    /// Its title.
    pub title: String,
    /// SHA-256 over what of it decides or counts time.
    pub digest: Digest,
    /// Its layers.
    pub layers: Vec<String>,
}

/// What the draft says of something that was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Allowed, as it was.
    pub allowed: u64,
    /// Refused, and allowed with a view that tells less.
    pub changed: u64,
    /// Refused.
    pub refused: u64,
    /// What the log does not tell.
    pub unknown: u64,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.allowed + self.changed + self.refused + self.unknown
    }
}

/// Acts of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// `deployment-approved/1` …
    pub kind: String,
    /// What the draft says of them.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What the draft says of one act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Allowed, as it was.
    Allowed,
    /// Refused, and allowed with a view that tells less.
    Changed,
    /// Refused.
    Refused,
}

/// One act and what the draft says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// Its entry.
    pub entry: u64,
    /// What the draft says.
    pub outcome: Outcome,
    /// The norms against it, by name; none where it is no norm that stands against it.
    pub against: Vec<String>,
}

/// One norm, and what it stands against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByNorm {
    /// The norm; none where something else than a norm stands against it.
    pub norm: Option<String>,
    /// The requirement that it executes.
    pub requirement: Option<String>,
    /// Its words.
    pub reason: String,
    /// How many acts it stands against.
    pub acts: u64,
    /// The first of them.
    pub examples: Vec<Example>,
}

/// One act that would not have been allowed as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// Its entry in the log.
    pub entry: u64,
    /// When it was done.
    pub at: Timestamp,
    /// Its kind.
    pub kind: String,
    /// What it was about.
    pub about: String,
    /// What would be allowed instead, in words.
    pub instead: Vec<String>,
}

/// Streams, or grants.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// How many flowed at some time.
    pub flowed: u64,
    /// How many of them would have stopped at some time.
    pub stopped: u64,
    /// How many depend on what the log does not tell, and stop for certain at no time.
    pub unknown: u64,
    /// Those that would have stopped, in order of their names; a thousand at most.
    pub stops: Vec<Flow>,
}

/// Something that would have stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// The stream or grant.
    pub name: String,
    /// To whom a grant is; none for a stream.
    pub to: Option<String>,
    /// What stops it first.
    pub first: Stop,
    /// For how long in all, in whole minutes, it flowed and would not have.
    pub minutes: u64,
    /// For how long in all it flowed, in whole minutes.
    pub of_minutes: u64,
    /// Whether it would still stand still at the log's end.
    pub at_the_end: bool,
    /// What would be allowed instead, in words: views that tell less.
    pub instead: Vec<String>,
}

/// From when on, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// The entry after which.
    pub entry: u64,
    /// From when on.
    pub at: Timestamp,
    /// Why, in the norms' words.
    pub why: String,
}

/// Disclosures under the same terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosure {
    /// To whom.
    pub recipient: String,
    /// What for.
    pub purpose: String,
    /// Of which stream.
    pub stream: String,
    /// Under which view.
    pub view: String,
    /// How many there were.
    pub total: u64,
    /// What the draft says of them; none where saying it would tell of few.
    pub counts: Option<Counts>,
    /// Why the first that is refused would be.
    pub why: Option<String>,
}

/// One of the draft's duties, had it been owed all the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// Which.
    pub duty: String,
    /// The requirement that it executes.
    pub requirement: String,
    /// What does it: `evidence/notice`, `assessed` …
    pub done_by: String,
    /// How often its clock ran.
    pub runs: u64,
    /// Done in time.
    pub in_time: u64,
    /// Done too late.
    pub late: u64,
    /// Never done, and over.
    pub missing: u64,
    /// Still waiting at the log's end.
    pub waiting: u64,
    /// How many deployments it would have stopped, because of silence.
    pub stops: u64,
    /// What one of it costs, in minutes.
    pub minutes_each: u32,
    /// The first that were missed: what they are about, and since when.
    pub examples: Vec<String>,
}

/// A paper that the draft's norms ask for and that was not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// Its kind.
    pub kind: String,
    /// For how many things it is missing.
    pub missing: u64,
    /// What one of it costs, in minutes.
    pub minutes_each: u32,
}

/// What it would cost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Minutes for what duties asked and nobody did.
    pub duties_minutes: u64,
    /// Minutes for papers that norms ask for and no duty.
    pub papers_minutes: u64,
    /// Those papers.
    pub papers: Vec<Paper>,
    /// Where the minutes come from.
    pub source: String,
}

impl Work {
    /// In all.
    #[must_use]
    pub const fn minutes(&self) -> u64 {
        self.duties_minutes + self.papers_minutes
    }
}

/// A paper, by its kind's name.
pub(super) fn kind_of(paper: &str) -> Option<EvidenceKind> {
    paper.parse().ok()
}
