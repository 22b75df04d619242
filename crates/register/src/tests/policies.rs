//! Adopting policies: what a city cannot leave out, and what only its founder can take away.

use model::act::{PolicyAdopted, PolicyAdoptedFrom};
use model::policy::{LayerSource, LayerSources, PolicyText};
use model::{Act, LayerKind, Party, PartyKind, PolicyLayer, What};

use super::City;
use crate::sources::{REASON_CHARS_MAX, Unfounded, check};
use crate::{Adopting, Command, Founding, OpenError, Refusal, Register, State, Submission, SubmitError};

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
    let command = Command::AdoptFrom(Adopting::unreleased(text(layers), "for tests".to_owned()));
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
    let founding = Founding {
        name: "Lawless".to_owned(),
        founder,
        adopting: Adopting::unreleased(text(vec![own()]), "for tests".to_owned()),
        reason: None,
    };
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

/// The policies that a city begins under, and more layers below them.
fn over(city: &City, more: Vec<PolicyLayer>) -> PolicyText {
    let text = city.register.state().policy.as_ref().unwrap().text.clone();
    PolicyText { layers: text.layers.into_iter().chain(more).collect(), ..text }
}

fn submit(city: &City, reason: Option<&str>, command: Command) -> Result<usize, Refusal> {
    let submission = Submission { by: "city".parse().unwrap(), reason: reason.map(str::to_owned), command };
    match city.register.submit(submission) {
        Ok(receipt) => Ok(receipt.entries.len()),
        Err(SubmitError::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("{other}"),
    }
}

fn sources_of(city: &City) -> LayerSources {
    city.register.state().policy.as_ref().unwrap().sources.clone()
}

#[test]
fn a_layer_of_others_that_no_hub_released_is_adopted_with_its_own_reason_alone_and_the_act_says_so() {
    let city = with_officer();
    let land = layer(LayerKind::National, "land", OWN_NORM);
    let text = || over(&city, vec![land.clone()]);
    let size = city.register.state().size;
    for reason in [None, Some("It is the law here.")] {
        let refused = submit(&city, reason, Command::AdoptPolicy(text())).unwrap_err();
        assert!(matches!(&refused, Refusal::Unreleased { layer } if layer == "land"), "{refused}");
    }
    for blank in ["", "  "] {
        let adopting = Adopting::unreleased(text(), blank.to_owned());
        assert!(submit(&city, Some("The law."), Command::AdoptFrom(adopting)).is_err());
    }
    assert_eq!(city.register.state().size, size, "nothing was written");
    let adopting = Adopting::unreleased(text(), "It is the law here.".to_owned());
    assert_eq!(submit(&city, None, Command::AdoptFrom(adopting)).unwrap(), 1);
    let unreleased = LayerSource::Unreleased { reason: "It is the law here.".to_owned() };
    assert_eq!(sources_of(&city).get("land"), Some(&unreleased));
    let entry = city.register.entries(size, 1).unwrap().remove(0);
    assert!(
        String::from_utf8(entry.bytes)
            .unwrap()
            .contains(r#""land":{"from":"unreleased","reason":"It is the law here."}"#)
    );
    // What stays keeps what was said of it, and other permits need no more than before.
    let mut permits = over(&city, vec![]);
    permits.permits.push_str("// Another text.\n");
    assert_eq!(submit(&city, None, Command::AdoptPolicy(permits)).unwrap(), 1);
    assert_eq!(sources_of(&city).get("land"), Some(&unreleased));
    // Changed by a letter, it is another layer.
    let mut changed = over(&city, vec![]);
    changed.layers.last_mut().unwrap().cedar.push(' ');
    assert!(matches!(submit(&city, Some("x"), Command::AdoptPolicy(changed)), Err(Refusal::Unreleased { .. })));
}

#[test]
fn a_citys_own_layer_needs_its_reason_and_what_this_software_carries_needs_none() {
    let city = with_officer();
    let with_own = || Command::AdoptPolicy(over(&city, vec![own()]));
    assert!(matches!(submit(&city, None, with_own()), Err(Refusal::NoReason)));
    assert_eq!(submit(&city, Some("The council of May."), with_own()).unwrap(), 1);
    assert_eq!(sources_of(&city).get("own"), Some(&LayerSource::Own { reason: "The council of May.".to_owned() }));
    let library = standards::built_in().unwrap();
    let stack = library.stack_of(library.find("global-core").unwrap()).unwrap();
    let core = standards::resolve(&stack, None).unwrap().policy_layers();
    let pack = stack.last().unwrap().manifest.reference.to_string();
    let mut text = over(&city, vec![]);
    text.layers.splice(1..1, core);
    assert_eq!(submit(&city, None, Command::AdoptPolicy(text)).unwrap(), 1);
    assert_eq!(sources_of(&city).get("global-core"), Some(&LayerSource::BuiltIn { pack }));
}

#[test]
fn nobody_says_over_a_network_that_something_was_released() {
    let city = with_officer();
    let policies = serde_json::to_value(over(&city, vec![layer(LayerKind::National, "land", OWN_NORM)])).unwrap();
    let source = serde_json::json!({ "from": "released", "origin": "hub.example/log", "key": "hub.example/log+8b7c+AA", "entry": 1,
        "digest": "11".repeat(32) });
    let said =
        serde_json::json!({ "do": "adopt-from", "with": { "policies": policies, "released": { "land": source } } });
    assert!(serde_json::from_value::<Command>(said).is_err());
    // Whoever verified it says so in the process; then no reason is asked for.
    let released: LayerSources = [("land".to_owned(), serde_json::from_value(source).unwrap())].into();
    let policies: PolicyText = serde_json::from_value(policies).unwrap();
    let adopting = Adopting { released: released.clone(), ..Adopting::of(policies) };
    assert_eq!(submit(&city, None, Command::AdoptFrom(adopting)).unwrap(), 1);
    assert_eq!(sources_of(&city).get("land"), released.get("land"));
}

#[test]
fn a_log_of_before_sources_were_written_down_replays_and_nothing_is_made_up_about_it() {
    let city = with_officer();
    let entries = city.register.entries(0, 1_000).unwrap();
    let mut state = State::default();
    for entry in &entries {
        let mut act = Act::from_bytes(&entry.bytes).unwrap();
        if let What::PolicyAdoptedFrom(adopted) = act.what {
            act.what = What::PolicyAdopted(PolicyAdopted { hash: adopted.hash, text: adopted.text });
        }
        state.apply(&act).unwrap();
    }
    let policy = state.policy.clone().unwrap();
    assert_eq!((policy.sources.len(), policy.hash), (0, city.register.state().policy.as_ref().unwrap().hash));
    // Its permits change as they did, and the layer that nobody named stays without a name.
    let mut text = policy.text.clone();
    text.permits.push_str("// Another text.\n");
    let submission =
        |text| Submission { by: "city".parse().unwrap(), reason: None, command: Command::AdoptPolicy(text) };
    let bundle = city.register.bundle().unwrap();
    let entropy = testkit::SeededBytes::new(1);
    let decided = |text| crate::decide::decide(&state, Some(&bundle), &submission(text), city.clock_now(), &entropy);
    let drafts = decided(text).unwrap();
    let What::PolicyAdoptedFrom(adopted) = &drafts[0].act.what else { panic!("{drafts:?}") };
    assert_eq!(adopted.sources.len(), 0);
    assert!(decided(policy.text.clone()).unwrap().is_empty(), "it was so already");
}

/// A source that says which entry of a hub.
fn released(entry: u64) -> LayerSource {
    let key = tlog::SigningKey::generate([3; 32], "hub.example/log").unwrap().vkey().to_string();
    LayerSource::Released { origin: "hub.example/log".to_owned(), key, entry, digest: model::Digest::new([7; 32]) }
}

#[test]
fn two_layers_of_one_name_are_never_adopted_so_that_none_inherits_anothers_source() {
    let city = with_officer();
    let other = layer(LayerKind::Regional, "test-core", OWN_NORM);
    let size = city.register.state().size;
    for by in [0, 1] {
        let mut text = over(&city, vec![]);
        text.layers.insert(by, other.clone());
        let adopting = Adopting { kept: [("test-core".to_owned(), released(1))].into(), ..Adopting::of(text.clone()) };
        for command in [Command::AdoptPolicy(text.clone()), Command::AdoptFrom(adopting)] {
            assert!(submit(&city, Some("The law."), command).is_err());
        }
        let command = Command::AdoptFrom(Adopting::unreleased(text, "The law.".to_owned()));
        let refused = submit(&city, Some("The law."), command).unwrap_err();
        assert!(matches!(&refused, Refusal::TwoLayers { layer } if layer == "test-core"), "{refused}");
    }
    assert_eq!(city.register.state().size, size, "nothing was written");
    let folder = tempfile::tempdir().unwrap();
    let mut policies = over(&city, vec![]);
    policies.layers.push(other);
    let founder = Party { id: "city".parse().unwrap(), name: "City".to_owned(), kind: PartyKind::CityDepartment };
    let founding = Founding {
        name: "Two".to_owned(),
        founder,
        adopting: Adopting::unreleased(policies, "for tests".to_owned()),
        reason: None,
    };
    let (clock, entropy) = (city.clock.clone(), std::sync::Arc::new(testkit::SeededBytes::new(1)));
    let key = tlog::SigningKey::generate([1; 32], "test.example/log").unwrap();
    let store = Box::new(journal::MemoryJournal::new());
    let Err(OpenError::Refused(refused)) = Register::found(store, folder.path(), key, founding, clock, entropy) else {
        panic!("a city cannot begin so either")
    };
    assert!(matches!(*refused, Refusal::TwoLayers { .. }), "{refused}");
}

#[test]
fn a_layer_that_stays_keeps_its_source_whatever_is_kept_and_only_what_is_adopted_now_takes_its_place() {
    let city = with_officer();
    let land = layer(LayerKind::National, "land", OWN_NORM);
    let adopting = |released: &[u64], kept: &[u64], permits: &str| {
        let mut policies = over(&city, vec![]);
        if !policies.layers.contains(&land) {
            policies.layers.push(land.clone());
        }
        policies.permits.push_str(permits);
        let said = |entries: &[u64]| entries.iter().map(|entry| ("land".to_owned(), self::released(*entry))).collect();
        Command::AdoptFrom(Adopting { released: said(released), kept: said(kept), ..Adopting::of(policies) })
    };
    // What is kept speaks for a layer of which nothing was said.
    assert_eq!(submit(&city, None, adopting(&[], &[2], "")).unwrap(), 1);
    assert_eq!(sources_of(&city).get("land"), Some(&released(2)));
    // An unrelated adoption moves it to no other release, and asking again is nothing.
    assert_eq!(submit(&city, None, adopting(&[], &[9], "")).unwrap(), 0);
    assert_eq!(submit(&city, None, adopting(&[], &[9], "// Other permits.\n")).unwrap(), 1);
    assert_eq!(sources_of(&city).get("land"), Some(&released(2)));
    assert_eq!(submit(&city, None, adopting(&[5], &[9], "")).unwrap(), 1);
    assert_eq!(sources_of(&city).get("land"), Some(&released(5)));
}

#[test]
fn a_city_begins_under_what_a_hub_released_and_its_first_adoption_says_so_of_each_layer() {
    let founded = |adopting: Adopting| {
        let folder = tempfile::tempdir().unwrap();
        let founder = Party { id: "city".parse().unwrap(), name: "City".to_owned(), kind: PartyKind::CityDepartment };
        let reason = Some("The core, released by entry 7.".to_owned());
        let founding = Founding { name: "City".to_owned(), founder, adopting, reason };
        let clock = std::sync::Arc::new(testkit::FakeClock::at(model::Timestamp::UNIX_EPOCH));
        let key = tlog::SigningKey::generate([1; 32], "test.example/log").unwrap();
        let (store, entropy) =
            (Box::new(journal::MemoryJournal::new()), std::sync::Arc::new(testkit::SeededBytes::new(1)));
        Register::found(store, folder.path(), key, founding, clock, entropy)
    };
    let core = testkit::core();
    let from = || LayerSources::from([(core.name.clone(), released(7))]);
    let city = founded(Adopting { released: from(), ..Adopting::of(text(vec![core.clone()])) }).unwrap();
    assert_eq!(city.state().policy.as_ref().unwrap().sources, from());
    let act = Act::from_bytes(&city.entries(1, 1).unwrap()[0].bytes).unwrap();
    assert_eq!(act.reason.as_deref(), Some("The core, released by entry 7."));
    let What::PolicyAdoptedFrom(adopted) = act.what else { panic!("{act:?}") };
    assert_eq!((adopted.sources, adopted.text.layers), (from(), vec![core.clone()]));
    // What no release brought needs its own words here, too, and they have to say something.
    let both = || text(vec![core.clone(), layer(LayerKind::National, "land", OWN_NORM)]);
    let refusal = |unreleased: Option<&str>| {
        let unreleased = unreleased.map(str::to_owned);
        let begun = founded(Adopting { released: from(), unreleased, ..Adopting::of(both()) });
        let Some(OpenError::Refused(refusal)) = begun.err() else { panic!("it began") };
        *refusal
    };
    assert!(matches!(refusal(None), Refusal::Unreleased { layer } if layer == "land"));
    assert!(matches!(refusal(Some(" ")), Refusal::Misfit(_)));
    let city = founded(Adopting { released: from(), ..Adopting::unreleased(both(), "The law.".to_owned()) }).unwrap();
    let because = LayerSource::Unreleased { reason: "The law.".to_owned() };
    assert_eq!(city.state().policy.as_ref().unwrap().sources.get("land"), Some(&because));
}

#[test]
fn a_reason_that_stands_with_a_layer_has_a_length_that_is_said() {
    let city = with_officer();
    let land = layer(LayerKind::National, "land", OWN_NORM);
    let (fits, long) = ("ä".repeat(REASON_CHARS_MAX), "ä".repeat(REASON_CHARS_MAX + 1));
    let size = city.register.state().size;
    let unreleased =
        |reason: &str| Command::AdoptFrom(Adopting::unreleased(over(&city, vec![land.clone()]), reason.to_owned()));
    let with_own = || Command::AdoptPolicy(over(&city, vec![own()]));
    for refused in [submit(&city, None, unreleased(&long)), submit(&city, Some(&long), with_own())] {
        let refused = refused.unwrap_err();
        assert!(matches!(refused, Refusal::LongReason { .. }) && refused.to_string().contains("600"), "{refused}");
    }
    assert_eq!(city.register.state().size, size);
    // Of an adoption that brings no layer of the city's own, the reason may be longer.
    assert_eq!(submit(&city, Some(&long), unreleased(&fits)).unwrap(), 1);
}

#[test]
fn what_an_act_says_of_its_layers_is_held_against_them_and_against_what_stood_before() {
    let city = with_officer();
    let before = city.register.state().policy.clone().unwrap();
    let (core, own, land) = (testkit::core(), own(), layer(LayerKind::National, "land", OWN_NORM));
    let adopted = |layers: &[&PolicyLayer], sources: &[(&str, LayerSource)]| PolicyAdoptedFrom {
        hash: before.hash,
        text: text(layers.iter().map(|layer| (*layer).clone()).collect()),
        sources: sources.iter().map(|(name, source)| ((*name).to_owned(), source.clone())).collect(),
    };
    let because = |reason: &str| LayerSource::Unreleased { reason: reason.to_owned() };
    let by_city = |reason: &str| LayerSource::Own { reason: reason.to_owned() };
    let name = core.name.as_str();
    let core_source = || (name, because("for tests"));
    let good = adopted(&[&core, &own, &land], &[core_source(), ("own", by_city("x")), ("land", released(1))]);
    assert_eq!(check(&good, Some(&before)), Ok(()));
    let LayerSource::Released { origin, entry, digest, .. } = released(1) else { panic!() };
    let other_key = tlog::SigningKey::generate([3; 32], "other.example/log").unwrap().vkey().to_string();
    let keyed = |key: String| LayerSource::Released { origin: origin.clone(), key, entry, digest };
    let second = layer(LayerKind::Regional, "own", "");
    let wrong = [
        (
            adopted(&[&core, &own, &second], &[core_source(), ("own", by_city("x"))]),
            Unfounded::TwoLayers("own".to_owned()),
        ),
        (adopted(&[&core], &[core_source(), ("gone", because("x"))]), Unfounded::NoLayer("gone".to_owned())),
        (adopted(&[&core, &own], &[core_source()]), Unfounded::Unsaid("own".to_owned())),
        (adopted(&[&core], &[]), Unfounded::Unsaid(name.to_owned())),
        (
            adopted(&[&core, &land], &[core_source(), ("land", by_city("x"))]),
            Unfounded::NotOwn { layer: "land".to_owned(), kind: "national" },
        ),
        (adopted(&[&core, &own], &[core_source(), ("own", by_city(" \n"))]), Unfounded::NoReason("own".to_owned())),
        (adopted(&[&core, &land], &[core_source(), ("land", because(""))]), Unfounded::NoReason("land".to_owned())),
        (
            adopted(&[&core, &land], &[core_source(), ("land", keyed("x".to_owned()))]),
            Unfounded::Key("land".to_owned()),
        ),
        (adopted(&[&core, &land], &[core_source(), ("land", keyed(other_key))]), Unfounded::Key("land".to_owned())),
    ];
    for (adopted, why) in wrong {
        assert_eq!(check(&adopted, Some(&before)), Err(why));
    }
    // A layer of before sources were written down may stay unsaid as long as it stays as it was.
    let old = crate::state::PolicyInForce { sources: LayerSources::new(), ..before.as_ref().clone() };
    assert_eq!(check(&adopted(&[&core], &[]), Some(&old)), Ok(()));
    let changed = PolicyLayer { cedar: format!("{} ", core.cedar), ..core.clone() };
    assert_eq!(check(&adopted(&[&changed], &[]), Some(&old)), Err(Unfounded::Unsaid(name.to_owned())));
}
