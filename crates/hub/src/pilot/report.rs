//! The report of a replay: counts, the first examples, and what a public log cannot tell.

use std::collections::BTreeMap;

use model::Timestamp;
use serde::Serialize;

use super::duties::DutyCost;
use super::flows::Flow;
use super::given::Given;
use super::{Judged, Verdict};

/// The most examples in a report.
pub const EXAMPLES_MAX: usize = 20;

/// What every report says of itself.
pub const LIMITS: [&str; 6] = [
    "Each act is decided as if everything before it had happened as recorded: what would have been done instead, and what would \
     then have followed, is in no log.",
    "What the city refused is in no log, so that nothing is said of what the draft would allow beyond what was done.",
    "A public log does not tell how old the data of a disclosure were, or whether a senior party authorised it; what depends on \
     these is counted as open.",
    "What is sealed is not read: contacts, and the lists of orders.",
    "Streams are asked about when they were let collect, and at the end; not at every observation.",
    "Minutes of work are an assumption of whoever asked.",
];

/// How many acts of a kind met what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct KindCount {
    /// They would have been done.
    pub allowed: u64,
    /// They would have been refused.
    pub refused: u64,
    /// They would have been allowed with less.
    pub changed: u64,
    /// Norms do not decide them.
    pub not_asked: u64,
}

/// An act that would not have been done as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The entry.
    pub entry: u64,
    /// When.
    pub at: Timestamp,
    /// `deployment-proposed/1` …
    pub kind: String,
    /// Whether it would have been allowed with less.
    pub changed: bool,
    /// Why, in the norms' words.
    pub why: String,
}

impl From<Judged> for Example {
    fn from(judged: Judged) -> Self {
        let (changed, why) = match judged.verdict {
            Verdict::Changed { why } => (true, why),
            Verdict::Refused { why } => (false, why),
            Verdict::Allowed => (false, String::new()),
        };
        Self { entry: judged.entry, at: judged.at, kind: judged.kind.to_owned(), changed, why }
    }
}

/// What a draft would have meant for one city.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The city's name.
    pub city: String,
    /// Its log.
    pub origin: String,
    /// The layers that were tried.
    pub draft: Vec<String>,
    /// How many entries were replayed.
    pub size: u64,
    /// As of when.
    pub at: Timestamp,
    /// Acts by kind.
    pub acts: BTreeMap<String, KindCount>,
    /// The first acts that would not have been done as they were.
    pub examples: Vec<Example>,
    /// What collected.
    pub flows: Vec<Flow>,
    /// What was handed over.
    pub disclosures: Given,
    /// What duties would have cost.
    pub duties: Vec<DutyCost>,
    /// What this does not tell.
    pub limits: Vec<String>,
}

impl Report {
    /// All acts together.
    #[must_use]
    pub fn total(&self) -> KindCount {
        self.acts.values().fold(KindCount::default(), |sum, one| KindCount {
            allowed: sum.allowed + one.allowed,
            refused: sum.refused + one.refused,
            changed: sum.changed + one.changed,
            not_asked: sum.not_asked + one.not_asked,
        })
    }

    /// Minutes of work of what would be new.
    #[must_use]
    pub fn new_minutes(&self) -> u64 {
        self.duties.iter().filter(|duty| duty.new).map(|duty| duty.minutes).sum()
    }
}
