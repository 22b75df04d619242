//! A live pilot in shadow: a draft decides beside the city from a day on, what it says is kept, and nothing is blocked.
//!
//! A shadow only reads: the public log and the records of disclosures, as they were written. Whatever it would have refused has
//! happened. So it can change no outcome, no plan and no row, and what it kept can be worked out again from the same log. It is
//! no act, because nothing is in force by it; see `docs/decisions/0030-a-shadow-only-reads.md`.

use journal::SqliteReader;
use model::{Digest, PolicyLayer, Timestamp};
use register::audit::{AuditFailure, audit_before};
use serde::{Deserialize, Serialize};
use tlog::audit::{AuditError, LogSource, SourceError, read_entries};
use tlog::{Hash, RightEdge, leaf_hash};

use super::draft::Draft;
use super::replay::{Begin, Replay};
use super::report::{Act, Counts, Disclosure, Outcome, Report};
use super::work::Minutes;
use super::{PilotError, records_of};

/// The most milestones, or indicators, of a pilot.
pub const LISTED_MAX: usize = 50;

/// A live pilot, as it is kept beside the city.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Live {
    /// The draft's name and version.
    pub draft: String,
    /// Its title.
    pub title: String,
    /// SHA-256 over what of it decides or counts time.
    pub digest: Digest,
    /// Its layers, whole: a draft goes on being written while it is tried.
    pub layers: Vec<PolicyLayer>,
    /// From where on it decides.
    pub begun: Begin,
    /// Until when it is to run.
    pub until: Timestamp,
    /// What is to be looked at, and when.
    pub milestones: Vec<Milestone>,
    /// By which figures it is judged.
    pub indicators: Vec<Indicator>,
    /// What came of it, once it is over.
    pub ended: Option<Ended>,
}

/// Something to be looked at on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Milestone {
    /// By when.
    pub by: Timestamp,
    /// What, in words.
    pub what: String,
}

/// A figure of the report, and how much of it would be too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Which.
    pub figure: Figure,
    /// The most that it may be.
    pub most: u64,
}

/// A figure of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    /// Acts that would have been refused, or allowed only otherwise.
    ActsRefused,
    /// Streams that would have stopped.
    StreamsStopped,
    /// Grants that would have stopped.
    GrantsStopped,
    /// Disclosures that would have been refused, or allowed only otherwise.
    DisclosuresRefused,
    /// Minutes of work that nobody did.
    WorkMinutes,
}

impl Figure {
    /// Every figure, with its name.
    pub const ALL: [(&'static str, Self); 5] = [
        ("acts-refused", Self::ActsRefused),
        ("streams-stopped", Self::StreamsStopped),
        ("grants-stopped", Self::GrantsStopped),
        ("disclosures-refused", Self::DisclosuresRefused),
        ("work-minutes", Self::WorkMinutes),
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ActsRefused => "acts-refused",
            Self::StreamsStopped => "streams-stopped",
            Self::GrantsStopped => "grants-stopped",
            Self::DisclosuresRefused => "disclosures-refused",
            Self::WorkMinutes => "work-minutes",
        }
    }

    /// What a report tells of it, and of how much it does not.
    #[must_use]
    pub fn of(self, report: &Report) -> Known {
        let plain = |is, unknown| Known { is, unknown, withheld: 0 };
        match self {
            Self::ActsRefused => report.acts.iter().map(|line| Known::of(&line.counts)).fold(plain(0, 0), Known::and),
            Self::StreamsStopped => plain(report.streams.stopped, report.streams.unknown),
            Self::GrantsStopped => plain(report.grants.stopped, report.grants.unknown),
            Self::DisclosuresRefused => {
                let of = |line: &Disclosure| match &line.counts {
                    Some(counts) => Known::of(counts),
                    None => Known { is: 0, unknown: 0, withheld: line.total },
                };
                report.disclosures.iter().map(of).fold(plain(0, 0), Known::and)
            }
            Self::WorkMinutes => plain(report.work.minutes(), 0),
        }
    }
}

/// What a report tells of a figure: at least so many, and of how many it does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// How many it is at least.
    pub is: u64,
    /// Of how many the log does not tell.
    pub unknown: u64,
    /// Of how many the city holds back how they divide.
    pub withheld: u64,
}

impl Known {
    const fn of(counts: &Counts) -> Self {
        Self { is: counts.refused + counts.changed, unknown: counts.unknown, withheld: 0 }
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            is: self.is.saturating_add(other.is),
            unknown: self.unknown.saturating_add(other.unknown),
            withheld: self.withheld.saturating_add(other.withheld),
        }
    }

    /// Whether it is within a bound; none where that is not known. What is beyond it already stays beyond it.
    #[must_use]
    pub const fn within(self, most: u64) -> Option<bool> {
        if self.is > most {
            return Some(false);
        }
        if self.unknown == 0 && self.withheld == 0 { Some(true) } else { None }
    }

    /// In words: `4`, or `at least 4; 8 not known; 70 withheld`.
    #[must_use]
    pub fn in_words(self) -> String {
        let Self { is, unknown, withheld } = self;
        let part = |count: u64, what: &str| if count == 0 { String::new() } else { format!("; {count} {what}") };
        match format!("{}{}", part(unknown, "not known"), part(withheld, "withheld")) {
            parts if parts.is_empty() => is.to_string(),
            parts => format!("at least {is}{parts}"),
        }
    }
}

/// What came of a pilot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// What is to become of the draft.
    pub outcome: Verdict,
    /// Why, in words.
    pub because: String,
}

/// What is to become of a draft that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is to be adopted as it is.
    Adopt,
    /// It is to be changed and tried again.
    Revise,
    /// It is to be given up.
    Drop,
}

/// What a look at a pilot found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// What the draft would have refused so far.
    pub report: Report,
    /// What it said of each act since it began.
    pub decisions: Vec<Act>,
}

/// A kept decision is not what the log gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "what was kept of entry {0} is not what the log gives now; the kept decisions, or the draft beside them, were altered"
)]
pub struct Altered(pub u64);

impl Live {
    /// A pilot that begins now, with the log of so many entries.
    #[must_use]
    pub fn begin(draft: &Draft, begun: Begin, until: Timestamp) -> Self {
        Self {
            draft: draft.reference.clone(),
            title: draft.title.clone(),
            digest: draft.digest,
            layers: draft.layers.clone(),
            begun,
            until,
            milestones: Vec::new(),
            indicators: Vec::new(),
            ended: None,
        }
    }

    /// The draft as it was when the pilot began; none if what is kept of it was altered since.
    #[must_use]
    pub fn draft(&self) -> Option<Draft> {
        let draft = Draft::of_layers(self.draft.clone(), self.title.clone(), self.layers.clone());
        (draft.digest == self.digest).then_some(draft)
    }

    /// Each indicator with its figure, and whether that is within what it may be, where that is known.
    pub fn readings<'a>(&'a self, report: &'a Report) -> impl Iterator<Item = (Indicator, Known, Option<bool>)> + 'a {
        self.indicators.iter().map(|indicator| {
            let known = indicator.figure.of(report);
            (*indicator, known, known.within(indicator.most))
        })
    }
}

/// What a draft says of everything since it began, until it was to end. Both sources are only read.
///
/// # Errors
/// The log or the journal does not hold, or the draft does not stand with what the city has in force.
pub fn look(
    source: &dyn LogSource,
    journal: &SqliteReader,
    draft: &Draft,
    (begun, until): (Begin, Timestamp),
    minutes: &Minutes,
) -> Result<Looked, PilotError> {
    let replay = || Replay::new(draft, Some(records_of(journal))).since(begun).until(until);
    let (audit, replay) = audit_before(source, None, None, replay)?;
    let audit = audit.inside(journal, source)?;
    let decisions = replay.each().to_vec();
    let root = match replay.ended_before() {
        Some(size) => root_over(source, size, audit.log.size).map_err(AuditFailure::Log)?,
        None => audit.log.root,
    };
    let report = replay.finish(&audit.state, root, minutes)?;
    Ok(Looked { report, decisions })
}

/// The root over the first entries of a log of so many, which held.
fn root_over(source: &dyn LogSource, first: u64, size: u64) -> Result<Hash, AuditError> {
    let mut edge = RightEdge::new();
    while edge.size() < first {
        let read = read_entries(&source, edge.size(), size)?;
        if read.is_empty() {
            return Err(SourceError::NotFound(format!("entry {}", edge.size())).into());
        }
        for entry in read.iter().take(usize::try_from(first - edge.size()).unwrap_or(usize::MAX)) {
            edge.push(leaf_hash(entry));
        }
    }
    Ok(edge.root())
}

/// The decisions that are not kept yet.
///
/// # Errors
/// One that is kept is not what the log gives.
pub fn new_decisions<'a>(kept: &[Act], decisions: &'a [Act]) -> Result<&'a [Act], Altered> {
    let mut given = decisions.iter();
    for one in kept {
        if given.next() != Some(one) {
            return Err(Altered(one.entry));
        }
    }
    Ok(given.as_slice())
}

/// How many decisions were no leave.
#[must_use]
pub fn refused(decisions: &[Act]) -> usize {
    decisions.iter().filter(|act| act.outcome != Outcome::Allowed).count()
}
