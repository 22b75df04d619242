//! The tier that answers find: no answer that needs more care ever makes it less.

use model::Tier;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{SAMPLE, answers, facts, load, shipped};
use crate::instrument::{Instrument, QuestionKind, evaluate, read_instrument};

/// What is asked for a yes or no, and whether yes is the answer that needs more care.
fn asked(scan: &Instrument) -> Vec<(String, bool)> {
    let kinds = scan.all_questions().map(|one| (one.id.to_string(), one.kind.clone()));
    let strict = |kind| if let QuestionKind::YesNo { strict, .. } = kind { Some(strict) } else { None };
    kinds.filter_map(|(id, kind)| Some((id, strict(kind)?))).collect()
}

/// The tier that the pre-scan finds, of answers from the least careful: 0 and 1 as they are, 2 for one that is not known.
fn found(scan: &Instrument, careful: &[u8]) -> Tier {
    let answer = |((id, strict), care): ((String, bool), &u8)| {
        let text = match (care, strict) {
            (2, _) => "unknown",
            (1, true) | (0, false) => "yes",
            _ => "no",
        };
        (id, json!(text))
    };
    let mut all: Map<String, Value> = asked(scan).into_iter().zip(careful).map(answer).collect();
    all.insert("change".to_owned(), json!("new"));
    evaluate(scan, &answers(scan, &facts(), Value::Object(all)), &facts()).unwrap().tier.unwrap()
}

proptest! {
    #[test]
    fn an_answer_that_needs_more_care_never_lowers_the_tier(
        answered in prop::collection::vec((0_u8..3, 0_u8..3), 17..=17),
    ) {
        let scan = shipped("pre-scan");
        prop_assert_eq!(asked(&scan).len(), answered.len());
        let less: Vec<u8> = answered.iter().map(|(one, other)| *one.min(other)).collect();
        let more: Vec<u8> = answered.iter().map(|(one, other)| *one.max(other)).collect();
        prop_assert!(found(&scan, &less) <= found(&scan, &more));
        // What is not known counts as the answer that needs more care, and as no other.
        let known: Vec<u8> = more.iter().map(|care| *care.min(&1)).collect();
        prop_assert_eq!(found(&scan, &known), found(&scan, &more));
    }
}

#[test]
fn tiers_stand_in_the_order_of_their_results_on_each_of_them_and_the_strictest_drawn_counts() {
    let named = |first: &str, last: &str| {
        let text = SAMPLE.replacen("label = \"Stop\" }", &format!("label = \"Stop\"{first} }}"), 1);
        let at = text.find("id = \"fine\"").unwrap();
        let end = at + text[at..].find(" }").unwrap();
        let text = format!("{}{last}{}", &text[..end], &text[end..]);
        let more = text.find("id = \"more\"").unwrap();
        let end = more + text[more..].find(" }").unwrap();
        format!("{}{}{}", &text[..end], if last.is_empty() { "" } else { ", tier = \"light\"" }, &text[end..])
    };
    for (first, last, reads) in [
        ("", "", true),
        (", tier = \"full\"", ", tier = \"file-and-go\"", true),
        (", tier = \"light\"", ", tier = \"light\"", true),
        (", tier = \"light\"", ", tier = \"full\"", false),
        (", tier = \"file-and-go\"", ", tier = \"file-and-go\"", false),
        ("", ", tier = \"file-and-go\"", false),
    ] {
        assert_eq!(read_instrument("s.toml", &named(first, last)).is_ok(), reads, "{first} {last}");
    }
    let sample = load("s.toml", &named(", tier = \"full\"", ", tier = \"file-and-go\""));
    assert!(sample.outcomes.iter().any(crate::instrument::Outcome::names_a_tier));
    let plain = load("s.toml", SAMPLE);
    let none = evaluate(&plain, &answers(&plain, &facts(), json!({})), &facts()).unwrap();
    assert_eq!(none.tier, None, "an instrument without tiers finds none");
}
