//! The walls between the rooms: the table in ARCHITECTURE.md, held against what the crates really import.

mod metadata;
mod table;

use std::collections::BTreeMap;

use super::Tree;
use metadata::{Dependency, Package};
use table::{Level, Room};

/// Where the table stands.
const DOCUMENT: &str = "ARCHITECTURE.md";
/// Rooms that never import each other, although a row alone would not always say so.
const STRANGERS: [(&str, &str); 1] = [("node", "hub")];
/// A room that only one other may import.
const PRIVATE: [(&str, &str); 1] = [("analytics", "cli")];
/// Families of heavy dependencies, and the only rooms that may know them.
const HEAVY: [(&str, &[&str]); 8] = [
    ("arrow", &["lake", "analytics"]),
    ("askama", &["node", "hub"]),
    ("axum", &["web", "node", "hub"]),
    ("cedar-policy", &["norms"]),
    ("datafusion", &["analytics"]),
    ("object_store", &["lake"]),
    ("parquet", &["lake"]),
    ("rusqlite", &["journal"]),
];

/// Arrows that run up, doors where there is a wall, and rooms that are not in the table.
pub(crate) fn check(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let rooms = match table::parse(tree.get(DOCUMENT).unwrap_or_default()) {
        Ok(rooms) => rooms,
        Err(problem) => return Ok(vec![format!("{DOCUMENT}: {problem}")]),
    };
    let packages = metadata::packages(&tree.root)?;
    Ok([listed(&rooms, &packages), arrows(&rooms, &packages), heavy(&packages)].concat())
}

/// Table and workspace name the same rooms.
fn listed(rooms: &[Room], packages: &[Package]) -> Vec<String> {
    let mut problems = Vec::new();
    for package in packages.iter().filter(|package| !rooms.iter().any(|room| room.name == package.name)) {
        problems.push(format!("{DOCUMENT}: the table of rooms lacks `{}`; give it a row", package.name));
    }
    for room in rooms {
        let exists = packages.iter().any(|package| package.name == room.name);
        if exists && room.later {
            problems.push(format!("{DOCUMENT}: `{}` exists; strike its `(later)`", room.name));
        } else if !exists && !room.later {
            problems
                .push(format!("{DOCUMENT}: there is no crate `{}`; strike its row or mark it `(later)`", room.name));
        }
    }
    problems
}

/// Every arrow between rooms points at a lower row.
fn arrows(rooms: &[Room], packages: &[Package]) -> Vec<String> {
    let levels: BTreeMap<&str, Level> = rooms.iter().map(|room| (room.name.as_str(), room.level)).collect();
    let mut problems = Vec::new();
    for package in packages {
        for dependency in &package.dependencies {
            let own = levels.get(package.name.as_str());
            let other = levels.get(dependency.name.as_str());
            let (Some(&own), Some(&other)) = (own, other) else { continue };
            let wrong = stranger(&package.name, &dependency.name).or_else(|| upward(own, other, dependency));
            let name = &dependency.name;
            problems.extend(wrong.map(|why| format!("{}: must not import `{name}`: {why}", package.manifest())));
        }
    }
    problems
}

/// Why two rooms keep apart in tests, too.
fn stranger(from: &str, to: &str) -> Option<String> {
    let apart = |&(one, other): &(&str, &str)| (from, to) == (one, other) || (from, to) == (other, one);
    if STRANGERS.iter().any(apart) {
        return Some("they meet through public logs only".to_owned());
    }
    let private = PRIVATE.iter().find(|(room, only)| *room == to && *only != from);
    private.map(|(_, only)| format!("only `{only}` does"))
}

/// Why a dependency points the wrong way. Tests may look anywhere.
fn upward(own: Level, other: Level, dependency: &Dependency) -> Option<String> {
    match (own, other) {
        _ if dependency.dev => None,
        (_, Level::DevOnly) => Some("it is for tests; make it a dev-dependency".to_owned()),
        (Level::Row(own), Level::Row(other)) if other >= own => {
            Some(format!("it stands in row {other} and this room in row {own}; imports come from lower rows"))
        }
        _ => None,
    }
}

/// A heavy dependency stays in its rooms. A test may read with it what a room wrote: that is a second opinion.
fn heavy(packages: &[Package]) -> Vec<String> {
    let mut problems = Vec::new();
    for package in packages {
        for Dependency { name, .. } in package.dependencies.iter().filter(|dependency| !dependency.dev) {
            let family =
                HEAVY.iter().find(|(family, rooms)| of_family(name, family) && !rooms.contains(&&*package.name));
            problems.extend(family.map(|(_, rooms)| {
                format!("{}: must not depend on `{name}`: only `{}` may", package.manifest(), rooms.join("` and `"))
            }));
        }
    }
    problems
}

/// `arrow` and `arrow-array` are of one family, `arrows` is not.
fn of_family(name: &str, family: &str) -> bool {
    name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

#[cfg(test)]
mod tests;
