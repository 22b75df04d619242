//! What went wrong, for machines as a problem document (RFC 9457) and for people as a page.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::hub::HubError;

/// A problem: a status, and what to do about it.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) detail: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is nothing at this address.")
    }

    pub(super) fn unfit(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    pub(super) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "This is a mistake in the software, not yours. Nothing was done.")
    }

    /// In a few words.
    pub(super) const fn title(&self) -> &'static str {
        match self.status {
            StatusCode::NOT_FOUND => "Not found",
            StatusCode::FORBIDDEN => "Not allowed",
            StatusCode::UNAUTHORIZED => "Not signed in",
            StatusCode::CONFLICT => "It cannot be done as it stands",
            StatusCode::TOO_MANY_REQUESTS => "Too many at once",
            StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST => "Something does not fit",
            StatusCode::SERVICE_UNAVAILABLE => "Not now",
            _ => "Something went wrong",
        }
    }
}

impl From<HubError> for Problem {
    fn from(error: HubError) -> Self {
        use crate::decide::Refusal;
        let status = match &error {
            HubError::Refused(Refusal::Nobody(_) | Refusal::Role { .. } | Refusal::Own | Refusal::NotOwn) => {
                StatusCode::FORBIDDEN
            }
            HubError::Refused(Refusal::Missing { .. }) => StatusCode::NOT_FOUND,
            HubError::Refused(_) => StatusCode::CONFLICT,
            HubError::Amend(_) | HubError::Act { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        let text = error.to_string();
        let mut letters = text.chars();
        let detail = letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or(text.clone());
        Self { status, detail: format!("{detail}.") }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = json!({ "title": self.title(), "status": self.status.as_u16(), "detail": self.detail });
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (self.status, [(header::CONTENT_TYPE, kind)], document.to_string()).into_response();
        response.extensions_mut().insert(self);
        response
    }
}
