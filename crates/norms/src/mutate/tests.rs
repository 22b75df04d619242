//! Which weakenings are known, and that a test notices them or is told not to have.

use super::*;
use crate::cases::tests::{FACTS, NORMS, TESTS, cases, standard};

fn changes(norm: &str) -> Vec<(String, Direction)> {
    let policy: Policy = norm.parse().unwrap();
    let mutants = est::mutants(&policy.to_json().unwrap());
    for mutant in &mutants {
        if let Some(json) = &mutant.policy {
            assert_ne!(*json, policy.to_json().unwrap(), "{}", mutant.change);
            Policy::from_json(None, json.clone()).unwrap();
        }
    }
    mutants.into_iter().map(|mutant| (mutant.change, mutant.direction)).collect()
}

#[track_caller]
fn known(norm: &str, expected: &[(&str, Direction)]) {
    let mut found = changes(norm);
    let mut expected: Vec<(String, Direction)> =
        expected.iter().map(|(change, direction)| ((*change).to_owned(), *direction)).collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    expected.sort_by(|(one, _), (other, _)| one.cmp(other));
    assert_eq!(found, expected);
}

const GONE: (&str, Direction) = ("the norm is gone", Direction::Looser);

#[test]
fn operands_are_dropped_where_that_loosens_the_norm() {
    use Direction::{Looser, Other, Stricter};
    known(
        r#"forbid (principal, action, resource) unless { resource.a && (resource.b && resource.c) };"#,
        &[
            GONE,
            ("`resource.a` is dropped", Looser),
            ("`resource.b` is dropped", Looser),
            ("`resource.c` is dropped", Looser),
        ],
    );
    known(r#"forbid (principal, action, resource) unless { resource.a || resource.b };"#, &[GONE]);
    known(
        r#"forbid (principal, action, resource) when { resource.a || !(resource.b && resource.c) };"#,
        &[
            GONE,
            ("`resource.a` is dropped", Looser),
            ("`!(resource.b && resource.c)` is dropped", Looser),
            ("`resource.b` is dropped", Looser),
            ("`resource.c` is dropped", Looser),
        ],
    );
    known(
        r#"forbid (principal, action, resource) unless { if resource.a && resource.b then resource.c else resource.d < 1 && resource.e };"#,
        &[
            GONE,
            ("`resource.d < 1` is dropped", Looser),
            ("`resource.e` is dropped", Looser),
            ("1 becomes 2", Looser),
            ("1 becomes 0", Stricter),
        ],
    );
    known(
        r#"forbid (principal, action, resource) unless { resource.a == 1 };"#,
        &[GONE, ("1 becomes 2", Other), ("1 becomes 0", Other)],
    );
}

#[test]
fn numbers_move_both_ways_and_the_way_is_known() {
    use Direction::{Looser, Stricter};
    for (condition, higher) in [
        ("unless { resource.a <= 5 }", Looser),
        ("unless { resource.a >= 5 }", Stricter),
        ("unless { !(resource.a >= 5) }", Looser),
        ("unless { 5 < resource.a }", Stricter),
        ("when { resource.a < 5 }", Stricter),
        ("when { 5 >= resource.a }", Stricter),
        ("when { 5 <= resource.a }", Looser),
    ] {
        let lower = if higher == Looser { Stricter } else { Looser };
        known(
            &format!("forbid (principal, action, resource) {condition};"),
            &[GONE, ("5 becomes 6", higher), ("5 becomes 4", lower)],
        );
    }
    let extreme = format!("forbid (principal, action, resource) unless {{ resource.a <= {} }};", i64::MAX);
    assert_eq!(changes(&extreme).len(), 2, "there is no number above");
}

#[test]
fn actions_scopes_and_members_of_sets_are_dropped() {
    use Direction::{Looser, Stricter};
    known(
        r#"forbid (principal is Party, action in [Action::"propose", Action::"collect"], resource == Thing::"t");"#,
        &[
            GONE,
            ("the action `propose` is dropped", Looser),
            ("the action `collect` is dropped", Looser),
            ("the scope of `principal` is dropped", Stricter),
            ("the scope of `action` is dropped", Stricter),
            ("the scope of `resource` is dropped", Stricter),
        ],
    );
    known(
        r#"forbid (principal, action, resource) unless { resource.d.containsAll(["a", "b"]) && !["x", "y"].contains(resource.p) };"#,
        &[
            GONE,
            (r#"`resource.d.containsAll(["a", "b"])` is dropped"#, Looser),
            (r#"`!["x", "y"].contains(resource.p)` is dropped"#, Looser),
            (r#""a" is dropped from the set"#, Looser),
            (r#""b" is dropped from the set"#, Looser),
            (r#""x" is dropped from the set"#, Looser),
            (r#""y" is dropped from the set"#, Looser),
        ],
    );
    known(r#"forbid (principal, action, resource) unless { ["x", "y"].contains(resource.p) };"#, &[GONE]);
}

#[test]
fn what_no_test_notices_is_told_and_nothing_else() {
    let mutation = mutate(&cases(FACTS, TESTS).unwrap(), &standard(NORMS)).unwrap();
    let survivors: Vec<(&str, &str)> =
        mutation.survivors.iter().map(|survivor| (survivor.norm.0.as_str(), survivor.change.as_str())).collect();
    let expected = [
        // No test asks for a view to be declared, or refuses a grant.
        ("small/minimum-count", "the action `declare-view` is dropped"),
        ("small/minimum-count", "the action `agree-grant` is dropped"),
        // Nothing is tested of this norm at all.
        ("small/short-approval", "the norm is gone"),
        ("small/short-approval", "`context.spanDays <= 1826` is dropped"),
        ("small/short-approval", "`resource.accountable != principal` is dropped"),
        ("small/short-approval", "1826 becomes 1827"),
        ("small/short-approval", "1826 becomes 1825"),
    ];
    assert_eq!(survivors, expected);
    assert_eq!(mutation.noticed + mutation.survivors.len(), mutation.tried);
    // Ten moved either way, `disclose` dropped, two norms gone: each is noticed.
    assert_eq!(mutation.noticed, 5, "{mutation:?}");
    // Without its actions, a norm does not fit the schema.
    assert_eq!(mutation.unfit, 3, "{mutation:?}");
}

#[test]
fn nothing_is_said_before_the_tests_pass() {
    let failing = TESTS.replace("\"resource.minimum\" = 9", "\"resource.minimum\" = 10");
    let error = mutate(&cases(FACTS, &failing).unwrap(), &standard(NORMS)).unwrap_err();
    assert_eq!(error, MutateError::Fails("nine people are too few".to_owned()));
}
