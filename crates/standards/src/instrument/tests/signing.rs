//! Signatures: one after another, each by another than the author, and open again after any change.

use proptest::prelude::*;
use serde_json::json;

use super::{SAMPLE, answers, facts, load};
use crate::instrument::{
    Answer, Answers, FactValue, Instrument, NotCounted, QuestionId, Role, SignError, SignOff, evaluate, may_sign,
    standing,
};

fn sign(role: &str, party: &str, day: u32, answers: &Answers) -> SignOff {
    SignOff {
        role: Role::new(role).unwrap(),
        party: party.parse().unwrap(),
        at: format!("2027-01-{day:02}T12:00:00Z").parse().unwrap(),
        answers: answers.digest(),
    }
}

fn sample() -> (Instrument, Answers) {
    let sample = load("s.toml", SAMPLE);
    let all = answers(&sample, &facts(), json!({ "people": "no" }));
    (sample, all)
}

#[test]
fn everybody_signs_in_turn_and_then_it_is_done() {
    let (sample, all) = sample();
    let evaluation = evaluate(&sample, &all, &facts()).unwrap();
    let mut signed = Vec::new();
    for (role, party) in [("author", "ann"), ("privacy-officer", "bob"), ("approver", "cem")] {
        let before = standing(&signed, &all, &sample.roles);
        assert_eq!(before.next.as_ref().map(Role::as_str), Some(role));
        assert!(!before.is_complete());
        assert_eq!(may_sign(&evaluation, &before, &Role::new(role).unwrap(), &party.parse().unwrap()), Ok(()));
        signed.push(sign(role, party, u32::try_from(signed.len()).unwrap() + 1, &all));
    }
    let done = standing(&signed, &all, &sample.roles);
    assert!(done.is_complete() && done.not_counted.is_empty());
    assert_eq!(
        may_sign(&evaluation, &done, &Role::new("author").unwrap(), &"ann".parse().unwrap()),
        Err(SignError::Done)
    );
    let reversed: Vec<_> = signed.into_iter().rev().collect();
    assert_eq!(standing(&reversed, &all, &sample.roles), done, "the order of the list is not that of signing");
}

#[test]
fn a_signature_counts_in_its_turn_by_another_than_the_author_and_once() {
    let (sample, all) = sample();
    let why = |signed: &[SignOff]| {
        let found = standing(signed, &all, &sample.roles);
        let reasons: Vec<_> = found.not_counted.iter().map(|(_, why)| *why).collect();
        (found.next.map(|role| role.to_string()), reasons)
    };
    let some = |role: &str| Some(role.to_owned());
    let author = sign("author", "ann", 2, &all);
    let officer = sign("privacy-officer", "bob", 3, &all);
    assert_eq!(why(&[]), (some("author"), vec![]));
    assert_eq!(why(std::slice::from_ref(&officer)), (some("author"), vec![NotCounted::OutOfTurn]));
    let early = sign("privacy-officer", "bob", 1, &all);
    assert_eq!(why(&[early, author.clone()]), (some("privacy-officer"), vec![NotCounted::OutOfTurn]));
    let own = sign("privacy-officer", "ann", 3, &all);
    assert_eq!(why(&[author.clone(), own]), (some("privacy-officer"), vec![NotCounted::IsTheAuthor]));
    let own = sign("approver", "ann", 4, &all);
    assert_eq!(why(&[author.clone(), officer.clone(), own]), (some("approver"), vec![NotCounted::IsTheAuthor]));
    let skipped = sign("approver", "cem", 4, &all);
    assert_eq!(why(&[author.clone(), skipped]), (some("privacy-officer"), vec![NotCounted::OutOfTurn]));
    assert_eq!(why(&[author.clone(), author.clone()]), (some("privacy-officer"), vec![NotCounted::Doubled]));
    let stranger = sign("mayor", "max", 4, &all);
    assert_eq!(why(&[author, officer, stranger]), (some("approver"), vec![NotCounted::NoSuchRole]));
    assert!(!standing(&[], &all, &[]).is_complete(), "an instrument that nobody signs is never signed");
}

#[test]
fn nobody_signs_what_is_incomplete_or_out_of_turn() {
    let (sample, all) = sample();
    let evaluation = evaluate(&sample, &all, &facts()).unwrap();
    let open = Answers::begin(&sample, &facts());
    let incomplete = evaluate(&sample, &open, &facts()).unwrap();
    let nobody = standing(&[], &all, &sample.roles);
    let (author, officer) = (Role::new("author").unwrap(), Role::new("privacy-officer").unwrap());
    let ann = "ann".parse().unwrap();
    assert!(matches!(may_sign(&incomplete, &nobody, &author, &ann), Err(SignError::Incomplete { missing: 4, .. })));
    assert_eq!(may_sign(&evaluation, &nobody, &officer, &ann), Err(SignError::Turn(author)));
    let written = standing(&[sign("author", "ann", 1, &all)], &all, &sample.roles);
    let own = SignError::IsTheAuthor { party: ann.clone(), role: officer.clone() };
    assert_eq!(may_sign(&evaluation, &written, &officer, &ann), Err(own));
}

/// Every way to change answers a little.
fn changed(answers: &Answers, which: usize) -> Answers {
    let mut other = answers.clone();
    let id = |text: &str| QuestionId::new(text).unwrap();
    match which {
        0 => drop(other.answers.insert(id("why"), Answer::Text("x".to_owned()))),
        1 => drop(other.answers.insert(id("people"), Answer::Text("unknown".to_owned()))),
        2 => drop(other.answers.remove(&id("people"))),
        3 => drop(other.facts.insert("deployment.tier".to_owned(), FactValue::Text("light".to_owned()))),
        4 => other.instrument_hash = model::Digest::new([7; 32]),
        5 => other.instrument.push('x'),
        6 => drop(other.answers.insert(id("days"), Answer::Number(1))),
        7 => drop(other.answers.insert(id("risks"), Answer::Rows(Vec::new()))),
        _ => drop(other.answers.insert(id("signs"), Answer::Many(["a".to_owned()].into()))),
    }
    other
}

proptest! {
    #[test]
    fn any_change_opens_every_signature_again(which in 0_usize..9) {
        let (sample, all) = sample();
        let signed = [sign("author", "ann", 1, &all), sign("privacy-officer", "bob", 2, &all), sign("approver", "cem", 3, &all)];
        prop_assert!(standing(&signed, &all, &sample.roles).is_complete());
        let after = standing(&signed, &changed(&all, which), &sample.roles);
        prop_assert_eq!(after.reopened().count(), 3);
        prop_assert_eq!(after.next.as_ref().map(Role::as_str), Some("author"));
        prop_assert!(after.signed.is_empty());
    }
}

#[test]
fn no_two_sets_of_answers_have_one_digest() {
    let (_, all) = sample();
    let mut digests: Vec<_> = (0..9).map(|which| changed(&all, which).digest()).chain([all.digest()]).collect();
    // Texts that run together, a text and a list, a number and its digits.
    let one = |answers: serde_json::Value| {
        let mut other = all.clone();
        other.answers = serde_json::from_value(answers).unwrap();
        other.digest()
    };
    digests.extend([
        one(json!({ "a": "bc" })),
        one(json!({ "ab": "c" })),
        one(json!({ "a": "b", "c": "" })),
        one(json!({ "a": ["b", "c"] })),
        one(json!({ "a": ["bc"] })),
        one(json!({ "a": 5 })),
        one(json!({ "a": "5" })),
        one(json!({ "a": [{ "row": "x" }] })),
        one(json!({ "a": [{ "row": "x", "answers": { "a": "bc" } }] })),
    ]);
    let distinct: std::collections::BTreeSet<_> = digests.iter().collect();
    assert_eq!(distinct.len(), digests.len());
    assert_eq!(all.digest().to_string().len(), 64);
}
