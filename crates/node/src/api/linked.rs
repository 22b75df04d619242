//! Every public page as linked data (JSON-LD): at its own address for whoever asks for `application/ld+json`, and at the address that
//! ends with `.jsonld`, which is told in a header and in the page itself.
//!
//! One layer answers for all pages, so that no page can be without. What it says is drawn from the same fold as the page; terms are
//! those of schema.org, DPV, DCAT, SKOS and ODRL where one fits, and the context that names them is served here.

mod acts;
mod deployment;
mod things;

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use model::Timestamp;
use register::State as Register;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::files::{self, LD_JSON, drawn, edition};
use crate::accounts::roles::is_closed;
use crate::address::Base;
use crate::jobs::Lane;
use crate::lang::plain;
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// How the address of a page's linked data ends; of the first page it is `/index.jsonld`.
pub(crate) const ENDING: &str = ".jsonld";
const FIRST: &str = "/index";
/// Where the context is.
const CONTEXT: &str = "/context.jsonld";
/// The largest page that a link is put into, in bytes.
const PAGE_BYTES_MAX: usize = 4 << 20;
/// Doors through which persons and parties come and go; nothing of the register is behind them.
const WAYS_IN: [&str; 3] = ["/join", "/sign-in", "/sign-out"];

/// `GET /context.jsonld`: what the prefixes stand for.
pub(crate) async fn context(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    drawn(&node.city.register().state(), &headers, LD_JSON, || {
        Json(json!({ "@context": {
            "schema": "https://schema.org/",
            "dpv": "https://w3id.org/dpv#",
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "geojson": "https://purl.org/geojson/vocab#",
            "odrl": "http://www.w3.org/ns/odrl/2/",
            "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
            "skos": "http://www.w3.org/2004/02/skos/core#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        } }))
    })
}

/// Which page is asked for as linked data, if one is: by its ending, or by what is accepted.
fn asked(request: &Request) -> Option<String> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let path = plain(request.uri().path());
    if path == CONTEXT || path.starts_with("/open/") {
        return None;
    }
    if let Some(page) = path.strip_suffix(ENDING) {
        return Some(if page == FIRST { "/".to_owned() } else { page.to_owned() });
    }
    let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok())?;
    (prefers(accepts) && is_page(path)).then(|| path.to_owned())
}

/// Whether linked data is wanted before a page.
fn prefers(accepts: &str) -> bool {
    let weight = |kind: &str| {
        let own = accepts.split(',').find(|part| part.split(';').next().is_some_and(|name| name.trim() == kind))?;
        let said = own.split(';').find_map(|parameter| parameter.trim().strip_prefix("q="));
        said.map_or(Some(1.0_f32), |said| said.parse().ok())
    };
    weight("application/ld+json")
        .is_some_and(|linked| linked > 0.0 && weight("text/html").is_none_or(|html| linked > html))
}

/// Whether an address is that of a page for everybody: those that end with a format are files.
fn is_page(path: &str) -> bool {
    let of_machines = ["/api/", "/ngsi-ld/", "/log/tile/", "/log/proof/", "/log/checkpoint", "/open/"];
    let last = path.rsplit('/').next().unwrap_or_default();
    !of_machines.iter().any(|start| path.starts_with(start)) && !is_private(path) && !last.contains('.')
}

/// Whether a page is a party's or a person's, and nobody else's to read.
fn is_private(path: &str) -> bool {
    let below = |start: &&str| path.strip_prefix(*start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    is_closed(path) || WAYS_IN.iter().any(below)
}

/// Answers with a page as linked data where that is asked for; every other page says where it can be had so.
pub(crate) async fn layer(State(node): State<Node>, request: Request, next: Next) -> Response {
    let path = plain(request.uri().path()).to_owned();
    let Some(page) = asked(&request) else {
        let answer = next.run(request).await;
        return if is_page(&path) { told(answer, &path).await } else { answer };
    };
    answer(&node, request, &page).await.unwrap_or_else(IntoResponse::into_response)
}

/// What a page is asked with.
#[derive(Debug, Default, Deserialize)]
struct With {
    before: Option<u64>,
}

async fn answer(node: &Node, request: Request, page: &str) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let base = <Base as axum::extract::FromRequestParts<()>>::from_request_parts(&mut parts, &()).await?;
    let with: With = Query::try_from_uri(&parts.uri).map(|Query(with)| with).unwrap_or_default();
    let state = node.city.register().state();
    let none = || Problem::new(Kind::NotFound).detail("there is no such page in the register");
    let address = base.join(page);
    let tag = if acts::is_list(page) {
        // A list of acts has what is published of them, in words of the state.
        let log = node.log.clone();
        let published = node.jobs.run(Lane::Open, move || log.head().map(|(_, head)| head.size)).await??;
        files::tag(&format!("{published}-{}", edition(state.size)))?
    } else {
        files::tag(&edition(state.size))?
    };
    let mut answer = if parts.headers.get(header::IF_NONE_MATCH) == Some(&tag) {
        files::unchanged(tag)
    } else {
        let own = match acts::of(node, &state, page, with.before, &base).await? {
            Some(own) => own,
            None => {
                let (of, drawn, page, base) = (node.clone(), Arc::clone(&state), page.to_owned(), base.clone());
                let draw = move || things::of(&of, &drawn, &page, &base);
                node.jobs.run(Lane::Open, draw).await?.ok_or_else(none)?
            }
        };
        files::fresh(tag, LD_JSON, Json(whole(own, &address, page, &base)))
    };
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("accept, host"));
    Ok(answer)
}

/// A page with its context, its address and where it stands as a page.
fn whole(mut own: Map<String, Value>, address: &str, page: &str, base: &Base) -> Value {
    let mut all = Map::new();
    all.insert("@context".to_owned(), base.join(CONTEXT).into());
    all.insert("@id".to_owned(), own.remove("@id").unwrap_or_else(|| address.into()));
    all.append(&mut own);
    all.entry("schema:url").or_insert_with(|| json!({ "@id": base.join(page) }));
    Value::Object(all)
}

/// A page that says where it can be had as linked data: in its head, and in a header.
async fn told(answer: Response, path: &str) -> Response {
    let html = answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !html || answer.status() != StatusCode::OK {
        return answer;
    }
    let linked = if path == "/" { FIRST } else { path }.to_owned() + ENDING;
    let Ok(value) = HeaderValue::from_str(&format!("<{linked}>; rel=\"alternate\"; type=\"application/ld+json\""))
    else {
        return answer;
    };
    let (mut parts, body) = answer.into_parts();
    parts.headers.append(header::LINK, value);
    // What is larger than any page that is written here says it in the header alone.
    if body.size_hint().upper().is_none_or(|bytes| bytes > PAGE_BYTES_MAX as u64) {
        return Response::from_parts(parts, body);
    }
    let Ok(bytes) = to_bytes(body, PAGE_BYTES_MAX).await else {
        return Problem::new(Kind::Internal).into_response();
    };
    let (before, after) = match bytes.windows(7).position(|window| window == b"</head>") {
        Some(at) => (bytes.slice(..at), bytes.slice(at..)),
        None => (bytes, axum::body::Bytes::new()),
    };
    let element = format!("<link rel=\"alternate\" type=\"application/ld+json\" href=\"{}\">\n", attribute(&linked));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from([&before[..], element.as_bytes(), &after[..]].concat()))
}

/// A path as an attribute's value.
fn attribute(path: &str) -> String {
    path.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&#39;")
}

fn instant(at: Timestamp) -> Value {
    json!({ "@type": "xsd:dateTime", "@value": at.to_string() })
}

/// A term of DPV, with its prefix however it is written down.
fn term_of(term: &str) -> String {
    if term.contains(':') { term.to_owned() } else { format!("dpv:{term}") }
}

/// Something with an address and a name.
fn named(address: String, kind: &str, name: &str) -> Value {
    json!({ "@id": address, "@type": kind, "schema:name": name })
}

/// The members of something.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// The deployments that fit, each with its address and its title.
fn deployments(state: &Arc<Register>, base: &Base, fits: impl Fn(&model::DeploymentRecord) -> bool) -> Vec<Value> {
    let fit = state.deployments.values().filter(|record| fits(record));
    let told = fit.map(|record| {
        let deployment = &record.deployment;
        named(base.join(&format!("/deployments/{}", deployment.id)), "schema:Action", &deployment.title)
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linked_data_is_given_to_whoever_prefers_it_and_to_no_browser() {
        for (accepts, expected) in [
            ("application/ld+json", true),
            ("application/ld+json;q=0.9, text/html;q=0.5", true),
            ("text/html,application/xhtml+xml,*/*;q=0.8", false),
            ("text/html, application/ld+json;q=0.9", false),
            ("*/*", false),
            ("application/ld+json;q=0", false),
        ] {
            assert_eq!(prefers(accepts), expected, "{accepts}");
        }
        for (path, expected) in [
            ("/", true),
            ("/places/centre", true),
            ("/officers", true),
            ("/office", false),
            ("/office/grants", false),
            ("/account", false),
            ("/accounts/new", false),
            ("/join/token", false),
            ("/sign-in", false),
            ("/register.csv", false),
            ("/api/v1/register", false),
            ("/log/entries/3", true),
        ] {
            assert_eq!(is_page(path), expected, "{path}");
        }
    }
}
