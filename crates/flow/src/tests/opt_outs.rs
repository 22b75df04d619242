//! Who asked not to be counted leaves nothing, and nobody can tell from an answer or a counter that somebody was there.

use std::fs;
use std::path::Path;

use model::Stream;
use privacy::Recipe;
use testkit::SeededBytes;

use super::World;
use crate::admit::Refused;
use crate::opt_outs::{Change, property};
use crate::{IngestError, OptOutError, OptOuts};

/// Phones of the small city, as residents write them.
fn phones(range: std::ops::Range<u32>) -> String {
    range.map(|phone| format!("A4-11-3C-00-{:02X}-{:02X}\n", phone >> 8, phone & 0xff)).collect()
}

fn stream(world: &World, id: &str) -> Stream {
    world.city.register().state().stream(&id.parse().unwrap()).unwrap().1.clone()
}

fn change(world: &World, change: Change, lines: &str) -> Result<(usize, usize), OptOutError> {
    let stream = stream(world, "wifi");
    let recipe = Recipe::compile(&stream, &|_| None).unwrap();
    let slot = property(&stream, &recipe, None)?;
    // As another process does it, beside the running one.
    let lists = OptOuts::of_city(world.folder.path())?;
    let done = lists.change(&stream.id, slot, &SeededBytes::new(9), change, &mut lines.as_bytes())?;
    Ok((done.changed, done.listed))
}

fn rows(world: &World) -> usize {
    world.stored("wifi").iter().map(privacy::Columns::len).sum()
}

#[test]
fn who_opted_out_leaves_nothing_and_is_answered_and_counted_as_everybody() {
    let world = World::new();
    world.probes("s1", 0..4).unwrap();
    assert_eq!(change(&world, Change::Add, &phones(2..4)).unwrap(), (2, 2));
    let before = rows(&world);
    // From the next batch on, without a tick, a restart or an act.
    let ingested = world.probes("s1", 0..4).unwrap();
    assert_eq!((ingested.admitted, ingested.late), (4, 0), "the sensor hears nothing of it");
    let after = rows(&world);
    let counts = world.city.counters().snapshot()[&"wifi".parse().unwrap()];
    assert_eq!(
        (after - before, counts.admitted, counts.late),
        (2, 0, 0),
        "of people no number is kept, whoever it is of"
    );
    let only = world.probes("s1", 2..4).unwrap();
    assert_eq!((only.admitted, rows(&world)), (2, after), "a batch of nobody else is a batch all the same");
    let world = world.reopened();
    world.probes("s1", 0..4).unwrap();
    assert_eq!(rows(&world), after + 2, "a restart forgets nobody's wish");
    assert_eq!(change(&world, Change::Remove, &phones(2..3)).unwrap(), (1, 1));
    world.probes("s1", 0..4).unwrap();
    assert_eq!(rows(&world), after + 2 + 3);
}

#[test]
fn what_is_wrong_with_an_observation_is_said_whoever_it_is_of() {
    let world = World::new();
    change(&world, Change::Add, &phones(7..8)).unwrap();
    let line = |phone: u32, rest: &str| {
        format!("{{\"time\":\"{}\",\"mac\":\"a4:11:3c:00:00:{phone:02x}\"{rest}}}\n", world.now())
    };
    for rest in [",\"ssid\":7", ",\"unknown\":1"] {
        let refused = |phone| world.city.ingest_lines("s1", line(phone, rest).as_bytes()).map(|done| done.admitted);
        let (listed, other) = (refused(7), refused(8));
        assert_eq!(format!("{listed:?}"), format!("{other:?}"), "{rest}");
    }
    let early = world.now() - model::Span::days(9);
    assert_eq!(
        world.probes_at("s1", 7..8, early).unwrap_err().to_string(),
        world.probes_at("s1", 8..9, early).unwrap_err().to_string()
    );
}

fn holds(folder: &Path, parts: &[&[u8]]) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, parts);
        }
        let bytes = fs::read(&path).unwrap();
        parts.iter().any(|part| bytes.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part)))
    })
}

#[test]
fn no_identifier_of_a_list_is_in_any_file_or_error_and_all_lines_are_taken_or_none() {
    let world = World::new();
    change(&world, Change::Add, &phones(1..3)).unwrap();
    let error = change(&world, Change::Add, &(phones(5..6) + "a4:11:3c:00:secret\n")).unwrap_err();
    assert_eq!(error.to_string(), "line 2 is not taken, and so none is: it is no address of 12 hexadecimal digits");
    assert_eq!(change(&world, Change::Add, "\n\n").unwrap(), (0, 2), "nothing of the broken one");
    let parts: [&[u8]; 3] = [b"a4113c00000", b"a4-11-3c", b"a4:11:3c"];
    assert!(!holds(world.folder.path(), &parts));
    let canary = world.folder.path().join("canary");
    fs::write(&canary, "A4-11-3C").unwrap();
    assert!(holds(world.folder.path(), &parts), "the search finds one that is there");
    assert!(
        !format!("{:?}", OptOuts::of_city(world.folder.path()).unwrap().list(&"wifi".parse().unwrap())).contains("a4")
    );
}

#[test]
fn a_damaged_list_stops_its_stream_and_no_other_until_it_is_back() {
    let world = World::new();
    change(&world, Change::Add, &phones(2..4)).unwrap();
    let file = world.folder.path().join("keys/opt-outs/wifi.list");
    let good = fs::read(&file).unwrap();
    fs::write(&file, &good[..good.len() - 3]).unwrap();
    let refused = world.probes("s1", 0..4).unwrap_err();
    assert!(
        matches!(&refused, IngestError::Refused(Refused::List { reason, .. }) if reason.contains("damaged")),
        "{refused}"
    );
    assert!(
        matches!(change(&world, Change::Add, &phones(5..6)), Err(OptOutError::Damaged(_))),
        "and is not written over"
    );
    let air = format!("{{\"time\":\"{}\",\"no2\":20.5}}\n", world.now());
    assert_eq!(world.city.ingest_lines("a1", air.as_bytes()).unwrap().admitted, 1);
    fs::write(&file, good).unwrap();
    world.probes("s1", 0..4).unwrap();
    assert_eq!(rows(&world), 2);
}

#[test]
fn only_a_stream_that_tells_people_apart_has_a_list() {
    let world = World::new();
    let asked = |id: &str, named: Option<&str>| {
        let stream = stream(&world, id);
        let recipe = Recipe::compile(&stream, &|_| None).unwrap();
        let named = named.map(|name| name.parse().unwrap());
        property(&stream, &recipe, named.as_ref()).map(|slot| slot.name.to_string())
    };
    assert_eq!(asked("wifi", None).unwrap(), "mac");
    assert_eq!(asked("wifi", Some("mac")).unwrap(), "mac");
    assert!(asked("wifi", Some("ssid")).unwrap_err().to_string().ends_with("stream `wifi` tags `mac`"));
    assert!(matches!(asked("air", None), Err(OptOutError::Nobody(_))));
    assert!(matches!(asked("plates", None), Err(OptOutError::UnderOrder(_))));
    let nowhere = tempfile::tempdir().unwrap();
    assert!(matches!(OptOuts::of_city(nowhere.path()), Err(OptOutError::NoCity(_))));
}
