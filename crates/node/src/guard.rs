//! Around every request: what [`web::guard`] asks of each, no form that another site brought about, and a page instead of a document
//! where a person made a mistake.

use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::lang::Here;
use crate::pages;
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// Addresses that machines use: their problems stay documents whatever is accepted.
const MACHINES: [&str; 8] =
    ["/api/", "/ngsi-ld/", "/log/tile/", "/log/proof/", "/open/", "/register.", "/numbers.csv", "/feed.atom"];

/// Guards one request.
pub(crate) async fn guard(State(node): State<Node>, mut request: Request, next: Next) -> Response {
    let here = Here::of(request.uri());
    let page = wants_page(&request, &here);
    let lang = here.lang;
    request.extensions_mut().insert(here);
    let answer = async {
        let mut response = if is_foreign_form(&request) { foreign() } else { next.run(request).await };
        if page && let Some(problem) = response.extensions_mut().remove::<Problem>() {
            response = pages::problems::as_page(&node, lang, &problem, response);
        }
        response
    };
    let late = || {
        let problem = Problem::new(Kind::Timeout);
        let document = problem.clone().into_response();
        if page { pages::problems::as_page(&node, lang, &problem, document) } else { document }
    };
    web::guard(answer, late).await
}

/// Whether a form was brought about by another site. What machines send is no form: it carries a token, which no page has.
fn is_foreign_form(request: &Request) -> bool {
    !is_for_machines(request.uri().path()) && web::is_from_elsewhere(request.method(), request.headers())
}

fn foreign() -> Response {
    let detail = "another site sent this form, so nothing of it was read; open the page here and send it from there";
    Problem::new(Kind::Forbidden).detail(detail).into_response()
}

fn is_for_machines(path: &str) -> bool {
    MACHINES.iter().any(|start| path.starts_with(start))
}

/// Whether a person reads the answer.
fn wants_page(request: &Request, here: &Here) -> bool {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::POST);
    let machine = here.path.as_ref().is_some_and(|path| is_for_machines(path));
    let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    reads && !machine && accepts.is_some_and(|accept| accept.contains("text/html"))
}
