//! Silence about a draft's own duties: what it stops, from which instant, until when, and that it is what a city does that has the draft.

use model::{Span, Timestamp};

use super::super::report::Counts;
use super::super::{Minutes, inside, outside};
use super::world::{World, draft, norm};
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
