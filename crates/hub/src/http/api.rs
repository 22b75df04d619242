//! Commands as JSON, for those with a token: whatever the pages can do.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use model::Digest;
use web::Peer;

use super::problem::Problem;
use super::router::Node;
use super::sessions::credential;
use crate::command::Command;
use crate::hub::Receipt;
use crate::words::PersonId;

/// `POST /api/v1/commands`
pub(super) async fn commands(
    State(node): State<Node>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Receipt>, Problem> {
    let person = person(&node, peer.map(|peer| peer.0).unwrap_or_default(), &headers)?;
    let command: Command = serde_json::from_slice(&body)
        .map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("This is no command: {error}.")))?;
    let receipt = node.submit(person, command).await?;
    Ok(Json(receipt))
}

/// Whose token it is.
fn person(node: &Node, peer: Peer, headers: &HeaderMap) -> Result<PersonId, Problem> {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = sent.and_then(|text| text.strip_prefix("Bearer ")).map(str::trim);
    let unknown =
        || Problem::new(StatusCode::UNAUTHORIZED, "This needs the token of somebody who speaks for a member.");
    let credential: Digest = credential(token.ok_or_else(unknown)?);
    let now = node.hub.now();
    if !node.sessions.wrong.counted(peer, now) {
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "Too many tokens were tried that belong to nobody."));
    }
    let state = node.hub.state();
    let (person, _, _) = state.person_with(&credential).ok_or_else(unknown)?;
    node.sessions.wrong.forget(peer);
    Ok(person.clone())
}
