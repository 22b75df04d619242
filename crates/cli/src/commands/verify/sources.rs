//! Where each layer in force comes from, as the log says and as far as it can be shown here: released by a hub, built in, the city's own,
//! unreleased for a reason, or nowhere, where no log says it and nothing at hand does.
//!
//! At the city's folder a release is held against what is kept of it in `adopted/`. What the log says and the files do not show is an
//! error; what nobody says is told and is none, because a log of before sources were written down is a good log.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::bail;
use hub::release::Verified;
use model::policy::LayerSource;
use model::{LayerKind, PolicyLayer};
use register::state::PolicyInForce;
use serde::Serialize;

use crate::commands::adopt::{brought, each};

/// Where one layer comes from.
#[derive(Serialize)]
pub(super) struct Layer {
    name: String,
    /// `released`, `built-in`, `own`, `unreleased` or `nowhere`.
    source: &'static str,
    /// Whether the log says so; else it is what was found here.
    said: bool,
    /// Whether it was shown here: by a release that is kept and verifies, or by a pack that this software carries.
    shown: bool,
    words: String,
}

/// Each layer in force.
///
/// # Errors
/// The log says of a layer what is not so.
pub(super) fn layers(policy: Option<&PolicyInForce>, dir: Option<&Path>) -> anyhow::Result<Vec<Layer>> {
    let Some(policy) = policy else { return Ok(Vec::new()) };
    let kept = Releases::of(dir)?;
    policy.text.layers.iter().map(|layer| said(layer, policy.sources.get(&layer.name), &kept)).collect()
}

/// What a city keeps of releases.
struct Releases {
    /// Whether it could be looked for at all.
    here: bool,
    holding: Vec<Verified>,
    /// What does not hold of the others.
    broken: Vec<String>,
}

impl Releases {
    fn of(dir: Option<&Path>) -> anyhow::Result<Self> {
        let mut all = Self { here: dir.is_some(), holding: Vec::new(), broken: Vec::new() };
        for (path, kept) in dir.map(each).transpose()?.into_iter().flatten() {
            match kept.and_then(|kept| kept.verified()) {
                Ok(verified) => all.holding.push(verified),
                Err(error) => all.broken.push(format!("`{}`: {error:#}", path.display())),
            }
        }
        Ok(all)
    }
}

fn said(layer: &PolicyLayer, source: Option<&LayerSource>, kept: &Releases) -> anyhow::Result<Layer> {
    let name = layer.name.clone();
    let told = |source, shown, words| Layer { name: name.clone(), source, said: true, shown, words };
    Ok(match source {
        None => found(layer, kept),
        Some(LayerSource::Own { reason }) => told("own", true, format!("the city's own: {reason}")),
        Some(LayerSource::Unreleased { reason }) => {
            told("unreleased", true, format!("in no hub's log, adopted all the same: {reason}"))
        }
        Some(LayerSource::BuiltIn { pack }) => {
            let carried = standards::built_in_as(layer).is_some_and(|carried| carried.to_string() == *pack);
            let known = standards::built_in().is_ok_and(|library| library.find(pack).is_some());
            match (carried, known) {
                (true, _) => told("built-in", true, format!("the pack {pack}, as this software carries it")),
                (false, false) => {
                    let words =
                        format!("the pack {pack} of the software that adopted it; this software carries another");
                    told("built-in", false, words)
                }
                (false, true) => bail!(
                    "the layer `{name}` is said to be the pack {pack} and is not what this software carries under that name"
                ),
            }
        }
        Some(LayerSource::Released { origin, entry, digest }) => {
            let which = format!("entry {entry} of `{origin}`, pack {digest}");
            if !kept.here {
                let words = format!("{which}; the proof is kept at the city and was not looked at");
                return Ok(told("released", false, words));
            }
            let of = kept.holding.iter().find(|of| of.origin == *origin && of.index == *entry);
            match of {
                Some(of) if of.released.pack == *digest && brought(of, layer) => {
                    told("released", true, format!("{which}; the proof that is kept holds"))
                }
                Some(_) => bail!("the layer `{name}` is said to be {which}, and is not what that release brought"),
                None => {
                    let broken: BTreeSet<&String> = kept.broken.iter().collect();
                    let why: String = broken.into_iter().map(|broken| format!("; {broken}")).collect();
                    bail!("the layer `{name}` is said to be {which}, and no release in `adopted/` shows it{why}")
                }
            }
        }
    })
}

/// Of a layer that came into force before its source was written down.
fn found(layer: &PolicyLayer, kept: &Releases) -> Layer {
    let name = layer.name.clone();
    let told = |source, shown, words: String| Layer { name, source, said: false, shown, words };
    if let Some(of) = kept.holding.iter().find(|of| brought(of, layer)) {
        return told("released", true, format!("entry {} of `{}`; the proof that is kept holds", of.index, of.origin));
    }
    if let Some(pack) = standards::built_in_as(layer) {
        return told("built-in", true, format!("the pack {pack}, as this software carries it"));
    }
    if layer.kind == LayerKind::City {
        return told("own", false, "the city's own, by its kind".to_owned());
    }
    told("nowhere", false, "no log says where it comes from, and nothing here shows it".to_owned())
}

/// In words, a line each.
pub(super) fn in_words(layers: &[Layer]) -> Vec<String> {
    let line = |layer: &Layer| format!("    {}: {}, {}", layer.name, layer.source, layer.words);
    let heading = (!layers.is_empty()).then(|| "  the layers in force:".to_owned());
    heading.into_iter().chain(layers.iter().map(line)).collect()
}
