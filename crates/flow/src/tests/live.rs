//! Live: each stretch once, with a record, decided anew, and never more than an answer shows.

use model::{Seq, Span, Timestamp};
use register::Command;

use super::world::{SOUGHT, World};
use crate::live::BACKLOG_MAX;
use crate::{Answer, Asked, Cell, City, DiscloseError, Live, Row, Watch};

const QUARTER: Span = Span::minutes(15);

fn phones() -> Asked {
    World::asked("city", "traffic-management", "wifi")
}

/// Everything that is due, and the stretches that were passed over.
fn drained(city: &City, watch: &mut Watch) -> (Vec<Answer>, usize) {
    let (mut answers, mut passed) = (Vec::new(), 0);
    while let Some(next) = city.next_live(watch).unwrap() {
        match next {
            Live::Released(disclosed) => answers.push(disclosed.get().clone()),
            Live::Passed(_) => passed += 1,
        }
    }
    (answers, passed)
}

/// The numbers of an answer by sensor.
fn numbers(answer: &Answer) -> Vec<(Timestamp, String, i64)> {
    let number = |row: &Row| match row {
        Row::Released { from, cell: Cell::Sensor(sensor), value, .. } => (*from, sensor.to_string(), *value),
        other => panic!("{other:?}"),
    };
    answer.rows.iter().map(number).collect()
}

fn disclosures(world: &World) -> usize {
    world.city.register().disclosure_records(Seq(0), 10_000).unwrap().len()
}

/// Three quarters of an hour with so many phones at two receivers, each released.
fn three_quarters(world: &World, counts: [(u32, u32); 3]) {
    for (first, second) in counts {
        world.probes("s1", 0..first).unwrap();
        world.probes("s2", 0..second).unwrap();
        world.clock.advance(QUARTER);
    }
    world.clock.advance(Span::minutes(2));
    world.city.tick().unwrap();
}

#[test]
fn each_window_comes_once_with_a_record_and_no_cell_that_is_withheld() {
    let world = World::new();
    let mut watch = world.city.watch(&phones(), None).unwrap();
    let start = world.now();
    assert_eq!(watch.through(), start);
    assert!(world.city.next_live(&mut watch).unwrap().is_none(), "the window is open");
    assert_eq!(disclosures(&world), 0, "where nothing left there is no record");
    three_quarters(&world, [(12, 9), (9, 9), (10, 30)]);
    let (answers, passed) = drained(&world.city, &mut watch);
    assert_eq!((answers.len(), passed), (3, 0));
    let quarter = |count: u32| start + Span::minutes(15 * count);
    assert_eq!(numbers(&answers[0]), [(quarter(0), "s1".to_owned(), 12)], "nine are withheld");
    assert_eq!((answers[1].rows.len(), answers[1].withheld), (0, 2), "that nothing can be shown is said");
    assert_eq!(numbers(&answers[2]), [(quarter(2), "s1".to_owned(), 10), (quarter(2), "s2".to_owned(), 30)]);
    for (index, answer) in answers.iter().enumerate() {
        let window = &answer.record.window;
        assert_eq!(
            (answer.record.seq.0, window.end.millis() - window.start.millis()),
            (index as u64, QUARTER.millis())
        );
        assert!(tlog::Note::parse(&answer.receipt).is_ok());
        // The rows are those of an answer, and the digest is of them.
        let asked = Asked { from: Some(window.start), to: Some(window.end), ..phones() };
        let asked = world.city.disclose(&asked).unwrap();
        assert_eq!(asked.get().rows, answer.rows);
        assert_eq!(asked.get().record.content, answer.record.content);
    }
    assert_eq!(disclosures(&world), 6);
    assert_eq!(watch.through(), quarter(3));
    assert!(world.city.next_live(&mut watch).unwrap().is_none());
    assert_eq!(disclosures(&world), 6);
}

#[test]
fn whoever_comes_back_misses_nothing_and_gets_nothing_twice() {
    let world = World::new();
    let start = world.now();
    let mut watch = world.city.watch(&phones(), None).unwrap();
    three_quarters(&world, [(12, 0), (13, 0), (14, 0)]);
    let Some(Live::Released(first)) = world.city.next_live(&mut watch).unwrap() else { panic!("the first window") };
    assert_eq!(numbers(first.get())[0].2, 12);
    let left_at = watch.through();
    drop(watch);
    // The city restarts meanwhile, and more is released.
    let world = world.reopened();
    world.probes("s1", 0..15).unwrap();
    world.clock.advance(QUARTER);
    world.city.tick().unwrap();
    let mut watch = world.city.watch(&phones(), Some(left_at)).unwrap();
    let (answers, passed) = drained(&world.city, &mut watch);
    let values: Vec<i64> = answers.iter().flat_map(numbers).map(|number| number.2).collect();
    assert_eq!((values, passed), (vec![13, 14, 15], 0));
    let ends: Vec<Timestamp> = answers.iter().map(|answer| answer.record.window.end).collect();
    assert_eq!(ends, [2, 3, 4].map(|count| start + Span::minutes(15 * count)));
}

#[test]
fn a_few_windows_and_many_are_found_alike() {
    let world = World::new();
    let start = world.now();
    three_quarters(&world, [(12, 0), (9, 0), (14, 30)]);
    world.clock.advance(Span::days(3));
    world.city.tick().unwrap();
    let ask = |to: Timestamp| {
        let asked = Asked { from: Some(start), to: Some(to), ..phones() };
        world.city.disclose(&asked).unwrap().get().clone()
    };
    let (few, many) = (ask(start + Span::minutes(45)), ask(start + Span::days(3)));
    assert_eq!((few.rows.len(), &few.rows), (3, &many.rows));
    assert_eq!((few.withheld, many.withheld), (3, 3 * 96 * 2 - 3));
}

#[test]
fn a_lapse_and_a_withdrawn_grant_end_it_although_nothing_is_due() {
    let world = World::new();
    let mut watch = world.city.watch(&phones(), None).unwrap();
    let withdraw = Command::WithdrawGrant { grant: "g-counts".parse().unwrap() };
    world.probes("s1", 0..12).unwrap();
    world.clock.advance(Span::minutes(17));
    world.city.tick().unwrap();
    world.submit("city", Some("the agreement ended"), withdraw);
    let refused = world.city.next_live(&mut watch).unwrap_err();
    assert!(matches!(refused, DiscloseError::Refused(_)), "{refused}");
    assert_eq!(disclosures(&world), 0, "what was released before does not leave any more");
    // The other: the approval lapses. Before any tick has made it an act, the plan itself says no.
    let world = World::new();
    world.clock.advance(Span::days(60));
    let mut watch = world.city.watch(&phones(), None).unwrap();
    assert!(world.city.next_live(&mut watch).unwrap().is_none());
    world.clock.set("2026-08-30T00:00:00Z".parse().unwrap());
    let refused = world.city.next_live(&mut watch).unwrap_err();
    assert!(matches!(refused, DiscloseError::Refused(_)), "{refused}");
}

#[test]
fn nobody_watches_what_no_grant_gives() {
    let world = World::new();
    for (who, purpose, stream) in [
        ("advertiser", "advertising", "wifi"),
        ("city", "street-design", "wifi"),
        ("city", "traffic-management", "none"),
    ] {
        assert!(world.city.watch(&World::asked(who, purpose, stream), None).is_err(), "{who} {purpose} {stream}");
    }
}

#[test]
fn records_come_by_whole_minutes_when_they_have_settled_and_are_not_held_back_any_more() {
    let world = World::new();
    let air = World::asked("public", "air-quality", "air");
    let mut watch = world.city.watch(&air, None).unwrap();
    let line = |no2: u32, at: Timestamp| format!("{{\"time\":\"{at}\",\"no2\":{no2}}}\n");
    let begun = world.now();
    world.city.ingest_lines("a1", line(1, begun).as_bytes()).unwrap();
    world.clock.advance(Span::seconds(90));
    world.city.ingest_lines("a1", line(2, world.now()).as_bytes()).unwrap();
    world.clock.advance(Span::minutes(58));
    assert_eq!(drained(&world.city, &mut watch).0, [], "the view holds back an hour");
    world.clock.advance(Span::seconds(90));
    let (answers, _) = drained(&world.city, &mut watch);
    assert_eq!(answers.iter().map(|answer| answer.rows.len()).collect::<Vec<_>>(), [1]);
    assert_eq!(watch.through(), begun + Span::minutes(1));
    world.clock.advance(Span::hours(3));
    let (answers, _) = drained(&world.city, &mut watch);
    assert_eq!(answers.len(), 1, "what has no record makes no disclosure");
    let rows = serde_json::to_string(&answers[0].rows).unwrap();
    assert!(rows.contains("\"no2\":2.0") && answers[0].rows.len() == 1, "{rows}");
    assert_eq!(disclosures(&world), 2);
    // Somebody who left before either record gets both, each once.
    let mut again = world.city.watch(&air, Some(begun)).unwrap();
    let (answers, _) = drained(&world.city, &mut again);
    assert_eq!(answers.iter().map(|answer| answer.rows.len()).sum::<usize>(), 2);
}

#[test]
fn how_often_something_leaves_live_says_nothing_of_the_hits_of_an_order() {
    let counted = |hits: bool| {
        let world = World::new();
        let mut watch = world.city.watch(&World::asked("police", "crime-investigation", "plates"), None).unwrap();
        let (mut events, mut rows) = (0, 0);
        for minute in 0..20 {
            let plate = if hits && minute % 3 == 0 { SOUGHT } else { "9Z9 9999" };
            let line = format!("{{\"time\":\"{}\",\"plate\":\"{plate}\"}}\n", world.now());
            world.city.ingest_lines("c1", line.as_bytes()).unwrap();
            world.clock.advance(Span::minutes(1));
            let (answers, _) = drained(&world.city, &mut watch);
            events += answers.len();
            rows += answers.iter().map(|answer| answer.rows.len()).sum::<usize>();
        }
        assert_eq!(disclosures(&world), events);
        (events, rows)
    };
    let (with, without) = (counted(true), counted(false));
    assert_eq!(with.0, without.0, "the log counts disclosures");
    assert_eq!((with.1, without.1), (7, 0));
}

#[test]
fn too_much_to_catch_up_on_and_what_has_not_come_yet_is_an_error() {
    let world = World::new();
    let start = world.now();
    three_quarters(&world, [(12, 0), (13, 0), (14, 0)]);
    let watch = |after: Timestamp| world.city.watch(&phones(), Some(after));
    assert!(watch(world.now() + Span::seconds(1)).unwrap_err().to_string().contains("has not come yet"));
    world.clock.advance(Span::days(25));
    world.city.tick().unwrap();
    const { assert!(25 * 96 > BACKLOG_MAX) };
    let error = watch(start).unwrap_err();
    assert!(matches!(&error, DiscloseError::Window(words) if words.contains("ask for them as one answer")), "{error}");
}

#[test]
fn nothing_is_missed_between_the_first_instant_of_a_deployment_and_its_first_whole_minute() {
    let world = World::new();
    let air = World::asked("public", "air-quality", "air");
    let first = "2026-06-01T00:00:00Z".parse().unwrap();
    let line = format!("{{\"time\":\"{first}\",\"no2\":1}}\n");
    world.city.ingest_lines("a1", line.as_bytes()).unwrap();
    let mut watch = world.city.watch(&air, Some(first - Span::seconds(90))).unwrap();
    let (answers, passed) = drained(&world.city, &mut watch);
    assert_eq!((answers.len(), passed), (1, 1), "before it there was nothing");
    assert_eq!((answers[0].rows.len(), answers[0].record.window.start), (1, first));
}

#[test]
fn what_is_out_of_reach_is_said_and_what_is_in_reach_still_comes() {
    let world = World::new();
    let mut watch = world.city.watch(&World::asked("public", "air-quality", "air"), None).unwrap();
    let left_at = watch.through();
    world.clock.advance(Span::days(31));
    let line = format!("{{\"time\":\"{}\",\"no2\":1}}\n", world.now());
    world.city.ingest_lines("a1", line.as_bytes()).unwrap();
    world.clock.advance(Span::hours(2));
    let Some(Live::Passed(passed)) = world.city.next_live(&mut watch).unwrap() else { panic!("a month was missed") };
    assert_eq!((passed.start, passed.end), (left_at, watch.through()));
    assert!(world.now().since(passed.end) <= Span::days(30));
    assert_eq!(disclosures(&world), 0, "that nothing is shown is no disclosure");
    let mut rows = 0;
    // Silent minutes are passed over some at a time, so that others have a turn.
    for _ in 0..100 {
        rows += drained(&world.city, &mut watch).0.iter().map(|answer| answer.rows.len()).sum::<usize>();
    }
    assert_eq!(rows, 1);
}
