//! Coming in by the link that an administrator handed over: once, to choose a password.
//!
//! Looking at the page uses nothing up. Whether a link was never good, is over or was used is not told apart.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Extension, Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use web::Peer;

use super::{TOO_MANY, visited};
use crate::accounts::{AccountError, PASSWORD_CHARS_MIN};
use crate::jobs::Lane;
use crate::pages::Site;
use crate::pages::sign_in::person::goes_on;
use crate::pages::signed::own_form;
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::sessions::Level;
use crate::words;

#[derive(Template)]
#[template(path = "join.html")]
struct Page {
    site: Site,
    form: String,
    token: String,
    login: String,
    name: String,
    least: usize,
    wrong: Option<String>,
}

fn none() -> Problem {
    Problem::new(Kind::NotFound).detail(
        "this link is not good, or not any more: it is good once, for three days; an administrator of your party can give you another",
    )
}

/// Who is invited by a link.
async fn invited(node: &Node, peer: Peer, token: &str) -> Result<journal::accounts::Account, Problem> {
    let (accounts, now, token) = (Arc::clone(&node.accounts), node.city.register().now(), token.to_owned());
    if !node.sessions.wrong.counted(peer, now) {
        return Err(Problem::new(Kind::TooMany).detail(words::capital(TOO_MANY)));
    }
    let found = node.jobs.run(Lane::Open, move || accounts.invited(&token, now)).await??;
    let account = found.ok_or_else(none)?;
    node.sessions.wrong.forget(peer);
    Ok(account)
}

/// `GET /join/{token}`
pub(crate) async fn form(
    State(node): State<Node>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    token: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let token = token?.0;
    let account = invited(&node, peer.map(|peer| peer.0).unwrap_or_default(), &token).await?;
    shown(&node, &headers, StatusCode::OK, token, account, None)
}

fn shown(
    node: &Node,
    headers: &HeaderMap,
    status: StatusCode,
    token: String,
    account: journal::accounts::Account,
    wrong: Option<String>,
) -> Result<Response, Problem> {
    let (login, name, least) = (account.login, account.name, PASSWORD_CHARS_MIN);
    visited(node, headers, status, |site, form| Page { site, form, token, login, name, least, wrong })
}

/// A password, twice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
    form: String,
    password: String,
    again: String,
}

/// `POST /join/{token}`
pub(crate) async fn join(
    State(node): State<Node>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    token: Result<Path<String>, PathRejection>,
    sent: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Problem> {
    let (token, Sent { form, password, again }) = (token?.0, sent?.0);
    let before = own_form(&headers, &form)?;
    let account = invited(&node, peer.map(|peer| peer.0).unwrap_or_default(), &token).await?;
    let refuse = |wrong: String| {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        shown(&node, &headers, status, token.clone(), account.clone(), Some(wrong))
    };
    if password != again {
        return refuse("The two are not alike.".to_owned());
    }
    let turn = node.accounts.turn().await?;
    let (accounts, city, link) = (Arc::clone(&node.accounts), Arc::clone(&node.city), token.clone());
    let come = move || accounts.come_in(&link, &password, city.register().entropy(), city.register().now());
    let come = node.jobs.run(Lane::Open, come).await?;
    drop(turn);
    match come {
        Ok(Some(account)) => goes_on(&node, &headers, &before, &account, Level::of(&account)),
        Ok(None) => Err(none()),
        Err(AccountError::Password(why)) => refuse(format!("{}.", words::capital(&why.to_string()))),
        Err(error) => Err(error.into()),
    }
}
