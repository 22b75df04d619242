//! Live pilots in shadow: what they say from a day on, and that they change nothing.

use model::{Span, Timestamp};

use super::world::{World, draft, norm};
use crate::pilot::live::{Altered, Figure, Indicator, Live, look, new_decisions, refused};
use crate::pilot::report::{Disclosure, Outcome};
use crate::pilot::{Begin, Draft, Minutes};

fn begin(world: &World) -> Begin {
    Begin { entry: world.register.state().size, at: world.register.now() }
}

/// Long after anything happens.
fn open_end() -> Timestamp {
    "2099-01-01T00:00:00Z".parse().unwrap()
}

fn strict() -> Draft {
    let cedar =
        norm("no-places", "register-place", "false") + &norm("near", "disclose", "context.oldestSeconds <= 86400");
    let duty = "[[duty]]\nid = \"review\"\nrequirement = \"draft-review\"\nfrom = \"evidence/request\"\nwithin = \"5d\"\n\
        done_by = \"evidence/review\"\nsilence = \"escalate\"\n";
    draft(&cedar, &[("review", duty)])
}

fn place(world: &World, id: &str) {
    let place = format!(
        r#"{{"do":"register-place","with":{{"id":"{id}","name":"x","geometry":{{"type":"Point","coordinates":[1,2]}}}}}}"#
    );
    world.ask("city", &place);
}

/// A month of a city; whoever looks on may look whenever something happened.
fn lived(world: &World, looks: impl Fn(&World)) {
    place(world, "first");
    for day in 0_u32..6 {
        world.pass(Span::days(5));
        place(world, &format!("x{day}"));
        world.disclose(Span::days(day));
        if day == 1 {
            let request = format!(
                r#"{{"do":"file-evidence","with":{{"id":"r","about":{{"what":"deployment","id":"congestion"}},"kind":"request",
                "on":"{}","signed_by":"office","summary":"Please."}}}}"#,
                world.register.now()
            );
            world.ask("office", &request);
        }
        world.publish();
        looks(world);
    }
}

#[test]
fn a_city_with_a_shadow_and_one_without_live_the_same_life() {
    let (watched, alone) = (World::declared(), World::declared());
    let (begun, draft) = (begin(&watched), strict());
    let seen = std::cell::Cell::new(0);
    lived(&watched, |world| {
        let looked =
            look(&world.publish(), &world.journal(), &draft, (begun, open_end()), &Minutes::default()).unwrap();
        seen.set(seen.get() + refused(&looked.decisions));
    });
    lived(&alone, |_| ());
    assert!(seen.get() > 5, "the shadow had something to refuse");
    assert_eq!(watched.register.head(), alone.register.head(), "every act, byte by byte");
    assert_eq!(*watched.register.state(), *alone.register.state());
    let records = |world: &World| world.journal().records(0, 100).unwrap();
    assert_eq!(records(&watched), records(&alone));
    assert_eq!(records(&watched).len(), 6);
}

#[test]
fn a_shadow_decides_from_its_begin_on_and_what_it_said_stays_said() {
    let world = World::declared();
    world.disclose(Span::days(3));
    world.pass(Span::days(1));
    let (begun, draft) = (begin(&world), strict());
    let look = |world: &World| {
        look(&world.publish(), &world.journal(), &draft, (begun, open_end()), &Minutes::default()).unwrap()
    };
    let first = look(&world);
    assert!(first.decisions.is_empty());
    assert_eq!(first.report.disclosures.len(), 0, "what was before it is none of its business");
    lived(&world, |_| ());
    let second = look(&world);
    let places = second.decisions.iter().filter(|act| act.against == ["draft/no-places"]).count();
    assert_eq!((places, second.decisions.len()), (7, 8), "seven places, and a statement");
    assert!(second.decisions.iter().all(|act| act.entry >= begun.entry));
    let counts = second.report.disclosures[0].counts.unwrap();
    assert_eq!((counts.allowed, counts.refused), (2, 4), "no older than a day");
    assert_eq!(second.report.duties[0].missing, 1, "asked on the tenth day, and nobody answered");
    place(&world, "more");
    let third = look(&world);
    let new = new_decisions(&second.decisions, &third.decisions).unwrap();
    assert_eq!(new.len(), 1);
    let mut altered = second.decisions.clone();
    altered[2].outcome = Outcome::Allowed;
    assert_eq!(new_decisions(&altered, &third.decisions), Err(Altered(altered[2].entry)));
}

#[test]
fn the_draft_that_is_kept_is_the_one_that_began_and_indicators_are_read_from_the_report() {
    let world = World::declared();
    let (begun, draft) = (begin(&world), strict());
    let mut live = Live::begin(&draft, begun, begun.at + Span::days(90));
    live.indicators = vec![
        Indicator { figure: Figure::ActsRefused, most: 100 },
        Indicator { figure: Figure::DisclosuresRefused, most: 3 },
        Indicator { figure: Figure::WorkMinutes, most: 60 },
    ];
    let kept: Live = serde_json::from_slice(&serde_json::to_vec(&live).unwrap()).unwrap();
    assert_eq!(kept, live);
    assert_eq!(kept.draft().as_ref(), Some(&draft));
    lived(&world, |_| ());
    let looked = look(&world.publish(), &world.journal(), &draft, (begun, open_end()), &Minutes::default()).unwrap();
    let read = |report: &crate::pilot::Report| -> Vec<(u64, Option<bool>)> {
        kept.readings(report).map(|(_, known, within)| (known.is, within)).collect()
    };
    assert_eq!(read(&looked.report), [(7, Some(true)), (4, Some(false)), (60, Some(true))]);
    // Where something is not known or withheld, nothing is within; what is beyond already stays beyond.
    let mut report = looked.report.clone();
    report.acts[0].counts.unknown = 2;
    let line = report.disclosures[0].clone();
    report.disclosures.push(Disclosure { counts: None, total: 70, ..line });
    assert_eq!(read(&report), [(7, None), (4, Some(false)), (60, Some(true))]);
    let words: Vec<String> = kept.readings(&report).map(|(_, known, _)| known.in_words()).collect();
    assert_eq!(words, ["at least 7; 2 not known", "at least 4; 70 withheld", "60"]);
    live.layers[0].cedar.push(' ');
    assert_eq!(live.draft(), None, "another draft than the one that began");
}

#[test]
fn a_pilot_counts_nothing_that_happens_after_its_end() {
    let world = World::declared();
    let (begun, draft) = (begin(&world), strict());
    // Ten days and a half: two days of the month lie within, and the rest after it.
    let until = begun.at + Span::hours(252);
    let look = |until| look(&world.publish(), &world.journal(), &draft, (begun, until), &Minutes::default()).unwrap();
    lived(&world, |_| ());
    let (ended, open) = (look(until), look(open_end()));
    let places = |looked: &crate::pilot::live::Looked| {
        looked.decisions.iter().filter(|act| act.against == ["draft/no-places"]).count()
    };
    assert_eq!((places(&ended), places(&open)), (3, 7), "the first, and those of the fifth and the tenth day");
    let total = |report: &crate::pilot::Report| -> u64 { report.disclosures.iter().map(|line| line.total).sum() };
    assert_eq!((total(&ended.report), total(&open.report)), (2, 6));
    assert_eq!((ended.report.seen.to, ended.report.duties[0].missing), (Some(until), 0), "asked, and not due yet");
    assert_eq!(open.report.duties[0].missing, 1);
    assert!(ended.report.seen.size < open.report.seen.size && ended.report.seen.root != open.report.seen.root);
    // However much happens afterwards, the same is said; and what was said then is the beginning of what is said now.
    place(&world, "later");
    assert_eq!(look(until), ended);
    assert_eq!(open.decisions[..ended.decisions.len()], ended.decisions[..]);
    // Its root is that of a log which ended there.
    let source = world.publish();
    let audited = register::audit::audit(&source, None, None).unwrap();
    assert_ne!(audited.log.root.to_string(), ended.report.seen.root);
    let mut edge = tlog::RightEdge::new();
    while edge.size() < ended.report.seen.size {
        let entry = tlog::audit::read_entry(&source, edge.size(), audited.log.size).unwrap();
        edge.push(tlog::leaf_hash(&entry));
    }
    assert_eq!(edge.root().to_string(), ended.report.seen.root);
}
