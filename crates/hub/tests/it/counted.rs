//! Benchmarks about what is open and what was handed over, on logs whose every act stands here: the numbers are worked out by hand.

use axum::http::StatusCode;
use hub::benchmark::{Counted, Group, Missing, NamedDefinition, Sheet, Table, Tally, of_sheet};
use hub::mirror::{Looked, Mirror, Profile};
use hub::simulate::GeneratedLog;
use model::{Clock as _, PartyId};
use serde_json::{Value, json};

use crate::logs::{at, key, plain};
use crate::pages::{get, sound, text};
use crate::world::World;

/// An act of a city on a day since its log began.
fn act(day: i64, kind: &str, body: &Value) -> Vec<u8> {
    json!({"at": at(day), "by": "city", "what": {"kind": kind, "body": body}}).to_string().into_bytes()
}

/// The first act of a city.
fn founded() -> Vec<u8> {
    let founder = json!({"id": "city", "name": "Brookhaven", "kind": "city-department"});
    let key = key().vkey().to_string();
    let body = json!({"name": "Brookhaven", "origin": "city.example/log", "founder": founder, "log_key": key});
    act(0, "city-founded/1", &body)
}

fn granted(day: i64, id: &str, to: &str, view: (&str, &str), until: i64) -> Vec<u8> {
    let body = json!({"id": id, "recipient": to, "stream": view.0, "view": view.1, "purpose": "traffic-management",
        "until": at(until), "duties": []});
    act(day, "grant-agreed/1", &body)
}

/// Sums of disclosures from one day to another: to whom, what for, how many.
fn batched(days: (i64, i64), first: u64, totals: &[(&str, &str, u64)]) -> Vec<u8> {
    let last = first + totals.iter().map(|(.., count)| count).sum::<u64>() - 1;
    let total = |(to, purpose, count): &(&str, &str, u64)| {
        json!({"recipient": to, "purpose": purpose, "stream": "wifi", "view": "counts", "version": 1, "disclosures": count,
            "rows": 96 * count, "withheld": 4})
    };
    let totals: Vec<Value> = totals.iter().map(total).collect();
    let body = json!({"first": first, "last": last, "window": {"start": at(days.0), "end": at(days.1)},
        "root": "0".repeat(64), "totals": totals});
    act(days.1, "disclosures-batched/1", &body)
}

/// A year of a small city: six views, of which three may be had in the end.
fn year() -> Vec<Vec<u8>> {
    let public = json!({"party": {"id": "everybody", "name": "Everybody", "kind": "public"}, "contact": {}});
    let lab = json!({"party": {"id": "lab", "name": "Lab", "kind": "researcher"}, "contact": {}});
    let (air, wifi, noise) = (("air", "all"), ("wifi", "counts"), ("noise", "levels"));
    let withdrawn = |day, id| {
        let act = json!({"at": at(day), "by": "city", "reason": "It was asked for.",
            "what": {"kind": "grant-withdrawn/1", "body": {"grant": id}}});
        act.to_string().into_bytes()
    };
    vec![
        founded(),
        act(1, "party-registered/1", &public),
        act(1, "party-registered/1", &lab),
        // One view that two have: it is one, and open.
        granted(10, "air-open", "everybody", air, 400),
        granted(10, "air-lab", "lab", air, 400),
        granted(10, "wifi-lab", "lab", wifi, 400),
        // Open once, and now for one alone.
        granted(10, "noise-open", "everybody", noise, 400),
        granted(10, "noise-lab", "lab", noise, 400),
        // Open until the fiftieth day.
        granted(10, "river-open", "everybody", ("river", "heights"), 50),
        // Nobody may have it any more.
        granted(10, "doors-lab", "lab", ("doors", "counts"), 400),
        withdrawn(20, "noise-open"),
        withdrawn(20, "doors-lab"),
        batched((30, 40), 0, &[("lab", "traffic-management", 3), ("everybody", "air-quality", 7)]),
        // The same purpose again, to two, and another one.
        batched(
            (40, 80),
            10,
            &[
                ("lab", "traffic-management", 2),
                ("everybody", "traffic-management", 4),
                ("lab", "crime-investigation", 1),
            ],
        ),
        // What was for one alone becomes open.
        granted(200, "wifi-open", "everybody", wifi, 400),
        // A view of the same name of another stream, which ends before a year is over.
        granted(210, "bikes-lab", "lab", ("bikes", "counts"), 300),
    ]
}

/// A hub that mirrors that city and three of which there is nothing to count: one that handed nothing over, one of which nothing
/// was had, and one whose log ends with what nobody can read.
fn mirrored() -> World {
    let world = World::bare();
    let mut mirror = Mirror::open(&world.hub.mirrors()).unwrap();
    let unreadable = [founded(), batched((1, 2), 0, &[("lab", "traffic-management", 100)]), b"{}".to_vec()];
    for (name, acts) in [("brookhaven", year()), ("quiet", vec![founded()]), ("broken", unreadable.to_vec())] {
        let name: PartyId = name.parse().unwrap();
        mirror.add(&name, &key().vkey().to_string(), "http://city.example", Profile::default()).unwrap();
        let log = GeneratedLog::new(acts, &key()).unwrap();
        assert!(matches!(mirror.look(&name, &log, at(327)).unwrap(), Looked::Grown { .. }));
    }
    mirror.add(&"silent".parse().unwrap(), &key().vkey().to_string(), "http://x.example", Profile::default()).unwrap();
    world
}

/// One benchmark over the mirrors as of a day.
fn table(world: &World, id: &str, day: i64) -> Table {
    let mirror = Mirror::open(&world.hub.mirrors()).unwrap();
    Tally::mirror(&[NamedDefinition::find(id).unwrap()], &mirror, at(day)).unwrap().remove(0)
}

fn missing_of(table: &Table, city: &str) -> Option<Missing> {
    table.cities.iter().find(|one| one.city.as_str() == city).unwrap().missing
}

#[test]
fn a_view_counts_while_somebody_may_have_it_and_as_open_while_everybody_may() {
    let world = mirrored();
    let share = |numerator, denominator| Counted::Share { numerator, denominator };
    for (day, counted) in [
        // Nothing was agreed yet, so that there is nothing to count; that is no share of nothing.
        (5, None),
        // Air and the river are open; the counts of phones and the noise are not, and nobody has the doors.
        (30, Some(share(2, 4))),
        // The river's time is over.
        (100, Some(share(1, 3))),
        // The counts of phones are open as well, and bikes are the lab's alone.
        (220, Some(share(2, 4))),
        (327, Some(share(2, 3))),
        (400, None),
    ] {
        let table = table(&world, "open-views", day);
        let all = &table.groups[&Group::All];
        assert_eq!(all.counted, counted.clone().unwrap_or(share(0, 0)), "day {day}");
        assert_eq!((all.cities, all.number.is_some()), (u64::from(counted.is_some()), counted.is_some()), "day {day}");
        let expected = if counted.is_some() { None } else { Some(Missing::NothingToCount) };
        assert_eq!(missing_of(&table, "brookhaven"), expected, "day {day}");
        assert!(table.cities.iter().all(|city| city.rank.is_none()), "nothing is ranked by it");
    }
}

#[test]
fn disclosures_add_up_by_their_purpose_and_whoever_handed_nothing_over_is_missing_and_no_zero() {
    let world = mirrored();
    let table = table(&world, "disclosures-by-purpose", 327);
    let all = &table.groups[&Group::All];
    // 3 and 2 to the lab and 4 to everybody; what the broken log says counts nowhere.
    let purposes = [("air-quality", 7), ("crime-investigation", 1), ("traffic-management", 9)];
    let purposes = purposes.map(|(purpose, number)| (purpose.to_owned(), number)).into();
    assert_eq!((&all.counted, all.counted.sample(), all.cities), (&Counted::Purposes { purposes }, 17, 1));
    // All of them are counted: nothing is estimated, and nobody is compared.
    assert_eq!((all.number, table.cities.iter().find(|city| city.rank.is_some())), (None, None));
    let expected = [(Missing::NoLog, 1), (Missing::Unreadable, 1), (Missing::NothingToCount, 1)];
    assert_eq!(all.missing, expected.into());
    for (city, why) in [
        ("brookhaven", None),
        ("quiet", Some(Missing::NothingToCount)),
        ("silent", Some(Missing::NoLog)),
        ("broken", Some(Missing::Unreadable)),
    ] {
        assert_eq!(missing_of(&table, city), why, "{city}");
    }
    // Whoever has the log and the signed definition counts the same without the hub.
    let definition = NamedDefinition::find(&table.digest.to_string()).unwrap().definition;
    let sheet = Sheet::of_log(&GeneratedLog::new(year(), &key()).unwrap(), key().vkey()).unwrap();
    assert_eq!(of_sheet(&definition, &sheet, at(327)).as_ref(), Ok(&all.counted));
    // A log that is no city's is nobody's zero either.
    let none = Sheet::of_log(&plain(3, u64::MAX), key().vkey()).unwrap();
    assert_eq!(of_sheet(&definition, &none, at(327)), Err(Missing::Unreadable));
}

#[tokio::test]
async fn the_pages_of_both_say_what_was_counted_and_who_is_missing_and_why() {
    let world = mirrored();
    assert_eq!(world.clock.now().date(), at(327).date(), "the day that the numbers here are of");
    let views = sound(&world, "/benchmarks/open-views").await;
    // Two of three, with Wilson's interval of 95 per cent around it.
    assert!(views.contains("66.7 % (20.8 to 93.9 %), from 1 cities; 3 are missing"), "{views}");
    let purposes = sound(&world, "/benchmarks/disclosures-by-purpose").await;
    for (purpose, number) in [("air-quality", 7), ("crime-investigation", 1), ("traffic-management", 9)] {
        let row = format!("<tr><th scope=\"row\">{purpose}</th><td class=\"number\">{number}</td></tr>");
        assert!(purposes.contains(&row), "{row}: {purposes}");
    }
    for page in [&views, &purposes] {
        for why in [
            "<td class=\"number\">no number</td><td></td><td class=\"number\">0</td><td class=\"number\"></td><td>it has nothing of the kind that is counted</td>",
            "<td>nothing of its log was had yet</td>",
            "<td>its log holds an act that cannot be read</td>",
        ] {
            assert!(page.contains(why), "{why}: {page}");
        }
    }
    let csv = get(&world, "/benchmarks/open-views.csv").await;
    assert_eq!(csv.status(), StatusCode::OK);
    let csv = text(csv).await;
    let lines: Vec<&str> = csv.lines().collect();
    // A field that is missing is empty, and says why at its end.
    assert!(lines.contains(&"quiet,,,,0,,,it has nothing of the kind that is counted"), "{csv}");
    assert!(lines.iter().any(|line| line.starts_with("brookhaven,0.66")), "{csv}");
}
