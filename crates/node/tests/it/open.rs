//! Open data: addresses that stay, each download a disclosure to everybody, and a catalogue that harvesters read.

use axum::body::Body;
use axum::http::Request;
use model::{Seq, Span};
use serde_json::{Value, json};

use crate::city::World;

/// A city whose air was measured on two days.
async fn measured() -> World {
    let world = World::new();
    for (at, no2) in [("2026-11-24T08:00:00Z", "41.5"), ("2026-11-25T07:00:00Z", "17")] {
        world.clock.set(at.parse().unwrap());
        let line = format!("{{\"time\":\"{at}\",\"no2\":{no2}}}\n");
        assert_eq!(
            world.post("token-of-air-1", "/api/v1/observations", "application/x-ndjson", line).await.status,
            200
        );
    }
    world.clock.advance(Span::minutes(1));
    world
}

fn disclosures(world: &World) -> usize {
    world.city.register().disclosure_records(Seq(0), 100).unwrap().len()
}

#[tokio::test]
async fn every_download_is_a_disclosure_to_everybody() {
    let world = measured().await;
    let csv = world.get("/open/air/measurements.csv").await;
    assert_eq!((csv.status.as_u16(), csv.header("content-type")), (200, "text/csv; charset=utf-8; header=present"));
    assert_eq!(
        csv.text(),
        "time,sensor,longitude,latitude,count,no2\r\n2026-11-24T08:00:00Z,air-1,16.6,49.2,1,41.5\r\n\
         2026-11-25T07:00:00Z,air-1,16.6,49.2,1,17\r\n"
    );
    assert_eq!((csv.header("ordinance-disclosure"), csv.header("ordinance-withheld")), ("0", "0"));
    assert_eq!((csv.header("cache-control"), csv.header("access-control-allow-origin")), ("no-store", "*"));
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"air-measurements.csv\"");
    let day = world.get("/open/air/measurements/2026-11-24.json").await.json();
    assert_eq!((day["rows"].as_array().unwrap().len(), &day["rows"][0]["fields"]["no2"]), (1, &41.5.into()));
    assert_eq!((&day["record"]["recipient"], &day["record"]["seq"]), (&"public".into(), &1.into()));
    assert!(day["receipt"].as_str().unwrap().contains("ordinance/disclosure-receipt/v1"));
    let map = world.get("/open/air/measurements/2026-11-25.geojson").await;
    assert_eq!(map.header("content-type"), "application/geo+json");
    assert_eq!(map.json()["features"][0]["geometry"], json!({ "type": "Point", "coordinates": [16.6, 49.2] }));
    assert_eq!(disclosures(&world), 3);
    // To look whether it is there is no disclosure; what is not there is none either.
    let head = world.ask(Request::head("/open/air/measurements.csv").body(Body::empty()).unwrap()).await;
    assert_eq!((head.status.as_u16(), head.text()), (200, ""));
    for none in [
        "/open/air/measurements.xml",
        "/open/air/measurements",
        "/open/air/none.csv",
        "/open/wifi-counts/counts.csv",
        "/open/plate-hits/hits.json",
        "/open/air/measurements/2026-11-26.csv",
        "/open/air/measurements/2026-11-31.csv",
        "/open/air/measurements/yesterday.csv",
    ] {
        assert_eq!(world.get(none).await.problem(404)["type"], "/problems/not-found", "{none}");
    }
    assert_eq!(disclosures(&world), 3);
}

#[tokio::test]
async fn what_is_open_no_more_is_there_no_more() {
    let world = measured().await;
    let withdraw = json!({ "do": "withdraw-grant", "with": { "grant": "air-open" } });
    world.submit(json!({ "by": "environment", "reason": "it ended", "command": withdraw })).unwrap();
    world.get("/open/air/measurements.csv").await.problem(404);
    let catalog = world.get("/open/catalog.jsonld").await.json();
    let sets: Vec<_> = catalog["dcat:dataset"].as_array().unwrap().iter().map(|set| &set["dct:identifier"]).collect();
    assert_eq!(sets, ["numbers"], "the city's months alone, which are no view");
    assert!(!world.browse("/").await.text().contains("/open/"));
    assert!(!world.browse("/deployments/pollution").await.text().contains("/open/"));
}

/// The properties that DCAT-AP 3.0 makes mandatory, of each class that the catalogue uses.
const MANDATORY: [(&str, &[&str]); 4] = [
    ("dcat:Catalog", &["dct:title", "dct:description", "dct:publisher"]),
    ("dcat:Dataset", &["dct:title", "dct:description"]),
    ("dcat:Distribution", &["dcat:accessURL"]),
    ("foaf:Agent", &["foaf:name"]),
];

/// Walks through JSON-LD: every name is one of the context, every class has what it must have, every address is one.
fn walk(value: &Value, context: &serde_json::Map<String, Value>, classes: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| walk(value, context, classes)),
        Value::Object(members) => {
            let known = |name: &str| name.split_once(':').is_some_and(|(prefix, _)| context.contains_key(prefix));
            for (name, value) in members {
                match name.as_str() {
                    "@context" | "@value" => continue,
                    "@id" => {
                        let id = value.as_str().unwrap();
                        assert!(id.starts_with('/') || id.starts_with("http"), "{id}");
                        assert!(!id.contains(char::is_whitespace), "{id}");
                    }
                    "@type" => {
                        let kind = value.as_str().unwrap();
                        assert!(known(kind) || kind.starts_with("http"), "{kind}");
                        for (class, mandatory) in MANDATORY.iter().filter(|(class, _)| *class == kind) {
                            classes.push((*class).to_owned());
                            for name in *mandatory {
                                let empty = members.get(*name).is_none_or(|value| value.is_null() || value == "");
                                assert!(!empty, "a {class} without {name}: {members:?}");
                            }
                        }
                    }
                    name => {
                        assert!(known(name), "{name} is not in the context");
                        walk(value, context, classes);
                    }
                }
            }
        }
        Value::String(text) => assert!(!text.is_empty()),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_catalogue_is_such_as_harvesters_ask_for() {
    let world = measured().await;
    let answer = world.get("/open/catalog.jsonld").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/ld+json"));
    let catalog = answer.json();
    let mut classes = Vec::new();
    walk(&catalog, catalog["@context"].as_object().unwrap(), &mut classes);
    let count = |class: &str| classes.iter().filter(|known| *known == class).count();
    assert_eq!(
        (count("dcat:Catalog"), count("dcat:Dataset"), count("dcat:Distribution")),
        (1, 2, 4),
        "a view in three forms, and the city's months"
    );
    let set = &catalog["dcat:dataset"][0];
    assert_eq!(set["dct:identifier"], "air/measurements");
    assert_eq!(set["dcat:theme"]["@id"], "http://publications.europa.eu/resource/authority/data-theme/ENVI");
    assert_eq!(set["dcat:contactPoint"]["vcard:fn"], "Environment department");
    assert_eq!(set["dct:spatial"]["locn:geographicName"], "Teststadt");
    assert_eq!(set["dct:temporal"]["dcat:startDate"]["@value"], "2026-11-01T00:00:00Z");
    assert_eq!(disclosures(&world), 0, "a catalogue is no disclosure");
    // Every address in it leads somewhere.
    for distribution in set["dcat:distribution"].as_array().unwrap() {
        let address = distribution["dcat:downloadURL"]["@id"].as_str().unwrap();
        assert_eq!(world.get(address).await.status, 200, "{address}");
        assert!(distribution.get("dct:license").is_none(), "nobody filed one");
    }
    for page in ["/", "/deployments/pollution"] {
        assert!(world.browse(page).await.text().contains("/open/catalog.jsonld"), "{page}");
    }
    let licence = "https://creativecommons.org/publicdomain/zero/1.0/";
    let filed = json!({ "id": "air-licence", "about": { "what": "deployment", "id": "pollution" }, "kind": "licence",
        "on": "2026-11-24T00:00:00Z", "signed_by": "environment", "summary": licence });
    let command = json!({ "do": "file-evidence", "with": filed });
    world.submit(json!({ "by": "environment", "command": command })).unwrap();
    let catalog = world.get("/open/catalog.jsonld").await.json();
    assert_eq!(catalog["dcat:dataset"][0]["dcat:distribution"][0]["dct:license"]["@id"], licence);
}
