//! Answers over time: facts that change, another edition, one instrument after another.

use serde_json::json;

use super::{SAMPLE, answers, facts, facts_of, grant, load, shipped, told, wifi};
use crate::instrument::{Answer, Answers, AnswersError, FactValue, QuestionId, evaluate};

fn id(text: &str) -> QuestionId {
    QuestionId::new(text).unwrap()
}

fn text(text: &str) -> Answer {
    Answer::Text(text.to_owned())
}

#[test]
fn what_is_declared_is_filled_in() {
    let scan = shipped("pre-scan");
    let begun = Answers::begin(&scan, &facts());
    assert_eq!(begun.answers.get(&id("observed")), Some(&text("yes")));
    assert_eq!(begun.answers.get(&id("told-apart")), Some(&text("directly")));
    assert_eq!(begun.answers.get(&id("companies")), Some(&text("yes")), "the buses are a company");
    assert_eq!(begun.answers.get(&id("police")), Some(&text("no")));
    assert_eq!(begun.answers.get(&id("technology")), Some(&text("Wi-Fi counter")));
    assert_eq!(begun.answers.get(&id("monitoring")), None, "what nobody declared is asked");
    let assessment = Answers::begin(&shipped("privacy-impact"), &facts());
    let Some(Answer::Rows(rows)) = assessment.answers.get(&id("streams")) else { panic!("no rows") };
    assert_eq!(rows.iter().map(|row| row.row.as_str()).collect::<Vec<_>>(), ["health", "phones"]);
    assert_eq!(rows[1].answers.get(&id("stream-kept")), Some(&text("30 days")));
    assert_eq!(assessment.answers.get(&id("legal-basis")), Some(&text("public-task")));
}

#[test]
fn a_fact_that_changes_opens_the_answers_until_they_are_looked_at_again() {
    let sample = load("s.toml", SAMPLE);
    let mut all = answers(&sample, &facts(), json!({ "people": "no" }));
    assert!(evaluate(&sample, &all, &facts()).unwrap().complete);
    let mut later = wifi();
    later.purposes.insert("air-quality".parse().unwrap());
    later.starts = "2027-02-01T00:00:00Z".parse().unwrap();
    let now = facts_of(&later, &[grant("g1", "buses", "phones")]);
    let found = evaluate(&sample, &all, &now).unwrap();
    assert!(!found.complete);
    assert_eq!(found.drifted.iter().collect::<Vec<_>>(), ["deployment.purposes", "deployment.starts"]);
    let before = all.digest();
    all.refresh(&sample, &now).unwrap();
    assert_ne!(all.digest(), before);
    assert!(evaluate(&sample, &all, &now).unwrap().complete);
    assert_eq!(all.answers.get(&id("start")), Some(&text("2027-02-01")), "filled in anew");
    assert_eq!(all.answers.get(&id("people")), Some(&text("no")), "answered by hand, and left so");
    let unchanged = all.digest();
    all.refresh(&sample, &now).unwrap();
    assert_eq!(all.digest(), unchanged);
}

#[test]
fn a_fact_that_is_gone_takes_what_was_filled_in_with_it_and_a_row_stays() {
    let sample = load("s.toml", SAMPLE);
    let mut all =
        answers(&sample, &facts(), json!({ "streams": [{ "row": "phones", "answers": { "kept-why": "to plan" } }] }));
    let mut fewer = wifi();
    fewer.streams.remove(0);
    let mut now = facts_of(&fewer, &[]);
    now.insert("deployment.starts", FactValue::Bool(true));
    all.refresh(&sample, &now).unwrap();
    assert_eq!(all.answers.get(&id("start")), None);
    let Some(Answer::Rows(rows)) = all.answers.get(&id("streams")) else { panic!("no rows") };
    assert_eq!(rows.len(), 2, "what somebody wrote is not thrown away");
    let mut open = answers(&sample, &now, json!({ "people": "yes", "kind": "many" }));
    open.answers.insert(id("streams"), all.answers[&id("streams")].clone());
    assert!(told(&evaluate(&sample, &open, &now).unwrap().ignored).contains(&"streams/phones/streams".to_owned()));
}

#[test]
fn answers_of_another_edition_are_refused_and_say_what_would_become_of_them() {
    let old = load("s.toml", SAMPLE);
    let all = answers(
        &old,
        &facts(),
        json!({
            "people": "yes", "kind": "many", "why": "because", "days": 30,
            "risks": [{ "row": "one", "answers": { "bad": "high", "measure": "a wall" } }],
        }),
    );
    let text = SAMPLE
        .replace("id = \"many\", label", "id = \"lots\", label")
        .replace("kind == \"many\"", "kind == \"lots\"")
        .replace("\"kind.many\"", "\"kind.lots\"")
        .replace("id = \"days\"", "id = \"weeks\"")
        .replace("id = \"measure\"", "id = \"step\"");
    let new = load("s.toml", &text);
    let error = evaluate(&new, &all, &facts()).unwrap_err();
    let AnswersError::OtherEdition { carried, .. } = &error else { panic!("{error}") };
    assert_eq!(told(&carried.dropped.iter().collect::<Vec<_>>()), ["days", "kind", "measure"]);
    assert!(carried.new.contains("weeks") && carried.new.contains("kind") && carried.kept.contains("people"));
    assert!(error.to_string().contains("dropped would be days, kind, measure"), "{error}");
    assert!(!error.to_string().contains("because"), "no answer is repeated");

    let (moved, told) = all.carry_over(&new, &facts()).unwrap();
    assert_eq!(&told, carried.as_ref());
    let found = evaluate(&new, &moved, &facts()).unwrap();
    assert_eq!(super::told(&found.missing), ["kind", "signs", "opt-out", "risks/one/step", "streams/phones/kept-why"]);
    assert_eq!(found.drifted.len(), 0);
    assert_ne!(moved.digest(), all.digest(), "everybody signs again");

    let other = load("s.toml", &SAMPLE.replace("urn:example:sample", "urn:example:else"));
    assert!(matches!(evaluate(&other, &all, &facts()), Err(AnswersError::OtherInstrument { .. })));
    assert!(matches!(all.carry_over(&other, &facts()), Err(AnswersError::OtherInstrument { .. })));
}

#[test]
fn one_instrument_fills_in_the_next_with_what_was_asked_and_is_known() {
    let (scan, assessment) = (shipped("pre-scan"), shipped("privacy-impact"));
    for (vulnerable, observed, expected) in
        [("yes", "yes", Some("yes")), ("no", "yes", Some("no")), ("unknown", "yes", None), ("yes", "no", None)]
    {
        let mut known = facts();
        let scanned = answers(&scan, &known, json!({ "vulnerable": vulnerable, "observed": observed }));
        known.add_answers(&scan, &scanned).unwrap();
        let begun = Answers::begin(&assessment, &known);
        let found = begun.answers.get(&id("vulnerable"));
        assert_eq!(found, expected.map(text).as_ref(), "{vulnerable}, observed {observed}");
        let drifted = evaluate(&assessment, &begun, &facts()).unwrap().drifted;
        assert_eq!(
            drifted.contains("pre-scan/vulnerable"),
            expected.is_some(),
            "an answer that is taken back is missed"
        );
    }
}
