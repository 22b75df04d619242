//! Signing in with a person's token, and out again. The token is compared and forgotten.

use askama::Template;
use axum::extract::{Extension, Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use web::{Cookies, Peer, SessionId, own_form};

use super::{Reader, Site, elsewhere, page};
use crate::http::problem::Problem;
use crate::http::router::Node;
use crate::http::sessions::credential;

const WRONG: &str = "This token belongs to nobody who speaks for a member. Use the newest one; an older token ends when a new one is issued.";
const TOO_MANY: &str = "Too many tokens were tried that belong to nobody. Wait ten minutes, then try again.";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    site: Site,
    form: String,
    wrong: Option<&'static str>,
}

/// `GET /sign-in`
pub(in crate::http) async fn form(reader: Reader, headers: HeaderMap) -> Result<Response, Problem> {
    match &reader.signed {
        Some(signed) => elsewhere(&format!("/people/{}", signed.person)),
        None => shown(&reader, &headers, StatusCode::OK, None),
    }
}

/// The form, with the visitor's own cookie: before being known, only so that the form can be told from one of another page.
fn shown(
    reader: &Reader,
    headers: &HeaderMap,
    status: StatusCode,
    wrong: Option<&'static str>,
) -> Result<Response, Problem> {
    let cookies = Cookies::of(headers);
    let known = cookies.read(headers);
    let id = match &known {
        Some(id) => id.clone(),
        None => SessionId::fresh(reader.node.hub.entropy()).map_err(|_| Problem::internal())?,
    };
    let mut drawn = page(status, &Page { site: reader.site(), form: id.form(), wrong })?;
    drawn.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if known.is_none() {
        drawn.headers_mut().insert(header::SET_COOKIE, cookies.set(&id).ok_or_else(Problem::internal)?);
    }
    Ok(drawn)
}

/// What signs somebody in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct SignIn {
    form: String,
    token: String,
}

fn foreign(error: web::Foreign) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, error.to_string())
}

/// `POST /sign-in`
pub(in crate::http) async fn sign_in(
    State(node): State<Node>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Form(SignIn { form, token }): Form<SignIn>,
) -> Result<Response, Problem> {
    let before = own_form(&headers, &form).map_err(foreign)?;
    let (peer, now) = (peer.map(|peer| peer.0).unwrap_or_default(), node.hub.now());
    let reader = Reader::of(&node, &headers);
    if !node.sessions.wrong.counted(peer, now) {
        return shown(&reader, &headers, StatusCode::TOO_MANY_REQUESTS, Some(TOO_MANY));
    }
    let credential = credential(token.trim());
    let Some((person, _, _)) = reader.state.person_with(&credential) else {
        return shown(&reader, &headers, StatusCode::UNAUTHORIZED, Some(WRONG));
    };
    node.sessions.wrong.forget(peer);
    // Whoever was signed in here before is not any more, and the new id is one that nobody knew before.
    node.sessions.end(&before);
    let id = SessionId::fresh(node.hub.entropy()).map_err(|_| Problem::internal())?;
    node.sessions.begin(&id, credential, now);
    let mut answer = elsewhere(&format!("/people/{person}"))?;
    let cookie = Cookies::of(&headers).set(&id).ok_or_else(Problem::internal)?;
    answer.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(answer)
}

/// What every form carries.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Bare {
    form: String,
}

/// `POST /sign-out`
pub(in crate::http) async fn sign_out(
    State(node): State<Node>,
    headers: HeaderMap,
    Form(Bare { form }): Form<Bare>,
) -> Result<Response, Problem> {
    let id = own_form(&headers, &form).map_err(foreign)?;
    node.sessions.end(&id);
    let mut answer = elsewhere("/")?;
    let cookie = Cookies::of(&headers).take_back().ok_or_else(Problem::internal)?;
    answer.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(answer)
}
