//! The own account of whoever is signed in: who they are here, their password, their second factor, and the end of all sessions.
//!
//! Whoever is signed in with the party's token has none and is told so. Whatever changes here ends what was signed in before.

mod second;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use journal::accounts::Account;
use serde::Deserialize;
use web::{Cookies, Peer};

use super::Site;
use super::sign_in::person::goes_on;
use super::sign_in::with_cookie;
use super::signed::{Signed, elsewhere, known, own_form, private, to_sign_in};
use crate::accounts::{AccountError, PASSWORD_CHARS_MIN, Role, Roles};
use crate::jobs::Lane;
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::sessions::Level;
use crate::words;

/// What is said when somebody changes a password and does not know the old one.
const WRONG_OLD: &str = "This is not your present password.";

/// The addresses of the own account.
pub(crate) fn routes() -> Router<Node> {
    Router::new()
        .route("/account", get(account))
        .route("/account/password", post(password))
        .route("/account/sign-out-everywhere", post(sign_out_everywhere))
        .route("/account/second", get(second::form).post(second::confirm))
        .route("/account/codes", post(second::codes))
}

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    site: Site,
    party: String,
    form: String,
    own: Option<Own>,
    wrong: Option<String>,
    least: usize,
}

/// The account of a person, in words.
struct Own {
    name: String,
    login: String,
    roles: Vec<&'static str>,
    has_password: bool,
    has_second: bool,
    /// Whether it needs a second factor that it does not have.
    enrols: bool,
    codes: usize,
    administers: bool,
}

impl Own {
    fn of(account: Account) -> Self {
        let roles = Roles::of_account(&account);
        Self {
            roles: roles.each().map(Role::words).collect(),
            has_password: account.password.is_some(),
            has_second: account.second.is_some(),
            enrols: Level::of(&account) == Level::Enrol,
            codes: account.recovery.len(),
            administers: roles.has(Role::Administrator),
            name: account.name,
            login: account.login,
        }
    }
}

/// Whoever is signed in with an account, and the account.
async fn own(node: &Node, signed: &Signed) -> Result<Account, Problem> {
    let none = || Problem::new(Kind::NotFound).detail("whoever is signed in with a party’s token has no account");
    let id = signed.person.as_ref().ok_or_else(none)?.account;
    let accounts = Arc::clone(&node.accounts);
    node.jobs.run(Lane::Token, move || accounts.one(id)).await??.ok_or_else(none)
}

/// `GET /account`
pub(crate) async fn account(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    let Some(signed) = known(&node, &headers) else { return to_sign_in() };
    shown(&node, &signed, StatusCode::OK, None).await
}

async fn shown(node: &Node, signed: &Signed, status: StatusCode, wrong: Option<String>) -> Result<Response, Problem> {
    let own = match signed.person {
        Some(_) => Some(Own::of(own(node, signed).await?)),
        None => None,
    };
    let page = Page {
        site: Site::of(&node.city.register().state()),
        party: signed.party.name.clone(),
        form: signed.id.form(),
        own,
        wrong,
        least: PASSWORD_CHARS_MIN,
    };
    private(status, &page)
}

/// A password that changes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Changed {
    form: String,
    old: String,
    password: String,
    again: String,
}

/// `POST /account/password`
pub(crate) async fn password(
    State(node): State<Node>,
    headers: HeaderMap,
    sent: Result<Form<Changed>, FormRejection>,
) -> Result<Response, Problem> {
    let Changed { form, old, password, again } = sent?.0;
    let before = own_form(&headers, &form)?;
    let Some(signed) = known(&node, &headers) else { return to_sign_in() };
    let account = own(&node, &signed).await?;
    let refuse = async |wrong: String| shown(&node, &signed, StatusCode::UNPROCESSABLE_ENTITY, Some(wrong)).await;
    if password != again {
        return refuse("The two new passwords are not alike.".to_owned()).await;
    }
    if !node.accounts.tries.counted_in(before.kept(), node.city.register().now()) {
        return Err(Problem::new(Kind::TooMany).detail("wrong passwords were tried too often; wait ten minutes"));
    }
    let turn = node.accounts.turn().await?;
    let (accounts, city, login) = (Arc::clone(&node.accounts), Arc::clone(&node.city), account.login.clone());
    let change = move || match accounts.with_password(&login, &old)? {
        Some(_) => accounts.set_password(account.id, &password, city.register().entropy()).map(Some),
        None => Ok(None),
    };
    let changed = node.jobs.run(Lane::Token, change).await?;
    drop(turn);
    match changed {
        Ok(Some(new)) => {
            node.accounts.tries.forget(&new.login, Peer::default(), before.kept());
            // Who changed it stays signed in as far as before: a code that was right is not asked for again.
            goes_on(&node, &headers, &before, &new, Level::of(&new))
        }
        Ok(None) => refuse(WRONG_OLD.to_owned()).await,
        Err(AccountError::Password(why)) => refuse(format!("{}.", words::capital(&why.to_string()))).await,
        Err(error) => Err(error.into()),
    }
}

/// What every form carries.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bare {
    form: String,
}

/// `POST /account/sign-out-everywhere`
pub(crate) async fn sign_out_everywhere(
    State(node): State<Node>,
    headers: HeaderMap,
    sent: Result<Form<Bare>, FormRejection>,
) -> Result<Response, Problem> {
    let before = own_form(&headers, &sent?.0.form)?;
    let Some(signed) = known(&node, &headers) else { return to_sign_in() };
    let id = own(&node, &signed).await?.id;
    let accounts = Arc::clone(&node.accounts);
    node.jobs.run(Lane::Token, move || accounts.end_sessions(id)).await??;
    node.sessions.end(&before);
    with_cookie(elsewhere("/sign-in")?, Cookies::of(&headers).take_back())
}
