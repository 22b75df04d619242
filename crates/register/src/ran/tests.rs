//! What ran, told from adoptions: by examples, and by an independent answer for any history.

use std::collections::BTreeMap;

use model::act::{PolicyAdopted, PolicyAdoptedFrom};
use model::policy::PolicyText;
use model::{Digest, PolicyHash, Timestamp};
use proptest::prelude::*;
use tlog::SigningKey;

use super::*;

/// The verifier key of a hub; each number is another's.
fn hub(number: u8) -> Vkey {
    SigningKey::generate([number; 32], "hub.example/log").unwrap().vkey().clone()
}

fn released(number: u8) -> LayerSource {
    let (origin, key) = ("hub.example/log".to_owned(), hub(number).to_string());
    LayerSource::Released { origin, key, entry: 7, digest: Digest::new([7; 32]) }
}

fn unreleased() -> LayerSource {
    LayerSource::Unreleased { reason: "The law.".to_owned() }
}

fn built_in() -> LayerSource {
    LayerSource::BuiltIn { pack: "urn:ordinance:standard:global-core@0.1.0".to_owned() }
}

fn own() -> LayerSource {
    LayerSource::Own { reason: "The council.".to_owned() }
}

fn layer(name: &str, kind: LayerKind) -> PolicyLayer {
    let (name, owner, cedar) = (name.to_owned(), "o".to_owned(), String::new());
    PolicyLayer { kind, name, owner, cedar, duties: BTreeMap::new() }
}

/// An adoption of layers with what is said of each; without a word of any where that is how it was written then.
fn adoption(layers: &[(&str, LayerKind, Option<LayerSource>)], is_old: bool) -> Act {
    let text = PolicyText {
        layers: layers.iter().map(|(name, kind, _)| layer(name, *kind)).collect(),
        permits: String::new(),
        permits_owner: "city".parse().unwrap(),
    };
    let hash = PolicyHash(Digest::new([1; 32]));
    let said = layers.iter().filter_map(|(name, _, source)| Some(((*name).to_owned(), source.clone()?)));
    let what = if is_old {
        What::PolicyAdopted(PolicyAdopted { hash, text })
    } else {
        What::PolicyAdoptedFrom(PolicyAdoptedFrom { hash, text, sources: said.collect() })
    };
    let by = "city".parse().unwrap();
    Act { at: Timestamp::UNIX_EPOCH, by, under: None, because: Vec::new(), reason: None, what }
}

fn seen(mut ran: Ran, acts: &[Act]) -> Ran {
    for (entry, act) in (0..).zip(acts) {
        ran.sees(&State::default(), entry, act);
    }
    ran
}

const GLOBAL: LayerKind = LayerKind::Global;
const CITY: LayerKind = LayerKind::City;

#[test]
fn what_hubs_released_and_the_citys_own_is_told_and_nothing_of_it_is_a_stray() {
    let acts = [
        adoption(&[("core", GLOBAL, Some(released(1)))], false),
        adoption(&[("core", GLOBAL, Some(released(2))), ("town", CITY, Some(own()))], false),
    ];
    let ran = seen(Ran::default(), &acts);
    assert_eq!((ran.adoptions, &ran.stray), (2, &None));
    let of = |number| ("hub.example/log".to_owned(), hub(number).to_string());
    assert_eq!((ran.hubs, ran.own), ([of(1), of(2)].into(), ["town".to_owned()].into()));
    // Where it is said whose releases count, one of the same name under another key does not.
    let ran = seen(Ran::under([&hub(1)]), &acts);
    assert_eq!(ran.stray, Some(Stray { entry: 1, layer: "core".to_owned(), source: Some(released(2)) }));
    assert_eq!(seen(Ran::under([&hub(1), &hub(2)]), &acts).stray, None);
}

#[test]
fn the_first_layer_that_nobody_released_is_named_with_what_it_says_of_itself_whatever_came_after() {
    let good = || adoption(&[("core", GLOBAL, Some(released(1)))], false);
    let first = |acts: &[Act]| seen(Ran::default(), acts).stray.unwrap();
    let stray = |entry, layer: &str, source| Stray { entry, layer: layer.to_owned(), source };
    let begun = adoption(&[("core", GLOBAL, Some(built_in()))], false);
    assert_eq!(first(&[begun.clone(), good()]), stray(0, "core", Some(built_in())));
    let both = adoption(&[("core", GLOBAL, Some(released(1))), ("land", GLOBAL, Some(unreleased()))], false);
    assert_eq!(first(&[good(), both, begun]), stray(1, "land", Some(unreleased())));
    // Before sources were written down nothing is said of a layer, whatever would be said of it today.
    let old = adoption(&[("core", GLOBAL, Some(released(1)))], true);
    assert_eq!(first(&[old, good()]), stray(0, "core", None));
    let unsaid = adoption(&[("core", GLOBAL, Some(released(1))), ("town", CITY, None)], false);
    assert_eq!(first(&[good(), unsaid]), stray(1, "town", None));
    // Only a layer of its kind is a city's own.
    assert_eq!(first(&[adoption(&[("core", GLOBAL, Some(own()))], false)]), stray(0, "core", Some(own())));
    // Other acts put nothing in force.
    let other = Act { what: What::PayloadErased(model::act::PayloadErased { entry: 0 }), ..good() };
    assert_eq!(seen(Ran::default(), &[other]).adoptions, 0);
}

fn any_source() -> impl Strategy<Value = Option<LayerSource>> {
    prop_oneof![
        Just(None),
        Just(Some(built_in())),
        Just(Some(unreleased())),
        Just(Some(own())),
        (1_u8..4).prop_map(|number| Some(released(number))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a city adopted in whatever order: a stray is told if and only if there is one, it is the first, and more keys
    /// that count never make one.
    #[test]
    fn a_history_holds_if_and_only_if_each_layer_of_each_adoption_does(
        history in proptest::collection::vec((any::<bool>(), any_source(), any_source()), 0..8),
        known in 1_u8..4,
    ) {
        let acts: Vec<Act> = history.iter().map(|(is_old, core, town)| {
            adoption(&[("core", GLOBAL, core.clone()), ("town", CITY, town.clone())], *is_old)
        }).collect();
        let holds = |is_old: bool, source: &Option<LayerSource>, kind, keys: &[u8]| !is_old && match source {
            Some(LayerSource::Released { key, .. }) => keys.is_empty() || keys.iter().any(|number| hub(*number).to_string() == *key),
            Some(LayerSource::Own { .. }) => kind == CITY,
            _ => false,
        };
        let first = |keys: &[u8]| (0_u64..).zip(&history).find_map(|(entry, (is_old, core, town))| {
            let each = [("core", core, GLOBAL), ("town", town, CITY)];
            let stray = each.into_iter().find(|(_, source, kind)| !holds(*is_old, source, *kind, keys))?;
            Some((entry, stray.0.to_owned()))
        });
        let told = |keys: &[u8]| {
            let keys: Vec<Vkey> = keys.iter().map(|number| hub(*number)).collect();
            let ran = seen(Ran::under(&keys), &acts);
            assert_eq!(ran.adoptions, history.len() as u64);
            ran.stray.map(|stray| (stray.entry, stray.layer))
        };
        let (one, all, any) = (told(&[known]), told(&[1, 2, 3]), told(&[]));
        prop_assert_eq!(&one, &first(&[known]));
        prop_assert_eq!(&any, &first(&[]));
        prop_assert_eq!(&all, &any);
        prop_assert!(any.is_none() || one.is_some(), "{:?} {:?}", one, any);
    }
}
