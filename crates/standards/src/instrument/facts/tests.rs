//! Facts are those of what is declared, each under a known path and of the known type.

use std::collections::{BTreeMap, BTreeSet};

use model::{Deployment, Grant, Party, PartyId};

use super::{Declared, FactType, FactValue, Facts, known_facts};

fn plates() -> Deployment {
    serde_json::from_value(serde_json::json!({
        "id": "plates", "title": "Plates", "description": "Reads plates under an order.", "accountable": "police",
        "place": "bridge", "technology": "number-plate-reader", "purposes": ["crime-investigation"],
        "streams": [{
            "id": "hits", "time": { "do": "keep" }, "retention": "90m",
            "properties": { "plate": { "category": "number-plate", "value": "text", "treatment": { "do": "match", "order": "order-7" } } },
        }],
        "legal_basis": "law-enforcement", "starts": "2027-01-01T00:00:00Z", "ends": "2027-01-08T12:00:00Z",
    }))
    .unwrap()
}

fn grant(recipient: &str, stream: &str, order: Option<&str>) -> Grant {
    serde_json::from_value(serde_json::json!({
        "id": format!("{recipient}-{stream}"), "recipient": recipient, "stream": stream, "view": "v",
        "purpose": "crime-investigation", "until": "2027-01-05T00:00:00Z", "order": order,
    }))
    .unwrap()
}

fn party(id: &str, kind: &str) -> (PartyId, Party) {
    let party = serde_json::json!({ "id": id, "name": id.to_uppercase(), "kind": kind });
    (PartyId::new(id).unwrap(), serde_json::from_value(party).unwrap())
}

fn facts(grants: &[Grant], parties: &[(&str, &str)]) -> Facts {
    let parties: BTreeMap<_, _> = parties.iter().map(|(id, kind)| party(id, kind)).collect();
    let place = serde_json::json!({ "id": "bridge", "name": "Bridge", "geometry": { "type": "Point", "coordinates": [5.3, 52.1] } });
    let place = serde_json::from_value(place).unwrap();
    Facts::of(&Declared { deployment: &plates(), place: Some(&place), parties: &parties, grants })
}

fn text(text: &str) -> Option<FactValue> {
    Some(FactValue::Text(text.to_owned()))
}

fn codes(all: &[&str]) -> Option<FactValue> {
    Some(FactValue::Set(all.iter().map(|code| (*code).to_owned()).collect()))
}

#[test]
fn what_is_declared_is_told_with_what_stands_above_it() {
    let facts = facts(&[grant("police", "hits", Some("order-7"))], &[("police", "law-enforcement")]);
    for (path, value) in [
        ("deployment.tier", text("full")),
        ("deployment.technology-kinds", codes(&["camera", "number-plate-reader"])),
        ("deployment.purpose-kinds", codes(&["crime-investigation", "safety"])),
        ("deployment.category-kinds", codes(&["number-plate", "personal", "vehicle-identifier"])),
        ("deployment.categories", codes(&["number-plate"])),
        ("deployment.category-names", text("Number plate")),
        ("deployment.identifies", text("directly")),
        ("deployment.matches-list", Some(FactValue::Bool(true))),
        ("deployment.keeps-raw-identifiers", Some(FactValue::Bool(false))),
        ("deployment.has-privacy-statement", Some(FactValue::Bool(false))),
        ("deployment.retention-hours", Some(FactValue::Number(2))),
        ("deployment.pseudonym-hours", Some(FactValue::Number(0))),
        ("deployment.days", Some(FactValue::Number(8))),
        ("deployment.ends", text("2027-01-08")),
        ("deployment.place-name", text("Bridge")),
        ("deployment.accountable-name", text("POLICE")),
        ("deployment.shared-with-police", Some(FactValue::Bool(true))),
        ("deployment.shared-with-companies", Some(FactValue::Bool(false))),
        ("deployment.recipients", codes(&["police"])),
        ("deployment.recipients.police.kind", text("law-enforcement")),
        ("deployment.recipients.police.under-order", Some(FactValue::Bool(true))),
        ("deployment.recipients.police.until", text("2027-01-05")),
        ("deployment.streams.hits.treatments", codes(&["match"])),
    ] {
        assert_eq!(facts.get(path), value.as_ref(), "{path}");
    }
}

#[test]
fn a_recipient_of_whom_nothing_is_known_may_be_anybody_and_one_without_an_order_counts() {
    let grants =
        [grant("stranger", "hits", Some("order-7")), grant("stranger", "hits", None), grant("mobility", "other", None)];
    let facts = facts(&grants, &[]);
    for path in ["shared", "shared-with-police", "shared-with-companies", "shared-openly"] {
        assert_eq!(facts.get(&format!("deployment.{path}")), Some(&FactValue::Bool(true)), "{path}");
    }
    assert_eq!(
        facts.get("deployment.recipients"),
        codes(&["stranger"]).as_ref(),
        "grants on other streams are no business of this one"
    );
    assert_eq!(facts.get("deployment.recipients.stranger.kind"), None);
    assert_eq!(facts.get("deployment.recipients.stranger.under-order"), Some(&FactValue::Bool(false)));
}

#[test]
fn every_fact_has_a_known_path_and_type_and_every_path_has_a_fact() {
    let facts = facts(&[grant("police", "hits", None)], &[("police", "law-enforcement")]);
    let mut known: BTreeMap<String, FactType> = BTreeMap::new();
    for (path, kind) in known_facts() {
        let of_row = if path.starts_with("deployment.streams.") { "hits" } else { "police" };
        assert_eq!(known.insert(path.replace("<id>", of_row), kind), None, "{path} stands there twice");
    }
    for (path, value) in facts.iter() {
        let fits = match (known.remove(path).unwrap_or_else(|| panic!("{path} is unknown")), value) {
            (FactType::Bool { .. }, FactValue::Bool(_)) | (FactType::Number, FactValue::Number(_)) => true,
            (FactType::Words, FactValue::Text(_)) => true,
            (FactType::Code(codes), FactValue::Text(code)) => codes.codes().is_none_or(|codes| codes.contains(code)),
            (FactType::Codes(codes), FactValue::Set(set)) => codes.codes().is_none_or(|codes| set.is_subset(&codes)),
            (FactType::Date, FactValue::Text(date)) => date.parse::<chrono::NaiveDate>().is_ok(),
            _ => false,
        };
        assert!(fits, "{path} is of another type");
    }
    assert!(known.is_empty(), "nothing gives {known:?}");
}

#[test]
fn facts_are_taken_by_path_or_all_below_one() {
    let facts = facts(&[], &[]);
    let asked: BTreeSet<String> =
        ["deployment.tier", "deployment.streams.", "deployment.gone"].map(str::to_owned).into();
    let taken = facts.under(&asked);
    assert!(taken.contains_key("deployment.tier") && taken.contains_key("deployment.streams.hits.personal"));
    assert!(!taken.contains_key("deployment.streams") && !taken.contains_key("deployment.technology"));
    let json = serde_json::to_string(&facts).unwrap();
    assert_eq!(serde_json::from_str::<Facts>(&json).unwrap(), facts);
}
