//! The pipeline from outside: what flows, what stops, what is released once, what is never left.

mod world;

use std::io::Cursor;

use model::{Span, Timestamp};
use proptest::prelude::*;
use register::Command;

use crate::ingest::RowError;
use crate::keys::KeyError;
use crate::{DiscloseError, FileFormat, IngestError};
use world::{SOUGHT, World};

/// A window, and the moment that it waits for stragglers.
const CLOSED: Span = Span::minutes(17);

#[test]
fn a_window_is_released_once_and_what_comes_after_is_late() {
    let world = World::new();
    let start = world.now();
    assert_eq!(world.probes("s1", 0..12).unwrap().admitted, 12);
    assert_eq!(world.probes("s2", 0..9).unwrap().admitted, 9);
    assert_eq!(world.city.tick().unwrap().windows, 0, "the window is still open");
    world.clock.advance(CLOSED);
    assert_eq!(world.city.tick().unwrap().windows, 1);
    let expected = vec![(start, "s1".to_owned(), 12)];
    assert_eq!(world.counts(), expected);
    // Thirty more phones turn up for a window that is closed.
    world.probes_at("s1", 100..130, start).unwrap();
    assert_eq!(world.city.counters().snapshot()[&"wifi".parse().unwrap()].late, 30);
    world.city.tick().unwrap();
    assert_eq!(world.counts(), expected);
    let world = world.reopened();
    world.city.tick().unwrap();
    assert_eq!(world.counts(), expected, "a restart releases nothing again");
    // As if a crash had come between the table and the mark.
    let mark = world.folder.path().join("lake/released/wifi/counts/v1/through");
    std::fs::remove_file(mark).unwrap();
    world.city.tick().unwrap();
    assert_eq!(world.counts(), expected, "the table that is there stays");
}

#[test]
fn a_lapse_closes_the_flow_and_what_leaves() {
    let world = World::new();
    world.clock.advance(Span::days(60));
    world.probes("s1", 0..12).unwrap();
    world.clock.set("2026-08-30T00:00:00Z".parse().unwrap());
    // Before any tick has made the lapse an act, the plan itself says no.
    let refused = world.probes("s1", 0..12).unwrap_err();
    assert!(matches!(refused, IngestError::Refused(_)) && refused.to_string().contains("core-17"), "{refused}");
    world.city.tick().unwrap();
    assert!(world.probes("s1", 0..12).is_err());
    let refused = world.city.disclose(&World::asked("city", "traffic-management", "wifi")).unwrap_err();
    assert!(matches!(refused, DiscloseError::Refused(_)), "{refused}");
}

#[test]
fn a_key_lives_one_epoch_and_is_never_made_twice() {
    let world = World::new();
    world.probes("s1", 0..3).unwrap();
    let keys = world.folder.path().join("keys/epochs");
    let count = || std::fs::read_dir(&keys).unwrap().count();
    assert_eq!(count(), 1);
    let yesterday = world.now();
    world.clock.set("2026-06-02T00:00:00Z".parse().unwrap());
    assert_eq!(world.city.tick().unwrap().keys, 1);
    assert_eq!(count(), 0);
    let state = world.city.register().state();
    assert!(state.keys.values().all(|key| key.destroyed.is_some()));
    let late = world.probes_at("s1", 0..3, yesterday).unwrap_err();
    assert!(matches!(late, IngestError::Row { error: RowError::Treatment(_), .. }), "{late}");
    world.probes("s1", 0..3).unwrap();
    // The same phone has another tag under another key.
    let always = model::Window { start: Timestamp::UNIX_EPOCH, end: Timestamp::MAX };
    let scanned = world.city.lake().scan(&"wifi".parse().unwrap(), always).unwrap();
    let tags: std::collections::BTreeSet<String> = scanned
        .iter()
        .flat_map(|columns| match columns.column(&"mac".parse().unwrap()) {
            Some(privacy::Column::Tag(tags)) => tags.iter().map(|tag| format!("{tag:?}")).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(tags.len(), 6);
    std::fs::read_dir(&keys).unwrap().for_each(|file| std::fs::remove_file(file.unwrap().path()).unwrap());
    let world = world.reopened();
    assert!(matches!(world.probes("s1", 0..3), Err(IngestError::Key(KeyError::Missing { .. }))));
}

#[test]
fn a_plate_that_is_not_sought_leaves_nothing() {
    let world = World::new();
    let line = |plate: &str| format!("{{\"time\":\"{}\",\"plate\":\"{plate}\"}}\n", world.now());
    let body = line("9Z9 9999") + &line(&SOUGHT.to_lowercase()) + &line("7C1 0000");
    assert_eq!(world.city.ingest_lines("c1", body.as_bytes()).unwrap().admitted, 3);
    let disclosed = world.city.disclose(&World::asked("police", "crime-investigation", "plates")).unwrap();
    let rows = serde_json::to_string(&disclosed.get().rows).unwrap();
    assert_eq!(disclosed.get().rows.len(), 1);
    assert!(rows.contains("\"plate\":1") && !rows.contains("1234"), "the entry's number, never the plate: {rows}");
    world.clock.advance(Span::days(21));
    let over = world.city.ingest_lines("c1", line(SOUGHT).as_bytes()).unwrap_err();
    assert!(over.to_string().contains("core-18"), "{over}");
    assert!(world.city.disclose(&World::asked("police", "crime-investigation", "plates")).is_err());
    world.city.tick().unwrap();
    assert_eq!(
        std::fs::read_dir(world.folder.path().join("keys/orders")).unwrap().count(),
        0,
        "the list's key dies with the order"
    );
}

#[test]
fn a_view_holds_back_and_every_disclosure_has_its_number() {
    let world = World::new();
    let line = |no2: f64| {
        format!(
            "{{\"time\":\"{}\",\"no2\":{no2},\"spot\":{{\"type\":\"Point\",\"coordinates\":[16.6068,49.1951]}}}}",
            world.now()
        )
    };
    world.city.ingest_lines("a1", line(1.5).as_bytes()).unwrap();
    world.clock.advance(Span::minutes(59));
    let ask = |who: &str| world.city.disclose(&World::asked(who, "air-quality", "air")).unwrap();
    assert_eq!(ask("public").get().rows.len(), 0, "an hour has not passed");
    world.clock.advance(Span::minutes(2));
    let second = ask("advertiser");
    let rows = serde_json::to_string(&second.get().rows).unwrap();
    assert!(
        rows.contains("1.5") && rows.contains("891e") && !rows.contains("49.19"),
        "a cell, never the position: {rows}"
    );
    assert_eq!(second.get().record.seq.0, 1);
    let verified = tlog::Note::parse(&second.get().receipt).unwrap();
    let key = world.city.register().state().city.as_ref().unwrap().log_key.parse().unwrap();
    assert_eq!(verified.verify(&[key]).unwrap().len(), 1, "the receipt is signed by the log's key");
    assert_eq!(world.city.tick().unwrap().disclosures, 2);
    assert_eq!(world.city.register().state().next_disclosure.0, 2);
    world.submit("city", Some("the agreement ended"), Command::WithdrawGrant { grant: "g-air".parse().unwrap() });
    assert!(matches!(
        world.city.disclose(&World::asked("public", "air-quality", "air")),
        Err(DiscloseError::Refused(_))
    ));
}

#[test]
fn nobody_gets_what_no_grant_gives() {
    let world = World::new();
    for (who, purpose) in [("advertiser", "advertising"), ("police", "traffic-management"), ("city", "street-design")] {
        let refused = world.city.disclose(&World::asked(who, purpose, "wifi")).unwrap_err();
        assert!(refused.to_string().contains("core-"), "{refused}");
    }
    let unknown = world.city.disclose(&World::asked("city", "traffic-management", "nothing"));
    assert!(matches!(unknown, Err(DiscloseError::Unknown { .. })));
    assert_eq!(
        world.city.register().disclosure_records(model::Seq(0), 10).unwrap().len(),
        0,
        "a refusal is no disclosure"
    );
}

#[test]
fn a_clerks_table_is_taken_row_by_row_and_its_faults_are_told_by_line() {
    let world = World::new();
    let now = world.now();
    let table = format!(
        "when;box;no2;east;north;clerk\n{now};a1;12.5;16.6;49.2;Jo\n{now};a1;twelve;16.6;49.2;Jo\n{now};a9;1;16.6;49.2;Jo\n\
         yesterday;a1;1;16.6;49.2;Jo\n{now};a1;;;;Jo\n{now};a1;3;400;49.2;Jo\n"
    );
    let mapping = serde_json::from_value(serde_json::json!({
        "separator": ";", "time": "when", "device": "box", "properties": {"no2": "no2", "spot": "east north"}
    }))
    .unwrap();
    let file = |bytes: Vec<u8>| Cursor::new(bytes);
    let stream = "air".parse().unwrap();
    let ingest =
        |bytes: Vec<u8>, format: &FileFormat| world.city.ingest_file(&stream, format, None, file(bytes), &mut |_| {});
    let format = FileFormat::Csv(mapping);
    let taken = ingest(table.clone().into_bytes(), &format).unwrap();
    assert_eq!(taken.admitted, 2);
    let refused: Vec<(u64, String)> =
        taken.refused.iter().map(|(error, rows)| (rows.first, error.to_string())).collect();
    assert_eq!(refused.len(), 4, "{refused:?}");
    assert!(
        refused.iter().any(|(row, error)| *row == 2 && error.contains("`no2`") && !error.contains("twelve")),
        "{refused:?}"
    );
    // The same through gzip, read as it is.
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, table.as_bytes()).unwrap();
    assert_eq!(ingest(packed.finish().unwrap(), &format).unwrap().admitted, 2);
    assert!(matches!(ingest(b"a,b\n1,2\n".to_vec(), &format), Err(IngestError::Mapping(_))));
    let long = vec![b'x'; 100_000];
    assert!(matches!(ingest(long, &FileFormat::Ndjson), Err(IngestError::Malformed(_))));
}

#[test]
fn many_ingest_at_once_and_nothing_is_lost() {
    let world = World::new();
    std::thread::scope(|scope| {
        for device in ["s1", "s2"] {
            for _ in 0..3 {
                let world = &world;
                scope
                    .spawn(move || (0..10).for_each(|_| assert_eq!(world.probes(device, 0..20).unwrap().admitted, 20)));
            }
        }
    });
    assert_eq!(
        std::fs::read_dir(world.folder.path().join("keys/epochs")).unwrap().count(),
        1,
        "one key, whoever came first"
    );
    world.clock.advance(CLOSED);
    world.city.tick().unwrap();
    assert_eq!(world.counts().iter().map(|row| row.2).collect::<Vec<_>>(), [20, 20]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// No bytes from outside can make the parsers panic, and an error never holds a value.
    #[test]
    fn no_bytes_panic_and_no_error_tells_a_value(
        noise in proptest::collection::vec(any::<u8>(), 0..200),
        secret in "SECRET[a-z0-9]{6}",
        shape in 0_usize..8,
    ) {
        let stream: model::Stream = serde_json::from_str(
            r#"{"id":"s","time":{"do":"keep"},"retention":"1d","properties":{
                "n":{"category":"air-quality","value":"number","treatment":{"do":"keep"}},
                "t":{"category":"mac-address","value":"text","treatment":{"do":"drop"}},
                "p":{"category":"weather","value":"point","treatment":{"do":"drop"}}}}"#).unwrap();
        let recipe = privacy::Recipe::compile(&stream).unwrap();
        let mut values = Vec::new();
        let _ = crate::ingest::ndjson::parse(&recipe, &noise, &mut values).map(drop);
        if let Ok(entities) = crate::ingest::ngsi::entities(&noise) {
            for entity in entities {
                let mut values = Vec::new();
                let _ = crate::ingest::ngsi::parse(&recipe, entity, &mut values).map(drop);
            }
        }
        let lines = [
            format!(r#"{{"time":"2026-01-01T00:00:00Z","n":"{secret}"}}"#),
            format!(r#"{{"time":"{secret}","n":1}}"#),
            format!(r#"{{"time":"2026-01-01T00:00:00Z","p":"{secret}"}}"#),
            format!(r#"{{"time":"2026-01-01T00:00:00Z","t":"{secret}","n":true}}"#),
            format!(r#"{{"time":"2026-01-01T00:00:00Z","t":["{secret}"]}}"#),
            format!(r#"{{"time":"2026-01-01T00:00:00Z","p":{{"type":"{secret}","coordinates":[1,2]}}}}"#),
            format!(r#"{{"time":"2026-01-01T00:00:00Z","t":"{secret}"#),
            format!(r#"{{"time":"2026-01-01T00:00:00Z","t":"{secret}"}}x"#),
        ];
        let mut values = Vec::new();
        let error = crate::ingest::ndjson::parse(&recipe, lines[shape].as_bytes(), &mut values).map(drop).unwrap_err().to_string();
        prop_assert!(!error.contains("SECRET"), "{error}");
        let entity = format!(r#"{{"id":"urn:a:1","type":"T","dateObserved":"2026-01-01T00:00:00Z",{}"#, &lines[shape].replacen("{", "", 1).replace("\"time\":\"2026-01-01T00:00:00Z\",", ""));
        if let Ok(entities) = crate::ingest::ngsi::entities(entity.as_bytes()) {
            for entity in entities {
                let mut values = Vec::new();
                if let Err(error) = crate::ingest::ngsi::parse(&recipe, entity, &mut values).map(drop) {
                    prop_assert!(!error.to_string().contains("SECRET"), "{error}");
                }
            }
        }
    }
}
