//! Signing in as a person: login and password, then a code where the account has a second factor.
//!
//! A login that is nobody's is answered as a wrong password is, in the same words and after the same work. Each step that makes
//! somebody more gets an id that nobody knew before.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use journal::accounts::Account;
use serde::Deserialize;
use web::{Cookies, Peer, SessionId};

use super::{Page, TOO_MANY, visited, with_cookie};
use crate::accounts::{Code, NAME_CHARS_MAX, login_of};
use crate::jobs::Lane;
use crate::pages::Site;
use crate::pages::signed::{Signed, elsewhere, known, own_form, private};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::sessions::Level;

/// What is said whether the login is nobody's, the password is wrong, or the account is locked.
const WRONG: &str = "This login and this password do not belong together, or the account is not in use. An administrator of your party can \
     give you a link to begin anew.";
/// What is said of a wrong code.
const WRONG_CODE: &str =
    "This code is wrong, or was used already. Wait for the next one of your app, or use one of your codes on paper.";
/// What is said when there were too many.
const LOCKED: &str =
    "Too many wrong codes were tried with this account. An administrator of your party has to look at it.";

/// What a person sends first.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
    form: String,
    login: String,
    password: String,
}

/// `POST /sign-in/password`
pub(crate) async fn password(
    State(node): State<Node>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    sent: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Problem> {
    let Sent { form, login, password } = sent?.0;
    let before = own_form(&headers, &form)?;
    let (peer, now, login) =
        (peer.map(|peer| peer.0).unwrap_or_default(), node.city.register().now(), login_of(&login));
    let again = |status, words| {
        let login = login.chars().take(NAME_CHARS_MAX).collect();
        visited(&node, &headers, status, |site, form| Page {
            site,
            form,
            wrong: None,
            wrong_person: Some(words),
            provider: node.oidc.name().map(str::to_owned),
            login,
        })
    };
    // Strangers may use up what strangers have; whoever was signed in here before has tries of their own.
    let (tries, browser) = (&node.accounts.tries, before.kept());
    let is_known = tries.is_known(browser, &login, now);
    let counted = if is_known {
        tries.counted_in(browser, now)
    } else {
        node.sessions.wrong.counted(peer, now) && tries.counted(&login, peer, now)
    };
    if !counted {
        return again(StatusCode::TOO_MANY_REQUESTS, TOO_MANY);
    }
    let turn = node.accounts.turn().await?;
    let (accounts, tried) = (Arc::clone(&node.accounts), login.clone());
    let found = node.jobs.run(Lane::Open, move || accounts.with_password(&tried, &password)).await?;
    drop(turn);
    let Some(account) = found? else { return again(StatusCode::UNAUTHORIZED, WRONG) };
    if !is_known {
        node.sessions.wrong.forget(peer);
    }
    node.accounts.tries.forget(&login, peer, browser);
    let level = if account.second.is_some() { Level::Code } else { Level::of(&account) };
    goes_on(&node, &headers, &before, &account, level)
}

/// Begins a session in the place of what the browser had, and leads to where it goes on.
pub(crate) fn goes_on(
    node: &Node,
    headers: &HeaderMap,
    before: &SessionId,
    account: &Account,
    level: Level,
) -> Result<Response, Problem> {
    let to = match level {
        Level::Code => "/sign-in/code",
        Level::Enrol => "/account",
        Level::Full => "/desk",
    };
    begun(node, headers, before, account, level, elsewhere(to)?)
}

/// Begins a session in the place of what the browser had; an answer carries its cookie.
pub(crate) fn begun(
    node: &Node,
    headers: &HeaderMap,
    before: &SessionId,
    account: &Account,
    level: Level,
    answer: Response,
) -> Result<Response, Problem> {
    let id = begin(node, before, account, level)?;
    with_cookie(answer, Cookies::of(headers).set(&id))
}

/// Begins a session in the place of the one that was there. The browser is known from then on, or as before where a code is missing: a
/// password alone makes none known.
pub(crate) fn begin(node: &Node, before: &SessionId, account: &Account, level: Level) -> Result<SessionId, Problem> {
    let begun = node.sessions.begin_person(&node.city, account, level);
    let id = begun.map_err(|_| Problem::new(Kind::Internal))?.ok_or_else(|| Problem::new(Kind::Internal))?;
    node.sessions.end(before);
    let (tries, now) = (&node.accounts.tries, node.city.register().now());
    if level != Level::Code || tries.is_known(before.kept(), &account.login, now) {
        tries.know(id.kept(), before.kept(), &account.login, now);
    }
    Ok(id)
}

#[derive(Template)]
#[template(path = "sign_in_code.html")]
struct CodePage {
    site: Site,
    form: String,
    wrong: Option<&'static str>,
}

/// Whoever was asked for a code.
fn asked(node: &Node, headers: &HeaderMap) -> Option<(Signed, u64)> {
    let signed = known(node, headers)?;
    let account = signed.person.as_ref().filter(|person| person.level == Level::Code)?.account;
    Some((signed, account))
}

/// `GET /sign-in/code`
pub(crate) async fn code_form(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    match asked(&node, &headers) {
        Some((signed, _)) => code_page(&node, &signed.id, StatusCode::OK, None),
        None => elsewhere("/sign-in"),
    }
}

fn code_page(
    node: &Node,
    id: &SessionId,
    status: StatusCode,
    wrong: Option<&'static str>,
) -> Result<Response, Problem> {
    private(status, &CodePage { site: Site::of(&node.city.register().state()), form: id.form(), wrong })
}

/// A code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SentCode {
    form: String,
    code: String,
}

/// `POST /sign-in/code`
pub(crate) async fn code(
    State(node): State<Node>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    sent: Result<Form<SentCode>, FormRejection>,
) -> Result<Response, Problem> {
    let SentCode { form, code } = sent?.0;
    let before = own_form(&headers, &form)?;
    let Some((signed, id)) = asked(&node, &headers) else { return elsewhere("/sign-in") };
    let (peer, now) = (peer.map(|peer| peer.0).unwrap_or_default(), node.city.register().now());
    // In a browser that is known each code counts at the account alone.
    let is_known = node.accounts.tries.has(before.kept(), now);
    if !is_known && !node.sessions.wrong.counted(peer, now) {
        return code_page(&node, &signed.id, StatusCode::TOO_MANY_REQUESTS, Some(TOO_MANY));
    }
    let (accounts, city) = (Arc::clone(&node.accounts), Arc::clone(&node.city));
    let looked = move || {
        let taken = accounts.take_code(id, &code, city.register().entropy(), now)?;
        Ok::<_, Problem>((taken, accounts.one(id)?))
    };
    let (taken, account) = node.jobs.run(Lane::Token, looked).await??;
    // Whatever became of the account since the password was right ends here.
    let person = node.sessions.refresh(&signed.id, account.as_ref());
    let (Some(_), Some(account)) = (person, account) else { return elsewhere("/sign-in") };
    match taken {
        Code::Right => {
            if !is_known {
                node.sessions.wrong.forget(peer);
            }
            goes_on(&node, &headers, &before, &account, Level::of(&account))
        }
        Code::Wrong => code_page(&node, &signed.id, StatusCode::UNAUTHORIZED, Some(WRONG_CODE)),
        Code::Locked => code_page(&node, &signed.id, StatusCode::FORBIDDEN, Some(LOCKED)),
    }
}
