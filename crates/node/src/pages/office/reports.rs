//! Reports by one click: the annual surveillance report, the record of processing, and extracts of the register.
//!
//! The annual surveillance report is counted from the city’s public log: nine headings for each deployment that concerns a party, and
//! for the city as a whole where that concerns it.
//! Public facts alone. What nobody stated is not made up: a heading under which the log has nothing says so.

mod extract;
mod nine;
mod paper;
mod pdf;
mod record;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flow::City;
use model::inquiry::InquiryKind;
use model::{Act, DeploymentRecord, Party, Subject, Timestamp, What};
use register::State as Register;
use serde::Deserialize;
use workbook::csv_cell as cell;

use super::{Reach, reader};
use crate::jobs::Lane;
use crate::lang::Lang;
use crate::log::Log;
use crate::pages::entries::{ActLine, deployment_of};
use crate::pages::signed::{Signed, private, to_sign_in};
use crate::pages::{Link, Site};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;
use paper::{Form, Paper, Source};

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
/// What the part about no deployment is called.
const CITY: &str = "The city as a whole";
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

/// The addresses of reports.
pub(super) fn routes() -> Router<Node> {
    type Asked = Result<Query<Extract>, QueryRejection>;
    Router::new()
        .route("/office/reports", get(all))
        .route("/office/reports/annual", get(annual))
        .route("/office/reports/annual.csv", get(annual_csv))
        .route("/office/reports/annual.pdf", get(annual_pdf))
        .route("/office/reports/processing", get(|at, with| processing(at, with, Form::Page)))
        .route("/office/reports/processing.csv", get(|at, with| processing(at, with, Form::Csv)))
        .route("/office/reports/processing.pdf", get(|at, with| processing(at, with, Form::Pdf)))
        .route("/office/reports/extract", get(|at, with, asked: Asked| extracted(at, with, asked, Form::Page)))
        .route("/office/reports/extract.csv", get(|at, with, asked: Asked| extracted(at, with, asked, Form::Csv)))
        .route("/office/reports/extract.pdf", get(|at, with, asked: Asked| extracted(at, with, asked, Form::Pdf)))
}

#[derive(Template)]
#[template(path = "office_reports.html")]
struct All {
    site: Site,
    party: String,
    form: String,
    /// Id and title of each deployment that concerns the party.
    deployments: Vec<(String, String)>,
    /// Whether the annual report has the city as a whole.
    whole: bool,
}

/// `GET /office/reports`
async fn all(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let state = node.city.register().state();
    let reach = Reach::of(&state, &signed.party);
    let concerned = state.deployments.values().filter(|record| reach.deployment(record));
    let named = |record: &Arc<DeploymentRecord>| (record.deployment.id.to_string(), record.deployment.title.clone());
    let (party, form) = (signed.party.name.clone(), signed.id.form());
    let (site, deployments) = (Site::of(&state), concerned.map(named).collect());
    private(StatusCode::OK, &All { site, party, form, deployments, whole: reach.city() })
}

/// The record of processing of what concerns the party.
async fn processing(State(node): State<Node>, headers: HeaderMap, form: Form) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let (log, party) = (Log::of(&node.city), signed.party.clone());
    let draw = move || {
        let reach = Reach::of(&state, &party);
        let belong = state.deployments.values().filter(|one| reach.deployment(one) && record::belongs(&one.deployment));
        Ok(Paper {
            title: format!("Record of processing activities, {}", words::day(now)),
            lead: "Of each deployment that reads data about people, what the register says of the processing (GDPR, Article 30). \
                   What nobody stated in the register is said not to be stated; how the controller can be reached is not public."
                .to_owned(),
            file: "record-of-processing",
            address: "/office/reports/processing",
            query: String::new(),
            source: Source::of(&log)?,
            parts: belong.map(|one| record::part(&state, one, now)).collect(),
        })
    };
    Paper::written(&node, &signed, form, draw).await
}

/// What an extract is of.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Extract {
    /// At the end of which day; now if nothing is said.
    on: Option<String>,
    /// Of which deployment; of everything in force if nothing is said.
    deployment: Option<String>,
}

/// An extract of the register.
async fn extracted(
    State(node): State<Node>,
    headers: HeaderMap,
    asked: Result<Query<Extract>, QueryRejection>,
    form: Form,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let Extract { on, deployment } = asked?.0;
    match deployment.filter(|id| !id.is_empty()) {
        Some(id) => one_file(&node, &signed, &id, form).await,
        None => in_force(&node, &signed, on.filter(|day| !day.is_empty()), form).await,
    }
}

async fn one_file(node: &Node, signed: &Signed, id: &str, form: Form) -> Result<Response, Problem> {
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let record = Reach::of(&state, &signed.party).find(id)?.clone();
    let log = Log::of(&node.city);
    let draw = move || {
        Ok(Paper {
            title: format!("The file of {}, {}", record.deployment.title, words::day(now)),
            lead: "What was declared, what stands in the register about it, and every act behind it, oldest first."
                .to_owned(),
            file: "deployment-file",
            address: "/office/reports/extract",
            query: format!("?deployment={}", record.deployment.id),
            source: Source::of(&log)?,
            parts: extract::file(&log, &state, &record, now)?,
        })
    };
    Paper::written(node, signed, form, draw).await
}

async fn in_force(node: &Node, signed: &Signed, day: Option<String>, form: Form) -> Result<Response, Problem> {
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let bad = || Problem::new(Kind::BadRequest).detail("this is not a day that is over or today, such as 2027-05-01");
    let moment = match &day {
        Some(day) if day.len() == 10 => {
            let end = format!("{day}T23:59:59.999Z").parse::<Timestamp>().map_err(|_| bad())?;
            if day.as_str() > now.date().as_str() {
                return Err(bad());
            }
            end.min(now)
        }
        Some(_) => return Err(bad()),
        None => now,
    };
    let (log, party, is_now) = (Log::of(&node.city), signed.party.clone(), day.is_none());
    let draw = move || {
        let past = if is_now { Register::clone(&state) } else { extract::at(&log, moment)? };
        let reach = Reach::of(&past, &party);
        Ok(Paper {
            title: format!("Extract of the register, {}", words::instant(moment)),
            lead:
                "What was in force at this moment among what concerns the party that asked: approved, active and within its dates."
                    .to_owned(),
            file: "register-extract",
            address: "/office/reports/extract",
            query: day.map(|day| format!("?on={day}")).unwrap_or_default(),
            source: Source::of(&log)?,
            parts: extract::in_force(&past, |record| reach.deployment(record), moment),
        })
    };
    Paper::written(node, signed, form, draw).await
}

/// Which year.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Year {
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
    /// Whether the city as a whole is in it.
    whole: bool,
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
async fn annual(
    State(node): State<Node>,
    headers: HeaderMap,
    year: Result<Query<Year>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let counting = Counting::of(&node, &signed.party, year?.0)?;
    let (site, party, form) = (Site::of(&node.city.register().state()), signed.party.name.clone(), signed.id.form());
    let drawn = move || {
        let (year, parts) = (counting.year, counting.counted()?);
        let whole = parts.iter().any(|part| part.id.is_empty());
        private(StatusCode::OK, &Page { site, party, form, year, before: year - 1, whole, parts })
    };
    node.jobs.run(Lane::File, drawn).await?
}

/// `GET /office/reports/annual.csv?year=…`
async fn annual_csv(
    State(node): State<Node>,
    headers: HeaderMap,
    year: Result<Query<Year>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let counting = Counting::of(&node, &signed.party, year?.0)?;
    let table = node.jobs.run(Lane::File, move || counting.counted().map(|parts| table(&parts))).await??;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
        (header::CONTENT_DISPOSITION, FILE),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, table).into_response())
}

/// The report as a table.
fn table(parts: &[Part]) -> String {
    let mut table = "deployment,title,heading,what,when,entry\r\n".to_owned();
    for part in parts {
        for heading in &part.headings {
            for told in &heading.lines {
                let entry = told.entry.map(|entry| entry.to_string()).unwrap_or_default();
                let row = [&part.id, &part.page.text, heading.title, &told.words, &told.when, &entry].map(cell);
                table.push_str(&row.join(","));
                table.push_str("\r\n");
            }
        }
    }
    table
}

/// `GET /office/reports/annual.pdf?year=…`
async fn annual_pdf(
    State(node): State<Node>,
    headers: HeaderMap,
    year: Result<Query<Year>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let counting = Counting::of(&node, &signed.party, year?.0)?;
    let log = Log::of(&node.city);
    let draw = move || Ok(on_paper(counting.year, counting.counted()?, Source::of(&log)?));
    Paper::written(&node, &signed, Form::Pdf, draw).await
}

fn on_paper(year: u32, parts: Vec<Part>, source: Source) -> Paper {
    let line = |told: &Told| match told.entry {
        Some(entry) => format!("{} ({}, act {entry})", told.words, told.when),
        None => told.words.clone(),
    };
    let row = |heading: &Heading| {
        let none = format!("The log has nothing about this from {year}.");
        paper::Row::of(heading.title, heading.lines.iter().map(line).collect(), &none)
    };
    let part =
        |part: Part| paper::Part { heading: part.page.text, href: None, rows: part.headings.iter().map(row).collect() };
    Paper {
        title: format!("Annual report {year}"),
        lead:
            "Counted from the city’s public log: what was done and stated in this year. What nobody stated is not here."
                .to_owned(),
        file: "annual-report",
        address: "/office/reports/annual",
        query: format!("?year={year}"),
        source,
        parts: parts.into_iter().map(part).collect(),
    }
}

/// What an annual report is counted from: in the job that writes it down.
struct Counting {
    city: Arc<City>,
    party: Party,
    year: u32,
    from: Timestamp,
    to: Timestamp,
}

impl Counting {
    /// The report of a year for a party; of this year if none is named.
    fn of(node: &Node, party: &Party, asked: Year) -> Result<Self, Problem> {
        let now = node.city.register().now();
        let this = now.date().get(..4).and_then(|year| year.parse().ok()).unwrap_or(*YEARS.start());
        let year = asked.year.unwrap_or(this).max(*YEARS.start() + 1);
        let none = || Problem::new(Kind::BadRequest).detail("this is not a year that a report is made of");
        let begin = |year: u32| format!("{year:04}-01-01T00:00:00Z").parse::<Timestamp>().map_err(|_| none());
        if !YEARS.contains(&year) {
            return Err(none());
        }
        let (from, to) = (begin(year)?, begin(year + 1)?);
        Ok(Self { city: Arc::clone(&node.city), party: party.clone(), year, from, to })
    }

    fn counted(&self) -> Result<Vec<Part>, Problem> {
        let state = self.city.register().state();
        let acts = acts(&self.city, self.from, self.to)?;
        let reach = Reach::of(&state, &self.party);
        let concerned = state.deployments.values().filter(|record| reach.deployment(record));
        let whole = reach.city().then(|| self.whole(&state, &acts));
        Ok(concerned.map(|record| self.part(&state, record, &acts)).chain(whole).collect())
    }

    /// What a year has of the city as a whole, and of no deployment.
    fn whole(&self, state: &Register, acts: &[(u64, Act)]) -> Part {
        let mut lines: [Vec<Told>; 9] = Default::default();
        let counted = |count: usize, one, many| words::count(count as u64, one, many);
        let in_force = state.deployments.values().filter(|record| record.in_force(self.city.register().now())).count();
        let [used, _, asked, _, _, own, .., stands] = &mut lines;
        used.push(Told::plain(format!(
            "{}, {in_force} of them in force now",
            counted(state.deployments.len(), "deployment", "deployments")
        )));
        stands.push(Told::plain(counted(state.devices.len(), "sensor", "sensors")));
        (*asked, *own) = nine::asked(&self.city, state, &Subject::City, self.from, self.to);
        for (index, act) in acts.iter().filter(|(_, act)| is_of_the_city(&act.what, state)) {
            tell(&mut lines, *index, act, state);
        }
        Part {
            id: String::new(),
            page: Link { href: "/office/city".to_owned(), text: CITY.to_owned() },
            headings: headed(lines),
        }
    }

    /// What a year has of a deployment.
    fn part(&self, state: &Register, record: &DeploymentRecord, acts: &[(u64, Act)]) -> Part {
        let deployment = &record.deployment;
        let mut lines: [Vec<Told>; 9] = Default::default();
        let [used, shared, asked, _, _, own, .., stands] = &mut lines;
        used.push(Told::plain(format!(
            "{}: {}",
            deployment.technology.name(),
            words::list(&deployment.purposes.iter().map(|purpose| words::small(purpose.name())).collect::<Vec<_>>())
        )));
        used.extend(nine::observed(deployment, acts));
        shared.extend(nine::disclosed(state, &deployment.id, acts, (self.from, self.to)));
        stands.extend(nine::stands(state, deployment));
        let about = Subject::Deployment { id: deployment.id.clone() };
        (*asked, *own) = nine::asked(&self.city, state, &about, self.from, self.to);
        for (index, act) in acts {
            let about = deployment_of(&act.what, state);
            // Policies are the city's, and count for everything in it.
            if about.as_ref() == Some(&deployment.id)
                || matches!(act.what, What::PolicyAdopted(_) | What::PolicyAdoptedFrom(_))
            {
                tell(&mut lines, *index, act, state);
            }
        }
        Part { id: deployment.id.to_string(), page: super::deployment::page_of(deployment), headings: headed(lines) }
    }
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

/// Tells of an act under its heading, if it has one.
fn tell(lines: &mut [Vec<Told>; 9], index: u64, act: &Act, state: &Register) {
    let Some(lines) = heading(&act.what).and_then(|heading| lines.get_mut(heading)) else { return };
    let line = ActLine::of(Lang::En, index, act, state);
    let words = act.reason.as_ref().map_or_else(|| line.words.clone(), |reason| format!("{}: {reason}", line.words));
    lines.push(Told { words, when: line.when, entry: Some(index) });
}

fn headed(lines: [Vec<Told>; 9]) -> Vec<Heading> {
    HEADINGS.into_iter().zip(lines).map(|(title, lines)| Heading { title, lines }).collect()
}

/// Whether an act is about the city as a whole.
fn is_of_the_city(what: &What, state: &Register) -> bool {
    let about = |about: &Subject| *about == Subject::City;
    match what {
        What::PolicyAdopted(_) | What::PolicyAdoptedFrom(_) | What::ClassApproved(_) => true,
        What::EvidenceFiled(evidence) => about(&evidence.about),
        What::InquiryReceived(received) => about(&received.evidence.about),
        What::IncidentReported(reported) => about(&reported.incident.statement.about),
        What::DutyLapsed(lapsed) => about(&lapsed.about),
        What::DutyMetLate(met) => about(&met.about),
        What::EvidenceWithdrawn(of) | What::EvidenceLapsed(of) => {
            state.evidence.get(&of.evidence).is_some_and(|record| about(&record.evidence.about))
        }
        _ => false,
    }
}

/// Under which heading an act belongs; none if it is upkeep.
fn heading(what: &What) -> Option<usize> {
    match what {
        What::GrantAgreed(_) | What::GrantWithdrawn(_) | What::GrantExpired(_) | What::OrderIssued(_) => Some(1),
        What::DutyLapsed(_) | What::DutyMetLate(_) | What::ApprovalLapsed(_) => Some(3),
        What::PolicyAdopted(_) | What::PolicyAdoptedFrom(_) | What::ClassApproved(_) => Some(7),
        What::DeviceRegistered(_) => Some(8),
        What::EvidenceFiled(evidence) => {
            let known = KINDS.iter().find(|(kind, _)| *kind == evidence.kind.as_str());
            Some(known.map_or(0, |(_, heading)| *heading))
        }
        What::IncidentReported(_) => Some(3),
        What::InquiryReceived(received) => Some(if received.kind == InquiryKind::OwnData { 5 } else { 2 }),
        What::DeploymentProposed(_)
        | What::AssessmentSigned(_)
        | What::AssessmentTiered(_)
        | What::DeploymentApproved(_)
        | What::DeploymentPublished(_)
        | What::DeploymentActivated(_)
        | What::DeploymentSuspended(_)
        | What::DeploymentEnded(_) => Some(0),
        _ => None,
    }
}
