//! What a plan says of disclosures that are known only within limits.

use model::{Duty, Span, Timestamp};

use super::world::World;
use crate::{Decision, DiscloseLimits};

/// The narrowest limits that some moments lie within: days from now, days back, with or without a senior party.
pub(super) fn limits(now: Timestamp, moments: &[(i64, u32, bool)]) -> DiscloseLimits {
    let at = |days: i64| Timestamp::from_millis(now.millis() + days * 86_400_000);
    let days = || moments.iter().map(|(days, _, _)| *days);
    DiscloseLimits {
        from: at(days().min().unwrap_or(0)),
        to: at(days().max().unwrap_or(0)),
        oldest_max: Span::days(moments.iter().map(|(_, back, _)| *back).max().unwrap_or(0)),
    }
}

fn settled(world: &World, to: i64, back: u32) -> Option<bool> {
    let party = world.party("police");
    let plan = world.bundle.plan_disclose(&world.question(&party, "crime-investigation", Some(&world.grant)));
    let said = plan.settled(&limits(world.now, &[(0, back, false), (to, 0, false)]))?;
    if let Decision::Refused(refusal) = &said {
        assert!(!refusal.grounds.is_empty(), "a refusal names its norms");
    }
    Some(said.is_allowed())
}

#[test]
fn what_holds_for_all_is_said_and_what_does_not_is_not() {
    let world = World::plates();
    assert_eq!(settled(&world, 0, 90), Some(true), "so young that nobody senior is asked for");
    assert_eq!(settled(&world, 0, 91), None, "some of them may need a senior party");
    assert_eq!(settled(&world, 100_000, 90), None, "some of them may be after its end");
    let mut unverified = World::plates();
    unverified.grant.grant.duties.remove(&Duty::HumanVerification);
    assert_eq!(settled(&unverified, 100_000, 91), Some(false), "refused whenever it was");
}
