//! What parties ask the city to do: one submission, or several in order.
//!
//! Several are done one after the other, each in a transaction of its own, up to the first that fails; what was done
//! before it stays done, and the problem says which failed and what was done. Commands can be repeated, so the whole
//! list can simply be sent again. `dry-run=true` does nothing and says which acts would be made. A preview says it of a
//! whole list of several parties, each built on the ones before, and goes on where one is refused.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, header};
use flow::City;
use model::{Act, PartyId};
use register::{Receipt, Submission, SubmitError};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body;
use crate::auth;
use crate::jobs::Lane;
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// The most submissions of one request.
const SUBMISSIONS_MAX: usize = 200;
/// The most submissions of one preview: a whole city's manifest.
const PREVIEWS_MAX: usize = 2_000;

/// How to go about it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Mode {
    #[serde(default)]
    dry_run: bool,
}

/// Does what a party asks: one submission, or several in order up to the first that fails.
///
/// A submission is `{ "by": PARTY, "reason": …, "command": { "do": …, "with": … } }`; it becomes acts in the log or a refusal. What is
/// so already is not done twice. With `If-Match` one submission is done only if what it concerns has not changed since.
///
/// Policies are adopted by `adopt-policy`, with the policies alone, or by `adopt-from`, `with` `{ "policies": …, "unreleased": REASON }`,
/// where a layer is somebody else's, no hub released it, and it is adopted all the same. What a hub released is adopted at the city's folder.
#[utoipa::path(
    post, path = "/api/v1/commands", tag = "governance", security(("party" = [])),
    params(
        ("dry-run" = Option<bool>, Query, description = "Do nothing, and say which acts would be made"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the register or of the deployment that the submission concerns"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once: what was done is kept for a day at most, of each sender the newest 128"),
    ),
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 200, description = "For each submission its `entries` and the `basis`; with `dry-run` its `acts`", body = Vec<Object>),
        (status = 400, description = "The request cannot be read", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "It is not known who asks", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "It is not allowed; `grounds` names the norms", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "It does not fit what is there already", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "It has changed since `If-Match`", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "Too much at once", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "Another kind of content", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "The content cannot be taken", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many ask at once", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The city cannot do it now", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn commands(
    State(node): State<Node>,
    mode: Result<Query<Mode>, QueryRejection>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let (dry_run, headers) = (mode?.dry_run, request.headers().clone());
    let party = auth::party(&node.city, auth::required_token(request.headers())?)?;
    let submissions = parse(&body(request, &["application/json"]).await?, SUBMISSIONS_MAX)?;
    only_of(&party.id, &submissions)?;
    let seen = seen(&headers, &submissions)?;
    if dry_run && seen.is_some() {
        let detail = "`If-Match` is held when something is done; leave it out of a look";
        return Err(Problem::new(Kind::BadRequest).detail(detail));
    }
    let city = Arc::clone(&node.city);
    let job = move || if dry_run { preview(&city, &submissions) } else { submit(&city, submissions, seen) };
    node.jobs.run(Lane::Token, job).await?.map(Json)
}

/// Says what each of a list of submissions would do after those before it.
///
/// Whoever holds a party's token may ask it of anybody's commands: nothing is done, and register and policies, which decide, are public.
#[utoipa::path(
    post, path = "/api/v1/commands/preview", tag = "governance", security(("party" = [])),
    request_body(content = Vec<Object>, content_type = "application/json"),
    responses(
        (status = 200, description = "For each submission its `acts`, or the problem it would meet as `refused`", body = Vec<Object>),
        (status = 400, description = "The request cannot be read", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "It is not known who asks", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "Too much at once", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "Another kind of content", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "The content cannot be taken", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many ask at once", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The city cannot do it now", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn previews(State(node): State<Node>, request: Request) -> Result<Json<Value>, Problem> {
    auth::party(&node.city, auth::required_token(request.headers())?)?;
    let submissions = parse(&body(request, &["application/json"]).await?, PREVIEWS_MAX)?;
    let city = Arc::clone(&node.city);
    let outcomes = move || city.register().preview(&submissions).into_iter().map(outcome).collect();
    node.jobs.run(Lane::Token, outcomes).await.map(Json)
}

/// One submission or an array of them.
fn parse(body: &[u8], limit: usize) -> Result<Vec<Submission>, Problem> {
    let many = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let parsed = if many { serde_json::from_slice(body) } else { serde_json::from_slice(body).map(|one| vec![one]) };
    let submissions: Vec<Submission> = parsed.map_err(|error| {
        let kind = if error.is_data() { Kind::Unprocessable } else { Kind::BadRequest };
        Problem::new(kind).detail(format!("this is not a submission or an array of them: {error}"))
    })?;
    if submissions.len() > limit {
        let detail = format!("{} submissions came, the limit is {limit}; send them in parts", submissions.len());
        return Err(Problem::new(Kind::TooLarge).detail(detail));
    }
    Ok(submissions)
}

/// Nobody speaks for somebody else.
fn only_of(party: &PartyId, submissions: &[Submission]) -> Result<(), Problem> {
    match submissions.iter().find(|submission| &submission.by != party) {
        None => Ok(()),
        Some(other) => {
            let detail = format!("the token is of `{party}`, the submission is by `{}`; nothing was done", other.by);
            Err(Problem::new(Kind::Forbidden).detail(detail))
        }
    }
}

/// What a submission was made in view of, if its sender says so: one alone, because it changes what the next one would see.
fn seen(headers: &HeaderMap, submissions: &[Submission]) -> Result<Option<u64>, Problem> {
    let mut tags = headers.get_all(header::IF_MATCH).iter();
    let Some(tag) = tags.next() else { return Ok(None) };
    let bad = |detail: &str| Problem::new(Kind::BadRequest).detail(detail);
    if submissions.len() != 1 || tags.next().is_some() {
        return Err(bad("`If-Match` goes with one submission and one tag; send them one by one"));
    }
    let seen = super::files::seen(tag);
    seen.map(Some).ok_or_else(|| bad("`If-Match` is not an `ETag` of this register and version; read it again"))
}

fn submit(city: &City, submissions: Vec<Submission>, seen: Option<u64>) -> Result<Value, Problem> {
    let mut receipts: Vec<Value> = Vec::with_capacity(submissions.len());
    let mut outcome = Ok(());
    for (at, submission) in submissions.into_iter().enumerate() {
        match city.register().submit_if(submission, seen) {
            Ok(receipt) => receipts.push(told(&receipt)),
            Err(error) => {
                outcome = Err(Problem::from(error).with("failed", at.into()));
                break;
            }
        }
    }
    // The acts are safe; if this fails, the next tick publishes them.
    drop(city.register().publish());
    let receipts = Value::Array(receipts);
    match outcome {
        Ok(()) => Ok(receipts),
        Err(problem) => Err(problem.with("done", receipts)),
    }
}

fn told(receipt: &Receipt) -> Value {
    json!({ "entries": receipt.entries, "basis": receipt.basis })
}

fn preview(city: &City, submissions: &[Submission]) -> Result<Value, Problem> {
    let mut previews = Vec::with_capacity(submissions.len());
    for (at, outcome) in city.register().preview(submissions).into_iter().enumerate() {
        let acts = outcome.map_err(|error| Problem::from(error).with("failed", at.into()))?;
        previews.push(kinds(&acts));
    }
    Ok(Value::Array(previews))
}

/// The acts that a submission would make, or the problem that it would meet.
fn outcome(outcome: Result<Vec<Act>, SubmitError>) -> Value {
    match outcome {
        Ok(acts) => kinds(&acts),
        Err(error) => json!({ "refused": Problem::from(error).document() }),
    }
}

fn kinds(acts: &[Act]) -> Value {
    let kinds: Vec<&str> = acts.iter().map(|act| act.what.kind()).collect();
    json!({ "acts": kinds })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"{"by":"mobility","command":{"do":"publish","with":{"deployment":"wifi"}}}"#;

    #[test]
    fn one_or_many_can_be_sent() {
        assert_eq!(parse(ONE.as_bytes(), SUBMISSIONS_MAX).map(|all| all.len()).ok(), Some(1));
        assert_eq!(parse(format!(" [{ONE},{ONE}]").as_bytes(), SUBMISSIONS_MAX).map(|all| all.len()).ok(), Some(2));
        let too_many = format!("[{}]", vec![ONE; SUBMISSIONS_MAX + 1].join(","));
        for (body, status) in [("", 400), ("{", 400), ("[{}]", 422), (r#"{"by":"mobility"}"#, 422), (&too_many, 413)] {
            assert_eq!(
                parse(body.as_bytes(), SUBMISSIONS_MAX).map(|all| all.len()).map_err(|problem| problem.status()),
                Err(status)
            );
        }
    }

    #[test]
    fn nobody_speaks_for_somebody_else() {
        let submissions = parse(ONE.as_bytes(), SUBMISSIONS_MAX).unwrap();
        assert!(only_of(&"mobility".parse().unwrap(), &submissions).is_ok());
        assert_eq!(only_of(&"police".parse().unwrap(), &submissions).map_err(|problem| problem.status()), Err(403));
    }
}
