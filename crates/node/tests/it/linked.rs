//! Every public page as linked data: there is no page without, its links lead somewhere, and it says what the page says.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::city::{Answer, World};
use crate::html::check;

/// The addresses of the router, as its source lists them.
const ROUTER: &str = include_str!("../../src/router.rs");
const BASE: &str = "https://teststadt.example";
/// What stands for the parts of an address that are not fixed.
const EXAMPLES: [(&str, &str); 9] = [
    ("/deployments/{id}", "/deployments/wifi"),
    ("/grants/{id}", "/grants/air-open"),
    ("/places/{id}", "/places/centre"),
    ("/purposes/{code}", "/purposes/air-quality"),
    ("/technologies/{code}", "/technologies/wifi-counter"),
    ("/organisations/{id}", "/organisations/mobility"),
    ("/problems/{slug}", "/problems/forbidden"),
    ("/asked/{id}", "/asked/INQUIRY"),
    ("/log/entries/{index}", "/log/entries/12"),
];

/// Everything that residents may open, one of each kind.
fn addresses(inquiry: &str) -> Vec<String> {
    let (_, open) = ROUTER.split_once("fn residents()").unwrap();
    let routes = open.split(".route(\"").skip(1).filter_map(|rest| rest.split_once("\", get(pages::"));
    let paths: Vec<&str> = routes.map(|(path, _)| path).filter(|path| !path.contains('\n')).collect();
    assert!(paths.len() > 25, "the router lists its pages otherwise: {paths:?}");
    let example = |path: &str| {
        let known = EXAMPLES.iter().find(|(pattern, _)| *pattern == path).map(|(_, example)| (*example).to_owned());
        known.or_else(|| (!path.contains('{')).then(|| path.to_owned()))
    };
    // An address with an ending below a page is a file of it.
    let is_file = |path: &str| path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    // The first page of a language is the first page.
    let is_again = |path: &str| path.len() > 1 && path.ends_with('/');
    let pages = paths.into_iter().filter(|path| !is_file(path) && !is_again(path));
    pages
        .map(|path| example(path).unwrap_or_else(|| panic!("name an example of {path}")).replace("INQUIRY", inquiry))
        .collect()
}

async fn linked(world: &World, path: &str) -> Answer {
    world.ask(Request::get(path).header(header::ACCEPT, "application/ld+json").body(Body::empty()).unwrap()).await
}

/// Everything of a name in a document.
fn all<'v>(value: &'v Value, name: &str, found: &mut Vec<&'v str>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                if let (true, Value::String(text)) = (key == name, value) {
                    found.push(text);
                }
                all(value, name, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| all(item, name, found)),
        _ => {}
    }
}

fn named<'v>(value: &'v Value, name: &str) -> Vec<&'v str> {
    let mut found = Vec::new();
    all(value, name, &mut found);
    found
}

/// Text as pages have it.
fn escaped(text: &str) -> String {
    text.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;").replace('"', "&#34;").replace('\'', "&#39;")
}

/// An inquiry of a resident.
fn inquiry(world: &World) -> String {
    let about = model::Subject::Deployment { id: "wifi".parse().unwrap() };
    let kind = model::inquiry::InquiryKind::Question;
    let fields = model::Fields([("words".to_owned(), Some("Why is it there?".to_owned()))].into());
    let id = world.city.register().receive(&register::Inquiry { kind, about, fields }).unwrap();
    world.city.register().publish().unwrap();
    id.to_string()
}

#[tokio::test]
async fn a_list_of_acts_is_another_once_more_of_them_is_published() {
    let world = World::new();
    let tagged = async |path: &str| {
        let answer = world.get(path).await;
        (answer.header("etag").to_owned(), answer.text().to_owned())
    };
    for path in ["/log/entries.jsonld", "/changes.jsonld"] {
        world.city.register().publish().unwrap();
        let registered = json!({ "do": "register-party", "with": { "party": { "id": path.len().to_string(), "name": "Rails",
            "kind": "city-department" } } });
        let command = serde_json::from_value(json!({ "by": "city", "command": registered })).unwrap();
        world.city.register().submit(command).unwrap();
        let before = tagged(path).await;
        world.city.register().publish().unwrap();
        let after = tagged(path).await;
        assert_ne!(before.0, after.0, "{path}");
        assert_eq!(after, tagged(path).await, "{path} is the same as long as nothing is published");
    }
}

#[tokio::test]
async fn every_public_page_is_had_as_linked_data_and_says_so() {
    let world = World::new();
    let inquiry = inquiry(&world);
    let (mut ids, mut seen) = (BTreeSet::new(), 0);
    for path in addresses(&inquiry) {
        let page = world.browse(&path).await;
        assert_eq!(page.status, 200, "{path}");
        if !page.header("content-type").starts_with("text/html") {
            continue;
        }
        seen += 1;
        check(page.text());
        let own = if path == "/" { "/index.jsonld".to_owned() } else { format!("{path}.jsonld") };
        let element = format!("<link rel=\"alternate\" type=\"application/ld+json\" href=\"{own}\">\n</head>");
        assert!(page.text().contains(&element), "{path} does not name {own}");
        assert_eq!(page.header("link"), format!("<{own}>; rel=\"alternate\"; type=\"application/ld+json\""));
        let answer = world.get(&own).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/ld+json"), "{own}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{own}");
        assert!(answer.header("vary").contains("host"));
        assert_eq!(linked(&world, &path).await.bytes, answer.bytes, "{path} answers so for whoever asks");
        let again =
            Request::get(&own).header(header::IF_NONE_MATCH, answer.header("etag")).body(Body::empty()).unwrap();
        assert_eq!(world.ask(again).await.status, 304, "{own}");
        let document = answer.json();
        assert_eq!(document["@context"], format!("{BASE}/context.jsonld"));
        assert_eq!(document["schema:url"]["@id"], format!("{BASE}{path}"), "{path}");
        assert!(document["@type"].is_string() || document["@type"].is_array(), "{path}");
        // What it says stands on the page.
        for name in ["schema:name", "skos:prefLabel"] {
            for text in named(&document, name) {
                assert!(page.text().contains(&escaped(text)), "{path} does not say `{text}`");
            }
        }
        ids.extend(named(&document, "@id").into_iter().map(str::to_owned));
    }
    assert!(seen >= 24, "{seen} pages");
    for id in ids.iter().filter_map(|id| id.strip_prefix(BASE)) {
        let path = id.split('#').next().unwrap();
        let answer = world.get(path).await;
        assert!(
            answer.status == 200 && (path.len() == id.len() || answer.text().contains(&id[path.len() + 1..])),
            "{id}"
        );
    }
    for id in ids.iter().filter(|id| !id.starts_with(BASE)) {
        assert!(["dpv:", "https://www.w3.org/"].iter().any(|start| id.starts_with(start)), "{id}");
    }
}

#[tokio::test]
async fn the_context_names_every_prefix_and_nothing_private_is_linked_data() {
    let world = World::new();
    let context = world.get("/context.jsonld").await;
    assert_eq!((context.status.as_u16(), context.header("content-type")), (200, "application/ld+json"));
    let context = context.json()["@context"].clone();
    let known: BTreeSet<&str> = context.as_object().unwrap().keys().map(String::as_str).collect();
    fn keys(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    found.insert(key.clone());
                    if let (true, Value::String(kind)) = (key == "@type", value) {
                        found.insert(kind.clone());
                    }
                    keys(value, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
            _ => {}
        }
    }
    let mut used = BTreeSet::new();
    for path in [
        "/index",
        "/deployments/wifi",
        "/places/centre",
        "/grants/air-open",
        "/policies",
        "/data",
        "/log/entries",
        "/technologies",
    ] {
        keys(&world.get(&format!("{path}.jsonld")).await.json(), &mut used);
    }
    for term in used.iter().filter(|term| !term.starts_with('@')) {
        assert!(term.split_once(':').is_some_and(|(prefix, _)| known.contains(prefix)), "{term}");
    }
    for path in [
        "/office.jsonld",
        "/desk.jsonld",
        "/sql.jsonld",
        "/sign-in.jsonld",
        "/nothing.jsonld",
        "/places/none.jsonld",
        "/grants/own.jsonld",
    ] {
        world.get(path).await.problem(404);
    }
    assert_eq!(linked(&world, "/office").await.header("location"), "/sign-in");
    assert_eq!(linked(&world, "/sign-in").await.header("link"), "");
    // Files and what machines ask keep their own kinds.
    assert!(linked(&world, "/register.csv").await.header("content-type").starts_with("text/csv"));
    assert_eq!(linked(&world, "/api/v1/register").await.header("content-type"), "application/json");
}

#[tokio::test]
async fn a_place_and_an_act_say_what_their_pages_say() {
    let world = World::new();
    let place = world.get("/places/centre.jsonld").await.json();
    assert_eq!(place["@id"], format!("{BASE}/places/centre"));
    assert_eq!((&place["schema:name"], &place["schema:geo"]["schema:latitude"]), (&json!("Old town"), &json!(49.2)));
    assert_eq!(place["schema:containedInPlace"]["@id"], format!("{BASE}/places/whole"));
    let here = named(&place["@reverse"], "@id");
    assert_eq!(here, [format!("{BASE}/deployments/station-wifi"), format!("{BASE}/deployments/wifi")]);
    let state = world.city.register().state();
    let newest = world.get("/log/entries.jsonld?before=12").await.json();
    assert_eq!(newest["schema:itemListElement"]["@list"].as_array().unwrap().len(), 12);
    let index = state.marks.devices[&"wifi-1".parse().unwrap()].entry;
    let act = world.get(&format!("/log/entries/{index}.jsonld")).await.json();
    assert_eq!(act["schema:additionalType"], "device-registered/1");
    assert_eq!(act["schema:agent"]["@id"], format!("{BASE}/organisations/mobility"));
    assert_eq!(act["schema:object"]["@id"], format!("{BASE}/deployments/wifi"));
    world.get("/log/entries/999999.jsonld").await.problem(404);
}
