//! `ordinance init`: begin a city.

use std::sync::Arc;

use flow::{City, Created};
use model::policy::PolicyText;
use model::{Party, PartyKind};
use norms::Bundle;
use register::{Command, Founding, Submission};
use serde::Serialize;

use super::fresh_token;
use crate::args::Init;
use crate::output::Output;
use crate::system::{SystemClock, SystemEntropy};

#[derive(Serialize)]
struct Begun {
    folder: String,
    origin: String,
    key: String,
    founder: String,
    token: String,
}

pub(crate) fn run(args: &Init, output: &Output) -> anyhow::Result<()> {
    let founding = founding(args);
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
    };
    let words = format!(
        "{} begins in `{}`.\n\nThe log's public key (publish it where residents can find it):\n  {}\n\nThe token of `{}`, shown \
         once:\n  {}\n\nKeep a copy of `{}/keys/log.key` somewhere safe: without it nothing more can be signed.\nNext: `ordinance \
         apply {} your-city.toml`, then `ordinance serve {}`.",
        args.name, begun.folder, begun.key, begun.founder, begun.token, begun.folder, begun.folder, begun.folder
    );
    output.result(&begun, &words)
}

/// What a city begins with: the global core of norms, and permits to change.
fn founding(args: &Init) -> Founding {
    let founder = Party { id: args.founder.clone(), name: args.name.clone(), kind: PartyKind::CityDepartment };
    let policies = PolicyText {
        layers: vec![Bundle::global_core()],
        permits: norms::city_permits_default().to_owned(),
        permits_owner: args.founder.clone(),
    };
    Founding { name: args.name.clone(), founder, policies }
}
