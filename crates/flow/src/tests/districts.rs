//! Positions fall into registered places: those of the register as it is, and none that is not there.

use model::{Place, Timestamp};
use privacy::Column;
use register::{Command, Submission};
use serde_json::{Value, json};

use super::World;

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
