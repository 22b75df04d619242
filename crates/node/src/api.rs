//! The API: what devices send, what parties ask and command, and the register as JSON.

pub(crate) mod again;
pub(crate) mod commands;
pub(crate) mod exports;
pub(crate) mod files;
pub(crate) mod ingest;
pub(crate) mod linked;
pub(crate) mod lists;
pub(crate) mod live;
pub(crate) mod open;
pub(crate) mod openapi;
pub(crate) mod register;
pub(crate) mod released;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};

use crate::problem::{Kind, Problem};

/// Reads a body of one of the media types given, within the limit.
///
/// # Errors
/// It is of another type, encoded, too large or cut off.
async fn body(request: Request, types: &[&str]) -> Result<Bytes, Problem> {
    expect(request.headers(), types)?;
    Ok(Bytes::from_request(request, &()).await?)
}

fn expect(headers: &HeaderMap, types: &[&str]) -> Result<(), Problem> {
    let unsupported = |detail: String| Problem::new(Kind::UnsupportedMediaType).detail(detail);
    let text = |name| headers.get(name).map(|value: &axum::http::HeaderValue| value.to_str().unwrap_or_default());
    if text(header::CONTENT_ENCODING).is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(unsupported("send the body without a content encoding".to_owned()));
    }
    let sent = text(header::CONTENT_TYPE).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    if types.iter().any(|known| essence.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    Err(unsupported(format!("send the body as {}", types.join(" or "))))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_media_type_counts_and_its_parameters_do_not() {
        let headers =
            |kind: &'static str| HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
        for good in ["application/json", "Application/JSON; charset=utf-8"] {
            assert!(expect(&headers(good), &["application/json"]).is_ok(), "{good}");
        }
        for bad in ["", "text/plain", "application/jsonx", "x application/json"] {
            assert!(expect(&headers(bad), &["application/json"]).is_err(), "{bad}");
        }
        let mut packed = headers("application/json");
        packed.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(expect(&packed, &["application/json"]).is_err());
    }
}
