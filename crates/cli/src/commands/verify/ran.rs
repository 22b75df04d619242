//! `ordinance verify --released-only`: in its whole log the city never ran a layer that is neither released by a hub nor its own.
//!
//! It is the log's word: what its adoptions say of their layers, from the first entry to the last. Whether a hub's log holds what they say
//! is looked at beside it, of the layers in force and where the city keeps the proofs.

use model::plain;
use model::policy::LayerSource;
use register::ran::{Ran, Stray};
use serde::Serialize;
use serde_json::json;

use super::sources::{HubKey, Trusted};
use crate::commands::WORDS_CHARS_MAX;
use crate::output::Status;

/// That it holds, and of whom.
#[derive(Serialize)]
pub(super) struct Only {
    /// How many adoptions there were.
    adoptions: u64,
    /// The hubs whose releases ran.
    hubs: Vec<Hub>,
    /// The layers of the city's own that ran.
    own: Vec<String>,
}

/// A hub, and whether its key was `given` or is the one that is `named` by the log.
#[derive(Serialize)]
struct Hub {
    origin: String,
    #[serde(flatten)]
    key: HubKey,
}

/// Holds what ran against it.
///
/// # Errors
/// The first layer that was neither, with what its adoption says of it.
pub(super) fn released_only(ran: Ran, trusted: &Trusted) -> anyhow::Result<Only> {
    if let Some(stray) = &ran.stray {
        return Err(Status::fails(told(stray)).with(json!({ "released_only": stray })).into());
    }
    let hub = |(origin, key): (String, String)| {
        let by = trusted.holds(&origin, &key)?;
        Ok(Hub { origin, key: HubKey { key, by } })
    };
    let hubs = ran.hubs.into_iter().map(hub).collect::<anyhow::Result<_>>()?;
    Ok(Only { adoptions: ran.adoptions, hubs, own: ran.own.into_iter().collect() })
}

/// Names, origins, reasons and keys are others' words.
fn told(stray: &Stray) -> String {
    let says = match &stray.source {
        None => "where it comes from was not written down then".to_owned(),
        Some(LayerSource::BuiltIn { pack }) => format!("it says that it is built in: the pack {pack} of the software"),
        Some(LayerSource::Unreleased { reason }) => format!("it says that no hub released it, and why: {reason}"),
        Some(LayerSource::Own { reason }) => {
            format!("it says that it is the city's own, which its kind is not: {reason}")
        }
        Some(LayerSource::Released { origin, key, entry, .. }) => {
            format!("it says that entry {entry} of `{origin}` released it, under the key `{key}`, which was not given")
        }
    };
    let why = format!(
        "entry {} puts the layer `{}` in force, which is neither the city's own nor released by a hub: {says}",
        stray.entry, stray.layer
    );
    plain(&why, WORDS_CHARS_MAX)
}

impl Only {
    pub(super) fn in_words(&self) -> String {
        let adoptions = if self.adoptions == 1 {
            "its one adoption".to_owned()
        } else {
            format!("all {} adoptions", self.adoptions)
        };
        let mut lines = vec![format!(
            "  by {adoptions} nothing ever ran but what hubs released and the city's own, as the log says:"
        )];
        lines.extend(self.hubs.iter().map(|hub| {
            let whose = if hub.key.by == "given" {
                "which was given"
            } else {
                "as the log names it; give --hub-key to check whose it is"
            };
            format!("    released by `{}` under the key {}, {whose}", plain(&hub.origin, WORDS_CHARS_MAX), hub.key.key)
        }));
        lines.extend(self.own.iter().map(|own| format!("    the city's own: {}", plain(own, WORDS_CHARS_MAX))));
        lines.join("\n")
    }
}
