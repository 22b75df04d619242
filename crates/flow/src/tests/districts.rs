//! Positions and sensors fall into registered places: those of the register as it is, and none that is not there.

use model::{Place, Span, Timestamp};
use privacy::Column;
use register::{Command, Submission};
use serde_json::{Value, json};

use super::World;
use crate::{Cell, Format, Row};

fn stream() -> Value {
    json!({ "id": "quiet-stream", "time": { "do": "bin", "bin": "15m" }, "retention": "7d", "properties": {
        "spot": { "category": "person-location", "value": "point", "treatment": { "do": "district", "of": ["old-town"] } } } })
}

/// A square from a western to an eastern edge.
fn old_town(west: f64, east: f64) -> Command {
    let ring = json!([[[west, 49.0], [east, 49.0], [east, 50.0], [west, 50.0], [west, 49.0]]]);
    let place = json!({ "id": "old-town", "name": "Old Town", "geometry": { "type": "Polygon", "coordinates": ring } });
    Command::RegisterPlace(serde_json::from_value::<Place>(place).unwrap())
}

fn send(world: &World, longitude: f64) {
    let spot = json!({ "type": "Point", "coordinates": [longitude, 49.5] });
    let line = json!({ "time": world.now().to_string(), "spot": spot }).to_string();
    assert_eq!(world.city.ingest_lines("q1", line.as_bytes()).unwrap().admitted, 1);
}

fn districts(world: &World) -> Vec<(Timestamp, String)> {
    let stored = world.stored("quiet-stream");
    let rows = stored.iter().flat_map(|columns| match columns.column(&"spot".parse().unwrap()) {
        Some(Column::Text(texts)) => {
            let text = |row| texts.get(row).unwrap().to_owned();
            (0..columns.len()).map(|row| (columns.time(row), text(row))).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    });
    rows.collect()
}

#[test]
fn a_position_is_stored_as_the_place_that_holds_it_and_a_changed_outline_counts_from_the_next_batch_on() {
    let world = World::new();
    world.submit("city", None, old_town(16.0, 17.0));
    world.declare_quiet(&stream());
    let bin = world.now();
    send(&world, 16.5);
    send(&world, 17.5);
    world.submit("city", None, old_town(17.0, 18.0));
    send(&world, 16.5);
    send(&world, 17.5);
    let names = districts(&world);
    let expected = ["old-town", "outside", "outside", "old-town"].map(|name| (bin, name.to_owned()));
    assert_eq!(names, expected);
}

#[test]
fn a_district_that_is_not_registered_or_a_point_is_refused_with_the_proposal() {
    let world = World::new();
    let deployment = world.city.register().state().deployments[&"congestion".parse().unwrap()].deployment.clone();
    for place in ["old-town", "centre"] {
        let mut declared = stream();
        declared["properties"]["spot"]["treatment"]["of"] = json!([place]);
        let proposal = model::Deployment {
            id: "quiet".parse().unwrap(),
            streams: vec![serde_json::from_value(declared).unwrap()],
            ..deployment.clone()
        };
        let submission = Submission { by: "city".parse().unwrap(), reason: None, command: Command::Propose(proposal) };
        let refused = world.city.register().submit(submission).unwrap_err().to_string();
        assert!(refused.contains(&format!("`{place}` is not registered or is a point")), "{refused}");
    }
}

/// A view of how many phones were seen, on some grid.
fn counted(id: &str, space: &Value) -> Command {
    let view = json!({ "id": id, "version": 1, "stream": "quiet-stream", "title": "Phones",
        "exposure": { "as": "windows", "bin": "15m", "space": space, "measure": { "of": "distinct", "property": "mac" } },
        "identifiers": "none", "minimum": 10, "bound": null, "noise": "none", "delay": "0s", "depth": "7d" });
    Command::DeclareView(serde_json::from_value(view).unwrap())
}

fn refused(world: &World, command: Command) -> String {
    let submission = Submission { by: "city".parse().unwrap(), reason: None, command };
    world.city.register().submit(submission).unwrap_err().to_string()
}

#[test]
fn people_are_counted_by_district_once_each_and_no_other_grid_stands_beside_it() {
    let world = World::new();
    world.declare_quiet(&json!({ "id": "quiet-stream", "time": { "do": "keep" }, "retention": "7d", "properties": {
        "mac": { "category": "mac-address", "value": "text", "treatment": { "do": "pseudonymise", "epoch": "24h" } } } }));
    let old = json!({ "by": "district", "of": ["old-town"] });
    let unknown = refused(&world, counted("districts", &old));
    assert!(unknown.contains("`old-town` is not registered or is a point"), "{unknown}");
    world.submit("city", None, old_town(16.0, 17.0));
    world.submit("city", None, counted("districts", &old));
    // A finer grid beside it would tell by the difference, and so would a coarser one.
    for other in [json!({ "by": "sensor" }), json!({ "by": "stream" }), json!({ "by": "cell", "resolution": 8 })] {
        let refused = refused(&world, counted("other", &other));
        assert!(refused.contains("somebody was at another sensor, alone"), "{refused}");
    }
    let grant = json!({ "id": "by-district", "recipient": "city", "stream": "quiet-stream", "view": "districts",
        "purpose": "traffic-management", "until": "2026-08-01T00:00:00Z", "duties": ["no-reidentification"] });
    world.submit("city", None, Command::AgreeGrant(serde_json::from_value(grant).unwrap()));
    // Eight at each of two sensors of the old town, of whom four were at both.
    world.clock.advance(Span::minutes(15));
    world.probes("q1", 0..8).unwrap();
    world.probes("q2", 4..12).unwrap();
    world.clock.advance(Span::minutes(17));
    world.city.tick().unwrap();
    let asked = World::asked("city", "traffic-management", "quiet-stream");
    let answer = world.city.disclose(&asked).unwrap().get().clone();
    let [Row::Released { cell: Cell::District(place), value: 12, .. }] = answer.rows.as_slice() else {
        panic!("{:?}", answer.rows)
    };
    assert_eq!(place.as_str(), "old-town");
    let csv = String::from_utf8(world.city.sheet(&answer).unwrap().write(Format::Csv).unwrap()).unwrap();
    assert!(csv.starts_with("from,to,district,distinct\r\n") && csv.contains(",old-town,12\r\n"), "{csv}");
}

#[test]
fn a_place_keeps_its_outline_while_a_view_counts_by_it() {
    let world = World::new();
    world.declare_quiet(&json!({ "id": "quiet-stream", "time": { "do": "keep" }, "retention": "7d", "properties": {
        "mac": { "category": "mac-address", "value": "text", "treatment": { "do": "pseudonymise", "epoch": "24h" } } } }));
    world.submit("city", None, old_town(16.0, 17.0));
    world.submit("city", None, old_town(16.0, 17.1));
    world.submit("city", None, counted("districts", &json!({ "by": "district", "of": ["old-town"] })));
    // Drawn round one sensor, or without it, the next window would be of another grid than the one before.
    let point =
        json!({ "id": "old-town", "name": "Old Town", "geometry": { "type": "Point", "coordinates": [16.5, 49.5] } });
    for other in [old_town(16.0, 16.6), Command::RegisterPlace(serde_json::from_value(point).unwrap())] {
        let refused = refused(&world, other);
        assert!(refused.contains("view `districts` counts by `old-town`"), "{refused}");
    }
    let renamed = old_town(16.0, 17.1);
    let Command::RegisterPlace(mut place) = renamed else { unreachable!() };
    place.name = "The old town".to_owned();
    world.submit("city", None, Command::RegisterPlace(place));
    world.submit("city", Some("over"), Command::End { deployment: "quiet".parse().unwrap() });
    world.submit("city", None, old_town(16.0, 16.6));
}
