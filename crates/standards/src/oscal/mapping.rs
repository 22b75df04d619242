//! How two standards relate, as a mapping of OSCAL 1.2: the prover's verdict as relationship, what it could not relate as gap.

use model::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::{NAMESPACE, OSCAL_VERSION, uuid};

/// How one requirement relates to another (OSCAL mapping model, relationship).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relationship {
    /// They allow and forbid the same.
    EquivalentTo,
    /// Whatever the source allows the target allows too: the source is stricter.
    SubsetOf,
    /// Whatever the target allows the source allows too: the source is laxer.
    SupersetOf,
    /// Each allows what the other forbids.
    IntersectsWith,
    /// They are about different things.
    NoRelationship,
}

/// One pair of requirements and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// In the source.
    pub source: String,
    /// In the target.
    pub target: String,
    /// How they relate.
    pub relationship: Relationship,
    /// Whether a solver showed it; otherwise it follows from parameters.
    pub proved: bool,
    /// The argument or the counter-example, in words.
    pub remarks: String,
}

/// One side of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Where its catalogue is.
    pub href: String,
    /// Its title.
    pub title: String,
    /// Requirements of it that nothing was said about.
    pub unmapped: Vec<String>,
}

/// Writes a mapping collection with one mapping.
#[must_use]
pub fn export(source: &Side, target: &Side, related: &[Related], at: Timestamp, notice: &str) -> Value {
    let name = format!("{}→{}", source.href, target.href);
    let item = |id: &str| json!([{ "type": "control", "id-ref": id }]);
    let maps: Vec<Value> = related
        .iter()
        .map(|pair| {
            json!({
                "uuid": uuid(&format!("{name}/{}→{}", pair.source, pair.target)),
                "relationship": pair.relationship,
                "sources": item(&pair.source),
                "targets": item(&pair.target),
                "remarks": pair.remarks,
                "props": [{ "name": "proved", "ns": NAMESPACE, "value": pair.proved.to_string() }],
            })
        })
        .collect();
    let provenance = json!({
        "method": "automation",
        "matching-rationale": "semantic",
        "status": "complete",
        "mapping-description": "Each pair of norms was compared by a solver over every request that the schema allows; \
            parameters were compared by their order of strictness.",
    });
    let mut mapping = json!({
        "uuid": uuid(&format!("{name}#mapping")),
        "source-resource": { "type": "catalog", "href": source.href, "remarks": source.title },
        "target-resource": { "type": "catalog", "href": target.href, "remarks": target.title },
        "maps": maps,
    });
    for (key, side) in [("source-gap-summary", source), ("target-gap-summary", target)] {
        if !side.unmapped.is_empty() {
            mapping[key] = json!({
                "uuid": uuid(&format!("{name}#{key}")),
                "unmapped-controls": [{ "with-ids": side.unmapped }],
            });
        }
    }
    json!({ "mapping-collection": {
        "uuid": uuid(&name),
        "metadata": {
            "title": format!("{} against {}", source.title, target.title),
            "last-modified": at.to_string(), "version": "1", "oscal-version": OSCAL_VERSION, "remarks": notice,
        },
        "provenance": provenance,
        "mappings": [mapping],
    }})
}
