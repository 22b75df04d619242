//! An address in any field of a form, or anywhere in a request of a program, is a text: nobody opens it.
//!
//! Where things are sent is said by whoever keeps the city, and goes nowhere but where that is allowed: see `webhooks`.

use std::net::{TcpListener, TcpStream};

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};

use super::page::Field;
use super::walk::{Walk, is_table};
use super::{everybody, hostile, is_whole, world};
use crate::city::{World, submissions};
use crate::office::office;
use crate::office::propose::drafted_with;

/// Somebody's machine that only this city could reach, and how it is written in different ways.
struct Inside {
    listener: TcpListener,
    written: [String; 4],
}

impl Inside {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let at = listener.local_addr().unwrap();
        let port = at.port();
        let inside = Self {
            listener,
            written: [
                format!("http://{at}/latest/meta-data"),
                format!("https://localhost:{port}/"),
                format!("http://[::ffff:127.0.0.1]:{port}/x.jsonld"),
                at.to_string(),
            ],
        };
        // It hears whoever comes.
        drop(TcpStream::connect(at).unwrap());
        while !inside.was_opened() {}
        inside
    }

    fn was_opened(&self) -> bool {
        self.listener.accept().is_ok()
    }
}

#[tokio::test]
async fn an_address_in_any_field_of_any_form_is_a_text_that_nobody_opens() {
    let inside = Inside::new();
    let world = world().await;
    let mut walk = Walk::of(&world);
    let texts =
        inside.written.clone().map(|text| Box::new(move |_: usize| text.clone()) as Box<dyn Fn(usize) -> String>);
    let (plain, secret) = (inside.written[0].clone(), inside.written[0].replace("http:", "https:"));
    // An address first, then one as some fields ask for, then whatever fits.
    let typing = |at: usize, field: &Field, tries: usize| match tries {
        _ if is_table(field) => hostile(at, field, tries).map(|table| table.replace("zqz", &plain)),
        0 => Some(plain.clone()),
        1 => Some(secret.clone()),
        tries => hostile(at, field, tries),
    };
    everybody(&world, &mut walk, &typing, &texts).await;
    is_whole(&walk);
    // Where an address is what is asked for, it becomes a link that only its reader opens.
    let mut mobility = office(&world, "environment").await;
    let draft = drafted_with(&mut mobility, "purposes", "privacy-statement", &secret).await;
    let page = mobility.get(&draft).await;
    assert!(page.text().contains(&secret), "{}", page.text());
    world.city.tick().unwrap();
    assert!(walk.failed.is_empty(), "{:#?}", walk.failed);
    assert!(!inside.was_opened(), "somebody opened it");
}

/// Copies of a document in which one text after the other is another, and one name after the other.
fn altered(document: &Value, text: &str) -> Vec<Value> {
    match document {
        Value::String(_) => vec![Value::String(text.to_owned())],
        Value::Array(items) => {
            let one = |(at, item): (usize, &Value)| {
                let with = |item: Value| {
                    let mut items = items.clone();
                    items[at] = item;
                    Value::Array(items)
                };
                altered(item, text).into_iter().map(with).collect::<Vec<_>>()
            };
            items.iter().enumerate().flat_map(one).collect()
        }
        Value::Object(members) => {
            let one = |(name, member): (&String, &Value)| {
                let with = |name: &str, member: Value| {
                    let mut members = members.clone();
                    members.insert(name.to_owned(), member);
                    Value::Object(members)
                };
                let own = altered(member, text).into_iter().map(|member| with(name, member));
                own.chain([with(text, member.clone())]).collect::<Vec<_>>()
            };
            members.iter().flat_map(one).collect()
        }
        _ => Vec::new(),
    }
}

/// What programs send to an address of the API.
fn bodies(path: &str) -> Vec<(&'static str, Value)> {
    let entity = json!([{ "@context": ["https://teststadt.example/context.jsonld", "https://uri.etsi.org/x.jsonld"],
        "id": "urn:ngsi-ld:Device:wifi-1", "type": "Device", "mac": { "type": "Property", "value": "02:00:00:00:00:01",
        "observedAt": "2026-11-24T07:59:00Z" }, "of": { "type": "Relationship", "object": "urn:ngsi-ld:Device:wifi-1" } }]);
    match path {
        "/api/v1/commands" => submissions().into_iter().map(|one| ("application/json", one)).collect(),
        "/api/v1/commands/preview" => vec![("application/json", Value::Array(submissions()))],
        "/api/v1/observations" => {
            vec![(
                "application/x-ndjson",
                json!({ "time": "2026-11-24T07:59:00Z", "mac": "02:00:00:00:00:01", "ssid": "x" }),
            )]
        }
        "/ngsi-ld/v1/entityOperations/upsert" => {
            vec![("application/ld+json", entity.clone()), ("application/json", entity)]
        }
        other => panic!("{other} takes something that is not tried here"),
    }
}

async fn asked(world: &World, method: &Method, address: &str, headers: &[(&str, &str)], body: Option<(&str, String)>) {
    let token = if address.contains("observations") || address.contains("ngsi-ld/v1/") { "wifi-1" } else { "mobility" };
    let mut request = Request::builder().method(method).uri(address);
    request = request.header(header::AUTHORIZATION, format!("Bearer token-of-{token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = match body {
        Some((kind, text)) => {
            request = request.header(header::CONTENT_TYPE, kind);
            Body::from(text)
        }
        None => Body::empty(),
    };
    let answer = world.ask(request.body(body).unwrap()).await;
    assert!(!answer.status.is_server_error(), "{method} {address}: {}", answer.text());
    // Whoever is kept out by a quota is asked nothing.
    assert_ne!(answer.status.as_u16(), 429, "{method} {address}");
    if method == Method::POST {
        world.city.register().publish().unwrap();
    }
}

#[tokio::test]
async fn an_address_anywhere_in_a_request_of_a_program_is_a_text_that_nobody_opens() {
    let inside = Inside::new();
    let world = World::new();
    let described: Value = serde_json::from_str(include_str!("../../../../../docs/openapi.json")).unwrap();
    let (mut asked_for, mut sent) = (0, 0);
    for text in &inside.written {
        let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let link = format!("<{text}>; rel=\"http://www.w3.org/ns/json-ld#context\"");
        for (path, item) in described["paths"].as_object().unwrap() {
            let plain: String = path
                .split('/')
                .map(|part| if part.starts_with('{') { &escaped } else { part })
                .collect::<Vec<_>>()
                .join("/");
            for (method, operation) in item.as_object().unwrap() {
                let method: Method = method.to_uppercase().parse().unwrap();
                let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
                let of = |place: &str| {
                    let own = parameters.iter().filter(|parameter| parameter["in"] == place);
                    own.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
                };
                let query: Vec<String> = of("query").iter().map(|name| format!("{name}={escaped}")).collect();
                let named = of("header");
                let mut headers: Vec<(&str, &str)> = named.iter().map(|name| (name.as_str(), text.as_str())).collect();
                let others =
                    ["referer", "origin", "forwarded", "x-forwarded-host", "x-forwarded-for", "x-original-url"];
                headers.extend(others.map(|name| (name, text.as_str())));
                headers.push(("link", &link));
                let address = format!("{plain}?{}", query.join("&"));
                // What streams without end is not read to its end.
                if path.contains("/live") {
                    continue;
                }
                if operation.get("requestBody").is_none() {
                    asked(&world, &method, &address, &headers, None).await;
                    asked_for += 1;
                    continue;
                }
                for (kind, body) in bodies(path) {
                    for body in altered(&body, text) {
                        let kind = Some((kind, body.to_string()));
                        asked(&world, &method, &plain, &[("link", link.as_str())], kind).await;
                        sent += 1;
                    }
                }
            }
        }
    }
    assert!(asked_for > 60 && sent > 2_000, "{asked_for} {sent}");
    world.city.tick().unwrap();
    assert!(!inside.was_opened(), "somebody opened it");
}
