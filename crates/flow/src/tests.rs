//! The pipeline from outside: what flows, what stops, what is released once, what is never left.

mod adversaries;
mod attacks;
mod authorisation;
mod clock;
mod districts;
mod exports;
mod keys;
mod live;
mod memories;
mod months;
mod noise;
mod opt_outs;
mod outside;
mod running;
mod sheet;
mod timing;
mod worked;
mod world;

use std::io::{Cursor, Read};

use model::Span;
use register::Command;

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
    let ingested = world.probes_at("s1", 100..130, start).unwrap();
    assert_eq!((ingested.admitted, ingested.late), (30, 30), "the device hears that they count in no number");
    let late =
        |world: &World, of: &str| world.city.counters().snapshot().get(&of.parse().unwrap()).map_or(0, |of| of.late);
    assert_eq!(late(&world, "wifi"), 0, "and of people it is kept nowhere: all of them may have come late");
    world.city.tick().unwrap();
    assert_eq!(world.counts(), expected);
    // A version before kept the number of every stream; what is told of the air stays over a restart.
    let file = |world: &World, of: &str| world.folder.path().join(format!("lake/observations/{of}/late"));
    assert!(!file(&world, "wifi").exists());
    for of in ["wifi", "air"] {
        std::fs::create_dir_all(file(&world, of).parent().unwrap()).unwrap();
        std::fs::write(file(&world, of), "30\n").unwrap();
    }
    let world = world.reopened();
    assert_eq!((late(&world, "wifi"), late(&world, "air")), (0, 30));
    assert_eq!(std::fs::read_to_string(file(&world, "wifi")).unwrap(), "0\n");
    world.city.tick().unwrap();
    assert_eq!(world.counts(), expected, "a restart releases nothing again");
    // As if a crash had come between the table and the mark.
    let mark = world.folder.path().join("lake/released/wifi/counts/v1/through");
    std::fs::remove_file(mark).unwrap();
    world.city.tick().unwrap();
    assert_eq!(world.counts(), expected, "the table that is there stays");
}

#[test]
fn a_new_version_shows_no_window_that_was_shown_before() {
    let world = World::new();
    world.probes("s1", 0..12).unwrap();
    let start = world.now();
    world.clock.advance(CLOSED);
    world.city.tick().unwrap();
    // One more comes late. A second release of the window would show 13, and the difference is one person.
    world.probes_at("s1", 50..51, start).unwrap();
    let view = world.city.register().state().views_of(&"wifi".parse().unwrap()).next().unwrap().clone();
    let newer = model::View { version: model::ViewVersion(2), ..view };
    world.submit("city", None, Command::DeclareView(newer));
    world.city.tick().unwrap();
    assert_eq!(world.counts(), []);
    world.probes("s1", 0..15).unwrap();
    world.clock.advance(CLOSED);
    world.city.tick().unwrap();
    assert_eq!(world.counts().iter().map(|row| row.2).collect::<Vec<_>>(), [15]);
}

#[test]
fn names_that_somebody_made_up_are_not_counted_by() {
    let world = World::new();
    for stream in ["a4113c000001", "a4113c000002", "wifi"] {
        assert!(world.city.disclose(&World::asked("advertiser", "advertising", stream)).is_err());
    }
    let counted: Vec<String> = world.city.counters().snapshot().keys().map(ToString::to_string).collect();
    assert_eq!(counted, ["wifi"]);
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
    // A quote that is never closed, in the header or in a row, is not read for ever.
    for begun in ["\"", "when;box;no2;east;north\n\"", "when;box;no2;east;north\n"] {
        let endless = Cursor::new(begun.as_bytes().to_vec()).chain(std::io::repeat(b'x'));
        let refused = world.city.ingest_file(&stream, &format, None, endless, &mut |_| {}).unwrap_err();
        assert!(matches!(&refused, IngestError::Malformed(words) if words.contains("65536 bytes")), "{refused}");
    }
    // The longest row is still one.
    let longest = format!("when;box;no2;east;north;clerk\n{now};a1;1;16.6;49.2;{}\n", "x".repeat(65_000));
    assert_eq!(ingest(longest.into_bytes(), &format).unwrap().admitted, 1);
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
