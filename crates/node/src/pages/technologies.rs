//! Technologies: what senses, kind by kind, and where each stands.

use askama::Template;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use model::Technology;

use super::card::Card;
use super::home::{Counted, uses};
use super::index::{Index, index};
use super::paged::{Paged, Pager, Which};
use super::{Link, Site, page};
use crate::lang::{Here, Lang};
use crate::problem::{Kind, Problem};
use crate::router::Node;

#[derive(Template)]
#[template(path = "technologies.html")]
struct Technologies {
    site: Site,
    technologies: Vec<Counted>,
}

#[derive(Template)]
#[template(path = "technology.html")]
struct OneTechnology {
    site: Site,
    name: &'static str,
    code: &'static str,
    general: Option<Link>,
    narrower: Vec<Link>,
    cards: Vec<Card>,
    pager: Option<Pager>,
}

/// The technologies that any deployment uses, a general one counting those below it.
fn used(lang: Lang, index: &Index) -> Vec<Counted> {
    let counted = |technology: Technology| {
        let count = index.facts.technologies.get(&technology)?.len() as u64;
        Some(Counted { link: Link::technology(lang, technology), count: uses(lang, count) })
    };
    Technology::all().filter_map(counted).collect()
}

/// `GET /technologies`
pub(crate) async fn technologies(State(node): State<Node>, here: Here) -> Result<Response, Problem> {
    let index = index(&node).await?;
    page(&Technologies { site: Site::at(&index.state, &here), technologies: used(here.lang, &index) })
}

/// `GET /technologies/{code}`: where it is used, and what is of its kind.
pub(crate) async fn technology(
    State(node): State<Node>,
    here: Here,
    code: Result<Path<String>, PathRejection>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Problem> {
    let technology: Technology = code?
        .0
        .parse()
        .map_err(|_| Problem::new(Kind::NotFound).detail("there is no such technology in the register"))?;
    let index = index(&node).await?;
    let there = index.facts.technologies.get(&technology).map_or(&[][..], Vec::as_slice);
    let paged = Paged::of(which, there.len())?;
    page(&OneTechnology {
        site: Site::at(&index.state, &here),
        name: here.lang.technology(technology),
        code: technology.code(),
        general: technology.parent().map(|general| Link::technology(here.lang, general)),
        narrower: Technology::all()
            .filter(|one| one.parent() == Some(technology))
            .map(|one| Link::technology(here.lang, one))
            .collect(),
        cards: paged.cards(here.lang, &index, there),
        pager: paged.pager(here.lang, &format!("/technologies/{}", technology.code())),
    })
}
