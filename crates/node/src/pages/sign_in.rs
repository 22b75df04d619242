//! Signing in with an account or with a party's token, and out again.
//!
//! What is typed is compared and forgotten. A visitor gets a cookie here, before being known, only so that the form can be told from
//! one that another page sends; whoever signs in gets another, which nobody knew before.

pub(crate) mod join;
pub(crate) mod person;
pub(crate) mod provider;

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use web::{Cookies, Peer, SessionId};

use super::Site;
use super::signed::{elsewhere, own_form, private, signed};
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// What is said of a token that is nobody's, whatever it is.
const WRONG: &str = "This token belongs to no party. Use its newest one; an older token ends when a new one is issued.";
/// What is said when there were too many of them.
const TOO_MANY: &str = "Too many tokens were tried that belong to nobody. Wait ten minutes, then try again.";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    site: Site,
    form: String,
    wrong: Option<&'static str>,
    /// What is wrong with login and password.
    wrong_person: Option<&'static str>,
    login: String,
    /// What the city's identity provider is called.
    provider: Option<String>,
}

/// `GET /sign-in`
pub(crate) async fn form(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    if signed(&node, &headers).is_some() {
        return elsewhere("/desk");
    }
    shown(&node, &headers, StatusCode::OK, None)
}

/// The form, with what was wrong with a token.
fn shown(
    node: &Node,
    headers: &HeaderMap,
    status: StatusCode,
    wrong: Option<&'static str>,
) -> Result<Response, Problem> {
    visited(node, headers, status, |site, form| {
        let provider = node.oidc.name().map(str::to_owned);
        Page { site, form, wrong, wrong_person: None, login: String::new(), provider }
    })
}

/// A page for somebody who is not known, with the visitor's own cookie.
fn visited<T: Template>(
    node: &Node,
    headers: &HeaderMap,
    status: StatusCode,
    page: impl FnOnce(Site, String) -> T,
) -> Result<Response, Problem> {
    let (cookies, register) = (Cookies::of(headers), node.city.register());
    let known = cookies.read(headers);
    let id = match &known {
        Some(id) => id.clone(),
        None => SessionId::fresh(register.entropy()).map_err(|_| Problem::new(Kind::Internal))?,
    };
    let drawn = private(status, &page(Site::of(&register.state()), id.form()))?;
    if known.is_some() { Ok(drawn) } else { with_cookie(drawn, cookies.set(&id)) }
}

/// What signs somebody in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    form: String,
    token: String,
}

/// `POST /sign-in`
pub(crate) async fn sign_in(
    State(node): State<Node>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    sent: Result<Form<SignIn>, FormRejection>,
) -> Result<Response, Problem> {
    let SignIn { form, token } = sent?.0;
    let before = own_form(&headers, &form)?;
    let (peer, now) = (peer.map(|peer| peer.0).unwrap_or_default(), node.city.register().now());
    if !node.sessions.wrong.counted(peer, now) {
        return shown(&node, &headers, StatusCode::TOO_MANY_REQUESTS, Some(TOO_MANY));
    }
    let begun = node.sessions.begin(&node.city, token.trim()).map_err(|_| Problem::new(Kind::Internal))?;
    let Some(id) = begun else { return shown(&node, &headers, StatusCode::UNAUTHORIZED, Some(WRONG)) };
    node.sessions.wrong.forget(peer);
    // Whoever was signed in here before is not any more.
    node.sessions.end(&before);
    with_cookie(elsewhere("/desk")?, Cookies::of(&headers).set(&id))
}

/// What every form carries.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bare {
    form: String,
}

/// `POST /sign-out`
pub(crate) async fn sign_out(
    State(node): State<Node>,
    headers: HeaderMap,
    sent: Result<Form<Bare>, FormRejection>,
) -> Result<Response, Problem> {
    let id = own_form(&headers, &sent?.0.form)?;
    node.sessions.end(&id);
    with_cookie(elsewhere("/")?, Cookies::of(&headers).take_back())
}

pub(super) fn with_cookie(
    mut response: Response,
    cookie: Option<axum::http::HeaderValue>,
) -> Result<Response, Problem> {
    let cookie = cookie.ok_or_else(|| Problem::new(Kind::Internal))?;
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}
