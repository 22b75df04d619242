//! Pilots of a draft: which cities consented that it is tried on their public log, and what it would have meant for each.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::drafts::found;
use super::listing::{Pages, Part};
use super::{Reader, Site, Who, count, drawn, when};
use crate::case::PilotFound;
use crate::http::problem::Problem;
use crate::pilot::live::{Figure, Known};
use crate::pilot::{Kind, Report};
use crate::roles::Action;
use crate::state::{Consent, Draft};
use crate::trying::{Came, Tried};
use crate::words::{DraftId, MemberId};

/// The most rows of a table of a report; the whole of it is in its file.
const ROWS_MAX: usize = 100;

/// A city that consented, and the figures of its pilot.
struct Row {
    city: String,
    name: String,
    since: String,
    entry: u64,
    by: Who,
    reasons: String,
    /// The version that was tried, when, and each figure; none if it was not tried yet.
    tried: Option<(String, String)>,
    figures: Vec<String>,
    /// Why there is no report.
    nothing: Option<String>,
}

/// The form of whoever speaks for a city.
struct Own {
    form: String,
    /// The city that it is done for.
    city: String,
    /// Whether it consents: the form ends that then.
    consents: bool,
}

#[derive(Template)]
#[template(path = "pilots.html")]
struct List {
    site: Site,
    draft: String,
    title: String,
    version: String,
    rows: Vec<Row>,
    /// How many there are, in words.
    total: String,
    pages: Pages,
    figures: Vec<&'static str>,
    own: Option<Own>,
}

/// Which page.
#[derive(Deserialize)]
pub(in crate::http) struct At {
    page: Option<String>,
}

/// `GET /drafts/{id}/pilots`
pub(in crate::http) async fn list(
    reader: Reader,
    Path(id): Path<String>,
    Query(At { page }): Query<At>,
) -> Result<Response, Problem> {
    drawn(reader, move |reader| {
        let (id, draft) = found(reader, &id)?;
        let known = reader.state.pilots.get(&id);
        let cities: Vec<(&MemberId, &Arc<Consent>)> = known
            .iter()
            .flat_map(|cities| cities.iter())
            .filter(|(city, _)| reader.state.may_be_tried(&id, city))
            .collect();
        let pages = Part::of(None, page).sought()?.pages(cities.len())?;
        let shown = cities.get(pages.range()).unwrap_or_default();
        Ok(List {
            site: reader.site(),
            title: draft.opened.title.to_string(),
            version: draft.version.clone(),
            rows: shown.iter().map(|(city, consent)| row(reader, &id, city, consent)).collect(),
            total: count(cities.len(), "city", "cities"),
            pages,
            figures: Figure::ALL.map(|(name, _)| name).to_vec(),
            own: own(reader, &id),
            draft: id.to_string(),
        })
    })
    .await
}

/// What is noted of a draft and a city, if it is about the log that the city names now.
fn current(reader: &Reader, draft: &DraftId, city: &MemberId) -> Option<Tried> {
    let log = reader.state.members.by_id.get(city)?.log.as_ref()?;
    Tried::noted(&reader.node.hub.mirrors(), draft, city).filter(|tried| tried.key == log.key)
}

fn row(reader: &Reader, draft: &DraftId, city: &MemberId, consent: &Consent) -> Row {
    let tried = current(reader, draft, city);
    let (figures, nothing) = match tried.as_ref().map(|tried| &tried.came) {
        Some(Came::Report(figures)) => (figures_of(figures).into_iter().map(|(_, told)| told).collect(), None),
        Some(Came::Nothing(why)) => (Vec::new(), Some(why.clone())),
        None => (Vec::new(), None),
    };
    Row {
        city: city.to_string(),
        name: reader.state.member_name(city),
        since: when(consent.at),
        entry: consent.entry,
        by: reader.person(&consent.decision.decider),
        reasons: consent.decision.reasons.to_string(),
        figures,
        tried: tried.map(|tried| (tried.version, when(tried.at))),
        nothing,
    }
}

/// Each figure, with what is told of it.
fn figures_of(figures: &BTreeMap<Figure, Known>) -> Vec<(&'static str, String)> {
    let told = |figure| figures.get(&figure).map_or_else(|| "not told".to_owned(), |known| known.in_words());
    Figure::ALL.map(|(name, figure)| (name, told(figure))).to_vec()
}

/// The form of whoever speaks for a city or government.
fn own(reader: &Reader, draft: &DraftId) -> Option<Own> {
    let form = reader.form_for(Action::KeepPilots)?;
    let person = &reader.signed.as_ref()?.person;
    let city = &reader.state.people.by_id.get(person)?.member;
    let member = reader.state.members.by_id.get(city).filter(|member| member.listed.kind.governs())?;
    let consents = reader.state.may_be_tried(draft, city);
    // Without a log there is nothing to try it on.
    (consents || member.log.is_some()).then(|| Own { form, city: reader.state.member_name(city), consents })
}

#[derive(Template)]
#[template(path = "pilot.html")]
struct One {
    site: Site,
    draft: String,
    title: String,
    version: String,
    city: String,
    name: String,
    at: String,
    /// Whether the draft has gone on since.
    is_old: bool,
    document: String,
    report: Report,
    figures: Vec<(&'static str, String)>,
    flows: Vec<(&'static str, Kind)>,
    /// How many norms there are, and how many kinds of disclosures, of which the first are shown.
    all: (usize, usize),
    /// Whether whoever is signed in may make a case of it.
    files: bool,
}

/// What is noted of a draft and a city that consents still.
fn noted(reader: &Reader, id: &str, city: &str) -> Result<(DraftId, Arc<Draft>, Tried), Problem> {
    let (id, draft) = found(reader, id)?;
    let city: MemberId = city.parse().map_err(|_| Problem::not_found())?;
    let tried = current(reader, &id, &city).filter(|_| reader.state.may_be_tried(&id, &city));
    Ok((id, Arc::clone(draft), tried.ok_or_else(Problem::not_found)?))
}

/// `GET /drafts/{id}/pilots/{city}`
pub(in crate::http) async fn pilot(
    reader: Reader,
    Path((id, city)): Path<(String, String)>,
) -> Result<Response, Problem> {
    drawn(reader, move |reader| {
        let (id, draft, tried) = noted(reader, &id, &city)?;
        let bytes = tried.report(&reader.node.hub.mirrors()).ok_or_else(Problem::not_found)?;
        let mut report: Report = serde_json::from_slice(&bytes).map_err(|_| Problem::not_found())?;
        let Came::Report(figures) = &tried.came else { return Err(Problem::not_found()) };
        let figures = figures_of(figures);
        let all = (report.against.len(), report.disclosures.len());
        let speaks = reader.signed.as_ref().and_then(|signed| reader.state.people.by_id.get(&signed.person));
        let files = reader.form_for(Action::KeepCases).is_some() && speaks.is_some_and(|one| one.member == tried.city);
        for kind in [&mut report.streams, &mut report.grants] {
            kind.stops.truncate(ROWS_MAX);
        }
        report.against.truncate(ROWS_MAX);
        report.disclosures.truncate(ROWS_MAX);
        let flows = vec![
            ("Streams that collected", report.streams.clone()),
            ("Agreements under which something could leave", report.grants.clone()),
        ];
        Ok(One {
            site: reader.site(),
            title: draft.opened.title.to_string(),
            is_old: draft.document != tried.document,
            name: reader.state.member_name(&tried.city),
            city: tried.city.to_string(),
            at: when(tried.at),
            document: tried.document.to_string(),
            version: tried.version,
            draft: id.to_string(),
            report,
            figures,
            flows,
            all,
            files,
        })
    })
    .await
}

/// `GET /drafts/{id}/pilots/{city}/report.json`: as `ordinance pilot run --json` prints it.
pub(in crate::http) async fn report(
    reader: Reader,
    Path((id, city)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let node = reader.node.clone();
    let made = move || {
        let (_, _, tried) = noted(&reader, &id, &city)?;
        let bytes = tried.report(&reader.node.hub.mirrors()).ok_or_else(Problem::not_found)?;
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        Ok((headers, bytes).into_response())
    };
    node.blocking(made).await?
}

/// The report of a pilot as text on one line, for the form of a case, with the standard and its version; none if there is none.
pub(super) fn report_text(reader: &Reader, draft: &str, city: &MemberId) -> Option<(String, String, String)> {
    let (_, draft, tried) = noted(reader, draft, city.as_str()).ok()?;
    let report: serde_json::Value = serde_json::from_slice(&tried.report(&reader.node.hub.mirrors())?).ok()?;
    Some((draft.opened.urn.clone(), tried.version, report.to_string()))
}

/// Where the very report is that a case of a city names by its digest: this hub tried a draft on the city's log and found the same.
pub(super) fn same_report(reader: &Reader, city: &MemberId, found: &PilotFound) -> Option<String> {
    let asked = reader.state.drafts.iter().filter(|(id, _)| reader.state.may_be_tried(id, city));
    asked
        .filter_map(|(id, draft)| Some((id, draft, current(reader, id, city)?)))
        .filter(|(_, draft, tried)| {
            tried.size == found.size && format!("{}@{}", draft.opened.urn, tried.version) == found.draft.as_str()
        })
        .find_map(|(id, _, tried)| {
            let text = String::from_utf8(tried.report(&reader.node.hub.mirrors())?).ok()?;
            (PilotFound::read(&text).ok()?.report == found.report).then(|| format!("/drafts/{id}/pilots/{city}"))
        })
}
