//! Benchmarks: the same number from the mirror, from the log itself, and from the register's own count.

use std::collections::BTreeMap;

use askama::Template;
use hub::benchmark::{
    Chart, Counted, Group, Missing, NamedDefinition, Sheet, THINGS_MAX, Table, Tally, World, count, of_sheet,
};
use hub::mirror::{Looked, Mirror, Profile, refresh};
use hub::simulate::{Generated, GeneratedLog};
use model::{Act, PartyId, Timestamp};
use proptest::prelude::*;
use register::State;
use register::assess::benchmark::{Measure, answers};
use testkit::{FakeClock, SeededBytes};

use crate::logs::{at, begin, generated, key, mirror, name, plain};

/// The register's own name for what a definition counts.
const SAME: [(&str, &str); 5] = [
    ("assessment-before-observation", "pia-before"),
    ("days-to-decision", "pia-days"),
    ("review-overdue", "pia-review"),
    ("cyber-officer", "cyb-officer"),
    ("devices-supported", "cyb-supported"),
];

fn register_of(log: &GeneratedLog) -> State {
    let mut state = State::default();
    log.entries().iter().for_each(|entry| state.apply(&Act::from_bytes(entry).unwrap()).unwrap());
    state
}

/// What the register counts must be what the sheet counts.
fn same(definition: &NamedDefinition, counted: &Counted, state: &State, now: Timestamp) {
    let Some((_, theirs)) = SAME.iter().find(|(own, _)| *own == definition.definition.id) else { return };
    let answer = answers(state, now).into_iter().find(|answer| answer.id == *theirs).unwrap();
    match (answer.measure, counted) {
        (Measure::Share { numerator, denominator, .. }, own) => {
            assert_eq!(*own, Counted::Share { numerator, denominator }, "{theirs}");
        }
        (Measure::Days { days, of }, Counted::Days { days: own }) => {
            let all: Vec<u32> = own.iter().flat_map(|(day, n)| std::iter::repeat_n(*day, *n as usize)).collect();
            assert_eq!(of, all.len() as u64);
            let median = all.get(all.len().saturating_sub(1) / 2).map(|day| u64::from(*day));
            assert_eq!(days, median, "{theirs}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_number_comes_from_the_mirror_the_log_and_the_register() {
    let definitions = NamedDefinition::all().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(folder.path()).unwrap();
    mirror.add_all(&(0..30).map(|number| Generated::entry(number).unwrap()).collect::<Vec<_>>()).unwrap();
    // In steps, so that each city is folded piece by piece.
    for days in [1, 60, 61, 200, 330] {
        let ways = generated(days);
        refresh(folder.path(), &ways, 2, &FakeClock::at(ways.now())).unwrap();
        let (mut counted_something, now) = (0, ways.now());
        for number in 0..30 {
            let log = ways.log(number).unwrap();
            let city: PartyId = format!("city-{number:06}").parse().unwrap();
            let mirrored = mirror.city(&city).unwrap().sheet;
            let key = Generated::entry(number).unwrap().1.parse().unwrap();
            assert_eq!(Sheet::of_log(&log, key).unwrap(), mirrored, "folded anew, {days} {number}");
            let state = register_of(&log);
            for definition in &definitions {
                let counted = count(&definition.definition.count, &mirrored, now);
                counted_something += counted.sample();
                same(definition, &counted, &state, now);
            }
        }
        assert!(days == 1 || counted_something > 100);
    }
}

#[test]
fn a_table_adds_up_and_shows_who_is_missing() {
    let definitions = NamedDefinition::all().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(folder.path()).unwrap();
    mirror.add_all(&(0..40).map(|number| Generated::entry(number).unwrap()).collect::<Vec<_>>()).unwrap();
    mirror.add(&name(), &key().vkey().to_string(), "http://city.example", Profile::default()).unwrap();
    mirror.add(&"silent".parse().unwrap(), &key().vkey().to_string(), "http://x.example", Profile::default()).unwrap();
    let ways = generated(300);
    refresh(folder.path(), &ways, 2, &FakeClock::at(ways.now())).unwrap();
    // One whose log is no city's, and one of which nothing was had.
    assert!(matches!(mirror.look(&name(), &plain(9, u64::MAX), at(300)).unwrap(), Looked::Grown { .. }));
    let tables = Tally::mirror(&definitions, &mirror, ways.now()).unwrap();
    for table in &tables {
        let all = &table.groups[&Group::All];
        assert_eq!(all.cities + all.missing.values().sum::<u64>(), 42);
        assert_eq!((all.missing[&Missing::Unreadable], all.missing[&Missing::NoLog]), (1, 1));
        let of = |is: fn(&Group) -> bool| -> u64 {
            table.groups.iter().filter(|(group, _)| is(group)).map(|(_, figure)| figure.counted.sample()).sum()
        };
        assert_eq!(of(|group| matches!(group, Group::Country(_))), all.counted.sample());
        assert_eq!(of(|group| matches!(group, Group::SizeClass(_))), all.counted.sample());
        ranks_are_ranges(table);
    }
    // A frozen one counts as missing, whatever it had.
    let log = ways.log(3).unwrap();
    let mut other = log.entries()[..9].to_vec();
    other[8] = b"another".to_vec();
    let shorter = GeneratedLog::new(other, &signing_key(3)).unwrap();
    let city: PartyId = "city-000003".parse().unwrap();
    assert!(matches!(mirror.look(&city, &shorter, ways.now()).unwrap(), Looked::Contradicts(_)));
    let tables = Tally::mirror(&definitions, &mirror, ways.now()).unwrap();
    assert_eq!(tables[0].groups[&Group::All].missing[&Missing::Frozen], 1);
}

fn signing_key(number: u8) -> tlog::SigningKey {
    let mut seed = [0; 32];
    seed[0] = number;
    tlog::SigningKey::generate(seed, &format!("city-{number:06}.example/log")).unwrap()
}

/// Between the best and the worst rank lie all that cannot be told apart; no rank is there without an interval.
fn ranks_are_ranges(table: &Table) {
    let compared: Vec<_> = table.cities.iter().filter(|city| city.rank.is_some()).collect();
    for city in &table.cities {
        let Some((best, worst)) = city.rank else { continue };
        let number = city.number.unwrap();
        assert!(best >= 1 && best <= worst && worst <= compared.len() as u64);
        let apart = compared.iter().filter(|other| {
            let other = other.number.unwrap();
            other.low > number.high || other.high < number.low
        });
        assert_eq!(compared.len() as u64 - (worst - best + 1), apart.count() as u64);
        assert!(city.sample >= table.definition.sample_min);
    }
}

#[test]
fn an_answer_counts_if_it_came_in_time_and_stands() {
    let asked = |day: i64, id: &str| {
        format!(
            r#"{{"at":"{}","by":"city","what":{{"kind":"inquiry-received/1","body":{{"kind":"question","evidence":{{"id":"{id}","about":{{"what":"city"}},"kind":"question","on":"{}","signed_by":"city","summary":"x"}},"sealed":{{}}}}}}}}"#,
            at(day),
            at(day)
        )
    };
    let answered = |day: i64, id: &str, kind: &str| {
        format!(
            r#"{{"at":"{}","by":"city","what":{{"kind":"evidence-filed/1","body":{{"id":"r-{id}","about":{{"what":"city"}},"kind":"{kind}","on":"{}","signed_by":"city","summary":"x","answers":"{id}"}}}}}}"#,
            at(day),
            at(day)
        )
    };
    let withdrawn = format!(
        r#"{{"at":"{}","by":"city","reason":"x","what":{{"kind":"evidence-withdrawn/1","body":{{"evidence":"r-e"}}}}}}"#,
        at(70)
    );
    let founded = String::from_utf8(generated(1).log(0).unwrap().entries()[0].clone()).unwrap();
    let acts = [
        founded,
        asked(1, "a"),
        asked(2, "b"),
        asked(3, "c"),
        asked(4, "e"),
        answered(20, "a", "question-answer"),
        // More time is no answer.
        answered(21, "b", "question-extension"),
        answered(22, "e", "question-answer"),
        answered(60, "c", "question-answer"),
        withdrawn,
        asked(90, "d"),
    ];
    let mut sheet = Sheet::default();
    acts.iter().for_each(|act| sheet.take(act.as_bytes()));
    assert_eq!(sheet.stopped, None);
    let definition = NamedDefinition::find("residents-answered-in-time").unwrap().definition;
    let counted = |day: i64| of_sheet(&definition, &sheet, at(day)).unwrap();
    // In time: a. Late, not at all, or withdrawn: b, c, e. Not due yet: d.
    assert_eq!(counted(100), Counted::Share { numerator: 1, denominator: 4 });
    assert_eq!(counted(130), Counted::Share { numerator: 1, denominator: 5 });
}

#[test]
fn a_city_that_enters_without_end_takes_up_no_room() {
    let mut sheet = Sheet::default();
    sheet.take(&generated(1).log(0).unwrap().entries()[0].clone());
    for number in 0..=THINGS_MAX {
        let act = format!(
            r#"{{"at":"2026-02-01T00:00:00Z","by":"city","what":{{"kind":"evidence-filed/1","body":{{"id":"e{number}","about":{{"what":"city"}},"kind":"note","on":"2026-02-01T00:00:00Z","signed_by":"city","summary":"x"}}}}}}"#
        );
        sheet.take(act.as_bytes());
    }
    assert!(sheet.stopped.is_some());
    assert!(serde_json::to_vec(&sheet).unwrap().len() < 2_000);
    let definition = NamedDefinition::find("cyber-officer").unwrap().definition;
    assert_eq!(of_sheet(&definition, &sheet, begin()), Err(Missing::Unreadable));
}

#[test]
fn a_definition_is_named_by_its_bytes_and_must_fit() {
    let all = NamedDefinition::all().unwrap();
    let digests: BTreeMap<_, _> = all.iter().map(|one| (one.digest, &one.definition.id)).collect();
    assert_eq!(digests.len(), 9);
    for one in &all {
        assert_eq!(NamedDefinition::find(&one.digest.to_string()).unwrap(), *one);
        assert_eq!(NamedDefinition::find(&one.definition.id).unwrap(), *one);
        let other = [one.bytes.as_slice(), b"\n"].concat();
        assert_ne!(NamedDefinition::read(&other).unwrap().digest, one.digest);
    }
    assert!(NamedDefinition::find("nonsense").is_err());
    let text = String::from_utf8(all[0].bytes.clone()).unwrap();
    for (from, to) in [
        ("people-deployments-begun", "views-in-force"),
        ("decided-before", "open"),
        ("\"version\": 1", "\"version\": 1, \"more\": 1"),
        ("assessment-before-observation", "Not A Name"),
        ("\"measure\": \"share\"", "\"measure\": \"by-purpose\""),
    ] {
        assert!(text.contains(from), "{from}");
        assert!(NamedDefinition::read(text.replacen(from, to, 1).as_bytes()).is_err(), "{from} {to}");
    }
}

#[test]
fn the_core_is_covered_by_whoever_adopts_it_and_not_by_its_comments() {
    let mut sheet = Sheet::default();
    generated(2).log(0).unwrap().entries().iter().for_each(|entry| sheet.take(entry));
    let definition = NamedDefinition::find("coverage-of-core").unwrap().definition;
    let Counted::Share { numerator, denominator } = of_sheet(&definition, &sheet, begin()).unwrap() else { panic!() };
    // The few norms of tests name 38 requirements; the core has many more.
    assert!(numerator >= 30 && numerator < denominator / 2 && denominator > 80, "{numerator} of {denominator}");
}

#[test]
fn the_core_is_counted_whole_and_an_earlier_version_of_the_definition_counts_as_it_did() {
    let executed = {
        let library = standards::built_in().unwrap();
        let core = library.find("global-core").unwrap();
        let norms = core.norms.iter().map(|norm| norm.requirement.clone());
        norms.chain(core.duties.iter().map(|duty| duty.requirement.clone())).collect::<std::collections::BTreeSet<_>>()
    };
    let of = |name: &str| {
        let found = NamedDefinition::find(name).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&found.bytes).unwrap();
        let of = json["count"]["that"]["in-force"]["of"].as_array().unwrap().iter();
        let of = of.map(|id| model::RequirementId(id.as_str().unwrap().to_owned()));
        (found.definition.version, of.collect::<std::collections::BTreeSet<_>>(), found.digest.to_string())
    };
    // A core that has grown needs another version of the definition: what was published is never changed.
    let (version, counted, digest) = of("coverage-of-core");
    assert_eq!((version, &counted), (2, &executed));
    assert_eq!(of("coverage-of-core@2").2, digest);
    let (version, before, old) = of("coverage-of-core@1");
    assert_eq!((version, before.len()), (1, 99));
    assert!(before.is_subset(&counted) && old != digest);
    assert_eq!(of(&old).2, old, "by its digest");
    assert_eq!(old, "a5f979187630306031d0d08fdc80dccfa29d007b273dbc2b49a413935ba3112e");
    assert!(NamedDefinition::all().unwrap().iter().all(|one| one.digest.to_string() != old), "it is in no list");
    assert!(NamedDefinition::find("coverage-of-core@3").is_err());
}

proptest! {
    #[test]
    fn no_bytes_panic_in_a_sheet_or_a_definition(seed in any::<u64>()) {
        let random = SeededBytes::new(seed);
        let entries = generated(80).log(1).unwrap().entries().to_vec();
        let mut sheet = Sheet::default();
        for entry in entries {
            let altered = if random.next_u64().is_multiple_of(40) { testkit::altered(&entry, &random) } else { entry };
            sheet.take(&altered);
        }
        let definitions = NamedDefinition::all().unwrap();
        for definition in &definitions {
            let _ = of_sheet(&definition.definition, &sheet, Timestamp::MAX);
            let _ = NamedDefinition::read(&testkit::altered(&definition.bytes, &random));
        }
        // Kept and read again, it is the same.
        let kept = serde_json::to_vec(&sheet).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Sheet>(&kept).unwrap(), sheet);
    }
}

#[test]
fn nothing_is_counted_of_nothing() {
    let (_folder, mirror) = mirror();
    let tables = Tally::mirror(&NamedDefinition::all().unwrap(), &mirror, at(1)).unwrap();
    for table in tables {
        let all = &table.groups[&Group::All];
        assert_eq!((all.number, all.enough, all.cities), (None, false, 0));
        assert_eq!(table.cities[0].missing, Some(Missing::NoLog));
        assert!(table.cities[0].rank.is_none());
    }
}

#[test]
fn a_chart_says_in_its_table_what_it_draws_and_escapes_what_others_wrote() {
    let mut definitions = NamedDefinition::all().unwrap();
    definitions[0].definition.title = "<script>x</script>".to_owned();
    let folder = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(folder.path()).unwrap();
    mirror.add_all(&(0..60).map(|number| Generated::entry(number).unwrap()).collect::<Vec<_>>()).unwrap();
    let ways = generated(300);
    refresh(folder.path(), &ways, 2, &FakeClock::at(ways.now())).unwrap();
    for table in Tally::mirror(&definitions, &mirror, ways.now()).unwrap() {
        let html = Chart::of(&table).render().unwrap();
        assert!(!html.contains("<script") && !html.contains("style=") && html.contains("<table>"));
        for (group, figure) in &table.groups {
            assert!(html.contains(&group.in_words()));
            assert!(html.contains(&format!(">{}</td>", figure.counted.sample())));
        }
        let csv = table.groups_csv();
        assert_eq!(csv.lines().count(), table.groups.len() + 1);
        assert!(csv.lines().all(|line| line.split(',').count() == 8), "{csv}");
        let csv = table.cities_csv();
        assert_eq!(csv.lines().count(), 61);
        assert!(csv.lines().all(|line| line.split(',').count() == 8), "{csv}");
        let world = World::of(&table, None);
        assert_eq!(world.dots.iter().map(|dot| dot.cities).sum::<u64>() + world.nowhere, 60);
        let html = world.render().unwrap();
        assert!(!html.contains("<script") && !html.contains("style="));
        assert_eq!(world.csv().lines().count(), world.dots.len() + 1);
    }
}
