//! Search over what the register shows: plain words, synonyms, and a reason for every hit.
//!
//! A question is answered and forgotten: it is in no log line, counter or error of this room.

pub(crate) mod fold;
pub(crate) mod hits;
pub(crate) mod synonyms;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::card::Card;
use super::index::{Index, index};
use super::{Link, Site, page};
use crate::jobs::Lane;
use crate::lang::{Here, Lang, Mark};
use crate::problem::Problem;
use crate::router::Node;
use crate::words;
use hits::Hits;

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
    let index = index(&node).await?;
    page(&node.jobs.run(Lane::Open, move || drawn(&index, &here, question)).await?)
}

fn drawn(index: &Index, here: &Here, question: String) -> Search {
    let (lang, state) = (here.lang, &index.state);
    let mut terms = synonyms::terms(&fold::fold(&question));
    terms.truncate(TERMS_MAX);
    let hits = Hits::of(&index.facts, &terms, SHOWN_MAX);
    let recipients = hits::recipients_of(state, hits.best.iter().filter_map(|at| index.record(*at)));
    let card = |at: &super::index::At| {
        let record = index.record(*at)?;
        Some(Card {
            note: hits::why(lang, state, record, &recipients, &terms),
            ..Card::of(lang, state, record, index.now)
        })
    };
    Search {
        site: Site::at(state, here),
        asked: !terms.is_empty(),
        found: words::capital(&lang.count(
            hits.count as u64,
            ("deployment was found", "deployments were found"),
            ("Einsatz gefunden", "Einsätze gefunden"),
        )),
        cards: hits.best.iter().filter_map(card).collect(),
        more: hits.count - hits.best.len(),
        pages: if terms.is_empty() {
            Vec::new()
        } else {
            hits::pages(lang, index, &terms).into_iter().take(PAGES_MAX).collect()
        },
        question,
    }
}
