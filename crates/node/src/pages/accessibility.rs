//! How accessible these pages are: what was tried in a browser before this release, what the city states, and what is missing.
//!
//! The facts are written by the walk through all pages that is part of the tests; nothing here is a promise of its own.

use std::sync::LazyLock;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::Subject;
use serde::Deserialize;

use super::stated::{self, Stated};
use super::{Site, page};
use crate::lang::{Here, Lang};
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// What the walk found; the test of pages holds this file against what it finds.
const FACTS: &str = include_str!("../../../../docs/accessibility.json");
/// What kind of evidence a city states about it.
const STATED: &str = "accessibility-statement";

static TRIED: LazyLock<Option<Tried>> = LazyLock::new(|| serde_json::from_str(FACTS).ok());

/// What was tried.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tried {
    software: String,
    day: String,
    chromium: String,
    axe: String,
    rules: u32,
    pages: Vec<Looked>,
}

/// A page that was looked at.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Looked {
    name: String,
    /// How many rules it breaks.
    broken: u32,
    /// Of how many the checker could not tell.
    unclear: u32,
}

impl Tried {
    fn broken(&self) -> u32 {
        self.pages.iter().map(|page| page.broken).sum()
    }

    /// On how many pages the checker could not tell of each rule.
    fn unclear(&self) -> usize {
        self.pages.iter().filter(|page| page.unclear > 0).count()
    }
}

#[derive(Template)]
#[template(path = "accessibility.html")]
struct Accessibility {
    site: Site,
    tried: &'static Tried,
    stated: Vec<Stated>,
}

/// `GET /accessibility`
pub(crate) async fn accessibility(State(node): State<Node>, here: Here) -> Result<Response, Problem> {
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let tried = TRIED.as_ref().ok_or_else(|| Problem::new(Kind::Internal))?;
    let stated = stated::about(here.lang, &state, &Subject::City, now);
    let stated = stated.into_iter().filter(|one| one.kind == STATED).collect();
    page(&Accessibility { site: Site::at(&state, &here), tried, stated })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_of_this_release_are_there_and_tell_of_every_kind_of_page() {
        let tried = TRIED.as_ref().unwrap();
        assert_eq!(tried.software, env!("CARGO_PKG_VERSION"));
        assert!(tried.pages.len() > 30 && tried.rules >= 50 && tried.broken() == 0);
        assert!(tried.unclear() < tried.pages.len());
    }
}
