//! Lists that do not fit on one page: every thing stands on one of them, once.

use std::collections::BTreeSet;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::city::World;
use crate::html::check;

/// The most that a page and all it loads may weigh, compressed, in bytes: as the walk in a browser weighs them.
const PAGE_BYTES_MAX: usize = 60_000;
/// How many deployments are proposed besides those that are there.
const MANY: usize = 120;

fn crowded() -> World {
    let world = World::new();
    for number in 0..MANY {
        let deployment = json!({
            "id": format!("many-{number}"), "title": format!("Air at square {number}"), "description": "What we breathe.",
            "accountable": "environment", "place": "centre", "technology": "air-quality-station", "purposes": ["air-quality"],
            "legal_basis": "not-personal", "privacy_statement": "https://teststadt.example/p",
            "starts": "2026-11-01T00:00:00Z", "ends": "2027-11-01T00:00:00Z",
            "streams": [{ "id": format!("many-{number}-air"), "retention": "3650d", "time": { "do": "keep" }, "properties": {
                "no2": { "category": "air-quality", "value": "number", "unit": "µg/m³", "treatment": { "do": "keep" } } } }],
        });
        let command = json!({ "do": "propose", "with": deployment });
        world.submit(json!({ "by": "environment", "command": command })).unwrap();
    }
    world.city.register().publish().unwrap();
    world
}

/// The deployments that a page links to.
fn linked(text: &str) -> Vec<String> {
    let links = text.split("<h3><a href=\"/deployments/").skip(1);
    links.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

/// What `rel="next"` leads to.
fn next(text: &str) -> Option<String> {
    let (before, _) = text.split_once("\" rel=\"next\"")?;
    Some(before.rsplit_once("href=\"")?.1.to_owned())
}

#[tokio::test]
async fn a_long_list_comes_page_by_page_and_nothing_is_lost() {
    let world = crowded();
    let all: BTreeSet<String> = world.city.register().state().deployments.keys().map(ToString::to_string).collect();
    for (path, at_least) in [
        ("/", all.len()),
        ("/places/whole", MANY),
        ("/places/centre", MANY),
        ("/purposes/air-quality", MANY),
        ("/technologies/air-quality-station", MANY),
        ("/organisations/environment", MANY),
    ] {
        let (mut found, mut asked, mut pages) = (Vec::new(), Some(path.to_owned()), 0);
        while let Some(address) = asked {
            let answer = world.browse(&address).await;
            assert_eq!(answer.status, 200, "{address}");
            check(answer.text());
            assert!(answer.bytes.len() < 150_000, "{address}: {} bytes", answer.bytes.len());
            found.extend(linked(answer.text()));
            asked = next(answer.text());
            pages += 1;
        }
        let once: BTreeSet<String> = found.iter().cloned().collect();
        assert_eq!(once.len(), found.len(), "{path} lists something twice");
        assert!(once.len() >= at_least && once.is_subset(&all) && pages >= 3, "{path}: {} on {pages}", once.len());
    }
    for beyond in ["/?page=99", "/?page=0", "/places/centre?page=4", "/?page=2x", "/places?page=-1"] {
        let answer = world.browse(beyond).await;
        assert!([400, 404].contains(&answer.status.as_u16()), "{beyond}");
    }
}

#[tokio::test]
async fn what_is_near_and_what_is_sought_stays_short() {
    let world = crowded();
    for path in ["/near", "/near?lat=49.2&lon=16.6", "/search?q=air"] {
        let answer = world.browse(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(linked(answer.text()).len(), 50, "{path}");
    }
    assert!(world.browse("/search?q=air").await.text().contains("121 deployments were found"));
}

/// Words that nobody wrote twice, so that nothing is small because it is always the same.
fn words(seed: u64, count: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from((state >> 33) % 26).unwrap())
    };
    (0..count).map(|_| (0..6).map(|_| letter()).collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// A register of deployments by many parties at many places, none called like another.
fn varied() -> World {
    let world = World::new();
    for number in 0..40_u64 {
        let party =
            json!({ "id": format!("office-{number}"), "name": words(1_000 + number, 4), "kind": "city-department" });
        world
            .submit(json!({ "by": "city", "command": { "do": "register-party", "with": { "party": party } } }))
            .unwrap();
        let place = json!({ "id": format!("square-{number}"), "name": words(2_000 + number, 3), "within": "whole",
            "geometry": { "type": "Point", "coordinates": [16.6 + number as f64 / 997.0, 49.2 + number as f64 / 1_009.0] } });
        world.submit(json!({ "by": "city", "command": { "do": "register-place", "with": place } })).unwrap();
    }
    for number in 0..60_u64 {
        let (id, of) = (format!("varied-{number}"), number % 40);
        let deployment = json!({
            "id": id, "title": format!("Air: {}", words(number, 16)), "description": words(3_000 + number, 40),
            "accountable": format!("office-{of}"), "place": format!("square-{of}"), "technology": "air-quality-station",
            "purposes": ["air-quality", "public-information", "street-design"], "legal_basis": "not-personal",
            "privacy_statement": "https://teststadt.example/p",
            "starts": "2026-11-01T00:00:00Z", "ends": "2027-11-01T00:00:00Z",
            "streams": [{ "id": format!("{id}-air"), "retention": "3650d", "time": { "do": "keep" }, "properties": {
                "no2": { "category": "air-quality", "value": "number", "unit": "µg/m³", "treatment": { "do": "keep" } } } }],
        });
        let by = format!("office-{of}");
        world.submit(json!({ "by": by, "command": { "do": "propose", "with": deployment } })).unwrap();
        let device = json!({ "id": format!("{id}-1"), "stream": format!("{id}-air"), "deployment": id,
            "position": [16.6 + number as f64 / 991.0, 49.2 + number as f64 / 1_013.0] });
        world.submit(json!({ "by": by, "command": { "do": "register-device", "with": device } })).unwrap();
    }
    world.city.register().publish().unwrap();
    world
}

/// How much of something goes over a wire, compressed as web servers do.
fn packed(bytes: &[u8]) -> usize {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap().len()
}

#[tokio::test]
async fn a_full_page_of_cards_weighs_no_more_than_a_page_may() {
    let world = varied();
    let mut besides = 0;
    for loaded in ["/style.css", "/icon.svg"] {
        let answer = world.get(loaded).await;
        assert_eq!(answer.status, 200, "{loaded}");
        besides += packed(&answer.bytes);
    }
    for path in ["/", "/near", "/near?lat=49.2&lon=16.6", "/search?q=air", "/places/whole", "/purposes/air-quality"] {
        for root in ["", "/de"] {
            let address = format!("{root}{path}");
            let answer = world.browse(&address).await;
            assert_eq!(answer.status, 200, "{address}");
            let cards = answer.text().matches("<article class=\"card\">").count();
            assert_eq!(cards, 50, "{address}");
            let own = packed(&answer.bytes);
            assert!(own + besides <= PAGE_BYTES_MAX, "{address} weighs {own} bytes, and {besides} besides");
            // No two cards say the same, so that this is what a real register weighs.
            assert!(own > 50 * 100, "{address} weighs {own} bytes");
        }
    }
}
