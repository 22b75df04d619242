//! Bytes from outside: nothing that is sent comes back in an error, and nothing makes a parser panic.

use std::fmt::Write as _;
use std::io::Cursor;

use privacy::{RawValue, Recipe};
use proptest::prelude::*;
use testkit::{SeededBytes, altered, noise};

use super::World;
use crate::ingest::fault::Unreadable;
use crate::ingest::{Mapping, ndjson, ngsi};
use crate::{FileFormat, IngestError};

fn recipe() -> Recipe {
    let stream: model::Stream = serde_json::from_str(
        r#"{"id":"s","time":{"do":"keep"},"retention":"1d","properties":{
            "n":{"category":"air-quality","value":"number","treatment":{"do":"keep"}},
            "i":{"category":"air-quality","value":"integer","treatment":{"do":"keep"}},
            "b":{"category":"air-quality","value":"boolean","treatment":{"do":"keep"}},
            "t":{"category":"mac-address","value":"text","treatment":{"do":"drop"}},
            "p":{"category":"weather","value":"point","treatment":{"do":"drop"}}}}"#,
    )
    .unwrap();
    Recipe::compile(&stream, &|_| None).unwrap()
}

/// JSON of any shape. A text or a name that is no word of the formats is a number from which it is made.
#[derive(Debug, Clone)]
enum Json {
    Null,
    Truth(bool),
    Whole(u64),
    Fraction(u64),
    Word(&'static str),
    Secret(u64),
    List(Vec<Json>),
    Object(Vec<(Result<&'static str, u64>, Json)>),
}

const WORDS: [&str; 16] = [
    "time",
    "device",
    "id",
    "type",
    "value",
    "coordinates",
    "observedAt",
    "dateObserved",
    "unitCode",
    "@context",
    "n",
    "i",
    "b",
    "t",
    "p",
    "Property",
];
const TEXTS: [&str; 5] = ["2026-01-01T00:00:00Z", "Point", "GeoProperty", "Property", "urn:a:1"];

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        1 => Just(Json::Null),
        1 => any::<bool>().prop_map(Json::Truth),
        2 => any::<u64>().prop_map(Json::Whole),
        2 => any::<u64>().prop_map(Json::Fraction),
        2 => proptest::sample::select(TEXTS.to_vec()).prop_map(Json::Word),
        6 => any::<u64>().prop_map(Json::Secret),
    ];
    let name = prop_oneof![4 => proptest::sample::select(WORDS.to_vec()).prop_map(Ok), 1 => any::<u64>().prop_map(Err)];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        prop_oneof![
            1 => proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::List),
            4 => proptest::collection::vec((name.clone(), inner), 0..6).prop_map(Json::Object),
        ]
    })
}

/// A text of twelve signs that no word of this software has.
fn secret(number: u64, filling: u64) -> String {
    let random = SeededBytes::new(number ^ filling);
    let sign = |_| char::from(b"BGHKQVWXYZ"[usize::try_from(random.next_u64() % 10).unwrap()]);
    (0..12).map(sign).collect()
}

/// A number of ten digits, without those of `RFC 3339`.
fn digits(number: u64, filling: u64) -> String {
    let number = 1_000_000_000 + SeededBytes::new(number ^ filling).next_u64() % 9_000_000_000;
    number.to_string().replace('3', "4")
}

/// The JSON with one of two fillings; gives every secret that it wrote.
fn write(json: &Json, filling: u64, out: &mut String, secrets: &mut Vec<String>) {
    fn keep(secrets: &mut Vec<String>, text: String) -> String {
        secrets.push(text.clone());
        text
    }
    match json {
        Json::Null => out.push_str("null"),
        Json::Truth(truth) => write!(out, "{truth}").unwrap(),
        Json::Whole(number) => out.push_str(&keep(secrets, digits(*number, filling))),
        Json::Fraction(number) => {
            let digits = keep(secrets, digits(*number, filling));
            write!(out, "0.{digits}").unwrap();
        }
        Json::Word(word) => write!(out, "\"{word}\"").unwrap(),
        Json::Secret(number) => write!(out, "\"{}\"", keep(secrets, secret(*number, filling))).unwrap(),
        Json::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                write(item, filling, out, secrets);
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (at, (name, item)) in members.iter().enumerate() {
                let comma = if at == 0 { "" } else { "," };
                let name = name.map_or_else(|number| keep(secrets, secret(number, filling)), str::to_owned);
                write!(out, "{comma}\"{name}\":").unwrap();
                write(item, filling, out, secrets);
            }
            out.push('}');
        }
    }
}

/// What the parsers say of a text: as a line, and as an entity.
fn told(recipe: &Recipe, text: &str) -> Vec<String> {
    fn words<T>(read: Result<T, Unreadable>) -> Option<String> {
        read.err().map(|error| format!("{error} {error:?}"))
    }
    let mut values: Vec<RawValue<'_>> = Vec::new();
    let mut told: Vec<String> = words(ndjson::parse(recipe, text.as_bytes(), &mut values)).into_iter().collect();
    match ngsi::entities(text.as_bytes()) {
        Ok(entities) => {
            for entity in entities {
                let mut values: Vec<RawValue<'_>> = Vec::new();
                told.extend(words(ngsi::parse(recipe, entity, &mut values)));
            }
        }
        error => told.extend(words(error)),
    }
    told
}

/// Fails if four signs in a row of a secret stand in what is told.
fn assert_tells_nothing(told: &[String], secrets: &[String]) -> Result<(), TestCaseError> {
    for secret in secrets {
        for part in secret.as_bytes().windows(4) {
            let part = std::str::from_utf8(part).unwrap();
            prop_assert!(told.iter().all(|told| !told.contains(part)), "`{part}` of a secret in {told:?}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_is_said_of_json_does_not_depend_on_its_values(json in json(), wrap in 0_u8..3) {
        let recipe = recipe();
        let mut both = Vec::new();
        for filling in [0, u64::MAX] {
            let (mut text, mut secrets) = (String::new(), Vec::new());
            write(&json, filling, &mut text, &mut secrets);
            let text = match wrap {
                0 => text,
                1 => format!(r#"{{"time":"2026-01-01T00:00:00Z","n":1,"t":{text}}}"#),
                _ => format!(r#"{{"id":"urn:a:1","type":"T","dateObserved":"2026-01-01T00:00:00Z","p":{{"value":{text}}},"n":{text}}}"#),
            };
            let told = told(&recipe, &text);
            assert_tells_nothing(&told, &secrets)?;
            both.push(told);
        }
        prop_assert_eq!(&both[0], &both[1]);
    }
}

#[test]
fn altered_lines_and_entities_never_panic_and_never_echo() {
    let (recipe, random) = (recipe(), SeededBytes::new(3));
    let line = r#"{"time":"2026-01-01T00:00:00Z","device":"d","n":1.5,"i":7,"b":true,"t":"BGHKQVWXYZBG","p":{"type":"Point","coordinates":[16.6,49.2]}}"#;
    let entity = r#"[{"id":"urn:a:1","type":"T","@context":["x"],"n":{"type":"Property","value":1,"observedAt":"2026-01-01T00:00:00Z","unitCode":"C"},
        "t":"BGHKQVWXYZBG","p":{"type":"Point","coordinates":[16.6,49.2]}}]"#;
    let (mut good, mut bad) = (0, 0);
    for round in 0..6_000 {
        let valid = if round % 2 == 0 { line } else { entity };
        let bytes = if round % 10 == 0 { noise(200, &random) } else { altered(valid.as_bytes(), &random) };
        let mut values = Vec::new();
        let read = ndjson::parse(&recipe, &bytes, &mut values).map(drop);
        assert!(values.len() <= recipe.slots().len());
        let mut words: Vec<String> = read.err().into_iter().map(|error| error.to_string()).collect();
        match ngsi::entities(&bytes) {
            Ok(entities) => {
                assert!(entities.len() <= bytes.len());
                for entity in entities {
                    let mut values = Vec::new();
                    words.extend(ngsi::parse(&recipe, entity, &mut values).err().map(|error| error.to_string()));
                }
            }
            Err(error) => words.push(error.to_string()),
        }
        if words.len() < 2 {
            good += 1
        } else {
            bad += 1
        }
        assert!(words.iter().all(|words| !words.contains("BGHK") && !words.contains("QVWX")), "{words:?}");
        assert!(words.iter().all(|words| words.len() < 300), "{words:?}");
    }
    assert!(good > 50 && bad > 500, "{good} read, {bad} refused");
}

#[test]
fn an_altered_table_never_panics_and_never_echoes() {
    let world = World::new();
    let now = world.now();
    let mapping: Mapping = serde_json::from_value(serde_json::json!({
        "separator": ";", "time": "when", "device": "box", "properties": {"no2": "no2", "spot": "east north"}
    }))
    .unwrap();
    let format = FileFormat::Csv(mapping);
    let row = format!("{now};a1;12.5;16.6;49.2;BGHKQVWXYZBG\n");
    let table = format!("when;box;no2;east;north;clerk\n{row}\"{now}\";a1;\"1\";16.6;49.2;BGHK\"QVWX\n{row}");
    let random = SeededBytes::new(5);
    let (mut taken, mut refused) = (0, 0);
    for round in 0..400 {
        let bytes = if round % 10 == 0 { noise(300, &random) } else { altered(table.as_bytes(), &random) };
        let ingested = world.city.ingest_file(&"air".parse().unwrap(), &format, None, Cursor::new(bytes), &mut |_| {});
        let words = match ingested {
            Ok(ingested) => {
                taken += ingested.admitted;
                ingested.refused.keys().map(ToString::to_string).collect::<Vec<_>>().join(" ")
            }
            Err(error) => {
                refused += 1;
                error.to_string()
            }
        };
        assert!(!words.contains("BGHK") && !words.contains("QVWX"), "{words}");
    }
    assert!(taken > 100 && refused > 50, "{taken} taken, {refused} refused");
}

#[test]
fn an_address_in_the_wrong_place_is_never_said_back() {
    let world = World::new();
    let (now, mac) = (world.now(), "a4:11:3c:00:00:01");
    let bodies = [
        format!("\"{mac}\"\n"),
        format!("[\"{mac}\"]\n"),
        format!("{{\"{mac}\":1}}\n"),
        format!("{{\"time\":\"{now}\",\"{mac}\":1}}\n"),
        format!("{{\"time\":\"{mac}\"}}\n"),
        format!("{{\"time\":\"{now}\",\"device\":\"{mac}\",\"no2\":1}}\n"),
        format!("{{\"time\":\"{now}\",\"spot\":{{\"type\":\"Point\",\"coordinates\":[\"{mac}\",2]}}}}\n"),
        format!("{{\"time\":\"{now}\",\"no2\":\"{mac}\"}}\n"),
        format!("{{\"time\":\"{now}\",\"no2\":{{\"{mac}\":1}}}}\n"),
    ];
    for body in &bodies {
        let line = world.city.ingest_lines("a1", body.as_bytes()).unwrap_err();
        let entity = body.replace("\"time\"", "\"id\":\"urn:a:1\",\"type\":\"T\",\"dateObserved\"");
        let entity = world.city.ingest_ngsi("a1", entity.as_bytes()).unwrap_err();
        for words in [line.to_string(), format!("{line:?}"), entity.to_string(), format!("{entity:?}")] {
            assert!(!words.contains("3c:00") && !words.contains("a4:1"), "{body}: {words}");
        }
    }
    let undeclared = world.city.ingest_lines("a1", bodies[3].as_bytes()).unwrap_err().to_string();
    assert!(undeclared.contains("observation 1 ") && undeclared.contains("property number 2"), "{undeclared}");
    assert!(undeclared.contains("declared are: `no2`, `spot`"), "{undeclared}");
}

#[test]
fn made_up_names_do_not_make_the_refusals_of_a_file_grow() {
    let world = World::new();
    let now = world.now();
    let lines: String = (0..500).map(|n| format!("{{\"time\":\"{now}\",\"a4113c{n:06}\":{n}}}\n")).collect();
    let refused = |lines: String| {
        let (stream, format) = ("air".parse().unwrap(), FileFormat::Ndjson);
        let file = Cursor::new(lines.into_bytes());
        world.city.ingest_file(&stream, &format, Some(&"a1".parse().unwrap()), file, &mut |_| {}).unwrap().refused
    };
    let refused_rows = refused(lines.clone());
    assert_eq!(refused_rows.len(), 1, "{refused_rows:?}");
    let rows = refused_rows.values().next().unwrap();
    assert_eq!((rows.rows, rows.first, rows.place.unwrap().member), (500, 1, Some(2)));
    // Nor does where in the line the name stands.
    let shifted: String = (0..500).map(|n| format!("{{{}\"x\":1}}\n", " ".repeat(n))).collect();
    assert_eq!(refused(shifted).len(), 1);
    assert!(matches!(world.city.ingest_lines("a1", lines.as_bytes()), Err(IngestError::Row { row: 1, .. })));
}
