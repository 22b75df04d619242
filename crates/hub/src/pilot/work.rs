//! What a draft would have cost in work: its duties, had they been owed all the time, and the papers that its norms ask for.
//!
//! Counted is what nobody did. What a city has to do anyway, because the same duty is in force there, is no cost of a draft. The minutes
//! are whoever's they are: this software has measured none, and says so.

use std::collections::{BTreeMap, BTreeSet};

use model::{Silence, State as Stage, Subject, Timestamp};
use norms::Ground;
use register::{Clocks, State};
use standards::duty::Status;

use super::PilotError;
use super::draft::Draft;
use super::report::{Duty, EXAMPLES_MAX, Paper, Work, kind_of};

/// How long work takes, in minutes, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minutes {
    /// Who says so.
    pub source: String,
    /// By what is done: `evidence/notice`, `evidence`, `assessed` …; the longest name that fits counts.
    pub of: BTreeMap<String, u32>,
    /// What is not named.
    pub other: u32,
}

impl Default for Minutes {
    /// Round numbers, so that nobody takes them for measured ones.
    fn default() -> Self {
        let of = [("evidence", 60), ("assessed", 480), ("approved", 120), ("adopted", 240)];
        Self {
            source: "round numbers that this software assumes; nobody has measured them. Give those of your own office"
                .to_owned(),
            of: of.into_iter().map(|(what, minutes)| (what.to_owned(), minutes)).collect(),
            other: 30,
        }
    }
}

impl Minutes {
    /// What is done, as a moment names it: `evidence/notice`, `assessed`.
    fn each(&self, done: &str) -> u32 {
        let general = done.split_once('/').map(|(general, _)| general);
        let found = self.of.get(done).or_else(|| self.of.get(general?));
        found.copied().unwrap_or(self.other)
    }
}

/// The papers that were missing, each once for each thing.
#[derive(Default)]
pub(super) struct Papers(BTreeSet<(String, Subject)>);

impl Papers {
    /// Notes what the norms against something ask for, unless it is there.
    pub(super) fn asked(&mut self, draft: &Draft, state: &State, grounds: &[Ground], about: Option<&Subject>) {
        let Some(about) = about else { return };
        for paper in grounds.iter().filter_map(|ground| draft.papers.get(&ground.policy)).flatten() {
            if !is_there(state, about, paper) {
                self.0.insert((paper.clone(), about.clone()));
            }
        }
    }

    pub(super) fn finish(
        self,
        draft: &Draft,
        was: &State,
        with: &State,
        at: Timestamp,
        minutes: &Minutes,
    ) -> Result<(Vec<Duty>, Work), PilotError> {
        let (duties, owed) = duties(draft, was, with, at, minutes)?;
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        for (kind, _) in self.0.iter().filter(|paper| !owed.contains(*paper)) {
            *kinds.entry(kind.clone()).or_default() += 1;
        }
        let paper = |(kind, missing): (String, u64)| {
            let minutes_each = minutes.each(&format!("evidence/{kind}"));
            Paper { kind, missing, minutes_each }
        };
        let papers: Vec<Paper> = kinds.into_iter().map(paper).collect();
        let duties_minutes = duties.iter().map(|duty| duty.missing * u64::from(duty.minutes_each)).sum();
        let papers_minutes = papers.iter().map(|paper| paper.missing * u64::from(paper.minutes_each)).sum();
        Ok((duties, Work { duties_minutes, papers_minutes, papers, source: minutes.source.clone() }))
    }
}

/// Whether something of a kind was filed about a thing, or about the city as a whole.
fn is_there(state: &State, about: &Subject, paper: &str) -> bool {
    let kind = kind_of(paper);
    let filed = [about, &Subject::City].into_iter().flat_map(|subject| state.evidence_about(subject));
    let mut filed = filed.filter(|record| record.ended.is_none());
    let assessed = match about {
        Subject::Deployment { id } => state.deployments.get(id).is_some_and(|record| {
            record.standing.assessments.iter().any(|assessment| assessment.instrument.as_str() == paper)
        }),
        Subject::City | Subject::Device { .. } => false,
    };
    assessed || filed.any(|record| Some(&record.evidence.kind) == kind.as_ref())
}

/// The draft's duties that the city has not in force as they read, and the papers that they miss.
#[expect(clippy::type_complexity, reason = "what a report names, and what it must not count twice")]
fn duties(
    draft: &Draft,
    was: &State,
    with: &State,
    at: Timestamp,
    minutes: &Minutes,
) -> Result<(Vec<Duty>, BTreeSet<(String, Subject)>), PilotError> {
    let mut owed = BTreeSet::new();
    let Some(policy) = &with.policy else { return Ok((Vec::new(), owed)) };
    let clocks = Clocks::read(&policy.text);
    let clocks = clocks.map_err(|error| PilotError::Draft { entry: with.size, why: error.to_string() })?;
    let new = draft.duties().filter(|(id, text)| was.duty_text(id) != Some(*text)).map(|(id, _)| id);
    let new: BTreeSet<_> = new.collect();
    let mut lines: BTreeMap<_, Duty> = BTreeMap::new();
    for duty in clocks.duties().filter(|duty| new.contains(&duty.id)) {
        lines.insert(duty.id.clone(), line(duty, minutes));
    }
    let deployments = with.deployments.keys().map(|id| Subject::Deployment { id: id.clone() });
    for subject in [Subject::City].into_iter().chain(deployments) {
        for (duty, run) in clocks.runs(with, &subject, at) {
            let Some(line) = lines.get_mut(&duty.id) else { continue };
            line.runs += 1;
            match run.status {
                Status::Waiting => line.waiting += 1,
                Status::Done { .. } => line.in_time += 1,
                Status::Void { .. } => {}
                Status::Lapsed { done_later: Some(_) } => line.late += 1,
                Status::Lapsed { done_later: None } => line.missing += 1,
            }
            if !run.has_lapsed() {
                continue;
            }
            line.stops += match duty.silence {
                Silence::Cease => stopped(with, &subject),
                Silence::Refuse => u64::from(matches!(subject, Subject::Deployment { .. })),
                Silence::Escalate | Silence::Proceed => 0,
            };
            if line.examples.len() < EXAMPLES_MAX {
                line.examples.push(format!("{}, due by {}", in_words(&subject), run.due));
            }
            if let (Status::Lapsed { done_later: None }, model::Moment::Evidence(kind)) = (run.status, &duty.done_by) {
                owed.insert((kind.to_string(), subject.clone()));
            }
        }
    }
    Ok((lines.into_values().collect(), owed))
}

fn line(duty: &standards::duty::Duty, minutes: &Minutes) -> Duty {
    let done_by = duty.done_by.to_string();
    Duty {
        duty: duty.id.to_string(),
        requirement: duty.requirement.to_string(),
        minutes_each: minutes.each(&done_by),
        done_by,
        runs: 0,
        in_time: 0,
        late: 0,
        missing: 0,
        waiting: 0,
        stops: 0,
        examples: Vec::new(),
    }
}

/// How many deployments silence about a thing stops.
fn stopped(state: &State, subject: &Subject) -> u64 {
    match subject {
        Subject::Deployment { .. } => 1,
        Subject::City => {
            let runs = |stage| matches!(stage, Stage::Published | Stage::Active);
            state.deployments.values().filter(|record| runs(record.standing.state)).count() as u64
        }
        Subject::Device { .. } => 0,
    }
}

fn in_words(subject: &Subject) -> String {
    match subject {
        Subject::City => "the city".to_owned(),
        Subject::Deployment { id } => format!("deployment `{id}`"),
        Subject::Device { id } => format!("device `{id}`"),
    }
}
