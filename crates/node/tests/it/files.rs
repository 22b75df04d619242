//! The register as files: a table, a map, devices, linked data.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::city::World;

const FILES: [(&str, &str); 4] = [
    ("/register.csv", "text/csv; charset=utf-8; header=present"),
    ("/register.geojson", "application/geo+json"),
    ("/register.ngsild.json", "application/ld+json"),
    ("/deployments/wifi.jsonld", "application/ld+json"),
];

#[tokio::test]
async fn every_file_is_open_to_all_sites_and_known_by_the_size_of_the_log() {
    let world = World::new();
    for (path, kind) in FILES {
        let answer = world.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, kind), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(
            answer.header("etag"),
            format!("\"{}-{}\"", world.city.register().state().size, env!("CARGO_PKG_VERSION"))
        );
        let again =
            Request::get(path).header(header::IF_NONE_MATCH, answer.header("etag")).body(Body::empty()).unwrap();
        let again = world.ask(again).await;
        assert_eq!(
            (again.status.as_u16(), again.bytes.len(), again.header("access-control-allow-origin")),
            (304, 0, "*")
        );
        // No token, no key and no sealed field is in any of them.
        assert!(!answer.text().contains("credential") && !answer.text().contains("contact"), "{path}");
    }
    let data = world.browse("/data").await;
    for (path, _) in FILES.iter().take(3) {
        assert!(data.text().contains(&format!("href=\"{path}\"")), "{path}");
    }
    world.get("/deployments/none.jsonld").await.problem(404);
}

/// A table's rows, read as RFC 4180 says.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            letter => cell.push(letter),
        }
    }
    assert!(!quoted && row.is_empty() && cell.is_empty());
    rows
}

#[tokio::test]
async fn the_table_has_a_row_for_each_deployment_and_no_formula() {
    let world = World::new();
    let formula = json!({ "id": "formula", "title": "=HYPERLINK(\"https://evil.example\",\"click\")", "description": "two\nlines, \"quoted\"",
        "accountable": "mobility", "place": "centre", "technology": "induction-loop", "purposes": ["traffic-management"],
        "legal_basis": "not-personal", "starts": "2026-11-01T00:00:00Z", "ends": "2027-11-01T00:00:00Z",
        "streams": [{ "id": "loops", "retention": "24h", "time": { "do": "keep" }, "properties": {
            "count": { "category": "vehicle-count", "value": "number", "treatment": { "do": "keep" } } } }] });
    world.submit(json!({ "by": "mobility", "command": { "do": "propose", "with": formula } })).unwrap();
    let answer = world.get("/register.csv").await;
    let rows = rows(answer.text());
    assert_eq!(rows.len(), 6);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{rows:?}");
    let of = |id: &str| rows.iter().find(|row| row[0] == id).unwrap();
    let at = |name: &str| rows[0].iter().position(|column| column == name).unwrap();
    assert_eq!(of("formula")[at("title")], "'=HYPERLINK(\"https://evil.example\",\"click\")");
    assert_eq!(of("formula")[at("description")], "two\nlines, \"quoted\"");
    let wifi = of("wifi");
    for (column, expected) in [
        ("state", "active"),
        ("technology_name", "Wi-Fi counter"),
        ("place_name", "Old town"),
        ("accountable_name", "Mobility department"),
        ("longest_retention_seconds", "86400"),
        ("approved_until", "2027-06-01T00:00:00Z"),
        ("sensors", "1"),
        ("page", "https://teststadt.example/deployments/wifi"),
    ] {
        assert_eq!(wifi[at(column)], expected, "{column}");
    }
    assert!(rows.iter().skip(1).flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@'])));
}

#[tokio::test]
async fn the_map_has_every_deployment_and_every_sensor() {
    let world = World::new();
    let map = world.get("/register.geojson").await.json();
    assert_eq!(map["type"], "FeatureCollection");
    let features = map["features"].as_array().unwrap();
    let of = |kind: &str| features.iter().filter(|one| one["properties"]["kind"] == kind).count();
    assert_eq!((of("deployment"), of("sensor")), (4, 3));
    for feature in features {
        assert_eq!(feature["type"], "Feature");
        assert_eq!(feature["geometry"], json!({ "type": "Point", "coordinates": [16.6, 49.2] }));
        let page = feature["properties"]["page"].as_str().unwrap();
        assert!(page.starts_with("https://teststadt.example/deployments/"), "{page}");
    }
}

#[tokio::test]
async fn sensors_are_entities_of_ngsi_ld() {
    let world = World::new();
    let (devices, streams) = entities(&world).await;
    assert_eq!((devices.len(), streams.len()), (3, 4));
    for device in &devices {
        let id = device["id"].as_str().unwrap();
        assert!(id.starts_with("urn:ngsi-ld:Device:teststadt.example:") && !id.contains(char::is_whitespace));
        assert_eq!(device["type"], "Device");
        assert!(device["@context"].as_array().unwrap().iter().all(|one| one.as_str().unwrap().starts_with("https://")));
        // Every attribute is a property with a value, or a place with a shape.
        for (name, attribute) in device.as_object().unwrap() {
            if ["id", "type", "@context"].contains(&name.as_str()) {
                continue;
            }
            let (kind, value) = (&attribute["type"], &attribute["value"]);
            let is_place = name == "location" && kind == "GeoProperty" && value["type"] == "Point";
            let leads_on = name == "refPrivacyObject" && kind == "Relationship" && attribute["object"].is_string();
            assert!(leads_on || ((kind == "Property" || is_place) && !value.is_null()), "{name}: {attribute}");
        }
        assert_eq!(device["category"]["value"], json!(["sensor"]));
        let controlled = device["controlledProperty"]["value"].as_array().unwrap();
        assert!(!controlled.is_empty());
    }
    let air = devices.iter().find(|one| one["id"] == "urn:ngsi-ld:Device:teststadt.example:air-1").unwrap();
    assert_eq!(air["controlledProperty"]["value"], json!(["airPollution"]));
}

/// The entities of the register: sensors, and what becomes of the data of streams.
async fn entities(world: &World) -> (Vec<Value>, Vec<Value>) {
    let all = world.get("/register.ngsild.json").await.json();
    all.as_array().unwrap().iter().cloned().partition(|entity| entity["type"] == "Device")
}

#[tokio::test]
async fn what_becomes_of_data_is_an_entity_that_each_sensor_leads_to() {
    let world = World::new();
    let second = json!({ "id": "wifi-9", "stream": "wifi-counts", "deployment": "wifi", "position": [16.6, 49.2] });
    world.submit(json!({ "by": "mobility", "command": { "do": "register-device", "with": second } })).unwrap();
    let (devices, streams) = entities(&world).await;
    let urn = |kind: &str, id: &str| format!("urn:ngsi-ld:{kind}:teststadt.example:{id}");
    for device in &devices {
        let of = &device["refPrivacyObject"]["object"];
        let stream = streams.iter().find(|stream| stream["id"] == *of).unwrap();
        let back = match &stream["refDevice"] {
            Value::Array(several) => several.clone(),
            one => vec![one.clone()],
        };
        assert!(back.iter().any(|one| one["type"] == "Relationship" && one["object"] == device["id"]), "{stream}");
        // Several of one attribute are told apart.
        let apart: std::collections::BTreeSet<_> = back.iter().map(|one| one["datasetId"].as_str()).collect();
        assert_eq!(apart.len(), back.len(), "{stream}");
    }
    let of = |id: &str| streams.iter().find(|stream| stream["id"] == urn("PrivacyObject", id)).unwrap();
    let wifi = of("wifi-counts");
    assert_eq!(wifi["type"], "PrivacyObject");
    assert_eq!(wifi["refDevice"].as_array().unwrap().len(), 2);
    for (attribute, value) in [
        ("isPersonalData", json!(true)),
        ("retentionPeriod", json!("24 hours")),
        ("recipientList", json!([urn("Organization", "mobility")])),
        ("owner", json!([urn("Organization", "mobility")])),
        ("source", json!("https://teststadt.example/deployments/wifi")),
        ("category", json!(["sensor"])),
    ] {
        assert_eq!(wifi[attribute], json!({ "type": "Property", "value": value }), "{attribute}");
    }
    assert_eq!(of("air")["isPersonalData"]["value"], json!(false));
    let plates = of("plate-hits");
    assert!(plates.get("recipientList").is_none() && plates.get("refDevice").is_none(), "nobody, and no sensor yet");
    // Who receives no more is not among them.
    let withdraw = json!({ "do": "withdraw-grant", "with": { "grant": "own" } });
    world.submit(json!({ "by": "mobility", "reason": "Enough", "command": withdraw })).unwrap();
    let (_, streams) = entities(&world).await;
    let wifi = streams.iter().find(|stream| stream["id"] == urn("PrivacyObject", "wifi-counts")).unwrap();
    assert!(wifi.get("recipientList").is_none(), "{wifi}");
}

#[tokio::test]
async fn linked_data_uses_terms_that_fit_and_defines_every_prefix() {
    let world = World::new();
    let wifi = world.get("/deployments/wifi.jsonld").await.json();
    assert_eq!(wifi["@id"], "https://teststadt.example/deployments/wifi");
    assert_eq!(wifi["dpv:hasLegalBasis"]["@id"], "dpv:PublicInterest");
    assert_eq!(wifi["dpv:hasPurpose"][0]["@type"], json!(["dpv:Purpose", "dpv:ImproveTransportMobility"]));
    assert_eq!(wifi["dpv:hasDataController"]["schema:name"], "Mobility department");
    assert_eq!(wifi["dpv:hasRecipient"][0]["schema:name"], "Mobility department");
    assert_eq!(wifi["dpv:hasStorageCondition"]["dpv:hasDuration"]["@value"], "PT86400S");
    let air = world.get("/deployments/pollution.jsonld").await.json();
    assert!(air.get("dpv:hasDataController").is_none() && air.get("dpv:hasRecipient").is_none());
    assert_eq!(air["dpv:hasData"][0]["@type"], json!(["dpv:NonPersonalData"]));
    let context = world.get("/context.jsonld").await.json();
    for document in [&wifi, &air] {
        assert_eq!(document["@context"], "https://teststadt.example/context.jsonld");
        let prefixes: Vec<&String> = context["@context"].as_object().unwrap().keys().collect();
        prefixed(document, &prefixes);
    }
}

/// Every key is a keyword or has a prefix that is defined.
fn prefixed(value: &Value, prefixes: &[&String]) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let defined =
                    key.split_once(':').is_some_and(|(prefix, _)| prefixes.iter().any(|known| *known == prefix));
                assert!(key.starts_with('@') || defined, "{key}");
                if key != "@context" {
                    prefixed(member, prefixes);
                }
            }
        }
        Value::Array(members) => members.iter().for_each(|member| prefixed(member, prefixes)),
        _ => {}
    }
}
