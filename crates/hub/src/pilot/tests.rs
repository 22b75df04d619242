//! Pilots by replay, on cities whose history is known.

mod differential;
mod enforced;
mod live;
mod public;
mod silences;
mod world;

use model::Span;

use super::report::{Counts, Outcome};
use super::{Draft, Minutes, PilotError, Replay, Report, for_the_public, in_words, inside, outside};
use world::{World, draft, norm};

fn tried(world: &World, draft: &Draft) -> Report {
    outside(&world.publish(), None, draft, &Minutes::default()).unwrap()
}

fn counts(report: &Report, kind: &str) -> Counts {
    report.acts.iter().find(|line| line.kind == kind).unwrap().counts
}

#[test]
fn a_draft_that_says_nothing_new_changes_nothing() {
    let world = World::declared();
    world.disclose(Span::hours(1));
    let report = tried(&world, &draft(&norm("nothing", "propose", "true"), &[]));
    assert!(report.acts.iter().all(|line| line.counts.total() == line.counts.allowed), "{report:?}");
    assert_eq!(report.acts.iter().map(|line| line.counts.total()).sum::<u64>(), 12, "every act that norms decided");
    assert!(report.against.is_empty());
    assert_eq!((report.streams.flowed, report.streams.stopped, report.streams.unknown), (1, 0, 0));
    assert_eq!((report.grants.flowed, report.grants.stopped, report.grants.unknown), (1, 0, 0));
    let [line] = report.disclosures.as_slice() else { panic!("{report:?}") };
    assert_eq!(line.counts, Some(Counts { allowed: 1, ..Counts::default() }));
    assert_eq!(report.work.minutes(), 0);
}

#[test]
fn what_the_draft_refuses_is_named_with_its_entry_norm_and_paper() {
    let world = World::declared();
    world.pass(Span::hours(2));
    let notice = "resource.evidence.contains(\"notice\")";
    let cedar = norm("notice", "activate", notice) + &norm("notice-runs", "collect", notice);
    let report = tried(&world, &draft(&cedar, &[]));
    assert_eq!(counts(&report, "deployment-activated/1"), Counts { refused: 1, ..Counts::default() });
    assert_eq!(counts(&report, "deployment-approved/1"), Counts { allowed: 1, ..Counts::default() });
    let [by] = report.against.as_slice() else { panic!("{report:?}") };
    assert_eq!(
        (by.norm.as_deref(), by.requirement.as_deref(), by.acts),
        (Some("draft/notice"), Some("draft-notice"), 1)
    );
    let entry = by.examples[0].entry;
    let bytes = &world.register.entries(entry, 1).unwrap()[0].bytes;
    assert!(String::from_utf8_lossy(bytes).contains("deployment-activated/1"));
    let [stop] = report.streams.stops.as_slice() else { panic!("{report:?}") };
    assert_eq!((stop.name.as_str(), stop.first.entry, stop.at_the_end), ("wifi", entry, true));
    assert_eq!(stop.minutes, stop.of_minutes);
    assert!(stop.first.why.contains("notice-runs"), "{}", stop.first.why);
    let [paper] = report.work.papers.as_slice() else { panic!("{report:?}") };
    assert_eq!((paper.kind.as_str(), paper.missing, report.work.minutes()), ("notice", 1, 60), "once for the thing");
    let words = in_words(&report);
    for said in ["entry", "draft/notice", "nobody has measured", "What this cannot say", "`wifi`"] {
        assert!(words.contains(said), "{said}: {words}");
    }
}

#[test]
fn a_paper_that_comes_later_lets_it_flow_again_and_is_no_cost() {
    let world = World::declared();
    world.pass(Span::minutes(30));
    world.ask(
        "office",
        r#"{"do":"file-evidence","with":{"id":"n","about":{"what":"deployment","id":"congestion"},"kind":"notice",
            "on":"2026-06-01T00:20:00Z","signed_by":"office","summary":"Told."}}"#,
    );
    world.pass(Span::minutes(90));
    world.disclose(Span::hours(1));
    let cedar = norm("notice-runs", "collect", "resource.evidence.contains(\"notice\")");
    let report = tried(&world, &draft(&cedar, &[]));
    let [stop] = report.streams.stops.as_slice() else { panic!("{report:?}") };
    assert!(!stop.at_the_end);
    assert_eq!((stop.minutes, stop.of_minutes), (33, 123));
    assert_eq!(report.work.papers.len(), 1, "it was missing when it was asked for");
}

#[test]
fn what_tells_less_is_offered_for_a_view_and_for_its_grant() {
    let world = World::declared();
    world.disclose(Span::hours(1));
    let cedar = norm("hourly", "declare-view", "resource.binSeconds >= 3600")
        + &norm("hourly-leaves", "disclose", "resource.binSeconds >= 3600");
    let report = tried(&world, &draft(&cedar, &[]));
    assert_eq!(counts(&report, "view-declared/1"), Counts { changed: 1, ..Counts::default() });
    let by = report.against.iter().find(|by| by.norm.as_deref() == Some("draft/hourly")).unwrap();
    assert!(by.examples[0].instead.iter().any(|instead| instead.contains("windows of")), "{by:?}");
    let [stop] = report.grants.stops.as_slice() else { panic!("{report:?}") };
    assert!(stop.instead.iter().any(|instead| instead.contains("windows of")), "{stop:?}");
    assert_eq!(report.disclosures[0].counts, Some(Counts { changed: 1, ..Counts::default() }));
}

#[test]
fn what_a_public_log_does_not_tell_is_not_guessed_and_the_city_can_tell() {
    let world = World::declared();
    world.pass(Span::hours(1));
    for back in [1, 2, 30, 40] {
        world.disclose(Span::hours(back));
    }
    let source = world.publish();
    let near = draft(&norm("near", "disclose", "context.oldestSeconds <= 86400"), &[]);
    let from_outside = outside(&source, None, &near, &Minutes::default()).unwrap();
    assert_eq!(from_outside.disclosures[0].counts, Some(Counts { unknown: 4, ..Counts::default() }));
    assert_eq!((from_outside.grants.stopped, from_outside.grants.unknown), (0, 1));
    let at_the_city = inside(&source, &world.journal(), &near, &Minutes::default()).unwrap();
    assert_eq!(at_the_city.disclosures[0].counts, Some(Counts { allowed: 2, refused: 2, ..Counts::default() }));
    assert!(at_the_city.disclosures[0].why.as_ref().unwrap().contains("draft/near"));
    let handed_out = for_the_public(at_the_city, &world.register.state(), 1);
    assert_eq!((handed_out.disclosures[0].total, handed_out.disclosures[0].counts), (4, None), "few are not told of");
    assert!(handed_out.disclosures[0].why.is_none());
}

#[test]
fn a_duty_of_the_draft_counts_what_nobody_did() {
    let world = World::declared();
    world.pass(Span::days(40));
    world.ask(
        "city",
        r#"{"do":"register-place","with":{"id":"x","name":"x","geometry":{"type":"Point","coordinates":[1,2]}}}"#,
    );
    let text = "[[duty]]\nid = \"review\"\nrequirement = \"draft-review\"\nfrom = \"activated\"\nwithin = \"30d\"\n\
        done_by = \"evidence/review\"\nsilence = \"cease\"\n";
    let report = tried(&world, &draft(&norm("nothing", "propose", "true"), &[("review", text)]));
    let [line] = report.duties.as_slice() else { panic!("{report:?}") };
    assert_eq!((line.runs, line.missing, line.stops, line.minutes_each), (1, 1, 1, 60), "{line:?}");
    assert_eq!((report.work.duties_minutes, report.work.minutes()), (60, 60));
    assert!(line.examples[0].contains("congestion"), "{line:?}");
}

#[test]
fn the_same_log_and_draft_give_the_same_bytes_and_say_which_they_are() {
    let world = World::declared();
    world.disclose(Span::hours(1));
    let one = draft(&norm("notice", "activate", "resource.evidence.contains(\"notice\")"), &[]);
    let (first, second) = (tried(&world, &one), tried(&world, &one));
    assert_eq!(serde_json::to_vec(&first).unwrap(), serde_json::to_vec(&second).unwrap());
    assert_eq!(first.seen.origin, "test.example/log");
    assert_eq!((first.seen.size, first.seen.digest), (world.register.state().size, one.digest()));
    let head = world.register.head();
    assert_eq!(first.seen.root, head.root.to_string());
    assert!(!serde_json::to_string(&first).unwrap().contains("A. Person"));
}

#[test]
fn a_draft_that_cannot_stand_with_what_was_in_force_is_an_error_that_names_the_entry() {
    let world = World::declared();
    let broken = draft(
        "@id(\"x\")\n@requirement(\"r\")\n@reason(\"w\")\nforbid (principal, action, resource) when { resource.nothing };",
        &[],
    );
    let error = outside(&world.publish(), None, &broken, &Minutes::default()).unwrap_err().to_string();
    assert!(error.contains("entry 1"), "{error}");
}

#[test]
fn a_damaged_log_gives_no_report() {
    let world = World::declared();
    let source = world.publish();
    let bundle = world.register.log_folder().join("tile/entries/000.p");
    let file = std::fs::read_dir(&bundle).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let one = draft(&norm("nothing", "propose", "true"), &[]);
    assert!(outside(&source, None, &one, &Minutes::default()).is_err());
}

#[test]
fn each_act_is_answered_in_order() {
    let world = World::declared();
    let one = draft(&norm("notice", "activate", "resource.evidence.contains(\"notice\")"), &[]);
    let (_, replay) = register::audit::audit_before(&world.publish(), None, None, || Replay::new(&one, None)).unwrap();
    let refused: Vec<_> = replay.each().iter().filter(|act| act.outcome != Outcome::Allowed).collect();
    assert_eq!(replay.each().len(), 12);
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].against, ["draft/notice"]);
}

#[test]
fn a_history_that_keeps_a_replay_busy_is_given_up_at_a_bound() {
    let world = World::declared();
    let (source, one) = (world.publish(), draft(&norm("nothing", "propose", "true"), &[]));
    let within = |looks| {
        let replay = || Replay::new(&one, None).at_most(looks);
        let (audit, replay) = register::audit::audit_before(&source, None, None, replay).unwrap();
        replay.finish(&audit.state, audit.log.root, &Minutes::default())
    };
    assert!(matches!(within(3), Err(PilotError::TooMuch(_))));
    assert!(within(40).is_ok());
}

/// The fewest things that a replay has to look at for it to come to its end.
fn looked_at(world: &World) -> u64 {
    let (source, one) = (world.publish(), draft(&norm("nothing", "propose", "true"), &[]));
    let ends = |looks: u64| {
        let replay = || Replay::new(&one, None).at_most(looks);
        let (audit, replay) = register::audit::audit_before(&source, None, None, replay).unwrap();
        replay.finish(&audit.state, audit.log.root, &Minutes::default()).is_ok()
    };
    let (mut too_few, mut enough) = (0, 512);
    while too_few + 1 < enough {
        let middle = u64::midpoint(too_few, enough);
        *(if ends(middle) { &mut enough } else { &mut too_few }) = middle;
    }
    enough
}

#[test]
fn grants_are_counted_as_long_as_they_stand_and_looked_at_no_more_when_they_ended() {
    let told = |world: &World, number: u32| {
        let id = format!("n{number}");
        world.ask(
            "office",
            &format!(
                r#"{{"do":"file-evidence","with":{{"id":"{id}","about":{{"what":"deployment","id":"congestion"}},"kind":"notice",
                "on":"2026-06-01T00:20:00Z","signed_by":"office","summary":"Told."}}}}"#
            ),
        );
    };
    let grants = |world: &World, agree: bool| {
        for number in 0..10 {
            let command = match agree {
                true => format!(
                    r#"{{"do":"agree-grant","with":{{"id":"g{number}","recipient":"city","stream":"wifi","view":"counts",
                    "purpose":"traffic-management","until":"2026-11-30T00:00:00Z","duties":["no-reidentification"]}}}}"#
                ),
                false => format!(r#"{{"do":"withdraw-grant","with":{{"grant":"g{number}"}}}}"#),
            };
            world.ask("city", &command);
        }
    };
    let world = World::declared();
    world.pass(Span::minutes(30));
    let of_one_look = |world: &World, number: u32| {
        let before = looked_at(world);
        told(world, number);
        looked_at(world) - before
    };
    // The deployment, its stream and its grant; then ten grants more; then these no longer.
    grants(&world, true);
    assert_eq!(of_one_look(&world, 1), 13);
    grants(&world, false);
    assert_eq!(of_one_look(&world, 2), 3);
}
