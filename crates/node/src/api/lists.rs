//! Long lists in pages: the deployments of the register, and the acts of the log.
//!
//! A page says where the next one begins, as `next` and as a link (RFC 8288). Deployments are in the order of their ids, and acts in
//! that of the log, so that a page stays where it was while others are added.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use model::{Act, DeploymentId, DeploymentRecord};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::register::OPEN;
use super::released::parsed;
use crate::jobs::Lane;
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// What a page has if nothing is said.
const PAGE: u16 = 50;
/// The most that a page has.
const PAGE_MAX: u16 = 200;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// What the page comes after: the `next` of the page before. Without it the list begins.
    after: Option<String>,
    /// How many at most, 1 to 200; 50 if nothing is said.
    limit: Option<u16>,
}

impl Which {
    fn limit(&self) -> Result<usize, Problem> {
        let limit = self.limit.unwrap_or(PAGE);
        if (1..=PAGE_MAX).contains(&limit) {
            return Ok(usize::from(limit));
        }
        Err(Problem::new(Kind::BadRequest).detail(format!("`limit` is 1 to {PAGE_MAX}")))
    }
}

/// A page of a list.
fn page(path: &str, limit: usize, next: Option<&str>, body: &impl Serialize) -> Result<Response, Problem> {
    let mut response =
        ([(header::CACHE_CONTROL, HeaderValue::from_static("no-cache")), OPEN], Json(body)).into_response();
    if let Some(next) = next {
        let link = format!("<{path}?after={next}&limit={limit}>; rel=\"next\"");
        let link = HeaderValue::from_str(&link).map_err(|_| Problem::new(Kind::Internal))?;
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

#[derive(Serialize)]
struct Deployments<'a> {
    basis: u64,
    deployments: Vec<&'a DeploymentRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
}

/// The deployments of the register, page by page.
#[utoipa::path(
    get, path = "/api/v1/deployments", tag = "register", params(Which),
    responses(
        (status = 200, description = "`basis`, `deployments`, and `next` if there are more", body = Object),
        (status = 400, description = "No such page", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn deployments(
    State(node): State<Node>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Problem> {
    let (which, state) = (which?.0, node.city.register().state());
    let limit = which.limit()?;
    let after: Option<DeploymentId> = which.after.as_deref().map(|after| parsed("after", after)).transpose()?;
    let mut rest = state.deployments.iter().skip_while(|(id, _)| after.as_ref().is_some_and(|after| *id <= after));
    let deployments: Vec<&DeploymentRecord> = rest.by_ref().take(limit).map(|(_, record)| record.as_ref()).collect();
    let more = rest.next().is_some();
    let next = deployments.last().filter(|_| more).map(|record| record.deployment.id.as_str());
    page("/api/v1/deployments", limit, next, &Deployments { basis: state.size, deployments, next })
}

#[derive(Serialize)]
struct Entry {
    index: u64,
    act: Act,
}

#[derive(Serialize)]
struct Acts {
    /// How many are published.
    size: u64,
    acts: Vec<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// The published acts of the log, oldest first, page by page.
///
/// `after` is the number of an entry.
#[utoipa::path(
    get, path = "/api/v1/acts", tag = "log", params(Which),
    responses(
        (status = 200, description = "`size` of the published log, `acts` with their `index`, and `next` if there are more", body = Object),
        (status = 400, description = "No such page", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn acts(
    State(node): State<Node>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Problem> {
    let which = which?.0;
    let limit = which.limit()?;
    let after: Option<u64> = which.after.as_deref().map(|after| parsed("after", after)).transpose()?;
    let from = after.map_or(0, |after| after.saturating_add(1));
    let log = node.log.clone();
    let read = move || -> Result<Acts, Problem> {
        let size = log.head()?.1.size;
        let indexes: Vec<u64> = (from..size).take(limit).collect();
        let acts = log.acts(&indexes, size)?;
        let next = indexes.last().copied().filter(|last| last + 1 < size);
        let entries = indexes.into_iter().zip(acts).map(|(index, act)| Entry { index, act }).collect();
        Ok(Acts { size, acts: entries, next })
    };
    let acts = node.jobs.run(Lane::Open, read).await??;
    page("/api/v1/acts", limit, acts.next.map(|next| next.to_string()).as_deref(), &acts)
}
