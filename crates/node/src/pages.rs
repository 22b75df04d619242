//! The public register as pages: view models here, texts in `templates/`.
//!
//! Pages are drawn from the fold and from the log's public files, need no JavaScript, load nothing from elsewhere, and never show
//! more than the API. Those for parties know them by a session; those for residents neither need nor set one.

pub(crate) mod about;
pub(crate) mod accessibility;
pub(crate) mod account;
pub(crate) mod accounts;
mod answered;
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
pub(crate) mod incidents;
pub(crate) mod index;
mod left;
mod map;
pub(crate) mod near;
pub(crate) mod numbers;
pub(crate) mod office;
pub(crate) mod organisations;
mod paged;
pub(crate) mod places;
pub(crate) mod policies;
pub(crate) mod problems;
pub(crate) mod purposes;
pub(crate) mod runs;
pub(crate) mod search;
pub(crate) mod sign;
pub(crate) mod sign_in;
mod signed;
pub(crate) use signed::elsewhere;
pub(crate) mod sql;
mod squares;
mod stated;
pub(crate) mod technologies;

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use model::{DeploymentId, PartyId, PlaceId, Purpose, Technology};
use register::State;

use crate::lang::{Here, Lang, Mark};
use crate::problem::{Kind, Problem};

/// What stands on every page.
pub(crate) struct Site {
    /// The language of the page.
    lang: Lang,
    /// What addresses of pages in it begin with.
    root: &'static str,
    /// The mark of what a party wrote.
    written: Mark,
    /// The page in each language; none if it is in one alone, or has no address of its own.
    in_langs: Vec<(Lang, String)>,
    /// What addresses begin with that are told to machines; empty if it cannot be told.
    base: String,
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
    /// For a state of the register, on a page that is in English alone.
    pub(crate) fn of(state: &State) -> Self {
        Self::at(state, &Here::nowhere(Lang::En))
    }

    /// For a state of the register, on a page that is there in every language.
    pub(crate) fn at(state: &State, here: &Here) -> Self {
        let lang = here.lang;
        let no_name = || lang.of("A city", "Eine Stadt").to_owned();
        Self {
            lang,
            root: lang.root(),
            written: lang.written(),
            in_langs: Lang::ALL.into_iter().filter_map(|lang| Some((lang, here.in_lang(lang)?))).collect(),
            base: here.base.as_ref().map(|base| base.join("")).unwrap_or_default(),
            city: state.city.as_ref().map_or_else(no_name, |city| city.name.clone()),
            basis: lang.count(state.size, ("act", "acts"), ("Vorgang", "Vorgänge")),
            last: state.last_at.map(|at| lang.instant(at)).unwrap_or_default(),
            style: web::address(),
        }
    }

    /// One of two texts, by the language of the page.
    const fn say(&self, english: &'static str, german: &'static str) -> &'static str {
        self.lang.of(english, german)
    }
}

/// A link within the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    href: String,
    text: String,
}

impl Link {
    fn place(lang: Lang, state: &State, id: &PlaceId) -> Self {
        let name = state.places.get(id).map_or_else(|| id.to_string(), |place| place.name.clone());
        Self { href: format!("{}/places/{id}", lang.root()), text: name }
    }

    fn deployment(lang: Lang, state: &State, id: &DeploymentId) -> Option<Self> {
        let title = state.deployments.get(id)?.deployment.title.clone();
        Some(Self { href: format!("{}/deployments/{id}", lang.root()), text: title })
    }

    fn purpose(lang: Lang, purpose: Purpose) -> Self {
        let href = format!("{}/purposes/{}", lang.root(), purpose.code());
        Self { href, text: lang.purpose(purpose).to_owned() }
    }

    fn technology(lang: Lang, technology: Technology) -> Self {
        let href = format!("{}/technologies/{}", lang.root(), technology.code());
        Self { href, text: lang.technology(technology).to_owned() }
    }

    fn party(lang: Lang, state: &State, id: &PartyId) -> Self {
        Self { href: format!("{}/organisations/{id}", lang.root()), text: party_name(state, id) }
    }
}

/// The public name of a party.
fn party_name(state: &State, id: &PartyId) -> String {
    state.parties.get(id).map_or_else(|| id.to_string(), |record| record.party.name.clone())
}

/// A page without the signs that HTML cannot hold, however they are written there. What stands for them is what browsers show.
fn holdable(html: String) -> String {
    let is_held = |sign: char| {
        let is_none = matches!(sign, '\u{fdd0}'..='\u{fdef}') || u32::from(sign) & 0xfffe == 0xfffe;
        matches!(sign, '\n' | '\t' | '\r') || !(sign.is_control() || is_none)
    };
    if html.chars().all(is_held) {
        return html;
    }
    html.chars().map(|sign| if is_held(sign) { sign } else { '\u{fffd}' }).collect()
}

/// Draws a page.
fn page(template: &impl Template) -> Result<Response, Problem> {
    let html = holdable(template.render().map_err(|_| Problem::new(Kind::Internal))?);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        // Always asked for anew: a page must not say more or less than the register does.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::VARY, HeaderValue::from_static("accept")),
    ];
    Ok((headers, html).into_response())
}
