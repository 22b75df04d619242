//! An assessment of a city as assessment results: one finding for each requirement, with the acts that show it.

use model::Timestamp;
use serde_json::{Value, json};

use super::{NAMESPACE, OSCAL_VERSION, uuid};

/// What was found of one requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which requirement.
    pub requirement: String,
    /// Its title.
    pub title: String,
    /// Whether it is met; none where it does not apply.
    pub met: Option<bool>,
    /// What was found, in words.
    pub words: String,
    /// Entries of the log that show it.
    pub entries: Vec<u64>,
}

/// What was assessed, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessed {
    /// The city.
    pub city: String,
    /// The origin of its log.
    pub origin: String,
    /// The size of the log that was read.
    pub size: u64,
    /// The instant of the assessment.
    pub at: Timestamp,
    /// What must stand on it.
    pub notice: String,
}

/// Writes assessment results.
#[must_use]
pub fn export(assessed: &Assessed, found: &[Found]) -> Value {
    let name = format!("{}@{}", assessed.origin, assessed.size);
    let at = assessed.at.to_string();
    let observation = |finding: &Found| uuid(&format!("{name}/{}/observation", finding.requirement));
    let observations: Vec<Value> = found
        .iter()
        .map(|finding| {
            let mut observation = json!({
                "uuid": observation(finding), "description": finding.words, "methods": ["TEST"], "collected": at,
            });
            if !finding.entries.is_empty() {
                let evidence = |entry: &u64| {
                    json!({
                        "href": format!("urn:ordinance:log:{}#{entry}", assessed.origin),
                        "description": format!("entry {entry} of the log"),
                    })
                };
                observation["relevant-evidence"] = finding.entries.iter().map(evidence).collect();
            }
            observation
        })
        .collect();
    let findings: Vec<Value> = found
        .iter()
        .map(|finding| {
            let (state, reason) = match finding.met {
                Some(true) => ("satisfied", "pass"),
                Some(false) => ("not-satisfied", "fail"),
                None => ("satisfied", "other"),
            };
            json!({
                "uuid": uuid(&format!("{name}/{}", finding.requirement)),
                "title": finding.title,
                "description": finding.words,
                "target": {
                    "type": "statement-id",
                    "target-id": format!("{}_smt", finding.requirement),
                    "status": { "state": state, "reason": reason },
                    "props": [{ "name": "applies", "ns": NAMESPACE, "value": finding.met.is_some().to_string() }],
                },
                "related-observations": [{ "observation-uuid": observation(finding) }],
            })
        })
        .collect();
    let ids: Vec<Value> = found.iter().map(|finding| json!({ "control-id": finding.requirement })).collect();
    json!({ "assessment-results": {
        "uuid": uuid(&name),
        "metadata": {
            "title": format!("Assessment of {}", assessed.city), "last-modified": at, "version": "1",
            "oscal-version": OSCAL_VERSION, "remarks": assessed.notice,
        },
        "import-ap": { "href": "#", "remarks": "No plan besides the standard itself: every requirement is assessed." },
        "results": [{
            "uuid": uuid(&format!("{name}#result")),
            "title": format!("{} at size {}", assessed.origin, assessed.size),
            "description": "Every requirement held against the register that the log folds to.",
            "start": at, "end": at,
            "reviewed-controls": { "control-selections": [{ "include-controls": ids }] },
            "observations": observations,
            "findings": findings,
        }],
    }})
}
