//! How the requirements of a profile relate to those of what it stands on, as the solver proves it norm by norm.
//!
//! A requirement is as strict as another if each norm of the other follows from one of its own. What that does not show, the
//! mapping leaves as a gap.

use std::collections::{BTreeMap, BTreeSet};

use model::RequirementId;
use norms::proof::{Pair, Prover, Source, Standard, Within};
use standards::Resolved;
use standards::oscal::mapping::{Related, Relationship};
use standards::resolve::ResolvedLayer;

use super::prove::unproved;
use crate::output::Status;

/// Compares the norms in the layer of the pack with the given URN's id with those of all layers above it.
pub(super) fn proved(resolved: &Resolved, id: &str, prover: &Prover) -> anyhow::Result<Vec<Related>> {
    let (own, above): (Vec<&ResolvedLayer>, Vec<&ResolvedLayer>) =
        resolved.layers.iter().filter(|layer| !layer.norms.is_empty()).partition(|layer| layer.name == id);
    if own.is_empty() || above.is_empty() {
        return Ok(Vec::new());
    }
    let (own, above) = (standard(&own)?, standard(&above)?);
    let pairs = prover.relations(&own, &above).map_err(unproved)?;
    Ok(related(&pairs, &norms(&own), &norms(&above)))
}

fn standard(layers: &[&ResolvedLayer]) -> anyhow::Result<Standard> {
    let source = |layer: &&ResolvedLayer| Source { name: layer.name.clone(), cedar: layer.cedar() };
    let sources: Vec<Source> = layers.iter().map(source).collect();
    Standard::read(&sources).map_err(|error| Status::bad_input(error.to_string()).into())
}

/// The norms of each requirement.
fn norms(standard: &Standard) -> BTreeMap<&RequirementId, BTreeSet<&str>> {
    let mut norms: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    for norm in standard.norms() {
        if let Some(requirement) = &norm.requirement {
            norms.entry(requirement).or_default().insert(&norm.policy.0);
        }
    }
    norms
}

type Norms<'a> = BTreeMap<&'a RequirementId, BTreeSet<&'a str>>;

fn related(pairs: &[Pair], own: &Norms<'_>, above: &Norms<'_>) -> Vec<Related> {
    let mut met: BTreeMap<(&RequirementId, &RequirementId), Vec<&Pair>> = BTreeMap::new();
    for pair in pairs {
        if let (Some(source), Some(target)) = (&pair.left.requirement, &pair.right.requirement) {
            met.entry((source, target)).or_default().push(pair);
        }
    }
    let related = met.into_iter().filter_map(|((source, target), pairs)| {
        let covered = |proved: fn(&Pair) -> (&Within, &str)| -> BTreeSet<&str> {
            pairs
                .iter()
                .map(|pair| proved(pair))
                .filter(|(within, _)| **within == Within::Proved)
                .map(|(_, norm)| norm)
                .collect()
        };
        let stricter = covered(|pair| (&pair.left_within_right, &pair.right.policy.0)) == *above.get(target)?;
        let laxer = covered(|pair| (&pair.right_within_left, &pair.left.policy.0)) == *own.get(source)?;
        let relationship = match (stricter, laxer) {
            (true, true) => Relationship::EquivalentTo,
            (true, false) => Relationship::SubsetOf,
            (false, true) => Relationship::SupersetOf,
            (false, false) => return None,
        };
        let named: Vec<String> =
            pairs.iter().map(|pair| format!("{} and {}", pair.left.policy, pair.right.policy)).collect();
        let remarks = format!("Compared by the solver over every request: {}.", named.join("; "));
        Some(Related { source: source.to_string(), target: target.to_string(), relationship, proved: true, remarks })
    });
    related.collect()
}
