//! `ordinance assess`: a city, at its folder or its address, requirement by requirement.
//!
//! Everything comes from the public log, which is verified as it is read; nothing of the city's folder is believed besides.

mod oscal;
mod words;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use model::policy::PolicyText;
use model::{Clock as _, Timestamp};
use norms::Bundle;
use register::State;
use register::assess::{CityAssessment, assess};
use serde::Serialize;
use standards::{Pack, Resolved};

use super::framework::shelf::Packs;
use super::public_log;
use crate::args::framework::Assess;
use crate::founding;
use crate::output::{Output, Status};
use crate::system::SystemClock;

/// What is printed for machines.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    assessment: &'a CityAssessment,
    /// The layers of the standard whose text is not the one that the city has in force.
    differs: &'a [String],
}

pub(crate) fn run(args: &Assess, output: &Output) -> anyhow::Result<()> {
    let mut packs = Packs::open(&args.shelf)?;
    let state = public_log(&args.city, args.key.as_deref())?.state;
    let pack = against(args, &state, &mut packs)?;
    let resolved = packs.resolve(&pack)?;
    let bundle = bundle(&state, &resolved)?;
    let assessment = assess(&state, &resolved, &bundle, instant(args, &state)?);
    let differs = differs(&state, &resolved);
    if let Some(file) = &args.oscal {
        write(file, &oscal::results(&assessment)?)?;
    }
    let document = Document { assessment: &assessment, differs: &differs };
    output.result(&document, &words::of(&assessment, &differs, &resolved))?;
    match assessment.not_met().count() {
        0 => Ok(()),
        1 => Err(Status::fails("1 requirement is not met").into()),
        some => Err(Status::fails(format!("{some} requirements are not met")).into()),
    }
}

/// The instant to assess for. What the log says is what it says today, so that no earlier instant than its last entry's can be.
fn instant(args: &Assess, state: &State) -> anyhow::Result<Timestamp> {
    let at = args.at.unwrap_or_else(|| SystemClock.now());
    match state.last_at.filter(|last| at < *last) {
        None => Ok(at),
        Some(last) => {
            let message =
                format!("the log goes on until {last}, and cannot be assessed for {at}; take a later instant");
            Err(Status::bad_input(message).into())
        }
    }
}

/// The standard asked for, or the narrowest layer in force that is a pack at hand.
fn against(args: &Assess, state: &State, packs: &mut Packs) -> anyhow::Result<Arc<Pack>> {
    if let Some(name) = &args.against {
        return packs.find(name);
    }
    let layers = state.policy.iter().flat_map(|policy| policy.text.layers.iter().rev());
    let at_hand = |name: &str| packs.all().find(|pack| pack.manifest.id == name).map(|pack| pack.manifest.id.clone());
    let found = layers.filter_map(|layer| at_hand(&layer.name)).next();
    let found = found.ok_or_else(|| {
        Status::bad_input("no layer that this city has in force is a pack at hand; name a standard with --against")
    })?;
    packs.find(&found)
}

/// The standard's norms over the city's own permits.
fn bundle(state: &State, resolved: &Resolved) -> anyhow::Result<Bundle> {
    let layers = founding::layers(resolved);
    let policy = state.policy.as_ref().map(|policy| &policy.text);
    let founder = state.founder().context("the log founds no city")?;
    let text = PolicyText {
        layers,
        permits: policy.map_or_else(String::new, |text| text.permits.clone()),
        permits_owner: policy.map_or_else(|| founder.clone(), |text| text.permits_owner.clone()),
    };
    Bundle::assemble(&text).map_err(|error| Status::bad_input(error.to_string()).into())
}

/// The layers of the standard whose text is not in force in the city as the packs have it.
fn differs(state: &State, resolved: &Resolved) -> Vec<String> {
    let in_force = |name: &str, cedar: &str| {
        let layers = state.policy.iter().flat_map(|policy| &policy.text.layers);
        layers.into_iter().any(|layer| layer.name == name && layer.cedar == cedar)
    };
    let layers = founding::layers(resolved).into_iter();
    layers.filter(|layer| !in_force(&layer.name, &layer.cedar)).map(|layer| layer.name).collect()
}

fn write(file: &Path, document: &serde_json::Value) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(document)? + "\n";
    let unwritable = |error| Status::bad_input(format!("`{}` cannot be written: {error}", file.display()));
    Ok(fs::write(file, text).map_err(unwritable)?)
}
