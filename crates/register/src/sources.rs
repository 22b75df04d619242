//! Where the layers in force come from, as an adoption writes it down: released by a hub, carried by this software, the city's own, or
//! nobody's that this city can name, with the reason why it stands all the same.
//!
//! Whether a release holds is not verified here: that is for whoever has the file. What is said here follows from texts alone.

use std::collections::BTreeSet;

use model::act::PolicyAdoptedFrom;
use model::policy::{LayerSource, LayerSources, PolicyText};
use model::{LayerKind, PolicyLayer};
use tlog::Vkey;

use crate::state::PolicyInForce;

/// Most characters of a reason that stands with a layer. It stands there again with each layer that has no other, beside the texts.
pub const REASON_CHARS_MAX: usize = 600;

/// What whoever adopts says of the layers.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Layers of the release that is adopted now, which was verified.
    pub released: &'a LayerSources,
    /// Layers of releases that were adopted before and verify.
    pub kept: &'a LayerSources,
    /// Why layers that nobody released are adopted.
    pub unreleased: Option<&'a str>,
    /// Why anything is adopted: the reason for the city's own layers.
    pub reason: Option<&'a str>,
}

/// A layer of which it cannot be said where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// The city's own, and no reason is given.
    Reason,
    /// The reason that would stand with it is too long.
    TooLong(String),
    /// Another's, and in no hub's log as far as is known.
    Release(String),
}

/// What an act says of sources and cannot be so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfounded {
    /// Sources go by a layer's name, and two have this one.
    #[error("two layers have the name `{0}`, so that nobody knows which of them a source is of")]
    TwoLayers(String),
    /// A source is of a layer that is not there.
    #[error("it names a source of the layer `{0}`, which it does not put in force")]
    NoLayer(String),
    /// Of a layer that did not stand before it, nothing is said.
    #[error("it does not say where the layer `{0}` comes from, which did not stand so before")]
    Unsaid(String),
    /// Only a layer of the kind `city` is a city's own.
    #[error("it says that the layer `{layer}` is the city's own, and it is of the kind `{kind}`")]
    NotOwn {
        /// Which layer.
        layer: String,
        /// Its kind.
        kind: &'static str,
    },
    /// A layer stands for a reason, and none is given.
    #[error("it gives no reason for the layer `{0}`")]
    NoReason(String),
    /// A hub's key is none, or another's.
    #[error("it names a key for the layer `{0}` that is none of the log which it says released it")]
    Key(String),
}

/// The first name that two layers have.
#[must_use]
pub fn same_name(text: &PolicyText) -> Option<&str> {
    let mut seen = BTreeSet::new();
    text.layers.iter().map(|layer| layer.name.as_str()).find(|name| !seen.insert(*name))
}

/// Where each layer of policies comes from. A layer that stays as it was keeps what was said of it.
///
/// # Errors
/// Of one of them it is not said.
pub fn sources(text: &PolicyText, before: Option<&PolicyInForce>, said: Said<'_>) -> Result<LayerSources, Missing> {
    let mut all = LayerSources::new();
    for layer in &text.layers {
        if let Some(source) = source(layer, before, said)? {
            all.insert(layer.name.clone(), source);
        }
    }
    Ok(all)
}

fn source(layer: &PolicyLayer, before: Option<&PolicyInForce>, said: Said<'_>) -> Result<Option<LayerSource>, Missing> {
    let released = |all: &LayerSources| {
        all.get(&layer.name).filter(|source| matches!(source, LayerSource::Released { .. })).cloned()
    };
    if let Some(source) = released(said.released) {
        return Ok(Some(source));
    }
    let stays = before.filter(|before| before.text.layers.contains(layer));
    if let Some(source) = stays.and_then(|before| before.sources.get(&layer.name)) {
        return Ok(Some(source.clone()));
    }
    if let Some(source) = released(said.kept) {
        return Ok(Some(source));
    }
    if let Some(pack) = standards::built_in_as(layer) {
        return Ok(Some(LayerSource::BuiltIn { pack: pack.to_string() }));
    }
    if stays.is_some() {
        // It came into force before sources were written down, and nothing is made up about it.
        return Ok(None);
    }
    let words = |reason: Option<&str>| reason.map(str::trim).filter(|reason| !reason.is_empty()).map(str::to_owned);
    let short = |reason: String| {
        let fits = reason.chars().count() <= REASON_CHARS_MAX;
        if fits { Ok(reason) } else { Err(Missing::TooLong(layer.name.clone())) }
    };
    if layer.kind == LayerKind::City {
        let reason = words(said.reason).or_else(|| words(said.unreleased)).ok_or(Missing::Reason)?;
        return Ok(Some(LayerSource::Own { reason: short(reason)? }));
    }
    let reason = words(said.unreleased).ok_or_else(|| Missing::Release(layer.name.clone()))?;
    Ok(Some(LayerSource::Unreleased { reason: short(reason)? }))
}

/// Holds what an act says of its layers against them and against what stood before. Whether a release holds is not asked.
///
/// # Errors
/// What no register writes down.
pub fn check(adopted: &PolicyAdoptedFrom, before: Option<&PolicyInForce>) -> Result<(), Unfounded> {
    let (layers, sources) = (&adopted.text.layers, &adopted.sources);
    if let Some(name) = same_name(&adopted.text) {
        return Err(Unfounded::TwoLayers(name.to_owned()));
    }
    if let Some(name) = sources.keys().find(|name| !layers.iter().any(|layer| layer.name == **name)) {
        return Err(Unfounded::NoLayer(name.clone()));
    }
    layers.iter().try_for_each(|layer| fits(layer, sources.get(&layer.name), before))
}

fn fits(layer: &PolicyLayer, source: Option<&LayerSource>, before: Option<&PolicyInForce>) -> Result<(), Unfounded> {
    let name = || layer.name.clone();
    let unsaid =
        |before: &PolicyInForce| before.text.layers.contains(layer) && !before.sources.contains_key(&layer.name);
    match source {
        None if before.is_some_and(unsaid) => Ok(()),
        None => Err(Unfounded::Unsaid(name())),
        Some(LayerSource::Own { .. }) if layer.kind != LayerKind::City => {
            Err(Unfounded::NotOwn { layer: name(), kind: layer.kind.code() })
        }
        Some(LayerSource::Own { reason } | LayerSource::Unreleased { reason }) if reason.trim().is_empty() => {
            Err(Unfounded::NoReason(name()))
        }
        Some(LayerSource::Released { origin, key, .. })
            if !key.parse::<Vkey>().is_ok_and(|key| key.name() == origin) =>
        {
            Err(Unfounded::Key(name()))
        }
        Some(_) => Ok(()),
    }
}
