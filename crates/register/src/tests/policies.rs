//! Adopting policies: what a city cannot leave out, and what only its founder can take away.

use model::policy::PolicyText;
use model::{LayerKind, Party, PartyKind, PolicyLayer};

use super::City;
use crate::{Command, Founding, OpenError, Refusal, Register, Submission, SubmitError};

const OWN_NORM: &str = r#"
    @id("no-wifi-at-all")
    @requirement("own-01")
    @reason("This city proposes nothing more.")
    forbid (principal, action == Action::"propose", resource) unless { resource.state != "new" };
"#;

fn text(layers: Vec<PolicyLayer>) -> PolicyText {
    let permits_owner = "city".parse().unwrap();
    PolicyText { layers, permits: norms::city_permits_default().to_owned(), permits_owner }
}

fn layer(kind: LayerKind, name: &str, cedar: &str) -> PolicyLayer {
    PolicyLayer {
        kind,
        name: name.to_owned(),
        owner: "City".to_owned(),
        cedar: cedar.to_owned(),
        duties: Default::default(),
    }
}

fn own() -> PolicyLayer {
    layer(LayerKind::City, "own", OWN_NORM)
}

fn adopt(city: &City, by: &str, reason: Option<&str>, layers: Vec<PolicyLayer>) -> Result<usize, Refusal> {
    let command = Command::AdoptPolicy(text(layers));
    let submission = Submission { by: by.parse().unwrap(), reason: reason.map(str::to_owned), command };
    match city.register.submit(submission) {
        Ok(receipt) => Ok(receipt.entries.len()),
        Err(SubmitError::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("{other}"),
    }
}

/// The declared city with an officer who, like the founder, may adopt policies.
fn with_officer() -> City {
    let city = City::declared();
    let party = r#"{"do":"register-party","with":{"party":{"id":"roads","name":"Roads","kind":"officer"}}}"#;
    city.register.submit(City::submission("city", None, party)).unwrap();
    city
}

#[test]
fn no_city_is_without_a_global_layer_that_says_something() {
    let city = with_officer();
    let empty = layer(LayerKind::Global, "test-core", "// nothing\n");
    for layers in [vec![], vec![own()], vec![empty.clone(), own()]] {
        for by in ["roads", "city"] {
            let refused = adopt(&city, by, Some("it is too strict"), layers.clone()).unwrap_err();
            let told = matches!(refused, Refusal::NoGlobalLayer | Refusal::Policy(_));
            assert!(told && refused.to_string().contains("global"), "{refused}");
        }
    }
    let hash = city.register.state().policy.as_ref().unwrap().hash;
    assert_eq!(city.register.bundle().unwrap().hash(), hash, "the old ones are in force");
    let folder = tempfile::tempdir().unwrap();
    let founder = Party { id: "city".parse().unwrap(), name: "City".to_owned(), kind: PartyKind::CityDepartment };
    let founding = Founding { name: "Lawless".to_owned(), founder, policies: text(vec![own()]) };
    let (clock, entropy) = (city.clock.clone(), std::sync::Arc::new(testkit::SeededBytes::new(1)));
    let store = Box::new(journal::MemoryJournal::new());
    let key = tlog::SigningKey::generate([1; 32], "test.example/log").unwrap();
    let founded = Register::found(store, folder.path(), key, founding, clock, entropy);
    assert!(matches!(founded, Err(OpenError::Refused(_) | OpenError::Policy(_))), "a city cannot begin so either");
}

#[test]
fn a_layer_in_force_is_dropped_by_the_founder_alone_and_with_a_reason() {
    let city = with_officer();
    assert_eq!(adopt(&city, "roads", None, vec![testkit::core(), own()]).unwrap(), 1, "adding is free");
    // Gone, emptied, or made another kind: each is dropped.
    let emptied = layer(LayerKind::City, "own", "");
    let other_kind = layer(LayerKind::Regional, "own", OWN_NORM);
    for layers in [
        vec![testkit::core()],
        vec![testkit::core(), emptied],
        vec![testkit::core(), other_kind],
        vec![layer(LayerKind::Global, "core", OWN_NORM), own()],
    ] {
        let refused = adopt(&city, "roads", Some("it is in the way"), layers.clone()).unwrap_err();
        assert!(matches!(refused, Refusal::DropsLayer { .. }), "{refused}");
        assert!(refused.to_string().contains("`city`"), "{refused}");
        assert!(matches!(adopt(&city, "city", None, layers), Err(Refusal::NoReason)));
    }
    // Changing a layer is not dropping it, and asking for what is in force is nothing.
    let changed = layer(LayerKind::City, "own", &OWN_NORM.replace("nothing more", "nothing at all"));
    assert_eq!(adopt(&city, "roads", None, vec![testkit::core(), changed.clone()]).unwrap(), 1);
    assert_eq!(adopt(&city, "roads", None, vec![testkit::core(), changed]).unwrap(), 0);
    assert_eq!(adopt(&city, "city", Some("the pilot is over"), vec![testkit::core()]).unwrap(), 1);
}
