//! Live pilots in shadow: what they say from a day on, and that they change nothing.

use model::Span;

use super::world::{World, draft, norm};
use crate::pilot::live::{Altered, Figure, Indicator, Live, look, new_decisions, refused};
use crate::pilot::report::Outcome;
use crate::pilot::{Begin, Draft, Minutes};

fn begin(world: &World) -> Begin {
    Begin { entry: world.register.state().size, at: world.register.now() }
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
        let looked = look(&world.publish(), &world.journal(), &draft, begun, &Minutes::default()).unwrap();
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
    let look = |world: &World| look(&world.publish(), &world.journal(), &draft, begun, &Minutes::default()).unwrap();
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
    let looked = look(&world.publish(), &world.journal(), &draft, begun, &Minutes::default()).unwrap();
    let readings: Vec<(u64, bool)> = kept.readings(&looked.report).map(|(_, is, within)| (is, within)).collect();
    assert_eq!(readings, [(7, true), (4, false), (60, true)]);
    live.layers[0].cedar.push(' ');
    assert_eq!(live.draft(), None, "another draft than the one that began");
}
