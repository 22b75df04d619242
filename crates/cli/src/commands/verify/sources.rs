//! Where each layer in force comes from, as the log says and as far as it can be shown here: released by a hub, built in, the city's own,
//! unreleased for a reason, or nowhere, where no log says it and nothing at hand does.
//!
//! At the city's folder a release is held against what is kept of it in `adopted/`, under the key that the log names or that is given.
//! What the log says and the files do not show is an error; what nobody says is told and is none, because a log of before sources were
//! written down is a good log. What a release stands on may not be at hand; then it is told that it could not be compared.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{anyhow, bail};
use model::policy::LayerSource;
use model::{Digest, LayerKind, PolicyLayer, plain};
use register::state::PolicyInForce;
use serde::Serialize;
use tlog::Vkey;

use crate::args::Verify;
use crate::args::framework::Shelf;
use crate::commands::WORDS_CHARS_MAX;
use crate::commands::adopt::{Brought, Proofs, Proven};
use crate::commands::framework::shelf::Packs;
use crate::output::Status;

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
    /// Of a release: the hub's key, and whether it was `given` here or is the one that is `named` by the log or the release itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    hub_key: Option<HubKey>,
    words: String,
}

/// A hub's key, and who says that it is.
#[derive(Serialize)]
pub(super) struct HubKey {
    pub(super) key: String,
    pub(super) by: &'static str,
}

/// Each layer in force.
///
/// # Errors
/// The log says of a layer what is not so, or a hub is another than was asked for.
pub(super) fn layers(
    policy: Option<&PolicyInForce>,
    dir: Option<&Path>,
    args: &Verify,
    trusted: &Trusted,
) -> anyhow::Result<Vec<Layer>> {
    let Some(policy) = policy else { return Ok(Vec::new()) };
    let at_hand = Packs::open(&Shelf { folders: args.folders.clone(), keys: Vec::new() })?;
    let at_hand: Vec<_> = at_hand.all().cloned().collect();
    let kept = Here { proofs: dir.map(|dir| Proofs::of(dir, &at_hand)).transpose()?, trusted };
    for proven in kept.holding() {
        kept.trusted.holds(&proven.verified.origin, &proven.key)?;
    }
    let each = policy.text.layers.iter().map(|layer| kept.said(layer, policy.sources.get(&layer.name)));
    // Names, origins and reasons are others' words.
    each.collect::<anyhow::Result<_>>().map_err(|error| anyhow!(plain(&format!("{error:#}"), WORDS_CHARS_MAX)))
}

/// The keys of hubs that whoever asks trusts.
pub(super) struct Trusted(Vec<Vkey>);

impl Trusted {
    pub(super) fn of(keys: &[String]) -> anyhow::Result<Self> {
        let read = |text: &String| {
            let no_key = |error| Status::bad_input(format!("`{text}` is no verifier key of a hub: {error}"));
            text.parse::<Vkey>().map_err(no_key)
        };
        Ok(Self(keys.iter().map(read).collect::<Result<_, _>>()?))
    }

    pub(super) fn keys(&self) -> &[Vkey] {
        &self.0
    }

    /// Whether a hub is known, and by this key.
    ///
    /// # Errors
    /// It is known by another.
    pub(super) fn holds(&self, origin: &str, key: &str) -> anyhow::Result<&'static str> {
        let mut known = self.0.iter().filter(|known| known.name() == origin).map(Vkey::to_string).peekable();
        let Some(first) = known.peek().cloned() else { return Ok("named") };
        if !known.any(|known| known == key) {
            let why =
                format!("what `{origin}` is said to have released is under the key `{key}`, you asked for `{first}`");
            bail!(plain(&why, WORDS_CHARS_MAX));
        }
        Ok("given")
    }
}

/// What is said to be released.
struct Claim<'a> {
    origin: &'a str,
    key: &'a str,
    entry: u64,
    digest: &'a Digest,
}

impl Claim<'_> {
    fn which(&self) -> String {
        format!("entry {} of `{}`, pack {}", self.entry, self.origin, self.digest)
    }
}

/// What can be looked at here.
struct Here<'a> {
    /// What a city keeps of releases, where that could be looked for.
    proofs: Option<Proofs>,
    trusted: &'a Trusted,
}

impl Here<'_> {
    fn holding(&self) -> impl Iterator<Item = &Proven> {
        self.proofs.iter().flat_map(|proofs| &proofs.holding)
    }

    fn said(&self, layer: &PolicyLayer, source: Option<&LayerSource>) -> anyhow::Result<Layer> {
        let told =
            |source, shown, words| Layer { source, said: true, shown, words, hub_key: None, name: layer.name.clone() };
        Ok(match source {
            None => self.found(layer)?,
            // A city's word for itself is told, and there is nothing to show.
            Some(LayerSource::Own { reason }) => told("own", false, format!("the city's own: {reason}")),
            Some(LayerSource::Unreleased { reason }) => {
                told("unreleased", false, format!("in no hub's log, adopted all the same: {reason}"))
            }
            Some(LayerSource::BuiltIn { pack }) => {
                let (shown, words) = built_in(layer, pack)?;
                told("built-in", shown, words)
            }
            Some(LayerSource::Released { origin, key, entry, digest }) => {
                let claim = Claim { origin, key, entry: *entry, digest };
                let by = self.trusted.holds(origin, key)?;
                let (shown, words) = self.released(layer, &claim)?;
                let words = format!("{words}, under {}", key_in_words(by, "the adoption"));
                Layer { hub_key: Some(HubKey { key: key.clone(), by }), ..told("released", shown, words) }
            }
        })
    }

    /// Whether what is kept shows that a layer was released.
    fn released(&self, layer: &PolicyLayer, claim: &Claim<'_>) -> anyhow::Result<(bool, String)> {
        let (name, which) = (&layer.name, claim.which());
        let Some(proofs) = &self.proofs else {
            return Ok((false, format!("{which}; the proof is kept at the city and was not looked at")));
        };
        let is_it = |of: &&Proven| of.verified.origin == claim.origin && of.verified.index == claim.entry;
        let Some(of) = proofs.holding.iter().find(is_it) else {
            let broken: BTreeSet<&String> = proofs.broken.iter().collect();
            let why: String = broken.into_iter().map(|broken| format!("; {broken}")).collect();
            bail!("the layer `{name}` is said to be {which}, and no release in `adopted/` shows it{why}")
        };
        if of.key != claim.key {
            bail!(
                "the layer `{name}` is said to be {which} under the key `{}`, and the release in `adopted/` is under another, `{}`",
                claim.key,
                of.key
            );
        }
        match of.brought(layer) {
            _ if of.verified.released.pack != *claim.digest => {
                bail!("the layer `{name}` is said to be {which}, and that release is of another pack")
            }
            Brought::Yes => Ok((true, format!("{which}; the proof that is kept holds"))),
            Brought::Unknown(why) => Ok((
                false,
                format!(
                    "{which}; the proof that is kept holds, and what the release stands on is not at hand to compare the layer \
                     ({why}); name its folder with `--library`"
                ),
            )),
            Brought::No => bail!("the layer `{name}` is said to be {which}, and is not what that release brought"),
        }
    }

    /// Of a layer that came into force before its source was written down.
    fn found(&self, layer: &PolicyLayer) -> anyhow::Result<Layer> {
        let name = layer.name.clone();
        let told = |source, shown, words: String| Layer { name, source, said: false, shown, words, hub_key: None };
        if let Some(of) = self.holding().find(|of| of.brought(layer) == Brought::Yes) {
            let by = self.trusted.holds(&of.verified.origin, &of.key)?;
            let which = format!("entry {} of `{}`", of.verified.index, of.verified.origin);
            let words = format!("{which}; the proof that is kept holds, under {}", key_in_words(by, "the release"));
            return Ok(Layer { hub_key: Some(HubKey { key: of.key.clone(), by }), ..told("released", true, words) });
        }
        if let Some(pack) = standards::built_in_as(layer) {
            return Ok(told("built-in", true, format!("the pack {pack}, as this software carries it")));
        }
        if layer.kind == LayerKind::City {
            return Ok(told("own", false, "the city's own, by its kind".to_owned()));
        }
        Ok(told("nowhere", false, "no log says where it comes from, and nothing here shows it".to_owned()))
    }
}

fn key_in_words(by: &str, whose: &str) -> String {
    if by == "given" {
        return "the hub's key that was given".to_owned();
    }
    format!("the key that {whose} itself names; give --hub-key to check whose it is")
}

/// Whether a layer is what this software carries under a name. Another version than it carries cannot be compared.
fn built_in(layer: &PolicyLayer, pack: &str) -> anyhow::Result<(bool, String)> {
    let carried = standards::built_in_as(layer).is_some_and(|carried| carried.to_string() == pack);
    let known = standards::built_in().is_ok_and(|library| library.find(pack).is_some());
    match (carried, known) {
        (true, _) => Ok((true, format!("the pack {pack}, as this software carries it"))),
        (false, false) => {
            Ok((false, format!("the pack {pack} of the software that adopted it; this software carries another")))
        }
        (false, true) => bail!(
            "the layer `{}` is said to be the pack {pack} and is not what this software carries under that name",
            layer.name
        ),
    }
}

/// In words, a line each.
pub(super) fn in_words(layers: &[Layer]) -> Vec<String> {
    let line = |layer: &Layer| {
        let said = format!("{}: {}, {}", layer.name, layer.source, layer.words);
        format!("    {}", plain(&said, WORDS_CHARS_MAX))
    };
    let heading = (!layers.is_empty()).then(|| "  the layers in force:".to_owned());
    heading.into_iter().chain(layers.iter().map(line)).collect()
}
