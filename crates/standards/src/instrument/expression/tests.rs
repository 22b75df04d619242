//! Expressions: their values, what is refused where, and that evaluating one always ends.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{EXPRESSION_BYTES_MAX, Expression, GroupScope, Held, Names, RowSeen, Scene, Scope, Seen, Type};
use crate::instrument::facts::{FactValue, Facts};
use crate::instrument::name::QuestionId;
use crate::instrument::score::Score;

fn id(text: &str) -> QuestionId {
    QuestionId::new(text).unwrap()
}

fn codes(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|code| (*code).to_owned()).collect()
}

fn names() -> Names {
    let questions = BTreeMap::from([
        (id("people"), Type::Bool),
        (id("opt-out"), Type::Bool),
        (id("days"), Type::Number),
        (id("gone"), Type::Number),
        (id("kind"), Type::Text(Some(codes(&["few", "many"])))),
        (id("words"), Type::Text(None)),
        (id("signs"), Type::Set(Some(codes(&["a", "b", "c"])))),
        (id("start"), Type::Date),
    ]);
    let rows = BTreeMap::from([(id("bad"), Type::Text(Some(codes(&["low", "high"])))), (id("weight"), Type::Number)]);
    let streams = BTreeMap::from([(id("kept"), Type::Bool)]);
    Names {
        questions,
        groups: BTreeMap::from([
            (id("risks"), GroupScope { over: None, questions: rows }),
            (id("streams"), GroupScope { over: Some("deployment.streams".to_owned()), questions: streams }),
        ]),
        scored: codes(&["first", "kind"]),
    }
}

/// What a scene is made of.
#[derive(Debug)]
struct World {
    seen: BTreeMap<QuestionId, Seen>,
    facts: Facts,
    scores: BTreeMap<String, Score>,
    over: BTreeMap<QuestionId, String>,
}

fn seen(held: Held) -> Seen {
    Seen { held, answered: true, unknown: false }
}

fn world() -> World {
    let row = |key: &str, bad: &str, weight: i64| RowSeen {
        key: key.to_owned(),
        seen: BTreeMap::from([
            (id("bad"), seen(Held::Text(bad.to_owned()))),
            (id("weight"), seen(Held::Number(weight))),
        ]),
    };
    let stream = |key: &str, kept: bool| RowSeen {
        key: key.to_owned(),
        seen: BTreeMap::from([(id("kept"), seen(Held::Bool(kept)))]),
    };
    let facts = [
        ("deployment.tier", FactValue::Text("full".to_owned())),
        ("deployment.days", FactValue::Number(365)),
        ("deployment.ends", FactValue::Text("2027-12-31".to_owned())),
        ("deployment.category-kinds", FactValue::Set(codes(&["number-plate", "personal"]))),
        ("deployment.streams", FactValue::Set(codes(&["plates", "health"]))),
        ("deployment.streams.plates.retention-hours", FactValue::Number(72)),
        ("deployment.streams.plates.personal", FactValue::Bool(true)),
        ("deployment.streams.health.personal", FactValue::Bool(false)),
    ];
    World {
        seen: BTreeMap::from([
            (id("people"), seen(Held::Bool(true))),
            (id("opt-out"), Seen { held: Held::Bool(false), answered: true, unknown: true }),
            (id("days"), seen(Held::Number(30))),
            (id("gone"), Seen { held: Held::Missing, answered: false, unknown: false }),
            (id("kind"), seen(Held::Text("many".to_owned()))),
            (id("words"), seen(Held::Text("say \u{2028}".to_owned()))),
            (id("signs"), seen(Held::Set(codes(&["a", "c"])))),
            (id("start"), seen(Held::Date("2027-01-01".parse().unwrap()))),
            (id("risks"), seen(Held::Rows(vec![row("one", "high", i64::MAX), row("two", "low", 1)]))),
            (id("streams"), seen(Held::Rows(vec![stream("plates", true), stream("health", true)]))),
        ]),
        facts: facts.into_iter().map(|(path, value)| (path.to_owned(), value)).collect(),
        scores: BTreeMap::from([("first".to_owned(), Score { value: 3, highest: 4 })]),
        over: BTreeMap::from([(id("streams"), "deployment.streams".to_owned())]),
    }
}

impl World {
    fn scene(&self) -> Scene<'_> {
        let Self { seen, facts, scores, over } = self;
        Scene { seen, facts, scores, total: Score { value: 7, highest: 10 }, row: None, over }
    }
}

#[test]
fn an_expression_has_the_value_that_it_says() {
    let (names, world) = (names(), world());
    for (text, value) in [
        ("people", true),
        ("not people", false),
        ("people and not opt-out", true),
        ("no or people and no", false),
        ("(no or people) and yes", true),
        ("not not people == true", true),
        ("days > 29 and days >= 30 and days < 31 and days <= 30 and days == 30 and days != 31", true),
        ("days + 1 - 2 == 29", true),
        ("9223372036854775807 + days > days", true),
        ("0 - 9223372036854775807 - days < 0", true),
        ("kind == \"many\" and kind != \"few\" and kind in [\"many\"]", true),
        ("\"a\" in signs and not (\"b\" in signs)", true),
        ("count(signs) == 2 and count([]) == 0", true),
        ("signs == [\"c\", \"a\"]", true),
        ("start >= 2027-01-01 and start < deployment.ends", true),
        ("deployment.tier == \"full\" and deployment.days >= 365", true),
        ("\"personal\" in deployment.category-kinds", true),
        ("score(first) == 3 and percent(first) == 75 and score() == 7 and percent() == 70", true),
        ("score(kind) == 0 and percent(kind) == 0", true),
        ("answered(people) and not answered(gone)", true),
        ("unknown(opt-out) and not unknown(people)", true),
        ("count(risks) == 2 and count(risks, bad == \"high\") == 1", true),
        ("any(risks, bad == \"high\" and weight > 5) and not all(risks, bad == \"high\")", true),
        ("any(risks, row == \"two\" and weight + days == 31)", true),
        ("any(risks, weight + weight > weight)", true),
        ("all(streams, kept) and any(streams, row.personal) and not all(streams, row.personal)", true),
        ("count(streams, row.retention-hours > 24) == 1", true),
        // What is missing is neither equal nor other, neither more nor less.
        ("gone == 1 or gone != 1 or gone < 1 or gone >= 1", false),
        ("gone + 1 == 1", true),
        ("deployment.legal-basis == \"consent\" or deployment.legal-basis != \"consent\"", false),
        ("deployment.starts < deployment.ends", false),
        // A yes or no that is not known is the strict one.
        ("deployment.personal and not deployment.has-privacy-statement", true),
    ] {
        let expression =
            Expression::condition(text, &Scope { names: &names, row: None }).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(expression.holds(&world.scene()), value, "{text}");
        assert_eq!(expression.as_str(), text);
    }
}

#[test]
fn what_is_no_condition_is_refused_where_it_is_wrong() {
    let names = names();
    let long = format!("people{}", " or people".repeat(100));
    let deep = format!("{}people{}", "(".repeat(17), ")".repeat(17));
    let nots = format!("{}people", "not ".repeat(17));
    for (text, at, words) in [
        ("", 0, "found the end"),
        ("people or", 9, "found the end"),
        ("people people", 7, "expected `and`, `or` or the end"),
        ("people or or people", 10, "found `or`"),
        ("(people", 7, "expected `)`"),
        ("people)", 6, "`and`, `or` or the end"),
        ("days == 1 == 1", 10, "`and`, `or` or the end"),
        ("days = 1", 5, "`=` means nothing here"),
        ("people && people", 7, "`&` means nothing here"),
        ("People", 0, "`P` means nothing here"),
        ("kind == \"many", 8, "this text has no end"),
        ("days > 99999999999999999999", 7, "more digits"),
        ("start > 2027-02-30", 8, "is not a date"),
        ("start > 2027-1-1", 8, "is not a date"),
        ("persons", 0, "no question before this one"),
        ("people and bad == \"high\"", 11, "is asked for each row of `risks`"),
        ("risks", 0, "no question before this one"),
        ("deployment.mood == 1", 0, "not a fact"),
        ("row == \"a\"", 0, "only in the questions and conditions of a group"),
        ("row.kind == \"a\"", 0, "only in the questions"),
        ("any(risks, row.kind == \"a\")", 11, "not a fact"),
        ("any(streams, row.kind == \"a\")", 13, "known are: row.categories"),
        ("any(risks, any(risks, people))", 15, "cannot stand within"),
        ("any(people, people)", 4, "name a group"),
        ("any(risks)", 0, "name a group and a condition"),
        ("sum(days) > 1", 0, "is not a function"),
        ("count(days) > 1", 6, "a list of choices is needed here, and this is a number"),
        ("score(days) > 1", 6, "could have a score"),
        ("score(1) > 1", 0, "name one section or question"),
        ("answered(1)", 9, "name one question"),
        ("days", 0, "a yes or no is needed here, and this is a number"),
        ("not days", 4, "a yes or no is needed"),
        ("people and kind", 11, "a yes or no is needed"),
        ("people > no", 9, "cannot be compared so"),
        ("kind > \"few\"", 7, "cannot be compared so"),
        ("days == \"1\"", 8, "cannot be compared so"),
        ("people + 1 == 2", 0, "a number is needed"),
        ("kind == \"most\"", 8, "possible are: few, many"),
        ("\"most\" == kind", 0, "possible are: few, many"),
        ("\"z\" in signs", 0, "possible are: a, b, c"),
        ("kind in [\"few\", \"most\"]", 8, "can never be its value"),
        ("deployment.tier == \"heavy\"", 19, "file-and-go"),
        ("\"plates\" in deployment.categories", 0, "can never be its value"),
        ("days in [\"a\"]", 0, "a text or one choice is needed"),
        ("kind in kind", 8, "a list of choices is needed"),
        ("\"a\" in [1]", 8, "a text in \"\""),
        ("kind in [\"few\" \"many\"]", 15, "`,` or `]`"),
        (&long, 0, "1000 bytes at most"),
        (&deep, 17, "16 deep at most"),
        (&nots, 68, "16 deep at most"),
    ] {
        let error = Expression::condition(text, &Scope { names: &names, row: None }).expect_err(text);
        assert!(error.problem.to_string().contains(words), "{text}: {error}");
        assert_eq!(error.at, at, "{text}: {error}");
    }
}

#[test]
fn what_is_as_long_and_deep_as_may_be_is_still_read() {
    let names = names();
    let longest = format!("people{}", " or people".repeat((EXPRESSION_BYTES_MAX - 6) / 10));
    let deepest = format!("{}people{}", "(".repeat(16), ")".repeat(16));
    for text in [&*longest, &*deepest] {
        let expression = Expression::condition(text, &Scope { names: &names, row: None }).unwrap();
        assert!(expression.holds(&world().scene()));
    }
}

#[test]
fn the_facts_that_an_expression_looks_at_are_known() {
    let names = names();
    let text =
        "deployment.personal and (count(deployment.purposes) + deployment.days > 1 or any(streams, not row.personal))";
    let mut facts = BTreeSet::new();
    Expression::condition(text, &Scope { names: &names, row: None }).unwrap().facts(&mut facts);
    assert_eq!(facts, codes(&["deployment.personal", "deployment.purposes", "deployment.days", "row.personal"]));
}

/// Conditions that are mostly right.
fn any_condition() -> impl Strategy<Value = String> {
    let number = prop::sample::select(vec![
        "days",
        "gone",
        "1",
        "9223372036854775807",
        "score()",
        "percent(first)",
        "deployment.days",
        "count(signs)",
    ]);
    let sum = prop::collection::vec((number, prop::sample::select(vec!["+", "-"])), 1..5)
        .prop_map(|parts| parts.iter().map(|(number, sign)| format!("{number} {sign} ")).collect::<String>() + "0");
    let order = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let compared = (sum.clone(), order, sum).prop_map(|(left, order, right)| format!("{left} {order} {right}"));
    let plain = prop::sample::select(vec![
        "people",
        "yes",
        "unknown(opt-out)",
        "answered(gone)",
        "kind == \"few\"",
        "\"a\" in signs",
        "start < deployment.ends",
        "deployment.personal",
        "kind in [\"few\"]",
        "deployment.tier == \"light\"",
        "signs != []",
        "words == kind",
    ]);
    let leaf = prop_oneof![compared, plain.prop_map(str::to_owned)];
    leaf.prop_recursive(5, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|all| format!("({})", all.join(" and "))),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|all| format!("({})", all.join(" or "))),
            inner.clone().prop_map(|one| format!("not ({one})")),
            inner.clone().prop_map(|one| format!("any(risks, weight > 0 and {one})")),
            inner.prop_map(|one| format!("count(streams, row.personal or {one}) > 1")),
        ]
    })
}

/// A world in which anything may be missing.
fn any_world() -> impl Strategy<Value = World> {
    (prop::collection::vec(0_u8..4, 10), prop::collection::vec(any::<bool>(), 8)).prop_map(|(lots, kept)| {
        let mut world = world();
        for (seen, lot) in world.seen.values_mut().zip(lots) {
            match lot {
                0 => seen.held = Held::Missing,
                1 => *seen = Seen { held: Held::Rows(Vec::new()), answered: false, unknown: true },
                _ => {}
            }
        }
        let facts = std::mem::take(&mut world.facts);
        let kept = facts.iter().zip(kept).filter(|(_, kept)| *kept);
        world.facts = kept.map(|((path, value), _)| (path.to_owned(), value.clone())).collect();
        world
    })
}

proptest! {
    #[test]
    fn any_condition_that_is_read_has_a_value_and_its_opposite(text in any_condition(), world in any_world()) {
        let names = names();
        let scope = Scope { names: &names, row: None };
        let nested = text.matches("any(").count() + text.matches("count(streams").count() > 1;
        match Expression::condition(&text, &scope) {
            Ok(expression) => {
                let value = expression.holds(&world.scene());
                if let Ok(opposite) = Expression::condition(&format!("not ({text})"), &scope) {
                    prop_assert_eq!(opposite.holds(&world.scene()), !value);
                }
            }
            Err(error) => prop_assert!(nested || text.len() > EXPRESSION_BYTES_MAX || text.matches('(').count() > 15, "{text}: {error}"),
        }
    }

    #[test]
    fn no_text_whatever_makes_reading_or_evaluating_panic(text in "\\PC{0,60}", words in prop::collection::vec(prop::sample::select(vec![
        "people", "and", "or", "not", "in", "(", ")", "[", "]", ",", "==", "<", "+", "-", "days", "\"a\"", "1", "risks", "any", "count",
        "score", "row", "row.personal", "deployment.days", "2027-01-01", "yes",
    ]), 0..40), world in any_world()) {
        let names = names();
        let row = names.groups.get("streams");
        for text in [text, words.join(" "), words.concat()] {
            for row in [None, row] {
                match Expression::condition(&text, &Scope { names: &names, row }) {
                    Ok(expression) => drop(expression.holds(&world.scene())),
                    Err(error) => prop_assert!(error.at <= text.len()),
                }
            }
        }
    }
}
