//! Public addresses stay: a list of them is kept beside these tests, and the routes of the node are held against it.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use flow::Format;
use model::Span;
use std::collections::BTreeSet;
use std::path::Path;
use tower::ServiceExt;

use crate::city::World;

/// The addresses that are promised.
const PROMISED: &str = include_str!("addresses.txt");
/// The addresses of the router, as its source lists them.
const ROUTER: &str = include_str!("../../src/router.rs");
/// Where parties come in and work: those addresses are nobody else's to link to.
const CLOSED: [&str; 7] = ["/account", "/desk", "/office", "/sql", "/sign-in", "/sign-out", "/join"];
/// What an address is asked with where it needs more than itself.
const QUERIES: [(&str, &str); 2] = [
    ("/api/v1/released", "?stream=air&purpose=air-quality"),
    ("/api/v1/released/live", "?stream=air&purpose=air-quality"),
];

/// The lines of the list, without its notes.
fn promised() -> Vec<&'static str> {
    PROMISED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// What residents read in each language, as the router lists it.
fn residents() -> Vec<&'static str> {
    let (_, open) = ROUTER.split_once("fn residents()").unwrap();
    let open = open.split_once("\n}").unwrap().0;
    open.split(".route(\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// Every address that somebody can ask for without being a party: what the source routes, and what the description describes.
async fn routed(world: &World) -> BTreeSet<String> {
    let routes = testkit::routed(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let routes = routes.into_iter().filter(|route| route.get).map(|route| route.address);
    let described = world.get("/api/v1/openapi.json").await.json();
    let machines = described["paths"].as_object().unwrap().iter().filter(|(_, item)| item.get("get").is_some());
    let all = routes.chain(machines.map(|(path, _)| path.clone()));
    all.filter(|path| !CLOSED.iter().any(|begin| path.starts_with(begin))).collect()
}

#[tokio::test]
async fn no_public_address_is_taken_away_or_renamed_and_a_new_one_is_promised() {
    let promised = promised();
    let listed: BTreeSet<String> = promised.iter().map(|path| (*path).to_owned()).collect();
    assert_eq!(listed.len(), promised.len(), "an address stands in the list once");
    let routed = routed(&World::founded()).await;
    let gone: Vec<&String> = listed.difference(&routed).collect();
    assert!(gone.is_empty(), "addresses that others use are gone; put them back: {gone:?}");
    let new: Vec<&String> = routed.difference(&listed).collect();
    assert!(new.is_empty(), "new public addresses: add them to addresses.txt, and keep them for good: {new:?}");
    let residents = residents();
    assert!(residents.len() > 25, "the router lists its pages otherwise: {residents:?}");
    assert!(residents.iter().all(|path| listed.contains(*path)), "{residents:?}");
}

/// A world with something behind every address.
struct Full {
    world: World,
    inquiry: String,
    /// The address of a file that was made on a schedule.
    export: String,
    /// The first tile of the log, below `/log/`.
    tile: String,
}

impl Full {
    async fn new() -> Self {
        let world = World::new();
        let about = model::Subject::Deployment { id: "wifi".parse().unwrap() };
        let fields = model::Fields([("words".to_owned(), Some("Why is it there?".to_owned()))].into());
        let inquiry = register::Inquiry { kind: model::inquiry::InquiryKind::Question, about, fields };
        let inquiry = world.city.register().receive(&inquiry).unwrap().to_string();
        world.schedules(Format::Csv);
        for (token, line) in [("token-of-wifi-1", "\"mac\":\"a4:11:3c:00:00:01\""), ("token-of-air-1", "\"no2\":12")] {
            let line = format!("{{\"time\":\"{}\",{line}}}\n", world.now());
            let sent = world.post(token, "/api/v1/observations", "application/x-ndjson", line).await;
            assert_eq!(sent.status, 200, "{}", sent.text());
        }
        world.clock.advance(Span::minutes(62));
        world.told().await;
        let list = world.get_as("token-of-mobility", "/api/v1/exports").await.json();
        let export = list[0]["exports"][0]["address"].as_str().unwrap_or_else(|| panic!("{list}")).to_owned();
        let tile = tlog::tile::TileCoords::in_tree(0, 0, world.city.register().state().size).unwrap();
        Self { tile: tlog::tile::TilePath::from(tile).to_string(), world, inquiry, export }
    }

    /// An address of the list, about something that there is.
    fn filled(&self, path: &str) -> String {
        let known = match path {
            "/deployments/{id}" | "/api/v1/deployments/{id}" => path.replace("{id}", "wifi"),
            "/deployments/{id}/sign.pdf" | "/deployments/{id}/sign.svg" => path.replace("{id}", "wifi"),
            "/grants/{id}" | "/grants/{id}/odrl.json" => path.replace("{id}", "air-open"),
            "/places/{id}" | "/places/{id}/feed.atom" => path.replace("{id}", "centre"),
            "/organisations/{id}" => path.replace("{id}", "mobility"),
            "/asked/{id}" => path.replace("{id}", &self.inquiry),
            "/purposes/{code}" => path.replace("{code}", "air-quality"),
            "/technologies/{code}" => path.replace("{code}", "wifi-counter"),
            "/problems/{slug}" => path.replace("{slug}", "forbidden"),
            "/log/entries/{index}" | "/log/proof/{index}" => path.replace("{index}", "12"),
            "/log/tile/{*path}" => format!("/log/{}", self.tile),
            "/open/{stream}/{file}" => "/open/air/measurements.csv".to_owned(),
            "/open/{stream}/{view}/{file}" => "/open/air/measurements/2026-11-24.json".to_owned(),
            "/api/v1/exports/{name}/{file}" => self.export.clone(),
            _ => path.to_owned(),
        };
        assert!(!known.contains('{'), "name something that {path} is about");
        let query = QUERIES.iter().find(|(with, _)| *with == path).map_or("", |(_, query)| *query);
        format!("{known}{query}")
    }

    /// How an address answers to somebody with a token or without, and with what; a stream that does not end is not read.
    async fn status(&self, address: &str, token: Option<&str>) -> (StatusCode, String) {
        let mut request = Request::get(address).header(header::HOST, "teststadt.example");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let answer = self.world.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let kind = answer.headers().get(header::CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap());
        (answer.status(), kind.to_owned())
    }
}

#[tokio::test]
async fn every_promised_address_answers_about_something_that_there_is() {
    let full = Full::new().await;
    for path in promised() {
        let address = full.filled(path);
        // What was made on a schedule is for its recipient alone.
        let token = path.starts_with("/api/v1/exports").then_some("token-of-mobility");
        let (status, kind) = full.status(&address, token).await;
        assert_eq!(status, 200, "{address}");
        assert!(!kind.is_empty() && kind != "application/problem+json", "{address}: {kind}");
    }
    let (status, _) = full.status("/deployments/none", None).await;
    assert_eq!(status, 404, "a control: what there is nothing behind answers otherwise");
}

#[tokio::test]
async fn every_page_for_residents_answers_below_each_language_in_that_language() {
    let full = Full::new().await;
    for lang in ["en", "de"] {
        for path in residents() {
            // The first page of a language stands at its name with a slash behind it and without.
            let address = full.filled(path);
            let address = if address == "/" { format!("/{lang}") } else { format!("/{lang}{address}") };
            let answer = full.world.browse(&address).await;
            assert_eq!(answer.status, 200, "{address}");
            let says = if answer.header("content-type").starts_with("text/html") {
                format!("<html lang=\"{lang}\">")
            } else {
                format!("xml:lang=\"{lang}\"")
            };
            assert!(answer.text().contains(&says), "{address} does not say {says}: {}", answer.text());
        }
    }
}
