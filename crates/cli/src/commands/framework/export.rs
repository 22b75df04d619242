//! `ordinance framework export`: a pack and what it stands on, as OSCAL.

use std::fs;
use std::path::Path;

use anyhow::Context;
use model::{Clock as _, Timestamp};
use serde_json::json;
use standards::oscal::mapping::{self, Related, Relationship, Side};
use standards::oscal::{catalog, profile};
use standards::parameter::Relation;
use standards::{PackKind, Resolved};

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
    let mut write = |name: &str, document: &serde_json::Value| -> anyhow::Result<()> {
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
        write(&name, &tightened(&resolved, &pack.manifest.id, &pack.manifest.notice, at))?;
    }
    output.result(&json!({ "files": written }), &written.join("\n"))
}

/// How the profile's parameters stand to those of what it stands on.
fn tightened(resolved: &Resolved, id: &str, notice: &str, at: Timestamp) -> serde_json::Value {
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
    let mapped: Vec<&String> = related.iter().map(|pair| &pair.target).collect();
    let base = resolved.packs.first().map_or_else(String::new, |base| base.manifest.id.clone());
    let unmapped = |pack: &str| {
        let of = |one: &&standards::resolve::ResolvedRequirement| one.pack.urn.ends_with(&format!(":{pack}"));
        let ids = resolved.requirements.values().filter(of).map(|one| one.requirement.id.to_string());
        ids.filter(|id| !mapped.contains(&id)).collect::<Vec<_>>()
    };
    let side = |pack: &str| Side { href: profile::href(pack), title: pack.to_owned(), unmapped: unmapped(pack) };
    mapping::export(&side(id), &side(&base), &related, at, notice)
}
