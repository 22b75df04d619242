//! What instruments promise.

mod answering;
mod drafts;
mod examples;
mod hidden;
mod loading;
mod over_time;
mod signing;
mod tiers;

use std::collections::BTreeMap;

use model::{Deployment, Grant, Party, PartyId};

use super::{Answer, Answers, Declared, Facts, Instrument, read_instrument};

/// Loads an instrument that comes with the core.
fn shipped(name: &str) -> Instrument {
    let text = match name {
        "pre-scan" => include_str!("../../packs/global-core/instruments/pre-scan.toml"),
        "privacy-impact" => include_str!("../../packs/global-core/instruments/privacy-impact.toml"),
        "surveillance-impact" => include_str!("../../packs/global-core/instruments/surveillance-impact.toml"),
        _ => include_str!("../../packs/global-core/instruments/social-accessibility.toml"),
    };
    load(&format!("instruments/{name}.toml"), text)
}

const SHIPPED: [&str; 4] = ["pre-scan", "privacy-impact", "surveillance-impact", "social-accessibility"];

fn load(file: &str, text: &str) -> Instrument {
    read_instrument(file, text).unwrap_or_else(|problems| {
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", told.join("\n"))
    })
}

/// An instrument with one of everything.
const SAMPLE: &str = r#"
id = "sample"
urn = "urn:example:sample"
version = "1.0.0"
title = "Sample"
intro = "For tests."
locale = "en"
roles = ["author", "privacy-officer", "approver"]

[[section]]
id = "first"
title = "First"

[[section.question]]
id = "people"
type = "yes-no-unknown"
ask = "People?"
prefill = "deployment.personal"
score = { yes = 3 }

[[section.question]]
id = "kind"
type = "choice"
ask = "Which?"
when = "people"
options = [{ id = "few", label = "Few", score = 1 }, { id = "many", label = "Many", score = 5 }]

[[section.question]]
id = "why"
type = "text"
ask = "Why?"
when = 'kind == "many"'
min = 3
max = 10

[[section.question]]
id = "note"
type = "statement"
ask = "Go on."

[[section]]
id = "second"
title = "Second"
when = "score(first) >= 4"

[[section.question]]
id = "signs"
type = "choices"
ask = "Signs?"
options = [
  { id = "a", label = "A", score = 2 },
  { id = "b", label = "B", score = 2 },
  { id = "good", label = "Good", score = -1 },
]

[[section.question]]
id = "opt-out"
type = "yes-no-unknown"
ask = "Can people say no?"
strict = "no"

[[section.question]]
id = "days"
type = "number"
ask = "Days?"
max = 400
required = false

[[section.question]]
id = "start"
type = "date"
ask = "Start?"
prefill = "deployment.starts"

[[section.question]]
id = "aims"
type = "choices"
ask = "Aims?"
options_from = "deployment.purposes"
required = false

[[section.question]]
id = "risks"
type = "group"
ask = "Risks?"
min = 1
max = 3

[[section.question.question]]
id = "bad"
type = "choice"
ask = "How bad?"
options = [{ id = "low", label = "Low" }, { id = "high", label = "High", score = 4 }]

[[section.question.question]]
id = "measure"
type = "text"
ask = "Measure?"
when = 'bad == "high" and people'

[[section.question]]
id = "streams"
type = "group"
ask = "Streams?"
over = "deployment.streams"

[[section.question.question]]
id = "kept-why"
type = "text"
ask = "Why kept?"
when = "row.retention-hours > 24"

[[outcome]]
id = "next"
title = "What next?"
results = [
  { id = "stop", label = "Stop" },
  { id = "more", label = "More", requires = ["sample", "other"] },
  { id = "fine", label = "Fine" },
]
otherwise = "Nothing found."

[[outcome.criterion]]
id = "bad"
result = "stop"
when = 'any(risks, bad == "high") and not opt-out'
because = "A bad risk and no way out."

[[outcome.criterion]]
id = "high"
result = "more"
when = "score() >= 8"
because = "The score is high."

[[outcome.criterion]]
id = "many"
result = "more"
when = 'kind == "many"'
because = "There are many."

[labels.de]
title = "Muster"
people = "Menschen?"
"kind.many" = "Viele"
"#;

/// A Wi-Fi counter at a square, as it is declared.
fn wifi() -> Deployment {
    serde_json::from_value(serde_json::json!({
        "id": "wifi-square",
        "title": "Counting at the square",
        "description": "Counts phones at the market square so that buses go when people need them, and forgets the phones each day.",
        "accountable": "mobility",
        "place": "square",
        "technology": "wifi-counter",
        "purposes": ["public-transport-planning", "traffic-management"],
        "streams": [{
            "id": "phones",
            "time": { "do": "bin", "bin": "15m" },
            "properties": {
                "mac": { "category": "mac-address", "value": "text", "treatment": { "do": "pseudonymise", "epoch": "24h" } },
                "ssid": { "category": "network-name", "value": "text", "treatment": { "do": "drop" } },
            },
            "retention": "30d",
        }, {
            "id": "health",
            "time": { "do": "keep" },
            "properties": { "volts": { "category": "device-health", "value": "number", "treatment": { "do": "keep" } } },
            "retention": "24h",
        }],
        "legal_basis": "public-task",
        "privacy_statement": "https://example.org/privacy",
        "starts": "2027-01-01T00:00:00Z",
        "ends": "2028-01-01T00:00:00Z",
    }))
    .unwrap()
}

fn parties() -> BTreeMap<PartyId, Party> {
    let party = |id: &str, name: &str, kind: &str| -> (PartyId, Party) {
        let party = serde_json::json!({ "id": id, "name": name, "kind": kind });
        (PartyId::new(id).unwrap(), serde_json::from_value(party).unwrap())
    };
    [
        party("mobility", "Department of Mobility", "city-department"),
        party("buses", "City Buses Ltd", "company"),
        party("police", "Police", "law-enforcement"),
    ]
    .into()
}

fn grant(id: &str, recipient: &str, stream: &str) -> Grant {
    serde_json::from_value(serde_json::json!({
        "id": id, "recipient": recipient, "stream": stream, "view": "quarters",
        "purpose": "public-transport-planning", "until": "2027-06-30T00:00:00Z",
    }))
    .unwrap()
}

fn facts_of(deployment: &Deployment, grants: &[Grant]) -> Facts {
    let place = serde_json::json!({ "id": "square", "name": "Market square", "geometry": { "type": "Point", "coordinates": [5.3, 52.1] } });
    let place = serde_json::from_value(place).unwrap();
    Facts::of(&Declared { deployment, place: Some(&place), parties: &parties(), grants })
}

fn facts() -> Facts {
    facts_of(&wifi(), &[grant("g1", "buses", "phones")])
}

/// Answers from JSON, put over those that were filled in.
fn answers(instrument: &Instrument, facts: &Facts, json: serde_json::Value) -> Answers {
    let mut answers = Answers::begin(instrument, facts);
    let by_hand: BTreeMap<super::QuestionId, Answer> = serde_json::from_value(json).unwrap();
    for (id, answer) in by_hand {
        match (answers.answers.get_mut(&id), answer) {
            (Some(Answer::Rows(filled)), Answer::Rows(rows)) => {
                for row in rows {
                    match filled.iter_mut().find(|filled| filled.row == row.row) {
                        Some(filled) => filled.answers.extend(row.answers),
                        None => filled.push(row),
                    }
                }
            }
            (_, answer) => drop(answers.answers.insert(id, answer)),
        }
    }
    answers
}

/// The texts of places, for comparison.
fn told<T: ToString>(places: &[T]) -> Vec<String> {
    places.iter().map(ToString::to_string).collect()
}
