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

/// What one pack is held against, and how the two relate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Against {
    /// The source as it is seen from this target.
    pub source: Side,
    /// The target.
    pub target: Side,
    /// The pairs of which something is known.
    pub related: Vec<Related>,
}

/// Writes a mapping collection with a mapping for each target of one source.
#[must_use]
pub fn export(source: &str, targets: &[Against], at: Timestamp, notice: &str) -> Value {
    let provenance = json!({
        "method": "automation",
        "matching-rationale": "semantic",
        "status": "complete",
        "mapping-description": "Where a pair is `proved`, a solver compared its norms over every request that the schema \
            allows; else its parameters were compared by their order of strictness.",
    });
    let names: Vec<&str> = targets.iter().map(|against| against.target.title.as_str()).collect();
    let mappings: Vec<Value> = targets.iter().map(mapping).collect();
    json!({ "mapping-collection": {
        "uuid": uuid(&format!("{source}→{}", names.join("+"))),
        "metadata": {
            "title": format!("{source} against {}", names.join(", ")),
            "last-modified": at.to_string(), "version": "1", "oscal-version": OSCAL_VERSION, "remarks": notice,
        },
        "provenance": provenance,
        "mappings": mappings,
    }})
}

fn mapping(Against { source, target, related }: &Against) -> Value {
    let name = format!("{}→{}", source.href, target.href);
    let item = |id: &str| json!([{ "type": "control", "id-ref": id }]);
    let map = |pair: &Related| {
        json!({
            "uuid": uuid(&format!("{name}/{}→{}", pair.source, pair.target)),
            "relationship": pair.relationship,
            "sources": item(&pair.source),
            "targets": item(&pair.target),
            "remarks": pair.remarks,
            "props": [{ "name": "proved", "ns": NAMESPACE, "value": pair.proved.to_string() }],
        })
    };
    let mut mapping = json!({
        "uuid": uuid(&format!("{name}#mapping")),
        "source-resource": { "type": "catalog", "href": source.href, "remarks": source.title },
        "target-resource": { "type": "catalog", "href": target.href, "remarks": target.title },
        "maps": related.iter().map(map).collect::<Vec<_>>(),
    });
    for (key, side) in [("source-gap-summary", source), ("target-gap-summary", target)] {
        if !side.unmapped.is_empty() {
            mapping[key] = json!({
                "uuid": uuid(&format!("{name}#{key}")),
                "unmapped-controls": [{ "with-ids": side.unmapped }],
            });
        }
    }
    mapping
}
