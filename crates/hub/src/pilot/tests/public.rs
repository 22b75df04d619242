//! What a city hands out of its own replay: large lines whole, small ones without how they divide, and no single record.

use model::{DisclosureRecord, Span};

use super::world::{World, draft, norm};
use crate::pilot::report::Counts;
use crate::pilot::{MINIMUM, Minutes, Report, for_the_public, in_words, inside};

/// Discloses so often what reaches back so far, each a second after the one before.
fn disclosed(world: &World, times: u64, (grant, recipient): (&str, &str), back: Span) {
    for _ in 0..times {
        world.clock.advance(Span::seconds(1));
        world.disclose_under(grant, recipient, back);
    }
}

/// A city that discloses to three, and what a draft says of it there that lets nobody have what is older than a day.
fn tried() -> (World, Report) {
    let world = World::declared();
    for recipient in ["office", "lab"] {
        let grant = format!(
            r#"{{"do":"agree-grant","with":{{"id":"g-{recipient}","recipient":"{recipient}","stream":"wifi","view":"counts",
            "purpose":"traffic-management","until":"2026-11-30T00:00:00Z","duties":["no-reidentification"]}}}}"#
        );
        world.ask("city", &grant);
    }
    world.pass(Span::hours(1));
    let (near, far) = (Span::hours(2), Span::days(3));
    // Twenty-one of which eleven are too old; fifteen of which four are; and nine that are all as they may be.
    disclosed(&world, 10, ("g", "city"), near);
    disclosed(&world, 11, ("g", "city"), far);
    disclosed(&world, 11, ("g-office", "office"), near);
    disclosed(&world, 4, ("g-office", "office"), far);
    disclosed(&world, 9, ("g-lab", "lab"), near);
    world.clock.advance(Span::seconds(1));
    let one = draft(&norm("near", "disclose", "context.oldestSeconds <= 86400"), &[]);
    let report = inside(&world.publish(), &world.journal(), &one, &Minutes::default()).unwrap();
    (world, report)
}

fn line(report: &Report, recipient: &str) -> (u64, Option<Counts>, bool) {
    let line = report.disclosures.iter().find(|line| line.recipient == recipient).unwrap();
    (line.total, line.counts, line.why.is_some())
}

#[test]
fn a_large_line_stays_a_small_one_says_no_more_than_its_sum_and_no_record_is_in_what_is_handed_out() {
    let (world, whole) = tried();
    let counts = |allowed, refused| Some(Counts { allowed, refused, ..Counts::default() });
    assert_eq!(line(&whole, "city"), (21, counts(10, 11), true));
    assert_eq!(line(&whole, "office"), (15, counts(11, 4), true));
    assert_eq!(line(&whole, "lab"), (9, counts(9, 0), false));
    let handed_out = for_the_public(whole.clone(), &world.register.state(), MINIMUM);
    assert_eq!(line(&handed_out, "city"), (21, counts(10, 11), true), "ten are enough");
    // Of a few that are refused the rest would tell, so that neither is told, nor why.
    assert_eq!(line(&handed_out, "office"), (15, None, false));
    assert_eq!(line(&handed_out, "lab"), (9, None, false));
    // Everything else is what it was, but for what says that this is a part.
    let last = handed_out.limits.last().unwrap();
    assert!(last.contains("of 2 of 3 lines of disclosures on 1 streams") && last.contains("below 10"), "{last}");
    let (limits, disclosures) = (whole.limits.clone(), whole.disclosures.clone());
    assert_eq!(Report { limits, disclosures, ..handed_out.clone() }, whole);
    // Nobody asks for less than the least, and whoever asks for more is told less.
    assert_eq!(for_the_public(whole.clone(), &world.register.state(), 0), handed_out);
    let more = for_the_public(whole.clone(), &world.register.state(), 11);
    assert_eq!(line(&more, "city"), (21, None, false));
    let (json, words) = (serde_json::to_string(&handed_out).unwrap(), in_words(&handed_out));
    assert!(words.contains("21; 10 allowed, 0 allowed otherwise, 11 refused, 0 not known"), "{words}");
    assert_eq!(words.matches("how they divide is withheld").count(), 2, "{words}");
    let records = world.journal().records(0, 100).unwrap();
    assert_eq!(records.len(), 45);
    for (_, bytes) in records {
        let record: DisclosureRecord = serde_json::from_slice(&bytes).unwrap();
        for told in [record.salt.to_string(), record.at.to_string(), record.window.start.to_string()] {
            assert!(!json.contains(&told) && !words.contains(&told), "{told}: {json}\n{words}");
        }
    }
}
