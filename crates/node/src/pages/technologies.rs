//! Technologies: what senses, kind by kind, and where each stands.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use model::{DeploymentRecord, Technology};
use register::State as Register;

use super::card::{Card, cards};
use super::home::{Counted, uses};
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
}

/// The technologies that any deployment uses, a general one counting those below it.
pub(super) fn used(lang: Lang, state: &Register) -> Vec<Counted> {
    let used = |technology: Technology| {
        let records = state.deployments.values();
        records.filter(|record| record.deployment.technology.is_within(technology)).count() as u64
    };
    let counted = |technology: Technology| match used(technology) {
        0 => None,
        count => Some(Counted { link: Link::technology(lang, technology), count: uses(lang, count) }),
    };
    Technology::all().filter_map(counted).collect()
}

/// `GET /technologies`
pub(crate) async fn technologies(State(node): State<Node>, here: Here) -> Result<Response, Problem> {
    let state = node.city.register().state();
    page(&Technologies { site: Site::at(&state, &here), technologies: used(here.lang, &state) })
}

/// `GET /technologies/{code}`: where it is used, and what is of its kind.
pub(crate) async fn technology(
    State(node): State<Node>,
    here: Here,
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let technology: Technology = code?
        .0
        .parse()
        .map_err(|_| Problem::new(Kind::NotFound).detail("there is no such technology in the register"))?;
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let fits = |record: &DeploymentRecord| record.deployment.technology.is_within(technology);
    page(&OneTechnology {
        site: Site::at(&state, &here),
        name: here.lang.technology(technology),
        code: technology.code(),
        general: technology.parent().map(|general| Link::technology(here.lang, general)),
        narrower: Technology::all()
            .filter(|one| one.parent() == Some(technology))
            .map(|one| Link::technology(here.lang, one))
            .collect(),
        cards: cards(here.lang, &state, now, fits),
    })
}
