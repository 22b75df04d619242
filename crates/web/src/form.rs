//! Whether a form came from one of our own pages.

use std::fmt;

use axum::http::{HeaderMap, HeaderName};

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

/// A form is taken from our own pages alone: it carries what follows from the cookie of its own session, which no other page can
/// read, and no browser says that it came from elsewhere.
///
/// # Errors
/// It came from elsewhere, or from a session that is over.
pub fn own_form(headers: &HeaderMap, sent: &str) -> Result<SessionId, Foreign> {
    let site = headers.get(FETCH_SITE);
    let id = Cookies::of(headers).read(headers).filter(|id| id.is_form(sent)).ok_or(Foreign)?;
    // `none` is what no page can bring about: the reader loads the answer to a form again.
    if site.is_none_or(|site| site == "same-origin" || site == "none") { Ok(id) } else { Err(Foreign) }
}
