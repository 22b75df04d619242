//! What went wrong, for everybody: what happened, which clocks run on it, who was told when, what was learnt.
//!
//! Drawn from the log alone. What was sealed when it was reported is not here, and nothing here decides anything.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use flow::City;
use model::incident::{INCIDENT_CLOSED, INCIDENT_KINDS, INCIDENT_UPDATE};
use model::{EvidenceId, EvidenceRecord, Moment, Severity, Subject, Timestamp};
use register::{Clocks, State as Register};
use standards::duty::{Duty, Instance, Status};

use super::{Link, Site, page, party_name};
use crate::jobs::Lane;
use crate::lang::Lang;
use crate::problem::Problem;
use crate::router::Node;
use crate::words;

/// The most incidents of the page.
const SHOWN_MAX: usize = 200;

#[derive(Template)]
#[template(path = "incidents.html")]
struct Page {
    site: Site,
    open: Vec<Told>,
    over: Vec<Told>,
    more: usize,
}

impl Page {
    /// What is open, and what is over.
    fn groups(&self) -> [(&'static str, &'static str, &[Told]); 2] {
        [("Open", "open", &self.open), ("Over", "over", &self.over)]
    }
}

/// An incident as everybody may read it.
pub(crate) struct Told {
    pub(crate) id: EvidenceId,
    pub(crate) kind: &'static str,
    pub(crate) summary: String,
    pub(crate) severity: Option<&'static str>,
    /// What it is about; none for the city as a whole.
    pub(crate) about: Option<Link>,
    pub(crate) by: String,
    pub(crate) noticed: String,
    pub(crate) happened: Option<String>,
    pub(crate) reported: String,
    pub(crate) devices: String,
    pub(crate) data: String,
    pub(crate) clocks: Vec<Clock>,
    pub(crate) said: Vec<Said>,
    /// Since when it is over, or why the report was withdrawn; none while it is open.
    pub(crate) over: Option<String>,
    at: Timestamp,
}

/// A clock that runs on it, or ran.
pub(crate) struct Clock {
    pub(crate) words: String,
    pub(crate) overdue: bool,
    /// By when it has to be done, while it waits.
    pub(crate) due: Option<Timestamp>,
}

/// What was said about it since.
pub(crate) struct Said {
    pub(crate) what: String,
    pub(crate) by: String,
    pub(crate) on: String,
    pub(crate) text: String,
}

/// `GET /incidents`
pub(crate) async fn incidents(State(node): State<Node>) -> Result<Response, Problem> {
    let city = Arc::clone(&node.city);
    let job = move || {
        let (state, now) = (city.register().state(), city.register().now());
        let mut all = all(&city, &state, now, |_| true);
        let more = all.len().saturating_sub(SHOWN_MAX);
        all.truncate(SHOWN_MAX);
        let (open, over) = all.into_iter().partition(|one| one.over.is_none());
        Page { site: Site::of(&state), open, over, more }
    };
    page(&node.jobs.run(Lane::Open, job).await?)
}

/// Whether a statement is a report of an incident.
pub(crate) fn is_incident(record: &EvidenceRecord) -> bool {
    INCIDENT_KINDS.contains(&record.evidence.kind.as_str())
}

/// The incidents about some things, the newest first.
pub(crate) fn all(
    city: &City,
    state: &Register,
    now: Timestamp,
    wanted: impl Fn(&EvidenceRecord) -> bool,
) -> Vec<Told> {
    let rules = city.register().rules();
    let clocks = rules.as_ref().map(|rules| rules.clocks.as_ref());
    let records = state.evidence.values().filter(|record| is_incident(record) && wanted(record));
    let mut all: Vec<Told> = records.map(|record| Told::of(state, clocks, record, now)).collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.at));
    all
}

impl Told {
    pub(crate) fn of(state: &Register, clocks: Option<&Clocks>, record: &EvidenceRecord, now: Timestamp) -> Self {
        let statement = &record.evidence;
        let known = state.incidents.get(&statement.id).map(|record| &record.incident);
        let listed = |parts: Vec<String>| words::list(&parts);
        let about = match &statement.about {
            Subject::City => None,
            Subject::Deployment { id } => Link::deployment(Lang::En, state, id),
            Subject::Device { id } => {
                state.devices.get(id).and_then(|device| Link::deployment(Lang::En, state, &device.deployment))
            }
        };
        let said = said(state, record);
        Self {
            id: statement.id.clone(),
            kind: if statement.kind.as_str() == "breach" { "A breach of data" } else { "An incident" },
            summary: statement.summary.clone(),
            severity: known.map(|incident| severity(incident.severity)),
            about,
            by: party_name(state, &statement.signed_by),
            noticed: words::instant(statement.on),
            happened: known.and_then(|incident| incident.happened).map(words::day),
            reported: words::instant(record.filed_at),
            devices: listed(known.iter().flat_map(|one| &one.devices).map(|id| format!("“{id}”")).collect()),
            data: listed(
                known.iter().flat_map(|one| &one.data).map(|category| words::small(category.name())).collect(),
            ),
            clocks: runs(state, clocks, record, now).iter().map(|(duty, run)| Clock::of(duty, run)).collect(),
            over: over(record, &said),
            said: said.into_iter().map(|record| Said::of(state, record)).collect(),
            at: record.filed_at,
        }
    }
}

/// How bad it is, in words.
pub(crate) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Minor => "Minor: nobody is harmed",
        Severity::Serious => "Serious: somebody may be harmed, or a service fails",
        Severity::Severe => "Severe: many may be harmed, or some badly",
    }
}

/// Since when it is over: the newest word that it is, or the withdrawal of its report.
fn over(record: &EvidenceRecord, said: &[&EvidenceRecord]) -> Option<String> {
    if let (Some(ended), why) = (record.ended, &record.withdrawn_because) {
        let why = why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        return Some(format!("The report was withdrawn on {}{why}", words::day(ended)));
    }
    let closed = said.iter().rev().find(|one| one.evidence.kind.as_str() == INCIDENT_CLOSED)?;
    Some(format!("Over since {}", words::day(closed.evidence.on)))
}

/// The clocks that count from it, and where each stands.
pub(crate) fn runs(
    state: &Register,
    clocks: Option<&Clocks>,
    record: &EvidenceRecord,
    now: Timestamp,
) -> Vec<(Duty, Instance)> {
    let mut runs: Vec<_> = clocks.map(|clocks| clocks.runs(state, &record.evidence.about, now)).unwrap_or_default();
    runs.retain(|(_, run)| run.key.trigger.as_ref() == Some(&record.evidence.id));
    runs.sort_by_key(|(_, run)| run.due);
    runs
}

impl Clock {
    fn of(duty: &Duty, run: &Instance) -> Self {
        let due = words::instant(run.due);
        let what = match &duty.done_by {
            Moment::Evidence(kind) => words::small(&called(kind.as_str())),
            _ => words::small(&words::owes(duty)),
        };
        let words = match run.status {
            Status::Waiting => format!("To be stated by {due}: {what}"),
            Status::Done { at } => format!("Stated in time, on {}: {what}", words::instant(at)),
            Status::Lapsed { done_later: None } => format!("Overdue since {due}: {what}"),
            Status::Lapsed { done_later: Some(at) } => {
                format!("Stated late, on {}, and was due by {due}: {what}", words::instant(at))
            }
            Status::Void { at } => format!("Asked for no more since {}: {what}", words::instant(at)),
        };
        let words = format!("{words} (“{}”, {})", duty.id, duty.requirement);
        Self { words, overdue: run.is_overdue(), due: Some(run.due).filter(|_| run.status == Status::Waiting) }
    }
}

/// What stands of what was said about an incident, oldest first.
fn said<'s>(state: &'s Register, incident: &EvidenceRecord) -> Vec<&'s EvidenceRecord> {
    let id = &incident.evidence.id;
    let mut said: Vec<&EvidenceRecord> = state
        .evidence_about(&incident.evidence.about)
        .filter(|record| record.evidence.answers.as_ref() == Some(id) && record.ended.is_none())
        .collect();
    said.sort_by_key(|record| (record.evidence.on, record.filed_at));
    said
}

impl Said {
    fn of(state: &Register, record: &EvidenceRecord) -> Self {
        Self {
            what: called(record.evidence.kind.as_str()),
            by: party_name(state, &record.evidence.signed_by),
            on: words::instant(record.evidence.on),
            text: record.evidence.summary.clone(),
        }
    }
}

/// What a statement about an incident is called.
pub(crate) fn called(kind: &str) -> String {
    match kind {
        INCIDENT_UPDATE => "What became known".to_owned(),
        INCIDENT_CLOSED => "It is over".to_owned(),
        "breach-notified" => "Those concerned were told".to_owned(),
        "authority-notified" => "The authority was told".to_owned(),
        "incident-review" => "What was learnt, and what changes".to_owned(),
        other => format!("“{other}”"),
    }
}
