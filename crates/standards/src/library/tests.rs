//! Stacks: whole, in one order, and never round in a circle.

use std::sync::Arc;

use super::*;
use crate::testing::{Source, shown};

fn library(sources: &[Source]) -> Library {
    let mut library = Library::new();
    for source in sources {
        library.add(source.pack(), Trust::Unsigned).unwrap();
    }
    library
}

fn reference(id: &str) -> Reference {
    format!("urn:test:{id}@0.1.0").parse().unwrap()
}

fn ids(stack: &[Arc<Pack>]) -> Vec<&str> {
    stack.iter().map(|pack| pack.manifest.id.as_str()).collect()
}

#[test]
fn the_packs_that_come_with_it_are_good() {
    if let Err(problems) = built_in() {
        panic!("{}", shown(&problems));
    }
}

#[test]
fn a_diamond_is_one_stack_in_one_order() {
    let library = library(&[
        Source::profile("town", "city", &["b", "a"]),
        Source::profile("b", "national", &["core"]),
        Source::profile("a", "national", &["eu"]),
        Source::profile("eu", "supranational", &["core"]),
        Source::standard("core"),
    ]);
    let (town, a, b) = (reference("town"), reference("a"), reference("b"));
    let expected = ["core", "eu", "b", "a", "town"];
    assert_eq!(ids(&library.stack(&[&town]).unwrap()), expected);
    assert_eq!(ids(&library.stack(&[&a, &town, &b, &a]).unwrap()), expected);
    assert_eq!(ids(&library.stack(&[&b]).unwrap()), ["core", "b"]);
}

#[test]
fn a_missing_base_and_a_circle_are_one_clear_error_each() {
    let lonely = library(&[Source::profile("a", "national", &["core"])]);
    let problems = lonely.stack(&[&reference("a")]).err().unwrap();
    assert_eq!(problems.iter().map(|one| (one.code, one.line)).collect::<Vec<_>>(), [("missing-base", Some(12))]);
    let circle = library(&[
        Source::profile("a", "national", &["b"]),
        Source::profile("b", "national", &["c"]),
        Source::profile("c", "national", &["a"]),
    ]);
    let problems = circle.stack(&[&reference("a")]).err().unwrap();
    let [problem] = problems.as_slice() else { panic!("{}", shown(&problems)) };
    assert_eq!(problem.code, "cyclic-profile");
    assert!(problem.what.ends_with("urn:test:a@0.1.0 → urn:test:b@0.1.0 → urn:test:c@0.1.0 → urn:test:a@0.1.0"));
    assert_eq!(circle.stack(&[&reference("z")]).err().unwrap().first().unwrap().code, "missing-base");
}

#[test]
fn a_ladder_of_diamonds_without_a_foot_is_climbed_once() {
    let mut sources =
        vec![Source::profile("l0", "national", &["nowhere"]), Source::profile("r0", "national", &["nowhere"])];
    for at in 1..30 {
        let (left, right) = (format!("l{}", at - 1), format!("r{}", at - 1));
        for side in ["l", "r"] {
            sources.push(Source::profile(&format!("{side}{at}"), "national", &[&left, &right]));
        }
    }
    let problems = library(&sources).stack(&[&reference("l29")]).err().unwrap();
    assert!(problems.iter().all(|one| one.code == "missing-base"), "{}", shown(&problems));
}

#[test]
fn a_published_version_never_changes() {
    let mut library = library(&[Source::standard("core")]);
    assert!(library.add(Source::standard("core").pack(), Trust::Unsigned).is_ok());
    let changed = Source::standard("core").but("pack.toml", "Test", "Other").pack();
    assert_eq!(library.add(changed, Trust::Unsigned).err().unwrap().first().unwrap().code, "version-taken");
}

#[test]
fn a_pack_is_found_as_people_name_it() {
    let newer = Source::standard("core").but("pack.toml", "0.1.0", "0.10.0");
    let library = library(&[Source::standard("core"), newer]);
    let version = |name: &str| library.find(name).map(|pack| pack.manifest.reference.version.to_string());
    assert_eq!(version("core").as_deref(), Some("0.10.0"));
    assert_eq!(version("core@0.1.0").as_deref(), Some("0.1.0"));
    assert_eq!(version("urn:test:core@0.1.0").as_deref(), Some("0.1.0"));
    assert_eq!(version("eu"), None);
}
