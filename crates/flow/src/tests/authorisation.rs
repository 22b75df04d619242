//! What is older than ninety days and tells who was there: only with a senior party's word, which the record keeps.

use model::{Depth, PartyId, Span, View, ViewVersion};
use register::Command;

use super::World;
use crate::{Asked, DiscloseError};

/// A question of the police for hits of up to a hundred days.
fn asked(world: &World, by: Option<&str>) -> Asked {
    let from = Some(world.now() - Span::days(100));
    let authorised_by = by.map(|by| by.parse::<PartyId>().unwrap());
    Asked { from, authorised_by, ..World::asked("police", "crime-investigation", "plates") }
}

#[test]
fn nobody_authorises_themselves_and_whoever_does_is_in_the_record() {
    let world = World::new();
    let hits = world.city.register().state().views_of(&"plates".parse().unwrap()).next().unwrap().clone();
    let deeper = View { version: ViewVersion(2), depth: Depth(Span::days(100)), ..hits };
    world.submit("police", None, Command::DeclareView(deeper));
    let refused = world.city.disclose(&asked(&world, None)).unwrap_err();
    assert!(matches!(&refused, DiscloseError::Refused(_)) && refused.to_string().contains("core-34"), "{refused}");
    for by in ["police", "city", "advertiser", "public", "nobody-known"] {
        let refused = world.city.disclose(&asked(&world, Some(by))).unwrap_err();
        assert!(matches!(refused, DiscloseError::Authorisation(_)), "{by}: {refused}");
    }
    assert_eq!(world.city.register().disclosure_records(model::Seq(0), 10).unwrap(), []);
    let answer = world.city.disclose(&asked(&world, Some("office"))).unwrap();
    assert_eq!(answer.get().record.authorised_by.as_ref().map(PartyId::as_str), Some("office"));
    let records = world.city.register().disclosure_records(model::Seq(0), 10).unwrap();
    assert_eq!(records, [answer.get().record.clone()]);
    assert_eq!(world.city.tick().unwrap().disclosures, 1, "and it is in the batch's root");
    // Without one the record is written as it always was.
    let plain = world.city.disclose(&World::asked("public", "air-quality", "air")).unwrap();
    assert!(!serde_json::to_string(&plain.get().record).unwrap().contains("authorised"));
}
