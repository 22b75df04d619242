//! The public register as pages: view models here, texts in `templates/`.
//!
//! Pages are drawn from the fold and from the log's public files, need no JavaScript, load nothing from elsewhere, and never show
//! more than the API. Those for parties know them by a session; those for residents neither need nor set one.

pub(crate) mod about;
pub(crate) mod accessibility;
pub(crate) mod account;
pub(crate) mod accounts;
pub(crate) mod ask;
pub(crate) mod asked;
pub(crate) mod card;
pub(crate) mod changes;
pub(crate) mod deployment;
pub(crate) mod desk;
mod draw;
pub(crate) mod entries;
pub(crate) mod feed;
pub(crate) mod grant;
pub(crate) mod home;
pub(crate) mod inbox;
mod map;
pub(crate) mod near;
pub(crate) mod numbers;
pub(crate) mod office;
pub(crate) mod organisations;
pub(crate) mod places;
pub(crate) mod policies;
pub(crate) mod problems;
pub(crate) mod purposes;
pub(crate) mod search;
pub(crate) mod sign;
pub(crate) mod sign_in;
mod signed;
pub(crate) use signed::elsewhere;
pub(crate) mod sql;
mod stated;
pub(crate) mod technologies;

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use model::{DeploymentId, PartyId, PlaceId, Purpose, Technology};
use register::State;

use crate::problem::{Kind, Problem};
use crate::words;

/// What stands on every page.
pub(crate) struct Site {
    /// The city's name.
    city: String,
    /// How many entries of the log the page was drawn from.
    basis: String,
    /// When the last of them happened; empty for an empty log.
    last: String,
    /// The address of the style sheet.
    style: &'static str,
}

impl Site {
    /// For a state of the register.
    pub(crate) fn of(state: &State) -> Self {
        Self {
            city: state.city.as_ref().map_or_else(|| "A city".to_owned(), |city| city.name.clone()),
            basis: words::count(state.size, "act", "acts"),
            last: state.last_at.map(words::instant).unwrap_or_default(),
            style: web::address(),
        }
    }
}

/// A link within the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    href: String,
    text: String,
}

impl Link {
    fn place(state: &State, id: &PlaceId) -> Self {
        let name = state.places.get(id).map_or_else(|| id.to_string(), |place| place.name.clone());
        Self { href: format!("/places/{id}"), text: name }
    }

    fn deployment(state: &State, id: &DeploymentId) -> Option<Self> {
        let title = state.deployments.get(id)?.deployment.title.clone();
        Some(Self { href: format!("/deployments/{id}"), text: title })
    }

    fn purpose(purpose: Purpose) -> Self {
        Self { href: format!("/purposes/{}", purpose.code()), text: purpose.name().to_owned() }
    }

    fn technology(technology: Technology) -> Self {
        Self { href: format!("/technologies/{}", technology.code()), text: technology.name().to_owned() }
    }

    fn party(state: &State, id: &PartyId) -> Self {
        Self { href: format!("/organisations/{id}"), text: party_name(state, id) }
    }
}

/// The public name of a party.
fn party_name(state: &State, id: &PartyId) -> String {
    state.parties.get(id).map_or_else(|| id.to_string(), |record| record.party.name.clone())
}

/// Draws a page.
fn page(template: &impl Template) -> Result<Response, Problem> {
    let html = template.render().map_err(|_| Problem::new(Kind::Internal))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        // Always asked for anew: a page must not say more or less than the register does.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::VARY, HeaderValue::from_static("accept")),
    ];
    Ok((headers, html).into_response())
}
