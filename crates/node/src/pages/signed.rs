//! Who is signed in, and whether a form came from one of our own pages.

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Party;
use web::{Cookies, SessionId};

use super::page;
use crate::accounts::roles::Action;
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::sessions::{Level, Person};

/// A party that is signed in.
pub(crate) struct Signed {
    /// Which.
    pub(crate) party: Party,
    /// Its session.
    pub(crate) id: SessionId,
    /// Who speaks for it, if it is a person with an account and not whoever has its token.
    pub(crate) person: Option<Person>,
}

impl Signed {
    /// Whether whoever is signed in may do something for the party. Whoever has its token may do all that the party may.
    pub(crate) fn may(&self, action: Action) -> bool {
        self.person.as_ref().is_none_or(|person| person.may(action))
    }
}

/// The party behind the cookie of a request, if its session lasts and nothing is missing.
pub(crate) fn signed(node: &Node, headers: &HeaderMap) -> Option<Signed> {
    known(node, headers).filter(|signed| signed.person.as_ref().is_none_or(|person| person.level == Level::Full))
}

/// Whoever is behind the cookie of a request, however far they are signed in.
pub(crate) fn known(node: &Node, headers: &HeaderMap) -> Option<Signed> {
    let id = Cookies::of(headers).read(headers)?;
    let register = node.city.register();
    let (party, person) = node.sessions.who(&id, &register.state(), register.now())?;
    Some(Signed { party, id, person })
}

/// A form is taken from our own pages alone.
///
/// # Errors
/// It came from elsewhere, or from a session that is over.
pub(crate) fn own_form(headers: &HeaderMap, sent: &str) -> Result<SessionId, Problem> {
    web::own_form(headers, sent).map_err(|foreign| Problem::new(Kind::Forbidden).detail(foreign.to_string()))
}

/// The party that sent a form.
///
/// # Errors
/// The form is not its own; none if the party is no longer signed in.
pub(crate) fn signed_form(node: &Node, headers: &HeaderMap, sent: &str) -> Result<Option<Signed>, Problem> {
    own_form(headers, sent)?;
    Ok(signed(node, headers))
}

/// Leads elsewhere, to be asked for with GET.
pub(crate) fn elsewhere(to: &str) -> Result<Response, Problem> {
    let to = HeaderValue::from_str(to).map_err(|_| Problem::new(Kind::Internal))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, to), (header::CACHE_CONTROL, NO_STORE)]).into_response())
}

/// Leads to where parties sign in.
pub(crate) fn to_sign_in() -> Result<Response, Problem> {
    elsewhere("/sign-in")
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Draws a page for one party, which nothing keeps.
pub(crate) fn private(status: StatusCode, template: &impl Template) -> Result<Response, Problem> {
    let mut drawn = page(template)?;
    *drawn.status_mut() = status;
    drawn.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
    drawn.headers_mut().insert(header::VARY, HeaderValue::from_static("accept, cookie"));
    Ok(drawn)
}
