//! Bearer tokens (RFC 6750): who asks. Never in an address, never in a log line, never kept.

use axum::http::{HeaderMap, HeaderName, header};
use flow::City;
use model::Party;

use crate::problem::{Kind, Problem};

/// The longest token, in bytes; ours have 43 to 64.
const TOKEN_BYTES_MAX: usize = 256;
/// The header with the token of the party that authorises what another one asks.
const AUTHORISED_BY: HeaderName = HeaderName::from_static("ordinance-authorised-by");

/// The token of a request; none if it carries none.
///
/// # Errors
/// There is an `authorization` header that is not one bearer token.
pub(crate) fn token(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    bearer(headers, &header::AUTHORIZATION)
}

/// The token of the party that authorised a request, besides the one who asks; none if nobody did.
///
/// # Errors
/// There is such a header that is not one bearer token.
pub(crate) fn authorising_token(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    bearer(headers, &AUTHORISED_BY)
}

fn bearer<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    let (scheme, token) = text.and_then(|text| text.split_once(' ')).ok_or_else(|| malformed(name))?;
    let token = token.trim();
    let fits = scheme.eq_ignore_ascii_case("bearer") && (1..=TOKEN_BYTES_MAX).contains(&token.len());
    if fits { Ok(Some(token)) } else { Err(malformed(name)) }
}

/// The token of a request that must carry one.
///
/// # Errors
/// There is none.
pub(crate) fn required_token(headers: &HeaderMap) -> Result<&str, Problem> {
    token(headers)?
        .ok_or_else(|| Problem::new(Kind::Unauthorized).detail("send your token as `Authorization: Bearer …`"))
}

/// The party behind a token.
///
/// # Errors
/// The token is no party's.
pub(crate) fn party(city: &City, token: &str) -> Result<Party, Problem> {
    let unknown = || Problem::new(Kind::Unauthorized).detail("this token belongs to no party; use its newest token");
    city.party_of(token).ok_or_else(unknown)
}

fn malformed(name: &HeaderName) -> Problem {
    Problem::new(Kind::Unauthorized).detail(format!("the `{name}` header is not one `Bearer` token"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn one_bearer_token_or_none() {
        assert!(matches!(token(&headers(&[])), Ok(None)));
        assert!(matches!(token(&headers(&["Bearer abc"])), Ok(Some("abc"))));
        assert!(matches!(token(&headers(&["bearer  abc "])), Ok(Some("abc"))));
        let long = format!("Bearer {}", "a".repeat(TOKEN_BYTES_MAX + 1));
        for bad in
            [&["Basic YTpi"][..], &["Bearer"], &["Bearer "], &["abc"], &["Bearer a", "Bearer b"], &[long.as_str()]]
        {
            assert!(token(&headers(bad)).is_err(), "{bad:?}");
        }
        let mut both = headers(&["Bearer asks"]);
        assert!(matches!(authorising_token(&both), Ok(None)), "whoever asks does not authorise");
        both.append(AUTHORISED_BY, HeaderValue::from_static("Bearer authorises"));
        assert!(matches!((token(&both), authorising_token(&both)), (Ok(Some("asks")), Ok(Some("authorises")))));
        both.append(AUTHORISED_BY, HeaderValue::from_static("Bearer another"));
        assert!(authorising_token(&both).is_err());
    }
}
