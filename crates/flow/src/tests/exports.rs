//! Files on a schedule: one for each period and version, of one disclosure, and none that may not be had any more.

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use model::{PartyId, Seq, Span, Timestamp, View, ViewVersion};
use register::Command;
use serde_json::Value;

use super::world::World;
use crate::Format;
use crate::exports::{Export, Manifest, Schedule, ScheduleName, Schedules};

fn schedules(world: &World) -> Schedules {
    Schedules::of(world.city.root())
}

fn name() -> ScheduleName {
    "hourly".parse().unwrap()
}

fn of(recipient: &str, purpose: &str, stream: &str, world: &World) -> Schedule {
    Schedule {
        name: name(),
        recipient: recipient.parse().unwrap(),
        purpose: purpose.parse().unwrap(),
        stream: stream.parse().unwrap(),
        view: None,
        format: Format::Csv,
        every: "1h".parse().unwrap(),
        keep: 30,
        since: world.now(),
    }
}

/// A schedule of the counts of phones, for the city itself.
fn hourly(world: &World) -> Schedule {
    of("city", "traffic-management", "wifi", world)
}

fn scheduled() -> World {
    let world = World::new();
    schedules(&world).add(&hourly(&world)).unwrap();
    world
}

/// Four quarters of an hour with so many phones at one receiver, and the time until the last is released.
fn hour(world: &World, phones: u32) {
    for _ in 0..4 {
        world.probes("s1", 0..phones).unwrap();
        world.clock.advance(Span::minutes(15));
    }
}

fn ticked(world: &World) -> Manifest {
    world.city.tick().unwrap();
    schedules(world).manifest(&name()).unwrap()
}

fn disclosures(world: &World) -> usize {
    world.city.register().disclosure_records(Seq(0), 10_000).unwrap().len()
}

fn path(world: &World, file: &str) -> PathBuf {
    world.folder.path().join("exports/hourly").join(file)
}

fn fetched_by(world: &World, party: &str, file: &str) -> Option<String> {
    let party: PartyId = party.parse().unwrap();
    let mut exported = world.city.exported(&party, "hourly", file).unwrap()?;
    let mut text = String::new();
    exported.content.read_to_string(&mut text).unwrap();
    assert_eq!(exported.bytes, text.len() as u64);
    Some(text)
}

fn fetched(world: &World, export: &Export) -> Option<String> {
    fetched_by(world, "city", &export.file)
}

#[test]
fn each_period_becomes_one_file_of_one_disclosure_when_all_of_it_is_released() {
    let world = scheduled();
    hour(&world, 12);
    assert_eq!(ticked(&world).exports, [], "its last window is not released yet");
    world.clock.advance(Span::minutes(2));
    let manifest = ticked(&world);
    let [export] = &manifest.exports[..] else { panic!("{manifest:?}") };
    assert_eq!((export.rows, export.withheld, export.disclosure), (4, 4, Seq(0)));
    assert_eq!(export.file, "counts-20260601T120000Z-v1.csv");
    let text = fetched(&world, export).unwrap();
    assert_eq!((text.lines().count(), text.contains("s2")), (5, false), "{text}");
    let record = &world.city.register().disclosure_records(Seq(0), 10).unwrap()[0];
    assert_eq!((record.window, record.rows, record.grant.clone()), (export.period, 4, export.grant.clone()));
    let about: Value =
        serde_json::from_str(&fetched_by(&world, "city", &format!("{}.about.json", export.file)).unwrap()).unwrap();
    assert_eq!(about["export"], serde_json::to_value(export).unwrap());
    assert_eq!(about["receipt"], world.city.register().receipt(record).unwrap());
    // However often a tick comes, and whoever asks for it, nothing is made or recorded again.
    for _ in 0..3 {
        assert_eq!(ticked(&world), manifest);
        assert_eq!(fetched(&world, export).unwrap(), text);
    }
    assert_eq!(disclosures(&world), 1);
    let (offered, others) =
        (world.city.offered(&"city".parse().unwrap()), world.city.offered(&"police".parse().unwrap()));
    assert_eq!((offered.unwrap()[0].exports.clone(), others.unwrap().len()), (manifest.exports.clone(), 0));
    for (party, schedule, file) in [
        ("police", "hourly", export.file.as_str()),
        ("city", "hourl", &export.file),
        ("city", "hourly", "schedule.json"),
        ("city", "hourly", "manifest.json"),
        ("city", "hourly", "../hourly/manifest.json"),
        ("city", "../exports/hourly", &export.file),
    ] {
        assert!(world.city.exported(&party.parse().unwrap(), schedule, file).unwrap().is_none(), "{party} {file}");
    }
    hour(&world, 3);
    world.clock.advance(Span::minutes(2));
    let next = ticked(&world);
    assert_eq!((next.exports.len(), next.exports[1].rows, disclosures(&world)), (2, 0, 2), "withheld, not skipped");
}

#[test]
fn a_crash_at_any_step_loses_no_period_and_makes_no_file_of_a_record_that_came_to_nothing() {
    // What was on the disk before and after a file was made.
    let world = scheduled();
    hour(&world, 12);
    world.clock.advance(Span::minutes(2));
    let made = ticked(&world);
    let export = &made.exports[0];
    let (file, about) = (path(&world, &export.file), path(&world, &format!("{}.about.json", export.file)));
    let manifest = path(&world, "manifest.json");
    let bytes = [&file, &about].map(|path| fs::read(path).unwrap());
    let view: View = world.city.register().state().views_of(&"wifi".parse().unwrap()).next().unwrap().clone();
    let underway = serde_json::json!({ "exports": [], "underway": { "file": export.file, "period": export.period,
        "view": view, "from": 0 } });
    // After the record: no file, a file half written, or a whole one that nothing tells of. It is made anew.
    let mut world = world;
    for (at, left) in [None, Some("draft"), Some("whole")].into_iter().enumerate() {
        fs::write(&manifest, underway.to_string()).unwrap();
        fs::remove_file(&about).unwrap();
        fs::remove_file(&file).unwrap();
        match left {
            None => {}
            Some("draft") => fs::write(file.with_extension("tmp"), &bytes[0][..20]).unwrap(),
            Some(_) => fs::write(&file, b"of another record").unwrap(),
        }
        world = world.reopened();
        assert_eq!(fetched(&world, export), None, "what is not told of is handed out to nobody");
        let after = ticked(&world);
        let [again] = &after.exports[..] else { panic!("{after:?}") };
        assert_eq!(again.disclosure, Seq(at as u64 + 1), "a number of its own");
        assert_eq!((again.sha256, fs::read(&file).unwrap()), (export.sha256, bytes[0].clone()));
        let unused: Vec<Seq> = after.unused.iter().flat_map(|unused| unused.disclosures.clone()).collect();
        assert_eq!(unused, (0..=at as u64).map(Seq).collect::<Vec<_>>(), "they are named");
        let left: Vec<_> = fs::read_dir(file.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 4, "no draft is left: {left:?}");
    }
    // After what tells of it: it is entered as it is, and nothing more is recorded.
    let recorded = disclosures(&world);
    fs::write(&manifest, underway.to_string()).unwrap();
    world = world.reopened();
    let after = ticked(&world);
    assert_eq!((after.exports.len(), after.exports[0].disclosure, disclosures(&world)), (1, Seq(3), recorded));
    assert_eq!(ticked(&world), after);
    // A file that is not what is told of it is handed out to nobody, and the tick says so.
    fs::write(&manifest, underway.to_string()).unwrap();
    fs::write(&file, b"altered").unwrap();
    let failed = world.city.tick().unwrap_err();
    assert!(failed.failures.iter().any(|(step, _)| step.code() == "exports"), "{failed}");
    assert_eq!(fetched(&world, export), None);
}

#[test]
fn whatever_ends_a_grant_ends_its_files_at_once_and_what_tells_of_them_stays() {
    type End = fn(&World);
    let ends: [(&str, End); 4] = [
        ("ended", |world| {
            let grant = "g-counts".parse().unwrap();
            world.submit("city", Some("it is over"), Command::WithdrawGrant { grant });
        }),
        ("removed", |world| schedules(world).remove(&name()).unwrap()),
        ("reaches back", |world| {
            let view = world.city.register().state().views_of(&"wifi".parse().unwrap()).next().unwrap().clone();
            let newer = View { version: ViewVersion(2), depth: model::Depth(Span::minutes(30)), ..view };
            world.submit("city", None, Command::DeclareView(newer));
        }),
        ("shows less", |world| {
            let view = world.city.register().state().views_of(&"wifi".parse().unwrap()).next().unwrap().clone();
            let newer = View { version: ViewVersion(2), minimum: model::MinimumUnits(20), ..view };
            world.submit("city", None, Command::DeclareView(newer));
        }),
    ];
    for (why, end) in ends {
        let world = scheduled();
        hour(&world, 12);
        world.clock.advance(Span::minutes(2));
        let export = ticked(&world).exports[0].clone();
        let exported = world.city.exported(&"city".parse().unwrap(), "hourly", &export.file).unwrap().unwrap();
        assert!(world.city.may_go_on(&exported));
        end(&world);
        assert!(path(&world, &export.file).exists(), "{why}: the tick has not come yet");
        assert_eq!(fetched(&world, &export), None, "{why}");
        assert_eq!(fetched_by(&world, "city", &format!("{}.about.json", export.file)), None, "{why}");
        assert!(!world.city.may_go_on(&exported), "{why}: not for whoever is reading either");
        let after = ticked(&world);
        let gone = after.exports[0].gone.as_ref().unwrap();
        assert!(gone.why.contains(why) || why == "ended", "{why}: {}", gone.why);
        assert_eq!(gone.at, world.now());
        assert!(!path(&world, &export.file).exists(), "{why}");
        assert!(path(&world, &format!("{}.about.json", export.file)).exists(), "{why}: the receipt stays");
        assert_eq!(disclosures(&world), 1, "{why}");
        let settled = ticked(&world);
        assert_eq!(settled.exports, after.exports, "{why}");
    }
}

#[test]
fn under_another_version_of_a_view_there_is_another_file_and_the_first_stays_as_it_is() {
    let world = World::new();
    let state = world.city.register().state();
    let air = state.views_of(&"air".parse().unwrap()).next().unwrap().clone();
    let exposure = r#"{"as":"windows","bin":"15m","space":{"by":"sensor"},"measure":{"of":"mean","property":"no2"}}"#;
    let view =
        View { id: "quarters".parse().unwrap(), exposure: serde_json::from_str(exposure).unwrap(), ..air.clone() };
    world.submit("city", None, Command::DeclareView(view.clone()));
    let mut grant = state.grants.values().find(|record| record.grant.stream.as_str() == "air").unwrap().grant.clone();
    (grant.id, grant.view, grant.recipient) =
        ("g-quarters".parse().unwrap(), "quarters".parse().unwrap(), "city".parse().unwrap());
    world.submit("city", None, Command::AgreeGrant(grant));
    let schedule = Schedule { view: Some("quarters".parse().unwrap()), ..of("city", "air-quality", "air", &world) };
    schedules(&world).add(&schedule).unwrap();
    for _ in 0..4 {
        let line = format!("{{\"time\":\"{}\",\"no2\":10.0}}\n", world.now());
        world.city.ingest_lines("a1", line.as_bytes()).unwrap();
        world.clock.advance(Span::minutes(15));
    }
    // The view holds back an hour.
    world.clock.advance(Span::minutes(80));
    let first = ticked(&world);
    assert_eq!((first.exports.len(), first.exports[0].rows), (1, 4), "{first:?}");
    let text = fetched(&world, &first.exports[0]).unwrap();
    let newer = View { version: ViewVersion(2), title: "Said otherwise".to_owned(), ..view };
    world.submit("city", None, Command::DeclareView(newer));
    let both = ticked(&world);
    let versions: Vec<u32> = both.standing().map(|export| export.version.0).collect();
    assert_eq!(versions, [1, 2], "{both:?}");
    assert_eq!(both.exports[1].file, "quarters-20260601T120000Z-v2.csv");
    assert_eq!(
        (fetched(&world, &both.exports[0]).unwrap(), fetched(&world, &both.exports[1]).unwrap()),
        (text.clone(), text)
    );
    assert_eq!((ticked(&world), disclosures(&world)), (both, 2));
}

#[test]
fn the_newest_periods_are_kept_and_what_was_missed_is_said() {
    let world = World::new();
    schedules(&world).add(&Schedule { keep: 2, ..hourly(&world) }).unwrap();
    for _ in 0..3 {
        hour(&world, 12);
    }
    world.clock.advance(Span::minutes(2));
    // No tick came for three hours: what would go at once is not made at all.
    let manifest = ticked(&world);
    let starts =
        |manifest: &Manifest| -> Vec<Timestamp> { manifest.standing().map(|export| export.period.start).collect() };
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    assert_eq!(starts(&manifest), [at("2026-06-01T13:00:00Z"), at("2026-06-01T14:00:00Z")]);
    assert_eq!(manifest.missed[0].window.end, at("2026-06-01T13:00:00Z"));
    hour(&world, 12);
    let manifest = ticked(&world);
    assert_eq!(starts(&manifest), [at("2026-06-01T14:00:00Z"), at("2026-06-01T15:00:00Z")]);
    assert!(manifest.exports[0].gone.as_ref().unwrap().why.contains("2 periods"), "{manifest:?}");
    assert!(!path(&world, &manifest.exports[0].file).exists());
}

#[test]
fn single_records_refused_purposes_and_crooked_periods_make_no_file_and_say_why() {
    let world = World::new();
    let why = |schedule: Schedule| {
        schedules(&world).add(&schedule).unwrap();
        hour(&world, 12);
        world.clock.advance(Span::minutes(2));
        world.city.tick().unwrap();
        let manifest = schedules(&world).manifest(&schedule.name).unwrap();
        assert_eq!(manifest.exports, []);
        manifest.failing.map(|failing| failing.why).unwrap_or_default()
    };
    let named = |name: &str, schedule: Schedule| Schedule { name: name.parse().unwrap(), ..schedule };
    let hits = why(named("hits", of("police", "crime-investigation", "plates", &world)));
    assert!(hits.contains("single records"), "{hits}");
    let crooked = Schedule { every: "10m".parse().unwrap(), ..hourly(&world) };
    let crooked = why(named("crooked", crooked));
    assert!(crooked.contains("whole windows"), "{crooked}");
    let refused = why(named("adverts", of("advertiser", "traffic-management", "wifi", &world)));
    assert!(!refused.is_empty());
    assert_eq!(disclosures(&world), 0);
}
