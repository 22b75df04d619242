//! The laws of a meet, tried on every kind of parameter.

use std::collections::BTreeSet;

use model::Span;
use proptest::prelude::*;

use super::super::Silence;
use super::*;

fn set(members: &[&str]) -> Value {
    Value::Set(members.iter().map(|member| (*member).to_owned()).collect())
}

fn tier(days: u32, needs: Needs) -> AgeTier {
    AgeTier { after: Span::days(days), needs }
}

/// Three values of one kind with a direction that fits.
fn three() -> impl Strategy<Value = ([Value; 3], Option<Stricter>)> {
    let count = prop::array::uniform3(0_i64..5).prop_map(|v| v.map(Value::Count));
    let span = prop::array::uniform3(0_u32..5).prop_map(|v| v.map(|n| Value::Span(Span::seconds(n))));
    let members = prop::collection::btree_set("[a-d]", 0..4);
    let sets = prop::array::uniform3(members).prop_map(|v: [BTreeSet<String>; 3]| v.map(Value::Set));
    let silence = prop::sample::select(Silence::ALL.to_vec());
    let silences = prop::array::uniform3(silence).prop_map(|v| v.map(Value::Silence));
    let step = (0_u32..4, prop::sample::select(Needs::ALL.to_vec())).prop_map(|(days, needs)| tier(days, needs));
    let tiers = prop::array::uniform3(prop::collection::vec(step, 0..4)).prop_map(|v| v.map(Value::Tiers));
    let ordered = prop::sample::select(vec![Some(Stricter::Higher), Some(Stricter::Lower)]);
    let sized = prop::sample::select(vec![Some(Stricter::Smaller), Some(Stricter::Larger)]);
    prop_oneof![(count, ordered.clone()), (span, ordered), (sets, sized), (silences, Just(None)), (tiers, Just(None)),]
}

fn met(a: &Value, b: &Value, stricter: Option<Stricter>) -> Met {
    meet(a, b, stricter).unwrap()
}

/// Whether `a` is at least as strict as `b`, told without `meet`.
fn at_least_as_strict(a: &Value, b: &Value, stricter: Option<Stricter>) -> bool {
    match (a, b) {
        (Value::Count(a), Value::Count(b)) => {
            if stricter == Some(Stricter::Higher) {
                a >= b
            } else {
                a <= b
            }
        }
        (Value::Span(a), Value::Span(b)) => {
            if stricter == Some(Stricter::Higher) {
                a >= b
            } else {
                a <= b
            }
        }
        (Value::Set(a), Value::Set(b)) => {
            if stricter == Some(Stricter::Larger) {
                a.is_superset(b)
            } else {
                a.is_subset(b)
            }
        }
        (Value::Silence(a), Value::Silence(b)) => a <= b,
        (Value::Tiers(a), Value::Tiers(b)) => (0..6).all(|day| {
            let need = |tiers: &[AgeTier]| {
                let reached = tiers.iter().filter(|tier| tier.after <= Span::days(day));
                reached.map(|tier| tier.needs).max().unwrap_or(Needs::Anyone)
            };
            need(a) >= need(b)
        }),
        _ => false,
    }
}

proptest! {
    #[test]
    fn it_commutes_associates_and_is_idempotent(([a, b, c], stricter) in three()) {
        let ab = met(&a, &b, stricter).value;
        prop_assert_eq!(&ab, &met(&b, &a, stricter).value);
        let bc = met(&b, &c, stricter).value;
        prop_assert_eq!(met(&ab, &c, stricter).value, met(&a, &bc, stricter).value);
        prop_assert_eq!(met(&a, &a, stricter).relation, Relation::Equal);
        prop_assert_eq!(&met(&ab, &ab, stricter).value, &ab);
    }

    #[test]
    fn it_is_stricter_than_both_and_no_stricter_than_needed(([a, b, c], stricter) in three()) {
        let ab = met(&a, &b, stricter).value;
        prop_assert!(at_least_as_strict(&ab, &a, stricter) && at_least_as_strict(&ab, &b, stricter));
        // The greatest lower bound: what is stricter than both is stricter than their meet.
        if at_least_as_strict(&c, &a, stricter) && at_least_as_strict(&c, &b, stricter) {
            prop_assert!(at_least_as_strict(&c, &ab, stricter));
        }
    }

    #[test]
    fn it_is_monotone(([a, b, c], stricter) in three()) {
        let stricter_a = met(&a, &c, stricter).value;
        let (with, without) = (met(&stricter_a, &b, stricter).value, met(&a, &b, stricter).value);
        prop_assert!(at_least_as_strict(&with, &without, stricter));
    }

    #[test]
    fn the_relation_is_the_order(([a, b, _], stricter) in three()) {
        let expected = match (at_least_as_strict(&a, &b, stricter), at_least_as_strict(&b, &a, stricter)) {
            (true, true) => Relation::Equal,
            (true, false) => Relation::FirstStricter,
            (false, true) => Relation::SecondStricter,
            (false, false) => Relation::Incomparable,
        };
        prop_assert_eq!(met(&a, &b, stricter).relation, expected);
    }
}

#[test]
fn sets_that_overlap_are_incomparable_and_the_rest_is_in_force() {
    let smaller = Some(Stricter::Smaller);
    let both = met(&set(&["a", "b"]), &set(&["b", "c"]), smaller);
    assert_eq!(both, Met { value: set(&["b"]), relation: Relation::Incomparable });
    assert!(!both.nothing_allowed(smaller));
    assert!(met(&set(&["a"]), &set(&["c"]), smaller).nothing_allowed(smaller));
    let larger = met(&set(&["a"]), &set(&["c"]), Some(Stricter::Larger));
    assert_eq!(larger.value, set(&["a", "c"]));
}

#[test]
fn tiers_meet_at_each_age() {
    let early = Value::Tiers(vec![tier(30, Needs::Senior), tier(365, Needs::Nobody)]);
    let grave = Value::Tiers(vec![tier(90, Needs::Judge)]);
    let both = met(&early, &grave, None);
    assert_eq!(both.relation, Relation::Incomparable);
    let expected = vec![tier(30, Needs::Senior), tier(90, Needs::Judge), tier(365, Needs::Nobody)];
    assert_eq!(both.value, Value::Tiers(expected));
    assert_eq!(both.value.needed_from(Needs::Senior), Some(Span::days(30)));
    assert_eq!(grave.needed_from(Needs::Nobody), None);
}

#[test]
fn kinds_do_not_mix_and_directions_must_fit() {
    let lower = Some(Stricter::Lower);
    let mixed = meet(&Value::Count(1), &Value::Span(Span::ZERO), lower);
    assert_eq!(mixed.map_err(|error| error.to_string()), Err("a count cannot be compared with a span".to_owned()));
    for bad in [None, Some(Stricter::Smaller)] {
        let error = meet(&Value::Count(1), &Value::Count(1), bad).map_err(|error| error.to_string());
        assert_eq!(error, Err("`stricter` does not fit a count".to_owned()));
    }
    assert!(meet(&Value::Silence(Silence::Cease), &Value::Silence(Silence::Cease), lower).is_err());
}
