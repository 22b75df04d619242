//! Problems as pages: one for each kind, and the answer to a person who met one.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::Response;

use super::{Site, page};
use crate::lang::{Here, Lang};
use crate::problem::{Kind, Problem};
use crate::router::Node;

#[derive(Template)]
#[template(path = "problems.html")]
struct Problems {
    site: Site,
    /// Each kind with its title.
    kinds: [(Kind, &'static str); 17],
}

#[derive(Template)]
#[template(path = "problem.html")]
struct OneProblem {
    site: Site,
    kind: Kind,
    title: &'static str,
    /// What and which, for a person who met it; empty on the page of the kind.
    detail: String,
    /// Whether somebody met it just now.
    met: bool,
}

/// `GET /problems`
pub(crate) async fn problems(State(node): State<Node>, here: Here) -> Result<Response, Problem> {
    let kinds = Kind::ALL.map(|kind| (kind, kind.title_in(here.lang)));
    page(&Problems { site: Site::at(&node.city.register().state(), &here), kinds })
}

/// `GET /problems/{slug}`
pub(crate) async fn problem(
    State(node): State<Node>,
    here: Here,
    slug: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let kind = Kind::with_slug(&slug?.0).ok_or_else(|| Problem::new(Kind::NotFound))?;
    let site = Site::at(&node.city.register().state(), &here);
    let title = kind.title_in(here.lang);
    page(&OneProblem { site, kind, title, detail: String::new(), met: false })
}

/// The page of a problem that a person met, with the status and the headers of the document.
pub(crate) fn as_page(node: &Node, lang: Lang, problem: &Problem, document: Response) -> Response {
    let site = Site::at(&node.city.register().state(), &Here::nowhere(lang));
    let detail = problem.detail_text().to_owned();
    let (kind, title) = (problem.kind(), problem.kind().title_in(lang));
    let Ok(drawn) = page(&OneProblem { site, kind, title, detail, met: true }) else { return document };
    let (mut parts, _) = document.into_parts();
    for name in [header::CONTENT_TYPE, header::VARY] {
        if let Some(value) = drawn.headers().get(&name) {
            parts.headers.insert(name, value.clone());
        }
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, drawn.into_body())
}
