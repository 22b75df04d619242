//! Search over what the register shows: plain words, synonyms, and a reason for every hit.
//!
//! A question is answered and forgotten: it is in no log line, counter or error of this room.

pub(crate) mod fold;
mod hits;
mod synonyms;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use model::Timestamp;
use register::State as Register;
use serde::Deserialize;

use super::card::Card;
use super::{Link, Site, page};
use crate::jobs::Lane;
use crate::lang::{Here, Lang, Mark};
use crate::problem::Problem;
use crate::router::Node;
use crate::words;

/// The longest question that is looked at, in characters.
const QUESTION_CHARS_MAX: usize = 120;
/// The most terms of it.
const TERMS_MAX: usize = 8;
/// The most deployments on the page.
const SHOWN_MAX: usize = 50;
/// The most other pages named.
const PAGES_MAX: usize = 20;

#[derive(Template)]
#[template(path = "search.html")]
struct Search {
    site: Site,
    question: String,
    /// Whether something was asked that holds a word.
    asked: bool,
    found: String,
    cards: Vec<Card>,
    more: usize,
    /// Other pages, each with the mark of its name.
    pages: Vec<(Link, Mark)>,
}

/// What was asked.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    #[serde(default)]
    q: String,
}

/// `GET /search?q=…`
pub(crate) async fn search(
    State(node): State<Node>,
    here: Here,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let question: String = asked?.0.q.trim().chars().take(QUESTION_CHARS_MAX).collect();
    let (state, now) = (node.city.register().state(), node.city.register().now());
    page(&node.jobs.run(Lane::Open, move || drawn(&state, &here, now, question)).await?)
}

fn drawn(state: &Register, here: &Here, now: Timestamp, question: String) -> Search {
    let lang = here.lang;
    let mut terms = synonyms::terms(&fold::fold(&question));
    terms.truncate(TERMS_MAX);
    let hits = if terms.is_empty() { Vec::new() } else { hits::hits(lang, state, &terms) };
    let card = |hit: &hits::Hit<'_>| Card { note: Some(hit.why.clone()), ..Card::of(lang, state, hit.record, now) };
    Search {
        site: Site::at(state, here),
        asked: !terms.is_empty(),
        found: words::capital(&lang.count(
            hits.len() as u64,
            ("deployment was found", "deployments were found"),
            ("Einsatz gefunden", "Einsätze gefunden"),
        )),
        cards: hits.iter().take(SHOWN_MAX).map(card).collect(),
        more: hits.len().saturating_sub(SHOWN_MAX),
        pages: if terms.is_empty() {
            Vec::new()
        } else {
            hits::pages(lang, state, &terms).into_iter().take(PAGES_MAX).collect()
        },
        question,
    }
}
