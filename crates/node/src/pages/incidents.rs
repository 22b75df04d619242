//! What went wrong, for everybody: what happened, which clocks run on it, who was told when, what was learnt.
//!
//! Drawn from the log alone. What was sealed when it was reported is not here, and nothing here decides anything.

use std::cell::LazyCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use flow::City;
use model::incident::{INCIDENT_CLOSED, INCIDENT_UPDATE};
use model::{EvidenceId, EvidenceRecord, Moment, Severity, Span, Subject, Timestamp};
use register::State as Register;
use standards::duty::{Duty, Instance, Status};

use super::policies::Known;
use super::runs::Runs;
use super::{Link, Site, page, party_name};
use crate::jobs::Lane;
use crate::lang::{Here, Lang};
use crate::problem::Problem;
use crate::router::Node;
use crate::words;

const SECONDS_PER_MINUTE: u32 = 60;
const SECONDS_PER_HOUR: u32 = 3_600;
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
        let site = &self.site;
        [(site.say("Open", "Offen"), "open", &self.open), (site.say("Over", "Vorbei"), "over", &self.over)]
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
    pub(crate) over: Option<Over>,
}

/// Since when an incident is over.
pub(crate) struct Over {
    pub(crate) since: String,
    /// Why its report was withdrawn, as a party wrote it.
    pub(crate) why: Option<String>,
}

/// A clock that runs on it, or ran.
pub(crate) struct Clock {
    pub(crate) words: String,
    pub(crate) overdue: bool,
    /// By when it has to be done, while it waits.
    pub(crate) due: Option<Timestamp>,
}

/// The clocks of some incidents as they stand at an instant, and what their duties are called.
struct Running<'s> {
    runs: Runs,
    now: Timestamp,
    /// Read where a clock has to be named, and not before.
    known: LazyCell<Known, Box<dyn FnOnce() -> Known + 's>>,
}

impl<'s> Running<'s> {
    fn of(state: &'s Register, runs: Runs, now: Timestamp) -> Self {
        Self { runs, now, known: LazyCell::new(Box::new(|| Known::in_force(state))) }
    }
}

/// What was said about it since.
pub(crate) struct Said {
    pub(crate) what: String,
    pub(crate) by: String,
    pub(crate) on: String,
    pub(crate) text: String,
}

/// `GET /incidents`
pub(crate) async fn incidents(State(node): State<Node>, here: Here) -> Result<Response, Problem> {
    let city = Arc::clone(&node.city);
    let job = move || {
        let (state, now) = (city.register().state(), city.register().now());
        let (told, more) = all(here.lang, &city, &state, now, |_| true);
        let (open, over) = told.into_iter().partition(|one| one.over.is_none());
        Page { site: Site::at(&state, &here), open, over, more }
    };
    page(&node.jobs.run(Lane::Open, job).await?)
}

/// The incidents about some things, those that are open first, then the newest; and of how many more nothing is told.
pub(crate) fn all(
    lang: Lang,
    city: &City,
    state: &Register,
    now: Timestamp,
    wanted: impl Fn(&EvidenceRecord) -> bool,
) -> (Vec<Told>, usize) {
    let said = Followed::of(state, state.evidence.values().map(AsRef::as_ref));
    let records = state.evidence.values().filter(|record| record.evidence.is_incident() && wanted(record));
    let mut records: Vec<&EvidenceRecord> = records.map(AsRef::as_ref).collect();
    records.sort_by_cached_key(|record| (over(lang, record, said.about(record)).is_some(), Reverse(record.filed_at)));
    let more = records.len().saturating_sub(SHOWN_MAX);
    records.truncate(SHOWN_MAX);
    let runs = Runs::about(city, state, records.iter().map(|record| &record.evidence.about), now);
    let running = Running::of(state, runs, now);
    let told = records.into_iter().map(|record| Told::of(lang, state, &running, said.about(record), record));
    (told.collect(), more)
}

/// What stands of what was said about each incident, oldest first.
struct Followed<'s>(BTreeMap<&'s EvidenceId, Vec<&'s EvidenceRecord>>);

impl<'s> Followed<'s> {
    /// Among some statements.
    fn of(state: &Register, statements: impl Iterator<Item = &'s EvidenceRecord>) -> Self {
        let mut said: BTreeMap<&EvidenceId, Vec<&EvidenceRecord>> = BTreeMap::new();
        for record in statements.filter(|record| record.ended.is_none()) {
            let Some(id) = &record.evidence.answers else { continue };
            let about = |incident: &Arc<EvidenceRecord>| {
                incident.evidence.is_incident() && incident.evidence.about == record.evidence.about
            };
            if state.evidence.get(id).is_some_and(about) {
                said.entry(id).or_default().push(record);
            }
        }
        said.values_mut().for_each(|said| said.sort_by_key(|record| (record.evidence.on, record.filed_at)));
        Self(said)
    }

    fn about(&self, incident: &EvidenceRecord) -> &[&'s EvidenceRecord] {
        self.0.get(&incident.evidence.id).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Told {
    /// One incident, in English.
    pub(crate) fn one(city: &City, state: &Register, record: &EvidenceRecord, now: Timestamp) -> Self {
        let runs = Runs::of(city, state, &record.evidence.id, now);
        let said = Followed::of(state, state.evidence_about(&record.evidence.about));
        Self::of(Lang::En, state, &Running::of(state, runs, now), said.about(record), record)
    }

    fn of(
        lang: Lang,
        state: &Register,
        running: &Running<'_>,
        said: &[&EvidenceRecord],
        record: &EvidenceRecord,
    ) -> Self {
        let statement = &record.evidence;
        let known = state.incidents.get(&statement.id).map(|record| &record.incident);
        let listed = |parts: Vec<String>| lang.list(&parts);
        let about = match &statement.about {
            Subject::City => None,
            Subject::Deployment { id } => Link::deployment(lang, state, id),
            Subject::Device { id } => {
                state.devices.get(id).and_then(|device| Link::deployment(lang, state, &device.deployment))
            }
        };
        Self {
            id: statement.id.clone(),
            kind: match statement.kind.as_str() {
                "breach" => {
                    lang.of("A breach of data", "Daten gingen verloren, wurden verändert oder kamen in falsche Hände")
                }
                _ => lang.of("An incident", "Ein Vorfall"),
            },
            summary: statement.summary.clone(),
            severity: known.map(|incident| severity(lang, incident.severity)),
            about,
            by: party_name(state, &statement.signed_by),
            noticed: lang.instant(statement.on),
            happened: known.and_then(|incident| incident.happened).map(|at| lang.day(at)),
            reported: lang.instant(record.filed_at),
            devices: listed(known.iter().flat_map(|one| &one.devices).map(|id| lang.quoted(id.as_str())).collect()),
            data: listed(
                known.iter().flat_map(|one| &one.data).map(|category| lang.within(lang.category(*category))).collect(),
            ),
            clocks: clocks(lang, running, record),
            over: over(lang, record, said),
            said: said.iter().map(|record| Said::of(lang, state, record)).collect(),
        }
    }
}

/// How bad it is, in words.
pub(crate) const fn severity(lang: Lang, severity: Severity) -> &'static str {
    match severity {
        Severity::Minor => lang.of("Minor: nobody is harmed", "Gering: Niemand kommt zu Schaden"),
        Severity::Serious => lang.of(
            "Serious: somebody may be harmed, or a service fails",
            "Ernst: Jemand kann zu Schaden kommen, oder ein Dienst fällt aus",
        ),
        Severity::Severe => lang.of(
            "Severe: many may be harmed, or some badly",
            "Schwer: Viele können zu Schaden kommen, oder einige schwer",
        ),
    }
}

/// Since when it is over: the newest word that it is, or the withdrawal of its report.
fn over(lang: Lang, record: &EvidenceRecord, said: &[&EvidenceRecord]) -> Option<Over> {
    if let Some(ended) = record.ended {
        let (day, why) = (lang.day(ended), record.withdrawn_because.clone());
        let since = match (lang, why.is_some()) {
            (Lang::En, true) => format!("The report was withdrawn on {day}"),
            (Lang::De, true) => format!("Die Meldung wurde am {day} zurückgezogen"),
            // A statement of before reports were acts of their own could end by itself.
            (Lang::En, false) => format!("The statement ended on {day}"),
            (Lang::De, false) => format!("Die Erklärung lief am {day} ab"),
        };
        return Some(Over { since, why });
    }
    let closed = said.iter().rev().find(|one| one.evidence.kind.as_str() == INCIDENT_CLOSED)?;
    let day = lang.day(closed.evidence.on);
    let since = match lang {
        Lang::En => format!("Over since {day}"),
        Lang::De => format!("Vorbei seit dem {day}"),
    };
    Some(Over { since, why: None })
}

/// The clocks that count from it, by when they are due.
fn clocks(lang: Lang, running: &Running<'_>, incident: &EvidenceRecord) -> Vec<Clock> {
    let mut runs: Vec<&(Duty, Instance)> = running.runs.from(&incident.evidence.id).iter().collect();
    runs.sort_by_key(|(_, run)| run.due);
    runs.into_iter().map(|(duty, run)| Clock::of(lang, running, duty, run, incident)).collect()
}

impl Clock {
    fn of(lang: Lang, running: &Running<'_>, duty: &Duty, run: &Instance, incident: &EvidenceRecord) -> Self {
        let due = lang.instant(run.due);
        let what = match &duty.done_by {
            Moment::Evidence(kind) => lang.within(&called(lang, kind.as_str())),
            _ => lang.within(&words::owes(lang, duty)),
        };
        let words = match (lang, run.status) {
            (Lang::En, Status::Waiting) => format!("To be stated by {due}: {what}"),
            (Lang::De, Status::Waiting) => format!("Zu erklären bis zum {due}: {what}"),
            (Lang::En, Status::Done { at }) => format!("Stated in time, on {}: {what}", lang.instant(at)),
            (Lang::De, Status::Done { at }) => format!("Rechtzeitig erklärt, am {}: {what}", lang.instant(at)),
            (Lang::En, Status::Lapsed { done_later: None }) => format!("Overdue since {due}: {what}"),
            (Lang::De, Status::Lapsed { done_later: None }) => format!("Überfällig seit dem {due}: {what}"),
            (Lang::En, Status::Lapsed { done_later: Some(at) }) => {
                format!("Stated late, on {}, and was due by {due}: {what}", lang.instant(at))
            }
            (Lang::De, Status::Lapsed { done_later: Some(at) }) => {
                format!("Zu spät erklärt, am {}, fällig war es bis zum {due}: {what}", lang.instant(at))
            }
            (Lang::En, Status::Void { at }) => format!("Asked for no more since {}: {what}", lang.instant(at)),
            (Lang::De, Status::Void { at }) => format!("Seit dem {} nicht mehr verlangt: {what}", lang.instant(at)),
        };
        let title =
            running.known.title_in(lang, &duty.requirement).map(|title| format!("{title}: ")).unwrap_or_default();
        let words = format!("{words} ({title}{}, {})", lang.quoted(duty.id.as_str()), duty.requirement);
        let words = if run.status == Status::Waiting {
            let left = left(lang, run.due.since(running.now));
            format!("{words}; {left}{}", counted_from_notice(lang, run, incident))
        } else {
            words
        };
        Self { words, overdue: run.is_overdue(), due: Some(run.due).filter(|_| run.status == Status::Waiting) }
    }
}

/// What is left of a clock: whole hours, or minutes of the last one.
fn left(lang: Lang, left: Span) -> String {
    let (hours, minutes) = (left.as_seconds() / SECONDS_PER_HOUR, left.as_seconds() / SECONDS_PER_MINUTE);
    let told = if hours > 0 { Span::hours(hours) } else { Span::minutes(minutes) };
    match (lang, hours + minutes) {
        (Lang::En, 0) => "less than a minute left".to_owned(),
        (Lang::De, 0) => "noch weniger als eine Minute".to_owned(),
        (Lang::En, _) => format!("{} left", lang.span(told)),
        (Lang::De, _) => format!("noch {}", lang.span(told)),
    }
}

/// A clock of the register counts from the report, because an earlier moment is only claimed; a law may count from when it was noticed.
/// Where that was earlier, it is said when the same time would be over.
fn counted_from_notice(lang: Lang, run: &Instance, incident: &EvidenceRecord) -> String {
    let before = incident.filed_at.since(incident.evidence.on);
    if before == Span::ZERO {
        return String::new();
    }
    let due = lang.instant(run.due - before);
    match lang {
        Lang::En => format!(". Counted from when it was noticed: by {due}"),
        Lang::De => format!(". Gezählt von dem Zeitpunkt an, zu dem es bemerkt wurde: bis zum {due}"),
    }
}

impl Said {
    fn of(lang: Lang, state: &Register, record: &EvidenceRecord) -> Self {
        Self {
            what: called(lang, record.evidence.kind.as_str()),
            by: party_name(state, &record.evidence.signed_by),
            on: lang.instant(record.evidence.on),
            text: record.evidence.summary.clone(),
        }
    }
}

/// What a statement about an incident is called.
pub(crate) fn called(lang: Lang, kind: &str) -> String {
    let told = match kind {
        INCIDENT_UPDATE => lang.of("What became known", "Was bekannt wurde"),
        INCIDENT_CLOSED => lang.of("It is over", "Es ist vorbei"),
        "breach-notified" => lang.of("Those concerned were told", "Die Betroffenen wurden benachrichtigt"),
        "authority-notified" => lang.of("The authority was told", "Die Aufsichtsbehörde wurde benachrichtigt"),
        "incident-review" => {
            lang.of("What was learnt, and what changes", "Was daraus gelernt wurde und was sich ändert")
        }
        other => return lang.quoted(other),
    };
    told.to_owned()
}
