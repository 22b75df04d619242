//! The log's endpoints (C2SP tlog-tiles), a receipt for each entry, documents by digest, and released versions whole: what a city needs
//! to adopt one without trusting the hub.

use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use model::Digest;
use register::audit::FolderSource;
use tlog::audit::{LogSource, SourceTiles};
use tlog::checkpoint::{CHECKPOINT_PATH, parse_unverified};
use tlog::proof::TileHashes;
use tlog::{Receipt, TilePath};

use super::problem::Problem;
use super::router::Node;
use crate::drafted::Drafted;
use crate::release::Release;
use crate::words::DraftId;

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const NOT_CACHED: HeaderValue = HeaderValue::from_static("no-cache");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The headers of a public file: anybody's page may read it.
const fn headers(kind: HeaderValue, cache: HeaderValue) -> [(HeaderName, HeaderValue); 3] {
    let open = (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache), open]
}

fn unreadable() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "The log’s files cannot be read.")
}

/// `GET /log/checkpoint`
pub(super) async fn checkpoint(State(node): State<Node>) -> Result<Response, Problem> {
    let source = FolderSource::new(&node.hub.log_folder());
    let text = node.blocking(move || source.get(CHECKPOINT_PATH).map_err(|_| unreadable())).await??;
    Ok((headers(TEXT, NOT_CACHED), text).into_response())
}

/// `GET /log/tile/…`
pub(super) async fn tile(State(node): State<Node>, uri: Uri) -> Result<Response, Problem> {
    // The path as it was sent: a tile has one spelling, and an encoded one is another.
    let path =
        TilePath::parse(uri.path().strip_prefix("/log/").unwrap_or_default()).map_err(|_| Problem::not_found())?;
    let source = FolderSource::new(&node.hub.log_folder());
    let bytes = node.blocking(move || source.tile(path).map_err(|_| unreadable())).await??;
    Ok((headers(BYTES, FOR_EVER), bytes.ok_or_else(Problem::not_found)?).into_response())
}

/// The number of an entry, in its one spelling.
pub(super) fn number(text: &str) -> Result<u64, Problem> {
    text.parse::<u64>().ok().filter(|number| number.to_string() == text).ok_or_else(Problem::not_found)
}

fn prove(node: &Node, index: u64) -> Result<String, Problem> {
    let source = FolderSource::new(&node.hub.log_folder());
    let text = source.get(CHECKPOINT_PATH).ok().and_then(|text| String::from_utf8(text).ok()).ok_or_else(unreadable)?;
    let head = parse_unverified(&text).map_err(|_| unreadable())?;
    if index >= head.size {
        let detail = format!(
            "Entry {index} is not published; the log has {} entries, and new ones appear within seconds.",
            head.size
        );
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    }
    let hashes = TileHashes::new(SourceTiles(&source), head.size, head.root);
    let (_, path) = hashes.leaf(index).map_err(|_| unreadable())?;
    Ok(Receipt::new(index, path, &text).map_err(|_| unreadable())?.encode())
}

/// `GET /log/proof/{index}` (C2SP tlog-proof)
pub(super) async fn proof(State(node): State<Node>, Path(index): Path<String>) -> Result<Response, Problem> {
    let index = number(&index)?;
    let asked = node.clone();
    let receipt = node.blocking(move || prove(&asked, index)).await??;
    Ok((headers(TEXT, NOT_CACHED), receipt).into_response())
}

/// `GET /log/entries/{index}`: an act as it stands in the log.
pub(super) async fn entry(State(node): State<Node>, Path(index): Path<String>) -> Result<Response, Problem> {
    let index = number(&index)?;
    let hub = std::sync::Arc::clone(&node.hub);
    let bytes = node.blocking(move || hub.entry(index)).await??;
    Ok((headers(JSON, FOR_EVER), bytes.ok_or_else(Problem::not_found)?).into_response())
}

/// `GET /documents/{digest}`
pub(super) async fn document(State(node): State<Node>, Path(digest): Path<String>) -> Result<Response, Problem> {
    let digest: Digest = digest.parse().map_err(|_| Problem::not_found())?;
    // Only what the log names is given.
    if !node.hub.state().documents().contains(&digest) {
        return Err(Problem::not_found());
    }
    let hub = std::sync::Arc::clone(&node.hub);
    let bytes = node.blocking(move || hub.document(&digest)).await??;
    Ok((headers(JSON, FOR_EVER), bytes).into_response())
}

/// `GET /drafts/{id}/draft.json`: which document a draft is now.
pub(super) async fn drafted(State(node): State<Node>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id: DraftId = id.parse().map_err(|_| Problem::not_found())?;
    let state = node.hub.state();
    let draft = state.drafts.get(&id).ok_or_else(Problem::not_found)?;
    let entry = draft.versions.last().map_or(draft.entry, |(entry, ..)| *entry);
    let (urn, version, document) = (draft.opened.urn.clone(), draft.version.clone(), draft.document);
    let asked = node.clone();
    let made = move || {
        let on = asked.hub.pack(&document).and_then(|pack| asked.hub.bases(&state, |bases| bases.released(&pack)))?;
        let on = on.into_iter().map(|(document, _)| document).collect();
        let drafted = Drafted { draft: id, urn, version, document, entry, on };
        serde_json::to_vec(&drafted).map_err(|_| Problem::internal())
    };
    let bytes = node.blocking(made).await??;
    Ok((headers(JSON, NOT_CACHED), bytes).into_response())
}

/// `GET /versions/{entry}/release.json`
pub(super) async fn release(State(node): State<Node>, Path(index): Path<String>) -> Result<Response, Problem> {
    let index = number(&index)?;
    let asked = node.clone();
    let made = move || {
        let state = asked.hub.state();
        let version = state.versions.get(&index).ok_or_else(Problem::not_found)?;
        let entry = asked.hub.entry(index)?.ok_or_else(Problem::not_found)?;
        let document = asked.hub.document(&version.released.document)?;
        let text = |bytes| String::from_utf8(bytes).map_err(|_| unreadable());
        let key = state.founded.as_ref().map(|founded| founded.log_key.clone()).unwrap_or_default();
        let release =
            Release { key, index, entry: text(entry)?, proof: prove(&asked, index)?, document: text(document)? };
        serde_json::to_vec(&release).map_err(|_| Problem::internal())
    };
    let bytes = node.blocking(made).await??;
    // The proof is over the newest checkpoint.
    Ok((headers(JSON, NOT_CACHED), bytes).into_response())
}
