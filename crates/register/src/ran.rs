//! What a log says of every layer that was ever in force: whether one of them was neither released by a hub nor the city's own.
//!
//! It follows from the adoptions alone, so that anybody can hold a city to it from outside. Whether a release is what an act says of it
//! is not asked here, and neither is what a city's own layer holds.

use std::collections::BTreeSet;

use model::policy::LayerSource;
use model::{Act, LayerKind, PolicyLayer, What};
use serde::Serialize;
use tlog::Vkey;

use crate::audit::Onlooker;
use crate::state::State;

/// A layer that was in force and was neither the city's own nor released by a hub that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stray {
    /// The adoption that put it in force.
    pub entry: u64,
    /// Its name.
    pub layer: String,
    /// What the adoption says of it; nothing where it came into force before sources were written down.
    pub source: Option<LayerSource>,
}

/// What ran, gathered while a log is folded.
#[derive(Debug, Default)]
pub struct Ran {
    /// The keys of the hubs whose releases count, as the acts have them; any hub's where there is none.
    keys: BTreeSet<String>,
    /// How many adoptions there were.
    pub adoptions: u64,
    /// The hubs whose releases ran: the origin of the log and its key.
    pub hubs: BTreeSet<(String, String)>,
    /// The layers of the city's own that ran.
    pub own: BTreeSet<String>,
    /// The first layer that was neither.
    pub stray: Option<Stray>,
}

impl Ran {
    /// Where only releases under these keys count; under any key, where none is given.
    #[must_use]
    pub fn under<'k>(keys: impl IntoIterator<Item = &'k Vkey>) -> Self {
        Self { keys: keys.into_iter().map(ToString::to_string).collect(), ..Self::default() }
    }

    fn layer(&mut self, entry: u64, layer: &PolicyLayer, source: Option<&LayerSource>) {
        match source {
            Some(LayerSource::Released { origin, key, .. }) if self.keys.is_empty() || self.keys.contains(key) => {
                self.hubs.insert((origin.clone(), key.clone()));
            }
            Some(LayerSource::Own { .. }) if layer.kind == LayerKind::City => {
                self.own.insert(layer.name.clone());
            }
            source if self.stray.is_none() => {
                self.stray = Some(Stray { entry, layer: layer.name.clone(), source: source.cloned() });
            }
            _ => {}
        }
    }
}

impl Onlooker for Ran {
    fn sees(&mut self, _: &State, entry: u64, act: &Act) {
        let Some((_, text)) = act.what.adopts() else { return };
        self.adoptions += 1;
        let source = |layer: &PolicyLayer| match &act.what {
            What::PolicyAdoptedFrom(adopted) => adopted.sources.get(&layer.name),
            _ => None,
        };
        for layer in &text.layers {
            self.layer(entry, layer, source(layer));
        }
    }
}

#[cfg(test)]
mod tests;
