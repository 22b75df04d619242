//! What devices send: NGSI-LD entities or lines. The answer comes when the disk has them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::IntoResponse;
use flow::{City, IngestError, Ingested};
use serde_json::json;

use super::body;
use crate::auth::required_token;
use crate::jobs::Lane;
use crate::problem::Problem;
use crate::router::Node;

/// The header with the number of observations that came after their window was released.
const LATE: HeaderName = HeaderName::from_static("ordinance-late");

/// Takes a batch: one of the city's two doors.
type Door = fn(&City, &str, &[u8]) -> Result<Ingested, IngestError>;

async fn ingest(node: Node, request: Request, types: &[&str], door: Door) -> Result<Ingested, Problem> {
    let token = required_token(request.headers())?.to_owned();
    let body = body(request, types).await?;
    let city = Arc::clone(&node.city);
    Ok(node.jobs.run(Lane::Token, move || door(&city, &token, &body)).await??)
}

/// `POST /ngsi-ld/v1/entityOperations/upsert` (ETSI GS CIM 009, 6.15): a batch of entities, whole or not at all. Answers
/// with their ids. What is stored differs from what was sent, as the register says. `Ordinance-Late` says how many of them
/// came after their window was released.
pub(crate) async fn upsert(State(node): State<Node>, request: Request) -> Result<impl IntoResponse, Problem> {
    let ingested = ingest(node, request, &["application/json", "application/ld+json"], City::ingest_ngsi).await?;
    // The standard's answer is a list of ids, so that what came late stands beside it.
    Ok((StatusCode::CREATED, [(LATE, ingested.late)], Json(ingested.ids)))
}

/// `POST /api/v1/observations`: a batch of lines of JSON, whole or not at all. Answers how many were admitted, and how many
/// of those came after their window was released and count in no number.
pub(crate) async fn observations(State(node): State<Node>, request: Request) -> Result<impl IntoResponse, Problem> {
    let ingested = ingest(node, request, &["application/x-ndjson", "application/ndjson"], City::ingest_lines).await?;
    Ok(Json(json!({ "stream": ingested.stream, "admitted": ingested.admitted, "late": ingested.late })))
}
