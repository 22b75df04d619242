//! Requests that are sent again: with an `Idempotency-Key` the same request is done once, and answered alike each time
//! (draft-ietf-httpapi-idempotency-key-header).
//!
//! A key is its sender's own, for one address, for a day. It is kept in memory alone: a node that starts anew has forgotten it, and
//! then a batch of observations that is sent again is taken again. Commands need none: what is so already is not done twice.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use model::{Digest, Span, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::problem::{Kind, Problem};
use crate::router::Node;

/// The header with the key.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header of an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The longest key, in bytes.
const KEY_BYTES_MAX: usize = 255;
/// How long an answer is kept.
const KEPT: Span = Span::hours(24);
/// The most answers that are kept; then the oldest goes.
const ANSWERS_MAX: usize = 1_024;
/// The largest answer that is kept, in bytes. Those of the addresses that take keys are far smaller.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// An answer as it was given.
#[derive(Clone)]
struct Given {
    status: StatusCode,
    kind: Option<HeaderValue>,
    body: Bytes,
}

/// What is known of a key.
struct Known {
    /// The hash of the body that came with it.
    content: Digest,
    at: Timestamp,
    /// None while the first request is under way.
    given: Option<Given>,
}

/// All keys.
#[derive(Default)]
pub(crate) struct Again(Mutex<HashMap<Digest, Known>>);

/// What to do with a request.
enum Turn<'a> {
    /// It is the first.
    First(Claim<'a>),
    /// It was answered.
    Answered(Given),
}

/// A key whose first request is under way. Let go of without an answer, it is as if it had not come.
struct Claim<'a> {
    again: &'a Again,
    name: Digest,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut known = self.again.known();
        if known.get(&self.name).is_some_and(|key| key.given.is_none()) {
            known.remove(&self.name);
        }
    }
}

impl Claim<'_> {
    fn answered(self, given: Given) {
        if let Some(key) = self.again.known().get_mut(&self.name) {
            key.given = Some(given);
        }
    }
}

impl Again {
    fn known(&self) -> MutexGuard<'_, HashMap<Digest, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, name: Digest, content: Digest, now: Timestamp) -> Result<Turn<'_>, Problem> {
        let mut known = self.known();
        known.retain(|_, key| now.since(key.at) < KEPT);
        if let Some(key) = known.get(&name) {
            let problem = |kind, detail: &str| Err(Problem::new(kind).detail(detail));
            return match &key.given {
                _ if key.content != content => {
                    problem(Kind::Unprocessable, "this idempotency key came with another request; take a new one")
                }
                Some(given) => Ok(Turn::Answered(given.clone())),
                None => problem(Kind::Conflict, "the same request is under way; ask again when it is answered"),
            };
        }
        if known.len() >= ANSWERS_MAX {
            let oldest = known.iter().filter(|(_, key)| key.given.is_some()).min_by_key(|(_, key)| key.at);
            let oldest = oldest.map(|(name, _)| *name);
            let busy = || Problem::new(Kind::Busy).detail("too many requests with idempotency keys are under way");
            known.remove(&oldest.ok_or_else(busy)?);
        }
        known.insert(name, Known { content, at: now, given: None });
        drop(known);
        Ok(Turn::First(Claim { again: self, name }))
    }
}

fn hashed(parts: &[&[u8]]) -> Digest {
    // Each part with its length, so that no two lists of parts are one.
    let with = |hash: Sha256, part: &&[u8]| hash.chain_update(part.len().to_be_bytes()).chain_update(part);
    Digest::new(parts.iter().fold(Sha256::new(), with).finalize().into())
}

/// The key of a request; none if it has none.
fn key(headers: &HeaderMap) -> Result<Option<&[u8]>, Problem> {
    let mut values = headers.get_all(KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let fits = (1..=KEY_BYTES_MAX).contains(&value.len()) && value.to_str().is_ok() && values.next().is_none();
    let detail = || format!("`{KEY}` is one text of 1 to {KEY_BYTES_MAX} visible characters");
    if fits { Ok(Some(value.as_bytes())) } else { Err(Problem::new(Kind::BadRequest).detail(detail())) }
}

/// Around an address that takes keys.
pub(crate) async fn once(State(node): State<Node>, request: Request, next: Next) -> Response {
    match asked_once(&node, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn asked_once(node: &Node, request: Request, next: Next) -> Result<Response, Problem> {
    let Some(key) = key(request.headers())?.map(<[u8]>::to_vec) else { return Ok(next.run(request).await) };
    let (parts, body) = request.into_parts();
    let body = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await?;
    let sender = parts.headers.get(header::AUTHORIZATION).map_or(&[][..], HeaderValue::as_bytes);
    let name = hashed(&[sender, parts.method.as_str().as_bytes(), parts.uri.to_string().as_bytes(), &key]);
    match node.again.turn(name, hashed(&[&body]), node.city.register().now())? {
        Turn::Answered(given) => Ok(given.into_response()),
        Turn::First(claim) => {
            let response = next.run(Request::from_parts(parts, Body::from(body))).await;
            kept(claim, response).await
        }
    }
}

/// Keeps an answer, unless it asks for another try.
async fn kept(claim: Claim<'_>, response: Response) -> Result<Response, Problem> {
    let again = response.status().is_server_error() || response.status() == StatusCode::TOO_MANY_REQUESTS;
    if again || response.status() == StatusCode::UNAUTHORIZED {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, crate::router::BODY_BYTES_MAX).await;
    let body = body.map_err(|_| Problem::new(Kind::Internal))?;
    if body.len() <= ANSWER_BYTES_MAX {
        let kind = parts.headers.get(header::CONTENT_TYPE).cloned();
        claim.answered(Given { status: parts.status, kind, body: body.clone() });
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

impl IntoResponse for Given {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_TYPE);
        headers.extend(self.kind.map(|kind| (header::CONTENT_TYPE, kind)));
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> Given {
        Given { status: StatusCode::OK, kind: None, body: Bytes::from_static(b"done") }
    }

    #[test]
    fn a_key_is_answered_once_for_a_day_and_forgotten_where_nothing_was_answered() {
        let (again, now) = (Again::default(), Timestamp::from_millis(0));
        let (name, content) = (Digest::new([1; 32]), Digest::new([2; 32]));
        let turn = |content, now| again.turn(name, content, now);
        let Ok(Turn::First(claim)) = turn(content, now) else { panic!("first") };
        assert_eq!(turn(content, now).err().map(|problem| problem.status()), Some(409), "under way");
        drop(claim);
        let Ok(Turn::First(claim)) = turn(content, now) else { panic!("as if it had not come") };
        claim.answered(given());
        assert!(matches!(turn(content, now + Span::hours(23)), Ok(Turn::Answered(_))));
        assert_eq!(turn(name, now).err().map(|problem| problem.status()), Some(422), "another body");
        assert!(matches!(turn(content, now + KEPT), Ok(Turn::First(_))));
    }

    #[test]
    fn the_oldest_answer_makes_room_and_requests_under_way_do_not() {
        let again = Again::default();
        let name = |number: usize| hashed(&[&number.to_be_bytes()]);
        let at = |number: usize| Timestamp::from_millis(i64::try_from(number).unwrap());
        for number in 0..ANSWERS_MAX {
            let Ok(Turn::First(claim)) = again.turn(name(number), name(0), at(number)) else { panic!("first") };
            claim.answered(given());
        }
        let Ok(Turn::First(_claim)) = again.turn(name(ANSWERS_MAX), name(0), at(ANSWERS_MAX)) else { panic!("room") };
        assert!(matches!(again.turn(name(1), name(0), at(ANSWERS_MAX)), Ok(Turn::Answered(_))));
        assert!(matches!(again.turn(name(0), name(0), at(ANSWERS_MAX)), Ok(Turn::First(_))), "the oldest went");
    }

    #[test]
    fn a_key_is_one_text_of_visible_characters() {
        let headers = |value: &[u8]| HeaderMap::from_iter([(KEY, HeaderValue::from_bytes(value).unwrap())]);
        assert!(matches!(key(&HeaderMap::new()), Ok(None)));
        assert!(matches!(key(&headers(b"8e03978e")), Ok(Some(b"8e03978e"))));
        let mut twice = headers(b"a");
        twice.append(KEY, HeaderValue::from_static("b"));
        for bad in [headers(b""), headers(&[b'a'; KEY_BYTES_MAX + 1]), headers("ä".as_bytes()), twice] {
            assert_eq!(key(&bad).err().map(|problem| problem.status()), Some(400));
        }
        assert_ne!(hashed(&[b"ab", b"c"]), hashed(&[b"a", b"bc"]));
    }
}
