//! Silence about a draft's own duties: what it stops, from which instant, until when, and that it is what a city does that has the draft.

use model::{Span, Timestamp};
use register::{Adopting, Command, Submission};

use super::super::report::Counts;
use super::super::{Minutes, inside, outside};
use super::world::{DECLARED, World, draft, norm, submission};
use super::{counts, tried};

/// A duty that a review is filed within a span after something, and what its silence means.
fn duty(from: &str, within: &str, silence: &str) -> String {
    format!(
        "[[duty]]\nid = \"review\"\nrequirement = \"draft-review\"\nfrom = \"{from}\"\nwithin = \"{within}\"\n\
         done_by = \"evidence/review\"\nsilence = \"{silence}\"\n"
    )
}

/// A draft whose norms let everything pass but what a deployment that does not run gives.
fn draft_with(duty: &str) -> super::super::Draft {
    draft(&norm("runs", "disclose", "resource.deploymentState == \"active\""), &[("review", duty)])
}

fn review(world: &World) {
    let about = r#"{"what":"deployment","id":"congestion"}"#;
    let on = world.register.now();
    world.ask(
        "office",
        &format!(r#"{{"do":"file-evidence","with":{{"id":"r","about":{about},"kind":"review","on":"{on}","signed_by":"office","summary":"Seen."}}}}"#),
    );
}

/// Something that happens in the city and is about nothing that is looked at.
fn elsewhere(world: &World, id: &str) {
    let place = format!(
        r#"{{"do":"register-place","with":{{"id":"{id}","name":"x","geometry":{{"type":"Point","coordinates":[1,2]}}}}}}"#
    );
    world.ask("city", &place);
}

/// The first instant at which more than a span has passed since the deployment was activated.
fn after(span: Span) -> Timestamp {
    let activated: Timestamp = "2026-06-01T00:09:00Z".parse().unwrap();
    Timestamp::from_millis((activated + span).millis() + 1)
}

#[test]
fn silence_stops_from_the_instant_at_which_it_lapsed_until_it_was_done_after_all() {
    let world = World::declared();
    world.pass(Span::days(3));
    elsewhere(&world, "x");
    world.pass(Span::days(1));
    review(&world);
    world.pass(Span::days(2));
    elsewhere(&world, "y");
    let report = tried(&world, &draft_with(&duty("activated", "2d", "cease")));
    let [stop] = report.streams.stops.as_slice() else { panic!("{report:?}") };
    // Not at the entry that came next, a day later, but a millisecond after the last instant at which it was in time.
    assert_eq!(stop.first.at, after(Span::days(2)), "{stop:?}");
    assert!(stop.first.why.contains("`review` was not done in time") && !stop.at_the_end, "{stop:?}");
    // From the second day after the activation to the fourth of the city, which had taken twelve minutes to be declared.
    assert_eq!(stop.minutes, 2 * 24 * 60 + 3 - 1, "{stop:?}");
    assert_eq!(stop.of_minutes, 6 * 24 * 60 + 3, "{stop:?}");
    let line = &report.duties[0];
    assert_eq!((line.late, line.missing, line.stops), (1, 0, 1), "{line:?}");
}

#[test]
fn what_is_done_in_time_or_escalates_alone_stops_nothing() {
    let world = World::declared();
    world.pass(Span::days(1));
    review(&world);
    world.pass(Span::days(3));
    elsewhere(&world, "x");
    assert_eq!(tried(&world, &draft_with(&duty("activated", "2d", "cease"))).streams.stopped, 0);
    let world = World::declared();
    world.pass(Span::days(4));
    elsewhere(&world, "x");
    assert_eq!(tried(&world, &draft_with(&duty("activated", "2d", "escalate"))).streams.stopped, 0);
    assert_eq!(tried(&world, &draft_with(&duty("activated", "2d", "cease"))).streams.stopped, 1);
}

#[test]
fn silence_of_the_city_as_a_whole_stops_everything_in_it() {
    let world = World::declared();
    world.pass(Span::days(4));
    elsewhere(&world, "x");
    let report = tried(&world, &draft_with(&duty("founded", "2d", "cease")));
    let [stop] = report.streams.stops.as_slice() else { panic!("{report:?}") };
    assert!(stop.at_the_end && stop.first.at < after(Span::days(2)), "{stop:?}");
}

#[test]
fn disclosures_are_asked_of_what_stood_still_in_their_time() {
    let world = World::declared();
    world.pass(Span::days(1));
    world.disclose(Span::hours(1));
    world.pass(Span::days(2));
    world.disclose(Span::hours(1));
    world.disclose(Span::hours(1));
    world.pass(Span::hours(1));
    let source = world.publish();
    let ceases = draft_with(&duty("activated", "2d", "cease"));
    let at_the_city = inside(&source, &world.journal(), &ceases, &Minutes::default()).unwrap();
    let expected = Counts { allowed: 1, refused: 2, ..Counts::default() };
    assert_eq!(at_the_city.disclosures[0].counts, Some(expected), "{:?}", at_the_city.disclosures);
    let [stop] = at_the_city.grants.stops.as_slice() else { panic!("{at_the_city:?}") };
    assert_eq!(stop.first.at, after(Span::days(2)));
    // One batch sums up what was before and what was after, so that a public log does not tell.
    let from_outside = outside(&source, None, &ceases, &Minutes::default()).unwrap();
    assert_eq!(from_outside.disclosures[0].counts, Some(Counts { unknown: 3, ..Counts::default() }));
    assert_eq!(from_outside.streams, at_the_city.streams);
    let without = draft_with(&duty("activated", "2d", "escalate"));
    let all = inside(&source, &world.journal(), &without, &Minutes::default()).unwrap();
    assert_eq!(all.disclosures[0].counts, Some(Counts { allowed: 3, ..Counts::default() }));
    assert_eq!(counts(&all, "grant-agreed/1"), Counts { allowed: 1, ..Counts::default() });
}

#[test]
fn what_silence_refuses_while_it_is_asked_for_stays_refused() {
    let world = World::founded(false);
    for (by, command) in DECLARED.iter().take(6) {
        world.clock.advance(Span::minutes(1));
        world.register.submit(submission(by, command)).unwrap();
    }
    world.pass(Span::days(3));
    for (by, command) in DECLARED.iter().skip(6) {
        world.clock.advance(Span::minutes(1));
        world.register.submit(submission(by, command)).unwrap();
    }
    world.pass(Span::days(1));
    elsewhere(&world, "x");
    let decided = |within: &str| {
        let text =
            duty("proposed", within, "refuse").replace("done_by = \"evidence/review\"", "done_by = \"approved\"");
        tried(&world, &draft_with(&text)).streams
    };
    let [stop] = &decided("2d").stops[..] else { panic!("{:?}", decided("2d")) };
    assert!(stop.first.why.contains("what was asked is refused") && stop.at_the_end, "{stop:?}");
    assert_eq!(stop.minutes, stop.of_minutes, "although it was approved later");
    assert_eq!(decided("4d").stopped, 0, "it was decided in time");
}

#[test]
fn an_incident_begins_a_clock_as_any_statement_does() {
    let world = World::declared();
    let about = r#"{"what":"deployment","id":"congestion"}"#;
    let on = world.register.now();
    let statement = format!(
        r#"{{"id":"i","about":{about},"kind":"incident","on":"{on}","signed_by":"city","summary":"A box was lost."}}"#
    );
    let incident =
        format!(r#"{{"do":"report-incident","with":{{"incident":{{"statement":{statement},"severity":"serious"}}}}}}"#);
    world.ask("city", &incident);
    world.pass(Span::days(9));
    elsewhere(&world, "x");
    let report = tried(&world, &draft_with(&duty("evidence/incident", "3d", "cease")));
    let [stop] = report.streams.stops.as_slice() else { panic!("{report:?}") };
    assert_eq!(stop.first.at.millis(), (on + Span::days(3)).millis() + 1, "{stop:?}");
}

#[test]
fn what_was_overdue_under_the_draft_stays_so_when_the_city_takes_up_the_duty_itself() {
    let world = World::declared();
    world.pass(Span::days(4));
    let text = duty("activated", "2d", "cease");
    let ceases = draft_with(&text);
    let adopted = ceases.over(&world.register.state().policy.as_ref().unwrap().text.clone());
    let adopts = Command::AdoptFrom(Adopting::unreleased(adopted, "to try it".to_owned()));
    let by = "city".parse().unwrap();
    world.register.submit(Submission { by, reason: Some("as it goes".to_owned()), command: adopts }).unwrap();
    world.pass(Span::hours(1));
    elsewhere(&world, "x");
    let report = tried(&world, &ceases);
    let [stop] = report.streams.stops.as_slice() else { panic!("{report:?}") };
    assert!(stop.at_the_end && stop.first.at == after(Span::days(2)), "{stop:?}");
}

#[test]
fn what_is_asked_for_while_the_city_as_a_whole_is_overdue_is_refused_at_once() {
    let lives = |reviewed: bool| {
        let world = World::founded(false);
        for (by, command) in DECLARED.iter().take(4) {
            world.clock.advance(Span::minutes(1));
            world.register.submit(submission(by, command)).unwrap();
        }
        world.pass(Span::days(3));
        if reviewed {
            let on = world.register.now();
            world.ask(
                "office",
                &format!(
                    r#"{{"do":"file-evidence","with":{{"id":"r","about":{{"what":"city"}},"kind":"review","on":"{on}","signed_by":"office","summary":"Seen."}}}}"#
                ),
            );
        }
        for (by, command) in DECLARED.iter().skip(4) {
            world.clock.advance(Span::minutes(1));
            world.register.submit(submission(by, command)).unwrap();
        }
        world.pass(Span::days(1));
        elsewhere(&world, "x");
        let of_the_city = duty("founded", "2d", "refuse") + "about = \"city\"\n";
        tried(&world, &draft_with(&of_the_city)).streams
    };
    let overdue = lives(false);
    assert_eq!(overdue.stopped, 1, "{overdue:?}");
    assert!(overdue.stops[0].first.why.contains("what was asked is refused"), "{overdue:?}");
    let done = lives(true);
    assert_eq!(done.stopped, 0, "it was done, although late, before anything was asked for: {done:?}");
}
