//! An emergency by forms: stated, told at once, lived under, over, and reviewed by somebody else.

use model::Span;

use super::{done, office, refused};
use crate::city::World;
use crate::html::check_in;

const STATE: &str = "/office/deployments/plates/emergency";
const REVIEW: &str = "/office/deployments/plates/emergency-review";
const APPROVE: &str = "/office/deployments/plates/approve";
const WHY: &str = "A child is missing";

#[tokio::test]
async fn an_emergency_is_told_at_once_opens_an_approval_that_ends_with_it_and_is_reviewed_by_another() {
    let world = World::new();
    world.submit(crate::pages::under_the_core(&world, |_| ())).unwrap();
    let (mut council, mut privacy) = (office(&world, "council").await, office(&world, "privacy-office").await);
    let short = [("until", "2026-11-26"), ("reason", "Until she is found.")];
    let text = refused(&world, &mut council, APPROVE, &short, 403).await;
    for norm in ["full-privacy-impact", "public-hearing", "advisory-opinion", "necessity-findings", "social-impact"] {
        assert!(text.contains(&format!("#global-core/{norm}\"")), "{norm}\n{text}");
    }
    assert!(privacy.get("/office/deployments/plates").await.text().contains(">State an emergency</a>"));
    let page = done(&world, &mut privacy, STATE, &[("summary", WHY), ("hours", "48")]).await;
    assert!(page.text().contains("stated an emergency until 26 November 2026, 08:00 UTC"), "{}", page.text());
    world.city.register().publish().unwrap();
    for (address, says) in [
        ("/deployments/plates", "An emergency, until 26 November 2026, 08:00 UTC"),
        ("/de/deployments/plates", "Ein Notfall, bis zum 26. November 2026"),
        ("/changes", "Privacy officer stated an emergency until"),
        ("/feed.atom", "A child is missing"),
    ] {
        let page = world.browse(address).await;
        assert!(page.text().contains(says), "{address}: {}", page.text());
        if !address.ends_with("atom") {
            check_in(if address.starts_with("/de/") { "de" } else { "en" }, page.text());
        }
    }
    // One at a time, and no approval beyond it, by whatever norms.
    let text = refused(&world, &mut council, STATE, &[("summary", "Another"), ("hours", "1")], 422).await;
    assert!(text.contains("nobody has reviewed it"), "{text}");
    let text = refused(&world, &mut council, APPROVE, &[("until", "2026-11-27"), ("reason", "Longer.")], 422).await;
    assert!(text.contains("ends with it at the latest"), "{text}");
    done(&world, &mut council, APPROVE, &short).await;
    assert_eq!(privacy.get(REVIEW).await.status, 200);
    refused(&world, &mut council, REVIEW, &[("summary", "It was one.")], 422).await;

    world.clock.advance(Span::hours(49));
    world.told().await;
    let page = world.browse("/deployments/plates").await;
    check_in("en", page.text());
    for part in ["An emergency that is not reviewed yet", "Collects nothing: stopped"] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    // Their sessions are over, too.
    let (mut council, mut privacy) = (office(&world, "council").await, office(&world, "privacy-office").await);
    let tasks = council.get("/office").await;
    assert!(tasks.text().contains("emergency-review"), "{}", tasks.text());
    let text = refused(&world, &mut privacy, REVIEW, &[("summary", "It was one.")], 422).await;
    assert!(text.contains("reviewed by another than stated it"), "{text}");
    assert!(council.get("/office/deployments/plates").await.text().contains(">Review the emergency</a>"));
    done(&world, &mut council, REVIEW, &[("summary", "It was one. She was found.")]).await;
    assert!(!world.browse("/deployments/plates").await.text().contains("id=\"emergency\""), "it is reviewed");
    assert_eq!(council.get(REVIEW).await.status, 404);
    done(&world, &mut council, STATE, &[("summary", "Another child is missing"), ("hours", "72")]).await;
}

#[tokio::test]
async fn nobody_states_an_emergency_for_itself_for_longer_than_three_days_or_by_another_form() {
    let world = World::new();
    let mut council = office(&world, "council").await;
    for hours in ["", "0", "73", "-1", "soon"] {
        let text = refused(&world, &mut council, STATE, &[("summary", WHY), ("hours", hours)], 422).await;
        assert!(text.contains("id=\"wrong-hours\""), "{hours}: {text}");
    }
    let text = refused(&world, &mut council, STATE, &[("hours", "2")], 422).await;
    assert!(text.contains("id=\"wrong-summary\""), "a reason is required: {text}");
    let mut police = office(&world, "police").await;
    let text = refused(&world, &mut police, STATE, &[("summary", WHY), ("hours", "2")], 422).await;
    assert!(text.contains("by an officer that does not answer for the deployment"), "{text}");
    let other = [("other-kind", "emergency"), ("summary", WHY), ("on", "2026-11-24"), ("until", "2026-11-25")];
    let text = refused(&world, &mut council, "/office/deployments/plates/evidence", &other, 422).await;
    assert!(text.contains("has a form of its own"), "{text}");
    assert_eq!(council.get(REVIEW).await.status, 404, "there is none");
    assert_eq!(police.get("/office/deployments/wifi/emergency").await.status, 404, "nothing of theirs");
}
