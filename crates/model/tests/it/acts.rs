//! The exact bytes of every kind of act. A line here never changes, because a log somewhere holds such a line for ever;
//! a new kind or version is a new line.

use std::collections::BTreeSet;

use model::{Act, What};
use serde_json::{Map, Value};

/// One act a line.
const GOLDEN: &str = include_str!("acts.jsonl");
/// The source in which the kinds are declared.
const SOURCE: &str = include_str!("../../src/act.rs");

fn acts() -> impl Iterator<Item = (&'static str, Act)> {
    GOLDEN.lines().map(|line| {
        let act = Act::from_bytes(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error}"));
        (line, act)
    })
}

/// Visits every object inside a value, itself included, as a way to reach it.
fn objects(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.push(path.to_owned());
            fields.iter().for_each(|(name, inner)| objects(inner, &format!("{path}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, inner)| objects(inner, &format!("{path}/{at}"), found));
        }
        _ => {}
    }
}

fn fields_at<'v>(value: &'v mut Value, path: &str) -> &'v mut Map<String, Value> {
    value.pointer_mut(path).unwrap().as_object_mut().unwrap()
}

#[test]
fn every_kind_has_its_line_and_the_list_of_kinds_is_whole() {
    let declared: Vec<&str> = SOURCE
        .lines()
        .filter_map(|line| line.trim().strip_prefix("#[serde(rename = \"")?.strip_suffix("\")]"))
        .collect();
    assert_eq!(What::KINDS, declared);
    let golden: BTreeSet<&str> = acts().map(|(_, act)| act.what.kind()).collect();
    assert_eq!(golden, declared.into_iter().collect());
}

#[test]
fn an_act_is_written_as_it_is_read() {
    for (line, act) in acts() {
        assert_eq!(String::from_utf8(act.to_bytes().unwrap()).unwrap(), line);
        assert!(line.contains(&format!("\"kind\":\"{}\"", act.what.kind())));
    }
}

#[test]
fn a_field_that_is_not_known_is_refused_wherever_it_stands() {
    let mut tried = 0;
    for (line, _) in acts() {
        let value: Value = serde_json::from_str(line).unwrap();
        let mut paths = Vec::new();
        objects(&value, "", &mut paths);
        for path in paths {
            let mut altered = value.clone();
            fields_at(&mut altered, &path).insert("zz".to_owned(), 1.into());
            let bytes = serde_json::to_vec(&altered).unwrap();
            assert!(Act::from_bytes(&bytes).is_err(), "a field more at `{path}`: {altered}");
            tried += 1;
        }
    }
    assert!(tried > 150, "{tried}");
}

#[test]
fn what_is_left_out_is_missed_or_changes_the_act() {
    for (line, act) in acts() {
        let value: Value = serde_json::from_str(line).unwrap();
        let mut paths = Vec::new();
        objects(&value, "", &mut paths);
        for path in paths {
            let names: Vec<String> = value.pointer(&path).unwrap().as_object().unwrap().keys().cloned().collect();
            for name in names {
                let mut altered = value.clone();
                fields_at(&mut altered, &path).remove(&name);
                let read = Act::from_bytes(&serde_json::to_vec(&altered).unwrap());
                // Two things are the same by being left out: no token, and no bound.
                let none = value.pointer(&path).unwrap()[&name].is_null()
                    || value.pointer(&path).unwrap()[&name] == Value::Array(vec![]);
                assert!(none || read.map_or(true, |read| read != act), "without `{path}/{name}`: {altered}");
            }
        }
    }
}

#[test]
fn a_version_that_is_not_known_stops_the_reader() {
    for (line, act) in acts() {
        let kind = act.what.kind();
        let (name, version) = kind.rsplit_once('/').unwrap();
        let newer = format!("{name}/{}", version.parse::<u32>().unwrap() + 1);
        for other in [newer.as_str(), name, &kind.to_uppercase(), ""] {
            let altered = line.replacen(&format!("\"kind\":\"{kind}\""), &format!("\"kind\":\"{other}\""), 1);
            assert!(altered != line && Act::from_bytes(altered.as_bytes()).is_err(), "{altered}");
        }
    }
}

#[test]
fn a_tier_that_answers_found_stands_in_the_second_version_of_the_act_and_in_no_other() {
    let (line, _) = acts().find(|(_, act)| act.what.kind() == "assessment-signed/2").unwrap();
    assert!(line.contains("\"tier\":\"full\""));
    let (first, untold) = (line.replace("signed/2", "signed/1"), line.replace("\"tier\":\"full\",", ""));
    assert!(Act::from_bytes(first.as_bytes()).is_err() && Act::from_bytes(untold.as_bytes()).is_err());
    assert!(Act::from_bytes(untold.replace("signed/2", "signed/1").as_bytes()).is_ok());
}
