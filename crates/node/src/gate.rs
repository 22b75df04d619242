//! Before every page and form for those who are signed in: whether a person's account is still what it was, and whether its roles
//! let it go there; behind them, what the roles do not open is taken out of the page.
//!
//! This is the one place that asks `accounts::roles`; what it lets through is decided by the register and the norms, as for the
//! party itself. Sessions of a token pass: whoever has it may do all that the party may.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use web::Cookies;

use crate::accounts::roles::{Action, Role, door_at, is_closed, needed};
use crate::doors;
use crate::jobs::Lane;
use crate::lang::plain;
use crate::pages::elsewhere;
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::sessions::{Level, Person};

/// Where rows are handed to whoever is signed in, besides what is closed to everybody else.
const HANDED_OVER: &str = "/grants/";

/// Lets a request in, or says why not.
pub(crate) async fn gate(State(node): State<Node>, request: Request, next: Next) -> Response {
    // The same page in another language is behind the same door.
    let path = plain(request.uri().path());
    if is_closed(path) || path.starts_with(HANDED_OVER) {
        let person = match refreshed(&node, request.headers()).await {
            Ok(person) => person,
            Err(problem) => return problem.into_response(),
        };
        match passed(person.as_ref(), &request) {
            Ok(None) => {}
            Ok(Some(elsewhere)) => return elsewhere,
            Err(problem) => return problem.into_response(),
        }
        if let Some(person) = person {
            return doors::shown(next.run(request).await, &person.roles).await;
        }
    }
    next.run(request).await
}

/// The person who asks, as the account says now; none if nobody is signed in, or whoever has a token. A session that is over ends.
async fn refreshed(node: &Node, headers: &HeaderMap) -> Result<Option<Person>, Problem> {
    let Some(id) = Cookies::of(headers).read(headers) else { return Ok(None) };
    let Some(account) = node.sessions.account(&id) else { return Ok(None) };
    let accounts = Arc::clone(&node.accounts);
    let found = node.jobs.run(Lane::Token, move || accounts.one(account)).await??;
    Ok(node.sessions.refresh(&id, found.as_ref()))
}

/// Whether a person may go where a request goes; where they have to go first, if it is not said yet who they are.
fn passed(person: Option<&Person>, request: &Request) -> Result<Option<Response>, Problem> {
    let path = plain(request.uri().path());
    let Some(person) = person.filter(|_| is_closed(path)) else { return Ok(None) };
    let Some(action) = needed(request.method(), path) else {
        // What is there and cannot be asked in this way is told by the router.
        return if door_at(path).is_some() { Ok(None) } else { Err(Problem::new(Kind::NotFound)) };
    };
    match person.level {
        Level::Code => return elsewhere("/sign-in/code").map(Some),
        Level::Enrol if action != Action::Own => return elsewhere("/account").map(Some),
        Level::Enrol | Level::Full => {}
    }
    if person.roles.may(action) { Ok(None) } else { Err(refused(action)) }
}

/// What is said to whoever has none of the roles that something takes.
fn refused(action: Action) -> Problem {
    let roles: Vec<&str> = action.allowed().iter().map(|role| Role::code(*role)).collect();
    Problem::new(Kind::Forbidden).detail(format!(
        "your account has none of the roles that this takes ({}); an administrator of your party gives roles",
        roles.join(", ")
    ))
}
