//! Problems as pages: one for each kind, and the answer to a person who met one.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::Response;

use super::{Site, page};
use crate::problem::{Kind, Problem};
use crate::router::Node;

#[derive(Template)]
#[template(path = "problems.html")]
struct Problems {
    site: Site,
    kinds: &'static [Kind],
}

#[derive(Template)]
#[template(path = "problem.html")]
struct OneProblem {
    site: Site,
    kind: Kind,
    /// What and which, for a person who met it; empty on the page of the kind.
    detail: String,
    /// Whether somebody met it just now.
    met: bool,
}

/// `GET /problems`
pub(crate) async fn problems(State(node): State<Node>) -> Result<Response, Problem> {
    page(&Problems { site: Site::of(&node.city.register().state()), kinds: &Kind::ALL })
}

/// `GET /problems/{slug}`
pub(crate) async fn problem(
    State(node): State<Node>,
    slug: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let kind = Kind::with_slug(&slug?.0).ok_or_else(|| Problem::new(Kind::NotFound))?;
    let site = Site::of(&node.city.register().state());
    page(&OneProblem { site, kind, detail: String::new(), met: false })
}

/// The page of a problem that a person met, with the status and the headers of the document.
pub(crate) fn as_page(node: &Node, problem: &Problem, document: Response) -> Response {
    let site = Site::of(&node.city.register().state());
    let detail = problem.detail_text().to_owned();
    let Ok(drawn) = page(&OneProblem { site, kind: problem.kind(), detail, met: true }) else { return document };
    let (mut parts, _) = document.into_parts();
    for name in [header::CONTENT_TYPE, header::VARY] {
        if let Some(value) = drawn.headers().get(&name) {
            parts.headers.insert(name, value.clone());
        }
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, drawn.into_body())
}
