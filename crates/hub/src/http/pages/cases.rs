//! Cases of good practice: searched by anybody, filed by people of a city, with what shows them and what came of them.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, FromRequest, Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::Timestamp;
use serde::Deserialize;
use web::own_form;

use super::listing::{Pages, Part};
use super::pilots::{report_text, same_report};
use super::{Reader, Said, Site, Who, drawn, elsewhere, page, when};
use crate::act::Entry;
use crate::case::{CaseIndicator, CaseMilestone, CaseOutcome, Filing, LISTED_MAX, PilotFound};
use crate::command::Command;
use crate::http::log::number;
use crate::http::problem::Problem;
use crate::http::router::Node;
use crate::pilot::live::{Figure, Known};
use crate::roles::Action;
use crate::sealed::field;
use crate::state::{Case, Decided};

/// A case in a list.
struct CaseRow {
    entry: Entry,
    title: String,
    city: String,
    /// Empty where the case is hidden or erased.
    standard: String,
    outcome: CaseOutcome,
    when: String,
    pilot: bool,
}

#[derive(Template)]
#[template(path = "cases.html")]
struct List {
    site: Site,
    sought: String,
    outcome: Option<CaseOutcome>,
    outcomes: [CaseOutcome; 4],
    cases: Vec<CaseRow>,
    pages: Pages,
    files: bool,
}

impl List {
    fn is_chosen(&self, outcome: &CaseOutcome) -> bool {
        self.outcome == Some(*outcome)
    }
}

/// What of the list is asked for.
#[derive(Deserialize)]
pub(in crate::http) struct Asked {
    q: Option<String>,
    outcome: Option<String>,
    page: Option<String>,
}

/// `GET /cases`
pub(in crate::http) async fn list(reader: Reader, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let outcome = asked.outcome.filter(|code| !code.is_empty());
    let outcome = outcome.map(|code| CaseOutcome::of(&code).ok_or_else(Problem::not_found)).transpose()?;
    let sought = Part::of(asked.q, asked.page).sought()?;
    drawn(reader, move |reader| {
        let state = &reader.state;
        let stands = state.cases.iter().rev().filter(|(_, case)| case.withdrawn.is_none());
        let fits = stands.filter(|(_, case)| outcome.is_none_or(|outcome| case.outcome == outcome));
        let mut entries: Vec<Entry> = fits.map(|(entry, _)| *entry).collect();
        if !sought.text.is_empty() {
            let index = &reader.node.cases;
            let stands = |entry| state.cases.get(&entry).is_some_and(|case| case.withdrawn.is_none());
            let shown = |entry| !state.hidden.contains_key(&entry) && !state.erased.contains(&entry);
            index.keep(|entry| stands(entry) && shown(entry));
            entries = index.find(&entries, &sought.text, |entry| words(reader, entry));
        }
        let pages = sought.pages(entries.len())?.with("outcome", outcome.map_or("", CaseOutcome::code));
        let shown = entries.get(pages.range()).unwrap_or_default();
        Ok(List {
            site: reader.site(),
            cases: shown.iter().filter_map(|entry| Some(row(reader, *entry, state.cases.get(entry)?))).collect(),
            sought: sought.text,
            outcome,
            outcomes: CaseOutcome::ALL,
            pages,
            files: files(reader).is_some(),
        })
    })
    .await
}

/// What a case is found by: what was written, and what stands in the log.
fn words(reader: &Reader, entry: Entry) -> Option<String> {
    let (case, fields) = (reader.state.cases.get(&entry)?, reader.words(entry).ok()?);
    let facts = [case.filed.standard.to_string(), case.filed.version.to_string(), case.filed.city.to_string()];
    let names = ["title", "problem", "what"].map(|name| field(&fields, name));
    let city = reader.state.member_name(&case.filed.city);
    Some([&facts[..], &names[..], &[city]].concat().join("\n"))
}

fn row(reader: &Reader, entry: Entry, case: &Case) -> CaseRow {
    let words = reader.words(entry);
    // With its words goes whatever else somebody chose to write there.
    let standard =
        words.as_ref().map_or_else(|_| String::new(), |_| format!("{} {}", case.filed.standard, case.filed.version));
    CaseRow {
        entry,
        pilot: words.is_ok() && case.filed.pilot.is_some(),
        title: words.map_or_else(|why| why, |fields| field(&fields, "title")),
        city: reader.state.member_name(&case.filed.city),
        standard,
        outcome: case.outcome,
        when: when(case.at),
    }
}

/// The form's mark of whoever may file a case: a person of a city or a government.
fn files(reader: &Reader) -> Option<String> {
    let signed = reader.signed.as_ref()?;
    let member = &reader.state.people.by_id.get(&signed.person)?.member;
    let kind = reader.state.members.by_id.get(member)?.listed.kind;
    reader.form_for(Action::KeepCases).filter(|_| kind.governs())
}

/// A figure of a pilot, beside what it may be.
struct FigureRow {
    name: &'static str,
    number: Option<String>,
    most: Option<u64>,
}

struct Continued {
    entry: Entry,
    when: String,
    by: Who,
    outcome: CaseOutcome,
    said: Said,
}

#[derive(Template)]
#[template(path = "case.html")]
struct One {
    site: Site,
    row: CaseRow,
    member: String,
    mirrored: bool,
    by: Who,
    problem: String,
    what: String,
    contact: String,
    hidden: Option<String>,
    entries: Vec<u64>,
    milestones: Vec<(String, String)>,
    pilot: Option<PilotFound>,
    /// Where the very report is that the pilot's digest names, if this hub keeps it.
    report: Option<String>,
    figures: Vec<FigureRow>,
    continued: Vec<Continued>,
    /// The entry that took it back, and why, if it says so.
    withdrawn: Option<(Entry, Option<String>)>,
    outcomes: [CaseOutcome; 4],
    /// For people of the city.
    form: Option<String>,
    moderate: Option<String>,
}

/// `GET /cases/{entry}`
pub(in crate::http) async fn case(reader: Reader, Path(entry): Path<String>) -> Result<Response, Problem> {
    let entry = number(&entry)?;
    // A case is read whether or not the mirrors can be.
    let board = reader.node.board().await.ok();
    drawn(reader, move |reader| {
        let case = reader.state.cases.get(&entry).ok_or_else(Problem::not_found)?;
        let (fields, hidden) = match reader.words(entry) {
            Ok(fields) => (fields, None),
            Err(why) => (model::Fields::default(), Some(why)),
        };
        let own = |person: &Arc<crate::state::Person>| person.member == case.filed.city;
        let speaks =
            reader.signed.as_ref().and_then(|signed| reader.state.people.by_id.get(&signed.person)).is_some_and(own);
        let milestones = field(&fields, "milestones");
        let milestones = case.filed.milestones.iter().zip(milestones.lines());
        let continued = |line: &crate::state::CaseLine| Continued {
            entry: line.entry,
            when: when(line.at),
            by: reader.person(&line.by),
            outcome: line.outcome,
            said: reader.said(line.entry),
        };
        let city = case.filed.city.as_str().parse().ok();
        let pilot = case.filed.pilot.clone().filter(|_| hidden.is_none());
        Ok(One {
            site: reader.site(),
            row: row(reader, entry, case),
            member: case.filed.city.to_string(),
            mirrored: city.is_some_and(|city| board.is_some_and(|board| board.place(&city).is_some())),
            by: reader.person(&case.by),
            problem: field(&fields, "problem"),
            what: field(&fields, "what"),
            contact: field(&fields, "contact"),
            figures: if hidden.is_none() {
                figures(pilot.as_ref(), case.whole, &case.filed.indicators)
            } else {
                Vec::new()
            },
            hidden,
            report: pilot.as_ref().and_then(|found| same_report(reader, &case.filed.city, found)),
            pilot,
            entries: case.filed.entries.clone(),
            milestones: milestones.map(|(by, what)| (by.date(), what.to_owned())).collect(),
            continued: case.lines.iter().rev().map(continued).collect(),
            withdrawn: case
                .withdrawn
                .as_ref()
                .map(|(entry, ..)| (*entry, reader.state.decided_by(*entry).map(because))),
            outcomes: CaseOutcome::ALL,
            form: reader.form_for(Action::KeepCases).filter(|_| speaks && case.withdrawn.is_none()),
            moderate: reader.form_for(Action::Moderate),
        })
    })
    .await
}

fn because(decided: &Decided) -> String {
    decided.decision.reasons.to_string()
}

/// Every figure that a pilot found or an indicator bounds. Where a case does not tell of how much it is not known, that is said.
fn figures(pilot: Option<&PilotFound>, whole: bool, indicators: &[CaseIndicator]) -> Vec<FigureRow> {
    let most = |figure| indicators.iter().find(|one| one.figure == figure).map(|one| one.most);
    let told = |known: &Known| match whole {
        true => known.in_words(),
        false => format!("at least {}; how much is not known was not told", known.is),
    };
    let row = |(name, figure): (&'static str, Figure)| {
        let number = pilot.and_then(|pilot| pilot.figures.get(&figure)).map(told);
        (number.is_some() || most(figure).is_some()).then(|| FigureRow { name, number, most: most(figure) })
    };
    Figure::ALL.into_iter().filter_map(row).collect()
}

/// What somebody typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Typed {
    form: String,
    title: String,
    problem: String,
    standard: String,
    version: String,
    outcome: String,
    what: String,
    contact: String,
    entries: String,
    milestones: String,
    indicators: String,
    report: String,
    step: String,
}

#[derive(Template)]
#[template(path = "case_new.html")]
struct New {
    site: Site,
    form: String,
    typed: Typed,
    wrong: Option<String>,
    outcomes: [CaseOutcome; 4],
    /// Names of standards that were released here.
    standards: Vec<String>,
    pilot: Option<PilotFound>,
    figures: Vec<FigureRow>,
}

fn not_signed_in() -> Problem {
    let words = "Cases are filed by people who speak for a city or a government. Sign in as one of them first.";
    Problem::new(StatusCode::UNAUTHORIZED, words)
}

fn new(reader: &Reader, typed: Typed, wrong: Option<String>, pilot: Option<PilotFound>) -> Result<Response, Problem> {
    let form = files(reader).ok_or_else(not_signed_in)?;
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let released = reader.state.versions.values().map(|version| version.released.urn.clone());
    let standards: std::collections::BTreeSet<String> = released.collect();
    let figures = figures(pilot.as_ref(), true, &[]);
    let (site, outcomes) = (reader.site(), CaseOutcome::ALL);
    page(
        status,
        &New { site, form, typed, wrong, outcomes, standards: standards.into_iter().collect(), pilot, figures },
    )
}

/// Of which draft a case takes the pilot over.
#[derive(Deserialize)]
pub(in crate::http) struct Of {
    pilot: Option<String>,
}

/// `GET /cases/new`, with the pilot of a draft on one's own city if one is named.
pub(in crate::http) async fn form(reader: Reader, Query(Of { pilot }): Query<Of>) -> Result<Response, Problem> {
    let (node, lane) = (reader.node.clone(), reader.lane());
    let drawn = move || {
        let speaks = reader.signed.as_ref().and_then(|signed| reader.state.people.by_id.get(&signed.person));
        let found = pilot.zip(speaks).and_then(|(draft, person)| report_text(&reader, &draft, &person.member));
        let Some((standard, version, report)) = found else { return new(&reader, Typed::default(), None, None) };
        let typed = |report| Typed { standard, version, report, ..Typed::default() };
        match PilotFound::read(&report) {
            Ok(counted) => new(&reader, typed(report), None, Some(counted)),
            Err(error) => new(&reader, typed(String::new()), Some(format!("The report does not fit: {error}.")), None),
        }
    };
    node.jobs.run(lane, drawn).await?
}

/// `POST /cases/new`: tells what a report counts, and files the case when that is asked.
pub(in crate::http) async fn sent(State(node): State<Node>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    // What a stranger sends is not read: it may be large.
    files(&Reader::of(&node, &headers)).ok_or_else(not_signed_in)?;
    let typed = match Form::<Typed>::from_request(request, &()).await {
        Ok(Form(typed)) => typed,
        Err(unread) => return Ok(unread.into_response()),
    };
    own_form(&headers, &typed.form).map_err(|error| Problem::new(StatusCode::FORBIDDEN, error.to_string()))?;
    let reader = Reader::of(&node, &headers);
    let person = reader.signed.as_ref().map(|signed| signed.person.clone()).ok_or_else(not_signed_in)?;
    files(&reader).ok_or_else(not_signed_in)?;
    let lane = reader.lane();
    let done = move || {
        let pilot = match typed.report.trim() {
            "" => None,
            text => match PilotFound::read(text) {
                Ok(found) => Some(found),
                Err(error) => {
                    return new(&reader, typed.clone(), Some(format!("The report does not fit: {error}.")), None);
                }
            },
        };
        if typed.step != "file" {
            return new(&reader, typed, None, pilot);
        }
        let filing = match typed.filing() {
            Ok(filing) => filing,
            Err(wrong) => return new(&reader, typed, Some(wrong), pilot),
        };
        match reader.node.hub.submit(&person, &Command::FileCase { case: Box::new(filing) }) {
            Ok(receipt) => match receipt.entries.first() {
                Some(entry) => elsewhere(&format!("/cases/{entry}")),
                None => Err(Problem::internal()),
            },
            Err(error) => new(&reader, typed, Some(Problem::from(error).detail), pilot),
        }
    };
    node.jobs.run(lane, done).await?
}

impl Typed {
    /// The case that was typed, or what is wrong with it.
    fn filing(&self) -> Result<Filing, String> {
        Ok(Filing {
            title: word("title", &self.title)?,
            problem: word("problem", &self.problem)?,
            standard: word("standard", &self.standard)?,
            version: word("version", &self.version)?,
            outcome: CaseOutcome::of(&self.outcome).ok_or("Choose how it stands.")?,
            what: word("what came of it", &self.what)?,
            contact: word("whom to ask", &self.contact)?,
            entries: listed(&self.entries.replace([',', ' '], "\n"), |entry| {
                entry.parse().map_err(|_| format!("“{entry}” is no number of an entry."))
            })?,
            milestones: listed(&self.milestones, milestone)?,
            indicators: listed(&self.indicators, indicator)?,
            report: match self.report.trim() {
                "" => None,
                text => Some(serde_json::from_str(text).map_err(|error| format!("The report does not fit: {error}."))?),
            },
        })
    }
}

fn word<T: std::str::FromStr<Err = crate::words::WordError>>(name: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("The field “{name}” does not fit: {error}."))
}

/// What is typed line by line.
fn listed<T>(text: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.len() > LISTED_MAX {
        return Err(format!("A case has at most {LISTED_MAX} entries, milestones or indicators."));
    }
    lines.into_iter().map(read).collect()
}

/// `2026-10-01 Hear the departments`
fn milestone(line: &str) -> Result<CaseMilestone, String> {
    let unfit = || format!("“{line}” is no milestone such as “2026-10-01 Hear the departments”.");
    let (day, what) = line.split_once(' ').ok_or_else(unfit)?;
    let by: Timestamp = format!("{day}T00:00:00Z").parse().map_err(|_| unfit())?;
    Ok(CaseMilestone { by, what: what.parse().map_err(|_| unfit())? })
}

/// `streams-stopped 0`
fn indicator(line: &str) -> Result<CaseIndicator, String> {
    let unfit = || format!("“{line}” is no indicator such as “streams-stopped 0”.");
    let (name, most) = line.split_once(' ').ok_or_else(unfit)?;
    let figure = Figure::ALL.into_iter().find(|(known, _)| *known == name).ok_or_else(unfit)?.1;
    Ok(CaseIndicator { figure, most: most.trim().parse().map_err(|_| unfit())? })
}
