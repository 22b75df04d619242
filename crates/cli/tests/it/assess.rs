//! `ordinance assess` through the real binary: at the folder, at the address, before and after what is missing was filed.

use std::path::Path;

use serde_json::Value;

use crate::tool::{City, Node, now, run, skipped};

/// Runs an assessment; gives its status and its document.
fn assess(city: &str, more: &[&str]) -> (Option<i32>, Value) {
    let done = run(&[&["assess", city, "--json"], more].concat());
    let document = serde_json::from_slice(&done.stdout);
    (done.status.code(), document.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&done.stderr))))
}

fn finding<'a>(document: &'a Value, requirement: &str) -> &'a Value {
    let findings = document["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["requirement"] == requirement).unwrap()
}

/// Files evidence of the city, by a manifest.
fn file(city: &City, about: &str, kind: &str, id: &str) {
    let (path, now) = (city.dir().with_file_name("evidence.toml"), now());
    let manifest = format!(
        "[[evidence]]\nfile = {{ id = \"{id}\", about = {about}, kind = \"{kind}\", on = \"{now}\", \
         until = \"2030-01-01T00:00:00Z\", signed_by = \"city\", summary = \"So it is.\" }}\n"
    );
    std::fs::write(&path, manifest).unwrap();
    let applied = run(&["apply", &city.arg(), path.to_str().unwrap()]);
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
}

#[test]
fn what_is_not_met_is_named_with_its_entries_and_heals_when_it_is_filed() {
    let city = City::new();
    let (status, before) = assess(&city.arg(), &[]);
    assert_eq!(status, Some(1));
    assert_eq!(before["against"], "urn:ordinance:standard:global-core@0.1.0", "the narrowest layer in force");
    assert_eq!(before["differs"].as_array().unwrap().len(), 0, "a city begins under the core as it is");
    assert_eq!(finding(&before, "core-84")["status"], "attested-until", "without its signs it could not have begun");
    let cost = finding(&before, "core-65");
    assert_eq!((&cost["status"], &cost["total"]), (&"not-met".into(), &2.into()), "{cost}");
    let case = &cost["cases"][0];
    assert_eq!(case["subject"]["id"], "congestion");
    assert!(case["why"].as_str().unwrap().contains("`cost-statement`"), "{case}");
    let entry = case["entries"][0].as_u64().unwrap().to_string();
    let shown = run(&["log", "show", &city.arg(), "--from", &entry, "--limit", "1", "--json"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert!(shown[0]["act"]["what"].to_string().contains("congestion"), "an entry of that deployment: {shown}");
    let words = run(&["assess", &city.arg()]);
    let words = String::from_utf8_lossy(&words.stdout).into_owned();
    for said in
        ["Illustrative, not legal advice", "core-65  Costs are public", &format!("[entries {entry}"), "pia-before"]
    {
        assert!(words.contains(said), "{said}: {words}");
    }
    for deployment in ["congestion", "plate-search"] {
        file(&city, &format!("{{ what = \"deployment\", id = \"{deployment}\" }}"), "cost-statement", deployment);
    }
    file(&city, "{ what = \"city\" }", "dig-once-policy", "city-policy");
    let (status, after) = assess(&city.arg(), &[]);
    assert_eq!(status, Some(1), "other things are still missing");
    let cost = finding(&after, "core-65");
    assert_eq!((&cost["status"], &cost["until"]), (&"attested-until".into(), &"2030-01-01T00:00:00Z".into()), "{cost}");
    let policy = after["benchmark"].as_array().unwrap().iter().find(|answer| answer["id"] == "dig-policy").unwrap();
    assert_eq!((&policy["numerator"], &policy["denominator"]), (&1.into(), &1.into()), "{policy}");
    let (_, later) = assess(&city.arg(), &["--at", "2030-01-01T00:00:00Z"]);
    assert_eq!(finding(&later, "core-65")["status"], "not-met", "the word has ended");
}

#[test]
fn anybody_finds_the_same_from_outside_while_a_node_runs() {
    let city = City::new();
    let node = Node::start(&city);
    let at = ["--at", "2028-06-01T00:00:00Z", "--against", "amsterdam"];
    let (outside, seen) = assess(&node.address, &at);
    let (inside, known) = assess(&city.arg(), &at);
    assert_eq!((outside, inside), (Some(1), Some(1)));
    assert_eq!(seen["findings"], known["findings"]);
    assert_eq!(seen["benchmark"], known["benchmark"]);
    let differs = seen["differs"].as_array().unwrap();
    assert_eq!(differs.len(), 2, "it has adopted the core, and neither of the two that stand on it: {differs:?}");
    assert!(seen["findings"].as_array().unwrap().len() > 100);
    // Two years on, yearly clocks are overdue.
    let report = finding(&seen, "core-100");
    assert_eq!(report["status"], "not-met", "{report}");
    assert!(report["cases"][0]["why"].as_str().unwrap().contains("`annual-report` was due by"), "{report}");
}

#[test]
fn a_city_that_adopted_a_standard_is_assessed_against_it_as_it_stands() {
    let city = City::new();
    let adopted = run(&["adopt", &city.arg(), "amsterdam", "--by", "city", "--reason", "the council decided"]);
    assert!(adopted.status.success(), "{}", String::from_utf8_lossy(&adopted.stderr));
    let (_, document) = assess(&city.arg(), &[]);
    assert!(document["against"].as_str().unwrap().contains("amsterdam"), "{}", document["against"]);
    assert_eq!(document["differs"].as_array().unwrap().len(), 0);
}

#[test]
fn a_standard_that_asks_nothing_of_a_city_is_met_with_status_0() {
    let city = City::new();
    let pack = city.dir().with_file_name("lenient");
    assert!(run(&["framework", "new", pack.to_str().unwrap()]).status.success());
    let (status, document) = assess(&city.arg(), &["--against", pack.to_str().unwrap()]);
    let not_met = document["findings"].as_array().unwrap().iter().filter(|one| one["status"] == "not-met").count();
    assert_eq!((status, not_met), (Some(0), 0), "{document}");
}

#[test]
fn what_cannot_be_assessed_is_bad_input() {
    let city = City::new();
    let other = "test.example/log+00000000+AAAA";
    for (args, words) in [
        (vec!["assess", "/no/such/city"], "cannot be read"),
        (vec!["assess", &city.arg(), "--against", "no-such-pack"], "there is no pack"),
        (vec!["assess", &city.arg(), "--key", other], "cannot be read"),
        (vec!["assess", &city.arg(), "--at", "2020-01-01T00:00:00Z"], "take a later instant"),
        (vec!["assess", &city.arg(), "--oscal", "/no/such/folder/results.json"], "cannot be written"),
    ] {
        let done = run(&args);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.code() == Some(64) && said.contains(words), "{args:?}: {said}");
    }
}

#[test]
fn results_fit_nists_schema_and_name_every_requirement() {
    let city = City::new();
    let path = city.dir().with_file_name("results.json");
    let (_, document) = assess(&city.arg(), &["--oscal", path.to_str().unwrap()]);
    let results: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let result = &results["assessment-results"]["results"][0];
    assert_eq!(result["findings"].as_array().unwrap().len(), document["findings"].as_array().unwrap().len());
    let states: Vec<&Value> =
        result["findings"].as_array().unwrap().iter().map(|one| &one["target"]["status"]["state"]).collect();
    assert!(states.contains(&&"satisfied".into()) && states.contains(&&"not-satisfied".into()));
    let schema = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/schemas/oscal-1.2.1/oscal_assessment-results_schema.json");
    let Ok(schema) = std::fs::read(&schema) else {
        return skipped("no OSCAL schema for assessment-results at ../shared/schemas");
    };
    let validator = jsonschema::validator_for(&serde_json::from_slice(&schema).unwrap()).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&results).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}
