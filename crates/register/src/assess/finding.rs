//! What an assessment says: one finding for each requirement, and the answers to the benchmark.
//!
//! Plain values. That a requirement has exactly one status is the type's doing; which one is decided beside it.

use std::collections::BTreeMap;

use model::{RequirementId, Subject, Timestamp};
use serde::Serialize;
use standards::requirement::Kind;

use super::benchmark::Answer;

/// The most cases of one requirement that are listed; the others are counted.
pub const CASES_MAX: usize = 20;
/// The most entries of the log that are named for one case or finding.
pub const ENTRIES_MAX: usize = 5;

/// A city, requirement by requirement.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CityAssessment {
    /// The city's name.
    pub city: String,
    /// The origin of its log.
    pub origin: String,
    /// How many entries were folded.
    pub size: u64,
    /// The instant for which it holds.
    pub at: Timestamp,
    /// The standard, by the narrowest pack of its stack.
    pub against: String,
    /// What must stand on it.
    pub notice: String,
    /// One for each requirement, by id.
    pub findings: Vec<Finding>,
    /// The Alliance's questions, answered from the log.
    pub benchmark: Vec<Answer>,
}

/// What was found of one requirement.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// Which.
    pub requirement: RequirementId,
    /// Its title.
    pub title: String,
    /// The model policy it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The pack that declares it.
    pub pack: String,
    /// When and how it bites.
    pub kind: Kind,
    /// What was found.
    #[serde(flatten)]
    pub status: Status,
}

/// Where a city stands to one requirement.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "status")]
pub enum Status {
    /// Everything that it asks about is as it should be.
    Met {
        /// Entries that show it, the newest.
        entries: Vec<u64>,
    },
    /// Something is not.
    NotMet {
        /// Of how many things.
        total: u64,
        /// The first of them.
        cases: Vec<Case>,
    },
    /// Somebody's word stands that it is so.
    AttestedUntil {
        /// The earliest date on which one of these words ends; none where none has an end.
        until: Option<Timestamp>,
        /// Entries that show it, the newest.
        entries: Vec<u64>,
    },
    /// Nothing in the register is concerned, or it does not bind now.
    NotApplicable {
        /// Why.
        why: String,
    },
    /// Nothing executes it: people read it.
    TextOnly {
        /// Why nothing does.
        why: String,
    },
}

impl Status {
    /// Every status in words, in the order in which they are told.
    pub const WORDS: [&'static str; 5] = ["not met", "attested", "met", "not applicable", "text only"];

    /// The status in words, one of [`Self::WORDS`].
    #[must_use]
    pub const fn words(&self) -> &'static str {
        match self {
            Self::NotMet { .. } => "not met",
            Self::AttestedUntil { .. } => "attested",
            Self::Met { .. } => "met",
            Self::NotApplicable { .. } => "not applicable",
            Self::TextOnly { .. } => "text only",
        }
    }
}

/// One thing of which a requirement is not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    /// The city, a deployment or a device.
    pub subject: Subject,
    /// Why, in words.
    pub why: String,
    /// Entries that show it, the newest.
    pub entries: Vec<u64>,
}

impl CityAssessment {
    /// What is not met.
    pub fn not_met(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| matches!(finding.status, Status::NotMet { .. }))
    }

    /// How many findings have which status, by model policy; under an empty name those that belong to none.
    #[must_use]
    pub fn by_policy(&self) -> BTreeMap<&str, BTreeMap<&'static str, usize>> {
        let mut counts: BTreeMap<&str, BTreeMap<&'static str, usize>> = BTreeMap::new();
        for finding in &self.findings {
            let policy = counts.entry(finding.policy.as_deref().unwrap_or_default()).or_default();
            *policy.entry(finding.status.words()).or_default() += 1;
        }
        counts
    }
}

/// The newest few of some entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Newest {
    entries: [u64; ENTRIES_MAX],
    count: usize,
}

impl Newest {
    /// Adds an entry, if it is among the newest and not there yet.
    pub(super) fn add(&mut self, entry: u64) {
        let held = self.entries.get(..self.count).unwrap_or_default();
        // The newest stand first.
        let Err(place) = held.binary_search_by(|other| entry.cmp(other)) else { return };
        if place == ENTRIES_MAX {
            return;
        }
        self.count = (self.count + 1).min(ENTRIES_MAX);
        let moved = self.entries.iter_mut().take(self.count).skip(place);
        moved.fold(entry, |next, held| std::mem::replace(held, next));
    }

    pub(super) fn add_all(&mut self, entries: impl IntoIterator<Item = u64>) {
        entries.into_iter().for_each(|entry| self.add(entry));
    }

    /// Oldest first.
    pub(super) fn into_vec(self) -> Vec<u64> {
        self.iter().rev().collect()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = u64> + '_ {
        self.entries.iter().take(self.count).copied()
    }
}
