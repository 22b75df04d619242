//! What answers amount to: visibility, missing and unfitting answers, scores and conclusions.

use serde_json::json;

use super::{SAMPLE, answers, facts, load, told};
use crate::instrument::{Answers, AnswersError, Evaluation, Facts, Score, evaluate};

fn evaluated(json: serde_json::Value) -> Evaluation {
    let (sample, facts) = (load("s.toml", SAMPLE), facts());
    evaluate(&sample, &answers(&sample, &facts, json), &facts).unwrap()
}

fn full() -> serde_json::Value {
    json!({
        "people": "yes", "kind": "many", "why": "because", "signs": ["a", "good"], "opt-out": "yes", "days": 30,
        "risks": [{ "row": "one", "answers": { "bad": "high", "measure": "a wall" } }, { "row": "two", "answers": { "bad": "low" } }],
        "streams": [{ "row": "phones", "answers": { "kept-why": "to plan" } }],
    })
}

#[test]
fn a_full_set_of_answers_is_complete_and_says_why() {
    let found = evaluated(full());
    assert_eq!((told(&found.missing), found.invalid.clone(), told(&found.ignored)), (vec![], vec![], vec![]));
    assert!(found.complete, "{found:?}");
    assert_eq!(
        told(&found.visible),
        [
            "people",
            "kind",
            "why",
            "note",
            "signs",
            "opt-out",
            "days",
            "start",
            "aims",
            "risks",
            "risks/one/bad",
            "risks/one/measure",
            "risks/two/bad",
            "streams",
            "streams/phones/kept-why",
        ]
    );
    let scores: Vec<Score> = found.scores.values().copied().collect();
    assert_eq!(scores, [Score { value: 8, highest: 8 }, Score { value: 5, highest: 12 }]);
    assert_eq!(found.total, Score { value: 13, highest: 20 });
    assert_eq!(found.result("next"), Some("more"));
    let words: Vec<&str> = found.outcomes[0].because.iter().map(|reason| reason.words.as_str()).collect();
    assert_eq!(words, ["The score is high.", "There are many."]);
    assert_eq!(told(&found.requires.iter().collect::<Vec<_>>()), ["other", "sample"]);
}

#[test]
fn the_strictest_result_that_holds_is_the_result() {
    let mut all = full();
    all["opt-out"] = json!("unknown");
    let found = evaluated(all);
    assert_eq!(found.result("next"), Some("stop"), "not known whether people can say no: they cannot");
    assert_eq!(found.outcomes[0].because[0].criterion.as_ref().map(ToString::to_string).as_deref(), Some("bad"));
    assert!(found.requires.is_empty());
}

#[test]
fn what_does_not_concern_anybody_is_not_asked_and_counts_for_nothing() {
    let found = evaluated(json!({ "people": "no" }));
    assert_eq!(told(&found.visible), ["people", "note"]);
    assert!(found.complete);
    assert_eq!(found.total, Score { value: 0, highest: 3 });
    assert_eq!(found.result("next"), Some("fine"));
    assert_eq!(found.outcomes[0].because[0].words, "Nothing found.");
}

#[test]
fn what_is_missing_is_named_and_counts_as_the_strictest() {
    let found = evaluated(json!({}));
    assert!(!found.complete);
    assert_eq!(
        told(&found.missing),
        ["kind", "signs", "opt-out", "streams/phones/kept-why"],
        "the filled-in ones are there"
    );
    assert_eq!(found.total, Score { value: 12, highest: 12 }, "the first is filled in, the others as bad as can be");
    assert_eq!(
        told(&found.invalid.iter().map(|invalid| &invalid.place).collect::<Vec<_>>()),
        ["risks"],
        "one row at least"
    );
    assert_eq!(found.result("next"), Some("more"));
}

#[test]
fn an_answer_that_does_not_fit_counts_as_none_and_is_not_repeated() {
    for (question, answer, why) in [
        ("people", json!("maybe"), "not among the options"),
        ("people", json!(1), "of another type"),
        ("kind", json!("most"), "not among the options"),
        ("kind", json!(["few"]), "of another type"),
        ("why", json!("x"), "has 1 characters; it needs 3 to 10"),
        ("why", json!("x ".repeat(20)), "has 39 characters"),
        ("signs", json!(["a", "z"]), "not among the options"),
        ("days", json!(401), "between 0 and 400"),
        ("days", json!("9"), "of another type"),
        ("start", json!("2027-02-29"), "not a date"),
        ("start", json!("1 May"), "not a date"),
        ("aims", json!(["advertising"]), "not among the options"),
    ] {
        let mut all = full();
        all[question] = answer.clone();
        let found = evaluated(all);
        assert!(!found.complete, "{question} = {answer}");
        assert_eq!(found.invalid.len(), 1, "{question} = {answer}: {:?}", found.invalid);
        assert!(found.invalid[0].why.to_string().contains(why), "{question}: {}", found.invalid[0].why);
    }
}

#[test]
fn rows_are_as_many_as_there_may_be_and_each_has_its_name() {
    for (rows, why) in [
        (json!([]), "there are 0 rows; it needs 1 to 3"),
        (json!([{ "row": "a" }, { "row": "b" }, { "row": "c" }, { "row": "d" }]), "there are 4 rows"),
        (json!([{ "row": "a" }, { "row": "a" }]), "a name of its own"),
        (json!([{ "row": "A b" }]), "a name of its own"),
    ] {
        let mut all = full();
        all["risks"] = rows.clone();
        let found = evaluated(all);
        assert!(
            found.invalid.iter().any(|invalid| invalid.why.to_string().contains(why)),
            "{rows}: {:?}",
            found.invalid
        );
    }
    let mut all = full();
    all["risks"] = json!(5);
    assert!(evaluated(all).invalid[0].why.to_string().contains("not a list of rows"));
}

#[test]
fn what_is_answered_and_not_asked_is_named() {
    let mut all = full();
    all["kind"] = json!("few");
    all["gone"] = json!("x");
    all["note"] = json!("x");
    all["risks"] = json!([{ "row": "one", "answers": { "bad": "low", "measure": "a wall", "strange": 1 } }]);
    all["streams"] =
        json!([{ "row": "health", "answers": { "kept-why": "x" } }, { "row": "sold", "answers": { "kept-why": "x" } }]);
    let found = evaluated(all);
    assert_eq!(
        told(&found.ignored),
        [
            "why",
            "note",
            "risks/one/measure",
            "risks/one/strange",
            "streams/sold/streams",
            "streams/health/kept-why",
            "gone"
        ]
    );
}

#[test]
fn facts_that_are_not_known_leave_it_incomplete() {
    let sample = load("s.toml", SAMPLE);
    let all = answers(&sample, &Facts::default(), full());
    let found = evaluate(&sample, &all, &Facts::default()).unwrap();
    assert_eq!(found.unknown_facts.iter().collect::<Vec<_>>(), ["deployment.purposes", "deployment.streams"]);
    assert!(!found.complete);
    let mut some = facts();
    some.insert(
        "deployment.streams",
        crate::instrument::FactValue::Set(["phones".to_owned(), "new".to_owned()].into()),
    );
    let all = answers(&sample, &some, full());
    let found = evaluate(&sample, &all, &some).unwrap();
    assert_eq!(found.unknown_facts.iter().collect::<Vec<_>>(), ["deployment.streams.new.retention-hours"]);
}

#[test]
fn answers_are_read_from_json_and_refused_without_repeating_them() {
    let sample = load("s.toml", SAMPLE);
    let all = answers(&sample, &facts(), full());
    let json = serde_json::to_string(&all).unwrap();
    assert_eq!(Answers::read(&json).unwrap(), all);
    for (good, bad) in [
        ("\"answers\":{", "\"answrs\":{"),
        ("\"many\"", "null"),
        ("\"many\"", "1.5"),
        ("\"many\"", "true"),
        ("\"kind\":", "\"Kind\":"),
        ("\"instrument\":", "\"instrument\":5,\"x\":"),
    ] {
        let told = Answers::read(&json.replacen(good, bad, 1)).unwrap_err().to_string();
        assert!(
            told.contains("at line 1, column") && !told.contains("because") && !told.contains("1.5"),
            "{bad}: {told}"
        );
    }
    assert_eq!(Answers::read(&" ".repeat(1024 * 1024 + 1)), Err(AnswersError::TooLarge));
    let deep = format!("{{\"answers\":{{\"a\":{}", "[{\"row\":\"a\",\"answers\":{\"a\":".repeat(10_000));
    assert!(matches!(Answers::read(&deep), Err(AnswersError::Shape(_))));
}
