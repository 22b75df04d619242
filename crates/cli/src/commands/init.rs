//! `ordinance init`: begin a city, under the carried core or under what a hub released.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use flow::folder::{FolderError, Fresh};
use flow::{City, Created};
use model::PolicyLayer;
use model::policy::{LayerSource, LayerSources};
use register::{Command, Submission};
use serde::Serialize;

use super::adopt::{self, Beginning};
use super::fresh_token;
use crate::args::Init;
use crate::founding::{founding, under};
use crate::output::{Output, Status};
use crate::system::{SystemClock, SystemEntropy};

#[derive(Serialize)]
struct Begun {
    folder: String,
    origin: String,
    key: String,
    founder: String,
    token: String,
    /// What it stands under.
    under: Vec<Under>,
    /// The pack that a hub released, where it begins under one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pack: Option<String>,
    /// Of that: `released` by its hub's log, or `not-checked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<&'static str>,
}

/// A layer in force.
#[derive(Serialize)]
struct Under {
    layer: String,
    norms: usize,
    clocks: usize,
    /// Where it comes from, as the first adoption says.
    source: Option<LayerSource>,
}

impl Under {
    fn of(layer: &PolicyLayer, sources: &LayerSources) -> Self {
        let source = sources.get(&layer.name).cloned();
        let norms = layer.cedar.matches("@id(").count();
        Self { layer: layer.name.clone(), norms, clocks: layer.duties.len(), source }
    }

    fn in_words(&self) -> String {
        let source = match &self.source {
            Some(LayerSource::Released { origin, entry, .. }) => format!(", released by entry {entry} of `{origin}`"),
            Some(LayerSource::BuiltIn { .. }) => ", as this software carries it".to_owned(),
            Some(source) => format!(", {}", source.code()),
            None => String::new(),
        };
        format!("{} norms and {} clocks of `{}`{source}", self.norms, self.clocks, self.layer)
    }
}

pub(crate) fn run(args: &Init, output: &Output) -> anyhow::Result<()> {
    let beginning = beginning(args)?;
    let token = fresh_token(&SystemEntropy)?;
    let city = create(args, beginning.as_ref(), &token)?;
    let state = city.register().state();
    let policy = state.policy.iter();
    let begun = Begun {
        folder: args.dir.display().to_string(),
        origin: args.origin.clone(),
        key: state.city.as_ref().map(|city| city.log_key.clone()).unwrap_or_default(),
        founder: args.founder.to_string(),
        token,
        under: policy
            .flat_map(|policy| policy.text.layers.iter().map(|layer| Under::of(layer, &policy.sources)))
            .collect(),
        pack: beginning.as_ref().map(|beginning| beginning.pack.clone()),
        standing: beginning.as_ref().map(|beginning| beginning.standing),
    };
    output.result(&begun, &in_words(args, &begun))
}

/// What was released and the city begins under, if that was asked for. Nothing is written before it is verified.
fn beginning(args: &Init) -> anyhow::Result<Option<Beginning>> {
    let Some(adoption) = args.adoption() else { return Ok(None) };
    empty(&args.dir)?;
    let release = adoption.pack.as_deref().unwrap_or_default();
    adopt::beginning(&adoption, &args.founder, release).map(Some)
}

/// Nothing that lies there already is taken for what this city adopted.
fn empty(dir: &Path) -> anyhow::Result<()> {
    if dir.join("journal.db").exists() {
        return Err(FolderError::Taken(dir.to_owned()).into());
    }
    let mut held = match fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        held => held.with_context(|| format!("`{}`", dir.display()))?,
    };
    match held.next() {
        None => Ok(()),
        Some(_) => {
            let why = format!(
                "`{}` is not empty; a city that begins under a release begins in an empty folder. Nothing was changed",
                dir.display()
            );
            Err(Status::bad_input(why).into())
        }
    }
}

/// Founds it and gives its founder a token. What proves a release lies in its folder before the act says so; where it does not begin, because
/// its own norms refuse the token for instance, nothing is left.
fn create(args: &Init, beginning: Option<&Beginning>, token: &str) -> anyhow::Result<City> {
    let fresh = Fresh::of(&args.dir)?;
    let founding = match beginning {
        None => founding(&args.name, args.founder.clone())?,
        Some(beginning) => {
            beginning.keep(&args.dir)?;
            let reason = Some(beginning.reason.clone());
            under(beginning.adopting.clone(), reason, &args.name, args.founder.clone())
        }
    };
    let created = Created { founding, origin: args.origin.clone() };
    let credential = flow::city::credential(token);
    let issue = Command::IssuePartyCredential { party: args.founder.clone(), credential };
    City::begin(fresh, created, Arc::new(SystemClock), Arc::new(SystemEntropy), |city| {
        city.register().submit(Submission { by: args.founder.clone(), reason: None, command: issue })?;
        city.register().publish()?;
        Ok(())
    })
}

fn in_words(args: &Init, begun: &Begun) -> String {
    let stands: Vec<String> = begun.under.iter().map(Under::in_words).collect();
    let not_checked = begun.standing.and_then(adopt::not_checked);
    let not_checked: String = not_checked.map(|words| format!("\n{words}")).unwrap_or_default();
    format!(
        "{} begins in `{}`, under {}.{not_checked}\n\nThe log's public key (publish it where residents can find it):\n  {}\n\nThe token of \
         `{}`, shown once:\n  {}\n\nKeep a copy of `{}/keys/log.key` somewhere safe: without it nothing more can be signed.\nNext: \
         `ordinance apply {} your-city.toml`, then `ordinance serve {}`.",
        args.name,
        begun.folder,
        stands.join(" and "),
        begun.key,
        begun.founder,
        begun.token,
        begun.folder,
        begun.folder,
        begun.folder
    )
}
