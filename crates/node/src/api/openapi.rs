//! The description of the API (OpenAPI 3.1), made from the handlers themselves.
//!
//! An address is served only by being described: the same list makes the routes and the document; only the log's tiles are
//! described elsewhere, by C2SP tlog-tiles. What it does not describe in
//! full are the words of the register (parties, deployments, views …): their shape is that of the acts in the log, and they are
//! objects here. `docs/openapi.json` is this document as released, held against the code by a test.

use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use serde_json::Value;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi, ToSchema};

use super::register::OPEN;
use crate::problem::PROBLEM_JSON;
use crate::rate;

/// A problem document (RFC 9457). Its `type` has a page of its own.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a shape for the description; documents are made by `Problem`")]
pub(crate) struct ProblemDocument {
    /// The kind of problem: `/problems/…`, a page; stable.
    r#type: String,
    /// The kind in a few words.
    title: String,
    /// The status of the answer.
    status: u16,
    /// What and which.
    detail: Option<String>,
    /// Of a refusal: the norms that refused, each with its reason, and links to norm and requirement.
    grounds: Option<Vec<GroundDocument>>,
}

/// A norm that refused.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a shape for the description; grounds are made by `norms`")]
pub(crate) struct GroundDocument {
    /// The norm.
    policy: String,
    /// The requirement that it makes executable.
    requirement: Option<String>,
    /// Why, in words.
    reason: String,
    /// Where the norm and its requirement stand.
    address: String,
}

struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = |description: &str| {
            SecurityScheme::Http(
                HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build(),
            )
        };
        components.add_security_scheme("party", bearer("The newest token of a party."));
        components.add_security_scheme("device", bearer("The newest token of a sensor."));
    }
}

/// The quotas: every operation that counts says what its answers carry.
struct Quotas;

impl Modify for Quotas {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let header = |description: &str| {
            HeaderBuilder::new().schema(Some(Object::with_type(Type::String))).description(Some(description)).build()
        };
        let policy = header(
            "The quota: `\"token\";q=12000;w=60` of a token, `\"address\";q=600;w=60` of an address without one; none where a web \
             server of the city's own bounds strangers",
        );
        let left = header("What is left of it: `r` requests at once, all of it again after `t` seconds");
        for (_, item) in document.paths.paths.iter_mut().filter(|(path, _)| rate::counts(path)) {
            for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
                let exceeded = ResponseBuilder::new()
                    .description("The quota of the token or the address is used up, or too many ask at once")
                    .header("RateLimit-Policy", policy.clone())
                    .header("RateLimit", left.clone())
                    .header("Retry-After", header("After how many seconds to ask again"))
                    .content(
                        PROBLEM_JSON,
                        ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemDocument"))).build(),
                    );
                operation.responses.responses.insert("429".to_owned(), exceeded.build().into());
                for response in operation.responses.responses.values_mut() {
                    if let RefOr::T(response) = response {
                        response.headers.insert("RateLimit-Policy".to_owned(), policy.clone().into());
                        response.headers.insert("RateLimit".to_owned(), left.clone().into());
                    }
                }
            }
        }
    }
}

/// What the description says besides addresses.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ordinance: a city's node",
        description = "What sensors send, what parties ask and command, and the public register and its log as data. What is public needs no \
            token and may be read by any page. Every error is a problem document. Where a list is long, a page links to the next. A request \
            that is sent again with the same `Idempotency-Key` is done once. A token may ask 12,000 times a minute, an address without \
            one 600 times, unless the city says otherwise: answers name the quota and what is left of it, except to strangers who come through \
            a web server of the city's own, which bounds them.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    components(schemas(ProblemDocument)),
    modifiers(&Tokens),
    tags(
        (name = "ingest", description = "What sensors send."),
        (name = "disclosure", description = "What leaves, each time with a record in the log."),
        (name = "governance", description = "What parties ask the city to do."),
        (name = "register", description = "The public register: the fold of the log."),
        (name = "open-data", description = "What everybody may have, at addresses that stay."),
        (name = "log", description = "The transparency log (C2SP tlog-tiles)."),
        (name = "node", description = "The node itself."),
    )
)]
pub(crate) struct Description;

/// The document.
pub(crate) fn document() -> Value {
    let mut document = crate::router::api(|sent| sent).into_openapi();
    // Addresses are there only once they are joined.
    Quotas.modify(&mut document);
    serde_json::to_value(&document).unwrap_or_default()
}

/// This description.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "node",
    responses((status = 200, description = "An OpenAPI 3.1 document", body = Object))
)]
pub(crate) async fn openapi() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600")), OPEN], Json(document()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_released_description_is_what_the_code_says() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
        let made = serde_json::to_string_pretty(&document()).unwrap() + "\n";
        if std::env::var_os("ORDINANCE_WRITE_OPENAPI").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        let released = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            released == made,
            "docs/openapi.json differs from the code; write it with `ORDINANCE_WRITE_OPENAPI=1 cargo test -p node openapi`"
        );
    }

    #[test]
    fn every_operation_says_what_it_answers_and_every_reference_is_there() {
        let document = document();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1."), "{}", document["openapi"]);
        let mut operations = 0;
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                operations += 1;
                let told = operation["summary"].as_str().is_some_and(|summary| !summary.starts_with('`'));
                assert!(told && operation["tags"][0].is_string(), "{method} {path}: {operation}");
                assert!(!operation["responses"].as_object().unwrap().is_empty(), "{method} {path}");
            }
        }
        assert!(operations >= 20, "{operations}");
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
    }
}
