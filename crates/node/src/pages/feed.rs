//! What is new, as Atom feeds (RFC 4287): of the whole city, and of each place with the places inside it.
//!
//! An entry is an act of the log; its id is made of the log's name, the act's day and its number, so that it is the same for
//! ever and wherever the city is reached. Nobody who follows a feed leaves anything here.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use model::{Act, PlaceId, Timestamp};
use register::State as Register;

use super::changes::{self, Change};
use super::entries::{ActLine, deployment_of};
use super::sign::printable;
use crate::address::Base;
use crate::api::files;
use crate::jobs::Lane;
use crate::lang::{Here, Lang};
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// The most entries of one feed.
const ENTRIES_MAX: usize = 50;
/// Its media type.
const ATOM: HeaderValue = HeaderValue::from_static("application/atom+xml; charset=utf-8");

#[derive(Template)]
#[template(path = "feed.xml")]
struct Feed {
    lang: &'static str,
    id: String,
    title: String,
    author: String,
    updated: Timestamp,
    own: String,
    page: String,
    entries: Vec<Entry>,
}

/// An act as an entry.
struct Entry {
    id: String,
    title: String,
    author: String,
    updated: Timestamp,
    link: String,
    /// The page of the deployment that it is about.
    about: Option<String>,
    kind: &'static str,
    summary: String,
}

/// What a feed is of.
struct Of {
    /// The path of its page, and of the feed itself.
    page: String,
    path: String,
    /// The place; none for the whole city.
    place: Option<PlaceId>,
}

/// `GET /feed.atom`
pub(crate) async fn city(
    State(node): State<Node>,
    here: Here,
    base: Base,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let of = Of { page: "/changes".to_owned(), path: "/feed.atom".to_owned(), place: None };
    answered(&node, here.lang, &base, &headers, of).await
}

/// `GET /places/{id}/feed.atom`
pub(crate) async fn place(
    State(node): State<Node>,
    here: Here,
    base: Base,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let state = node.city.register().state();
    let found = id?.0.parse::<PlaceId>().ok().filter(|id| state.places.contains_key(id));
    let id = found.ok_or_else(|| Problem::new(Kind::NotFound).detail("there is no such place in the register"))?;
    let of = Of { page: format!("/places/{id}"), path: format!("/places/{id}/feed.atom"), place: Some(id) };
    answered(&node, here.lang, &base, &headers, of).await
}

async fn answered(node: &Node, lang: Lang, base: &Base, headers: &HeaderMap, of: Of) -> Result<Response, Problem> {
    let state = node.city.register().state();
    let log = node.log.clone();
    let read = move || log.head().and_then(|(_, head)| Ok((log.act(0, head.size)?, head.size)));
    let (founding, published) = node.jobs.run(Lane::Open, read).await??;
    // What is told comes from what is published, in words of the state: the tag holds both.
    let tag = files::tag(&format!("{published}-{}", state.size))?;
    if headers.get(header::IF_NONE_MATCH) == Some(&tag) {
        return Ok(files::unchanged(tag));
    }
    let read = changes::read(node, &state, published, ENTRIES_MAX, of.place.clone()).await?;
    let feed = drawn(lang, &state, base, &of, founding.at, &read.changes);
    let xml = feed.render().map_err(|_| Problem::new(Kind::Internal))?;
    Ok(files::fresh(tag, ATOM, xml))
}

fn drawn(
    lang: Lang,
    state: &Arc<Register>,
    base: &Base,
    of: &Of,
    founded: Timestamp,
    changes: &[(u64, Act, Change)],
) -> Feed {
    let city =
        state.city.as_ref().map_or_else(|| lang.of("A city", "Eine Stadt").to_owned(), |city| printable(&city.name));
    let place = of.place.as_ref().and_then(|id| state.places.get(id)).map(|place| printable(&place.name));
    Feed {
        lang: lang.code(),
        id: tag_uri(state, founded, &format!("{}{}", lang.root(), of.path)),
        title: format!(
            "{}: {}",
            lang.of("Public register of sensors", "Öffentliches Register der Sensoren"),
            place.as_deref().unwrap_or(&city)
        ),
        updated: changes.first().map_or(founded, |(_, act, _)| act.at),
        own: base.join(&format!("{}{}", lang.root(), of.path)),
        page: base.join(&format!("{}{}", lang.root(), of.page)),
        entries: changes.iter().map(|change| entry(lang, state, base, change)).collect(),
        author: city,
    }
}

fn entry(lang: Lang, state: &Arc<Register>, base: &Base, (index, act, change): &(u64, Act, Change)) -> Entry {
    let line = ActLine::of(lang, *index, act, state);
    let path = format!("/log/entries/{index}");
    let reason = act.reason.as_deref().map(|reason| match lang {
        Lang::En => format!(" The reason given: {reason}"),
        Lang::De => format!(" Der angegebene Grund: {}", lang.quoted(reason)),
    });
    let reason = reason.unwrap_or_default();
    Entry {
        id: tag_uri(state, act.at, &path),
        title: printable(&line.words),
        author: printable(&line.who),
        updated: act.at,
        link: base.join(&format!("{}{path}", lang.root())),
        about: deployment_of(&act.what, state).map(|id| base.join(&format!("{}/deployments/{id}", lang.root()))),
        kind: change.word(lang),
        summary: printable(&format!("{}: {}.{reason}", change.word(lang), line.words)),
    }
}

/// An id after RFC 4151: the log's name and a day on which it was the city's, then what it is.
fn tag_uri(state: &Register, day: Timestamp, path: &str) -> String {
    let origin = state.city.as_ref().map_or("", |city| city.origin.as_str());
    let authority = origin.split('/').next().unwrap_or_default().to_ascii_lowercase();
    format!("tag:{authority},{}:{}", day.date(), path.trim_start_matches('/'))
}
