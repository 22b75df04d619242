//! Tests that a pack brings for its duties: events, an instant, and what must then be so.
//!
//! A test that cannot be read, or names no duty, fails; none is skipped silently. Tests of norms are not looked at.

use std::collections::BTreeSet;

use model::{Category, EvidenceId, Moment, MomentError, Purpose, Technology, Tier, Timestamp};
use serde::Deserialize;
use toml::Spanned;

use super::Duty;
use super::event::{Event, Events};
use super::instance::{Instance, Status};
use super::period::cut;
use super::read::DUTY_FILE_BYTES_MAX;
use super::subject::Subject;
use crate::applies::About;
use crate::located::{Located, Page};

/// Which side of the line a test tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Case {
    /// The duty is met, or does not concern anybody.
    Allowed,
    /// It is not met.
    Refused,
    /// On the line itself.
    Boundary,
}

/// What must be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// There is still time.
    Waiting,
    /// Done in time.
    Done,
    /// The time was over, whether or not it was done since.
    Lapsed,
    /// The deployment ended first.
    Void,
    /// The clock has not started.
    NotStarted,
    /// The duty does not concern the subject.
    DoesNotApply,
}

impl Verdict {
    const fn of(status: &Status) -> Self {
        match status {
            Status::Waiting => Self::Waiting,
            Status::Done { .. } => Self::Done,
            Status::Lapsed { .. } => Self::Lapsed,
            Status::Void { .. } => Self::Void,
        }
    }
}

/// Why a test fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrialProblem {
    /// Not TOML, or a field that is unknown, missing or of the wrong type.
    #[error("{0}")]
    Shape(String),
    /// Too large.
    #[error("a file of tests has {DUTY_FILE_BYTES_MAX} bytes at most; split it")]
    TooLarge,
    /// No such duty.
    #[error("no duty is called `{0}`")]
    NoDuty(String),
    /// An event is not one.
    #[error("an event is [moment, time], and of evidence also its id and the id of what it answers: {0}")]
    Event(String),
    /// A moment is unknown.
    #[error(transparent)]
    Moment(#[from] MomentError),
    /// A time is not one.
    #[error("`{0}` is neither a day such as 2027-11-01 nor a time such as 2027-11-01T08:00:00Z")]
    Time(String),
    /// No instance is due then.
    #[error("nothing is due on {asked}; due are: {due}")]
    NotDue {
        /// The day asked for.
        asked: String,
        /// The days that there are.
        due: String,
    },
    /// It is otherwise.
    #[error("is {found:?}, expected was {expected:?}")]
    Otherwise {
        /// What it is.
        found: Verdict,
        /// What was expected.
        expected: Verdict,
    },
}

/// What became of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyOutcome {
    /// The test's name.
    pub name: String,
    /// The duty it tries, as it names it.
    pub duty: String,
    /// Which side it tries.
    pub case: Option<Case>,
    /// Where it stands, and why it fails; none where it holds.
    pub failure: Option<Located<TrialProblem>>,
}

#[derive(Deserialize)]
struct RawFile {
    #[serde(default)]
    test: Vec<Spanned<toml::Table>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTest {
    name: String,
    duty: String,
    case: Case,
    #[serde(default)]
    facts: RawFacts,
    events: Vec<Vec<String>>,
    at: String,
    expect: Verdict,
    #[serde(default)]
    due: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawFacts {
    about: Option<About>,
    tier: Option<Tier>,
    personal: Option<bool>,
    technologies: Option<BTreeSet<Technology>>,
    categories: Option<BTreeSet<Category>>,
    purposes: Option<BTreeSet<Purpose>>,
}

/// Runs every test of a file that has the key `duty`, in its order.
#[must_use]
pub fn run_duty_tests(duties: &[Duty], file: &str, text: &str) -> Vec<DutyOutcome> {
    let page = Page { file, text };
    let unread =
        |failure| vec![DutyOutcome { name: file.to_owned(), duty: String::new(), case: None, failure: Some(failure) }];
    if text.len() > DUTY_FILE_BYTES_MAX {
        return unread(page.at(&(0..0), TrialProblem::TooLarge));
    }
    let raw: RawFile = match page.toml(TrialProblem::Shape) {
        Ok(raw) => raw,
        Err(failure) => return unread(failure),
    };
    let tests = raw.test.into_iter().filter(|test| test.get_ref().contains_key("duty"));
    tests.map(|test| outcome(duties, page, test)).collect()
}

fn outcome(duties: &[Duty], page: Page<'_>, test: Spanned<toml::Table>) -> DutyOutcome {
    let place = test.span();
    let table = test.into_inner();
    let word = |key: &str| table.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let (name, duty) = (word("name"), word("duty"));
    let read = table.try_into::<RawTest>().map_err(|error| TrialProblem::Shape(error.message().trim_end().to_owned()));
    let case = read.as_ref().ok().map(|test| test.case);
    let failure = read.and_then(|test| run(duties, &test)).err().map(|problem| page.at(&place, problem));
    DutyOutcome { name, duty, case, failure }
}

fn run(duties: &[Duty], test: &RawTest) -> Result<(), TrialProblem> {
    if test.name.trim().is_empty() {
        return Err(TrialProblem::Shape("a test has a name that says what it shows; write one".to_owned()));
    }
    let duty = duties.iter().find(|duty| duty.id.as_str() == test.duty);
    let duty = duty.ok_or_else(|| TrialProblem::NoDuty(cut(&test.duty)))?;
    let events = test.events.iter().map(|event| read_event(event)).collect::<Result<Events, _>>()?;
    let facts = &test.facts;
    let subject = Subject {
        about: facts.about.unwrap_or(duty.applies.about),
        tier: facts.tier,
        personal: facts.personal,
        technologies: facts.technologies.clone(),
        categories: facts.categories.clone(),
        purposes: facts.purposes.clone(),
    };
    let instances = duty.instances(&events, read_time(&test.at)?);
    let found = if subject.is_concerned(&duty.applies) {
        pick(&instances, test.due.as_deref())?.map_or(Verdict::NotStarted, |instance| Verdict::of(&instance.status))
    } else {
        Verdict::DoesNotApply
    };
    let expected = test.expect;
    if found == expected { Ok(()) } else { Err(TrialProblem::Otherwise { found, expected }) }
}

/// The instance that is due on a day or at an instant; the first where none is asked for.
fn pick<'i>(instances: &'i [Instance], due: Option<&str>) -> Result<Option<&'i Instance>, TrialProblem> {
    let Some(asked) = due else { return Ok(instances.first()) };
    let at = read_time(asked)?;
    let whole_day = asked.len() == DAY_BYTES;
    let is = |instance: &&Instance| instance.due == at || whole_day && instance.due.date() == asked;
    let days = || instances.iter().map(|instance| instance.due.to_string()).collect::<Vec<_>>().join(", ");
    let none = || TrialProblem::NotDue { asked: cut(asked), due: days() };
    instances.iter().find(is).map(Some).ok_or_else(none)
}

/// The length of a day such as `2027-11-01`.
const DAY_BYTES: usize = 10;

/// A time, or the beginning of a day.
fn read_time(text: &str) -> Result<Timestamp, TrialProblem> {
    let whole = if text.len() == DAY_BYTES { format!("{text}T00:00:00Z") } else { text.to_owned() };
    whole.parse().map_err(|_| TrialProblem::Time(cut(text)))
}

fn read_event(parts: &[String]) -> Result<Event, TrialProblem> {
    let id = |text: &String| EvidenceId::new(text).map_err(|error| TrialProblem::Event(error.to_string()));
    let (moment, at, evidence, answers) = match parts {
        [moment, at] => (moment, at, None, None),
        [moment, at, evidence] => (moment, at, Some(evidence), None),
        [moment, at, evidence, answers] => (moment, at, Some(evidence), Some(answers)),
        _ => return Err(TrialProblem::Event(format!("this has {} parts", parts.len()))),
    };
    let moment: Moment = moment.parse()?;
    if evidence.is_some() && !matches!(moment, Moment::Evidence(_)) {
        return Err(TrialProblem::Event(format!("`{moment}` is no evidence and has no id")));
    }
    Ok(Event {
        at: read_time(at)?,
        moment,
        evidence: evidence.map(id).transpose()?,
        answers: answers.map(id).transpose()?,
    })
}
