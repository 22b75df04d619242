//! Problem documents (RFC 9457): every error of this node is one, with a `type` that has a page of its own.
//!
//! The set of kinds is closed and their addresses never change. A detail says what and which; it never holds a token, a
//! confidential field or a value of an observation.

mod kind;

use std::io::ErrorKind;

use axum::extract::rejection::{BytesRejection, FormRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::folder::FolderError;
use flow::ingest::Problem as Trouble;
use flow::keys::KeyError;
use flow::{DiscloseError, IngestError};
use journal::JournalError;
use register::{Refusal, SubmitError};
use serde_json::{Map, Value};

use crate::pages;

pub(crate) use kind::Kind;

/// The media type of a problem document.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";
/// How long to wait before a second try, in seconds.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("2");

/// Why a request is not answered as asked.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    kind: Kind,
    detail: String,
    members: Map<String, Value>,
}

impl Problem {
    /// A problem of a kind, told in that kind's own words.
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, detail: String::new(), members: Map::new() }
    }

    /// Says what and which.
    pub(crate) fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// Adds a member of its own.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }

    /// Its kind.
    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    /// What and which; empty if the kind says it all.
    pub(crate) fn detail_text(&self) -> &str {
        &self.detail
    }

    /// The status of the answer.
    pub(crate) const fn status(&self) -> u16 {
        self.kind.status()
    }

    /// The document itself.
    pub(crate) fn document(&self) -> Value {
        let mut document = self.members.clone();
        document.insert("type".to_owned(), self.kind.address().into());
        document.insert("title".to_owned(), self.kind.title().into());
        document.insert("status".to_owned(), self.status().into());
        if !self.detail.is_empty() {
            document.insert("detail".to_owned(), self.detail.clone().into());
        }
        Value::Object(document)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.document().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self.kind {
            Kind::Unauthorized => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Kind::TooMany | Kind::QuotaExceeded | Kind::Busy | Kind::Unavailable | Kind::Full | Kind::Timeout => {
                headers.insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS);
            }
            _ => {}
        }
        // For whoever turns it into a page.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Trouble> for Kind {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Unauthorized => Self::Unauthorized,
            Trouble::Forbidden => Self::Forbidden,
            Trouble::NotFound => Self::NotFound,
            Trouble::BadRequest => Self::BadRequest,
            Trouble::TooLarge => Self::TooLarge,
            Trouble::Unprocessable => Self::Unprocessable,
            Trouble::Unavailable => Self::Unavailable,
            Trouble::Full => Self::Full,
        }
    }
}

/// Says no more of what failed inside than that it did: the errors of disks and databases name paths of the machine.
fn inside(kind: Kind) -> Option<Problem> {
    let detail = match kind {
        Kind::Unavailable => "the city’s store cannot be used now, so nothing was taken and nothing was handed out",
        Kind::Full => "the city’s disk is full, so nothing was taken and nothing was handed out; ask again later",
        _ => return None,
    };
    Some(Problem::new(kind).detail(detail))
}

/// What a failure of the store is: one that ends when somebody makes room on the disk, or another.
fn of_store(error: &SubmitError) -> Kind {
    let SubmitError::Journal(error) = error else { return Kind::Unavailable };
    match &**error {
        JournalError::Full => Kind::Full,
        JournalError::Unsure(inner) if matches!(**inner, JournalError::Full) => Kind::Full,
        _ => Kind::Unavailable,
    }
}

/// Whether it is open if something was done.
fn is_unsure(error: &SubmitError) -> bool {
    matches!(error, SubmitError::Journal(error) if matches!(**error, JournalError::Unsure(_)))
}

/// What it is that a key could not be made.
fn of_key(error: &KeyError) -> Kind {
    match error {
        KeyError::Register(error) => of_store(error),
        KeyError::Folder(FolderError::File { error, .. }) if error.kind() == ErrorKind::StorageFull => Kind::Full,
        _ => Kind::Unavailable,
    }
}

/// A refusal of the norms, with its grounds.
fn refused(kind: Kind, detail: String, refusal: &norms::Refusal) -> Problem {
    let Ok(Value::Object(members)) = serde_json::to_value(refusal) else { return Problem::new(kind).detail(detail) };
    let mut grounds = members.get("grounds").cloned().unwrap_or_else(|| Value::Array(Vec::new()));
    for ground in grounds.as_array_mut().into_iter().flatten() {
        // Where norm and requirement stand in words and in Cedar.
        let address = ground["policy"].as_str().map(|policy| format!("/policies#{}", pages::policies::anchor(policy)));
        ground["address"] = address.into();
    }
    let refusal = members.get("kind").cloned().unwrap_or_default();
    Problem::new(kind).detail(detail).with("refusal", refusal).with("grounds", grounds)
}

impl From<IngestError> for Problem {
    fn from(error: IngestError) -> Self {
        let kind = error.kind().into();
        match &error {
            // What is said of a lost key names a stream and an epoch, and what the operator has to do.
            IngestError::Key(KeyError::Missing { .. }) => Self::new(kind).detail(error.to_string()),
            IngestError::Key(key) if kind == Kind::Unavailable => {
                inside(of_key(key)).unwrap_or_else(|| Self::new(kind))
            }
            IngestError::Lake(_) | IngestError::Key(_) => {
                inside(kind).unwrap_or_else(|| Self::new(kind).detail(error.to_string()))
            }
            IngestError::Refused(
                flow::admit::Refused::Norms { refusal, .. } | flow::admit::Refused::Device { refusal, .. },
            ) => refused(kind, error.to_string(), refusal),
            _ => Self::new(kind).detail(error.to_string()),
        }
    }
}

impl From<DiscloseError> for Problem {
    fn from(error: DiscloseError) -> Self {
        let kind = error.kind().into();
        match &error {
            DiscloseError::Lake(_) => inside(kind).unwrap_or_else(|| Self::new(kind)),
            DiscloseError::Record(error) => inside(of_store(error)).unwrap_or_else(|| Self::new(kind)),
            DiscloseError::Refused(refusal) => refused(kind, error.to_string(), refusal),
            _ => Self::new(kind).detail(error.to_string()),
        }
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        let detail = error.to_string();
        match error {
            SubmitError::Refused(Refusal::Norm(refusal)) => refused(Kind::Forbidden, detail, &refusal),
            SubmitError::Refused(Refusal::View { why, offers }) => {
                let offers = serde_json::to_value(&offers).unwrap_or_default();
                Self::from(SubmitError::Refused(*why)).detail(detail).with("offers", offers)
            }
            // Decided against, though by no norm: the grounds say so by being none.
            SubmitError::Refused(refusal) => {
                Self::new(kind_of(&refusal)).detail(detail).with("grounds", Value::Array(Vec::new()))
            }
            SubmitError::Changed { .. } => Self::new(Kind::Changed).detail(detail),
            SubmitError::Act(_) => Self::new(Kind::Unprocessable).detail(detail),
            SubmitError::Apply(_) => Self::new(Kind::Internal).detail(detail),
            SubmitError::Journal(_) if is_unsure(&error) => Self::new(of_store(&error)).detail(
                "the city’s store failed at the very end, so it is open whether this was done; look at the register, or \
                 send it again: what is so already is not done twice",
            ),
            SubmitError::Journal(_) | SubmitError::Behind(_) => {
                let kind = of_store(&error);
                inside(kind).unwrap_or_else(|| Self::new(kind))
            }
            SubmitError::ClockNotSo { .. } => Self::new(Kind::Unprocessable).detail(detail),
            SubmitError::ClockBehind { .. } | SubmitError::ClockAhead { .. } | SubmitError::Stopped => {
                Self::new(Kind::Unavailable).detail(detail)
            }
        }
    }
}

fn kind_of(refusal: &Refusal) -> Kind {
    match refusal {
        Refusal::View { why, .. } => kind_of(why),
        Refusal::Norm(_)
        | Refusal::NoPolicies
        | Refusal::NotTheIssuer { .. }
        | Refusal::OnlyTheFounder { .. }
        | Refusal::DropsLayer { .. }
        | Refusal::DropsDuty { .. } => Kind::Forbidden,
        Refusal::Exists { .. } | Refusal::Step(_) | Refusal::TokenInUse | Refusal::Overdue { .. } => Kind::Conflict,
        Refusal::Unknown { .. }
        | Refusal::Misfit(_)
        | Refusal::NoReason
        | Refusal::Policy(_)
        | Refusal::NoGlobalLayer
        | Refusal::LongReason { .. }
        | Refusal::TwoLayers { .. }
        | Refusal::Unreleased { .. } => Kind::Unprocessable,
        Refusal::Seal(_) => Kind::Unavailable,
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let limit = crate::router::BODY_BYTES_MAX;
            Self::new(Kind::TooLarge).detail(format!("the body has more than {limit} bytes; send less at a time"))
        } else {
            Self::new(Kind::BadRequest).detail("the body could not be read to its end")
        }
    }
}

impl From<FormRejection> for Problem {
    fn from(rejection: FormRejection) -> Self {
        // What stands in a form is not repeated: it may be a token.
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Self::new(Kind::TooLarge).detail("what was sent is too long for this form")
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Self::new(Kind::UnsupportedMediaType).detail("send the form as application/x-www-form-urlencoded")
            }
            _ => Self::new(Kind::BadRequest).detail("the form cannot be read; load its page again and fill it in anew"),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(Kind::BadRequest).detail(format!("the query cannot be read: {}", rejection.body_text()))
    }
}

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::new(Kind::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_by_type_title_status_and_detail() {
        let problem = Problem::new(Kind::NotFound).detail("there is no deployment `x\"y`").with("more", 1.into());
        assert_eq!(
            problem.document(),
            serde_json::json!({
                "type": "/problems/not-found", "title": Kind::NotFound.title(), "status": 404,
                "detail": "there is no deployment `x\"y`", "more": 1
            })
        );
        let response = problem.into_response();
        assert_eq!(response.status(), 404);
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    }

    #[test]
    fn whoever_must_wait_is_told_how_long_and_whoever_is_unknown_how_to_be_known() {
        for kind in [Kind::TooMany, Kind::Busy, Kind::Unavailable, Kind::Full, Kind::Timeout] {
            assert!(Problem::new(kind).into_response().headers().contains_key(header::RETRY_AFTER), "{kind:?}");
        }
        let unknown = Problem::new(Kind::Unauthorized).into_response();
        assert_eq!(unknown.headers()[header::WWW_AUTHENTICATE], "Bearer");
    }

    #[test]
    fn a_refusal_carries_its_grounds_and_another_decision_none() {
        let refusal = norms::Refusal {
            kind: norms::RefusalKind::Forbidden,
            grounds: vec![norms::Ground {
                policy: model::PolicyId("global-core/independent".to_owned()),
                requirement: Some(model::RequirementId("core-01".to_owned())),
                layer: Some(model::LayerKind::Global),
                reason: "Somebody independent has to assess it.".to_owned(),
            }],
        };
        let problem = Problem::from(SubmitError::Refused(Refusal::Norm(refusal)));
        let document = problem.document();
        assert_eq!(document["status"], 403);
        assert_eq!(document["grounds"][0]["policy"], "global-core/independent");
        let none = Problem::from(SubmitError::Refused(Refusal::NoReason)).document();
        assert_eq!((&none["status"], &none["grounds"]), (&422.into(), &serde_json::json!([])));
    }
}
