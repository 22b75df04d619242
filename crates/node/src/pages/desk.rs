//! What a signed-in party has: its agreements in force.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::{PartyId, Timestamp};
use register::State as Register;

use super::signed::{private, signed, to_sign_in};
use super::{Link, Site};
use crate::lang::Lang;
use crate::problem::Problem;
use crate::router::Node;
use crate::words;

#[derive(Template)]
#[template(path = "desk.html")]
struct Page {
    site: Site,
    party: String,
    form: String,
    kind: &'static str,
    given: Vec<Given>,
}

/// An agreement in force.
struct Given {
    page: Link,
    purpose: Link,
    shows: Vec<String>,
    promised: String,
    until: String,
    /// How a question names it.
    table: String,
}

/// `GET /desk`
pub(crate) async fn desk(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    let Some(signed) = signed(&node, &headers) else { return to_sign_in() };
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let given = given(&state, &signed.party.id, now);
    let (site, form) = (Site::of(&state), signed.id.form());
    let kind = words::party_kind(Lang::En, signed.party.kind);
    private(StatusCode::OK, &Page { site, party: signed.party.name, form, kind, given })
}

fn given(state: &Register, party: &PartyId, now: Timestamp) -> Vec<Given> {
    let own = state.grants.values().filter(|record| record.grant.recipient == *party && record.in_force(now));
    let told = own.filter_map(|record| {
        let grant = &record.grant;
        let view = state.views.get(&(grant.stream.clone(), grant.view.clone()))?;
        let (_, stream) = state.stream(&grant.stream)?;
        let duties: Vec<String> = grant.duties.iter().map(|duty| words::duty(Lang::En, *duty).to_owned()).collect();
        Some(Given {
            page: Link { href: format!("/grants/{}", grant.id), text: view.title.clone() },
            purpose: Link::purpose(Lang::En, grant.purpose),
            shows: words::view(Lang::En, view, stream),
            promised: words::capital(&words::list(&duties)),
            until: words::day(grant.until),
            table: format!("\"{}\".\"{}\"", grant.stream, grant.view),
        })
    });
    told.collect()
}
