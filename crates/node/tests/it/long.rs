//! Lists that do not fit on one page: every thing stands on one of them, once.

use std::collections::BTreeSet;

use serde_json::json;

use crate::city::World;
use crate::html::check;

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
