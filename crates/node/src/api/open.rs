//! Open data: what everybody may have, at addresses that stay, in forms that other programs read.
//!
//! A file is nothing stored: each download is a disclosure to everybody, decided and recorded like any other. What may not
//! be had any more is not there any more.

pub(crate) mod catalog;

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use flow::disclose::PUBLIC;
use flow::{Asked, City, Format};
use model::{DeploymentRecord, GrantRecord, Span, Stream, StreamId, Timestamp, View, ViewId};
use register::State as Register;

use super::register::OPEN;
use crate::jobs::Lane;
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// Where everything open lies.
pub(crate) const FOLDER: &str = "/open";
/// The address of the catalogue.
pub(crate) const CATALOG: &str = "/open/catalog.jsonld";
/// The number of the disclosure that a file is.
pub(crate) const DISCLOSURE: HeaderName = HeaderName::from_static("ordinance-disclosure");
/// How many cells were withheld from it.
pub(crate) const WITHHELD: HeaderName = HeaderName::from_static("ordinance-withheld");
/// Where what the file is stands described.
const DESCRIBED: HeaderValue = HeaderValue::from_static("</open/catalog.jsonld>; rel=\"describedby\"");

/// What a file is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The answer itself.
    Json,
    /// A sheet of it.
    Sheet(Format),
}

impl Form {
    /// Every form.
    const ALL: [Self; 3] = [Self::Sheet(Format::Csv), Self::Sheet(Format::GeoJson), Self::Json];

    /// How the name of a file ends.
    const fn ending(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Sheet(format) => format.ending(),
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Sheet(format) => format.media_type(),
        }
    }

    /// A file's name without its ending, and what the ending says.
    fn of(file: &str) -> Option<(&str, Self)> {
        let (name, ending) = file.rsplit_once('.')?;
        Some((name, Self::ALL.into_iter().find(|form| form.ending() == ending)?))
    }
}

/// A view that everybody may have.
struct Opened<'s> {
    grant: &'s GrantRecord,
    view: &'s View,
    record: &'s DeploymentRecord,
    stream: &'s Stream,
}

impl Opened<'_> {
    fn path(&self) -> String {
        path(&self.view.stream, &self.view.id)
    }

    fn asked(&self) -> Result<Asked, Problem> {
        let grant = &self.grant.grant;
        Ok(Asked {
            recipient: PUBLIC.parse().map_err(|_| Problem::new(Kind::Internal))?,
            purpose: grant.purpose,
            stream: grant.stream.clone(),
            view: Some(grant.view.clone()),
            from: None,
            to: None,
            authorised_by: None,
        })
    }
}

/// Where an open view's files lie: what their names begin with.
pub(crate) fn path(stream: &StreamId, view: &ViewId) -> String {
    format!("{FOLDER}/{stream}/{view}")
}

/// The views that everybody may have now, one entry for each however many agreements there are.
fn opened<'s>(city: &City, state: &'s Register, now: Timestamp) -> Vec<Opened<'s>> {
    let mut opened: Vec<Opened<'s>> = Vec::new();
    let grants = state.grants.values().filter(|grant| grant.grant.recipient.as_str() == PUBLIC && grant.in_force(now));
    for grant in grants {
        let (id, stream) = (&grant.grant.view, &grant.grant.stream);
        let Some(view) = state.views.get(&(stream.clone(), id.clone())) else { continue };
        let Some((record, stream)) = state.stream(stream) else { continue };
        let one = Opened { grant, view, record, stream };
        let known = opened.iter().any(|known| known.view.id == *id && known.view.stream == view.stream);
        // The register has it in force; the norms have to agree.
        let allowed = !known && one.asked().is_ok_and(|asked| city.may(&asked).is_ok());
        if allowed {
            opened.push(one);
        }
    }
    opened
}

/// Hands over everything that an open view shows.
#[utoipa::path(
    get, path = "/open/{stream}/{file}", tag = "open-data",
    params(("stream" = String, Path, description = "The stream"), ("file" = String, Path, description = "The view with `.csv`, `.geojson` or `.json`")),
    responses(
        (status = 200, description = "The file; `Ordinance-Disclosure` is its number", body = String, content_type = "text/csv"),
        (status = 404, description = "There is none", body = crate::api::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many ask at once", body = crate::api::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The city cannot do it now", body = crate::api::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn whole(
    State(node): State<Node>,
    method: Method,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let (stream, file) = path?.0;
    let (view, form) = Form::of(&file).ok_or_else(none)?;
    answered(node, &method, &stream, view, None, form).await
}

/// Hands over one day of what an open view shows, in UTC.
#[utoipa::path(
    get, path = "/open/{stream}/{view}/{file}", tag = "open-data",
    params(
        ("stream" = String, Path, description = "The stream"),
        ("view" = String, Path, description = "The view"),
        ("file" = String, Path, description = "The day with `.csv`, `.geojson` or `.json`, as `2026-06-01.csv`"),
    ),
    responses(
        (status = 200, description = "The file", body = String, content_type = "text/csv"),
        (status = 404, description = "There is none", body = crate::api::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many ask at once", body = crate::api::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The city cannot do it now", body = crate::api::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn day(
    State(node): State<Node>,
    method: Method,
    path: Result<Path<(String, String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let (stream, view, file) = path?.0;
    let (day, form) = Form::of(&file).ok_or_else(none)?;
    let begins: Timestamp = format!("{day}T00:00:00Z").parse().map_err(|_| none())?;
    if begins.date() != day || begins > node.city.register().now() {
        return Err(none());
    }
    answered(node, &method, &stream, &view, Some(begins), form).await
}

fn none() -> Problem {
    let detail = format!("there is no such file; {CATALOG} names every open view and the files of it");
    Problem::new(Kind::NotFound).detail(detail)
}

async fn answered(
    node: Node,
    method: &Method,
    stream: &str,
    view: &str,
    day: Option<Timestamp>,
    form: Form,
) -> Result<Response, Problem> {
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let named = |one: &Opened<'_>| one.view.stream.as_str() == stream && one.view.id.as_str() == view;
    let found = opened(&node.city, &state, now).into_iter().find(named).ok_or_else(none)?;
    let asked = Asked { from: day, to: day.map(|day| day + Span::days(1)), ..found.asked()? };
    let same = [
        (header::CONTENT_TYPE, HeaderValue::from_static(form.media_type())),
        // Each handing over has a record of its own.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::LINK, DESCRIBED),
        OPEN,
    ];
    if method == Method::HEAD {
        return Ok(same.into_response());
    }
    let city = Arc::clone(&node.city);
    let answer = move || -> Result<(u64, u64, Vec<u8>), Problem> {
        let disclosed = city.disclose(&asked)?;
        let answer = disclosed.get();
        let internal = |_| Problem::new(Kind::Internal);
        let bytes = match form {
            Form::Json => serde_json::to_vec(answer).map_err(|_| Problem::new(Kind::Internal))?,
            Form::Sheet(format) => city.sheet(answer).and_then(|sheet| sheet.write(format)).map_err(internal)?,
        };
        Ok((answer.record.seq.0, answer.withheld, bytes))
    };
    let (number, withheld, bytes) = node.jobs.run(Lane::Open, answer).await??;
    let name = day.map_or_else(String::new, |day| format!("-{}", day.date()));
    let name = format!("attachment; filename=\"{stream}-{view}{name}.{}\"", form.ending());
    let own = [(header::CONTENT_DISPOSITION, name), (DISCLOSURE, number.to_string()), (WITHHELD, withheld.to_string())];
    Ok((same, own, bytes).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_name_says_what_it_is() {
        assert_eq!(Form::of("counts.csv"), Some(("counts", Form::Sheet(Format::Csv))));
        assert_eq!(Form::of("2026-06-01.geojson"), Some(("2026-06-01", Form::Sheet(Format::GeoJson))));
        for none in ["counts", "counts.", "counts.xml", "counts.CSV", ".parquet"] {
            assert_eq!(Form::of(none), None, "{none}");
        }
    }
}
