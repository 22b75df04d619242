//! The register as files for other programs: a table, a map, and devices for smart-city software.
//!
//! Each is drawn from the fold alone, so that its tag is the size of the log: where a deployment stands is told by its acts
//! and dates, and no word of it changes with the clock. Nothing in them is more than the pages show.

mod ngsi;
mod numbers;
pub(crate) mod table;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{DeploymentRecord, Geometry};
use register::State as Register;
use serde_json::{Value, json};

use super::register::OPEN;
use crate::address::{BY_HOST, Base};
use crate::lang::Lang;
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;

const CSV: HeaderValue = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
const GEO_JSON: HeaderValue = HeaderValue::from_static("application/geo+json");
/// The media type of JSON-LD.
pub(crate) const LD_JSON: HeaderValue = HeaderValue::from_static("application/ld+json");
const NO_CACHE: (HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));

/// A strong tag.
///
/// # Errors
/// The text cannot stand in a header, which none of ours does.
pub(crate) fn tag(text: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(&format!("\"{text}\"")).map_err(|_| Problem::new(Kind::Internal))
}

/// What a tag says: how many acts are folded in, and by which version of the software.
pub(crate) fn edition(size: u64) -> String {
    format!("{size}-{}", env!("CARGO_PKG_VERSION"))
}

/// What a tag ends with where a deployment is not in force: time alone brings that about and ends it, by no act.
pub(crate) const OUT_OF_FORCE: &str = "-out-of-force";

/// How many acts were folded in for a tag of ours; none for another.
pub(crate) fn seen(tag: &HeaderValue) -> Option<u64> {
    let text = tag.to_str().ok()?.strip_prefix('"')?.strip_suffix('"')?;
    let text = text.strip_suffix(OUT_OF_FORCE).unwrap_or(text);
    let size = text.split_once('-')?.0.parse().ok()?;
    (edition(size) == text).then_some(size)
}

/// The answer to whoever has it already.
pub(crate) fn unchanged(tag: HeaderValue) -> Response {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, tag), NO_CACHE, BY_HOST, OPEN]).into_response()
}

/// A file for anybody, with its tag and its media type.
pub(crate) fn fresh(tag: HeaderValue, kind: HeaderValue, body: impl IntoResponse) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::ETAG, tag), NO_CACHE, BY_HOST, OPEN], body).into_response()
}

/// A file drawn from the state, unless whoever asks has it already.
pub(crate) fn drawn<B: IntoResponse>(
    state: &Register,
    headers: &HeaderMap,
    kind: HeaderValue,
    draw: impl FnOnce() -> B,
) -> Result<Response, Problem> {
    let tag = tag(&edition(state.size))?;
    if headers.get(header::IF_NONE_MATCH) == Some(&tag) {
        return Ok(unchanged(tag));
    }
    Ok(fresh(tag, kind, draw()))
}

/// The register as a table.
#[utoipa::path(
    get, path = "/register.csv", tag = "register",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of what is there already")),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv"), (status = 304, description = "Unchanged"))
)]
pub(crate) async fn csv(State(node): State<Node>, base: Base, headers: HeaderMap) -> Result<Response, Problem> {
    let state = node.city.register().state();
    drawn(&state, &headers, CSV, || table::written(&state, &base))
}

/// The city in numbers, month by month.
#[utoipa::path(
    get, path = "/numbers.csv", tag = "register",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of what is there already")),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv"), (status = 304, description = "Unchanged"))
)]
pub(crate) async fn numbers(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    let state = node.city.register().state();
    drawn(&state, &headers, CSV, || numbers::written(&state))
}

/// The register as a map: deployments at their places, and their sensors.
#[utoipa::path(
    get, path = "/register.geojson", tag = "register",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of what is there already")),
    responses((status = 200, description = "The file", body = String, content_type = "application/geo+json"), (status = 304, description = "Unchanged"))
)]
pub(crate) async fn geojson(State(node): State<Node>, base: Base, headers: HeaderMap) -> Result<Response, Problem> {
    let state = node.city.register().state();
    drawn(&state, &headers, GEO_JSON, || Json(map(&state, &base)))
}

/// The register as NGSI-LD entities.
#[utoipa::path(
    get, path = "/register.ngsild.json", tag = "register",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of what is there already")),
    responses((status = 200, description = "The file", body = String, content_type = "application/ld+json"), (status = 304, description = "Unchanged"))
)]
pub(crate) async fn ngsi_ld(State(node): State<Node>, base: Base, headers: HeaderMap) -> Result<Response, Problem> {
    let state = node.city.register().state();
    drawn(&state, &headers, LD_JSON, || Json(ngsi::entities(&state, &base)))
}

fn map(state: &Register, base: &Base) -> Value {
    let of_deployment = |record: &DeploymentRecord| {
        let deployment = &record.deployment;
        let shape = state.places.get(&deployment.place).map(|place| &place.geometry);
        let mut properties = properties(record, base);
        properties["kind"] = "deployment".into();
        properties["place"] = deployment.place.to_string().into();
        json!({
            "type": "Feature",
            "id": format!("deployments/{}", deployment.id),
            "geometry": shape.map(shape_of),
            "properties": properties,
        })
    };
    let deployments = state.deployments.values().map(|record| of_deployment(record));
    let devices = state.devices.values().filter_map(|device| {
        let mut properties = properties(state.deployments.get(&device.deployment)?, base);
        properties["kind"] = "sensor".into();
        properties["stream"] = device.stream.to_string().into();
        let geometry = json!({ "type": "Point", "coordinates": device.position });
        Some(json!({
            "type": "Feature", "id": format!("sensors/{}", device.id), "geometry": geometry, "properties": properties,
        }))
    });
    json!({ "type": "FeatureCollection", "features": deployments.chain(devices).collect::<Vec<_>>() })
}

fn shape_of(shape: &Geometry) -> Value {
    serde_json::to_value(shape).unwrap_or(Value::Null)
}

/// What every feature says of its deployment.
fn properties(record: &DeploymentRecord, base: &Base) -> Value {
    let deployment = &record.deployment;
    json!({
        "deployment": deployment.id,
        "title": deployment.title,
        "state": record.standing.state.code(),
        "technology": deployment.technology.code(),
        "purposes": deployment.purposes,
        "accountable": deployment.accountable,
        "people": words::people(Lang::En, deployment).short,
        "page": base.join(&format!("/deployments/{}", deployment.id)),
    })
}
