//! Where the layers in force come from, as an adoption writes it down: released by a hub, carried by this software, the city's own, or
//! nobody's that this city can name, with the reason why it stands all the same.
//!
//! Whether a release holds is not verified here: that is for whoever has the file. What is said here follows from texts alone.

use model::policy::{LayerSource, LayerSources, PolicyText};
use model::{LayerKind, PolicyLayer};

use crate::state::PolicyInForce;

/// What whoever adopts says of the layers.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Layers whose release was verified.
    pub released: &'a LayerSources,
    /// Why layers that nobody released are adopted.
    pub unreleased: Option<&'a str>,
    /// Why anything is adopted: the reason for the city's own layers.
    pub reason: Option<&'a str>,
}

/// A layer of which nobody says where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// The city's own, and no reason is given.
    Reason,
    /// Another's, and in no hub's log as far as is known.
    Release(String),
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
    if let Some(released @ LayerSource::Released { .. }) = said.released.get(&layer.name) {
        return Ok(Some(released.clone()));
    }
    let stays = before.filter(|before| before.text.layers.contains(layer));
    if let Some(source) = stays.and_then(|before| before.sources.get(&layer.name)) {
        return Ok(Some(source.clone()));
    }
    if let Some(pack) = standards::built_in_as(layer) {
        return Ok(Some(LayerSource::BuiltIn { pack: pack.to_string() }));
    }
    if stays.is_some() {
        // It came into force before sources were written down, and nothing is made up about it.
        return Ok(None);
    }
    let words = |reason: Option<&str>| reason.map(str::trim).filter(|reason| !reason.is_empty()).map(str::to_owned);
    if layer.kind == LayerKind::City {
        let reason = words(said.reason).or_else(|| words(said.unreleased)).ok_or(Missing::Reason)?;
        return Ok(Some(LayerSource::Own { reason }));
    }
    let reason = words(said.unreleased).ok_or_else(|| Missing::Release(layer.name.clone()))?;
    Ok(Some(LayerSource::Unreleased { reason }))
}
