//! Benchmarks as pages: what they show is what the mirrors give, with its interval and who is missing; long lists come page by page.

use axum::body::to_bytes;
use axum::http::{StatusCode, header};
use hub::benchmark::{Group, Measure, NamedDefinition, Table, Tally};
use hub::land::Land;
use hub::mirror::{Mirror, refresh};
use hub::simulate::Generated;
use model::Clock as _;
use sha2::{Digest as _, Sha256};
use testkit::FakeClock;

use crate::logs::generated;
use crate::pages::{get, sound, text};
use crate::world::World;

/// A hub that mirrors so many generated cities, and their logs of 300 days.
pub(crate) fn mirroring(cities: u64) -> World {
    let world = World::bare();
    let folder = world.dir().join("mirror");
    let all: Vec<_> = (0..cities).map(|number| Generated::entry(number).unwrap()).collect();
    Mirror::open(&folder).unwrap().add_all(&all).unwrap();
    let ways = generated(300);
    refresh(&folder, &ways, 2, &FakeClock::at(ways.now())).unwrap();
    world
}

fn tables(world: &World) -> Vec<Table> {
    let mirror = Mirror::open(&world.dir().join("mirror")).unwrap();
    Tally::mirror(&NamedDefinition::all().unwrap(), &mirror, world.clock.now()).unwrap()
}

#[tokio::test]
async fn every_benchmark_says_its_number_interval_definition_and_who_is_missing() {
    let world = mirroring(70);
    let list = sound(&world, "/benchmarks").await;
    for table in tables(&world) {
        let (id, all) = (&table.definition.id, &table.groups[&Group::All]);
        let missing: u64 = all.missing.values().sum();
        let page = sound(&world, &format!("/benchmarks/{id}")).await;
        for page in [&list, &page] {
            assert!(page.contains(&table.digest.to_string()), "{id}");
            assert!(page.contains(&format!("from {} cities; {missing} are missing", all.cities)), "{id}");
        }
        assert!(page.contains(&format!("ordinance hub benchmark --log ADDRESS --definition {id} --at")), "{id}");
        let first = &table.cities[0];
        let rank =
            first.rank.map(|(best, worst)| if best == worst { best.to_string() } else { format!("{best} to {worst}") });
        assert!(page.contains(&format!("<td class=\"number\">{}</td>", rank.unwrap_or_default())), "{id}");
        for number in [all.number, first.number].into_iter().flatten() {
            let told = match table.definition.count {
                Measure::Share { .. } => format!("{:.1} to {:.1} %", number.low * 100.0, number.high * 100.0),
                _ if number.high >= f64::from(u32::MAX) => "too few for an interval".to_owned(),
                _ => format!("{:.0} to {:.0}", number.low, number.high),
            };
            assert!(page.contains(&format!("<td>{told}</td>")), "{id}: {told}");
        }
        let map = sound(&world, &format!("/map?benchmark={id}")).await;
        assert!(map.contains("<svg") && map.contains("Latitude"), "{id}");
        for name in ["definition.json", "definition.note", "groups.csv", "map.csv"] {
            assert_eq!(get(&world, &format!("/benchmarks/{id}/{name}")).await.status(), StatusCode::OK, "{name}");
        }
    }
    sound(&world, "/map").await;
    for path in [
        "/benchmarks/none",
        "/benchmarks/none.csv",
        "/benchmarks/review-overdue/x",
        "/map?benchmark=none",
        "/map?page=99",
    ] {
        assert_eq!(get(&world, path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn land_lies_under_the_map_where_the_hub_has_some_and_whose_it_is_stands_beside_it() {
    let bare = mirroring(3);
    assert!(sound(&bare, "/map").await.contains("No land is drawn: this hub has no outlines of it."));
    let world = mirroring(3);
    let square = br#"{"type":"Polygon","coordinates":[[[0,0],[20,0],[20,20],[0,20],[0,0]]]}"#;
    Land::read(square, "Surveyors <of> Brookhaven").unwrap().keep(&world.dir()).unwrap();
    let map = sound(&world, "/map").await;
    assert!(map.contains("<path d=\"M360 180l40 0 0 -40 -40 0z\""), "{map}");
    assert!(map.contains("Land: Surveyors &#60;of&#62; Brookhaven.") && !map.contains("No land is drawn"), "{map}");
    // What is damaged is not drawn.
    let damaged = mirroring(3);
    std::fs::write(damaged.dir().join("land.json"), "{").unwrap();
    assert!(sound(&damaged, "/map").await.contains("No land is drawn"));
}

#[tokio::test]
async fn a_definition_is_what_its_digest_and_its_signature_say() {
    let world = mirroring(3);
    let key = world.hub.state().founded.as_ref().unwrap().log_key.parse::<tlog::Vkey>().unwrap();
    for table in tables(&world) {
        let id = &table.definition.id;
        let bytes =
            to_bytes(get(&world, &format!("/benchmarks/{id}/definition.json")).await.into_body(), 1 << 20).await;
        let digest = model::Digest::new(Sha256::digest(bytes.unwrap()).into());
        assert_eq!(digest, table.digest);
        let note = text(get(&world, &format!("/benchmarks/{id}/definition.note")).await).await;
        let note = tlog::Note::parse(&note).unwrap();
        assert_eq!(note.verify(std::slice::from_ref(&key)).unwrap().len(), 1, "signed by the log's key");
        assert_eq!(note.text(), format!("ordinance/benchmark/v1\n{id} {}\n{digest}\n", table.definition.version));
    }
}

#[tokio::test]
async fn cities_come_page_by_page_and_are_found_by_name_country_and_size() {
    let world = mirroring(120);
    let table = tables(&world).remove(0);
    let path = format!("/benchmarks/{}", table.definition.id);
    let rows = |page: &str| page.matches("<th scope=\"row\"><a href=\"/mirrors/").count();
    let first = sound(&world, &path).await;
    assert_eq!(rows(&first), 50);
    assert!(first.contains("120 cities by name, page 1 of 3") && first.contains("?page=2"));
    assert_eq!(rows(&sound(&world, &format!("{path}?page=3")).await), 20);
    for gone in ["page=4", "page=0", "page=x", "size=huge"] {
        assert_eq!(get(&world, &format!("{path}?{gone}")).await.status(), StatusCode::NOT_FOUND, "{gone}");
    }
    assert_eq!(rows(&sound(&world, &format!("{path}?q=CITY-00001")).await), 10);
    assert_eq!(
        rows(&sound(&world, &format!("{path}?q=&country=&size=&page=")).await),
        50,
        "a form that was sent as it was"
    );
    assert_eq!(rows(&sound(&world, &format!("{path}?q=nowhere")).await), 0);
    let small = table.groups.iter().find(|(group, _)| group.in_words() == "small").unwrap().1;
    let of_them = small.cities + small.missing.values().sum::<u64>();
    let page = sound(&world, &format!("{path}?size=small&q=city")).await;
    assert!(page.contains(&format!("{of_them} cities by name")), "{of_them}");
    assert!(of_them <= 50 || page.contains("?q=city&#38;size=small&#38;page=2"));
    let hostile = sound(&world, &format!("{path}?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")).await;
    assert!(!hostile.contains("<script") && hostile.contains("&#60;script&#62;"));
}

#[tokio::test]
async fn files_of_a_benchmark_hold_every_city_as_it_was_counted() {
    let world = mirroring(60);
    for table in tables(&world) {
        let id = &table.definition.id;
        let response = get(&world, &format!("/benchmarks/{id}.csv")).await;
        assert!(response.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/csv"));
        assert_eq!(text(response).await, table.cities_csv());
        assert_eq!(text(get(&world, &format!("/benchmarks/{id}/groups.csv")).await).await, table.groups_csv());
        let document = text(get(&world, &format!("/benchmarks/{id}.json?page=2")).await).await;
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["digest"], table.digest.to_string());
        assert_eq!((document["cities"].as_array().unwrap().len(), &document["pages"]), (10, &2.into()));
        assert_eq!(document["groups"].as_array().unwrap().len(), table.groups.len());
    }
}

#[tokio::test]
async fn a_hub_that_mirrors_nobody_says_so_and_begins_no_mirror_by_being_looked_at() {
    let world = World::bare();
    assert!(sound(&world, "/benchmarks").await.contains("the public logs of 0 cities"));
    for path in ["/benchmarks/review-overdue", "/map"] {
        sound(&world, path).await;
    }
    assert!(!world.dir().join("mirror").exists());
}
