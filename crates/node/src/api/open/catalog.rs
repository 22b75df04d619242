//! The catalogue of open data, as DCAT-AP 3.0 in JSON-LD: a data set for each open view, drawn from the register.
//!
//! Its addresses are relative to its own, so that it says the same wherever a city's node is reached. It says nothing that
//! the register does not: without a statement of a licence there is none in it.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use model::{Exposure, Party, Place, Purpose, Span, Subject, Timestamp};
use register::State as Register;
use serde_json::{Map, Value, json};

use super::{CATALOG, Form, Opened, opened};
use crate::api::register::OPEN;
use crate::lang::Lang;
use crate::problem::Problem;
use crate::router::Node;
use crate::words;
use flow::Format;

/// The media type of JSON-LD.
const JSON_LD: HeaderValue = HeaderValue::from_static("application/ld+json");
/// The kind of statement that names a licence: its summary is the licence's address, about a deployment or the city.
const LICENCE: &str = "licence";
/// Where the Publications Office of the EU keeps its lists.
const AUTHORITY: &str = "http://publications.europa.eu/resource/authority";
/// The address of the city's months.
const NUMBERS: &str = "/numbers.csv";
/// Where media types are registered.
const MEDIA_TYPES: &str = "https://www.iana.org/assignments/media-types";

/// Lists what everybody may have (DCAT-AP 3).
#[utoipa::path(
    get, path = "/open/catalog.jsonld", tag = "open-data",
    responses(
        (status = 200, description = "A catalogue", body = Object, content_type = "application/ld+json"),
        (status = 429, description = "Too many ask at once", body = crate::api::openapi::ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The city cannot do it now", body = crate::api::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn catalog(State(node): State<Node>) -> Result<Response, Problem> {
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let mut sets: Vec<Value> = opened(&node.city, &state, now).iter().map(|one| data_set(&state, one, now)).collect();
    sets.push(numbers(&state, now));
    let fresh = [(header::CONTENT_TYPE, JSON_LD), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")), OPEN];
    Ok((fresh, Json(drawn(&state, sets))).into_response())
}

fn drawn(state: &Register, sets: Vec<Value>) -> Value {
    let name = state.city.as_ref().map_or_else(|| "A city".to_owned(), |city| city.name.clone());
    let mut catalog = json!({
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dcatap": "http://data.europa.eu/r5r/",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "locn": "http://www.w3.org/ns/locn#",
            "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
            "vcard": "http://www.w3.org/2006/vcard/ns#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": CATALOG,
        "@type": "dcat:Catalog",
        "dct:title": format!("Open data from the sensors of {name}"),
        "dct:description": format!(
            "What the sensors in the public places of {name} tell everybody. Each data set is an open view in the city’s public \
             register; each download is recorded in its public log."
        ),
        "dct:publisher": agent(state.founder().and_then(|id| state.parties.get(id)).map(|record| &record.party), &name),
        "foaf:homepage": iri("/"),
        "dcat:dataset": sets,
    });
    if let Some(last) = state.last_at {
        catalog["dct:modified"] = instant(last);
    }
    catalog
}

fn data_set(state: &Register, one: &Opened<'_>, now: Timestamp) -> Value {
    let (view, deployment) = (one.view, &one.record.deployment);
    let page = format!("/deployments/{}", deployment.id);
    let accountable = state.parties.get(&deployment.accountable).map(|record| &record.party);
    let answers = accountable.map_or_else(|| deployment.accountable.to_string(), |party| party.name.clone());
    let mut set = json!({
        "@id": format!("{CATALOG}#{}/{}", view.stream, view.id),
        "@type": "dcat:Dataset",
        "dct:identifier": format!("{}/{}", view.stream, view.id),
        "dct:title": format!("{}: {}", deployment.title, view.title),
        "dct:description": format!("{} {}", deployment.description.trim(), words::view(Lang::En, view, one.stream).join(" ")),
        "dct:publisher": agent(accountable, &answers),
        "dcat:contactPoint": { "@type": "vcard:Organization", "vcard:fn": answers, "vcard:hasURL": iri(&page) },
        "dcat:keyword": keywords(one),
        "dct:accessRights": listed("access-right", "PUBLIC"),
        "dct:accrualPeriodicity": listed("frequency", frequency(one)),
        "dct:issued": instant(one.grant.since),
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": instant(deployment.starts.max(now - view.depth.0)),
        },
        "dcat:landingPage": iri(&page),
        "foaf:page": [iri(&page), iri("/log/entries")],
        "dct:provenance": { "@type": "dct:ProvenanceStatement", "rdfs:label": format!(
            "Sensed by the deployment “{}” as its page in the public register says, treated before it was stored, and released once. \
             Every act behind it is in the city’s public log.", deployment.title) },
        "dcat:distribution": Form::ALL.map(|form| distribution(state, one, form, now)),
    });
    if let Some(theme) = theme(one.grant.grant.purpose) {
        set["dcat:theme"] = listed("data-theme", theme);
    }
    if let Some(bin) = view.bin() {
        set["dcat:temporalResolution"] = typed("xsd:duration", format!("PT{}S", bin.span().as_seconds()));
    }
    if let Some(place) = state.places.get(&deployment.place) {
        set["dct:spatial"] = location(place);
    }
    set
}

/// The city's months, which are no disclosure: everything in them is in the log.
fn numbers(state: &Register, now: Timestamp) -> Value {
    let mut distribution = json!({
        "@id": NUMBERS,
        "@type": "dcat:Distribution",
        "dct:title": "Table",
        "dcat:accessURL": iri(NUMBERS),
        "dcat:downloadURL": iri(NUMBERS),
        "dcat:mediaType": iri(&format!("{MEDIA_TYPES}/text/csv")),
        "dct:format": listed("file-type", "CSV"),
        "dcatap:availability": listed("planned-availability", "STABLE"),
    });
    if let Some(licence) = licensed(state, &[Subject::City], now) {
        distribution["dct:license"] = iri(&licence);
    }
    json!({
        "@id": format!("{CATALOG}#numbers"),
        "@type": "dcat:Dataset",
        "dct:identifier": "numbers",
        "dct:title": "The city in numbers, by month",
        "dct:description": "How many observations about nobody came, what was refused for which reason, of the others an order of \
            magnitude, how often data was handed over, how many rows and how many were withheld. Counted from the public log.",
        "dct:accessRights": listed("access-right", "PUBLIC"),
        "dct:accrualPeriodicity": listed("frequency", "MONTHLY"),
        "dcat:landingPage": iri("/numbers"),
        "dcat:distribution": [distribution],
    })
}

/// One form of a data set. Its address is stable; days of it stand below.
fn distribution(state: &Register, one: &Opened<'_>, form: Form, now: Timestamp) -> Value {
    let address = format!("{}.{}", one.path(), form.ending());
    let (title, media_type, file_type) = match form {
        Form::Sheet(Format::Csv) => ("Table", "text/csv", "CSV"),
        Form::Sheet(Format::GeoJson) => ("Map", "application/geo+json", "GEOJSON"),
        Form::Sheet(Format::Parquet) => ("Columns", "application/vnd.apache.parquet", "PARQUET"),
        Form::Sheet(Format::Sqlite) => ("Database", "application/vnd.sqlite3", "SQLITE"),
        Form::Json => ("Answer with the receipt of its disclosure", "application/json", "JSON"),
    };
    let mut distribution = json!({
        "@id": address,
        "@type": "dcat:Distribution",
        "dct:title": title,
        "dct:description": format!("All that the view shows now. One day, in UTC: {}/YYYY-MM-DD.{}", one.path(), form.ending()),
        "dcat:accessURL": iri(&address),
        "dcat:downloadURL": iri(&address),
        "dcat:mediaType": iri(&format!("{MEDIA_TYPES}/{media_type}")),
        "dct:format": listed("file-type", file_type),
        "dcatap:availability": listed("planned-availability", "STABLE"),
    });
    if let Some(licence) = licence(state, one, now) {
        distribution["dct:license"] = iri(&licence);
    }
    distribution
}

/// The licence that was filed for a deployment, or for the whole city.
fn licence(state: &Register, one: &Opened<'_>, now: Timestamp) -> Option<String> {
    licensed(state, &[Subject::Deployment { id: one.record.deployment.id.clone() }, Subject::City], now)
}

/// The licence that was filed for the first of these that has one.
fn licensed(state: &Register, subjects: &[Subject], now: Timestamp) -> Option<String> {
    let filed = |subject: &Subject| {
        let stated = state.evidence_about(subject).filter(|record| record.in_force(now));
        let licences = stated.filter(|record| record.evidence.kind.as_str() == LICENCE);
        let newest = licences.max_by_key(|record| record.filed_at)?;
        let address = newest.evidence.summary.trim();
        let is_one = address.starts_with("https://") && !address.contains(char::is_whitespace);
        is_one.then(|| address.to_owned())
    };
    subjects.iter().find_map(filed)
}

fn agent(party: Option<&Party>, name: &str) -> Value {
    let id = party.map_or("nobody", |party| party.id.as_str());
    let name = party.map_or(name, |party| party.name.as_str());
    json!({ "@id": format!("{CATALOG}#party-{id}"), "@type": "foaf:Agent", "foaf:name": name })
}

fn location(place: &Place) -> Value {
    let shape = serde_json::to_string(&place.geometry).unwrap_or_default();
    json!({
        "@id": format!("/places/{}", place.id),
        "@type": "dct:Location",
        "locn:geographicName": place.name,
        "locn:geometry": typed("http://www.opengis.net/ont/geosparql#geoJSONLiteral", shape),
    })
}

fn keywords(one: &Opened<'_>) -> Vec<String> {
    let mut keywords =
        vec![one.record.deployment.technology.name().to_owned(), one.grant.grant.purpose.name().to_owned()];
    if let Exposure::Records { fields } = &one.view.exposure {
        let shown = fields.iter().filter_map(|field| one.stream.properties.get(field));
        keywords.extend(shown.map(|property| property.category.name().to_owned()));
    }
    keywords.sort_unstable();
    keywords.dedup();
    keywords
}

/// How often there is something new, as the EU's list calls it.
fn frequency(one: &Opened<'_>) -> &'static str {
    match one.view.bin().map(|bin| bin.span()) {
        Some(span) if span == Span::hours(24) => "DAILY",
        Some(span) if span == Span::hours(1) => "HOURLY",
        Some(_) | None => "UPDATE_CONT",
    }
}

/// The EU's theme for a purpose; none where none fits.
fn theme(purpose: Purpose) -> Option<&'static str> {
    let themes = [
        ("mobility", "TRAN"),
        ("environmental-protection", "ENVI"),
        ("safety", "JUST"),
        ("scientific-research", "TECH"),
    ];
    let under = |code: &str| Purpose::all().any(|root| root.code() == code && purpose.is_within(root));
    themes.into_iter().find(|(code, _)| under(code)).map(|(_, theme)| theme)
}

fn iri(address: &str) -> Value {
    Value::Object(Map::from_iter([("@id".to_owned(), address.into())]))
}

fn listed(list: &str, code: &str) -> Value {
    iri(&format!("{AUTHORITY}/{list}/{code}"))
}

fn typed(kind: &str, value: String) -> Value {
    json!({ "@type": kind, "@value": value })
}

fn instant(at: Timestamp) -> Value {
    typed("xsd:dateTime", at.to_string())
}
