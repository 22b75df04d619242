//! `ordinance init`: begin a city.

use std::sync::Arc;

use flow::{City, Created};
use model::PolicyLayer;
use register::{Command, Submission};
use serde::Serialize;

use super::fresh_token;
use crate::args::Init;
use crate::founding::founding;
use crate::output::Output;
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
}

/// A layer in force.
#[derive(Serialize)]
struct Under {
    layer: String,
    norms: usize,
    clocks: usize,
}

impl Under {
    fn of(layer: &PolicyLayer) -> Self {
        Self { layer: layer.name.clone(), norms: layer.cedar.matches("@id(").count(), clocks: layer.duties.len() }
    }

    fn in_words(&self) -> String {
        format!("{} norms and {} clocks of `{}`", self.norms, self.clocks, self.layer)
    }
}

pub(crate) fn run(args: &Init, output: &Output) -> anyhow::Result<()> {
    let founding = founding(&args.name, args.founder.clone())?;
    let under: Vec<Under> = founding.policies.layers.iter().map(Under::of).collect();
    let created = Created { founding, origin: args.origin.clone() };
    let city = City::create(&args.dir, created, Arc::new(SystemClock), Arc::new(SystemEntropy))?;
    let token = fresh_token(&SystemEntropy)?;
    let command =
        Command::IssuePartyCredential { party: args.founder.clone(), credential: flow::city::credential(&token) };
    city.register().submit(Submission { by: args.founder.clone(), reason: None, command })?;
    city.register().publish()?;
    let state = city.register().state();
    let begun = Begun {
        folder: args.dir.display().to_string(),
        origin: args.origin.clone(),
        key: state.city.as_ref().map(|city| city.log_key.clone()).unwrap_or_default(),
        founder: args.founder.to_string(),
        token,
        under,
    };
    let stands: Vec<String> = begun.under.iter().map(Under::in_words).collect();
    let words = format!(
        "{} begins in `{}`, under {}.\n\nThe log's public key (publish it where residents can find it):\n  {}\n\nThe token of `{}`, shown \
         once:\n  {}\n\nKeep a copy of `{}/keys/log.key` somewhere safe: without it nothing more can be signed.\nNext: `ordinance \
         apply {} your-city.toml`, then `ordinance serve {}`.",
        args.name,
        begun.folder,
        stands.join(" and "),
        begun.key,
        begun.founder,
        begun.token,
        begun.folder,
        begun.folder,
        begun.folder
    );
    output.result(&begun, &words)
}
