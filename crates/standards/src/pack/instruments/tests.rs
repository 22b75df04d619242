//! Packs with instruments, good and bad.

use std::sync::Arc;

use crate::library::built_in;
use crate::resolve::resolve;
use crate::testing::{Source, shown};

const FILE: &str = "instruments/scan.toml";

fn core() -> Source {
    Source::standard("core").with(FILE, &Source::instrument("scan"))
}

/// Every problem as `code file:line`.
fn problems(source: Source) -> Vec<String> {
    let found = source.parse().err().unwrap_or_default();
    found.iter().map(|one| format!("{} {}:{}", one.code, one.file, one.line.unwrap_or(0))).collect()
}

/// A question that is filled in from another instrument.
fn prefilled(from: &str) -> String {
    format!("[[section.question]]\nid = \"also\"\ntype = \"yes-no-unknown\"\nask = \"Also?\"\nprefill = \"{from}\"\n")
}

#[test]
fn the_core_comes_with_its_four_instruments() {
    let library = built_in().unwrap_or_else(|found| panic!("{}", shown(&found)));
    let core = library.find("global-core").unwrap();
    let ids: Vec<&str> = core.instruments.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["pre-scan", "privacy-impact", "social-accessibility", "surveillance-impact"]);
    let report = core.instrument("surveillance-impact").unwrap();
    assert_eq!(report.evidence.as_ref().map(AsRef::as_ref), Some("impact-report-filed"));
}

#[test]
fn each_fault_of_an_instrument_refuses_the_pack_by_file_and_line() {
    assert_eq!(problems(core()), Vec::<String>::new());
    let broken = |from: &str, to: &str| problems(core().but(FILE, from, to));
    assert_eq!(broken("yes-no-unknown", "guess"), ["instrument instruments/scan.toml:13"]);
    assert_eq!(broken("id = \"people\"", "id = \"one\""), ["instrument instruments/scan.toml:12"]);
    assert_eq!(broken("roles = [\"author\"]", "roles = [\"boss\"]"), ["instrument instruments/scan.toml:7"]);
    assert_eq!(
        broken("roles = [\"author\"]", "roles = [\"author\"]\nevidence = \"No Kind\""),
        ["instrument instruments/scan.toml:8"]
    );
    assert_eq!(broken("title = \"One\"", "colour = \"One\"").len(), 1);
    let two = core().but(FILE, "roles = [\"author\"]", "roles = []").and(FILE, "when = \"nowhere\"\n");
    let both = ["instrument instruments/scan.toml:7", "instrument instruments/scan.toml:15"];
    assert_eq!(problems(two), both, "all at once");
    let again = core().with("instruments/zwei.toml", &Source::instrument("scan"));
    assert_eq!(problems(again), ["duplicate-id instruments/zwei.toml:1"]);
    let deep = core().with(FILE, &format!("a = 1\nb = {}", "[".repeat(50_000)));
    assert_eq!(problems(deep), ["deep-nesting instruments/scan.toml:2"]);
}

#[test]
fn what_instruments_name_of_one_another_is_there_in_the_pack_or_below_it() {
    assert_eq!(problems(core().and(FILE, &prefilled("other/people"))), ["instrument instruments/scan.toml:16"]);
    let other = core().with("instruments/other.toml", &Source::instrument("other"));
    assert_eq!(problems(other.and(FILE, &prefilled("other/people"))), Vec::<String>::new());
    let profile = |from: &str| {
        let own = Source::instrument("own") + &prefilled(from);
        let pack = Source::profile("eu", "supranational", &["core"]).with("instruments/own.toml", &own).pack();
        let found = resolve(&[Arc::new(core().pack()), Arc::new(pack)], None).err().unwrap_or_default();
        found.iter().map(|one| format!("{} {}:{}", one.code, one.file, one.line.unwrap_or(0))).collect::<Vec<_>>()
    };
    assert_eq!(profile("scan/people"), Vec::<String>::new());
    assert_eq!(profile("nowhere/people"), ["instrument eu/instruments/own.toml:16"]);
}

#[test]
fn no_two_packs_of_a_stack_have_an_instrument_of_one_id() {
    let pack = Source::profile("eu", "supranational", &["core"]).with(FILE, &Source::instrument("scan")).pack();
    let found = resolve(&[Arc::new(core().pack()), Arc::new(pack)], None).err().unwrap_or_default();
    assert!(!found.is_empty() && found.iter().all(|one| one.code == "duplicate-id"), "{}", shown(&found));
}

#[test]
fn a_norm_asks_for_answers_to_an_instrument_that_is_there() {
    let asking = |id: &str| {
        let norm = Source::norm("assessed", "core-01", &format!("resource.assessments.contains(\"{id}\")"));
        problems(core().and("norms/all.cedar", &norm))
    };
    assert_eq!(asking("scan"), Vec::<String>::new());
    assert_eq!(asking("nothing"), ["unknown-instrument norms/all.cedar:5"]);
}
