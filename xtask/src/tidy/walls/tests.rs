//! Made-up houses with a hole in a wall.

use super::*;

const TABLE: &str = "## Rooms\n| row | crate | room | heavy dependency |\n|---|---|---|---|
| 0 | `model` | words | serde |
| 1 | `privacy` | treatments | – |
| 2 | `lake` | rows | arrow |
| 2 | `analytics` | SQL | datafusion |
| 5 | `node` | HTTP | axum |
| 5 | `hub` | HTTP | axum |
| 6 | `cli` | composition | clap |
| – | `testkit` | fakes | dev only |
| 7 | `moon` (later) | far | – |\n";

fn rooms() -> Vec<Room> {
    table::parse(TABLE).unwrap()
}

fn package(name: &str, normal: &[&str], dev: &[&str]) -> Package {
    let dependency = |name: &&str, dev| Dependency { name: (*name).to_owned(), dev };
    let normal = normal.iter().map(|name| dependency(name, false));
    let dependencies = normal.chain(dev.iter().map(|name| dependency(name, true))).collect();
    Package { name: name.to_owned(), dependencies }
}

fn count(name: &str, normal: &[&str], dev: &[&str]) -> usize {
    let packages = [package(name, normal, dev)];
    arrows(&rooms(), &packages).len() + heavy(&packages).len()
}

#[test]
fn imports_from_lower_rows_are_fine() {
    assert_eq!(count("lake", &["model", "privacy", "arrow-array", "object_store", "serde"], &["testkit"]), 0);
    assert_eq!(count("cli", &["node", "hub", "analytics"], &["testkit"]), 0);
    assert_eq!(count("model", &["serde", "arrows"], &["testkit", "lake"]), 0);
    assert_eq!(count("testkit", &["model", "node"], &[]), 0);
}

#[test]
fn an_arrow_that_runs_up_or_sideways_is_found() {
    assert_eq!(count("model", &["privacy"], &[]), 1);
    assert_eq!(count("privacy", &["lake"], &[]), 1);
    assert_eq!(count("analytics", &["lake"], &[]), 1);
}

#[test]
fn a_room_for_tests_is_imported_by_tests_only() {
    assert_eq!(count("cli", &["testkit"], &[]), 1);
}

#[test]
fn strangers_and_private_rooms_keep_apart_even_in_tests() {
    assert_eq!(count("node", &["hub"], &[]), 1);
    assert_eq!(count("hub", &[], &["node"]), 1);
    assert_eq!(count("node", &["analytics"], &[]), 1);
}

#[test]
fn a_heavy_dependency_in_another_room_is_found() {
    for (family, rooms) in HEAVY {
        assert_eq!(count("privacy", &[family], &[]), 1, "{family}");
        assert_eq!(count(rooms[0], &[family], &[]), 0, "{family}");
    }
    assert_eq!(count("privacy", &["arrow-schema"], &[]), 1);
    assert_eq!(count("cli", &["axum"], &[]), 1);
    assert_eq!(count("node", &["object_store"], &["parquet"]), 1);
}

#[test]
fn table_and_workspace_must_name_the_same_rooms() {
    let names = ["model", "privacy", "lake", "analytics", "node", "hub", "cli", "testkit"];
    let mut packages: Vec<Package> = names.iter().map(|name| package(name, &[], &[])).collect();
    assert!(listed(&rooms(), &packages).is_empty());
    packages.push(package("cellar", &[], &[]));
    assert_eq!(listed(&rooms(), &packages).len(), 1);
    packages.push(package("moon", &[], &[]));
    packages.remove(0);
    assert_eq!(listed(&rooms(), &packages).len(), 3);
}
