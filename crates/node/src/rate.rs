//! How much may be asked of the API in a minute: by each token, and by each address without one.
//!
//! A token is known by its hash, and only tokens of the register have a bucket of their own, so that nobody makes up buckets. Behind
//! a web server on the same machine strangers have no address that tells them apart ([`web::Peer::address`]): then that server has to
//! bound them, and the places for open work do what they did before. Answers say what is left (draft-ietf-httpapi-ratelimit-headers).

use std::net::IpAddr;
use std::num::NonZeroU32;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use flow::City;
use model::Digest;
use web::{Left, Peer, QUOTA_SECONDS, Quota};

use crate::auth;
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// What is left of a quota.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// What the quota is.
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// The addresses that count: what programs ask. Pages, signs and the log's tiles do not.
const COUNTED: [&str; 5] = ["/api/", "/ngsi-ld/", "/open/", "/register.", "/numbers.csv"];

/// How many requests a minute the API answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// Of each token of a party or a sensor.
    pub token: NonZeroU32,
    /// Of each address, without a token of the register.
    pub address: NonZeroU32,
}

impl RateLimits {
    /// 12,000 for a token, 600 for an address.
    pub const DEFAULT: Self = Self { token: nonzero(12_000), address: nonzero(600) };
}

impl Default for RateLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

const fn nonzero(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

/// What was asked so far.
#[derive(Debug)]
pub(crate) struct Rates {
    tokens: Quota<Digest>,
    addresses: Quota<IpAddr>,
}

impl Rates {
    pub(crate) fn of(limits: RateLimits) -> Self {
        Self { tokens: Quota::of(limits.token), addresses: Quota::of(limits.address) }
    }

    /// Counts a request: the name of the quota, how much it is, and what is left. None for whom nothing tells apart.
    fn count(&self, city: &City, token: Option<&str>, peer: Peer) -> Option<(&'static str, u32, Left)> {
        let now = city.register().now();
        // Asked each time: a token that was replaced or taken back is as good as none.
        let known = token.map(flow::city::credential).filter(|credential| city.register().state().is_borne(credential));
        if let Some(credential) = known {
            return Some(("token", self.tokens.per_minute(), self.tokens.take(credential, now)));
        }
        let address = peer.address()?;
        Some(("address", self.addresses.per_minute(), self.addresses.take(address, now)))
    }
}

/// Whether requests to a path count.
pub(crate) fn counts(path: &str) -> bool {
    COUNTED.iter().any(|start| path.starts_with(start))
}

/// Counts a request to the API and says in its answer what is left, or refuses it before anything is read.
pub(crate) async fn limit(State(node): State<Node>, request: Request, next: Next) -> Response {
    if !counts(request.uri().path()) {
        return next.run(request).await;
    }
    let peer = request.extensions().get::<Peer>().copied().unwrap_or_default();
    // A header that is no token is told of by whoever needs one.
    let token = auth::token(request.headers()).ok().flatten();
    let Some((name, quota, left)) = node.rates.count(&node.city, token, peer) else { return next.run(request).await };
    let mut response = if left.taken { next.run(request).await } else { exceeded(name, quota, left) };
    let told = [
        (RATE_LIMIT_POLICY, format!("\"{name}\";q={quota};w={QUOTA_SECONDS}")),
        (RATE_LIMIT, format!("\"{name}\";r={};t={}", left.remaining, left.full_after)),
    ];
    for (header, text) in told {
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(header, value);
        }
    }
    response
}

fn exceeded(name: &str, quota: u32, left: Left) -> Response {
    let whose = if name == "token" { "this token" } else { "your network" };
    let wait = left.one_after.max(1);
    let detail =
        format!("{whose} has asked {quota} times within a minute, which is the most; wait {wait} s, then ask again");
    let problem = Problem::new(Kind::QuotaExceeded).detail(detail).with("violated-policies", vec![name].into());
    let mut response = problem.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
    response
}
