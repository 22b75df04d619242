//! `ordinance framework list`.

use serde::Serialize;
use standards::Trust;
use standards::coverage::Counts;

use super::shelf::Packs;
use crate::output::Output;

#[derive(Serialize)]
struct Listed {
    id: String,
    urn: String,
    version: String,
    title: String,
    layer: &'static str,
    jurisdiction: String,
    norms: usize,
    instruments: usize,
    hash: String,
    vouched_for_by: String,
    coverage: Counts,
}

/// Who vouches for a pack, in words.
pub(super) fn vouched(trust: &Trust) -> String {
    match trust {
        Trust::BuiltIn => "this software".to_owned(),
        Trust::Signed { vkey } => vkey.to_string(),
        Trust::Unsigned => "nobody".to_owned(),
    }
}

pub(super) fn run(packs: &Packs, output: &Output) -> anyhow::Result<()> {
    let mut listed = Vec::new();
    for pack in packs.all() {
        let manifest = &pack.manifest;
        listed.push(Listed {
            id: manifest.id.clone(),
            urn: manifest.reference.urn.clone(),
            version: manifest.reference.version.to_string(),
            title: manifest.title.clone(),
            layer: manifest.layer.code(),
            jurisdiction: manifest.jurisdiction.clone(),
            norms: pack.norms.len(),
            instruments: pack.instruments.len(),
            hash: pack.hash.to_string(),
            vouched_for_by: vouched(&packs.trust(pack)),
            coverage: pack.coverage().total,
        });
    }
    let mut words = vec![format!(
        "{:<28} {:<8} {:<14} {:>12} {:>6} {:>11}  title",
        "pack", "version", "layer", "executed", "norms", "instruments"
    )];
    for one in &listed {
        let executed = format!("{} of {}", one.coverage.executed, one.coverage.requirements);
        words.push(format!(
            "{:<28} {:<8} {:<14} {executed:>12} {:>6} {:>11}  {}",
            one.id, one.version, one.layer, one.norms, one.instruments, one.title
        ));
    }
    words.push("\nIllustrative, in the project's own words; not legal advice.".to_owned());
    output.result(&listed, &words.join("\n"))
}
