//! Around every request: a time limit, and the headers that keep a browser safe.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

/// The longest that a request may take, body included.
pub const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);

/// On every answer. Nothing is loaded from elsewhere, nothing runs, nobody frames it, and no address is passed on. `connect-src` is
/// of no use to a page on which nothing runs: it lets tools that look at a page from within it read `robots.txt`.
pub const HEADERS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// Waits for an answer for as long as a request may take, or gives the one for which it took too long; either goes out under
/// [`HEADERS`].
pub async fn guard(answer: impl Future<Output = Response>, late: impl FnOnce() -> Response) -> Response {
    let mut response = tokio::time::timeout(REQUEST_TIME_MAX, answer).await.unwrap_or_else(|_| late());
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
