//! The first page, and how to check everything.

use askama::Template;
use axum::response::Response;

use super::decisions::{DecisionRow, rows};
use super::{Reader, Site, drawn};
use crate::http::problem::Problem;
use crate::state::Standing;

/// How many decisions the first page shows.
const NEWEST: usize = 8;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    site: Site,
    members: usize,
    drafts: usize,
    versions: usize,
    waiting: usize,
    decisions: Vec<DecisionRow>,
}

/// `GET /`
pub(in crate::http) async fn home(reader: Reader) -> Result<Response, Problem> {
    drawn(reader, |reader| {
        let state = &reader.state;
        let released = state.versions.values().filter(|version| version.standing == Standing::Released);
        Ok(Home {
            site: reader.site(),
            members: state.members.by_id.len(),
            drafts: state.drafts.len(),
            versions: released.count(),
            waiting: state.drafts.values().map(|draft| state.waiting(draft).count()).sum(),
            decisions: rows(reader, state.decisions.iter().rev().take(NEWEST)),
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "about.html")]
struct About {
    site: Site,
    origin: String,
    key: String,
}

/// `GET /about`
pub(in crate::http) async fn about(reader: Reader) -> Result<Response, Problem> {
    drawn(reader, |reader| {
        let founded = reader.state.founded.clone().ok_or_else(Problem::not_found)?;
        Ok(About { site: reader.site(), origin: founded.origin.clone(), key: founded.log_key.clone() })
    })
    .await
}
