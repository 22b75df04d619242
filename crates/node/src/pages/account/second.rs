//! The second factor of the own account: begun, confirmed with a first code, replaced, and its codes on paper.
//!
//! What is begun lies in the session's memory until a code shows that the app has it. The secret and the codes stand on one answer
//! that nothing stores. Whoever has a factor already shows a code of it before there is another.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use journal::accounts::Account;
use serde::Deserialize;
use web::Cookies;

use super::own;
use crate::accounts::{Code, Secret};
use crate::jobs::Lane;
use crate::pages::Site;
use crate::pages::sign_in::person::begin;
use crate::pages::sign_in::with_cookie;
use crate::pages::signed::{Signed, known, own_form, private, to_sign_in};
use crate::pages::squares::Squares;
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::sessions::Level;

/// What is said of a code that does not fit the new secret.
const WRONG_NEW: &str =
    "This is not the code that the app shows for this key now. Look whether the clock of your phone is right.";
/// What is said of a code that does not fit the present factor.
const WRONG_PRESENT: &str = "The code of your present app, or the one on paper, is wrong or was used already.";
/// What is said when there were too many.
const LOCKED: &str =
    "Too many wrong codes were tried with this account. An administrator of your party has to look at it.";

#[derive(Template)]
#[template(path = "account_second.html")]
struct Page {
    site: Site,
    party: String,
    form: String,
    /// The secret as it is typed, in groups.
    secret: String,
    squares: Squares,
    replaces: bool,
    wrong: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "account_codes.html")]
struct CodesPage {
    site: Site,
    party: String,
    form: String,
    codes: Vec<String>,
}

/// The random bytes that somebody's new factor is derived from, and its secret.
async fn begun(node: &Node, signed: &Signed, account: u64) -> Result<([u8; 32], Secret), Problem> {
    let fresh = node.city.register().entropy().bytes32().map_err(|_| Problem::new(Kind::Internal))?;
    let salt = node.sessions.beginning(&signed.id, fresh).ok_or_else(|| Problem::new(Kind::Internal))?;
    let (accounts, city) = (Arc::clone(&node.accounts), Arc::clone(&node.city));
    let secret =
        node.jobs.run(Lane::Token, move || accounts.secret(account, &salt, city.register().entropy())).await??;
    Ok((salt, secret))
}

/// `GET /account/second`
pub(crate) async fn form(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    let Some(signed) = known(&node, &headers) else { return to_sign_in() };
    let account = own(&node, &signed).await?;
    shown(&node, &signed, &account, StatusCode::OK, None).await
}

async fn shown(
    node: &Node,
    signed: &Signed,
    account: &Account,
    status: StatusCode,
    wrong: Option<&'static str>,
) -> Result<Response, Problem> {
    let (_, secret) = begun(node, signed, account.id).await?;
    let state = node.city.register().state();
    let city = state.city.as_ref().map_or("Ordinance", |city| city.name.as_str());
    let squares = Squares::of(&secret.address(city, &account.login)).map_err(|_| Problem::new(Kind::Internal))?;
    let text = secret.text();
    let groups: Vec<&str> = text.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
    let page = Page {
        site: Site::of(&state),
        party: signed.party.name.clone(),
        form: signed.id.form(),
        secret: groups.join(" "),
        squares,
        replaces: account.second.is_some(),
        wrong,
    };
    private(status, &page)
}

/// A first code, and one of the factor that is replaced.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
    form: String,
    code: String,
    #[serde(default)]
    present: String,
}

/// `POST /account/second`
pub(crate) async fn confirm(
    State(node): State<Node>,
    headers: HeaderMap,
    sent: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Problem> {
    let Sent { form, code, present } = sent?.0;
    let before = own_form(&headers, &form)?;
    let Some(signed) = known(&node, &headers) else { return to_sign_in() };
    let account = own(&node, &signed).await?;
    let refuse = async |status, wrong| shown(&node, &signed, &account, status, Some(wrong)).await;
    if account.second.is_some() {
        match taken(&node, account.id, present).await? {
            Code::Right => {}
            Code::Wrong => return refuse(StatusCode::UNPROCESSABLE_ENTITY, WRONG_PRESENT).await,
            Code::Locked => return refuse(StatusCode::FORBIDDEN, LOCKED).await,
        }
    }
    let (salt, _) = begun(&node, &signed, account.id).await?;
    let (accounts, city, id) = (Arc::clone(&node.accounts), Arc::clone(&node.city), account.id);
    let confirm = move || accounts.confirm(id, &salt, &code, city.register().entropy(), city.register().now());
    let Some((account, codes)) = node.jobs.run(Lane::Token, confirm).await?? else {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, WRONG_NEW).await;
    };
    let fresh = begin(&node, &before, &account, Level::of(&account))?;
    let answer = on_paper(&node, signed.party.name, fresh.form(), codes)?;
    with_cookie(answer, Cookies::of(&headers).set(&fresh))
}

/// What becomes of a code of the present factor.
async fn taken(node: &Node, id: u64, code: String) -> Result<Code, Problem> {
    let (accounts, city) = (Arc::clone(&node.accounts), Arc::clone(&node.city));
    let take = move || accounts.take_code(id, &code, city.register().entropy(), city.register().now());
    Ok(node.jobs.run(Lane::Token, take).await??)
}

fn on_paper(node: &Node, party: String, form: String, codes: Vec<String>) -> Result<Response, Problem> {
    private(StatusCode::OK, &CodesPage { site: Site::of(&node.city.register().state()), party, form, codes })
}

/// A code, for fresh ones.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SentCode {
    form: String,
    code: String,
}

/// `POST /account/codes`: fresh codes on paper.
pub(crate) async fn codes(
    State(node): State<Node>,
    headers: HeaderMap,
    sent: Result<Form<SentCode>, FormRejection>,
) -> Result<Response, Problem> {
    let SentCode { form, code } = sent?.0;
    own_form(&headers, &form)?;
    let Some(signed) = known(&node, &headers) else { return to_sign_in() };
    let id = own(&node, &signed).await?.id;
    match taken(&node, id, code).await? {
        Code::Right => {}
        Code::Wrong => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return super::shown(&node, &signed, status, Some(WRONG_PRESENT.to_owned())).await;
        }
        Code::Locked => {
            return super::shown(&node, &signed, StatusCode::FORBIDDEN, Some(LOCKED.to_owned())).await;
        }
    }
    let (accounts, city) = (Arc::clone(&node.accounts), Arc::clone(&node.city));
    let codes = node.jobs.run(Lane::Token, move || accounts.fresh_codes(id, city.register().entropy())).await??;
    on_paper(&node, signed.party.name, signed.id.form(), codes)
}
