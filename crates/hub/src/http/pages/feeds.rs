//! What became of it, as Atom feeds (RFC 4287): of an amendment, of whatever a person took part in, of all decisions.
//!
//! An entry is an act of the log; its id is made of the log's name, the act's day and its number, the same for ever and wherever the hub
//! is reached. Links are relative to the feed, so that no host that a request claims gets into it. A feed carries no word that somebody
//! wrote but reasons of decisions.

use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use model::Timestamp;

use super::news::{NEWS_MAX, News, of_person};
use super::{Reader, Who, when};
use crate::act::Entry;
use crate::http::log::number;
use crate::http::problem::Problem;
use crate::state::{Line, State};
use crate::words::PersonId;

const ATOM: HeaderValue = HeaderValue::from_static("application/atom+xml; charset=utf-8");

/// A line of what became of something.
pub(super) struct LineRow {
    pub(super) entry: Entry,
    pub(super) when: String,
    pub(super) what: String,
    pub(super) by: Who,
    pub(super) reasons: String,
    pub(super) link: String,
}

impl LineRow {
    fn of(reader: &Reader, news: News) -> Self {
        let News { entry, at, by, what, reasons, link, .. } = news;
        Self { entry, when: when(at), what, by: reader.person(&by), reasons, link }
    }
}

pub(super) fn line_row(reader: &Reader, line: &Line) -> LineRow {
    LineRow::of(reader, News::of_line(&reader.state, line))
}

/// What became of whatever a person took part in, newest first.
pub(super) fn lines_of(reader: &Reader, person: &PersonId) -> Vec<LineRow> {
    of_person(&reader.state, person).into_iter().map(|news| LineRow::of(reader, news)).collect()
}

#[derive(Template)]
#[template(path = "feed.xml")]
struct Feed {
    id: String,
    title: String,
    author: String,
    updated: Timestamp,
    own: String,
    page: String,
    entries: Vec<Item>,
}

pub(super) struct Item {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) author: String,
    pub(super) updated: Timestamp,
    pub(super) link: String,
    pub(super) summary: String,
}

/// An id after RFC 4151.
pub(super) fn tag(state: &State, day: Timestamp, path: &str) -> String {
    let authority = state.origin().split('/').next().unwrap_or_default().to_ascii_lowercase();
    format!("tag:{authority},{}:{path}", day.date())
}

/// A feed of a page, with what happened, newest first.
pub(super) fn answered(reader: &Reader, page: &str, title: String, items: Vec<Item>) -> Result<Response, Problem> {
    let state = &reader.state;
    let began = state.founded.as_ref().and(state.members.by_id.values().next()).map(|member| member.since);
    let began = began.or(state.last_at).ok_or_else(Problem::not_found)?;
    let own = if page == "/decisions" { "/feed.atom".to_owned() } else { format!("{page}/feed.atom") };
    let feed = Feed {
        id: tag(state, Timestamp::UNIX_EPOCH, own.trim_start_matches('/')),
        title,
        author: state.founded.as_ref().map(|founded| founded.name.to_string()).unwrap_or_default(),
        updated: items.first().map_or(began, |item| item.updated),
        own,
        page: page.to_owned(),
        entries: items,
    };
    let xml = feed.render().map_err(|_| Problem::internal())?;
    let kept = HeaderValue::from_static("no-cache");
    Ok(([(header::CONTENT_TYPE, ATOM), (header::CACHE_CONTROL, kept)], xml).into_response())
}

fn item(state: &State, news: News) -> Item {
    let News { at, by, what, reasons, link, path, .. } = news;
    Item {
        id: tag(state, at, &path),
        author: by.to_string(),
        updated: at,
        link,
        summary: if reasons.is_empty() { format!("{what}.") } else { format!("{what}. The reasons: {reasons}") },
        title: what,
    }
}

/// `GET /amendments/{entry}/feed.atom`
pub(in crate::http) async fn amendment(reader: Reader, Path(entry): Path<String>) -> Result<Response, Problem> {
    let entry = number(&entry)?;
    let found = reader.state.amendments.get(&entry).ok_or_else(Problem::not_found)?;
    let state = &reader.state;
    let items = found.lines.iter().rev().take(NEWS_MAX).map(|line| item(state, News::of_line(state, line))).collect();
    answered(&reader, &format!("/amendments/{entry}"), format!("What became of amendment {entry}"), items)
}

/// `GET /people/{id}/feed.atom`
pub(in crate::http) async fn person(reader: Reader, Path(id): Path<String>) -> Result<Response, Problem> {
    let id: PersonId = id.parse().map_err(|_| Problem::not_found())?;
    if !reader.state.people.by_id.contains_key(&id) {
        return Err(Problem::not_found());
    }
    let items = of_person(&reader.state, &id).into_iter().map(|news| item(&reader.state, news)).collect();
    answered(&reader, &format!("/people/{id}"), format!("What became of what {id} took part in"), items)
}

/// `GET /feed.atom`
pub(in crate::http) async fn decisions(reader: Reader) -> Result<Response, Problem> {
    let state = &reader.state;
    let item = |decided: &crate::state::Decided| Item {
        id: tag(state, decided.at, &format!("log/entries/{}", decided.entry)),
        title: decided.what.clone(),
        author: decided.decision.decider.to_string(),
        updated: decided.at,
        link: format!("/log/entries/{}", decided.entry),
        summary: format!("{}. The reasons: {}", decided.what, decided.decision.reasons),
    };
    let items = state.decisions.iter().rev().take(NEWS_MAX).map(item).collect();
    answered(&reader, "/decisions", "Decisions".to_owned(), items)
}
