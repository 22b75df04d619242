//! What leaves as soon as it is released: server-sent events, each a disclosure with its own record and receipt.
//!
//! Whether somebody may watch is asked again before each event and at every look, their tokens included. Whoever reads
//! slowly is waited for, for a while: nothing is disclosed ahead of them but the next event, and nobody else waits.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use flow::{Asked, City, Live, Watch};
use model::{Digest, PartyId, Timestamp};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{mpsc, watch};

use super::released::{asker, parsed};
use crate::auth;
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::watchers::Place;

/// How long between two looks after what is due.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How many looks without an event until a sign of life.
const LOOKS_UNTIL_ALIVE: u32 = 30;
/// How long a reader may take until there is room for the next event.
const READ_TIME_MAX: Duration = Duration::from_secs(60);
/// How long a browser waits before it comes back.
const COME_BACK_AFTER: Duration = Duration::from_secs(2);
/// The header with the id of the last event that arrived.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells proxies not to hold events back.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// The query, before anything of it is believed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Question {
    stream: String,
    purpose: String,
    view: Option<String>,
    /// The id of the last event, for whoever cannot set a header.
    after: Option<String>,
}

/// Those whose word it is, by their tokens' hashes: it ends with the token.
struct Bearers(Vec<(Digest, PartyId)>);

impl Bearers {
    fn still(&self, city: &City) -> Result<(), Problem> {
        let state = city.register().state();
        let is_bearer = |(hash, id): &(Digest, PartyId)| state.party_with(hash).is_some_and(|party| &party.id == id);
        if self.0.iter().all(is_bearer) {
            return Ok(());
        }
        Err(Problem::new(Kind::Unauthorized).detail("a token that this began with is nobody’s any more"))
    }
}

/// Sends what the asker's grant gives as it is released, from now on or from the last event that arrived.
#[utoipa::path(
    get, path = "/api/v1/released/live", tag = "disclosure", security((), ("party" = [])),
    params(
        super::released::Question,
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that arrived"),
    ),
    responses(
        (status = 200, description = "Events, each with an answer as `/api/v1/released` gives it", body = String, content_type = "text/event-stream"),
        (status = 400, description = "The request cannot be read", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "It is not known who asks", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "It is not allowed; `grounds` names the norms", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is none", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many ask at once", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The city cannot do it now", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn live(
    State(node): State<Node>,
    method: Method,
    headers: HeaderMap,
    question: Result<Query<Question>, QueryRejection>,
) -> Result<Response, Problem> {
    let (recipient, lane) = asker(&node, &headers)?;
    let question = question?.0;
    let mut bearers = Vec::new();
    if let Some(token) = auth::token(&headers)? {
        bearers.push((flow::city::credential(token), recipient.clone()));
    }
    let mut asked = Asked {
        recipient,
        purpose: parsed("purpose", &question.purpose)?,
        stream: parsed("stream", &question.stream)?,
        view: question.view.as_deref().map(|view| parsed("view", view)).transpose()?,
        from: None,
        to: None,
        authorised_by: None,
    };
    if let Some(token) = auth::authorising_token(&headers)? {
        let party = auth::party(&node.city, token)?.id;
        bearers.push((flow::city::credential(token), party.clone()));
        asked.authorised_by = Some(party);
    }
    let after = left_at(&headers, question.after.as_deref())?;
    let place = node.watchers.enter(&asked.recipient, lane)?;
    let city = Arc::clone(&node.city);
    let watch = node.jobs.run(lane, move || city.watch(&asked, after)).await??;
    let headers = [(header::CACHE_CONTROL, "no-store"), UNBUFFERED];
    if method == Method::HEAD {
        return Ok(([(header::CONTENT_TYPE, "text/event-stream")], headers).into_response());
    }
    // One event is ready while the one before is read.
    let (events, ready) = mpsc::channel(1);
    tokio::spawn(Session { node, bearers: Arc::new(Bearers(bearers)), events, _place: place }.run(watch));
    let ready = futures::stream::unfold(ready, |mut ready| async {
        let event = ready.recv().await?;
        Some((Ok::<Event, Infallible>(event), ready))
    });
    Ok((headers, Sse::new(ready)).into_response())
}

/// Where somebody left off: the header that a browser sends when it comes back counts more than the address.
fn left_at(headers: &HeaderMap, after: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let last = headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or_default());
    match (last, after) {
        (Some(last), _) => Ok(Some(parsed(LAST_EVENT_ID.as_str(), last)?)),
        (None, Some(after)) => Ok(Some(parsed("after", after)?)),
        (None, None) => Ok(None),
    }
}

/// One connection.
struct Session {
    node: Node,
    bearers: Arc<Bearers>,
    events: mpsc::Sender<Event>,
    /// Free again when this ends.
    _place: Place,
}

/// Nobody reads any more, or the last event was sent.
struct Over;

impl Session {
    async fn run(self, watch: Watch) {
        // How it ended makes no difference to anybody who is still there.
        drop(self.told(watch).await);
    }

    async fn told(&self, mut watch: Watch) -> Result<(), Over> {
        let asked = watch.asked();
        let begun = json!({ "stream": asked.stream, "view": asked.view, "purpose": asked.purpose, "recipient": asked.recipient,
            "after": watch.through() });
        let begun = event("watching", &begun)?.id(watch.through().to_string()).retry(COME_BACK_AFTER);
        self.send(begun).await?;
        let (mut closing, mut silent) = (self.node.watchers.closing(), 0);
        loop {
            let (city, bearers) = (Arc::clone(&self.node.city), Arc::clone(&self.bearers));
            let look = move || {
                let next = bearers.still(&city).and_then(|()| Ok(city.next_live(&mut watch)?));
                (watch, next)
            };
            let looked = self.node.jobs.in_turn(look).await;
            let next = looked.and_then(|(left, next)| next.map(|next| (left, next)));
            let (left, next) = match next {
                Ok(next) => next,
                Err(problem) => return self.close(&problem).await,
            };
            watch = left;
            if let Some(next) = next {
                self.send(self.drawn(&watch, &next)?).await?;
                silent = 0;
                continue;
            }
            silent += 1;
            if silent % LOOKS_UNTIL_ALIVE == 0 {
                self.send(Event::default().comment("alive")).await?;
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = self.events.closed() => return Err(Over),
                () = closed(&mut closing) => {
                    let stops = "the node stops; come back with the id of the last event";
                    return self.close(&Problem::new(Kind::Unavailable).detail(stops)).await;
                }
            }
        }
    }

    fn drawn(&self, watch: &Watch, next: &Live) -> Result<Event, Over> {
        let event = match next {
            Live::Released(disclosed) => event("released", disclosed.get())?,
            Live::Passed(window) => event("passed", window)?,
        };
        Ok(event.id(watch.through().to_string()))
    }

    /// The last event: why there are no more.
    async fn close(&self, problem: &Problem) -> Result<(), Over> {
        self.send(event("closed", &problem.document())?).await?;
        Err(Over)
    }

    /// Waits until there is room. Whoever does not read for so long is not waited for any longer.
    async fn send(&self, event: Event) -> Result<(), Over> {
        let sent = tokio::time::timeout(READ_TIME_MAX, self.events.send(event)).await;
        sent.map_err(|_| Over)?.map_err(|_| Over)
    }
}

/// Ends when the node stops.
async fn closed(closing: &mut watch::Receiver<bool>) {
    // The sender is the node's own: it is not gone before.
    drop(closing.wait_for(|closing| *closing).await);
}

fn event(name: &str, data: &impl serde::Serialize) -> Result<Event, Over> {
    let data = serde_json::to_string(data).map_err(|_| Over)?;
    Ok(Event::default().event(name).data(data))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_header_of_a_browser_that_comes_back_counts_more_than_the_address() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (first, last) = ("2026-11-24T08:00:00Z", "2026-11-24T08:15:00Z");
        let mut headers = HeaderMap::new();
        assert!(matches!(left_at(&headers, None), Ok(None)));
        assert_eq!(left_at(&headers, Some(first)).ok().flatten(), Some(at(first)));
        assert_eq!(left_at(&headers, Some("17")).unwrap_err().status(), 400);
        headers.insert(LAST_EVENT_ID, HeaderValue::from_static(last));
        assert_eq!(left_at(&headers, Some(first)).ok().flatten(), Some(at(last)));
        headers.insert(LAST_EVENT_ID, HeaderValue::from_static("yesterday"));
        assert_eq!(left_at(&headers, None).unwrap_err().status(), 400);
    }
}
