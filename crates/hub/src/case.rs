//! Cases of good practice: what a city tried, under which standard, what shows it, and what came of it.
//!
//! A report of a pilot becomes a case by its digest and its counts. The report itself is not kept: whoever has the draft and the city's
//! log works it out again and gets the same digest. Nothing here says who somebody is; a contact is a role.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use model::{Digest, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tlog::Hash;
use tlog::note::is_key_name;

use crate::act::Entry;
use crate::pilot::live::{Figure, Known};
use crate::words::{Body, Title};

/// The largest report of a pilot, in bytes.
pub const REPORT_BYTES_MAX: usize = 1 << 20;
/// The most entries, milestones or indicators of a case.
pub const LISTED_MAX: usize = 50;
/// The most cases of one member, those that it took back among them: they stay in the log as well.
pub const CASES_MAX: usize = 200;
/// The most times that it is said what became of a case.
pub const CONTINUED_MAX: usize = 200;

/// Why something is no report of a pilot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// It is too large.
    #[error("a report of a pilot has at most {REPORT_BYTES_MAX} bytes")]
    TooLarge,
    /// It is none.
    #[error("this is no report as `ordinance pilot run CITY --draft PACK --json` prints it: {0}")]
    Form(String),
    /// It holds what may not leave the city.
    #[error("this report tells how few disclosures divide; make it with `--public`, or from the city’s address")]
    Inside,
}

/// How a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseOutcome {
    /// It is being tried.
    Running,
    /// It was adopted, and is in practice.
    Adopted,
    /// It is to be changed and tried again.
    Revised,
    /// It was given up.
    Dropped,
}

impl CaseOutcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Running, Self::Adopted, Self::Revised, Self::Dropped];

    /// As it is written.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Adopted => "adopted",
            Self::Revised => "revised",
            Self::Dropped => "dropped",
        }
    }

    /// In words.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Running => "being tried",
            Self::Adopted => "adopted, and in practice",
            Self::Revised => "to be changed and tried again",
            Self::Dropped => "given up",
        }
    }

    /// The outcome of a code.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.code() == code)
    }
}

/// A figure of a pilot, and how much of it would be too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseIndicator {
    /// Which.
    pub figure: Figure,
    /// The most that it may be.
    pub most: u64,
}

/// What a report of a pilot found, and how to find it again. A figure is [`Known`]; in the first kind of act it was a bare number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PilotFound<F = Known> {
    /// SHA-256 of the report as JSON with sorted names and without white space.
    pub report: Digest,
    /// The city's log.
    pub origin: Title,
    /// How many of its entries were replayed.
    pub size: u64,
    /// The root over them.
    pub root: Title,
    /// The draft's name and version.
    pub draft: Title,
    /// SHA-256 over what of the draft decides or counts time.
    pub draft_digest: Digest,
    /// How many acts the norms decided.
    pub acts: u64,
    /// How many disclosures there were.
    pub disclosures: u64,
    /// What the draft would have refused, stopped and cost.
    pub figures: BTreeMap<Figure, F>,
}

impl PilotFound<u64> {
    /// The same with figures of which nothing is said to be unknown: whether there was something, the act did not tell.
    pub(crate) fn read_again(self) -> PilotFound {
        let Self { report, origin, size, root, draft, draft_digest, acts, disclosures, figures } = self;
        let figures = figures.into_iter().map(|(figure, is)| (figure, Known { is, unknown: 0, withheld: 0 })).collect();
        PilotFound { report, origin, size, root, draft, draft_digest, acts, disclosures, figures }
    }
}

/// What of a case that stands in the log is not of its form; none if all is. What anybody reads for ever has no room for free words.
pub(crate) fn misnamed(standard: &Title, version: &Title, pilot: Option<&PilotFound>) -> Option<&'static str> {
    let (standard, version) = (standard.as_str(), version.as_str());
    if !is_pack(standard) {
        return Some("the standard is named as its pack is, such as global-core or urn:ordinance:standard:global-core");
    }
    if semver::Version::parse(version).is_err() {
        return Some("the version is one such as 0.2.0");
    }
    let pilot = pilot?;
    let (origin, root, draft) = (pilot.origin.as_str(), pilot.root.as_str(), pilot.draft.as_str());
    if !origin.is_ascii() || !is_key_name(origin) {
        return Some("the report’s log is named by its origin, such as city.example/log");
    }
    if Hash::from_base64(root).is_err() {
        return Some("the report’s root is 32 bytes as base64");
    }
    let parts = draft.rsplit_once('@');
    let is_draft = parts.is_some_and(|(name, version)| is_pack(name) && semver::Version::parse(version).is_ok());
    if is_draft { None } else { Some("the report’s draft is a pack with its version, such as global-core@0.2.0") }
}

/// Whether a pack can be called so: by its id, or by its urn.
fn is_pack(name: &str) -> bool {
    let is_word = |part: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        !part.is_empty() && part.bytes().all(inner)
    };
    match name.strip_prefix("urn:") {
        Some(rest) => rest.split(':').all(is_word),
        None => is_word(name),
    }
}

/// A day on which something is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseMilestone {
    /// By when.
    pub by: Timestamp,
    /// What, in words.
    pub what: Title,
}

/// What somebody files of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filing {
    /// What it is about.
    pub title: Title,
    /// The problem.
    pub problem: Body,
    /// The standard that was tried, by its name.
    pub standard: Title,
    /// Which version of it.
    pub version: Title,
    /// How it stands.
    pub outcome: CaseOutcome,
    /// What came of it so far.
    pub what: Body,
    /// Whom to ask: an office or a role.
    pub contact: Title,
    /// Entries of the city's own log that show it.
    #[serde(default)]
    pub entries: Vec<u64>,
    /// What is looked at, and when.
    #[serde(default)]
    pub milestones: Vec<CaseMilestone>,
    /// By which figures it is judged.
    #[serde(default)]
    pub indicators: Vec<CaseIndicator>,
    /// A report of a pilot, as it was printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Value>,
}

/// Of a report only what a case takes over; the rest may be whatever it is.
#[derive(Deserialize)]
struct Report {
    seen: Seen,
    acts: Vec<Counts>,
    streams: Kind,
    grants: Kind,
    disclosures: Vec<Disclosure>,
    work: Work,
    limits: Vec<String>,
}

#[derive(Deserialize)]
struct Seen {
    origin: Title,
    size: u64,
    root: Title,
    inside: bool,
    draft: Title,
    digest: Digest,
}

#[derive(Clone, Copy, Deserialize)]
struct Counts {
    allowed: u64,
    changed: u64,
    refused: u64,
    unknown: u64,
}

impl Counts {
    const fn against(self) -> u64 {
        self.refused.saturating_add(self.changed)
    }

    const fn total(self) -> u64 {
        self.against().saturating_add(self.allowed).saturating_add(self.unknown)
    }

    const fn known(self) -> Known {
        Known { is: self.against(), unknown: self.unknown, withheld: 0 }
    }
}

#[derive(Deserialize)]
struct Kind {
    stopped: u64,
    #[serde(default)]
    unknown: u64,
}

impl Kind {
    const fn known(&self) -> Known {
        Known { is: self.stopped, unknown: self.unknown, withheld: 0 }
    }
}

#[derive(Deserialize)]
struct Disclosure {
    total: u64,
    counts: Option<Counts>,
}

impl Disclosure {
    fn known(&self) -> Known {
        self.counts.map_or(Known { is: 0, unknown: 0, withheld: self.total }, Counts::known)
    }
}

#[derive(Deserialize)]
struct Work {
    duties_minutes: u64,
    papers_minutes: u64,
}

/// How the line begins that says that a report was made to be handed out.
const HANDED_OUT: &str = "This is what the city hands out:";

impl PilotFound {
    /// Reads a report as text.
    ///
    /// # Errors
    /// It is none, too large, or holds what may not leave the city.
    pub fn read(text: &str) -> Result<Self, ReportError> {
        if text.len() > REPORT_BYTES_MAX {
            return Err(ReportError::TooLarge);
        }
        let value = serde_json::from_str(text).map_err(|error| ReportError::Form(error.to_string()))?;
        Self::of(&value)
    }

    /// What a report found.
    ///
    /// # Errors
    /// It is none, too large, or holds what may not leave the city.
    pub fn of(value: &Value) -> Result<Self, ReportError> {
        let form = |error: serde_json::Error| ReportError::Form(error.to_string());
        let bytes = serde_json::to_vec(&sorted(value)).map_err(form)?;
        if bytes.len() > REPORT_BYTES_MAX {
            return Err(ReportError::TooLarge);
        }
        let report = Report::deserialize(value).map_err(form)?;
        if report.seen.inside && !report.limits.iter().any(|line| line.starts_with(HANDED_OUT)) {
            return Err(ReportError::Inside);
        }
        let sum = |each: &mut dyn Iterator<Item = u64>| each.fold(0, u64::saturating_add);
        let plain = |is| Known { is, unknown: 0, withheld: 0 };
        let together = |each: &mut dyn Iterator<Item = Known>| each.fold(plain(0), Known::and);
        let minutes = report.work.duties_minutes.saturating_add(report.work.papers_minutes);
        let figures = BTreeMap::from([
            (Figure::ActsRefused, together(&mut report.acts.iter().map(|counts| counts.known()))),
            (Figure::StreamsStopped, report.streams.known()),
            (Figure::GrantsStopped, report.grants.known()),
            (Figure::DisclosuresRefused, together(&mut report.disclosures.iter().map(Disclosure::known))),
            (Figure::WorkMinutes, plain(minutes)),
        ]);
        Ok(Self {
            report: Digest::new(Sha256::digest(&bytes).into()),
            acts: sum(&mut report.acts.iter().map(|counts| counts.total())),
            disclosures: sum(&mut report.disclosures.iter().map(|line| line.total)),
            origin: report.seen.origin,
            size: report.seen.size,
            root: report.seen.root,
            draft: report.seen.draft,
            draft_digest: report.seen.digest,
            figures,
        })
    }
}

/// The same with the names of each object in order, so that its bytes do not depend on how it was written.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<&String, &Value> = fields.iter().collect();
            Value::Object(fields.into_iter().map(|(name, value)| (name.clone(), sorted(value))).collect())
        }
        Value::Array(values) => Value::Array(values.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// Words of cases in small letters, so that a search need not open each payload again. What was hidden or erased is forgotten before
/// anything is sought.
#[derive(Debug, Default)]
pub(crate) struct CaseIndex(Mutex<BTreeMap<Entry, String>>);

impl CaseIndex {
    /// The cases, of some, in whose words a text is. What is not known yet is asked for.
    pub(crate) fn find(&self, cases: &[Entry], sought: &str, words: impl Fn(Entry) -> Option<String>) -> Vec<Entry> {
        let sought = sought.to_lowercase();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = Vec::new();
        for &entry in cases {
            if let std::collections::btree_map::Entry::Vacant(place) = known.entry(entry)
                && let Some(words) = words(entry)
            {
                place.insert(words.to_lowercase());
            }
            if known.get(&entry).is_some_and(|words| words.contains(&sought)) {
                found.push(entry);
            }
        }
        found
    }

    /// Forgets all that is not among some.
    pub(crate) fn keep(&self, shown: impl Fn(Entry) -> bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|entry, _| shown(*entry));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(inside: bool, limits: &[&str]) -> Value {
        json!({
            "seen": {"origin": "a.example/log", "size": 9, "root": Hash::from([7; 32]).to_string(), "from": null, "to": null, "inside": inside, "draft": "core@0.2.0",
                "title": "T", "digest": "ab".repeat(32), "layers": []},
            "acts": [{"kind": "x/1", "allowed": 1, "changed": 2, "refused": 4, "unknown": 8}, {"kind": "y/1", "allowed": 1, "changed": 0, "refused": 0, "unknown": 0}],
            "against": [], "streams": {"flowed": 3, "stopped": 2, "unknown": 3, "stops": []}, "grants": {"flowed": 3, "stopped": 1, "unknown": 0, "stops": []},
            "disclosures": [{"recipient": "a", "purpose": "b", "stream": "c", "view": "d", "total": 70, "counts": null, "why": null},
                {"recipient": "a", "purpose": "b", "stream": "c", "view": "d", "total": 30, "counts": {"allowed": 10, "changed": 10, "refused": 10, "unknown": 0}, "why": null}],
            "duties": [], "work": {"duties_minutes": 5, "papers_minutes": 6, "papers": [], "source": "s"}, "limits": limits,
        })
    }

    #[test]
    fn a_report_is_counted_and_named_by_what_it_says_and_not_by_how_it_was_written() {
        let found = PilotFound::of(&report(false, &[])).unwrap();
        assert_eq!((found.acts, found.disclosures, found.size), (16, 100, 9));
        let figures: Vec<_> = found.figures.values().map(|known| (known.is, known.unknown, known.withheld)).collect();
        assert_eq!(figures, [(6, 8, 0), (2, 3, 0), (1, 0, 0), (20, 0, 70), (11, 0, 0)]);
        let pretty = serde_json::to_string_pretty(&report(false, &[])).unwrap().replace('\n', "\r\n");
        assert_eq!(PilotFound::read(&pretty).unwrap(), found);
        let mut other = report(false, &[]);
        other["seen"]["size"] = json!(10);
        assert_ne!(PilotFound::of(&other).unwrap().report, found.report);
    }

    #[test]
    fn what_is_no_report_or_may_not_leave_the_city_is_refused() {
        assert_eq!(PilotFound::of(&report(true, &[])), Err(ReportError::Inside));
        assert!(PilotFound::of(&report(true, &["This is what the city hands out: of 0 …"])).is_ok());
        for text in ["", "{}", "[]", "null", "{\"seen\":{}}"] {
            assert!(matches!(PilotFound::read(text), Err(ReportError::Form(_))), "{text}");
        }
        assert_eq!(PilotFound::read(&" ".repeat(REPORT_BYTES_MAX + 1)), Err(ReportError::TooLarge));
        let mut large = report(false, &[]);
        large["against"] = json!("x".repeat(REPORT_BYTES_MAX));
        assert_eq!(PilotFound::of(&large), Err(ReportError::TooLarge));
    }

    #[test]
    fn free_words_find_no_room_in_what_stands_in_the_log() {
        let title = |text: &str| text.parse::<Title>().unwrap();
        let found = PilotFound::of(&report(false, &[])).unwrap();
        let said = |standard: &str, version: &str, pilot: &PilotFound| {
            misnamed(&title(standard), &title(version), Some(pilot))
        };
        for standard in ["global-core", "urn:ordinance:standard:global-core"] {
            assert_eq!(said(standard, "0.2.0", &found), None, "{standard}");
        }
        for standard in ["Anna Smith", "urn:", "urn:a b", "urn:a::b", "a/b", "ä", "a\nb"] {
            assert!(said(standard, "0.2.0", &found).is_some_and(|why| why.starts_with("the standard")), "{standard}");
        }
        for version in ["1", "0.2", "0.2.0 of Anna", "next"] {
            assert!(said("a", version, &found).is_some_and(|why| why.starts_with("the version")), "{version}");
        }
        let origin = PilotFound { origin: title("Anna Smith lives here"), ..found.clone() };
        let root = PilotFound { root: title("AAAA"), ..found.clone() };
        for (pilot, why) in [(origin, "log"), (root, "root")] {
            assert!(said("a", "1.0.0", &pilot).is_some_and(|said| said.contains(why)), "{why}");
        }
        for draft in ["core", "core@", "core@next", "Anna Smith@0.2.0"] {
            let pilot = PilotFound { draft: title(draft), ..found.clone() };
            assert!(said("a", "1.0.0", &pilot).is_some_and(|why| why.contains("draft")), "{draft}");
        }
    }

    #[test]
    fn words_that_are_not_shown_any_more_are_forgotten() {
        let index = CaseIndex::default();
        let words = |entry: Entry| Some(format!("Case {entry} about Rain"));
        assert_eq!(index.find(&[1, 2], "rain", words), [1, 2]);
        assert_eq!(index.find(&[1, 2], "CASE 2", |_| None), [2], "they are known by now");
        index.keep(|entry| entry != 2);
        assert!(index.find(&[2], "rain", |_| None).is_empty());
    }
}
