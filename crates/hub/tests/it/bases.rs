//! What a draft at a hub stands on is what was released there under that name and version, also where the software carries another pack of it.

use std::sync::Arc;

use hub::amend::{amended, with_version};
use hub::command::Command;
use hub::document::Documents;
use hub::pilot::Draft;
use hub::trying::{Came, Limits, Trying};
use hub::words::DraftId;
use model::Digest;
use standards::{Library, Pack, Trust};
use testkit::FakeClock;

use crate::brought::{beginning, consolidated};
use crate::pilots::{city, world};
use crate::world::{World, clause, reasons, value_change};

/// The name that both packs have.
const BASE: &str = "urn:ordinance:standard:global-core@0.2.0";

fn river() -> DraftId {
    "river".parse().unwrap()
}

/// A hub that released a version of the core, with a profile on it that a city lets be tried; gives the core as it was released.
fn on_a_release() -> (World, Arc<Pack>) {
    let world = world();
    let amendment = world.amend("member", value_change("\"365d\""));
    let core = consolidated(&world, "core", &[amendment], "0.2.0");
    world.by("secretariat", Command::Release { draft: "core".parse().unwrap(), reasons: reasons() });
    let title = "River lands".parse().unwrap();
    world
        .by("editor", Command::BeginDraft { draft: river(), title, beginning: beginning(&[BASE]), reasons: reasons() });
    world.by("mayor-0", Command::AgreeToPilot { draft: river(), reasons: reasons() });
    (world, core)
}

/// What is tried where the software carries these packs, as the digest over what decides.
fn tried(world: &World, library: &Library) -> Digest {
    let (mirrors, alliance) = (world.hub.mirrors(), world.hub.state());
    let documents = Documents::new(&world.dir().join("documents"));
    let (clock, limits) = (FakeClock::at(world.hub.now()), Limits::default());
    let (mirrors, documents, clock) = (&mirrors, &documents, &clock);
    let trying = Trying { mirrors, alliance: &alliance, documents, library, clock, limits };
    let round = trying.round(Some(&river()), true).unwrap();
    assert_eq!((round.tried, round.without), (vec![(river(), city(0))], vec![]));
    let noted = hub::trying::Tried::noted(mirrors, &river(), &city(0)).unwrap();
    assert!(matches!(noted.came, Came::Report(_)));
    let report: serde_json::Value = serde_json::from_slice(&noted.report(mirrors).unwrap()).unwrap();
    report["seen"]["digest"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_released_base_stands_before_a_carried_pack_of_its_name_and_version() {
    let (world, released) = on_a_release();
    assert_eq!(released.manifest.reference.to_string(), BASE);
    // The software's next version brings a core under the same name and version, of which an approval lasts a month alone.
    let (other, _) = amended(&released, &clause(), &value_change("\"30d\"")).unwrap();
    let carried = Arc::new(with_version(&other, "0.2.0").unwrap().pack().unwrap());
    assert_eq!(carried.manifest.reference, released.manifest.reference);
    assert_ne!(carried.hash, released.hash);
    let mut library = standards::built_in().unwrap();
    library.add(Pack::clone(&carried), Trust::Unsigned).unwrap();
    assert_eq!(library.get(&carried.manifest.reference).unwrap().hash, carried.hash, "it is at hand");

    let profile = world.hub.pack(&world.hub.state().drafts[&river()].document).unwrap();
    let over = |base: &Arc<Pack>| {
        let stack = [Arc::clone(base), Arc::clone(&profile)];
        Draft::of(&standards::resolve(&stack, None).unwrap()).digest()
    };
    assert_ne!(over(&carried), over(&released), "it would decide otherwise");
    assert_eq!(tried(&world, &library), over(&released));
    // The same as where nothing else is carried, to the digest.
    assert_eq!(tried(&world, &standards::built_in().unwrap()), over(&released));
}
