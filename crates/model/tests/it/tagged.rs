//! Every enum that is told by a field: each variant takes its own fields and nothing else.

use std::fmt::Debug;
use std::fs;
use std::path::Path;

use model::policy::LayerSource;
use model::{Exposure, Geometry, Measure, Space, Subject, TimeTreatment, Treatment, What};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Fields of variants of all kinds, each of which is too much for most others.
const FIELDS: [(&str, &str); 13] = [
    ("epoch", r#""24h""#),
    ("resolution", "9"),
    ("width", "10"),
    ("order", r#""order-17""#),
    ("bin", r#""15m""#),
    ("property", r#""mac""#),
    ("fields", "[]"),
    ("coordinates", "[1,2]"),
    ("id", r#""s1""#),
    ("within", r#""1h""#),
    ("classes", r#"["5m"]"#),
    ("lowest", "0"),
    ("zz", "null"),
];

/// Each variant is read, and refused with any field that it does not have, before and behind its own.
fn refuses_more<T: DeserializeOwned + Debug>(variants: &[&str]) {
    for variant in variants {
        serde_json::from_str::<T>(variant).unwrap();
        let value: Value = serde_json::from_str(variant).unwrap();
        let inner = variant.strip_prefix('{').unwrap().strip_suffix('}').unwrap();
        for (name, field) in FIELDS.iter().filter(|(name, _)| value.get(name).is_none()) {
            for altered in [format!("{{{inner},\"{name}\":{field}}}"), format!("{{\"{name}\":{field},{inner}}}")] {
                assert!(serde_json::from_str::<T>(&altered).is_err(), "{altered}");
            }
        }
    }
}

#[test]
fn a_variant_takes_no_field_of_another() {
    refuses_more::<Treatment>(&[
        r#"{"do":"keep"}"#,
        r#"{"do":"drop"}"#,
        r#"{"do":"pseudonymise","epoch":"24h"}"#,
        r#"{"do":"cell","resolution":9}"#,
        r#"{"do":"band","width":10}"#,
        r#"{"do":"match","order":"order-17"}"#,
        r#"{"do":"count"}"#,
        r#"{"do":"clamp","lowest":0,"highest":130,"width":10}"#,
        r#"{"do":"district","of":["old-town"]}"#,
        r#"{"do":"tally"}"#,
        r#"{"do":"journey","within":"1h","classes":["5m"]}"#,
        r#"{"do":"dwell","within":"10m","classes":["5m"]}"#,
    ]);
    refuses_more::<TimeTreatment>(&[r#"{"do":"keep"}"#, r#"{"do":"bin","bin":"1m"}"#]);
    refuses_more::<Space>(&[
        r#"{"by":"stream"}"#,
        r#"{"by":"cell","resolution":9}"#,
        r#"{"by":"district","of":["old-town"]}"#,
        r#"{"by":"sensor"}"#,
        r#"{"by":"pair"}"#,
    ]);
    refuses_more::<Measure>(&[
        r#"{"of":"observations"}"#,
        r#"{"of":"distinct","property":"mac"}"#,
        r#"{"of":"running","property":"mac"}"#,
        r#"{"of":"mean","property":"level"}"#,
    ]);
    refuses_more::<Exposure>(&[
        r#"{"as":"records","fields":[]}"#,
        r#"{"as":"windows","bin":"15m","space":{"by":"sensor"},"measure":{"of":"observations"}}"#,
    ]);
    refuses_more::<Subject>(&[
        r#"{"what":"city"}"#,
        r#"{"what":"deployment","id":"congestion"}"#,
        r#"{"what":"device","id":"s1"}"#,
    ]);
    refuses_more::<LayerSource>(&[
        r#"{"from":"released","origin":"hub.example/log","key":"hub.example/log+8b7c+AA","entry":7,"digest":"1111111111111111111111111111111111111111111111111111111111111111"}"#,
        r#"{"from":"built-in","pack":"urn:x@1.0.0"}"#,
        r#"{"from":"own","reason":"The council."}"#,
        r#"{"from":"unreleased","reason":"The law."}"#,
    ]);
    refuses_more::<Geometry>(&[r#"{"type":"Point","coordinates":[1,2]}"#]);
    refuses_more::<What>(&[r#"{"kind":"payload-erased/1","body":{"entry":7}}"#]);
}

#[test]
fn every_enum_that_is_told_by_a_field_is_tried_here() {
    let mut declared = 0;
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                declared += fs::read_to_string(path).unwrap().matches("#[serde(tag = ").count();
            }
        }
    }
    let tried = include_str!("tagged.rs").matches(&format!("    refuses_more::{}", '<')).count();
    assert_eq!(declared, tried);
}
