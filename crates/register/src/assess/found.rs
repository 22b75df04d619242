//! What was found of one thing, and the tallies that it is added to.
//!
//! Tallies can be joined, so that parts of a city are assessed side by side; the order of things is that of the register.

use std::collections::{BTreeMap, BTreeSet};

use model::{EvidenceKind, EvidenceRecord, Subject, Timestamp};
use norms::Objections;

use super::finding::{CASES_MAX, Case, Newest};
use super::sheet::Sheet;
use crate::state::State;

/// What was found of one thing, by requirement.
pub(super) struct Found<'a> {
    sheet: &'a Sheet<'a>,
    subject: Subject,
    /// The entries behind each requirement that was asked.
    asked: Vec<Option<Newest>>,
    /// Why a requirement is not met.
    against: BTreeMap<usize, BTreeSet<String>>,
    /// Until when what was done keeps a requirement met.
    until: BTreeMap<usize, Timestamp>,
}

impl<'a> Found<'a> {
    pub(super) fn new(sheet: &'a Sheet<'a>, subject: Subject) -> Self {
        let asked = vec![None; sheet.len()];
        Self { sheet, subject, asked, against: BTreeMap::new(), until: BTreeMap::new() }
    }

    /// Notes that a requirement was asked, and the entry that answers.
    pub(super) fn ask(&mut self, place: usize, entry: Option<u64>) {
        if let Some(asked) = self.asked.get_mut(place) {
            let asked = asked.get_or_insert_default();
            asked.add_all(entry);
        }
    }

    /// Notes what stands against a requirement.
    pub(super) fn object(&mut self, place: usize, why: String) {
        self.against.entry(place).or_default().insert(why);
    }

    /// Notes until when what was done keeps a requirement met: the earliest.
    pub(super) fn until(&mut self, place: usize, until: Timestamp) {
        self.until.entry(place).and_modify(|earliest| *earliest = until.min(*earliest)).or_insert(until);
    }

    /// Notes what norms said of a part of it; the part is named if it is not the thing itself.
    pub(super) fn heard(&mut self, said: Option<Objections<'_>>, entry: Option<u64>, part: &str) {
        let Some(Objections { norms, against }) = said else { return };
        let behind = self.sheet.behind(norms);
        for place in behind.iter().flatten() {
            self.ask(*place, entry);
        }
        for objection in against {
            let place = behind.get(objection.place).copied().flatten();
            let (Some(place), Some(ground)) = (place, norms.grounds().get(objection.place)) else { continue };
            let why = if objection.erred {
                format!("{part}the norm `{}` could not be evaluated, which counts as no", ground.policy)
            } else {
                format!("{part}{}", ground.reason)
            };
            self.object(place, why);
        }
    }
}

/// What was found of one requirement in all.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Tally {
    /// How many things it concerns.
    pub(super) concerned: u64,
    /// Of how many of them it was asked and nothing stands against it.
    pub(super) kept: u64,
    pub(super) total: u64,
    pub(super) cases: Vec<Case>,
    pub(super) shown: Newest,
    /// Whether somebody's word was needed and stands.
    pub(super) attested: bool,
    pub(super) until: Option<Timestamp>,
}

impl Tally {
    fn attest(&mut self, until: Option<Timestamp>) {
        self.attested = true;
        self.until = self.until.into_iter().chain(until).min();
    }
}

/// The tallies of every requirement, by place.
pub(super) struct Tallies(pub(super) Vec<Tally>);

impl Tallies {
    pub(super) fn new(sheet: &Sheet<'_>) -> Self {
        Self(vec![Tally::default(); sheet.len()])
    }

    /// Adds what was found of one thing. Something against a requirement counts whether or not it is said to be concerned:
    /// the norm knows better.
    pub(super) fn add(&mut self, found: Found<'_>, concerned: &[bool], state: &State, now: Timestamp) {
        let words = Words::of(&found.subject, state, now);
        for (place, tally) in self.0.iter_mut().enumerate() {
            let is_concerned = concerned.get(place).copied().unwrap_or(false);
            let binds = found.sheet.binds(place);
            tally.concerned += u64::from(is_concerned);
            let asked = found.asked.get(place).copied().flatten();
            if let Some(why) = found.against.get(&place).filter(|_| binds) {
                tally.total += 1;
                if tally.cases.len() < CASES_MAX {
                    tally.cases.push(case(&found, why, asked.unwrap_or_default(), &words, place, state));
                }
                continue;
            }
            let Some(asked) = asked.filter(|_| is_concerned) else { continue };
            tally.kept += 1;
            tally.shown.add_all(asked.iter());
            for stated in found.sheet.evidence(place).iter().filter_map(|kind| words.0.get(kind)) {
                tally.shown.add_all(stated.entry);
                if found.sheet.is_attested(place) {
                    tally.attest(stated.until);
                }
            }
            if let Some(until) = found.until.get(&place).filter(|_| found.sheet.is_attested(place)) {
                tally.attest(Some(*until));
            }
        }
    }

    /// Joins what was found of things that follow.
    pub(super) fn join(&mut self, after: Self) {
        for (tally, other) in self.0.iter_mut().zip(after.0) {
            tally.concerned += other.concerned;
            tally.kept += other.kept;
            tally.total += other.total;
            let room = CASES_MAX.saturating_sub(tally.cases.len());
            tally.cases.extend(other.cases.into_iter().take(room));
            tally.shown.add_all(other.shown.iter());
            tally.attested |= other.attested;
            tally.until = tally.until.into_iter().chain(other.until).min();
        }
    }
}

fn case(
    found: &Found<'_>,
    why: &BTreeSet<String>,
    asked: Newest,
    words: &Words<'_>,
    place: usize,
    state: &State,
) -> Case {
    let mut entries = asked;
    entries.add_all(found.sheet.evidence(place).iter().filter_map(|kind| words.0.get(kind)?.entry));
    let deployment = match &found.subject {
        Subject::City => None,
        Subject::Deployment { id } => Some(id),
        Subject::Device { id } => state.devices.get(id).map(|device| &device.deployment),
    };
    let history = deployment.and_then(|id| state.history.get(id));
    if entries == Newest::default()
        && let Some(history) = history
    {
        entries.add_all(history.iter().rev().take(super::finding::ENTRIES_MAX).copied());
    }
    let mut why = why.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    let kinds = found.sheet.evidence(place);
    if !kinds.is_empty() && !kinds.iter().any(|kind| words.0.contains_key(kind)) {
        let kinds: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
        why += &format!(" No evidence of the kind {} is in force.", kinds.join(" or "));
    }
    Case { subject: found.subject.clone(), why, entries: entries.into_vec() }
}

/// The words that stand about one thing: of each kind the one that stands longest.
struct Words<'a>(BTreeMap<&'a EvidenceKind, Stated>);

#[derive(Clone, Copy)]
struct Stated {
    /// Until when; none without an end.
    until: Option<Timestamp>,
    entry: Option<u64>,
}

impl<'a> Words<'a> {
    fn of(subject: &Subject, state: &'a State, now: Timestamp) -> Self {
        let mut stated: BTreeMap<&EvidenceKind, Stated> = BTreeMap::new();
        let in_force = |record: &&EvidenceRecord| record.in_force(now);
        for record in state.evidence_about(subject).filter(in_force) {
            let entry = state.marks.evidence.get(&record.evidence.id).map(|mark| mark.entry);
            let one = Stated { until: record.evidence.until, entry };
            let longest = stated.entry(&record.evidence.kind).or_insert(one);
            // A word without an end outlasts every other.
            let outlasts = longest.until.is_some_and(|known| one.until.is_none_or(|until| until > known));
            if outlasts {
                *longest = one;
            }
        }
        Self(stated)
    }
}
