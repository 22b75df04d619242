//! Files that were made for a party on a schedule: what there is, and the files themselves, for that party alone.
//!
//! Each file is a disclosure that was recorded when it was made; fetching it is none. Whether it may still be had is asked
//! when it is fetched and before every further piece, so that it ends with the grant and not with the next tick. Whoever it
//! is not for hears what they hear of a file that never was.

use std::convert::Infallible;
use std::io::Read;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use flow::City;
use flow::exports::{Exported, ScheduleError};
use serde_json::json;

use super::open::{DISCLOSURE, WITHHELD};
use crate::auth;
use crate::jobs::{Jobs, Lane};
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// How much of a file is read at a time, in bytes.
const PIECE_BYTES: usize = 256 << 10;

/// Nothing of it comes from a cache: whether it may be had is decided each time.
const UNCACHED: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

/// Lists the files that were made for whoever asks, with the addresses of those that are there.
#[utoipa::path(
    get, path = "/api/v1/exports", tag = "disclosure", security(("party" = [])),
    responses(
        (status = 200, description = "Schedules with their files", body = Vec<Object>),
        (status = 401, description = "It is not known who asks", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many ask at once", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The city cannot do it now", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn offered(State(node): State<Node>, headers: HeaderMap) -> Result<impl IntoResponse, Problem> {
    let recipient = auth::party(&node.city, auth::required_token(&headers)?)?.id;
    let city = Arc::clone(&node.city);
    let offered =
        node.jobs.run(Lane::Token, move || city.offered(&recipient)).await?.map_err(|error| broken(&error))?;
    let mut document = serde_json::to_value(&offered).map_err(|_| Problem::new(Kind::Internal))?;
    for schedule in document.as_array_mut().into_iter().flatten() {
        let name = schedule["name"].as_str().unwrap_or_default().to_owned();
        for export in schedule["exports"].as_array_mut().into_iter().flatten() {
            if export.get("gone").is_none() {
                let file = export["file"].as_str().unwrap_or_default();
                let address = format!("/api/v1/exports/{name}/{file}");
                export["about"] = json!(format!("{address}.about.json"));
                export["address"] = json!(address);
            }
        }
    }
    Ok(([UNCACHED], axum::Json(document)))
}

/// Hands over a file, or with `.about.json` what must be known about it, its receipt included.
#[utoipa::path(
    get, path = "/api/v1/exports/{name}/{file}", tag = "disclosure", security(("party" = [])),
    params(("name" = String, Path, description = "The schedule"), ("file" = String, Path, description = "The file")),
    responses(
        (status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 401, description = "It is not known who asks", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is none", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many ask at once", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The city cannot do it now", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn file(
    State(node): State<Node>,
    method: Method,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let recipient = auth::party(&node.city, auth::required_token(&headers)?)?.id;
    let (name, file) = path?.0;
    let city = Arc::clone(&node.city);
    let asked = file.clone();
    let found = node.jobs.run(Lane::Token, move || city.exported(&recipient, &name, &asked)).await?;
    let none = "there is no such file for you; `/api/v1/exports` names those there are";
    let exported = found.map_err(|error| broken(&error))?.ok_or_else(|| Problem::new(Kind::NotFound).detail(none))?;
    let export = &exported.export;
    let described = [
        (header::CONTENT_TYPE, exported.media_type.to_owned()),
        (header::CONTENT_LENGTH, exported.bytes.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")),
        (DISCLOSURE, export.disclosure.0.to_string()),
        (WITHHELD, export.withheld.to_string()),
    ];
    if method == Method::HEAD {
        return Ok(([UNCACHED], described).into_response());
    }
    let left = Left { city: node.city, jobs: node.jobs, exported };
    Ok(([UNCACHED], described, Body::from_stream(futures::stream::unfold(left, Left::next))).into_response())
}

/// What is left of a file that is handed out. If it ends early, it is shorter than was said, and the reader can tell.
struct Left {
    city: Arc<City>,
    jobs: Arc<Jobs>,
    exported: Exported,
}

impl Left {
    async fn next(self) -> Option<(Result<Bytes, Infallible>, Self)> {
        let Self { city, jobs, mut exported } = self;
        let read = move || {
            let mut piece = Vec::new();
            let read = exported.content.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut piece);
            let goes_on = read.is_ok() && !piece.is_empty() && city.may_go_on(&exported);
            goes_on.then_some((piece, city, exported))
        };
        let (piece, city, exported) = jobs.in_turn(read).await.ok()??;
        Some((Ok(piece.into()), Self { city, jobs, exported }))
    }
}

/// The errors of what schedules keep name paths of the machine.
fn broken(_: &ScheduleError) -> Problem {
    Problem::new(Kind::Unavailable)
        .detail("what the city’s schedules keep cannot be read now, so no file is handed out")
}
