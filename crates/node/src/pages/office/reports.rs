//! The annual surveillance report, counted from the city’s public log: nine headings for each deployment that concerns a party.
//!
//! Public facts alone. What nobody stated is not made up: a heading under which the log has nothing says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::City;
use model::inquiry::InquiryKind;
use model::{Act, DeploymentId, DeploymentRecord, Party, Timestamp, What};
use register::State as Register;
use register::state::DisclosedKey;
use serde::Deserialize;

use super::{Reach, reader};
use crate::api::files::table::cell;
use crate::jobs::Lane;
use crate::lang::Lang;
use crate::log::Log;
use crate::pages::entries::{ActLine, deployment_of};
use crate::pages::signed::{private, to_sign_in};
use crate::pages::{Link, Site, party_name};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;

/// The most acts of one year that a report is counted from.
const ACTS_MAX: u64 = 500_000;
/// How many acts are read at once.
const READ_AT_ONCE: u64 = 256;
/// The first year that can be asked for, and the last.
const YEARS: std::ops::RangeInclusive<u32> = 1970..=9_998;
/// What a file of the report is called.
const FILE: HeaderValue = HeaderValue::from_static("attachment; filename=\"annual-report.csv\"");

/// The headings of the report, in the order in which ordinances ask for them.
const HEADINGS: [&str; 9] = [
    "How it was used",
    "With whom data was shared, how often and on which ground",
    "Complaints, questions and what was answered",
    "Audits, violations and what was done about them",
    "How well it did what it was for",
    "Requests about people’s own data, and answers",
    "What it cost, and who paid",
    "Changes of the policies",
    "What the hardware stands on",
];
/// Under which heading a kind of statement belongs; every other is about its use.
const KINDS: [(&str, usize); 33] = [
    ("data-clauses", 1),
    ("sharing-policy", 1),
    ("disclosure-basis", 1),
    ("complaint", 2),
    ("question", 2),
    ("question-answer", 2),
    ("objection", 2),
    ("objection-decision", 2),
    ("comment", 2),
    ("comment-answer", 2),
    ("audit", 3),
    ("breach", 3),
    ("breach-notified", 3),
    ("incident", 3),
    ("incident-review", 3),
    ("incident-update", 3),
    ("incident-closed", 3),
    ("authority-notified", 3),
    ("security-test", 3),
    ("camera-review", 3),
    ("cyber-plan-review", 3),
    ("annual-report", 4),
    ("surveillance-report", 4),
    ("city-surveillance-report", 4),
    ("camera-necessity", 4),
    ("necessity-review", 4),
    ("necessity-findings", 4),
    ("rights-request", 5),
    ("rights-answer", 5),
    ("rights-extension", 5),
    ("cost-statement", 6),
    ("use-policy", 7),
    ("published-rules", 7),
];

/// Which year.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Year {
    year: Option<u32>,
}

#[derive(Template)]
#[template(path = "office_report.html")]
struct Page {
    site: Site,
    party: String,
    form: String,
    year: u32,
    before: u32,
    parts: Vec<Part>,
}

/// What is told of one deployment.
struct Part {
    id: String,
    page: Link,
    headings: Vec<Heading>,
}

/// What stands under a heading.
struct Heading {
    title: &'static str,
    lines: Vec<Told>,
}

/// Something told, and the act behind it if it is one.
struct Told {
    words: String,
    when: String,
    entry: Option<u64>,
}

impl Told {
    fn plain(words: impl Into<String>) -> Self {
        Self { words: words.into(), when: String::new(), entry: None }
    }
}

/// `GET /office/reports/annual?year=…`
pub(crate) async fn annual(
    State(node): State<Node>,
    headers: HeaderMap,
    year: Result<Query<Year>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (year, parts) = counted(&node, &signed.party, year?.0).await?;
    let (site, form) = (Site::of(&node.city.register().state()), signed.id.form());
    private(StatusCode::OK, &Page { site, party: signed.party.name.clone(), form, year, before: year - 1, parts })
}

/// `GET /office/reports/annual.csv?year=…`
pub(crate) async fn annual_csv(
    State(node): State<Node>,
    headers: HeaderMap,
    year: Result<Query<Year>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (_, parts) = counted(&node, &signed.party, year?.0).await?;
    let mut table = "deployment,title,heading,what,when,entry\r\n".to_owned();
    for part in &parts {
        for heading in &part.headings {
            for told in &heading.lines {
                let entry = told.entry.map(|entry| entry.to_string()).unwrap_or_default();
                let row = [&part.id, &part.page.text, heading.title, &told.words, &told.when, &entry].map(cell);
                table.push_str(&row.join(","));
                table.push_str("\r\n");
            }
        }
    }
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
        (header::CONTENT_DISPOSITION, FILE),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, table).into_response())
}

/// The report of a year, for a party.
async fn counted(node: &Node, party: &Party, asked: Year) -> Result<(u32, Vec<Part>), Problem> {
    let now = node.city.register().now();
    let this = now.date().get(..4).and_then(|year| year.parse().ok()).unwrap_or(*YEARS.start());
    let year = asked.year.unwrap_or(this).max(*YEARS.start() + 1);
    let none = || Problem::new(Kind::BadRequest).detail("this is not a year that a report is made of");
    let begin = |year: u32| format!("{year:04}-01-01T00:00:00Z").parse::<Timestamp>().map_err(|_| none());
    if !YEARS.contains(&year) {
        return Err(none());
    }
    let (from, to) = (begin(year)?, begin(year + 1)?);
    let (city, party) = (Arc::clone(&node.city), party.clone());
    let job = move || {
        let state = city.register().state();
        let acts = acts(&city, from, to)?;
        let reach = Reach::of(&state, &party);
        let concerned = state.deployments.values().filter(|record| reach.deployment(record));
        Ok(concerned.map(|record| part(&state, record, &acts)).collect())
    };
    let parts: Result<Vec<Part>, Problem> = node.jobs.run(Lane::Token, job).await?;
    Ok((year, parts?))
}

/// The published acts of a stretch of time, oldest first.
fn acts(city: &City, from: Timestamp, to: Timestamp) -> Result<Vec<(u64, Act)>, Problem> {
    let log = Log::of(city);
    let size = log.head()?.1.size;
    let (mut end, mut found) = (size, Vec::new());
    // From the newest back, until what came before the year.
    while end > 0 {
        let start = (end - 1) / READ_AT_ONCE * READ_AT_ONCE;
        let indexes: Vec<u64> = (start..end).collect();
        let read = log.acts(&indexes, size)?;
        let is_over = read.first().is_some_and(|act| act.at < from);
        found.extend(indexes.into_iter().zip(read).rev().filter(|(_, act)| from <= act.at && act.at < to));
        if found.len() as u64 > ACTS_MAX {
            let detail =
                format!("the log has more than {ACTS_MAX} acts of this year; read it with `ordinance log show`");
            return Err(Problem::new(Kind::TooLarge).detail(detail));
        }
        if is_over {
            break;
        }
        end = start;
    }
    found.reverse();
    Ok(found)
}

/// What a year has of a deployment.
fn part(state: &Register, record: &DeploymentRecord, acts: &[(u64, Act)]) -> Part {
    let deployment = &record.deployment;
    let mut lines: [Vec<Told>; 9] = Default::default();
    let [used, shared, .., stands] = &mut lines;
    used.push(Told::plain(format!(
        "{}: {}",
        deployment.technology.name(),
        words::list(&deployment.purposes.iter().map(|purpose| words::small(purpose.name())).collect::<Vec<_>>())
    )));
    shared.extend(disclosed(state, &deployment.id, acts));
    let sensors: Vec<_> = state.devices.values().filter(|device| device.deployment == deployment.id).collect();
    let place =
        state.places.get(&deployment.place).map_or_else(|| deployment.place.to_string(), |place| place.name.clone());
    stands.push(Told::plain(format!("{} at {place}", words::count(sensors.len() as u64, "sensor", "sensors"))));
    for (index, act) in acts {
        let about = deployment_of(&act.what, state);
        let Some(heading) = heading(&act.what) else { continue };
        // Policies are the city's, and count for everything in it.
        if about.as_ref() == Some(&deployment.id) || matches!(act.what, What::PolicyAdopted(_)) {
            let line = ActLine::of(Lang::En, *index, act, state);
            let words =
                act.reason.as_ref().map_or_else(|| line.words.clone(), |reason| format!("{}: {reason}", line.words));
            let told = Told { words, when: line.when, entry: Some(*index) };
            if let Some(lines) = lines.get_mut(heading) {
                lines.push(told);
            }
        }
    }
    let headings = HEADINGS.into_iter().zip(lines).map(|(title, lines)| Heading { title, lines }).collect();
    Part { id: deployment.id.to_string(), page: super::deployment::page_of(deployment), headings }
}

/// Under which heading an act belongs; none if it is upkeep.
fn heading(what: &What) -> Option<usize> {
    match what {
        What::GrantAgreed(_) | What::GrantWithdrawn(_) | What::GrantExpired(_) | What::OrderIssued(_) => Some(1),
        What::DutyLapsed(_) | What::DutyMetLate(_) | What::ApprovalLapsed(_) => Some(3),
        What::PolicyAdopted(_) => Some(7),
        What::DeviceRegistered(_) => Some(8),
        What::EvidenceFiled(evidence) => {
            let known = KINDS.iter().find(|(kind, _)| *kind == evidence.kind.as_str());
            Some(known.map_or(0, |(_, heading)| *heading))
        }
        What::IncidentReported(_) => Some(3),
        What::InquiryReceived(received) => Some(if received.kind == InquiryKind::OwnData { 5 } else { 2 }),
        What::DeploymentProposed(_)
        | What::AssessmentSigned(_)
        | What::DeploymentApproved(_)
        | What::DeploymentPublished(_)
        | What::DeploymentActivated(_)
        | What::DeploymentSuspended(_)
        | What::DeploymentEnded(_) => Some(0),
        _ => None,
    }
}

/// What left a deployment, by recipient, purpose and view, as batches in the log count it.
fn disclosed(state: &Register, of: &DeploymentId, acts: &[(u64, Act)]) -> Vec<Told> {
    let mut counted: BTreeMap<DisclosedKey, (u64, Option<u64>)> = BTreeMap::new();
    let batches = acts
        .iter()
        .filter_map(|(_, act)| if let What::DisclosuresBatched(batch) = &act.what { Some(batch) } else { None });
    for total in batches.flat_map(|batch| &batch.totals).filter(|total| state.streams.get(&total.stream) == Some(of)) {
        let (times, rows) = counted.entry(DisclosedKey::from(total)).or_insert((0, Some(0)));
        *times = times.saturating_add(total.disclosures);
        *rows = rows.zip(total.rows).map(|(one, other)| one.saturating_add(other));
    }
    let told = counted.into_iter().map(|(key, (times, rows))| {
        let view = state
            .views
            .get(&(key.stream.clone(), key.view.clone()))
            .map_or_else(|| key.view.to_string(), |view| view.title.clone());
        let rows = rows.map_or_else(
            || "; how many rows is not told".to_owned(),
            |rows| format!(", {} rows in all", words::number(rows)),
        );
        let times = words::count(times, "time", "times");
        Told::plain(format!(
            "{}, for {}: “{view}”, {times}{rows}",
            party_name(state, &key.recipient),
            words::small(key.purpose.name())
        ))
    });
    told.collect()
}
