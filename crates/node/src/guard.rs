//! Around every request: a time limit, the headers that keep a browser safe, and a page instead of a document where a
//! person made a mistake.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::pages;
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// The longest that a request may take, body included.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);
/// Addresses that machines use: their problems stay documents whatever is accepted.
const MACHINES: [&str; 7] = ["/api/", "/ngsi-ld/", "/log/tile/", "/log/proof/", "/open/", "/register.", "/feed.atom"];

/// On every answer. Nothing is loaded from elsewhere, nothing runs, nobody frames it, and no address is passed on.
const HEADERS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// Guards one request.
pub(crate) async fn guard(State(node): State<Node>, request: Request, next: Next) -> Response {
    let page = wants_page(&request);
    let answered = tokio::time::timeout(REQUEST_TIME_MAX, next.run(request)).await;
    let mut response = answered.unwrap_or_else(|_| Problem::new(Kind::Timeout).into_response());
    if page && let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = pages::problems::as_page(&node, &problem, response);
    }
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether a person reads the answer.
fn wants_page(request: &Request) -> bool {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::POST);
    let machine = MACHINES.iter().any(|start| request.uri().path().starts_with(start));
    let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    reads && !machine && accepts.is_some_and(|accept| accept.contains("text/html"))
}
