//! Sheets: the rows of an answer and nothing else, in the forms that other programs read.

use model::{Exposure, H3Resolution, Span};
use register::Command;
use serde_json::Value;

use super::world::World;
use crate::{Answer, Asked, Format};

/// Two quarters of an hour: in each, one receiver has enough phones and the other has not.
fn counted(world: &World) -> Answer {
    for _ in 0..2 {
        world.probes("s1", 0..12).unwrap();
        world.probes("s2", 0..9).unwrap();
        world.clock.advance(Span::minutes(15));
    }
    world.clock.advance(Span::minutes(2));
    world.city.tick().unwrap();
    world.city.disclose(&World::asked("city", "traffic-management", "wifi")).unwrap().get().clone()
}

fn written(world: &World, answer: &Answer, format: Format) -> Vec<u8> {
    world.city.sheet(answer).unwrap().write(format).unwrap()
}

#[test]
fn a_table_has_what_was_handed_over_and_no_cell_that_was_withheld() {
    let world = World::new();
    let answer = counted(&world);
    let csv = String::from_utf8(written(&world, &answer, Format::Csv)).unwrap();
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines[0], "from,to,sensor,longitude,latitude,distinct");
    assert_eq!((lines.len(), lines[3]), (4, ""));
    assert!(
        lines[1].starts_with("2026-06-01T12:00:00Z,2026-06-01T12:15:00Z,s1,") && lines[1].ends_with(",12"),
        "{csv}"
    );
    assert!(!csv.contains("s2"), "withheld");
    let map: Value = serde_json::from_slice(&written(&world, &answer, Format::GeoJson)).unwrap();
    let feature = &map["features"][1];
    assert_eq!((map["features"].as_array().unwrap().len(), &feature["geometry"]["type"]), (2, &"Point".into()));
    assert_eq!((&feature["properties"]["distinct"], &feature["properties"]["sensor"]), (&12.into(), &"s1".into()));
    assert!(feature["properties"].get("longitude").is_none());
    let about = &map["ordinance"];
    assert_eq!((&about["minimum"], &about["withheld"], &about["disclosure"]), (&10.into(), &98.into(), &0.into()));
    assert_eq!(about["receipt"], answer.receipt.as_str());
    assert!(about["in_words"][0].as_str().unwrap().contains("fewer than 10 units"), "{about}");
    let parquet = written(&world, &answer, Format::Parquet);
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    let database = written(&world, &answer, Format::Sqlite);
    assert!(database.starts_with(b"SQLite format 3\0"));
    // An answer is read as it was written, so that a file made elsewhere is the same.
    let read: Answer = serde_json::from_slice(&serde_json::to_vec(&answer).unwrap()).unwrap();
    assert_eq!(read, answer);
    assert_eq!(written(&world, &read, Format::Csv), csv.as_bytes());
}

#[test]
fn classes_have_a_column_where_each_begins_and_one_where_it_ends() {
    let world = World::new();
    let exposure = r#"{"as":"windows","bin":"15m","space":{"by":"sensor"},"measure":{"of":"histogram","number":"no2","edges":[20,40]}}"#;
    let state = world.city.register().state();
    let air = state.views_of(&"air".parse().unwrap()).next().unwrap().clone();
    let exposure: Exposure = serde_json::from_str(exposure).unwrap();
    let view = model::View { id: "classes".parse().unwrap(), exposure, ..air };
    world.submit("city", None, Command::DeclareView(view));
    let mut grant = state.grants.values().find(|record| record.grant.stream.as_str() == "air").unwrap().grant.clone();
    (grant.id, grant.view) = ("g-classes".parse().unwrap(), "classes".parse().unwrap());
    world.submit("city", None, Command::AgreeGrant(grant));
    for no2 in [10.0, 30.0, 35.0, 90.0] {
        let line = format!("{{\"time\":\"{}\",\"no2\":{no2}}}\n", world.now());
        world.city.ingest_lines("a1", line.as_bytes()).unwrap();
    }
    // The view holds back an hour.
    world.clock.advance(Span::minutes(80));
    world.city.tick().unwrap();
    let asked = Asked { view: Some("classes".parse().unwrap()), ..World::asked("public", "air-quality", "air") };
    let answer = world.city.disclose(&asked).unwrap().get().clone();
    let csv = String::from_utf8(written(&world, &answer, Format::Csv)).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "from,to,sensor,longitude,latitude,class_from,class_below,observations");
    let classes: Vec<&str> = lines[1..].iter().map(|line| line.splitn(6, ',').nth(5).unwrap()).collect();
    assert_eq!(classes, [",20,1", "20,40,2", "40,,1"]);
}

#[test]
fn records_have_a_column_for_each_field_of_their_kind() {
    let world = World::new();
    let spot = "\"spot\":{\"type\":\"Point\",\"coordinates\":[16.6068,49.1951]}";
    let lines =
        format!("{{\"time\":\"{now}\",\"no2\":40}}\n{{\"time\":\"{now}\",\"no2\":1.25,{spot}}}\n", now = world.now());
    world.city.ingest_lines("a1", lines.as_bytes()).unwrap();
    world.clock.advance(Span::hours(2));
    let answer = world.city.disclose(&World::asked("public", "air-quality", "air")).unwrap().get().clone();
    let read: Answer = serde_json::from_slice(&serde_json::to_vec(&answer).unwrap()).unwrap();
    for answer in [&answer, &read] {
        let csv = String::from_utf8(written(&world, answer, Format::Csv)).unwrap();
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(lines[0], "time,sensor,longitude,latitude,count,no2,spot");
        assert!(lines[1].ends_with(",1,40,") && lines[2].contains(",1,1.25,891e"), "{csv}");
        assert!(!csv.contains("16.6068,49.1951,1,1.25") || lines[2].contains("a1"), "{csv}");
    }
    // No row, the same columns.
    let none = Asked { to: Some(world.now() - Span::hours(5)), ..World::asked("public", "air-quality", "air") };
    let none = world.city.disclose(&none).unwrap().get().clone();
    assert_eq!(none.rows, []);
    let csv = String::from_utf8(written(&world, &none, Format::Csv)).unwrap();
    assert_eq!(csv, "time,sensor,longitude,latitude,count,no2,spot\r\n");
    assert!(written(&world, &none, Format::Parquet).starts_with(b"PAR1"));
}

#[test]
fn rows_of_another_view_are_no_sheet() {
    let world = World::new();
    let answer = counted(&world);
    let view = world.city.register().state().views_of(&"wifi".parse().unwrap()).next().unwrap().clone();
    let mut other = model::View { version: model::ViewVersion(2), ..view };
    if let Exposure::Windows { space, .. } = &mut other.exposure {
        *space = model::Space::Cell { resolution: H3Resolution::try_from(9).unwrap() };
    }
    let (state, by) = (world.city.register().state(), "wifi".parse().unwrap());
    let stream = state.stream(&by).unwrap().1;
    let refused = crate::Sheet::of(&answer, &other, stream, &std::collections::BTreeMap::new()).unwrap_err();
    assert!(refused.to_string().contains("`counts`"), "{refused}");
    world.submit("city", Some("the agreement ended"), Command::WithdrawGrant { grant: "g-counts".parse().unwrap() });
    assert!(world.city.sheet(&answer).is_ok(), "what was handed over may be written down");
}
