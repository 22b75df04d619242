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

/// Takes a batch of NGSI-LD entities, whole or not at all (ETSI GS CIM 009, 6.15).
///
/// Answers with their ids. What is stored differs from what was sent, as the register says. `Ordinance-Late` says how many of them
/// came after their window was released.
#[utoipa::path(
    post, path = "/ngsi-ld/v1/entityOperations/upsert", tag = "ingest", security(("device" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once: what was done is kept for a day at most, of each sender the newest 128")),
    request_body(content = Vec<Object>, content_type = "application/ld+json"),
    responses(
        (status = 201, description = "The ids of the entities, when the disk has them", body = Vec<String>),
        (status = 400, description = "The request cannot be read", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "It is not known who asks", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "It is not allowed; `grounds` names the norms", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "Too much at once", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "Another kind of content", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "The content cannot be taken", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many ask at once", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The city cannot do it now", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn upsert(State(node): State<Node>, request: Request) -> Result<impl IntoResponse, Problem> {
    let ingested = ingest(node, request, &["application/json", "application/ld+json"], City::ingest_ngsi).await?;
    // The standard's answer is a list of ids, so that what came late stands beside it.
    Ok((StatusCode::CREATED, [(LATE, ingested.late)], Json(ingested.ids)))
}

/// Takes a batch of lines of JSON, whole or not at all.
///
/// Answers how many were admitted, and how many of those came after their window was released and count in no number.
#[utoipa::path(
    post, path = "/api/v1/observations", tag = "ingest", security(("device" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once: what was done is kept for a day at most, of each sender the newest 128")),
    request_body(content = String, content_type = "application/x-ndjson", description = "One observation a line: its `time` (RFC 3339) and the stream's properties"),
    responses(
        (status = 200, description = "`stream`, `admitted` and `late`, when the disk has them", body = Object),
        (status = 400, description = "The request cannot be read", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "It is not known who asks", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "It is not allowed; `grounds` names the norms", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "Too much at once", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "Another kind of content", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "The content cannot be taken", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many ask at once", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The city cannot do it now", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn observations(State(node): State<Node>, request: Request) -> Result<impl IntoResponse, Problem> {
    let ingested = ingest(node, request, &["application/x-ndjson", "application/ndjson"], City::ingest_lines).await?;
    Ok(Json(json!({ "stream": ingested.stream, "admitted": ingested.admitted, "late": ingested.late })))
}
