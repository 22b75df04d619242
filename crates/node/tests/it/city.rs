//! A small city in a temporary folder, with something of everything, hostile texts included.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use flow::exports::{Schedule, Schedules};
use flow::{City, Created, Format};
use model::policy::PolicyText;
use model::{Party, PartyKind, Timestamp};
use register::{Adopting, Founding, Submission};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{FakeClock, SeededBytes};
use tower::ServiceExt;

/// When it is.
pub(crate) const NOW: &str = "2026-11-24T08:00:00Z";
/// What would run if a page did not escape what it shows.
pub(crate) const HOSTILE: &str = r#"</title><script>alert("x")</script><img src=x onerror='alert(1)'>"#;

/// The city, its node, and what it was built with.
pub(crate) struct World {
    pub(crate) city: Arc<City>,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) router: Router,
    pub(crate) folder: TempDir,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
    /// The document of a problem; panics if it is not one.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.header("cache-control"), "no-store");
        let document = self.json();
        assert_eq!(document["status"], status);
        assert!(document["type"].as_str().unwrap().starts_with("/problems/"), "{document}");
        assert!(!document["title"].as_str().unwrap().is_empty());
        document
    }
}

impl World {
    /// The city with everything in it.
    pub(crate) fn new() -> Self {
        let world = Self::founded();
        for submission in submissions() {
            let words = submission.to_string();
            world.submit(submission).unwrap_or_else(|error| panic!("{error}: {words}"));
        }
        let order = json!({ "id": "order-17", "party": "police", "authority": "Judge, district court", "deployment": "plates",
            "until": "2027-01-01T00:00:00Z", "entries": 2 });
        let order = serde_json::from_value(order).unwrap();
        let values = ["AB12CDE".to_owned(), "XY34ZZZ".to_owned()];
        world.city.issue_order(&"police".parse().unwrap(), order, &values).unwrap();
        for (device, by) in [("wifi-1", "mobility"), ("air-1", "environment"), ("wifi-2", "mobility")] {
            let credential = flow::city::credential(&format!("token-of-{device}"));
            let command =
                json!({ "do": "set-device-credential", "with": { "device": device, "credential": credential } });
            world.submit(json!({ "by": by, "command": command })).unwrap();
        }
        for party in ["city", "mobility", "police", "advertiser"] {
            let credential = flow::city::credential(&format!("token-of-{party}"));
            let command =
                json!({ "do": "issue-party-credential", "with": { "party": party, "credential": credential } });
            world.submit(json!({ "by": "city", "command": command })).unwrap();
        }
        world.city.register().publish().unwrap();
        world
    }

    /// A city with nothing in it.
    pub(crate) fn founded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::at(NOW.parse().unwrap()));
        let founder =
            Party { id: "city".parse().unwrap(), name: "Teststadt".to_owned(), kind: PartyKind::CityDepartment };
        let policies = PolicyText {
            layers: vec![testkit::core()],
            permits: norms::city_permits_default().to_owned(),
            permits_owner: founder.id.clone(),
        };
        let founding = Founding {
            name: "Teststadt".to_owned(),
            founder,
            adopting: Adopting::unreleased(policies, "for tests".to_owned()),
            reason: None,
        };
        let created = Created { founding, origin: "teststadt.example/log".to_owned() };
        let city =
            City::create(&folder.path().join("city"), created, Arc::clone(&clock) as _, Arc::new(SeededBytes::new(7)))
                .unwrap();
        let city = Arc::new(city);
        let router = node::router(Arc::clone(&city), None);
        Self { city, clock, router, folder }
    }

    /// Does what is due by the city's clock, beside the event loop.
    pub(crate) async fn tick(&self) {
        let city = Arc::clone(&self.city);
        tokio::task::spawn_blocking(move || city.tick().map(drop)).await.unwrap().unwrap();
    }

    /// The same, and what came of it is published.
    pub(crate) async fn told(&self) {
        self.tick().await;
        self.city.register().publish().unwrap();
    }

    /// From now on a file of an hour's phones is made for the mobility department.
    pub(crate) fn schedules(&self, format: Format) {
        let schedule = Schedule {
            name: "hourly".parse().unwrap(),
            recipient: "mobility".parse().unwrap(),
            purpose: "traffic-management".parse().unwrap(),
            stream: "wifi-counts".parse().unwrap(),
            view: None,
            format,
            every: "1h".parse().unwrap(),
            keep: 3,
            since: self.now(),
        };
        Schedules::of(self.city.root()).add(&schedule).unwrap();
    }

    /// Adopts policies that no hub released.
    pub(crate) fn adopt(&self, policies: &Value) {
        let with = serde_json::json!({ "policies": policies, "unreleased": "for tests" });
        let command = serde_json::json!({ "do": "adopt-from", "with": with });
        self.submit(serde_json::json!({ "by": "city", "command": command })).unwrap();
    }

    pub(crate) fn submit(&self, submission: Value) -> Result<register::Receipt, register::SubmitError> {
        let submission: Submission = serde_json::from_value(submission).unwrap();
        self.city.register().submit(submission)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.city.register().now()
    }

    /// Asks, at the city's own host unless the request names another.
    pub(crate) async fn ask(&self, mut request: Request<Body>) -> Answer {
        request.headers_mut().entry(header::HOST).or_insert(header::HeaderValue::from_static("teststadt.example"));
        let response: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// As a browser asks.
    pub(crate) async fn browse(&self, path: &str) -> Answer {
        let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        self.ask(Request::get(path).header(header::ACCEPT, accept).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn get_as(&self, token: &str, path: &str) -> Answer {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, token: &str, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.ask(request.header(header::CONTENT_TYPE, kind).body(body.into()).unwrap()).await
    }
}

/// Every submission behind the city, in order.
pub(crate) fn submissions() -> Vec<Value> {
    let mut all = Vec::new();
    for (id, name, kind) in [
        ("mobility", "Mobility department", "city-department"),
        ("environment", "Environment department", "city-department"),
        ("council", "Clerk to the council", "officer"),
        ("privacy-office", "Privacy officer", "officer"),
        ("police", "City police", "law-enforcement"),
        ("advertiser", HOSTILE, "company"),
        ("public", "Everybody", "public"),
    ] {
        let party = json!({ "id": id, "name": name, "kind": kind });
        all.push(json!({ "by": "city", "command": { "do": "register-party", "with": { "party": party } } }));
    }
    for (id, name, within) in
        [("whole", "Teststadt", None), ("centre", "Old town", Some("whole")), ("station", HOSTILE, Some("centre"))]
    {
        let mut place = json!({ "id": id, "name": name, "geometry": { "type": "Point", "coordinates": [16.6, 49.2] } });
        if let Some(within) = within {
            place["within"] = within.into();
        }
        all.push(json!({ "by": "city", "command": { "do": "register-place", "with": place } }));
    }
    all.extend(active("mobility", wifi("wifi", "centre", "How busy is the old town?")));
    all.extend(active("environment", air()));
    all.extend(active("police", plates()));
    all.push(json!({ "by": "mobility", "reason": HOSTILE, "command": { "do": "propose", "with": wifi("station-wifi", "station", HOSTILE) } }));
    for (id, stream, deployment, by) in [
        ("wifi-1", "wifi-counts", "wifi", "mobility"),
        ("air-1", "air", "pollution", "environment"),
        ("wifi-2", "station-wifi-counts", "station-wifi", "mobility"),
    ] {
        let device = json!({ "id": id, "stream": stream, "deployment": deployment, "position": [16.6, 49.2] });
        all.push(json!({ "by": by, "command": { "do": "register-device", "with": device } }));
    }
    all.extend(views_and_grants());
    all
}

fn wifi(id: &str, place: &str, title: &str) -> Value {
    json!({ "id": id, "title": title, "description": format!("Counts phones. {title}"), "accountable": "mobility", "place": place,
        "technology": "wifi-counter", "purposes": ["traffic-management"], "legal_basis": "public-task",
        "privacy_statement": "https://teststadt.example/privacy",
        "starts": "2026-11-01T00:00:00Z", "ends": "2027-11-01T00:00:00Z",
        "streams": [{ "id": format!("{id}-counts"), "retention": "24h", "time": { "do": "bin", "bin": "1m" }, "properties": {
            "mac": { "category": "mac-address", "value": "text", "treatment": { "do": "pseudonymise", "epoch": "24h" } },
            "ssid": { "category": "network-name", "value": "text", "treatment": { "do": "drop" } } } }] })
}

fn air() -> Value {
    json!({ "id": "pollution", "title": "Air quality", "description": "What we breathe.", "accountable": "environment",
        "place": "whole", "technology": "air-quality-station", "purposes": ["air-quality", "public-information"],
        "legal_basis": "not-personal", "privacy_statement": "javascript:alert(1)", "starts": "2026-11-01T00:00:00Z", "ends": "2027-11-01T00:00:00Z",
        "streams": [{ "id": "air", "retention": "3650d", "time": { "do": "keep" }, "properties": {
            "no2": { "category": "air-quality", "value": "number", "unit": "µg/m³", "treatment": { "do": "keep" } } } }] })
}

fn plates() -> Value {
    json!({ "id": "plates", "title": "Search for listed number plates", "description": "Compares plates with one order.",
        "accountable": "police", "place": "whole", "technology": "number-plate-reader", "purposes": ["crime-investigation"],
        "legal_basis": "law-enforcement", "privacy_statement": "https://teststadt.example/plates",
        "starts": "2026-11-01T00:00:00Z", "ends": "2027-11-01T00:00:00Z",
        "streams": [{ "id": "plate-hits", "retention": "30d", "time": { "do": "keep" }, "properties": {
            "plate": { "category": "number-plate", "value": "text", "treatment": { "do": "match", "order": "order-17" } } } }] })
}

/// A deployment through all its steps.
fn active(by: &str, deployment: Value) -> Vec<Value> {
    let id = deployment["id"].clone();
    let assessment = json!({ "id": format!("pia-{}", id.as_str().unwrap()), "deployment": id, "instrument": "privacy-impact-1",
        "outcome": "acceptable", "summary": "The risks are small & named.", "signed_by": "privacy-office",
        "document": "11".repeat(32), "review_by": "2027-10-01T00:00:00Z" });
    vec![
        json!({ "by": by, "command": { "do": "propose", "with": deployment } }),
        json!({ "by": "privacy-office", "command": { "do": "sign-assessment", "with": assessment } }),
        json!({ "by": "council", "reason": "It is useful, and small.", "command": { "do": "approve", "with": { "deployment": id, "until": "2027-06-01T00:00:00Z" } } }),
        json!({ "by": by, "command": { "do": "publish", "with": { "deployment": id } } }),
        json!({ "by": by, "command": { "do": "activate", "with": { "deployment": id } } }),
    ]
}

fn views_and_grants() -> Vec<Value> {
    let counts = json!({ "id": "counts", "version": 1, "stream": "wifi-counts", "title": "How many phones were near",
        "exposure": { "as": "windows", "bin": "15m", "space": { "by": "sensor" }, "measure": { "of": "distinct", "property": "mac" } },
        "identifiers": "none", "minimum": 10, "bound": 4, "noise": "none", "delay": "0s", "depth": "400d" });
    let open = json!({ "id": "measurements", "version": 1, "stream": "air", "title": "Every measurement",
        "exposure": { "as": "records", "fields": ["no2"] }, "identifiers": "none", "minimum": 0, "bound": 1, "noise": "none",
        "delay": "0s", "depth": "3650d" });
    let grant = |id: &str, recipient: &str, stream: &str, view: &str, purpose: &str| {
        json!({ "id": id, "recipient": recipient, "stream": stream, "view": view, "purpose": purpose,
            "until": "2027-05-01T00:00:00Z", "duties": ["no-reidentification"],
            "judged": { "personal": recipient != "public", "argument": "Nobody could join <them> with anything." } })
    };
    vec![
        json!({ "by": "mobility", "command": { "do": "declare-view", "with": counts } }),
        json!({ "by": "environment", "command": { "do": "declare-view", "with": open } }),
        json!({ "by": "mobility", "command": { "do": "agree-grant", "with": grant("own", "mobility", "wifi-counts", "counts", "traffic-management") } }),
        json!({ "by": "environment", "command": { "do": "agree-grant", "with": grant("air-open", "public", "air", "measurements", "air-quality") } }),
    ]
}
