//! Signing in by the city's identity provider: there, and back again.
//!
//! The cookie is not sent along when another site leads here, and that stays so. Whoever comes back finds a page that goes on by
//! itself: what it asks for comes from here, with the cookie, and is held against what was begun in this browser.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use web::{Cookies, Peer, SessionId};

use super::person::goes_on;
use super::with_cookie;
use crate::address::Base;
use crate::jobs::Lane;
use crate::oidc::Brought;
use crate::pages::Site;
use crate::pages::signed::{elsewhere, private};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::sessions::Level;

/// Where the provider leads back to.
const BACK: &str = "/sign-in/back";

/// What is said to whoever the provider knows and this city does not.
const UNKNOWN: &str = "you are not invited here under the address that the identity provider knows you by, or your account is not in use; an administrator \
     of your party invites you, or gives you another link";

#[derive(Template)]
#[template(path = "sign_in_back.html")]
struct BackPage {
    site: Site,
    /// Where it goes on.
    to: String,
}

/// `GET /sign-in/provider`: to the provider.
pub(crate) async fn there(
    State(node): State<Node>,
    base: Base,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (cookies, register) = (Cookies::of(&headers), node.city.register());
    let (peer, now) = (peer.map(|peer| peer.0).unwrap_or_default(), register.now());
    if !node.sessions.wrong.counted(peer, now) {
        return Err(Problem::new(Kind::TooMany).detail("too many tries from your network; wait ten minutes"));
    }
    let known = cookies.read(&headers);
    let id = match &known {
        Some(id) => id.clone(),
        None => SessionId::fresh(register.entropy()).map_err(|_| Problem::new(Kind::Internal))?,
    };
    let (oidc, city, visitor) = (Arc::clone(&node.oidc), Arc::clone(&node.city), id.clone());
    let place = node.oidc.place(peer, node.accounts.tries.has(id.kept(), now))?;
    let begin = move || {
        let _place = place;
        oidc.begin(&visitor, base.join(BACK), city.register().entropy(), now)
    };
    let to = elsewhere(&node.jobs.run(Lane::Open, begin).await??)?;
    if known.is_some() { Ok(to) } else { with_cookie(to, cookies.set(&id)) }
}

/// What the provider leads back with.
#[derive(Deserialize)]
pub(crate) struct Sent {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
}

impl Sent {
    /// What was brought, if the provider did not refuse.
    fn brought(self) -> Result<Brought, Problem> {
        let refused = || Problem::new(Kind::Forbidden).detail("the identity provider did not sign you in; begin again");
        let (code, state) = self.code.zip(self.state).ok_or_else(refused)?;
        Ok(Brought { code, state, issuer: self.iss })
    }
}

/// `GET /sign-in/back`: back from the provider, without the cookie.
pub(crate) async fn back(
    State(node): State<Node>,
    sent: Result<Query<Sent>, QueryRejection>,
) -> Result<Response, Problem> {
    let Brought { code, state, issuer } = sent.map_err(|_| Problem::new(Kind::BadRequest))?.0.brought()?;
    let pairs = [("code", Some(code)), ("state", Some(state)), ("iss", issuer)];
    let pairs = pairs
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| format!("{name}={}", crate::oidc::encoded(&value))));
    let to = format!("/sign-in/back/done?{}", pairs.collect::<Vec<_>>().join("&"));
    private(StatusCode::OK, &BackPage { site: Site::of(&node.city.register().state()), to })
}

/// `GET /sign-in/back/done`: the same, from here and with the cookie.
pub(crate) async fn done(
    State(node): State<Node>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    sent: Result<Query<Sent>, QueryRejection>,
) -> Result<Response, Problem> {
    let brought = sent.map_err(|_| Problem::new(Kind::BadRequest))?.0.brought()?;
    let (peer, now) = (peer.map(|peer| peer.0).unwrap_or_default(), node.city.register().now());
    let visitor = Cookies::of(&headers).read(&headers);
    let visitor = visitor.ok_or_else(|| Problem::from(crate::oidc::OidcError::NotBegun))?;
    let (oidc, accounts, own) = (Arc::clone(&node.oidc), Arc::clone(&node.accounts), visitor.clone());
    let place = node.oidc.place(peer, node.accounts.tries.has(visitor.kept(), now))?;
    let end = move || {
        let _place = place;
        let claims = oidc.end(&own, &brought, now)?;
        Ok::<_, Problem>(accounts.by_provider(oidc.issuer()?, &claims, now)?)
    };
    let account = node.jobs.run(Lane::Open, end).await??;
    let account = account.ok_or_else(|| Problem::new(Kind::Forbidden).detail(UNKNOWN))?;
    node.sessions.wrong.forget(peer);
    let level = if account.second.is_some() { Level::Code } else { Level::of(&account) };
    goes_on(&node, &headers, &visitor, &account, level)
}
