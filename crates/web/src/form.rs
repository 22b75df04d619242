//! Whether a form came from one of our own pages.

use std::fmt;

use axum::http::{HeaderMap, HeaderName, Method, header};

use crate::{Cookies, SessionId};

/// What browsers say of where a request comes from.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A form came from elsewhere, or from a session that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign;

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this form does not come from a page of your session, which may be over; load its page again")
    }
}

impl std::error::Error for Foreign {}

/// Whether a request changes something and a browser says that another site brought it about. Told from the head alone, so that
/// nothing of the body has to be read.
///
/// `Sec-Fetch-Site` is believed where there is one, since no page can set it: `none` is what no page can bring about, such as loading
/// the answer to a form again. Older browsers send `Origin` alone, which names our own host or another. `null` names nobody: it is
/// what our own pages send, because they pass no address on; then the form has to carry what only its session knows.
#[must_use]
pub fn is_from_elsewhere(method: &Method, headers: &HeaderMap) -> bool {
    !method.is_safe() && names_another_site(headers)
}

fn names_another_site(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all(FETCH_SITE).iter().peekable();
    if sites.peek().is_some() {
        return !sites.all(|site| site == "same-origin" || site == "none");
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let is_own = |origin: &str| {
        let (scheme, named) = origin.split_once("://").unwrap_or(("", ""));
        let without = |host: &str| without_port(scheme, host).to_ascii_lowercase();
        origin == "null" || host.is_some_and(|host| !named.is_empty() && without(host) == without(named))
    };
    headers.get_all(header::ORIGIN).iter().any(|origin| !origin.to_str().is_ok_and(is_own))
}

/// A host without the port that its scheme means anyway.
fn without_port<'h>(scheme: &str, host: &'h str) -> &'h str {
    let port = if scheme == "https" { ":443" } else { ":80" };
    host.strip_suffix(port).unwrap_or(host)
}

/// A form is taken from our own pages alone: it carries what follows from the cookie of its own session, which no other page can
/// read, and no browser says that it came from elsewhere.
///
/// # Errors
/// It came from elsewhere, or from a session that is over.
pub fn own_form(headers: &HeaderMap, sent: &str) -> Result<SessionId, Foreign> {
    let id = Cookies::of(headers).read(headers).filter(|id| id.is_form(sent)).ok_or(Foreign)?;
    if names_another_site(headers) { Err(Foreign) } else { Ok(id) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in all {
            headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn what_names_another_site_is_from_elsewhere_and_what_names_none_is_not() {
        let host = ("host", "register.example");
        for own in [
            &[host][..],
            &[host, ("sec-fetch-site", "same-origin")],
            &[host, ("sec-fetch-site", "none")],
            &[host, ("origin", "null")],
            &[host, ("origin", "https://register.example")],
            &[host, ("origin", "https://Register.Example:443")],
            &[("host", "register.example:80"), ("origin", "http://register.example")],
            &[("host", "[::1]:8080"), ("origin", "http://[::1]:8080")],
            // The browser knows better than the name of a host that a web server in front did not pass on.
            &[("host", "127.0.0.1:8080"), ("origin", "https://register.example"), ("sec-fetch-site", "same-origin")],
        ] {
            assert!(!is_from_elsewhere(&Method::POST, &headers(own)), "{own:?}");
        }
        for foreign in [
            &[host, ("sec-fetch-site", "cross-site")][..],
            &[host, ("sec-fetch-site", "same-site")],
            &[host, ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[host, ("sec-fetch-site", "cross-site"), ("origin", "https://register.example")],
            &[host, ("origin", "https://evil.example")],
            &[host, ("origin", "https://register.example.evil.example")],
            &[host, ("origin", "https://register.example:8443")],
            &[host, ("origin", "https://register.example"), ("origin", "https://evil.example")],
            &[host, ("origin", "")],
            &[host, ("origin", "https://")],
            &[("origin", "https://register.example")],
        ] {
            assert!(is_from_elsewhere(&Method::POST, &headers(foreign)), "{foreign:?}");
            assert!(!is_from_elsewhere(&Method::GET, &headers(foreign)), "a link from anywhere is followed");
        }
    }
}
