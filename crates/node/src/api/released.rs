//! What leaves: released rows, for a party and a purpose, each time with a record in the log.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use flow::{Asked, disclose::PUBLIC};
use model::PartyId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth;
use crate::jobs::Lane;
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// The query, before anything of it is believed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Which stream.
    stream: String,
    /// What for: a code of the vocabulary of purposes.
    purpose: String,
    /// Which view, where several are granted for the purpose.
    view: Option<String>,
    /// From when on (RFC 3339).
    from: Option<String>,
    /// Until when (RFC 3339).
    to: Option<String>,
}

impl Question {
    fn asked(&self, recipient: PartyId, authorised_by: Option<PartyId>) -> Result<Asked, Problem> {
        Ok(Asked {
            recipient,
            purpose: parsed("purpose", &self.purpose)?,
            stream: parsed("stream", &self.stream)?,
            view: self.view.as_deref().map(|view| parsed("view", view)).transpose()?,
            from: self.from.as_deref().map(|from| parsed("from", from)).transpose()?,
            to: self.to.as_deref().map(|to| parsed("to", to)).transpose()?,
            authorised_by,
        })
    }
}

pub(super) fn parsed<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error| Problem::new(Kind::BadRequest).detail(format!("`{name}`: {error}")))
}

/// Who asks: the party with the token, or everybody.
pub(super) fn asker(node: &Node, headers: &HeaderMap) -> Result<(PartyId, Lane), Problem> {
    Ok(match auth::token(headers)? {
        Some(token) => (auth::party(&node.city, token)?.id, Lane::Token),
        None => (PUBLIC.parse().map_err(|_| Problem::new(Kind::Internal))?, Lane::Open),
    })
}

/// Hands over rows of released tables, under the asker's own grant or one to everybody.
///
/// Without a token the asker is everybody. Where a norm asks for a senior party's authorisation, that party's own token comes along
/// in `Ordinance-Authorised-By`, and the record says who it was. Each answer is a disclosure with a record and a receipt.
#[utoipa::path(
    get, path = "/api/v1/released", tag = "disclosure", security((), ("party" = [])), params(Question),
    responses(
        (status = 200, description = "`rows`, `withheld`, the `record` of the disclosure and its `receipt`", body = Object),
        (status = 400, description = "The request cannot be read", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "It is not known who asks", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "It is not allowed; `grounds` names the norms", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is none", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many ask at once", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The city cannot do it now", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn released(
    State(node): State<Node>,
    headers: HeaderMap,
    question: Result<Query<Question>, QueryRejection>,
) -> Result<impl IntoResponse, Problem> {
    let (recipient, lane) = asker(&node, &headers)?;
    let authorising = auth::authorising_token(&headers)?.map(|token| auth::party(&node.city, token)).transpose()?;
    let asked = question?.0.asked(recipient, authorising.map(|party| party.id))?;
    let city = Arc::clone(&node.city);
    let answer = move || -> Result<Vec<u8>, Problem> {
        let disclosed = city.disclose(&asked)?;
        serde_json::to_vec(disclosed.get()).map_err(|_| Problem::new(Kind::Internal))
    };
    let body = node.jobs.run(lane, answer).await??;
    // Never from a cache: each handing over has a record of its own.
    Ok(([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_checked_part_by_part() {
        let ask = |purpose: &str, from: Option<&str>| Question {
            stream: "air".to_owned(),
            purpose: purpose.to_owned(),
            view: None,
            from: from.map(str::to_owned),
            to: None,
        };
        let public: PartyId = PUBLIC.parse().unwrap();
        assert!(ask("air-quality", Some("2026-11-24T00:00:00Z")).asked(public.clone(), None).is_ok());
        for (purpose, from) in [("safety", None), ("nonsense", None), ("air-quality", Some("yesterday"))] {
            let problem = ask(purpose, from).asked(public.clone(), None).unwrap_err();
            assert_eq!(problem.status(), 400);
            assert!(!problem.detail_text().is_empty());
        }
    }
}
