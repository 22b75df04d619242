//! Incidents in the office: reporting one, saying what became known and who was told, closing it.
//!
//! Which statements have to follow, and by when, is read from the duties in force. What is confidential is sealed when it is
//! reported, and shown to those alone who answer for what it is about.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::incident::{INCIDENT_CLOSED, INCIDENT_KINDS, INCIDENT_REVIEW, INCIDENT_UPDATE};
use model::{
    Category, DeviceId, Evidence, EvidenceId, EvidenceKind, EvidenceRecord, Fields, Incident, Moment, Party, Sealed,
    Severity, Subject,
};
use register::decide::{answers_for, answers_for_all};
use register::{Clocks, Command, Rules, State as Register};

use super::ask::{Choice, Fault, Faults, Field, Sent};
use super::deed::{self, Deed};
use super::opened::Opened;
use super::{Done, Reach, free_id, reader};
use crate::jobs::Lane;
use crate::lang::Lang;
use crate::pages::incidents::{Told, all, called, severity};
use crate::pages::signed::{private, to_sign_in};
use crate::pages::{Link, Site};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;

const INCIDENTS: &str = "/office/incidents";
/// How a deployment is told from the city where a report says what it is about.
const OF: &str = "of/";

#[derive(Template)]
#[template(path = "office_incidents.html")]
struct All {
    site: Site,
    party: String,
    form: String,
    done: Option<(String, Option<Link>)>,
    open: Vec<Told>,
    over: Vec<Told>,
    more: usize,
}

impl All {
    /// What is open, and what is over.
    fn groups(&self) -> [(&'static str, &'static str, &[Told]); 2] {
        [("Open", "open", &self.open), ("Over", "over", &self.over)]
    }
}

#[derive(Template)]
#[template(path = "office_incident.html")]
struct One {
    site: Site,
    party: String,
    form: String,
    done: Option<(String, Option<Link>)>,
    told: Told,
    /// What is sealed of it, if this party may read it and there is something.
    details: Option<String>,
    /// What can be said about it, each with its form.
    follow: Vec<Link>,
    /// Whether this party may withdraw the report.
    withdraws: bool,
}

/// `GET /office/incidents`
pub(super) async fn incidents(
    State(node): State<Node>,
    headers: HeaderMap,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (city, party, form) = (Arc::clone(&node.city), signed.party.clone(), signed.id.form());
    let done = done?.0.done;
    let job = move || {
        let (state, now) = (city.register().state(), city.register().now());
        let reach = Reach::of(&state, &party);
        let (told, more) = all(Lang::En, &city, &state, now, |record| concerns(&reach, record));
        let (open, over) = told.into_iter().partition(|one| one.over.is_none());
        let done = deed::told(&city, &state, &party.id, done.as_deref());
        All { site: Site::of(&state), party: party.name.clone(), form, done, open, over, more }
    };
    private(StatusCode::OK, &node.jobs.run(Lane::Token, job).await?)
}

/// Whether an incident concerns a party.
fn concerns(reach: &Reach<'_>, record: &EvidenceRecord) -> bool {
    let of = |id: &model::DeploymentId| reach.state.deployments.get(id).is_some_and(|record| reach.deployment(record));
    reach.evidence(record)
        || match &record.evidence.about {
            Subject::City => reach.city(),
            Subject::Deployment { id } => of(id),
            Subject::Device { id } => reach.state.devices.get(id).is_some_and(|device| of(&device.deployment)),
        }
}

/// An incident that concerns a party; the same problem whether there is none or it is somebody else's.
fn find<'a>(reach: &Reach<'a>, id: &str) -> Result<&'a EvidenceRecord, Problem> {
    let none = || Problem::new(Kind::NotFound).detail("no incident of this name concerns the party that is signed in");
    let id: EvidenceId = id.parse().map_err(|_| none())?;
    let found = reach.state.evidence.get(&id).map(AsRef::as_ref);
    found.filter(|record| record.evidence.is_incident() && concerns(reach, record)).ok_or_else(none)
}

/// `GET /office/incidents/{id}`
pub(super) async fn one(
    State(node): State<Node>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (city, party, form) = (Arc::clone(&node.city), signed.party.clone(), signed.id.form());
    let (id, done) = (id?.0, done?.0.done);
    let job = move || {
        let (state, now) = (city.register().state(), city.register().now());
        let reach = Reach::of(&state, &party);
        let record = find(&reach, &id)?;
        let rules = city.register().rules();
        let concerned = reads(&state, &party, record);
        let read = concerned.then(|| city.register().incident_details(&record.evidence.id));
        let read = read.transpose().map_err(|_| Problem::new(Kind::Internal))?.flatten();
        let follow = kinds(rules.as_deref()).into_iter().filter(|_| concerned).map(|kind| Link {
            href: format!("{INCIDENTS}/{}/{kind}", record.evidence.id),
            text: label(rules.as_deref(), &kind),
        });
        Ok(One {
            site: Site::of(&state),
            party: party.name.clone(),
            form,
            done: deed::told(&city, &state, &party.id, done.as_deref()),
            told: Told::one(&city, &state, record, now),
            details: read.and_then(words_of),
            follow: follow.collect(),
            withdraws: record.ended.is_none() && answers_for_all(&state, &party),
        })
    };
    let page: Result<One, Problem> = node.jobs.run(Lane::Token, job).await?;
    private(StatusCode::OK, &page?)
}

/// Whether a party reads what is sealed of an incident: whoever reported it, and those who answer for what it is about.
fn reads(state: &Register, party: &Party, record: &EvidenceRecord) -> bool {
    record.evidence.signed_by == party.id || answers_for(state, party, &record.evidence.about)
}

fn words_of(details: Sealed<Fields>) -> Option<String> {
    match details {
        Sealed::Present(mut fields) => fields.0.remove("details").flatten(),
        Sealed::Erased => Some("It was erased.".to_owned()),
    }
}

/// The kinds of statements that follow an incident: those that stop the clocks in force, and those that are always there.
fn kinds(rules: Option<&Rules>) -> BTreeSet<EvidenceKind> {
    let starts = |moment: &Moment| matches!(moment, Moment::Evidence(kind) if INCIDENT_KINDS.contains(&kind.as_str()));
    let duties = rules.into_iter().flat_map(|rules| rules.clocks.duties()).filter(|duty| starts(&duty.from));
    let asked = duties.filter_map(|duty| match &duty.done_by {
        Moment::Evidence(kind) => Some(kind.clone()),
        _ => None,
    });
    let always = [INCIDENT_UPDATE, INCIDENT_CLOSED, INCIDENT_REVIEW].into_iter().filter_map(|kind| kind.parse().ok());
    asked.chain(always).collect()
}

/// What the form of a kind is called, and for which requirement it is.
fn label(rules: Option<&Rules>, kind: &EvidenceKind) -> String {
    let asks = |clocks: &Clocks| {
        let done = Moment::Evidence(kind.clone());
        clocks.duties().find(|duty| duty.done_by == done).map(|duty| duty.requirement.to_string())
    };
    let asked = rules.and_then(|rules| asks(&rules.clocks)).map(|id| format!(" ({id})")).unwrap_or_default();
    format!("State: {}{asked}", words::small(&called(Lang::En, kind.as_str())))
}

/// `/office/incidents/{id}/{kind}`
pub(super) async fn follow(form: Opened<(String, String)>) -> Result<Response, Problem> {
    let deed = following(&form)?;
    form.go(deed).await
}

fn following(form: &Opened<(String, String)>) -> Result<Deed, Problem> {
    let (reach, sent) = (form.reach(), &form.sent);
    let record = find(&reach, &form.about.0)?;
    let rules = form.node.city.register().rules();
    let kind = kinds(rules.as_deref()).into_iter().find(|kind| kind.as_str() == form.about.1);
    let kind = kind.ok_or_else(|| Problem::new(Kind::NotFound).detail("no such statement follows an incident"))?;
    let incident = &record.evidence;
    let page = format!("{INCIDENTS}/{}", incident.id);
    let (address, then) = (format!("{page}/{kind}"), Link { href: page, text: "The incident".to_owned() });
    let taken = |id: &str| form.state.evidence.keys().any(|known| known.as_str() == id);
    let id = free_id(sent, &format!("{kind}-{}", incident.id), taken);
    let lead = format!("Everybody can read it. It is about this: {}", incident.summary);
    let tells = ![INCIDENT_UPDATE, INCIDENT_CLOSED, INCIDENT_REVIEW].contains(&kind.as_str());
    let mut fields = vec![
        Field::day("on", "On which day", sent, Some(form.now)),
        Field::line("at", "At what time", sent).optional().hint(CLOCK_HINT),
    ];
    if tells {
        fields.push(Field::line("told", "Who was told", sent).hint("An office or a group, no names of persons."));
    }
    fields.push(Field::text("summary", "In words for residents", sent));
    let mut faults = Faults::default();
    let (on, summary) = (faults.moment(sent, "on", "at"), faults.text(sent, "summary"));
    let told = if tells { faults.text(sent, "told").map(Some) } else { Some(None) };
    let read = (|| {
        let (on, summary, told) = (on?, summary?, told?);
        Some(Evidence {
            id: id.parse().ok()?,
            about: incident.about.clone(),
            kind: kind.clone(),
            on,
            until: None,
            signed_by: reach.party.id.clone(),
            summary: told.map_or_else(|| summary.clone(), |told| format!("Told: {told}. {summary}")),
            document: None,
            answers: Some(incident.id.clone()),
        })
    })();
    Ok(Deed {
        fields,
        command: faults.settle(read).map(Command::FileEvidence),
        id: Some(id),
        ..Deed::new(label(rules.as_deref(), &kind), lead, address, then)
    })
}

/// How a time of day is written.
const CLOCK_HINT: &str = "For instance 14:30, in UTC. The begin of the day if nothing is said.";

/// `/office/incidents/new`
pub(super) async fn report(form: Opened) -> Result<Response, Problem> {
    let deed = reporting(&form);
    form.go(deed).await
}

fn reporting(form: &Opened) -> Deed {
    let (reach, sent) = (form.reach(), &form.sent);
    let about = sent.one("about").trim().trim_start_matches(OF);
    let taken = |id: &str| form.state.evidence.keys().any(|known| known.as_str() == id);
    let id = free_id(sent, &format!("{}-{about}", sent.one("kind")), taken);
    let lead = "The report is public at once, and the clocks of the duties in force run from it. What residents must not read \
                yet goes into the last field, which is sealed.";
    let then = Link { href: INCIDENTS.to_owned(), text: "Incidents".to_owned() };
    let details = sent.filled("details").map(str::to_owned);
    let command = incident(&reach, sent, &id).map(|incident| Command::ReportIncident {
        incident,
        details: Fields([("details".to_owned(), details)].into()),
    });
    Deed {
        fields: report_fields(&reach, form),
        made: Some(format!("{INCIDENTS}/{id}")),
        id: Some(id),
        command,
        ..Deed::new("Report an incident", lead, format!("{INCIDENTS}/new"), then)
    }
}

fn report_fields(reach: &Reach<'_>, form: &Opened) -> Vec<Field> {
    let (state, sent) = (reach.state, &form.sent);
    let own =
        state.deployments.values().filter(|record| reach.deployment(record)).map(|record| {
            Choice::new(format!("{OF}{}", record.deployment.id), format!("“{}”", record.deployment.title))
        });
    let city = reach.city().then(|| Choice::new("city", "The city as a whole"));
    let kinds = [
        Choice::new(INCIDENT_KINDS[0], "Data about people was lost, changed, or seen by others"),
        Choice::new(INCIDENT_KINDS[1], "Anything else"),
    ];
    let severities = Severity::ALL.map(|one| Choice::new(one.code(), severity(Lang::En, one)));
    let data: BTreeSet<Category> = state
        .deployments
        .values()
        .flat_map(|record| &record.deployment.streams)
        .flat_map(|stream| stream.properties.values().map(|property| property.category))
        .collect();
    let data = data.into_iter().map(|category| Choice::new(category.code(), category.name()));
    vec![
        Field::one("about", "What it hit", sent, city.into_iter().chain(own).collect()),
        Field::one("kind", "What kind of incident", sent, kinds.into()),
        Field::one("severity", "How bad it is", sent, severities.into()),
        Field::day("on", "On which day it was noticed", sent, Some(form.now)),
        Field::line("at", "At what time", sent).optional().hint(CLOCK_HINT),
        Field::day("happened", "When it happened or began", sent, None).optional(),
        Field::line("devices", "Which sensors", sent).optional().hint("Their short names, with spaces."),
        Field::any("data", "Which data", sent, data.collect()),
        Field::text("summary", "What happened, in words for residents", sent),
        Field::text("details", "What must not be public yet", sent)
            .optional()
            .hint("Sealed: read by those who answer for it, and erasable. The log holds its fingerprint alone."),
    ]
}

fn incident(reach: &Reach<'_>, sent: &Sent, id: &str) -> Result<Incident, Vec<Fault>> {
    let mut faults = Faults::default();
    let about = subject(reach, sent, &mut faults);
    let kind = faults.parsed::<EvidenceKind>(sent, "kind");
    let severity = Severity::with_code(sent.one("severity").trim());
    if severity.is_none() {
        faults.note("severity", "choose how bad it is");
    }
    let (on, happened) = (faults.moment(sent, "on", "at"), faults.day_if_any(sent, "happened"));
    if on.zip(happened).is_some_and(|(on, happened)| happened > on) {
        faults.note("happened", "it happened before it was noticed");
    }
    let parts = sent.one("devices").split([' ', ',', '\n']).filter(|part| !part.is_empty());
    let devices: Result<BTreeSet<DeviceId>, _> = parts.map(str::parse).collect();
    let devices = devices.map_err(|error| faults.note("devices", error)).ok();
    let data: Result<BTreeSet<Category>, _> = sent.all("data").map(str::parse).collect();
    let data = data.map_err(|_| faults.note("data", "choose among these")).ok();
    let summary = faults.text(sent, "summary");
    let read = (|| {
        let statement = Evidence {
            id: id.parse().ok()?,
            about: about?,
            kind: kind?,
            on: on?,
            until: None,
            signed_by: reach.party.id.clone(),
            summary: summary?,
            document: None,
            answers: None,
        };
        Some(Incident { statement, happened, severity: severity?, devices: devices?, data: data? })
    })();
    faults.settle(read)
}

/// What a report is about, among what concerns its party.
fn subject(reach: &Reach<'_>, sent: &Sent, faults: &mut Faults) -> Option<Subject> {
    let chosen = sent.one("about").trim();
    if chosen == "city" && reach.city() {
        return Some(Subject::City);
    }
    let id = chosen.strip_prefix(OF).and_then(|id| reach.find(id).ok()).map(|record| record.deployment.id.clone());
    if id.is_none() {
        faults.note("about", "choose what it hit");
    }
    id.map(|id| Subject::Deployment { id })
}
