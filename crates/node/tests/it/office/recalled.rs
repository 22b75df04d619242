//! What hubs took back of the standards in force, as the office tells it: to whom, how long, and in whose words.

use flow::recalls::{Recall, Recalls, Unasked};
use model::Span;

use super::{escaped, office};
use crate::city::{HOSTILE, World};

/// What was heard under some policies: one standard was replaced, another withdrawn, and of a third nobody could ask since some days.
fn heard(world: &World, policies: &str, days: u32) -> Recalls {
    let now = world.city.register().now();
    let recall = |standard: &str, entry: u64, instead: Option<&str>, reasons: &str| Recall {
        standard: standard.to_owned(),
        origin: "hub.example/log".to_owned(),
        entry,
        by: entry + 10,
        instead: instead.map(str::to_owned),
        reasons: reasons.to_owned(),
    };
    let recalls = vec![
        recall("core@1", 4, Some("https://hub.example/versions/9/release.json"), "A year is too long."),
        recall("river@1", 5, None, HOSTILE),
    ];
    let unasked = Unasked {
        standard: "region@1".to_owned(),
        origin: "other.example/log".to_owned(),
        entry: 3,
        since: now + Span::days(1),
    };
    world.clock.advance(Span::days(1 + days));
    Recalls { at: now, whole: false, policies: policies.to_owned(), recalls, unasked: vec![unasked] }
}

#[tokio::test]
async fn officers_and_the_founder_read_what_was_taken_back_while_the_policies_are_the_same_and_nobody_else_does() {
    let world = World::new();
    let policies = world.city.register().state().policy.as_ref().unwrap().hash.to_string();
    let root = world.city.root().to_owned();
    let said = async |party: &str| office(&world, party).await.get("/office").await.text().to_owned();
    assert!(!said("council").await.contains("hub.example"), "nothing was heard");
    heard(&world, &policies, 2).note(&root).unwrap();
    for party in ["council", "city"] {
        let page = said(party).await;
        for part in [
            "core@1 is in force here and was replaced by the hub “hub.example/log” (entry 14): A year is too long.",
            "In its place: https://hub.example/versions/9/release.json",
            "river@1 is in force here and was withdrawn",
            &escaped(HOSTILE),
        ] {
            assert!(page.contains(part), "{party}: {part}\n{page}");
        }
        assert!(!page.contains(HOSTILE) && !page.contains("region@1"), "two days are no task: {page}");
    }
    for party in ["police", "advertiser", "mobility"] {
        assert!(!said(party).await.contains("core@1"), "{party}");
    }
    // Of what nobody could ask for days that is said.
    heard(&world, &policies, 3).note(&root).unwrap();
    let page = said("council").await;
    assert!(page.contains("Nobody could ask the hub “other.example/log” whether region@1 still stands"), "{page}");
    // Under other policies nothing of it is known to hold; what cannot be read is said.
    heard(&world, "others", 3).note(&root).unwrap();
    assert!(!said("council").await.contains("core@1"));
    std::fs::write(Recalls::folder(&root).unwrap().join("recalls.json"), "{").unwrap();
    assert!(said("council").await.contains("What hubs said of the standards in force cannot be read now"));
}
