//! Requests that are sent again: with an `Idempotency-Key` the same request is done once, and answered alike each time
//! (draft-ietf-httpapi-idempotency-key-header).
//!
//! A key is its sender's own, for one address. What was done is kept for a day at the most, of a sender the newest 128, and in memory
//! alone: a node that starts anew has forgotten it, and then a batch that is sent again is taken again. What was refused is decided
//! anew. Commands need no key: what is so already is not done twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use model::{Digest, Span, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::auth;
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
/// The most answers that are kept of one sender; then its oldest goes.
const SENDER_ANSWERS_MAX: usize = 128;
/// The most answers that are kept, and their bytes; then the oldest goes.
const ANSWERS_MAX: usize = 16_384;
const ANSWERS_BYTES_MAX: usize = 64 << 20;

/// An answer as it was given.
#[derive(Clone)]
struct Given {
    status: StatusCode,
    kind: Option<HeaderValue>,
    body: Bytes,
}

/// What is known of a key.
struct Known {
    /// The hash of what came with it.
    content: Digest,
    /// The hash of the sender's token.
    sender: Digest,
    at: Timestamp,
    /// None while the first request is under way.
    given: Option<Given>,
}

/// All keys.
#[derive(Default)]
pub(crate) struct Again(Mutex<HashMap<Digest, Known>>);

/// What to do with a request.
enum Turn {
    /// It is the first.
    First(Claim),
    /// It was answered.
    Answered(Given),
}

/// A key whose first request is under way. Let go of without an answer, it is as if it had not come.
struct Claim {
    again: Arc<Again>,
    name: Digest,
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut known = self.again.known();
        if known.get(&self.name).is_some_and(|key| key.given.is_none()) {
            known.remove(&self.name);
        }
    }
}

impl Claim {
    /// Keeps what was done, and lets go of the oldest that there is no room for.
    fn answered(self, given: Given) {
        let mut known = self.again.known();
        let Some(key) = known.get_mut(&self.name) else { return };
        key.given = Some(given);
        let sender = key.sender;
        make_room(&mut known, |key| key.sender == sender, SENDER_ANSWERS_MAX);
        make_room(&mut known, |_| true, ANSWERS_MAX);
        while bytes(&known) > ANSWERS_BYTES_MAX && forget_oldest(&mut known, |_| true) {}
    }
}

fn bytes(known: &HashMap<Digest, Known>) -> usize {
    known.values().filter_map(|key| key.given.as_ref()).map(|given| given.body.len()).sum()
}

fn make_room(known: &mut HashMap<Digest, Known>, among: impl Fn(&Known) -> bool, max: usize) {
    while known.values().filter(|key| key.given.is_some() && among(key)).count() > max {
        forget_oldest(known, &among);
    }
}

/// Forgets the oldest answer among some; false if there is none.
fn forget_oldest(known: &mut HashMap<Digest, Known>, among: impl Fn(&Known) -> bool) -> bool {
    let those = known.iter().filter(|(_, key)| key.given.is_some() && among(key));
    let oldest = those.min_by_key(|(_, key)| key.at).map(|(name, _)| *name);
    oldest.is_some_and(|name| known.remove(&name).is_some())
}

impl Again {
    fn known(&self) -> MutexGuard<'_, HashMap<Digest, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(self: &Arc<Self>, name: Digest, sender: Digest, content: Digest, now: Timestamp) -> Result<Turn, Problem> {
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
        known.insert(name, Known { content, sender, at: now, given: None });
        Ok(Turn::First(Claim { again: Arc::clone(self), name }))
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

/// Whether a request carries the token of a party or a sensor, as it is now: nobody else takes a place here.
fn is_known(node: &Node, headers: &HeaderMap) -> bool {
    let state = node.city.register().state();
    let credential = auth::token(headers).ok().flatten().map(flow::city::credential);
    credential.is_some_and(|held| state.is_borne(&held))
}

async fn asked_once(node: &Node, request: Request, next: Next) -> Result<Response, Problem> {
    let Some(key) = key(request.headers())?.map(<[u8]>::to_vec) else { return Ok(next.run(request).await) };
    if !is_known(node, request.headers()) {
        return Ok(next.run(request).await);
    }
    let (parts, body) = request.into_parts();
    let body = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await?;
    let header = |name| parts.headers.get(name).map_or(&[][..], HeaderValue::as_bytes);
    let sender = hashed(&[header(header::AUTHORIZATION)]);
    let name = hashed(&[sender.as_bytes(), parts.method.as_str().as_bytes(), parts.uri.to_string().as_bytes(), &key]);
    let content = hashed(&[header(header::CONTENT_TYPE), header(header::IF_MATCH), &body]);
    match node.again.turn(name, sender, content, node.city.register().now())? {
        Turn::Answered(given) => Ok(given.into_response()),
        Turn::First(claim) => {
            // By itself: what was begun goes on and is remembered, also where its sender does not wait for the answer.
            let done = tokio::spawn(async move {
                let response = next.run(Request::from_parts(parts, Body::from(body))).await;
                kept(claim, response).await
            });
            done.await.map_err(|_| Problem::new(Kind::Internal))?
        }
    }
}

/// Keeps the answer to what was done. What was not is asked anew.
async fn kept(claim: Claim, response: Response) -> Result<Response, Problem> {
    if !response.status().is_success() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, ANSWERS_BYTES_MAX).await.map_err(|_| Problem::new(Kind::Internal))?;
    let kind = parts.headers.get(header::CONTENT_TYPE).cloned();
    claim.answered(Given { status: parts.status, kind, body: body.clone() });
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
        let (again, now) = (Arc::new(Again::default()), Timestamp::from_millis(0));
        let (name, content) = (Digest::new([1; 32]), Digest::new([2; 32]));
        let turn = |content, now| again.turn(name, name, content, now);
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
    fn a_sender_with_many_keys_loses_its_own_oldest_and_nobody_elses() {
        let again = Arc::new(Again::default());
        let name = |number: usize| hashed(&[&number.to_be_bytes()]);
        let at = |number: usize| Timestamp::from_millis(i64::try_from(number).unwrap());
        let (quiet, busy) = (Digest::new([7; 32]), Digest::new([8; 32]));
        let ask = |number: usize, sender| again.turn(name(number), sender, name(0), at(number));
        let answer = |number, sender| {
            let Ok(Turn::First(claim)) = ask(number, sender) else { panic!("first") };
            claim.answered(given());
        };
        answer(0, quiet);
        (1..=SENDER_ANSWERS_MAX + 1).for_each(|number| answer(number, busy));
        assert!(matches!(ask(0, quiet), Ok(Turn::Answered(_))));
        assert!(matches!(ask(2, busy), Ok(Turn::Answered(_))));
        assert!(matches!(ask(1, busy), Ok(Turn::First(_))), "its oldest went");
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
