//! The register as JSON: the public fold, with the size of the log that it was drawn from.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{
    DeploymentId, DeploymentRecord, Device, DeviceId, GrantRecord, Order, Party, Place, Point, PolicyHash, StreamId,
    Timestamp, View,
};
use register::State as Register;
use register::state::{DisclosedKey, Totals};
use serde::Serialize;

use super::files::{OUT_OF_FORCE, edition, tag};
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// Anybody's page may read it: it is public and knows no cookie.
pub(crate) const OPEN: (header::HeaderName, HeaderValue) =
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));

/// The public register.
#[derive(Serialize)]
struct Whole<'a> {
    /// How many entries of the log are folded in.
    basis: u64,
    at: Option<Timestamp>,
    city: Option<CityJson<'a>>,
    policy: Option<PolicyJson>,
    parties: Vec<&'a Party>,
    places: Vec<&'a Place>,
    deployments: Vec<&'a DeploymentRecord>,
    devices: Vec<DeviceJson<'a>>,
    views: Vec<&'a View>,
    grants: Vec<&'a GrantRecord>,
    orders: Vec<&'a Order>,
    disclosed: Vec<DisclosedJson<'a>>,
}

#[derive(Serialize)]
struct CityJson<'a> {
    name: &'a str,
    origin: &'a str,
    log_key: &'a str,
}

#[derive(Serialize)]
struct PolicyJson {
    hash: PolicyHash,
    since: Timestamp,
}

/// A sensor without what proves that it is itself.
#[derive(Serialize)]
struct DeviceJson<'a> {
    id: &'a DeviceId,
    deployment: &'a DeploymentId,
    stream: &'a StreamId,
    position: Point,
}

impl<'a> From<&'a Device> for DeviceJson<'a> {
    fn from(device: &'a Device) -> Self {
        Self { id: &device.id, deployment: &device.deployment, stream: &device.stream, position: device.position }
    }
}

#[derive(Serialize)]
struct DisclosedJson<'a> {
    recipient: &'a str,
    purpose: &'static str,
    stream: &'a str,
    view: &'a str,
    disclosures: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<u64>,
}

impl<'a> From<(&'a DisclosedKey, &'a Totals)> for DisclosedJson<'a> {
    fn from((key, totals): (&'a DisclosedKey, &'a Totals)) -> Self {
        Self {
            recipient: key.recipient.as_str(),
            purpose: key.purpose.code(),
            stream: key.stream.as_str(),
            view: key.view.as_str(),
            disclosures: totals.disclosures,
            rows: totals.rows,
            withheld: totals.withheld,
        }
    }
}

impl<'a> Whole<'a> {
    fn of(state: &'a Register) -> Self {
        let city = state.city.as_ref();
        let policy = state.policy.as_ref();
        Self {
            basis: state.size,
            at: state.last_at,
            city: city.map(|city| CityJson { name: &city.name, origin: &city.origin, log_key: &city.log_key }),
            policy: policy.map(|policy| PolicyJson { hash: policy.hash, since: policy.since }),
            parties: state.parties.values().map(|record| &record.party).collect(),
            places: state.places.values().map(AsRef::as_ref).collect(),
            deployments: state.deployments.values().map(AsRef::as_ref).collect(),
            devices: state.devices.values().map(|device| device.as_ref().into()).collect(),
            views: state.views.values().map(AsRef::as_ref).collect(),
            grants: state.grants.values().map(AsRef::as_ref).collect(),
            orders: state.orders.values().map(|record| &record.order).collect(),
            disclosed: state.disclosed.iter().map(Into::into).collect(),
        }
    }
}

/// The whole public register.
///
/// Its tag changes with each act and each version of the software; whoever has it already gets an empty answer.
#[utoipa::path(
    get, path = "/api/v1/register", tag = "register",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of what is there already")),
    responses(
        (status = 200, description = "The register and its `basis`: how many acts are folded in", body = Object),
        (status = 304, description = "Unchanged"),
    )
)]
pub(crate) async fn register(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    let state = node.city.register().state();
    tagged(&edition(state.size), &headers, || Json(Whole::of(&state)))
}

/// An answer that is the same for as long as its edition is, unless whoever asks has it already.
fn tagged<B: IntoResponse>(edition: &str, headers: &HeaderMap, draw: impl FnOnce() -> B) -> Result<Response, Problem> {
    let tag = tag(edition)?;
    let fresh = [(header::CACHE_CONTROL, HeaderValue::from_static("no-cache")), (header::ETAG, tag.clone()), OPEN];
    if headers.get(header::IF_NONE_MATCH) == Some(&tag) {
        return Ok((StatusCode::NOT_MODIFIED, fresh).into_response());
    }
    Ok((fresh, draw()).into_response())
}

/// One deployment with all that hangs on it.
#[derive(Serialize)]
struct One<'a> {
    basis: u64,
    /// Whether it may collect now, as far as the register says; the norms still have to agree.
    in_force: bool,
    #[serde(flatten)]
    record: &'a DeploymentRecord,
    devices: Vec<DeviceJson<'a>>,
    views: Vec<&'a View>,
    grants: Vec<&'a GrantRecord>,
    orders: Vec<&'a Order>,
    disclosed: Vec<DisclosedJson<'a>>,
    /// The entries of the log behind it.
    history: &'a [u64],
}

/// What hangs on the streams of a deployment, in the order of its names.
fn by_id<'a, T, I: Iterator<Item = T>, K: Ord>(
    record: &'a DeploymentRecord,
    of: impl Fn(&'a StreamId) -> I,
    id: impl Fn(&T) -> K,
) -> Vec<T> {
    let mut all: Vec<T> = record.deployment.streams.iter().flat_map(|stream| of(&stream.id)).collect();
    all.sort_by_key(id);
    all
}

/// What a register says of a deployment at an instant, with all that hangs on it; none if it knows none of that name. It is what
/// `GET /api/v1/deployments/{id}` answers, so that whoever replays a log can hold a page against it.
#[must_use]
pub fn deployment_as_data<'a>(
    state: &'a Register,
    id: &DeploymentId,
    now: Timestamp,
) -> Option<impl Serialize + use<'a>> {
    let record = state.deployments.get(id)?;
    let id = &record.deployment.id;
    Some(One {
        basis: state.size,
        in_force: record.in_force(now),
        record,
        devices: by_id(record, |stream| state.devices_of(stream), |device| &device.id)
            .into_iter()
            .map(Into::into)
            .collect(),
        views: by_id(record, |stream| state.views_of(stream), |view| (&view.stream, &view.id)),
        grants: by_id(record, |stream| state.grants_of(stream), |record| &record.grant.id),
        orders: state.orders.values().map(|record| &record.order).filter(|order| &order.deployment == id).collect(),
        disclosed: by_id(record, |stream| state.disclosed_of(stream), |(key, _)| *key)
            .into_iter()
            .map(Into::into)
            .collect(),
        history: state.history.get(id).map_or(&[], |entries| entries.as_slice()),
    })
}

/// One deployment with all that hangs on it.
#[utoipa::path(
    get, path = "/api/v1/deployments/{id}", tag = "register",
    params(
        ("id" = String, Path, description = "The deployment"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what is there already"),
    ),
    responses(
        (status = 200, description = "The deployment, its devices, views, grants, orders, disclosures and history", body = Object),
        (status = 304, description = "Unchanged"),
        (status = 404, description = "There is none", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn deployment(
    State(node): State<Node>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let id = id?.0;
    let none = || Problem::new(Kind::NotFound).detail("there is no such deployment in the register");
    let id: DeploymentId = id.parse().map_err(|_| none())?;
    let one = deployment_as_data(&state, &id, now).ok_or_else(none)?;
    let in_force = state.deployments.get(&id).is_some_and(|record| record.in_force(now));
    let edition = edition(state.size) + if in_force { "" } else { OUT_OF_FORCE };
    tagged(&edition, &headers, || Json(one))
}
