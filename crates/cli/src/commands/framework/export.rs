//! `ordinance framework export`: a pack and what it stands on, as OSCAL.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Context;
use model::{Clock as _, Timestamp};
use serde_json::{Value, json};
use standards::oscal::mapping::{self, Against, Related, Relationship, Side};
use standards::oscal::{catalog, profile};
use standards::parameter::Relation;
use standards::{PackKind, Resolved};

use super::prove::prover;
use super::related;
use super::shelf::Packs;
use crate::args::framework::Export;
use crate::output::Output;
use crate::system::SystemClock;

pub(super) fn run(args: &Export, packs: &mut Packs, output: &Output) -> anyhow::Result<()> {
    let pack = packs.find(&args.pack)?;
    let resolved = packs.resolve(&pack)?;
    let at = args.at.unwrap_or_else(|| SystemClock.now());
    fs::create_dir_all(&args.to).with_context(|| format!("cannot make `{}`", args.to.display()))?;
    let mut written = Vec::new();
    let mut write = |name: &str, document: &Value| -> anyhow::Result<()> {
        let path: &Path = &args.to.join(name);
        let text = serde_json::to_string_pretty(document)?;
        fs::write(path, text + "\n").with_context(|| format!("cannot write `{}`", path.display()))?;
        written.push(path.display().to_string());
        Ok(())
    };
    for below in &resolved.packs {
        let words = |requirement: &standards::Requirement| {
            resolved.words(&requirement.id, "en").map_or_else(|_| requirement.text.clone(), |said| said.text)
        };
        let document = catalog::export(below, at, &words);
        write(&profile::href(&below.manifest.id), &serde_json::to_value(document)?)?;
    }
    if pack.manifest.kind == PackKind::Profile {
        let bases: Vec<String> =
            resolved.packs.iter().map(|below| below.manifest.id.clone()).filter(|id| *id != pack.manifest.id).collect();
        let name = format!("{}.profile.json", pack.manifest.id);
        write(&name, &serde_json::to_value(profile::export(&pack, &bases, at))?)?;
        let name = format!("{}.mapping.json", pack.manifest.id);
        if let Some(mapping) = mapped(args, &resolved, &pack.manifest.id, at, &pack.manifest.notice)? {
            write(&name, &mapping)?;
        }
    }
    output.result(&json!({ "files": written }), &written.join("\n"))
}

/// How the profile stands to each pack that it stands on: by the solver where that was asked for, and by its parameters.
/// None where nothing relates: OSCAL has no empty mapping.
fn mapped(args: &Export, resolved: &Resolved, id: &str, at: Timestamp, notice: &str) -> anyhow::Result<Option<Value>> {
    let mut related = if args.prove { related::proved(resolved, id, &prover(&args.solver))? } else { Vec::new() };
    for one in tightened(resolved, id) {
        // What was proved says more than what parameters let expect.
        if !related.iter().any(|known| (&known.source, &known.target) == (&one.source, &one.target)) {
            related.push(one);
        }
    }
    let bases = resolved.packs.iter().map(|pack| pack.manifest.id.as_str()).filter(|base| *base != id);
    let targets = bases.map(|base| against(resolved, id, base, &related)).filter(|against| !against.related.is_empty());
    let targets: Vec<Against> = targets.collect();
    Ok((!targets.is_empty()).then(|| mapping::export(id, &targets, at, notice)))
}

/// One pack that a profile stands on, with the pairs that end in it.
fn against(resolved: &Resolved, id: &str, base: &str, related: &[Related]) -> Against {
    let of = |pack: &str| {
        let suffix = format!(":{pack}");
        let declared = resolved.requirements.values().filter(move |one| one.pack.urn.ends_with(&suffix));
        declared.map(|one| one.requirement.id.to_string()).collect::<BTreeSet<_>>()
    };
    let (ours, theirs) = (of(id), of(base));
    let related: Vec<Related> = related.iter().filter(|pair| theirs.contains(&pair.target)).cloned().collect();
    let side = |pack: &str, all: BTreeSet<String>, mapped: BTreeSet<&String>| Side {
        href: profile::href(pack),
        title: pack.to_owned(),
        unmapped: all.into_iter().filter(|id| !mapped.contains(id)).collect(),
    };
    Against {
        source: side(id, ours, related.iter().map(|pair| &pair.source).collect()),
        target: side(base, theirs, related.iter().map(|pair| &pair.target).collect()),
        related,
    }
}

/// How the profile's parameters stand to those of what it stands on.
fn tightened(resolved: &Resolved, id: &str) -> Vec<Related> {
    let requirement_of = |parameter| {
        let holds = |one: &&standards::resolve::ResolvedRequirement| one.requirement.parameters.contains_key(parameter);
        resolved.requirements.values().find(holds)
    };
    let mut related = Vec::new();
    for tightening in resolved.tightenings.iter().filter(|one| one.pack.urn.ends_with(&format!(":{id}"))) {
        let Some(base) = requirement_of(&tightening.parameter) else { continue };
        let relationship = match tightening.relation {
            Relation::Equal => Relationship::EquivalentTo,
            Relation::SecondStricter => Relationship::SubsetOf,
            Relation::FirstStricter => Relationship::SupersetOf,
            Relation::Incomparable => Relationship::IntersectsWith,
        };
        related.push(Related {
            source: base.requirement.id.to_string(),
            target: base.requirement.id.to_string(),
            relationship,
            proved: false,
            remarks: format!("The profile sets the parameter {}.", tightening.parameter),
        });
    }
    related
}
