//! Drafts as files, and answers set one by one.

use proptest::prelude::*;
use serde_json::json;

use super::{SAMPLE, answers, facts, load, shipped};
use crate::instrument::{Answers, Draft, DraftError, Facts, Instrument, QuestionId, SetError, SignOff, evaluate};

fn draft(instrument: &Instrument, answers: Answers) -> Draft {
    let sign_off = SignOff {
        role: "author".parse().unwrap(),
        party: "mobility".parse().unwrap(),
        at: "2027-01-02T03:04:05Z".parse().unwrap(),
        answers: answers.digest(),
    };
    Draft {
        deployment: "wifi-square".parse().unwrap(),
        pack: "urn:example:pack@0.1.0".to_owned(),
        instrument: instrument.id.clone(),
        answers,
        sign_offs: vec![sign_off],
    }
}

fn again(instrument: &Instrument, draft: &Draft) -> Draft {
    let text = draft.to_toml(instrument);
    Draft::read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn a_draft_is_written_and_read_as_it_is() {
    for name in super::SHIPPED {
        let instrument = shipped(name);
        for facts in [facts(), Facts::default()] {
            let draft = draft(&instrument, Answers::begin(&instrument, &facts));
            let read = again(&instrument, &draft);
            assert_eq!(read.answers.digest(), draft.answers.digest(), "{name}");
            assert_eq!(read.check_questions(&instrument), Ok(()));
            assert_eq!(read.sign_offs, draft.sign_offs);
        }
    }
}

#[test]
fn a_draft_asks_what_is_missing_and_says_how_to_answer_it() {
    let instrument = shipped("pre-scan");
    let text = draft(&instrument, Answers::begin(&instrument, &facts())).to_toml(&instrument);
    for line in [
        "# Is this new?",
        "# change = … one of new, changed, renewed",
        "#     renewed: It goes on as before; the approval ends",
        "observed = \"yes\"",
        "# monitoring = … yes, no or unknown",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
    let report = shipped("privacy-impact");
    let text = draft(&report, Answers::begin(&report, &facts())).to_toml(&report);
    for line in
        ["[[answers.streams]]", "# answers.stream-why = … a text of 20 to 4000 characters", "# [[answers.risk]]"]
    {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
}

proptest! {
    #[test]
    fn whatever_is_answered_is_read_as_it_was_written(texts in prop::collection::vec(any::<String>(), 4), number in any::<i64>(), codes in prop::collection::btree_set("\\PC{0,8}", 0..4)) {
        let sample = load("s.toml", SAMPLE);
        let rows = json!([
            { "row": texts[0], "answers": { "bad": texts[1], "measure": codes, "nowhere": [{ "row": "x", "answers": { "y": number } }] } },
            { "row": "b", "answers": {} },
        ]);
        let all = json!({ "why": texts[2], "days": number, "signs": codes, "risks": rows, "no-question": texts[3], "note": rows, "aims": [] });
        let mut given = answers(&sample, &facts(), all);
        given.facts.insert(texts[3].clone(), crate::instrument::FactValue::Text(texts[0].clone()));
        let draft = draft(&sample, given);
        let read = again(&sample, &draft);
        prop_assert_eq!(read.answers.digest(), draft.answers.digest());
        prop_assert_eq!(read.sign_offs, draft.sign_offs);
    }

    #[test]
    fn any_text_is_read_without_panic(text in "([a-z-]{1,9} = |\\[\\[?[a-z.]{1,9}\\]?\\]|\"|'''|\n|\\{|\\[|[0-9]|é|,)*") {
        let _ = Draft::read(&text);
    }
}

#[test]
fn a_bad_file_is_one_error_that_says_where_and_repeats_no_answer() {
    let sample = load("s.toml", SAMPLE);
    let good = draft(&sample, Answers::begin(&sample, &facts())).to_toml(&sample);
    let broken = |from: &str, to: &str| Draft::read(&good.replacen(from, to, 1)).unwrap_err();
    assert!(matches!(broken("people = \"yes\"", "people = secret"), DraftError::Syntax(_)));
    for wrong in ["people = true", "people = 1.5", "people = 2027-01-01", "people = { secret = 1 }"] {
        let error = broken("people = \"yes\"", wrong);
        assert!(matches!(error, DraftError::Type(_)) && !error.to_string().contains("secret"), "{wrong}: {error}");
    }
    let error = broken("edition = ", "color = \"red\"\nedition = ").to_string();
    assert!(error.contains("unknown field `color`"), "{error}");
    assert!(broken("urn = \"urn:example:sample\"\n", "").to_string().contains("missing field `urn`"));
    assert!(matches!(broken("edition = \"", "edition = \"z"), DraftError::Type(_)));
    let deep = format!("{good}\n[x{}]\n", ".x".repeat(400_000));
    assert!(matches!(Draft::read(&deep).unwrap_err(), DraftError::Deep(_)));
    let deep = good.replacen("people = \"yes\"", &format!("people = {}", "[".repeat(400_000)), 1);
    assert!(matches!(Draft::read(&deep).unwrap_err(), DraftError::Deep(_)));
    assert!(matches!(Draft::read(&" ".repeat(2 << 20)).unwrap_err(), DraftError::TooLarge(_)));
    let strange = Draft::read(&good.replacen("people = ", "poeple = ", 1)).unwrap().check_questions(&sample);
    assert!(strange.unwrap_err().to_string().contains("no question `poeple`"));
}

#[test]
fn an_answer_is_set_only_where_it_fits() {
    let sample = load("s.toml", SAMPLE);
    let facts = facts();
    let mut all = Answers::begin(&sample, &facts);
    for (place, text) in [
        ("kind", "many"),
        ("why", "because"),
        ("signs", "a, b"),
        ("opt-out", "unknown"),
        ("days", "30"),
        ("start", "2027-02-03"),
        ("aims", "traffic-management"),
        ("risks/one/bad", "high"),
        ("risks/one/measure", "a wall"),
        ("streams/phones/kept-why", "to plan"),
    ] {
        all.set(&sample, place, text).unwrap_or_else(|error| panic!("{place}: {error}"));
    }
    let found = evaluate(&sample, &all, &facts).unwrap();
    assert!(found.complete, "{found:?}");
    assert_eq!(found.total.value, 3 + 5 + 4 + 4);
    let before = all.clone();
    for (place, text) in [
        ("nothing", "x"),
        ("", "x"),
        ("kind", "some"),
        ("why", "far too long for it"),
        ("signs", "a, z"),
        ("opt-out", "maybe"),
        ("days", "many"),
        ("days", "401"),
        ("start", "soon"),
        ("note", "x"),
        ("risks", "x"),
        ("risks/one", "x"),
        ("risks/one/nothing", "x"),
        ("risks/Not a name/bad", "low"),
        ("streams/nowhere/kept-why", "x"),
        ("kind/one/two", "few"),
    ] {
        let error = all.set(&sample, place, text).unwrap_err();
        assert!(!error.to_string().contains("far too long"), "{error}");
        assert_eq!(all, before, "{place}: {error}");
    }
    all.set(&sample, "risks/two/bad", "low").unwrap();
    all.set(&sample, "risks/three/bad", "low").unwrap();
    assert!(matches!(all.set(&sample, "risks/four/bad", "low"), Err(SetError::Unfit { .. })), "three at most");
    for row in ["one", "two", "three"] {
        all.set(&sample, &format!("risks/{row}"), "").unwrap();
    }
    all.set(&sample, "kind", "").unwrap();
    let gone = |id: &str| !all.answers.contains_key(&id.parse::<QuestionId>().unwrap());
    assert!(gone("risks") && gone("kind"));
    assert_eq!(all.answers.len(), before.answers.len() - 2, "the others are there");
}
