//! The log's endpoints: checkpoint, tiles, entry bundles (C2SP tlog-tiles) and a receipt for each entry.
//!
//! Served from the public files alone, so that what is shown is what was published. Only paths that
//! `tlog::tile::TilePath` reads are looked up; no other file can be reached.

mod files;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use tlog::TilePath;
use tlog::proof::TileHashes;

use crate::api::register::OPEN;
use crate::jobs::Lane;
use crate::problem::{Kind, Problem};
use crate::router::Node;

pub(crate) use files::Log;

/// Tiles and bundles never change.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const NOT_CACHED: HeaderValue = HeaderValue::from_static("no-cache");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// The headers of a public file.
const fn headers(kind: HeaderValue, cache: HeaderValue) -> [(HeaderName, HeaderValue); 3] {
    [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache), OPEN]
}

/// The signed head of the log (C2SP tlog-checkpoint).
#[utoipa::path(
    get, path = "/log/checkpoint", tag = "log",
    responses(
        (status = 200, description = "A signed note", body = String, content_type = "text/plain"),
        (status = 429, description = "Too many ask at once", body = crate::api::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The city cannot do it now", body = crate::api::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn checkpoint(State(node): State<Node>) -> Result<Response, Problem> {
    let log = node.log.clone();
    let text = node.jobs.run(Lane::Open, move || log.checkpoint()).await??;
    Ok((headers(TEXT, NOT_CACHED), text).into_response())
}

/// `GET /log/tile/…`: a tile of hashes or a bundle of entries, full or partial.
pub(crate) async fn tile(State(node): State<Node>, uri: Uri) -> Result<Response, Problem> {
    // The path as it was sent: a tile has one spelling, and an encoded one is another.
    let path = uri.path().strip_prefix("/log/").unwrap_or_default();
    let path =
        TilePath::parse(path).map_err(|_| Problem::new(Kind::NotFound).detail("this is not the path of a tile"))?;
    let log = node.log.clone();
    let bytes = node.jobs.run(Lane::Open, move || log.tile(path)).await??;
    let bytes = bytes.ok_or_else(|| Problem::new(Kind::NotFound).detail("the log has no such tile yet"))?;
    Ok((headers(BYTES, FOR_EVER), bytes).into_response())
}

/// A receipt that an entry is in the log (C2SP tlog-proof).
#[utoipa::path(
    get, path = "/log/proof/{index}", tag = "log",
    params(("index" = u64, Path, description = "The number of the entry")),
    responses(
        (status = 200, description = "A proof", body = String, content_type = "text/plain"),
        (status = 404, description = "There is none", body = crate::api::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many ask at once", body = crate::api::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The city cannot do it now", body = crate::api::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn proof(
    State(node): State<Node>,
    index: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let index = index_of(&index?.0)?;
    let log = node.log.clone();
    let receipt = node.jobs.run(Lane::Open, move || prove(&log, index)).await??;
    Ok((headers(TEXT, NOT_CACHED), receipt).into_response())
}

fn prove(log: &Log, index: u64) -> Result<String, Problem> {
    let (text, checkpoint) = log.head()?;
    if index >= checkpoint.size {
        return Err(not_published(index, checkpoint.size));
    }
    let broken =
        |error: &dyn std::fmt::Display| Problem::new(Kind::Unavailable).detail(format!("the log’s tiles: {error}"));
    let hashes = TileHashes::new(log, checkpoint.size, checkpoint.root);
    let (_leaf, path) = hashes.leaf(index).map_err(|error| broken(&error))?;
    let receipt = tlog::Receipt::new(index, path, &text).map_err(|error| broken(&error))?;
    Ok(receipt.encode())
}

/// The index of an entry, in its one spelling.
///
/// # Errors
/// It is not one.
pub(crate) fn index_of(text: &str) -> Result<u64, Problem> {
    let index = text.parse::<u64>().ok().filter(|index| index.to_string() == text);
    index.ok_or_else(|| Problem::new(Kind::NotFound).detail("an entry of the log has a number, beginning with 0"))
}

/// The entry is not among those published.
pub(crate) fn not_published(index: u64, size: u64) -> Problem {
    let detail =
        format!("entry {index} is not published; the log has {size} entries, and new ones appear within seconds");
    Problem::new(Kind::NotFound).detail(detail)
}
